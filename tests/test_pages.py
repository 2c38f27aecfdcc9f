"""The pages, whole without JavaScript: what they show, where each link leads, what programs find around them."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from engines import quiet, rebuilt
from flask.testing import FlaskClient
from made_up import VILLAGE, fiche

from search.embedded.engine import EmbeddedEngine
from search.engine import Engine
from search.settings import Settings
from web.app import create_app


class Page(HTMLParser):
    """The links, fields, identifiers and headings of a page."""

    def __init__(self, client: FlaskClient, path: str, status: int = 200) -> None:
        super().__init__()
        answer = client.get(path)
        assert answer.status_code == status, (path, answer.status_code)
        self.html = answer.text
        self.links: list[str] = []
        self.ids: list[str] = []
        self.fields: list[dict[str, str | None]] = []
        self.headings: list[int] = []
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"] or "")
        if attributes.get("id"):
            self.ids.append(attributes["id"] or "")
        if tag in {"input", "select"}:
            self.fields.append(attributes)
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))

    @property
    def results(self) -> list[str]:
        """The sheets listed, in order."""
        return re.findall(r'class="hit" data-id="(MET\.\d+)"', self.html)

    def local_links(self) -> set[str]:
        """The addresses on this site that the page leads to."""
        return {link for link in self.links if link.startswith("/")}


PATHS = (
    "/", "/?q=boulanger", "/?q=bois&niveau=bac-2", "/?q=boulanger&niveau=bac-8", "/?q=zzzzqqq", "/?page=400",
    "/metiers/MET.17", "/metiers/MET.242?q=m%C3%A9canique", "/filtres/domaine?q=bois", "/filtres/rome", "/parcourir",
    "/plan", "/selection", "/selection?id=MET.17&id=MET.242&q=bou", "/comparer?id=MET.17&id=MET.242", "/aide",
    "/donnees", "/mentions-legales", "/a-propos", "/accessibilite", "/api/docs",
    "/?rome=a&domaine=sport", "/classe", "/diplomes/FOR.618",
    "/classe?id=MET.17&id=MET.242&nom=a", "/selection?id=MET.17&nom=3e+B&q=bou",
    "/sur-votre-site", "/comparer?id=MET.17&id=MET.242&id=MET.30&nom=3e+B",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_well_built(client: FlaskClient, path: str) -> None:
    page = Page(client, path)
    assert page.html.startswith("<!doctype html>")
    assert '<html lang="fr">' in page.html
    assert len(page.ids) == len(set(page.ids))
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(page.headings, page.headings[1:], strict=False))
    assert "Onisep, Idéo-fiches métiers" in page.html
    for link in page.links:
        if link.startswith("#"):
            assert link[1:] in page.ids, link


@pytest.mark.parametrize("path", ["/", "/?q=zzzzqqq", "/metiers/MET.17", "/envies", "/parcourir", "/plan", "/aide",
                                  "/a-propos", "/accessibilite", "/donnees", "/mentions-legales", "/api/docs",
                                  "/diplomes/FOR.618", "/diplomes", "/diplomes?type=cap",
                                  "/diplomes?contient=zzz"])  # fmt: skip
def test_every_link_of_a_page_takes_along_what_is_kept(client: FlaskClient, path: str) -> None:
    page = Page(client, f"{path}{'&' if '?' in path else '?'}garde=MET.242")
    links = {link for link in page.local_links() if not link.startswith("/api/v1/")}
    assert len(links) >= 9
    assert [link for link in sorted(links) if "MET.242" not in link] == []


@pytest.mark.parametrize("path", PATHS)
def test_every_link_of_a_page_answers(client: FlaskClient, path: str) -> None:
    for link in sorted(Page(client, path).local_links())[:150]:
        leads_on = link == "/hasard" or link.startswith("/api/v1/")
        assert client.get(link, follow_redirects=leads_on).status_code == 200, link


def test_the_page_and_the_api_find_the_same_sheets_in_the_same_order(client: FlaskClient) -> None:
    for asked in (
        "",
        "q=bois",
        "q=animaux&niveau=bac-2&niveau=bac-3",
        "q=sant%C3%A9&sort=-salaire&page=2",
        "rome=a&per_page=50",
    ):
        answer = client.get(f"/api/v1/search?{asked}").json
        assert Page(client, f"/?{asked}").results == [result["id"] for result in answer["results"]]


def test_a_result_shows_both_genders_its_level_and_where_the_word_stands(client: FlaskClient) -> None:
    html = Page(client, "/?q=boulanger").html
    assert "boulangère, boulanger" in html
    assert "CAP ou équivalent" in html
    assert re.search(r'href="/metiers/MET\.17\?q=boulanger#[a-z-]+"', html)
    assert "<mark>" in html


def test_the_form_sends_back_the_state_of_the_page(client: FlaskClient) -> None:
    state = "q=bois&niveau=bac-2&niveau=bac-3&niveau_max=bac-5&dans=competences&sort=nom&per_page=50&typo=off"
    page = Page(client, f"/?{state}&salaire_min=1500")
    sent = [
        (field["name"], field.get("value") or "")
        for field in page.fields
        if field.get("name") and field.get("value") and (field.get("type") != "checkbox" or "checked" in field)
    ]
    for name, options in re.findall(r'<select[^>]* name="(\w+)"[^>]*>(.*?)</select>', page.html, re.DOTALL):
        sent += [(name, value) for value in re.findall(r'<option value="([^"]+)" selected', options)]
    assert sorted(sent) == sorted([*parse_qsl(state), ("salaire_min", "1500")])


def test_the_empty_fields_of_a_form_say_nothing(client: FlaskClient) -> None:
    sent = "q=bois&niveau_max=&niveau_min=&salaire_min=&salaire_max=&sort=pertinence&dans="
    assert Page(client, f"/?{sent}").results == Page(client, "/?q=bois").results


def test_each_chip_removes_what_it_names(client: FlaskClient) -> None:
    page = Page(client, "/?q=bois&niveau=bac-2&niveau_max=bac-5&salaire_min=1500&dans=competences")
    chips = re.search(r'<ul class="chips".*?</ul>', page.html, re.DOTALL)
    assert chips
    hrefs = [unescape(href) for href in re.findall(r'href="([^"]+)"', chips.group())]
    everything = {
        ("q", "bois"),
        ("niveau", "bac-2"),
        ("niveau_max", "bac-5"),
        ("salaire_min", "1500"),
        ("dans", "competences"),
    }
    removed = [everything - set(parse_qsl(urlsplit(href).query)) for href in hrefs]
    each_alone = [{pair} for pair in (("niveau", "bac-2"), ("niveau_max", "bac-5"), ("salaire_min", "1500"))]
    assert removed == [*each_alone, {("dans", "competences")}, everything - {("q", "bois")}]


def test_a_chosen_branch_of_a_tree_offers_its_narrower_ones(client: FlaskClient) -> None:
    page = Page(client, "/?rome=a")
    narrower = re.search(r'<ul class="narrower".*?</ul>', page.html, re.DOTALL)
    assert narrower
    href, count = re.findall(r'href="([^"]+)">[^<]*<span class="count">([^<]+)<', narrower.group())[0]
    assert href.startswith("/?rome=a1")
    assert client.get(f"/api/v1/search{unescape(href)[1:]}").json["total_results"] == int(count)


def test_a_page_without_results_offers_links_that_have_some(client: FlaskClient) -> None:
    for path in ("/?q=boulanger&niveau=bac-8", "/?q=zzzzqqq", "/?q=zzzzqqq&typo=off&statut=militaire"):
        page = Page(client, path)
        assert page.results == []
        ways = re.search(r'<div class="nothing">.*?</div>', page.html, re.DOTALL)
        assert ways
        links = [unescape(each) for each in re.findall(r'href="(/\?[^"]*|/)"', ways.group())]
        assert links
        assert all(Page(client, link).results for link in links)


def test_a_page_past_the_end_leads_back(client: FlaskClient) -> None:
    page = Page(client, "/?q=boulanger&page=300")
    assert "s'arrêtent avant" in page.html
    assert "/?q=boulanger" in page.links


def test_the_sheet_has_its_sections_in_order_each_with_an_anchor(client: FlaskClient) -> None:
    page = Page(client, "/metiers/MET.17")
    anchors = ["presentation", "en-bref", "nature-du-travail", "competences-requises", "conditions-de-travail",
               "vie-professionnelle", "acces-au-metier", "formations", "proches"]  # fmt: skip
    assert [id for id in page.ids if id in anchors] == anchors
    assert all(f"#{anchor}" in page.links for anchor in anchors[1:])


def test_a_short_sheet_shows_only_what_it_has(client: FlaskClient) -> None:
    page = Page(client, "/metiers/MET.528")
    assert "presentation" in page.ids
    for link in page.links:
        assert not link.startswith("#") or link[1:] in page.ids


def test_a_sheet_remembers_the_search_that_led_to_it(client: FlaskClient) -> None:
    results = Page(client, "/?q=bois&per_page=10").results
    page = Page(client, f"/metiers/{results[1]}?q=bois&per_page=10")
    assert "/?q=bois&per_page=10" in page.links
    assert f"/metiers/{results[0]}?q=bois&per_page=10" in page.links
    assert f"/metiers/{results[2]}?q=bois&per_page=10" in page.links


def test_a_sheet_describes_itself_as_an_occupation(client: FlaskClient) -> None:
    block = re.search(
        r'<script type="application/ld\+json">(.*?)</script>', client.get("/metiers/MET.17").text, re.DOTALL
    )
    assert block
    described = json.loads(block.group(1))
    assert described["@type"] == "Occupation"
    assert described["name"] == "boulanger/ère"
    assert {"boulangère", "boulanger"} <= set(described["alternateName"])
    assert described["occupationalCategory"][0]["codeValue"] == "D1102"
    assert described["educationRequirements"] == "CAP ou équivalent"
    assert described["estimatedSalary"]["value"]["minValue"] == 1801


def test_every_sheet_is_reached_in_two_clicks(client: FlaskClient) -> None:
    assert "/plan" in Page(client, "/").links
    sheets = {link for link in Page(client, "/plan").links if link.startswith("/metiers/")}
    assert len(sheets) == 1043


def test_all_choices_of_a_facet_stand_on_a_page_and_can_be_searched(client: FlaskClient) -> None:
    page = Page(client, "/filtres/domaine?q=bois&contient=agro")
    values = [field["value"] for field in page.fields if field.get("name") == "domaine"]
    assert values
    assert all("agro" in (value or "") for value in values)
    assert ("hidden", "q", "bois") in [
        (field.get("type"), field.get("name"), field.get("value")) for field in page.fields
    ]


def test_the_selection_lives_in_its_address(client: FlaskClient) -> None:
    page = Page(client, "/selection?id=MET.17&id=MET.242")
    assert "/selection?id=MET.242" in page.links
    assert "/selection?id=MET.17" in page.links
    added = Page(client, "/selection?id=MET.242&q=boulang")
    assert "/selection?id=MET.242&id=MET.17#MET.17" in added.links


def test_a_kept_sheet_that_is_gone_is_named(client: FlaskClient) -> None:
    assert "MET.999999" in Page(client, "/selection?id=MET.17&id=MET.999999").html


def test_two_sheets_are_compared_side_by_side(client: FlaskClient) -> None:
    page = Page(client, "/comparer?id=MET.17&id=MET.242")
    assert page.html.count('<th scope="col"') == 2
    assert "Salaire au début" in page.html
    assert "au moins deux" in Page(client, "/comparer?id=MET.17").html


def test_robots_find_every_sheet_and_no_combination(client: FlaskClient) -> None:
    tree = ET.fromstring(client.get("/sitemap.xml").data)
    addresses = [each.text or "" for each in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert sum("/metiers/" in each for each in addresses) == 1043
    assert all(each.startswith("http://127.0.0.1:8000/") for each in addresses)
    assert "Sitemap: http://127.0.0.1:8000/sitemap.xml" in client.get("/robots.txt").text
    assert 'name="robots" content="noindex' in client.get("/?q=bois").text
    assert 'name="robots"' not in client.get("/?niveau=bac-2").text
    assert 'name="robots" content="noindex' in client.get("/?niveau=bac-2&statut=artisan").text


def test_a_browser_can_search_from_its_own_bar(client: FlaskClient) -> None:
    tree = ET.fromstring(client.get("/opensearch.xml").data)
    templates = [each.get("template") or "" for each in tree.iter("{http://a9.com/-/spec/opensearch/1.1/}Url")]
    for template in templates:
        path = template.removeprefix("http://127.0.0.1:8000").replace("{searchTerms}", "boulanger")
        assert client.get(path).status_code == 200
    words, labels, _, addresses = client.get("/opensearch/suggestions?q=boulang").json
    assert words == "boulang"
    assert labels[0].startswith("boulang")
    assert addresses[0].endswith("/metiers/MET.17")


ATOM = "{http://www.w3.org/2005/Atom}"
DATE = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00"


def read_feed(client: FlaskClient, path: str = "/nouveautes.atom") -> tuple[ET.Element, list[ET.Element]]:
    """The feed and its entries, once each has all that Atom asks for."""
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "application/atom+xml")
    feed = ET.fromstring(answer.data)
    assert feed.tag == f"{ATOM}feed"
    entries = feed.findall(f"{ATOM}entry")
    for each in (feed, *entries):
        for name in ("id", "title", "updated"):
            assert [(one.text or "").strip() != "" for one in each.findall(f"{ATOM}{name}")] == [True]
        assert re.fullmatch(DATE, each.findtext(f"{ATOM}updated") or "")
        assert (each.findtext(f"{ATOM}id") or "").startswith("http://127.0.0.1:8000/")
        assert any(link.get("rel") == "alternate" for link in each.findall(f"{ATOM}link"))
    assert feed.find(f"{ATOM}author/{ATOM}name") is not None
    assert len({each.findtext(f"{ATOM}id") for each in entries}) == len(entries)
    return feed, entries


@pytest.fixture
def made_up_index(tmp_path: Path) -> Iterator[tuple[Engine, FlaskClient]]:
    """An engine of the test's own, and a client of its pages."""
    engine = EmbeddedEngine(tmp_path)
    rebuilt(engine, VILLAGE)
    yield engine, create_app(Settings(index=tmp_path), engine).test_client()
    engine.close()


def test_the_feed_of_a_first_index_says_only_that_the_catalogue_was_made(client: FlaskClient) -> None:
    _, [entry] = read_feed(client)
    assert re.match(r"1\s043 fiches", entry.findtext(f"{ATOM}title") or "")


def test_the_feed_lists_new_and_changed_sheets(made_up_index: tuple[Engine, FlaskClient]) -> None:
    engine, client = made_up_index
    odd = fiche(500, 'a < b & "c" > </title>\x0b\uffff')
    info = rebuilt(engine, [replace(VILLAGE[0], niveau="bac + 8"), *VILLAGE[1:], odd])
    feed, entries = read_feed(client)
    assert feed.findtext(f"{ATOM}updated") == info.built_at
    assert [(each.findtext(f"{ATOM}title") or "").replace("\u00a0", " ") for each in entries] == [
        f"Fiche modifiée : {VILLAGE[0].title}",
        'Nouvelle fiche : a < b & "c" > </title>',
    ]
    links = [link.get("href") or "" for each in entries for link in each.findall(f"{ATOM}link")]
    assert links == [f"http://127.0.0.1:8000/metiers/{id}" for id in (VILLAGE[0].id, "MET.500")]
    for link in links:
        assert client.get(urlsplit(link).path).status_code == 200


def test_the_feed_stays_as_it_is_while_the_sheets_do(made_up_index: tuple[Engine, FlaskClient]) -> None:
    engine, client = made_up_index
    sheets = [*VILLAGE, fiche(500, "luthier/ère")]
    rebuilt(engine, sheets)
    before = client.get("/nouveautes.atom")
    rebuilt(engine, sheets)
    assert client.get("/nouveautes.atom").data == before.data
    tag = client.get("/nouveautes.atom").headers["ETag"]
    assert client.get("/nouveautes.atom", headers={"If-None-Match": tag}).status_code == 304


def test_the_feed_holds_fifty_sheets_at_most(made_up_index: tuple[Engine, FlaskClient]) -> None:
    engine, client = made_up_index
    rebuilt(engine, [*VILLAGE, *(fiche(number, f"métier {number}") for number in range(500, 560))])
    assert len(read_feed(client)[1]) == 50


def test_a_search_has_a_feed_of_its_sheets_what_came_last_first(made_up_index: tuple[Engine, FlaskClient]) -> None:
    engine, client = made_up_index
    title, path = VILLAGE[0].title, "/flux?q=luthier&page=3&garde=MET.1"
    odd = fiche(500, "luthier & <b>", presentation='Il \x0b "joue" & répare. Luthier.')
    before = rebuilt(engine, [*VILLAGE, fiche(501, "luthier/ère")])
    info = rebuilt(engine, [*VILLAGE, fiche(501, "luthier/ère"), odd])
    feed, entries = read_feed(client, path)
    assert feed.findtext(f"{ATOM}title", "").replace("\u00a0", " ") == "Métiers : « luthier »"
    assert feed.findtext(f"{ATOM}updated") == info.built_at
    assert [each.findtext(f"{ATOM}updated") for each in entries] == [info.built_at, before.built_at]
    assert [each.findtext(f"{ATOM}id", "").rpartition("/")[2] for each in entries] == ["MET.500", "MET.501"]
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links == {
        "self": "http://127.0.0.1:8000/flux?q=luthier",
        "alternate": "http://127.0.0.1:8000/?q=luthier",
    }
    assert title not in ET.tostring(feed, encoding="unicode")


def test_a_sheet_that_did_not_change_keeps_its_date_in_the_feed_of_a_search_over_the_editions(
    made_up_index: tuple[Engine, FlaskClient],
) -> None:
    engine, client = made_up_index
    first = engine.info().built_at
    for edition in ("2099-01-01", "2099-02-01"):
        engine.rebuild(VILLAGE, ("made up",), quiet, data_date=edition)
        feed, entries = read_feed(client, "/flux?q=MET." + VILLAGE[0].id.removeprefix("MET."))
        assert [each.findtext(f"{ATOM}updated") for each in entries] == [first]
        assert feed.findtext(f"{ATOM}updated") == first


def test_the_feed_of_a_search_that_finds_nothing_is_a_feed_and_a_wrong_value_is_named(client: FlaskClient) -> None:
    feed, entries = read_feed(client, "/flux?q=zzzzqqq")
    assert entries == []
    assert "zzzzqqq" in (feed.findtext(f"{ATOM}title") or "")
    assert client.get("/flux?niveau=rien").status_code == 400


def test_a_page_of_results_names_its_feed_whose_sheets_are_those_of_the_page(client: FlaskClient) -> None:
    html = client.get("/?q=bois&niveau=bac-2&page=2&garde=MET.17&nom=a").text
    found = re.search(
        r'<link rel="alternate" type="application/atom\+xml" title="Cette recherche" href="([^"]+)"', html
    )
    assert found
    path = unescape(found.group(1))
    assert path == "/flux?q=bois&niveau=bac-2"
    _, entries = read_feed(client, path)
    ids = [each.findtext(f"{ATOM}id", "").rpartition("/")[2] for each in entries]
    assert ids == [each["id"] for each in client.get("/api/v1/search?q=bois&niveau=bac-2&per_page=50").json["results"]]
    assert 'title="Cette recherche"' not in client.get("/").text


def test_the_security_contact_is_valid(client: FlaskClient) -> None:
    contact = client.get("/.well-known/security.txt").text
    assert re.search(r"^Contact: \S+$", contact, re.MULTILINE)
    assert re.search(r"^Expires: \d{4}-\d\d-\d\dT", contact, re.MULTILINE)


def test_the_first_page_is_light(client: FlaskClient) -> None:
    packed = {"Accept-Encoding": "gzip"}
    page = client.get("/", headers=packed)
    parts = re.findall(r'(?:href|src)="(/static/[^"]+)"', client.get("/").text)
    weight = len(page.data) + sum(len(client.get(part, headers=packed).data) for part in set(parts))
    assert weight <= 60_000


def test_static_files_are_kept_for_ever_under_their_fingerprint(client: FlaskClient) -> None:
    address = next(part for part in re.findall(r'href="(/static/[^"]+)"', client.get("/").text))
    assert "immutable" in client.get(address).headers["Cache-Control"]
    assert "immutable" not in client.get(address.split("?")[0]).headers["Cache-Control"]


def test_each_example_of_the_help_finds_something(client: FlaskClient) -> None:
    examples = [link for link in Page(client, "/aide").links if link.startswith("/?q=")]
    assert len(examples) >= 7
    for link in examples:
        assert Page(client, link).results, link


@pytest.mark.parametrize("path", ["/?q=bois&niveau=bac-2", "/filtres/domaine", "/selection?id=MET.17&id=MET.242"])
def test_each_box_to_tick_stands_in_a_group_with_a_name(client: FlaskClient, path: str) -> None:
    html = Page(client, path).html
    groups = re.findall(r"<fieldset.*?</fieldset>", html, re.DOTALL)
    assert groups
    assert all(re.search(r"<legend[^>]*>[^<]*\w", group) for group in groups)
    assert html.count('type="checkbox"') == sum(group.count('type="checkbox"') for group in groups)


@pytest.mark.parametrize("path", ["/", "/?domaine=sciences", "/metiers/MET.17"])
def test_a_page_that_is_shared_says_what_it_is(client: FlaskClient, path: str) -> None:
    html = Page(client, path).html
    described = dict(re.findall(r'<meta property="og:(\w+)" content="([^"]+)">', html))
    assert {"site_name", "title", "description", "type", "locale", "url"} <= set(described)
    assert f'<link rel="canonical" href="{described["url"]}">' in html


def test_a_sentence_never_leaves_its_punctuation_alone_on_a_line(client: FlaskClient) -> None:
    html = Page(client, "/?q=boulanger").html
    assert "pour «\u00a0boulanger\u00a0»" in html
    assert "Pourquoi cet ordre\u00a0?" in html


def test_what_the_scripts_say_stands_with_the_other_sentences(client: FlaskClient) -> None:
    scripts = sorted((Path(__file__).parent.parent / "web" / "static").glob("*.js"))
    assert [each.name for each in scripts] == ["app.js", "boite.js", "carte.js"]
    for script in scripts:
        code = re.sub(r"//.*", "", script.read_text("utf-8"))
        assert not re.search("[À-ÿ]", code), script.name
    handed = re.search(r'<script type="application/json" id="mots">(.*?)</script>', Page(client, "/").html)
    assert handed
    assert set(re.findall(r"\bwords\.(\w+)", "".join(each.read_text("utf-8") for each in scripts))) == set(
        json.loads(handed[1])
    )


def test_an_exclusion_is_said_on_the_page_and_undone_by_one_click(client: FlaskClient) -> None:
    excluded = client.get("/?q=aide+-soignante").text
    assert "Sans les fiches qui contiennent « soignante »" in excluded.replace("\u00a0", " ")
    assert 'href="/?q=aide+soignante"' in excluded
    told = client.get("/api/v1/search?q=aide+-soignante").get_json()["understanding"]["excluded"]
    assert told == [{"typed": "-soignante", "href": "/api/v1/search?q=aide+soignante"}]


@pytest.mark.parametrize("text", ["???", "*", "🩺"])
def test_signs_alone_find_nothing_and_the_page_says_so(client: FlaskClient, text: str) -> None:
    answer = client.get("/api/v1/search", query_string={"q": text}).get_json()
    assert answer["total_results"] == 0
    assert answer["understanding"]["ignored"] == [text]
    assert f"Aucune fiche ne contient : « {text} »" in client.get("/", query_string={"q": text}).text.replace(
        "\u00a0", " "
    )


@pytest.mark.parametrize(
    ("contact", "href"),
    [("aide@metiers.example", "mailto:aide@metiers.example"), ("https://metiers.example/aide", None), ("", "")],
)
def test_whoever_meets_a_problem_is_told_where_to_write(
    seeds_settings: Settings, seeds_engine: Engine, contact: str, href: str | None
) -> None:
    client = create_app(replace(seeds_settings, contact=contact), seeds_engine).test_client()
    for path in ("/a-propos", "/accessibilite"):
        page = Page(client, path)
        assert ("n'a pas encore donné son adresse" in page.html) == (not contact)
        assert not contact or (href or contact) in page.links
    security = client.get("/.well-known/security.txt").text
    assert f"Contact: {(href or contact) or 'http://127.0.0.1:8000/a-propos#contact'}" in security


def test_levels_and_titles_have_one_typography(client: FlaskClient) -> None:
    for path in ("/?niveau=3e", "/parcourir", "/?niveau_min=3e", "/filtres/niveau"):
        assert "3E<" not in Page(client, path).html
        assert "3e<" in Page(client, path).html
    assert "<title>Boulanger/ère – Métiers</title>" in Page(client, "/metiers/MET.17").html


def test_a_word_that_lights_nothing_on_the_map_offers_a_way_on(client: FlaskClient) -> None:
    page = Page(client, "/carte?q=zzzzqqq&typo=off")
    assert "Aucun métier ne répond" in page.html
    assert "/carte" in page.links
    assert "Aucun métier ne répond" not in Page(client, "/carte?q=bois").html


@pytest.mark.parametrize(
    "asked",
    [
        "q=boulangre",
        "q=zzzzqqq+bois",
        "q=cordonier+-cuir",
        "q=boulanger&niveau=bac-8",
        "q=cuisine+sans+le+bac",
        "q=zzzzqqq",
    ],
)
def test_the_map_tells_how_words_were_read_and_lights_what_the_search_finds(client: FlaskClient, asked: str) -> None:
    search, carte = client.get(f"/?{asked}").text, client.get(f"/carte?{asked}").text
    lit = int(re.sub(r"\D", "", (re.search(r'<h2 id="total">([^<]*)', carte) or [""])[1]) or 0)
    assert lit == client.get(f"/api/v1/search?{asked}").json["total_results"]

    def told(html: str) -> list[str]:
        notes = re.findall(r"<(?:p|ul)[^>]* data-told>.*?</(?:p|ul)>", html, re.DOTALL)
        return [" ".join(re.sub("<[^>]+>", " ", each).split()) for each in notes]

    assert told(carte) == told(search)
    nothing = re.search(r'<div class="nothing">.*?</div>', carte, re.DOTALL)
    assert (lit == 0) == (nothing is not None)
    if nothing:
        ways = [unescape(each) for each in re.findall(r'href="(/carte[^"]*)"', nothing.group())]
        assert ways
        assert all("Aucun métier allumé" not in client.get(way).text for way in ways)


def test_each_point_of_the_map_says_its_level(client: FlaskClient) -> None:
    html = client.get("/carte").text
    assert "<title>Boulanger/ère · CAP ou équivalent</title>" in html


def test_a_sheet_leads_on_to_diplomas_to_other_sites_and_to_jobs_that_differ(client: FlaskClient) -> None:
    page = Page(client, "/metiers/MET.17")
    assert "https://www.onisep.fr/http/redirection/metier/slug/MET.17" in page.links
    assert "https://candidat.francetravail.fr/metierscope/fiche-metier/D1102" in page.links
    formations = [each["id"] for each in client.get("/api/v1/metiers/MET.17").json["formations"]]
    assert formations
    assert {f"https://www.onisep.fr/http/redirection/formation/slug/{id}" for id in formations} <= set(page.links)
    html = Page(client, "/metiers/MET.30").html
    assert "Ce qui change" in html
    assert "études plus longues (bac + 5)" in html
    links = Page(client, "/metiers/MET.323").links
    assert "https://candidat.francetravail.fr/metierscope/fiche-metier/A1503" in links
    assert "https://candidat.francetravail.fr/metierscope/fiche-metier/A15" not in links


@pytest.mark.parametrize("path", ["/?q=bois", "/?q=bois&niveau=bac-2&statut=salarie", "/?q=zzzz", "/?garde=MET.1"])
def test_a_page_says_the_same_once_its_pieces_are_made(
    seeds_settings: Settings, seeds_engine: Engine, path: str
) -> None:
    client = create_app(replace(seeds_settings, cache_entries=0), seeds_engine).test_client()
    first = client.get(path).text
    client.get("/?q=100%25+%22%3Cb%3E&page=2")
    assert client.get(path).text == first


def test_what_is_typed_is_escaped_in_every_piece(seeds_settings: Settings, seeds_engine: Engine) -> None:
    client = create_app(replace(seeds_settings, cache_entries=0), seeds_engine).test_client()
    page = client.get("/", query_string={"q": "bois %(asked)s <b>\"'&", "nom": "<i>", "garde": "MET.1"}).text
    assert "<b>" not in page
    assert "<i>" not in page
    assert 'href="/metiers/MET.' in page
    assert "%25%28asked%29s+%3Cb%3E%22%27%26amp%3B" not in page  # escaped once
    assert "%25%28asked%29s+%3Cb%3E%22%27%26&amp;" in page


def test_names_in_descriptions_of_the_api_are_set_as_code(client: FlaskClient) -> None:
    html = client.get("/api/docs").text
    assert "(<code>ranges</code>)" in html
    assert "`" not in re.sub(r"(?s)<script.*?</script>", "", html)
