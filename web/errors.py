"""Every error becomes an answer here and nowhere else: a problem document for the API, a page for people.

In: an exception. Out: a Problem (RFC 9457), printed as `application/problem+json` or as HTML.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

import orjson
from flask import Flask, Response, g, render_template, request
from werkzeug.exceptions import HTTPException

from search.errors import EngineUnavailable, Fault, MetiersError, NotFound, QueryError, UnusableIndex
from search.query import MAX_CHARACTERS, Query
from web import texts
from web.addresses import letters_of, pairs_of
from web.prefix import in_json

LOG: Final = logging.getLogger("metiers.errors")
RETRY_INDEX: Final = 30
LONGEST_ADDRESS: Final = 8_000
"""Characters of an address as people read it: a letter written %C3%A9 is one."""

LONGEST_WRITTEN: Final = 30_000
"""Bytes of an address as it is sent: 2,000 emoji take twelve each. The head of a request may be hardly longer."""

_PREFIX: Final = "/api/docs#"

Pairs = Iterable[tuple[str, str]]
"""The (name, value) pairs of an address."""


def is_too_long(path: str, query_string: str) -> bool:
    """Whether an address is longer than is read."""
    written = len(path) + len(query_string)
    return written > LONGEST_WRITTEN or written > LONGEST_ADDRESS < len(path) + letters_of(query_string)


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, for whoever asked. detail: a French sentence. retry_after: in seconds, None for no advice."""

    status: int
    detail: str
    faults: tuple[Fault, ...] = ()
    retry_after: int | None = None
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def title(self) -> str:
        """The kind of problem, in a few words."""
        return _kind(self.status)[1]

    @property
    def type(self) -> str:
        """The stable address that explains this kind of problem."""
        return f"{_PREFIX}{_kind(self.status)[0]}"

    def members(self, request_id: str) -> dict[str, Any]:
        """The members of the problem document."""
        written: dict[str, Any] = {
            "type": self.type,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "request_id": request_id,
        }
        if self.faults:
            written["errors"] = [_fault_members(fault) for fault in self.faults]
        return written


def problem_of(error: Exception) -> Problem:
    """The status of an error, and what the reader is told of it."""
    match error:
        case QueryError():
            return Problem(400, " ".join(fault.detail for fault in error.faults[:3]), error.faults)
        case NotFound():
            return Problem(404, texts.NOT_FOUND.get(error.kind, texts.DETAILS[404]).format(name=error.name))
        case EngineUnavailable():
            return _pause(error.retry_after)
        case UnusableIndex():
            return _pause(RETRY_INDEX)
        case HTTPException():
            return _of_http(error)
        case _:
            return Problem(500, texts.DETAILS[500])


def install(
    app: Flask,
    is_api: Callable[[str], bool],
    prefix: str,
    list_of: Callable[[Pairs], Query],
    recheck: Callable[[], None],
) -> None:
    """Let every error of the application, which is reached under this prefix, become an answer.

    `list_of` reads what an address keeps, however wrong it is: the page of an error takes it along. `recheck` raises
    what is wrong with the index, if anything is.
    """

    @app.errorhandler(Exception)
    def answer(error: Exception) -> Response:
        problem = problem_of(error)
        if problem.status == 500 and not isinstance(error, HTTPException):
            error = _cause(error, recheck)
            problem = problem_of(error)
        if problem.status >= 500 and not isinstance(error, HTTPException):  # those are raised on purpose
            LOG.error("%s: %r", _request_id(), error, exc_info=error if problem.status == 500 else None)
        response = _as_json(problem, prefix) if is_api(request.path) else _as_page(problem, list_of)
        response.headers.extend(problem.headers)
        response.headers["Cache-Control"] = "no-store"
        if problem.status == 406:
            response.vary.add("Accept")
        if problem.retry_after is not None:
            response.headers["Retry-After"] = str(problem.retry_after)
        return response


def _cause(error: Exception, recheck: Callable[[], None]) -> Exception:
    """Why something failed that cannot fail: the index was altered as it was read, else the error itself."""
    try:
        recheck()
    except MetiersError as found:
        return found
    return error


def _request_id() -> str:
    return str(g.get("request_id", ""))


def _as_json(problem: Problem, prefix: str) -> Response:
    body = in_json(prefix, orjson.dumps(problem.members(_request_id())))
    return Response(body, status=problem.status, mimetype="application/problem+json")


def _as_page(problem: Problem, list_of: Callable[[Pairs], Query]) -> Response:
    pairs = tuple(pairs_of(request.query_string))
    text = dict(pairs).get("q", "")[:MAX_CHARACTERS]
    query = list_of(pairs)
    body = render_template("error.html", problem=problem, request_id=_request_id(), text=text, query=query)
    return Response(body, status=problem.status, mimetype="text/html")


def _pause(seconds: int) -> Problem:
    return Problem(503, texts.DETAILS[503].format(seconds=seconds), retry_after=seconds)


def _of_http(error: HTTPException) -> Problem:
    status = error.code or 500
    # A handled error keeps what the protocol asks for (Allow), never the text of the library.
    headers = tuple((name, value) for name, value in error.get_headers() if name != "Content-Type")
    if status not in texts.PROBLEMS:
        status = 400 if status < 500 else 500
    seconds = getattr(error, "retry_after", None)
    detail = texts.DETAILS[status].format(seconds=seconds, limit=LONGEST_ADDRESS)
    return Problem(status, detail, retry_after=seconds, headers=headers)


def _kind(status: int) -> tuple[str, str]:
    return texts.PROBLEMS[status]


def _fault_members(fault: Fault) -> dict[str, Any]:
    members: dict[str, Any] = {"parameter": fault.parameter, "code": fault.code, "detail": fault.detail}
    if fault.value is not None:
        members["value"] = fault.value
    if fault.allowed:
        members["allowed"] = fault.allowed
    if fault.did_you_mean is not None:
        members["did_you_mean"] = fault.did_you_mean
    return members
