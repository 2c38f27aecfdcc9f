"""Sheets near another one. In: what each sheet brings each family of words. Out: the nearest sheets.

A sheet is a vector: the impact of each family of words on it (see `columns`). Nearness is the cosine of two such
vectors, plus KIN if the sheets share a ROME code, divided by 1 + KIN to stay in 0..1. Of the sheet that is asked about,
only the SIGNATURE strongest families are used; the idf inside each impact makes words of few sheets count more.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from search import arrays
from search.arrays import Floats, Ints, row
from search.index.columns import KinTable, MatchTable, siblings

SIGNATURE: Final = 64
"""Families kept of each sheet, the strongest. The cost of `nearest` and the size of the index grow with it: it is a
bound of work, tuned on no query."""

CHUNK: Final = 4_000_000
"""Matches looked at together, about: memory stays bounded, however many sheets there are."""

KIN: Final = 0.3
"""What a shared ROME code adds to the cosine. With it 65 % of the five nearest sheets have the ROME domain of the
sheet, 45 % without (docs/decisions.md); tuned on no query."""


@dataclass(frozen=True, slots=True)
class SimilarTable:
    """family: smallest (N, SIGNATURE), the strongest families of each document.

    weight: float32 (N, SIGNATURE), their share of the document's vector, of length 1 in all; 0 past the last family.
    norm: float32 (N,), the length of the whole vector of impacts.
    """

    family: Ints
    weight: Floats
    norm: Floats


def table(matches: MatchTable, documents: int) -> SimilarTable:
    """From what families bring documents, a chunk of documents at a time."""
    norm = np.zeros(documents)
    for low in range(0, len(matches.doc), CHUNK):
        squares = matches.impact[low : low + CHUNK].astype(np.float64) ** 2
        norm += np.bincount(matches.doc[low : low + CHUNK], weights=squares, minlength=documents)
    norm = np.sqrt(norm)
    family = np.zeros((documents, SIGNATURE), dtype=np.int64)
    weight = np.zeros((documents, SIGNATURE), dtype=np.float32)
    together = max(1, CHUNK * documents // max(1, len(matches.doc)))
    for low in range(0, documents, together):
        rows = np.flatnonzero((matches.doc >= low) & (matches.doc < low + together))
        doc, impact = matches.doc[rows], matches.impact[rows]
        held_by = matches.start.searchsorted(rows, "right") - 1
        order = np.lexsort((-impact, doc))
        doc = doc[order]
        first = np.flatnonzero(np.diff(doc, prepend=-1))
        place = np.arange(len(doc)) - np.repeat(first, np.diff(first, append=len(doc)))
        kept = place < SIGNATURE
        family[doc[kept], place[kept]] = held_by[order][kept]
        weight[doc[kept], place[kept]] = impact[order][kept] / norm[doc[kept]]
    return SimilarTable(family=arrays.fitted(family), weight=weight, norm=norm.astype(np.float32))


def nearest(table: SimilarTable, matches: MatchTable, kin: KinTable, doc: int, limit: int) -> list[tuple[int, float]]:
    """The nearest other documents with their nearness in 0..1, nearest first."""
    scores: Floats = np.zeros(len(table.norm), dtype=np.float32)
    for family, weight in zip(table.family[doc].tolist(), table.weight[doc].tolist(), strict=True):
        if weight:
            rows = row(matches.start, family)
            scores[matches.doc[rows]] += np.float32(weight) * matches.impact[rows]
    # A sheet without a word has the length 0.
    scores /= np.maximum(table.norm, np.float32(1e-6))
    scores[siblings(kin, doc)] += np.float32(KIN)
    scores[doc] = -1.0
    best = np.argsort(-scores, kind="stable")[:limit]
    return [(int(each), min(1.0, float(scores[each]) / (1.0 + KIN))) for each in best if scores[each] > 0]
