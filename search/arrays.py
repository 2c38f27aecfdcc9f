"""Arrays kept as plain `.npy` files and lists of words as text, one file a field of a frozen dataclass.

In: a dataclass whose fields are numpy arrays or tuples of words. Out: files, and the dataclass back, its
arrays memory-mapped and read-only. Nothing is pickled.

A ragged table has rows of unequal lengths, one after the other in its columns: `start`, one longer than there are rows,
says where each begins (`starts` makes it, `row` and `rows` read it).
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
from numpy.lib import format as npy
from numpy.typing import DTypeLike, NDArray

Ints = NDArray[np.integer[Any]]
Starts = NDArray[np.signedinteger[Any]]
Floats = NDArray[np.float32]
Bits = NDArray[np.uint64]

Table = TypeVar("Table")

WIDTHS: Final[tuple[np.dtype[Any], ...]] = tuple(map(np.dtype, (np.uint8, np.uint16, np.int32, np.int64)))
"""The types of whole numbers from 0 on, the smallest first.

From 32 bits on they are signed: rows are subtracted from one another, and unsigned numbers would turn over below 0.
"""

BLOCK: Final = 16
"""Rows whose beginnings are counted from that of the first of them: see GrowingStarts."""

ROWS_AT_ONCE: Final = 1 << 20
"""Rows of an array written again in a larger type at once."""

TIMES_A_ROW: Final = 32
"""How often one row may be asked for at once: once by each word of a query."""

WORDS_AT_ONCE: Final = 1 << 16
"""Words of a list written at once."""


def fitting(numbers: NDArray[Any], least: DTypeLike = np.uint8) -> np.dtype[Any]:
    """The smallest of WIDTHS, from `least` on, that holds these whole numbers. Raises ValueError for one below 0."""
    if numbers.min(initial=0) < 0:
        raise ValueError(f"{numbers.min()} is below 0: such numbers are kept in a signed type that is said")
    most = int(numbers.max(initial=0))
    return next(each for each in WIDTHS[WIDTHS.index(np.dtype(least)) :] if most <= np.iinfo(each).max)


def fitted(numbers: NDArray[Any], least: DTypeLike = np.uint8) -> Ints:
    """Whole numbers from 0 on in the smallest type that holds them. Raises ValueError for one below 0."""
    small: Ints = numbers.astype(fitting(numbers, least), copy=False)
    return small


def starts(counts: Iterable[int]) -> Starts:
    """Where each row begins, and where the last one ends: int32 if that holds it, else int64. counts: sizes of rows."""
    begins = np.cumsum([0, *counts], dtype=np.int64)
    return begins.astype(fitting(begins, np.int32))


def save(folder: Path, name: str, table: Any) -> None:
    """Write each field of the table into the folder, as <name>.<field>.npy or .txt."""
    for field in fields(table):
        value = getattr(table, field.name)
        if isinstance(value, np.ndarray):
            np.save(folder / f"{name}.{field.name}.npy", value, allow_pickle=False)
        else:
            save_words(folder / f"{name}.{field.name}.txt", value)


def save_words(path: Path, words: Iterable[str]) -> None:
    """Write words, one a line; a line feed inside a word becomes a blank."""
    left = iter(words)
    with path.open("wb") as file:
        while some := list(islice(left, WORDS_AT_ONCE)):
            file.write("".join(word.replace("\n", " ") + "\n" for word in some).encode(errors="replace"))


def load(folder: Path, name: str, kind: type[Table]) -> Table:
    """Read a table back. Raises OSError or ValueError for a missing or cut file."""
    values: dict[str, Any] = {}
    for field in fields(kind):  # type: ignore[arg-type]
        words = folder / f"{name}.{field.name}.txt"
        if words.exists():
            # As bytes: a carriage return inside a word is no end of a line.
            values[field.name] = tuple(words.read_bytes().decode().split("\n")[:-1])
        else:
            values[field.name] = open_array(folder / f"{name}.{field.name}.npy")
    return kind(**values)


def open_array(path: Path) -> NDArray[Any]:
    """One array, memory-mapped and read-only, as a plain ndarray (a memmap is slow to slice).

    Raises OSError or ValueError for a missing or cut file.
    """
    try:
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    except EOFError as error:
        raise ValueError(f"{path}: empty") from error
    return np.asarray(mapped).view(np.ndarray)


def row(start: Starts, number: int) -> slice:
    """Where one row lies in the columns of a ragged table: from start[number] to start[number + 1]."""
    return slice(start.item(number), start.item(number + 1))


def rows(start: Starts, numbers: NDArray[Any] | slice, length: int) -> tuple[NDArray[np.int64], Starts]:
    """Where several rows lie in the columns of a ragged table, one after the other, and how long each is.

    length: of the columns. Raises ValueError as `spans`.
    """
    first = start[:-1][numbers]
    sizes: Starts = start[1:][numbers] - first
    return spans(first, sizes, length), sizes


def spans(first: Starts, sizes: Starts, length: int) -> NDArray[np.int64]:
    """The numbers first[i], first[i]+1 … (sizes[i] of them), for all i one after the other.

    length: of the columns that they are places of. Raises ValueError for a size below 0, or sizes that such columns
    cannot have: beginnings that were altered in their file could ask for more numbers than the memory holds.
    """
    ends: NDArray[np.int64] = sizes.cumsum(dtype=np.int64)
    total = int(ends[-1]) if len(ends) else 0
    if total > TIMES_A_ROW * length:
        raise ValueError(f"rows of {total} places in columns of {length}: their beginnings were altered")
    # Counting on from one row to the next, less how far that is from where the row begins.
    away: NDArray[np.int64] = first - (ends - sizes)
    numbers: NDArray[np.int64] = away.repeat(sizes) + np.arange(total)
    return numbers


def beginnings(keys: Ints) -> NDArray[np.intp]:
    """The places where a key differs from the one before it."""
    differs = np.empty(len(keys), dtype=np.bool_)
    differs[:1] = True
    np.not_equal(keys[1:], keys[:-1], out=differs[1:])
    return differs.nonzero()[0]


def distinct(numbers: Ints) -> tuple[Ints, NDArray[np.intp]]:
    """The numbers there are, increasing, and how often each is there; of a few as np.unique, without its detours."""
    if not len(numbers):
        return numbers, np.zeros(0, np.intp)
    ordered = np.sort(numbers)
    first = beginnings(ordered)
    ends = np.empty_like(first)
    ends[:-1], ends[-1] = first[1:], len(ordered)
    return ordered[first], ends - first


def among(numbers: Ints, increasing: Ints) -> NDArray[np.bool_]:
    """Which of some numbers are among those of an array that is not empty, increasing and of the same type."""
    place = np.minimum(increasing.searchsorted(numbers), len(increasing) - 1)
    held: NDArray[np.bool_] = increasing[place] == numbers
    return held


class GrowingArray:
    """An `.npy` file written a piece at a time, so that an array may be larger than the memory.

    Without a dtype it holds whole numbers from 0 on, in the smallest type that holds all of them and at least `least`.
    """

    def __init__(
        self, path: Path, dtype: DTypeLike | None = None, columns: int = 0, least: DTypeLike = np.uint8
    ) -> None:
        self._path = path
        self._fits = dtype is None
        self._dtype = np.dtype(least if dtype is None else dtype)
        self._columns = (columns,) if columns else ()
        self.rows = 0
        self._file = path.open("w+b")
        self._write_header()

    def append(self, piece: NDArray[Any]) -> None:
        """Add rows at the end. Raises ValueError for numbers that the type would cut, or below 0 if it is to fit."""
        if self._fits:
            wider = fitting(piece, self._dtype)
            if wider != self._dtype:
                self._widen(wider)
        elif not np.can_cast(piece.dtype, self._dtype, "same_kind" if self._dtype.kind == "f" else "safe"):
            raise ValueError(f"{self._path}: {piece.dtype} may not fit in {self._dtype}")
        self._file.write(np.ascontiguousarray(piece, dtype=self._dtype).tobytes())
        self.rows += len(piece)

    def finish(self) -> None:
        """Write the final shape in the header (numpy leaves room in it for the first axis to grow)."""
        with self._file:
            self._file.seek(0)
            self._write_header()

    def abandon(self) -> None:
        """Close the file as it is."""
        self._file.close()

    def _write_header(self) -> None:
        shape = (self.rows, *self._columns)
        header = {"descr": npy.dtype_to_descr(self._dtype), "fortran_order": False, "shape": shape}
        npy.write_array_header_1_0(self._file, header)

    def _widen(self, dtype: np.dtype[Any]) -> None:
        """Write the rows held so far again, in a larger type: rare, for the types are few."""
        self.finish()
        aside = self._path.with_suffix(".narrow")
        self._path.replace(aside)
        held = open_array(aside)
        self._dtype, self.rows = dtype, 0
        self._file = self._path.open("w+b")
        self._write_header()
        for low in range(0, len(held), ROWS_AT_ONCE):
            piece = held[low : low + ROWS_AT_ONCE]
            self._file.write(piece.astype(dtype).tobytes())
            self.rows += len(piece)
        aside.unlink()


class GrowingStarts:
    """Where the rows of a ragged table begin, written a piece at a time, for tables of very many short rows.

    Two arrays take a third of the bytes of one: `block`, where each BLOCK-th row begins, and `ahead`, by how much each
    row begins after the one of its block, in the smallest type. `blocked_starts` reads them.
    """

    def __init__(self, block: "GrowingArray", ahead: "GrowingArray") -> None:
        self._block, self._ahead = block, ahead
        self._last = 0

    def append(self, first: NDArray[np.int64]) -> None:
        """Add rows that begin there."""
        opens = (self._ahead.rows + np.arange(len(first))) % BLOCK == 0
        blocks = np.concatenate(([self._last], first[opens]))
        self._ahead.append(first - blocks[opens.cumsum()])
        self._block.append(first[opens])
        self._last = int(blocks[-1])


def blocked_starts(block: Starts, ahead: Ints, numbers: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Where some rows begin, by their numbers, of a table written by GrowingStarts."""
    # In 64 bits: the first row of a block may fit a type that the last one does not.
    begins: NDArray[np.int64] = block[numbers // BLOCK].astype(np.int64) + ahead[numbers]
    return begins


@contextmanager
def growing(
    path: Path, dtype: DTypeLike | None = None, columns: int = 0, least: DTypeLike = np.uint8
) -> Iterator[GrowingArray]:
    """A GrowingArray at this path; `columns` > 0 for a two-dimensional one."""
    grown = GrowingArray(path, dtype, columns, least)
    try:
        yield grown
    except BaseException:
        grown.abandon()
        raise
    grown.finish()
