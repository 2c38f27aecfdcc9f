"""What the tests share: the seeds, the whole corpus where it is, both indexed once a session, and a live server."""

import fcntl
import os
import pickle
import resource
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from time import monotonic, sleep
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
import shares
from engines import ENGINES, rebuilt
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings as hypothesis_settings
from made_up import VILLAGE

from search.backends import open_engine
from search.embedded.engine import EmbeddedEngine
from search.engine import Engine
from search.evaluation import Evaluation, evaluate
from search.fiche import Fiche
from search.indexer import index
from search.settings import Settings
from web.app import create_app

hypothesis_settings.register_profile("any machine", deadline=None)
hypothesis_settings.load_profile("any machine")  # however busy: an example is never timed

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"


HEAVY = frozenset(
    {"corpus_dir", "relevance_dir", "people_dir", "largest_index", "start_server", "own_server", "browser", "packages"}
) | {"nginx", "prometheus", "promtool", "builds", "own_processes"}
"""Fixtures of tests that `--quick` leaves out: corpus, judged queries, a server, a browser, packages from outside, many
processes."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--quick`, for the loop of whoever changes a line."""
    parser.addoption("--quick", action="store_true", help="leave out corpus, server, browser, cluster, processes, soak")


def pytest_configure(config: pytest.Config) -> None:
    """Say whether the run is quick before any test is imported."""
    shares.is_quick = config.getoption("--quick")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep tests that share costly fixtures in one process: those of a file, and all those of the cluster."""
    for item in items:
        group = "opensearch" if "opensearch" in item.nodeid else item.nodeid.partition("::")[0]
        item.add_marker(pytest.mark.xdist_group(group))
    if config.getoption("--quick"):
        heavy = [item for item in items if _is_heavy(item)]
        config.hook.pytest_deselected(items=heavy)
        items[:] = [item for item in items if not _is_heavy(item)]


def _is_heavy(item: pytest.Item) -> bool:
    fixtures = HEAVY.intersection(getattr(item, "fixturenames", ()))
    return bool(fixtures) or "opensearch" in item.nodeid or item.get_closest_marker("soak") is not None


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def seeds_dir() -> Path:
    """The three sheets that are part of the project."""
    return ROOT / "seeds"


def beside(name: str, what: str) -> Path:
    """A folder of data beside the project; the test is skipped if it is not there."""
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"{what}: not beside the project ({os.path.relpath(folder, ROOT)})")
    return folder


@pytest.fixture(scope="session")
def corpus_dir() -> Path:
    """The 1,043 sheets, read where they are."""
    return beside("corpus/metiers", "the whole corpus")


@pytest.fixture(scope="session")
def ideo_file(corpus_dir: Path) -> Path:
    """Idéo-Métiers: the domains and the ROME labels of the corpus."""
    return corpus_dir.parent / "ideo-metiers_onisep.xml"


@pytest.fixture(scope="session")
def relevance_dir() -> Path:
    """The judged queries."""
    return beside("relevance", "the judged queries")


@pytest.fixture(scope="session")
def people_dir() -> Path:
    """The judged queries in people's words."""
    return beside("people", "the queries in people's words")


@pytest.fixture(scope="session")
def seeds_index(seeds_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an index of the seeds. Never to be written to."""
    folder = tmp_path_factory.mktemp("seeds") / "index"
    engine = open_engine(Settings(index=folder))
    index([seeds_dir], engine, lambda what, done, total: None, None)
    engine.close()
    return folder


@pytest.fixture(scope="session")
def village_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an embedded index of VILLAGE. Never to be written to."""
    folder = tmp_path_factory.mktemp("village") / "index"
    with closing(EmbeddedEngine(folder)) as engine:
        rebuilt(engine, VILLAGE)
    return folder


CORPUS = ("index", "../shared/corpus/metiers", "--ideo-metiers", "../shared/corpus/ideo-metiers_onisep.xml")
"""How the README indexes the whole corpus, from the project's folder."""


@dataclass(frozen=True, slots=True)
class Indexing:
    """A `metiers index` of the whole corpus: where it went, how it ended, seconds by the clock and of processor."""

    folder: Path
    done: "subprocess.CompletedProcess[str]"
    clock: float
    processor: float


def corpus_indexed(folder: Path, *options: str, **environment: str) -> Indexing:
    """Index the whole corpus by the command of the README, which is quicker than under the eyes of coverage."""
    used = [resource.getrusage(resource.RUSAGE_CHILDREN)]
    started = monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "web.cli", *CORPUS, *options],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "METIERS_INDEX": str(folder), **environment},
    )
    clock = monotonic() - started
    used.append(resource.getrusage(resource.RUSAGE_CHILDREN))
    before, after = (each.ru_utime + each.ru_stime for each in used)
    return Indexing(folder, done, clock, after - before)


@pytest.fixture(scope="session")
def corpus_indexing(corpus_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Indexing:
    """The indexing of the whole corpus that the tests read: one for all the processes that run them."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    made = shared / "corpus.pickle"
    with (shared / "corpus.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            made.write_bytes(pickle.dumps(corpus_indexed(shared / "corpus" / "index")))
    indexing: Indexing = pickle.loads(made.read_bytes())
    return indexing


@pytest.fixture(scope="session")
def corpus_index(corpus_indexing: Indexing) -> Path:
    """The folder of an index of the whole corpus with its domains. Never to be written to."""
    assert corpus_indexing.done.returncode == 0, corpus_indexing.done.stderr
    return corpus_indexing.folder


@pytest.fixture(scope="session")
def named_index(corpus_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an index of the whole corpus with the names of ROME and ESCO. Never to be written to."""
    lists = SHARED / "vocabulary"
    if not lists.is_dir():
        pytest.skip(f"ROME and ESCO are not beside the project ({os.path.relpath(lists, ROOT)})")
    options = ("--rome", str(lists), "--esco", str(lists / "esco_occupations_fr.csv"))
    indexing = corpus_indexed(tmp_path_factory.mktemp("named") / "index", *options)
    assert indexing.done.returncode == 0, indexing.done.stderr
    return indexing.folder


@pytest.fixture(scope="session")
def seeds_settings(seeds_index: Path) -> Settings:
    """Settings over the seeds."""
    return Settings(index=seeds_index)


@pytest.fixture(scope="session")
def corpus_settings(corpus_index: Path) -> Settings:
    """Settings over the whole corpus."""
    return Settings(index=corpus_index)


@pytest.fixture(scope="session")
def seeds_engine(seeds_settings: Settings) -> Iterator[Engine]:
    """An engine over the seeds."""
    engine = open_engine(seeds_settings)
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def corpus_engine(corpus_settings: Settings) -> Iterator[Engine]:
    """An engine over the whole corpus."""
    engine = open_engine(corpus_settings)
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def named_engine(named_index: Path) -> Iterator[Engine]:
    """An engine over the whole corpus with the names of ROME and ESCO."""
    engine = open_engine(Settings(index=named_index))
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def evaluation(corpus_engine: Engine, relevance_dir: Path) -> Evaluation:
    """The judged queries, asked of the whole corpus."""
    queries, qrels = relevance_dir / "queries.tsv", relevance_dir / "qrels.txt"
    return evaluate(corpus_engine, queries, qrels, lambda what, done, total: None)


@pytest.fixture(scope="session")
def seeds_app(seeds_settings: Settings, seeds_engine: Engine) -> Flask:
    """The application over the seeds."""
    return create_app(seeds_settings, seeds_engine)


@pytest.fixture(scope="session")
def corpus_app(corpus_settings: Settings, corpus_engine: Engine) -> Flask:
    """The application over the whole corpus."""
    return create_app(corpus_settings, corpus_engine)


@pytest.fixture
def seeds_client(seeds_app: Flask) -> FlaskClient:
    """A client of the application over the seeds."""
    return seeds_app.test_client()


@pytest.fixture
def corpus_client(corpus_app: Flask) -> FlaskClient:
    """A client of the application over the whole corpus."""
    return corpus_app.test_client()


@pytest.fixture
def app(corpus_app: Flask) -> Flask:
    """The application, over the whole corpus."""
    return corpus_app


@pytest.fixture
def client(corpus_client: FlaskClient) -> FlaskClient:
    """A client, over the whole corpus."""
    return corpus_client


EngineFactory = Callable[[Sequence[Fiche]], Engine]


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A real `metiers serve`: its address, its parent process, and the file of all it says."""

    url: str
    process: "subprocess.Popen[bytes]"
    log: Path

    def wait_for(self, path: str = "/health/ready", seconds: float = 60) -> None:
        """Return when an address answers 200; fail with the server's own words if it ends or never does."""
        limit = monotonic() + seconds
        while monotonic() < limit and self.process.poll() is None:
            try:
                with urlopen(f"{self.url}{path}", timeout=2):
                    return
            except OSError as error:
                if isinstance(error, HTTPError):
                    error.close()
                sleep(0.02)
        pytest.fail(f"{path} does not answer:\n{self.log.read_text(errors='replace')[-4000:]}")


@contextmanager
def serving(index: Path, log: Path, *options: str, ready: bool = True) -> Iterator[RunningServer]:
    """A server over an index, waited for unless told otherwise, and stopped at the end."""
    port = free_port()
    command = [sys.executable, "-m", "web.cli", "serve", "--index", str(index), "--port", str(port), *options]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=ROOT)
    server = RunningServer(f"http://127.0.0.1:{port}", process, log)
    try:
        if ready:
            server.wait_for()
        yield server
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="session")
def largest_index(request: pytest.FixtureRequest) -> Path:
    """The folder of an index of the whole corpus, of the seeds where that is absent. Never to be written to."""
    has_corpus = (SHARED / "corpus" / "metiers").is_dir()
    folder: Path = request.getfixturevalue("corpus_index" if has_corpus else "seeds_index")
    return folder


@pytest.fixture(scope="session")
def live_server(largest_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real `metiers serve` over the largest index."""
    with serving(largest_index, tmp_path_factory.mktemp("server") / "log") as server:
        yield server.url


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., RunningServer]]:
    """start_server(index, *options, ready=True): a server of the test's own, stopped after it."""
    with ExitStack() as stack:
        yield lambda index, *options, ready=True: stack.enter_context(
            serving(index, tmp_path / f"server-{free_port()}.log", *options, ready=ready)
        )


@pytest.fixture(scope="module", params=sorted(ENGINES))
def open_any_engine(request: pytest.FixtureRequest) -> Callable[[Path], Engine]:
    """How one kind of engine is opened over a folder."""
    return ENGINES[request.param]


@pytest.fixture(scope="module")
def engine_factory(
    open_any_engine: Callable[[Path], Engine], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EngineFactory]:
    """Makes a new engine over some sheets."""
    made: list[Engine] = []

    def make(fiches: Sequence[Fiche]) -> Engine:
        engine = open_any_engine(tmp_path_factory.mktemp("engine") / "index")
        made.append(engine)
        rebuilt(engine, fiches)
        return engine

    yield make
    for engine in made:
        engine.close()


@pytest.fixture(scope="module")
def village(engine_factory: EngineFactory) -> Engine:
    """An engine over VILLAGE. Not to be rebuilt."""
    return engine_factory(VILLAGE)


@pytest.fixture
def own_server() -> None:
    """Asked for by a test that starts a server by itself."""


@pytest.fixture(scope="session")
def own_processes() -> None:
    """Asked for by a test that runs whole commands in one process after another."""


def _program(name: str, package: str) -> str:
    """The path of a program. Its absence is a failure in CI and a skip elsewhere."""
    program = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if program is None:
        absent = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        absent(f"{name} is not installed (Debian: {package})")
    return program


@pytest.fixture(scope="session")
def nginx() -> str:
    """The path of nginx."""
    return _program("nginx", "nginx-light")


@pytest.fixture(scope="session")
def prometheus() -> str:
    """The path of Prometheus."""
    return _program("prometheus", "prometheus")


@pytest.fixture(scope="session")
def promtool() -> str:
    """The path of the tool that checks what Prometheus is given."""
    return _program("promtool", "prometheus")


@pytest.fixture
def packages() -> None:
    """Asked for by a test that fetches packages."""


def free_port() -> int:
    """A loopback port that nobody listens on, of those that the system gives to no connection by itself.

    Between this call and the start of a server, a connection of another test could take one of the others.
    """
    while True:
        port = SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
