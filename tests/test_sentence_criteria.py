"""What sentences say beside their words: levels, pay, what the sheets do not tell."""

from collections.abc import Iterator

import pytest

from search.backends import open_engine
from search.catalogue import Catalogue
from search.fiche import Block, Fiche
from search.french import sentence_criteria
from search.query import Query
from search.settings import Settings


@pytest.mark.parametrize(
    ("text", "words", "level"),
    [
        ("bâtiment sans le bac", "bâtiment", "cap-ou-equivalent-1-an"),
        ("bâtiment sans diplôme", "bâtiment", "cap-ou-equivalent"),
        ("bureau, pas d'études", "bureau", "cap-ou-equivalent"),
        ("cuisine avec un CAP", "cuisine", "cap-ou-equivalent"),
        ("niveau bac dans la vente", "dans la vente", "bac-ou-equivalent"),
        ("informatique bac + 2 maximum", "informatique", "bac-2"),
        ("informatique jusqu'à bac+3", "informatique", "bac-3"),
        ("médecin bac + 9 maximum", "médecin", "bac-9-et-plus"),
        ("mécanique après la 3e", "mécanique", "bac-ou-equivalent"),
        ("vente après la troisième", "vente", "bac-ou-equivalent"),
        ("coiffure après le collège", "coiffure", "bac-ou-equivalent"),
        ("animaux avec des études courtes", "animaux", "bac-2"),
        ("son, pas d'études trop longues", "son", "bac-2"),
    ],
)
def test_a_level_is_read_and_taken_out_of_the_words(text: str, words: str, level: str) -> None:
    read = sentence_criteria.read(Query(text))
    assert (read.query.text, read.query.bound("niveau_max")) == (words, level)
    assert [each.kind for each in read.readings] == ["niveau_max"]
    assert sentence_criteria.read(Query(read.readings[0].text)).readings == ()


@pytest.mark.parametrize(
    "text",
    [
        "boulanger", "bac+2 informatique", "master sans frontières", "capitaine", "niveau bac pro", "testeur de jeux",
        "conseiller d'orientation", "rapporteur", "salaire d'un juge", "après-vente", "3e arrondissement",
        "bac + 0 maximum",
    ],
)  # fmt: skip
def test_other_words_are_left_as_they_are(text: str) -> None:
    assert sentence_criteria.read(Query(text)) == sentence_criteria.Sentence(Query(text), ())


@pytest.mark.parametrize(
    "text",
    [
        "droit bien payé", "droit qui paie bien", "droit qui rapporte", "les métiers du droit les mieux rémunérés",
        "droit, salaire élevé", "droit gros revenus", "droit pour gagner plein d'argent",
    ],
)  # fmt: skip
def test_whoever_wants_much_pay_sees_the_highest_salaries_first(text: str) -> None:
    read = sentence_criteria.read(Query(text))
    assert (read.query.sort, [each.kind for each in read.readings]) == ("-salaire", ["salaire"])
    assert "droit" in read.query.text


@pytest.mark.parametrize(
    "text",
    [
        "je ne sais pas quoi faire plus tard", "je sais pas trop ce que je veux faire", "quel métier pour moi",
        "quel métier choisir", "trouver ma voie", "test d'orientation", "test orientation", "que faire dans la vie",
    ],
)  # fmt: skip
def test_whoever_is_lost_is_heard_and_no_word_is_searched(text: str) -> None:
    read = sentence_criteria.read(Query(text))
    assert {each.kind for each in read.readings} == {"lost"}
    assert read.query.text == ""


def test_well_paid_orders_by_salary_unless_the_reader_chose_an_order() -> None:
    assert sentence_criteria.read(Query("droit bien payé")).query.sort == "-salaire"
    assert sentence_criteria.read(Query("droit bien payé", sort="nom")).query.sort == "nom"


def test_what_the_sheets_do_not_say_is_told() -> None:
    read = sentence_criteria.read(Query("vendeur en alternance"))
    assert (read.query.text, [each.kind for each in read.readings]) == ("vendeur", ["untold"])


def test_a_level_that_the_reader_chose_stands_above_the_sentence() -> None:
    chosen = Query("bâtiment sans le bac").within(niveau_max="bac-5")
    assert sentence_criteria.read(chosen).query.bound("niveau_max") == "bac-5"


def test_nothing_is_read_if_exactly_these_words_are_wanted() -> None:
    asked = Query("bâtiment sans le bac", typo=False)
    assert sentence_criteria.read(asked) == sentence_criteria.Sentence(asked, ())


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    engine = open_engine(Settings(index=tmp_path_factory.mktemp("sentences") / "index"))
    fiches = [
        Fiche(
            "MET.1", "maçon", "maçonne", "maçon", "CAP ou équivalent", {"presentation": (Block("", "Le bâtiment."),)}
        ),
        Fiche("MET.2", "juge", "juge", "juge", "bac + 5", {"presentation": (Block("", "Le bâtiment du tribunal."),)}),
    ]
    engine.rebuild(fiches, ("sheets",), lambda *each: None)
    yield Catalogue(engine)
    engine.close()


def test_a_level_in_the_words_filters_and_is_told(catalogue: Catalogue) -> None:
    page = catalogue.search(Query("bâtiment sans le bac"))
    assert [hit.fiche.id for hit in page.hits] == ["MET.1"]
    assert page.understanding.readings[0].meant == ("CAP ou équivalent + 1 an",)


def test_what_is_read_as_a_filter_never_hides_everything(catalogue: Catalogue) -> None:
    page = catalogue.search(Query("tribunal sans le bac"))
    assert [hit.fiche.id for hit in page.hits] == ["MET.2"]
    assert {each.kind for each in page.understanding.readings} == {"nothing_left", "spoken"}
