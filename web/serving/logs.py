"""The log: every line is JSON with its time and level, those of requests also with edition, route and milliseconds.

In: what the program and its libraries say; one call a request. Out: lines on standard error, never with an address.
The words searched are written only if the settings ask for it, cut and escaped so that a line stays a line.
"""

import json
import logging
import logging.config
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter
from typing import Any, Final

import orjson

from search.engine import IndexInfo

ACCESS: Final = logging.getLogger("metiers.access")
_LONGEST: Final = 200
"""Characters of the words searched that a line holds."""

_CLOSE: Final = (",", ":")
"""Between the parts of a line of a request: no blanks, as orjson has it."""

CONFIGURATION: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": {"()": "web.serving.logs.JsonLines"}, "as it is": {"format": "%(message)s"}},
    "handlers": {
        "lines": {"class": "logging.StreamHandler", "formatter": "lines"},
        "requests": {"class": "logging.StreamHandler", "formatter": "as it is"},
    },
    "root": {"handlers": ["lines"], "level": "WARNING"},
    "loggers": {
        "_granian": {"level": "INFO"},
        "metiers": {"level": "INFO"},
        "metiers.access": {"handlers": ["requests"], "level": "INFO", "propagate": False},
    },
}
"""For `logging.config`, and for the server, which sets it in each of its processes."""


@dataclass(frozen=True, slots=True)
class AnsweredRequest:
    """What is noted of a request. route: the pattern of the address that answered, not the address asked.

    started: seconds of `perf_counter`. results and words: those of a search. served: the index that was asked, None if
    none was. is_kept: whether the answer was a kept one, None if it could not be.
    """

    number: str
    method: str
    route: str
    status: int
    started: float
    results: int | None = None
    words: str | None = None
    served: IndexInfo | None = None
    is_kept: bool | None = None


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line: time, level, who says it, what, and the traceback if there is one."""
        entry = _opening(record.levelname.lower(), record.created)
        entry |= {"logger": record.name.lstrip("_"), "message": record.getMessage()}
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry)


def configure() -> None:
    """Have this process write all its logs, and Python's warnings, as lines of JSON."""
    logging.config.dictConfig(CONFIGURATION)
    logging.captureWarnings(True)


def told(level: str, message: str) -> str:
    """A line of the log, for a time at which no log is set up yet."""
    return json.dumps(_opening(level) | {"logger": "metiers", "message": message})


def line(answered: AnsweredRequest) -> str:
    """The line of a request: ASCII only, at most 1 kB."""
    words, served = answered.words, answered.served
    entry = _opening("error" if answered.status >= 500 else "info") | {
        "id": answered.number,
        "method": answered.method[:16],
        "route": answered.route,
        "status": answered.status,
        "ms": round((perf_counter() - answered.started) * 1000, 2),
    }
    told = {
        "edition": served and served.generation,
        "results": answered.results,
        "q": words and words[:_LONGEST],
    }
    entry |= {name: value for name, value in told.items() if value is not None}
    if words is None:  # then all of it is ASCII, and orjson takes a tenth of the time
        return orjson.dumps(entry).decode()
    written = json.dumps(entry, separators=_CLOSE)
    if len(written) > 1_000:  # letters written as \\uXXXX
        entry["q"] = words[: _LONGEST // 4]
        written = json.dumps(entry, separators=_CLOSE)
    return written


def _opening(level: str, seconds: float | None = None) -> dict[str, Any]:
    moment = datetime.now(UTC) if seconds is None else datetime.fromtimestamp(seconds, UTC)
    return {"time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"), "level": level}
