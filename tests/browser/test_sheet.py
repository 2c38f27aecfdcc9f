"""A sheet on a phone and on a desk: what one sees first, where it leads, by mouse, by keys, without JavaScript."""

import re
from collections.abc import Callable

import pytest
from keys import proposals, tab_to
from playwright.sync_api import Page, expect

PageAt = Callable[..., Page]

FIRST_SIGHT = ("h1", ".sheet > header .lead", ".glance dt:text-is('Études')", ".glance dt:text-is('Salaire')",
               ".glance dt:text-is('Conditions')", ".glance dt:text-is('Envies')", ".keep")  # fmt: skip


@pytest.mark.parametrize("javascript", [True, False])
def test_title_presentation_four_facts_and_keep_are_on_the_first_screen_of_a_phone(
    page_at: PageAt, javascript: bool
) -> None:
    page = page_at(360, height=740, javascript=javascript)
    # The second has one of the longest titles, the next ones the longest presentations of the corpus,
    # the last one a salary told in many words.
    for id in ("MET.17", "MET.634", "MET.49", "MET.890", "MET.904", "MET.8000", "MET.755"):
        page.goto(f"/metiers/{id}")
        for part in FIRST_SIGHT:
            expect(page.locator(part).first).to_be_in_viewport(ratio=1)
        bottom = page.locator(".glance").evaluate("each => each.getBoundingClientRect().bottom")
        assert bottom <= 740, id
        expect(page.locator("#sommaire ul")).to_be_hidden()


def test_the_rest_of_a_long_presentation_is_opened_by_keys_on_a_phone_and_shown_at_once_on_a_desk_and_on_paper(
    page_at: PageAt,
) -> None:
    page = page_at(360, height=740, javascript=False)
    page.goto("/metiers/MET.890")
    rest = page.locator(".rest .lead")
    expect(rest).to_be_hidden()
    tab_to(page.get_by_text("Lire la suite"))
    page.keyboard.press("Enter")
    expect(rest).to_be_visible()
    page.reload()
    expect(rest).to_be_hidden()
    page.emulate_media(media="print")
    expect(rest).to_be_visible()
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 1366, "height": 768})
    expect(rest).to_be_visible()
    expect(page.get_by_text("Lire la suite")).to_be_hidden()


def test_the_facts_at_first_sight_lead_to_what_tells_more(page_at: PageAt) -> None:
    page = page_at(360, height=740, javascript=False)
    for fact, place in (("Études", "formations"), ("Salaire", "salaire"), ("Conditions", "conditions-de-travail")):
        page.goto("/metiers/MET.17")
        page.locator(".glance > div", has_text=fact).get_by_role("link").first.click()
        expect(page.locator(f"#{place} h2").first).to_be_in_viewport()
    page.goto("/metiers/MET.17")
    page.locator(".glance > div", has_text="Envies").get_by_role("link").first.click()
    expect(page).to_have_url(re.compile(r"/\?interet="))


@pytest.mark.parametrize(("width", "javascript"), [(360, True), (1366, False)])
def test_a_search_begins_on_every_page_by_keys_from_the_top(page_at: PageAt, width: int, javascript: bool) -> None:
    page = page_at(width, height=740, javascript=javascript)
    for path in ("/metiers/MET.17", "/parcourir", "/plan", "/carte", "/aide", "/envies", "/diplomes/FOR.618"):
        page.goto(path)
        tab_to(page.locator("#chercher"), most=9)
        page.keyboard.type("menuisier")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(r"/\?q=menuisier"))
        expect(page.locator(".hit").first).to_be_visible()


def test_the_box_on_top_completes_what_is_typed(page_at: PageAt) -> None:
    page = page_at(360, height=740)
    page.goto("/metiers/MET.17")
    page.locator("#chercher").click()
    page.keyboard.type("menuis")
    expect(proposals(page, "menuis").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(re.compile("menuis", re.IGNORECASE))


@pytest.mark.parametrize("width", [320, 1366])
def test_the_way_is_drawn_said_and_leads_to_each_diploma(page_at: PageAt, width: int) -> None:
    page = page_at(width, javascript=False)
    page.goto("/metiers/MET.17")
    way = page.get_by_role("img", name=re.compile(r"^De la fin du collège au métier : .*CAP .*2 ans après la 3e"))
    expect(way).to_be_visible()
    assert way.locator(".held").count() == page.locator("#formations h3").count()
    edges = way.locator("text").evaluate_all("all => all.map(each => each.getBoundingClientRect())")
    assert all(edge["left"] >= 0 and edge["right"] <= width for edge in edges)
    first = page.locator(".diplomas li").first
    assert "onisep.fr" in (first.get_by_role("link").last.get_attribute("href") or "")
    name = first.get_by_role("link").first.inner_text()
    first.get_by_role("link").first.click()
    expect(page.locator("h1")).to_have_text(name)
    expect(page.locator(".hit h3", has_text="oulanger").first).to_be_visible()
    expect(page.locator("main")).to_contain_text("Niveau\u00a0: CAP.")
    page.get_by_role("link", name="Tous les diplômes de ce type : CAP").click()
    expect(page.locator(".columns-list li").first).to_contain_text(re.compile("^CAP"))


OVER_NOTHING = """() => {
  const heads = [...document.querySelectorAll(".sheet :is(h2, h3, h4, h5, h6)")];
  const level = each => +each.localName[1];
  return heads.filter((each, place) => {
    const next = heads[place + 1], under = document.createRange();
    if (next && level(next) > level(each)) return false;
    under.setStartAfter(each);
    next ? under.setEndBefore(next) : under.setEndAfter(document.querySelector(".sheet"));
    return !under.toString().trim();
  }).map(each => each.textContent);
}"""
"""Headings with neither text nor a deeper heading under them."""


def test_headings_stand_over_something_and_diplomas_are_lists(page_at: PageAt) -> None:
    page = page_at(320, javascript=False)
    for id in ("MET.17", "MET.242", "MET.785", "MET.876"):
        page.goto(f"/metiers/{id}")
        assert page.evaluate(OVER_NOTHING) == [], id
    page.goto("/metiers/MET.17")
    access = page.get_by_role("heading", name="Après la 3e", level=3).locator("+ ul")
    expect(access.get_by_role("listitem").first).to_have_text("CAP boulanger")


def test_a_sheet_leads_on_to_other_sites_to_jobs_that_differ_and_to_what_others_earn(page_at: PageAt) -> None:
    page = page_at(768, javascript=False, color_scheme="dark")
    page.goto("/metiers/MET.17")
    for name, host in (("Cette fiche sur onisep.fr", "www.onisep.fr"), ("Métierscope", "candidat.francetravail.fr")):
        assert host in (page.get_by_role("link", name=name).first.get_attribute("href") or "")
    change = page.locator("#proches").get_by_text("Ce qui change").first
    change.scroll_into_view_if_needed()
    expect(change).to_be_in_viewport()
    expect(page.locator("#salaire svg.gauge")).to_be_visible()
    expect(page.locator("#salaire li")).to_have_text([re.compile("la moitié des métiers")] * 2)


def test_a_sheet_without_a_diploma_says_why(page_at: PageAt) -> None:
    page = page_at(360, javascript=False)
    page.goto("/metiers/MET.890")
    expect(page.get_by_text("L'Onisep ne nomme pas de diplôme précis pour ce métier")).to_be_visible()


VOICES = """
const voices = LANGS.map((lang) => ({ lang, name: lang }));
const said = (window.said = []);
let current = null;
Object.defineProperty(window, "speechSynthesis", { value: {
  getVoices: () => voices,
  addEventListener() {},
  speak: (each) => { said.push(each.text); current = each; },
  cancel: () => { const each = current; current = null; each?.onend?.(); },
} });
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
window.finish = () => { const each = current; current = null; each?.onend?.(); };
"""
"""What a browser with voices offers; the Chromium of the tests has none. `finish()` ends what is being said."""


def test_a_sheet_is_read_aloud_by_keys_where_there_is_a_french_voice_and_stops(page_at: PageAt) -> None:
    silent, page = page_at(1366), page_at(360, height=740)
    silent.add_init_script(VOICES.replace("LANGS", '["en-GB"]'))
    silent.goto("/metiers/MET.17")
    expect(silent.get_by_role("button", name="Imprimer")).to_be_visible()
    expect(silent.get_by_role("button", name="Écouter")).to_have_count(0)
    page.add_init_script(VOICES.replace("LANGS", '["en-GB", "fr-FR"]'))
    page.goto("/metiers/MET.17")
    tab_to(page.get_by_role("button", name="Écouter"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Arrêter la lecture")).to_be_focused()
    page.evaluate("finish()")
    assert page.evaluate("said.length") == 2
    assert page.evaluate("said[0]") == page.locator("h1").text_content()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Écouter")).to_be_focused()
    assert page.evaluate("said.length") == 2
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Arrêter la lecture")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Écouter")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
def test_two_jobs_stand_below_the_search_on_a_phone_and_filters_and_order_share_a_line(
    page_at: PageAt, javascript: bool
) -> None:
    page = page_at(360, height=740, javascript=javascript)
    for asked in ("q=bois", "q=soigner+les+animaux", "q=boulanger&niveau_max=bac-2", "domaine=sciences"):
        page.goto(f"/?{asked}")
        for place in (0, 1):
            expect(page.locator(".hit h3").nth(place)).to_be_in_viewport(ratio=1)
            expect(page.locator(".hit .facts").nth(place)).to_be_in_viewport(ratio=1)
        filters, order = page.locator("#tiroir > summary").bounding_box(), page.locator("#sort").bounding_box()
        assert filters
        assert order
        assert abs(filters["y"] - order["y"]) < 4
        assert filters["x"] + filters["width"] <= order["x"]
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    filters, order = page.locator("#tiroir > summary").bounding_box(), page.locator("#sort").bounding_box()
    assert filters
    assert order
    assert order["y"] >= filters["y"] + filters["height"]
