"""Measures of relevance: the formulas on small cases, theirs beside ours on the real judged queries."""

from collections import defaultdict
from pathlib import Path

import ir_measures
import pytest
from engines import rebuilt
from ir_measures import RR, R, nDCG
from made_up import fiche

from search.embedded.engine import EmbeddedEngine
from search.engine import Engine
from search.errors import SourceError
from search.evaluation import GOALS, Evaluation, Judged, evaluate, lines, plain, read


def quiet(what: str, done: int, total: int) -> None:
    """Progress that nobody looks at."""


def judged(folder: Path, queries: str, qrels: str) -> tuple[Path, Path]:
    paths = folder / "queries.tsv", folder / "qrels.txt"
    for path, text in zip(paths, (queries, qrels), strict=True):
        path.write_text(text, encoding="utf-8")
    return paths


@pytest.fixture(scope="module")
def bakery(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    engine = EmbeddedEngine(tmp_path_factory.mktemp("bakery") / "index")
    rebuilt(engine, [fiche(1, "boulanger/ère"), fiche(2, "boulanger industriel"), fiche(3, "fleuriste")])
    return engine


def test_the_first_sheet_of_the_highest_grade_counts_by_its_rank(bakery: Engine, tmp_path: Path) -> None:
    files = judged(tmp_path, "1\ta_masc\tboulanger\n", "1 0 MET.1 1\n1 0 MET.2 2\n")
    found = evaluate(bakery, *files, quiet)
    assert found.ranked["1"] == ("MET.1", "MET.2")
    assert found.families["a_masc"].mrr == 0.5


def test_a_gain_is_two_to_the_grade_less_one(bakery: Engine, tmp_path: Path) -> None:
    files = judged(tmp_path, "1\tg_rome_theme\tboulanger\n", "1 0 MET.1 1\n1 0 MET.2 2\n")
    found = evaluate(bakery, *files, quiet).families["g_rome_theme"].ndcg
    second = 0.6309297535714575  # 1 / log2(3)
    assert found == pytest.approx((1 + 3 * second) / (3 + 1 * second))


def test_recall_counts_the_judged_sheets_that_are_found(bakery: Engine, tmp_path: Path) -> None:
    files = judged(tmp_path, "1\tb\tboulanger\n", "1 0 MET.1 2\n1 0 MET.2 1\n1 0 MET.3 1\n1 0 MET.4 0\n")
    assert evaluate(bakery, *files, quiet).families["b"].recall == pytest.approx(2 / 3)


def test_queries_without_result_are_counted(bakery: Engine, tmp_path: Path) -> None:
    files = judged(tmp_path, "1\ta_masc\tboulanger\n2\ta_masc\txyz\n", "1 0 MET.1 2\n2 0 MET.1 2\n")
    found = evaluate(bakery, *files, quiet)
    assert found.families["a_masc"].empty == found.empty == 0.5


def test_prefixes_are_asked_of_the_completion(bakery: Engine, tmp_path: Path) -> None:
    files = judged(tmp_path, "1\td_prefix_short\tfle\n2\ta_masc\tfle\n", "1 0 MET.3 2\n2 0 MET.3 2\n")
    found = evaluate(bakery, *files, quiet)
    assert found.ranked["1"] == ("MET.3",)
    assert found.completion.p95 > 0


def test_the_score_is_the_mean_of_the_families_with_a_goal(bakery: Engine, tmp_path: Path) -> None:
    files = judged(
        tmp_path,
        "1\ta_masc\tboulanger\n2\tb_rome_appellation\tfleuriste\n3\tf_acronym\txyz\n",
        "1 0 MET.2 2\n2 0 MET.3 2\n3 0 MET.1 2\n",
    )
    found = evaluate(bakery, *files, quiet)
    assert found.score == pytest.approx((0.5 + 1) / 2)
    assert found.missed() == {"a_masc": 0.5}


def test_progress_goes_to_the_end(bakery: Engine, tmp_path: Path) -> None:
    steps = []
    files = judged(tmp_path, "1\ta\tboulanger\n2\ta\tfleuriste\n", "1 0 MET.1 2\n2 0 MET.3 2\n")
    evaluate(bakery, *files, lambda what, done, total: steps.append((done, total)))
    assert steps == [(0, 2), (1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("queries", "qrels", "message"),
    [
        ("1\ta_masc\n", "1 0 MET.1 2\n", "queries.tsv:1: expected qid <tab> family <tab> query"),
        ("1\ta_masc\tx\n", "1 0 MET.1\n", "qrels.txt:1: expected qid 0 MET.x grade"),
        ("1\ta_masc\tx\n", "1 0 MET.1 good\n", "qrels.txt:1: the grade 'good' is not a whole number"),
        ("1\ta_masc\tx\n2\ta_masc\ty\n", "1 0 MET.1 2\n", "queries.tsv:2: 2 has no judgement"),
    ],
)
def test_a_bad_line_is_named(queries: str, qrels: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=message):
        read(*judged(tmp_path, queries, qrels))


def test_a_query_may_hold_odd_blanks_and_end_in_a_windows_way(tmp_path: Path) -> None:
    files = judged(tmp_path, "1\ta\tchef\u00a0de\u2028projet\r\n", "1 0 MET.1 2\r\n")
    assert read(*files) == (Judged("1", "a", "chef\u00a0de\u2028projet", {"MET.1": 2}),)


def test_the_table_says_what_was_reached_and_what_was_missed(bakery: Engine, tmp_path: Path) -> None:
    files = judged(tmp_path, "1\ta_masc\tboulanger\n2\ta_fem\tfleuriste\n", "1 0 MET.2 2\n2 0 MET.3 2\n")
    table = [" ".join(line.split()) for line in lines(evaluate(bakery, *files, quiet))]
    assert "a_fem 1 1.000* 1.000 1.000 0.00% 0.995 reached" in table
    assert "a_masc 1 0.500* 0.631 1.000 0.00% 0.995 missed" in table
    assert "score 0.7500, 0.00% without result (means over the families with a goal)" in table


def test_our_figures_are_those_of_ir_measures(evaluation: Evaluation, relevance_dir: Path) -> None:
    queries = read(relevance_dir / "queries.tsv", relevance_dir / "qrels.txt")
    by_top: dict[int, list[Judged]] = defaultdict(list)
    for each in queries:
        by_top[max(each.grades.values())].append(each)
    theirs: dict[str, dict[str, float]] = defaultdict(dict)
    for top, some in by_top.items():
        measures = {RR(rel=top) @ 10: "mrr", nDCG(gains={0: 0, 1: 1, 2: 3}) @ 10: "ndcg", R @ 50: "recall"}
        qrels = [ir_measures.Qrel(each.qid, id, grade) for each in some for id, grade in each.grades.items()]
        run = [
            ir_measures.ScoredDoc(each.qid, id, -float(rank))
            for each in some
            for rank, id in enumerate(evaluation.ranked[each.qid])
        ]
        for metric in ir_measures.iter_calc(list(measures), qrels, run):
            theirs[metric.query_id][measures[metric.measure]] = metric.value
    for family, ours in evaluation.families.items():
        qids = [each.qid for each in queries if each.family == family]
        assert len(qids) == ours.queries
        for measure in ("mrr", "ndcg", "recall"):
            mean = sum(theirs[qid].get(measure, 0.0) for qid in qids) / len(qids)
            assert getattr(ours, measure) == pytest.approx(mean, abs=1e-9), (family, measure)


def test_plain_figures_hold_every_family_of_the_score(evaluation: Evaluation) -> None:
    figures = plain(evaluation)
    assert GOALS.keys() <= figures["families"].keys()
    assert figures["score"] == round(evaluation.score, 4)
