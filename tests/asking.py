"""A plain HTTP client for the tests: what is asked goes out as it is, what comes back is kept with its time."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage
from time import perf_counter
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

SOAK: Final = bool(os.environ.get("METIERS_SOAK"))
"""Whether the long tests run whole (`make soak`) or scaled down."""


def at_most(seconds: float, hangs: float = 5) -> float:
    """A bound of the clock: `seconds` in soak; elsewhere, where tests run side by side on any machine, `hangs`."""
    return seconds if SOAK else max(seconds, hangs)


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer with the seconds it took."""

    status: int
    headers: HTTPMessage
    body: bytes
    seconds: float

    def json(self) -> Any:
        """The body, read as JSON."""
        return orjson.loads(self.body)


def connect(url: str, timeout: float = 10) -> HTTPConnection:
    """A connection that may be used for several requests."""
    return HTTPConnection(urlsplit(url).netloc, timeout=timeout)


def ask(to: str | HTTPConnection, path: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> Answered:
    """One request, on a connection of its own where an address is given."""
    connection = connect(to) if isinstance(to, str) else to
    try:
        started = perf_counter()
        connection.request(method, path, headers=dict(headers or {}))
        response = connection.getresponse()
        body = response.read()
        return Answered(response.status, response.headers, body, perf_counter() - started)
    finally:
        if isinstance(to, str):
            connection.close()


def raw(url: str, sent: bytes, timeout: float = 10) -> socket.socket:
    """A connection on which these bytes were sent, as they are."""
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname, parts.port), timeout)
    try:
        connection.sendall(sent)
    except OSError:
        connection.close()
        raise
    return connection
