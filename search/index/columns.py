"""The read side: arrays taken from the postings, immutable, memory-mapped.

In: the postings that Whoosh writes, and what the sheets say of titles, diplomas, interests, ROME codes and facets.
Out: tables of arrays, written by `build` and read back by `load`.

Documents are numbered from 0 in the order of their titles, so sorting by title is sorting by number.
N documents, T terms, F fields, P postings (term, document, field), M matches (term, document).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search import arrays
from search.arrays import Bits, Floats, GrowingArray, Ints, Starts
from search.fields import FACETS, FIELDS, Value
from search.folding import fold
from search.french.tokens import broad
from search.index.codec import facet_field
from search.index.gathering import FieldPostings, Gathering
from search.ranking import WEIGHTS, contributions, idf, saturate

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

    code: int64 (most codes of a document, N), places of codes in alphabetical order, -1 past their end.
    code_start: int64 (codes+1,), rows of each code in doc: int32 (pairs,), increasing inside a code.
    """

    code: Starts
    code_start: Starts
    doc: Ints


@dataclass(frozen=True, slots=True)
class FacetLabels:
    """The values of all facets, those of FACETS in order, each facet in display order. V values.

    start: int64 (facets+1,), places of each facet among them. values: V slugs. labels: V labels.
    parents: V slugs, "" for none. ranks: int32 (V,), -1 for none. totals: int32 (V,).
    """

    start: Starts
    values: tuple[str, ...]
    labels: tuple[str, ...]
    parents: tuple[str, ...]
    ranks: Ints
    totals: Ints


@dataclass(frozen=True, slots=True)
class FacetTable(FacetLabels):
    """The same with the documents that have each value, two ways.

    bits: uint64 (ceil(N/64), V): bit d of column v, the lowest first, says that document d has value v.
    held_start: int64 (N+1,), rows of each document in held: int64, the places of its values.
    """

    bits: Bits
    held_start: Starts
    held: Starts


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


def build(folder: Path, gathered: Gathering, facts: Facts) -> None:
    """Write all tables into `folder`, from the postings that Whoosh wrote; in chunks, so memory stays bounded."""
    documents = facts.lengths.shape[1]
    held = np.maximum((facts.lengths > 0).sum(axis=1), 1)
    lengths = LengthTable(facts.lengths, np.maximum(facts.lengths.sum(axis=1) / held, 1.0))
    arrays.save(folder, "lengths", lengths)
    terms = _build_postings(folder, [gathered.field(field.name) for field in FIELDS], lengths)
    arrays.save(folder, "facets", _facets(gathered, documents, facts.facets))
    families = _families(terms)
    arrays.save(folder, "families", families)
    _build_family_matches(folder, families, documents)
    (folder / FREQUENCY).unlink()
    place = {term: number for number, term in enumerate(terms)}
    weights = arrays.load(folder, "matches", MatchTable).idf
    titles = [(doc, terms, other) for doc, titles in enumerate(facts.titles) for terms, other in titles]
    marks = [(doc, terms, False) for doc, marks in enumerate(facts.marks) for terms in marks]
    arrays.save(folder, "titles", _labels(place, weights, titles))
    arrays.save(folder, "marks", _labels(place, weights, marks))
    arrays.save(folder, "forms", _forms(facts.forms))
    arrays.save(folder, "kin", _kin(facts.codes))


def load(folder: Path) -> Columns:
    """All tables, memory-mapped. Raises OSError or ValueError for a missing or cut file."""
    loaded: dict[str, Any] = {name: arrays.load(folder, name, kind) for name, kind in KINDS.items()}
    form_numbers = {form: number for number, form in enumerate(loaded["forms"].forms)}
    return Columns(loaded["lengths"].length.shape[1], form_numbers, **loaded)


def spans(starts: Starts, counts: NDArray[np.signedinteger[Any]]) -> Starts:
    """The numbers starts[i], starts[i]+1 … (counts[i] of them), for all i one after the other: int64."""
    ends = counts.cumsum()
    total = int(ends[-1]) if len(ends) else 0
    numbers: Starts = (starts - (ends - counts)).repeat(counts) + np.arange(total)
    return numbers


def siblings(kin: KinTable, doc: int) -> Ints:
    """The documents that share a ROME code with this one, itself included, increasing; none where it has no code."""
    codes = [code for code in kin.code[:, doc].tolist() if code >= 0]
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
"""Occurrences turned into arrays at once, about; a term's own are never parted."""


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


def _build_postings(folder: Path, fields: Sequence[FieldPostings], lengths: LengthTable) -> Sequence[str]:
    """PostingTable, MatchTable and FREQUENCY. Returns the terms. fields[f] are the postings of FIELDS[f]."""
    terms = sorted(set().union(*(field.terms for field in fields)))
    place = {term: number for number, term in enumerate(terms)}
    numbers = [np.array([place[term] for term in field.terms], dtype=np.int32) for field in fields]
    postings = np.zeros(len(terms), dtype=np.int64)
    matches = np.zeros(len(terms), dtype=np.int64)
    occurrences = np.zeros(len(terms), dtype=np.int64)
    for field, own in zip(fields, numbers, strict=True):
        postings[own] += np.diff(field.start)
        occurrences[own] += np.diff(field.occurrence_start)
    with ExitStack() as opened:

        def grow(name: str, dtype: type, columns: int = 0) -> GrowingArray:
            return opened.enter_context(arrays.growing(folder / name, dtype, columns))

        files = _Files(
            grow("postings.doc.npy", np.int32),
            grow("postings.field.npy", np.uint8),
            grow("postings.occurrence_start.npy", np.int64),
            grow("postings.occurrence.npy", np.int32, 3),
            grow("matches.doc.npy", np.int32),
            grow("matches.impact.npy", np.float32),
            grow(FREQUENCY, np.float32),
        )
        for low, high in _chunks(occurrences):
            matches[low:high] = _write_chunk(files, _of_terms(fields, numbers, low, high), high - low, lengths)
        files.occurrence_start.append(np.array([files.occurrence.rows]))
    arrays.save_words(folder / "postings.terms.txt", terms)
    np.save(folder / "postings.start.npy", np.cumsum([0, *postings], dtype=np.int64))
    np.save(folder / "matches.start.npy", np.cumsum([0, *matches], dtype=np.int64))
    np.save(folder / "matches.idf.npy", idf(lengths.length.shape[1], matches))
    return terms


def _chunks(occurrences: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Runs of terms with about CHUNK occurrences: the first, the end. occurrences: int64 (T,), of each term."""
    run = np.cumsum(occurrences) // CHUNK
    bounds = [*np.flatnonzero(np.diff(run, prepend=-1)).tolist(), len(run)]
    return pairwise(bounds)


@dataclass(frozen=True, slots=True)
class _Gathered:
    """The postings of some terms, in any order: p postings, all of shape (p,) but occurrence, (occurrences, 3).

    term: int32, counted from the first of these terms. field: uint8. doc: int32. count: int32, occurrences of each.
    """

    term: Ints
    field: NDArray[np.uint8]
    doc: Ints
    count: Ints
    occurrence: Ints


def _of_terms(fields: Sequence[FieldPostings], numbers: Sequence[Ints], low: int, high: int) -> _Gathered:
    """What the fields say of the terms from `low` to `high`. numbers[f]: int32, the terms of field f, increasing."""
    pieces = []
    for place, (field, own) in enumerate(zip(fields, numbers, strict=True)):
        first, last = np.searchsorted(own, (low, high)).tolist()
        rows = slice(int(field.start[first]), int(field.start[last]))
        places = slice(int(field.occurrence_start[first]), int(field.occurrence_start[last]))
        term = np.repeat(own[first:last] - low, np.diff(field.start[first : last + 1]))
        number = np.full(len(term), place, dtype=np.uint8)
        pieces.append((term, number, field.doc[rows], field.count[rows], field.occurrence[places]))
    return _Gathered(*map(np.concatenate, zip(*pieces, strict=True)))


def _write_chunk(files: _Files, gathered: _Gathered, terms: int, lengths: LengthTable) -> NDArray[np.int64]:
    """Write the postings of some terms. Returns how many matches each has: int64 (terms,)."""
    order = np.lexsort((gathered.field, gathered.doc, gathered.term))
    first_occurrence = np.cumsum(gathered.count, dtype=np.int64) - gathered.count
    occurrence = gathered.occurrence[spans(first_occurrence[order], gathered.count[order])]
    term, field = gathered.term[order], gathered.field[order]
    doc, count = gathered.doc[order], gathered.count[order]
    weighted = contributions(
        count, lengths.length[field, doc], lengths.mean[field], FIELD_WEIGHTS[field], FIELD_B[field]
    )
    first = np.flatnonzero((np.diff(doc, prepend=-1) != 0) | (np.diff(term, prepend=-1) != 0))
    combined = np.add.reduceat(weighted, first)
    holding = np.bincount(term[first], minlength=terms)
    files.occurrence_start.append(files.occurrence.rows + np.cumsum(count) - count)
    files.doc.append(doc)
    files.field.append(field)
    files.occurrence.append(occurrence)
    files.match_doc.append(doc[first])
    files.impact.append(saturate(combined, idf(lengths.length.shape[1], holding)[term[first]], WEIGHTS.k1))
    files.frequency.append(combined)
    return holding


def _families(terms: Sequence[str]) -> FamilyTable:
    stems = [broad(term) for term in terms]
    place = {stem: number for number, stem in enumerate(sorted(set(stems)))}
    of_term = np.array([place[stem] for stem in stems], dtype=np.int32)
    member = np.argsort(of_term, kind="stable").astype(np.int32)
    start = np.searchsorted(of_term[member], np.arange(len(place) + 1)).astype(np.int64)
    return FamilyTable(of_term, member, start)


def _build_family_matches(folder: Path, families: FamilyTable, documents: int) -> None:
    matches = arrays.load(folder, "matches", MatchTable)
    frequency = arrays.open_array(folder / FREQUENCY)
    starts = [0]
    with (
        arrays.growing(folder / "family_matches.doc.npy", np.int32) as docs,
        arrays.growing(folder / "family_matches.impact.npy", np.float32) as impacts,
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
    held = np.full((max(map(len, codes), default=0), len(codes)), -1, dtype=np.int64)
    for doc, own in enumerate(codes):
        held[: len(own), doc] = [place[code] for code in own]
    row, holder = np.nonzero(held >= 0)
    code = held[row, holder]
    order = np.lexsort((holder, code))
    return KinTable(held, np.searchsorted(code[order], np.arange(len(place) + 1)), holder[order].astype(np.int32))


def _facets(gathered: Gathering, documents: int, facets: Sequence[Sequence[Value]]) -> FacetTable:
    every = [value for values in facets for value in values]
    holders: list[Ints] = [np.zeros(0, dtype=np.int32)] * len(every)
    row = 0
    for facet, values in zip(FACETS, facets, strict=True):
        place = {value.value: row + number for number, value in enumerate(values)}
        postings = gathered.field(facet_field(facet.name))
        for term, (low, high) in zip(postings.terms, pairwise(postings.start.tolist()), strict=True):
            holders[place[term]] = postings.doc[low:high]
        row += len(values)
    bits = np.zeros(((documents + 63) // 64, len(every)), dtype=np.uint64)
    for number, docs in enumerate(holders):
        bits[:, number] = pack(mask_of(docs, documents))
    totals = np.array([len(docs) for docs in holders], dtype=np.int32)
    doc = np.concatenate([np.zeros(0, dtype=np.int32), *holders])
    order = doc.argsort(kind="stable")
    return FacetTable(
        np.cumsum([0, *map(len, facets)], dtype=np.int64),
        tuple(value.value for value in every),
        tuple(value.label for value in every),
        tuple(value.parent or "" for value in every),
        np.array([-1 if value.rank is None else value.rank for value in every], dtype=np.int32),
        totals,
        bits,
        doc[order].searchsorted(np.arange(documents + 1)),
        np.arange(len(every)).repeat(totals)[order],
    )
