"""Too much at once: what is bounded, what is refused and how fast, and that good requests go on being answered."""

import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

import pytest
from asking import SOAK, Answered, ask, at_most, connect, raw
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import TooManyRequests
from werkzeug.test import Client

from search.engine import Engine
from search.settings import Settings
from web.api import models
from web.app import create_app, is_api
from web.serving.metrics import NO_ROUTE, Metrics
from web.serving.overload import MOST_CLIENTS, Guard, RateLimit
from web.serving.unread import MOST_UNREAD, UnreadAnswers

QUIET_SECONDS = at_most(1)
"""Seconds within which a search is answered again once a crowd has gone."""


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def held(seeds_app: Flask) -> tuple[Guard, threading.Event, list[str], Metrics]:
    """A guard that lets one request run and two wait; the application answers when the event is set."""
    gate = threading.Event()
    running: list[str] = []

    def slow(environ: dict[str, Any], start_response: Any) -> Any:
        if "held" in environ["QUERY_STRING"]:
            running.append(environ["QUERY_STRING"])
            assert gate.wait(20)
        return seeds_app.wsgi_app(environ, start_response)

    metrics = Metrics([], 1)
    return Guard(slow, 1, 2, is_api, metrics.recorder()), gate, running, metrics


@pytest.mark.parametrize("path", ["/", "/api/v1/search", "/health/live", "/nowhere"])
def test_o5_a_process_that_will_be_replaced_ends_each_connection_with_its_answer(seeds_app: Flask, path: str) -> None:
    leaving: list[bool] = []
    client = Client(Guard(seeds_app.wsgi_app, 1, 1, is_api, None, lambda: bool(leaving)))
    assert "Connection" not in client.get(path).headers
    leaving.append(True)
    assert client.get(path).headers["Connection"] == "close"


def test_o3_one_request_too_many_is_refused_at_once_and_room_comes_back(held: Any) -> None:
    guard, gate, running, metrics = held
    client = Client(guard)
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda: statuses.append(client.get("/aide?held").status_code)) for _ in range(3)]
    for thread in threads:
        thread.start()
    limit = monotonic() + 10
    while guard._in_hand._value and monotonic() < limit:
        sleep(0.001)
    page, problem = client.get("/?q=bois"), client.get("/api/v1/search?q=bois")
    assert [client.get("/").status_code for _ in range(5)] == [503] * 5
    assert len(running) == 1  # no refusal waited for the application
    assert page.status_code == problem.status_code == 503
    assert page.mimetype == "text/html"
    assert "Service en pause" in page.text
    document = models.Problem.model_validate_json(problem.data)
    for each in (page, problem):
        assert int(each.headers["Retry-After"]) > 0
        assert each.headers["Cache-Control"] == "no-store"
        assert each.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert each.headers["X-Request-Id"].encode() in each.data
        assert int(each.headers["Content-Length"]) == len(each.data)
    assert document.request_id == problem.headers["X-Request-Id"] != page.headers["X-Request-Id"]
    assert client.get("/health/live").status_code == 200
    gate.set()
    for thread in threads:
        thread.join(20)
    assert statuses == [200] * 3
    assert client.get("/?q=bois").status_code == 200
    assert f'metiers_requests_total{{route="{NO_ROUTE}",status="503"}} 7.0' in metrics.text()


def test_o2_requests_run_in_the_order_in_which_they_came(held: Any) -> None:
    guard, gate, running, _ = held
    client = Client(guard)

    def one_after_the_other(*numbers: int) -> None:
        for number in numbers:
            client.get(f"/aide?held={number}")

    threads = []
    for place, numbers in enumerate(((1, 4), (2,), (3,))):
        threads.append(threading.Thread(target=one_after_the_other, args=numbers))
        threads[-1].start()
        limit = monotonic() + 10
        while guard._in_hand._value > 2 - place and monotonic() < limit:
            sleep(0.001)
    gate.set()
    for thread in threads:
        thread.join(20)
    assert [text.partition("=")[2] for text in running] == ["1", "2", "3", "4"]


def test_o4_a_rate_is_a_number_of_requests_then_a_wait() -> None:
    clock = Clock()
    rate = RateLimit(60, clock)
    for _ in range(60):
        rate.check("192.0.2.1")
    with pytest.raises(TooManyRequests) as refused:
        rate.check("192.0.2.1")
    assert refused.value.retry_after == 1
    rate.check("192.0.2.2")
    clock.now += 1
    rate.check("192.0.2.1")
    with pytest.raises(TooManyRequests):
        rate.check("192.0.2.1")


def test_o4_addresses_of_one_ipv6_network_are_one_client() -> None:
    rate = RateLimit(1, Clock())
    rate.check("2001:db8:1:2::1")
    with pytest.raises(TooManyRequests):
        rate.check("2001:db8:1:2:ffff::9")
    rate.check("2001:db8:1:3::1")


def test_o4_a_crowd_of_clients_takes_a_bounded_memory() -> None:
    rate = RateLimit(1, Clock())
    for number in range(MOST_CLIENTS + 50):
        rate.check(f"client {number}")
    assert len(rate._left) == MOST_CLIENTS


def test_o4_who_asks_too_often_is_told_when_to_come_back(seeds_settings: Settings, seeds_engine: Engine) -> None:
    client = create_app(replace(seeds_settings, rate_limit=2), seeds_engine).test_client()
    assert [client.get("/api/v1/search").status_code for _ in range(3)] == [200, 200, 429]
    refused = client.get("/api/v1/search")
    assert refused.mimetype == "application/problem+json"
    assert 1 <= int(refused.headers["Retry-After"]) <= 30
    assert "Trop de demandes" in client.get("/").text
    assert client.get("/static/style.css").status_code == 200
    assert client.get("/health/live").status_code == 200


def statuses(client: FlaskClient, *forwarded: str) -> list[int]:
    """What the requests of clients are answered, as one proxy after the other writes who they are."""
    return [client.get("/aide", headers={"X-Forwarded-For": each}).status_code for each in forwarded]


def test_o4_behind_proxies_each_client_counts_by_the_address_that_the_trusted_ones_saw(
    seeds_settings: Settings, seeds_engine: Engine
) -> None:
    def client(proxies: int) -> FlaskClient:
        return create_app(replace(seeds_settings, rate_limit=1, proxies=proxies), seeds_engine).test_client()

    assert statuses(client(0), "192.0.2.1", "192.0.2.2") == [200, 429]
    assert statuses(client(1), "192.0.2.1", "192.0.2.2", "198.51.100.9, 192.0.2.2") == [200, 200, 429]
    assert statuses(client(2), "192.0.2.1, 10.0.0.1", "192.0.2.2, 10.0.0.1", "9.9.9.9, 192.0.2.2, 10.0.0.1") == [
        200, 200, 429,
    ]  # fmt: skip


def test_s12_a_trusted_proxy_tells_whether_the_reader_came_by_https(
    seeds_settings: Settings, seeds_engine: Engine
) -> None:
    told = {"X-Forwarded-Proto": "https"}
    for proxies, expected in ((0, False), (1, True)):
        app = create_app(replace(seeds_settings, proxies=proxies), seeds_engine)
        answer = app.test_client().get("/", headers=told)
        assert ("Strict-Transport-Security" in answer.headers) is expected


# --- a real server ----------------------------------------------------------------------------------


def memory(process: int) -> int:
    """Resident bytes of a process and its children, without what they share."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if process in {parent, int(folder.name)}:
                rollup = (folder / "smaps_rollup").read_text()
                total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Private_"))
    return total * 1_024


@pytest.fixture
def server(start_server: Callable[..., Any], largest_index: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A server of the test's own, which keeps few answers: they are meant to take memory, a crowd is not."""
    monkeypatch.setenv("METIERS_CACHE_ENTRIES", "16")
    return start_server(largest_index, "--workers", "2")


IDLE = {
    "nothing said": b"",
    "half a request": b"GET / HTTP/1.1\r\nHost: a\r\n",
    "a request long ago": b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n",
    "an answer never read": b"GET /plan HTTP/1.1\r\nHost: a\r\n\r\n" * 4,
}


def answered_in_a_row(url: str, number: int, within: float) -> list[Answered]:
    """So many searches answered one after the other, before so many seconds are over.

    What idle connections asked first is itself a burst, and each worker is done with its share at its own time:
    one search answered says nothing of the other worker.
    """
    limit = monotonic() + within
    answers: list[Answered] = []
    while len(answers) < number and monotonic() < limit:
        answer = ask(url, "/api/v1/search?q=bois")
        assert answer.status in {200, 503}
        answers = [*answers, answer] if answer.status == 200 else []
    assert len(answers) == number
    return answers


@pytest.mark.soak
@pytest.mark.parametrize("sent", IDLE.values(), ids=IDLE)
def test_o1_a_thousand_connections_that_do_nothing_keep_nobody_waiting(server: Any, sent: bytes) -> None:
    ask(server.url, "/plan")
    # What both workers take at their first searches is not what connections take.
    answered_in_a_row(server.url, 20, within=30)
    before = memory(server.process.pid)
    with ExitStack() as stack:
        for _ in range(1_000 if SOAK else 400):
            stack.enter_context(raw(server.url, sent))
        answers = answered_in_a_row(server.url, 20, within=10)
        assert min(each.seconds for each in answers) < at_most(0.3)
        assert memory(server.process.pid) - before < 100_000_000
    assert ask(server.url, "/").seconds < QUIET_SECONDS


def test_o1_a_request_that_is_never_finished_is_cut_off(start_server: Any, seeds_index: Path) -> None:
    server = start_server(seeds_index, "--workers", "1")
    with raw(server.url, b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ", timeout=0.5) as connection:
        received = None
        for _ in range(240):
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(b"x")  # a letter now and then does not help
            with suppress(TimeoutError):
                received = whole(connection)
                break
    assert received is not None, "the connection is still open"
    assert b"HTTP/1.1 200" not in received
    assert ask(server.url, "/").status == 200


def asking_much(url: str, path: str) -> socket.socket:
    """A connection that asks for more than it has room for, and reads nothing."""
    parts = urlsplit(url)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    connection.connect((parts.hostname, parts.port))
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode() * 4)
    return connection


def cut_off(connections: list[socket.socket]) -> int:
    """How many of these connections the other side has ended, though there may be something to read."""
    poll = select.poll()
    for connection in connections:
        poll.register(connection, 0)
    return len(poll.poll(0))


def test_o1_of_those_who_read_nothing_a_server_keeps_few(start_server: Any, seeds_index: Path) -> None:
    server = start_server(seeds_index, "--workers", "1")
    ask(server.url, "/aide")
    with ExitStack() as stack:
        crowd = [stack.enter_context(asking_much(server.url, "/aide")) for _ in range(MOST_UNREAD + 40)]
        good = stack.enter_context(closing(connect(server.url)))
        limit = monotonic() + 60
        while cut_off(crowd) < 40 and monotonic() < limit:
            assert ask(good, "/aide").status in {200, 503}  # the crowd has just asked
            sleep(0.05)
        assert cut_off(crowd) >= 40
        assert ask(good, "/aide").status == 200
    assert "connections were cut off" in server.log.read_text()


@pytest.fixture
def waiting() -> Iterator[Callable[[int], tuple[socket.socket, socket.socket]]]:
    """waiting(bytes): the two ends of a connection on which so many bytes were sent and not read yet."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

        def make(number: int) -> tuple[socket.socket, socket.socket]:
            client = stack.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
            client.connect(listener.getsockname())
            served = stack.enter_context(listener.accept()[0])
            served.setblocking(False)
            with suppress(BlockingIOError):
                served.sendall(bytes(number))
            return client, served

        yield make


def test_o1_who_takes_nothing_for_longest_is_cut_off_first(waiting: Any) -> None:
    first = [waiting(1 << 20) for _ in range(3)]
    port = first[0][1].getsockname()[1]
    unread = UnreadAnswers(port, most=4, most_looks=1_000)
    assert [unread.look() for _ in range(3)] == [0, 0, 0]
    others = [waiting(1 << 20) for _ in range(4)] + [waiting(0) for _ in range(4)]
    assert unread.look() == 0  # nobody takes all within no time
    assert unread.look() == 3
    assert cut_off([served for _, served in first]) == 3
    assert cut_off([served for _, served in others]) == 0
    assert [unread.look() for _ in range(3)] == [0, 0, 0]


def test_o1_while_much_waits_unread_requests_are_refused_until_it_is_cut_off(waiting: Any, seeds_app: Flask) -> None:
    crowd = [waiting(1 << 20) for _ in range(5)]
    unread = UnreadAnswers(crowd[0][1].getsockname()[1], most=3, most_bytes=10_000)
    client = Client(Guard(seeds_app.wsgi_app, 1, 1, is_api, unread=unread))
    assert client.get("/health/live").status_code == 200
    assert client.get("/").status_code == 200  # more than the bytes that may be handed over
    assert client.get("/").status_code == 503
    assert client.get("/health/live").status_code == 200
    assert [unread.look(), unread.look()] == [0, 2]
    assert client.get("/").status_code == 200


def test_o1_nobody_is_refused_for_what_was_read(waiting: Any, seeds_app: Flask) -> None:
    unread = UnreadAnswers(waiting(0)[1].getsockname()[1], most=0, most_bytes=0)
    client = Client(Guard(seeds_app.wsgi_app, 1, 1, is_api, unread=unread))
    assert {client.get("/").status_code for _ in range(5)} == {200}


def test_o1_who_reads_slowly_is_not_cut_off_who_never_reads_is(waiting: Any) -> None:
    (slow, served), (_, never) = waiting(1 << 20), waiting(1 << 20)
    unread = UnreadAnswers(served.getsockname()[1], most_looks=3)
    elsewhere = UnreadAnswers(slow.getsockname()[1], most_looks=0)
    cut = 0
    for _ in range(8):
        slow.recv(1 << 14)
        cut += unread.look()
    assert cut == cut_off([never]) == 1
    assert cut_off([served]) == 0
    assert elsewhere.look() == 0  # what this process asks of others is not its clients'


@pytest.mark.soak
def test_o2_sixty_four_connections_are_answered_or_refused_and_then_all_is_quiet(server: Any) -> None:
    seconds = 60 if SOAK else 6
    ask(server.url, "/?q=bois")
    before = memory(server.process.pid)
    end = monotonic() + seconds
    statuses: list[int] = []
    failures: list[Exception] = []

    def hammer(number: int) -> None:
        try:
            connection = connect(server.url)
            while monotonic() < end:
                statuses.append(ask(connection, f"/api/v1/search?q=bois&page={len(statuses) % 400 + 1}").status)
            connection.close()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=hammer, args=(number,)) for number in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    again = ask(server.url, "/?q=bois")
    assert again.status == 200
    assert again.seconds < QUIET_SECONDS
    assert failures == []
    assert set(statuses) <= {200, 503}
    assert statuses.count(200) > len(statuses) / 2
    assert memory(server.process.pid) - before < 100_000_000


@pytest.mark.soak
def test_o3_a_burst_beyond_the_queue_is_refused_quickly_and_completely(start_server: Any, largest_index: Path) -> None:
    server = start_server(largest_index, "--workers", "1")
    ask(server.url, "/")
    asked = b"GET /api/v1/search?format=ndjson&q=%d HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    with ExitStack() as stack:
        connections = [stack.enter_context(raw(server.url, b"")) for _ in range(600)]
        for number, connection in enumerate(connections):
            connection.sendall(asked % number)
        heads = [whole(connection).partition(b"\r\n\r\n")[0] for connection in connections]
    statuses = [int(head.split()[1]) for head in heads]
    assert set(statuses) <= {200, 503}
    for status, head in zip(statuses, heads, strict=True):
        assert (b"\r\nretry-after:" in head.lower()) == (status == 503)
    assert ask(server.url, "/").status == 200


def whole(connection: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    received = b""
    while piece := connection.recv(1 << 16):
        received += piece
    return received
