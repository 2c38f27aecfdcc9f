"""Sheets as the cluster keeps them: what comes back, what is kept in memory, how titles are packed."""

import numpy as np
import orjson
import pytest
from made_up import VILLAGE

from search.cluster.mapping import OTHER_BIT, TITLE_BIT, WORD_BIT, packed_titles
from search.cluster.stored_sheet import Places, SheetCache, StoredSheet, occurrences, read_stored, stored
from search.embedded.excerpts import field_text
from search.fields import FIELDS

ROWS = [
    # term, field, start, length: two words at one place, words that touch, a field skipped, a term in two fields
    (7, 0, 0, 10), (3, 0, 0, 4), (3, 0, 10, 4), (9, 0, 15, 2), (7, 2, 0, 10), (1, 2, 5, 3), (1, 5, 40_000, 3),
]  # fmt: skip


def places(rows: list[tuple[int, int, int, int]]) -> Places:
    term, field, start, length = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    return Places(term=term.astype(np.int32), field=field, start=start, length=length)


def sheet(rows: list[tuple[int, int, int, int]]) -> StoredSheet:
    kept = stored(VILLAGE[0], np.array([4, 2], dtype=np.int32), np.array([0.75, 0.5], dtype=np.float32), places(rows))
    return read_stored(orjson.loads(orjson.dumps(kept)), [term for term, *_ in rows])


def rows_of(sheet: StoredSheet) -> set[tuple[int, ...]]:
    told = sheet.places
    return set(zip(*(column.tolist() for column in (told.term, told.field, told.start, told.length)), strict=True))


BACKWARDS = sorted(ROWS, key=lambda row: (row[1], -row[2]))
"""Field after field, but each from its end."""


@pytest.mark.parametrize("rows", [ROWS, BACKWARDS, ROWS[:1], []], ids=["all", "in another order", "one", "none"])
def test_a_sheet_comes_back_with_every_place_of_its_words(rows: list[tuple[int, int, int, int]]) -> None:
    read = sheet(rows)
    assert rows_of(read) == set(rows)
    assert read.fiche == VILLAGE[0]
    assert read.signature == ((4, 0.75), (2, 0.5))
    assert read.text(0) == field_text(VILLAGE[0], 0)


def test_words_are_found_by_sheet_field_and_start_in_the_fields_asked() -> None:
    found = occurrences([sheet(ROWS), sheet([])], [(3, 9), (1,)], range(len(FIELDS)))
    assert list(zip(*(column.tolist() for column in found), strict=True)) == [
        (0, 0, 0, 4, 0), (0, 0, 10, 4, 0), (0, 0, 15, 2, 0), (0, 2, 5, 3, 1), (0, 5, 40_000, 3, 1),
    ]  # fmt: skip
    assert occurrences([sheet(ROWS)], [(3, 9), (1,)], (2,)).start.tolist() == [5]
    assert not len(occurrences([], [(3,)], (0,)).start)


def test_sheets_not_asked_for_the_longest_time_are_let_go() -> None:
    cache, one = SheetCache(most=2), sheet(ROWS)
    cache.keep({1: one, 2: one})
    cache.get([1])
    cache.keep({3: one})
    assert set(cache.get([1, 2, 3])) == {1, 3}


def test_packed_titles_stay_apart_when_the_cluster_sorts_them() -> None:
    titles = [([5, 3], 1.5, 0), ([3], 0.25, 1), ([5, 3, 8], 2.0, 1)]
    read: list[tuple[set[int], float, int]] = []
    for number in sorted(packed_titles(titles)):
        if number >> WORD_BIT & 1:
            read[-1][0].add(number & 0xFFFFFFFF)
        else:
            weight = float(np.uint32(number & 0xFFFFFFFF).view(np.float32))
            read.append((set(), weight, number >> OTHER_BIT & 1))
            assert number >> TITLE_BIT == len(read) - 1
    assert read == [(set(terms), weight, other) for terms, weight, other in titles]
