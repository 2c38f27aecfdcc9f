"""The floor under the relevance of the whole corpus: goals, and the figures last kept in docs/relevance.json."""

import json
import os
import subprocess
import sys
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


def test_the_command_that_writes_the_figures_takes_each_idea_away(root: Path, tmp_path: Path) -> None:
    document = tmp_path / "relevance.md"
    document.write_text("".join(f"<!-- {name} -->\n<!-- /{name} -->\n" for name in ("figures", "ablation")))
    (tmp_path / "queries.tsv").write_text("1\ta_masc\tdiététicien\n")
    (tmp_path / "qrels.txt").write_text("1 0 MET.1 2\n")
    command = [sys.executable, root / "tests" / "bench" / "relevance.py", "--sheets", root / "seeds"]
    command += ["--ideo", tmp_path / "none", "--judged", tmp_path, "--write", document]
    subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(root)}, check=True, stdout=subprocess.DEVNULL, timeout=300
    )
    text = document.read_text()
    assert "| a_masc *" in text
    assert "| field weights" in text
    assert json.loads((tmp_path / "relevance.json").read_text())["families"]["a_masc"]["queries"] == 1
