"""Names of jobs that a query holds, and the sheets to which they lead. In: a NameTable, terms of a query. Out: Leads.

A lead is a sheet that a name reaches, with the share of the name's likeness to the query that counts for it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import chain
from typing import Final

import numpy as np

from search import arrays
from search.arrays import Floats, Ints
from search.fiche import Nom
from search.french.names import CODE, SHORT, NameTable, remembered_terms


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


SHARES: Final = (1.0, 1.0, 1.0, 0.8, 0.45, 0.4)
"""What a name is worth by its way: OWN, OTHER, SHORT, GROUP, CODE, DOMAIN. Tuned on the dev half of the
people's queries, as all weights of names and spoken words (docs/relevance.md)."""

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
    share = np.array(SHARES)[table.way] / np.where(table.way <= SHORT, 1.0, spread)
    return Names(
        table=table,
        place={word: number for number, word in enumerate(table.words)},
        weight=weight,
        idf=own,
        share=share.astype(np.float32),
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
NO_LEADS: Final = Leads(docs=NO_NAMES, share=np.zeros(0, np.float32), name=NO_NAMES)

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
        led = table.way[pair] > SHORT
        docs, share, name = docs[led], share[led], name[led]
    return _best_of_each(docs, share, name)


def _best_of_each(docs: Ints, share: Floats, name: Ints) -> Leads:
    """The best lead of each sheet."""
    if not len(docs):
        return NO_LEADS
    order = np.lexsort((name, -share, docs))
    order = order[arrays.beginnings(docs[order])]
    return Leads(docs=docs[order], share=share[order], name=name[order])


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
    return bool((names.table.size[rows] > len(part)).any()) or any(_own(names, name) for name in rows.tolist())


def is_title(names: Names, terms: Collection[str]) -> bool:
    """Whether a sheet has a title of exactly these words."""
    return any(_own(names, name) for name in _of_words(names, terms).tolist())


WHOLE: Final = (1.5, 0.9, 0.6)
"""What a title that stands whole in a query is worth to its sheet: its own, another appellation, one short of its
brackets. Its own more than the same appellation and a diploma nearly of that name bring another sheet together. Tuned
on all titles and appellations beside 36 sets of ordinary words (`tests/test_relevance.py`)."""


def whole(names: Names, words: Sequence[Sequence[str]], ordinary: frozenset[str]) -> dict[int, float]:
    """The sheets of which a title stands whole among the words, beside ordinary ones alone, and what that is worth.

    Of several titles the one whose words stand together counts, then the longest ("responsable de formation"); what is
    in its shadow ("responsable") is found, and brings nothing. words: the terms that each may stand for, in order.
    """
    telling = [terms for terms in words if ordinary.isdisjoint(terms)]
    rows = _standing(names, telling, set(chain.from_iterable(words)))
    owned = {name: own for name in rows.tolist() if (own := _own(names, name))}
    found = dict.fromkeys(chain.from_iterable(owned.values()), 0.0)
    standing = {name: _stands(names, name, words) for name in owned} if len(owned) > 1 else {}
    best = max(standing.values(), default=None)
    counted = [owned[name] for name in owned if standing.get(name) == best]
    for doc, worth in chain.from_iterable(each.items() for each in counted):
        found[doc] = max(found[doc], worth)
    return found


def _stands(names: Names, name: int, words: Sequence[Sequence[str]]) -> tuple[bool, int]:
    """Whether the words of a name stand together in a query, and how many they are."""
    held = [any(name in _holding(names.table, place) for place in _places(names, terms)) for terms in words]
    size = int(names.table.size[name])
    return any(all(held[at : at + size]) for at in range(len(held) - size + 1)), size


def _own(names: Names, name: int) -> dict[int, float]:
    """The sheets that have this name as a title, and what it is worth to each."""
    table = names.table
    pairs = range(*table.doc_start[name : name + 2].tolist())
    return {int(table.doc[pair]): WHOLE[table.way[pair]] for pair in pairs if table.way[pair] <= SHORT}


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
        rows = [_of_words(names, remembered_terms(job)) for job in jobs]
        worth = [max(1.0 - LESS_TYPICAL * place, LEAST_TYPICAL) for place in range(len(jobs))]
        shares = np.repeat(np.array(worth, dtype=np.float32), [len(each) for each in rows])
        names.led[jobs] = _reached_by(names, np.concatenate(rows), shares, every=True)
    return names.led[jobs]


def scaled(leads: Leads, worth: float) -> Leads:
    """The same leads, the share of each multiplied by `worth`."""
    return replace(leads, share=leads.share * np.float32(worth))


def _of_words(names: Names, terms: Collection[str]) -> Ints:
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
    if kept.all():
        return leads
    return Leads(docs=leads.docs[kept], share=leads.share[kept], name=leads.name[kept])


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
