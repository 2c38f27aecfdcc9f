"""What an administrator meets: settings that do not fit, an index that cannot be opened, processes that are killed."""

import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep

import orjson
import pytest
from asking import ask, raw
from conftest import RunningServer, free_port
from engines import rebuilt, served_folder
from made_up import VILLAGE
from small_disk import needs_a_disk, on_a_small_disk

from search import reopening
from search.embedded.engine import EmbeddedEngine
from search.errors import IndexDamaged, MetiersError
from search.index import generations
from search.query import Query
from search.settings import Settings, from_environment
from web.app import create_app
from web.serving.metrics import Metrics


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("CACHE_ENTRIES", "-5", "from 0 to 1000000"),
        ("CACHE_ENTRIES", "many", "expected int"),
        ("PORT", "0", "from 1 to 65535"),
        ("PORT", "99999", "from 1 to 65535"),
        ("METRICS_PORT", "-1", "from 0 to 65535"),
        ("METRICS_PORT", "8000", "another port"),
        ("WORKERS", "0", "from 1 to 256"),
        ("RATE_LIMIT", "-1", "from 0"),
        ("ENGINE", "whoosh", "embedded or opensearch"),
        ("ENGINE", "", "embedded or opensearch"),
        ("BASE_URL", "metiers.example.org", "https://"),
        ("BASE_URL", "https://example.org/a b", "letters"),
        ("BASE_URL", "https://example.org/../a", "letters"),
        ("BASE_URL", "https://example.org/a//b", "letters"),
        ("BASE_URL", "https://example.org/?a=1", "nothing after"),
        ("BASE_URL", "https://", "name of a server"),
        ("BASE_URL", "https://[::1", "IPv6"),
        ("BASE_URL", "https://example.org:99999/", "65535"),
        ("BASE_URL", "https://ann:secret@example.org/", "neither an account"),
        ("BASE_URL", "https://exam ple.org/", "nor a blank"),
        ("PUBLISHER", "\udcc9cole", "one line of text in UTF-8"),
        ("HOSTING", "a\nb", "one line"),
        ("DIRECTOR", "\x1b[31m", "one line"),
        ("HOST", "\udcff", "one line"),
        ("PROXIES", "-1", "from 0 to 10"),
        ("PROXIES", "yes", "expected int"),
        ("OPENSEARCH_TIMEOUT", "nan", "from 0.1 to 3600.0"),
        ("OPENSEARCH_SHARDS", "0", "from 1"),
        ("LOG_QUERIES", "perhaps", "true or false"),
    ],
)
def test_a_setting_that_does_not_fit_is_named_with_what_would(name: str, value: str, expected: str) -> None:
    with pytest.raises(MetiersError, match=f"METIERS_{name}=.*{expected}"):
        from_environment({f"METIERS_{name}": value})


def test_an_empty_host_is_refused_as_it_would_be_every_address_of_the_machine() -> None:
    with pytest.raises(MetiersError, match="METIERS_HOST is empty"):
        from_environment({"METIERS_HOST": " "})


@pytest.mark.parametrize("name", ["INDEX", "PORT", "CACHE_ENTRIES", "OPENSEARCH_TIMEOUT", "LOG_QUERIES", "DATA_DIR"])
def test_an_empty_variable_counts_as_not_given(name: str) -> None:
    assert from_environment({f"METIERS_{name}": " "}) == Settings()


@pytest.mark.usefixtures("own_server")
@pytest.mark.parametrize(
    "variables",
    [
        {"METIERS_ENGINE": "whoosh"},
        {"METIERS_CACHE_ENTRIES": "-5"},
        {"METIERS_METRICS_PORT": "TAKEN"},
        {"HOST": "nowhere.invalid"},
    ],
)
def test_a_server_that_cannot_start_says_why_in_one_line_and_ends(
    root: Path, seeds_index: Path, variables: dict[str, str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        given = {name: value.replace("TAKEN", str(taken.getsockname()[1])) for name, value in variables.items()}
        host = ["--host", given.pop("HOST")] if "HOST" in given else []
        command = [sys.executable, "-m", "web.cli", "serve", "--index", str(seeds_index), "--port", str(free_port())]
        ended = subprocess.run(
            [*command, *host], cwd=root, env=os.environ | given, capture_output=True, text=True, timeout=60, check=False
        )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(("days", "expected"), [(0, None), (60, None), (61, True), (400, True)])
def test_data_older_than_sixty_days_is_said_and_served_all_the_same(
    tmp_path: Path, days: int, expected: bool | None
) -> None:
    engine = EmbeddedEngine(tmp_path / "index")
    date = (datetime.now(UTC).date() - timedelta(days=days)).isoformat()
    engine.rebuild(VILLAGE[:2], ("made up",), lambda what, done, total: None, date)
    answer = create_app(Settings(index=tmp_path / "index"), engine).test_client().get("/health/ready")
    told = answer.get_json()
    assert (answer.status_code, told["status"], told["data_days"]) == (200, "ready", days)
    assert told.get("outdated") is expected
    engine.close()


def test_a_server_listens_under_a_name(start_server: Callable[..., RunningServer], seeds_index: Path) -> None:
    server = start_server(seeds_index, "--host", "localhost")
    assert ask(server.url, "/").status == 200


def test_workers_end_when_the_main_process_is_killed(
    start_server: Callable[..., RunningServer], seeds_index: Path
) -> None:
    server = start_server(seeds_index)
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    port = int(server.url.rpartition(":")[2])
    limit = monotonic() + 20
    while monotonic() < limit:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return
        sleep(0.1)
    pytest.fail("a worker still listens")


def test_the_head_of_a_request_is_bounded(start_server: Callable[..., RunningServer], seeds_index: Path) -> None:
    server = start_server(seeds_index)
    head = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
    for size, statuses in ((20_000, {b"200"}), (60_000, {b"431", b"400", b""}), (400_000, {b"431", b"400", b""})):
        with raw(server.url, f"{head}X-A: {'b' * (size // 2)}\r\nX-B: ".encode()) as connection:
            try:
                connection.sendall(f"{'b' * (size // 2)}\r\n\r\n".encode())
                answered = connection.recv(12)
            except OSError:
                answered = b""
        assert answered[9:12] in statuses, size


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[EmbeddedEngine, str]]:
    """An engine that serves an index, and the name of another one beside it, which it has not seen."""
    engine = EmbeddedEngine(tmp_path / "index")
    first = rebuilt(engine, VILLAGE)
    assert engine.info() == first
    other = EmbeddedEngine(tmp_path / "other")
    made = rebuilt(other, VILLAGE[:3]).generation
    shutil.copytree(served_folder(tmp_path / "other"), tmp_path / "index" / made)
    yield engine, made
    engine.close()


def test_r10_an_index_that_cannot_be_opened_is_said_tried_again_and_served_once_it_can(
    two: tuple[EmbeddedEngine, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(reopening, "PAUSE_SECONDS", 0)
    engine, made = two
    root = tmp_path / "index"
    metrics = Metrics(["/"], 1)
    client = create_app(Settings(index=root), engine, metrics.recorder()).test_client()
    assert "passed_over" not in client.get("/health/ready").get_json()
    aside = tmp_path / "aside"
    manifest = root / made / generations.MANIFEST
    manifest.rename(aside)
    generations.switch(root, made)
    with caplog.at_level(logging.WARNING, "metiers"):
        for _ in range(5):
            assert client.get("/").status_code == 200
        told = client.get("/health/ready").get_json()
    assert told["status"] == "ready"
    assert told["passed_over"] is True
    assert str(root) not in str(told)
    assert told["index"]["documents"] == len(VILLAGE)
    assert "metiers_index_passed_over 1.0" in metrics.text()
    assert [record.levelname for record in caplog.records if record.name == "metiers"] == ["ERROR"]
    assert made in caplog.text
    aside.rename(manifest)
    assert client.get("/api/v1/search").get_json()["index"]["generation"] == made
    assert "passed_over" not in client.get("/health/ready").get_json()
    assert "metiers_index_passed_over 0.0" in metrics.text()


def test_r10_an_index_that_cannot_be_opened_is_not_read_at_every_request(
    two: tuple[EmbeddedEngine, str], tmp_path: Path
) -> None:
    engine, made = two
    manifest = tmp_path / "index" / made / generations.MANIFEST
    kept = manifest.read_bytes()
    manifest.write_bytes(b"{}")
    generations.switch(tmp_path / "index", made)
    assert engine.search(Query()).total == len(VILLAGE)
    manifest.write_bytes(kept)  # it could be opened now, and is not tried yet
    assert engine.search(Query()).total == len(VILLAGE)


@pytest.mark.parametrize("name", ["documents", "terms", "postings", "occurrences", "documents of the index"])
def test_r4_a_manifest_that_does_not_tell_what_the_arrays_hold_is_refused(tmp_path: Path, name: str) -> None:
    engine = EmbeddedEngine(tmp_path)
    rebuilt(engine, VILLAGE)
    manifest = served_folder(tmp_path) / generations.MANIFEST
    written = orjson.loads(manifest.read_bytes())
    if name in written["counts"]:
        written["counts"][name] += 1
    else:
        written["documents"] += 1
    manifest.write_bytes(orjson.dumps(written))
    with pytest.raises(IndexDamaged, match=name.split()[0]):
        EmbeddedEngine(tmp_path).info()


def test_r11_what_killed_runs_left_is_gone_before_the_next_one_writes(tmp_path: Path) -> None:
    engine = EmbeddedEngine(tmp_path)
    before, serving = (rebuilt(engine, VILLAGE).generation for _ in range(2))
    unfinished = generations.create(tmp_path)
    (unfinished / "half.npy").write_bytes(b"x" * 1_000)
    unserved = tmp_path / "20991231T235959000000-00ff"
    shutil.copytree(tmp_path / before, unserved)
    seen: list[set[str]] = []

    def look(what: str, done: int, total: int) -> None:
        seen.append({path.name for path in tmp_path.iterdir() if path.is_dir()})

    made = engine.rebuild(VILLAGE, ("again",), look).generation
    assert seen[0] == {before, serving, made}


KILLED_ON_A_SMALL_DISK = """
import os, shutil, signal, sys
from contextlib import closing
from pathlib import Path
from engines import rebuilt
from made_up import VILLAGE
from search.embedded.engine import EmbeddedEngine
from search.index import generations

disk = Path(sys.argv[1])
root, filler = disk / "index", disk / "filler"

def index():
    with closing(EmbeddedEngine(root)) as engine:
        return rebuilt(engine, VILLAGE).generation

def killed_before(moment):
    child = os.fork()
    if not child:
        def watch(event, arguments):
            is_written = event == "os.rename" or event == "open" and "w" in str(arguments[1])
            if is_written and moment in f"{event} {arguments[0]}":
                os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(watch)
        index()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL, moment

free = shutil.disk_usage(disk).free
index()
size = free - shutil.disk_usage(disk).free
for already in (0, 1):
    for moment in ("words.words.txt", "manifest.json", f"open {root / '.current'}", f"os.rename {root / '.current'}"):
        shutil.rmtree(root)
        for _ in range(already):
            index()
        filler.write_bytes(bytes(shutil.disk_usage(disk).free - size * 3 // 2))
        killed_before(moment)
        assert shutil.disk_usage(disk).free < size * 5 // 4, moment
        assert index() == generations.current(root)
        filler.unlink()
"""


@pytest.mark.usefixtures("own_processes")
@needs_a_disk
def test_r11_on_a_disk_with_room_for_one_index_and_a_half_the_run_after_a_killed_one_ends_well(
    tmp_path: Path, root: Path
) -> None:
    done = subprocess.run(
        [*on_a_small_disk(tmp_path), sys.executable, "-c", KILLED_ON_A_SMALL_DISK, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join((str(root), str(root / "tests")))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_last_whole_index_is_kept_if_what_points_to_it_was_lost(tmp_path: Path) -> None:
    engine = EmbeddedEngine(tmp_path)
    last = [rebuilt(engine, VILLAGE).generation for _ in range(2)][1]
    (tmp_path / generations.CURRENT).unlink()
    generations.clean_remains(tmp_path)
    assert generations.names(tmp_path) == [last]
    (tmp_path / generations.CURRENT).write_text("damaged")
    generations.clean_remains(tmp_path)
    assert generations.names(tmp_path) == [last]


def test_an_index_gone_back_from_is_kept_until_another_one_is_served(tmp_path: Path) -> None:
    engine = EmbeddedEngine(tmp_path)
    both = [rebuilt(engine, VILLAGE).generation for _ in range(2)]
    engine.rollback()
    generations.clean_remains(tmp_path)
    assert generations.names(tmp_path) == both


def written_commands(root: Path, heading: str) -> list[str]:
    """The commands of a section of docs/operations.md."""
    text = (root / "docs/operations.md").read_text(encoding="utf-8")
    section = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return [line.strip() for line in section.splitlines() if line.startswith("    ")]


def test_a_backup_is_restored_by_the_commands_as_they_are_written_and_a_running_server_follows(
    start_server: Callable[..., RunningServer], seeds_index: Path, root: Path, tmp_path: Path
) -> None:
    served = tmp_path / "srv" / "index"
    shutil.copytree(seeds_index, served)
    commands = [
        command.replace("/srv/metiers", str(tmp_path / "srv"))
        .replace("/var/backups", str(tmp_path))
        .replace("/opt/metiers/8000/bin/metiers", f"{sys.executable} -m web.cli")
        for command in written_commands(root, "Backup and restore")
    ]
    assert [command.split()[0] for command in commands[:1]] == ["flock"]
    assert len(commands) == 6

    def run(command: str) -> None:
        subprocess.run(command, shell=True, cwd=root, check=True, capture_output=True, timeout=120)

    for command in commands[:2]:
        run(command)
    server = start_server(served)
    before = ask(server.url, "/api/v1/search?q=mecanique").json()
    victim = next(path for path in served_folder(served).rglob("*") if path.suffix == ".npy")
    victim.unlink()
    for command in commands[2:]:
        run(command)
    after = ask(server.url, "/api/v1/search?q=mecanique").json()
    assert before["total_results"] > 0
    assert (after["index"], after["results"]) == (before["index"], before["results"])
    again = start_server(served)
    assert ask(again.url, "/api/v1/search?q=mecanique").json()["results"] == before["results"]
