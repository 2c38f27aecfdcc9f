"""What a sentence wants and does not want; spoken words. On sheets made for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from search.backends import open_engine
from search.catalogue import Catalogue
from search.engine import Engine
from search.fiche import Block, Fiche
from search.french import refusals, spoken
from search.french.tokens import tokens
from search.query import Query
from search.settings import Settings

ORDINARY = (
    "devenir {}", "comment devenir {}", "formation {}", "école {}", "métier {}", "salaire {}", "études {}",
    "stage {}", "je veux être {}", "école pour devenir {}", "{} en alternance", "emploi {}",
)  # fmt: skip


def sheet(number: int, masculin: str, feminin: str, text: str) -> Fiche:
    return Fiche(
        f"MET.{number}", masculin, feminin, masculin, "CAP ou équivalent", sections={"presentation": (Block("", text),)}
    )


SHEETS = (
    sheet(1, "vétérinaire", "vétérinaire", "Il soigne les animaux. On devient vétérinaire après des études."),
    sheet(2, "soigneur d'animaux", "soigneuse d'animaux", "Il nourrit les animaux du zoo, avec le vétérinaire."),
    sheet(3, "professeur des écoles", "professeure des écoles", "Il enseigne à l'école, devant des enfants."),
    sheet(4, "formateur d'adultes", "formatrice d'adultes", "Un métier de formation : devenir formateur, un emploi."),
    sheet(5, "orthoptiste", "orthoptiste", "Un métier de la rééducation."),
    sheet(6, "opticien-lunetier", "opticienne-lunetière", "Un métier de la vente."),
    *(sheet(number, f"agent {number}", f"agente {number}", "Devenir agent : un métier, des études, une école.")
      for number in range(10, 40)),
)  # fmt: skip


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    opened = open_engine(Settings(index=tmp_path_factory.mktemp("wishes") / "index"))
    opened.rebuild(SHEETS, ("sheets",), lambda *each: None)
    yield opened
    opened.close()


def ids(engine: Engine, text: str) -> list[str]:
    return [hit.fiche.id for hit in engine.search(Query(text)).hits]


@pytest.mark.parametrize("asked", ORDINARY)
@pytest.mark.parametrize(("title", "id"), [("vétérinaire", "MET.1"), ("professeure des écoles", "MET.3")])
def test_a_title_is_first_whatever_ordinary_words_stand_beside_it(
    title: str, id: str, asked: str, engine: Engine
) -> None:
    assert ids(engine, asked.format(title))[0] == id


def test_jobs_that_are_not_wanted_are_left_out_by_their_title_and_told(engine: Engine) -> None:
    found = engine.search(Query("animaux mais pas vétérinaire"))
    assert [hit.fiche.id for hit in found.hits] == ["MET.2"], "the other sheet only mentions the word"
    (reading,) = (each for each in found.understanding.readings if each.kind == "without")
    assert (reading.meant, reading.text) == (("vétérinaire",), "animaux")
    (reading,) = (each for each in found.understanding.readings if each.kind == "spoken")
    assert "soigneur d'animaux" in reading.meant
    assert not [job for job in reading.meant if "vétérinaire" in job]


def test_a_spoken_word_that_is_not_wanted_excludes_what_it_stands_for(engine: Engine) -> None:
    found = engine.search(Query("animaux sans faire véto"))
    assert [hit.fiche.id for hit in found.hits] == ["MET.2"]
    assert [each.meant for each in found.understanding.readings if each.kind == "without"] == [("vétérinaire",)]


def test_other_words_that_are_not_wanted_weigh_nothing(engine: Engine) -> None:
    found = engine.search(Query("nourrit sans enfants"))
    assert [each.kind for each in found.understanding.readings] == ["left"]
    assert [hit.fiche.id for hit in found.hits] == ["MET.2"]


def test_words_that_only_say_a_wish_are_told_and_searched_once_undone(engine: Engine) -> None:
    found = engine.search(Query("devenir vétérinaire"))
    (reading,) = found.understanding.readings
    assert (reading.kind, reading.typed, reading.text) == ("wish", "devenir", '"devenir" vétérinaire')
    undone = engine.search(Query(reading.text))
    assert undone.understanding.readings == ()
    assert undone.total < found.total
    assert engine.search(Query("devenir")).understanding.readings == (), "alone, it is searched"


def test_a_wish_beside_a_level_is_undone_where_it_stands(engine: Engine) -> None:
    told = Catalogue(engine).search(Query("devenir vétérinaire sans le bac")).understanding.readings
    assert {each.kind: each.text for each in told}["wish"] == '"devenir" vétérinaire sans le bac'


def test_a_spoken_word_is_read_as_what_it_stands_for_and_can_be_undone(engine: Engine) -> None:
    found = engine.search(Query("véto"))
    assert found.hits[0].fiche.id == "MET.1"
    (reading,) = found.understanding.readings
    assert (reading.kind, reading.typed, reading.meant, reading.text) == ("spoken", "véto", ("vétérinaire",), '"véto"')
    assert engine.search(Query(reading.text)).understanding.readings == ()


def test_a_spoken_word_is_completed_as_the_jobs_that_it_stands_for_if_no_title_begins_so(engine: Engine) -> None:
    assert [each.id for each in engine.suggest("yeux", 5)] == ["MET.5", "MET.6"]
    assert [each.label for each in engine.suggest("véto", 5)] == ["vétérinaire"]
    assert [each.id for each in engine.suggest("vét", 5)] == ["MET.1"]


def test_a_spoken_word_leads_nowhere_inside_a_section(engine: Engine) -> None:
    assert ids(engine, "yeux") == ["MET.5", "MET.6"]
    for asked in ("yeux", "solitaire"):
        assert engine.search(Query(asked, dans=frozenset({"presentation"}))).total == 0, asked


def test_nothing_is_read_into_exactly_these_words(engine: Engine) -> None:
    found = engine.search(Query("véto", typo=False))
    assert (found.total, found.understanding.readings) == (0, ())


@pytest.mark.parametrize(("typed", "said"), [("profs", "prof"), ("une policière", "policier"), ("PROF", "prof")])
def test_spoken_words_are_known_in_the_feminine_the_plural_and_capitals(typed: str, said: str) -> None:
    (found,) = spoken.spans(tokens(typed))
    assert found.meaning.said.startswith(said[:4])


@pytest.mark.parametrize("typed", ["sans bureau", "pas de bureau", "je déteste les bureaux", "mais sauf un bureau"])
def test_a_refusal_that_stands_for_a_wish_is_known_however_it_is_said(typed: str) -> None:
    (found,) = spoken.spans(tokens(typed))
    assert (found.meaning.said, found.meaning.refuses) == ("sans bureau", True)
    assert not any(each.meaning.refuses for each in spoken.spans(tokens("un bureau")))


def test_what_such_a_refusal_names_is_not_searched(engine: Engine) -> None:
    found = engine.search(Query("animaux, pas d'école"))
    assert [each.kind for each in found.understanding.readings if each.typed == "pas d'école"] == ["instead"]
    assert "MET.3" not in [hit.fiche.id for hit in found.hits]


def test_who_only_refuses_a_job_finds_all_others(engine: Engine) -> None:
    found = engine.search(Query("pas vétérinaire"))
    assert found.total == len(SHEETS) - 1
    assert found.understanding.ignored == ()


@pytest.mark.parametrize("typed", ["produits non alimentaires", "non voyant"])
def test_non_before_an_adjective_refuses_nothing(typed: str) -> None:
    assert list(refusals.refused(typed, {"alimentaire"})) == []


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("un métier où on bouge", ["bouger"]), ("je répare des voitures", ["réparer des voitures"]),
        ("qui construisent des maisons", ["construire des maisons"]), ("elle défend les gens", ["défendre les gens"]),
        ("on porte un uniforme", ["porter un uniforme"]), ("bouge", []),
    ],
)  # fmt: skip
def test_a_verb_after_its_subject_is_read_as_its_infinitive(typed: str, said: list[str]) -> None:
    assert [each.meaning.said for each in spoken.spans(tokens(typed))] == said


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("j'écris", "écrire"), ("J’écris", "écrire"), ("j'soigne", "soigner"), ("jsoigne", "soigner"),
        ("je m'déplace", "me déplacer"), ("qui se déplace", "me déplacer"), ("je les répare", "réparer"),
    ],
)  # fmt: skip
def test_a_verb_is_read_after_a_subject_without_its_vowel_or_with_a_pronoun_between(typed: str, said: str) -> None:
    assert [each.meaning.said for each in spoken.spans(tokens(typed), typed)] == [said]


def test_stop_words_are_not_searched_beside_a_word_that_nothing_holds(engine: Engine) -> None:
    found = engine.search(Query("un xyzzyq"))
    assert (found.total, found.understanding.ignored) == (0, ("xyzzyq",))


def test_a_wish_that_stands_for_jobs_is_read_only_alone(engine: Engine) -> None:
    assert [each.kind for each in engine.search(Query("vétérinaire qui recrute")).understanding.readings] == ["wish"]
    assert "near" in [each.kind for each in engine.search(Query("qui recrute")).understanding.readings]


def test_no_form_is_said_twice() -> None:
    said = [tuple(token.term for token in form) for each in spoken.meanings().values() for form, _ in each]
    assert sorted(said) == sorted(set(said))


def test_the_jobs_of_a_spoken_word_come_in_the_order_of_its_line(engine: Engine) -> None:
    assert ids(engine, "yeux") == ["MET.5", "MET.6"]


def test_an_accent_that_makes_another_word_is_no_spoken_word() -> None:
    assert list(spoken.spans(tokens("péché"))) == []
    assert list(spoken.spans(tokens("pêche"))) != []
    assert list(spoken.spans(tokens("interprété"))) == []
    assert list(spoken.spans(tokens("interprète"))) != []


def test_a_target_that_does_not_exist_is_told() -> None:
    lost = spoken.lost(frozenset(), frozenset())
    assert ("véto", "vétérinaire") in lost
    assert ("véto", "vétérinaire") not in spoken.lost(frozenset({frozenset({"veterinaire"})}), frozenset())


def test_a_form_that_takes_the_place_of_another_word_is_told() -> None:
    assert ("échecs", "echec") in spoken.hiding(frozenset(), {"echec": {"echec"}})
    assert spoken.hiding(frozenset(), {"echec": {"echec", "echecs"}}) == ()
    assert spoken.hiding(frozenset({frozenset({"domicile"})}), {}) == (("à domicile", "domicile"),)


def test_every_spoken_word_stands_for_something_that_the_sheets_hold_and_for_no_other_word(corpus_dir: Path) -> None:
    from search.french import names
    from search.sources import files

    assert names.spoken_faults(files.read([corpus_dir], lambda *each: None).fiches) == ((), ())


def test_an_article_glued_to_a_spoken_word_or_to_a_wish_is_taken_off(engine: Engine) -> None:
    assert ids(engine, "linstit")[0] == ids(engine, "l'instit")[0] == "MET.3"
    found = engine.search(Query("lecole veterinaire"))
    assert (found.hits[0].fiche.id, found.understanding.ignored) == ("MET.1", ())


def test_whoever_is_bad_at_something_is_read_as_refusing_it(engine: Engine) -> None:
    for text in ("nul en maths", "je comprends rien aux maths", "pas de maths"):
        assert "instead" in {each.kind for each in engine.search(Query(text)).understanding.readings}, text
