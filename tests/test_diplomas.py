"""The kinds of diploma, read from their labels."""

from collections import Counter
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from made_up import fiche

from search.diplomas import KINDS, OTHER, kind_of, kinds
from search.fiche import Formation
from search.sources import markdown
from web.pages.diploma_list import chosen, recommended, steps


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("CAP boulanger", "CAP"),
        ("CAPa agricultures des régions chaudes", "CAPa"),
        ("CS (ex MC) accueil dans les transports", "CS (certificat de spécialisation)"),
        ("bac pro plastiques et composites", "bac pro"),
        ("Bac pro technicien modeleur", "bac pro"),
        ("BP métallier", "BP"),
        ("BPA ouvrier de production", "BPA"),
        ("BPJEPS spécialité animateur", "BPJEPS et CPJEPS"),
        ("BTS podo-orthésiste", "BTS"),
        ("BTSA agronomie et cultures durables", "BTSA"),
        ("BTM ébéniste", "BTM"),
        ("BM boulanger", "BM (brevet de maîtrise)"),
        ("BUT carrières juridiques parcours administration et justice", "BUT"),
        ("licence mention mécanique", "licence"),
        ("licence pro mention acoustique et vibrations", "licence pro"),
        ("DN MADE mention animation", "DN MADE"),
        ("master mention mécanique", "master"),
        ("mastère spé. actuariat", "mastère spécialisé"),
        ("Master of Science audit, conseil et contrôle", "MSc (master of science)"),
        ("diplôme d'ingénieur d'ECAM LaSalle", "diplôme d'ingénieur"),
        ("diplôme d’ingénieur d’ECAM LaSalle", "diplôme d'ingénieur"),
        ("diplôme d'État d'infirmier", "diplôme d'État"),
        ("diplôme d'État de docteur en médecine", "diplôme d'État de docteur"),
        ("diplôme de l'Institut d'études politiques de Lyon", "diplôme d'IEP"),
        ("TP concepteur designer UI", "titre professionnel"),
        ("diplôme de l'Ensatt parcours acteur", "diplôme d'école"),
        ("manager de la communication (IRCOM)", OTHER),
    ],
)
def test_a_label_tells_the_kind_of_its_diploma(label: str, kind: str) -> None:
    assert kind_of(label) == kind


def test_a_kind_is_given_once_and_in_the_fixed_order() -> None:
    formations = [Formation("master mention x", "FOR.1"), Formation("CAP y", "FOR.2"), Formation("CAP z", "FOR.3")]
    assert kinds(formations) == ("CAP", "master")


def test_a_sheet_without_diplomas_has_no_kind() -> None:
    assert kinds([]) == ()


def test_kinds_are_named_once_and_few_enough_for_a_facet() -> None:
    assert len(KINDS) == len(set(KINDS)) <= 100


def test_every_sheet_of_the_corpus_with_diplomas_has_kinds_and_all_kinds_are_found(corpus_dir: Path) -> None:
    fiches = [markdown.read(path) for path in corpus_dir.iterdir()]
    counts = Counter(kind for fiche in fiches for kind in kinds(fiche.formations))
    assert sum(bool(kinds(fiche.formations)) for fiche in fiches) == 945
    assert set(KINDS) - set(counts) == {"DUT", "doctorat"}
    known = {"CAP": 159, "bac pro": 215, "BTS": 232, "BUT": 169, "master": 397, "diplôme d'ingénieur": 255}
    assert {kind: counts[kind] for kind in known} == known


def test_diplomas_are_listed_once_by_name_with_how_many_jobs_they_lead_to() -> None:
    sheets = [
        fiche(1, "boulanger", formations=["CAP boulanger", "État civil"]),
        fiche(2, "pâtissier", formations=["CAP boulanger"]),
        fiche(3, "cuisinier"),
    ]
    known = recommended(sheets)
    told = [(each.label, each.kind, each.jobs) for each in known]
    assert told == [("CAP boulanger", "CAP", 2), ("État civil", OTHER, 1)]
    assert [each.id for each in chosen(known, "CAP", "")] == ["FOR.1"]
    assert [each.id for each in chosen(known, "", "etat CIVIL")] == ["FOR.2"]
    assert chosen(known, "CAP", "civil") == ()
    assert [(step.name, step.kinds) for step in steps(known)] == [
        ("Niveau CAP", (("CAP", "cap", 1),)),
        ("Autres diplômes et titres", ((OTHER, "titre-d-ecole-ou-d-entreprise", 1),)),
    ]


def test_the_page_of_diplomas_counts_finds_and_says_what_it_does_not_know(client: FlaskClient) -> None:
    assert "Niveau bac" in client.get("/diplomes").text.replace("\u00a0", " ")
    found = client.get("/diplomes?contient=boulang&type=cap").text
    assert "CAP boulanger" in found
    for unknown in ("zzzz", "%3F%3F%3F"):
        assert "Aucun diplôme ne contient" in client.get(f"/diplomes?contient={unknown}").text
    assert client.get("/diplomes?type=rien").status_code == 400
