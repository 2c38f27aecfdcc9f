"""A service under a path of its address: every link of every page, file and answer leads under it, and works there."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import Client

from search.engine import Engine
from search.settings import Settings
from web.app import create_app, is_api
from web.pages.site_pages import PAGES
from web.prefix import in_json, in_page
from web.serving.overload import Guard

# The name that an address of the service has too: /metiers/MET.17.
PREFIX = "/ville/metiers"
BASE = f"https://example.org{PREFIX}"
ANSWERS = (
    "/api/v1/search?q=boulanger&per_page=1", "/api/v1/search?per_page=1&page=2&niveau=cap-ou-equivalent&zeros=true",
    "/api/v1/search?q=boulangee", "/api/v1/search?q=sans+bac+-pain", "/api/v1/search?q=zzzz&niveau=cap-ou-equivalent",
    "/api/v1/suggest?q=bou", "/api/v1/suggest?q=cap", "/api/v1/metiers/MET.242", "/api/v1/metiers/MET.242/similaires",
    "/api/v1/facets/niveau", "/api/v1/search?nivo=1", "/api/v1/metiers/MET.1", "/health/ready",
)  # fmt: skip


@pytest.fixture(scope="module")
def prefixed_app(seeds_settings: Settings, seeds_engine: Engine) -> Flask:
    """The application over the seeds, under the prefix."""
    return create_app(Settings(index=seeds_settings.index, base_url=BASE), seeds_engine)


@pytest.fixture
def prefixed(prefixed_app: Flask) -> FlaskClient:
    """A client of the application under the prefix."""
    return prefixed_app.test_client()


def shape(link: str) -> tuple[str, frozenset[str]]:
    """What tells one kind of page from another: its path and the names of its parameters."""
    parts = urlsplit(link)
    return parts.path, frozenset(name for name, _ in parse_qsl(parts.query))


def test_every_page_is_reached_by_links_and_every_link_stays_under_the_prefix(prefixed: FlaskClient) -> None:
    waiting, seen = [f"{PREFIX}/", f"{PREFIX}/hasard", f"{PREFIX}/?q=rien+du+tout", f"{PREFIX}/?niveau=x"], set()
    while waiting:
        link = waiting.pop()
        if shape(link) in seen:
            continue
        seen.add(shape(link))
        answer = prefixed.get(link)
        assert answer.status_code in ((400,) if "niveau=x" in link else (200, 302)), link
        assert "Set-Cookie" not in answer.headers
        page = answer.text if answer.mimetype == "text/html" else ""
        found = re.findall(r'\s(?!data-prefix)[a-z-]+="(/[^"]*)"', page)
        found += [answer.headers["Location"]] if "Location" in answer.headers else []
        assert [each for each in found if not each.startswith(f"{PREFIX}/")] == [], link
        waiting += [each.replace("&amp;", "&").partition("#")[0] for each in found]
    paths = {path for path, _ in seen}
    assert paths >= {f"{PREFIX}{page.path}" for page in PAGES}
    assert paths >= {f"{PREFIX}/static/app.js", f"{PREFIX}/opensearch.xml", f"{PREFIX}/api/v1/openapi.json"}
    assert any(path.startswith(f"{PREFIX}/metiers/MET.") for path in paths)
    assert any(path.startswith(f"{PREFIX}/filtres/") for path in paths)


def strings(told: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every string of a JSON value, with the key that it stands under."""
    if isinstance(told, str):
        yield key, told
    for name, value in told.items() if isinstance(told, dict) else enumerate(told) if isinstance(told, list) else ():
        yield from strings(value, name if isinstance(name, str) else key)


@pytest.mark.parametrize("path", ANSWERS)
def test_every_link_of_an_answer_of_the_api_leads_under_the_prefix(
    prefixed: FlaskClient, seeds_client: FlaskClient, path: str
) -> None:
    here, plain = prefixed.get(PREFIX + path), seeds_client.get(path)
    assert here.status_code == plain.status_code
    given = [(key, value) for key, value in strings(plain.get_json()) if key != "request_id"]
    moved = [(key, PREFIX + value if value.startswith("/") else value) for key, value in given]
    assert [each for each in strings(here.get_json()) if each[0] != "request_id"] == moved
    assert here.headers.get("Link", "") == plain.headers.get("Link", "").replace("</", f"<{PREFIX}/")


def test_what_a_reader_writes_is_never_taken_for_a_link(prefixed: FlaskClient) -> None:
    written = ' href="/x" "href":"/x'
    assert (
        prefixed.get(f"{PREFIX}/api/v1/search", query_string={"q": written}).get_json()["query"]["q"] == written.strip()
    )
    assert f"{PREFIX}/x" not in prefixed.get(f"{PREFIX}/", query_string={"q": written}).text
    assert (in_page("", ' href="/"'), in_json("", b'{"href":"/"}')) == (' href="/"', b'{"href":"/"}')


def test_absolute_addresses_and_the_description_have_the_prefix_once(prefixed: FlaskClient) -> None:
    document = prefixed.get(f"{PREFIX}/api/v1/openapi.json").get_json()
    assert document["servers"] == [{"url": PREFIX}]
    assert "/api/v1/search" in document["paths"]
    for path in ("/sitemap.xml", "/nouveautes.atom", "/opensearch.xml", "/robots.txt", "/.well-known/security.txt"):
        told = prefixed.get(PREFIX + path).text
        own = re.findall(r"https://example\.org[^\s<\"]*", told)
        assert own, path
        assert [each for each in own if not each.startswith(f"{BASE}/") or each.count(PREFIX) > 1] == [], path
    canonical = re.search(r'rel="canonical" href="([^"]+)"', prefixed.get(f"{PREFIX}/metiers/MET.242").text)
    assert canonical
    assert canonical[1] == f"{BASE}/metiers/MET.242"
    rules = re.findall(r"allow: (\S+)", prefixed.get(f"{PREFIX}/robots.txt").text)
    assert rules
    assert all(rule.startswith(f"{PREFIX}/") for rule in rules)


def test_a_redirect_leads_under_the_prefix(prefixed: FlaskClient) -> None:
    assert prefixed.get(f"{PREFIX}/metiers/met.242.").headers["Location"] == f"{PREFIX}/metiers/MET.242"
    assert prefixed.get(PREFIX).status_code == 200


@pytest.mark.parametrize("path", ["/", "/metiers/MET.242", "/ville", "/ville/metiersX/"])
def test_nothing_is_served_outside_the_prefix_but_health_checks(prefixed: FlaskClient, path: str) -> None:
    answer = prefixed.get(path)
    assert answer.status_code == 404
    assert "Content-Security-Policy" in answer.headers
    assert prefixed.get("/health/ready").status_code == prefixed.get(f"{PREFIX}/health/ready").status_code == 200


def test_a_refusal_under_load_leads_under_the_prefix(seeds_settings: Settings, seeds_engine: Engine) -> None:
    settings = Settings(index=seeds_settings.index, base_url=BASE)
    app = create_app(settings, seeds_engine, None, lambda inner: Guard(inner, 1, -1, is_api))
    client = Client(app)
    refused = client.get(f"{PREFIX}/api/v1/search?q=pain")
    assert refused.status_code == 503
    assert refused.get_json()["type"].startswith(f"{PREFIX}/api/docs#")
    assert f'href="{PREFIX}/aide"' in client.get(f"{PREFIX}/").text
    assert client.get("/health/live").status_code == 200
