"""The occupations of ESCO in French. In: the CSV, alone, in a folder or in a ZIP. Out: a Nomenclature.

An occupation is a group of names that stand for one job. Names are parted by line breaks or by "|".
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from search.errors import SourceError, printable
from search.nomenclature import NameGroup, Nomenclature
from search.sources import bounds, cleaning, csv_table
from search.sources.csv_table import Notes
from search.sources.kinds import ZIP_FAULTS
from search.sources.members import Members, base, opened

PARTED: Final = re.compile(r"[\n|]+")
"""What stands between two names in a cell."""

MOST_LABELS: Final = 500
"""Names of one occupation."""

VERSION: Final = re.compile(r"v(\d+(?:\.\d+)+)")


def read(path: Path) -> Nomenclature:
    """The names of each occupation. Raises SourceError if the path cannot be read or holds none."""
    if path.exists() and not (path.is_dir() or path.is_file()):
        raise SourceError(f"{printable(path)}: not a regular file: ESCO is read from a ZIP, a folder or a file.")
    try:
        with opened(path) as members:
            return _read(members, path)
    except ZIP_FAULTS as error:
        reason = getattr(error, "strerror", None) or error
        raise SourceError(f"{printable(path)}: cannot be read ({reason}).") from error


def _read(members: Members, path: Path) -> Nomenclature:
    # Skills have the same columns: among several files the name says which one holds occupations.
    named = [name for name in members.names if "occupation" in base(name)] or list(members.names)
    if not named:
        raise SourceError(f"{printable(path)}: no file of ESCO's occupations in it (occupations_fr.csv).")
    groups: list[NameGroup] = []
    notes = Notes("ESCO")
    name = named[0]
    with members.open(name) as (file, where):
        for line, row in csv_table.rows(file, where, ("preferredLabel", "altLabels")):
            if isinstance(row, str):
                notes.add(where, line, row)
                continue
            labels = _labels(row["preferredLabel"], row["altLabels"], row.get("hiddenLabels", ""))
            if fault := _fault(labels):
                notes.add(where, line, fault)
            elif labels:
                groups.append(NameGroup(labels))
    if not groups:
        raise SourceError(f"{printable(path)}: no occupation of ESCO in it.")
    version = VERSION.search(path.name) or VERSION.search(name)
    return Nomenclature(f"ESCO {version[1]}" if version else "ESCO", tuple(groups), notes=notes.all())


def _fault(labels: Sequence[str]) -> str:
    """What is too big in an occupation, "" for nothing."""
    if len(labels) > MOST_LABELS:
        return f"{len(labels):,} names of one occupation: {MOST_LABELS} at most"
    return next(filter(None, map(bounds.name_fault, labels)), "")


def _labels(preferred: str, *others: str) -> tuple[str, ...]:
    """Each name once; "technicien X/technicienne X" is two."""
    found = [each for text in (preferred, *others) for part in PARTED.split(text) for each in _genders(part)]
    return tuple(dict.fromkeys(label for each in found if (label := cleaning.line(each))))


def _genders(name: str) -> list[str]:
    """Two names if both sides of the slash are whole: "chauffeur/chauffeuse de taxi" is one."""
    sides = name.split("/")
    return sides if len(sides) == 2 and len(sides[0].split()) == len(sides[1].split()) else [name]
