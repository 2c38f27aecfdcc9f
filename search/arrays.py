"""Arrays kept as plain `.npy` files and lists of words as text, one file a field of a frozen dataclass.

In: a dataclass whose fields are numpy arrays or tuples of words. Out: files, and the dataclass back, its
arrays memory-mapped and read-only. Nothing is pickled.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np
from numpy.lib import format as npy
from numpy.typing import DTypeLike, NDArray

Ints = NDArray[np.int32]
Starts = NDArray[np.int64]
Floats = NDArray[np.float32]
Bits = NDArray[np.uint64]

Table = TypeVar("Table")


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
    path.write_bytes("".join(word.replace("\n", " ") + "\n" for word in words).encode(errors="replace"))


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


class GrowingArray:
    """An `.npy` file written a piece at a time, so that an array may be larger than the memory."""

    def __init__(self, file: BinaryIO, dtype: DTypeLike, columns: int = 0) -> None:
        self._file = file
        self._dtype = np.dtype(dtype)
        self._columns = (columns,) if columns else ()
        self.rows = 0
        self._write_header()

    def append(self, piece: NDArray[Any]) -> None:
        """Add rows at the end."""
        self._file.write(np.ascontiguousarray(piece, dtype=self._dtype).tobytes())
        self.rows += len(piece)

    def finish(self) -> None:
        """Write the final shape in the header (numpy leaves room in it for the first axis to grow)."""
        self._file.seek(0)
        self._write_header()

    def _write_header(self) -> None:
        shape = (self.rows, *self._columns)
        header = {"descr": npy.dtype_to_descr(self._dtype), "fortran_order": False, "shape": shape}
        npy.write_array_header_1_0(self._file, header)


@contextmanager
def growing(path: Path, dtype: DTypeLike, columns: int = 0) -> Iterator[GrowingArray]:
    """A GrowingArray at this path; `columns` > 0 for a two-dimensional one."""
    with path.open("wb") as file:
        grown = GrowingArray(file, dtype, columns)
        yield grown
        grown.finish()
