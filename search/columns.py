"""The read side: arrays taken from the postings, immutable, memory-mapped.

In: the Whoosh index of a generation, and what the sheets say of titles, diplomas, interests, ROME codes and facets.
Out: tables of arrays, written by `build` and read back by `load`.

Documents are numbered from 0 in the order of their titles, so sorting by title is sorting by number.
N documents, T terms, F fields, P postings (term, document, field), M matches (term, document).
"""

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search import tables, whoosh_index
from search.fields import FACETS, FIELDS, Value
from search.french import broad, fold
from search.ranking import WEIGHTS, contributions, idf, saturate
from search.tables import GrowingArray
from search.whoosh_index import Postings, Reader

Ints = NDArray[np.int32]
Starts = NDArray[np.int64]
Floats = NDArray[np.float32]
Bits = NDArray[np.uint64]

FIELD_WEIGHTS = np.array([field.weight for field in FIELDS])
FIELD_B = np.array([field.b for field in FIELDS])


@dataclass(frozen=True, slots=True)
class PostingTable:
    """Where each term stands. Rows of one term are consecutive, by document, then field.

    terms: T words, sorted. start: int64 (T+1,), rows of term t are start[t]:start[t+1].
    doc: int32 (P,). field: uint8 (P,), place in FIELDS.
    occurrence_start: int64 (P+1,), rows of posting p in occurrence.
    occurrence: int32 (O, 3): position in the field, start in its text, length in code points.
    """

    terms: tuple[str, ...]
    start: Starts
    doc: Ints
    field: NDArray[np.uint8]
    occurrence_start: Starts
    occurrence: Ints


@dataclass(frozen=True, slots=True)
class MatchTable:
    """Which documents hold a term (or a family), and what it brings them over all fields together.

    start: int64 (T+1,). doc: int32 (M,), increasing inside a term. impact: float32 (M,). idf: float32 (T,).
    """

    start: Starts
    doc: Ints
    impact: Floats
    idf: Floats


@dataclass(frozen=True, slots=True)
class FamilyTable:
    """Terms that share a Snowball stem are one family. G families.

    of_term: int32 (T,). member: int32 (T,), terms by family; start: int64 (G+1,), those of each family in it.
    """

    of_term: Ints
    member: Ints
    start: Starts


@dataclass(frozen=True, slots=True)
class FormTable:
    """The accented forms of words that have several of them (pêche, péché). S forms.

    forms: S words, sorted. start: int64 (S+1,). doc: int32, increasing inside a form.
    """

    forms: tuple[str, ...]
    start: Starts
    doc: Ints


@dataclass(frozen=True, slots=True)
class LengthTable:
    """length: int32 (F, N), words in each field. mean: float64 (F,), over the documents that have the field."""

    length: Ints
    mean: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LabelTable:
    """Short labels of sheets (titles, diplomas, interests …) as sets of terms, each once. L labels.

    weight: float32 (L,), sum of the idf of its terms. start: int64 (T+1,), rows of each term in `label`.
    label: int32, those that hold it. doc_start: int64 (L+1,), rows of each label in `doc`. doc: int32, the sheets that
    have it, increasing. other: uint8, of the same shape, 1 where it is not the sheet's own title.
    """

    weight: Floats
    start: Starts
    label: Ints
    doc_start: Starts
    doc: Ints
    other: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class KinTable:
    """The ROME codes of documents.

    code: int32 (N, most codes of a document), places of codes in alphabetical order, -1 past their end.
    code_start: int64 (codes+1,), rows of each code in doc: int32 (pairs,), increasing inside a code.
    """

    code: Ints
    code_start: Starts
    doc: Ints


@dataclass(frozen=True, slots=True)
class FacetTable:
    """The values of all facets, those of FACETS in order, each facet in display order. V values.

    start: int64 (facets+1,), columns of each facet. bits: uint64 (ceil(N/64), V): bit d of column v, the
    lowest first, says that document d has value v. values: V slugs. labels: V labels.
    parents: V slugs, "" for none. ranks: int32 (V,), -1 for none. totals: int32 (V,).
    """

    start: Starts
    bits: Bits
    values: tuple[str, ...]
    labels: tuple[str, ...]
    parents: tuple[str, ...]
    ranks: Ints
    totals: Ints


@dataclass(frozen=True, slots=True)
class Columns:
    """All the tables of a generation; `documents` is N, `form_numbers` the row of each accented form."""

    documents: int
    form_numbers: Mapping[str, int]
    postings: PostingTable
    matches: MatchTable
    families: FamilyTable
    family_matches: MatchTable
    forms: FormTable
    lengths: LengthTable
    titles: LabelTable
    marks: LabelTable
    kin: KinTable
    facets: FacetTable


KINDS: dict[str, type] = {
    "postings": PostingTable,
    "matches": MatchTable,
    "families": FamilyTable,
    "family_matches": MatchTable,
    "forms": FormTable,
    "lengths": LengthTable,
    "titles": LabelTable,
    "marks": LabelTable,
    "kin": KinTable,
    "facets": FacetTable,
}
"""The tables of Columns by name, which is also the beginning of the names of their files."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the sheets say beside their postings, document by document.

    lengths: int32 (F, N), words of each field. titles[d]: (terms, whether it is another appellation) of each
    title. marks[d]: the terms of each diploma, interest and domain. codes[d]: ROME codes. forms: the documents,
    increasing, that hold each accented form. facets[f]: the values of a facet, in display order.
    """

    lengths: Ints
    titles: Sequence[Sequence[tuple[frozenset[str], bool]]]
    marks: Sequence[Sequence[frozenset[str]]]
    codes: Sequence[Sequence[str]]
    forms: Mapping[str, Sequence[int]]
    facets: Sequence[Sequence[Value]]


def build(folder: Path, whoosh: Path, facts: Facts) -> None:
    """Write all tables into `folder`. Postings are streamed to disk in chunks, so memory stays bounded."""
    documents = facts.lengths.shape[1]
    held = np.maximum((facts.lengths > 0).sum(axis=1), 1)
    lengths = LengthTable(facts.lengths, np.maximum(facts.lengths.sum(axis=1) / held, 1.0))
    tables.save(folder, "lengths", lengths)
    with whoosh_index.opened(whoosh) as reader:
        _build_postings(folder, reader, lengths)
        tables.save(folder, "facets", _facets(reader, documents, facts.facets))
    terms = tables.load(folder, "postings", PostingTable).terms
    families = _families(terms)
    tables.save(folder, "families", families)
    _build_family_matches(folder, families, documents)
    (folder / FREQUENCY).unlink()
    place = {term: number for number, term in enumerate(terms)}
    weights = tables.load(folder, "matches", MatchTable).idf
    titles = [(doc, terms, other) for doc, titles in enumerate(facts.titles) for terms, other in titles]
    marks = [(doc, terms, False) for doc, marks in enumerate(facts.marks) for terms in marks]
    tables.save(folder, "titles", _labels(place, weights, titles))
    tables.save(folder, "marks", _labels(place, weights, marks))
    tables.save(folder, "forms", _forms(facts.forms))
    tables.save(folder, "kin", _kin(facts.codes))


def load(folder: Path) -> Columns:
    """All tables, memory-mapped. Raises OSError or ValueError for a missing or cut file."""
    loaded: dict[str, Any] = {name: tables.load(folder, name, kind) for name, kind in KINDS.items()}
    form_numbers = {form: number for number, form in enumerate(loaded["forms"].forms)}
    return Columns(loaded["lengths"].length.shape[1], form_numbers, **loaded)


def spans(starts: Starts, counts: NDArray[np.signedinteger[Any]]) -> Starts:
    """The numbers starts[i], starts[i]+1 … (counts[i] of them), for all i one after the other: int64."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(starts - (ends - counts), counts) + np.arange(total)


def siblings(kin: KinTable, doc: int) -> Ints:
    """The documents that share a ROME code with this one, itself included, increasing; none where it has no code."""
    codes = [code for code in kin.code[doc].tolist() if code >= 0]
    held = [kin.doc[slice(*kin.code_start[code : code + 2].tolist())] for code in codes]
    return np.unique(np.concatenate([np.zeros(0, dtype=np.int32), *held]))


def pack(mask: NDArray[np.bool_]) -> Bits:
    """A mask of documents, bool (N,), as bits, the lowest first: uint64 (ceil(N/64),)."""
    packed = np.zeros((len(mask) + 63) // 64 * 8, dtype=np.uint8)
    octets = np.packbits(mask, bitorder="little")
    packed[: len(octets)] = octets
    return packed.view(np.uint64)


def unpack(bits: Bits, documents: int) -> NDArray[np.bool_]:
    """The reverse of `pack`: bool (N,)."""
    return np.unpackbits(np.ascontiguousarray(bits).view(np.uint8), count=documents, bitorder="little").view(np.bool_)


def mask_of(docs: Ints, documents: int) -> NDArray[np.bool_]:
    """A set of documents as a mask: bool (N,)."""
    mask = np.zeros(documents, dtype=np.bool_)
    mask[docs] = True
    return mask


FREQUENCY = "frequency.npy"
"""tf~ of each match, float32 (M,), kept only while the families are built from it."""


CHUNK: Final = 2_000_000
"""Occurrences turned into arrays at once; a term's own are never parted."""


@dataclass(frozen=True, slots=True)
class _Files:
    """The arrays of PostingTable and MatchTable, as they grow."""

    doc: GrowingArray
    field: GrowingArray
    occurrence_start: GrowingArray
    occurrence: GrowingArray
    match_doc: GrowingArray
    impact: GrowingArray
    frequency: GrowingArray


def _build_postings(folder: Path, reader: Reader, lengths: LengthTable) -> None:
    terms: list[str] = []
    postings_of: list[Ints] = []
    matches_of: list[Ints] = []
    with ExitStack() as opened:

        def grow(name: str, dtype: type, columns: int = 0) -> GrowingArray:
            return opened.enter_context(tables.growing(folder / name, dtype, columns))

        files = _Files(
            grow("postings.doc.npy", np.int32),
            grow("postings.field.npy", np.uint8),
            grow("postings.occurrence_start.npy", np.int64),
            grow("postings.occurrence.npy", np.int32, 3),
            grow("matches.doc.npy", np.int32),
            grow("matches.impact.npy", np.float32),
            grow(FREQUENCY, np.float32),
        )
        for chunk in _chunks(reader):
            terms += dict.fromkeys(each.term for _, each in chunk)
            postings, matches = _write_chunk(files, chunk, lengths)
            postings_of.append(postings)
            matches_of.append(matches)
        files.occurrence_start.append(np.array([files.occurrence.rows]))
    holding = _joined(matches_of)
    tables.save_words(folder / "postings.terms.txt", terms)
    np.save(folder / "postings.start.npy", np.cumsum([0, *_joined(postings_of)], dtype=np.int64))
    np.save(folder / "matches.start.npy", np.cumsum([0, *holding], dtype=np.int64))
    np.save(folder / "matches.idf.npy", idf(lengths.length.shape[1], holding.astype(np.int64)))


def _joined(pieces: Sequence[Ints]) -> Ints:
    return np.concatenate([np.zeros(0, dtype=np.int32), *pieces])


def _chunks(reader: Reader) -> Iterator[list[tuple[int, Postings]]]:
    """(field, postings) by term, then field, cut between terms when there are enough occurrences."""
    streams = [_numbered(reader, number, field.name) for number, field in enumerate(FIELDS)]
    chunk: list[tuple[int, Postings]] = []
    held = 0
    for term, number, each in heapq.merge(*streams, key=itemgetter(0, 1)):
        if held >= CHUNK and chunk[-1][1].term != term:
            yield chunk
            chunk, held = [], 0
        chunk.append((number, each))
        held += len(each.occurrences)
    if chunk:
        yield chunk


def _numbered(reader: Reader, number: int, field: str) -> Iterator[tuple[str, int, Postings]]:
    for each in whoosh_index.postings(reader, field):
        yield each.term, number, each


def _write_chunk(files: _Files, chunk: Sequence[tuple[int, Postings]], lengths: LengthTable) -> tuple[Ints, Ints]:
    """Write the postings of some terms. Returns how many postings and matches each term has: int32 (terms,) each."""
    place = {term: number for number, term in enumerate(dict.fromkeys(each.term for _, each in chunk))}
    sizes = [len(each.docs) for _, each in chunk]
    term = np.repeat(np.array([place[each.term] for _, each in chunk], dtype=np.int32), sizes)
    field = np.repeat(np.array([number for number, _ in chunk], dtype=np.uint8), sizes)
    doc = np.concatenate([each.docs for _, each in chunk])
    count = np.concatenate([each.counts for _, each in chunk])
    occurrence = np.concatenate([each.occurrences for _, each in chunk])
    order = np.lexsort((field, doc, term))
    first_occurrence = np.cumsum(count, dtype=np.int64) - count
    occurrence = occurrence[spans(first_occurrence[order], count[order])]
    term, field, doc, count = term[order], field[order], doc[order], count[order]
    weighted = contributions(
        count, lengths.length[field, doc], lengths.mean[field], FIELD_WEIGHTS[field], FIELD_B[field]
    )
    first = np.flatnonzero((np.diff(doc, prepend=-1) != 0) | (np.diff(term, prepend=-1) != 0))
    combined = np.add.reduceat(weighted, first)
    holding = np.bincount(term[first], minlength=len(place))
    term_idf = idf(lengths.length.shape[1], holding)
    files.occurrence_start.append(files.occurrence.rows + np.cumsum(count) - count)
    files.doc.append(doc)
    files.field.append(field)
    files.occurrence.append(occurrence)
    files.match_doc.append(doc[first])
    files.impact.append(saturate(combined, term_idf[term[first]], WEIGHTS.k1))
    files.frequency.append(combined)
    return np.bincount(term, minlength=len(place)).astype(np.int32), holding.astype(np.int32)


def _families(terms: Sequence[str]) -> FamilyTable:
    stems = [broad(term) for term in terms]
    place = {stem: number for number, stem in enumerate(sorted(set(stems)))}
    of_term = np.array([place[stem] for stem in stems], dtype=np.int32)
    member = np.argsort(of_term, kind="stable").astype(np.int32)
    start = np.searchsorted(of_term[member], np.arange(len(place) + 1)).astype(np.int64)
    return FamilyTable(of_term, member, start)


def _build_family_matches(folder: Path, families: FamilyTable, documents: int) -> None:
    matches = tables.load(folder, "matches", MatchTable)
    frequency = tables.open_array(folder / FREQUENCY)
    starts = [0]
    with (
        tables.growing(folder / "family_matches.doc.npy", np.int32) as docs,
        tables.growing(folder / "family_matches.impact.npy", np.float32) as impacts,
    ):
        for low, high in zip(families.start[:-1].tolist(), families.start[1:].tolist(), strict=True):
            rows = [slice(*matches.start[term : term + 2].tolist()) for term in families.member[low:high].tolist()]
            doc, combined = _sum_by_document(
                np.concatenate([matches.doc[row] for row in rows]), np.concatenate([frequency[row] for row in rows])
            )
            docs.append(doc)
            impacts.append(saturate(combined, idf(documents, np.array([len(doc)])), WEIGHTS.k1))
            starts.append(docs.rows)
    np.save(folder / "family_matches.start.npy", np.array(starts))
    np.save(folder / "family_matches.idf.npy", idf(documents, np.diff(starts)))


def _sum_by_document(docs: Ints, frequency: Floats) -> tuple[Ints, NDArray[np.float64]]:
    order = np.argsort(docs, kind="stable")
    first = np.flatnonzero(np.diff(docs[order], prepend=-1))
    return docs[order][first], np.add.reduceat(frequency[order].astype(np.float64), first)


def _forms(holders: Mapping[str, Sequence[int]]) -> FormTable:
    """The forms whose unaccented spelling stands in the sheets in several ways."""
    ways = Counter(map(fold, holders))
    kept = sorted(form for form in holders if ways[fold(form)] > 1)
    start = np.cumsum([0, *(len(holders[form]) for form in kept)], dtype=np.int64)
    docs = np.fromiter(chain.from_iterable(holders[form] for form in kept), dtype=np.int32, count=int(start[-1]))
    return FormTable(tuple(kept), start, docs)


def _labels(place: dict[str, int], idf: Floats, labels: Sequence[tuple[int, frozenset[str], bool]]) -> LabelTable:
    """From (document, terms, other), by document."""
    number: dict[frozenset[str], int] = {}
    of_label = np.array([number.setdefault(terms, len(number)) for _, terms, _ in labels], dtype=np.int32)
    pairs = sorted((place[term], row) for terms, row in number.items() for term in terms)
    columns = np.array(pairs, dtype=np.int32).reshape(-1, 2)
    term, label = columns[:, 0], np.ascontiguousarray(columns[:, 1])
    order = np.argsort(of_label, kind="stable")
    return LabelTable(
        np.bincount(label, weights=idf[term], minlength=len(number)).astype(np.float32),
        np.searchsorted(term, np.arange(len(place) + 1)).astype(np.int64),
        label,
        np.searchsorted(of_label[order], np.arange(len(number) + 1)).astype(np.int64),
        np.array([doc for doc, _, _ in labels], dtype=np.int32)[order],
        np.array([other for *_, other in labels], dtype=np.uint8)[order],
    )


def _kin(codes: Sequence[Sequence[str]]) -> KinTable:
    place = {code: number for number, code in enumerate(sorted({code for held in codes for code in held}))}
    held = np.full((len(codes), max(map(len, codes), default=0)), -1, dtype=np.int32)
    for doc, own in enumerate(codes):
        held[doc, : len(own)] = [place[code] for code in own]
    holder, column = np.nonzero(held >= 0)
    code = held[holder, column]
    order = np.argsort(code, kind="stable")
    return KinTable(
        held, np.searchsorted(code[order], np.arange(len(place) + 1)).astype(np.int64), holder[order].astype(np.int32)
    )


def _facets(reader: Reader, documents: int, facets: Sequence[Sequence[Value]]) -> FacetTable:
    every = [value for values in facets for value in values]
    bits = np.zeros(((documents + 63) // 64, len(every)), dtype=np.uint64)
    row = 0
    for facet, values in zip(FACETS, facets, strict=True):
        place = {value.value: row + number for number, value in enumerate(values)}
        for each in whoosh_index.postings(reader, whoosh_index.facet_field(facet.name)):
            bits[:, place[each.term]] = pack(mask_of(each.docs, documents))
        row += len(values)
    return FacetTable(
        np.cumsum([0, *map(len, facets)], dtype=np.int64),
        bits,
        tuple(value.value for value in every),
        tuple(value.label for value in every),
        tuple(value.parent or "" for value in every),
        np.array([-1 if value.rank is None else value.rank for value in every], dtype=np.int32),
        np.bitwise_count(bits).sum(axis=0, dtype=np.int32),
    )
