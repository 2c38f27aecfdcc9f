"""Short and long forms that say the same: what is mined, and how it reads text."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from engines import opened, rebuilt
from made_up import fiche
from steps import grows_evenly, of_pattern

from search.embedded.engine import EmbeddedEngine
from search.engine import Engine
from search.french import equivalents
from search.french.equivalents import BRACKET, CALLED_BY_INITIALS, JUST_BEFORE, Equivalents
from search.french.tokens import tokens
from search.query import Query
from search.sources import files


def mined(*texts: str, formations: tuple[str, ...] = (), title: str = "métier") -> tuple[str, ...]:
    fiches = [fiche(number, title, presentation=text) for number, text in enumerate(texts, 1)]
    return equivalents.mine([*fiches, fiche(99, title, formations=formations)]).known


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("La FAO (fabrication assistée par ordinateur).", "FAO fabrication assistée par ordinateur"),
        ("La fabrication assistée par ordinateur (FAO).", "FAO fabrication assistée par ordinateur"),
        ("Un IFSI (institut de formation en soins infirmiers).", "IFSI institut de formation en soins infirmiers"),
        ("Un Ifsi (institut de formation en soins infirmiers).", "IFSI institut de formation en soins infirmiers"),
        ("À la direction générale des finances publiques (DGFiP)", "DGFIP direction générale des finances publiques"),
        ("Des équipements de protection individuelle (EPI)", "EPI équipements de protection individuelle"),
        ("Le DE (diplôme d'État)", "DE diplôme d'État"),
        ("La VAE (validation des acquis et de l’expérience)", "VAE validation des acquis et de l’expérience"),
        ("Un traitement automatique du langage (TAL)", "TAL traitement automatique du langage"),
    ],
)
def test_an_acronym_and_its_words_are_read_either_way_round(text: str, known: str) -> None:
    assert mined(text) == (known,)


@pytest.mark.parametrize(
    "text",
    [
        "Un CAP (deux ans).",
        "Le BTS (assurance ; management commercial opérationnel).",
        "Un bac + 2 (BTS).",
        "Les cuirs (peaux).",
        "La régie (RATP) recrute.",
        "Titulaire d'un master (Bac + 5).",
    ],
)
def test_a_bracket_that_does_not_spell_the_acronym_is_left(text: str) -> None:
    assert mined(text) == ()


def test_an_acronym_with_two_meanings_is_left_out() -> None:
    assert mined("Un CDI (contrat à durée indéterminée).", "Le CDI (centre de documentation et d'information).") == ()


def test_number_gender_and_stop_words_make_no_other_meaning() -> None:
    assert (
        len(mined("Un CHU (centre hospitalier universitaire).", "Des CHU (centres hospitaliers universitaires).")) == 1
    )
    assert (
        len(mined("La VAE (validation des acquis et de l'expérience).", "VAE (validation des acquis, expérience)")) == 1
    )


def test_an_acronym_that_is_also_an_ordinary_word_is_left_out() -> None:
    assert mined("Un ART (assistant en réseaux techniques).", "Le goût de l'art.") == ()


def test_diplomas_are_known_by_their_initials() -> None:
    labels = (
        "BTS management commercial opérationnel",
        "bac pro conduite et gestion de l'entreprise agricole",
        "BTS services informatiques aux organisations option A solutions d'infrastructure, systèmes et réseaux",
        "master droit",
        "BTS assurance",
    )
    assert mined(formations=labels) == (
        "CGEA conduite et gestion de l'entreprise agricole",
        "MCO management commercial opérationnel",
        "SIO services informatiques aux organisations",
    )


def test_initials_that_begin_a_title_are_left_out() -> None:
    label = "BTS métiers optiques scientifiques appliqués"
    assert mined(formations=(label,), title="mosaïste") == ("BTSMOSA BTS métiers optiques scientifiques appliqués",)
    assert mined(formations=(label,)) == ("MOSA métiers optiques scientifiques appliqués",)


def test_initials_that_tell_nothing_alone_are_known_after_their_kind() -> None:
    assert mined(formations=("BTS commerce international",)) == ("BTSCI BTS commerce international",)
    two = ("BTS économie sociale et familiale", "CAP étancheur soudeur façadier", "bac pro équipements sans fil")
    assert mined(formations=two) == (
        "BTSESF BTS économie sociale et familiale",
        "CAPESF CAP étancheur soudeur façadier",
    )
    assert mined("Il met son art au service.", formations=("BUT art du rire et du tir",)) == (
        "BUTART BUT art du rire et du tir",
    )


def test_words_written_in_one_and_in_several_are_one() -> None:
    assert mined("Une plate-forme.", "Une plateforme.") == ("plateforme plate-forme",)
    assert mined("Une plate-forme.") == ()


def known(*lines: str) -> Equivalents:
    return equivalents.read(equivalents.EquivalentTable(lines))


def test_the_short_form_stands_where_the_long_one_does() -> None:
    text = "De la conception assistée par ordinateur, vite."
    added = known("CAO conception assistée par ordinateur").added(tokens(text))
    short = next(token for token in added if token.term == "cao")
    assert text[short.start : short.end] == "conception assistée par ordinateur"
    assert [token.term for token in added if token.term != "cao"] == [token.term for token in tokens(text)]


def test_a_long_form_may_hold_another() -> None:
    both = known("DRH directeur des ressources humaines", "RH ressources humaines")
    terms = [token.term for token in both.added(tokens("la directrice des ressources humaines"))]
    assert {"drh", "rh"} <= set(terms)


def test_a_title_reads_in_full_and_in_short() -> None:
    both = known("DRH directeur des ressources humaines", "RH ressources humaines")
    full, short = both.readings(tokens("adjoint du directeur des ressources humaines"))
    assert short == {"adjoint", "du", "drh"}
    assert full > {"adjoint", "directeur"}


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = EmbeddedEngine(tmp_path_factory.mktemp("workshop") / "index")
    fiches = [
        fiche(1, "dessinateur", presentation="Il maîtrise la CAO (conception assistée par ordinateur)."),
        fiche(2, "modéliste", presentation="La conception assistée par ordinateur est son outil."),
        fiche(3, "prothésiste", presentation="Il travaille en CAO."),
        fiche(4, "peintre", presentation="Il travaille sans ordinateur, de la conception à la pose."),
        fiche(5, "vendeur", formations=["BTS management commercial opérationnel"]),
        fiche(6, "webdesigner"),
        fiche(7, "réceptionniste", presentation="Un standard, ou une plate-forme."),
        fiche(8, "routeur", presentation="Une plateforme logistique."),
    ]
    rebuilt(engine, fiches)
    yield engine
    engine.close()


def ids(engine: Engine, text: str) -> set[str]:
    return {hit.fiche.id for hit in engine.search(Query(text=text)).hits}


def test_either_form_finds_both(workshop: Engine) -> None:
    assert ids(workshop, "cao") == {"MET.1", "MET.2", "MET.3"}
    assert ids(workshop, "conception assistée par ordinateur") >= {"MET.1", "MET.2", "MET.3"}
    assert ids(workshop, "bts mco") == ids(workshop, "BTS Management commercial opérationnel") == {"MET.5"}


def test_either_writing_of_a_word_finds_both(workshop: Engine) -> None:
    for text in ("plateforme", "plate-forme", "plate forme"):
        assert ids(workshop, text) == {"MET.7", "MET.8"}


def test_two_words_that_the_sheets_write_in_one_find_it(workshop: Engine) -> None:
    assert ids(workshop, "web designer") == {"MET.6"}
    assert workshop.search(Query(text="web designer")).understanding.ignored == ()


def test_the_long_form_is_marked_for_the_short_one(workshop: Engine) -> None:
    hit = next(hit for hit in workshop.search(Query(text="cao")).hits if hit.fiche.id == "MET.2")
    excerpt = hit.excerpts[0]
    assert [excerpt.text[start:end] for start, end in excerpt.ranges] == ["conception assistée par ordinateur"]


def test_a_phrase_runs_over_a_long_form(workshop: Engine) -> None:
    assert ids(workshop, '"maîtrise la CAO"') == {"MET.1"}
    assert ids(workshop, '"assistée par ordinateur est son"') == {"MET.2"}


def test_the_list_lies_with_the_index_to_be_read(corpus_index: Path) -> None:
    snapshot = opened(corpus_index)
    (path,) = corpus_index.glob(f"{snapshot.info.generation}/columns/equivalents.known.txt")
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) > 600
    assert {"FAO fabrication assistée par ordinateur", "MCO management commercial opérationnel"} <= set(lines)
    assert not any(line.startswith(("CDI ", "TP ", "CFA ")) for line in lines)


def test_mining_the_corpus_gives_no_acronym_twice(corpus_dir: Path) -> None:
    fiches = files.read([corpus_dir], lambda what, done, total: None).fiches
    shorts = [line.split(" ", 1)[0] for line in equivalents.mine(fiches).known]
    assert len(shorts) == len(set(shorts))


@pytest.mark.parametrize("piece", ["(", "A", "BTS ", "a ", "a-", "(a", "A (", "é"])
def test_no_pattern_takes_more_steps_than_the_length_of_its_text_says(piece: str) -> None:
    for pattern in (BRACKET, JUST_BEFORE, CALLED_BY_INITIALS, equivalents.HYPHENATED, equivalents.LOWER_CASE):
        assert grows_evenly(lambda text, each=pattern: of_pattern(each, text), piece), pattern.pattern
        assert grows_evenly(lambda text, each=pattern: of_pattern(each, text), piece, before="BTS "), pattern.pattern
