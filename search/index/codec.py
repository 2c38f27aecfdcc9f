"""A Whoosh codec whose files are the arrays of the search. In: documents. Out: a segment of `.npy` files, its readers.

A Whoosh codec says how a segment lies on the disk. This one lays it down as the tables of `postings`, so that nothing
is stored twice: Whoosh writes them through its own writer, the server maps them, and Whoosh's own searchers read the
very same files (`searcher`). The index is written whole, as one segment, and never changed afterwards.

The only module that imports Whoosh. Its query parser is never given a reader's words (it can be made to run for
seconds), and its pickled table of contents is opened by `searcher` alone, never to serve.
"""

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from whoosh import fields, formats, index
from whoosh.analysis import Analyzer
from whoosh.codec import base
from whoosh.matching import ListMatcher
from whoosh.reading import TermInfo, TermNotFound
from whoosh.searching import Searcher
from whoosh.writing import PostingPool

from search import arrays
from search.arrays import GrowingArray, GrowingStarts, row, spans
from search.errors import MetiersError
from search.fields import FACETS, FIELDS
from search.index.occurrences import OCCURRENCE_BYTES, Document, Occurrences
from search.index.postings import (
    MOST_POSITIONS,
    FacetPostings,
    LengthTable,
    PostingTable,
    StoredSheets,
    occurrence_counts,
    occurrence_rows,
)

SHEET: Final = "fiche"
"""The stored field: the JSON of a sheet."""

FIELD_NUMBERS: Final = {each.name: number for number, each in enumerate(FIELDS)}

OCCURRENCES_AT_ONCE: Final = 2_000_000
"""About how many occurrences are turned into arrays together, so that memory stays bounded; those of one term stay
together."""

# --- The schema -------------------------------------------------------------------------------------


class OccurrenceFormat(formats.Format):  # type: ignore[misc]
    """A posting whose value holds the occurrences of a term, as `search.index.occurrences` writes them."""

    def decode_frequency(self, value: bytes) -> int:
        """Occurrences of the term in the document."""
        return len(value) // OCCURRENCE_BYTES

    def decode_weight(self, value: bytes) -> float:
        """The frequency, as a weight."""
        return float(len(value) // OCCURRENCE_BYTES)

    def decode_positions(self, value: bytes) -> list[int]:
        """Positions of the term, increasing: what Whoosh's phrase search asks for."""
        positions: list[int] = np.frombuffer(value, dtype=np.int32)[::3].tolist()
        return positions


class TermField(fields.FieldType):  # type: ignore[misc]
    """A field of terms made by `search.french`; Whoosh analyses nothing."""

    analyzer, scorable, stored, unique, vector = Analyzer(), True, False, False, None

    def __init__(self) -> None:
        self.format = OccurrenceFormat()

    def index(self, value: Occurrences, **kwargs: object) -> Iterator[tuple[bytes, int, float, bytes]]:
        """(term, frequency, weight, value) of each term."""
        for term, places in value.items():
            count = len(places) // OCCURRENCE_BYTES
            yield term.encode(), count, float(count), places


class ValueField(fields.FieldType):  # type: ignore[misc]
    """A field of whole values, the slugs of a facet."""

    analyzer, scorable, stored, unique, vector = Analyzer(), False, False, False, None

    def __init__(self) -> None:
        self.format = formats.Existence()

    def index(self, value: Iterable[str], **kwargs: object) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Each value once."""
        for each in value:
            yield each.encode(), 1, 1.0, b""


Whole = Mapping[str, bytes]
"""The terms of a field of a document, each with the value of its posting."""


class WholeTermField(TermField):
    """A TermField that gives all its terms to a TermPool at once: one by one, as Whoosh does, takes twice as long."""

    def index(self, value: Occurrences, **kwargs: object) -> Iterator[tuple[Whole, int, float, bytes]]:  # type: ignore[override]
        """The places of all terms, then their number."""
        count = sum(map(len, value.values())) // OCCURRENCE_BYTES
        yield value, count, float(count), b""


class WholeValueField(ValueField):
    """A ValueField that gives all its values to a TermPool at once."""

    def index(self, value: Iterable[str], **kwargs: object) -> Iterator[tuple[Whole, int, float, bytes]]:  # type: ignore[override]
        """All values."""
        yield dict.fromkeys(value, b""), 1, 1.0, b""


def schema(terms: type[TermField] = TermField, slugs: type[ValueField] = ValueField) -> fields.Schema:
    """One field a section, one a facet, and the sheet itself."""
    declared: dict[str, Any] = {each.name: terms() for each in FIELDS}
    declared |= {facet_field(facet.name): slugs() for facet in FACETS}
    return fields.Schema(**{SHEET: fields.STORED()}, **declared)


def facet_field(facet: str) -> str:
    """The Whoosh field of a facet."""
    return f"facet_{facet}"


def values(document: Document, sheet: bytes) -> dict[str, Any]:
    """What Whoosh is given of a document, by the fields of the schema; `sheet` is what is stored of it."""
    given: dict[str, Any] = {SHEET: sheet}
    given |= {name: places for name, places in document.fields.items() if places}
    given |= {facet_field(name): slugs for name, slugs in document.facets.items() if slugs}
    return given


# --- Writing ----------------------------------------------------------------------------------------

Group = tuple[bytes, str, list[int], list[bytes]]
"""A term, a field, its documents and the values of their postings."""


class TermPool(PostingPool):  # type: ignore[misc]
    """Postings held by term until they are written; beyond a limit of memory they wait on the disk, sorted.

    They come in a whole field of a document at a time. They come out term by term, because the arrays are laid down by
    term; from Whoosh's own pool they come out field by field.
    """

    POSTING_BYTES: Final = 80
    """About how many bytes a posting takes in memory beside its value, its share of its term included."""

    def __init__(self, tempstore: object, segment: object, limit_mb: int) -> None:
        super().__init__(tempstore, segment, limitmb=limit_mb)
        self._held: dict[str, defaultdict[str, list[Any]]] = {}
        """By field and term: documents, each with the value of its posting after it."""

    def add(self, item: tuple[str, Whole, int, float, bytes]) -> None:
        name, values, document, *_ = item
        held = self._held.setdefault(name, defaultdict(list))
        for term, value in values.items():
            held[term] += (document, value)
        self.currentsize += sum(map(len, values.values())) + len(values) * self.POSTING_BYTES
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
        self.current = []
        for name in list(self._held):
            groups = self._held.pop(name)  # freed field by field: all at once would be held twice
            self.current += [(term.encode(), name, group[::2], group[1::2]) for term, group in groups.items()]


class SheetWriter(base.PerDocumentWriter):  # type: ignore[misc]
    """Writes StoredSheets and LengthTable, document by document."""

    def __init__(self, folder: Path, files: ExitStack) -> None:
        self._folder = folder
        self._json = files.enter_context(arrays.growing(folder / "sheets.json.npy", np.uint8))
        self._sizes = array("q")
        self._lengths = array("q")
        self._row: list[int] = []
        self.is_closed = False

    def start_doc(self, docnum: int) -> None:
        self._row = [0] * len(FIELDS)

    def add_field(self, fieldname: str, fieldobj: object, value: bytes | None, length: int) -> None:
        if value is not None:
            self._json.append(np.frombuffer(value, dtype=np.uint8))
            self._sizes.append(len(value))
        elif fieldname in FIELD_NUMBERS:
            self._row[FIELD_NUMBERS[fieldname]] = length

    def finish_doc(self) -> None:
        self._lengths.extend(self._row)

    def close(self) -> None:
        self.is_closed = True
        np.save(self._folder / "sheets.start.npy", arrays.starts(self._sizes))
        length = np.array(self._lengths, dtype=np.int64).reshape(-1, len(FIELDS)).T
        arrays.save(self._folder, "lengths", LengthTable(arrays.fitted(np.ascontiguousarray(length))))


@dataclass(slots=True)
class _Held:
    """The postings of some terms of text, until they are turned into arrays. P postings.

    docs, values: P, the document and the value of each. runs: field number and number of postings, run after run. ends:
    where the postings of each term end. size: the bytes of all values.
    """

    docs: "array[int]" = field(default_factory=lambda: array("I"))
    values: list[bytes] = field(default_factory=list)
    runs: list[tuple[int, int]] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    size: int = 0

    def add(self, number: int, docs: list[int], values: list[bytes]) -> None:
        self.docs.extend(docs)
        self.values += values
        self.runs.append((number, len(docs)))
        self.size += sum(map(len, values))


class TermWriter(base.FieldWriter):  # type: ignore[misc]
    """Writes PostingTable and FacetPostings, from the groups of a TermPool."""

    def __init__(self, folder: Path, files: ExitStack) -> None:
        def grow(name: str, least: type = np.uint8) -> GrowingArray:
            return files.enter_context(arrays.growing(folder / f"postings.{name}.npy", least=least))

        self._folder, self._files = folder, files
        self._doc, self._field = grow("doc"), grow("field")
        self._first = GrowingStarts(grow("occurrence_block", np.int32), grow("occurrence_ahead"))
        self._places = grow("position"), grow("text_start"), grow("length")
        self._terms: list[str] = []
        self._sizes: list[NDArray[np.int64]] = []
        self._facets: dict[tuple[str, str], array[int]] = {}
        self.is_closed = False

    def add_postings(self, schema: fields.Schema, lengths: object, items: Iterable[Group]) -> None:
        held = _Held()
        for term, groups in groupby(items, key=itemgetter(0)):
            before = len(held.docs)
            for _, name, docs, found in groups:
                if name in FIELD_NUMBERS:
                    held.add(FIELD_NUMBERS[name], docs, found)
                else:
                    self._facets.setdefault((name, term.decode()), array("I")).extend(docs)
            if len(held.docs) > before:
                self._terms.append(term.decode())
                held.ends.append(len(held.docs))
            if held.size > OCCURRENCES_AT_ONCE * OCCURRENCE_BYTES:
                self._write(held)
                held = _Held()
        self._write(held)

    def _write(self, held: _Held) -> None:
        """Lay some terms down: their postings by document, then field, and the places in the same order."""
        if not held.docs:
            return
        doc = np.array(held.docs, dtype=np.int64)
        number, run = np.array(held.runs).T
        field_number = number.repeat(run)
        sizes = np.diff(held.ends, prepend=0)
        term = np.arange(len(sizes)).repeat(sizes)
        order = np.lexsort((field_number, doc, term))
        count = np.fromiter(map(len, held.values), dtype=np.int64, count=len(held.values)) // OCCURRENCE_BYTES
        first = count.cumsum() - count
        places = np.frombuffer(b"".join(held.values), dtype=np.int32).reshape(-1, 3)
        if int(places[:, 0].max()) >= MOST_POSITIONS:
            raise MetiersError(f"A section of more than {MOST_POSITIONS:,} words cannot be indexed: shorten it.")
        count = count[order]
        rows = spans(first[order], count, len(places))
        self._sizes.append(sizes)
        self._doc.append(doc[order])
        self._field.append(field_number[order])
        self._first.append(self._places[0].rows + count.cumsum() - count)
        for column, grown in zip(places.T, self._places, strict=True):
            grown.append(column[rows])

    def close(self) -> None:
        self.is_closed = True
        self._first.append(np.array([self._places[0].rows]))
        self._files.close()
        arrays.save_words(self._folder / "postings.terms.txt", self._terms)
        sizes = np.concatenate([np.zeros(0, dtype=np.int64), *self._sizes])
        np.save(self._folder / "postings.start.npy", arrays.starts(sizes))
        names = sorted(self._facets)
        docs = [np.array(self._facets[name], dtype=np.int64) for name in names]
        table = FacetPostings(
            facets=tuple(facet for facet, _ in names),
            values=tuple(value for _, value in names),
            start=arrays.starts(map(len, docs)),
            doc=arrays.fitted(np.concatenate([np.zeros(0, dtype=np.int64), *docs])),
        )
        arrays.save(self._folder, "facet_postings", table)


# --- Reading: what Whoosh's searchers ask for -------------------------------------------------------


class SheetReader(base.PerDocumentReader):  # type: ignore[misc]
    """What Whoosh asks about documents: their lengths and their stored field. Nothing is ever deleted."""

    def __init__(self, folder: Path) -> None:
        self._length = arrays.load(folder, "lengths", LengthTable).length
        self._sheets = arrays.load(folder, "sheets", StoredSheets)

    def doc_count_all(self) -> int:
        return len(self._sheets.start) - 1

    def doc_count(self) -> int:
        return self.doc_count_all()

    def has_deletions(self) -> bool:
        return False

    def is_deleted(self, docnum: int) -> bool:
        return False

    def deleted_docs(self) -> Iterable[int]:
        return ()

    def doc_field_length(self, docnum: int, fieldname: str, default: int = 0) -> int:
        return int(self._length[FIELD_NUMBERS[fieldname], docnum]) if fieldname in FIELD_NUMBERS else default

    def field_length(self, fieldname: str) -> int:
        return int(self._lengths(fieldname).sum())

    def min_field_length(self, fieldname: str) -> int:
        lengths = self._lengths(fieldname)
        return int(lengths.min()) if len(lengths) else 0

    def max_field_length(self, fieldname: str) -> int:
        return int(self._lengths(fieldname).max(initial=0))

    def _lengths(self, fieldname: str) -> NDArray[Any]:
        """The lengths of a field, document by document; 0 for a facet, as Whoosh counts."""
        return self._length[FIELD_NUMBERS[fieldname]] if fieldname in FIELD_NUMBERS else np.zeros(1, dtype=np.int32)

    def stored_fields(self, docnum: int) -> dict[str, bytes]:
        return {SHEET: self._sheets.json[row(self._sheets.start, docnum)].tobytes()}


class PostingMatcher(ListMatcher):  # type: ignore[misc]
    """The postings of a term of a field, as Whoosh's queries walk through them."""

    def copy(self) -> "PostingMatcher":
        # Whoosh's own method leaves out what the scoring asks for.
        return PostingMatcher(
            self._ids, self._weights, self._values, self._format, self._scorer, self._i,
            term=self._term, terminfo=self._terminfo,
        )  # fmt: skip


class TermCursor(base.FieldCursor):  # type: ignore[misc]
    """A cursor over the terms of a field, in their order: Whoosh's fuzzy search moves it."""

    def __init__(self, lexicon: list[str]) -> None:
        self._lexicon, self._place = lexicon, 0

    def first(self) -> str | None:
        self._place = 0
        return self.text()

    def find(self, string: str) -> str | None:
        self._place = bisect_left(self._lexicon, string)
        return self.text()

    def next(self) -> str | None:
        self._place += 1
        return self.text()

    def text(self) -> str | None:
        """The term at this place, None after the last one."""
        return self._lexicon[self._place] if self._place < len(self._lexicon) else None


class TermReader(base.TermsReader):  # type: ignore[misc]
    """The terms of the fields and the values of the facets, with their postings."""

    def __init__(self, folder: Path) -> None:
        self._postings = arrays.load(folder, "postings", PostingTable)
        self._facets = arrays.load(folder, "facet_postings", FacetPostings)
        self._length = arrays.load(folder, "lengths", LengthTable).length
        self._numbers = {term: number for number, term in enumerate(self._postings.terms)}
        names = zip(self._facets.facets, self._facets.values, strict=True)
        self._facet_rows = {name: number for number, name in enumerate(names)}
        self._lexicon = self._lexicons()

    def _lexicons(self) -> Mapping[str, list[str]]:
        """The terms of each field that has any, sorted, the fields in the order of their names."""
        term = np.arange(len(self._postings.terms)).repeat(np.diff(self._postings.start))
        found: dict[str, list[str]] = {facet: [] for facet, _ in self._facet_rows}
        for facet, value in self._facet_rows:
            found[facet].append(value)
        for name, number in FIELD_NUMBERS.items():
            held = np.unique(term[self._postings.field == number]).tolist()
            found[name] = [self._postings.terms[each] for each in held]
        return {name: found[name] for name in sorted(found) if found[name]}

    def _rows(self, fieldname: str, text: bytes) -> slice | NDArray[np.int64] | None:
        """The rows of a term of a field: of FacetPostings for a facet, else of PostingTable."""
        if fieldname not in FIELD_NUMBERS:
            value = self._facet_rows.get((fieldname, text.decode()))
            return None if value is None else row(self._facets.start, value)
        number = self._numbers.get(text.decode())
        if number is None:
            return None
        held = row(self._postings.start, number)
        rows = (self._postings.field[held] == FIELD_NUMBERS[fieldname]).nonzero()[0] + held.start
        return rows if len(rows) else None

    def __contains__(self, term: tuple[str, bytes]) -> bool:
        return self._rows(*term) is not None

    def cursor(self, fieldname: str, fieldobj: object) -> TermCursor:
        return TermCursor(self._lexicon.get(fieldname, []))

    def indexed_field_names(self) -> Iterable[str]:
        return list(self._lexicon)

    def terms(self) -> Iterator[tuple[str, bytes]]:
        return ((name, term.encode()) for name, lexicon in self._lexicon.items() for term in lexicon)

    def terms_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[str, bytes]]:
        for name, lexicon in self._lexicon.items():
            if name >= fieldname:
                first = bisect_left(lexicon, prefix.decode()) if name == fieldname else 0
                yield from ((name, term.encode()) for term in lexicon[first:])

    def items(self) -> Iterator[tuple[tuple[str, bytes], TermInfo]]:
        return ((term, self.term_info(*term)) for term in self.terms())

    def items_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[tuple[str, bytes], TermInfo]]:
        return ((term, self.term_info(*term)) for term in self.terms_from(fieldname, prefix))

    def term_info(self, fieldname: str, text: bytes) -> TermInfo:
        """Raises KeyError for an unknown term: Whoosh's reader turns that into its own error."""
        rows = self._rows(fieldname, text)
        if rows is None:
            raise KeyError(text)
        if isinstance(rows, slice):
            docs = self._facets.doc[rows]
            return TermInfo(float(len(docs)), len(docs), 0, 0, 1.0, int(docs[0]), int(docs[-1]))
        docs, count = self._postings.doc[rows], occurrence_counts(self._postings, rows)
        length = self._length[FIELD_NUMBERS[fieldname], docs]
        return TermInfo(
            weight=float(count.sum()),
            df=len(docs),
            minlength=int(length.min()),
            maxlength=int(length.max()),
            maxweight=float(count.max()),
            minid=int(docs[0]),
            maxid=int(docs[-1]),
        )

    def frequency(self, fieldname: str, text: bytes) -> float:
        return float(self.term_info(fieldname, text).weight())

    def doc_frequency(self, fieldname: str, text: bytes) -> int:
        return int(self.term_info(fieldname, text).doc_frequency())

    def matcher(self, fieldname: str, text: bytes, format_: formats.Format, scorer: object = None) -> PostingMatcher:
        """Raises TermNotFound for an unknown term: queries take it for no documents."""
        rows = self._rows(fieldname, text)
        if rows is None:
            raise TermNotFound(f"{fieldname}:{text!r}")
        known = {"scorer": scorer, "term": (fieldname, text), "terminfo": self.term_info(fieldname, text)}
        if isinstance(rows, slice):
            docs = self._facets.doc[rows].tolist()
            return PostingMatcher(docs, [1.0] * len(docs), None, format_, **known)
        table = self._postings
        places, count = occurrence_rows(table, rows)
        columns = [each[places] for each in (table.position, table.text_start, table.length)]
        value = np.stack(columns, axis=1).astype(np.int32).tobytes()
        ends = (count.cumsum() * OCCURRENCE_BYTES).tolist()
        found = [value[low:high] for low, high in zip([0, *ends], ends, strict=False)]
        return PostingMatcher(table.doc[rows].tolist(), count.astype(float).tolist(), found, format_, **known)


# --- The codec --------------------------------------------------------------------------------------


class ArraySegment(base.Segment):  # type: ignore[misc]
    """What Whoosh's table of contents remembers: how many documents there are."""

    def __init__(self, indexname: str) -> None:
        super().__init__(indexname)
        self._documents = 0

    def codec(self) -> "ArrayCodec":
        return ArrayCodec()

    def should_assemble(self) -> bool:
        return False

    def set_doc_count(self, doccount: int) -> None:
        self._documents = doccount

    def doc_count_all(self) -> int:
        return self._documents

    def deleted_count(self) -> int:
        return 0

    def deleted_docs(self) -> Iterable[int]:
        return ()

    def is_deleted(self, docnum: int) -> bool:
        return False


class ArrayCodec(base.Codec):  # type: ignore[misc]
    """Segments that are plain arrays, one an index."""

    length_stats = False  # they cost one look-up a posting, and serve a scoring that `columns` does itself

    def __init__(self) -> None:
        self._files = ExitStack()

    def per_document_writer(self, storage: Any, segment: object) -> SheetWriter:
        return SheetWriter(Path(storage.folder), self._files)

    def field_writer(self, storage: Any, segment: object) -> TermWriter:
        return TermWriter(Path(storage.folder), self._files)

    def per_document_reader(self, storage: Any, segment: object) -> SheetReader:
        return SheetReader(Path(storage.folder))

    def terms_reader(self, storage: Any, segment: object) -> TermReader:
        return TermReader(Path(storage.folder))

    def new_segment(self, storage: object, indexname: str) -> ArraySegment:
        return ArraySegment(indexname)


@contextmanager
def writing(folder: Path, limit_mb: int = 128) -> Iterator[Callable[[Document, bytes], None]]:
    """Write a segment into an empty folder. The block is given a function that adds a document and the sheet to store.

    Documents are numbered from 0 in the order in which they are added. The segment is finished at the end of the block;
    if the block fails, what lies in the folder is of no use. limit_mb: megabytes of postings that are held in memory;
    the others wait on the disk. Raises MetiersError for a section that is too long.
    """
    writer = index.create_in(str(folder), schema(WholeTermField, WholeValueField)).writer(codec=ArrayCodec())
    writer.pool = TermPool(writer.temp_storage(), writer.newsegment, limit_mb)

    def add(document: Document, sheet: bytes) -> None:
        writer.add_document(**values(document, sheet))

    try:
        yield add
    except BaseException:
        writer.cancel()
        raise
    writer.commit(merge=False)


def searcher(folder: Path) -> Searcher:
    """Whoosh's own search over the same files. It unpickles the table of contents: use it on an index you made."""
    return index.open_dir(str(folder), schema=schema()).searcher()
