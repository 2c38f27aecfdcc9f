"""Answers sent again without the application are those that the application would send, to the byte."""

import gzip
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import brotli
import pytest
from flask import Flask, appcontext_pushed
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from shares import examples
from werkzeug.test import TestResponse

from search.engine import Engine
from search.settings import Settings
from web.app import create_app
from web.serving.metrics import Metrics

PATHS = (
    "/", "/metiers/MET.1", "/metiers/MET.1.", "/metiers/nowhere", "/selection", "/carte", "/plan", "/aide", "/envies",
    "/filtres/niveau", "/sitemap.xml", "/robots.txt", "/nouveautes.atom", "/static/style.css", "/nowhere",
    "/api/v1/search", "/api/v1/suggest", "/api/v1/metiers/MET.1", "/api/v1/facets/niveau", "/health/live",
)  # fmt: skip
PARAMETERS = (
    "q=bois", "q=pain", "q=zzzzz", "q=B%6Fis", "q=%E9t%E9", "page=2", "per_page=1", "per_page=x", "format=csv",
    "format=ndjson", "facets=none", "garde=MET.1", "utm_source=a", "unknown=1", "explain=true", "sort=nom",
)  # fmt: skip
ACCEPTED = (
    "", "*/*", "text/html,application/xhtml+xml,*/*;q=0.8", "application/json", "text/csv", "application/x-ndjson",
    "text/csv, application/json;q=0.5", "application/json;q=0, */*", "image/png",
)  # fmt: skip
CODINGS = ("", "gzip", "gzip, deflate, br", "br;q=0, gzip", "identity, gzip;q=0.5", "*")
UNPACKED = {"br": brotli.decompress, "gzip": gzip.decompress}
NUMBER = "the-same-number"


@dataclass
class Asked:
    """An application, and how many requests have reached it."""

    app: Flask
    metrics: Metrics
    reached: list[str] = field(default_factory=list)

    def ask(self, path: str, method: str, headers: dict[str, str]) -> TestResponse:
        return self.app.test_client().open(path, method=method, headers={"X-Request-Id": NUMBER} | headers)


def asked(settings: Settings, engine: Engine) -> Asked:
    metrics = Metrics(["/", "/api/v1/search"], 1)
    made = Asked(create_app(settings, engine, metrics.recorder()), metrics)
    appcontext_pushed.connect(lambda sender: made.reached.append(""), made.app, weak=False)
    return made


@pytest.fixture(scope="module")
def caching(seeds_settings: Settings, seeds_engine: Engine) -> Asked:
    return asked(replace(seeds_settings, cache_entries=500, log_queries=True), seeds_engine)


@pytest.fixture(scope="module")
def forgetting(seeds_settings: Settings, seeds_engine: Engine) -> Asked:
    return asked(replace(seeds_settings, cache_entries=0, log_queries=True), seeds_engine)


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    caplog.set_level(logging.INFO, logger="metiers.access")
    return caplog


def untimed(answer: TestResponse) -> tuple[Any, ...]:
    """The answer without the milliseconds that it says it took, and what depends on their digits."""
    unpack = UNPACKED.get(answer.headers.get("Content-Encoding", "")) if answer.data else None
    told = re.sub(rb'"took_ms":[0-9.]+', b"", unpack(answer.data) if unpack else answer.data)
    is_timed = answer.request.path == "/api/v1/search"
    headers = [pair for pair in answer.headers if pair[0] != "Content-Length" or not is_timed]
    return answer.status, headers, told


requests = st.tuples(
    st.sampled_from(PATHS),
    st.lists(st.sampled_from(PARAMETERS), max_size=2).map("&".join),
    st.sampled_from(("GET", "GET", "HEAD", "POST", "OPTIONS")),
    st.fixed_dictionaries({"Accept": st.sampled_from(ACCEPTED), "Accept-Encoding": st.sampled_from(CODINGS)}),
    st.sampled_from(("", "*", '"other"', "its own", '"other", its own')),
)


@hypothesis_settings(max_examples=examples(150))
@given(request=requests)
def test_what_is_sent_again_is_what_is_made_to_the_byte(
    caching: Asked, forgetting: Asked, request: tuple[str, str, str, dict[str, str], str]
) -> None:
    path, parameters, method, headers, known = request
    address = f"{path}?{parameters}" if parameters else path
    if known:
        etag = forgetting.ask(address, "GET", headers).headers.get("ETag", '"none"')
        headers = headers | {"If-None-Match": known.replace("its own", etag)}
    made = forgetting.ask(address, method, headers)
    first = caching.ask(address, method, headers)
    reached = len(caching.reached)
    again = caching.ask(address, method, headers)
    assert untimed(first) == untimed(made)
    if method in {"GET", "HEAD"} and "ETag" in made.headers and not path.startswith("/static/"):
        assert (again.status, again.headers.to_wsgi_list(), again.data) == (
            first.status, first.headers.to_wsgi_list(), first.data,
        )  # fmt: skip
        assert len(caching.reached) == reached, "what was sent before needs no application"
    else:
        assert untimed(again) == untimed(made)
        assert len(caching.reached) > reached


def test_a_request_is_counted_and_logged_alike_whether_its_answer_was_kept(
    seeds_settings: Settings, seeds_engine: Engine, lines: pytest.LogCaptureFixture
) -> None:
    told = []
    for entries in (0, 100):
        app = asked(replace(seeds_settings, cache_entries=entries, log_queries=True), seeds_engine)
        lines.clear()
        for path in ("/?q=bois", "/api/v1/search?q=bois", "/api/v1/search?q=-metier&niveau=bac-5", "/plan"):
            for method, known in (("GET", ""), ("GET", ""), ("HEAD", ""), ("GET", "*"), ("GET", "*")):
                app.ask(path, method, {"If-None-Match": known} if known else {})
        counted = re.findall(r"metiers_(?:requests|searches)_\S+ \d+", app.metrics.text())
        logged = [json.loads(record.getMessage()) for record in lines.records]
        assert len(logged) == 20
        when = {"time", "ms"}
        told.append((counted, [{name: entry[name] for name in entry.keys() - when} for entry in logged]))
    assert told[0] == told[1]


def test_each_answer_has_the_number_of_its_own_request(caching: Asked) -> None:
    client = caching.app.test_client()
    numbers = [client.get("/?q=bois").headers["X-Request-Id"] for _ in range(3)]
    assert len(set(numbers)) == 3
    assert client.get("/?q=bois", headers={"X-Request-Id": "a" * 8}).headers["X-Request-Id"] == "a" * 8
    assert client.get("/?q=bois", headers={"X-Request-Id": "a\tb" * 8}).headers["X-Request-Id"] != "a\tb" * 8


def test_without_entries_every_request_reaches_the_application(forgetting: Asked) -> None:
    before = len(forgetting.reached)
    for _ in range(3):
        forgetting.ask("/?q=bois", "GET", {})
    assert len(forgetting.reached) == before + 3


class Partial:
    """An engine that runs out of time."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def pinned(self) -> "Partial":
        return Partial(self._engine.pinned())

    def search(self, query: Any) -> Any:
        return replace(self._engine.search(query), partial=True)


@pytest.mark.parametrize("path", ["/?q=bois", "/api/v1/search?q=bois"])
def test_a_partial_answer_is_never_kept(seeds_settings: Settings, seeds_engine: Any, path: str) -> None:
    app = asked(replace(seeds_settings, cache_entries=100), Partial(seeds_engine))  # type: ignore[arg-type]
    for _ in range(2):
        answer = app.ask(path, "GET", {})
        assert answer.headers["Cache-Control"] == "no-store"
        assert "ETag" not in answer.headers
    assert len(app.reached) == 2


def test_who_asks_too_often_is_refused_even_what_is_kept(seeds_settings: Settings, seeds_engine: Engine) -> None:
    app = asked(replace(seeds_settings, cache_entries=100, rate_limit=3), seeds_engine)
    assert [app.ask("/?q=bois", "GET", {}).status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    assert len(app.reached) == 3  # one made, two refused


def test_an_answer_kept_for_one_index_is_not_sent_from_another(seeds_settings: Settings, seeds_engine: Any) -> None:
    class Renamed(Partial):
        name = "first"

        def pinned(self) -> "Renamed":
            return Renamed(self._engine.pinned())

        def search(self, query: Any) -> Any:
            return replace(self._engine.search(query), index=self.info())

        def info(self) -> Any:
            return replace(self._engine.info(), generation=Renamed.name)

    app = asked(replace(seeds_settings, cache_entries=100), Renamed(seeds_engine))  # type: ignore[arg-type]
    bodies = []
    for Renamed.name in ("first", "first", "second", "first"):
        bodies.append(app.ask("/api/v1/search?q=bois", "GET", {}).json["index"]["generation"])
    assert bodies == ["first", "first", "second", "first"]
    assert len(app.reached) == 2


def test_what_is_kept_under_the_path_of_the_service_is_not_sent_elsewhere(
    seeds_settings: Settings, seeds_engine: Engine
) -> None:
    settings = replace(seeds_settings, cache_entries=100, base_url="http://example.org/orientation")
    client = create_app(settings, seeds_engine).test_client()
    first, again = (client.get("/orientation/?q=bois") for _ in range(2))
    assert first.data == again.data
    assert first.headers["ETag"] == again.headers["ETag"]
    assert client.get("/?q=bois").status_code == 404
    api = [client.get("/orientation/api/v1/search?q=bois").headers["Link"] for _ in range(2)]
    assert api[0] == api[1]
    assert "</orientation/api" in api[0]
