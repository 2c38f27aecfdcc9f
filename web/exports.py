"""Results as a table (CSV), for pages and API alike. In: a Query or sheets. Out: an Answer to be saved.

CSV: UTF-8 with a mark, semicolons, lines that end in CRLF: what a French spreadsheet opens with a double click.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from search.catalogue import Catalogue
from search.engine import IndexInfo
from search.fiche import Fiche
from search.query import MAX_PER_PAGE, MAX_WINDOW, Query
from web import texts
from web.cache import Answer

_FORMULA: Final = ("=", "+", "-", "@")
_BLANKS: Final = ("\t", "\r", "\n")
"""Beginnings that a spreadsheet would run as a formula, or skip to find one."""

COLUMNS: Final = (
    "id", "titre", "feminin", "masculin", "autres_appellations", "niveau", "salaire_debutant", "salaire_min",
    "salaire_max", "statuts", "interets", "domaines", "rome", "formations", "page", "source", "licence",
)  # fmt: skip


def csv_answer(fiches: Iterable[Fiche], info: IndexInfo, base_url: str) -> Answer:
    """Sheets as a table to be saved, one line each."""
    fiches = list(fiches)
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    source = ", ".join(part for part in (texts.SOURCE, info.data_date) if part)
    writer.writerows([safe(cell) for cell in (*_cells(fiche, base_url), source, texts.LICENCE)] for fiche in fiches)
    body = written.getvalue().encode("utf-8-sig")
    return Answer(body, "text/csv", (saved_as("metiers.csv"),), results=len(fiches))


def found(catalogue: Catalogue, query: Query, whole: bool) -> Iterator[Fiche]:
    """The sheets of a search in their order: its page, or every page up to the bound."""
    bare = replace(query, facets=frozenset(), excerpts=0, explain=False)
    if not whole:
        yield from (hit.fiche for hit in catalogue.search(bare).hits)
        return
    page = replace(bare, page=1, per_page=MAX_PER_PAGE)
    while page.page * page.per_page <= MAX_WINDOW:
        result = catalogue.search(page)
        yield from (hit.fiche for hit in result.hits)
        if page.page >= result.total_pages:
            return
        page = page.at_page(page.page + 1)


def safe(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: such a beginning gets an apostrophe."""
    is_formula = isinstance(cell, str) and (cell.startswith(_BLANKS) or cell.lstrip().startswith(_FORMULA))
    return f"'{cell}" if is_formula else cell


def _cells(fiche: Fiche, base_url: str) -> tuple[Any, ...]:
    salaire = fiche.salaire_debutant
    return (
        fiche.id,
        fiche.title,
        fiche.feminin,
        fiche.masculin,
        " | ".join(each.title for each in fiche.autres_appellations),
        fiche.niveau,
        salaire.text if salaire else "",
        salaire.min if salaire else None,
        salaire.max if salaire else None,
        " | ".join(fiche.statuts),
        " | ".join(fiche.interets),
        " | ".join(" > ".join(filter(None, (each.domaine, each.sous_domaine))) for each in fiche.domaines),
        " | ".join(f"{each.code} {each.label}".strip() for each in fiche.rome),
        " | ".join(each.label for each in fiche.formations),
        f"{base_url}/metiers/{fiche.id}",
    )


def saved_as(name: str) -> tuple[str, str]:
    """The header by which a browser saves an answer under this name."""
    return "Content-Disposition", f'attachment; filename="{name}"'
