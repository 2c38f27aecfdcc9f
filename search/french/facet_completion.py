"""Completion of facet values: interests, domains, diplomas, codes. In: a few letters. Out: the values that fit.

Words are read as the search reads them, without articles, plurals and second genders; a code is read as written.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from search.engine import FacetValue, Range
from search.fields import FACET_BY_NAME
from search.folding import fold
from search.french.completion import MIN_LETTERS, typed_ranges
from search.french.tokens import STOP_WORDS, tokens
from search.query import MAX_WORDS

FACETS: Final = ("interet", "domaine", "diplome", "rome")
"""The facets that are completed, in the order shown."""


@dataclass(frozen=True, slots=True)
class ChoiceTable:
    """The values of facets under each of their words.

    keys: E folded words, terms and codes, sorted. places: E, the place of the value of each in the three that follow.
    values: V pairs of a facet and a value of it, facets together. labels: V, each with its code before it if its facet
    shows codes. firsts: V, the first folded word of each label, "" if it has none.
    """

    keys: tuple[str, ...]
    places: tuple[int, ...]
    values: tuple[tuple[str, FacetValue], ...]
    labels: tuple[str, ...]
    firsts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CompletedChoice:
    """A facet value that fits what is typed; `ranges` mark the typed letters in `label`."""

    facet: str
    value: str
    label: str
    count: int
    ranges: tuple[Range, ...]


def table(offered: Mapping[str, Sequence[FacetValue]]) -> ChoiceTable:
    """The table of these values, by the name of their facet; facets that are not in FACETS are left out."""
    values = tuple((name, value) for name in FACETS for value in offered.get(name, ()))
    labels = tuple(
        f"{value.value.upper()} {value.label}" if FACET_BY_NAME[name].has_codes else value.label
        for name, value in values
    )
    entries: set[tuple[str, int]] = set()
    firsts = []
    for place, ((_, value), label) in enumerate(zip(values, labels, strict=True)):
        words = _telling(value.label)
        entries.update((form, place) for word in words for form in word)
        if label != value.label:
            entries.add((fold(value.value), place))
        firsts.append(words[0][0] if words else "")
    ordered = sorted(entries)
    return ChoiceTable(
        tuple(key for key, _ in ordered), tuple(place for _, place in ordered), values, labels, tuple(firsts)
    )


def complete(table: ChoiceTable, text: str, limit: int) -> tuple[CompletedChoice, ...]:
    """The values in which each typed word begins a word, at most `limit` a facet, facets in the order of FACETS.

    Values whose first word is begun by the first typed word come first, then those that most sheets have. Fewer than
    MIN_LETTERS letters find nothing.
    """
    whole = fold(text).strip()
    if len(whole) < MIN_LETTERS:
        return ()
    words = _telling(text)
    held = _begun(table, (whole,))
    if words and sum(len(folded) for folded, _ in words) >= MIN_LETTERS:
        held |= set.intersection(*(_begun(table, word) for word in words))
    typed = [*dict.fromkeys((whole, *(form for word in words for form in word)))]
    beginnings = words[0] if words else (whole,)
    found: list[CompletedChoice] = []
    for facet in FACETS:
        places = [place for place in held if table.values[place][0] == facet]
        places.sort(key=lambda at: (not table.firsts[at].startswith(beginnings), -table.values[at][1].total, at))
        found += [_completed(table, place, typed) for place in places[:limit]]
    return tuple(found)


def _telling(text: str) -> list[tuple[str, str]]:
    """The first MAX_WORDS words of a text without its stop words: each folded, and its term."""
    return [(each.folded, each.term) for each in tokens(text)[:MAX_WORDS] if each.surface not in STOP_WORDS]


def _begun(table: ChoiceTable, forms: Iterable[str]) -> set[int]:
    """The places of the values with a word that begins with one of these."""
    held: set[int] = set()
    for form in forms:
        low = bisect_left(table.keys, form)
        # Folded letters are all below \uffff: the keys up to there are those that begin with the form.
        held.update(table.places[low : bisect_left(table.keys, form + "\uffff", low)])
    return held


def _completed(table: ChoiceTable, place: int, typed: Sequence[str]) -> CompletedChoice:
    facet, value = table.values[place]
    label = table.labels[place]
    return CompletedChoice(facet, value.value, label, value.total, typed_ranges(label, typed))
