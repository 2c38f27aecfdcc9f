"""Shows the progress of long work. In: calls of progress(what, done, total). Out: a bar or plain lines.

A terminal gets one line that is redrawn; a file or a pipe gets one line for each tenth of each step.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final, TextIO

from search.engine import Progress

WIDTH: Final = 30
REDRAW_SECONDS: Final = 0.1


@contextmanager
def shown_on(stream: TextIO) -> Iterator[Progress]:
    """A Progress that writes to the stream; at the end of the block the bar of a terminal is wiped out."""
    if not stream.isatty():
        yield _lines(stream)
        return
    try:
        yield _bar(stream)
    finally:
        stream.write("\r\x1b[K")
        stream.flush()


def _bar(stream: TextIO) -> Progress:
    shown = ("", 0.0)

    def progress(what: str, done: int, total: int) -> None:
        nonlocal shown
        if what == shown[0] and done < total and monotonic() - shown[1] < REDRAW_SECONDS:
            return
        shown = (what, monotonic())
        full = WIDTH * done // total if total else 0
        stream.write(f"\r\x1b[K{what} [{'#' * full}{'.' * (WIDTH - full)}] {_count(done, total)}")
        stream.flush()

    return progress


def _lines(stream: TextIO) -> Progress:
    shown = ("", -1)

    def progress(what: str, done: int, total: int) -> None:
        nonlocal shown
        tenth = 10 * done // total if total else 0
        if (what, tenth) == shown:
            return
        shown = (what, tenth)
        stream.write(f"{what}: {_count(done, total)}\n")
        stream.flush()

    return progress


def _count(done: int, total: int) -> str:
    return f"{done:,}/{total:,}" if total else f"{done:,}"
