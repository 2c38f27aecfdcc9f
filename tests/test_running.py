"""A service in use: re-indexed under load, stopped, restarted, measured, on files that it may only read."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial
from http.client import HTTPException
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Any
from urllib.request import urlopen

import pytest
from asking import SOAK, ask, at_most, connect, raw
from conftest import free_port
from crowd import crowd

from search.backends import open_engine
from search.engine import Engine
from search.errors import IndexDamaged
from search.fields import SORTS
from search.index import generations
from search.indexer import index
from search.query import Query
from search.settings import Settings
from web.server import application

QUERIES = ("bois", "technicien de maintenance", '"bac + 2"', "mecanicein", "-bois", "", "aider les autres", "sport")


def indexed(sources: Path, folder: Path) -> str:
    """Index again, as an owner would, and say the generation made."""
    with closing(open_engine(Settings(index=folder))) as engine:
        index([sources], engine, lambda what, done, total: None, None)
    return generations.current(folder)


@contextmanager
def reading(read: Callable[[Any], None], each: Iterable[object], over: threading.Event) -> Iterator[None]:
    """A thread that reads for each of these; at the end of the block they are told that it is over, and joined."""
    readers = [threading.Thread(target=read, args=(given,)) for given in each]
    for reader in readers:
        reader.start()
    try:
        yield
    finally:
        over.set()
        for reader in readers:
            reader.join(30)


@contextmanager
def asked_all_along(url: str, threads: int, path: Callable[[int], str]) -> Iterator[tuple[list[Any], list[str]]]:
    """Readers that ask without a pause until the block ends: (answers, failures)."""
    answers: list[Any] = []
    failures: list[str] = []
    over = threading.Event()

    def read(first: int) -> None:
        number = first
        while not over.is_set():
            number += threads
            try:
                answer = ask(url, path(number))
                answers.append(answer)
                if answer.status != 200:
                    failures.append(f"{answer.status} {path(number)}")
            except OSError as error:
                failures.append(repr(error))

    with reading(read, range(threads), over):
        yield answers, failures


def mixed(engine: Engine, number: int) -> list[Callable[[], object]]:
    """So many different questions: words, phrases, errors, filters, orders, pages, completion, near sheets."""
    random = Random(1043)
    sheets = list(engine.all())
    facets = {name: [each.value for each in engine.facet_values(name)] for name in ("niveau", "statut", "rome")}
    asked: list[Callable[[], object]] = []
    for place in range(number):
        id, title = random.choice(sheets)
        words = random.choice((*QUERIES, title, title.split()[-1], f'"{title}"', title[:-1], f"{title} -travail"))
        name = random.choice(list(facets))
        query = Query(
            text=words,
            filters=random.choice((frozenset(), frozenset({(name, random.choice(facets[name]))}))),
            sort=random.choice(SORTS),
            page=random.choice((1, 1, 2, 5)),
            per_page=random.choice((5, 20)),
            explain=place % 7 == 0,
        )
        kind = place % 10
        if kind == 0:
            asked.append(partial(engine.suggest, title[: random.randrange(2, 12)], 8))
        elif kind == 1:
            asked.append(partial(engine.similar, id, 6))
        elif kind == 2:
            asked.append(partial(engine.counts, [query, query.without(name)]))
        else:
            asked.append(partial(engine.search, query))
    return asked


@pytest.mark.soak
def test_r1_eight_threads_get_the_answers_that_one_gets(largest_index: Path) -> None:
    with closing(open_engine(Settings(index=largest_index))) as engine:
        asked = mixed(engine, 500)
        expected = [ask() for ask in asked]
        assert len({repr(each) for each in expected}) > 100
    each_asks = len(asked) if SOAK else 100
    wrong: list[object] = []
    # Another engine, so that its first opening and the first reading of each sheet are shared too.
    with closing(open_engine(Settings(index=largest_index))) as engine:
        shared = mixed(engine, 500)
        start = threading.Barrier(8)

        def ask_all(thread: int) -> None:
            start.wait()
            for turn in range(each_asks):
                place = (turn + thread * 61) % len(shared)
                try:
                    if shared[place]() != expected[place]:
                        wrong.append(shared[place])
                except Exception as error:
                    wrong.append(error)

        crowd(ask_all)
    assert wrong == []


@pytest.mark.soak
def test_r2_no_reader_notices_an_indexing(start_server: Callable[..., Any], seeds_dir: Path, tmp_path: Path) -> None:
    folder = tmp_path / "index"
    first = indexed(seeds_dir, folder)
    server = start_server(folder)
    total = ask(server.url, "/api/v1/search").json()["total_results"]
    path = lambda number: f"/api/v1/search?per_page={number % 50 + 1}"  # noqa: E731
    with asked_all_along(server.url, 4, path) as (answers, failures):
        made = [indexed(seeds_dir, folder) for _ in range(6 if SOAK else 3)]
        limit = monotonic() + 10
        while ask(server.url, "/health/ready").json()["index"]["generation"] != made[-1] and monotonic() < limit:
            sleep(0.05)
        sleep(0.2)
    assert failures == []
    assert len(answers) > 20
    seen = {answer.json()["index"]["generation"] for answer in answers}
    assert made[-1] in seen
    assert seen <= {first, *made}
    for answer in answers:
        document = answer.json()
        assert document["total_results"] == total
        assert not document["partial"]
    assert [path.name for path in folder.iterdir() if path.is_dir()].count(first) == 0
    assert len(generations.names(folder)) == 2


def calls_to_start(index: Path) -> int:
    """Calls of functions until a worker is ready to answer from an index."""
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        app = application(Settings(index=index))
    finally:
        sys.setprofile(before)
    assert app.test_client().get("/health/ready").status_code == 200
    return calls


def test_r7_a_service_is_ready_in_a_moment(largest_index: Path) -> None:
    assert calls_to_start(largest_index) < 700_000  # some 0.3 s


@pytest.mark.soak
def test_r7_a_server_is_ready_within_two_seconds(start_server: Callable[..., Any], largest_index: Path) -> None:
    started = monotonic()
    server = start_server(largest_index, ready=False)
    server.wait_for("/health/ready")
    assert monotonic() - started < at_most(2, hangs=30)


def used(process: int) -> tuple[int, int]:
    """(resident bytes, open files) of a server's workers."""
    workers = [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    resident = files = 0
    for worker in workers:
        fields = Path(f"/proc/{worker}/statm").read_text().split()
        resident += int(fields[1]) * os.sysconf("SC_PAGE_SIZE")
        files += len(os.listdir(f"/proc/{worker}/fd"))
    return resident, files


@pytest.mark.soak
def test_r8_memory_and_files_stay_as_they_are(
    start_server: Callable[..., Any], largest_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Answers kept are meant to take memory, and so are sheets and pages of files read for the first time, which these
    # queries do within 2,000 requests; what is looked for here is what nobody meant.
    monkeypatch.setenv("METIERS_CACHE_ENTRIES", "16")
    server = start_server(largest_index, "--workers", "1")
    connection = connect(server.url)

    def some(first: int, last: int) -> None:
        for number in range(first, last):
            words = QUERIES[number % len(QUERIES)].replace(" ", "+").replace('"', "%22")
            path = f"/api/v1/search?q={words}&page={number % 97 + 1}&per_page={number % 20 + 1}"
            assert ask(connection, path).status == 200

    warm, whole = (5_000, 100_000) if SOAK else (2_000, 5_000)
    some(0, warm)
    before = used(server.process.pid)
    some(warm, whole)
    after = used(server.process.pid)
    connection.close()
    assert after[0] - before[0] < 20_000_000
    assert after[1] <= before[1]


def test_o5_what_was_asked_before_the_end_is_answered_whole(
    start_server: Callable[..., Any], largest_index: Path
) -> None:
    server = start_server(largest_index)
    connections = [raw(server.url, b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n") for _ in range(20)]
    for connection in connections:
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200")  # taken in hand, not in the system's queue
    for connection in connections:
        connection.sendall(b"GET /api/v1/search?format=ndjson HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    sleep(0.2)
    server.process.send_signal(signal.SIGTERM)
    answers = []
    for connection in connections:
        with connection:
            answers.append(b"".join(iter(lambda: connection.recv(1 << 16), b"")))  # noqa: B023
    assert server.process.wait(20) == 0
    assert {answer.partition(b"\r\n")[0] for answer in answers} == {b"HTTP/1.1 200 OK"}
    assert len({answer.partition(b"\r\n\r\n")[2] for answer in answers}) == 1


def test_o5_a_server_that_is_still_starting_stops_at_once(
    start_server: Callable[..., Any], largest_index: Path
) -> None:
    server = start_server(largest_index, ready=False)
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    limit = monotonic() + 20
    while not children.read_text() and monotonic() < limit:
        sleep(0.01)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(5) == 0


@contextmanager
def asked_on_kept_connections(url: str, pauses: Sequence[float]) -> Iterator[tuple[list[int], list[str]]]:
    """Clients that keep their connection as long as the server does, one a pause (s): (statuses, losses).

    Each has asked once, and has its connection, when the block begins.
    """
    statuses: list[int] = []
    losses: list[str] = []
    over = threading.Event()
    connected = threading.Barrier(len(pauses) + 1)

    def read(pause: float) -> None:
        connection = connect(url)
        statuses.append(ask(connection, "/api/v1/search?q=bois").status)
        connected.wait(30)
        while not over.wait(pause):
            try:
                statuses.append(ask(connection, "/api/v1/search?q=bois").status)
            except (OSError, HTTPException) as error:
                losses.append(f"{error!r} after {pause} s")
                connection.close()
        connection.close()

    with reading(read, pauses, over):
        connected.wait(30)
        yield statuses, losses


PAUSES = (0.0, 0.02, 0.1, 0.5, 1.0, 2.0, 4.0, 6.0)


@pytest.mark.soak
def test_o5_a_rolling_restart_loses_nothing(start_server: Callable[..., Any], seeds_index: Path) -> None:
    server = start_server(seeds_index, "--workers", "2")
    path = lambda number: f"/api/v1/search?per_page={number % 90 + 1}"  # noqa: E731
    silent: list[socket.socket] = []
    lost = 0
    with (
        asked_all_along(server.url, 4, path) as (answers, failures),
        asked_on_kept_connections(server.url, PAUSES) as (statuses, losses),
    ):
        for _ in range(3 if SOAK else 1):
            said = server.log.read_text().count("Stopped old worker")
            server.process.send_signal(signal.SIGHUP)
            limit = monotonic() + 60
            while server.log.read_text().count("Stopped old worker") < said + 2 and monotonic() < limit:
                silent.append(raw(server.url, b""))
                sleep(0.1)
                if len(silent) > 10:
                    lost += not answered(silent.pop(0))
    assert server.log.read_text().count("Stopped old worker") >= 2
    assert lost + sum([not answered(connection) for connection in silent]) == 0
    assert failures == []
    assert len(answers) > 20
    assert losses == []
    assert set(statuses) == {200}
    assert len(statuses) > 20


def answered(connection: socket.socket) -> bool:
    """Whether a question on this connection has its answer."""
    with connection, suppress(ConnectionError):
        connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n")
        return connection.recv(1 << 16).startswith(b"HTTP/1.1 200")
    return False


def test_r4_living_and_being_ready_are_two_things(
    start_server: Callable[..., Any], seeds_dir: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "index"
    server = start_server(folder, ready=False)
    server.wait_for("/health/live")
    assert ask(server.url, "/health/ready").status == 503
    assert "Not ready yet" in server.log.read_text()
    assert "metiers index" in server.log.read_text()
    assert int(ask(server.url, "/health/ready").headers["Retry-After"]) > 0
    indexed(seeds_dir, folder)
    server.wait_for("/health/ready")
    assert ask(server.url, "/?q=bois").status == 200


@pytest.mark.usefixtures("own_server")
@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root, to become nobody")
def test_o6_another_account_serves_an_index_that_it_cannot_write(seeds_index: Path, root: Path, tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents):
        if folder != Path("/") and folder.stat().st_uid == os.geteuid() and not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o011)
    folder = tmp_path / "index"
    shutil.copytree(seeds_index, folder)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    port = free_port()
    command = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs", "--inh-caps=-all")
    serve = (sys.executable, "-B", "-m", "web.cli", "serve", "--index", str(folder), "--port", str(port))
    process = subprocess.Popen([*command, *serve], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        limit = monotonic() + 20
        while process.poll() is None and monotonic() < limit:
            try:
                with urlopen(f"http://127.0.0.1:{port}/?q=bois", timeout=2) as answer:
                    assert answer.status == 200
                    break
            except OSError:
                sleep(0.05)
        assert process.poll() is None, process.stdout.read().decode()
        assert f"\nUid:\t{65534}\t" in Path(f"/proc/{process.pid}/status").read_text()
        assert ask(f"http://127.0.0.1:{port}", "/health/ready").status == 200
    finally:
        process.terminate()
        process.communicate(timeout=20)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_o8_an_index_that_cannot_be_opened_is_not_read_at_every_request(seeds_index: Path, tmp_path: Path) -> None:
    folder = tmp_path / "index"
    shutil.copytree(seeds_index, folder)
    damaged = max((path for path in folder.glob("*/columns/*")), key=lambda path: path.stat().st_size)
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[:-1])
    with closing(open_engine(Settings(index=folder))) as engine:
        with pytest.raises(IndexDamaged):
            engine.info()
        damaged.write_bytes(whole)
        with pytest.raises(IndexDamaged):
            engine.info()
        limit = monotonic() + 10
        while monotonic() < limit:
            with suppress(IndexDamaged):
                assert engine.info().documents == 3
                break
            sleep(0.1)
        assert engine.info().documents == 3


WATCHED = """
import sys
from pathlib import Path
found = []

def watch(event, arguments):
    if event == "pickle.find_class":
        found.append(arguments)
    if event == "open" and str(arguments[0]).endswith(".toc"):
        frame, names = sys._getframe(1), []
        while frame:
            names.append(frame.f_code.co_name)
            frame = frame.f_back
        if "checksum" not in names:
            found.append(arguments)

from search.settings import Settings
from web.server import application
sys.addaudithook(watch)
folder = Path(sys.argv[1])
client = application(Settings(index=folder)).test_client()
for path in ("/", "/?q=bois", "/plan", "/api/v1/search?q=mecanicein&explain=true", "/api/v1/search?format=csv",
             "/api/v1/suggest?q=te", "/api/v1/metiers/MET.242/similaires", "/metiers/MET.242"):
    assert client.get(path).status_code == 200, path
print(len(found))
from search.index import codec
codec.searcher(next(folder.glob("*/columns"))).close()
print(len(found))
"""


@pytest.mark.usefixtures("own_server")
def test_o7_what_serves_opens_no_pickle(seeds_index: Path, root: Path) -> None:
    done = subprocess.run([sys.executable, "-c", WATCHED, str(seeds_index)], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    serving, indexing = map(int, done.stdout.split())
    assert serving == 0
    assert indexing > 0  # the watch sees what it looks for


def test_o8_an_index_that_anybody_may_write_is_said_to_be_so(
    start_server: Callable[..., Any], seeds_index: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "index"
    shutil.copytree(seeds_index, folder)
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o022)
    assert generations.exposed(folder) == []
    assert '"warning"' not in start_server(folder).log.read_text()
    columns = next(folder.glob("*/columns"))
    columns.chmod(0o777)
    assert generations.exposed(folder) == [columns]
    said = start_server(folder).log.read_text()
    assert '"warning"' in said
    assert str(columns) in said


def test_figures_of_all_workers_stand_on_a_port_of_their_own(
    start_server: Callable[..., Any], seeds_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setenv("METIERS_METRICS_PORT", str(port))
    server = start_server(seeds_index, "--workers", "2")
    for _ in range(20):
        ask(server.url, "/api/v1/search?q=mecanique")
    for _ in range(3):
        ask(server.url, "/?q=zzzzqqqq+xxyyzz&typo=off")
    ask(server.url, "/api/v1/search?page=0")
    assert ask(server.url, "/metrics").status == 404
    assert "Python" not in ask(f"http://127.0.0.1:{port}", "/metrics").headers["Server"]
    figures = ask(f"http://127.0.0.1:{port}", "/metrics")
    assert figures.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    values = dict(line.rsplit(" ", 1) for line in figures.body.decode().splitlines() if not line.startswith("#"))
    assert values['metiers_requests_total{route="/api/v1/search",status="200"}'] == "20.0"
    assert values['metiers_requests_total{route="/api/v1/search",status="400"}'] == "1.0"
    assert values["metiers_searches_total"] == "23.0"
    assert values["metiers_searches_empty_total"] == "3.0"
    assert values['metiers_request_seconds_count{route="/api/v1/search"}'] == "21.0"
    assert sum(float(each) for name, each in values.items() if name.startswith("metiers_workers{")) == 2
    server.process.terminate()
    server.process.wait(20)
    with pytest.raises(OSError, match="refused"):
        ask(f"http://127.0.0.1:{port}", "/metrics")
