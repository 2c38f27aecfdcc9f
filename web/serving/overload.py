"""How the service goes on answering if too much is asked at once. In: a WSGI application. Out: the same, with bounds.

In each worker a few requests run and some wait. If no more may wait, the next one is refused at once with 503 and
Retry-After; refusing costs so little that the others are not late. If the settings say so, a client that asks too often
is refused too (429).
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from math import ceil
from secrets import token_hex
from threading import BoundedSemaphore, Lock
from time import monotonic, perf_counter
from typing import Any, Final

from werkzeug.exceptions import ServiceUnavailable, TooManyRequests
from werkzeug.test import create_environ, run_wsgi_app

from web.serving.journal import Journal
from web.serving.logs import AnsweredRequest
from web.serving.metrics import NO_ROUTE, Recorder
from web.serving.stored_files import FilePieces
from web.serving.unread import UnreadAnswers

RETRY_SECONDS: Final = 1
MOST_CLIENTS: Final = 10_000
"""The most clients that are remembered; the one that asked least recently is forgotten first."""

ARRIVED: Final = "metiers.arrived"
"""The name in the WSGI environment under which it says when the request came, before it waited."""

LAST: Final = (("Connection", "close"),)
"""Headers of the last answer of a connection."""

UNLIMITED: Final = ("/static/", "/health/")
"""Addresses that never count against the limit of requests: a page needs several files, and health checks must pass."""

_REFUSED: Final = "metiers.refused"
_NUMBER: Final = "0" * 16

Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]
AtOnce = Callable[[Environ, Any], list[bytes] | None]
"""Answers a request without waiting, or returns None and does not call `start_response`."""


@dataclass(frozen=True, slots=True)
class _Refusal:
    """A 503 made once, in which only the number of the request changes."""

    status: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class _Turns:
    """A context in which at most `at_once` threads are; the others enter in the order in which they came.

    With a semaphore the thread that has just left could enter again before one that waits has woken.
    """

    def __init__(self, at_once: int) -> None:
        self._lock = Lock()
        self._free = at_once
        self._waiting: deque[Lock] = deque()

    def __enter__(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            turn = Lock()
            turn.acquire()
            self._waiting.append(turn)
        turn.acquire()

    def __exit__(self, *_: object) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1


class Guard:
    """At most `running` requests run and `waiting` wait; the next is refused at once. Health checks always pass.

    at_once: what it answers takes no turn. unread: while `unread.is_full`, all requests are refused. is_leaving: while
    it is true (this process will soon be replaced), each answer closes its connection. is_api: whether a path gets
    JSON.
    """

    def __init__(
        self,
        inner: Application,
        running: int,
        waiting: int,
        is_api: Callable[[str], bool],
        metrics: Recorder | None = None,
        is_leaving: Callable[[], bool] = lambda: False,
        at_once: AtOnce = lambda environ, start_response: None,
        unread: UnreadAnswers | None = None,
    ) -> None:
        self._inner = inner
        self._unread = unread
        self._at_once = at_once
        self._is_leaving = is_leaving
        self._is_api = is_api
        self._journal = Journal(metrics)
        self._turns = _Turns(running)
        self._in_hand = BoundedSemaphore(running + waiting)
        self._refusals = {api: _refusal(inner, "/api/v1/search" if api else "/") for api in (True, False)}

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        return self._answer(environ, self._last(start_response))

    def _last(self, start_response: Any) -> Any:
        """`start_response`, which adds "Connection: close" if this process is leaving."""

        def begin(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            return start_response(status, [*headers, *LAST] if self._is_leaving() else headers, *error)

        return begin

    def _answer(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith("/health/"):
            return _whole(self._inner(environ, start_response))
        is_full = self._unread is not None and self._unread.is_full
        if is_full or not self._in_hand.acquire(blocking=False):
            return self._refuse(environ, start_response)
        environ[ARRIVED] = perf_counter()
        try:
            answer = self._ready(environ, start_response)
        finally:
            self._in_hand.release()
        if self._unread and isinstance(answer, list):
            self._unread.hand_over(sum(map(len, answer)))
        return answer

    def _ready(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        kept = self._at_once(environ, start_response)
        if kept is not None:
            return kept
        with self._turns:
            return _whole(self._inner(environ, start_response))

    def _refuse(self, environ: Environ, start_response: Any) -> list[bytes]:
        started = perf_counter()
        refusal = self._refusals[self._is_api(environ["PATH_INFO"])]
        number = token_hex(8)
        start_response(
            refusal.status, [(name, number if value == _NUMBER else value) for name, value in refusal.headers]
        )
        method = environ["REQUEST_METHOD"]
        self._journal.note(AnsweredRequest(number, method, NO_ROUTE, 503, started))
        return [] if method == "HEAD" else [refusal.body.replace(_NUMBER.encode(), number.encode())]


def is_refused(environ: Environ) -> bool:
    """Whether Guard marked this request as refused."""
    return _REFUSED in environ


def refuse_if_told(environ: Environ) -> None:
    """If Guard marked this request as refused, raise ServiceUnavailable, so that the error handler writes the 503."""
    if is_refused(environ):
        raise ServiceUnavailable(retry_after=RETRY_SECONDS)


def _refusal(inner: Application, path: str) -> _Refusal:
    """The 503 that the application sends at this path, made once so that refusing costs nothing."""
    environ = create_environ(path, headers={"X-Request-Id": _NUMBER})
    body, status, headers = run_wsgi_app(inner, {**environ, _REFUSED: True})
    return _Refusal(status, tuple(headers), b"".join(body))


def _whole(answer: Iterable[bytes]) -> Iterable[bytes]:
    """The answer in one piece: the server sends it by itself, and no thread waits for a slow reader.

    A file is left as it is: it is sent piece by piece, by one of the threads kept for that.
    """
    if isinstance(answer, FilePieces):
        return answer
    try:
        return [b"".join(answer)]
    finally:
        close = getattr(answer, "close", None)
        if close:
            close()


class RateLimit:
    """At most `limit` requests a minute from one client, `limit` of them at once. 0: no limit. Safe under threads.

    It counts the requests of its own process only, by the address of whoever is connected: behind a proxy that
    is the proxy, so that the limit belongs there.
    """

    def __init__(self, limit: int, clock: Callable[[], float] = monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._lock = Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def check(self, address: str) -> None:
        """Count a request of the client with this address. Raises TooManyRequests with the seconds to wait."""
        if not self._limit:
            return
        client, now = _client(address), self._clock()
        with self._lock:
            left, seen = self._left.pop(client, (float(self._limit), now))
            left = min(self._limit, left + (now - seen) * self._limit / 60)
            refused = left < 1
            self._left[client] = (left if refused else left - 1, now)
            if len(self._left) > MOST_CLIENTS:
                self._left.popitem(last=False)
        if refused:
            raise TooManyRequests(retry_after=ceil((1 - left) * 60 / self._limit))


def _client(address: str) -> str:
    """The client of an address. One IPv6 client has a whole /64 of addresses, which counts as one."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(IPv6Address(int(parsed) >> 64 << 64)) if isinstance(parsed, IPv6Address) else address
