"""The kinds of diploma, read from their labels. In: the formations of a sheet. Out: kinds, in a fixed order."""

import re
from collections.abc import Iterable
from typing import Final

from search.fiche import Formation

RULES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("CAP", ("CAP ",)),
    ("CAPa", ("CAPa ", "CAPA ")),
    ("BPA", ("BPA ",)),
    ("CTM", ("CTM ",)),
    ("CS (certificat de spécialisation)", ("CS ", "MC ")),
    ("bac pro", ("bac pro ",)),
    ("bac techno", ("bac techno ",)),
    ("bac général", ("bac général",)),
    ("BP", ("BP ",)),
    ("BMA", ("BMA ",)),
    ("BTM", ("BTM ",)),
    ("BPJEPS et CPJEPS", ("BPJEPS ", "CPJEPS ")),
    ("FCIL", ("FCIL ",)),
    ("titre professionnel", ("TP ", "titre professionnel ")),
    ("BTS", ("BTS ",)),
    ("BTSA", ("BTSA ",)),
    ("DEUST", ("DEUST ",)),
    ("DUT", ("DUT ",)),
    ("BTMS, DTMS et DTS", ("BTMS ", "DTMS ", "DTS ")),
    ("BM (brevet de maîtrise)", ("BM ",)),
    ("DEJEPS", ("DEJEPS ",)),
    ("BUT", ("BUT ",)),
    ("licence pro", ("licence pro ", "licence professionnelle ")),
    ("licence", ("licence ",)),
    ("bachelor", ("bachelor ",)),
    ("DN MADE", ("DN MADE ", "DNMADE ")),
    ("DNA", ("DNA ",)),
    ("DCG et DSCG", ("diplôme de comptabilité et de gestion", "diplôme supérieur de comptabilité et de gestion")),
    ("DESJEPS", ("DESJEPS ",)),
    ("diplôme d'État de docteur", ("diplôme d'État de docteur ",)),
    ("diplôme d'État", ("diplôme d'État ", "DE ")),
    ("diplôme d'IEP", ("diplôme de l'Institut d'études politiques",)),
    ("diplôme d'école de commerce", ("diplôme du programme grande école",)),
    ("diplôme d'ingénieur", ("diplôme d'ingénieur",)),
    ("DNSEP", ("DNSEP ",)),
    ("DSAA", ("DSAA ",)),
    ("diplôme national", ("diplôme national",)),
    ("DU (diplôme d'université)", ("DU ", "diplôme d'université ")),
    ("MSc (master of science)", ("MSc ", "master of ", "international Master ")),
    ("master", ("master ",)),
    ("magistère", ("magistère ",)),
    ("mastère spécialisé", ("mastère spé",)),
    ("DES de médecine", ("diplôme d'études spécialisées de médecine", "DES ")),
    ("doctorat", ("doctorat",)),
    ("formation ou concours", ("formation d", "préparation au concours", "habilitation ", "examen ")),
    ("certificat ou brevet", ("certificat ", "brevet ")),
    ("diplôme d'école", ("diplôme", "DPEA ", "DHET ", "classe ", "double cursus")),
)
"""Kind, and how the labels of its diplomas begin, whatever their first capital; the first rule that fits wins."""

OTHER = "titre d'école ou d'entreprise"
"""The kind of labels that name a job rather than a diploma ("manager de la communication")."""

KINDS: tuple[str, ...] = (*(kind for kind, _ in RULES), OTHER)
"""All kinds, in the order in which they are given."""


def kinds(formations: Iterable[Formation]) -> tuple[str, ...]:
    """The kinds of these diplomas, each once, in the order of KINDS."""
    found = {kind_of(formation.label) for formation in formations}
    return tuple(kind for kind in KINDS if kind in found)


def kind_of(label: str) -> str:
    """The kind of the diploma with this label."""
    found = _BEGINNING.match(label.replace("’", "'"))
    return RULES[int(found.lastgroup[1:])][0] if found and found.lastgroup else OTHER


def _either_case(beginning: str) -> str:
    first = beginning[0]
    return f"[{first}{first.upper()}]{re.escape(beginning[1:])}" if first.islower() else re.escape(beginning)


_BEGINNING: Final = re.compile(
    "|".join(f"(?P<r{rule}>{'|'.join(map(_either_case, beginnings))})" for rule, (_, beginnings) in enumerate(RULES))
)
"""All beginnings in the order of the rules; the name of the group that matches is the place of its rule."""
