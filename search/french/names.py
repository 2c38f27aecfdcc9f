"""Names of jobs: those of the sheets, and those from outside that lead to them.

In: sheets and Nomenclatures, when indexing. Out: sheets with their names, a NameTable; when searching, Leads.

A name from outside reaches a sheet by its group, if one name of the group is a title of the sheet, or else by its
ROME code. The more sheets a name reaches, the less it says of each. A name that is the title of a sheet leads to that
sheet alone.
"""

import re
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, reduce
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search import arrays
from search.arrays import Floats, Ints, Starts
from search.fiche import Appellation, Fiche, Nom
from search.fields import FIELDS, appellations, block_text
from search.french import spoken
from search.french.tokens import STOP_WORDS, tokens
from search.nomenclature import Nomenclature

BRACKETED: Final = re.compile(r"\s?\([^()]*\)")

OWN, GROUP, CODE, DOMAIN = range(4)
"""How a name reaches a sheet: as its title, by its group, by its ROME code, or by the domain of its ROME code."""

DOMAIN_LETTERS: Final = 3
"""How many characters of a ROME code say its domain ("H12" of "H1203")."""


def terms_of(label: str) -> frozenset[str]:
    """The terms of a name, without stop words."""
    return frozenset(token.term for token in tokens(label) if token.surface not in STOP_WORDS)


def readings(title: Appellation) -> tuple[str, ...]:
    """The ways to write a title: in each gender, with and without what stands in brackets."""
    texts = (title.title, title.feminin, title.masculin)
    return tuple(dict.fromkeys((*texts, *(BRACKETED.sub("", text) for text in texts))))


_terms = lru_cache(1 << 16)(terms_of)


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
            every.setdefault(_terms(label), label)
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
            titles[_terms(text)].add(number)
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
    how it reaches them: OWN, GROUP, CODE or DOMAIN.
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
        for text in (text for title in appellations(fiche) for text in readings(title)):
            gathered.add(text, "", (doc,), OWN)
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
        terms = " ".join(sorted(_terms(label)))
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
            tuple(self._shown[old][0] for old in order),
            tuple(self._shown[old][1] for old in order),
            tuple(words),
            arrays.starts(np.bincount(word, minlength=len(words))),
            arrays.fitted(np.array(name, dtype=np.int64)[by_word]),
            arrays.fitted(np.bincount(name, minlength=len(order))),
            arrays.starts(np.bincount(reaching[rows], minlength=len(order))),
            arrays.fitted(doc[rows]),
            np.frombuffer(self._way, dtype=np.uint8)[rows],
        )


@dataclass(frozen=True, slots=True)
class Names:
    """A NameTable ready to be asked.

    place: the number of each word. weight: float32 (L,), the sum of the idf of the words of each name. idf: float32
    (W,), of each word; a word that no sheet holds has the greatest idf of all. share: float32 (R,), what each pair of a
    name and a sheet is worth: `SHARES` of its way, less the more sheets the name reaches (see SPREAD). led: the leads
    of the jobs of spoken words that were asked before, filled as they are asked.
    """

    table: NameTable
    place: Mapping[str, int]
    weight: Floats
    idf: Floats
    share: Floats
    led: dict[tuple[str, ...], "Leads"] = field(default_factory=dict)


SHARES: Final = (1.0, 0.8, 0.45, 0.4)
"""What a name is worth by its way: OWN, GROUP, CODE, DOMAIN. Tuned on the dev half of the people's queries, as all
weights of names and spoken words (docs/relevance.md)."""

LESS_TYPICAL: Final = 0.1
LEAST_TYPICAL: Final = 0.5
"""What a lead of a spoken word loses with each place in its line, and what is left at least. Tuned on the dev half of
the people's queries."""

SPREAD: Final = 0.5
"""How fast a name says less of each sheet the more it reaches: its share is divided by 1 + SPREAD * ln(sheets). Tuned
as SHARES."""


def names(table: NameTable, numbers: Mapping[str, int], idf: Floats, most: float) -> Names:
    """A table ready to be asked. numbers and idf: of the terms of the sheets. most: the idf of terms that they lack."""
    own = np.array([idf[numbers[word]] if word in numbers else most for word in table.words], dtype=np.float32)
    word = np.repeat(np.arange(len(table.words)), np.diff(table.start))
    weight = np.bincount(table.name, own[word], len(table.labels)).astype(np.float32)
    reach = np.diff(table.doc_start)
    spread = (1.0 + SPREAD * np.log(np.maximum(reach, 1))).repeat(reach)
    share = np.array(SHARES)[table.way] / np.where(table.way == OWN, 1.0, spread)
    return Names(
        table, {word: number for number, word in enumerate(table.words)}, weight, own, share.astype(np.float32)
    )


@dataclass(frozen=True, slots=True, eq=False)
class Leads:
    """The sheets to which names lead, each by its best name.

    docs: int32 (n,), increasing. share: float32 (n,) in 0..1, how much the lead says of the sheet. name: int32 (n,),
    the number of the name in its NameTable.
    """

    docs: Ints
    share: Floats
    name: Ints


NO_NAMES: Final[Ints] = np.zeros(0, np.int32)
NO_LEADS: Final = Leads(NO_NAMES, np.zeros(0, np.float32), NO_NAMES)

Asked = Sequence[tuple[Sequence[str], float]]
"""The words of a query: the terms that each may stand for, and its weight."""


def like(names: Names, asked: Asked) -> tuple[Ints, Floats]:
    """The names that hold a word of the query: int32 (n,), and their likeness to it (see `ranking`): float32 (n,)."""
    table = names.table
    together = np.zeros(len(table.labels), dtype=np.float32)
    for terms, _ in asked:
        places = _places(names, terms)
        if len(places) == 1:
            together[_holding(table, places[0])] += names.idf[places[0]]
        elif places:
            best = np.zeros(len(table.labels), dtype=np.float32)
            for place in places:
                rows = _holding(table, place)
                best[rows] = np.maximum(best[rows], names.idf[place])
            together += best
    # On booleans: numpy takes ten times as long to find what is not 0 among floats.
    touched = (together > 0).nonzero()[0].astype(np.int32)
    shared = together[touched]
    whole = sum(weight for _, weight in asked)
    return touched, np.minimum(shared * shared / (names.weight[touched] * np.float32(whole or 1.0)), np.float32(1.0))


def leads(names: Names, asked: Asked, least: float) -> Leads:
    """The sheets to which names lead whose likeness to the query is `least` or more; each by its best name."""
    touched, likeness = like(names, asked)
    kept = likeness >= least
    return _reached_by(names, touched[kept], likeness[kept])


def _reached_by(names: Names, rows: Ints, worth: Floats, every: bool = False) -> Leads:
    """The sheets that these names reach, each by its best name; a sheet's own title counts only if `every`.

    rows: the numbers of the names. worth: float32 of the same shape, by which the share of each name is multiplied.
    """
    if not len(rows):
        return NO_LEADS
    table = names.table
    pair, counts = arrays.rows(table.doc_start, rows, len(table.doc))
    share = worth.repeat(counts) * names.share[pair]
    docs, name = table.doc[pair], rows.repeat(counts)
    if not every:
        led = table.way[pair] != OWN
        docs, share, name = docs[led], share[led], name[led]
    return _best_of_each(docs, share, name)


def _best_of_each(docs: Ints, share: Floats, name: Ints) -> Leads:
    """The best lead of each sheet."""
    if not len(docs):
        return NO_LEADS
    order = np.lexsort((name, -share, docs))
    order = order[arrays.beginnings(docs[order])]
    return Leads(docs[order], share[order], name[order])


def standing_in(names: Names, terms: Collection[str]) -> frozenset[str]:
    """The words of the names that stand among these terms: names of two words whole, longer ones but for one word."""
    table = names.table
    places = _places(names, terms)
    if not places:
        return frozenset()
    rows, held = arrays.distinct(np.concatenate([_holding(table, place) for place in places]))
    size = table.size[rows]
    rows = rows[(size > 1) & (held >= size - (size > 2))]
    return frozenset(table.words[place] for place in places if arrays.among(rows, _holding(table, place)).any())


def within(names: Names, part: Collection[str], terms: Collection[str]) -> bool:
    """Whether these words (`part`) are the whole title of a sheet, or belong to a longer name whose words all are
    among the terms."""
    rows = _standing(names, [(term,) for term in part], terms)
    return bool((names.table.size[rows] > len(part)).any()) or bool(_own(names, rows))


def whole(names: Names, words: Sequence[Sequence[str]], ordinary: frozenset[str]) -> tuple[int, ...]:
    """The sheets of which a title stands whole among the words, beside ordinary ones alone.

    words: the terms that each may stand for.
    """
    telling = [terms for terms in words if ordinary.isdisjoint(terms)]
    return tuple(sorted(_own(names, _standing(names, telling, set(chain.from_iterable(words))))))


def _own(names: Names, rows: Ints) -> set[int]:
    """The sheets that have one of these names as their title."""
    table = names.table
    pairs = (pair for name in rows.tolist() for pair in range(*table.doc_start[name : name + 2].tolist()))
    return {int(table.doc[pair]) for pair in pairs if table.way[pair] == OWN}


def _standing(names: Names, words: Sequence[Sequence[str]], terms: Collection[str]) -> Ints:
    """The numbers of the names of which all words are among the terms, and that hold a term of each of `words`."""
    table = names.table
    places = _places(names, terms)
    if not words:
        return _contained(names, places)
    held = [[_holding(table, place) for place in _places(names, each)] for each in words]
    if not all(held):
        return NO_NAMES
    # The rarest first: few names are left to be looked for among those of the others.
    held.sort(key=lambda each: sum(map(len, each)))
    rows = held[0][0] if len(held[0]) == 1 else arrays.distinct(np.concatenate(held[0]))[0]
    rows = rows[table.size[rows] <= len(places)]
    for each in held[1:]:
        if not len(rows):
            return rows
        rows = rows[reduce(np.logical_or, [arrays.among(rows, names_held) for names_held in each])]
    standing = np.zeros(len(rows), dtype=np.int32)
    for place in places if len(rows) else ():
        standing += arrays.among(rows, _holding(table, place))
    whole_names: Ints = rows[standing == table.size[rows]]
    return whole_names


def _places(names: Names, terms: Iterable[str]) -> list[int]:
    """The numbers of those of these terms that a name holds."""
    return [place for term in terms if (place := names.place.get(term)) is not None]


def of_jobs(names: Names, jobs: tuple[str, ...]) -> Leads:
    """The sheets that these names of jobs reach, titles of sheets and names from outside alike.

    jobs: the most typical first; each further one counts LESS_TYPICAL less.
    """
    # Kept, because the lines of spoken words are asked again and again; there are a few thousand of them.
    if jobs not in names.led:
        rows = [_of_words(names, _terms(job)) for job in jobs]
        worth = [max(1.0 - LESS_TYPICAL * place, LEAST_TYPICAL) for place in range(len(jobs))]
        shares = np.repeat(np.array(worth, dtype=np.float32), [len(each) for each in rows])
        names.led[jobs] = _reached_by(names, np.concatenate(rows), shares, every=True)
    return names.led[jobs]


def scaled(leads: Leads, worth: float) -> Leads:
    """The same leads, the share of each multiplied by `worth`."""
    return replace(leads, share=leads.share * np.float32(worth))


def _of_words(names: Names, terms: frozenset[str]) -> Ints:
    """The numbers of the names of exactly these words."""
    places = _places(names, terms)
    if len(places) < len(terms):
        return NO_NAMES
    rows = _contained(names, places)
    same: Ints = rows[names.table.size[rows] == len(terms)]
    return same


def together(found: Sequence[Leads]) -> Leads:
    """The best lead of each sheet among several Leads."""
    if len(found) == 1:
        return found[0]
    return _best_of_each(
        np.concatenate([each.docs for each in found]),
        np.concatenate([each.share for each in found]),
        np.concatenate([each.name for each in found]),
    )


def at_least(leads: Leads, least: float) -> Leads:
    """The leads whose share is `least` or more."""
    kept = leads.share >= least
    return leads if kept.all() else Leads(leads.docs[kept], leads.share[kept], leads.name[kept])


def _holding(table: NameTable, place: int) -> Ints:
    """The numbers of the names that hold a word, increasing."""
    held: Ints = table.name[arrays.row(table.start, place)]
    return held


def _contained(names: Names, places: Sequence[int]) -> Ints:
    """The numbers of the names of which all words are among these."""
    table = names.table
    if not places:
        return NO_NAMES
    rows, held = arrays.distinct(np.concatenate([_holding(table, place) for place in places]))
    contained: Ints = rows[held == table.size[rows]]
    return contained


SECTION: Final = "noms"
"""How `matched_in` calls the names from outside."""

SPOKEN: Final = "langage_courant"
"""How `matched_in` calls a spoken word that stands for the job."""


def found_by(leads: Leads, noms: Mapping[int, Nom], docs: Ints) -> dict[int, tuple[str, ...]]:
    """What led to each of these documents, as `matched_in` tells it; a document to which nothing led is not there.

    noms: the names from outside among what led (see `names_of`).
    """
    led = set(leads.docs.tolist())
    return {doc: (SECTION if doc in noms else SPOKEN,) for doc in docs.tolist() if doc in led}


def names_of(leads: Leads, names: Names, docs: Ints) -> dict[int, Nom]:
    """The name from outside that led to each of these documents, by document; only those to which one led."""
    table = names.table
    if not len(leads.docs):
        return {}
    led = dict(zip(leads.docs.tolist(), leads.name.tolist(), strict=True))
    return {
        doc: Nom(table.labels[led[doc]], table.sources[led[doc]], BY_CODE if _way(table, led[doc], doc) >= CODE else "")
        for doc in docs.tolist()
        if doc in led and table.sources[led[doc]]
    }


BY_CODE: Final = "code"
"""The `code` of a name that led to a sheet by its ROME code alone: the job is near, not the same."""


def by_code_alone(leads: Leads, names: Names) -> bool:
    """Whether there are leads and all go by a ROME code or its domain: then no sheet is about what was asked."""
    pairs = zip(leads.name.tolist(), leads.docs.tolist(), strict=True)
    return bool(len(leads.docs)) and all(_way(names.table, name, doc) >= CODE for name, doc in pairs)


def _way(table: NameTable, name: int, doc: int) -> int:
    """How a name reaches a document that it does reach."""
    rows = arrays.row(table.doc_start, name)
    return int(table.way[rows.start + table.doc[rows].tolist().index(doc)])


def lost_targets(fiches: Sequence[Fiche]) -> tuple[tuple[str, str], ...]:
    """The spoken words that stand for what these sheets do not hold (see `spoken.lost`), each with that target."""
    texts = (block_text(block) for fiche in fiches for field in FIELDS for block in field.blocks(fiche))
    words = {token.term for text in texts for token in tokens(text)}
    return spoken.lost(frozenset(_by_title(fiches)), words)
