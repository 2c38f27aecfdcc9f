"""Every optional field of a sheet left out, alone, in pairs and all together: each page, format and command answers."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields, replace
from itertools import combinations
from pathlib import Path

import pytest
from click.testing import CliRunner
from engines import ENGINES, rebuilt
from flask.testing import FlaskClient
from made_up import WHOLE

from search.backends import open_engine
from search.errors import SheetError
from search.fiche import ID, Fiche
from search.settings import Settings
from search.sources import markdown
from web.api import models
from web.app import create_app
from web.cli.commands import main

OPTIONAL = {
    "genders": "<libelle_feminin>boulangère</libelle_feminin><libelle_masculin>boulanger</libelle_masculin>",
    "synonymes": "<synonymes><synonyme>tourier/ère</synonyme></synonymes>",
    "rome": "<romesV3><romeV3>D1102</romeV3></romesV3>",
    "presentation": "<accroche_metier>Il pétrit le pain.</accroche_metier>",
    "en_bref": "<format_court><![CDATA[<p>Du pain.</p><h3>Durée des études</h3><p>2 ans</p>]]></format_court>",
    "nature": "<nature_travail><![CDATA[<h3>Le four</h3><p>Il cuit.</p>]]></nature_travail>",
    "competences": "<competences><![CDATA[<h3>De la force</h3><p>Et du soin.</p>]]></competences>",
    "conditions": "<condition_travail><![CDATA[<h3>La nuit</h3><p>Il se lève tôt.</p>]]></condition_travail>",
    "vie": "<vie_professionnelle><![CDATA[<h3>Salaire du débutant</h3><p>A partir de 1801 euros brut par mois</p>]]>"
    "</vie_professionnelle>",
    "acces": "<acces_metier>Après la 3e.</acces_metier>",
    "niveau": "<niveau_acces_min><libelle>CAP ou équivalent</libelle></niveau_acces_min>",
    "formations": "<formations_min_requise><formation_min_requise><id>FOR.1</id><libelle>CAP boulanger</libelle>"
    "</formation_min_requise></formations_min_requise>",
    "statuts": "<statuts><statut><libelle>artisan</libelle></statut></statuts>",
    "interets": "<centres_interet><centre_interet><libelle>mes mains</libelle></centre_interet></centres_interet>",
    "secteurs": "<secteurs_activite><secteur_activite><libelle>alimentation</libelle></secteur_activite>"
    "</secteurs_activite>",
    "associes": "<metiers_associes><metier_associe><id>MET.1</id><libelle>x</libelle></metier_associe>"
    "</metiers_associes>",
    "sources": "<sources_numeriques><source><valeur>https://example.org/</valeur></source></sources_numeriques>",
    "publications": "<publications><publication><titre_publication>Le pain</titre_publication></publication>"
    "</publications>",
}
LEFT_OUT = [set(), *({name} for name in OPTIONAL), *map(set, combinations(OPTIONAL, 2)), set(OPTIONAL)]
IDS = [f"MET.{number}" for number in range(1, len(LEFT_OUT) + 1)]


def sheet(number: int, without: set[str]) -> str:
    told = "".join(element for name, element in OPTIONAL.items() if name not in without)
    title = f"<nom_metier>boulanger/ère {number}</nom_metier>"
    return f"<metier><identifiant>MET.{number}</identifiant>{title}{told}</metier>"


def run(*arguments: str | Path) -> str:
    done = CliRunner().invoke(main, [str(each) for each in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("feed") / "feed.xml"
    sheets = "".join(sheet(number, without) for number, without in enumerate(LEFT_OUT, 1))
    file.write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n<metiers>{sheets}</metiers>', encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def index(feed: Path) -> Path:
    folder = feed.parent / "index"
    assert f"{len(LEFT_OUT)} " in run("index", feed, "--index", folder)
    return folder


@pytest.fixture(scope="module")
def client(index: Path) -> Iterator[FlaskClient]:
    settings = Settings(index=index, cache_entries=0)
    engine = open_engine(settings)
    yield create_app(settings, engine).test_client()
    engine.close()


def all_of(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
    return answer.text


PER_PAGE = 100
PAGES = range(1, len(LEFT_OUT) // PER_PAGE + 2)


@pytest.mark.parametrize("words", ["", "q=boulanger&", "q=boulanger&explain=true&", "sort=niveau&", "sort=-salaire&"])
def test_s15_a_search_tells_of_every_sheet_whatever_it_lacks(words: str, client: FlaskClient) -> None:
    told = [
        models.SearchAnswer.model_validate_json(
            all_of(client, f"/api/v1/search?{words}page={page}&per_page={PER_PAGE}"), strict=False
        )
        for page in PAGES
    ]
    assert sorted(each.id for page in told for each in page.results) == sorted(IDS)


def test_s15_the_tables_hold_every_sheet_whatever_it_lacks(client: FlaskClient) -> None:
    lines = all_of(client, "/api/v1/search?format=ndjson").splitlines()
    assert sorted(models.LineAnswer.model_validate_json(line, strict=False).id for line in lines) == sorted(IDS)
    _, *rows = all_of(client, "/api/v1/search?format=csv").splitlines()
    assert sorted(row.partition(";")[0] for row in rows) == sorted(IDS)


@pytest.mark.parametrize("words", ["", "q=boulanger&", "q=boulanger&explain=true&"])
def test_s15_the_page_of_results_shows_every_sheet_whatever_it_lacks(words: str, client: FlaskClient) -> None:
    pages = [all_of(client, f"/?{words}page={page}&per_page={PER_PAGE}") for page in PAGES]
    assert sorted(re.findall(r'class="hit" data-id="(MET\.\d+)"', "".join(pages))) == sorted(IDS)


def test_s15_each_sheet_has_its_page_and_answers_whatever_it_lacks(client: FlaskClient) -> None:
    for id in IDS:
        models.FicheAnswer.model_validate_json(all_of(client, f"/api/v1/metiers/{id}"), strict=False)
        models.SimilarAnswer.model_validate_json(all_of(client, f"/api/v1/metiers/{id}/similaires"), strict=False)
        page = all_of(client, f"/metiers/{id}?q=boulanger")
        assert not re.search(r'href="/\?\w+="|None', page)
        described = json.loads(re.search(r'ld\+json">(.*?)</script>', page)[1])  # type: ignore[index]
        assert all(described.values())


@pytest.mark.parametrize(
    "path", ["/parcourir", "/plan", "/carte", "/carte?q=boulanger", "/sitemap.xml", "/nouveautes.atom", "/api/docs"]
)
def test_s15_the_other_pages_answer(path: str, client: FlaskClient) -> None:
    assert all_of(client, path)


def test_s15_kept_and_compared_sheets_may_lack_anything(client: FlaskClient) -> None:
    for low in range(0, len(IDS), 30):
        kept = "&".join(f"id={id}" for id in IDS[low : low + 30])
        assert all_of(client, f"/selection?{kept}").count('type="checkbox"') == len(IDS[low : low + 30])
        for path in (f"/selection?{kept}&format=csv", f"/classe?{kept}", f"/integrer?{kept}"):
            all_of(client, path)
    for low in range(0, len(IDS), 4):
        all_of(client, "/comparer?" + "&".join(f"id={id}" for id in IDS[low : low + 4]))


def test_s15_a_first_edition_may_lack_everything(tmp_path: Path) -> None:
    file = tmp_path / "bare.xml"
    file.write_text(f"<metiers>{sheet(1, set(OPTIONAL))}</metiers>", encoding="utf-8")
    run("index", file, "--index", tmp_path / "index")
    settings = Settings(index=tmp_path / "index", cache_entries=0)
    engine = open_engine(settings)
    client = create_app(settings, engine).test_client()
    for path in ("/", "/parcourir", "/plan", "/carte", "/metiers/MET.1", "/filtres/niveau", "/?niveau_max=bac-2"):
        assert client.get(path).status_code in (200, 404), path
    assert client.get("/api/v1/search").json["results"][0]["niveau"] is None  # type: ignore[index]
    engine.close()


def test_s15_the_feed_of_news_tells_of_sheets_that_lack_something(feed: Path, tmp_path: Path) -> None:
    first = tmp_path / "first.xml"
    first.write_text(f"<metiers>{sheet(1000, set())}</metiers>", encoding="utf-8")
    for source in (first, feed):
        run("index", source, "--index", tmp_path / "index")
    settings = Settings(index=tmp_path / "index")
    engine = open_engine(settings)
    entries = ET.fromstring(create_app(settings, engine).test_client().get("/nouveautes.atom").text)
    assert len(entries.findall("{http://www.w3.org/2005/Atom}entry")) == 50
    engine.close()


def test_s15_every_command_takes_sheets_that_lack_something(feed: Path, index: Path) -> None:
    assert "unknown level" in run("check", feed)
    run("check", "--index", index)
    assert "0 came, 0 went, 0 changed" in run("diff", feed, feed)
    shown = run("search", "boulanger", "--where", "per_page=100", "--index", index)
    assert "MET." in shown
    assert all(line == line.rstrip() for line in shown.splitlines())
    assert json.loads(run("search", "boulanger", "--json", "--index", index))["total_results"] == len(IDS)


EMPTY = {each.name: getattr(Fiche("MET.1", "t", "t", "t", ""), each.name) for each in fields(Fiche)[4:]}
"""What may be left out of a sheet, however it was read: everything but its id and its names, as it is when absent."""


@pytest.mark.parametrize("name", sorted(ENGINES))
def test_s15_a_sheet_may_lack_whatever_it_can_hold(name: str, tmp_path: Path) -> None:
    lacking = [(), *((each,) for each in EMPTY), *combinations(EMPTY, 2), tuple(EMPTY)]
    sheets = [
        replace(WHOLE, id=f"MET.{number}", **{each: EMPTY[each] for each in names})
        for number, names in enumerate(lacking, 1)
    ]
    engine = ENGINES[name](tmp_path / "index")
    rebuilt(engine, sheets)
    client = create_app(Settings(cache_entries=0), engine).test_client()
    for page in range(1, len(sheets) // PER_PAGE + 2):
        for words in ("", "q=boulanger&explain=true&", "sort=-niveau&"):
            answer = all_of(client, f"/api/v1/search?{words}page={page}&per_page={PER_PAGE}")
            models.SearchAnswer.model_validate_json(answer, strict=False)
            all_of(client, f"/?{words}page={page}&per_page={PER_PAGE}")
    for sheet in sheets:
        models.FicheAnswer.model_validate_json(all_of(client, f"/api/v1/metiers/{sheet.id}"), strict=False)
        all_of(client, f"/metiers/{sheet.id}")
    for format in ("csv", "ndjson"):
        assert len(all_of(client, f"/api/v1/search?format={format}").splitlines()) >= len(sheets)
    engine.close()


@pytest.mark.parametrize(
    "dash", ["", "-", "–", "—", "…", "/", "\\-", "**-**", "Non renseigné", "N/A", "&nbsp;", "\u200b"]
)
def test_s15_a_dash_in_the_place_of_a_value_is_no_value(dash: str) -> None:
    fiche = markdown.parse(
        f"# boulanger/ère\n**ID:** MET.17\n**Niveau d'accès minimum:** {dash}\n**Statuts possibles:**\n- {dash}\n"
        f"**Codes ROME:**\n- {dash}\n## Formations recommandées\n- {dash}\n## Centres d'intérêt\n- {dash}\n"
    )
    assert (fiche.niveau, fiche.statuts, fiche.rome, fiche.formations, fiche.interets) == ("", (), (), (), ())


def test_an_id_is_never_optional() -> None:
    with pytest.raises(SheetError, match="no ID"):
        markdown.parse("# boulanger/ère\n**ID:** -\n")


@pytest.mark.parametrize("id", ["MET.10000000", "MET.12345678", "MET.999999999"])
def test_an_identifier_of_eight_or_nine_digits_is_served_like_any_other(tmp_path: Path, id: str) -> None:
    (tmp_path / "a.md").write_text(f"# meunier\n**ID:** {id}\n", encoding="utf-8")
    run("index", tmp_path / "a.md", "--index", tmp_path / "index")
    settings = Settings(index=tmp_path / "index")
    with closing(open_engine(settings)) as engine:
        client = create_app(settings, engine).test_client()
        for path in (
            f"/metiers/{id}",
            f"/api/v1/metiers/{id}",
            f"/selection?id={id}",
            f"/api/v1/metiers/{id}/similaires",
        ):
            assert client.get(path).status_code == 200, path
        assert client.get(f"/metiers/{id.lower()}").headers["Location"].endswith(id)


def test_the_script_of_the_pages_knows_the_same_identifiers(root: Path) -> None:
    assert f"/^{ID.pattern}$/" in (root / "web" / "static" / "app.js").read_text(encoding="utf-8")
