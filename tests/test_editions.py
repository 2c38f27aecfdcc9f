"""One index for one request: an answer is of one edition, whenever another one begins to be served.

The switch is made at every step of a request: before each call of the engine that the request makes.
"""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from asking import SOAK, ask, connect
from engines import quiet
from flask import Flask
from made_up import fiche
from shares import some

from search.embedded.engine import EmbeddedEngine
from search.index import generations
from search.settings import Settings
from web.app import create_app

EDITIONS = ("premiere", "seconde")
SHEETS = 30


@dataclass
class Steps:
    """Counts the calls of an engine, and does something before one of them."""

    at: int | None = None
    act: Callable[[], None] = lambda: None
    taken: int = 0

    def take(self) -> None:
        if self.taken == self.at:
            self.act()
        self.taken += 1


class Stepping:
    """An engine, every call of which is a step; what it pins is stepped through, too."""

    def __init__(self, engine: Any, steps: Steps) -> None:
        self._engine = engine
        self._steps = steps

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._engine, name)

        def call(*args: Any) -> Any:
            self._steps.take()
            found = method(*args)
            return Stepping(found, self._steps) if name == "pinned" else found

        return call


@dataclass
class Served:
    """An application over an index of two editions, and the two names that these have."""

    root: Path
    app: Flask
    steps: Steps
    names: tuple[str, str]

    def serve(self, edition: int) -> None:
        generations.switch(self.root, self.names[edition])

    def ask(self, path: str, at: int | None = None) -> tuple[int, bytes, str | None]:
        """The answer, the second edition being switched to at this step."""
        self.serve(0)
        self.app.test_client().get("/health/ready")  # opened, and known to be served
        self.steps.taken, self.steps.at, self.steps.act = 0, at, lambda: self.serve(1)
        answer = self.app.test_client().get(path, headers={"X-Request-Id": "the-same-one"})
        self.steps.at = None
        body = re.sub(rb'"took_ms":[0-9.]+', b"", answer.data)
        return answer.status_code, body, answer.headers.get("ETag")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    root = tmp_path_factory.mktemp("editions") / "index"
    engine = EmbeddedEngine(root)
    names = []
    for place, edition in enumerate(EDITIONS):
        # Sheets, values and order differ; some sheets and values are of one edition alone.
        sheets = [
            fiche(
                number,
                f"boulanger {edition} {(number * (7 if place else 11)) % 31}",
                niveau=("bac + 2", "bac + 5")[(number + place) % 2],
                presentation=f"Pétrir le pain de la {edition} édition, numéro {number}.",
                domaines=[f"alimentation/{edition} {number % 3}", f"commerce {edition}"],
                statuts=[f"artisan {edition}"],
                interets=[f"aimer la {edition}"],
                rome=["D1102 Boulangerie"],
            )
            for number in range(1 + 5 * place, SHEETS + 5 * place)
        ]
        names.append(engine.rebuild(sheets, (edition,), quiet).generation)
    steps = Steps()
    app = create_app(Settings(index=root, cache_entries=64), Stepping(engine, steps))
    return Served(root, app, steps, (names[0], names[1]))


ADDRESSES = (
    "/", "/?q=boulanger", "/?statut=artisan-premiere&page=2&per_page=10", "/?q=zzzzzz&statut=artisan-premiere",
    "/filtres/statut?q=pain", "/metiers/MET.7?q=boulanger&per_page=10", "/metiers/MET.7", "/metiers/MET.2",
    "/selection?id=MET.7&id=MET.2", "/selection?id=MET.7&format=csv", "/comparer?id=MET.7&id=MET.9", "/carte",
    "/classe?id=MET.7&id=MET.2", "/integrer?id=MET.7&id=MET.2", "/flux?q=boulanger",
    "/carte?q=boulanger&statut=artisan-premiere", "/parcourir", "/plan", "/a-propos", "/api/docs", "/sitemap.xml",
    "/nouveautes.atom", "/api/v1/search", "/api/v1/search?q=boulanger&explain=true",
    "/api/v1/search?q=zzzzzz&statut=artisan-premiere&niveau_max=bac-2", "/api/v1/search?statut=artisan-premiere",
    "/api/v1/search?format=csv", "/api/v1/search?format=ndjson&q=pain", "/api/v1/suggest?q=boul",
    "/api/v1/metiers/MET.7", "/api/v1/metiers/MET.7/similaires", "/api/v1/facets/domaine", "/api/v1/openapi.json",
    "/health/ready", "/opensearch/suggestions?q=boul",
)  # fmt: skip


ASKED = ("statut=artisan-premiere", "MET.2")
"""What an address may itself hold of one edition: the answer repeats it, or is 404."""


def editions_in(body: bytes, names: tuple[str, str]) -> set[int]:
    marks = [(place, mark) for place in (0, 1) for mark in (EDITIONS[place], names[place])]
    return {place for place, mark in marks if mark.encode() in body}


@pytest.mark.parametrize("path", ADDRESSES)
def test_s17_an_answer_is_of_one_edition_whenever_another_begins_to_be_served(served: Served, path: str) -> None:
    before = served.ask(path)
    steps = served.steps.taken
    assert steps
    after = served.ask(path, at=0)
    for at in some(range(steps + 1), 4):
        status, body, etag = served.ask(path, at)
        assert status < 500
        assert (status, body, etag) in (before, after), at
        if not any(each in path for each in ASKED):
            assert editions_in(body, served.names) <= {1 if at == 0 else 0}


def test_s17_sheets_of_the_old_edition_are_not_kept_under_the_name_of_the_new_one(served: Served) -> None:
    for at in range(8):
        served.ask("/api/v1/search?per_page=100", at)
        served.serve(1)
        body = served.app.test_client().get(f"/api/v1/search?per_page={90 - at}").data
        assert editions_in(body, served.names) == {1}


READERS = 4
SWITCHES = 16 if SOAK else 4
ASKED_BETWEEN = 24
"""Answers of each reader between two switches at least."""


@pytest.mark.soak
def test_s17_no_answer_over_http_mixes_editions_while_they_are_switched(
    served: Served, start_server: Callable[..., Any]
) -> None:
    served.serve(0)
    server = start_server(served.root)
    free = [path for path in ADDRESSES if not any(each in path for each in ASKED)]
    answers: list[tuple[str, int, bytes]] = []
    failures: list[str] = []
    over = threading.Event()

    def read(number: int) -> None:
        connection = connect(server.url)
        while not over.is_set():
            path = free[number % len(free)]
            number += 1
            try:
                answer = ask(connection, path)
                answers.append((path, answer.status, answer.body))
            except (OSError, HTTPException) as error:
                failures.append(f"{error!r} {path}")
                connection.close()
        connection.close()

    readers = [threading.Thread(target=read, args=(7 * number,)) for number in range(READERS)]
    for reader in readers:
        reader.start()
    limit = monotonic() + 300
    for switch in range(1, SWITCHES + 1):
        wanted = len(answers) + READERS * ASKED_BETWEEN
        while len(answers) < wanted and monotonic() < limit:
            sleep(0.01)
        served.serve(switch % 2)
    over.set()
    for reader in readers:
        reader.join(30)
    assert failures == []
    assert {status for _, status, _ in answers} == {200}
    held = [(path, editions_in(body, served.names)) for path, _, body in answers]
    assert [path for path, editions in held if len(editions) > 1] == []
    assert {edition for _, editions in held for edition in editions} == {0, 1}
