"""Names from outside: how they reach sheets, and what a search makes of them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from search.backends import open_engine
from search.engine import Engine
from search.fiche import Appellation, Block, Fiche, Nom, Rome
from search.french import names
from search.nomenclature import NameGroup, Nomenclature
from search.query import Query
from search.settings import Settings

LIST = Nomenclature(
    "ROME 4.60",
    (
        NameGroup(("Boulanger / Boulangère", "Mitron / Mitronne", "Fournier / Fournière", "Cuiseur de pain"), "D1102"),
        NameGroup(("Enfourneur / Enfourneuse",), "D1104"),
        NameGroup(("Scaphandrier / Scaphandrière",), "F1701"),
        NameGroup(("Étuveur / Étuveuse",), "D1199"),
    ),
)


def sheet(number: int, masculin: str, feminin: str, code: str, text: str = "Une fiche.") -> Fiche:
    return Fiche(
        f"MET.{number}", f"{masculin}/{feminin}", feminin, masculin, "CAP ou équivalent",
        sections={"presentation": (Block("", text),)}, rome=(Rome(code),),
    )  # fmt: skip


SHEETS = (
    sheet(1, "boulanger", "boulangère", "D1102", "Il pétrit le pain."),
    sheet(2, "pâtissier", "pâtissière", "D1104", "Il fait des gâteaux."),
    sheet(3, "chocolatier", "chocolatière", "D1104", "Il travaille le chocolat."),
)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_engine(Settings(index=tmp_path / "index"))
    fiches, nowhere = names.named(SHEETS, (LIST,))
    opened.rebuild(fiches, ("sheets", LIST.source), lambda *each: None, nowhere=nowhere)
    yield opened
    opened.close()


def test_a_name_reaches_the_sheet_whose_title_stands_in_its_group() -> None:
    fiches, nowhere = names.named(SHEETS, (LIST,))
    assert [nom.label for nom in fiches[0].noms] == ["Mitron / Mitronne", "Fournier / Fournière", "Cuiseur de pain"]
    assert {nom.code for nom in fiches[0].noms} == {""}
    assert fiches[1].noms == (Nom("Enfourneur / Enfourneuse", "ROME 4.60", "D1104"),) == fiches[2].noms
    assert [nom.label for nom in nowhere] == ["Scaphandrier / Scaphandrière", "Étuveur / Étuveuse"]


def test_without_a_list_the_sheets_stay_as_they_are() -> None:
    assert names.named(SHEETS, ()) == (SHEETS, ())


def test_a_title_of_a_sheet_is_no_name_of_another() -> None:
    other = replace(
        SHEETS[1], rome=(Rome("D1102"),), autres_appellations=(Appellation("mitron", "mitronne", "mitron"),)
    )
    fiches, _ = names.named((SHEETS[0], other), (LIST,))
    assert all("Mitron" not in nom.label for nom in fiches[0].noms)


@pytest.mark.parametrize("typed", ["fournier", "Fournière", "fourniers"])
def test_a_sheet_is_found_by_a_name_from_outside_which_says_where_it_comes_from(typed: str, engine: Engine) -> None:
    found = engine.search(Query(typed))
    assert [hit.fiche.id for hit in found.hits] == ["MET.1"]
    assert found.hits[0].nom == Nom("Fournier / Fournière", "ROME 4.60")
    assert found.hits[0].matched_in == ("noms",)
    assert found.understanding.ignored == ()
    assert found.understanding.corrections == ()


def test_a_spoken_word_that_belongs_to_a_longer_name_is_read_as_that_name(engine: Engine) -> None:
    assert [each.kind for each in engine.search(Query("pain")).understanding.readings] == ["spoken"]
    found = engine.search(Query("cuiseur de pain"))
    assert found.understanding.readings == ()
    assert found.hits[0].nom == Nom("Cuiseur de pain", "ROME 4.60")


def test_a_name_by_its_code_leads_to_all_sheets_of_the_code_and_says_less_of_each(engine: Engine) -> None:
    shared, own = engine.search(Query("enfourneur", explain=True)), engine.search(Query("fournier", explain=True))
    assert {hit.fiche.id for hit in shared.hits} == {"MET.2", "MET.3"}
    said = [{part.name: part.value for part in found.hits[0].parts}["nom"] for found in (shared, own)]
    assert 0 < said[0] < said[1]


def test_a_name_without_a_sheet_leads_to_those_of_its_domain_and_says_that_they_are_only_near(engine: Engine) -> None:
    found = engine.search(Query("étuveuse"))
    assert {hit.fiche.id for hit in found.hits} == {"MET.1", "MET.2", "MET.3"}
    assert [each.kind for each in found.understanding.readings] == ["near"]
    assert {hit.nom for hit in found.hits} == {Nom("Étuveur / Étuveuse", "ROME 4.60", "code")}


def test_a_name_that_no_sheet_is_about_is_neither_corrected_nor_answered_with_everything(engine: Engine) -> None:
    found = engine.search(Query("scaphandrière"))
    assert found.total == 0
    assert found.understanding.corrections == ()
    assert found.understanding.ignored == ("scaphandrière",)


def test_names_neither_add_to_the_count_of_a_title_nor_are_completed_before_they_are_whole(engine: Engine) -> None:
    assert engine.search(Query("boulanger")).total == 1
    assert engine.suggest("fourn", 5) == ()
    assert [each.label for each in engine.suggest("fournier", 5)] == ["boulanger/boulangère"]


def test_exactly_these_words_means_no_name_either(engine: Engine) -> None:
    assert engine.search(Query("fournier", typo=False)).total == 0


def test_of_titles_that_stand_whole_in_a_query_the_longest_comes_first(tmp_path: Path) -> None:
    """All are found, and a title of the sheet itself comes before the same name as another appellation."""

    def also(fiche: Fiche, name: str) -> Fiche:
        return replace(fiche, autres_appellations=(Appellation(name, name, name),))

    fiches = (
        sheet(1, "responsable", "responsable", "M1101", "La formation du responsable, le responsable de la formation."),
        sheet(2, "responsable de formation", "responsable de formation", "M1502"),
        also(sheet(3, "régisseur", "régisseuse", "L1509"), "stage manager"),
        also(sheet(4, "agent", "agente", "L1201"), "manager"),
        sheet(5, "ingénieur de recherche (papiers)", "ingénieure de recherche (papiers)", "H1206"),
        also(sheet(6, "pharmacien", "pharmacienne", "H1207"), "ingénieur de recherche"),
    )
    engine = open_engine(Settings(index=tmp_path / "index"))
    engine.rebuild(fiches, ("sheets",), lambda *each: None)
    found = {
        text: [hit.fiche.id for hit in engine.search(Query(text)).hits]
        for text in ("responsable formation emploi", "stage manager", "salaire ingénieur de recherche")
    }
    engine.close()
    assert found["responsable formation emploi"][:2] == ["MET.2", "MET.1"]
    assert found["stage manager"][:2] == ["MET.3", "MET.4"]
    assert found["salaire ingénieur de recherche"][:2] == ["MET.5", "MET.6"]
