"""What one request may cost at most, whatever it asks: looked for by Hypothesis, which is told how dear each try is.

The cost is counted, not timed: calls of functions, and rows of postings that the words of a request make it read.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median
from threading import Thread
from time import perf_counter
from typing import Any, Final
from urllib.parse import quote, urlencode

import pytest
from asking import SOAK, ask, at_most
from flask import Flask
from flask.testing import FlaskClient
from hostile import KILLERS, SWOLLEN
from hypothesis import HealthCheck, given, settings, target
from hypothesis import strategies as st

from search.embedded.engine import EmbeddedEngine
from search.fiche import NIVEAUX
from search.fields import FACETS, SECTIONS, SORTS
from search.folding import slug
from search.query import MAX_CHARACTERS, MAX_PHRASES, MAX_WORDS
from search.settings import Settings
from web.app import create_app
from web.pages.qr_code import qr_code
from web.params import MAX_COMPARED, MAX_KEPT

ROWS_A_CALL: Final = 25
"""Rows that take about as long as one call of a function."""

MOST: Final = 20
"""How many times the median request the dearest may cost."""

ORDINARY: Final = (
    "boulanger", "infirmier", "professeur des écoles", "travailler dehors", "métiers de la mer", "mécanicien auto",
    "vente", "chef de projet informatique", "soigner les animaux", "ingénieur du son", "avocat", "cuisinier",
)  # fmt: skip

PIECES: Final = (
    "-de-la", "-de-la-de-la", '"de la"', '"de la de"', '-"de la"', "de la les des en un", "travail métier entreprise",
    "formation gestion technique", "boulangre", "mecanicein", "zzzzzz", "abcdefghijklmnop", "bac2", "35h", "ISO9001",
    "aujourd'hui", "boulanger·ère·s", "🩺", "\u202e", "e\u0301", "MET.17", "K1601", "c++", "«", '"', "-", "(", "*",
    "[a TO z]", "a", "de", "conseil", "responsable",
)  # fmt: skip


@dataclass
class Watched:
    """An engine that keeps in sight what it pinned last."""

    engine: EmbeddedEngine
    last: EmbeddedEngine | None = None

    def pinned(self) -> EmbeddedEngine:
        self.last = self.engine.pinned()
        return self.last

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)


@dataclass
class Bench:
    """An application that keeps no answer, and what its requests cost."""

    client: FlaskClient
    engine: Watched

    def cost(self, path: str) -> tuple[int, int]:
        """The status of the answer, and what it cost."""
        calls = 0

        def count(frame: object, event: str, argument: object) -> None:
            nonlocal calls
            calls += event in ("call", "c_call")

        self.engine.last = None
        sys.setprofile(count)
        try:
            status = self.client.get(path).status_code
        finally:
            sys.setprofile(None)
        return status, calls + self.rows() // ROWS_A_CALL

    def seconds(self, path: str) -> float:
        """How long the answer takes."""
        started = perf_counter()
        self.client.get(path)
        return perf_counter() - started

    def plans(self) -> list[Any]:
        """How the texts of the last request were understood, each as often as it was matched."""
        pinned = self.engine.last
        return [each.plan for each in pinned._memory.matched.values()] if pinned and pinned._memory else []

    def rows(self) -> int:
        """The rows of postings of all terms that the last request looked for."""
        if not (plans := self.plans()):
            return 0
        assert self.engine.last
        start = self.engine.last._current().columns.matches.start
        terms = [
            term
            for plan in plans
            for group in (*(word.terms for word in plan.words), *plan.phrases, *plan.excluded)
            for term in group
        ]
        return sum(int(start[term + 1] - start[term]) for term in terms)


@pytest.fixture(scope="module")
def bench(largest_index: Any) -> Iterator[Bench]:
    engine = Watched(EmbeddedEngine(largest_index))
    app: Flask = create_app(Settings(index=largest_index, cache_entries=0), engine)
    client = app.test_client()
    for door in DOORS:  # what the first search of its kind reads once is not the cost of a request
        client.get(f"{door}?q=boulanger&salaire_max=1")
        client.get(f"{door}?page=0")
    for piece in PIECES:
        client.get(f"/api/v1/search?{urlencode({'q': piece})}")
    yield Bench(client, engine)
    engine.close()


@pytest.fixture(scope="module")
def values(bench: Bench) -> dict[str, list[str]]:
    """What may be chosen, by facet."""
    return {facet.name: [each.value for each in bench.engine.facet_values(facet.name)] for facet in FACETS}


DOORS: Final = ("/", "/api/v1/search", "/carte", "/filtres/domaine", "/metiers/MET.242", "/envies", "/flux")
"""Addresses that take a whole search."""


@dataclass(frozen=True)
class Door:
    """An address, the one whose ordinary requests it is compared with, the parameters it takes (None: a search's)."""

    path: str
    ordinary: str
    takes: frozenset[str] | None = None


OTHER_DOORS: Final = (
    Door("/api/v1/suggest", "/api/v1/search", frozenset({"q", "limit"})),
    Door("/api/v1/facets/{facet}", "/api/v1/search", frozenset({"q"})),
    Door("/api/v1/metiers/{id}/similaires", "/api/v1/search", frozenset({"limit"})),
    Door("/opensearch/suggestions", "/api/v1/search", frozenset({"q"})),
    Door("/selection", "/", frozenset({"q", "id", "format"})),
    Door("/comparer", "/", frozenset({"id", "parmi"})),
    Door("/classe", "/", frozenset({"id"})),
    Door("/integrer", "/", frozenset({"id"})),
    Door("/hasard", "/", frozenset()),
)
ALL_DOORS: Final = (*(Door(path, path) for path in DOORS), *OTHER_DOORS)


@st.composite
def requests(draw: st.DrawFn, door: Door, values: dict[str, list[str]], ids: list[str]) -> str:
    """Any request: every parameter, alone and together, empty ranges and many choices included."""
    pieces = draw(st.lists(st.sampled_from(PIECES), max_size=60))
    asked = [("q", " ".join(pieces)[:MAX_CHARACTERS])]
    for name, offered in values.items():
        chosen = draw(st.lists(st.sampled_from(offered), max_size=12, unique=True)) if offered else ()
        asked += [(name, value) for value in chosen]
    asked += [("dans", section) for section in draw(st.lists(st.sampled_from(SECTIONS), max_size=7, unique=True))]
    levels = st.sampled_from([slug(niveau) for niveau in NIVEAUX])
    scalars = {
        "niveau_min": levels, "niveau_max": levels, "salaire_min": st.sampled_from(["0", "2500", "900000"]),
        "salaire_max": st.sampled_from(["0", "1", "2500"]), "sort": st.sampled_from(SORTS),
        "page": st.sampled_from(["1", "2", "9", "100"]), "per_page": st.sampled_from(["1", "20", "100"]),
        "typo": st.sampled_from(["auto", "off"]), "explain": st.sampled_from(["true", "false"]),
        "facets": st.sampled_from(["all", "none", "domaine,rome"]), "utm_source": st.just("a"),
    }  # fmt: skip
    for name, choices in scalars.items():
        if draw(st.booleans()):
            asked.append((name, draw(choices)))
    if door.takes is None:
        return f"{door.path}?{urlencode(asked)}"
    for name in ("id", "parmi"):
        asked += [(name, id) for id in draw(st.lists(st.sampled_from(ids), max_size=MAX_KEPT, unique=True))]
    asked += [("limit", draw(st.sampled_from(["1", "10", "20"]))), ("format", "csv")][: draw(st.integers(0, 2))]
    path = door.path.format(facet=draw(st.sampled_from(list(values))), id=draw(st.sampled_from(ids)))
    return f"{path}?{urlencode([(name, value) for name, value in asked if name in door.takes])}"


def ordinary_cost(bench: Bench, door: str) -> float:
    paths = [f"{door}?{urlencode({'q': text})}" for text in ORDINARY]
    for path in paths:
        bench.client.get(path)  # what is kept in memory is there
    return median(bench.cost(path)[1] for path in paths)


@pytest.fixture(scope="module")
def ordinary(bench: Bench) -> dict[str, float]:
    """The cost of the median request, by address."""
    return {door: ordinary_cost(bench, door) for door in DOORS}


@pytest.mark.soak
@pytest.mark.parametrize("door", ALL_DOORS, ids=lambda door: door.path)
def test_s14_the_dearest_request_that_is_found_costs_twenty_ordinary_ones_at_most(
    bench: Bench, values: dict[str, list[str]], ordinary: dict[str, float], door: Door
) -> None:
    ids = [id for id, _ in bench.engine.all()]
    dearest = (0.0, 0, "")

    @settings(
        max_examples=(3_000 if SOAK else 100) // len(ALL_DOORS),
        deadline=None,
        database=None,
        derandomize=not SOAK,
        suppress_health_check=list(HealthCheck),
    )
    @given(requests(door, values, ids))
    def look(path: str) -> None:
        nonlocal dearest
        status, cost = bench.cost(path)
        assert status < 500, path
        times = cost / ordinary[door.ordinary]
        target(times)
        dearest = max(dearest, (times, cost, path))
        assert times <= MOST, path

    look()
    times, cost, path = dearest
    assert cost
    seconds = min(bench.seconds(path) for _ in range(3))
    assert seconds < at_most(0.3), path
    found = f"dearest {cost}, {times:.1f} times, {seconds:.3f} s: {path[:160]}"
    print(f"{door.path}: median {ordinary[door.ordinary]:.0f}, {found}")


@pytest.mark.parametrize("path", ["/classe", "/selection", "/integrer", "/comparer"])
def test_s14_a_page_of_the_longest_list_costs_twenty_ordinary_ones_at_most_even_the_first_time(
    bench: Bench, ordinary: dict[str, float], path: str
) -> None:
    ids = [id for id, _ in bench.engine.all()]
    bench.client.get(f"{path}?id={ids[0]}")
    listed = ids[-MAX_KEPT:]
    asked = [("id", id) for id in listed[: MAX_COMPARED if path == "/comparer" else MAX_KEPT]]
    asked += [("parmi", id) for id in listed] if path == "/comparer" else []
    qr_code.cache_clear()
    status, cost = bench.cost(f"{path}?{urlencode(asked)}")
    assert status == 200
    assert cost <= MOST * ordinary["/"]


NASTY: Final = (
    " ".join(["-de-la"] * 28),
    " ".join("-de" + "-la" * times for times in range(1, 9)),
    " ".join('"de' + " la" * times + '"' for times in range(1, 9)),
    " ".join(f"bolange{letter}r" for letter in "abcdefghijklmnopqrstuvwxyz"),
    "de la les des en un une du dans pour le sur par au avec est a ou il son sa ses qui que plus travail métier",
    " ".join(PIECES) * 3,
)


@pytest.mark.parametrize("door", DOORS[:2])
@pytest.mark.parametrize("killer", KILLERS.values(), ids=KILLERS)
def test_s1_a_query_of_death_costs_no_more_than_the_dearest(
    bench: Bench, ordinary: dict[str, float], door: str, killer: str
) -> None:
    status, cost = bench.cost(f"{door}?q={quote(killer)}")
    assert status in {200, 400, 414}
    assert cost <= MOST * ordinary[door]


@pytest.mark.parametrize("door", DOORS[:2])
@pytest.mark.parametrize("asked", SWOLLEN.values(), ids=SWOLLEN)
def test_s4_a_swollen_address_costs_no_more_than_a_few_searches(
    bench: Bench, ordinary: dict[str, float], door: str, asked: str
) -> None:
    status, cost = bench.cost(f"{door}?{asked}")
    assert status in ({400, 414} if door != "/" or "x0" not in asked else {200})
    assert cost <= 5 * ordinary[door]


@pytest.mark.parametrize("door", DOORS[:2])
@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_s14_each_text_is_read_and_matched_once_a_request(
    bench: Bench, values: dict[str, list[str]], door: str, text: str
) -> None:
    ranges = [("niveau_min", "bac-8"), ("niveau_max", "cap-ou-equivalent"), ("salaire_min", "9"), ("salaire_max", "1")]
    one_each = [(name, offered[0]) for name, offered in values.items() if offered]
    asked = [("q", text[:MAX_CHARACTERS]), *ranges, *one_each, *(("dans", section) for section in SECTIONS[:7])]
    status, cost = bench.cost(f"{door}?{urlencode(asked)}")
    assert status == 200
    assert cost <= MOST * ordinary_cost(bench, door)
    plans = bench.plans()
    # The text everywhere and in the sections, no text in both, and a few other words.
    assert len(plans) <= 4 + 12
    for plan in plans:
        assert len(plan.words) <= 2 * MAX_WORDS
        assert len(plan.phrases) <= MAX_PHRASES >= len(plan.excluded)
        assert sum(map(len, plan.phrases)) <= MAX_WORDS >= sum(map(len, plan.excluded))
        assert len(set(plan.excluded)) == len(plan.excluded)


@pytest.mark.soak
def test_s14_a_reader_hardly_waits_beside_four_of_the_dearest(live_server: str) -> None:
    dear = [f"/api/v1/search?{urlencode({'q': text, 'niveau_min': 'bac-8', 'salaire_max': 1})}" for text in NASTY[:4]]
    ending: list[int] = []

    def press(path: str) -> None:
        while not ending:
            ask(live_server, f"{path}&per_page={len(path) % 90 + 1}")

    threads = [Thread(target=press, args=(path,)) for path in dear]
    for thread in threads:
        thread.start()
    try:
        waits = [_wait(lambda n=n: ask(live_server, f"/?q=boulanger&per_page={n}")) for n in range(1, 16)]
    finally:
        ending.append(1)
        for thread in threads:
            thread.join()
    assert median(waits) < at_most(0.5)


def _wait(asking: Callable[[], Any]) -> float:
    started = perf_counter()
    assert asking().status == 200
    return perf_counter() - started
