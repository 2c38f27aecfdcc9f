"""The pieces of a sheet that show why it was found. In: where the words stand. Out: excerpts with exact ranges.

Places come from the arrays; the text is the sheet's own, never analysed again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from search.columns import Columns, Ints, spans
from search.engine import Excerpt, Range
from search.fiche import Fiche
from search.fields import FIELDS, block_text

WIDTH: Final = 180
"""Letters of an excerpt, about."""

LEAD: Final = 60
"""Letters kept before the first marked word, at most."""


class Occurrence(NamedTuple):
    """A word of the query in a sheet: its field (place in FIELDS), start and length in the field's text, its word."""

    field: int
    start: int
    length: int
    word: int


@dataclass(frozen=True, slots=True)
class Quotes:
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
    found: list[list[Occurrence]] = [[] for _ in range(len(docs))]
    if not places:
        return found
    posting, owner, word = np.concatenate(places), np.concatenate(owners), np.concatenate(numbers)
    first = postings.occurrence_start[posting]
    count = postings.occurrence_start[posting + 1] - first
    rows = postings.occurrence[spans(first, count)]
    field = np.repeat(postings.field[posting], count)
    if len(fields) < len(FIELDS):
        kept = np.isin(field, fields)
    else:
        kept = slice(None)
    owner, word = np.repeat(owner, count)[kept], np.repeat(word, count)[kept]
    field, start, length = field[kept], rows[kept, 1], rows[kept, 2]
    sort = np.lexsort((start, field, owner))
    for each, *occurrence in zip(
        owner[sort].tolist(), field[sort].tolist(), start[sort].tolist(), length[sort].tolist(), word[sort].tolist(),
        strict=True,
    ):  # fmt: skip
        found[each].append(Occurrence(*occurrence))
    return found


TITLE: Final = 0
QUOTED: Final = frozenset(
    place for place, field in enumerate(FIELDS) if field.name not in ("titre", "appellations", "reperes")
)


def quotes(fiche: Fiche, found: Sequence[Occurrence], idf: Sequence[float], limit: int = 3) -> Quotes:
    """The marked title, and the best excerpts, at most one a section, in the order of the sheet.

    The best excerpt holds the most different words, the rarest counting most.
    """
    title = _merge(
        [
            (each.start, each.start + each.length)
            for each in found
            if each.field == TITLE and each.start + each.length <= len(fiche.title)
        ]
    )
    candidates = []
    low = 0
    while low < len(found):
        field = found[low].field
        high = low
        while high < len(found) and found[high].field == field:
            high += 1
        if field in QUOTED:
            candidates.append((*_window(found, low, high, idf), field))
        low = high
    chosen = sorted(candidates, key=lambda candidate: (-candidate[0], candidate[3]))[:limit]
    excerpts = tuple(
        _excerpt(fiche, field, found[first:last]) for _, first, last, field in sorted(chosen, key=lambda each: each[3])
    )
    return Quotes(title, excerpts, tuple(dict.fromkeys(FIELDS[each.field].name for each in found)))


def _window(found: Sequence[Occurrence], low: int, high: int, idf: Sequence[float]) -> tuple[float, int, int]:
    """The best run of occurrences that fits an excerpt: its worth, its first, its end."""
    best = (-1.0, low, low + 1)
    last = low
    for first in range(low, high):
        last = max(last, first + 1)
        limit = found[first].start + WIDTH - LEAD
        while last < high and found[last].start + found[last].length <= limit:
            last += 1
        words = {found[place].word for place in range(first, last)}
        worth = sum(idf[word] for word in words)
        if worth > best[0]:
            best = (worth, first, last)
    return best


def _excerpt(fiche: Fiche, field: int, found: Sequence[Occurrence]) -> Excerpt:
    """The piece of the block around these occurrences; those of a further block are left out."""
    offset = 0
    for number, block in enumerate(FIELDS[field].blocks(fiche)):
        text = block_text(block)
        if found[0].start < offset + len(text):
            break
        offset += len(text) + 1
    inside = [each for each in found if each.start + each.length <= offset + len(text)]
    first, last = inside[0].start - offset, inside[-1].start + inside[-1].length - offset
    start, end = _bounds(text, first, last)
    ranges = _merge([(each.start - offset - start, each.start + each.length - offset - start) for each in inside])
    return Excerpt(FIELDS[field].name, number, text[start:end], ranges, start > 0, end < len(text))


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
    """Ranges in order, those that overlap made one."""
    merged: list[Range] = []
    for start, end in sorted(ranges):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
