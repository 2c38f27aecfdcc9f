"""A page of the cluster in one request: what is read from the answer, and that it is the page of several requests."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from engines import opensearch, rebuilt, served_folder
from made_up import VILLAGE

from search.cluster import one_request, snapshot
from search.cluster.engine import OpenSearchEngine
from search.cluster.one_request import Found
from search.cluster.queries import Words
from search.cluster.snapshot import ClusterSnapshot
from search.embedded.engine import EmbeddedEngine
from search.engine import Hits
from search.french import understanding
from search.query import Query
from search.ranking import WEIGHTS

CODES = (("D1102",), ("D1102", "H1206"), ("H1206",), ())
"""The ROME codes of four sheets, by their places."""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> ClusterSnapshot:
    """What a process keeps of an index of VILLAGE, as if the cluster had sent it."""
    folder = tmp_path_factory.mktemp("packed") / "index"
    engine = EmbeddedEngine(folder)
    info = rebuilt(engine, VILLAGE)
    engine.close()
    manifest, *pieces = snapshot.packed(served_folder(folder), info)
    return snapshot.unpacked("village", manifest, pieces)


@pytest.fixture(scope="module")
def words(seen: ClusterSnapshot) -> Words:
    return Words(understanding.read("vente pain", seen.vocabulary), seen, ())


def hit(place: int, score: float, *, strict: bool = True) -> dict[str, Any]:
    """A sheet of a response; its number is ten times its place."""
    return {"_score": score, "sort": [score, 10 * place, place], "matched_queries": ["strict"] if strict else []}


def counted(total: int, best: dict[str, float]) -> dict[str, Any]:
    buckets = [{"key": code, "best": {"value": score}} for code, score in best.items()]
    return {
        "doc_count": total,
        "page": {"doc_count": total},
        "codes": {"buckets": buckets},
        "counted": {"total": total},
    }


def response(hits: list[dict[str, Any]], *, whole: int = 1, covering: int = 1) -> dict[str, Any]:
    """A response of two groups: sheets that cover much of the words, and all that cover enough."""
    strict = [each for each in hits if each["matched_queries"]]
    return {
        "hits": {"hits": hits},
        "aggregations": {
            "whole": {"doc_count": whole},
            "covering": {"doc_count": covering},
            "strict": counted(len(strict), {"D1102": 4.0}),
            "gate": counted(len(hits), {"D1102": 5.0}),
        },
    }


def test_nothing_is_read_from_an_answer_if_no_sheet_holds_every_word(words: Words) -> None:
    assert one_request.found(response([hit(0, 1.0)], whole=0), words) is None


def test_all_sheets_that_cover_enough_are_found_if_few_cover_much(words: Words) -> None:
    sent = [hit(0, 3.0), hit(1, 2.0, strict=False)]
    found = one_request.found(response(sent, covering=WEIGHTS.enough - 1), words)
    assert found == Found(2, {"total": 2}, WEIGHTS.gate * words.wanted, {"D1102": 5.0}, tuple(sent))


def test_only_sheets_that_cover_much_are_found_if_there_are_enough_of_them(words: Words) -> None:
    sent = [hit(0, 3.0), hit(1, 2.0, strict=False)]
    found = one_request.found(response(sent, covering=WEIGHTS.enough), words)
    assert found == Found(1, {"total": 1}, WEIGHTS.strict * words.wanted, {"D1102": 4.0}, (sent[0],))


@pytest.mark.parametrize(("text", "limited"), [("vente pain", False), ("vente -pain", True), ('vente "du pain"', True)])
def test_hits_are_filtered_after_the_counts_only_if_something_leaves_sheets_out(
    text: str, limited: bool, seen: ClusterSnapshot
) -> None:
    words = Words(understanding.read(text, seen.vocabulary), seen, ())
    asked = Query(text=text)
    assert ("post_filter" in one_request.body(words, asked, seen)) == limited
    assert "post_filter" in one_request.body(words, asked.within(salaire_min=1800), seen)


def test_a_second_request_is_needed_if_more_sheets_are_found_than_were_sent() -> None:
    assert Found(1, {}, 0.5, {}, (hit(0, 3.0),)).are_all_sent
    assert not Found(2, {}, 0.5, {}, (hit(0, 3.0),)).are_all_sent


def test_a_sheet_gains_from_the_best_of_its_codes_before_the_page_is_cut() -> None:
    found = Found(3, {}, 0.5, {"D1102": 9.0}, (hit(2, 3.0), hit(1, 2.9), hit(3, 2.8)))
    raised = 2.9 + WEIGHTS.kin * 9.0
    alone = 3.0 + WEIGHTS.kin * 3.0
    first, second = (one_request.ordered(found, CODES, Query(page=page, per_page=1)) for page in (1, 2))
    assert [place for place, _ in (*first, *second)] == [1, 2]
    assert [score for _, score in (*first, *second)] == pytest.approx([raised, alone])


def test_sheets_of_one_score_stand_by_their_number() -> None:
    found = Found(2, {}, 0.5, {}, (hit(3, 3.0), hit(2, 3.0)))
    assert [place for place, _ in one_request.ordered(found, CODES, Query())] == [2, 3]


def test_sheets_in_another_order_than_that_of_scores_stay_as_they_came() -> None:
    found = Found(2, {}, 0.5, {}, (hit(3, 1.0), hit(2, 3.0)))
    assert [place for place, _ in one_request.ordered(found, CODES, Query(sort="nom"))] == [3, 2]


# --- On a real node -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def on_a_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSearchEngine]:
    engine = opensearch(tmp_path_factory.mktemp("one_request"))
    rebuilt(engine, VILLAGE)
    yield engine
    engine.close()


def alike(one: Hits, other: Hits) -> None:
    assert (one.total, one.facets, one.understanding) == (other.total, other.facets, other.understanding)
    assert [hit.fiche.id for hit in one.hits] == [hit.fiche.id for hit in other.hits]
    assert [hit.score for hit in one.hits] == pytest.approx([hit.score for hit in other.hits], rel=1e-4)


@pytest.mark.parametrize("text", ["vente du pain", "mécanique", "le travail de nuit", "vente -pain", "boulanger"])
def test_opensearch_gives_the_same_page_in_one_request_as_in_two_and_in_four(
    text: str, on_a_node: OpenSearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Query(text=text, per_page=2)
    for query in (asked, replace(asked, page=2), replace(asked, sort="-nom"), asked.within(salaire_min=1800)):
        one = on_a_node.search(query)
        with monkeypatch.context() as patch:
            patch.setattr(Found, "are_all_sent", False)
            alike(one, on_a_node.search(query))
        with monkeypatch.context() as patch:
            patch.setattr(one_request, "found", lambda answer, words: None)
            alike(one, on_a_node.search(query))
