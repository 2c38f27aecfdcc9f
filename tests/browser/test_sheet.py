"""A sheet on a phone and on a desk: what one sees first, where it leads, by mouse, by keys, without JavaScript."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

PageAt = Callable[..., Page]

FIRST_SIGHT = ("h1", ".sheet > header .lead", ".glance dt:text-is('Études')", ".glance dt:text-is('Salaire')",
               ".glance dt:text-is('Conditions')", ".glance dt:text-is('Envies')", ".keep")  # fmt: skip


@pytest.mark.parametrize("javascript", [True, False])
def test_title_presentation_four_facts_and_keep_are_on_the_first_screen_of_a_phone(
    page_at: PageAt, javascript: bool
) -> None:
    page = page_at(360, height=740, javascript=javascript)
    # The second has one of the longest titles, the third one of the longest presentations of the corpus.
    for id in ("MET.17", "MET.634", "MET.49"):
        page.goto(f"/metiers/{id}")
        for part in FIRST_SIGHT:
            expect(page.locator(part).first).to_be_in_viewport(ratio=1)
        bottom = page.locator(".glance").evaluate("each => each.getBoundingClientRect().bottom")
        assert bottom <= 740, id
        expect(page.locator("#sommaire ul")).to_be_hidden()


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
        for _ in range(9):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == "chercher":
                break
        page.keyboard.type("menuisier")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(r"/\?q=menuisier"))
        expect(page.locator(".hit").first).to_be_visible()


def test_the_box_on_top_completes_what_is_typed(page_at: PageAt) -> None:
    page = page_at(360, height=740)
    page.goto("/metiers/MET.17")
    page.locator("#chercher").click()
    page.keyboard.type("menuis")
    expect(page.get_by_role("option").first).to_be_visible()
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
