"""What the cluster answers, read. In: a response, or its aggregations. Out: places, scores, counts.

A place is that of a sheet in the order of titles: the last key of every sort, so that no sheet needs to be read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from search.cluster.client import Json
from search.cluster.snapshot import ClusterSnapshot
from search.engine import FacetCounts
from search.fields import FACETS


@dataclass(frozen=True, slots=True)
class Page:
    """A page without its sheets: how many are found, (place, score) of each hit, the counts as the cluster tells them.

    some_missing: no sheet holds all the words. partial: some shards are silent.
    """

    total: int
    hits: Sequence[tuple[int, float]]
    aggregations: Json
    some_missing: bool = False
    partial: bool = False


def place(hit: Json) -> int:
    """Which sheet a hit is: its place in the order of titles, the last key of every sort."""
    place: int = hit["sort"][-1]
    return place


def scores(answer: Json) -> tuple[tuple[int, float], ...]:
    return tuple((place(hit), hit["_score"]) for hit in answer["hits"]["hits"])


def is_partial(answer: Json) -> bool:
    # A shard without any copy left is not among the failed ones: it is only missing from those that succeeded.
    shards = answer["_shards"]
    silent = shards["failed"] or shards["successful"] < shards["total"]
    return bool(answer["timed_out"] or silent or answer.get("terminated_early"))


def best_of_codes(aggregations: Json) -> dict[str, float]:
    """What BEST_OF_CODES counted: the best score of each ROME code."""
    buckets = aggregations["codes"]["buckets"]
    return {bucket["key"]: bucket["best"]["value"] for bucket in buckets if bucket["best"]["value"]}


def facet_counts(aggregations: Json, snapshot: ClusterSnapshot) -> dict[str, FacetCounts]:
    """What an answer counts, by the name of the facet."""
    facets = snapshot.directory.facets
    groups = [each for each in aggregations.values() if isinstance(each, dict)]
    told = {name: each for group in groups for name, each in group.items() if name in facets}
    found: dict[str, FacetCounts] = {}
    for facet in FACETS:
        if facet.name in told:
            held = {bucket["key"]: bucket["doc_count"] for bucket in told[facet.name]["buckets"]}
            values = facets[facet.name]
            found[facet.name] = FacetCounts(values, tuple(held.get(each.value, 0) for each in values))
    return found
