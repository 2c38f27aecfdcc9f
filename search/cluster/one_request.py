"""A page in one request, as most are. In: the words, a Query. Out: a body; from its answer, what is Found.

A score holds the kinship, which needs the best score of each ROME code among the sheets found; and which sheets are
found depends on the best coverage. Asked one after the other, these are three requests.
If some sheet holds every word, the best coverage is known beforehand, and the least coverage is one of two: both are
counted at once. If FEW sheets are found, all come with their scores and are put in order here; if there are more, a
second request asks for the page alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from search.cluster import queries
from search.cluster.client import Json
from search.cluster.queries import Words
from search.cluster.responses import best_of_codes, place
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
class Found:
    """What the one request says. total: the sheets found. aggregations: those that `responses.facet_counts` reads.

    least: what a sheet that is found covers at least. best: the best score of each ROME code. hits: the sheets that
    came with it, with their scores but the kinship.
    """

    total: int
    aggregations: Json
    least: float
    best: Mapping[str, float]
    hits: tuple[Json, ...]

    @property
    def are_all_sent(self) -> bool:
        """Whether no second request is needed."""
        return len(self.hits) == self.total


def body(words: Words, query: Query, snapshot: ClusterSnapshot) -> Json:
    """All that a page needs, for both thresholds: a hit names the threshold under which it is found."""
    exact, limits, chosen = words.exact(), queries.ranges(query), queries.chosen(query)
    kept = [*limits, *chosen.values()]
    # An empty bool holds every sheet.
    counts: dict[str, Json] = {**queries.BEST_OF_CODES, "page": {"filter": {"bool": {"filter": kept}}}}
    facets = queries.facet_aggregations(query, snapshot)
    if facets:
        counts["counted"] = {"filter": {"bool": {"filter": limits}}, "aggs": facets}
    least = {name: words.either(share * words.wanted) for name, share in THRESHOLDS.items()}
    named = {"bool": {"filter": [least["strict"]], "boost": 0, "_name": "strict"}}
    asked: Json = {
        "query": {"bool": {"filter": [least["gate"]], "should": [*words.scoring, named]}},
        "size": FEW,
        "track_total_hits": False,
        "track_scores": True,
        "sort": queries.order(query, True),
        "stored_fields": "_none_",
        "aggs": {
            "whole": {"filter": words.covering(WHOLE * words.wanted)},
            "covering": {"filter": words.covering(WEIGHTS.strict * words.wanted)},
            "strict": {"filter": {"bool": {"filter": [least["strict"], exact]}}, "aggs": counts},
            "gate": {"filter": exact, "aggs": counts},
        },
    }
    if kept or words.limited:
        asked["post_filter"] = {"bool": {"filter": [exact, *kept]}}
    return asked


def found(answer: Json, words: Words) -> Found | None:
    """What is found, from an answer to `body`; None if no sheet holds every word."""
    told = answer["aggregations"]
    if not told["whole"]["doc_count"]:
        return None
    name = "strict" if told["covering"]["doc_count"] >= WEIGHTS.enough else "gate"
    group, hits = told[name], answer["hits"]["hits"]
    return Found(
        total=group["page"]["doc_count"],
        aggregations=group.get("counted", {}),
        least=THRESHOLDS[name] * words.wanted,
        best=best_of_codes(group),
        hits=tuple(hit for hit in hits if name == "gate" or "strict" in hit.get("matched_queries", ())),
    )


def ordered(found: Found, codes: Sequence[Sequence[str]], query: Query) -> tuple[tuple[int, float], ...]:
    """(place, whole score) of the sheets of the page, put in order here. codes: the ROME codes of each place."""
    scored = [(hit, _with_kin(hit["_score"], codes[place(hit)], found.best)) for hit in found.hits]
    if query.sort == "pertinence":
        scored.sort(key=lambda each: (-each[1], *each[0]["sort"][1:]))
    first = (query.page - 1) * query.per_page
    return tuple((place(hit), score) for hit, score in scored[first : first + query.per_page])


def scored(found: Found, words: Words) -> Json:
    """The query of all sheets found, with their whole scores: for `queries.hits_body`, if not all of them were sent."""
    return queries.with_kin(words.own(found.least), found.best)


def _with_kin(own: float, codes: Sequence[str], best: Mapping[str, float]) -> float:
    """What `queries.KIN` gives, to the digits that the cluster keeps."""
    return float(np.float32(own + WEIGHTS.kin * max((own, *(best.get(code, 0.0) for code in codes)))))
