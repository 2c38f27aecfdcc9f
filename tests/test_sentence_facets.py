"""Choices that a query names in words: domains, levels, diplomas, statuses, interests. On sheets made for it."""

from collections.abc import Iterator

import pytest

from search.backends import open_engine
from search.catalogue import Catalogue
from search.fiche import Block, Domaine, Fiche, Formation
from search.french import sentence_facets
from search.query import Query
from search.settings import Settings

HEALTH, COMPUTING = "santé, social, sport", "informatique, Internet"
OUTDOORS = "j'aimerais travailler dehors"


def sheet(number: int, name: str, domain: str, niveau: str = "bac + 5", **told: tuple[str, ...]) -> Fiche:
    text = f"{name}, un métier de la santé, de l'informatique, en plein air, salarié, fonctionnaire, avec l'interne."
    formations = tuple(Formation(label, f"FOR.{number}") for label in told.pop("formations", ()))
    return Fiche(
        f"MET.{number}", name, name, name, niveau, {"presentation": (Block("", text),)},
        domaines=(Domaine(domain),), formations=formations, **told,
    )  # fmt: skip


SHEETS = (
    sheet(1, "interne", HEALTH, statuts=("fonctionnaire",)),
    sheet(2, "programmeur", COMPUTING, "bac + 2", formations=("BTS services informatiques",), statuts=("salarié",)),
    sheet(3, "jardinier", "agriculture, animaux", "CAP ou équivalent", interets=(OUTDOORS,)),
)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    engine = open_engine(Settings(index=tmp_path_factory.mktemp("sheets") / "index"))
    engine.rebuild(SHEETS, ("sheets",), lambda *each: None)
    yield Catalogue(engine)
    engine.close()


@pytest.mark.parametrize(
    ("text", "choice", "id"),
    [
        ("dans la santé", HEALTH, "MET.1"), ("domaine informatique", COMPUTING, "MET.2"),
        ("je veux travailler dans l'informatique", COMPUTING, "MET.2"), ("métiers de la santé", HEALTH, "MET.1"),
        ("métiers du BTS", "BTS", "MET.2"), ("métiers niveau bac + 2", "bac + 2", "MET.2"),
        ("fonctionnaire", "fonctionnaire", "MET.1"), ("devenir fonctionnaire", "fonctionnaire", "MET.1"),
        ("salariée", "salarié", "MET.2"), ("en plein air", OUTDOORS, "MET.3"), ("travailler dehors", OUTDOORS, "MET.3"),
    ],
)  # fmt: skip
def test_a_query_that_names_a_choice_keeps_the_sheets_that_have_it(
    catalogue: Catalogue, text: str, choice: str, id: str
) -> None:
    page = catalogue.search(Query(text))
    assert [hit.fiche.id for hit in page.hits] == [id]
    (told,) = (each for each in page.understanding.readings if each.kind == "choice")
    assert told.meant == (choice,)
    assert catalogue.matching(Query(text)) == {id}


def test_the_search_without_the_choice_is_one_that_reads_none(catalogue: Catalogue) -> None:
    for text in ("dans la santé", "fonctionnaire", "métiers du BTS", "en plein air", "dans la santé avec un CAP"):
        (told,) = (each for each in sentence_facets.read(Query(text), lambda _: _values(catalogue)).readings[-1:])
        undone = catalogue.search(Query(told.text))
        assert "choice" not in {each.kind for each in undone.understanding.readings}, told.text
        assert undone.total, told.text


def _values(catalogue: Catalogue) -> tuple[sentence_facets.FacetValue, ...]:
    return tuple(
        value for name in ("domaine", "diplome", "statut", "interet") for value in catalogue.facet_values(name)
    )


@pytest.mark.parametrize(
    "text",
    [
        "santé", "informatique", "infirmier dans la santé", "jardinier fonctionnaire", '"fonctionnaire"', "bts",
        "dans la lune", "travailler", "", "métiers",
    ],
)  # fmt: skip
def test_beside_other_words_or_without_a_sign_no_choice_is_read(catalogue: Catalogue, text: str) -> None:
    assert sentence_facets.read(Query(text), catalogue.facet_values).query.filters == frozenset()


def test_no_choice_is_read_if_exactly_these_words_are_wanted(catalogue: Catalogue) -> None:
    assert sentence_facets.read(Query("dans la santé", typo=False), catalogue.facet_values).readings == ()


def test_a_choice_of_the_reader_stands_above_the_one_in_the_words(catalogue: Catalogue) -> None:
    own = Query("dans la santé").toggle("domaine", "informatique-internet")
    assert [hit.fiche.id for hit in catalogue.search(own).hits] == ["MET.2"]


def test_a_choice_that_would_leave_nothing_is_told_and_not_kept(catalogue: Catalogue) -> None:
    page = catalogue.search(Query("dans la santé", filters=frozenset({("niveau", "bac-2")})))
    assert [hit.fiche.id for hit in page.hits] == ["MET.2"]
    assert "choice_left" in {each.kind for each in page.understanding.readings}


def test_a_level_in_the_words_never_hides_the_job_that_they_name(catalogue: Catalogue) -> None:
    page = catalogue.search(Query("interne sans diplôme"))
    assert page.hits[0].fiche.id == "MET.1"
    assert "beyond" in {each.kind for each in page.understanding.readings}
    assert catalogue.search(Query("jardinier sans diplôme")).understanding.readings[0].kind == "niveau_max"


def test_the_neighbours_of_a_sheet_are_those_of_the_page_shown(catalogue: Catalogue) -> None:
    query = Query("interne sans diplôme")
    shown = [hit.fiche.id for hit in catalogue.search(query).hits]
    beside = catalogue.neighbours(query, shown[0])
    assert [each.id if each else None for each in (beside.before, beside.after)] == [None, *(shown[1:2] or [None])]
