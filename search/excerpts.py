"""The pieces of a sheet that show why it was found. In: where the words stand. Out: excerpts with exact ranges.

Places come from the arrays; the text is the sheet's own, never analysed again.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from search.columns import Columns, Ints, spans
from search.engine import Excerpt, Range
from search.fiche import Fiche, Section
from search.fields import FIELDS, block_text

WIDTH: Final = 180
"""Letters of an excerpt, about."""

LEAD: Final = 60
"""Letters kept before the first marked word, at most."""


Occurrence = tuple[int, int, int, int]
"""A word of the query in a sheet: its field (place in FIELDS), start and length in the field's text, its word."""


class Quotes(NamedTuple):
    """What is shown of a sheet."""

    title: tuple[Range, ...]
    excerpts: tuple[Excerpt, ...]
    sections: tuple[str, ...]


def occurrences(
    docs: Ints, words: Sequence[tuple[int, ...]], columns: Columns, fields: Sequence[int]
) -> list[list[Occurrence]]:
    """Where the words stand in each document, by field, then place. words[w] are the terms of word w.

    One pass over the postings for all documents: a page has some thirty of them.
    """
    postings = columns.postings
    order = np.argsort(docs)
    sorted_docs = docs[order]
    owners, places, numbers = [], [], []
    for number, terms in enumerate(words):
        for term in terms:
            low, high = postings.start[term : term + 2].tolist()
            rows = postings.doc[low:high]
            first = np.searchsorted(rows, sorted_docs, side="left")
            count = np.searchsorted(rows, sorted_docs, side="right") - first
            if not count.any():
                continue
            places.append(spans(first + low, count))
            owners.append(np.repeat(order, count))
            numbers.append(np.full(len(places[-1]), number))
    if not places:
        return [[] for _ in range(len(docs))]
    posting, owner, word = np.concatenate(places), np.concatenate(owners), np.concatenate(numbers)
    first = postings.occurrence_start[posting]
    count = postings.occurrence_start[posting + 1] - first
    place = postings.occurrence[spans(first, count)]
    field = np.repeat(postings.field[posting], count)
    owner, word, start, length = np.repeat(owner, count), np.repeat(word, count), place[:, 1], place[:, 2]
    if len(fields) < len(FIELDS):
        kept = np.isin(field, fields)
        owner, word, field, start, length = owner[kept], word[kept], field[kept], start[kept], length[kept]
    sort = np.lexsort((start, field, owner))
    listed = (field[sort].tolist(), start[sort].tolist(), length[sort].tolist(), word[sort].tolist())
    found: list[Occurrence] = list(zip(*listed, strict=True))
    bounds: list[int] = np.searchsorted(owner[sort], np.arange(len(docs) + 1)).tolist()
    return [found[low:high] for low, high in pairwise(bounds)]


TITLE: Final = 0
QUOTED: Final = frozenset(
    place for place, field in enumerate(FIELDS) if field.name not in ("titre", "appellations", "reperes")
)


def quotes(fiche: Fiche, found: Sequence[Occurrence], idf: Sequence[float], limit: int = 3) -> Quotes:
    """The marked title, and one excerpt of each of the best sections, in the order of the sheet.

    The best sections hold the most different words, the rarest counting most; so do the best excerpts.
    """
    title: list[Range] = []
    ends: dict[int, int] = {}
    held: dict[int, int] = {}
    for place, (field, start, length, word) in enumerate(found):
        ends[field] = place + 1
        held[field] = held.get(field, 0) | 1 << word
        if field == TITLE and start + length <= len(fiche.title):
            title.append((start, start + length))
    starts = dict(zip(ends, (0, *ends.values()), strict=False))
    worth = {words: _worth(words, idf) for words in set(held.values())}
    best = sorted((field for field in ends if field in QUOTED), key=lambda field: (-worth[held[field]], field))[:limit]
    excerpts = []
    for field in sorted(best):
        own = found[starts[field] : ends[field]]
        excerpts.append(_excerpt(fiche, field, own, *_window(own, held[field], idf)))
    return Quotes(_merge(title), tuple(excerpts), tuple(FIELDS[field].name for field in ends))


def _worth(words: int, idf: Sequence[float]) -> float:
    """The sum of the idf of a set of words, given as bits."""
    return sum(weight for word, weight in enumerate(idf) if words >> word & 1)


def _window(found: Sequence[Occurrence], every: int, idf: Sequence[float]) -> tuple[int, int]:
    """The run of occurrences of the greatest worth that fits an excerpt: its first, its end.

    `every` are the words of the section: the first run that holds them all is taken at once.
    """
    best, best_words, best_worth = (0, 1), 0, -1.0
    for first in range(len(found)):
        limit = found[first][1] + WIDTH - LEAD
        words, last = 1 << found[first][3], first + 1
        while last < len(found) and found[last][1] + found[last][2] <= limit:
            words |= 1 << found[last][3]
            last += 1
        if words != best_words:
            worth = _worth(words, idf)
            if worth > best_worth:
                best, best_words, best_worth = (first, last), words, worth
                if words == every:
                    break
    return best


def _excerpt(fiche: Fiche, field: int, found: Sequence[Occurrence], first: int, last: int) -> Excerpt:
    """The piece of the block around these occurrences of the field, with all that stand in it marked.

    A run that goes on in a further block is cut there.
    """
    number, offset, text = _block_at(FIELDS[field].blocks(fiche), found[first][1])
    places = [(start - offset, start - offset + length) for _, start, length, _ in found]
    begin, end = _bounds(text, places[first][0], max(end for _, end in places[first:last] if end <= len(text)))
    ranges = _merge([(start - begin, stop - begin) for start, stop in places if begin <= start and stop <= end])
    return Excerpt(FIELDS[field].name, number, text[begin:end], ranges, begin > 0, end < len(text))


def _block_at(blocks: Section, place: int) -> tuple[int, int, str]:
    """The block that holds a place of the field's text: its number, where it begins, its text."""
    offset = 0
    for number, block in enumerate(blocks):
        text = block_text(block)
        if place < offset + len(text):
            return number, offset, text
        offset += len(text) + 1
    raise ValueError(f"no block holds place {place}: the sheet is not the one that was indexed")


def _bounds(text: str, first: int, last: int) -> tuple[int, int]:
    """Where the excerpt of the words from `first` to `last` begins and ends, cut between words."""
    start = max(0, first - LEAD)
    sentence = max(text.rfind(mark, start, first) for mark in (". ", "! ", "? ", "\n"))
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


def _merge(ranges: Sequence[Range]) -> tuple[Range, ...]:
    """Ranges that come in order, those that overlap made one."""
    merged: list[Range] = []
    for start, end in ranges:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
