"""Figures for Prometheus: requests, their time, the cache, the index that is served.

In: one call a request, from every worker. Out: text, on a loopback port of its own, for all workers together.

The counts lie in memory that the processes share, one row a worker, so that no two processes write in one place.
When a worker is replaced, the next one takes over its row and its counts.
"""

import os
import platform
import signal
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from http.server import HTTPServer
from itertools import accumulate
from multiprocessing import RawArray, get_context
from multiprocessing.context import ForkProcess
from threading import Lock
from time import time
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.exposition import MetricsHandler
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from search.engine import IndexInfo
from search.errors import MetiersError

STATUSES: Final = (200, 301, 302, 304, 400, 404, 405, 406, 414, 429, 500, 503)
SECONDS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Upper bounds of the histogram; one more bucket holds what is slower."""

NO_ROUTE: Final = "-"
"""The route of requests whose address leads nowhere."""

_KINDS: Final = len(STATUSES) + 1
_CELLS: Final = _KINDS + len(SECONDS) + 2
"""Of each route: a cell for each status, one for each bucket, and the microseconds of all its requests."""

_TOTALS: Final = {
    "searches": "Searches answered, first pages and others.",
    "searches_empty": "Searches that found no sheet.",
    "cache_hits": "Answers that were kept in memory.",
    "cache_misses": "Answers that had to be made.",
}
_SERVED: Final = ("documents", "data_time", "passed_over")
"""What is noted of the index that a worker serves."""

_EDITION: Final = 64
"""Bytes for the name of an edition."""


class Metrics(Collector):
    """The counters of all workers. Made once before they start, then handed to each of them."""

    def __init__(self, routes: Sequence[str], workers: int, version: str = "") -> None:
        self._routes = (NO_ROUTE, *routes)
        self._version = version
        self._rows = 2 * workers + 2  # while workers are replaced, the old ones still count
        self._counts = RawArray("q", self._rows * len(self._routes) * _CELLS)
        self._totals = RawArray("q", self._rows * len(_TOTALS))
        self._served = RawArray("q", self._rows * len(_SERVED))
        self._editions = RawArray("c", self._rows * _EDITION)
        self._owners = RawArray("q", self._rows)

    def recorder(self) -> "Recorder":
        """What one worker counts with. Called by the worker, once."""
        # Each worker begins to look at another row, so that workers that start together take different ones.
        mine = os.getpid()
        order = [(mine + step) % self._rows for step in range(self._rows)]
        row = next((row for row in order if not _lives(self._owners[row])), order[0])
        self._owners[row] = mine
        editions = np.frombuffer(self._editions, f"S{_EDITION}")
        editions[row] = b""
        return Recorder(
            self._routes,
            counts=self._table(self._counts, len(self._routes), _CELLS)[row],
            totals=self._table(self._totals, len(_TOTALS))[row],
            served=self._table(self._served, len(_SERVED))[row],
            edition=editions[row : row + 1],
        )

    def _table(self, shared: Any, *shape: int) -> NDArray[np.int64]:
        return np.frombuffer(shared, np.int64).reshape(self._rows, *shape)

    def text(self) -> str:
        """All figures in the text format of Prometheus, version 0.0.4."""
        return generate_latest(registry_of(self)).decode()

    def collect(self) -> Iterator[Metric]:
        """All figures. Those of a worker that has ended stay, but the index that it served no longer counts."""
        counts = self._table(self._counts, len(self._routes), _CELLS).sum(axis=0)
        yield self._requests(counts)
        yield self._seconds(counts)
        totals = self._table(self._totals, len(_TOTALS)).sum(axis=0)
        for (name, what), total in zip(_TOTALS.items(), totals.tolist(), strict=True):
            yield CounterMetricFamily(f"metiers_{name}", what, total)
        yield from self._index()
        build = GaugeMetricFamily("metiers_build_info", "The program that serves.", labels=("version", "python"))
        build.add_metric((self._version, platform.python_version()), 1)
        yield build

    def _requests(self, counts: NDArray[np.int64]) -> Metric:
        family = CounterMetricFamily(
            "metiers_requests", "Requests answered, by route and status.", labels=("route", "status")
        )
        for route, cells in zip(self._routes, counts.tolist(), strict=True):
            for status, number in zip((*map(str, STATUSES), "other"), cells, strict=False):
                if number:
                    family.add_metric((route, status), number)
        return family

    def _seconds(self, counts: NDArray[np.int64]) -> Metric:
        family = HistogramMetricFamily(
            "metiers_request_seconds", "Time from a request to its answer, waiting included.", labels=("route",)
        )
        for route, cells in zip(self._routes, counts.tolist(), strict=True):
            if any(cells):
                bounds = (*map(str, SECONDS), "+Inf")
                buckets = list(zip(bounds, map(float, accumulate(cells[_KINDS:-1])), strict=True))
                family.add_metric((route,), buckets, cells[-1] / 1_000_000)
        return family

    def _index(self) -> Iterator[Metric]:
        """What the living workers serve: the index is that of the newest edition."""
        served = self._table(self._served, len(_SERVED)).tolist()
        editions = np.frombuffer(self._editions, f"S{_EDITION}").tolist()
        living = sorted(
            (edition.decode(), values)
            for edition, owner, values in zip(editions, self._owners[:], served, strict=True)
            if edition and _lives(owner)
        )
        workers = GaugeMetricFamily("metiers_workers", "Workers, by the edition that they serve.", labels=("edition",))
        for edition in dict.fromkeys(edition for edition, _ in living):
            workers.add_metric((edition,), sum(edition == other for other, _ in living))
        yield workers
        documents, data_time, _ = living[-1][1] if living else (0, 0, 0)
        yield GaugeMetricFamily("metiers_documents", "Sheets in the newest edition served.", documents)
        if data_time:
            age = max(0.0, time() - data_time)
            yield GaugeMetricFamily("metiers_data_age_seconds", "Time since the date of the data served.", age)
        passed_over = sum(values[-1] for _, values in living)
        what = "Workers that serve an older index because the newest cannot be opened."
        yield GaugeMetricFamily("metiers_index_passed_over", what, passed_over)


class Recorder:
    """Counts the requests of one worker. Safe under threads."""

    def __init__(
        self,
        routes: Sequence[str],
        *,
        counts: NDArray[np.int64],
        totals: NDArray[np.int64],
        served: NDArray[np.int64],
        edition: NDArray[np.bytes_],
    ) -> None:
        self._places = {route: place for place, route in enumerate(routes)}
        self._counts = counts
        self._totals = totals
        self._served = served
        self._edition = edition
        self._said: tuple[str, bool] | None = None
        self._lock = Lock()

    def count(
        self, route: str, status: int, seconds: float, results: int | None = None, is_kept: bool | None = None
    ) -> None:
        """One request more. `results` is given for searches only, `is_kept` if the cache was asked."""
        cells = self._counts[self._places.get(route, 0)]
        kind = STATUSES.index(status) if status in STATUSES else len(STATUSES)
        with self._lock:
            cells[kind] += 1
            cells[_KINDS + bisect_left(SECONDS, seconds)] += 1
            cells[-1] += int(seconds * 1_000_000)
            if results is not None:
                self._totals[0] += 1
                self._totals[1] += not results
            if is_kept is not None:
                self._totals[2 if is_kept else 3] += 1

    def serves(self, info: IndexInfo, passed_over: bool) -> None:
        """Note which index this worker serves. passed_over: whether it is an older one, as the newest cannot be
        opened."""
        if self._said == (info.generation, passed_over):
            return
        self._said = info.generation, passed_over
        self._served[:] = info.documents, _time_of(info.data_date), passed_over
        self._edition[0] = info.generation.encode()[:_EDITION]


def _time_of(date: str) -> int:
    """Seconds since 1970 of an ISO date, 0 if it is none."""
    try:
        return int(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return 0


def _lives(process: int) -> bool:
    """Whether a process of this number runs; 0 is none. Signal 0 asks the system and sends nothing."""
    if not process:
        return False
    try:
        os.kill(process, 0)
    except OSError:
        return False
    return True


def registry_of(metrics: Metrics) -> CollectorRegistry:
    """A registry of prometheus-client with these figures alone."""
    registry = CollectorRegistry()
    registry.register(metrics)
    return registry


def start(metrics: Metrics, port: int) -> ForkProcess:
    """Publish the figures at http://127.0.0.1:port/metrics, from a process of its own that ends with this one.

    Raises MetiersError if the port is taken.
    """
    try:
        server = HTTPServer(("127.0.0.1", port), _Handler.factory(registry_of(metrics)))
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


class _Handler(MetricsHandler):
    timeout = 2
    server_version = "metiers"
    sys_version = ""
