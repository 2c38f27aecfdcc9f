"""The pieces of a sheet that show why it was found. In: where the words stand. Out: excerpts with exact ranges.

Places come from the arrays; the text is that of the sheet, and is not analysed again. The excerpts of all hits of a
page are chosen together, in one pass over all occurrences: numpy takes little more time for twenty sheets than for one.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from search.arrays import Ints, beginnings, row, spans
from search.engine import Excerpt, Range
from search.fiche import Fiche
from search.fields import FIELDS, block_text
from search.index.columns import Columns
from search.index.postings import occurrence_rows

WIDTH: Final = 180
"""Letters of an excerpt, about."""

LEAD: Final = 60
"""Letters kept before the first marked word, at most."""

TITLE: Final = 0
QUOTED: Final = frozenset(
    place for place, field in enumerate(FIELDS) if field.name not in ("titre", "appellations", "reperes")
)
_QUOTED: Final = np.array([place in QUOTED for place in range(len(FIELDS))])
_LAST_BIT: Final = 62
"""The words of a query are told apart by bits; those past the last one share it."""

Integers = NDArray[np.int64]


class Occurrences(NamedTuple):
    """Where the words of a query stand in some sheets: n occurrences, by sheet, field, then start.

    sheet: (n,), place of the sheet on the page. field: (n,), place in FIELDS. start and length: (n,), code points
    of the field's text. word: (n,), place of the word in the query. All int64.
    """

    sheet: Integers
    field: Integers
    start: Integers
    length: Integers
    word: Integers


class Quotes(NamedTuple):
    """What is shown of a sheet."""

    title: tuple[Range, ...] = ()
    excerpts: tuple[Excerpt, ...] = ()
    sections: tuple[str, ...] = ()


class FieldText(NamedTuple):
    """The blocks of a field of a sheet: where each begins in the field's text, increasing, and what it says."""

    starts: tuple[int, ...]
    texts: tuple[str, ...]


SheetText = Callable[[int], FieldText]
"""A sheet, read by the place of a field in FIELDS."""


def field_text(fiche: Fiche, field: int) -> FieldText:
    """A field of a sheet as it was indexed: its blocks one after the other, one character between two."""
    texts = tuple(map(block_text, FIELDS[field].blocks(fiche)))
    ends = accumulate((len(text) + 1 for text in texts), initial=0)
    return FieldText(tuple(ends)[:-1], texts)


def placed(rows: Iterable[tuple[int, int, int, int, int]]) -> Occurrences:
    """Occurrences from (sheet, field, start, length, word) in any order."""
    listed = sorted(rows, key=lambda row: row[:3])
    return Occurrences(*np.array(listed, dtype=np.int64).reshape(-1, len(Occurrences._fields)).T)


def occurrences(docs: Ints, words: Sequence[tuple[int, ...]], columns: Columns, fields: Sequence[int]) -> Occurrences:
    """Where the words stand in each document. words[w] are the terms of word w.

    One pass over the postings for all documents: a page has some thirty of them.
    """
    postings = columns.postings
    order = np.argsort(docs)
    # In the type of the postings: else each search among them would first turn them all into the other type.
    sorted_docs = docs[order].astype(postings.doc.dtype)
    starts, counts, owners, numbers = [], [], [], []
    for number, terms in enumerate(words):
        for term in terms:
            held_by = row(postings.start, term)
            held = postings.doc[held_by]
            first = held.searchsorted(sorted_docs)
            starts.append(first + held_by.start)
            counts.append(held.searchsorted(sorted_docs, "right") - first)
            owners.append(order)
            numbers.append(number)
    if not starts:
        return placed(())
    found = np.concatenate(counts)
    posting = spans(np.concatenate(starts), found, len(postings.doc))
    place, count = occurrence_rows(postings, posting)
    sheet = np.concatenate(owners).repeat(found).repeat(count)
    word = np.array(numbers).repeat(len(docs)).repeat(found).repeat(count)
    field = postings.field[posting].astype(np.int64).repeat(count)
    start, length = postings.text_start[place].astype(np.int64), postings.length[place].astype(np.int64)
    # One key of sheet, field and start (which fits 32 bits): sorted once instead of three times.
    sort = ((sheet * len(FIELDS) + field << 32) + start).argsort(kind="stable")
    if len(fields) < len(FIELDS):
        sort = sort[np.isin(field[sort], fields)]
    return Occurrences(sheet[sort], field[sort], start[sort], length[sort], word[sort])


def joined(places: Occurrences, others: Occurrences, sheets: Integers) -> Occurrences:
    """The occurrences, and those of `others` on some sheets, which have none among the first."""
    added = np.isin(others.sheet, sheets)
    columns = [np.concatenate((one, other[added])) for one, other in zip(places, others, strict=True)]
    order = np.argsort(columns[0], kind="stable")
    return Occurrences(*(column[order] for column in columns))


def quotes(sheets: Sequence[SheetText], found: Occurrences, idf: Sequence[float], limit: int = 3) -> list[Quotes]:
    """For each sheet its marked title, and one excerpt of each of its best sections, in the order of the sheet.

    The best sections hold the most different words, the rarest counting most; so do the best excerpts.
    """
    if not len(found.start):
        return [Quotes()] * len(sheets)
    bits = np.int64(1) << np.minimum(found.word, _LAST_BIT)
    first = beginnings(found.sheet * len(FIELDS) + found.field)
    last = np.concatenate((first[1:], [len(bits)]))
    sheet, field = found.sheet[first], found.field[first]
    best = _best_sections(sheet, field, _worth(np.bitwise_or.reduceat(bits, first), idf), limit)
    starts: list[int] = found.start.tolist()
    ends: list[int] = (found.start + found.length).tolist()
    titles: list[tuple[Range, ...]] = [()] * len(sheets)
    for place, low, high in _listed((field == TITLE).nonzero()[0], sheet, first, last):
        titles[place] = _highlights(starts[low:high], ends[low:high], 0, len(sheets[place](TITLE).texts[0]))
    excerpts: list[list[Excerpt]] = [[] for _ in sheets]
    runs = _windows(found, bits, first[best], last[best], idf) if len(best) else ()
    for (place, low, high), number, run in zip(
        _listed(best, sheet, first, last), field[best].tolist(), runs, strict=True
    ):
        excerpts[place].append(_excerpt(sheets[place](number), number, starts[low:high], ends[low:high], *run))
    return [
        Quotes(title, tuple(quoted), names)
        for title, quoted, names in zip(titles, excerpts, _sections(sheet, field, len(sheets)), strict=True)
    ]


def _listed(places: NDArray[np.intp], *columns: Integers) -> "zip[tuple[int, ...]]":
    """Some rows of columns, as Python numbers."""
    return zip(*(column[places].tolist() for column in columns), strict=True)


def _sections(sheet: Integers, field: Integers, sheets: int) -> list[tuple[str, ...]]:
    """The names of the sections of each sheet that hold a word. sheet, field: one row a section."""
    held = np.zeros(sheets, dtype=np.int64)
    np.bitwise_or.at(held, sheet, np.int64(1) << field)
    return [_names(fields) for fields in held.tolist()]


@lru_cache(1 << len(FIELDS))
def _names(fields: int) -> tuple[str, ...]:
    """The names of a set of fields, given as bits."""
    return tuple(field.name for place, field in enumerate(FIELDS) if fields >> place & 1)


def _worth(bits: Integers, idf: Sequence[float]) -> Integers:
    """The sum of the idf of each set of words, given as bits; in thousandths, for whole numbers add up exactly."""
    weights = np.array([round(weight * 1000) for weight in idf[: _LAST_BIT + 1]], dtype=np.int64)
    worth: Integers = (bits[:, None] >> np.arange(len(weights)) & 1) @ weights
    return worth


def _best_sections(sheet: Integers, field: Integers, worth: Integers, limit: int) -> NDArray[np.intp]:
    """The places of the `limit` sections of each sheet that are worth most, increasing."""
    order = _QUOTED[field].nonzero()[0]
    order = order[np.lexsort((field[order], -worth[order], sheet[order]))]
    # The rank of a section within its sheet: its place, counted from the first section of that sheet.
    of = sheet[order]
    return np.sort(order[np.arange(len(order)) - of.searchsorted(of) < limit])


def _windows(
    found: Occurrences, bits: Integers, first: Integers, last: Integers, idf: Sequence[float]
) -> "zip[tuple[int, int]]":
    """The run of occurrences of the greatest worth that fits an excerpt, in each of some sections.

    first, last: the occurrences of each section, from first to last, not included. Returns where its run begins and
    ends, counted from its first.
    """
    size = last - first
    inside = spans(first, size, len(found.start))
    begin = size.cumsum() - size
    # 2³² apart, farther than any text is long: one search over the ends of all sections stays within each.
    section = (np.arange(len(size)) << 32).repeat(size)
    start = section + found.start[inside]
    end = np.maximum.accumulate(start + found.length[inside])
    runs = np.empty(2 * len(inside), dtype=np.int64)
    runs[::2] = np.arange(len(inside))
    runs[1::2] = np.maximum(end.searchsorted(start + (WIDTH - LEAD), "right"), runs[::2] + 1)
    # reduceat takes (begin, end, begin, end, …): every second result is that of a run. The 0 lets the last run end.
    held = np.bitwise_or.reduceat(np.concatenate((bits[inside], [0])), runs)[::2]
    worth = _worth(held, idf)
    greatest = (worth == np.maximum.reduceat(worth, begin).repeat(size)).nonzero()[0]
    best = greatest[greatest.searchsorted(begin)]
    return zip((best - begin).tolist(), (runs[1::2][best] - begin).tolist(), strict=True)


def _excerpt(blocks: FieldText, field: int, starts: list[int], ends: list[int], first: int, last: int) -> Excerpt:
    """The piece of the block around a run of occurrences of the field, with all that stand in it marked.

    A run that goes on in a further block is cut there.
    """
    number = _block_at(blocks, starts[first])
    offset, text = blocks.starts[number], blocks.texts[number]
    held = ends[first:last]
    stop = max(held)
    if stop > offset + len(text):
        stop = max(end for end in held if end <= offset + len(text))
    begin, end = _bounds(text, starts[first] - offset, stop - offset)
    ranges = _highlights(starts, ends, offset + begin, offset + end)
    return Excerpt(FIELDS[field].name, number, text[begin:end], ranges, begin > 0, end < len(text))


def _block_at(blocks: FieldText, place: int) -> int:
    """The number of the block that holds a place of the field's text."""
    number = bisect_right(blocks.starts, place) - 1
    if number < 0 or place >= blocks.starts[number] + len(blocks.texts[number]):
        raise ValueError(f"no block holds place {place}: the sheet is not the one that was indexed")
    return number


def _bounds(text: str, first: int, last: int) -> tuple[int, int]:
    """Where the excerpt of the words from `first` to `last` begins and ends, cut between words."""
    start = max(0, first - LEAD)
    sentence = max(
        text.rfind(". ", start, first), text.rfind("! ", start, first),
        text.rfind("? ", start, first), text.rfind("\n", start, first),
    )  # fmt: skip
    if sentence >= 0:
        start = sentence + 1
        while text[start].isspace():
            start += 1
    elif start:
        blank = text.find(" ", start, first)
        start = blank + 1 if blank >= 0 else first
    end = max(last, min(len(text), start + WIDTH))
    if end < len(text):
        blank = text.rfind(" ", last, end)
        end = blank if blank >= 0 else last
    return start, end


def _highlights(starts: list[int], ends: list[int], begin: int, stop: int) -> tuple[Range, ...]:
    """The occurrences from `begin` to `stop`, counted from `begin`; those that overlap make one."""
    ranges: list[Range] = []
    for place in range(bisect_left(starts, begin), bisect_left(starts, stop)):
        start, end = starts[place] - begin, ends[place] - begin
        if end > stop - begin:
            continue
        if ranges and start < ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], max(end, ranges[-1][1]))
        else:
            ranges.append((start, end))
    return tuple(ranges)
