"""The occupations of ESCO in French. In: the official CSV, or a copy with its columns. Out: a Nomenclature.

An occupation is a group of names that stand for one job. Names are parted by line breaks or by "|".
"""

import re
from pathlib import Path
from typing import Final

from search.errors import SourceError, printable
from search.nomenclature import NameGroup, Nomenclature
from search.sources import cleaning, csv_table

PARTED: Final = re.compile(r"[\n|]+")
VERSION: Final = re.compile(r"v(\d+(?:\.\d+)+)")
MOST_NOTES: Final = 5


def read(path: Path) -> Nomenclature:
    """The names of each occupation. Raises SourceError if the file cannot be read or holds none."""
    groups: list[NameGroup] = []
    notes: list[str] = []
    if path.exists() and not path.is_file():
        raise SourceError(f"{printable(path)}: not a regular file: ESCO is read from one.")
    try:
        with path.open("rb") as file:
            for line, row in csv_table.rows(file, str(path), ("preferredLabel", "altLabels")):
                if isinstance(row, str):
                    notes.append(f"{path}:{line}: {row}; left out")
                elif labels := _labels(row["preferredLabel"], row["altLabels"], row.get("hiddenLabels", "")):
                    groups.append(NameGroup(labels))
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}).") from error
    if not groups:
        raise SourceError(f"{path}: no occupation of ESCO in it.")
    version = VERSION.search(path.name)
    return Nomenclature(f"ESCO {version[1]}" if version else "ESCO", tuple(groups), notes=tuple(notes[:MOST_NOTES]))


def _labels(preferred: str, *others: str) -> tuple[str, ...]:
    """Each name once; "technicien X/technicienne X" is two."""
    found = [each for text in (preferred, *others) for part in PARTED.split(text) for each in _genders(part)]
    return tuple(dict.fromkeys(label for each in found if (label := cleaning.line(each))))


def _genders(name: str) -> list[str]:
    """Two names if both sides of the slash are whole: "chauffeur/chauffeuse de taxi" is one."""
    sides = name.split("/")
    return sides if len(sides) == 2 and len(sides[0].split()) == len(sides[1].split()) else [name]
