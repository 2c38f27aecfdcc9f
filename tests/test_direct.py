"""Searches answered in front of Flask are answered as Flask would, to the byte, and noted alike."""

import gzip
import json
import logging
import re
from dataclasses import replace
from typing import Any

import brotli
import pytest
from flask import Flask, request_started
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from werkzeug.test import create_environ, run_wsgi_app

from search.engine import Engine
from search.errors import EngineUnavailable
from search.query import Query
from search.settings import Settings
from web.app import create_app
from web.serving.overload import Application
from web.serving.reverse_proxy import behind_proxies

PATHS = ("/", "/api/v1/search")
PARAMETERS = (
    "q=bois", "q=pain", "q=zzzzz", "q=B%6Fis", "q=%E9t%E9", "page=2", "page=9999", "per_page=1", "per_page=x",
    "format=csv", "format=json", "facets=none", "garde=MET.1", "nom=Ma+liste", "utm_source=a", "unknown=1",
    "explain=true", "sort=nom", "niveau=bac-5", "dans=metier", "edition=other", "q=" + "a" * 2_001, "q=" + "a" * 8_001,
)  # fmt: skip
ACCEPTED = ("", "*/*", "text/html,*/*;q=0.8", "application/json", "text/csv", "image/png")
CODINGS = ("", "gzip", "gzip, deflate, br", "identity, gzip;q=0.5")
UNPACKED = {"br": brotli.decompress, "gzip": gzip.decompress}


class Seen(logging.Handler):
    """Keeps the lines of the log."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(json.loads(record.getMessage()))


@pytest.fixture(scope="module")
def app(seeds_settings: Settings, seeds_engine: Engine) -> Flask:
    return create_app(replace(seeds_settings, cache_entries=0, log_queries=True), seeds_engine)


def by_flask(app: Flask, settings: Settings) -> Application:
    return behind_proxies(lambda environ, start_response: Flask.wsgi_app(app, environ, start_response), settings)


def told(application: Application, environ: dict[str, Any]) -> tuple[Any, ...]:
    """What is answered and logged, without the milliseconds and what depends on their digits."""
    seen, log = Seen(), logging.getLogger("metiers.access")
    log.addHandler(seen)
    level = log.level
    log.setLevel(logging.INFO)
    try:
        body, status, headers = run_wsgi_app(application, environ)
    finally:
        log.removeHandler(seen)
        log.setLevel(level)
    is_timed = headers.get("Content-Type") == "application/json"
    kept = [pair for pair in headers if pair[0] != "Content-Length" or not is_timed]
    sent = b"".join(body)
    unpack = UNPACKED.get(headers.get("Content-Encoding", "")) if sent else None
    written = re.sub(rb'"took_ms":[0-9.]+', b"", unpack(sent) if unpack else sent)
    (line,) = seen.lines
    return status, kept, written, {**line, "time": "", "ms": 0}


@hypothesis_settings(max_examples=150)
@given(
    path=st.sampled_from(PATHS),
    parameters=st.lists(st.sampled_from(PARAMETERS), max_size=2).map("&".join),
    method=st.sampled_from(("GET", "GET", "HEAD", "POST", "OPTIONS")),
    accept=st.sampled_from(ACCEPTED),
    coding=st.sampled_from(CODINGS),
    known=st.sampled_from(("", "", "*", '"other"')),
    scheme=st.sampled_from(("http", "https")),
)
def test_a_search_is_answered_and_noted_as_flask_does_to_the_byte(
    app: Flask,
    seeds_settings: Settings,
    path: str,
    parameters: str,
    method: str,
    accept: str,
    coding: str,
    known: str,
    scheme: str,
) -> None:
    headers = {"Accept": accept, "Accept-Encoding": coding, "X-Request-Id": "the-same-number"}
    environ = create_environ(
        f"{path}?{parameters}", f"{scheme}://localhost", method=method,
        headers=headers | ({"If-None-Match": known} if known else {}),
    )  # fmt: skip
    assert told(app.wsgi_app, environ.copy()) == told(by_flask(app, seeds_settings), environ.copy())


def test_a_search_needs_no_request_of_flask(app: Flask) -> None:
    requests: list[str] = []

    def note(sender: Flask) -> None:
        requests.append("")

    with request_started.connected_to(note, app):
        for path in PATHS:
            assert run_wsgi_app(app.wsgi_app, create_environ(f"{path}?q=bois"))[1] == "200 OK"
        assert not requests
        run_wsgi_app(app.wsgi_app, create_environ("/plan"))
        assert requests


class Away:
    """An engine that cannot be asked to search."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self.searches = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def pinned(self) -> "Away":
        return self

    def search(self, query: Query) -> Any:
        self.searches += 1
        raise EngineUnavailable("away", 7)


@pytest.mark.parametrize("path", PATHS)
def test_a_search_that_fails_is_told_by_flask_without_another_search_and_counts_once(
    seeds_settings: Settings, seeds_engine: Any, path: str
) -> None:
    away = Away(seeds_engine)
    client = create_app(replace(seeds_settings, cache_entries=0, rate_limit=3), away).test_client()
    answers = [client.get(f"{path}?q=bois") for _ in range(4)]
    assert [each.status_code for each in answers] == [503, 503, 503, 429]
    assert answers[0].headers["Retry-After"] == "7"
    assert away.searches == 3
