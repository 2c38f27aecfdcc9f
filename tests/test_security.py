"""What every answer says to a browser, and what is never given back to one."""

import csv
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import pytest
from asking import SOAK
from defusedxml import ElementTree
from flask import Flask
from flask.testing import FlaskClient

from search.engine import Engine, Excerpt, Hit, Hits
from search.fiche import Appellation, Block, Fiche, Formation, Publication, Salaire, Source
from search.fields import WRITTEN
from search.query import Query
from search.settings import Settings
from web.app import create_app

PATHS = (
    ("GET", "/", 200),
    ("GET", "/?q=bois", 200),
    ("GET", "/metiers/MET.242", 200),
    ("GET", "/parcourir", 200),
    ("GET", "/plan", 200),
    ("GET", "/selection?id=MET.242", 200),
    ("GET", "/api/docs", 200),
    ("GET", "/api/v1/search", 200),
    ("GET", "/api/v1/search?format=csv", 200),
    ("GET", "/api/v1/search?page=0", 400),
    ("GET", "/?page=0", 400),
    ("GET", "/rien", 404),
    ("GET", "/api/v1/rien", 404),
    ("POST", "/", 405),
    ("GET", "/?q=" + "a" * 9000, 414),
    ("GET", "/static/style.css", 200),
    ("GET", "/static/rien.css", 404),
    ("GET", "/sitemap.xml", 200),
    ("GET", "/robots.txt", 200),
    ("GET", "/favicon.ico", 200),
    ("GET", "/health/live", 200),
    ("HEAD", "/", 200),
    ("OPTIONS", "/", 200),
)


def check_headers(headers: Any) -> None:
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "*" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Request-Id"]
    assert "Set-Cookie" not in headers
    assert not re.search(r"\d", headers.get("Server", ""))
    assert "X-Powered-By" not in headers
    assert len(headers.getlist("Content-Security-Policy")) == 1


@pytest.mark.parametrize(("method", "path", "status"), PATHS)
def test_s12_every_answer_carries_the_safety_headers(
    seeds_client: FlaskClient, method: str, path: str, status: int
) -> None:
    answer = seeds_client.open(path, method=method)
    assert answer.status_code == status
    check_headers(answer.headers)


@pytest.mark.parametrize("path", ["/", "/api/v1/search", "/static/style.css", "/metiers/MET.242"])
def test_s12_an_unchanged_answer_carries_them_too(seeds_client: FlaskClient, path: str) -> None:
    tag = seeds_client.get(path).headers["ETag"]
    answer = seeds_client.get(path, headers={"If-None-Match": tag})
    assert answer.status_code == 304
    check_headers(answer.headers)


def test_only_an_https_service_asks_for_https(seeds_settings: Settings, seeds_engine: Engine) -> None:
    client = create_app(replace(seeds_settings, base_url="https://metiers.example.org"), seeds_engine).test_client()
    assert "Strict-Transport-Security" in client.get("/").headers
    plain = create_app(seeds_settings, seeds_engine).test_client()
    assert "Strict-Transport-Security" not in plain.get("/").headers


@pytest.mark.parametrize(
    "path", ["/", "/metiers/MET.242", "/sitemap.xml", "/opensearch.xml", "/api/v1/search", "/rien", "//evil.example/x"]
)
def test_s11_the_host_that_was_asked_is_never_given_back(seeds_client: FlaskClient, path: str) -> None:
    answer = seeds_client.get(path, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    assert "evil.example" not in answer.text.replace("//evil.example/x", "")
    assert "evil.example" not in str(answer.headers).replace("//evil.example/x", "")
    assert "Location" not in answer.headers


def test_a_request_number_is_kept_only_if_it_is_harmless(seeds_client: FlaskClient) -> None:
    assert seeds_client.get("/", headers={"X-Request-Id": "abc-123-def"}).headers["X-Request-Id"] == "abc-123-def"
    assert seeds_client.get("/", headers={"X-Request-Id": "a b<script>"}).headers["X-Request-Id"] != "a b<script>"


@pytest.mark.parametrize(
    "id",
    [
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e%2f",
        "MET.1%00",
        "CON",
        "aux.txt",
        "C:%5Cwindows",
    ],
)
def test_s8_a_strange_identifier_is_not_found(seeds_client: FlaskClient, id: str) -> None:
    for door in ("/metiers/", "/api/v1/metiers/", "/static/"):
        assert seeds_client.get(door + id).status_code == 404


WAYS_OUT = ("", '">', "'>", "</title>", "</script>", "</textarea>", "</style>", "-->", "]]>", "` ", "&quot;>")
DEEDS = (
    "<script>alert(1)</script>",
    "<svg/onload=alert(1)>",
    "<img src=x onerror=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    " onmouseover=alert(1) x=",
    "<a href=javascript:alert(1)>x</a>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<form action=//evil.example><input name=q>",
)
PAYLOADS = (
    *[out + deed for out in WAYS_OUT for deed in DEEDS][:: 1 if SOAK else 4],
    "javascript:alert(1)",
    "{{7*7}}{% raw %}${7*7}",
    "<!--<script>",
    "&lt;script&gt;<mark>",
    "\u2028alert(1)\u2029",
    "<ſcript>alert(1)</ſcript>",
    "＜script＞alert(1)＜/script＞",
    "+ADw-script+AD4-alert(1)",
)
"""107 in the long run; one in four of the combinations otherwise, each way out and each deed among them."""


class Tags(HTMLParser):
    """The tags, attributes and text outside of scripts of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


def check_page(page: str) -> None:
    parser = Tags()
    parser.feed(page)
    assert not [name for name, _ in parser.attributes if name.startswith("on")]
    assert not [
        value
        for name, value in parser.attributes
        if name in {"href", "src", "action"} and (value or "").lower().startswith("javascript:")
    ]
    assert not [name for name, _ in parser.attributes if name == "style"]
    assert not {"img", "iframe", "object", "embed", "base", "frame"} & set(parser.tags)
    assert not [value for _, value in parser.attributes if "evil" in (value or "") and value.startswith("//")]
    assert ("http-equiv", "refresh") not in parser.attributes
    assert parser.tags.count("script") == len(re.findall(r'<script type="(?:module|application/(?:ld\+)?json)"', page))


@pytest.mark.soak
@pytest.mark.parametrize("payload", PAYLOADS)
def test_s6_what_is_asked_comes_back_escaped(seeds_client: FlaskClient, payload: str) -> None:
    word = quote(payload)
    for path in (
        f"/?q={word}",
        f"/?niveau={word}",
        f"/?{word}=1",
        f"/metiers/{word}",
        f"/selection?q={word}",
        f"/filtres/niveau?contient={word}",
    ):
        check_page(seeds_client.get(path).text)
    for path in (f"/api/v1/search?q={word}", f"/api/v1/search?niveau={word}", f"/api/v1/suggest?q={word}"):
        answer = seeds_client.get(path)
        assert answer.mimetype in {"application/json", "application/problem+json"}
        json.loads(answer.data)


def hostile(payload: str) -> Fiche:
    """A sheet in which every text is hostile."""
    block = (Block(payload, payload),)
    return Fiche(
        id="MET.242", title=payload, feminin=payload + "e", masculin=payload, niveau="bac + 2",
        sections={field.name: block for field in WRITTEN}, duree_etudes=block,
        autres_appellations=(Appellation(payload, payload, payload),),
        formations=(Formation(payload, "FOR.1"),), statuts=(payload,), interets=(payload,),
        salaire_debutant=Salaire(payload, 1, 2), secteurs=(payload,),
        sources=(Source(payload, payload),),
        publications=(Publication(payload, payload, payload, payload),),
    )  # fmt: skip


class Hostile:
    """The engine over the seeds, whose every sheet is hostile."""

    def __init__(self, engine: Engine, fiche: Fiche) -> None:
        self._engine = engine
        self._fiche = fiche

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def get(self, id: str) -> Fiche:
        return self._fiche

    def search(self, query: Query) -> Hits:
        found = self._engine.search(query)
        text = self._fiche.title
        excerpt = Excerpt("nature_travail", 0, text, ((0, len(text) // 2),))
        return replace(found, total=1, hits=(Hit(self._fiche, 1.0, ((0, 2),), (excerpt,), ("nature_travail",)),))

    def all(self) -> list[tuple[str, str]]:
        return [(self._fiche.id, self._fiche.title)]


@pytest.fixture(params=PAYLOADS)
def hostile_app(request: pytest.FixtureRequest, seeds_settings: Settings, seeds_engine: Engine) -> Flask:
    return create_app(seeds_settings, Hostile(seeds_engine, hostile(request.param)))  # type: ignore[arg-type]


@pytest.mark.soak
def test_s6_what_a_sheet_says_comes_out_escaped(hostile_app: Flask) -> None:
    client = hostile_app.test_client()
    for path in (
        "/",
        "/?q=a",
        "/metiers/MET.242",
        "/metiers/MET.242?q=a",
        "/plan",
        "/selection?id=MET.242",
        "/comparer?id=MET.242&id=MET.2",
        "/classe?id=MET.242&id=MET.2",
        "/integrer?id=MET.242",
        "/carte",
    ):
        answer = client.get(path)
        assert answer.status_code == 200
        check_page(answer.text)
    block = re.search(
        r'<script type="application/ld\+json">(.*?)</script>', client.get("/metiers/MET.242").text, re.DOTALL
    )
    assert block
    assert "<" not in block.group(1)
    for path in ("/sitemap.xml", "/nouveautes.atom", "/flux?q=a", "/opensearch.xml"):
        names = {each.tag.rpartition("}")[2].lower() for each in ElementTree.fromstring(client.get(path).data).iter()}
        assert not names & {"script", "svg", "img", "iframe", "base", "meta", "form", "a", "mark"}
    for kind, mimetype in (("csv", "text/csv"), ("ndjson", "application/x-ndjson")):
        answer = client.get(f"/api/v1/search?format={kind}")
        # Never read as a page: whatever is in it, it is text.
        assert (answer.mimetype, answer.headers["X-Content-Type-Options"]) == (mimetype, "nosniff")
    title = client.get("/api/v1/metiers/MET.242").json["title"]
    rows = csv.DictReader(
        io.StringIO(client.get("/api/v1/search?format=csv").text.removeprefix("\ufeff")), delimiter=";"
    )
    (row,) = (each for each in rows if each["id"] == "MET.242")
    assert title in row.values() or f"'{title}" in row.values()
    assert json.loads(block.group(1))["name"] == client.get("/api/v1/metiers/MET.242").json["title"]
    for result in client.get("/api/v1/search").json["results"]:
        for snippet in result["highlight"]["snippets"]:
            assert "<" not in re.sub(r"</?mark>", "", snippet["html"])
