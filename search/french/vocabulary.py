"""The words of the sheets, by which a reader's words are understood.

In: the tokens of the sheets, when indexing. Out: a Vocabulary, when searching.
"""

import re
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search import arrays
from search.fiche import Fiche
from search.fields import appellations
from search.folding import fold
from search.french import derivation, equivalents, name_matching, spelling
from search.french.equivalents import Equivalents, EquivalentTable
from search.french.name_matching import Names
from search.french.names import NameTable
from search.french.tokens import STOP_WORDS, Token, is_fixed, stem, tokens

COMPOUND: Final = re.compile(r"(?<!\w)\w{1,40}+(?:[-\u2010-\u2015]\w{1,40}){1,4}")
"""A hyphenated word; the bounds keep the time of a search through any text in proportion to its length."""

MAX_EXPANSIONS: Final = 50
"""The most words that an unfinished word may stand for. Not tuned: it bounds the work."""

MIN_PREFIX: Final = 3
"""Letters from which a word may be unfinished. Not tuned; neither judged set moves without such words
(docs/relevance.md)."""


@dataclass(frozen=True, slots=True)
class WordTable:
    """The words of the sheets. title_words and words: folded, sorted; those of titles, and all.

    shown: each of `words` in the form that most sheets write, "" if that is the folded one. compounds: hyphenated words
    of titles, sorted, each as its glued form, then its parts ("esportif e sportif"). labels: the terms of each title
    and diploma of two terms and more, sorted and parted by blanks.
    """

    title_words: tuple[str, ...]
    words: tuple[str, ...]
    shown: tuple[str, ...]
    compounds: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of the sheets ready to be asked. T terms.

    numbers: the number of each term. terms: T, by number. idf: float32 (T,). words, title_words: see WordTable. shown:
    by folded word, how the sheets write it, with its accents. compounds: by glued form, the parts. equivalents: short
    and long forms mined from the sheets. labels: by term, the sets of terms of the titles and diplomas that hold it.
    title_terms: the terms of titles. sounds: the words of titles by how they sound. names: those of jobs, from the
    sheets and from outside. unknown_idf: the weight of a word that no sheet holds, that of the rarest one.
    """

    numbers: Mapping[str, int]
    idf: NDArray[np.float32]
    spellings: spelling.Spellings
    title_words: tuple[str, ...]
    words: tuple[str, ...]
    shown: Mapping[str, str]
    compounds: Mapping[str, tuple[str, ...]]
    equivalents: Equivalents
    labels: Mapping[str, tuple[frozenset[str], ...]]
    terms: tuple[str, ...]
    title_terms: frozenset[str]
    sounds: Mapping[str, tuple[str, ...]]
    names: Names
    unknown_idf: float

    def number(self, folded: str) -> int | None:
        """The number of the term of a folded word or of a term ("bac+2"), None if no sheet holds it."""
        return self.numbers.get(stem(folded), self.numbers.get(folded))

    def fit(self, word: str, terms: Collection[str]) -> float:
        """How well a word goes with others: of the titles and diplomas that hold it, the greatest weight (sum of idf)
        of these terms that one of them holds too; 0 if none holds any."""
        held = (label.intersection(terms) for label in self.labels.get(stem(word), ()))
        return max((sum(float(self.idf[self.numbers[term]]) for term in each) for each in held), default=0.0)

    def completions(self, prefix: str) -> tuple[str, ...]:
        """The words that begin so: those of titles, or any if no title has one; at most MAX_EXPANSIONS."""
        if len(prefix) < MIN_PREFIX:
            return ()
        return _beginning(self.title_words, prefix) or _beginning(self.words, prefix)

    def derived(self, folded: str) -> tuple[str, ...]:
        """The words of the same root as a word that no sheet holds: those of titles, or any if no title has one."""
        own = derivation.root(stem(folded))
        for words in (self.title_words, self.words) if own != folded else ():
            found = tuple(word for word in _beginning(words, own) if derivation.root(stem(word)) == own)
            if found:
                return found
        return ()


def _beginning(words: tuple[str, ...], prefix: str) -> tuple[str, ...]:
    """The first MAX_EXPANSIONS of the sorted words that begin so."""
    low = bisect_left(words, prefix)
    high = bisect_left(words, prefix + "\uffff", low)
    return words[low : min(high, low + MAX_EXPANSIONS)]


class Collector:
    """Gathers the words of sheets, one sheet after the other; `save` writes them.

    `holders`: by accented form, the documents that hold it, increasing. `_labels`: the terms of each title, sorted and
    parted by blanks: sets of them would take ten times the memory.
    """

    def __init__(self) -> None:
        self.holders: dict[str, array[int]] = {}
        self._in_titles: set[str] = set()
        self._compounds: dict[str, str] = {}
        self._labels: set[str] = set()
        self._diplomas: set[str] = set()

    def add(self, document: int, fiche: Fiche, forms: Collection[str]) -> None:
        """Take the words of a sheet. document: its number, greater than those before. forms: all its accented forms."""
        for form in forms:
            held = self.holders.get(form)
            if held is None:
                held = self.holders[form] = array("i")
            held.append(document)
        for title in appellations(fiche):
            for text in (title.title, title.feminin, title.masculin):
                found = tokens(text)
                self._in_titles.update(token.folded for token in found if not is_fixed(token.term))
                self._labels.add(_content(found))
                for match in COMPOUND.finditer(text):
                    parts = [token.folded for token in tokens(match[0])]
                    if len(parts) > 1:
                        self._compounds.setdefault("".join(parts), " ".join(parts))

        self._diplomas.update(formation.label for formation in fiche.formations)

    def save(self, folder: Path) -> None:
        """Write the tables `words` and `spellings` into the folder."""
        labels = self._labels | {_content(tokens(label)) for label in self._diplomas}
        documents: Counter[str] = Counter()
        shown: dict[str, str] = {}
        # The form that most sheets hold comes last, and stays in `shown`.
        for form in sorted(self.holders, key=lambda form: (len(self.holders[form]), form)):
            folded = fold(form)
            if not is_fixed(folded):
                documents[folded] += len(self.holders[form])
                shown[folded] = form
        compounds = sorted(f"{glued} {parts}" for glued, parts in self._compounds.items() if glued not in documents)
        words = sorted(documents)
        written = tuple("" if shown[word] == word else shown[word] for word in words)
        table = WordTable(
            tuple(sorted(self._in_titles)),
            tuple(words),
            written,
            tuple(compounds),
            tuple(sorted(label for label in labels if " " in label)),
        )
        arrays.save(folder, "words", table)
        arrays.save(folder, "spellings", spelling.table(words, documents, self._in_titles))


def _content(found: Iterable[Token]) -> str:
    """The distinct terms that are no stop words, sorted and parted by blanks."""
    return " ".join(sorted({token.term for token in found if token.surface not in STOP_WORDS}))


def load(folder: Path, terms: tuple[str, ...], idf: NDArray[np.float32]) -> Vocabulary:
    """The vocabulary of the index in a folder. terms: sorted. idf: float32 (T,), of each term.

    Raises OSError or ValueError for a missing or cut file.
    """
    words = arrays.load(folder, "words", WordTable)
    labels: dict[str, list[frozenset[str]]] = {}
    for label in map(frozenset, map(str.split, words.labels)):
        for term in label:
            labels.setdefault(term, []).append(label)
    numbers = {term: number for number, term in enumerate(terms)}
    most = float(idf.max(initial=1.0))
    written = {word: shown or word for word, shown in zip(words.words, words.shown, strict=True)}
    return Vocabulary(
        numbers,
        idf,
        spelling.Spellings(arrays.load(folder, "spellings", spelling.SpellingTable), words.words),
        words.title_words,
        words.words,
        written,
        {glued: tuple(parts) for glued, *parts in map(str.split, words.compounds)},
        equivalents.read(arrays.load(folder, "equivalents", EquivalentTable)),
        {term: tuple(held) for term, held in labels.items()},
        terms,
        frozenset(map(stem, words.title_words)),
        spelling.by_sound(words.title_words, written),
        name_matching.names(arrays.load(folder, "names", NameTable), numbers, idf, most),
        most,
    )
