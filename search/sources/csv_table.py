"""Tables of comma-separated values. In: an open file. Out: rows by column name, and the lines that are none.

A damaged line never stops the others: it is told, with its number.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Final

from search.errors import SourceError

MAX_BYTES: Final = 100_000_000
MAX_CELL: Final = 1_000_000
"""Characters of a cell. A quote that is never closed would otherwise swallow the rest of the file in silence."""

Row = Mapping[str, str]


def rows(file: IO[bytes], path: str, needed: Sequence[str]) -> Iterator[tuple[int, Row | str]]:
    """Each row with the number of its last line, or what is wrong with it.

    Raises SourceError if the file is too big, is not UTF-8, or lacks one of the `needed` columns.
    """
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise SourceError(f"{path}: over {MAX_BYTES // 1_000_000} MB, too big for a list of names.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise SourceError(f"{path}:{line}: not UTF-8. Download it again, or save it as UTF-8.") from error
    csv.field_size_limit(MAX_CELL)
    table = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        head = next(table, [])
    except csv.Error as error:
        raise SourceError(f"{path}:1: {error}. Download it again.") from error
    missing = [name for name in needed if name not in head]
    if missing:
        raise SourceError(f"{path}:1: no column {', '.join(missing)}. Is it the right file?")
    while True:
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
