"""Searching as people do: Tab from the top of the page, real keys and clicks, no script that gives the focus."""

import re
from collections.abc import Callable

import pytest
from keys import proposals
from kinds import PATHS
from playwright.sync_api import Page, Route, expect

PageAt = Callable[..., Page]
CHOSEN = "ul[aria-label='Filtres choisis']"

NAME = "each => each.id || each.name + each.value || each.textContent.trim().replace(/\\s+/g, ' ')"
FOCUSED = f"({NAME})(document.activeElement)"
BEFORE_RESULTS = f"""[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, summary')]
  .filter(each => each.checkVisibility() && !each.disabled
    && each.compareDocumentPosition(document.querySelector('#premier')) & Node.DOCUMENT_POSITION_FOLLOWING)
  .map({NAME})"""


def tab_until(page: Page, wanted: str, most: int = 120, key: str = "Tab") -> list[str]:
    """Press Tab until the focus is on what has this id, name and value, or text; all that was met on the way."""
    met: list[str] = []
    while len(met) < most and (not met or met[-1] != wanted):
        page.keyboard.press(key)
        met.append(page.evaluate(FOCUSED))
    assert met[-1] == wanted, met
    return met


STOPS = """() => {
  const group = each => [...document.querySelectorAll('input[type=radio]')].filter(other => other.name === each.name);
  const isStop = each => each.type !== 'radio' || each === (group(each).find(other => other.checked) || group(each)[0]);
  const controls = 'a[href], button, input:not([type=hidden]), select, textarea, summary, iframe, [tabindex="0"]';
  window.stops = [...document.querySelectorAll(controls)].filter(each =>
    !each.disabled && each.tabIndex >= 0 && each.checkVisibility({visibilityProperty: true}) && isStop(each));
  return window.stops.map(each => each.outerHTML.slice(0, 80));
}"""
STOP = "() => document.activeElement === document.body ? -2 : window.stops.indexOf(document.activeElement)"
MOST_STOPS = 120
"""Keys pressed on a page of a thousand links."""


@pytest.mark.parametrize(("width", "javascript"), [(1366, True), (360, False)])
@pytest.mark.parametrize("path", PATHS)
def test_k1_tab_goes_through_each_kind_of_page_in_its_order(
    page_at: PageAt, path: str, width: int, javascript: bool
) -> None:
    page = page_at(width, javascript=javascript)
    page.goto(path)
    stops = page.evaluate(STOPS)
    assert len(stops) > 3 or path.startswith("/integrer")
    expected = list(range(min(len(stops), MOST_STOPS)))
    met = []
    while len(met) < 2 * len(expected) and (not met or met[-1] not in (-2, expected[-1])):
        page.keyboard.press("Tab")
        met.append(page.evaluate(STOP))
    # What scrolls takes the focus without being a control.
    assert [place for place in met if place != -1] == expected, stops


@pytest.mark.parametrize(("width", "javascript"), [(1366, True), (1366, False), (360, False)])
def test_k1_tab_reaches_every_control_in_the_order_of_the_page_and_back(
    page_at: PageAt, width: int, javascript: bool
) -> None:
    page = page_at(width, javascript=javascript)
    page.goto("/?q=bois&statut=artisan")
    if width < 900:
        tab_until(page, "Filtrer , choix : 1")
        page.keyboard.press("Enter")
        page.reload()
        tab_until(page, "Filtrer , choix : 1")
        page.keyboard.press("Enter")
        expected = page.evaluate(BEFORE_RESULTS)
        start = expected.index("Filtrer , choix : 1") + 1
    else:
        expected, start = page.evaluate(BEFORE_RESULTS), 0
    met = tab_until(page, "premier")
    assert met[:-1] == expected[start:]
    assert "statutartisan" in met
    back = [page.evaluate(FOCUSED)]
    for _ in met[:-1]:
        page.keyboard.press("Shift+Tab")
        back.append(page.evaluate(FOCUSED))
    assert back == met[::-1]


def test_k1_the_filters_of_a_phone_are_reached_by_keys_and_speak_inside_their_dialog(page_at: PageAt) -> None:
    page = page_at(360, height=740)
    page.goto("/?q=bois")
    tab_until(page, "Filtrer")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Filtres")
    expect(dialog).to_be_visible()
    tab_until(page, "Statut")
    page.keyboard.press("Enter")
    tab_until(page, "statutartisan")
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile("statut=artisan"))
    expect(dialog.get_by_role("status").last).to_have_text(re.compile(r"^\d+ métiers? pour «.bois.», artisan\b"))
    assert page.evaluate(FOCUSED) == "statutartisan"


def test_k1_the_order_is_changed_by_arrow_keys_and_keeps_the_focus(page_at: PageAt) -> None:
    page = page_at(1366)
    page.goto("/?q=bois")
    tab_until(page, "sort")
    for order in ("nom", "-nom", "niveau"):
        page.keyboard.press("ArrowDown")
        expect(page).to_have_url(re.compile(f"sort={order}$"))
        expect(page.locator("#resultats")).to_have_attribute("aria-busy", "false")
        expect(page.locator("#sort")).to_be_focused()


def test_k1_corrections_filters_and_the_page_are_spoken_and_in_the_title(page_at: PageAt) -> None:
    page = page_at(1366)
    page.goto("/")
    tab_until(page, "q")
    page.keyboard.type("menuisiier")
    said = page.locator("#annonce")
    expect(said).to_contain_text(re.compile(r"^\d+ métiers? pour «.menuisiier.». Mots corrigés"))
    page.keyboard.press("Control+a")
    page.keyboard.type("boulanger astronaute vitrail")
    page.keyboard.press("Enter")
    expect(said).to_contain_text("Aucune fiche ne contient tous ces mots")
    page.goto("/?q=travail&niveau=bac-2")
    assert page.title().startswith("travail, bac + 2")
    page.get_by_role("link", name="Suivante").click()
    expect(said).to_have_text(re.compile(r"^\d+ métiers pour «.travail.», bac \+ 2, page 2 sur \d+$"))
    expect(page).to_have_title(re.compile(r"^travail, bac \+ 2, page 2 sur \d+.: \d+ métiers – Métiers$"))


def test_k2_without_a_network_the_page_stays_and_offers_to_try_again(page_at: PageAt) -> None:
    page = page_at(360, height=740)
    page.goto("/?q=bois")
    before = page.locator(".hit").count()
    page.context.set_offline(True)
    tab_until(page, "q")
    page.keyboard.press("End")
    page.keyboard.type(" dur")
    retry = page.get_by_role("button", name="Réessayer")
    expect(retry).to_be_visible()
    expect(page.locator("#annonce")).to_contain_text("Pas de réponse")
    assert page.locator(".hit").count() == before
    assert page.locator("#q").input_value() == "bois dur"
    page.context.set_offline(False)
    retry.click()
    expect(page).to_have_url(re.compile("q=bois.dur$"))
    expect(retry).to_have_count(0)
    expect(page.locator("#total")).to_be_focused()


def test_k2_a_slow_network_is_shown_by_results_that_are_dimmed_and_said_to_be_busy(page_at: PageAt) -> None:
    page = page_at(1366)
    page.goto("/?q=bois")
    held: list[Route] = []
    page.route("**/?q=bois*statut*", lambda route: held.append(route))
    page.locator("details[data-facet=statut] > summary").click()
    page.get_by_role("checkbox", name=re.compile("^artisan ")).check()
    results = page.locator("#resultats")
    expect(results).to_have_attribute("aria-busy", "true")
    expect(results).to_have_css("opacity", "0.5")
    held[0].continue_()
    expect(page).to_have_url(re.compile("statut=artisan"))
    expect(results).to_have_css("opacity", "1")


def test_any_whole_number_is_a_salary(page_at: PageAt) -> None:
    page = page_at(1366, javascript=False)
    page.goto("/?q=bois")
    page.locator("details[data-facet=salaire] > summary").click()
    page.get_by_label("À partir de").fill("1801")
    page.get_by_role("button", name="Appliquer les filtres").click()
    expect(page.locator(CHOSEN)).to_contain_text("1801")


def test_a_choice_is_looked_for_with_any_apostrophe_in_codes_and_in_what_stands_below(page_at: PageAt) -> None:
    page = page_at(1366)
    page.goto("/")
    page.locator("details[data-facet=interet] > summary").click()
    page.locator("[data-within=interet]").fill("l\u2019étranger")
    facet = page.locator("details[data-facet=interet]")
    expect(facet.get_by_text("je rêve de travailler à l'étranger", exact=True)).to_be_visible()
    expect(facet.get_by_role("checkbox")).to_have_count(1)
    page.locator("details[data-facet=rome] > summary").click()
    facet = page.locator("details[data-facet=rome]")
    within = facet.get_by_role("searchbox")
    within.fill("D1102")
    expect(facet.get_by_role("checkbox")).to_have_count(1)
    within.fill("boulangerie")
    expect(facet.get_by_role("checkbox").first).to_have_attribute("value", "d1102")
    within.fill("zzzz")
    expect(facet.get_by_role("status")).to_have_text("Aucun choix ne contient « zzzz »")
    within.fill("boulangerie")
    facet.get_by_role("checkbox").first.check()
    expect(page).to_have_url(re.compile("rome=d1102"))
    expect(page.locator("input[value=d1102]")).to_be_focused()
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile("/$"))


def test_a_suggestion_opens_in_another_tab(page_at: PageAt) -> None:
    page = page_at(1366)
    page.goto("/")
    tab_until(page, "q")
    page.keyboard.type("boulang")
    first = proposals(page, "boulang").first
    with page.context.expect_page() as opened:
        first.click(modifiers=["Control"])
    expect(opened.value.locator("h1")).to_have_text(re.compile("boulanger/ère", re.IGNORECASE))
    expect(page.locator("#q")).to_have_value("boulang")


@pytest.mark.parametrize(("width", "javascript"), [(360, False), (1366, True)])
def test_who_does_not_know_yet_ticks_wishes_by_keys_and_is_told_what_is_shared(
    page_at: PageAt, width: int, javascript: bool
) -> None:
    page = page_at(width, javascript=javascript, height=740)
    page.goto("/")
    expect(page.locator("#idees")).to_be_in_viewport()
    expect(page.locator(".hit").first).not_to_be_in_viewport()
    tab_until(page, "La nature, les animaux")
    page.keyboard.press("Enter")
    tab_until(page, "interetj-aime-la-nature")
    page.keyboard.press("Space")
    tab_until(page, "L'action, le sport, la loi")
    page.keyboard.press("Enter")
    tab_until(page, "interetj-aime-bouger")
    page.keyboard.press("Space")
    tab_until(page, "niveau_max")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    tab_until(page, "Voir les métiers")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/envies.*niveau_max=bac-2"))
    expect(page.locator(".shared").first).to_have_text(re.compile("^2 sur 2"))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".hit h3 a").first.click()
    page.go_back()
    expect(page.locator(".tiles [open] :checked")).to_have_count(2)
    page.goto("/")
    page.locator("#q").fill("boulanger")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Chercher un métier")
    expect(page.locator(".welcome")).to_be_hidden()


@pytest.mark.parametrize(("width", "javascript"), [(320, False), (768, True)])
def test_the_welcome_has_wishes_then_studies_then_domains_then_other_ways(
    page_at: PageAt, width: int, javascript: bool
) -> None:
    page = page_at(width, javascript=javascript)
    page.goto("/")
    wishes = page.get_by_role("form", name="Vos envies")
    assert wishes.get_attribute("method") == "get"
    assert 6 <= wishes.locator("details").count() <= 8
    expect(wishes.locator("[name=interet]")).to_have_count(32)
    studies = wishes.get_by_role("group", name=re.compile("^Jusqu'où voulez-vous étudier"))
    expect(studies.locator("label")).to_have_text(
        ["Peu importe", "Brevet", "CAP", "Bac", "Bac + 2", "Bac + 3", "Bac + 5"], use_inner_text=True
    )
    domains, at_random = page.locator(".domains"), page.get_by_role("link", name="Un métier au hasard")
    ways = [page.get_by_role("link", name=name, exact=True) for name in ("Sur la carte", "De A à Z")]
    tops = [each.evaluate("e => e.getBoundingClientRect().top") for each in (wishes, studies, domains, at_random)]
    assert tops == sorted(tops)
    for way in ways:
        expect(way).to_be_visible()
    at_random.click()
    expect(page.locator("article.sheet")).to_be_visible()
