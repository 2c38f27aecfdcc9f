"""Words that were probably meant. In: a folded word that no sheet holds. Out: words of the sheets near it.

Distance is optimal string alignment (Damerau-Levenshtein with adjacent swaps, one edit a place): one edit
from 4 letters, two from 8. Words are first filtered by the letters they hold: one edit changes at most two
bits of the set of letters, so words whose sets differ by more than 2 * edits cannot be near.

The bounds were chosen before anything was measured; since then c_typo of the first judged set keeps watch over them
(docs/relevance.md).
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from string import ascii_lowercase
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA

from search.arrays import Ints, fitted
from search.folding import CACHED_WORDS, LONGEST, fold

MIN_LENGTH: Final = 4
"""Letters from which a word is corrected by one edit."""

TWO_EDITS_FROM: Final = 8
"""Letters from which a word is corrected by two edits."""

OFFERED_FROM: Final = 6
"""Letters from which a word one edit farther is offered, not searched."""


@dataclass(frozen=True, slots=True)
class SpellingTable:
    """The words that may be proposed. W words, by length, then alphabet.

    place: smallest (W,), that of each in WordTable.words. letters: uint32 (W,), bit i for letter i of the alphabet,
    bit 26 for any other. length: uint8 (W,), increasing. documents: smallest (W,), sheets that hold the word.
    in_title: uint8 (W,), 1 if a title holds it.
    """

    place: Ints
    letters: NDArray[np.uint32]
    length: NDArray[np.uint8]
    documents: Ints
    in_title: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Spellings:
    """A SpellingTable ready to be asked. words: those of WordTable: the folded words of the sheets, sorted."""

    table: SpellingTable
    words: tuple[str, ...]


def table(words: Sequence[str], documents: Mapping[str, int], in_titles: Collection[str]) -> SpellingTable:
    """The table of the folded words of the sheets.

    words: sorted. documents: the number of sheets that hold each. in_titles: those that titles hold. Words are left out
    that no correction reaches: more than one letter shorter than MIN_LENGTH, or longer than any that is read.
    """
    kept = [place for place, word in enumerate(words) if MIN_LENGTH - 1 <= len(word) <= LONGEST]
    # Stable: words of one length stay in the order of the alphabet.
    kept.sort(key=lambda place: len(words[place]))
    return SpellingTable(
        place=fitted(np.array(kept, dtype=np.int64)),
        letters=np.array([_letters(words[place]) for place in kept], dtype=np.uint32),
        length=np.array([len(words[place]) for place in kept], dtype=np.uint8),
        documents=fitted(np.array([documents[words[place]] for place in kept], dtype=np.int64)),
        in_title=np.array([words[place] in in_titles for place in kept], dtype=np.uint8),
    )


def near(spellings: Spellings, word: str, edits: int = 2, limit: int = 8) -> tuple[str, ...]:
    """The words that were most likely meant, the commonest first, at most `limit`; none for a word below MIN_LENGTH.

    Only those at the smallest distance at which there is a word, of `edits` at most and of what the length allows; of
    these only words of titles, if there are any; of these only those with the same first letter, if there are any.
    """
    if len(word) < MIN_LENGTH:
        return ()
    found = sorted(_within(spellings, word, min(edits, _most_edits(word))))
    return tuple(candidate for *likely, _, candidate in found[:limit] if likely == list(found[0][:3]))


def far(spellings: Spellings, word: str) -> str:
    """The likeliest word for one that was not corrected: it is offered to the reader, not searched. "" if there is
    none.

    It is the first that `near` finds (`guessing` found it unlikely); or else it is one edit farther, has the same first
    letter and stands in a title.
    """
    if found := near(spellings, word, limit=1):
        return found[0]
    if len(word) < OFFERED_FROM:
        return ""
    farther = [each for each in _within(spellings, word, _most_edits(word) + 1) if not each[1] and not each[2]]
    return min(farther)[-1] if farther else ""


def _most_edits(word: str) -> int:
    return 2 if len(word) >= TWO_EDITS_FROM else 1


def _within(spellings: Spellings, word: str, edits: int) -> list[tuple[int, bool, bool, int, str]]:
    """The words at most so many edits away, in no order, each so that they sort by likelihood: distance, whether it is
    in no title, whether its first letter differs, minus the sheets that hold it, the word."""
    table = spellings.table
    low, high = np.searchsorted(table.length, [len(word) - edits, len(word) + edits + 1]).tolist()
    differing = np.bitwise_count(table.letters[low:high] ^ np.uint32(_letters(word)))
    found: list[tuple[int, bool, bool, int, str]] = []
    for place in (np.flatnonzero(differing <= 2 * edits) + low).tolist():
        candidate = spellings.words[table.place[place]]
        distance = OSA.distance(word, candidate, score_cutoff=edits)
        if distance <= edits:
            other_initial = candidate[0] != word[0]
            found.append((distance, not table.in_title[place], other_initial, -int(table.documents[place]), candidate))
    return found


def same_beginning(one: str, other: str) -> bool:
    """Whether two folded words begin with the same letter, or with letters of the same sound, or with two swapped."""
    return one[:1] == other[:1] or sound(one) == sound(other) or one[:2] == other[1::-1]


def sound(word: str) -> str:
    """The first sound of a folded French word, as one letter."""
    bare = word.removeprefix("h")
    if bare.startswith("ph"):
        return "f"
    if bare[:1] in ("q", "k") or (bare[:1] == "c" and bare[1:2] not in ("e", "i", "y")):
        return "k"
    if bare[:1] == "c" or bare[:2] == "sc":
        return "s"
    if bare[:1] == "g" and bare[1:2] in ("e", "i", "y"):
        return "j"
    return {"y": "i", "w": "v"}.get(bare[:1], bare[:1])


SOUNDS: Final = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("psych", "psik"), ("orch", "ork"), ("arche(?=o)", "arke"), ("ch(?=[lnr])", "k"),
        ("sch|ch|sh", "#"), ("ph", "f"), ("tion", "sion"), ("qu|q|ck", "k"), ("c(?=[eiy])|sc(?=[eiy])|z", "s"),
        ("c|x", "k"), ("gu(?=[eiy])", "@"), ("g(?=[eiy])", "j"), ("@", "g"), ("h", ""), ("y", "i"), ("w", "v"),
        ("eau|au", "o"), ("ai|ei|oe|eu", "e"), ("[ae][nm](?=[^aeiounm])", "an"), (r"(.)\1+", r"\1"),
        ("(?:e|s|t|d|er)+$", ""),
    )
)  # fmt: skip
"""How letters of a folded word sound, roughly; in this order. Written from how French is read; no figure of the judged
sets moves (docs/decisions.md)."""

SOUNDING_FROM: Final = 5
"""Letters from which a sound tells words apart: shorter ones are those of many words. Tuned on nothing, as SOUNDS."""


@lru_cache(CACHED_WORDS)
def sounding(word: str) -> str:
    """How a folded French word sounds, roughly: the same for words that sound alike ("fotograf", "photographe")."""
    for pattern, sound in SOUNDS:
        word = pattern.sub(sound, word)
    return word


def by_sound(words: Iterable[str], shown: Mapping[str, str]) -> Mapping[str, tuple[str, ...]]:
    """The folded words of each sound, in their order; words whose sound is below SOUNDING_FROM are left out.

    shown: how folded words are written, to hear the cedilla of "maçon", which folding takes off.
    """
    found: dict[str, list[str]] = {}
    for word in words:
        written = shown.get(word, word)
        sound = sounding(fold(written.replace("ç", "ss")) if "ç" in written else word)
        if len(sound) >= SOUNDING_FROM:
            found.setdefault(sound, []).append(word)
    return {sound: tuple(each) for sound, each in found.items()}


def _letters(word: str) -> int:
    """The set of letters of a word as bits: see SpellingTable."""
    held = 0
    for letter in word:
        place = ascii_lowercase.find(letter)
        held |= 1 << (place if place >= 0 else 26)
    return held
