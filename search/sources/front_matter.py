"""Front matter, the YAML that tools write above the Markdown of a sheet -> the same as lines of a sheet.

In: the lines of a file. Out: as many lines. Names that have a place on a sheet become its labels, so that one reader
reads both. Other names become labels that no part of a sheet has, so that they are told in the notes. If the sheet
gives a title or an ID itself, that one counts.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
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
_SCALAR = re.compile(r"[ \t]*[|>][+-]?[ \t]*")
_QUOTED = re.compile(r"""[ \t]*("[^"\n]*"|'[^'\n]*')[ \t]+#(.*)""")
_ITEM = re.compile(r"""[ \t]*(?:"[^"]*"|'(?:[^']|'')*')[ \t]*|[^,]+""")
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
    taken = 0
    for place, line in enumerate(front):
        pair = _PAIR.fullmatch(line)
        if taken > 0 or line.rstrip() in _CLOSINGS:
            taken -= 1
            yield ""
        elif not pair:
            yield line.replace("#", "", 1) if line.lstrip().startswith("#") else _unquoted(line)
        else:
            below = _scalar_below(front[place + 1 :]) if _SCALAR.fullmatch(pair[2] or "") else []
            taken = len(below)
            value, comment = _parted(" ".join(below) if below else pair[2] or "")
            yield _labelled(pair[1], value, has_title, has_id) + comment


def _scalar_below(lines: Sequence[str]) -> list[str]:
    """The indented lines that hold a value which is written under its name."""
    return [line.strip() for line in takewhile(lambda line: not line.strip() or line[0] in " \t", lines)]


def _labelled(name: str, value: str, has_title: bool, has_id: bool) -> str:
    known = fold(name).replace("_", " ")
    if known in _TITLES and not has_title:
        return f"# {value}"
    label = _LABELS.get(known, name)
    return f"## {name}: {value}" if label == "ID" and has_id else f"**{label}:** {value}"


def _parted(written: str) -> tuple[str, str]:
    """A value, and the comment behind it as a line of its own."""
    if quoted := _QUOTED.fullmatch(written):
        value, comment = quoted[1], quoted[2]
    elif written.lstrip().startswith(('"', "'")):
        value, comment = written, ""
    else:
        value, _, comment = written.partition(" #")
    return _unquoted(value), f"\v{comment.strip()}" if comment else ""


def _unquoted(value: str) -> str:
    """A value without the quotes of YAML; of a list on one line, its items."""
    value = value.strip()
    if value.startswith("[") and value.endswith("]"):
        return "; ".join(_unquoted(item) for item in _ITEM.findall(value[1:-1]) if item.strip())
    for quote in ('"', "'"):
        if len(value) > 1 and value[0] == value[-1] == quote:
            return value[1:-1].replace(quote * 2, quote)
    return value
