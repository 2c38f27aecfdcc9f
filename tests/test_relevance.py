"""The floor under the relevance of the whole corpus: goals, and the figures last kept in docs/relevance.json."""

import json
from pathlib import Path

import pytest

from search.evaluation import GOAL_EMPTY, GOAL_SCORE, GOALS, Evaluation

TOLERANCE = 0.005


def test_the_score_does_not_fall_below_the_one_last_kept(evaluation: Evaluation, root: Path) -> None:
    kept = json.loads((root / "docs" / "relevance.json").read_text(encoding="utf-8"))
    assert evaluation.score >= kept["score"] - TOLERANCE, (
        "the ranking got worse: run `metiers evaluate` before and after the change and compare the families"
    )
    assert evaluation.score >= GOAL_SCORE


@pytest.mark.parametrize("family", GOALS)
def test_each_family_reaches_its_goal(family: str, evaluation: Evaluation) -> None:
    assert evaluation.counted(family) >= GOALS[family][1]


def test_hardly_any_query_has_no_result(evaluation: Evaluation) -> None:
    assert evaluation.empty <= GOAL_EMPTY
