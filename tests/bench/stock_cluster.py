"""The cluster's engine beside a stock OpenSearch index on the same node, in turns. In: sheets. Out: a table of ratios.

    python tests/bench/stock_cluster.py --write docs/scaling.md
    python tests/bench/stock_cluster.py --url http://127.0.0.1:9200 --rounds 1

The stock index is what OpenSearch's own documentation leads to: the `french` analyzer, six text fields, `multi_match`
over them, four `terms` aggregations with the values at zero, three highlights a hit. A page is twenty sheets.
"""

import argparse
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import corpus
import measure
import report
from queries import queries
from scale import ROOT, cluster_settings, quiet

from search.cluster.client import Cluster
from search.cluster.engine import OpenSearchEngine
from search.fiche import Fiche
from search.query import Query

STOCK: Final = "stock"
PAGE: Final = 20
BULK: Final = 500


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two indices: seconds of its build, megabytes, milliseconds of hits alone and of pages."""

    build: float
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
        built = [(_seconds(lambda: _build_ours(engine, fiches)), _seconds(lambda: _build_stock(cluster, fiches)))
                 for _ in range(2)][-1]  # fmt: skip
        index = f"{settings.opensearch_index}-{engine.info().generation}"
        sizes = _megabytes(cluster, f"{index},{index}-tables"), _megabytes(cluster, STOCK)
        times = _in_turns(engine, cluster, texts, options.rounds)
    ours, stock = (Side(*each) for each in zip(built, sizes, times["hits"], times["page"], strict=True))
    report.tell(options, "stock", f"{len(fiches):,} sheets, {len(texts)} queries", [told(ours, stock)], None)


def _seconds(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started


def _build_ours(engine: OpenSearchEngine, fiches: Sequence[Fiche]) -> None:
    engine.rebuild(fiches, ("stock",), quiet)


def _build_stock(cluster: Cluster, fiches: Sequence[Fiche]) -> None:
    properties: dict[str, Any] = {"titre_affiche": {"type": "keyword"}}
    properties |= {name: {"type": "text", "analyzer": "french"} for name in corpus.TEXTS} | {
        name: {"type": "keyword"} for name in corpus.FACETS
    }
    if STOCK in cluster.call("GET", "/_alias"):
        cluster.call("DELETE", f"/{STOCK}")
    cluster.call("PUT", f"/{STOCK}", {"settings": {"number_of_replicas": 0}, "mappings": {"properties": properties}})
    for low in range(0, len(fiches), BULK):
        lines: list[Any] = []
        for row in map(corpus.row, fiches[low : low + BULK]):
            lines += [{"index": {"_id": row.id}}, {"titre_affiche": row.title, **row.texts, **row.facets}]
        cluster.lines(f"/{STOCK}/_bulk", lines, slow=True)
    cluster.call("POST", f"/{STOCK}/_refresh", slow=True)


def _megabytes(cluster: Cluster, indices: str) -> float:
    # Written to the disk and merged first: what a node holds for a while beside its segments is no part of an index.
    cluster.call("POST", f"/{indices}/_forcemerge", params={"max_num_segments": 1}, slow=True)
    cluster.call("POST", f"/{indices}/_flush", params={"force": "true"}, slow=True)
    size: int = cluster.call("GET", f"/{indices}/_stats/store")["_all"]["primaries"]["store"]["size_in_bytes"]
    return size / 1e6


def _stock_body(text: str, page: bool) -> dict[str, Any]:
    asked = {"query": text, "type": "cross_fields", "fields": list(corpus.TEXTS)}
    body: dict[str, Any] = {"query": {"multi_match": asked}, "size": PAGE, "track_total_hits": True}
    if not page:
        return body | {"_source": ["titre_affiche"]}
    counts = {name: {"terms": {"field": name, "size": 1000, "min_doc_count": 0}} for name in corpus.FACETS}
    marks: dict[str, Any] = {name: {"number_of_fragments": 1} for name in corpus.SNIPPETS}
    return body | {"aggs": counts, "highlight": {"fields": marks}}


def _in_turns(
    engine: OpenSearchEngine, cluster: Cluster, texts: Sequence[str], rounds: int
) -> dict[str, tuple[list[float], list[float]]]:
    """Milliseconds of ours and of stock, by what is asked; the two follow each other query by query."""

    def ours(text: str, page: bool) -> object:
        query = Query(text=text, per_page=PAGE)
        return engine.search(query if page else Query(text=text, per_page=PAGE, facets=frozenset(), excerpts=0))

    def stock(text: str, page: bool) -> object:
        return cluster.call("POST", f"/{STOCK}/_search", _stock_body(text, page))

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
            ("index", f"{ours.disk:.1f} MB", f"{stock.disk:.1f} MB", f"{ours.disk / stock.disk:.2f}")]  # fmt: skip
    for name, one, other in (("hits alone", ours.hits, stock.hits), ("page", ours.pages, stock.pages)):
        mine, theirs = measure.percentiles(one), measure.percentiles(other)
        for share in ("p50", "p95"):
            each = mine[share], theirs[share]
            rows.append((f"{name}, {share}", *(f"{value:.1f} ms" for value in each), f"{each[0] / each[1]:.2f}"))
    return report.table(("what", "ours", "stock", "ratio"), rows)


if __name__ == "__main__":
    main()
