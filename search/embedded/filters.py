"""Filters and facet counts. In: a Query, the documents its words found. Out: the documents left, and counts.

Sets of documents are bits: uint64 (ceil(N/64),), the lowest bit of the first word for document 0.
"""

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from functools import reduce
from typing import Final

import numpy as np

from search import arrays
from search.arrays import Bits, Ints
from search.engine import FacetCounts, FacetValue
from search.fields import FACETS, RANGES
from search.index.columns import FacetTable, pack, unpack
from search.query import Query

FEW: Final = 8
"""If at most one document in so many is found, the values of each are read; if more are, the bits of all are counted:
that takes the same time however many there are."""


@dataclass(frozen=True, slots=True)
class FacetRows:
    """The rows of a facet in the FacetTable: `low` to `high`, the row of each slug, the values."""

    low: int
    high: int
    row: Mapping[str, int]
    values: tuple[FacetValue, ...]


def facet_rows(table: FacetTable, facets: Mapping[str, tuple[FacetValue, ...]]) -> dict[str, FacetRows]:
    """Where each facet stands in the table, by name; `facets` are the values of each, in the order of FACETS."""
    found = {}
    for number, (name, values) in enumerate(facets.items()):
        low, high = table.start[number : number + 2].tolist()
        found[name] = FacetRows(low, high, {each.value: low + place for place, each in enumerate(values)}, values)
    return found


def chosen(
    query: Query,
    table: FacetTable,
    rows: Mapping[str, FacetRows],
    memory: MutableMapping[tuple[str, frozenset[str]], Bits],
) -> dict[str, Bits]:
    """For each filtered facet, the documents that have one of the chosen values; an unknown value has none.

    `memory` keeps the bits of the choices already read, by facet and slugs.
    """
    values: dict[str, set[str]] = {}
    for name, value in query.filters:
        values.setdefault(name, set()).add(value)
    found: dict[str, Bits] = {}
    for name, slugs in values.items():
        key = (name, frozenset(slugs))
        if key not in memory:
            known = [rows[name].row[slug] for slug in slugs if slug in rows[name].row] if name in rows else []
            memory[key] = np.bitwise_or.reduce(table.bits[:, known], axis=1)
        found[name] = memory[key]
    return found


def in_ranges(query: Query, lowest: Ints, highest: Ints) -> list[Bits]:
    """The documents inside each range that the query bounds; a sheet fits if its span overlaps the range.

    lowest, highest: int32 (R, N), the span of each document, by the places of RANGES; -1 if a sheet does not say,
    which is outside.
    """
    masks = []
    for limit in query.limits():
        place = RANGES.index(limit.range)
        mask = np.full(lowest.shape[1], not limit.is_empty)
        if limit.least is not None:
            mask &= highest[place] >= max(limit.least, 0)
        if limit.most is not None:
            mask &= (lowest[place] >= 0) & (lowest[place] <= limit.most)
        masks.append(pack(mask))
    return masks


def restrict(found: Bits, filters: Mapping[str, Bits]) -> Bits:
    """The documents found that every filter keeps."""
    return reduce(np.bitwise_and, filters.values(), found)


def counts(
    found: Bits,
    filters: Mapping[str, Bits],
    table: FacetTable,
    rows: Mapping[str, FacetRows],
    names: frozenset[str] | None,
) -> dict[str, FacetCounts]:
    """The number of documents of each value of the facets named, all for None.

    No names, no counts. A facet is counted without its own filter: its choices are what one could still add.
    """
    counted: dict[str, FacetCounts] = {}
    if names is not None and not names:
        return counted
    numbers = _holding(table, restrict(found, filters))
    for facet in FACETS:
        place = rows[facet.name]
        if not place.values or (names is not None and facet.name not in names):
            continue
        own = slice(place.low, place.high)
        if facet.name in filters:
            others = restrict(found, {name: bits for name, bits in filters.items() if name != facet.name})
            counted[facet.name] = FacetCounts(place.values, _holding(table, others, own))
        else:
            counted[facet.name] = FacetCounts(place.values, numbers[own])
    return counted


def _holding(table: FacetTable, documents: Bits, values: slice = slice(None)) -> tuple[int, ...]:
    """For each of some values, how many of the documents have it. A word of bits stands for 64 documents."""
    if FEW * int(np.bitwise_count(documents).sum()) > 64 * len(documents):
        return tuple(np.bitwise_count(table.bits[:, values] & documents[:, None]).sum(axis=0, dtype=np.int32).tolist())
    docs = unpack(documents, len(table.held_start) - 1).nonzero()[0]
    places, _ = arrays.rows(table.held_start, docs, len(table.held))
    return tuple(np.bincount(table.held[places], minlength=len(table.values))[values].tolist())
