"""Readers that ask through a proxy without a pause while the program behind it changes.

In: a proxy, an address, what tells versions apart. Out: how many answers came from which version, and what was lost.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from threading import Event, Thread
from time import monotonic
from typing import Final

from asking import ask
from nginx_proxy import Proxy

READERS: Final = 6
PAUSE_SECONDS: Final = 0.13
"""Together they ask less than the 50 requests a second that deploy/nginx lets one address ask."""

SETTLED: Final = 10
"""Answers in a row by which a reader has met a version for good."""


class Reader(Thread):
    """Asks each time something else, on a connection that it keeps; counts what it is answered."""

    def __init__(self, proxy: Proxy, path: str, version: Callable[[bytes], str], number: int) -> None:
        super().__init__()
        self._proxy, self._path, self._version, self._number = proxy, path, version, number
        self.stopped = Event()
        self.told: Counter[str] = Counter()
        self.last: list[str] = []

    def run(self) -> None:
        connection, asked = self._proxy.connect(), 0
        while not self.stopped.wait(PAUSE_SECONDS):
            asked += 1
            try:
                answer = ask(connection, f"{self._path}?utm_{self._number}={asked}")
                told = self._version(answer.body) if answer.status == 200 else str(answer.status)
            except (OSError, HTTPException) as error:
                told = repr(error)
                connection.close()
            self.told[told] += 1
            self.last = [*self.last[1 - SETTLED :], told]
        connection.close()


class Readers:
    """All of them."""

    def __init__(self, proxy: Proxy, path: str, version: Callable[[bytes], str]) -> None:
        self._each = [Reader(proxy, path, version, number) for number in range(READERS)]

    def wait_for(self, version: str) -> None:
        """Return once every reader was answered by this version alone, many times in a row."""
        limit = monotonic() + 60
        while any(reader.last != [version] * SETTLED for reader in self._each):
            assert monotonic() < limit, self.told()
            self._each[0].stopped.wait(0.05)

    def told(self) -> Counter[str]:
        """How many answers came from which version; anything else was lost."""
        return sum((reader.told for reader in self._each), Counter())

    def start(self) -> None:
        """Begin to ask."""
        for reader in self._each:
            reader.start()

    def stop(self) -> None:
        """Ask no more."""
        for reader in self._each:
            reader.stopped.set()
        for reader in self._each:
            reader.join()


@contextmanager
def reading(proxy: Proxy, path: str, version: Callable[[bytes], str]) -> Iterator[Readers]:
    """Readers that ask until the block ends; `version` says from a page which program made it."""
    readers = Readers(proxy, path, version)
    readers.start()
    try:
        yield readers
    finally:
        readers.stop()
