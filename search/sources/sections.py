"""What sections tell beside their text, whatever form they come in. In: a Section. Out: its parts, a Salaire."""

import re
from typing import Final

from search.fiche import AUTRE_FORMATION, NIVEAUX, Block, Salaire, Section
from search.folding import fold
from search.sources import salaire

DUREE_ETUDES: Final = "Durée des études"
SALAIRE_DEBUTANT: Final = "Salaire du débutant"


def split_duree(en_bref: Section) -> tuple[Section, Section]:
    """What stands before the heading "Durée des études", and what follows it (its own text untitled)."""
    for place, block in enumerate(en_bref):
        if block.title == DUREE_ETUDES:
            own = (Block("", block.text),) if block.text else ()
            return en_bref[:place], own + en_bref[place + 1 :]
    return en_bref, ()


def salaire_debutant(vie_professionnelle: Section) -> Salaire | None:
    """The salary told by the block "Salaire du débutant", if there is one."""
    texts = (block.text for block in vie_professionnelle if block.title == SALAIRE_DEBUTANT and block.text)
    text = next(texts, None)
    return salaire.read(text) if text else None


def _letters(label: str) -> str:
    """Letters, digits and "+" alone, accents and capitals aside; "plus" before a number is "+"."""
    written = re.sub(r"plus(?=\s*\d)", "+", fold(label).strip().removeprefix("niveau "))
    return "".join(each for each in written if each.isalnum() or each == "+")


_KNOWN_NIVEAUX: Final = {_letters(label): label for label in (*NIVEAUX, AUTRE_FORMATION)}


def known_niveau(label: str) -> str:
    """A level as the sheets spell it ("Bac + 3", "bac+3." and "bac plus 3" are "bac + 3"); another label as it is."""
    return _KNOWN_NIVEAUX.get(_letters(label), label)
