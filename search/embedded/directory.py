"""What both engines answer alike, without searching: names, completions, facet values, the map, what changed.

In: the small tables of an index, which each process keeps, whichever engine searches. Out: a Directory.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Final

from search import arrays
from search.arrays import Floats
from search.embedded.map_layout import MapTable
from search.engine import Change, FacetValue, Place, Suggestion
from search.errors import NotFound
from search.fields import FACETS
from search.french.completion import SuggestTable, complete
from search.french.vocabulary import Vocabulary
from search.index import changes
from search.index.changes import ChangeTable
from search.index.columns import FacetLabels

COMPLETIONS_KEPT = 2048
"""Completions kept, of about 2 kB each: everybody types the same beginnings."""


@dataclass(frozen=True, slots=True)
class SheetNames:
    """ids, titles and domaines (the slug of the first, "" for none) of the sheets, in the order of their titles."""

    ids: tuple[str, ...]
    titles: tuple[str, ...]
    domaines: tuple[str, ...]


TABLES: Final[dict[str, type]] = {
    "documents": SheetNames,
    "facets": FacetLabels,
    "changes": ChangeTable,
    "suggest": SuggestTable,
    "map": MapTable,
}
"""The tables that `open_directory` reads, by name."""


@dataclass(frozen=True, slots=True)
class Directory:
    """The answers that need no search. Immutable, so threads share it freely.

    facets: the values of each facet in display order, by its name. map: float32 (N, 2), or (0, 2) if there is none.
    suggest(text, limit): completions; of the corrected words if no title fits what is typed.
    """

    names: SheetNames
    facets: Mapping[str, tuple[FacetValue, ...]]
    change_table: ChangeTable
    map: Floats
    suggest: Callable[[str, int], tuple[Suggestion, ...]]

    def all(self) -> Iterable[tuple[str, str]]:
        """(id, title) of every sheet, by title."""
        return zip(self.names.ids, self.names.titles, strict=True)

    def digests(self) -> Mapping[str, bytes]:
        """The digest of each sheet, by id (see `index.changes`)."""
        return dict(zip(self.names.ids, map(bytes, self.change_table.digest), strict=True))

    def facet_values(self, facet: str) -> tuple[FacetValue, ...]:
        """All values of a facet in display order. Raises NotFound for an unknown facet."""
        if facet not in self.facets:
            raise NotFound("facette", facet)
        return self.facets[facet]

    def places(self) -> tuple[Place, ...]:
        """The map of the sheets, by title; empty if there are too many to draw."""
        names = self.names
        rows = zip(names.ids, names.titles, names.domaines, self.map.tolist(), strict=False)
        return tuple(Place(id, title, domaine, x, y) for id, title, domaine, (x, y) in rows)

    def changes(self, limit: int) -> tuple[Change, ...]:
        """The last sheets that came or changed."""
        return changes.latest(self.change_table, self.names.ids, self.names.titles, limit)

    def since(self) -> Mapping[str, str]:
        """When each sheet came or last changed, by id."""
        return changes.since(self.change_table, self.names.ids)


def open_directory(folder: Path, vocabulary: Vocabulary) -> Directory:
    """Read the TABLES in a folder. Raises OSError or ValueError for a missing or cut file."""
    names = arrays.load(folder, "documents", SheetNames)
    facets = facet_values(arrays.load(folder, "facets", FacetLabels))
    titles = arrays.load(folder, "suggest", SuggestTable)
    return Directory(
        names=names,
        facets=facets,
        change_table=arrays.load(folder, "changes", ChangeTable),
        map=arrays.load(folder, "map", MapTable).place,
        suggest=lru_cache(COMPLETIONS_KEPT)(partial(complete, titles, vocabulary, names.titles, names.ids)),
    )


def facet_values(labels: FacetLabels) -> dict[str, tuple[FacetValue, ...]]:
    """The values of every facet, by name."""
    ranks = [None if rank < 0 else rank for rank in labels.ranks.tolist()]
    parents = [parent or None for parent in labels.parents]
    rows = zip(labels.values, labels.labels, parents, ranks, labels.totals.tolist(), strict=True)
    every = tuple(FacetValue(*row) for row in rows)
    bounds = pairwise(labels.start.tolist())
    return {facet.name: every[low:high] for facet, (low, high) in zip(FACETS, bounds, strict=True)}
