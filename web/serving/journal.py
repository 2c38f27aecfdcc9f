"""What is noted of every request: its number, its count, its line in the log. In: a request answered. Out: nothing."""

import logging
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Final

from search.engine import IndexInfo
from web.serving import logs
from web.serving.metrics import Recorder

_SAFE_NUMBER: Final = re.compile(r"[A-Za-z0-9-]{8,64}\Z")


def request_number(sent: str) -> str:
    """The number of a request: the one that was sent with it (X-Request-Id) if it is harmless, else a new one."""
    return sent if _SAFE_NUMBER.match(sent) else secrets.token_hex(8)


@dataclass(frozen=True, slots=True)
class Journal:
    """Where requests are counted and logged. `passed_over` says why the newest index is not served, if it is not."""

    metrics: Recorder | None = None
    passed_over: Callable[[], str | None] | None = None

    def note(
        self,
        number: str,
        method: str,
        route: str,
        status: int,
        started: float,
        results: int | None = None,
        words: str | None = None,
        served: IndexInfo | None = None,
        is_kept: bool | None = None,
    ) -> None:
        """One request more. `started` is of `perf_counter`; `results` and `words` are those of a search.

        `served` is the index that was asked, `is_kept` whether its answer was kept; None if none was, or none could be.
        """
        if self.metrics:
            if served and self.passed_over:
                self.metrics.serves(served, self.passed_over() is not None)
            self.metrics.count(route, status, perf_counter() - started, results, is_kept)
        if logs.ACCESS.isEnabledFor(logging.INFO):
            edition = served.generation if served else None
            logs.ACCESS.info(logs.line(number, method, route, status, started, results, words, edition))
