"""Finding sheets. In: a Snapshot, a Query. Out: a page of hits, a total, the ids of all sheets found, similar sheets.

    text -> understanding -> matching -> filters -> order -> excerpts

Everything here reads one snapshot: an answer never mixes two generations.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial, reduce
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search.arrays import Bits, Ints
from search.embedded import excerpts, filters, similar
from search.embedded.matching import ALL_FIELDS, Matches, excluding, match, members
from search.embedded.snapshot import Snapshot
from search.engine import Hit, Hits, Part, Similar, Understanding
from search.errors import NotFound
from search.fiche import Fiche
from search.fields import FIELDS, RANGE_BY_NAME, RANGES, fields_of_sections
from search.french import name_matching, understanding
from search.french.plan import Plan, Word
from search.index.columns import mask_of, pack, unpack
from search.query import Query
from search.ranking import PARTS, WEIGHTS

LAST: Final = 1 << 32
"""The key of a sheet that does not say what is sorted by: beyond every value, so that it comes last either way."""


def search(snapshot: Snapshot, query: Query, memory: "Memory") -> Hits:
    """One page of hits with facet counts."""
    found = _find(snapshot, query, memory)
    docs = _documents(snapshot, found)
    page = _page(docs, found.matches, snapshot, query)
    return Hits(
        index=snapshot.info,
        total=len(docs),
        hits=tuple(_hits(page, found, snapshot, query)),
        facets=filters.counts(found.bits, found.filters, snapshot.columns.facets, snapshot.facets, query.facets),
        understanding=_understanding(found, page, snapshot),
    )


def total(snapshot: Snapshot, query: Query, memory: "Memory") -> int:
    """How many sheets a query finds."""
    found = _find(snapshot, query, memory)
    return int(np.bitwise_count(filters.restrict(found.bits, found.filters)).sum())


def ids(snapshot: Snapshot, query: Query, memory: "Memory") -> frozenset[str]:
    """The ids of all the sheets that a query finds."""
    docs = _documents(snapshot, _find(snapshot, query, memory))
    return frozenset(snapshot.documents.ids[doc] for doc in docs.tolist())


def fiche(snapshot: Snapshot, id: str) -> Fiche:
    """One sheet. Raises NotFound."""
    return snapshot.fiche(_document(snapshot, id))


def similar_to(snapshot: Snapshot, id: str, limit: int) -> tuple[Similar, ...]:
    """The sheets that the feed names first, then the nearest. Raises NotFound."""
    document = _document(snapshot, id)
    associated = (snapshot.document.get(each.id) for each in snapshot.fiche(document).associes)
    named = [each for each in associated if each is not None and each != document]
    near = similar.nearest(
        snapshot.similar, snapshot.columns.family_matches, snapshot.columns.kin, document, limit + len(named)
    )
    scores = dict(near)
    ordered = [*dict.fromkeys(named), *(each for each, _ in near if each not in named)][:limit]
    return tuple(Similar(snapshot.fiche(each), scores.get(each, 0.0), each in named) for each in ordered)


def _document(snapshot: Snapshot, id: str) -> int:
    if id not in snapshot.document:
        raise NotFound("fiche", id)
    return snapshot.document[id]


@dataclass(frozen=True, slots=True)
class _Found:
    """What a query finds before its page is cut.

    bits: the documents of its words inside its ranges. filters: the documents of each chosen facet, by name.
    fields: the places in FIELDS of those searched. is_limited: whether it has a range or a facet to keep to.
    """

    plan: Plan
    matches: Matches | None
    bits: Bits
    filters: Mapping[str, Bits]
    fields: tuple[int, ...]
    is_limited: bool


@dataclass(frozen=True, slots=True)
class _Matched:
    """What the words of a query find in some fields, whatever its filters."""

    plan: Plan
    matches: Matches | None
    bits: Bits
    fields: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Memory:
    """What was worked out for one request over one snapshot, so that each text is read and matched once.

    plans: by text and typo. matched: by text, typo and dans. chosen: the documents of the choices of a facet, by its
    name and their slugs.
    """

    plans: dict[tuple[str, bool], Plan] = field(default_factory=dict)
    matched: dict[tuple[str, bool, frozenset[str]], _Matched] = field(default_factory=dict)
    chosen: dict[tuple[str, frozenset[str]], Bits] = field(default_factory=dict)


def _find(snapshot: Snapshot, query: Query, memory: Memory) -> _Found:
    key = (query.text, query.typo, query.dans)
    if key not in memory.matched:
        memory.matched[key] = _match(snapshot, _read(snapshot, query, memory), query.dans)
    matched = memory.matched[key]
    limits = filters.in_ranges(query, snapshot.documents.lowest, snapshot.documents.highest)
    bits = reduce(np.bitwise_and, limits, matched.bits)
    chosen = filters.chosen(query, snapshot.columns.facets, snapshot.facets, memory.chosen)
    return _Found(
        plan=matched.plan,
        matches=matched.matches,
        bits=bits,
        filters=chosen,
        fields=matched.fields,
        is_limited=bool(limits or chosen),
    )


def _read(snapshot: Snapshot, query: Query, memory: Memory) -> Plan:
    key = (query.text, query.typo)
    if key not in memory.plans:
        memory.plans[key] = understanding.read(query.text, snapshot.vocabulary, query.typo)
    return memory.plans[key]


def _match(snapshot: Snapshot, plan: Plan, sections: frozenset[str]) -> _Matched:
    plan = plan.inside(sections)
    names = fields_of_sections(sections)
    fields = ALL_FIELDS if not sections else tuple(n for n, each in enumerate(FIELDS) if each.name in names)
    if plan.asks:
        matches = match(plan, snapshot.columns, snapshot.senses, fields, WEIGHTS)
        return _Matched(plan, matches, pack(mask_of(matches.docs, snapshot.columns.documents)), fields)
    return _Matched(plan, None, pack(excluding(plan, snapshot.columns, fields)), fields)


def _documents(snapshot: Snapshot, found: _Found) -> Ints:
    """The documents found that every filter keeps, increasing: int32 (H,)."""
    if found.matches and not found.is_limited:
        return found.matches.docs
    kept = filters.restrict(found.bits, found.filters)
    return unpack(kept, snapshot.columns.documents).nonzero()[0].astype(np.int32)


def _page(docs: Ints, matches: Matches | None, snapshot: Snapshot, query: Query) -> Ints:
    """The documents of one page, in order."""
    first, last = (query.page - 1) * query.per_page, query.page * query.per_page
    table = snapshot.documents
    if query.sort == "pertinence" and matches is not None:
        every = len(docs) == len(matches.docs)
        scores = matches.scores if every else matches.scores[np.searchsorted(matches.docs, docs)]
        return _best(docs, -scores, table.number, first, last)
    if query.sort in ("nom", "pertinence"):
        return docs[first:last]
    if query.sort == "-nom":
        return docs[::-1][first:last]
    place = RANGES.index(RANGE_BY_NAME[query.sort.removeprefix("-")])
    values = table.lowest[place, docs].astype(np.int64)
    unsaid = values < 0
    values = -values if query.sort.startswith("-") else values
    values[unsaid] = LAST
    return _best(docs, values, table.number, first, last)


def _best(docs: Ints, keys: NDArray[Any], numbers: Ints, first: int, last: int) -> Ints:
    """docs[first:last] in the order of their keys, ties by the number of the sheet."""
    if last < len(docs):
        # Only what may stand on the page is sorted: finding the key of its last sheet takes less than sorting all.
        kept = keys <= np.partition(keys, last - 1)[last - 1]
        docs, keys = docs[kept], keys[kept]
    return docs[np.lexsort((numbers[docs], keys))][first:last]


def _hits(page: Ints, found: _Found, snapshot: Snapshot, query: Query) -> Iterator[Hit]:
    marked = found.plan.marked if query.excerpts else ()
    fiches = [snapshot.fiche(doc) for doc in page.tolist()]
    places = excerpts.occurrences(page, [word.terms for word in marked], snapshot.columns, found.fields)
    bare = (np.bincount(places.sheet, minlength=len(page)) == 0).nonzero()[0]
    if len(bare) and marked:
        # Found by the family of a word alone: what stands for it is marked.
        kin = [members(word.terms, snapshot.columns) for word in marked]
        places = excerpts.joined(places, excerpts.occurrences(page, kin, snapshot.columns, found.fields), bare)
    sheets = [partial(snapshot.text, doc) for doc in page.tolist()]
    quotes = excerpts.quotes(sheets, places, [word.idf for word in marked], query.excerpts)
    rows = np.searchsorted(found.matches.docs, page).tolist() if found.matches else []
    scores = found.matches.scores[rows].tolist() if found.matches else [0.0] * len(page)
    noms = name_matching.names_of(found.plan.leads, snapshot.vocabulary.names, page) if query.excerpts else {}
    ways = name_matching.found_by(found.plan.leads, noms, page) if query.excerpts else {}
    for number, (fiche, score, quoted) in enumerate(zip(fiches, scores, quotes, strict=True)):
        parts = _parts(found.matches, rows[number]) if query.explain and found.matches else ()
        doc = int(page[number])
        sections = quoted.sections or ways.get(doc, ())
        yield Hit(fiche, score, quoted.title, quoted.excerpts, sections, parts, noms.get(doc))


def _parts(matches: Matches, row: int) -> tuple[Part, ...]:
    return tuple(Part(name, PARTS[name], float(scores[row])) for name, scores in matches.parts.items())


def _understanding(found: _Found, page: Ints, snapshot: Snapshot) -> Understanding:
    def held(word: Word) -> Iterator[bool]:
        for term in word.terms:
            places = excerpts.occurrences(page[:1], [(term,)], snapshot.columns, found.fields)
            yield len(places.start) > 0

    return understanding.understanding(found.plan, held, bool(found.matches and found.matches.partial))
