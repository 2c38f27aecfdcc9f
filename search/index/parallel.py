"""Work shared with a second process, if that helps. In: calls, sheets. Out: what they return; documents, in order.

Turning sheets into documents takes a third of the time of an index and does not depend on what Whoosh does with them.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, Final, Protocol

from search.errors import MetiersError
from search.fiche import Fiche
from search.french.equivalents import Equivalents
from search.index.documents import document
from search.index.garbage_collection import seldom_collected
from search.index.occurrences import Document

Analysed = tuple[Document, frozenset[str]]

FEW: Final = 300
"""With fewer sheets a second process takes longer to start than it saves."""

CHUNK: Final = 32
"""Sheets that are sent to the second process at once."""

Call = Callable[[], Any]

_PROGRAM: Final = """
import sys
from multiprocessing.connection import Connection

pipe = Connection(int(sys.argv[1]))
sys.path[:] = sys.argv[2:]
from search.index.parallel import serve

serve(pipe)
"""


class Helper(Protocol):
    """Makes calls while the caller does something else. After each `begin` comes one `outcomes`."""

    def begin(self, *calls: Call) -> None:
        """Start making these calls, one after another. Raises MetiersError if the second process ended."""

    def is_done(self) -> bool:
        """Whether `outcomes` need not be waited for: it answers at once, or makes the calls itself."""

    def outcomes(self) -> list[Any]:
        """What each call returned. Raises MetiersError if the second process ended."""


@dataclass(slots=True)
class NoHelper:
    """A Helper without a second process: the calls are made when their outcomes are asked for."""

    _calls: tuple[Call, ...] = ()

    def begin(self, *calls: Call) -> None:
        self._calls = calls

    def is_done(self) -> bool:
        return True

    def outcomes(self) -> list[Any]:
        return [call() for call in self._calls]


@dataclass(frozen=True, slots=True)
class SecondProcess:
    """A Helper in another process: calls are pickled and sent to it, what they return comes back."""

    process: "subprocess.Popen[bytes]"
    pipe: "Connection[Any, Any]" = field(repr=False)

    def begin(self, *calls: Call) -> None:
        try:
            self.pipe.send(calls)
        except ConnectionError as error:
            raise MetiersError(_ended(self.process.wait())) from error

    def is_done(self) -> bool:
        return self.pipe.poll()

    def outcomes(self) -> list[Any]:
        try:
            outcomes: list[Any] = self.pipe.recv()
        except (EOFError, ConnectionError) as error:
            raise MetiersError(_ended(self.process.wait())) from error
        return outcomes


@contextmanager
def helper(sheets: int) -> Iterator[Helper]:
    """A Helper for so many sheets: a second process, which ends with the block; none for few sheets or on one core.

    The process takes half a second to be ready: enter the block before other work that takes as long.
    """
    if sheets < FEW or (os.cpu_count() or 1) < 2:
        yield NoHelper()
        return
    # A program of its own: a fork would take along the threads of the numerical library, and multiprocessing's spawn
    # runs the caller's script again, which indexes once more unless it is written with that in mind.
    own, other = Pipe()
    with own:
        with other:
            number = other.fileno()
            command = [sys.executable, "-c", _PROGRAM, str(number), *sys.path]
            process = subprocess.Popen(command, pass_fds=[number])  # noqa: S603
        try:
            yield SecondProcess(process, own)
        finally:
            own.close()
            process.wait()


def analysed(fiches: Iterable[Fiche], equivalents: Equivalents, beside: Helper) -> Iterator[tuple[Fiche, Analysed]]:
    """Each sheet, in order, with its document and the forms of its words, as `documents.document` gives them.

    While the helper works on one chunk, this process works on the sheets after it, so that neither waits. Raises
    MetiersError if the second process is killed or cannot run.
    """
    left = iter(fiches)
    sent = list(islice(left, CHUNK))
    beside.begin(partial(_documents, sent, equivalents))
    while True:
        after: list[tuple[Fiche, Analysed]] = []
        while not beside.is_done() and (fiche := next(left, None)):
            after.append((fiche, document(fiche, equivalents)))
        [made] = beside.outcomes()
        if not made:
            return
        # It reads the next sheets while these are written. One chunk at most is on its way, so that neither process
        # ever waits for the other to take what it sends.
        read, sent = sent, list(islice(left, CHUNK))
        beside.begin(partial(_documents, sent, equivalents))
        yield from zip(read, made, strict=True)
        yield from after


def _documents(fiches: Sequence[Fiche], equivalents: Equivalents) -> list[Analysed]:
    return [document(fiche, equivalents) for fiche in fiches]


def serve(pipe: "Connection[Any, Any]") -> None:
    """The loop of the second process: it ends when the first one closes its end of the pipe or ends."""
    try:
        with seldom_collected():
            while True:
                pipe.send([call() for call in pipe.recv()])
    except (EOFError, OSError, KeyboardInterrupt):
        return


def _ended(code: int) -> str:
    """The message for a second process that ended too early, with this exit code."""
    if code < 0:
        return f"The process that reads the sheets was killed (signal {-code}): is there enough memory?"
    return f"The process that reads the sheets ended too early (exit code {code}); what it wrote says why."
