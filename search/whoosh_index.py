"""What Whoosh does for us: it writes the index, keeps it, and gives its postings back.

In: a Document a sheet. Out: a Whoosh index in a folder, and `postings`, the whole of it read in the
order of fields and terms, from which `columns` takes its arrays.

The only module that imports Whoosh. Its query parser is never given a reader's words (it can be made
to run for seconds), its searchers are never shared between threads, and it is always opened with the
schema below, never with the pickled one.

A posting's value is one little-endian int32 array of (position, start, length) triples: smaller and
twenty times quicker to decode than Whoosh's own Characters format, which pickles each posting.
"""

from array import array
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from sys import byteorder
from typing import Any

import numpy as np
from numpy.typing import NDArray
from whoosh import fields, formats, index, query
from whoosh.analysis import Analyzer
from whoosh.codec.whoosh3 import W3Codec

from search.fields import FACETS, FIELDS
from search.french import Token

BLOCK = 4096
"""Postings a block: larger than Whoosh's own 128, since posting lists are read whole."""

POSITION_GAP = 8
"""Positions skipped between two blocks, so that no phrase runs across them."""

Reader = Any
"""A Whoosh reader, which has no types."""

Placed = tuple[str, int, int, int]
"""A term with its position in the field, and the start and length of its word in the field's text."""


@dataclass(frozen=True, slots=True)
class Document:
    """What is indexed of one sheet. `fields` and `facets` are keyed by the names of `search.fields`."""

    id: str
    fields: dict[str, list[Placed]]
    facets: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Postings:
    """The postings of one term in one field.

    docs: int32 (n,), increasing. counts: int32 (n,), occurrences in each document.
    occurrences: int32 (sum of counts, 3), rows of position, start, length; empty where not kept.
    """

    term: str
    docs: NDArray[np.int32]
    counts: NDArray[np.int32]
    occurrences: NDArray[np.int32]


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
        return len(value) // 12

    def decode_weight(self, value: bytes) -> float:
        """The frequency, as a weight."""
        return float(len(value) // 12)

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


def write(folder: Path, documents: Iterable[Document], limit_mb: int = 256) -> int:
    """Write the documents, in order, as one segment into an empty folder. Returns how many."""
    codec = W3Codec(blocklimit=BLOCK, compression=0)
    codec.length_stats = False  # one look-up a posting, for a scoring that the arrays do themselves
    writer = index.create_in(str(folder), schema()).writer(limitmb=limit_mb, codec=codec)
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


@contextmanager
def opened(folder: Path) -> Iterator[Reader]:
    """The index in a folder, to read its postings."""
    with index.open_dir(str(folder), schema=schema()).reader() as reader:
        yield reader


def postings(reader: Reader, field: str) -> Iterator[Postings]:
    """The postings of a field, in the order of its terms.

    Reads whole blocks of the pinned Whoosh: its public matcher makes three calls a posting, five times slower.
    """
    if field not in reader.indexed_field_names():
        return
    for term in reader.field_terms(field):
        matcher = reader.postings(field, term)
        blocks: list[NDArray[np.int32]] = []
        values: list[bytes] = []
        while matcher.is_active():
            matcher._read_data()
            gaps, _, kept = matcher._data
            blocks.append(np.cumsum(gaps, dtype=np.int32))
            values += kept or (b"",) * len(gaps)
            matcher._next_block()
        counts = np.fromiter(map(len, values), dtype=np.int32, count=len(values)) // 12
        occurrences = np.frombuffer(b"".join(values), dtype="<i4").astype(np.int32, copy=False)
        docs = blocks[0] if len(blocks) == 1 else np.concatenate(blocks)
        yield Postings(term, docs, counts, occurrences.reshape(-1, 3))


def own_search(folder: Path, wanted: Iterable[query.Query]) -> Iterator[set[int]]:
    """The documents that Whoosh's own search finds for each query: the oracle of the tests."""
    with index.open_dir(str(folder), schema=schema()).searcher() as searcher:
        for each in wanted:
            yield set(searcher.docs_for_query(each))
