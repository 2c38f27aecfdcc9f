"""Front matter, the YAML that tools write above the Markdown of a sheet -> the same as lines of a sheet.

In: the lines of a file. Out: as many lines. Names that have a place on a sheet become its labels, so that one reader
reads both. Other names become labels that no part of a sheet has, so that they are told in the notes. If the sheet
gives a title or an ID itself, that one counts.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from search.folding import fold

_OPENING: Final = "---"
_CLOSINGS: Final = ("---", "...")

MOST_LINES: Final = 200
"""Lines within which front matter ends: what goes on longer is the sheet itself."""

_TITLES: Final = ("title", "titre", "nom", "nom metier")

_LABELS: Final = {
    "id": "ID",
    "identifiant": "ID",
    "niveau": "Niveau d'accès minimum",
    "niveau acces min": "Niveau d'accès minimum",
    "rome": "Codes ROME",
    "statuts": "Statuts possibles",
    "formations": "Formations recommandées",
    "interets": "Centres d'intérêt",
}
"""The names that the API and the official feed have for parts of a sheet, and what a sheet calls them."""

_PAIR = re.compile(r"([^\W\d_][\w '’-]{0,60}?)[ \t]{0,3}:(?:[ \t](.*))?")
_BELOW = re.compile(r"[ \t]*(?:-[ \t].*|#.*)?|[ \t]+\S.*")
_TITLE = re.compile(r" {0,3}#\s")
_ID = re.compile(r"\W{0,9}id\b[\s*_:]{1,9}MET\\?\.", re.IGNORECASE)


def length(lines: Sequence[str]) -> int:
    """How many lines at the beginning are front matter, with those that begin and end it."""
    if not lines or lines[0].rstrip() != _OPENING:
        return 0
    for place, line in enumerate(lines[1 : MOST_LINES + 1], 1):
        if line.rstrip() in _CLOSINGS:
            return place + 1 if place > 1 else 0
        if not (_PAIR.fullmatch(line) or _BELOW.fullmatch(line)):
            return 0
    return 0


def as_labels(front: Sequence[str], sheet: Sequence[str]) -> Iterator[str]:
    """The lines of front matter as those of a sheet; a title or an ID is none if the sheet below gives one itself."""
    has_title, has_id = (any(map(pattern.match, sheet)) for pattern in (_TITLE, _ID))
    for line in front:
        pair = _PAIR.fullmatch(line)
        if line.rstrip() in _CLOSINGS:
            yield ""
        elif not pair:
            yield line.replace("#", "", 1) if line.lstrip().startswith("#") else _unquoted(line)
        else:
            yield _labelled(pair[1], _unquoted(pair[2] or ""), has_title, has_id)


def _labelled(name: str, value: str, has_title: bool, has_id: bool) -> str:
    known = fold(name).replace("_", " ")
    if known in _TITLES and not has_title:
        return f"# {value}"
    label = _LABELS.get(known, name)
    return f"## {name}: {value}" if label == "ID" and has_id else f"**{label}:** {value}"


def _unquoted(value: str) -> str:
    """A value without the quotes of YAML; of a list on one line, its items."""
    value = value.strip()
    if value.startswith("[") and value.endswith("]"):
        return "; ".join(map(_unquoted, value[1:-1].split(",")))
    for quote in ('"', "'"):
        if len(value) > 1 and value[0] == value[-1] == quote:
            return value[1:-1]
    return value
