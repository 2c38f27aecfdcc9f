"""Latent vectors learnt from the sheets: what words that stand together have in common.

In: the families (broad stems) that each sheet holds, when indexing. Out: a SenseTable; when searching, likenesses.

Latent semantic analysis (Deerwester et al., "Indexing by Latent Semantic Analysis", JASIS 1990). X holds one row a
sheet, of unit length: the impact of each family. The leading eigenvectors of X X' give U and S with X = U S V'; a
sheet is a row of U S, a query q is q V, and their likeness is a cosine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search import arrays
from search.arrays import Floats, Ints, Starts

DIMENSIONS: Final = 150
"""Numbers of a vector. Tuned on both judged sets with the weight `sense` of `ranking` (docs/decisions.md)."""

MOST: Final = 4096
"""The most sheets from which vectors are learnt, spread evenly over all: the Gram matrix of 4096 takes 64 MB, and grows
with their square."""

COMMON: Final = 0.5
"""The share of the sheets above which a family tells nothing. Tuned on nothing: such families are words like "travail",
and their idf is below 0.7."""

CHUNK: Final = 2048
"""Families of which a dense matrix is made at once, for MOST sheets: 32 MB."""

MATCHES_AT_ONCE: Final = 4_000_000
"""Matches added up at once."""

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SenseTable:
    """The vectors of the families that tell something, R of the G, and of the sheets.

    row: smallest (G,), that of each family in the two that follow; R, a row of zeros, for those that tell nothing.
    word: int8 (R+1, D) and scale: float32 (R+1,): the vector of a family is word * scale.
    sheet: float16 (N, D), of unit length.
    """

    row: Ints
    word: NDArray[np.int8]
    scale: Floats
    sheet: NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class Senses:
    """A SenseTable ready to be asked. of_term: the family of each term. idf: float32 (G,), of each family.

    sheet: float32 (N, D), that of the table in the type that numpy multiplies fast.
    """

    table: SenseTable
    of_term: Ints
    idf: Floats
    sheet: Vectors


def table(start: Starts, doc: Ints, impact: Floats, documents: int) -> SenseTable:
    """The vectors learnt from the families (broad stems) of the sheets.

    start: (G+1,); the rows of family g are start[g]:start[g+1] of doc and impact, both (M,). documents: N.
    """
    families = len(start) - 1
    lengths = _lengths(doc, impact, documents)
    held = np.diff(start)
    telling = (held >= 2) & (held <= COMMON * documents)
    learnt = np.unique(np.linspace(0, documents - 1, min(documents, MOST)).astype(np.int64))
    spans = [(low, min(low + CHUNK, families)) for low in range(0, families, CHUNK)]

    def dense(low: int, high: int, sheets: NDArray[np.int64]) -> Vectors:
        return _dense(low, high, start=start, doc=doc, impact=impact, lengths=lengths, telling=telling, sheets=sheets)

    gram = np.zeros((len(learnt), len(learnt)), dtype=np.float32)
    for low, high in spans:
        some = dense(low, high, learnt)
        gram += some @ some.T
    values, vectors = np.linalg.eigh(gram)
    # The greatest first. Eigenvalues of nearly 0 are noise of the rounding, and would be divided by below.
    kept = [place for place in range(len(values) - 1, -1, -1) if values[place] > 1e-6][:DIMENSIONS]
    basis = (vectors[:, kept] / np.sqrt(values[kept])).astype(np.float32)
    del gram, vectors
    word = np.zeros((families, len(kept)), dtype=np.float32)
    sheet = np.zeros((documents, len(kept)), dtype=np.float32)
    for low, high in spans:
        word[low:high] = dense(low, high, learnt).T @ basis
        for first in range(0, documents, MOST):
            block = np.arange(first, min(first + MOST, documents))
            sheet[block] += dense(low, high, block) @ word[low:high]
    row = np.where(telling, telling.cumsum() - 1, np.count_nonzero(telling))
    word = np.concatenate((word[telling], np.zeros((1, len(kept)), dtype=np.float32)))
    # One byte a number: the greatest of each vector becomes 127. 1e-9 keeps a row of zeros from a division by 0.
    scale = np.maximum(np.abs(word).max(axis=1, initial=0.0), 1e-9) / 127.0
    return SenseTable(
        row=arrays.fitted(row),
        word=np.rint(word / scale[:, None]).astype(np.int8),
        scale=scale.astype(np.float32),
        sheet=_unit(sheet).astype(np.float16),
    )


def _lengths(doc: Ints, impact: Floats, documents: int) -> NDArray[np.float64]:
    """The length of each sheet as a vector of impacts, 1 for one without any: float64 (N,)."""
    squares = np.zeros(documents)
    for low in range(0, len(doc), MATCHES_AT_ONCE):
        some = slice(low, low + MATCHES_AT_ONCE)
        squares += np.bincount(doc[some], impact[some].astype(np.float64) ** 2, documents)
    squares[squares == 0] = 1.0
    lengths: NDArray[np.float64] = np.sqrt(squares)
    return lengths


def _dense(
    low: int,
    high: int,
    start: Starts,
    doc: Ints,
    impact: Floats,
    lengths: NDArray[np.float64],
    telling: NDArray[np.bool_],
    sheets: NDArray[np.int64],
) -> Vectors:
    """The columns of some families in X, for some sheets, increasing: float32 (sheets, high - low)."""
    place = np.full(len(lengths), -1, dtype=np.int32)
    place[sheets] = np.arange(len(sheets))
    rows = slice(int(start[low]), int(start[high]))
    column = np.repeat(np.arange(high - low, dtype=np.int32), np.diff(start[low : high + 1]))
    kept = np.flatnonzero(telling[low:high][column] & (place[doc[rows]] >= 0))
    docs = doc[rows][kept]
    dense = np.zeros((len(sheets), high - low), dtype=np.float32)
    dense[place[docs], column[kept]] = impact[rows][kept] / lengths[docs]
    return dense


def _unit(vectors: Vectors) -> Vectors:
    """The vectors (n, D) at length 1; those of length 0 as they are."""
    norms = np.sqrt((vectors * vectors).sum(axis=-1, keepdims=True))
    return (vectors / np.where(norms > 0, norms, 1.0)).astype(np.float32)


def senses(table: SenseTable, of_term: Ints, idf: Floats) -> Senses:
    """A table ready to be asked. of_term: (T,), the family of each term. idf: float32 (G,), of each family."""
    return Senses(table=table, of_term=of_term, idf=idf, sheet=table.sheet.astype(np.float32))


def likeness_to(senses: Senses, words: Sequence[Sequence[int]]) -> Floats:
    """How like each sheet is to the words, given as the terms that each may stand for: float32 (N,) in 0..1."""
    table = senses.table
    query = np.zeros(table.sheet.shape[1], dtype=np.float32)
    for terms in words:
        for family in sorted({int(senses.of_term[term]) for term in terms}):
            row = table.row[family]
            query += table.word[row] * (table.scale[row] * senses.idf[family] / len(terms))
    length = np.sqrt((query * query).sum())
    like: Floats = np.maximum(senses.sheet @ (query / length if length > 0 else query), np.float32(0.0))
    return like
