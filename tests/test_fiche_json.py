"""A Fiche as plain values, and back, without loss."""

import json
from pathlib import Path

import pytest

from search.fiche import (
    Appellation,
    Block,
    Domaine,
    Fiche,
    Formation,
    MetierAssocie,
    Nom,
    Publication,
    Rome,
    Salaire,
    Source,
)
from search.index.fiche_json import fiche_from_json, fiche_to_json
from search.sources import markdown

FULL = Fiche(
    id="MET.17",
    title="boulanger/ère",
    feminin="boulangère",
    masculin="boulanger",
    niveau="CAP ou équivalent",
    sections={
        "presentation": (Block("", "Du pain.\nEt encore."),),
        "en_bref": (Block("", "Vite dit."),),
        "nature_travail": (Block("Pétrir", "à l’aube"), Block("Cuire", "œuf")),
        "competences": (Block("", "x"),),
        "conditions_travail": (Block("", "x"),),
        "vie_professionnelle": (
            Block("Salaire", ""),
            Block("Salaire du débutant", "A partir de 1801 euros brut par mois"),
        ),
        "acces_metier": (Block("", "x"),),
    },
    duree_etudes=(Block("Après la 3e", "2 ans."),),
    autres_appellations=(Appellation("fournier/ère", "fournière", "fournier"),),
    rome=(Rome("D1102", "Boulangerie"), Rome("A15")),
    formations=(Formation("CAP boulanger", "FOR.1"),),
    statuts=("artisan", "salarié"),
    interets=("travailler de mes mains",),
    salaire_debutant=Salaire("A partir de 1801 euros brut par mois", 1801, None),
    domaines=(Domaine("commerce", "alimentation"), Domaine("artisanat")),
    secteurs=("Agroalimentaire",),
    associes=(MetierAssocie("MET.152", "pâtissier/ère"),),
    sources=(Source("https://example.org", "Le site"),),
    publications=(Publication("Les métiers de bouche", "Parcours", "2023", "9782273016506"),),
    gfe=("GFE S",),
    noms=(Nom("mitron", "ROME 4.60", "D1102"), Nom("fournil", "ESCO")),
)


def stored_and_back(fiche: Fiche) -> Fiche:
    return fiche_from_json(json.loads(json.dumps(fiche_to_json(fiche))))


def test_a_sheet_with_every_field_comes_back_the_same() -> None:
    assert stored_and_back(FULL) == FULL


def test_every_field_of_a_sheet_is_stored() -> None:
    assert set(fiche_to_json(FULL)) == set(Fiche.__slots__)


def test_a_subtitle_comes_back_with_its_level() -> None:
    fiche = Fiche("MET.1", "t", "t", "t", "3E", {"en_bref": (Block("", "a"), Block("b", "", 2), Block("c", "d", 3))})
    assert [block.level for block in stored_and_back(fiche).section("en_bref")] == [0, 2, 3]


def test_a_bare_sheet_comes_back_the_same() -> None:
    bare = Fiche("MET.1", "t", "t", "t", "3E")
    assert stored_and_back(bare) == bare


def test_all_sheets_of_the_corpus_come_back_the_same(corpus_dir: Path) -> None:
    for path in corpus_dir.iterdir():
        fiche = markdown.read(path)
        assert stored_and_back(fiche) == fiche


@pytest.mark.parametrize("stored", [{}, {"id": "MET.1"}, {"id": "MET.1", "other": "x"}])
def test_anything_else_is_refused(stored: dict[str, str]) -> None:
    with pytest.raises(TypeError):
        fiche_from_json(stored)
