"""A sheet as the cluster keeps it, and those that a process has read. In: a Fiche and its words. Out: JSON, and back.

The cluster never looks into what a page shows of a sheet. Each process reads it once: it does not change within a
generation.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from threading import Lock
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search.arrays import Ints
from search.cluster.client import Json
from search.embedded.excerpts import FieldText, Occurrences, field_text
from search.fiche import Fiche
from search.fields import FIELDS
from search.index.fiche_json import fiche_from_json, fiche_to_json

SHEETS_KEPT: Final = 4096
"""Sheets kept decoded in a process; about 50 kB each."""

DIGITS: Final = 7
"""Of the weights of a signature: what float32 holds."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where the words of a sheet stand: n occurrences, all of shape (n,).

    term: int32, number of the term. field: int64, place in FIELDS. start, length: int64, code points of the field's
    text.
    """

    term: Ints
    field: NDArray[np.int64]
    start: NDArray[np.int64]
    length: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class StoredSheet:
    """A sheet, its strongest families with their weights (see `similar.SimilarTable`), and its words by term.

    `text(field)` gives a field by its place in FIELDS.
    """

    fiche: Fiche
    signature: tuple[tuple[int, float], ...]
    places: Places
    text: Callable[[int], FieldText]

    def of_term(self, term: int) -> slice:
        """The rows of a term in `places`."""
        low, high = self.places.term.searchsorted((term, term + 1)).tolist()
        return slice(low, high)


def stored(fiche: Fiche, families: Ints, weights: NDArray[Any], places: Places) -> Json:
    """What is kept of a sheet beside its terms. families, weights: its signature. places: field after field."""
    field, start, length = places.field, places.start, places.length
    # From the end of the word before, mostly one blank: few different numbers are short once compressed.
    gap = start - np.concatenate(([0], (start + length)[:-1]))[: len(start)]
    first = np.flatnonzero(np.diff(field, prepend=-1))
    gap[first] = start[first]
    return {
        "fiche": fiche_to_json(fiche),
        "signature": [families.tolist(), [round(weight, DIGITS) for weight in weights.tolist()]],
        "count": np.bincount(field, minlength=len(FIELDS)).tolist(),
        "gap": gap.tolist(),
        "length": length.tolist(),
    }


def read_stored(made: Json, terms: Sequence[int]) -> StoredSheet:
    """The reverse of `stored`. terms: those of its places.

    Raises ValueError, LookupError or TypeError for anything else.
    """
    count = np.array(made["count"], dtype=np.int64)
    length = np.array(made["length"], dtype=np.int64)
    end = np.cumsum(np.array(made["gap"], dtype=np.int64) + length)
    before = np.concatenate(([0], end))[count.cumsum() - count]
    start = end - length - before.repeat(count)
    term = np.array(terms, dtype=np.int32)
    order = term.argsort(kind="stable")
    fiche = fiche_from_json(made["fiche"])
    return StoredSheet(
        fiche=fiche,
        signature=tuple(zip(*made["signature"], strict=True)),
        places=Places(
            term=term[order],
            field=np.arange(len(count)).repeat(count)[order],
            start=start[order],
            length=length[order],
        ),
        text=lru_cache(len(FIELDS))(partial(field_text, fiche)),
    )


class SheetCache:
    """The sheets read last, by their place in the order of titles; safe to share between threads."""

    def __init__(self, most: int = SHEETS_KEPT) -> None:
        self._most = most
        self._lock = Lock()
        self._kept: OrderedDict[int, StoredSheet] = OrderedDict()

    def get(self, docs: Iterable[int]) -> dict[int, StoredSheet]:
        """Those of these sheets that are kept."""
        with self._lock:
            found = {doc: self._kept[doc] for doc in docs if doc in self._kept}
            for doc in found:
                self._kept.move_to_end(doc)
        return found

    def keep(self, sheets: Mapping[int, StoredSheet]) -> None:
        """Keep these, and let go of those not asked for the longest time."""
        with self._lock:
            self._kept.update(sheets)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


def occurrences(sheets: Sequence[StoredSheet], words: Sequence[Sequence[int]], fields: Sequence[int]) -> Occurrences:
    """Where the words stand in each sheet of a page, in some fields. words[w] are the terms of word w."""
    rows = [
        (place, number, sheet.places, sheet.of_term(term))
        for place, sheet in enumerate(sheets)
        for number, terms in enumerate(words)
        for term in terms
    ]
    held = [row for row in rows if row[3].stop > row[3].start]
    counts = [part.stop - part.start for *_, part in held]
    empty = np.zeros(0, dtype=np.int64)
    found = Occurrences(
        sheet=np.array([place for place, *_ in held], dtype=np.int64).repeat(counts),
        field=np.concatenate([empty, *(places.field[part] for _, _, places, part in held)]),
        start=np.concatenate([empty, *(places.start[part] for _, _, places, part in held)]),
        length=np.concatenate([empty, *(places.length[part] for _, _, places, part in held)]),
        word=np.array([number for _, number, *_ in held], dtype=np.int64).repeat(counts),
    )
    order = np.lexsort((found.start, found.field, found.sheet))
    if len(fields) < len(FIELDS):
        order = order[np.isin(found.field[order], fields)]
    return Occurrences(*(column[order] for column in found))
