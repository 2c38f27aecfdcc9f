"""Sheets near another: sensible on the corpus, exact on small ones."""

from collections import Counter
from collections.abc import Sequence
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from engines import ENGINES, opened, rebuilt
from made_up import VILLAGE, fiche

from search.embedded import similar
from search.embedded.snapshot import Snapshot
from search.engine import Engine
from search.fiche import Fiche
from search.index.columns import KinTable, MatchTable
from search.settings import Settings

FIRST = 5
GOAL = 0.6
GOAL_OF_WORDS = 0.42


@pytest.fixture(scope="module")
def coded(corpus_engine: Engine) -> dict[str, frozenset[str]]:
    """The ROME domains (a letter and two digits) of the sheets that have codes."""
    fiches = (corpus_engine.get(id) for id, _ in corpus_engine.all())
    domains = {each.id: frozenset(code.code[:3] for code in each.rome if len(code.code) == 5) for each in fiches}
    return {id: held for id, held in domains.items() if held}


def no_codes(documents: int) -> KinTable:
    """What says that no sheet has a ROME code."""
    return KinTable(np.zeros((0, documents), dtype=np.int64), np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int32))


def share(nearest: dict[str, Sequence[str]], coded: dict[str, frozenset[str]]) -> float:
    """Of the first sheets near each coded one, those that share a ROME domain with it."""
    pairs = [(id, other) for id in coded for other in nearest[id][:FIRST]]
    return sum(bool(coded[id] & coded.get(other, frozenset())) for id, other in pairs) / len(pairs)


def overlap(snapshot: Snapshot) -> dict[str, list[str]]:
    """The sheets nearest to each by the share of their terms in common: the plain way, to compare with."""
    matches, count = snapshot.columns.matches, snapshot.columns.documents
    held = np.zeros((count, len(matches.start) - 1), dtype=np.float32)
    held[matches.doc, np.repeat(np.arange(len(matches.start) - 1), np.diff(matches.start))] = 1.0
    size = held.sum(axis=1)
    together = held @ held.T
    likeness = together / (size[:, None] + size[None, :] - together)
    np.fill_diagonal(likeness, -1)
    ids = snapshot.documents.ids
    best = np.argsort(-likeness, axis=1, kind="stable")[:, :FIRST].tolist()
    return {ids[doc]: [ids[other] for other in row] for doc, row in enumerate(best)}


def test_near_sheets_share_a_rome_domain_more_often_than_those_that_only_share_words(
    corpus_engine: Engine, corpus_settings: Settings, coded: dict[str, frozenset[str]]
) -> None:
    near = {id: [each.fiche.id for each in corpus_engine.similar(id, FIRST)] for id in coded}
    ours, plain = share(near, coded), share(overlap(opened(corpus_settings.index)), coded)
    print(f"same ROME domain among the first {FIRST}: {ours:.3f}; by plain overlap of terms: {plain:.3f}")
    assert ours >= GOAL
    assert ours > plain


def test_words_alone_bring_near_sheets_of_one_rome_domain_together(
    corpus_settings: Settings, coded: dict[str, frozenset[str]]
) -> None:
    # A shared code counts in the nearness; here nobody has any, so the words have to say it.
    snapshot = opened(corpus_settings.index)
    ids = snapshot.documents.ids
    near = {}
    for id in coded:
        found = similar.nearest(
            snapshot.similar, snapshot.columns.family_matches, no_codes(len(ids)), snapshot.document[id], FIRST
        )
        near[id] = [ids[doc] for doc, _ in found]
    ours = share(near, coded)
    print(f"same ROME domain among the first {FIRST}, by words alone: {ours:.3f}")
    assert ours >= GOAL_OF_WORDS


def test_no_sheet_is_similar_to_itself_and_none_comes_twice(corpus_engine: Engine) -> None:
    for id, _ in list(corpus_engine.all())[::10]:
        found = [each.fiche.id for each in corpus_engine.similar(id, 8)]
        assert id not in found
        assert len(found) == len(set(found)) == 8


def test_nearness_goes_down_and_stays_between_0_and_1(corpus_engine: Engine) -> None:
    for id, _ in list(corpus_engine.all())[::25]:
        scores = [each.score for each in corpus_engine.similar(id, 20)]
        assert scores == sorted(scores, reverse=True)
        assert all(0 < score <= 1 for score in scores)


# --- On small sheets ----------------------------------------------------------------------------------


def engine_over(fiches: Sequence[Fiche], folder: Path) -> Engine:
    engine = ENGINES["embedded"](folder / "index")
    rebuilt(engine, fiches)
    return engine


def near(engine: Engine, id: str, limit: int = 5) -> list[str]:
    return [each.fiche.id for each in engine.similar(id, limit)]


def test_rare_words_bring_nearer_than_common_ones(tmp_path: Path) -> None:
    others = [fiche(number, f"x{number}", presentation=f"le travail en atelier {number}") for number in range(10, 30)]
    fiches = [
        fiche(1, "a", presentation="le travail du vitrail"),
        fiche(2, "b", presentation="le vitrail ancien"),
        fiche(3, "c", presentation="le travail en atelier"),
        *others,
    ]
    assert near(engine_over(fiches, tmp_path), "MET.1", 1) == ["MET.2"]


def test_words_of_one_family_bring_near(tmp_path: Path) -> None:
    fiches = [
        fiche(1, "a", presentation="organiser"),
        fiche(2, "b", presentation="organisation"),
        fiche(3, "c", presentation="peindre"),
    ]
    assert near(engine_over(fiches, tmp_path), "MET.1", 1) == ["MET.2"]


def test_a_shared_rome_code_brings_nearer(tmp_path: Path) -> None:
    fiches = [
        fiche(1, "a", presentation="le pain blanc", rome=("D1102",)),
        fiche(2, "b", presentation="le pain rond"),
        fiche(3, "c", presentation="le pain long", rome=("D1102",)),
    ]
    assert near(engine_over(fiches, tmp_path), "MET.1") == ["MET.3", "MET.2"]


def test_sheets_with_nothing_in_common_are_not_similar(tmp_path: Path) -> None:
    fiches = [fiche(1, "luthier/ère", niveau="3E"), fiche(2, "marin", niveau="bac + 5")]
    assert near(engine_over(fiches, tmp_path), "MET.1") == []


def test_sheets_that_the_feed_names_come_first_whatever_their_words(tmp_path: Path) -> None:
    named = fiche(50, "luthier/ère", associes=(7, 999, 50, 7))
    engine = engine_over([*VILLAGE, named], tmp_path)
    found = engine.similar("MET.50", 3)
    assert (found[0].fiche.id, found[0].associated) == ("MET.7", True)
    assert not any(each.associated for each in found[1:])
    assert "MET.50" not in [each.fiche.id for each in found]


def test_a_limit_of_none_gives_none(tmp_path: Path) -> None:
    assert engine_over(VILLAGE, tmp_path).similar("MET.1", 0) == ()


def test_nearness_is_the_cosine_of_the_strongest_families() -> None:
    # Three documents, four families: impacts family by family.
    impacts = [{0: 3.0, 1: 1.0}, {0: 4.0, 2: 2.0}, {1: 2.0}, {2: 5.0, 0: 0.5}]
    starts = np.cumsum([0, *map(len, impacts)])
    docs = [doc for held in impacts for doc in sorted(held)]
    values = [held[doc] for held in impacts for doc in sorted(held)]
    matches = MatchTable(starts, np.array(docs, np.int32), np.array(values, np.float32), np.ones(4, np.float32))
    table = similar.table(matches, 3)
    vectors = [[held.get(doc, 0.0) for held in impacts] for doc in range(3)]
    norms = [sqrt(sum(each * each for each in vector)) for vector in vectors]
    assert table.norm.tolist() == pytest.approx(norms)
    assert table.family[0, :3].tolist() == [1, 0, 3]
    assert table.weight[0, 3] == 0
    found = dict(similar.nearest(table, matches, no_codes(3), 0, 5))
    for other in (1, 2):
        cosine = sum(a * b for a, b in zip(vectors[0], vectors[other], strict=True)) / norms[0] / norms[other]
        assert found[other] == pytest.approx(cosine / (1 + similar.KIN), rel=1e-5)


def test_chunks_of_any_size_make_the_same_table(largest_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = opened(largest_index).columns
    at_once = similar.table(columns.family_matches, columns.documents)
    for size in (1, 997):
        monkeypatch.setattr(similar, "CHUNK", size * len(columns.family_matches.doc) // 1_000)
        in_chunks = similar.table(columns.family_matches, columns.documents)
        assert (in_chunks.family == at_once.family).all()
        assert np.allclose(in_chunks.weight, at_once.weight, rtol=1e-6, atol=0)
        assert np.allclose(in_chunks.norm, at_once.norm, rtol=1e-6, atol=0)


def test_a_sheet_is_known_by_its_strongest_families_alone() -> None:
    families = similar.SIGNATURE + 10
    starts = np.arange(0, 2 * families + 1, 2)
    docs = np.tile(np.array([0, 1], np.int32), families)
    impacts = np.repeat(np.arange(families, 0, -1, dtype=np.float32), 2)
    table = similar.table(MatchTable(starts, docs, impacts, np.ones(families, np.float32)), 2)
    assert sorted(table.family[0].tolist()) == list(range(similar.SIGNATURE))
    assert Counter(table.family[0].tolist()).most_common(1)[0][1] == 1
