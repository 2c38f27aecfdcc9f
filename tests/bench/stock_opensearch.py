"""A stock OpenSearch index as a peer. In: sheets, a node. Out: pages, by the clock.

What OpenSearch's own documentation leads to: the `french` analyzer, six text fields, `multi_match` over them, four
`terms` aggregations with the values at zero, three highlights a hit. The node works in a process of its own, so that
only the clock compares.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import corpus
from peers import HITS, PAGE, TEN, Answer
from queries import Asked

from search.cluster.client import Cluster
from search.fiche import Fiche
from search.settings import Settings

STOCK: Final = "stock"
BULK: Final = 500
HEAP: Final = "1g"


class StockOpenSearch:
    """The index `stock` of a cluster, written by `build`."""

    name = "OpenSearch"

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def ask(self, asked: Asked, level: str) -> Answer:
        """The first ten sheets for a query, as `peers.Searcher` has it."""
        found = self._cluster.call("POST", f"/{STOCK}/_search", body(asked.text, level, TEN))
        hits = found["hits"]["hits"]
        snippets = (text for hit in hits for texts in hit.get("highlight", {}).values() for text in texts)
        return Answer(
            tuple(hit["_source"]["titre_affiche"] for hit in hits), found.get("aggregations", {}), tuple(snippets)
        )

    def complete(self, typed: str) -> tuple[str, ...]:
        """Not compared: a stock index of texts completes nothing."""
        raise NotImplementedError(typed)


@contextmanager
def node(url: str) -> Iterator[Settings | None]:
    """Settings over a cluster that runs, or over a node started now and ended at the end; None if none can start."""
    if url:
        yield Settings(engine="opensearch", opensearch_url=url, opensearch_timeout=60.0)
        return
    sys.path.append(str(Path(__file__).resolve().parents[1]))
    from opensearch_nodes import NoNodes, class_path, cluster

    try:
        class_path()
    except NoNodes as error:
        print(f"… without OpenSearch: {error}", file=sys.stderr)
        yield None
        return
    with cluster(1, HEAP, tiered=False) as nodes:
        yield Settings(engine="opensearch", opensearch_url=nodes.urls[0], opensearch_timeout=60.0)


@contextmanager
def peer(settings: Settings, fiches: Sequence[Fiche]) -> Iterator[StockOpenSearch]:
    """The stock index of these sheets, open for reading."""
    with closing(Cluster(settings)) as cluster:
        build(cluster, fiches)
        yield StockOpenSearch(cluster)


def build(cluster: Cluster, fiches: Sequence[Fiche]) -> None:
    """Write the index anew."""
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


def body(text: str, level: str, size: int) -> dict[str, Any]:
    """A request: the hits with their titles; and the counts; and the highlights, with whole sheets."""
    asked = {"query": text, "type": "cross_fields", "fields": list(corpus.TEXTS)}
    made: dict[str, Any] = {"query": {"multi_match": asked}, "size": size, "track_total_hits": True}
    if level != PAGE:
        made["_source"] = ["titre_affiche"]
    if level != HITS:
        made["aggs"] = {name: {"terms": {"field": name, "size": 1000, "min_doc_count": 0}} for name in corpus.FACETS}
    if level == PAGE:
        made["highlight"] = {"fields": {name: {"number_of_fragments": 1} for name in corpus.SNIPPETS}}
    return made
