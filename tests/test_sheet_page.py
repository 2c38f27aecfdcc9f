"""The page of a sheet: its facts at first sight, the way to the job, its salary beside others, near jobs by offer."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median_low

import pytest
from engines import rebuilt
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from made_up import VILLAGE, WHOLE, fiche

from search.embedded.engine import EmbeddedEngine
from search.engine import Engine, Similar
from search.fiche import Block, Fiche, Formation
from search.query import Query
from search.settings import Settings
from web.app import create_app
from web.pages import domain_signs, pay, sheet_view, way_to_job


def studying(niveau: str, labels: Sequence[str], *lengths: tuple[str, str]) -> Fiche:
    """A sheet with these diplomas, that says so of the length of studies."""
    made = fiche(1, "luthier/ère", niveau=niveau, formations=labels)
    return replace(made, duree_etudes=tuple(Block(title, text) for title, text in lengths))


def test_the_way_goes_from_the_end_of_college_through_the_levels_of_the_diplomas() -> None:
    sheet = studying(
        "CAP ou équivalent",
        ["BTS lutherie", "CAP luthier", "bac pro lutherie"],
        (
            "Après la 3e",
            "2 ans pour le CAP luthier, éventuellement suivi du BP (2 ans) ; 3 ans pour le bac pro lutherie.",
        ),
        ("Après le bac", "2 à 3 ans pour un BTS."),
    )
    assert [(each.level, each.kinds, each.years, each.is_minimum) for each in way_to_job.stations(sheet)] == [
        ("fin du collège (3e)", "", "", False),
        ("CAP", "CAP", "2 ans après la 3e", True),
        ("bac", "bac pro", "3 ans après la 3e", False),
        ("bac + 2", "BTS", "2 à 3 ans après le bac", False),
    ]
    assert "CAP (CAP ; 2 ans après la 3e ; niveau minimum)" in way_to_job.in_words(
        way_to_job.stations(sheet), sheet.title
    )


@pytest.mark.parametrize(
    "told",
    [
        "2 ans après une licence pour un master.",
        "1 an pour un master.",
        "2 ans de plus pour préparer un master.",
        "Le master s'obtient tard.",
    ],
)
def test_years_that_do_not_lead_to_a_level_are_not_told_of_it(told: str) -> None:
    stations = way_to_job.stations(studying("bac + 5", ["master mention droit"], ("Après le bac", told)))
    assert [each.years for each in stations] == ["", "3 ans de lycée", ""]


def test_a_diploma_of_no_single_level_stands_at_the_least_one() -> None:
    stations = way_to_job.stations(studying("bac + 3", ["diplôme d'État d'infirmier"]))
    assert [(each.level, each.kinds) for each in stations] == [
        ("fin du collège (3e)", ""),
        ("bac", ""),
        ("bac + 3", "diplôme d'État"),
    ]


def test_a_title_of_no_single_level_is_not_told_to_be_of_the_least_one_beside_others() -> None:
    stations = way_to_job.stations(studying("CAP ou équivalent", ["poseur agenceur de cuisines", "BTS bois"]))
    assert [(each.level, each.kinds, each.is_held, each.is_minimum) for each in stations[1:]] == [
        ("CAP ou équivalent", "", False, True),
        ("bac", "", False, False),
        ("bac + 2", "BTS", True, False),
    ]


def test_a_sheet_without_level_and_diploma_has_no_way_to_draw() -> None:
    assert way_to_job.stations(replace(WHOLE, niveau="", formations=())) == ()
    assert way_to_job.stations(replace(WHOLE, niveau="autre formation", formations=())) == ()


@given(st.lists(st.integers(0, pay.MOST), max_size=30))
def test_the_median_is_found_by_counting_alone(amounts: list[int]) -> None:
    def count(queries: Sequence[Query]) -> tuple[int, ...]:
        limits = [int(query.bound("salaire_max") or pay.MOST) for query in queries]
        return tuple(sum(amount <= limit for amount in amounts) for limit in limits)

    expected = median_low(amounts) if amounts else None
    found = pay.median(count, Query())
    assert found == (max(expected, 1) if expected is not None else None)


def test_the_minimum_is_that_of_the_day_of_the_data_unless_the_salary_repeats_an_older_one() -> None:
    assert pay.smic("2025-10-20", 2_000) == ("2025", 1_801)
    assert pay.smic("2026-10-20", 1_801) == ("2025", 1_801)
    assert pay.smic("2030-01-01", 2_000) == ("2026", 1_823), "a year that is not known yet is not named"
    assert pay.smic("", 2_000) == pay.smic("2026-10-20", 2_000) == ("2026", 1_823)
    assert pay.net(1_801) == 1_400


def test_the_facts_at_first_sight_say_studies_pay_conditions_and_interests() -> None:
    sheet = replace(WHOLE, sections={**WHOLE.sections, "conditions_travail": (Block("Tôt le matin...", "x"),)})
    told = sheet_view.glance(sheet, way_to_job.stations(sheet), "2025-10-20")
    assert (told.studies, told.pay, told.conditions) == (
        "CAP ou équivalent",
        "dès 1\u202f801 € brut par mois",
        ("Tôt le matin",),
    )
    assert told.pay_notes == ("environ 1\u202f400 € net", "c'est le SMIC de 2025")
    assert sheet_view.glance(WHOLE, (), "").conditions == WHOLE.statuts


def test_near_jobs_stand_under_what_they_offer() -> None:
    own = fiche(1, "a", niveau="bac + 5", domaines=["bois"], interets=["nature"])
    shorter = fiche(2, "b", niveau="bac + 2", domaines=["bois"])
    elsewhere = fiche(3, "c", niveau="bac + 5", domaines=["mer"], interets=["nature"])
    alike = fiche(4, "d", niveau="bac + 5", domaines=["bois"])
    groups = sheet_view.near(own, [Similar(each, 1.0, False) for each in (alike, shorter, elsewhere)])
    assert [(group.label, [sheet.id for sheet, *_ in group.sheets]) for group in groups] == [
        ("Moins d'études, même domaine", ["MET.2"]),
        ("Mêmes envies, autre domaine", ["MET.3"]),
        ("Qui se ressemblent le plus", ["MET.4"]),
    ]


def test_a_sheet_without_a_diploma_says_why_and_one_with_any_leads_to_their_pages(tmp_path: Path) -> None:
    bare = replace(fiche(900, "veilleur/euse"), niveau="autre formation")
    with_one = replace(fiche(901, "horloger/ère"), formations=(Formation("CAP horlogerie", "FOR.77"),))
    engine = EmbeddedEngine(tmp_path)
    rebuilt(engine, [*VILLAGE, bare, with_one])
    client = create_app(Settings(index=tmp_path), engine).test_client()
    assert "ne nomme pas de diplôme précis" in client.get("/metiers/MET.900").text
    told = client.get("/metiers/MET.901").text
    assert "ne nomme pas de diplôme précis" not in told
    assert 'href="/diplomes/FOR.77"' in told
    assert 'href="https://www.onisep.fr/http/redirection/formation/slug/FOR.77"' in told
    (formation,) = client.get("/api/v1/metiers/MET.901").json["formations"]
    assert formation["html"] == "/diplomes/FOR.77"
    assert formation["url"].endswith("/formation/slug/FOR.77")
    page = client.get("/diplomes/FOR.77").text
    assert re.findall(r'class="hit" data-id="(MET\.\d+)"', page) == ["MET.901"]
    for wrong in ("FOR.78", "FOR.0", "rien"):
        assert client.get(f"/diplomes/{wrong}").status_code == 404
    engine.close()


def test_the_salary_of_a_sheet_stands_beside_the_medians_in_words(client: FlaskClient) -> None:
    html = client.get("/metiers/MET.17").text.replace("\u00a0", " ")
    told = re.findall(r"la moitié des métiers paient au début ([\d\u202f]+) € ou moins", html)
    amounts = [int(each.replace("\u202f", "")) for each in told]
    assert len(amounts) == 2
    below = client.get(f"/api/v1/search?salaire_max={amounts[1]}").json["total_results"]
    total = client.get("/api/v1/search?salaire_min=0").json["total_results"]
    under = client.get(f"/api/v1/search?salaire_max={amounts[1] - 1}").json["total_results"]
    assert under < (total + 1) // 2 <= below


def test_every_domain_of_the_sheets_has_a_pictogram_of_its_own(corpus_engine: Engine) -> None:
    tops = {each.value for each in corpus_engine.facet_values("domaine") if each.parent is None}
    assert tops == set(domain_signs.PICTOGRAMS)
    assert len(set(domain_signs.PICTOGRAMS.values())) == len(tops)


def test_the_typeface_is_small_and_its_licence_stands_beside_it(root: Path) -> None:
    fonts = root / "web" / "static" / "fonts"
    assert sum(each.stat().st_size for each in fonts.glob("*.woff2")) <= 25_000
    assert "SIL OPEN FONT LICENSE" in (fonts / "OFL.txt").read_text(encoding="utf-8")
