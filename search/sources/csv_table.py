"""Tables of comma-separated values. In: an open file. Out: rows by column name, and the lines that are none.

Read piece by piece. A damaged line never stops the others: it is told, with its number.
"""

import csv
import io
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Final

from search.errors import SourceError

# Each bound is ten times and more what the biggest official list holds (2 MB, 13,000 rows, cells of 4,000 letters).
MAX_BYTES: Final = 50_000_000
MAX_ROWS: Final = 200_000

MAX_CELL: Final = 100_000
"""Characters of a cell. A quote that is never closed would otherwise take the rest of the file for one cell."""

MAX_LINE: Final = 1_000_000
"""Characters of a line."""

MOST_NOTES: Final = 5
"""Lines of a list that are told one by one."""

_CHUNK: Final = 1 << 16

Row = Mapping[str, str]


@dataclass(slots=True)
class Notes:
    """What was left out of the list `name`: the first MOST_NOTES lines in words (`told`), the others counted
    (`left`)."""

    name: str
    told: list[str] = field(default_factory=list)
    left: int = 0

    def add(self, path: str, line: int, what: str) -> None:
        """Note that a line is left out, and what is wrong with it."""
        if len(self.told) < MOST_NOTES:
            self.told.append(f"{path}:{line}: {what}; left out")
        else:
            self.left += 1

    def all(self) -> tuple[str, ...]:
        """The notes, the number of the others last."""
        return (*self.told, f"{self.name}: {self.left} more left out") if self.left else tuple(self.told)


def rows(file: IO[bytes], path: str, needed: Sequence[str]) -> Iterator[tuple[int, Row | str]]:
    """Each row by the names of the columns, or what is wrong with it; before it the number of its last line.

    path: how messages name the file. Raises SourceError if the file is too big, is not UTF-8, or lacks one of the
    `needed` columns.
    """
    csv.field_size_limit(MAX_CELL)
    table = csv.reader(_lines(file, path), strict=True)
    try:
        head = next(table, [])
    except csv.Error as error:
        raise SourceError(f"{path}:1: {error}. Download it again.") from error
    missing = [name for name in needed if name not in head]
    if missing:
        raise SourceError(f"{path}:1: no column {', '.join(missing)}. Is it the right file?")
    for _ in range(MAX_ROWS):
        try:
            cells = next(table)
        except StopIteration:
            return
        except csv.Error as error:
            yield table.line_num, str(error)
            continue
        if len(cells) == len(head):
            yield table.line_num, dict(zip(head, cells, strict=True))
        elif cells:
            yield table.line_num, f"{len(cells)} cells instead of {len(head)}"
    raise SourceError(f"{path}:{table.line_num}: over {MAX_ROWS:,} rows, too many for a list of names.")


def _lines(file: IO[bytes], path: str) -> Iterator[str]:
    """The lines with their ends (LF, CR LF or CR), decoded piece by piece. Raises SourceError."""
    decode = getincrementaldecoder("utf-8-sig")().decode
    rest, size, done = "", 0, 0
    while chunk := file.read(_CHUNK):
        size += len(chunk)
        if size > MAX_BYTES:
            raise SourceError(f"{path}: over {MAX_BYTES // 1_000_000} MB, too big for a list of names.")
        lines = _split(rest + _decoded(decode, chunk, path, done))
        rest = lines.pop() if lines else ""  # it may go on in the next piece, a CR with its LF
        done += len(lines)
        if len(rest) > MAX_LINE:
            raise SourceError(f"{path}:{done + 1}: a line of over {MAX_LINE:,} characters: no list of names.")
        yield from lines
    yield from _split(rest + _decoded(decode, b"", path, done))


def _split(text: str) -> list[str]:
    return io.StringIO(text, newline="").readlines()


def _decoded(decode: Callable[[bytes, bool], str], chunk: bytes, path: str, done: int) -> str:
    try:
        return decode(chunk, not chunk)
    except UnicodeDecodeError as error:
        line = done + error.object.count(b"\n", 0, error.start) + 1
        raise SourceError(f"{path}:{line}: not UTF-8. Download it again, or save it as UTF-8.") from error
