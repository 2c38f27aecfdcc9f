"""One face on every page: the typeface, the signs of the domains, drawings where a way ends, little motion."""

import re
from collections.abc import Callable

from kinds import ALIKE, OPEN_ALL, PATHS, THIN
from playwright.sync_api import Page, expect

PageAt = Callable[..., Page]

OF_DATA = ("/donnees", "/api/docs", "/accessibilite")
"""Pages whose lines are names of fields and files, or parts of one sentence."""

BEGUN_SMALL = """() => {
  document.querySelectorAll(".hidden").forEach(each => each.remove());
  const lines = "h1, h2, h3, h4, dt, dd, td, th, li, label, legend, option, summary, button, .facts, [data-name]";
  return [...document.querySelectorAll(lines)]
    .filter(each => !each.matches(".facts li, .chips li, .examples-list dt") && !each.querySelector("code"))
    .map(each => (each.matches("option") ? each.label : each.innerText ?? "").replace(/^[\\s=«"←+−–-]+/, ""))
    .filter(text => /^\\p{Ll}/u.test(text));
}"""
"""Lines that begin with a small letter, as they are seen; a chip continues the sentence that takes its filter off."""

SIGN = "each => [each.querySelector('path').getAttribute('d'), getComputedStyle(each).stroke]"
LONGEST_MOVE = """Math.max(...[...document.querySelectorAll('*')].flatMap((each) => {
  const { transitionDuration, animationDuration } = getComputedStyle(each);
  return `${transitionDuration},${animationDuration}`.split(',').map(parseFloat);
}))"""


def test_the_typeface_is_ours_and_loaded(page_at: PageAt) -> None:
    page = page_at(360, height=740)
    page.goto("/metiers/MET.17")
    page.evaluate("document.fonts.ready")
    loaded = "[...document.fonts].filter(each => each.status === 'loaded').map(each => each.family + each.weight)"
    assert {"Atkinson400", "Atkinson700"} <= set(page.evaluate(loaded))
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).fontFamily").startswith("Atkinson")


def test_a_domain_has_the_same_sign_and_colour_on_tiles_cards_results_sheets_and_map(page_at: PageAt) -> None:
    page = page_at(1366, javascript=False)
    page.goto("/metiers/MET.17")
    domaine = (
        page.locator("#reperes div", has_text="Domaines")
        .get_by_role("link")
        .first.inner_text()
        .strip()
        .split("\u00a0:")[0]
        .split(" :")[0]
    )
    own = page.locator(".named .sign").evaluate(SIGN)
    named = re.compile(f"^{domaine}$", re.IGNORECASE)
    page.goto("/")
    tile = page.locator(".domains a").filter(has=page.get_by_text(named))
    assert tile.locator(".sign").evaluate(SIGN) == own
    tile.click()
    expect(page.locator(".hit").first).to_be_visible()
    page.goto("/parcourir")
    card = page.locator("#domaines h3").filter(has=page.get_by_role("link", name=named))
    assert card.locator(".sign").evaluate(SIGN) == own
    page.goto("/?q=MET.17")
    assert page.locator(".hit .sign").first.evaluate(SIGN) == own
    page.goto("/carte")
    legend = page.locator(".legend > li").filter(
        has=page.locator("summary", has_text=re.compile(domaine, re.IGNORECASE))
    )
    assert legend.locator(".sign").evaluate(SIGN) == own
    assert legend.locator("> svg path").evaluate("each => getComputedStyle(each).fill") == own[1]


def test_pages_where_a_way_ends_have_a_drawing_and_ways_on(page_at: PageAt) -> None:
    page = page_at(360, height=740, javascript=False)
    for path in ("/rien", "/?page=0", "/?q=boulanger&niveau=bac-8"):
        page.goto(path)
        expect(page.locator(".signpost")).to_be_visible()
        expect(page.locator("main").get_by_role("link").first).to_be_visible()


def test_nothing_moves_longer_than_a_moment_nor_at_all_if_that_is_unwanted(page_at: PageAt) -> None:
    page = page_at(1366)
    page.goto("/?q=bois")
    page.emulate_media(reduced_motion="no-preference")
    assert 0 < page.evaluate(LONGEST_MOVE) <= 0.15
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(LONGEST_MOVE) == 0


def test_what_begins_a_line_has_a_capital_on_every_page(page_at: PageAt) -> None:
    page = page_at(1366)
    begun = {}
    for path in PATHS:
        if path in OF_DATA:
            continue
        page.goto(path)
        page.evaluate(OPEN_ALL)
        page.evaluate(THIN, ALIKE)
        begun[path] = page.evaluate(BEGUN_SMALL)
    assert {path: lines for path, lines in begun.items() if lines} == {}
