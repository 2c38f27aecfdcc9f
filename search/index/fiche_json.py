"""A Fiche as plain values that JSON can hold, and back, without loss. In: a Fiche or a dict. Out: the other.

Small values are lists in the order of their fields, and empty fields are left out: short to store, quick to
read back, which every page of results does for each of its sheets.
"""

from collections.abc import Iterable
from dataclasses import replace
from itertools import starmap
from typing import Any, Final

import orjson

from search.fiche import (
    Appellation,
    Block,
    Domaine,
    Fiche,
    Formation,
    MetierAssocie,
    Nom,
    Publication,
    Rome,
    Salaire,
    Source,
)

TEXTS: Final = ("id", "title", "feminin", "masculin", "niveau")
LABELS: Final = ("statuts", "interets", "secteurs", "gfe")
LISTS: Final[dict[str, Any]] = {
    "duree_etudes": Block,
    "autres_appellations": Appellation,
    "rome": Rome,
    "formations": Formation,
    "domaines": Domaine,
    "associes": MetierAssocie,
    "sources": Source,
    "publications": Publication,
    "noms": Nom,
}
"""The fields that are tuples of small values, and the class of these values."""


def fiche_to_json(fiche: Fiche) -> dict[str, Any]:
    """The sheet as dicts, lists, strings, whole numbers and None alone."""
    stored: dict[str, Any] = {name: getattr(fiche, name) for name in TEXTS}
    for name in LABELS:
        if labels := getattr(fiche, name):
            stored[name] = list(labels)
    if fiche.sections:
        stored["sections"] = {name: _values(section) for name, section in fiche.sections.items()}
    for name in LISTS:
        if values := getattr(fiche, name):
            stored[name] = _values(values)
    if salaire := fiche.salaire_debutant:
        stored["salaire_debutant"] = [salaire.text, salaire.min, salaire.max]
    return stored


def fiche_bytes(fiche: Fiche) -> bytes:
    """The sheet as it is stored: JSON in UTF-8."""
    return orjson.dumps(fiche_to_json(fiche))


def compared_bytes(fiche: Fiche) -> bytes:
    """The bytes by which sheets are compared from one index to the next: without names from outside.

    Another edition of the ROME or of ESCO changes no sheet.
    """
    return fiche_bytes(replace(fiche, noms=()))


def fiche_from_json(stored: dict[str, Any]) -> Fiche:
    """The Fiche that `fiche_to_json` was given. Raises TypeError for anything else."""
    made: dict[str, Any] = {}
    for name, value in stored.items():
        if kind := LISTS.get(name):
            made[name] = tuple(starmap(kind, value))
        elif name == "sections":
            made[name] = {each: tuple(starmap(Block, blocks)) for each, blocks in value.items()}
        elif name == "salaire_debutant":
            made[name] = Salaire(*value)
        else:
            made[name] = value if isinstance(value, str) else tuple(value)
    return Fiche(**made)


def _values(values: Iterable[Any]) -> list[list[Any]]:
    """Small values as lists, in the order of the fields of their class."""
    return [[getattr(value, field) for field in value.__slots__] for value in values]
