"""Sheets turned into documents, on a second core where that helps. In: sheets. Out: documents, in the same order.

Analysis takes a third of the time of an index, and needs nothing of what Whoosh does with its outcome.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Final

from search.errors import MetiersError
from search.fiche import Fiche
from search.french.equivalents import Equivalents
from search.index.codec import Document
from search.index.documents import document

Analysed = tuple[Document, frozenset[str]]

FEW: Final = 300
"""Sheets for which a second process takes longer to start than to help."""

CHUNK: Final = 32
"""Sheets handed over at once."""


def analysed(fiches: Sequence[Fiche], equivalents: Equivalents) -> Iterator[Analysed]:
    """The document of each sheet and the forms of its words, as `documents.document` gives them.

    Raises MetiersError if the second process is killed.
    """
    if len(fiches) < FEW or (os.cpu_count() or 1) < 2:
        yield from (document(fiche, equivalents) for fiche in fiches)
        return
    left = iter(fiches)
    with _second_process(equivalents) as second:
        try:
            second.send(list(islice(left, CHUNK)))
            while made := second.recv():
                # It reads the next sheets while these are written. One chunk at most is on its way, so that neither
                # process ever waits for the other to take what it sends.
                second.send(list(islice(left, CHUNK)))
                yield from made
        except (EOFError, ConnectionError) as error:
            raise MetiersError("The process that reads the sheets was killed: is there enough memory?") from error


@contextmanager
def _second_process(equivalents: Equivalents) -> Iterator["Connection[Any, Any]"]:
    """A process that turns each list of sheets it is sent into the list of their documents."""
    # Spawned: a fork would take along the threads of the numerical library, and the other end of the pipe.
    context = get_context("spawn")
    own, other = context.Pipe()
    process = context.Process(target=_analyse, args=(other, equivalents), daemon=True)
    process.start()
    other.close()
    try:
        yield own
    finally:
        own.close()
        process.join()


def _analyse(pipe: "Connection[Any, Any]", equivalents: Equivalents) -> None:
    """Runs in the second process, until the first one closes its end or dies."""
    try:
        while True:
            pipe.send([document(fiche, equivalents) for fiche in pipe.recv()])
    except (EOFError, OSError, KeyboardInterrupt):
        return
