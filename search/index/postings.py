"""The tables that a segment of the index holds: where each term stands, who has each value, the stored sheets.

`codec` writes them through Whoosh; the server maps them, and Whoosh's own searchers read the same files.
"smallest" stands for the smallest of `arrays.WIDTHS` that holds the numbers (uint8, uint16, int32, int64).
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search.arrays import Ints, Starts, blocked_starts, spans

MOST_POSITIONS: Final = 1 << 24
"""Positions that a field may have: a document, a field and a position are compared as one number of 64 bits."""


@dataclass(frozen=True, slots=True)
class PostingTable:
    """Where each term stands. Rows of one term are consecutive, by document, then field.

    P postings (term, document, field), O occurrences.

    terms: T words, sorted. start: int32 (T+1,), rows of term t are start[t]:start[t+1].
    doc: smallest (P,). field: uint8 (P,), place in FIELDS.
    occurrence_block: int32 (P // BLOCK + 1,) and occurrence_ahead: smallest (P+1,), where each posting has its rows
    in the three columns below (`arrays.GrowingStarts`; `occurrence_rows` reads them); by position inside a posting.
    position: smallest (O,), in the field. text_start: smallest (O,), code points from the start of the field's text.
    length: smallest (O,), code points.
    """

    terms: tuple[str, ...]
    start: Starts
    doc: Ints
    field: NDArray[np.uint8]
    occurrence_block: Starts
    occurrence_ahead: Ints
    position: Ints
    text_start: Ints
    length: Ints


def first_occurrences(table: PostingTable, postings: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Where the occurrences of some postings begin, by their numbers; of posting P, where the last one ends."""
    return blocked_starts(table.occurrence_block, table.occurrence_ahead, postings)


def occurrence_rows(
    table: PostingTable, postings: NDArray[np.integer[Any]]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows of the occurrences of some postings, one posting after the other, and how many each has."""
    first = first_occurrences(table, postings)
    counts = first_occurrences(table, postings + 1) - first
    return spans(first, counts, len(table.position)), counts


def occurrence_counts(table: PostingTable, postings: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """How many occurrences each of some postings has."""
    return first_occurrences(table, postings + 1) - first_occurrences(table, postings)


@dataclass(frozen=True, slots=True)
class FacetPostings:
    """The documents of each value of each facet, by facet, then slug. V values.

    facets and values: V words, the name of the facet and the slug. start: int32 (V+1,), rows of each value in doc.
    doc: smallest, increasing inside a value.
    """

    facets: tuple[str, ...]
    values: tuple[str, ...]
    start: Starts
    doc: Ints


@dataclass(frozen=True, slots=True)
class LengthTable:
    """length: smallest (F, N), words in each field of each document."""

    length: Ints


@dataclass(frozen=True, slots=True)
class StoredSheets:
    """The sheets themselves. start: int32 (N+1,), bytes of sheet d are start[d]:start[d+1]. json: uint8."""

    start: Starts
    json: NDArray[np.uint8]
