"""Three real nodes, one of them killed without a goodbye while others search and index.

What must hold: no sheet is lost, no answer is wrong (it is whole, says that it is partial, or is an error that says
to come back), and all goes on without a restart.
"""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event, Thread
from time import monotonic, sleep

import pytest
from asking import SOAK
from engines import quiet
from made_up import VILLAGE
from opensearch_nodes import Nodes, NoNodes, cluster, refuse

from search.cluster import generations
from search.cluster.client import Cluster
from search.cluster.engine import OpenSearchEngine
from search.engine import Engine, Hits
from search.errors import EngineUnavailable
from search.fiche import Fiche
from search.query import Query
from search.settings import Settings

pytestmark = pytest.mark.soak

COPIES, DYING = (20, 10) if SOAK else (3, 4)
"""Times the sheets of the village; seconds during which a cluster that lost a node is watched."""

SHEETS: tuple[Fiche, ...] = tuple(
    replace(fiche, id=f"MET.{fiche.number + 1000 * copy}") for copy in range(COPIES) for fiche in VILLAGE
)
ASKED = tuple(
    Query(text=text, per_page=50, filters=filters)
    for text in ("", "vente du pain", "pêche", '"travail de nuit"', "technicein")
    for filters in (frozenset(), frozenset({("statut", "artisan")}))
)
READERS = 2


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    try:
        with cluster(3, "256m") as nodes:
            yield nodes
    except NoNodes as error:
        refuse(str(error))


def engine_over(nodes: Nodes, alias: str, replicas: int = 1) -> OpenSearchEngine:
    return OpenSearchEngine(
        Settings(
            opensearch_url=",".join(nodes.urls),
            opensearch_index=alias,
            opensearch_shards=3,
            opensearch_replicas=replicas,
            opensearch_timeout=10.0,
        )
    )


class Readers:
    """Threads that search all the time. `seen` counts whole, partial and refused answers; `wrong` keeps the others."""

    def __init__(self, engine: Engine, right: list[tuple[Hits, ...]]) -> None:
        self.seen: Counter[str] = Counter()
        self.wrong: list[object] = []
        self._engine, self._right = engine, right
        self._over = Event()
        self._threads = [Thread(target=self._read, args=(shift,)) for shift in range(READERS)]

    def __enter__(self) -> "Readers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _read(self, shift: int) -> None:
        turn = shift
        while not self._over.is_set():
            turn += 1
            place = turn % len(ASKED)
            try:
                found = self._engine.search(ASKED[place])
            except EngineUnavailable:
                self.seen["refused"] += 1
            except Exception as error:
                self.wrong.append(error)
            else:
                if found.partial:
                    self.seen["partial"] += 1
                elif any(found == answers[place] for answers in self._right):
                    self.seen["whole"] += 1
                else:
                    self.wrong.append((ASKED[place], found))


def answers(engine: Engine) -> tuple[Hits, ...]:
    return tuple(engine.search(query) for query in ASKED)


def soon(engine: Engine, expected: tuple[Hits, ...], seconds: float = 60) -> tuple[Hits, ...]:
    """The answers once they are whole again."""
    limit = monotonic() + seconds
    while True:
        try:
            found = answers(engine)
            if found == expected or monotonic() > limit:
                return found
        except EngineUnavailable:
            assert monotonic() < limit
        sleep(0.5)


def test_r12_a_node_killed_while_searching_loses_nothing(nodes: Nodes) -> None:
    nodes.all_up()
    engine = engine_over(nodes, "searching")
    engine.rebuild(SHEETS, ("made up",), quiet)
    expected = answers(engine)
    with Readers(engine, [expected]) as readers:
        sleep(2)
        before = readers.seen.copy()
        nodes.kill(nodes.manager())
        sleep(DYING)
        during = readers.seen - before
        print("while a node dies:", dict(during))
    assert readers.wrong == []
    assert during["whole"] > during["refused"] + during["partial"]
    assert soon(engine, expected) == expected
    assert {id for id, _ in engine.all()} == {fiche.id for fiche in SHEETS} == engine.matching(Query())
    engine.close()


def test_a_node_killed_while_indexing_loses_nothing_and_the_indexing_ends_well(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes.all_up()
    monkeypatch.setattr(generations, "BULK_SHEETS", len(SHEETS) // 12)
    engine = engine_over(nodes, "indexing")
    first = engine.rebuild(SHEETS[: len(SHEETS) // 2], ("made up",), quiet)
    expected = [answers(engine)]
    killed: list[str] = []

    def kill(what: str, done: int, total: int) -> None:
        if what == "sending" and done > total / 2 and not killed:
            killed.append(nodes.kill(0))

    with Readers(engine, expected) as readers:
        info = engine.rebuild(SHEETS, ("made up",), kill)
        expected.append(soon(engine, answers(engine), 1))
        sleep(2)
        print("while a node dies:", dict(readers.seen))
    assert killed
    served = answers(engine)
    # What the readers saw of the new index is judged once all of it is known.
    assert [each for each in readers.wrong if isinstance(each, Exception) or each[1] not in served] == []  # type: ignore[index]
    assert engine.info() == info != first
    assert engine.matching(Query()) == {fiche.id for fiche in SHEETS}
    for fiche in SHEETS[::17]:
        assert engine.get(fiche.id) == fiche
    engine.close()


def test_sheets_are_sent_only_when_copies_that_wait_behind_others_are_made(nodes: Nodes) -> None:
    nodes.all_up()
    engine = engine_over(nodes, "waiting")
    asking = Cluster(Settings(opensearch_url=",".join(nodes.urls)))
    copies = "cluster.routing.allocation.enable"
    asking.call("PUT", "/_cluster/settings", {"transient": {copies: "primaries"}})
    states: list[str] = []

    def look(what: str, done: int, total: int) -> None:
        if what == "sending":
            states.extend(health())

    def health() -> list[str]:
        told = asking.call("GET", "/_cluster/health/waiting-2*", params={"level": "indices"})
        return [each["status"] for each in told["indices"].values()]

    with ThreadPoolExecutor(1) as pool:
        indexed = pool.submit(engine.rebuild, SHEETS, ("made up",), look)
        while health() != ["yellow", "yellow"]:
            sleep(0.2)
        # Long enough to send everything, for an indexing that did not wait.
        sleep(2)
        assert states == []
        asking.call("PUT", "/_cluster/settings", {"transient": {copies: None}})
        assert indexed.result().documents == len(SHEETS)
    assert set(states) == {"green"}
    asking.close()
    engine.close()


def test_a_shard_without_a_copy_is_told_as_a_partial_answer(nodes: Nodes) -> None:
    nodes.all_up()
    engine = engine_over(nodes, "alone", replicas=0)
    engine.rebuild(SHEETS, ("made up",), quiet)
    whole = engine.search(Query())
    assert not whole.partial
    # A node that holds a shard of the sheets but not the only copy of the tables, which this engine has in memory.
    nodes.kill(nodes.holding(f"alone-{engine.info().generation}"))
    limit = monotonic() + 60
    while True:
        try:
            found = engine.search(Query())
            break
        except EngineUnavailable:
            assert monotonic() < limit
            sleep(0.5)
    # The answers are told alike while a node does not answer, and when the cluster has given up its shards.
    for _ in range(2):
        assert found.partial
        assert 0 < found.total < whole.total
        with pytest.raises(EngineUnavailable):
            engine.counts([Query()])
        with pytest.raises(EngineUnavailable):
            engine.matching(Query())
        nodes.wait()
        found = engine.search(Query())
    engine.close()
