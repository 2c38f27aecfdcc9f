"""Filters and facet counts. In: a Query, the documents its words found. Out: the documents left, and counts.

Sets of documents are bits: uint64 (ceil(N/64),), the lowest bit of the first word for document 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Final

import numpy as np

from search.arrays import Bits, Ints, spans
from search.engine import FacetCounts, FacetValue
from search.fields import FACETS
from search.index.columns import FacetTable, pack, unpack
from search.query import Query

FEW: Final = 8
"""Up to one document in so many, the values of each are listed; where more are found, the bits of all are counted."""


@dataclass(frozen=True, slots=True)
class FacetRows:
    """The rows of a facet in the FacetTable: `low` to `high`, the row of each slug, the values."""

    low: int
    high: int
    row: Mapping[str, int]
    values: tuple[FacetValue, ...]


@dataclass(frozen=True, slots=True)
class Ranges:
    """What ranges look at, int32 (N,), -1 where a sheet does not say: rank of the level, euros a month."""

    rank: Ints
    salary_min: Ints
    salary_max: Ints


def facet_rows(table: FacetTable, facets: Mapping[str, tuple[FacetValue, ...]]) -> dict[str, FacetRows]:
    """Where each facet stands in the table, by name; `facets` are the values of each, in the order of FACETS."""
    found = {}
    for number, (name, values) in enumerate(facets.items()):
        low, high = table.start[number : number + 2].tolist()
        found[name] = FacetRows(low, high, {each.value: low + place for place, each in enumerate(values)}, values)
    return found


def chosen(query: Query, table: FacetTable, rows: Mapping[str, FacetRows]) -> dict[str, Bits]:
    """For each filtered facet, the documents that have one of the chosen values; an unknown value has none."""
    none = np.zeros(len(table.bits), dtype=np.uint64)
    found: dict[str, Bits] = {}
    for name, value in query.filters:
        row = rows[name].row.get(value) if name in rows else None
        bits = table.bits[:, row] if row is not None else none
        found[name] = found[name] | bits if name in found else bits
    return found


def in_ranges(query: Query, ranges: Ranges, ranks: Mapping[str, int]) -> list[Bits]:
    """The documents inside each range that the query sets; a sheet that does not say is outside.

    A sheet's salary goes from its lowest to its highest amount: it fits a range that it overlaps; a range the wrong
    way round holds none.
    """
    masks = []
    if query.niveau_min is not None:
        masks.append(ranges.rank >= ranks.get(query.niveau_min, 1 << 20))
    if query.niveau_max is not None:
        masks.append((ranges.rank >= 0) & (ranges.rank <= ranks.get(query.niveau_max, -1)))
    if query.salaire_min is not None:
        masks.append(ranges.salary_max >= max(query.salaire_min, 0))
    if query.salaire_max is not None:
        masks.append((ranges.salary_min >= 0) & (ranges.salary_min <= query.salaire_max))
    if query.salaire_min is not None and query.salaire_max is not None and query.salaire_min > query.salaire_max:
        masks.append(np.zeros(len(ranges.rank), dtype=np.bool_))
    return [pack(mask) for mask in masks]


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
    """How many of the documents each of some values has."""
    if FEW * int(np.bitwise_count(documents).sum()) > 64 * len(documents):
        return tuple(np.bitwise_count(table.bits[:, values] & documents[:, None]).sum(axis=0, dtype=np.int32).tolist())
    docs = unpack(documents, len(table.held_start) - 1).nonzero()[0]
    first = table.held_start[docs]
    held = table.held[spans(first, table.held_start[docs + 1] - first)]
    return tuple(np.bincount(held, minlength=len(table.values))[values].tolist())
