"""Completion of what is being typed. In: a few letters. Out: sheets under the title that fits, best first.

A sheet once shown stays while its title goes on being typed: the order among the sheets that fit depends on
where the letters stand in their titles, never on what remains to be typed, and each further letter only
removes sheets.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.engine import Range, Suggestion
from search.fiche import Fiche
from search.fields import appellations
from search.french import fold

MIN_LETTERS: Final = 2
WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class SuggestTable:
    """The titles of all sheets, in each gender and in both, cut at each word. E entries, sorted by key.

    keys: E folded ends of titles, each from the beginning of one of its words.
    label: int32 (E,), place in `labels`. first: uint8 (E,), 1 where the key is the whole title.
    labels: L titles in one gender. inclusive: L, the title that holds both genders. doc: int32 (L,).
    other: uint8 (L,), 0 for the sheet's own title, 1 for another appellation. feminine: uint8 (L,).
    rank: int32 (L,), the order of titles of the same class: shortest first.
    """

    keys: tuple[str, ...]
    label: NDArray[np.int32]
    first: NDArray[np.uint8]
    labels: tuple[str, ...]
    inclusive: tuple[str, ...]
    doc: NDArray[np.int32]
    other: NDArray[np.uint8]
    feminine: NDArray[np.uint8]
    rank: NDArray[np.int32]


def table(fiches: Iterable[Fiche]) -> SuggestTable:
    """From the sheets, in the order of their documents."""
    labels: list[tuple[str, str, int, bool, bool]] = []
    for doc, fiche in enumerate(fiches):
        for place, title in enumerate(appellations(fiche)):
            labels.append((title.masculin, title.title, doc, place > 0, False))
            if title.feminin != title.masculin:
                labels.append((title.feminin, title.title, doc, place > 0, True))
    found: set[tuple[str, int, bool]] = set()
    for number, (label, inclusive, *_) in enumerate(labels):
        # Some type both genders: "boulanger/ère".
        for words in (_words(label), _words(inclusive)):
            found.update((" ".join(words[cut:]), number, cut == 0) for cut in range(len(words)))
    entries = sorted(found)
    ranks = np.empty(len(labels), dtype=np.int32)
    ranks[sorted(range(len(labels)), key=lambda number: (len(labels[number][1]), labels[number][2]))] = range(
        len(labels)
    )
    return SuggestTable(
        tuple(key for key, _, _ in entries),
        np.array([number for _, number, _ in entries], dtype=np.int32),
        np.array([first for _, _, first in entries], dtype=np.uint8),
        tuple(label for label, *_ in labels),
        tuple(title for _, title, *_ in labels),
        np.array([doc for _, _, doc, _, _ in labels], dtype=np.int32),
        np.array([other for *_, other, _ in labels], dtype=np.uint8),
        np.array([feminine for *_, feminine in labels], dtype=np.uint8),
        ranks,
    )


def _words(text: str) -> list[str]:
    return WORD.findall(fold(text))


def suggest(
    table: SuggestTable, text: str, titles: Sequence[str], ids: Sequence[str], limit: int
) -> tuple[Suggestion, ...]:
    """The sheets with a title that holds what is typed, each once, best first.

    Titles that begin so come before those that hold it further on, and those before titles that hold the
    typed words apart; a sheet's own title before its other appellations; the shortest first.
    """
    words = _words(text)
    if sum(map(len, words)) < MIN_LETTERS or limit < 1:
        return ()
    typed = " ".join(words)
    low, high = _span(table.keys, typed)
    labels = table.label[low:high]
    worth = np.full(len(table.labels), APART + 1, dtype=np.int32)
    if len(words) > 1:
        worth[_holding_apart(table, words)] = APART
    worth[labels] = INSIDE
    worth[labels[table.first[low:high] == 1]] = BEGINNING
    fitting = np.flatnonzero(worth <= APART)
    order = np.lexsort((table.feminine[fitting], table.rank[fitting], worth[fitting] * 2 + table.other[fitting]))
    found: dict[int, Suggestion] = {}
    for label in fitting[order].tolist():
        doc = int(table.doc[label])
        if doc not in found:
            shown = _shown(table, label, words, typed)
            found[doc] = Suggestion(ids[doc], shown, titles[doc], _ranges(shown, words))
            if len(found) == limit:
                break
    return tuple(found.values())


BEGINNING, INSIDE, APART = range(3)


def _span(keys: Sequence[str], prefix: str) -> tuple[int, int]:
    low = bisect_left(keys, prefix)
    return low, bisect_left(keys, prefix + "\uffff", low)


def _holding_apart(table: SuggestTable, words: Sequence[str]) -> NDArray[np.int32]:
    """Labels in which each typed word begins a word."""
    held: NDArray[np.int32] | None = None
    for word in words:
        labels = np.unique(table.label[slice(*_span(table.keys, word))])
        held = labels if held is None else np.intersect1d(held, labels, assume_unique=True)
    return held if held is not None else np.zeros(0, dtype=np.int32)


def _shown(table: SuggestTable, label: int, words: Sequence[str], typed: str) -> str:
    """The title with both genders where it fits what is typed too, else the one in the gender typed."""
    inclusive = table.inclusive[label]
    holds = WORD.findall(fold(inclusive))
    fits = all(any(each.startswith(word) for each in holds) for word in words)
    return inclusive if fits else table.labels[label]


def _ranges(label: str, words: Sequence[str]) -> tuple[Range, ...]:
    """The letters of the label that are typed: the beginning of its words, in code points."""
    ranges: list[Range] = []
    left = list(words)
    for match in WORD.finditer(label):
        folded = fold(match[0])
        word = next((word for word in left if folded.startswith(word)), None)
        if word is not None:
            left.remove(word)
            ranges.append((match.start(), match.start() + _length(match[0], len(word))))
    return tuple(ranges)


def _length(written: str, folded: int) -> int:
    """How many letters of a written word give this many folded ones (œ gives two)."""
    given = 0
    for place, letter in enumerate(written):
        if given >= folded:
            return place
        given += len(fold(letter))
    return len(written)
