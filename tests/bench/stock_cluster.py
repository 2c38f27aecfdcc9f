"""The cluster's engine beside a stock OpenSearch index on the same node, in turns. In: sheets. Out: a table of ratios.

    python tests/bench/stock_cluster.py --write docs/scaling.md
    python tests/bench/stock_cluster.py --url http://127.0.0.1:9200 --rounds 1

The stock index is that of `stock_opensearch`. A page is twenty sheets. Of our build, what follows the
embedded index, which is made first, is also told alone.
"""

import argparse
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

import corpus
import measure
import report
from peers import HITS, PAGE
from queries import queries
from scale import ROOT, cluster_settings
from stock_opensearch import STOCK, body, build

from search.cluster.client import Cluster
from search.cluster.engine import OpenSearchEngine
from search.fiche import Fiche
from search.query import Query

TWENTY: Final = 20


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two indices: seconds of its build, those after the embedded index was made, megabytes, milliseconds of
    hits alone and of pages.
    """

    build: float
    sent: float
    disk: float
    hits: Sequence[float]
    pages: Sequence[float]


def main() -> None:
    """Read the command line, measure, tell."""
    parser = argparse.ArgumentParser(description="Ours beside a stock OpenSearch index on the same node.")
    parser.add_argument("sources", nargs="*", type=Path, default=[ROOT.parent / "shared" / "corpus" / "metiers"])
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="times that each query is asked [3]")
    parser.add_argument("--url", default="", help="a cluster that runs [one node started here]")
    report.add_outputs(parser)
    options = parser.parse_args()
    fiches = corpus.real(options.sources)
    texts = [each.text for each in queries(fiches)]
    with ExitStack() as stack:
        settings = cluster_settings(stack, options.url, "ours")
        cluster = stack.enter_context(closing(Cluster(settings)))
        engine = stack.enter_context(closing(OpenSearchEngine(settings)))
        # Sheets twice, the second time to be kept: a node just started compiles its own code meanwhile.
        built = [(_build_ours(engine, fiches), _seconds(lambda: build(cluster, fiches))) for _ in range(2)][-1]
        index = f"{settings.opensearch_index}-{engine.info().generation}"
        sizes = _megabytes(cluster, f"{index},{index}-tables"), _megabytes(cluster, STOCK)
        times = _in_turns(engine, cluster, texts, options.rounds)
    (whole, sent), stocks = built
    ours = Side(whole, sent, sizes[0], times["hits"][0], times["page"][0])
    stock = Side(stocks, stocks, sizes[1], times["hits"][1], times["page"][1])
    report.tell(options, "stock", f"{len(fiches):,} sheets, {len(texts)} queries", [told(ours, stock)], None)


def _seconds(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started


def _build_ours(engine: OpenSearchEngine, fiches: Sequence[Fiche]) -> tuple[float, float]:
    """Seconds of the whole, and of what follows once the embedded index is made."""
    started = embedded = perf_counter()

    def progress(what: str, done: int, total: int) -> None:
        nonlocal embedded
        if what in ("indexing", "arrays"):
            embedded = perf_counter()

    engine.rebuild(fiches, ("stock",), progress)
    ended = perf_counter()
    return ended - started, ended - embedded


def _megabytes(cluster: Cluster, indices: str) -> float:
    # Written to the disk and merged first: what a node holds for a while beside its segments is no part of an index.
    cluster.call("POST", f"/{indices}/_forcemerge", params={"max_num_segments": 1}, slow=True)
    cluster.call("POST", f"/{indices}/_flush", params={"force": "true"}, slow=True)
    size: int = cluster.call("GET", f"/{indices}/_stats/store")["_all"]["primaries"]["store"]["size_in_bytes"]
    return size / 1e6


def _in_turns(
    engine: OpenSearchEngine, cluster: Cluster, texts: Sequence[str], rounds: int
) -> dict[str, tuple[list[float], list[float]]]:
    """Milliseconds of ours and of stock, by what is asked; the two follow each other query by query."""

    def ours(text: str, page: bool) -> object:
        query = Query(text=text, per_page=TWENTY)
        return engine.search(query if page else Query(text=text, per_page=TWENTY, facets=frozenset(), excerpts=0))

    def stock(text: str, page: bool) -> object:
        return cluster.call("POST", f"/{STOCK}/_search", body(text, PAGE if page else HITS, TWENTY))

    times: dict[str, tuple[list[float], list[float]]] = {"hits": ([], []), "page": ([], [])}
    for turn in range(rounds + 1):
        for text in texts:
            for name, kept in times.items():
                for ask, list_ in zip((ours, stock), kept, strict=True):
                    taken = _seconds(lambda ask=ask, name=name, text=text: ask(text, name == "page"))  # type: ignore[misc]
                    if turn:
                        list_.append(taken * 1000)
    return times


def told(ours: Side, stock: Side) -> str:
    """The table of both, and ours over stock."""
    rows = [("build", f"{ours.build:.1f} s", f"{stock.build:.1f} s", f"{ours.build / stock.build:.2f}"),
            ("build, after the embedded index", f"{ours.sent:.1f} s", f"{stock.sent:.1f} s",
             f"{ours.sent / stock.sent:.2f}"),
            ("index", f"{ours.disk:.1f} MB", f"{stock.disk:.1f} MB", f"{ours.disk / stock.disk:.2f}")]  # fmt: skip
    for name, one, other in (("hits alone", ours.hits, stock.hits), ("page", ours.pages, stock.pages)):
        mine, theirs = measure.percentiles(one), measure.percentiles(other)
        for share in ("p50", "p95"):
            each = mine[share], theirs[share]
            rows.append((f"{name}, {share}", *(f"{value:.1f} ms" for value in each), f"{each[0] / each[1]:.2f}"))
    return report.table(("what", "ours", "stock", "ratio"), rows)


if __name__ == "__main__":
    main()
