"""Each error as a reader meets it: status, problem document, French page; what it must not reveal."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from search.backends import open_engine
from search.engine import Engine, Hits, IndexInfo
from search.errors import EngineUnavailable
from search.query import Query
from search.settings import Settings
from web.api import models
from web.app import create_app


class Away:
    """An engine that is known to exist and does not answer."""

    def __init__(self, engine: Engine, error: Exception) -> None:
        self._engine = engine
        self._error = error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def info(self) -> IndexInfo:
        return self._engine.info()

    def pinned(self) -> "Away":
        return self

    def search(self, query: Query) -> Hits:
        raise self._error


def client_of(settings: Settings, engine: Any) -> FlaskClient:
    return create_app(settings, engine).test_client()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/search?page=0", 400),
        ("GET", "/api/v1/search?couleur=bleu", 400),
        ("GET", "/api/v1/suggest?limit=99", 400),
        ("GET", "/api/v1/metiers/MET.999999", 404),
        ("GET", "/api/v1/metiers/../../etc/passwd", 404),
        ("GET", "/api/v1/metiers/MET.1%00", 404),
        ("GET", "/api/v1/facets/couleur", 404),
        ("GET", "/api/v1/rien", 404),
        ("POST", "/api/v1/search", 405),
        ("GET", "/api/v1/search?q=" + "a" * 9000, 414),
    ],
)
def test_the_api_answers_each_error_with_a_problem_document(
    seeds_client: FlaskClient, method: str, path: str, status: int
) -> None:
    answer = seeds_client.open(path, method=method)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    problem = models.Problem.model_validate_json(answer.data)
    assert problem.status == status
    assert problem.type.startswith("/api/docs#")
    assert problem.request_id == answer.headers["X-Request-Id"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_type_of_each_problem_is_a_place_in_the_documentation(seeds_client: FlaskClient) -> None:
    kind = seeds_client.get("/api/v1/search?page=0").json["type"]
    assert f'id="{kind.partition("#")[2]}"' in seeds_client.get("/api/docs").text


def test_a_wrong_value_is_named_with_what_is_possible(seeds_client: FlaskClient) -> None:
    problem = seeds_client.get("/api/v1/search?niveau=bac%2B9&page=x").json
    assert [(each["parameter"], each["code"]) for each in problem["errors"]] == [
        ("niveau", "enum"),
        ("page", "integer"),
    ]
    assert problem["errors"][0]["value"] == "bac+9"
    assert "bac-5" in problem["errors"][0]["allowed"]


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/?niveau=bac%2B9", 400, "études minimum"),
        ("/metiers/MET.999999", 404, "MET.999999"),
        ("/metiers/", 404, "Chercher un métier"),
        ("/filtres/couleur", 404, "Chercher un métier"),
        ("/n/importe/quoi", 404, "Chercher un métier"),
        ("/?q=" + "a" * 9000, 414, "8"),
        ("/comparer?id=MET.x", 400, "MET.x"),
    ],
)
def test_people_get_a_french_page_that_says_what_to_do(
    seeds_client: FlaskClient, path: str, status: int, said: str
) -> None:
    answer = seeds_client.get(path)
    assert answer.status_code == status
    assert answer.mimetype == "text/html"
    assert f"Erreur {status}" in answer.text
    assert said in answer.text
    assert 'action="/"' in answer.text


def test_methods_that_write_are_refused_with_those_that_read(seeds_client: FlaskClient) -> None:
    for method in ("PUT", "DELETE", "TRACE", "POST", "PATCH"):
        for path in ("/", "/api/v1/search", "/metiers/MET.242", "/static/style.css"):
            answer = seeds_client.open(path, method=method)
            assert answer.status_code == 405, (method, path)
            assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_without_an_index_the_service_lives_but_is_not_ready(tmp_path: Path) -> None:
    settings = Settings(index=tmp_path / "none")
    client = client_of(settings, open_engine(settings))
    assert client.get("/health/live").status_code == 200
    ready = client.get("/health/ready")
    assert ready.status_code == 503
    assert int(ready.headers["Retry-After"]) > 0
    assert ready.mimetype == "application/problem+json"
    page = client.get("/")
    assert page.status_code == 503
    assert int(page.headers["Retry-After"]) > 0
    assert "Service en pause" in page.text
    assert client.get("/static/style.css").status_code == 200


def test_an_engine_that_is_away_says_when_to_come_back(seeds_settings: Settings, seeds_engine: Engine) -> None:
    client = client_of(seeds_settings, Away(seeds_engine, EngineUnavailable("cluster away", retry_after=7)))
    answer = client.get("/api/v1/search")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "7"
    assert "cluster" not in answer.text


def test_a_fault_of_ours_tells_nothing_of_its_inside(
    seeds_settings: Settings, seeds_engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_of(seeds_settings, Away(seeds_engine, RuntimeError("secret detail")))
    for path in ("/", "/api/v1/search"):
        answer = client.get(path)
        assert answer.status_code == 500
        assert "secret" not in answer.text
        assert "Traceback" not in answer.text
        assert answer.headers["X-Request-Id"] in caplog.text
    assert "secret detail" in caplog.text


def test_errors_are_never_kept(seeds_client: FlaskClient) -> None:
    answer = seeds_client.get("/metiers/MET.999999")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers


def test_the_error_page_of_a_search_keeps_what_was_written(seeds_app: Flask) -> None:
    page = seeds_app.test_client().get("/?q=boulanger&page=0").text
    assert 'value="boulanger"' in page
