"""Searching as a reader does, in a real browser: mouse, keyboard, phone, with and without JavaScript."""

import random
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from keys import proposals, settle, tab_to
from playwright.sync_api import Page, Route, expect

PageAt = Callable[..., Page]
WIDTHS = (320, 1280)
CHOSEN = "ul[aria-label='Filtres choisis']"


def results(page: Page) -> list[str]:
    """The sheets listed, in order."""
    return page.locator(".hit").evaluate_all("hits => hits.map(hit => hit.dataset.id)")


def total(page: Page) -> str:
    return page.locator("#total").inner_text()


def choose_statut(page: Page, value: str) -> None:
    """Open the filters as the page offers them, and tick a status."""
    box = page.locator(f"input[name=statut][value={value}]")
    drawer = page.locator("#tiroir > summary")
    if drawer.is_visible():
        drawer.click()
    page.locator("details[data-facet=statut] > summary").click()
    box.check()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_reader_types_ticks_opens_and_goes_back(page_at: PageAt, screenshots: Path, width: int) -> None:
    page = page_at(width)
    page.goto("/")
    page.screenshot(path=screenshots / f"accueil-{width}.png")
    page.locator("#q").press_sequentially("boulanger", delay=30)
    expect(page).to_have_url(re.compile(r"/\?q=boulanger$"))
    page.keyboard.press("Escape")
    expect(page.locator(".hit").first).to_have_attribute("data-id", "MET.17")
    before = results(page)
    choose_statut(page, "artisan")
    expect(page).to_have_url(re.compile(r"statut=artisan"))
    if width < 900:
        page.get_by_role("button", name="Voir les résultats").click()
    expect(page.locator(CHOSEN)).to_contain_text("artisan")
    assert len(results(page)) <= len(before)
    page.screenshot(path=screenshots / f"recherche-{width}.png")
    page.locator(".hit h3 a").first.click()
    expect(page.locator("h1")).to_have_text("boulanger/ère")
    page.screenshot(path=screenshots / f"fiche-{width}.png")
    page.go_back()
    expect(page.locator(CHOSEN)).to_contain_text("artisan")
    page.go_back()
    expect(page.locator(CHOSEN)).to_have_count(0)
    expect(page.locator("#q")).to_have_value("boulanger")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_same_without_javascript(page_at: PageAt, width: int) -> None:
    page = page_at(width, javascript=False)
    page.goto("/")
    page.locator("#q").fill("boulanger")
    page.get_by_role("button", name="Chercher", exact=True).click()
    assert results(page)[0] == "MET.17"
    choose_statut(page, "artisan")
    page.get_by_role("button", name="Appliquer les filtres").click()
    assert "statut=artisan" in page.url
    page.locator(".hit h3 a").first.click()
    assert page.locator("h1").text_content() == "boulanger/ère"
    page.get_by_role("link", name="← Résultats").click()
    assert "statut=artisan" in page.url
    page.locator(f"{CHOSEN} a").first.click()
    assert page.url.endswith("/?q=boulanger")


def test_completion_follows_the_combobox_pattern(page_at: PageAt) -> None:
    page = page_at(1280)
    page.goto("/")
    box = page.get_by_role("combobox", name="Un métier")
    expect(box).to_have_attribute("aria-expanded", "false")
    box.press_sequentially("boulang", delay=20)
    options = proposals(page, "boulang")
    expect(options.first).to_be_visible()
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", options.first.get_attribute("id") or "")
    page.keyboard.press("ArrowUp")
    expect(options.first).to_have_attribute("aria-selected", "false")
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox", include_hidden=True)).to_be_hidden()
    expect(box).to_be_focused()
    assert box.input_value() == "boulang"
    page.keyboard.press("ArrowDown")
    expect(options.first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/metiers/MET.17$"))


def test_a_late_answer_leaves_the_choice_alone_and_the_next_letter_asks_anew(page_at: PageAt) -> None:
    page = page_at(1280)
    held: list[Route] = []
    page.route("**/suggest?q=boulang", lambda route: held.append(route))
    page.goto("/")
    box = page.get_by_role("combobox", name="Un métier")
    box.press_sequentially("boulan")
    options = proposals(page, "boulan")
    expect(options.first).to_be_visible()
    with page.expect_request("**/suggest?q=boulang"):
        page.keyboard.press("g")
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    shown = options.all_text_contents()
    with page.expect_response("**/suggest?q=boulang"):
        held[0].continue_()
    settle(page)
    assert options.all_text_contents() == shown
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", "proposition-metiers-0")
    with page.expect_response("**/suggest?q=boulange"):
        page.keyboard.press("e")
    expect(box).not_to_have_attribute("aria-activedescendant", re.compile("."))
    expect(options.first).to_have_attribute("aria-selected", "false")


def test_what_else_fits_stands_in_named_groups_after_the_jobs(page_at: PageAt) -> None:
    page = page_at(1280)
    page.goto("/")
    page.get_by_role("combobox", name="Un métier").press_sequentially("anim", delay=20)
    proposals(page, "anim")
    interests = page.get_by_role("group", name="Envies").get_by_role("option")
    expect(interests.first).to_be_visible()
    jobs = page.get_by_role("group", name="Métiers").get_by_role("option").count()
    assert jobs
    for _ in range(jobs + 1):
        page.keyboard.press("ArrowDown")
    expect(interests.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/\?interet=[a-z-]+$"))


@pytest.mark.parametrize("width", WIDTHS)
def test_enter_leads_from_the_first_page_to_the_results(page_at: PageAt, width: int) -> None:
    page = page_at(width)
    held: list[Route] = []
    page.route("**/suggest?q=boulanger", lambda route: held.append(route))
    page.goto("/")
    with page.expect_request("**/suggest?q=boulanger"):
        page.locator("#q").fill("boulanger")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Chercher un métier")
    expect(page.locator("#total")).to_be_in_viewport()
    expect(page.locator(".lead")).to_be_hidden()
    with page.expect_response("**/suggest?q=boulanger"):
        held[0].continue_()
    settle(page)
    expect(page.get_by_role("listbox", include_hidden=True)).to_be_hidden()
    page.go_back()
    expect(page.locator("h1")).to_have_text("Quel métier cherchez-vous ?")
    expect(page.locator(".lead")).to_be_visible()


def test_results_are_announced_and_the_focus_stays(page_at: PageAt) -> None:
    page = page_at(1280)
    page.goto("/?q=bois")
    page.locator("details[data-facet=interet] > summary").click()
    box = page.locator("input[name=interet]:not([disabled])").first
    value = box.get_attribute("value")
    tab_to(box)
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile(f"interet={value}"))
    expect(page.locator("#annonce")).to_contain_text(total(page))
    assert page.evaluate("document.activeElement.value") == value
    assert page.locator("details[data-facet=interet]").get_attribute("open") is not None


def test_the_focus_stays_on_what_was_being_written_or_opened(page_at: PageAt) -> None:
    page = page_at(1280)
    page.goto("/?q=bois")
    door = page.locator("details[data-facet=interet] summary").last
    page.locator("details[data-facet=interet] > summary").click()
    page.locator("details[data-facet=salaire] > summary").click()
    page.get_by_label("À partir de").fill("1500")
    page.keyboard.press("Tab")
    page.keyboard.type("25")
    expect(page).to_have_url(re.compile("salaire_min=1500"))
    settle(page)
    expect(page.get_by_label("Jusqu'à")).to_be_focused()
    expect(page.get_by_label("Jusqu'à")).to_have_value("25")
    page.keyboard.type("00")
    tab_to(door, "Shift+Tab")
    expect(page).to_have_url(re.compile("salaire_max=2500"))
    settle(page)
    expect(door).to_be_focused()


def test_the_scroll_stays_where_a_filter_is_ticked(page_at: PageAt) -> None:
    page = page_at(1280, height=500)
    page.goto("/?q=bois")
    summary = page.locator("details[data-facet=statut] > summary")
    summary.click()
    box = page.locator("input[name=statut][value=artisan]")
    box.scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    box.check()
    expect(page).to_have_url(re.compile("statut=artisan"))
    assert abs(page.evaluate("scrollY") - before) < 5


def test_a_long_filter_is_searched_inside(page_at: PageAt) -> None:
    page = page_at(1280)
    page.goto("/")
    page.locator("details[data-facet=interet] > summary").click()
    page.locator("[data-within=interet]").fill("etranger")
    expect(page.get_by_text("je rêve de travailler à l'étranger", exact=True)).to_be_visible()
    expect(page.locator("details[data-facet=interet] .choices li:visible")).to_have_count(1)


def test_the_salary_is_asked_for_with_numbers(page_at: PageAt) -> None:
    page = page_at(1280)
    page.goto("/?q=bois")
    page.locator("details[data-facet=salaire] > summary").click()
    page.get_by_label("À partir de").fill("2500")
    page.keyboard.press("Tab")
    expect(page).to_have_url(re.compile("salaire_min=2500"))
    expect(page.locator(CHOSEN)).to_contain_text("salaire à partir de 2500")


def test_a_range_the_wrong_way_round_finds_nothing_and_says_what_to_remove(page_at: PageAt) -> None:
    page = page_at(1280)
    page.goto("/?niveau_min=bac-5")
    page.get_by_label("Au plus").select_option("bac-2")
    expect(page.locator(".nothing")).to_contain_text("Retirer « au moins »")


def test_a_wrong_value_is_explained_in_place(page_at: PageAt) -> None:
    page = page_at(1280)
    page.goto("/?q=bois")
    page.locator("details[data-facet=salaire] > summary").click()
    page.get_by_label("À partir de").fill("99999999")
    page.keyboard.press("Tab")
    expect(page.locator("#resultats .note")).to_contain_text(re.compile("Salaire à partir de : ne doit pas dépasser"))


def test_a_choice_says_in_its_label_how_many_results_it_leads_to(page_at: PageAt) -> None:
    page = page_at(1280)
    page.goto("/?q=bois")
    page.locator("details[data-facet=statut] > summary").click()
    box = page.get_by_role("group", name="Statut").get_by_role("checkbox", name=re.compile(r"^artisan \d+$"))
    count = (box.locator("xpath=..").locator(".count").text_content() or "").strip()
    box.check()
    expect(page.locator("#total")).to_have_text(f"{count} métiers pour « bois »")


def test_each_chip_lets_go_of_one_filter_and_one_link_of_all(page_at: PageAt) -> None:
    page = page_at(1280)
    page.goto("/?q=bois&niveau=bac-2&niveau=bac-3&statut=salarie")
    expect(page.locator(f"{CHOSEN} li")).to_have_count(4)
    page.get_by_role("link", name="Retirer le filtre bac + 2").click()
    expect(page).to_have_url(re.compile(r"/\?q=bois&niveau=bac-3&statut=salarie$"))
    expect(page.locator("#total")).to_be_focused()
    page.get_by_role("link", name="Tout effacer").click()
    expect(page).to_have_url(re.compile(r"/\?q=bois$"))
    expect(page.locator(CHOSEN)).to_have_count(0)


def test_more_choices_wait_behind_a_door(page_at: PageAt) -> None:
    page = page_at(1280)
    page.goto("/?q=bois")
    facet = page.locator("details[data-facet=interet]")
    facet.locator("> summary").click()
    few = facet.locator(".choices li:visible").count()
    facet.get_by_text("Plus de choix").click()
    assert facet.locator(".choices li:visible").count() > few


def test_letters_typed_before_an_answer_has_come_do_not_lose_the_page_before(page_at: PageAt) -> None:
    page = page_at(1280)
    page.goto("/")
    page.route(re.compile(r"/\?q=bo$"), lambda route: None)
    with page.expect_request(re.compile(r"/\?q=bo$")):
        page.locator("#q").press_sequentially("bo")
    page.locator("#q").press_sequentially("is")
    expect(page).to_have_url(re.compile("q=bois$"))
    page.go_back()
    expect(page.locator("#q")).to_have_value("")


def test_a_word_being_typed_is_one_step_back(page_at: PageAt) -> None:
    page = page_at(1280)
    page.goto("/")
    for word, found in (("bois", "bois"), (" dur", "bois dur")):
        page.locator("#q").press_sequentially(word, delay=20)
        expect(page).to_have_url(re.compile(rf"q={found.replace(' ', '.')}$"))
    page.go_back()
    expect(page.locator("#q")).to_have_value("")
    expect(page.locator("#total")).to_have_text(re.compile(r"^1.?043 métiers$|^\d+ métiers$"))


@pytest.mark.parametrize("place", ["#contenu", "#q", "#filtres", "#premier"])
def test_a_skip_link_leads_to_its_place_and_the_focus_stays_there(page_at: PageAt, place: str) -> None:
    page = page_at(1280)
    page.goto("/?q=bois")
    tab_to(page.locator(f".skip a[href='{place}']"))
    page.keyboard.press("Enter")
    expect(page.locator(place)).to_be_focused()
    settle(page)
    expect(page.locator(place)).to_be_focused()


def test_the_drawer_says_how_many_results_wait_behind_it(page_at: PageAt) -> None:
    page = page_at(320)
    page.goto("/?q=bois")
    choose_statut(page, "artisan")
    expect(page).to_have_url(re.compile("statut=artisan"))
    count = page.locator("#total").get_attribute("data-total")
    expect(page.get_by_role("button", name=f"Voir les résultats ({count})", exact=True)).to_be_visible()


def test_the_sort_the_pages_and_the_number_per_page_are_links_of_the_state(page_at: PageAt) -> None:
    page = page_at(1280)
    page.goto("/?q=travail")
    page.get_by_label("Ordre").select_option("-nom")
    expect(page).to_have_url(re.compile("sort=-nom"))
    first = results(page)
    page.get_by_role("link", name="Suivante").click()
    expect(page).to_have_url(re.compile("page=2"))
    expect(page.locator("#total")).to_be_focused()
    assert not set(first) & set(results(page))
    page.get_by_role("link", name="50", exact=True).click()
    expect(page).to_have_url(re.compile("per_page=50"))
    expect(page.locator(".hit")).to_have_count(50)


def test_the_levels_are_a_scale_with_au_plus_and_au_moins(page_at: PageAt) -> None:
    page = page_at(1280)
    page.goto("/?q=animaux")
    page.get_by_label("Au plus").select_option("bac-2")
    expect(page).to_have_url(re.compile("niveau_max=bac-2"))
    expect(page.locator(CHOSEN)).to_contain_text("au plus bac + 2")
    page.get_by_label("Au moins").select_option("bac-ou-equivalent")
    expect(page.locator(CHOSEN)).to_contain_text("au moins bac ou équivalent")
    page.get_by_role("link", name="Tout effacer").click()
    expect(page).to_have_url(re.compile(r"/\?q=animaux$"))


def test_charts_lead_to_what_they_count(page_at: PageAt) -> None:
    page = page_at(1280)
    page.goto("/?q=animaux")
    page.get_by_text("Voir comment ils se répartissent").click()
    bar = page.locator(".charts .bars a").first
    count = bar.locator(".count").inner_text()
    bar.click()
    expect(page.locator("#total")).to_have_text(re.compile(rf"^{count} métiers? pour"))


@pytest.mark.parametrize(
    "asked",
    ["q=boulanger&niveau=bac-8", "q=zzz+menuisier+qqqq&typo=off&statut=militaire", "niveau=bac-8&statut=artisan"],
)
def test_each_way_out_of_an_empty_page_has_the_number_of_results_it_promises(page_at: PageAt, asked: str) -> None:
    page = page_at(320)
    page.goto(f"/?{asked}")
    expect(page.locator("#total")).to_contain_text("Aucun métier")
    ways = page.locator(".nothing li:has(.count)").evaluate_all(
        "all => all.map(each => [each.querySelector('a').href, each.querySelector('.count').textContent])"
    )
    assert ways
    for href, promised in ways:
        page.goto(href)
        expect(page.locator("#total")).to_have_text(re.compile(f"^{promised}"))


def test_a2_a_keyboard_reaches_the_first_result_in_few_steps(page_at: PageAt) -> None:
    page = page_at(1280)
    page.goto("/?q=boulanger")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Aller au contenu")).to_be_focused()
    for _ in range(24):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "premier":
            break
    expect(page.locator("#premier")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("boulanger/ère")


def test_a2_a_keyboard_alone_searches_filters_opens_and_goes_back(page_at: PageAt) -> None:
    page = page_at(1280)
    page.goto("/")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("boulanger", delay=20)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("q=boulanger"))
    tab_to(page.locator("details[data-facet=statut] > summary"))
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile("statut="))
    expect(page.locator("details[data-facet=statut] input:focus")).to_have_count(1)
    tab_to(page.locator("#premier"))
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("boulanger/ère")
    page.go_back()
    expect(page).to_have_url(re.compile("statut="))


def test_the_drawer_keeps_the_focus_and_gives_it_back(page_at: PageAt) -> None:
    page = page_at(320)
    page.goto("/?q=bois")
    page.locator("#tiroir > summary").click()
    dialog = page.get_by_role("dialog", name="Filtres")
    expect(dialog).to_be_visible()
    for _ in range(30):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator("#tiroir > summary")).to_be_focused()


def states(count: int) -> list[str]:
    """Addresses of searches, the same at each run."""
    chance = random.Random(7)
    words = ["", "boulanger", "bois", "soigner les animaux", "mécanique", '"boîte de vitesses"', "zzzzqqq", "étranger"]
    more = ["niveau=bac-2", "niveau_max=bac-3", "statut=artisan", "per_page=50", "page=2", "typo=off"]
    more += ["dans=competences", "interet=j-aime-bouger", "salaire_min=2000", "domaine=sciences", "rome=a"]
    sorts = ["sort=nom", "sort=-salaire", "sort=niveau", "sort=pertinence"]
    return [
        "/?"
        + "&".join(
            [f"q={quote(chance.choice(words))}", chance.choice(sorts), *chance.sample(more, chance.randrange(4))]
        )
        for _ in range(count)
    ]


SEEN = """JSON.stringify([...document.querySelectorAll('#total, .hit, #panneau .choices label')]
  .map(each => each.dataset.id ?? each.textContent.trim()))"""
FOLLOW = "address => { history.pushState(null, '', address); dispatchEvent(new PopStateEvent('popstate')); }"


def test_f4_the_same_sheets_counts_and_order_with_and_without_javascript(page_at: PageAt) -> None:
    with_script = page_at(1280)
    without = page_at(1280, javascript=False)
    without.route("**/static/**", lambda route: route.abort())
    with_script.goto("/")
    for address in states(100):
        answer = without.goto(address, wait_until="domcontentloaded")
        assert answer, address
        assert answer.ok, address
        # As going back does: the page stays, and the script replaces what changes. How soon is not the question here.
        with_script.evaluate(FOLLOW, address)
        with_script.wait_for_function(f"expected => {SEEN} === expected", arg=without.evaluate(SEEN), timeout=30_000)
