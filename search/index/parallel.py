"""Sheets turned into documents, on a second core if that helps. In: sheets. Out: documents, in the same order.

Analysis takes a third of the time of an index, and needs nothing of what Whoosh does with its outcome.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, Final

from search.errors import MetiersError
from search.fiche import Fiche
from search.french.equivalents import Equivalents
from search.index.documents import document
from search.index.placing import Document

Analysed = tuple[Document, frozenset[str]]

FEW: Final = 300
"""Sheets for which a second process takes longer to start than to help."""

CHUNK: Final = 32
"""Sheets handed over at once."""

_PROGRAM: Final = """
import sys
from multiprocessing.connection import Connection

pipe = Connection(int(sys.argv[1]))
sys.path[:] = pipe.recv()
from search.index.parallel import analyse

analyse(pipe)
"""


def analysed(fiches: Sequence[Fiche], equivalents: Equivalents) -> Iterator[Analysed]:
    """The document of each sheet and the forms of its words, as `documents.document` gives them.

    While the second process reads one chunk, this one reads the sheets after it, so that both are always at work.

    Raises MetiersError if the second process is killed or cannot run.
    """
    if len(fiches) < FEW or (os.cpu_count() or 1) < 2:
        yield from (document(fiche, equivalents) for fiche in fiches)
        return
    left = iter(fiches)
    with _second_process() as (process, second):
        try:
            second.send(sys.path)
            second.send(equivalents)
            second.send(list(islice(left, CHUNK)))
            while True:
                after: list[Analysed] = []
                while not second.poll() and (fiche := next(left, None)):
                    after.append(document(fiche, equivalents))
                if not (made := second.recv()):
                    break
                # It reads the next sheets while these are written. One chunk at most is on its way, so that neither
                # process ever waits for the other to take what it sends.
                second.send(list(islice(left, CHUNK)))
                yield from made
                yield from after
        except (EOFError, ConnectionError) as error:
            raise MetiersError(_ended(process.wait())) from error


@contextmanager
def _second_process() -> Iterator[tuple["subprocess.Popen[bytes]", "Connection[Any, Any]"]]:
    """A process that is sent the search path, the equivalents, then lists of sheets: it returns their documents."""
    # A program of its own: a fork would take along the threads of the numerical library, and multiprocessing's spawn
    # runs the caller's script again, which indexes once more unless it is written with that in mind.
    own, other = Pipe()
    with own:
        with other:
            number = other.fileno()
            process = subprocess.Popen([sys.executable, "-c", _PROGRAM, str(number)], pass_fds=[number])  # noqa: S603
        try:
            yield process, own
        finally:
            own.close()
            process.wait()


def analyse(pipe: "Connection[Any, Any]") -> None:
    """What the second process runs, until the first one closes its end of the pipe or dies."""
    try:
        equivalents = pipe.recv()
        while True:
            pipe.send([document(fiche, equivalents) for fiche in pipe.recv()])
    except (EOFError, OSError, KeyboardInterrupt):
        return


def _ended(code: int) -> str:
    if code < 0:
        return f"The process that reads the sheets was killed (signal {-code}): is there enough memory?"
    return f"The process that reads the sheets ended too early (exit code {code}); what it wrote says why."
