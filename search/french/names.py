"""Names of jobs as they are indexed: those of the sheets, and those from outside that lead to them.

In: sheets and Nomenclatures. Out: sheets with their names, a NameTable. How a query finds them: `name_matching`.

A name from outside reaches a sheet by its group, if one name of the group is a title of the sheet, or else by its
ROME code. The more sheets a name reaches, the less it says of each. A name that is the title of a sheet leads to that
sheet alone.
"""

import re
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search import arrays
from search.arrays import Ints, Starts
from search.fiche import Appellation, Fiche, Nom
from search.fields import FIELDS, appellations, block_text
from search.french import spoken
from search.french.tokens import STOP_WORDS, tokens
from search.nomenclature import Nomenclature

BRACKETED: Final = re.compile(r"\s?\([^()]*\)")

OWN, OTHER, SHORT, GROUP, CODE, DOMAIN = range(6)
"""How a name reaches a sheet: as its own title, with or without what that has in brackets, as another appellation, as
one short of what it has in brackets, by its group, by its ROME code, or by the domain of its ROME code."""

DOMAIN_LETTERS: Final = 3
"""How many characters of a ROME code say its domain ("H12" of "H1203")."""


def terms_of(label: str) -> frozenset[str]:
    """The terms of a name, without stop words."""
    return frozenset(token.term for token in tokens(label) if token.surface not in STOP_WORDS)


def genders(title: Appellation) -> tuple[str, ...]:
    """The ways to write a title whole: in both genders, and in each."""
    return title.title, title.feminin, title.masculin


def readings(title: Appellation) -> tuple[str, ...]:
    """The ways to write a title: in each gender, with and without what stands in brackets."""
    texts = genders(title)
    return tuple(dict.fromkeys((*texts, *(BRACKETED.sub("", text) for text in texts))))


remembered_terms = lru_cache(1 << 16)(terms_of)
"""`terms_of`, remembered: a list of names says most of them several times."""


def named(fiches: Sequence[Fiche], lists: Iterable[Nomenclature]) -> tuple[tuple[Fiche, ...], tuple[Nom, ...]]:
    """The sheets with the names that reach them, in the same order; then the names that reach none.

    The `code` of a name that reaches no sheet is the domain of its ROME code, "" if it has no code.
    """
    titles, codes = _by_title(fiches), _by_code(fiches)
    found: list[dict[frozenset[str], Nom]] = [{} for _ in fiches]
    nowhere: dict[frozenset[str], Nom] = {}
    for source, group in ((each.source, group) for each in lists for group in each.groups):
        every: dict[frozenset[str], str] = {}
        for label in group.labels:
            every.setdefault(remembered_terms(label), label)
        every.pop(frozenset(), None)
        by_group = set().union(*(titles.get(terms, ()) for terms in every))
        by_code = codes.get(group.code, set()) - by_group
        other = {terms: label for terms, label in every.items() if terms not in titles}
        for reached, code in ((by_group, ""), (by_code, group.code)):
            for number in reached:
                for terms, label in other.items():
                    found[number].setdefault(terms, Nom(label, source, code))
        if not by_group and not by_code:
            domain = group.code[:DOMAIN_LETTERS]
            nowhere |= {terms: Nom(label, source, domain) for terms, label in other.items() if terms not in nowhere}
    everywhere = set().union(*found)
    whole = tuple(
        replace(fiche, noms=tuple(names.values())) if names else fiche
        for fiche, names in zip(fiches, found, strict=True)
    )
    return whole, tuple(name for terms, name in nowhere.items() if terms not in everywhere)


def _by_title(fiches: Sequence[Fiche]) -> dict[frozenset[str], set[int]]:
    titles: dict[frozenset[str], set[int]] = defaultdict(set)
    for number, fiche in enumerate(fiches):
        for text in (text for title in appellations(fiche) for text in readings(title)):
            titles[remembered_terms(text)].add(number)
    titles.pop(frozenset(), None)
    return dict(titles)


def _by_code(fiches: Sequence[Fiche]) -> dict[str, set[int]]:
    codes: dict[str, set[int]] = defaultdict(set)
    for number, fiche in enumerate(fiches):
        for rome in fiche.rome:
            codes[rome.code].add(number)
    return dict(codes)


@dataclass(frozen=True, slots=True)
class NameTable:
    """All names, each once whatever its stop words, gender and number. L names, W words, R (name, sheet) pairs.

    labels: L, as written. sources: L, the list that gives each, "" for the sheets' own titles. words: W terms, sorted.
    start: int32 (W+1,), rows of each word in name: smallest, the names that hold it. size: smallest (L,), words of each
    name. doc_start: int32 (L+1,), rows of each name in doc: smallest (R,), the sheets that it reaches. way: uint8 (R,),
    how it reaches them (OWN …).
    """

    labels: tuple[str, ...]
    sources: tuple[str, ...]
    words: tuple[str, ...]
    start: Starts
    name: Ints
    size: Ints
    doc_start: Starts
    doc: Ints
    way: NDArray[np.uint8]


def table(fiches: Iterable[Fiche], nowhere: Iterable[Nom] = ()) -> NameTable:
    """The table of the sheets, given in the order of their documents, and of the names that reach none of them."""
    gathered = _Gathered()
    domains: dict[str, set[int]] = defaultdict(set)
    for doc, fiche in enumerate(fiches):
        for rome in fiche.rome:
            domains[rome.code[:DOMAIN_LETTERS]].add(doc)
        own, *others = appellations(fiche)
        for way, texts in (
            (OWN, readings(own)),
            (OTHER, chain.from_iterable(map(genders, others))),
            (SHORT, chain.from_iterable(map(readings, others))),
        ):
            for text in texts:
                gathered.add(text, "", (doc,), way)
        for name in fiche.noms:
            gathered.add(name.label, name.source, (doc,), CODE if name.code else GROUP)
    for name in nowhere:
        gathered.add(name.label, name.source, domains.get(name.code, ()), DOMAIN)
    return gathered.table()


class _Gathered:
    """Names with the sheets that they reach, as arrays of numbers: objects would take ten times the memory.

    `_numbers`: by the terms of a name, sorted and parted by blanks, its number. `_shown`: by number, how a name is
    written and which list gives it; of two names of the same terms the title of a sheet is kept. `_name`, `_doc`,
    `_way`: which name reaches which sheet, and how; if a name reaches a sheet twice, the first way counts.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._shown: list[tuple[str, str]] = []
        self._name, self._doc, self._way = array("i"), array("i"), bytearray()

    def add(self, label: str, source: str, docs: Collection[int], way: int) -> None:
        """Take a name and the documents that it reaches; one without a term is left out."""
        terms = " ".join(sorted(remembered_terms(label)))
        if not terms:
            return
        number = self._numbers.setdefault(terms, len(self._shown))
        if number == len(self._shown):
            self._shown.append((label, source))
        elif not source and self._shown[number][1]:
            self._shown[number] = label, source
        self._name.extend([number] * len(docs))
        self._doc.extend(docs)
        self._way.extend([way] * len(docs))

    def table(self) -> NameTable:
        """The names in the order of how they are written."""
        order = sorted(range(len(self._shown)), key=self._shown.__getitem__)
        written = list(self._numbers)
        words = sorted({word for terms in written for word in terms.split(" ")})
        place = {word: number for number, word in enumerate(words)}
        name, word = array("i"), array("i")
        for number, old in enumerate(order):
            held = [place[each] for each in written[old].split(" ")]
            name.extend([number] * len(held))
            word.extend(held)
        by_word = np.lexsort((name, word))
        new = np.empty(len(order), dtype=np.int64)
        new[order] = np.arange(len(order))
        reaching, doc = new[np.array(self._name, dtype=np.int64)], np.array(self._doc, dtype=np.int64)
        rows = np.lexsort((doc, reaching))
        first = (np.diff(reaching[rows], prepend=-1) != 0) | (np.diff(doc[rows], prepend=-1) != 0)
        rows = rows[first]
        return NameTable(
            labels=tuple(self._shown[old][0] for old in order),
            sources=tuple(self._shown[old][1] for old in order),
            words=tuple(words),
            start=arrays.starts(np.bincount(word, minlength=len(words))),
            name=arrays.fitted(np.array(name, dtype=np.int64)[by_word]),
            size=arrays.fitted(np.bincount(name, minlength=len(order))),
            doc_start=arrays.starts(np.bincount(reaching[rows], minlength=len(order))),
            doc=arrays.fitted(doc[rows]),
            way=np.frombuffer(self._way, dtype=np.uint8)[rows],
        )


def spoken_faults(fiches: Sequence[Fiche]) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """What is wrong with the spoken words beside these sheets: those that stand for what no sheet holds, each with that
    target; those that take the place of another word, with that word.
    """
    texts = (block_text(block) for fiche in fiches for field in FIELDS for block in field.blocks(fiche))
    words: dict[str, set[str]] = defaultdict(set)
    for token in chain.from_iterable(map(tokens, texts)):
        words[token.term].add(token.folded)
    titles = frozenset(_by_title(fiches))
    return spoken.lost(titles, words.keys()), spoken.hiding(titles, words)
