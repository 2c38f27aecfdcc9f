"""The pages of other sites on a job, a diploma or a ROME code. In: a Fiche or an identifier. Out: addresses."""

import re
from typing import Final

from search.fiche import Fiche

# Each row of Idéo-Métiers gives this very address (`lien_site_onisepfr`): it needs no field of its own.
ONISEP_METIER: Final = "https://www.onisep.fr/http/redirection/metier/slug/{id}"
ONISEP_FORMATION: Final = "https://www.onisep.fr/http/redirection/formation/slug/{id}"
METIERSCOPE: Final = "https://candidat.francetravail.fr/metierscope/fiche-metier/{code}"


def onisep_metier(id: str) -> str:
    """The sheet MET.n at Onisep."""
    return ONISEP_METIER.format(id=id)


def onisep_formation(id: str) -> str:
    """The diploma FOR.n at Onisep, with the places that prepare for it."""
    return ONISEP_FORMATION.format(id=id)


def metierscope(fiche: Fiche) -> list[tuple[str, str, str]]:
    """(code, name, address) of the sheet's ROME codes that France Travail has a page for: a letter and four digits."""
    return [
        (each.code, each.label, METIERSCOPE.format(code=each.code))
        for each in fiche.rome
        if re.fullmatch("[A-Z][0-9]{4}", each.code)
    ]
