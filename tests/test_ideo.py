"""Idéo-Métiers: domains, names of ROME codes, GFE and publications of each sheet."""

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from search.errors import SourceError
from search.fiche import Domaine, Fiche, Publication, Rome
from search.sources import ideo, markdown
from search.sources.ideo import Ideo

ROW = {
    "libelle_metier": "accompagnateur / accompagnatrice",
    "lien_site_onisepfr": "https://www.onisep.fr/http/redirection/metier/slug/MET.17",
    "nom_publication": "Travailler auprès des animaux",
    "collection": "Parcours",
    "annee": "2023",
    "gencod": "9782273016438",
    "gfe": "GFE S : hôtellerie,  tourisme, loisirs",
    "code_rome": "G1201 | D1102",
    "libelle_rome": "Accompagnement de voyages, d'activités | Boulangerie",
    "lien_rome": "https://example.org | https://example.org",
    "domainesous-domaine": "santé, social, sport/sport| arts, culture, artisanat/arts du spectacle",
}
OTHER = {**ROW, "nom_publication": "Les métiers du sport", "gencod": "9782273016988"}

FICHE = Fiche("MET.17", "boulanger/ère", "boulangère", "boulanger", "3E", rome=(Rome("D1102"), Rome("A15")))


def written(path: Path, rows: object) -> Path:
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


def one(tmp_path: Path, **changes: object) -> ideo.Metier:
    return ideo.read(written(tmp_path / "ideo.json", [{**ROW, **changes}])).metiers["MET.17"]


@pytest.fixture(scope="module")
def official(ideo_file: Path) -> Ideo:
    return ideo.read(ideo_file)


@pytest.fixture(scope="module")
def corpus(corpus_dir: Path) -> list[Fiche]:
    return [markdown.read(path) for path in sorted(corpus_dir.iterdir())]


def test_every_sheet_of_the_corpus_gets_a_domain_and_names_for_its_codes(official: Ideo, corpus: list[Fiche]) -> None:
    fiches = [ideo.enrich(fiche, official) for fiche in corpus]
    assert sum(bool(fiche.domaines) for fiche in fiches) == 1043
    assert ideo.unmatched(official, fiches) == 0
    domaines = {domaine for fiche in fiches for domaine in fiche.domaines}
    assert (len({domaine.domaine for domaine in domaines}), len(domaines)) == (20, 128)
    assert all(domaine.sous_domaine for domaine in domaines)
    assert all(code.label for fiche in fiches for code in fiche.rome)
    assert sum(len(fiche.publications) for fiche in fiches) == 1189
    assert len({gfe for fiche in fiches for gfe in fiche.gfe}) == 20


def test_the_json_form_tells_the_same(official: Ideo, ideo_file: Path, tmp_path: Path) -> None:
    rows = [{child.tag: child.text for child in item} for item in ElementTree.parse(ideo_file).getroot()]
    assert ideo.read(written(tmp_path / "ideo.json", rows)) == official


def test_names_hold_commas_and_codes_stand_in_parallel_with_their_names(tmp_path: Path) -> None:
    metier = one(tmp_path)
    assert metier.domaines == (
        Domaine("santé, social, sport", "sport"),
        Domaine("arts, culture, artisanat", "arts du spectacle"),
    )
    assert metier.rome == (Rome("G1201", "Accompagnement de voyages, d'activités"), Rome("D1102", "Boulangerie"))
    assert metier.gfe == ("GFE S : hôtellerie, tourisme, loisirs",)


def test_names_that_do_not_stand_in_parallel_are_left_out(tmp_path: Path) -> None:
    assert one(tmp_path, libelle_rome="Boulangerie").rome == (Rome("G1201"), Rome("D1102"))


def test_a_domain_may_have_no_sub_domain(tmp_path: Path) -> None:
    assert one(tmp_path, **{"domainesous-domaine": "sciences | "}).domaines == (Domaine("sciences"),)


def test_rows_of_one_job_are_gathered(tmp_path: Path) -> None:
    found = ideo.read(written(tmp_path / "ideo.json", [ROW, OTHER]))
    assert [each.title for each in found.metiers["MET.17"].publications] == [
        "Travailler auprès des animaux",
        "Les métiers du sport",
    ]
    assert found.metiers["MET.17"].rows == 2


@pytest.mark.parametrize(
    "rows",
    [
        {"results": [ROW]},
        {"records": {"data": [ROW]}},
        [ROW, "unknown", None],
        [{**ROW, "new": {"deep": [1]}, "annee": 2023, "collection": "Parcours"}],
        [{**ROW, "code_rome": ["G1201", "D1102"]}],
        [{("Domaine/sous-domaine" if key.startswith("domaine") else key.upper()): text for key, text in ROW.items()}],
        [{**ROW, "lien site onisep.fr": ROW["lien_site_onisepfr"]}],
        ROW,
    ],
)
def test_unknown_details_of_the_json_change_nothing(tmp_path: Path, rows: object) -> None:
    (tmp_path / "a").mkdir()
    assert ideo.read(written(tmp_path / "ideo.json", rows)).metiers["MET.17"] == one(tmp_path / "a")


def test_a_sheet_is_enriched_and_keeps_what_it_has(tmp_path: Path) -> None:
    found = ideo.read(written(tmp_path / "ideo.json", [ROW, OTHER]))
    own = Publication("Travailler auprès des animaux (ONISEP)", "Parcours", "2023", "9782273016438")
    fiche = ideo.enrich(
        Fiche("MET.17", "b", "b", "b", "3E", rome=(Rome("D1102"), Rome("A15")), publications=(own,)), found
    )
    assert fiche.rome == (Rome("D1102", "Boulangerie"), Rome("A15"))
    assert [each.gencod for each in fiche.publications] == ["9782273016438", "9782273016988"]
    assert fiche.domaines == found.metiers["MET.17"].domaines


def test_a_sheet_that_it_does_not_know_still_gets_names_for_its_codes(tmp_path: Path) -> None:
    found = ideo.read(written(tmp_path / "ideo.json", [ROW]))
    fiche = ideo.enrich(Fiche("MET.99", "b", "b", "b", "3E", rome=(Rome("D1102"),)), found)
    assert (fiche.rome, fiche.domaines) == ((Rome("D1102", "Boulangerie"),), ())


def test_rows_that_match_no_sheet_are_counted(tmp_path: Path) -> None:
    lost = {**ROW, "lien_site_onisepfr": "https://www.onisep.fr/"}
    found = ideo.read(written(tmp_path / "ideo.json", [ROW, OTHER, lost]))
    assert ideo.unmatched(found, [FICHE]) == 1
    assert ideo.unmatched(found, []) == 3


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[1, 2", "broken JSON"),
        (b"[" * 100_000, "broken JSON"),
        (b"[]", "no row"),
        (b"{}", "no row"),
        (b"<root><item>", "broken XML"),
        (b"<html></html>", "no row"),
        (b"", "no row"),
    ],
)
def test_a_file_that_is_not_ideo_metiers_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "ideo-metiers.xml"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=reason):
        ideo.read(path)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        ideo.read(tmp_path / "absent.json")


def test_a_file_that_is_too_big_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "ideo.json").open("wb") as file:
        file.truncate(100_000_001)
    with pytest.raises(SourceError, match="over 100 MB"):
        ideo.read(tmp_path / "ideo.json")


@pytest.mark.parametrize("suffix", ["xml", "json"])
def test_a_file_of_too_many_rows_is_refused(tmp_path: Path, suffix: str) -> None:
    rows = "<root>" + "<item/>" * (ideo.MAX_ROWS + 1) + "</root>"
    path = tmp_path / f"ideo.{suffix}"
    path.write_text(rows if suffix == "xml" else "[" + "{}," * ideo.MAX_ROWS + "{}]", encoding="utf-8")
    with pytest.raises(SourceError, match="over 100,000 rows"):
        ideo.read(path)


def test_json_that_would_fill_the_memory_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "ideo.json").write_text("[" + "[]," * 4_000_000 + "[]]", encoding="utf-8")
    with pytest.raises(SourceError, match="over 10 MB"):
        ideo.read(tmp_path / "ideo.json")


def test_values_that_lie_deep_are_no_columns(tmp_path: Path) -> None:
    assert one(tmp_path, gfe=[["a"] * 3, {"b": 1}, "GFE S"]).gfe == ("| | GFE S",)
