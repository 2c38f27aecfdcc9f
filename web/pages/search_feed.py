"""The entries of the feed of a search. In: a search. Out: its sheets, those that came or changed last first.

A feed reader knows an entry by its sheet, and shows it again if its date changes.
"""

from dataclasses import dataclass, replace
from typing import Final

from search.catalogue import Catalogue
from search.engine import Change, IndexInfo
from search.errors import NotFound
from search.fiche import Fiche
from search.query import Query

MOST: Final = 50
"""Entries of a feed."""

MOST_CHANGES: Final = 1_000
"""The last changes among which those of the search are looked for."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A sheet of the search. `updated` is ISO 8601; `kind` that of its change, "" for a sheet that never changed."""

    fiche: Fiche
    updated: str
    kind: str = ""


def entries(catalogue: Catalogue, query: Query) -> list[Entry]:
    """The sheets of a search that came or changed, newest first, then the others in the order of the search."""
    since, found = catalogue.since(), catalogue.matching(query)
    changed = [change for change in catalogue.changes(MOST_CHANGES) if change.id in found][:MOST]
    news = [entry for change in changed if (entry := _news(catalogue, change))]
    named = {entry.fiche.id for entry in news}
    first = replace(query, page=1, per_page=MOST, facets=frozenset(), excerpts=0, explain=False)
    others = (hit.fiche for hit in catalogue.search(first).hits if hit.fiche.id not in named)
    return [*news, *(Entry(fiche, since.get(fiche.id) or edition_date(catalogue.info())) for fiche in others)][:MOST]


def _news(catalogue: Catalogue, change: Change) -> Entry | None:
    try:
        return Entry(catalogue.fiche(change.id), change.date, change.kind)
    except NotFound:
        return None


def edition_date(info: IndexInfo) -> str:
    """The date of the data, or that of the index if the data have none: ISO 8601 with its time."""
    return f"{info.data_date}T00:00:00+00:00" if info.data_date else info.built_at
