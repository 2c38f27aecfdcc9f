"""How a running process changes over to a new index. In: which index is to be served, how to open it. Out: it, opened.

If a new index cannot be opened, the old one is served still. Opening is tried again after a pause, each time twice as
long, because trying at every request would make them slow. The log says so once, and `passed_over` as long as it lasts.
"""

import logging
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Final, Generic, TypeVar

from search.errors import EngineUnavailable

LOG: Final = logging.getLogger("metiers")
T = TypeVar("T")

PAUSE_SECONDS: Final = 2.0
LONGEST_PAUSE_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class _Failure:
    """An index that could not be opened. seen: which one; until: when to try again; attempts: how often it was
    tried."""

    seen: Hashable
    until: float
    attempts: int
    error: Exception


class Follower(Generic[T]):
    """Keeps the index that is served, opened, and opens the next one. Safe to share between threads."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._opened: T | None = None
        self._seen: Hashable = None
        self._failure: _Failure | None = None

    def passed_over(self) -> str | None:
        """Why the index that should be served is not, None if it is."""
        failure = self._failure
        return str(failure.error) if failure and self._opened is not None else None

    def forget(self) -> None:
        """Forget what is opened: the next request opens the index again."""
        self._opened = None
        self._seen = None

    def current(self, seen: Hashable, open_it: Callable[[], T]) -> T:
        """The index to answer from.

        seen: which index should be served; None if that cannot be told now. If it is another one than before, `open_it`
        opens it. Raises what `open_it` raised if no earlier index is served; during the pause the same error again.
        """
        opened = self._opened
        if opened is not None and (seen is None or seen == self._seen):
            return opened
        if opened is None:
            with self._lock:
                return self._reopened(seen, open_it)
        # While one thread opens the new index, the others answer from the old one.
        if not self._lock.acquire(blocking=False):
            return opened
        try:
            return self._reopened(seen, open_it)
        finally:
            self._lock.release()

    def _reopened(self, seen: Hashable, open_it: Callable[[], T]) -> T:
        """As `current`. Called by one thread at a time."""
        served = self._opened
        if served is not None and seen == self._seen:
            return served
        failed = self._failure if self._failure and self._failure.seen == seen is not None else None
        if failed and self._clock() < failed.until:
            if served is None:
                raise failed.error.with_traceback(None)
            return served
        try:
            opened = open_it()
        except Exception as error:
            if served is None and isinstance(error, EngineUnavailable):
                raise  # nothing is wrong with the index: its engine may be back at the next request
            attempts = failed.attempts + 1 if failed else 1
            pause = min(PAUSE_SECONDS * 2 ** (attempts - 1), LONGEST_PAUSE_SECONDS)
            self._failure = _Failure(seen, self._clock() + pause, attempts, error)
            if served is None:
                raise
            if attempts == 1:
                LOG.error("A new index cannot be served; the one before still is. %s", error)
            return served
        if failed and served is not None:
            LOG.warning("The new index is served now.")
        self._failure = None
        self._opened, self._seen = opened, seen
        return opened
