"""Results as a table (CSV): for programs of the API, for readers of a list. In: a Query or sheets. Out: an Answer.

CSV in UTF-8 with a byte order mark, semicolons and CRLF: a French spreadsheet opens it with a double click.
"""

import codecs
import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, Final

from search.catalogue import Catalogue
from search.engine import IndexInfo
from search.errors import EngineUnavailable
from search.fiche import Fiche
from search.fields import FACETS, RANGES, Facet, Range
from search.query import MAX_PER_PAGE, MAX_WINDOW, Query
from web import texts
from web.answer import Answer
from web.params import FORMATS

_FORMULA: Final = ("=", "+", "-", "@")
"""How a cell begins that a spreadsheet would run as a formula."""

_BLANKS: Final = ("\t", "\r", "\n")
"""What a spreadsheet may skip before a formula."""

Cell = Callable[[Fiche], Any]


def _values(facet: Facet) -> Cell:
    """The cell of a facet: the labels of its values, without those that a narrower value of the sheet is under."""

    def cell(fiche: Fiche) -> str:
        values = facet.values(fiche)
        parents = {value.parent for value in values}
        return " | ".join(value.label for value in values if value.value not in parents)

    return cell


def _side(declared: Range, side: int) -> Cell:
    def cell(fiche: Fiche) -> int | None:
        span = declared.span(fiche)
        return None if span is None else span[side]

    return cell


_OWN_COLUMNS: Final[dict[str, Cell]] = {
    "id": lambda fiche: fiche.id,
    "titre": lambda fiche: fiche.title,
    "feminin": lambda fiche: fiche.feminin,
    "masculin": lambda fiche: fiche.masculin,
    "autres_appellations": lambda fiche: " | ".join(each.title for each in fiche.autres_appellations),
    "niveau": lambda fiche: fiche.niveau,
    "salaire_debutant": lambda fiche: fiche.salaire_debutant.text if fiche.salaire_debutant else "",
    "salaire_min": lambda fiche: fiche.salaire_debutant.min if fiche.salaire_debutant else None,
    "salaire_max": lambda fiche: fiche.salaire_debutant.max if fiche.salaire_debutant else None,
    "statuts": lambda fiche: " | ".join(fiche.statuts),
    "interets": lambda fiche: " | ".join(fiche.interets),
    "domaines": lambda fiche: " | ".join(
        " > ".join(filter(None, (each.domaine, each.sous_domaine))) for each in fiche.domaines
    ),
    "rome": lambda fiche: " | ".join(f"{each.code} {each.label}".strip() for each in fiche.rome),
    "formations": lambda fiche: " | ".join(each.label for each in fiche.formations),
}
"""The columns of what every sheet tells, by name."""

_SIDES: Final = {
    name: (each, bound, side) for each in RANGES if not each.scale for side, (name, bound) in enumerate(each.bounds)
}
_DECLARED_COLUMNS: Final[dict[str, Cell]] = {facet.key: _values(facet) for facet in FACETS if facet.key} | {
    name: _side(declared, side) for name, (declared, _, side) in _SIDES.items()
}
"""A column for each facet, and two for each range of amounts; a range on a scale has the column of its facet."""

_MORE_COLUMNS: Final = {name: cell for name, cell in _DECLARED_COLUMNS.items() if name not in _OWN_COLUMNS}
_HEADINGS: Final = (
    {facet.key: facet.label for facet in FACETS if facet.key}
    | {name: f"{declared.label} {bound.label}" for name, (declared, bound, _) in _SIDES.items()}
    | {name: column.heading for name, column in texts.COLUMNS.items() if column.heading}
)
"""What readers call each column: the label of a facet or a range if it has no name of its own."""

COLUMNS: Final = (*_OWN_COLUMNS, "page", "source", "licence", *_MORE_COLUMNS)
"""New columns come last: a program may count them."""


def csv_answer(fiches: Iterable[Fiche], info: IndexInfo, base_url: str) -> Answer:
    """Sheets as a table for programs, one line each: the names of the columns never change."""
    return _table(fiches, info, base_url, COLUMNS, "metiers.csv")


def list_answer(fiches: Iterable[Fiche], info: IndexInfo, base_url: str) -> Answer:
    """Sheets as a table for readers, one line each: columns are named in French."""
    return _table(fiches, info, base_url, [_HEADINGS[name] for name in COLUMNS], "ma-liste.csv")


def _table(fiches: Iterable[Fiche], info: IndexInfo, base_url: str, headings: Sequence[str], name: str) -> Answer:
    fiches = list(fiches)
    body = b"".join(csv_lines(headings, table_rows(fiches, info, base_url)))
    return Answer(body, FORMATS["csv"], (saved_as(name),), results=len(fiches))


def table_rows(fiches: Iterable[Fiche], info: IndexInfo, base_url: str) -> Iterator[list[Any]]:
    """The cells of each sheet, in the order of COLUMNS."""
    told = source_cells(info)
    for fiche in fiches:
        own = [cell(fiche) for cell in _OWN_COLUMNS.values()]
        more = [cell(fiche) for cell in _MORE_COLUMNS.values()]
        yield [*own, f"{base_url}/metiers/{fiche.id}", *told, *more]


def source_cells(info: IndexInfo) -> tuple[str, str]:
    """The two cells that say whose data this is, with its date, and under which licence."""
    return ", ".join(part for part in (texts.SOURCE, info.data_date) if part), texts.LICENCE


def csv_lines(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    """The bytes of a table, a line at a time."""
    line = io.StringIO(newline="")
    writer = csv.writer(line, delimiter=";", lineterminator="\r\n")
    yield codecs.BOM_UTF8
    for row in chain((columns,), rows):
        writer.writerow([safe(cell) for cell in row])
        yield line.getvalue().encode()
        line.seek(0)
        line.truncate()


def found(catalogue: Catalogue, query: Query, whole: bool) -> Iterator[Fiche]:
    """The sheets of a search in their order: its page, or if `whole` all of them up to MAX_WINDOW.

    Raises EngineUnavailable if a part of the sheets does not answer: in a table nobody would see that some are missing.
    """
    bare = replace(query, facets=frozenset(), excerpts=0, explain=False)
    page = replace(bare, page=1, per_page=MAX_PER_PAGE) if whole else bare
    while page.page * page.per_page <= MAX_WINDOW:
        results = catalogue.results(page)
        if results.partial:
            raise EngineUnavailable("only a part of the sheets answers for now: a table would lack the others")
        yield from (hit.fiche for hit in results.hits)
        if not whole or page.page * page.per_page >= results.total:
            return
        page = page.at_page(page.page + 1)


def safe(cell: Any) -> Any:
    """A cell as it is written: an apostrophe before what a spreadsheet would run as a formula; a decimal comma."""
    if isinstance(cell, float):
        return str(cell).replace(".", ",")
    is_formula = isinstance(cell, str) and (cell.startswith(_BLANKS) or cell.lstrip().startswith(_FORMULA))
    return f"'{cell}" if is_formula else cell


def saved_as(name: str) -> tuple[str, str]:
    """The header by which a browser saves an answer under this name."""
    return "Content-Disposition", f'attachment; filename="{name}"'
