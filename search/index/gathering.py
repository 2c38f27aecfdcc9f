"""The postings on their way from Whoosh to the arrays. In: terms as Whoosh writes them. Out: a field's, as arrays.

Whoosh writes field by field, the arrays go term by term: the postings wait on disk, so that memory stays bounded.
"""

from array import array
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

import numpy as np
from numpy.typing import NDArray

from search import arrays
from search.arrays import GrowingArray
from search.index.codec import TRIPLE


@dataclass(frozen=True, slots=True)
class FieldPostings:
    """The postings of one field. t terms, p postings.

    terms: t words, sorted. start: int64 (t+1,), rows of each term in doc and count. occurrence_start: int64 (t+1,),
    rows of each term in occurrence. doc: int32 (p,), increasing inside a term. count: int32 (p,), occurrences of each
    posting. occurrence: int32 (sum of count, 3): position, start, length.
    """

    terms: tuple[str, ...]
    start: NDArray[np.int64]
    occurrence_start: NDArray[np.int64]
    doc: NDArray[np.int32]
    count: NDArray[np.int32]
    occurrence: NDArray[np.int32]


class _Growing:
    """The arrays of a FieldPostings, as they grow."""

    def __init__(self, stem: str, files: ExitStack) -> None:
        def grow(kind: str, columns: int = 0) -> GrowingArray:
            return files.enter_context(arrays.growing(Path(f"{stem}.{kind}.npy"), np.int32, columns))

        self.terms: list[str] = []
        self.start = array("q", [0])
        self.occurrence_start = array("q", [0])
        self.doc, self.count, self.occurrence = grow("doc"), grow("count"), grow("occurrence", 3)


class Gathering:
    """Terms as `whoosh_index.write` tells them, then given back field by field."""

    def __init__(self, folder: Path, files: ExitStack) -> None:
        self._folder = folder
        self._files = files
        self._fields: dict[str, _Growing] = {}

    def take(self, field: str, term: str, documents: "array[int]", values: list[bytes]) -> None:
        """Keep the next term of a field."""
        if field not in self._fields:
            self._fields[field] = _Growing(str(self._folder / field), self._files)
        held = self._fields[field]
        held.terms.append(term)
        held.doc.append(np.array(documents, dtype=np.int32))
        held.count.append(np.fromiter(map(len, values), dtype=np.int32, count=len(values)) // TRIPLE)
        held.occurrence.append(np.frombuffer(b"".join(values), dtype="<i4").reshape(-1, 3))
        held.start.append(held.doc.rows)
        held.occurrence_start.append(held.occurrence.rows)

    def field(self, name: str) -> FieldPostings:
        """The postings of a field, of no term where no sheet has it. Nothing may be taken after that."""
        self._files.close()
        held = self._fields.get(name)
        if held is None:
            nothing, one = np.zeros(0, dtype=np.int32), np.zeros(1, dtype=np.int64)
            return FieldPostings((), one, one, nothing, nothing, nothing.reshape(-1, 3))
        doc, count, occurrence = (
            arrays.open_array(self._folder / f"{name}.{kind}.npy") for kind in ("doc", "count", "occurrence")
        )
        start, occurrence_start = np.array(held.start), np.array(held.occurrence_start)
        return FieldPostings(tuple(held.terms), start, occurrence_start, doc, count, occurrence)


@contextmanager
def gathering(folder: Path) -> Iterator[Gathering]:
    """A Gathering that keeps its files in a new folder, which is gone at the end."""
    folder.mkdir()
    try:
        with ExitStack() as files:
            yield Gathering(folder, files)
    finally:
        rmtree(folder)
