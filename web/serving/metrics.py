"""Figures for Prometheus: requests by route and status, their time, searches that found nothing.

In: one call a request, from every worker. Out: text, on a loopback port of its own, for all workers together.

The counts lie in memory that the processes share, one row a worker, so that no two processes write in one place.
A worker that is replaced hands its row, with what it counted, to the next.
"""

import os
import signal
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from multiprocessing import RawArray, get_context
from multiprocessing.context import ForkProcess
from threading import Lock
from typing import Any, Final

from search.errors import MetiersError

STATUSES: Final = (200, 301, 304, 400, 404, 405, 406, 414, 429, 500, 503)
MILLISECONDS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)
"""Upper bounds of the histogram; one more bucket holds what is slower."""

NO_ROUTE: Final = "-"
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_KINDS: Final = len(STATUSES) + 1
_SCALARS: Final = ("microseconds", "searches", "empty", "passed_over")


class Metrics:
    """The counters of all workers. Made once before they start, then handed to each of them."""

    def __init__(self, routes: Sequence[str], workers: int) -> None:
        self._routes = (NO_ROUTE, *routes)
        self._rows = 2 * workers + 2  # while workers are replaced, the old ones still count
        self._bucket_start = len(self._routes) * _KINDS
        self._scalar_start = self._bucket_start + len(MILLISECONDS) + 1
        self._width = self._scalar_start + len(_SCALARS)
        self._counts = RawArray("q", self._rows * self._width)
        self._owners = RawArray("q", self._rows)

    def recorder(self) -> "Recorder":
        """What one worker counts with. Called by the worker, once."""
        # From a place of its own on, so that workers that start together look for different rows.
        mine = os.getpid()
        order = [(mine + step) % self._rows for step in range(self._rows)]
        row = next((row for row in order if not _lives(self._owners[row])), order[0])
        self._owners[row] = mine
        cells = memoryview(self._counts).cast("B").cast("q")[row * self._width : (row + 1) * self._width]
        return Recorder(cells, self._routes, self._bucket_start, self._scalar_start)

    def text(self) -> str:
        """All counts in the text format of Prometheus, version 0.0.4."""
        counts = self._counts[:]
        self._forget_the_dead(counts)
        totals = [sum(counts[place :: self._width]) for place in range(self._width)]
        return "".join(f"{line}\n" for line in self._lines(totals))

    def _forget_the_dead(self, counts: list[int]) -> None:
        """What a worker counted stays; what it said of itself goes with it."""
        for row, owner in enumerate(self._owners[:]):
            if not _lives(owner):
                counts[row * self._width + self._scalar_start + _SCALARS.index("passed_over")] = 0

    def _lines(self, totals: list[int]) -> Iterator[str]:
        yield "# HELP metiers_requests_total Requests answered, by route and status."
        yield "# TYPE metiers_requests_total counter"
        places = iter(totals)
        for route in self._routes:
            for status in (*STATUSES, "other"):
                if number := next(places):
                    yield f'metiers_requests_total{{route="{route}",status="{status}"}} {number}'
        yield "# HELP metiers_request_seconds Time from a request to its answer, waiting included."
        yield "# TYPE metiers_request_seconds histogram"
        so_far = 0
        for bound, number in zip((*MILLISECONDS, None), places, strict=False):
            so_far += number
            yield f'metiers_request_seconds_bucket{{le="{bound / 1_000 if bound else "+Inf"}"}} {so_far}'
        microseconds, searches, empty, passed_over = totals[self._scalar_start :]
        yield f"metiers_request_seconds_sum {microseconds / 1_000_000}"
        yield f"metiers_request_seconds_count {so_far}"
        yield "# HELP metiers_searches_total Searches answered, first pages and others."
        yield "# TYPE metiers_searches_total counter"
        yield f"metiers_searches_total {searches}"
        yield "# HELP metiers_searches_empty_total Searches that found no sheet."
        yield "# TYPE metiers_searches_empty_total counter"
        yield f"metiers_searches_empty_total {empty}"
        yield "# HELP metiers_index_passed_over Workers that serve an older index since the newest cannot be opened."
        yield "# TYPE metiers_index_passed_over gauge"
        yield f"metiers_index_passed_over {passed_over}"


class Recorder:
    """Counts the requests of one worker. Safe under threads."""

    def __init__(self, cells: "memoryview[int]", routes: Sequence[str], bucket_start: int, scalar_start: int) -> None:
        self._cells = cells
        self._places = {route: place * _KINDS for place, route in enumerate(routes)}
        self._bucket_start = bucket_start
        self._scalar_start = scalar_start
        self._lock = Lock()

    def count(self, route: str, status: int, seconds: float, results: int | None = None) -> None:
        """One request more. `results` is given for searches only."""
        kind = STATUSES.index(status) if status in STATUSES else len(STATUSES)
        request = self._places.get(route, 0) + kind
        bucket = self._bucket_start + bisect_left(MILLISECONDS, seconds * 1_000)
        scalars = self._scalar_start
        with self._lock:
            self._cells[request] += 1
            self._cells[bucket] += 1
            self._cells[scalars] += int(seconds * 1_000_000)
            if results is not None:
                self._cells[scalars + 1] += 1
                self._cells[scalars + 2] += not results

    def passes_over(self, whether: bool) -> None:
        """Say whether this worker serves an older index since the newest cannot be opened."""
        self._cells[self._scalar_start + _SCALARS.index("passed_over")] = int(whether)


def _lives(process: int) -> bool:
    if not process:
        return False
    try:
        os.kill(process, 0)
    except OSError:
        return False
    return True


def start(metrics: Metrics, port: int) -> ForkProcess:
    """Give the figures out at http://127.0.0.1:port/metrics, in a process of its own that ends with this one.

    Raises MetiersError if the port is taken.
    """
    try:
        server = HTTPServer(("127.0.0.1", port), _handler(metrics))
    except (OSError, OverflowError) as error:
        raise MetiersError(f"Cannot give metrics out on 127.0.0.1:{port}: {error}. Choose another port.") from error
    process = get_context("fork").Process(target=_serve, args=(server, os.getpid()), daemon=True)
    process.start()
    server.server_close()
    return process


def _serve(server: HTTPServer, parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    server.timeout = 1
    while os.getppid() == parent:
        server.handle_request()


def _handler(metrics: Metrics) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 2
        server_version = "metiers"
        sys_version = ""

        def do_GET(self) -> None:
            body = metrics.text().encode() if self.path == "/metrics" else b"/metrics\n"
            self.send_response(200 if self.path == "/metrics" else 404)
            self.send_header("Content-Type", CONTENT_TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: whoever scrapes does so every few seconds."""

    return Handler
