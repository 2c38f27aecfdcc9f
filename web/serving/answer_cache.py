"""A cache of whole answers in memory, in front of Flask. In: a WSGI application. Out: the same, quicker.

request -> the index served now, the address as it came, the types and the packing accepted -> what was sent for them

The index is looked up once for a request. If no answer is kept, the application answers from this same index.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from threading import Lock
from time import perf_counter
from typing import Any, Final

from flask import Response
from werkzeug.exceptions import TooManyRequests

from search.engine import Engine, IndexInfo
from search.errors import MetiersError
from web.answer import PACKERS, Headers, is_known
from web.negotiation import accepted_types, best_coding
from web.serving.journal import Journal, request_number
from web.serving.logs import AnsweredRequest
from web.serving.overload import ARRIVED, UNLIMITED, Application, Environ, RateLimit, is_refused

NUMBER: Final = "X-Request-Id"
READING: Final = frozenset({"GET", "HEAD"})
_PINNED: Final = "metiers.pinned"
_KEY: Final = "metiers.key"
NOT_MODIFIED: Final = 304
_UNCHANGED: Final = str(NOT_MODIFIED)

_OBJECTS: Final = 2_000
"""Bytes that a kept answer takes beside its body, headers and address: the objects that hold them, measured."""

_LARGEST_SHARE: Final = 8
"""An answer larger than this part of the cache is not kept: it would displace too many others."""


@dataclass(frozen=True, slots=True)
class SentAnswer:
    """An answer as it was sent: all but the number of the request, which stands between the two groups of headers.

    etag: its entity tag. status: as WSGI has it ("200 OK"). route, results and words: what the log says of it.
    """

    etag: str
    status: str
    headers_before: Headers
    headers_after: Headers
    body: bytes
    route: str
    results: int | None = None
    words: str | None = None

    @property
    def size(self) -> int:
        """About how many bytes it takes in memory."""
        headers = (*self.headers_before, *self.headers_after)
        return len(self.body) + sum(len(name) + len(value) for name, value in headers) + _OBJECTS


class AnswerCache:
    """The answers last sent, at most `entries` of them and `most_bytes` in all; 0 entries keep none.

    Safe under threads.
    """

    def __init__(self, entries: int, most_bytes: int = 64_000_000) -> None:
        self.keeps = entries > 0
        self._entries = entries
        self._most_bytes = most_bytes
        self._bytes = 0
        self._answers: OrderedDict[Hashable, tuple[SentAnswer, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> SentAnswer | None:
        """The answer kept under a key, None if there is none."""
        with self._lock:
            kept = self._answers.get(key)
            if kept is None:
                return None
            self._answers.move_to_end(key)
        return kept[0]

    def keep(self, key: tuple[Hashable, ...], answer: SentAnswer) -> None:
        """Keep an answer, and remove those that were not asked for longest; one that is too large is not kept."""
        size = answer.size + sum(len(part) for part in key if isinstance(part, str))
        if not self.keeps or size * _LARGEST_SHARE > self._most_bytes:
            return
        with self._lock:
            _, replaced = self._answers.pop(key, (None, 0))
            self._answers[key] = answer, size
            self._bytes += size - replaced
            while len(self._answers) > self._entries or self._bytes > self._most_bytes:
                _, (_, oldest) = self._answers.popitem(last=False)
                self._bytes -= oldest

    def __len__(self) -> int:
        return len(self._answers)


class CacheMiddleware:
    """Answers a request with what `inner` sent before to the same one; `inner` answers all others. Safe under threads.

    types: the media types among which clients may choose. rate: the limit of requests. journal: where requests are
    noted.
    """

    def __init__(
        self,
        inner: Application,
        engine: Engine,
        answers: AnswerCache,
        types: Iterable[str],
        rate: RateLimit,
        journal: Journal,
    ) -> None:
        self._inner = inner
        self._engine = engine
        self._answers = answers
        self._types = tuple(types)
        self._rate = rate
        self._journal = journal

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        sent = self.at_once(environ, start_response)
        return self._inner(environ, start_response) if sent is None else sent

    def at_once(self, environ: Environ, start_response: Any) -> list[bytes] | None:
        """The answer to a request if it is kept; if not, None, and `start_response` is not called."""
        started = environ.get(ARRIVED) or perf_counter()
        key = self._key(environ)
        answer = self._found(key, environ.get("HTTP_IF_NONE_MATCH")) if key else None
        if answer is None or not self._is_welcome(environ):
            return None
        return send(answer, environ, start_response, self._journal, started, environ[_PINNED].info(), is_kept=True)

    def _key(self, environ: Environ) -> tuple[Hashable, ...] | None:
        """All that the answer to a request depends on, found once for each request; None if its answer is never
        kept."""
        if _KEY not in environ:
            environ[_KEY] = self._made_key(environ)
        key: tuple[Hashable, ...] | None = environ[_KEY]
        return key

    def _made_key(self, environ: Environ) -> tuple[Hashable, ...] | None:
        path = environ["PATH_INFO"]
        is_read = environ["REQUEST_METHOD"] in READING and not path.startswith(UNLIMITED)
        if not self._answers.keeps or not is_read or is_refused(environ):
            return None
        try:
            environ[_PINNED] = pinned = self._engine.pinned()
            generation = pinned.info().generation
        except MetiersError as error:
            environ[_PINNED] = error
            return None
        return (
            generation,
            environ.get("wsgi.url_scheme", ""),
            environ.get("SCRIPT_NAME", ""),
            path,
            environ.get("QUERY_STRING", ""),
            accepted_types(environ.get("HTTP_ACCEPT", ""), self._types),
            best_coding(environ.get("HTTP_ACCEPT_ENCODING", ""), tuple(PACKERS)),
        )

    def _found(self, key: tuple[Hashable, ...], if_none_match: str | None) -> SentAnswer | None:
        unchanged = self._answers.get((*key, _UNCHANGED)) if if_none_match else None
        if unchanged and is_known(unchanged.etag, if_none_match):
            return unchanged
        answer = self._answers.get(key)
        return None if answer and is_known(answer.etag, if_none_match) else answer

    def _is_welcome(self, environ: Environ) -> bool:
        """Whether the client is within the limit of requests; if not, the application sends the 429."""
        try:
            self._rate.check(environ.get("REMOTE_ADDR", ""))
        except TooManyRequests:
            return False
        return True


def send(
    answer: SentAnswer,
    environ: Environ,
    start_response: Any,
    journal: Journal,
    started: float,
    served: IndexInfo,
    is_kept: bool | None,
) -> list[bytes]:
    """Send an answer without Flask, with a number of its own, and note it. started: by `perf_counter`."""
    number = request_number(environ.get("HTTP_X_REQUEST_ID", ""))
    start_response(answer.status, [*answer.headers_before, (NUMBER, number), *answer.headers_after])
    method = environ["REQUEST_METHOD"]
    journal.note(
        AnsweredRequest(
            number=number,
            method=method,
            route=answer.route,
            status=int(answer.status[:3]),
            started=started,
            results=answer.results,
            words=answer.words,
            served=served,
            is_kept=is_kept,
        )
    )
    return [] if method == "HEAD" else [answer.body]


def sent_answer(environ: Environ, response: Response, route: str, results: int | None, words: str | None) -> SentAnswer:
    """What the application sends to a request. `response` has its ETag and its number."""
    headers = response.get_wsgi_headers(environ).to_wsgi_list()
    place = next(place for place, (name, _) in enumerate(headers) if name == NUMBER)
    return SentAnswer(
        response.headers["ETag"],
        response.status,
        tuple(headers[:place]),
        tuple(headers[place + 1 :]),
        b"" if response.status_code == NOT_MODIFIED else response.get_data(),
        route,
        results,
        words,
    )


def keep(answers: AnswerCache, environ: Environ, answer: SentAnswer) -> None:
    """Keep what is sent to a request that came through CacheMiddleware."""
    key = environ.get(_KEY)
    if key:
        is_unchanged = answer.status.startswith(str(NOT_MODIFIED))
        answers.keep((*key, _UNCHANGED) if is_unchanged else key, answer)


def pinned_index(environ: Environ, pin: Callable[[], Engine]) -> Engine:
    """The index that a request is answered from: the one that was looked up for it, else the one that `pin` gives.

    Raises UnusableIndex or EngineUnavailable.
    """
    pinned: Engine | MetiersError | None = environ.get(_PINNED)
    if isinstance(pinned, MetiersError):
        raise pinned
    return pinned or pin()
