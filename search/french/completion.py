"""Completion of what is being typed. In: a few letters. Out: sheets under the title that fits, best first.

A sheet once shown stays while its title goes on being typed: the order among the sheets that fit depends on
where the letters stand in their titles, never on what remains to be typed, and each further letter only
removes sheets.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.arrays import Ints, fitted
from search.engine import Range, Suggestion
from search.fiche import Fiche
from search.fields import appellations
from search.folding import fold
from search.french.name_matching import at_least
from search.french.plan import Plan
from search.french.tokens import STOP_WORDS, tokens
from search.french.understanding import read, rewritten
from search.french.vocabulary import Vocabulary
from search.query import MAX_WORDS

MIN_LETTERS: Final = 2
"""Letters from which a text is completed."""

NUMBER_LETTERS: Final = 9
"""Digits in which the number of a title is written while entries are sorted."""

WORD: Final = re.compile(r"\w+")
SHEET_NUMBER: Final = re.compile(r"\s*met[.\s]?\s?([0-9]+)\s*", re.IGNORECASE | re.ASCII)
SURE: Final = 0.4
"""The least share of a lead (see `name_matching.Leads`) that completes to its sheet: a name by a ROME code alone must
be typed nearly whole, one of the job's own group by half. Tuned on nothing: the judged beginnings are those of titles.
"""


@dataclass(frozen=True, slots=True)
class SuggestTable:
    """The titles of all sheets, in each gender and in both, cut at each word. E entries, sorted by key.

    keys: E folded ends of titles, each from the beginning of one of its words. label: smallest (E,), place in `labels`.
    order: smallest (E,), which of the titles that hold what is typed come first: those that begin so, then a sheet's
    own title before its other appellations, then the shortest.
    labels: L titles in one gender. inclusive: L, the title that holds both genders. doc: smallest (L,).
    rank: smallest (L,), the order of titles that hold the typed words apart: own titles first, then the shortest.
    """

    keys: tuple[str, ...]
    label: Ints
    order: Ints
    labels: tuple[str, ...]
    inclusive: tuple[str, ...]
    doc: Ints
    rank: Ints


def table(fiches: Iterable[Fiche]) -> SuggestTable:
    """The table of these sheets, given in the order of their documents."""
    labels: list[tuple[str, str, int, bool, bool]] = []
    for doc, fiche in enumerate(fiches):
        for place, title in enumerate(appellations(fiche)):
            labels.append((title.masculin, title.title, doc, place > 0, False))
            if title.feminin != title.masculin:
                labels.append((title.feminin, title.title, doc, place > 0, True))
    # One text an entry, which sorts as its parts do and takes a third of the memory of a tuple of them: the key, the
    # number of the title in NUMBER_LETTERS digits, 1 if the key is the whole of it.
    entries: list[str] = []
    for number, (label, inclusive, *_) in enumerate(labels):
        own = f"\0{number:0{NUMBER_LETTERS}}"
        # Some type both genders: "boulanger/ère".
        ways = {_words(label), _words(inclusive)}
        entries += {f"{' '.join(words[cut:])}{own}{cut == 0:d}" for words in ways for cut in range(len(words))}
    entries.sort()
    number_of = np.fromiter((int(entry[-NUMBER_LETTERS - 1 : -1]) for entry in entries), np.int64, len(entries))
    begins = np.fromiter((entry[-1] == "1" for entry in entries), np.bool_, len(entries))
    for place, entry in enumerate(entries):
        entries[place] = entry[: -NUMBER_LETTERS - 2]
    rank = _places([(other, len(title), doc, feminine) for _, title, doc, other, feminine in labels])
    return SuggestTable(
        keys=tuple(entries),
        label=fitted(number_of),
        order=_order(np.lexsort((rank[number_of], ~begins))),
        labels=tuple(label for label, *_ in labels),
        inclusive=tuple(title for _, title, *_ in labels),
        doc=fitted(np.array([doc for _, _, doc, _, _ in labels], dtype=np.int64)),
        rank=rank,
    )


def _places(keys: Sequence[tuple[int, ...]]) -> Ints:
    """The place of each key among the sorted ones."""
    return _order(np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64))


def _order(sorted_rows: NDArray[np.int64]) -> Ints:
    """The place of each row, from the rows in their order."""
    places = np.empty(len(sorted_rows), dtype=np.int64)
    places[sorted_rows] = np.arange(len(sorted_rows))
    return fitted(places)


def _words(text: str) -> tuple[str, ...]:
    return tuple(WORD.findall(fold(text)))


def suggest(
    table: SuggestTable, text: str, titles: Sequence[str], ids: Sequence[str], limit: int
) -> tuple[Suggestion, ...]:
    """The sheets with a title that holds what is typed, each once, best first.

    titles and ids: of each document. Titles that begin with what is typed come before those that hold it further on,
    and those before titles that hold the typed words apart; a sheet's own title before its other appellations; the
    shortest first. Fewer than MIN_LETTERS letters find nothing.
    """
    words = _words(text)
    if sum(map(len, words)) < MIN_LETTERS or limit < 1:
        return ()
    typed = " ".join(words)
    low, high = _span(table.keys, typed)
    best = _first(table.label[low:high], table.order[low:high], table.doc, limit)
    if len(best) < limit and len(words) > 1:
        apart = _holding_apart(table, words)
        for doc, label in _first(apart, table.rank[apart], table.doc, limit + len(best)).items():
            best.setdefault(doc, label)
    found = []
    for doc, label in islice(best.items(), limit):
        shown = _shown(table, label, words)
        found.append(Suggestion(ids[doc], shown, titles[doc], typed_ranges(shown, words)))
    return tuple(found)


def complete(
    table: SuggestTable, vocabulary: Vocabulary, titles: Sequence[str], ids: Sequence[str], text: str, limit: int
) -> tuple[Suggestion, ...]:
    """What `suggest` finds, at most `limit` sheets, best first.

    These are tried until some title fits: what is typed; its words as the search reads them, without articles, plurals
    and second genders ("les éducateurs/trices"); its words corrected. If no title fits any of them, the sheets to which
    the text leads as a spoken word or a name from outside ("véto"). The number of a sheet ("MET.17") gives the sheets
    whose number begins so. A text longer than LONGEST_TYPED finds nothing. titles and ids: of each document.
    """
    if len(text) > LONGEST_TYPED or not text.strip():
        return ()
    if number := SHEET_NUMBER.fullmatch(text):
        return _numbered(f"MET.{number[1]}", titles, ids, limit)
    found = suggest(table, text, titles, ids, limit)
    if found:
        return found
    words = [token for token in tokens(text)[:MAX_WORDS] if token.surface not in STOP_WORDS]
    tried = {tuple(_words(text))}
    for read_as in (" ".join(token.folded for token in words), " ".join(token.term for token in words)):
        if not found and (read_words := tuple(_words(read_as))) not in tried:
            tried.add(read_words)
            found = suggest(table, read_as, titles, ids, limit)
    if not found:
        plan = read(text, vocabulary)
        guesses = {word.start: word.guesses[0] for word in plan.words if word.guesses}
        # A text in which nothing is corrected was tried already.
        found = suggest(table, rewritten(plan, guesses), titles, ids, limit) if guesses else ()
        found = found or _meant(plan, titles, ids, limit)
    return found


def _numbered(beginning: str, titles: Sequence[str], ids: Sequence[str], limit: int) -> tuple[Suggestion, ...]:
    """The sheets whose identifier begins so, the shortest first, under their own title."""
    begun = sorted((len(id), id, doc) for doc, id in enumerate(ids) if id.startswith(beginning))[:limit]
    return tuple(Suggestion(id, titles[doc], titles[doc], ()) for _, id, doc in begun)


def _meant(plan: Plan, titles: Sequence[str], ids: Sequence[str], limit: int) -> tuple[Suggestion, ...]:
    """The sheets to which a spoken word or a name from outside leads, best first, under their own title."""
    sure = at_least(plan.leads, SURE)
    best = np.lexsort((sure.docs, -sure.share))[:limit]
    return tuple(Suggestion(ids[doc], titles[doc], titles[doc], ()) for doc in sure.docs[best].tolist())


LONGEST_TYPED: Final = 300
"""Letters that are completed at most: no title has as many."""

ENOUGH: Final = 16
"""Titles looked at for each sheet wanted: a sheet has several in two genders. If they are too few, twice as many
are."""


def _first(labels: Ints, order: Ints, docs: Ints, limit: int) -> dict[int, int]:
    """The first `limit` sheets in this order, each with its first title.

    labels and order have one shape (n,): titles that fit, and the place of each in the order. docs: of every title.
    """
    most = limit * ENOUGH
    # Two letters fit thousands of titles: only the first ones are sorted.
    kept = np.argpartition(order, most)[:most] if len(order) > most else np.arange(len(order))
    chosen = labels[kept[np.argsort(order[kept])]]
    found: dict[int, int] = {}
    for doc, label in zip(docs[chosen].tolist(), chosen.tolist(), strict=True):
        found.setdefault(doc, label)
        if len(found) == limit:
            return found
    return found if len(kept) == len(order) else _first(labels, order, docs, limit * 2)


def _span(keys: Sequence[str], prefix: str) -> tuple[int, int]:
    """From which place to which (exclusive) the sorted keys begin so: folded letters are all below \\uffff."""
    low = bisect_left(keys, prefix)
    return low, bisect_left(keys, prefix + "\uffff", low)


def _holding_apart(table: SuggestTable, words: Sequence[str]) -> Ints:
    """Labels in which each typed word begins a word, increasing."""
    held = np.ones(len(table.labels), dtype=np.bool_)
    for word in words:
        begun = np.zeros(len(table.labels), dtype=np.bool_)
        begun[table.label[slice(*_span(table.keys, word))]] = True
        held &= begun
    return np.flatnonzero(held).astype(np.int32)


def _shown(table: SuggestTable, label: int, words: Sequence[str]) -> str:
    """The title with both genders if it fits what is typed too, else the one in the gender typed."""
    inclusive = table.inclusive[label]
    holds = [folded for _, _, folded in _pieces(inclusive)]
    fits = all(any(each.startswith(word) for each in holds) for word in words)
    return inclusive if fits else table.labels[label]


def typed_ranges(label: str, words: Sequence[str]) -> tuple[Range, ...]:
    """Where the typed letters stand in the label: beginnings of its words, in code points. words: folded."""
    ranges: list[Range] = []
    left = list(words)
    for start, written, folded in _pieces(label):
        word = next((word for word in left if folded.startswith(word)), None)
        if word is not None:
            left.remove(word)
            ranges.append((start, start + _length(written, folded, len(word))))
            if not left:
                break
    return tuple(ranges)


@lru_cache(1 << 14)
def _pieces(title: str) -> tuple[tuple[int, str, str], ...]:
    """The words of a title: where each begins, as written, folded."""
    return tuple((match.start(), match[0], fold(match[0])) for match in WORD.finditer(title))


def _length(written: str, folded: str, typed: int) -> int:
    """How many letters of a written word give this many of its folded ones (œ gives two)."""
    if len(written) == len(folded):
        return typed
    given = 0
    for place, letter in enumerate(written):
        if given >= typed:
            return place
        given += len(fold(letter))
    return len(written)
