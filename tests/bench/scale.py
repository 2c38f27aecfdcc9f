"""Both engines as the sheets grow. In: sheets, factors. Out: curves of time, size and speed, and where they lead.

    python tests/bench/scale.py --factors 1 10 --write docs/scaling.md
    python tests/bench/scale.py --factors 100 --seconds 30          104,300 sheets: an hour and 10 GB

The sheets are the recombined ones of `corpus.py`. A page is twenty sheets with their excerpts and all facet counts.
One OpenSearch node is started here, on the same processors as what asks it, unless `--url` names a cluster.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import corpus
import measure
import report
from queries import queries

from search.cluster.client import Cluster
from search.cluster.engine import OpenSearchEngine
from search.embedded.engine import EmbeddedEngine
from search.engine import Engine
from search.query import Query
from search.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
THREADS = 4
HEAP = "1g"


@dataclass(frozen=True, slots=True)
class Point:
    """One engine at one size. Milliseconds of a whole page; megabytes; seconds."""

    engine: str
    sheets: int
    build: float
    disk: float
    memory: float
    p50: float
    p95: float
    p99: float
    rate: float


def main() -> None:
    """Read the command line, measure, tell."""
    parser = argparse.ArgumentParser(description="Both engines as the sheets grow.")
    parser.add_argument("sources", nargs="*", type=Path, default=[ROOT.parent / "shared" / "corpus" / "metiers"])
    parser.add_argument("--factors", type=int, nargs="+", default=[1, 10], metavar="N", help="times the sheets [1 10]")
    parser.add_argument("--seconds", type=float, default=20.0, help="asking each engine so long, at each size [20]")
    parser.add_argument("--url", default="", help="a cluster that runs [one node started here]")
    report.add_outputs(parser, "scale.json")
    options = parser.parse_args()
    fiches = corpus.real(options.sources)
    texts = [each.text for each in queries(fiches)]
    points: list[Point] = []
    with ExitStack() as stack:
        settings = cluster_settings(stack, options.url, "scale")
        for factor in options.factors:
            # Whole in memory, so that making the sheets is no part of what is measured.
            grown = list(corpus.Recombined(fiches, factor))
            with TemporaryDirectory(prefix="scale-") as name:
                points.append(_embedded(Path(name), grown, texts, options.seconds))
                points.append(_opensearch(settings, grown, texts, options.seconds))
            print(*points[-2:], sep="\n", file=sys.stderr)
    figures = report.Figures({"points": [asdict(each) for each in points]})
    report.tell(options, "scale", f"{len(texts)} queries", told(points), figures)


def cluster_settings(stack: ExitStack, url: str, alias: str) -> Settings:
    """Settings over a cluster that runs, or over a node started now and ended with the stack."""
    if not url:
        sys.path.append(str(ROOT / "tests"))
        from opensearch_nodes import cluster

        url = stack.enter_context(cluster(1, HEAP, tiered=False)).urls[0]
    return Settings(
        engine="opensearch", opensearch_url=url, opensearch_index=alias, opensearch_replicas=0, opensearch_timeout=60.0
    )


def quiet(what: str, done: int, total: int) -> None:
    """Progress that nobody looks at."""


def _embedded(folder: Path, fiches: Sequence[Any], texts: Sequence[str], seconds: float) -> Point:
    with closing(EmbeddedEngine(folder)) as engine:
        build = _seconds(engine, fiches)
        disk = measure.disk_mb(folder)
        return Point("embedded", len(fiches), build, disk, measure.resident_mb(), *_asked(engine, texts, seconds))


def _opensearch(settings: Settings, fiches: Sequence[Any], texts: Sequence[str], seconds: float) -> Point:
    with closing(OpenSearchEngine(settings)) as engine, closing(Cluster(settings)) as cluster:
        build = _seconds(engine, fiches)
        index = f"{settings.opensearch_index}-{engine.info().generation}"
        stats = cluster.call("GET", f"/{index},{index}-tables/_stats/store")["_all"]["primaries"]
        nodes = cluster.call("GET", "/_nodes/stats/jvm")["nodes"].values()
        times = _asked(engine, texts, seconds)
        heap = sum(node["jvm"]["mem"]["heap_max_in_bytes"] for node in nodes) / 1e6
        return Point("OpenSearch", len(fiches), build, stats["store"]["size_in_bytes"] / 1e6, heap, *times)


def _seconds(engine: Engine, fiches: Sequence[Any]) -> float:
    started = perf_counter()
    engine.rebuild(fiches, ("scale",), quiet)
    return perf_counter() - started


def _asked(engine: Engine, texts: Sequence[str], seconds: float) -> tuple[float, float, float, float]:
    """p50, p95, p99 of pages asked one after the other, and pages a second asked by THREADS at once."""
    for text in texts[::5]:
        engine.search(Query(text=text))
    times = []
    for text in _until(cycle(texts), seconds):
        started = perf_counter()
        engine.search(Query(text=text))
        times.append((perf_counter() - started) * 1000)

    def ask(shift: int) -> int:
        return sum(1 for text in _until(islice(cycle(texts), shift, None), seconds) if engine.search(Query(text=text)))

    started = perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        answered = sum(pool.map(ask, range(0, THREADS * 7, 7)))
    rate = answered / (perf_counter() - started)
    summary = measure.percentiles(times)
    return summary["p50"], summary["p95"], summary["p99"], rate


def _until(texts: Iterable[str], seconds: float) -> Iterator[str]:
    limit = perf_counter() + seconds
    for text in texts:
        if perf_counter() > limit:
            return
        yield text


def told(points: Sequence[Point]) -> tuple[str, ...]:
    """The curves."""
    rows = [
        (
            f"{each.sheets:,}", each.engine, f"{each.build:.0f} s", f"{each.sheets / each.build:.0f}",
            f"{each.disk:.0f} MB", f"{each.disk * 1000 / each.sheets:.0f} kB", f"{each.memory:.0f} MB",
            f"{each.p50:.1f} / {each.p95:.1f} / {each.p99:.1f}", f"{each.rate:.0f}",
        )
        for each in sorted(points, key=lambda each: (each.sheets, each.engine))
    ]  # fmt: skip
    head = (
        "sheets", "engine", "build", "sheets/s", "disk", "a sheet", "memory", "page, ms: p50 / p95 / p99",
        f"pages/s, {THREADS} threads",
    )  # fmt: skip
    return (report.table(head, rows),)


if __name__ == "__main__":
    main()
