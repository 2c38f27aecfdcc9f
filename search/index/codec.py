"""What Whoosh does for us: it writes the index and keeps it.

In: a Document a sheet. Out: a Whoosh index in a folder; and each term with its postings, in the order in which
Whoosh writes them, from which `columns` takes its arrays.

The only module that imports Whoosh. Its query parser is never given a reader's words (it can be made
to run for seconds), its searchers are never shared between threads, and it is always opened with the
schema below, never with the pickled one.

A posting's value is one little-endian int32 array of (position, start, length) triples: smaller and
twenty times quicker to decode than Whoosh's own Characters format, which pickles each posting. Postings are
held and written a term at a time, where Whoosh's own pool and writer go through them one by one.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from sys import byteorder
from typing import Any

import numpy as np
from whoosh import fields, formats, index, query, writing
from whoosh.analysis import Analyzer
from whoosh.codec.whoosh3 import W3Codec, W3FieldWriter

from search.fields import FACETS, FIELDS
from search.french.tokens import Token

BLOCK = 4096
"""Postings a block: larger than Whoosh's own 128, since posting lists are read whole."""

POSITION_GAP = 8
"""Positions skipped between two blocks, so that no phrase runs across them."""

TRIPLE = 12
"""Octets of an occurrence in a posting's value."""

Placed = tuple[str, int, int, int]
"""A term with its position in the field, and the start and length of its word in the field's text."""


@dataclass(frozen=True, slots=True)
class Document:
    """What is indexed of one sheet. `fields` and `facets` are keyed by the names of `search.fields`."""

    id: str
    fields: dict[str, list[Placed]]
    facets: dict[str, tuple[str, ...]]


Taken = Callable[[str, str, "array[int]", list[bytes]], None]
"""What is told of each field and term, in order: its documents, increasing, and the value of each posting."""


def place(blocks: Iterable[list[Token]], starts: Iterable[int]) -> list[Placed]:
    """The tokens of a field's blocks with their positions; starts[i] is where block i begins in the field's text.

    A token that begins where the one before it does (the acronym of an expansion) has the same position.
    """
    placed: list[Placed] = []
    position = 0
    for tokens, offset in zip(blocks, starts, strict=True):
        before = -1
        for token in tokens:
            position += token.start != before
            before = token.start
            placed.append((token.term, position, token.start + offset, token.end - token.start))
        position += POSITION_GAP
    return placed


class Occurrences(formats.Format):  # type: ignore[misc]
    """Postings whose value says where each occurrence stands; takes terms already made."""

    def word_values(
        self, value: list[Placed], analyzer: object, **kwargs: object
    ) -> Iterator[tuple[str, int, float, bytes]]:
        """(term, frequency, weight, value) of each term of a field."""
        places: dict[str, array[int]] = {}
        for term, position, start, length in value:
            found = places.get(term)
            if found is None:
                found = places[term] = array("i")
            found.extend((position, start, length))
        for term, found in places.items():
            if byteorder == "big":
                found.byteswap()
            count = len(found) // 3
            yield term, count, float(count), found.tobytes()

    def decode_frequency(self, value: bytes) -> int:
        """Occurrences of the term in the document."""
        return len(value) // TRIPLE

    def decode_weight(self, value: bytes) -> float:
        """The frequency, as a weight."""
        return float(len(value) // TRIPLE)

    def decode_positions(self, value: bytes) -> list[int]:
        """Positions of the term, increasing: what Whoosh's own phrase search asks for."""
        positions: list[int] = np.frombuffer(value, dtype="<i4")[::3].tolist()
        return positions


class _Terms(fields.FieldType):  # type: ignore[misc]
    """A field of terms made by `search.french`; Whoosh analyses nothing."""

    analyzer = Analyzer()
    scorable = True
    stored = False
    unique = False
    vector = None

    def __init__(self) -> None:
        self.format = Occurrences()


class _Values(fields.FieldType):  # type: ignore[misc]
    """A field of whole values, such as the slugs of a facet."""

    analyzer = Analyzer()
    scorable = False
    unique = False
    vector = None

    def __init__(self, stored: bool = False) -> None:
        self.format = formats.Existence()
        self.stored = stored

    def index(self, value: Iterable[str], **kwargs: object) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Each value once."""
        for each in value:
            yield each.encode(), 1, 1.0, b""


def schema() -> fields.Schema:
    """One field a section, one a facet."""
    declared: dict[str, Any] = {field.name: _Terms() for field in FIELDS}
    declared.update({facet_field(facet.name): _Values() for facet in FACETS})
    return fields.Schema(id=fields.STORED(), **declared)


def facet_field(facet: str) -> str:
    """The Whoosh field of a facet."""
    return f"facet_{facet}"


Group = tuple[str, bytes, "array[int]", list[bytes]]
"""A field, a term, its documents and the values of their postings."""


class _Pool(writing.PostingPool):  # type: ignore[misc]
    """Postings held by term until they are written; put aside on disk, sorted, when they outgrow the memory."""

    def __init__(self, tempstore: object, segment: object, limit_mb: int) -> None:
        super().__init__(tempstore, segment, limitmb=limit_mb)
        self._held: dict[tuple[str, bytes], tuple[array[int], list[bytes]]] = {}

    def add(self, item: tuple[str, bytes, int, float, bytes]) -> None:
        field, term, document, _, value = item
        group = self._held.get((field, term))
        if group is None:
            group = self._held[field, term] = (array("I"), [])
            self.currentsize += 400
        group[0].append(document)
        group[1].append(value)
        self.currentsize += len(value) + 48
        if self.currentsize > self.limit:
            self.save()

    def save(self) -> None:
        self._gather()
        super().save()

    def items(self, maxfiles: int = 128) -> Iterable[Group]:
        if not self.runs:
            self._gather()
        groups: Iterable[Group] = super().items(maxfiles)
        return groups

    def _gather(self) -> None:
        self.current = [(*key, *group) for key, group in self._held.items()]
        self._held = {}


class _FieldWriter(W3FieldWriter):  # type: ignore[misc]
    """Writes the groups of a _Pool, those of a term from several runs joined, and tells each term."""

    def __init__(self, codec: object, storage: object, segment: object, taken: Taken) -> None:
        super().__init__(codec, storage, segment)
        self._taken = taken

    def add_postings(self, schema: fields.Schema, lengths: object, items: Iterable[Group]) -> None:
        for field, groups in groupby(items, key=itemgetter(0)):
            self.start_field(field, schema[field])
            for term, runs in groupby(groups, key=itemgetter(1)):
                documents, values = array("I"), list[bytes]()
                for _, _, more_documents, more_values in runs:
                    documents += more_documents
                    values += more_values
                self.start_term(term)
                for start in range(0, len(documents), BLOCK):
                    self._write(documents[start : start + BLOCK], values[start : start + BLOCK])
                self.finish_term()
                self._taken(field, term.decode(), documents, values)
            self.finish_field()

    def _write(self, documents: "array[int]", values: list[bytes]) -> None:
        """One block of postings, at most: the writer keeps it until the next one or the end of the term."""
        writer = self._postwriter
        if writer._ids:
            writer._write_block()
        writer._ids = documents
        writer._weights = array("f", [len(value) // TRIPLE or 1 for value in values])
        writer._values = values if values[0] else []
        writer._maxweight = max(writer._weights)


class _Codec(W3Codec):  # type: ignore[misc]
    length_stats = False  # one look-up a posting, for a scoring that the arrays do themselves

    def __init__(self, taken: Taken) -> None:
        super().__init__(blocklimit=BLOCK, compression=0)
        self._taken = taken

    def field_writer(self, storage: object, segment: object) -> _FieldWriter:
        return _FieldWriter(self, storage, segment, self._taken)

    def __reduce__(self) -> tuple[type, tuple[()]]:
        """Kept in the index as Whoosh's own, which reads what it writes."""
        return W3Codec, ()


def write(folder: Path, documents: Iterable[Document], taken: Taken, limit_mb: int = 256) -> int:
    """Write the documents, in order, as one segment into an empty folder. Returns how many.

    `taken` is told each term of each field, fields by name, terms in order.
    """
    writer = index.create_in(str(folder), schema()).writer(codec=_Codec(taken))
    writer.pool = _Pool(writer._tempstorage, writer.newsegment, limit_mb)
    count = 0
    try:
        for document in documents:
            values: dict[str, Any] = {name: placed for name, placed in document.fields.items() if placed}
            values |= {facet_field(name): slugs for name, slugs in document.facets.items() if slugs}
            writer.add_document(id=document.id, **values)
            count += 1
    except BaseException:
        writer.cancel()
        raise
    writer.commit(merge=False)
    return count


def own_search(folder: Path, wanted: Iterable[query.Query]) -> Iterator[set[int]]:
    """The documents that Whoosh's own search finds for each query: the oracle of the tests."""
    with index.open_dir(str(folder), schema=schema()).searcher() as searcher:
        for each in wanted:
            yield set(searcher.docs_for_query(each))
