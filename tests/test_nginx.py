"""The search behind a real nginx, which runs with the files of deploy/nginx but for its ports and paths."""

import re
import shutil
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path
from time import sleep

import orjson
import pytest
from asking import ask
from conftest import RunningServer, free_port, serving
from nginx_proxy import Proxy, proxied
from readers import reading

StartServer = Callable[..., RunningServer]

Proxied = Callable[..., AbstractContextManager[Proxy]]


@pytest.fixture(scope="module")
def before(nginx: str, root: Path) -> Proxied:
    """before(folder, first port, second port, path="/"): a running nginx before two ports."""
    return partial(proxied, nginx, root)


def port_of(server: RunningServer) -> int:
    return int(server.url.rpartition(":")[2])


def lines(server: RunningServer) -> list[dict[str, object]]:
    """The requests that reached a server, as its log tells."""
    written = [orjson.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
    return [each for each in written if "route" in each]


@pytest.fixture(scope="module")
def server(before: Proxied, seeds_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that trusts one proxy."""
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("METIERS_PROXIES", "1")
        with serving(seeds_index, tmp_path_factory.mktemp("server") / "log", "--workers", "1") as running:
            yield running


@pytest.fixture(scope="module")
def proxy(before: Proxied, server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """nginx before that server."""
    with before(tmp_path_factory.mktemp("nginx"), port_of(server), free_port()) as running:
        yield running


def test_it_speaks_tls_and_http_2_and_says_who_asks(proxy: Proxy, server: RunningServer) -> None:
    proxy.trust.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("127.0.0.1", proxy.port)) as plain,
        proxy.trust.wrap_socket(plain, server_hostname="localhost") as inside,
    ):
        assert inside.selected_alpn_protocol() == "h2"
    proxy.trust.set_alpn_protocols(["http/1.1"])
    moved = ask(f"http://127.0.0.1:{proxy.plain_port}", "/aide?a=1")
    assert (moved.status, moved.headers["Location"]) == (301, "https://metiers.example.org/aide?a=1")
    answer = proxy.ask("/", X_Forwarded_Proto="http", X_Forwarded_Host="evil.example")
    assert answer.status == 200
    # Only who came by https is told to stay there, and the service knows it from the proxy.
    assert "Strict-Transport-Security" in answer.headers
    assert b"evil.example" not in answer.body
    assert answer.headers["Server"] == "nginx"
    assert lines(server)[-1]["id"] == answer.headers["X-Request-Id"]


def test_a_crowd_is_answered_from_the_cache_and_tags_and_vary_hold(proxy: Proxy, server: RunningServer) -> None:
    before = len(lines(server))
    answers = [proxy.ask("/?q=boulanger", Accept_Encoding="gzip") for _ in range(5)]
    assert {each.headers["Content-Encoding"] for each in answers} == {"gzip"}
    assert len({each.headers["X-Request-Id"] for each in answers}) == 5
    assert len(lines(server)) < before + 5
    bare = proxy.ask("/?q=boulanger")
    assert "Content-Encoding" not in bare.headers
    assert b"<html" in bare.body
    kinds = ("application/json", "text/csv", "application/x-ndjson")
    told = [proxy.ask("/api/v1/search?q=boulanger", Accept=kind).headers["Content-Type"] for kind in kinds]
    assert [each.partition(";")[0] for each in told] == list(kinds)
    etag = answers[0].headers["ETag"]
    again = proxy.ask("/?q=boulanger", Accept_Encoding="gzip", If_None_Match=etag)
    assert (again.status, again.body) == (304, b"")
    # nginx counts whole seconds: one of them has gone by when its clock has ticked twice.
    sleep(2.1)
    stale = proxy.ask("/?q=boulanger", Accept_Encoding="gzip")
    assert (stale.status, stale.headers["ETag"], stale.body) == (200, etag, answers[0].body)
    # What was kept is asked for again by its tag.
    assert lines(server)[-1]["status"] == 304


def test_what_may_not_be_kept_is_not(proxy: Proxy, server: RunningServer) -> None:
    before = len(lines(server))
    for _ in range(3):
        assert proxy.ask("/hasard").status == 302
        assert proxy.ask("/metiers/MET.1").status == 404
        assert proxy.ask("/health/ready").headers["Cache-Control"] == "no-store"
    assert Counter(each["status"] for each in lines(server)[before:]) == {302: 3, 404: 3, 200: 3}


def test_a_refusal_of_the_service_reaches_the_reader_and_is_not_sent_elsewhere(
    before: Proxied, tmp_path: Path, start_server: StartServer, seeds_index: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    refusing, other = start_server(empty, ready=False), start_server(seeds_index)
    refusing.wait_for("/health/live")
    with before(tmp_path, port_of(refusing), port_of(other)) as proxy:
        for path in ("/", "/api/v1/search?q=pain"):
            answer = proxy.ask(path)
            assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
            assert answer.headers["Cache-Control"] == "no-store"
        assert proxy.ask("/api/v1/search").json()["status"] == 503
    assert [each for each in lines(other) if each["route"] != "/health/ready"] == []


def test_a_long_address_and_a_body_are_bounded(proxy: Proxy) -> None:
    assert proxy.ask(f"/?q={'a' * 9_000}").status in {400, 414}
    assert proxy.ask(f"/?q={'a' * 17_000}").status == 414
    connection = proxy.connect()
    connection.request("POST", "/", body=b"a" * 5_000)
    assert connection.getresponse().status == 413
    connection.close()


def test_the_search_lies_under_a_path_of_a_site(
    before: Proxied, tmp_path: Path, start_server: StartServer, seeds_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METIERS_BASE_URL", "https://example.org/orientation")
    server = start_server(seeds_index)
    with before(tmp_path, port_of(server), free_port(), "/orientation/") as proxy:
        page = proxy.ask("/orientation/?q=boulanger").body.decode()
        links = [link for link in re.findall(r'(?:href|src)="(/[^"#?]*)', page) if link != "/orientation/"]
        assert "/orientation/static/style.css" in links
        assert {link: proxy.ask(link).status for link in links} == dict.fromkeys(links, 200)
        assert proxy.ask("/orientation/metiers/met.242").headers["Location"] == "/orientation/metiers/MET.242"
        assert proxy.ask("/").status == 404


def test_the_address_of_a_client_is_the_one_that_nginx_saw(
    before: Proxied, tmp_path: Path, start_server: StartServer, seeds_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METIERS_PROXIES", "1")
    monkeypatch.setenv("METIERS_RATE_LIMIT", "20")
    # Each worker counts for itself.
    server = start_server(seeds_index, "--workers", "1")
    with before(tmp_path, port_of(server), free_port()) as proxy:
        asked = [proxy.ask("/metiers/MET.1", X_Forwarded_For=f"192.0.2.{number}") for number in range(30)]
    refused = [each for each in asked if each.status == 429]
    assert refused
    assert all(int(each.headers["Retry-After"]) > 0 for each in refused)


UNSEEN_SECONDS = 3
"""How long docs/operations.md has the old version wait for nginx to see that the new one answers."""


# --- upgrade ------------------------------------------------------------------------------------------


@contextmanager
def edition(tree: Path, index: Path, port: int, log: Path) -> Iterator[RunningServer]:
    """The program as it lies in a tree, serving an index."""
    command = [sys.executable, "-m", "web.cli", "serve", "--index", str(index), "--port", str(port)]
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=tree)
    server = RunningServer(f"http://127.0.0.1:{port}", process, log)
    try:
        server.wait_for()
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, log.read_text()


def test_another_edition_of_the_program_takes_over_and_no_request_is_lost(
    before: Proxied, root: Path, tmp_path: Path, seeds_index: Path
) -> None:
    tree = tmp_path / "second"
    for name in ("search", "web"):
        shutil.copytree(root / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    page = tree / "web/templates/aide.html"
    page.write_text(page.read_text(encoding="utf-8").replace("{% block main %}", "{% block main %}seconde version"))
    first, second = free_port(), free_port()
    version = lambda page: "new" if b"seconde version" in page else "old"  # noqa: E731
    with before(tmp_path, first, second) as proxy, ExitStack() as old, ExitStack() as new:
        old.enter_context(edition(root, seeds_index, first, tmp_path / "first.log"))
        with reading(proxy, "/aide", version) as readers:
            readers.wait_for("old")
            new.enter_context(edition(tree, seeds_index, second, tmp_path / "second.log"))
            sleep(UNSEEN_SECONDS)
            old.close()
            readers.wait_for("new")
            # And back, as the next version goes the other way.
            old.enter_context(edition(root, seeds_index, first, tmp_path / "third.log"))
            sleep(UNSEEN_SECONDS)
            new.close()
            readers.wait_for("old")
    assert set(readers.told()) == {"old", "new"}, readers.told()
