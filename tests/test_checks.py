"""What a data owner wants to know of the sheets."""

from dataclasses import replace
from pathlib import Path

import pytest

from search.fiche import Block, Fiche, Formation, MetierAssocie, Rome, Salaire
from search.sources import checks, markdown
from search.sources.checks import Difference, Finding

PROSE = {"presentation": (Block("", "Du pain."),)}


def fiche(number: int, title: str = "boulanger/ère", niveau: str = "3E", **changes: object) -> Fiche:
    return Fiche(f"MET.{number}", title, title, title, niveau, **{"sections": PROSE, **changes})  # type: ignore[arg-type]


def found(*fiches: Fiche) -> dict[str, tuple[tuple[str, str], ...]]:
    return {finding.what: finding.where for finding in checks.findings(fiches)}


@pytest.fixture(scope="module")
def corpus(corpus_dir: Path) -> list[Fiche]:
    return [markdown.read(path) for path in sorted(corpus_dir.iterdir())]


def test_the_faults_of_the_corpus_are_found(corpus: list[Fiche]) -> None:
    findings = {finding.what: finding.where for finding in checks.findings(corpus)}
    assert len(findings["without « Nature du travail »"]) == 188
    assert len(findings["without « Codes ROME »"]) == 124
    assert sorted(findings["malformed ROME code"]) == [("MET.323", "A15"), ("MET.8099", "K15")]
    assert ("MET.7821", "préparatice: préparatrice?") in findings["suspicious title"]
    assert ("MET.143", "techncienne: technicienne?") in findings["suspicious title"]
    assert len(findings["suspicious title"]) <= 15
    assert len(findings["salary with its higher amount first"]) == 4
    assert "unknown level" not in findings
    assert "letters encoded twice: save the source as UTF-8 once" not in findings


def test_missing_sections_are_told_by_the_names_of_the_sheets() -> None:
    assert found(fiche(1))["without « Accès au métier »"] == (("MET.1", ""),)
    assert "without « Présentation »" not in found(fiche(1))


def test_an_unknown_level_is_told() -> None:
    faults = found(fiche(1, niveau="bac + 42"), fiche(2, niveau=""), fiche(3, niveau="autre formation"))
    assert faults["unknown level"] == (("MET.1", "bac + 42"), ("MET.2", "none"))


def test_letters_that_were_encoded_twice_are_told() -> None:
    odd = fiche(1, sections={"presentation": (Block("", "Le mÃ©canicien rÃ©pare."),)})
    told = found(odd, fiche(2, "São"), fiche(3, "mÃ©decin"))["letters encoded twice: save the source as UTF-8 once"]
    assert told == (("MET.1", "mÃ©canicien"), ("MET.3", "mÃ©decin"))


def test_dead_references_are_told() -> None:
    one = fiche(1, associes=(MetierAssocie("MET.2", "là"), MetierAssocie("MET.3", "absent")))
    two = fiche(2, sections={"acces_metier": (Block("Voir", "la fiche MET.4, et MET.1"),)})
    assert found(one, two)["dead reference to a sheet"] == (("MET.1", "MET.3"), ("MET.2", "MET.4"))


def test_diplomas_without_a_good_id_or_with_several_names_are_told() -> None:
    one = fiche(1, formations=(Formation("CAP a", "FOR.1"), Formation("CAP b", ""), Formation("CAP c", "FOR.x")))
    two = fiche(2, formations=(Formation("CAP d", "FOR.1"),))
    faults = found(one, two)
    assert faults["recommended diploma without a FOR id"] == (("MET.1", "CAP b"), ("MET.1", "CAP c"))
    assert faults["the same FOR id under several names"] == (("FOR.1", "CAP a / CAP d"),)


def test_titles_borne_twice_are_told() -> None:
    assert found(fiche(1), fiche(2, "Boulanger/ère"))["two sheets with the same title"] == (
        ("MET.1", "boulanger/ère (MET.2)"),
    )


def test_a_title_is_suspicious_when_one_letter_parts_it_from_many_others() -> None:
    many = [fiche(number, f"technicien {number}") for number in range(1, 9)]
    assert found(*many, fiche(9, "techncien"))["suspicious title"] == (("MET.9", "techncien: technicien?"),)
    assert "suspicious title" not in found(*many, fiche(9, "technicienne"), fiche(10, "mécanicien"))


def test_a_title_whose_word_is_in_a_text_is_not_suspicious() -> None:
    many = [fiche(number, f"technicien {number}") for number in range(1, 9)]
    told = replace(fiche(9, "techncien"), sections={"presentation": (Block("", "Le techncien existe."),)})
    assert "suspicious title" not in found(*many, told)


def test_a_salary_with_its_higher_amount_first_is_told() -> None:
    salaire = Salaire("Entre 3000 et 2500 euros brut par mois", 2500, 3000)
    assert found(fiche(1, salaire_debutant=salaire))["salary with its higher amount first"] == (
        ("MET.1", "Entre 3000 et 2500 euros brut par mois"),
    )


def test_a_code_of_an_unknown_domaine_is_malformed() -> None:
    assert checks.malformed_rome([fiche(1, rome=(Rome("H1203"), Rome("H9903"), Rome("A15")))]) == (
        ("MET.1", "H9903"),
        ("MET.1", "A15"),
    )


def test_findings_are_told_in_lines_with_some_examples() -> None:
    findings = [Finding("unknown level", (("MET.1", "x"), ("MET.2", "y"), ("MET.3", "")))]
    assert list(checks.lines(findings, examples=2)) == [
        "unknown level: 3",
        "  MET.1  x",
        "  MET.2  y",
        "  … and 1 more",
    ]
    assert list(checks.lines(findings, examples=0))[-1] == "  MET.3"


def test_a_difference_says_what_came_went_and_changed() -> None:
    before = [fiche(1), fiche(2, "pâtissier/ère"), fiche(30)]
    after = [fiche(30), fiche(4, "meunier/ère"), fiche(1, niveau="bac + 2", statuts=("salarié",))]
    difference = checks.difference(before, after)
    assert difference == Difference(
        came=(("MET.4", "meunier/ère"),),
        went=(("MET.2", "pâtissier/ère"),),
        changed=(("MET.1", "boulanger/ère", ("niveau", "statuts")),),
    )
    assert list(checks.difference_lines(difference)) == [
        "+ MET.4  meunier/ère",
        "- MET.2  pâtissier/ère",
        "~ MET.1  boulanger/ère: niveau, statuts",
        "1 came, 1 went, 1 changed",
    ]


def test_the_same_sheets_make_no_difference(corpus: list[Fiche]) -> None:
    assert not checks.difference(corpus, reversed(corpus))
