"""The cluster's engine on one real node: faults, locks, generations, and the same answers as the embedded engine.

The contract itself is held in test_engine_contract.py and test_engine_rebuilding.py, several nodes in
test_opensearch_faults.py.
"""

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

import pytest
from conftest import corpus_indexed, free_port
from engines import counts_of, opensearch, opensearch_settings, rebuilt
from made_up import VILLAGE
from opensearch_nodes import shared_node

from search.backends import open_engine
from search.cluster import engine as opensearch_engine
from search.cluster import generations
from search.cluster.client import Cluster
from search.cluster.engine import OpenSearchEngine
from search.embedded.engine import EmbeddedEngine
from search.engine import Engine, Hits
from search.errors import EngineUnavailable, IndexBusy, IndexDamaged, IndexStale, MetiersError
from search.evaluation import read as read_judged
from search.query import Query
from search.settings import Settings
from web.app import create_app


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[OpenSearchEngine]:
    engine = opensearch(tmp_path)
    yield engine
    engine.close()


def indices(settings: Settings) -> list[str]:
    cluster = Cluster(settings)
    found = cluster.call("GET", f"/{settings.opensearch_index}-*/_settings/index.uuid")
    cluster.close()
    return sorted(found)


# --- The same answers -------------------------------------------------------------------------------

ASKED = (
    "vente du pain", "pêche", "peche", "pêcheur la nuit", "technicein", "boulan", '"travail de nuit"', "-vente",
    'vente -"du pain"', "zyzomysq vente", "bac + 5", "l'élevage", "conseil en boulangerie", "D1102", "MET.4",
    "lacommunication",
)  # fmt: skip


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Engine]]:
    folder = tmp_path_factory.mktemp("both")
    engines = opensearch(folder), EmbeddedEngine(folder / "index")
    for each in engines:
        rebuilt(each, VILLAGE)
    yield engines
    for each in engines:
        each.close()


def assert_same(ours: Hits, theirs: Hits) -> None:
    """Everything alike, the scores but for their last digits."""
    assert ours.understanding == theirs.understanding
    assert (ours.total, ours.facets) == (theirs.total, theirs.facets)
    assert [hit._replace(score=0.0, parts=()) for hit in ours.hits] == [
        hit._replace(score=0.0, parts=()) for hit in theirs.hits
    ]
    assert [hit.score for hit in ours.hits] == pytest.approx([hit.score for hit in theirs.hits], rel=1e-3)


@pytest.mark.parametrize("dans", [(), ("nature_travail", "competences"), ("appellations",)])
@pytest.mark.parametrize("text", ASKED)
def test_both_engines_give_the_same_answers(text: str, dans: tuple[str, ...], both: tuple[Engine, Engine]) -> None:
    query = Query(text=text, dans=frozenset(dans), per_page=100)
    for each in (
        query,
        replace(query, filters=frozenset({("statut", "artisan")}), typo=False).within(salaire_min=1800),
    ):
        assert_same(*(engine.search(each) for engine in both))
        ours, theirs = (engine.matching(each) for engine in both)
        assert ours == theirs


@pytest.mark.parametrize("text", ASKED)
def test_both_engines_explain_a_score_alike(text: str, both: tuple[Engine, Engine]) -> None:
    ours, theirs = (engine.search(Query(text=text, explain=True, per_page=100)) for engine in both)
    for one, other in zip(ours.hits, theirs.hits, strict=True):
        assert [part.name for part in one.parts] == [part.name for part in other.parts]
        assert [part.value for part in one.parts] == pytest.approx([part.value for part in other.parts], abs=0.01)


def test_both_engines_give_the_same_neighbours_completions_and_map(both: tuple[Engine, Engine]) -> None:
    one, other = both
    for fiche in VILLAGE:
        near, expected = one.similar(fiche.id, 5), other.similar(fiche.id, 5)
        assert [(each.fiche, each.associated) for each in near] == [(each.fiche, each.associated) for each in expected]
        assert [each.score for each in near] == pytest.approx([each.score for each in expected], abs=1e-3)
    for text in ("bou", "garde de n", "pechuer", "œn"):
        assert one.suggest(text, 8) == other.suggest(text, 8)
    assert one.places() == other.places()


@pytest.fixture(scope="module")
def on_the_corpus(corpus_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSearchEngine]:
    folder = tmp_path_factory.mktemp("corpus")
    settings = opensearch_settings(folder)
    done = corpus_indexed(
        folder,
        METIERS_ENGINE="opensearch",
        METIERS_OPENSEARCH_URL=settings.opensearch_url,
        METIERS_OPENSEARCH_INDEX=settings.opensearch_index,
        METIERS_OPENSEARCH_REPLICAS="0",
        METIERS_OPENSEARCH_TIMEOUT="30",
    ).done
    assert done.returncode == 0, done.stderr
    engine = OpenSearchEngine(settings)
    yield engine
    engine.close()


EVERY = 25
"""One judged query in so many: the whole is compared by tests/bench/parity.py."""


def test_judged_queries_are_answered_alike(
    on_the_corpus: OpenSearchEngine, corpus_engine: Engine, relevance_dir: Path
) -> None:
    judged = list(read_judged(relevance_dir / "queries.tsv", relevance_dir / "qrels.txt"))[::EVERY]
    moved = 0
    for each in judged:
        ours, theirs = (engine.search(Query(text=each.text)) for engine in (on_the_corpus, corpus_engine))
        assert (ours.total, ours.facets) == (theirs.total, theirs.facets), each.text
        moved += [hit.fiche.id for hit in ours.hits[:10]] != [hit.fiche.id for hit in theirs.hits[:10]]
    # Scores that differ by less than their last digit may change places.
    assert moved <= len(judged) * 0.02


def test_each_count_is_the_total_after_its_choice(on_the_corpus: OpenSearchEngine) -> None:
    for query in (
        Query(text="vente", filters=frozenset({("statut", "salarie")})),
        Query(text="soin des animaux", filters=frozenset({("niveau", "bac-2"), ("niveau", "bac-5")})).within(
            salaire_min=1900
        ),
    ):
        found = on_the_corpus.search(query)
        for facet in ("niveau", "statut", "interet", "domaine"):
            rest = query.without(facet)
            values = list(counts_of(found)[facet])
            totals = on_the_corpus.counts([rest.toggle(facet, value) for value in values])
            assert dict(zip(values, totals, strict=True)) == counts_of(found)[facet]


# --- Generations ------------------------------------------------------------------------------------


def test_the_generation_before_is_kept_and_no_other(engine: OpenSearchEngine, tmp_path: Path) -> None:
    first, second = rebuilt(engine, VILLAGE[:3]), rebuilt(engine, VILLAGE[3:])
    rebuilt(engine, VILLAGE)
    kept = [name for name in indices(opensearch_settings(tmp_path)) if not name.endswith("-lock")]
    assert len(kept) == 4
    assert any(second.generation in name for name in kept)
    assert not any(first.generation in name for name in kept)


def test_two_indexings_at_once_are_refused(engine: OpenSearchEngine, tmp_path: Path) -> None:
    other = opensearch(tmp_path)

    def second(what: str, done: int, total: int) -> None:
        with pytest.raises(IndexBusy, match="under way"):
            rebuilt(other, VILLAGE[:3])

    asked: list[int] = []

    def once(what: str, done: int, total: int) -> None:
        if not asked:
            asked.append(done)
            second(what, done, total)

    engine.rebuild(VILLAGE[:4], ("one",), once)
    assert engine.search(Query()).total == 4
    rebuilt(other, VILLAGE[:3])
    assert engine.search(Query()).total == 3
    other.close()


def test_an_indexing_that_lost_its_lock_changes_nothing(
    engine: OpenSearchEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rebuilt(engine, VILLAGE[:3])
    monkeypatch.setattr(generations, "LEASE", 0.0)
    with pytest.raises(IndexBusy, match="lost"):
        rebuilt(engine, VILLAGE)
    assert engine.info() == before


KILLED = """
import sys
from pathlib import Path
sys.path[:0] = ["tests", "."]
from conftest import corpus_indexed
from engines import opensearch
from made_up import VILLAGE
from search.cluster import generations

generations.LEASE, generations.RENEWED = 4.0, 1.0

def stop(what, done, total):
    if what == "sending":
        print("sent", flush=True)
        input()

opensearch(Path(sys.argv[1])).rebuild(VILLAGE, ("killed",), stop)
"""


def test_a_killed_indexing_changes_nothing_and_the_next_one_cleans_up(
    engine: OpenSearchEngine, tmp_path: Path, root: Path
) -> None:
    before = rebuilt(engine, VILLAGE[:3])
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    environ = {"METIERS_TEST_OPENSEARCH_URL": shared_node(), "PATH": ""}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root, env=environ)
    assert process.stdout
    assert process.stdout.readline() == b"sent\n"
    process.kill()
    process.communicate()
    assert engine.info() == before
    assert len(indices(opensearch_settings(tmp_path))) == 5
    limit = monotonic() + 30
    while True:
        try:
            after = rebuilt(engine, VILLAGE)
            break
        except IndexBusy:
            assert monotonic() < limit
            sleep(0.5)
    left = indices(opensearch_settings(tmp_path))
    assert len(left) == 5
    assert sum(after.generation in name or before.generation in name for name in left) == 4


def test_an_index_of_another_version_is_refused(
    engine: OpenSearchEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuilt(engine, VILLAGE[:3])
    monkeypatch.setattr(opensearch_engine, "fingerprint", lambda: "another")
    other = opensearch(tmp_path)
    with pytest.raises(IndexStale, match="metiers index"):
        other.search(Query())
    other.close()


def test_cut_tables_are_refused_and_leave_what_serves(engine: OpenSearchEngine, tmp_path: Path) -> None:
    info = rebuilt(engine, VILLAGE[:3])
    assert engine.search(Query()).total == 3
    settings = opensearch_settings(tmp_path)
    cluster = Cluster(settings)
    piece = f"/{settings.opensearch_index}-{info.generation}-tables/_doc/0"
    cluster.call("PUT", piece, {"data": "AAAA"}, {"refresh": "true"})
    other = opensearch(tmp_path)
    with pytest.raises(IndexDamaged, match="altered"):
        other.search(Query())
    assert engine.search(Query()).total == 3
    other.close()
    cluster.call("DELETE", piece)
    another = opensearch(tmp_path)
    with pytest.raises(IndexDamaged, match="missing"):
        another.search(Query())
    cluster.close()
    another.close()


# --- When the cluster is away -----------------------------------------------------------------------


class Door:
    """A way to the node that can be shut, or opened on a room where nobody answers."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = parts.hostname or "127.0.0.1", parts.port or 9200
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.silent = False
        self.carried = 0
        """Pieces that came from either side: of each connection one while it is silent."""
        self._open: list[socket.socket] = []
        self._listener: socket.socket | None = None
        self.open()

    def open(self) -> None:
        listener = self._listener = socket.create_server(("127.0.0.1", self._port))
        self._open.append(listener)
        Thread(target=self._accept, args=(listener,), daemon=True).start()

    def shut(self) -> None:
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._open.clear()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                inside = listener.accept()[0]
                outside = socket.create_connection(self._target)
                self._open += [inside, outside]
                for pair in ((inside, outside), (outside, inside)):
                    Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                self.carried += 1
                while self.silent:
                    sleep(0.01)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


@pytest.fixture
def door() -> Iterator[Door]:
    door = Door(shared_node())
    yield door
    door.silent = False
    door.shut()


@pytest.fixture
def behind(door: Door, engine: OpenSearchEngine, tmp_path: Path) -> Iterator[OpenSearchEngine]:
    """An engine that reaches its index through the door."""
    rebuilt(engine, VILLAGE)
    through = OpenSearchEngine(replace(opensearch_settings(tmp_path), opensearch_url=door.url, opensearch_timeout=2.0))
    assert through.search(Query(text="vente")).total
    yield through
    through.close()


def every_way(engine: Engine) -> tuple[Callable[[], Any], ...]:
    return (
        engine.info,
        lambda: engine.search(Query(text="vente")),
        lambda: engine.counts([Query(text="vente"), Query()]),
        lambda: engine.get("MET.1"),
        lambda: engine.similar("MET.1", 3),
        lambda: engine.matching(Query()),
        lambda: engine.suggest("bou", 3),
        lambda: engine.facet_values("niveau"),
    )


def test_an_absent_cluster_is_told_and_found_again_without_a_restart(door: Door, behind: OpenSearchEngine) -> None:
    before = [ask() for ask in every_way(behind)]
    door.shut()
    for ask in every_way(behind):
        with pytest.raises(EngineUnavailable) as told:
            ask()
        assert told.value.retry_after > 0
    door.open()
    assert [ask() for ask in every_way(behind)] == before


def test_a_silent_cluster_is_given_up_and_not_asked_again(door: Door, behind: OpenSearchEngine) -> None:
    door.silent = True
    before = door.carried
    with pytest.raises(EngineUnavailable) as told:
        behind.search(Query(text="vente"))
    assert "Timeout" in str(told.value)
    assert door.carried == before + 1  # a cluster that drowns is asked once, and not again
    door.silent = False
    assert behind.search(Query(text="vente")).total


def test_an_absent_cluster_is_a_503_with_the_time_to_come_back(
    door: Door, behind: OpenSearchEngine, tmp_path: Path
) -> None:
    client = create_app(replace(opensearch_settings(tmp_path), opensearch_url=door.url), behind).test_client()
    assert client.get("/api/v1/search?q=pain").status_code == 200
    door.shut()
    for path in ("/api/v1/search?q=vente", "/?q=vente", "/api/v1/metiers/MET.2", "/health/ready"):
        answer = client.get(path)
        assert answer.status_code == 503, path
        assert int(answer.headers["Retry-After"]) > 0
    assert client.get("/health/live").status_code == 200
    door.open()
    assert client.get("/api/v1/search?q=vente").status_code == 200


def test_what_is_no_opensearch_is_told(start_server: Callable[..., Any], seeds_index: Path) -> None:
    engine = OpenSearchEngine(Settings(opensearch_url=start_server(seeds_index).url))
    with pytest.raises(MetiersError):
        engine.search(Query())
    engine.close()


# --- Settings ---------------------------------------------------------------------------------------


def test_the_engine_is_chosen_by_its_name() -> None:
    engine = open_engine(Settings(engine="opensearch", opensearch_url="http://127.0.0.1:9"))
    assert isinstance(engine, OpenSearchEngine)
    engine.close()
    with pytest.raises(MetiersError, match="expected embedded or opensearch"):
        open_engine(Settings(engine="solr"))


@pytest.mark.parametrize("url", ["", " , "])
def test_a_missing_address_is_told(url: str) -> None:
    with pytest.raises(MetiersError, match="METIERS_OPENSEARCH_URL"):
        open_engine(Settings(engine="opensearch", opensearch_url=url))


def test_a_missing_authority_is_told() -> None:
    with pytest.raises(MetiersError, match="METIERS_OPENSEARCH_CA"):
        open_engine(Settings(engine="opensearch", opensearch_url="https://127.0.0.1:9", opensearch_ca="nowhere.pem"))


def test_credentials_are_told_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    secret = "s3cr3t-word"
    settings = Settings(
        engine="opensearch",
        opensearch_url=f"http://someone:{secret}@127.0.0.1:{free_port()}",
        opensearch_user="someone",
        opensearch_password=secret,
    )
    engine = open_engine(settings)
    with caplog.at_level(0), pytest.raises(EngineUnavailable) as told:
        engine.search(Query(text="pain"))
    assert secret not in repr(settings) + str(told.value) + caplog.text
    engine.close()
