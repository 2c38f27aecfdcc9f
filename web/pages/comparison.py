"""Sheets side by side. In: sheets. Out: the rows of a table, with what they share and what sets one apart."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from search.fiche import Fiche, Section, rank_of
from web import texts
from web.labels import level_name
from web.pages.class_pack import shortened

LONGEST: Final = 260
"""Characters of a block of prose that are shown."""

MOST_LINES: Final = 8
"""Lines of a cell; the others are counted."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that a sheet says, with the title of its block if it has one. `is_shared`: all compared sheets say
    it."""

    text: str
    title: str = ""
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """What one sheet says in a row. `mark`: in words, if it has the least or the most; `more`: lines left out."""

    lines: tuple[Line, ...]
    mark: str = ""
    more: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its heading, a cell for each sheet, whether all sheets say the same."""

    heading: str
    cells: tuple[Cell, ...]
    is_same: bool


def rows(fiches: list[Fiche]) -> list[Row]:
    """The rows that at least one sheet fills, in the order in which they are compared."""
    told = [(name, [lines(fiche) for fiche in fiches]) for name, lines in _COMPARED.items()]
    return [_row(name, cells, fiches) for name, cells in told if any(cells)]


def _row(name: str, cells: list[list[Line]], fiches: list[Fiche]) -> Row:
    shared = set.intersection(*map(set, cells)) if name in _LISTED else set()
    made = [_cell(lines, shared, mark) for lines, mark in zip(cells, _marks(name, fiches), strict=True)]
    return Row(texts.COMPARED[name], tuple(made), is_same=all(lines == cells[0] for lines in cells))


def _cell(lines: list[Line], shared: set[Line], mark: str) -> Cell:
    """The cell of these lines: those shared first, MOST_LINES at most."""
    ranked = sorted(lines, key=lambda line: line not in shared)
    told = tuple(replace(line, is_shared=line in shared) for line in ranked[:MOST_LINES])
    return Cell(told, mark, more=len(lines) - len(told))


def _marks(name: str, fiches: list[Fiche]) -> list[str]:
    """For each sheet, the words for the least and the most of a row of amounts; "" for all others.

    Sheets without an amount are left aside; if all amounts are equal, there is neither a least nor a most.
    """
    if name not in _AMOUNTS:
        return [""] * len(fiches)
    amount, (least, most) = _AMOUNTS[name], texts.EXTREMES[name]
    amounts = [amount(fiche) for fiche in fiches]
    known = [each for each in amounts if each is not None]
    if len(set(known)) < 2:
        return [""] * len(fiches)
    named = {min(known): least, max(known): most}
    return ["" if each is None else named.get(each, "") for each in amounts]


def _plain(texts: tuple[str, ...]) -> list[Line]:
    return [Line(text) for text in texts]


def _salaire(fiche: Fiche) -> list[Line]:
    return _plain(tuple(fiche.salaire_debutant.text.split("\n"))) if fiche.salaire_debutant else []


def _prose(section: Section) -> list[Line]:
    """What each block says first, under its title: a title alone often says nothing of the job."""
    return [Line(shortened(block.text.split("\n")[0], LONGEST), block.title) for block in section if block.text]


def _domaines(fiche: Fiche) -> list[Line]:
    return [Line(" : ".join(filter(None, (each.domaine, each.sous_domaine)))) for each in fiche.domaines]


def _studies(fiche: Fiche) -> list[Line]:
    return [Line(shortened(" ".join(block.text.split("\n")), LONGEST), block.title) for block in fiche.duree_etudes]


_COMPARED: Final[dict[str, Callable[[Fiche], list[Line]]]] = {
    "presentation": lambda fiche: _plain(tuple(block.text for block in fiche.section("presentation"))),
    "niveau": lambda fiche: [Line(level_name(fiche.niveau))] if fiche.niveau else [],
    "duree_etudes": _studies,
    "salaire": _salaire,
    "statuts": lambda fiche: _plain(fiche.statuts),
    "interets": lambda fiche: _plain(fiche.interets),
    "domaines": _domaines,
    "competences": lambda fiche: _prose(fiche.section("competences")),
    "conditions_travail": lambda fiche: _prose(fiche.section("conditions_travail")),
    "formations": lambda fiche: _plain(tuple(each.label for each in fiche.formations)),
}
"""What is compared, in order: the lines of a sheet. The headings are in `texts`."""

_LISTED: Final = frozenset({"statuts", "interets", "domaines", "formations"})
"""The rows of lists, in which what all sheets share is marked."""

_AMOUNTS: Final[dict[str, Callable[[Fiche], int | None]]] = {
    "niveau": lambda fiche: rank_of(fiche.niveau),
    "salaire": lambda fiche: fiche.salaire_debutant.min if fiche.salaire_debutant else None,
}
"""The rows that have a least and a most."""
