"""An answer that is not whole, for want of time or since some sheets do not answer: said to be so, never kept."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from flask.testing import FlaskClient

from search.embedded.engine import EmbeddedEngine
from search.engine import Engine, Hits
from search.query import Query
from search.settings import Settings
from web import texts
from web.app import create_app


class Hurt:
    """An engine of which some sheets do not answer while it is `silent`."""

    def __init__(self, engine: EmbeddedEngine) -> None:
        self._engine = engine
        self.silent = False

    def pinned(self) -> "Hurt":
        return self

    def search(self, query: Query) -> Hits:
        found = self._engine.search(query)
        return replace(found, hits=(), partial=True) if self.silent else found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


@pytest.fixture
def hurt(village_index: Path) -> Iterator[Hurt]:
    with closing(EmbeddedEngine(village_index)) as engine:
        yield Hurt(engine)


@pytest.fixture
def client(hurt: Hurt) -> FlaskClient:
    return create_app(Settings(cache_entries=64), cast(Engine, hurt)).test_client()


EMPTY = "q=zzzzzz+farine&typo=off"
"""Words of which one is on no sheet: others are looked for beside the results."""


@pytest.mark.parametrize("path", [f"/?{EMPTY}", f"/api/v1/search?{EMPTY}", "/?q=zzzzzz", "/api/v1/search?q=zzzzzz"])
@pytest.mark.parametrize("packed", ["gzip", "identity"])
def test_an_answer_that_ran_out_of_time_is_sent_once_and_never_kept(
    client: FlaskClient, path: str, packed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {"Accept-Encoding": packed}
    with monkeypatch.context() as hurried:
        hurried.setattr("search.catalogue.SOFT_LIMIT", -1.0)  # it has passed before anything is looked for
        cut = client.get(path, headers=headers)
    assert cut.status_code == 200
    assert cut.headers["Cache-Control"] == "no-store"
    assert "ETag" not in cut.headers
    whole = client.get(path, headers=headers)
    assert whole.headers["ETag"]
    assert whole.headers["Cache-Control"] != "no-store"
    plain = client.get(path)
    if path.startswith("/api"):
        assert (cut.get_json()["partial"], plain.get_json()["partial"]) == (True, False)
    else:
        assert (texts.PARTIAL in cut.text, texts.PARTIAL in plain.text) == (True, False)


SEARCHES = (
    "/?q=farine", "/", "/api/v1/search?q=farine", "/api/v1/search", "/filtres/niveau?q=farine",
    "/metiers/MET.1?sort=nom",
)  # fmt: skip
TABLES = ("/api/v1/search?format=csv", "/api/v1/search?format=ndjson&page=1", "/?format=csv&q=farine")


@pytest.mark.parametrize("path", SEARCHES)
def test_an_answer_that_lacks_sheets_is_never_kept(client: FlaskClient, hurt: Hurt, path: str) -> None:
    hurt.silent = True
    lacking = client.get(path)
    assert lacking.status_code == 200
    assert lacking.headers["Cache-Control"] == "no-store"
    assert "ETag" not in lacking.headers
    hurt.silent = False
    whole = client.get(path)
    assert whole.headers["ETag"]
    assert whole.data != lacking.data
    hurt.silent = True
    assert client.get(path).data == whole.data  # that one is kept
    assert client.get(path, headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize("path", TABLES)
def test_a_table_is_whole_or_refused(client: FlaskClient, hurt: Hurt, path: str) -> None:
    hurt.silent = True
    refused = client.get(path)
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.headers["Cache-Control"] == "no-store"
    hurt.silent = False
    assert client.get(path).status_code == 200
