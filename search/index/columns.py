"""The read side: arrays taken from the postings, immutable, memory-mapped.

In: the segment that `codec` writes, and what the sheets say of titles, diplomas, interests, ROME codes and facets.
Out: tables of arrays, written by `build` and read back by `load`.

Documents are numbered from 0 in the order of their titles, so sorting by title is sorting by number.
N documents, T terms, F fields, P postings (term, document, field), M matches (term, document). "smallest" stands for
the smallest of `arrays.WIDTHS` that holds the numbers; what is said to be int32 is int64 if it does not fit.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search import arrays
from search.arrays import Bits, Floats, Ints, Starts
from search.fields import FACETS, FIELDS, Value
from search.folding import fold
from search.french.tokens import broad
from search.index.codec import facet_field
from search.index.postings import FacetPostings, LengthTable, PostingTable, first_occurrences
from search.ranking import WEIGHTS, contributions, idf, saturate

FIELD_WEIGHTS = np.array([field.weight for field in FIELDS])
FIELD_B = np.array([field.b for field in FIELDS])


@dataclass(frozen=True, slots=True)
class MatchTable:
    """Which documents hold a term (or a family), and its impact on each (see `ranking`), all fields together.

    start: int32 (T+1,), rows of each term in the two that follow. doc: smallest (M,), increasing inside a term. impact:
    float32 (M,). idf: float32 (T,), of each term.
    """

    start: Starts
    doc: Ints
    impact: Floats
    idf: Floats


@dataclass(frozen=True, slots=True)
class FamilyTable:
    """Terms that share a Snowball stem are one family. G families.

    of_term: smallest (T,), the family of each term. member: smallest (T,), the terms, family by family; start: int32
    (G+1,), rows of each family in it.
    """

    of_term: Ints
    member: Ints
    start: Starts


@dataclass(frozen=True, slots=True)
class FormTable:
    """The documents of the accented forms of words that have several (pêche, péché). S forms.

    forms: S words, sorted. start: int32 (S+1,), rows of each form in doc: smallest, increasing inside a form.
    """

    forms: tuple[str, ...]
    start: Starts
    doc: Ints


@dataclass(frozen=True, slots=True)
class LabelWords:
    """Short labels of sheets (titles, diplomas, interests …) as sets of terms, each once. L labels.

    weight: float32 (L,), sum of the idf of the terms of each. start: int32 (T+1,), rows of each term in the next one.
    label: smallest, the labels that hold each term.
    """

    weight: Floats
    start: Starts
    label: Ints


@dataclass(frozen=True, slots=True)
class LabelTable(LabelWords):
    """The same with the sheets that have each label.

    doc_start: int32 (L+1,), rows of each label in `doc`. doc: smallest, the sheets that have it, increasing.
    other: uint8, of the same shape as doc, 1 if the label is a title of that sheet and not its own one.
    """

    doc_start: Starts
    doc: Ints
    other: NDArray[np.uint8]


OF_LABEL: Final = 2
"""The kind of a label in a NamedTable."""


@dataclass(frozen=True, slots=True)
class NamedTable(LabelWords):
    """Titles, then labels, as one table, so that both are matched by the same calls. It is not stored.

    titles: how many of the L are titles. doc_start: int64 (L+1,), rows of each in `place`: int64, the documents that
    have it, plus N for a label, so that the best title and the best label of each document are found in one array of
    2 N. kind: uint8, of the same shape as place: 0 for the sheet's own title, 1 for another, OF_LABEL for a label.
    """

    titles: int
    doc_start: Starts
    place: NDArray[np.int64]
    kind: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class KinTable:
    """The ROME codes of documents.

    code: int64 (the most codes that a document has, N), numbers of codes in alphabetical order, -1 beyond the last one.
    code_start: int32 (codes+1,), rows of each code in doc: smallest (pairs,), increasing inside a code.
    """

    code: Starts
    code_start: Starts
    doc: Ints


@dataclass(frozen=True, slots=True)
class FacetLabels:
    """The values of all facets, those of FACETS in order, each facet in display order. V values.

    start: int32 (facets+1,), rows of each facet in all that follow. values: V slugs. labels: V labels. parents: V
    slugs, "" for none. ranks: int32 (V,), -1 for none. totals: int32 (V,), the documents that have each.
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
    held_start: int32 (N+1,), rows of each document in held: int64, the places of its values
    (bincount, which adds them up, would turn anything smaller into that at each search).
    """

    bits: Bits
    held_start: Starts
    held: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Columns:
    """All the tables of a generation; `documents` is N, `form_numbers` the row of each accented form.

    mean_length: float64 (F,), words of each field, over the documents that have it.
    """

    documents: int
    form_numbers: Mapping[str, int]
    mean_length: NDArray[np.float64]
    postings: PostingTable
    matches: MatchTable
    families: FamilyTable
    family_matches: MatchTable
    forms: FormTable
    lengths: LengthTable
    titles: LabelTable
    labels: LabelTable
    named: NamedTable
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
    "labels": LabelTable,
    "kin": KinTable,
    "facets": FacetTable,
}
"""The tables of Columns by name, which is also the beginning of the names of their files."""


class Labels:
    """Short labels gathered document by document, each set of terms kept once: a hundred thousand sheets have millions.

    distinct: by the terms of a label, sorted and parted by blanks, its number. label, doc, other: for each label of
    each document, the number of the label, the document, and 1 if the label is a title of it and not its own one.
    """

    def __init__(self) -> None:
        self.distinct: dict[str, int] = {}
        self.label, self.doc, self.other = array("i"), array("i"), bytearray()

    def add(self, doc: int, terms: Iterable[str], other: bool = False) -> None:
        """Take a label of a document; documents come in their order."""
        self.label.append(self.distinct.setdefault(" ".join(sorted(terms)), len(self.distinct)))
        self.doc.append(doc)
        self.other.append(other)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the sheets say beside their postings.

    titles: those of each sheet. labels: its diplomas, interests and domains. codes[d]: ROME codes. forms: the
    documents, increasing, that hold each accented form. facets[f]: the values of a facet, in display order.
    """

    titles: Labels
    labels: Labels
    codes: Sequence[Sequence[str]]
    forms: Mapping[str, Sequence[int]]
    facets: Sequence[Sequence[Value]]


def build(folder: Path, facts: Facts) -> None:
    """Write the tables that are computed from the segment in `folder` and from the facts. Raises OSError."""
    postings = arrays.load(folder, "postings", PostingTable)
    length = arrays.load(folder, "lengths", LengthTable).length
    documents, terms = length.shape[1], postings.terms
    weights = _build_matches(folder, postings, length)
    holders = arrays.load(folder, "facet_postings", FacetPostings)
    arrays.save(folder, "facets", _facets(holders, documents, facts.facets))
    families = _families(terms)
    arrays.save(folder, "families", families)
    _build_family_matches(folder, families, documents)
    (folder / FREQUENCY).unlink()
    place = {term: number for number, term in enumerate(terms)}
    arrays.save(folder, "titles", _labels(place, weights, facts.titles))
    arrays.save(folder, "labels", _labels(place, weights, facts.labels))
    arrays.save(folder, "forms", _forms(facts.forms))
    arrays.save(folder, "kin", _kin(facts.codes))


def load(folder: Path) -> Columns:
    """All tables, memory-mapped. Raises OSError or ValueError for a missing or cut file."""
    loaded: dict[str, Any] = {name: arrays.load(folder, name, kind) for name, kind in KINDS.items()}
    form_numbers = {form: number for number, form in enumerate(loaded["forms"].forms)}
    length = loaded["lengths"].length
    documents = length.shape[1]
    return Columns(
        documents=documents,
        form_numbers=form_numbers,
        mean_length=mean_lengths(length),
        named=_named(loaded["titles"], loaded["labels"], documents),
        **loaded,
    )


def _named(titles: LabelTable, labels: LabelTable, documents: int) -> NamedTable:
    """Titles and labels as one table: labels are numbered after the titles."""
    held = [np.diff(each.start) for each in (titles, labels)]
    term = np.concatenate([np.arange(len(each)).repeat(each) for each in held])
    label = np.concatenate((titles.label, labels.label + np.int64(len(titles.weight))))
    return NamedTable(
        weight=np.concatenate((titles.weight, labels.weight)),
        start=arrays.starts(held[0] + held[1]),
        label=label[term.argsort(kind="stable")],
        titles=len(titles.weight),
        doc_start=np.concatenate((titles.doc_start, labels.doc_start[1:] + np.int64(titles.doc_start[-1]))),
        place=np.concatenate((titles.doc, labels.doc + np.int64(documents))),
        kind=np.concatenate((titles.other, np.full(len(labels.doc), OF_LABEL, np.uint8))),
    )


def mean_lengths(length: Ints) -> NDArray[np.float64]:
    """Words of each field, over the documents that have it, at least 1: float64 (F,). length: (F, N)."""
    having = np.maximum((length > 0).sum(axis=1), 1)
    means: NDArray[np.float64] = np.maximum(length.sum(axis=1, dtype=np.int64) / having, 1.0)
    return means


def siblings(kin: KinTable, doc: int) -> Ints:
    """The documents that share a ROME code with this one, itself included, increasing; none if it has no code."""
    codes = [code for code in kin.code[:, doc].tolist() if code >= 0]
    held = [kin.doc[arrays.row(kin.code_start, code)] for code in codes]
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


POSTINGS_AT_ONCE: Final = 1_000_000
"""About how many postings are worked on together, so that memory stays bounded. Those of one term stay together."""


def _build_matches(folder: Path, postings: PostingTable, length: Ints) -> Floats:
    """Write the MatchTable of the terms, and FREQUENCY. Returns the idf of the terms: float32 (T,).

    length: (F, N), words of each field of each document.
    """
    documents, mean = length.shape[1], mean_lengths(length)
    holding = np.zeros(len(postings.terms), dtype=np.int64)
    with (
        arrays.growing(folder / "matches.doc.npy") as docs,
        arrays.growing(folder / "matches.impact.npy", np.float32) as impacts,
        arrays.growing(folder / FREQUENCY, np.float32) as frequencies,
    ):
        for low, high in _term_runs(postings.start):
            rows = slice(int(postings.start[low]), int(postings.start[high]))
            doc, field = postings.doc[rows], postings.field[rows]
            count = np.diff(first_occurrences(postings, np.arange(rows.start, rows.stop + 1)))
            term = np.arange(low, high).repeat(np.diff(postings.start[low : high + 1]))
            weighted = contributions(count, length[field, doc], mean[field], FIELD_WEIGHTS[field], FIELD_B[field])
            first = np.flatnonzero((np.diff(doc, prepend=-1) != 0) | (np.diff(term, prepend=-1) != 0))
            combined = np.add.reduceat(weighted, first)
            holding[low:high] = np.bincount(term[first] - low, minlength=high - low)
            docs.append(doc[first])
            impacts.append(saturate(combined, idf(documents, holding[low:high])[term[first] - low], WEIGHTS.k1))
            frequencies.append(combined)
    np.save(folder / "matches.start.npy", arrays.starts(holding))
    weights = idf(documents, holding)
    np.save(folder / "matches.idf.npy", weights)
    return weights


def _term_runs(start: Starts) -> Iterator[tuple[int, int]]:
    """Terms in runs of about POSTINGS_AT_ONCE rows: the first term of each run, and the one after its last."""
    run = start[1:] // POSTINGS_AT_ONCE
    return pairwise([*np.flatnonzero(np.diff(run, prepend=-1)).tolist(), len(run)])


def _families(terms: Sequence[str]) -> FamilyTable:
    """The families of these terms, numbered by their stems in alphabetical order."""
    stems = [broad(term) for term in terms]
    place = {stem: number for number, stem in enumerate(sorted(set(stems)))}
    of_term = np.array([place[stem] for stem in stems], dtype=np.int64)
    member = np.argsort(of_term, kind="stable")
    return FamilyTable(
        of_term=arrays.fitted(of_term),
        member=arrays.fitted(member),
        start=arrays.starts(np.bincount(of_term, minlength=len(place))),
    )


def _build_family_matches(folder: Path, families: FamilyTable, documents: int) -> None:
    """Write the MatchTable of the families: all terms of a family count as one word, their tf~ added up."""
    matches = arrays.load(folder, "matches", MatchTable)
    frequency = arrays.open_array(folder / FREQUENCY)
    sizes = np.diff(matches.start)[families.member]
    holding = np.zeros(len(families.start) - 1, dtype=np.int64)
    with (
        arrays.growing(folder / "family_matches.doc.npy") as docs,
        arrays.growing(folder / "family_matches.impact.npy", np.float32) as impacts,
    ):
        for low, high in _term_runs(arrays.starts(sizes)[families.start]):
            members = families.member[int(families.start[low]) : int(families.start[high])]
            place, size = arrays.rows(matches.start, members, len(matches.doc))
            family = families.of_term[members].astype(np.int64).repeat(size) - low
            # lexsort is stable: the tf~ of a document are added up in the order of the terms, so that the last bit of a
            # sum is always the same.
            order = np.lexsort((matches.doc[place], family))
            family, doc, place = family[order], matches.doc[place][order], place[order]
            first = np.flatnonzero((np.diff(doc, prepend=-1) != 0) | (np.diff(family, prepend=-1) != 0))
            combined = np.add.reduceat(frequency[place].astype(np.float64), first)
            holding[low:high] = np.bincount(family[first], minlength=high - low)
            docs.append(doc[first])
            impacts.append(saturate(combined, idf(documents, holding[low:high])[family[first]], WEIGHTS.k1))
    np.save(folder / "family_matches.start.npy", arrays.starts(holding))
    np.save(folder / "family_matches.idf.npy", idf(documents, holding))


def _forms(holders: Mapping[str, Sequence[int]]) -> FormTable:
    """The forms whose unaccented spelling stands in the sheets in several ways."""
    ways = Counter(map(fold, holders))
    kept = sorted(form for form in holders if ways[fold(form)] > 1)
    start = arrays.starts(len(holders[form]) for form in kept)
    docs = np.fromiter(chain.from_iterable(holders[form] for form in kept), dtype=np.int64, count=int(start[-1]))
    return FormTable(forms=tuple(kept), start=start, doc=arrays.fitted(docs))


def _labels(place: dict[str, int], idf: Floats, labels: Labels) -> LabelTable:
    """The table of these labels. place: the number of each term. idf: float32 (T,)."""
    count = len(labels.distinct)
    of_label = np.array(labels.label, dtype=np.int64)
    term, label = array("i"), array("i")
    for terms, number in labels.distinct.items():
        held = [place[each] for each in terms.split(" ")]
        term.extend(held)
        label.extend([number] * len(held))
    by_term = np.lexsort((label, term))
    terms_of, label_of = np.array(term, dtype=np.int64)[by_term], np.array(label, dtype=np.int64)[by_term]
    order = np.argsort(of_label, kind="stable")
    return LabelTable(
        weight=np.bincount(label_of, weights=idf[terms_of], minlength=count).astype(np.float32),
        start=arrays.starts(np.bincount(terms_of, minlength=len(place))),
        label=arrays.fitted(label_of),
        doc_start=arrays.starts(np.bincount(of_label, minlength=count)),
        doc=arrays.fitted(np.array(labels.doc, dtype=np.int64)[order]),
        other=np.frombuffer(labels.other, dtype=np.uint8)[order],
    )


def _kin(codes: Sequence[Sequence[str]]) -> KinTable:
    """The table of the ROME codes of each document."""
    place = {code: number for number, code in enumerate(sorted({code for held in codes for code in held}))}
    held = np.full((max(map(len, codes), default=0), len(codes)), -1, dtype=np.int64)
    for doc, own in enumerate(codes):
        held[: len(own), doc] = [place[code] for code in own]
    row, holder = np.nonzero(held >= 0)
    code = held[row, holder]
    order = np.lexsort((holder, code))
    return KinTable(
        code=held, code_start=arrays.starts(np.bincount(code, minlength=len(place))), doc=arrays.fitted(holder[order])
    )


def _facets(postings: FacetPostings, documents: int, facets: Sequence[Sequence[Value]]) -> FacetTable:
    """The table of the values of all facets. facets: those of each of FACETS, in display order."""
    every = [value for values in facets for value in values]
    bounds = zip(postings.facets, postings.values, pairwise(postings.start.tolist()), strict=True)
    found = {(facet, value): postings.doc[low:high] for facet, value, (low, high) in bounds}
    named = [
        (facet_field(facet.name), each.value) for facet, values in zip(FACETS, facets, strict=True) for each in values
    ]
    holders = [found[name] for name in named]
    bits = np.zeros(((documents + 63) // 64, len(every)), dtype=np.uint64)
    for number, docs in enumerate(holders):
        bits[:, number] = pack(mask_of(docs, documents))
    totals = np.array([len(docs) for docs in holders], dtype=np.int32)
    doc = np.concatenate([np.zeros(0, dtype=np.int64), *holders])
    order = doc.argsort(kind="stable")
    return FacetTable(
        start=arrays.starts(map(len, facets)),
        values=tuple(value.value for value in every),
        labels=tuple(value.label for value in every),
        parents=tuple(value.parent or "" for value in every),
        ranks=np.array([-1 if value.rank is None else value.rank for value in every], dtype=np.int32),
        totals=totals,
        bits=bits,
        held_start=arrays.starts(np.bincount(doc, minlength=documents)),
        held=np.arange(len(every)).repeat(totals)[order],
    )
