"""A page in one request, as most are. In: the words, a Query. Out: a body; from its answer, a Page.

The kinship needs the best score of each ROME code before a sheet can be put in order, and the least coverage depends
on the best one. If some sheet holds every word, the least coverage is one of two, so that both are counted at once.
All sheets found come with their scores if they are FEW, and are put in order here; of more, a second request asks for
the page alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from search.cluster import queries
from search.cluster.queries import Json, Words
from search.cluster.snapshot import ClusterSnapshot
from search.query import Query
from search.ranking import WEIGHTS

FEW: Final = 200
"""Sheets that are sent with their scores: three quarters of queries find no more."""

WHOLE: Final = 1.0 - 1e-6
"""The share of all words that a sheet with every word covers at least, as float32 adds them up."""

THRESHOLDS: Final = {"strict": WEIGHTS.strict, "gate": WEIGHTS.gate}
"""The share of the best coverage that a sheet must reach, by name."""


@dataclass(frozen=True, slots=True)
class Page:
    """What is known of a page. total: the sheets found. aggregations: those of the facets, as `facet_counts` reads.

    least: what a sheet that is found covers at least. best: the best score of each ROME code. hits: (place of the sheet
    in the order of titles, score) of the page in order, None if they must be asked for.
    """

    total: int
    aggregations: Json
    least: float
    best: Mapping[str, float]
    hits: tuple[tuple[int, float], ...] | None


def body(words: Words, query: Query, snapshot: ClusterSnapshot) -> Json:
    """All that a page needs, for both thresholds: a hit names the threshold under which it is found."""
    exact, limits = words.exact(), queries.ranges(query)
    chosen = queries.chosen(query)
    counts: dict[str, Json] = {
        "found": {"filter": exact, "aggs": queries.BEST_OF_CODES},
        "page": {"filter": {"bool": {"filter": [exact, *limits, *chosen.values()]}}},
    }
    facets = queries.facet_aggregations(query, snapshot)
    if facets:
        counts["counted"] = {"filter": {"bool": {"filter": [exact, *limits]}}, "aggs": facets}
    least = {name: words.either(share * words.wanted) for name, share in THRESHOLDS.items()}
    named = {"bool": {"filter": [least["strict"]], "boost": 0, "_name": "strict"}}
    return {
        "query": {"bool": {"filter": [least["gate"]], "should": [*words.scoring, named]}},
        "post_filter": {"bool": {"filter": [exact, *limits, *chosen.values()]}},
        "size": FEW,
        "track_total_hits": False,
        "track_scores": True,
        "sort": queries.order(query, True),
        "stored_fields": "_none_",
        "aggs": {
            "whole": {"filter": words.covering(WHOLE * words.wanted)},
            "covering": {"filter": words.covering(WEIGHTS.strict * words.wanted)},
            "strict": {"filter": least["strict"], "aggs": counts},
            "gate": {"filter": {"match_all": {}}, "aggs": counts},
        },
    }


def page(answer: Json, words: Words, query: Query) -> Page | None:
    """The page, from an answer to `body`; None if no sheet holds every word."""
    told = answer["aggregations"]
    if not told["whole"]["doc_count"]:
        return None
    name = "strict" if told["covering"]["doc_count"] >= WEIGHTS.enough else "gate"
    group = told[name]
    best, total = queries.best_of_codes(group["found"]), group["page"]["doc_count"]
    hits = [hit for hit in answer["hits"]["hits"] if name == "gate" or "strict" in hit.get("matched_queries", ())]
    return Page(
        total,
        group.get("counted", {}),
        THRESHOLDS[name] * words.wanted,
        best,
        tuple(_ordered(hits, best, words.snapshot.codes, query)) if len(hits) == total else None,
    )


def _ordered(
    hits: Sequence[Json], best: Mapping[str, float], codes: Sequence[Sequence[str]], query: Query
) -> Iterator[tuple[int, float]]:
    """The sheets of the page with their whole scores. hits: all that are found, in order of what is known so far."""
    scored = [(hit, _with_kin(hit["_score"], codes[hit["sort"][-1]], best)) for hit in hits]
    if query.sort == "pertinence":
        scored.sort(key=lambda each: (-each[1], *each[0]["sort"][1:]))
    first = (query.page - 1) * query.per_page
    for hit, score in scored[first : first + query.per_page]:
        yield hit["sort"][-1], score


def _with_kin(own: float, codes: Sequence[str], best: Mapping[str, float]) -> float:
    """What `queries.KIN` gives, to the digits that the cluster keeps."""
    return float(np.float32(own + WEIGHTS.kin * max((own, *(best.get(code, 0.0) for code in codes)))))
