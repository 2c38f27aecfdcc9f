"""The floors under the relevance of the whole corpus: goals, and the figures last kept in docs/relevance.json.

The words of the sheets are asked of the sheets without and with names from outside, people's words of the latter.
"""

import json
import os
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from asking import SOAK

from search.catalogue import Catalogue
from search.engine import Engine
from search.evaluation import (
    GOAL_EMPTY,
    GOAL_SCORE,
    GOALS,
    MOST_CORRECTED,
    Evaluation,
    corrected,
    evaluate,
)
from search.fiche import Fiche
from search.fields import appellations
from search.french import names, sentence_criteria, sentence_facets
from search.query import Query

TOLERANCE = 0.005
WITH_NAMES = 0.945
"""What the words of the sheets keep at least if the names of ROME and ESCO are indexed too."""


@pytest.fixture(scope="module")
def people(named_engine: Engine, people_dir: Path) -> Evaluation:
    """The queries in people's words, asked of the corpus with the names of ROME and ESCO."""
    return asked(named_engine, people_dir)


def asked(engine: Engine, folder: Path) -> Evaluation:
    """The judged queries of a folder."""
    return evaluate(engine, folder / "queries.tsv", folder / "qrels.txt", lambda what, done, total: None)


def kept(root: Path) -> dict[str, dict[str, Any]]:
    """The figures last kept, of each set."""
    read: dict[str, dict[str, Any]] = json.loads((root / "docs" / "relevance.json").read_text(encoding="utf-8"))
    return read


def test_the_score_does_not_fall_below_the_one_last_kept(evaluation: Evaluation, root: Path) -> None:
    assert evaluation.score >= kept(root)["sheets"]["score"] - TOLERANCE, (
        "the ranking got worse: run `metiers evaluate` before and after the change and compare the families"
    )
    assert evaluation.score >= GOAL_SCORE


@pytest.mark.parametrize("family", GOALS)
def test_each_family_reaches_its_goal(family: str, evaluation: Evaluation) -> None:
    assert evaluation.counted(family) >= GOALS[family][1]


def test_hardly_any_query_has_no_result(evaluation: Evaluation) -> None:
    assert evaluation.empty <= GOAL_EMPTY


def test_people_find_jobs_by_their_own_words(people: Evaluation, root: Path) -> None:
    assert people.people >= kept(root)["people"]["people"] - TOLERANCE


def test_hardly_any_query_in_peoples_words_has_no_result(people: Evaluation, root: Path) -> None:
    assert people.overall.empty <= kept(root)["people"]["overall"]["empty"] + TOLERANCE


def test_a_job_without_a_sheet_is_hardly_ever_corrected_into_another(named_engine: Engine, people_dir: Path) -> None:
    words = corrected(named_engine, people_dir / "none.tsv")
    wrong = [text for text, answered in words if answered]
    assert len(wrong) <= MOST_CORRECTED * len(words), wrong


def test_every_sheet_found_by_words_says_why(named_engine: Engine) -> None:
    for text in ("informaticien", "dompteur", "métallo", "défendre l'écologie"):
        hits = named_engine.search(Query(text=text, per_page=50)).hits
        assert hits, text
        assert [hit.fiche.title for hit in hits if not hit.matched_in] == [], text


ORDINARY = (
    "devenir {}", "formation {}", "école {}", "métier {}", "salaire {}", "étude {}", "comment {}", "stage {}",
    "{} études", "{} emploi", "travail {}", "{} diplôme",
)  # fmt: skip
"""Words that stand beside a title: whoever types them wants that job."""

OUTSIDERS = (
    "fiche métier {}", "onisep {}", "quel bac pour {}", "études pour devenir {}", "comment être {}", "c'est quoi {}",
    "{} alternance", "{} débouchés", "{} parcoursup", "{} en france", "{} 2026", "reconversion {}", "{} sans diplôme",
    "je veux être {}", "jveu etre {}", "{} définition", "{} bac pro", "{} avantages et inconvénients", "{} débutant",
    "concours {}", "{} missions", "{} qualités requises", "{} femme", "{} après le bac +3",
)  # fmt: skip
"""The same as people write them to any search engine."""


@pytest.mark.soak
def test_a_title_is_never_lost_among_ordinary_words(named_engine: Engine) -> None:
    lost = []
    for id, _ in sorted(named_engine.all())[:: 1 if SOAK else 25]:
        fiche = named_engine.get(id)
        for name, beside in product({fiche.masculin, fiche.feminin}, ORDINARY):
            text = beside.format(name)
            query = sentence_criteria.read(Query(text=text, per_page=50, facets=frozenset(), excerpts=0)).query
            found = [hit.fiche for hit in named_engine.search(query).hits]
            assert id in {each.id for each in found}, text
            title = names.terms_of(name)
            is_first = found[0].id == id or is_called(found[0], text, title, own=True)
            lost += [] if is_first or is_called(found[0], text, title, longer=True) else [text]
    assert lost == []


@pytest.mark.soak
def test_a_title_or_appellation_is_first_among_the_words_of_outsiders(named_engine: Engine) -> None:
    catalogue = Catalogue(named_engine)
    titles = {
        text for each in catalogue.fiches() for title in appellations(each) for text in {title.feminin, title.masculin}
    }
    lost = []
    for text, beside in product(sorted(titles)[:: 1 if SOAK else 80], (*OUTSIDERS, *ORDINARY)):
        query = beside.format(text)
        (first,) = catalogue.search(Query(query, per_page=1, facets=frozenset(), excerpts=0)).hits
        lost += [] if is_called(first.fiche, query, names.terms_of(text)) else [query]
    assert lost == []


def is_called(fiche: Fiche, text: str, name: frozenset[str], own: bool = False, longer: bool = False) -> bool:
    """Whether a title of the sheet, what it has in brackets aside, stands whole in the text, and is as long as a name.

    So it is that name, or one that the ordinary words beside the name make of it: "manager", "stage manager".
    own: its own title alone. longer: one of more words alone.
    """
    typed = names.terms_of(text)
    titles = [*appellations(fiche)][: 1 if own else None]
    called = {names.terms_of(each) for title in titles for each in names.readings(title)}
    return any(len(title) >= len(name) + longer and title <= typed for title in called)


@pytest.mark.soak
def test_every_hit_of_every_judged_query_says_why(named_engine: Engine, relevance_dir: Path, people_dir: Path) -> None:
    every = 1 if SOAK else 29
    asked = [line.split("\t") for folder in (relevance_dir, people_dir) for line in lines(folder / "queries.tsv")]
    for text in (judged[2] for judged in asked[::every]):
        query = sentence_facets.read(Query(text), named_engine.facet_values).query
        hits = named_engine.search(query).hits if query.text else ()
        assert [hit.fiche.title for hit in hits if not hit.matched_in] == [], text


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def test_names_from_outside_cost_the_words_of_the_sheets_nothing(named_engine: Engine, relevance_dir: Path) -> None:
    assert asked(named_engine, relevance_dir).score >= WITH_NAMES


@pytest.mark.usefixtures("own_processes")
def test_the_command_that_writes_the_figures_takes_each_idea_away(root: Path, tmp_path: Path) -> None:
    document = tmp_path / "relevance.md"
    document.write_text("".join(f"<!-- {name} -->\n<!-- /{name} -->\n" for name in ("figures", "people", "ablation")))
    (tmp_path / "queries.tsv").write_text("1\ta_masc\tdiététicien\n")
    (tmp_path / "qrels.txt").write_text("1 0 MET.1 2\n")
    people = tmp_path / "people"
    people.mkdir()
    (people / "queries.tsv").write_text("1\tp_synonym\tprof\n2\tp_synonym\tdiététicien\n")
    (people / "qrels.txt").write_text("1 0 MET.1 2\n2 0 MET.1 2\n")
    (people / "origins.tsv").write_text("qid\torigin\tis_rome_appellation\n1\tu\t-\n2\te\t-\n")
    (people / "none.tsv").write_text("query\torigin\tanswer\ncartomancien\tu\tno sheet\n")
    command = [sys.executable, root / "tests" / "bench" / "relevance.py", "--sheets", root / "seeds"]
    command += ["--ideo", tmp_path / "none", "--judged", tmp_path, "--write", document]
    command += ["--people", people, "--rome", tmp_path / "none", "--esco", tmp_path / "none"]
    subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(root)}, check=True, stdout=subprocess.DEVNULL, timeout=300
    )
    text = document.read_text()
    assert "| a_masc *" in text
    assert "| p_synonym, in neither" in text
    assert "Of the 1 words for which no sheet is right" in text
    assert "| field weights" in text
    assert json.loads((tmp_path / "relevance.json").read_text())["sheets"]["families"]["a_masc"]["queries"] == 1
