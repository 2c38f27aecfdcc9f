"""One line for each request, in JSON: id, route, status, milliseconds, results. Never an address.

The words searched are written only when the settings ask for it, cut and escaped so that a line stays a line.
"""

import json
import logging
from time import perf_counter
from typing import Any, Final

ACCESS: Final = logging.getLogger("metiers.access")
_LONGEST: Final = 200


def line(
    request_id: str, method: str, route: str, status: int, started: float, results: int | None, words: str | None
) -> str:
    """The line. `route` is the rule that answered, not the address asked; ASCII only, at most 1 kB."""
    entry: dict[str, Any] = {
        "id": request_id,
        "method": method[:16],
        "route": route,
        "status": status,
        "ms": round((perf_counter() - started) * 1000, 2),
    }
    if results is not None:
        entry["results"] = results
    if words is not None:
        entry["q"] = words[:_LONGEST]
    written = json.dumps(entry)
    if len(written) > 1_000:  # letters written as \\uXXXX
        entry["q"] = (words or "")[: _LONGEST // 4]
        written = json.dumps(entry)
    return written


def configure() -> None:
    """Access lines go to standard error as they are. Called by the server, once a process."""
    if not ACCESS.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(message)s"))
        ACCESS.addHandler(handler)
        ACCESS.setLevel(logging.INFO)
        ACCESS.propagate = False
