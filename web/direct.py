"""The searches, answered in front of Flask. In: a WSGI application. Out: the same answers, for less work around them.

Most requests are for one of few addresses. What these ask is read by the functions that Flask's views call; whatever
is not a plain answer (a fault, another format, a copy that is still good) is left to Flask, which words it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

from flask import Flask, g
from werkzeug.utils import get_content_type

from search.catalogue import Catalogue
from search.settings import Settings
from web.addresses import pairs_of
from web.answer import Answer
from web.errors import is_too_long
from web.serving import security
from web.serving.answer_cache import READING, AnswerCache, SentAnswer, keep, pinned_index, send
from web.serving.journal import Journal
from web.serving.overload import ARRIVED, Application, Environ, RateLimit, is_refused
from web.site import Asked, Site, headers_of, packed_for

STATUS: Final = "200 OK"
HTTPS: Final = "https"
_BEGUN: Final = "metiers.begun"

Reader = Callable[[str], Asked | None]
"""What a request asks, by its Accept header; None if it is left to Flask. Raises MetiersError."""


@dataclass(slots=True)
class _Begun:
    """How far a request got before it was left to Flask: the index that it is answered from, what went wrong."""

    catalogue: Catalogue | None = None
    error: Exception | None = None


class DirectSearches:
    """Answers what `readers` read, by their address, and hands the other requests to `inner`. Safe under threads.

    It counts, logs and keeps as the application does, whose context the readers are called in.
    """

    def __init__(
        self,
        app: Flask,
        site: Site,
        readers: Mapping[str, Reader],
        is_api: Callable[[str], bool],
        answers: AnswerCache,
        rate: RateLimit,
        journal: Journal,
    ) -> None:
        self._app = app
        self._inner: Application = app.wsgi_app
        self._site = site
        self._readers = dict(readers)
        self._is_api = is_api
        self._answers = answers
        self._rate = rate
        self._journal = journal

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        reader = self._readers.get(environ["PATH_INFO"])
        if reader is None or not _is_plain(environ, self._site.settings):
            return self._inner(environ, start_response)
        begun = environ[_BEGUN] = _Begun()
        try:
            self._rate.check(environ.get("REMOTE_ADDR", ""))
            with self._app.app_context():
                body = self._answer(reader, begun, environ, start_response)
        except Exception as error:
            # Flask says what went wrong, and does not search again.
            begun.error, body = error, None
        return self._inner(environ, start_response) if body is None else body

    def _answer(self, reader: Reader, begun: _Begun, environ: Environ, start_response: Any) -> list[bytes] | None:
        started = environ.get(ARRIVED) or perf_counter()
        g.pairs = pairs_of(environ.get("QUERY_STRING", "").encode("latin-1"))
        g.catalogue = begun.catalogue = Catalogue(pinned_index(environ, self._site.engine.pinned))
        asked = reader(environ.get("HTTP_ACCEPT", ""))
        if asked is None:
            return None
        answer = packed_for(environ.get("HTTP_ACCEPT_ENCODING", ""), asked.make())
        sent = self._sent(asked, answer, environ)
        if not answer.is_partial:
            keep(self._answers, environ, sent)
        is_kept = None if answer.is_partial else False
        return send(sent, environ, start_response, self._journal, started, self._site.catalogue.info(), is_kept)

    def _sent(self, asked: Asked, answer: Answer, environ: Environ) -> SentAnswer:
        """The answer with all its headers."""
        etag = self._site.tag(asked)
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        is_secure = self._site.settings.is_https or environ.get("wsgi.url_scheme") == HTTPS
        return SentAnswer(
            etag,
            STATUS,
            (
                ("Content-Type", get_content_type(answer.mimetype, "utf-8")),
                ("Content-Length", str(len(answer.body))),
                *headers_of(answer, etag),
            ),
            security.headers(answer.mimetype, self._is_api(path), method, is_secure, False),
            answer.body,
            path,
            answer.results,
            dict(g.pairs).get("q") if self._site.settings.log_queries else None,
        )


def _is_plain(environ: Environ, settings: Settings) -> bool:
    """Whether a request only reads, and nothing about it is to be refused or compared first."""
    return (
        environ["REQUEST_METHOD"] in READING
        and "HTTP_IF_NONE_MATCH" not in environ
        and environ.get("SCRIPT_NAME", "") == settings.prefix
        and not is_refused(environ)
        and not is_too_long(environ["PATH_INFO"], environ.get("QUERY_STRING", ""))
    )


def resumed(environ: Environ) -> bool:
    """Let Flask go on with the index of a request that was left to it; whether there was one, counted already.

    Raises what went wrong, if anything did.
    """
    begun: _Begun | None = environ.get(_BEGUN)
    if begun is None:
        return False
    if begun.catalogue:
        g.catalogue = begun.catalogue
    if begun.error:
        # An error holds its frames, and these the request: a circle if the request held the error.
        error, begun.error = begun.error, None
        raise error
    return True
