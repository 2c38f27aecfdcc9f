"""How each request is numbered, counted and logged. In: a request that was answered. Out: nothing."""

import logging
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Final

from web.serving import logs
from web.serving.logs import AnsweredRequest
from web.serving.metrics import Recorder

_SAFE_NUMBER: Final = re.compile(r"[A-Za-z0-9-]{8,64}\Z")


def request_number(sent: str) -> str:
    """The number of a request: the one that was sent with it (X-Request-Id) if it is harmless, else a new one."""
    return sent if _SAFE_NUMBER.match(sent) else secrets.token_hex(8)


@dataclass(frozen=True, slots=True)
class Journal:
    """Where requests are counted and logged.

    passed_over: why the newest index could not be opened, None if it is the one served (see `Engine.passed_over`).
    """

    metrics: Recorder | None = None
    passed_over: Callable[[], str | None] | None = None

    def note(self, answered: AnsweredRequest) -> None:
        """Count and log one request."""
        if self.metrics:
            if answered.served and self.passed_over:
                self.metrics.serves(answered.served, self.passed_over() is not None)
            seconds = perf_counter() - answered.started
            self.metrics.count(answered.route, answered.status, seconds, answered.results, answered.is_kept)
        if logs.ACCESS.isEnabledFor(logging.INFO):
            logs.ACCESS.info(logs.line(answered))
