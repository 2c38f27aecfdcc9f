"""One entry more in a copy of the code, and nothing else: index, filters, API, pages, table and cluster follow.

Each test adds a facet, a range, a section or a page to its one declaration and asks the changed program, which runs in
a process of its own, on each engine.
"""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from search.fields import FACET_BY_NAME
from search.french import facet_completion
from web import texts
from web.pages import comparison, sheet_view

ROOT = Path(__file__).parent.parent

ASK = """
import json, sys
from contextlib import closing
from search.backends import open_engine
from search.settings import from_environment
from web.app import create_app

settings = from_environment()
with closing(open_engine(settings)) as engine:
    client = create_app(settings, engine).test_client()
    answers = {path: client.get(path) for path in sys.argv[1:]}
    print(json.dumps({path: [answer.status_code, answer.text] for path, answer in answers.items()}))
"""

SHEET = """# {title}
**ID:** MET.{number}
**Niveau d'accès minimum:** bac + 2
## Présentation
Il travaille bien.
"""


class Changed:
    """A copy of the code with one entry more, and its own index on one engine."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self._environment = {**os.environ, "METIERS_INDEX": str(folder / "index"), **environment}
        for package in ("search", "web"):
            shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))

    def add(self, file: str, declaration: str, entry: str) -> None:
        """Write an entry at the end of a declaration, which is a tuple in one of the files."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        end = text.index("\n)", text.index(f"\n{declaration}: "))
        path.write_text(f"{text[:end]}\n    {entry}{text[end:]}", encoding="utf-8")

    def run(self, *arguments: str) -> str:
        """What the changed program prints. Fails with its own words."""
        done = subprocess.run(
            [sys.executable, *arguments], cwd=self.folder, env=self._environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def index(self, *sources: Path) -> None:
        self.run("-m", "web.cli", "index", *map(str, sources))

    def ask(self, paths: Sequence[str]) -> dict[str, str]:
        """The bodies of the answers, by path; each must be good."""
        answers: dict[str, tuple[int, str]] = json.loads(self.run("-c", ASK, *paths))
        assert {path: status for path, (status, _) in answers.items() if status != 200} == {}
        return {path: text for path, (_, text) in answers.items()}


@pytest.fixture(params=["embedded", "opensearch"])
def changed(request: pytest.FixtureRequest, tmp_path: Path) -> Changed:
    if request.param == "embedded":
        return Changed(tmp_path / "code", {})
    from engines import opensearch_settings

    settings = opensearch_settings(tmp_path)
    names = ("engine", "opensearch_url", "opensearch_index", "opensearch_replicas", "opensearch_timeout")
    return Changed(tmp_path / "code", {f"METIERS_{name.upper()}": str(getattr(settings, name)) for name in names})


@pytest.fixture
def sheets(tmp_path: Path) -> Path:
    """Three sheets, whose titles have 6, 8 and 10 letters."""
    folder = tmp_path / "sheets"
    folder.mkdir()
    for number, title in enumerate(("soudeu", "boulange", "jardiniere"), 1):
        (folder / f"{number}.md").write_text(SHEET.format(number=number, title=title), encoding="utf-8")
    return folder


def search(**parameters: Any) -> str:
    return "/api/v1/search?" + urlencode(parameters)


def ids(answer: str) -> list[str]:
    return [each["id"] for each in json.loads(answer)["results"]]


def described(openapi: str, path: str, parameter: str) -> dict[str, Any]:
    operation = json.loads(openapi)["paths"][path]["get"]
    return next(each for each in operation["parameters"] if each["name"] == parameter)  # type: ignore[no-any-return]


def table(answer: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.removeprefix("\ufeff")), delimiter=";"))


def test_a_facet_needs_one_entry(changed: Changed, sheets: Path) -> None:
    changed.add(
        "search/fields.py",
        "FACETS",
        'Facet("longueur", "Longueur du nom", "ordered", lambda fiche: (Value(f"l{len(fiche.title)}", '
        'f"{len(fiche.title)} lettres", rank=len(fiche.title)),), "Nombre de lettres du nom.", "longueurs", '
        'in_sitemap=True, heading="Par longueur", browsed=True, charted=True),',
    )
    changed.index(sheets)
    chosen, every = search(longueur="l8"), search()
    lists = [
        "/?q=travaille",
        "/parcourir",
        "/?longueur=l8",
        "/filtres/longueur",
        "/metiers/MET.3",
        "/api/v1/facets/longueur",
        "/api/v1/metiers/MET.3",
    ]
    around = ["/api/v1/openapi.json", "/sitemap.xml", "/api/docs", search(format="csv")]
    found = changed.ask([chosen, every, search(longueur="8 lettres"), *lists, *around])

    assert ids(found[chosen]) == ids(found[search(longueur="8 lettres")]) == ["MET.2"]
    counted = next(each for each in json.loads(found[every])["facets"] if each["name"] == "longueur")
    assert [(each["label"], each["rank"], each["count"]) for each in counted["values"]] == [
        ("6 lettres", 6, 1),
        ("8 lettres", 8, 1),
        ("10 lettres", 10, 1),
    ]
    assert json.loads(found["/api/v1/facets/longueur"])["label"] == "Longueur du nom"
    assert json.loads(found["/api/v1/metiers/MET.3"])["longueurs"] == [
        {"value": "l10", "label": "10 lettres", "rank": 10}
    ]
    openapi = found["/api/v1/openapi.json"]
    assert described(openapi, "/api/v1/search", "longueur")["description"] == "Nombre de lettres du nom."
    assert "longueurs" in json.loads(openapi)["components"]["schemas"]["FicheAnswer"]["properties"]
    assert "<code>longueur</code>" in found["/api/docs"]
    assert [row["longueurs"] for row in table(found[search(format="csv")])] == ["8 lettres", "10 lettres", "6 lettres"]
    assert "/?longueur=l10</loc>" in found["/sitemap.xml"]
    assert 'name="longueur" value="l8" checked' in found["/?longueur=l8"]
    assert "Retirer le filtre </span>8 lettres" in found["/?longueur=l8"]
    assert "<h1>Longueur du nom</h1>" in found["/filtres/longueur"]
    assert '<a href="#longueurs">Par longueur</a>' in found["/parcourir"]
    assert '<a href="/?longueur=l10"><span>10 lettres</span>' in found["/parcourir"]
    assert "<h3>Par longueur</h3>" in found["/?q=travaille"]
    assert '<a href="/?longueur=l10">10 lettres</a>' in found["/metiers/MET.3"]


def test_a_range_needs_one_entry(changed: Changed, sheets: Path) -> None:
    changed.add(
        "search/fields.py",
        "RANGES",
        'Range("lettres", "Lettres du nom", lambda fiche: (len(fiche.title), len(fiche.title)), '
        'Bound("Au moins tant de lettres.", "À partir de", "lettres à partir de"), '
        'Bound("Au plus tant de lettres.", "Jusqu\'à", "lettres jusqu\'à"), ("noms courts", "noms longs")),',
    )
    changed.index(sheets)
    asked = {
        search(lettres_min=8): ["MET.2", "MET.3"],
        search(lettres_max=8): ["MET.2", "MET.1"],
        search(lettres_min=7, lettres_max=9): ["MET.2"],
        search(lettres_min=9, lettres_max=7): [],
        search(sort="lettres"): ["MET.1", "MET.2", "MET.3"],
        search(sort="-lettres"): ["MET.3", "MET.2", "MET.1"],
    }
    page, files = "/?lettres_min=8", ["/api/v1/openapi.json", "/api/docs", search(format="csv")]
    found = changed.ask([*asked, page, *files])

    assert {path: ids(found[path]) for path in asked} == asked
    empty = json.loads(found[search(lettres_min=9, lettres_max=7)])
    assert (empty["query"]["lettres_min"], empty["query"]["lettres_max"]) == (9, 7)
    assert ["lettres_min"] in [each["remove"] for each in empty["relaxations"]]
    bound = described(found["/api/v1/openapi.json"], "/api/v1/search", "lettres_max")
    assert (bound["description"], bound["schema"]["type"]) == ("Au plus tant de lettres.", "integer")
    assert "lettres_min" in json.loads(found["/api/v1/openapi.json"])["components"]["schemas"]["Asked"]["properties"]
    assert [row["lettres_min"] for row in table(found[search(format="csv")])] == ["8", "10", "6"]
    assert "lettres à partir de 8" in found[page]
    assert "Noms courts" in found[page]
    assert 'name="lettres_max"' in found[page]
    assert "<code>lettres_min</code>" in found["/api/docs"]


def test_a_section_needs_one_entry(changed: Changed, sheets: Path, tmp_path: Path) -> None:
    changed.add(
        "search/fields.py", "FIELDS", 'Field("outils", "Outils du métier", "outils", 1.0, 0.5, "outils_metier"),'
    )
    with (sheets / "1.md").open("a", encoding="utf-8") as file:
        file.write("## Outils du métier\n### Le chalumeau\nUn masque et des gants.\n")
    feed = tmp_path / "feed.xml"
    feed.write_text(
        "<metiers><metier><identifiant>MET.9</identifiant><nom_metier>verrier</nom_metier>"
        "<outils_metier><![CDATA[<h3>La canne</h3><p>Un four.</p>]]></outils_metier></metier></metiers>",
        encoding="utf-8",
    )
    changed.index(sheets, feed)
    inside, outside = search(q="chalumeau", dans="outils"), search(q="chalumeau", dans="presentation")
    pages = ["/metiers/MET.1", "/?q=chalumeau", "/api/v1/metiers/MET.1", "/api/v1/metiers/MET.9"]
    found = changed.ask([inside, outside, search(q="canne"), *pages, "/api/v1/openapi.json"])

    assert ids(found[inside]) == ["MET.1"]
    assert ids(found[outside]) == []
    assert ids(found[search(q="canne")]) == ["MET.9"]
    snippet = json.loads(found[inside])["results"][0]["highlight"]["snippets"][0]
    assert (snippet["label"], snippet["href"]) == ("Outils du métier", "/metiers/MET.1#outils")
    told = {id: json.loads(found[f"/api/v1/metiers/{id}"])["sections"][-1] for id in ("MET.1", "MET.9")}
    assert told["MET.1"]["blocks"] == [{"title": "Le chalumeau", "text": "Un masque et des gants."}]
    assert told["MET.9"]["blocks"] == [{"title": "La canne", "text": "Un four."}]
    assert '<section id="outils">' in found["/metiers/MET.1"]
    assert '<a href="#outils">Outils du métier</a>' in found["/metiers/MET.1"]
    assert 'name="dans" value="outils"' in found["/?q=chalumeau"]
    openapi = described(found["/api/v1/openapi.json"], "/api/v1/search", "dans")
    assert "outils" in json.dumps(openapi)
    assert "without « Outils du métier »: 2" in changed.run("-m", "web.cli", "check", str(sheets))


def test_a_page_needs_one_entry_and_its_text(sheets: Path, tmp_path: Path) -> None:
    changed = Changed(tmp_path / "code", {})
    changed.add(
        "web/pages/site_pages.py",
        "PAGES",
        'SitePage("/mentions", "Mentions légales", in_menu=True, in_footer=True, template="mentions.html"),',
    )
    text = '{% extends "base.html" %}\n{% block title %}{{ this_page.title }}{% endblock %}\n'
    text += "{% block main %}Ici.{% endblock %}\n"
    (changed.folder / "web" / "templates" / "mentions.html").write_text(text, encoding="utf-8")
    changed.index(sheets)
    found = changed.ask(["/mentions", "/plan", "/sitemap.xml", "/"])

    assert "<title>Mentions légales" in found["/mentions"]
    assert '<a href="/mentions" aria-current="page">Mentions légales</a>' in found["/mentions"]
    assert found["/"].count('<a href="/mentions">Mentions légales</a>') == 2
    assert found["/plan"].count('href="/mentions"') == 3
    assert "/mentions</loc>" in found["/sitemap.xml"]


def test_lists_written_by_hand_name_what_is_declared() -> None:
    """What a heading or a form of its own is written for, beside the declarations, is exactly what is there."""
    assert list(texts.COMPLETED) == list(facet_completion.FACETS)
    assert set(facet_completion.FACETS) <= set(FACET_BY_NAME)
    assert set(texts.COMPARED) == set(comparison._COMPARED)
    assert set(sheet_view.IN_THEIR_OWN_FORM) <= set(FACET_BY_NAME)
