"""The ROME open data of France Travail. In: its ZIP, a folder, or its file of names. Out: a Nomenclature.

The version stands in the names of the files (v347, v460 …), which change with it: files are found by pattern. The
names of a code are one group; a code of version 4 leads to that of its parent, under which the sheets are filed.
"""

import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from search.errors import SourceError, printable
from search.fiche import Fiche
from search.nomenclature import NameGroup, Nomenclature
from search.sources import bounds, cleaning, csv_table
from search.sources.csv_table import Notes
from search.sources.kinds import ZIP_FAULTS
from search.sources.members import Members, base, opened

NAMES: Final = re.compile(r"appellation_v(\d{1,6})(?:_|\.|$)")
CODES: Final = re.compile(r"code_rome_v\d{1,6}(?:_|\.|$)")
DOMAINS: Final = re.compile(r"cr_gd_dp_v\d{1,6}(?:_|\.|$)")
CODE: Final = re.compile(r"[A-Z]\d{4}", re.ASCII)


def read(path: Path) -> Nomenclature:
    """The names of jobs, those of codes and of domains if the path holds them.

    Raises SourceError if there is no file of names, or it cannot be read or holds no name.
    """
    if path.exists() and not (path.is_dir() or path.is_file()):
        raise SourceError(f"{printable(path)}: not a regular file: the ROME is read from a ZIP, a folder or a file.")
    try:
        with opened(path) as members:
            return _read(_with_siblings(members, path), path)
    except ZIP_FAULTS as error:
        reason = getattr(error, "strerror", None) or error
        raise SourceError(
            f"{printable(path)}: cannot be read ({reason}). Download the ROME again: metiers fetch"
        ) from error


def labelled(fiche: Fiche, codes: Mapping[str, str]) -> Fiche:
    """The sheet with a name for each ROME code that has none yet."""
    return replace(
        fiche, rome=tuple(replace(each, label=each.label or codes.get(each.code, "")) for each in fiche.rome)
    )


def is_archive(path: Path) -> bool:
    """Whether a ZIP holds the ROME, by the names of its files."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(NAMES.search(base(name)) for name in archive.namelist())
    except ZIP_FAULTS:
        return False


def _with_siblings(members: Members, path: Path) -> Members:
    """The file that was named, and the other files of the same version that lie beside it."""
    if members.archive or path.is_dir():
        return members
    version = NAMES.search(path.name.lower())
    beside = sorted(each.name for each in path.parent.glob("*.csv") if each != path)
    same = [name for name in beside if (version and f"_v{version[1]}" in name.lower()) or DOMAINS.search(name.lower())]
    return replace(members, names=(path.name, *(name for name in same if not NAMES.search(name.lower()))))


def _read(members: Members, path: Path) -> Nomenclature:
    named = [(int(found[1]), name) for name in members.names if (found := NAMES.search(base(name)))]
    if not named and len(members.names) == 1:
        named = [(0, members.names[0])]
    if not named:
        raise SourceError(f"{printable(path)}: no file of ROME names in it (…appellation_v460….csv).")
    version, name = max(named)
    notes = Notes("ROME")
    groups = _groups(members, name, notes)
    if not groups:
        raise SourceError(f"{printable(path)}: {printable(name)} holds no name of a job.")
    return Nomenclature(
        source=_source(version),
        groups=groups,
        codes=_labels(members, CODES, (("code_rome", "libelle_rome"),), notes),
        domaines=_labels(
            members,
            DOMAINS,
            (
                ("code_grand_domaine", "libelle_grand_domaine"),
                ("code_domaine_professionel", "libelle_domaine_professionel"),
                ("code_domaine_professionnel", "libelle_domaine_professionnel"),
            ),
            notes,
        ),
        notes=notes.all(),
    )


def _source(version: int) -> str:
    """How readers are told of a version: 460 is "ROME 4.60", 4 is "ROME 4", 0 (not known) is "ROME"."""
    digits = str(version)
    return f"ROME {digits[0]}.{digits[1:]}" if len(digits) > 1 else f"ROME {version}" if version else "ROME"


def _groups(members: Members, name: str, notes: Notes) -> tuple[NameGroup, ...]:
    """The names of each code as a group under the code of its parent, in the order of the file."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    with members.open(name) as (file, path):
        for line, row in csv_table.rows(file, path, ("libelle_appellation_long", "code_rome")):
            if isinstance(row, str):
                notes.add(path, line, row)
                continue
            code = row["code_rome"].strip()
            parent = row.get("code_rome_parent", "").strip() or code
            label = _label(row["libelle_appellation_long"])
            if fault := bounds.name_fault(label):
                notes.add(path, line, fault)
                continue
            if not CODE.fullmatch(code) or not CODE.fullmatch(parent) or not label:
                notes.add(path, line, f"no name with a code ({label!r}, {code!r})")
                continue
            found.setdefault((code, parent), {})[label] = None
    return tuple(NameGroup(tuple(labels), parent) for (_, parent), labels in found.items())


def _label(text: str) -> str:
    # Version 3.47 writes two apostrophes for one.
    return cleaning.line(text.replace("''", "'"))


def _labels(
    members: Members, pattern: re.Pattern[str], columns: Sequence[tuple[str, str]], notes: Notes
) -> dict[str, str]:
    """Names by code, from the newest file of this pattern (the last by name); none if there is no such file.

    columns: pairs of a column of codes and the column of their names.
    """
    name = next((name for name in reversed(members.names) if pattern.search(base(name))), None)
    found: dict[str, str] = {}
    if name is None:
        return found
    with members.open(name) as (file, path):
        for line, row in csv_table.rows(file, path, ("code_rome",)):
            if isinstance(row, str):
                notes.add(path, line, row)
                continue
            for code, label in columns:
                written, named = row.get(code, "").strip(), _label(row.get(label, ""))
                if fault := bounds.name_fault(named) or bounds.name_fault(written):
                    notes.add(path, line, fault)
                elif written and named:
                    found[written] = named
    return found
