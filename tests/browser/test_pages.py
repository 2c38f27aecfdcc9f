"""Reading sheets, keeping and comparing them, and the map, in a real browser."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from keys import tab_to
from playwright.sync_api import Page, expect

from search.fields import FACETS

PageAt = Callable[..., Page]


def test_kept_sheets_are_found_again_compared_and_let_go(page_at: PageAt, screenshots: Path) -> None:
    page = page_at(1280)
    page.goto("/?q=boulanger")
    for place in (0, 1, 2):
        page.locator(".hit .keep").nth(place).click()
    expect(page.locator(".hit .keep").first).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("link", name="Ma liste (3)")).to_be_visible()
    page.goto("/selection")
    expect(page).to_have_url(re.compile(r"\?id=MET\.17&id="))
    expect(page.locator(".kept > li")).to_have_count(3)
    page.locator("[data-remove]").last.click()
    expect(page.locator(".kept > li")).to_have_count(2)
    page.get_by_role("button", name="Comparer").click()
    expect(page.locator(".compare thead th")).to_have_count(2)
    page.screenshot(path=screenshots / "comparer.png")
    page.goto("/?q=boulanger")
    expect(page.get_by_role("link", name="Ma liste (2)")).to_be_visible()
    tab_to(page.locator(".hit .keep").first)
    page.keyboard.press("Space")
    expect(page.get_by_role("link", name="Ma liste (1)")).to_be_visible()
    page.goto("/selection")
    page.get_by_role("link", name="Vider la liste").click()
    expect(page.locator("main")).to_contain_text("Votre liste est vide")


def test_k2_a_shared_list_stands_beside_ones_own_and_is_added_by_merging(page_at: PageAt) -> None:
    page = page_at(1366)
    page.goto("/?q=boulanger")
    for place in (0, 1):
        page.locator(".hit .keep").nth(place).click()
    mine = page.evaluate("localStorage['metiers.selection']")
    page.goto("/selection?id=MET.17&id=MET.30&id=MET.100")
    expect(page.locator("h1")).to_have_text("Une liste partagée avec vous")
    expect(page.locator(".note")).to_contain_text("Votre propre liste n'a pas changé")
    expect(page.get_by_role("link", name="Vider la liste")).to_have_count(0)
    page.locator("[data-remove='MET.100']").click()
    page.get_by_label("Ajouter un métier").fill("menuis")
    page.keyboard.press("Enter")
    page.get_by_role("link", name=re.compile("^Ajouter :")).first.click()
    assert page.evaluate("localStorage['metiers.selection']") == mine
    expect(page.locator(".kept > li")).to_have_count(3)
    page.get_by_role("button", name="Ajouter à ma liste (2)").click()
    expect(page.get_by_role("link", name="Ma liste (4)")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("Ajouté à votre liste")
    expect(page.get_by_role("button", name="Annuler")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Ma liste (2)")).to_be_visible()
    assert page.evaluate("localStorage['metiers.selection']") == mine
    page.goto("/selection")
    page.get_by_role("link", name="Vider la liste").click()
    page.get_by_role("button", name="Annuler").click()
    expect(page.locator(".kept > li")).to_have_count(2)


def test_k2_the_whole_list_comes_along_to_a_comparison_of_some(page_at: PageAt) -> None:
    page = page_at(1366)
    ids = ("MET.17", "MET.242", "MET.30", "MET.100", "MET.2", "MET.785")
    page.goto("/selection?" + "&".join(f"id={id}" for id in ids))
    page.get_by_role("button", name="Ajouter à ma liste (6)").click()
    fifth = page.locator(".pick input").nth(4)
    fifth.click()
    expect(fifth).not_to_be_checked()
    expect(page.get_by_role("status")).to_contain_text("comparer 4 métiers au plus")
    page.locator(".pick input").first.uncheck()
    page.get_by_role("button", name="Comparer").click()
    expect(page.locator(".compare thead th")).to_have_count(3)
    page.get_by_role("link", name="← Retour à la liste (6)").click()
    expect(page.locator("h1")).to_have_text("Ma liste")
    expect(page.locator(".kept > li")).to_have_count(6)
    page.goto("/comparer?" + "&".join(f"id={id}" for id in ids[:5]))
    expect(page.locator(".compare thead th")).to_have_count(4)
    expect(page.locator(".note")).to_contain_text("il manque")


def test_k2_without_javascript_the_address_carries_what_is_kept(page_at: PageAt) -> None:
    page = page_at(320, javascript=False)
    page.goto("/?q=bois")
    for place in (0, 1):
        page.locator(".hit .keep").nth(place).click()
    expect(page.get_by_role("link", name="Gardé", exact=False)).to_have_count(2)
    page.locator(".hit h3 a").nth(2).click()
    page.locator(".keep").click()
    page.get_by_role("link", name="Ma liste (3)").click()
    expect(page.locator(".kept > li")).to_have_count(3)
    page.get_by_label("Ajouter un métier").fill("menuis")
    page.keyboard.press("Enter")
    expect(page.locator("#ajouter")).to_be_in_viewport()
    expect(page.locator("#ajouter")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".kept > li")).to_have_count(4)
    page.get_by_role("link", name="Chercher d'autres métiers").click()
    page.locator("#q").fill("boulanger")
    page.keyboard.press("Enter")
    page.locator(".hit .keep").first.click()
    page.get_by_role("link", name="Ma liste (5)").click()
    page.get_by_role("button", name="Comparer").click()
    expect(page.locator(".compare thead th")).to_have_count(4)


def test_k2_without_javascript_too_a_thirty_first_is_refused_in_words(page_at: PageAt) -> None:
    page = page_at(360, javascript=False)
    page.goto("/?per_page=50")
    ids = page.locator(".hit").evaluate_all("all => all.slice(0, 30).map(each => each.dataset.id)")
    page.goto("/?per_page=50&" + "&".join(f"garde={id}" for id in ids))
    page.locator(".hit .keep").nth(30).click()
    expect(page.locator(".note")).to_contain_text("La liste est pleine")
    expect(page.locator(".kept > li")).to_have_count(30)


@pytest.mark.parametrize(("width", "size"), [(320, "100%"), (360, "200%"), (768, "200%")])
def test_long_titles_fit_in_lists_and_comparisons_whose_heads_stay(page_at: PageAt, width: int, size: str) -> None:
    page = page_at(width, height=740)
    for path in (
        "/selection?id=MET.785&id=MET.17",
        "/comparer?id=MET.785&id=MET.17",
        "/comparer?id=MET.785&id=MET.17&id=MET.30",
    ):
        page.goto(path)
        page.evaluate(f"document.documentElement.style.fontSize = '{size}'")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        titles = page.locator("th, .kept h2")
        assert titles.evaluate_all("all => all.filter(each => each.scrollWidth > each.clientWidth + 1)") == [], path
    table = page.locator(".scroll")
    table.hover()
    page.mouse.wheel(0, 600)
    page.wait_for_function("() => document.querySelector('.scroll').scrollTop > 300")
    head, frame = page.locator(".compare thead th").first.bounding_box(), table.bounding_box()
    assert head
    assert frame
    assert abs(head["y"] - frame["y"]) < 3


def test_k2_thirty_sheets_are_kept_and_no_more(page_at: PageAt) -> None:
    page = page_at(1280)
    page.goto("/?per_page=50")
    for place in range(30):
        page.locator(".hit .keep").nth(place).click()
    expect(page.get_by_role("link", name="Ma liste (30)")).to_be_visible()
    page.locator(".hit .keep").nth(30).click()
    expect(page.locator("#annonce")).to_contain_text("30 métiers au plus")
    expect(page.locator("#annonce")).to_be_in_viewport(ratio=1)
    expect(page.locator("#annonce")).to_have_css("position", "fixed")
    expect(page.get_by_role("link", name="Ma liste (30)")).to_be_visible()
    page.goto("/selection")
    expect(page.locator(".kept > li")).to_have_count(30)


def test_the_selection_is_shared_taken_away_as_a_table_and_printed(page_at: PageAt) -> None:
    page = page_at(1280, permissions=["clipboard-read", "clipboard-write"])
    page.add_init_script("navigator.share = undefined; window.print = () => { window.printed = true; };")
    page.goto("/selection?id=MET.17&id=MET.242")
    page.get_by_role("button", name="Copier le lien").click()
    expect(page.get_by_role("button", name="Lien copié")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").endswith("/selection?id=MET.17&id=MET.242")
    page.get_by_role("button", name="Imprimer").click()
    assert page.evaluate("window.printed")
    with page.expect_download() as download:
        page.get_by_role("link", name="Tableau (CSV)").click()
    rows = download.value.path().read_text("utf-8-sig").splitlines()
    assert rows[0].startswith("Numéro;Métier;Au féminin;Au masculin;Autres noms;Niveau d'études minimum;")
    assert [row.split(";")[0].split(",")[0].strip('"') for row in rows[1:3]] == ["MET.17", "MET.242"]
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="boulanger/ère")).to_be_visible()
    expect(page.locator(".remove").first).to_be_hidden()


def test_four_sheets_are_compared_side_by_side(page_at: PageAt) -> None:
    page = page_at(1280)
    page.goto("/comparer?id=MET.17&id=MET.242&id=MET.30&id=MET.100")
    expect(page.locator(".compare thead th")).to_have_count(4)
    for heading in ("Niveau", "Salaire", "Statuts", "Envies", "Domaines", "Présentation", "Conditions"):
        expect(page.get_by_role("rowheader", name=re.compile(f"^{heading}"))).to_be_visible()


def test_the_key_facts_of_a_sheet_lead_to_those_that_share_them(page_at: PageAt) -> None:
    page = page_at(320, javascript=False)
    page.goto("/metiers/MET.17")
    for name in ("Niveau d'études minimum", "Salaire au début", "Statuts possibles", "Domaines", "Codes ROME"):
        assert page.locator("#reperes dt", has_text=name).is_visible(), name
    page.locator("#reperes").get_by_role("link", name="artisan").click()
    assert page.url.endswith("/?statut=artisan")


def test_near_sheets_say_why_they_are_near(page_at: PageAt) -> None:
    page = page_at(320, javascript=False)
    page.goto("/metiers/MET.17")
    cards = page.locator("#proches .cards > li")
    assert cards.count() >= 3
    assert all("Pourquoi" in text or "Ce qui change" in text for text in cards.all_inner_texts())


def test_a_sheet_has_a_working_table_of_contents(page_at: PageAt) -> None:
    page = page_at(1280)
    page.goto("/metiers/MET.17")
    page.locator("#sommaire").get_by_role("link", name="Conditions de travail").click()
    expect(page).to_have_url(re.compile("#conditions-de-travail$"))
    assert page.locator("#conditions-de-travail").evaluate("e => Math.abs(e.getBoundingClientRect().top)") < 60


def test_a_snippet_leads_to_its_very_place(page_at: PageAt) -> None:
    page = page_at(1280)
    page.goto("/?q=boulanger")
    link = page.locator(".snippets a").last
    anchor = (link.get_attribute("href") or "").partition("#")[2]
    link.click()
    expect(page.locator(f"#{anchor}")).to_be_in_viewport()


def test_the_results_are_walked_from_sheet_to_sheet(page_at: PageAt) -> None:
    page = page_at(1280)
    page.goto("/?q=bois")
    ids = page.locator(".hit").evaluate_all("hits => hits.map(hit => hit.dataset.id)")
    page.locator(".hit h3 a").first.click()
    page.locator("a[rel=next]").click()
    expect(page.locator("article")).to_have_attribute("data-id", ids[1])
    page.locator("a[rel=prev]").click()
    expect(page.locator("article")).to_have_attribute("data-id", ids[0])


def test_a_sheet_is_printed_without_what_is_not_paper(page_at: PageAt) -> None:
    page = page_at(1280)
    page.goto("/metiers/MET.17")
    page.emulate_media(media="print")
    expect(page.locator(".top nav")).to_be_hidden()
    expect(page.locator("#nature-du-travail")).to_be_visible()


def test_the_map_zooms_names_its_points_and_opens_them(page_at: PageAt, screenshots: Path) -> None:
    page = page_at(1280)
    page.goto("/carte?q=bois")
    page.screenshot(path=screenshots / "carte.png")
    drawing = page.locator("[data-map] > svg")
    whole = drawing.get_attribute("viewBox")
    page.get_by_role("button", name="Agrandir").click()
    assert drawing.get_attribute("viewBox") != whole
    page.get_by_role("button", name="Voir toute la carte").click()
    assert drawing.get_attribute("viewBox") == whole
    tab_to(drawing, "Shift+Tab")
    page.keyboard.press("ArrowRight")
    name = page.locator("[data-name]").inner_text()
    assert name
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-name]")).not_to_have_text(name)
    name = page.locator("[data-name]").inner_text()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/metiers/"))
    assert name.casefold().startswith(page.locator("h1").inner_text().casefold())


def test_the_map_is_dragged_names_what_is_under_the_pointer_and_a_drag_opens_nothing(page_at: PageAt) -> None:
    page = page_at(1280)
    page.goto("/carte?q=bois")
    dot = page.locator("[data-map] .lit").first
    dot.hover()
    title, _, level = (dot.locator("title").text_content() or "").partition(" · ")
    expect(page.locator("[data-name]")).to_have_text(f"{title} {level}")
    page.get_by_role("button", name="Agrandir").click()
    drawing = page.locator("[data-map] > svg")
    before = drawing.get_attribute("viewBox")
    box = drawing.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 80, y - 60, steps=4)
    page.mouse.up()
    assert drawing.get_attribute("viewBox") != before
    expect(page).to_have_url(re.compile("/carte"))
    before = drawing.get_attribute("viewBox")
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    expect(drawing).not_to_have_attribute("viewBox", before or "")


def test_the_map_lights_up_the_results_in_the_colours_of_their_domains(page_at: PageAt) -> None:
    page = page_at(1280)
    page.goto("/?q=boulanger")
    found = page.locator("#total").get_attribute("data-total")
    page.get_by_role("link", name="Voir sur la carte").click()
    expect(page.locator("#total")).to_contain_text(f"{found} métiers allumés")
    lit = page.locator("[data-map] .lit")
    expect(lit).to_have_count(int(found or 0))
    colour = lit.first.evaluate("dot => getComputedStyle(dot).fill")
    assert colour != page.locator("[data-map] circle.off").first.evaluate("dot => getComputedStyle(dot).fill")
    assert page.locator(".names text").count() > 0


def test_the_list_beside_the_map_says_the_same_without_javascript(page_at: PageAt) -> None:
    page = page_at(320, javascript=False)
    page.goto("/carte?q=boulanger")
    lit = page.locator("[data-map] .lit").count()
    assert lit > 0
    assert page.locator("#liste ul ul a").count() == lit


def test_a_tap_on_the_map_shows_the_name_and_the_level_with_a_link_that_opens(page_at: PageAt) -> None:
    page = page_at(360, height=740, has_touch=True)
    page.goto("/carte?q=boulanger")
    dot = page.locator("[data-map] .lit").last
    dot.scroll_into_view_if_needed()
    box = dot.bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + box["width"] / 2 + 6, box["y"] + box["height"] / 2 + 6)
    expect(page.locator("[data-name] strong")).not_to_be_empty()
    expect(page.locator("[data-name]")).to_contain_text(re.compile("CAP|bac"))
    expect(page).to_have_url(re.compile("/carte"))
    title = page.locator("[data-name] strong").inner_text()
    page.get_by_role("link", name="Ouvrir la fiche").click()
    expect(page.locator("h1")).to_have_text(title, ignore_case=True)


def test_names_of_jobs_appear_as_one_zooms_in_and_hide_one_another_nowhere(page_at: PageAt) -> None:
    page = page_at(1366)
    page.goto("/carte?q=animaux")
    names = page.locator(".jobs text")
    expect(names).to_have_count(0)
    for _ in range(3):
        page.get_by_role("button", name="Agrandir").click()
    few = names.count()
    assert few > 0
    boxes = names.evaluate_all(
        "all => all.map(each => each.getBBox()).map(b => [b.x, b.y, b.x + b.width, b.y + b.height])"
    )
    pairs = [(one, other) for place, one in enumerate(boxes) for other in boxes[place + 1 :]]
    overlap = [
        (one, other)
        for one, other in pairs
        if one[0] < other[2] and other[0] < one[2] and one[1] + 1 < other[3] and other[1] + 1 < one[3]
    ]
    assert len(overlap) <= len(boxes) / 10
    page.get_by_role("button", name="Voir toute la carte").click()
    expect(names).to_have_count(0)


@pytest.mark.parametrize("javascript", [True, False])
def test_on_a_phone_the_list_of_the_map_comes_first_and_keys_reach_it_first(page_at: PageAt, javascript: bool) -> None:
    page = page_at(360, javascript=javascript, height=740)
    page.goto("/carte?q=boulanger")
    first, drawing = page.locator("#liste ul ul a").first, page.locator("[data-map]")
    above, below = first.bounding_box(), drawing.bounding_box()
    assert above
    assert below
    assert above["y"] < 740 < below["y"]
    page.get_by_role("link", name="Voir la carte, sous la liste").press("Enter")
    expect(drawing).to_be_in_viewport()
    page.goto("/carte")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.localName") in {"summary", "svg"}:
            break
    assert page.evaluate("document.activeElement.localName") == "summary"
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.keyboard.press("Enter")
    expect(page.locator("#liste details[open] ul a").first).to_be_visible()


@pytest.mark.parametrize("width", [360, 1366])
def test_the_map_tells_a_corrected_word_as_the_search_does_and_offers_a_way_on_from_one_not_found(
    page_at: PageAt, width: int
) -> None:
    page = page_at(width, height=740)
    page.goto("/?q=boulangr")
    told = page.locator("[data-told]", has_text="Mots corrigés").inner_text()
    page.goto("/carte?q=boulangr")
    expect(page.locator("[data-told]", has_text="Mots corrigés")).to_have_text(told, use_inner_text=True)
    page.locator("#q").fill("zzzzqqq")
    page.keyboard.press("Enter")
    expect(page.locator(".note", has_text="Aucun métier ne répond à « zzzzqqq »")).to_be_visible()
    expect(page.locator("[data-map] .lit")).to_have_count(0)
    tab_to(page.get_by_role("link", name="voyez toute la carte"))
    page.keyboard.press("Enter")
    expect(page.locator("#total")).to_have_text(re.compile(r"^[\d\u202f]+ métiers$"))


@pytest.mark.parametrize("name", [*(each.anchor for each in FACETS if each.browsed), "lettres"])
def test_every_way_of_browsing_ends_on_a_sheet(page_at: PageAt, name: str) -> None:
    page = page_at(320, javascript=False)
    page.goto("/parcourir")
    page.locator(f"#{name} a").first.click()
    page.locator("a[href^='/metiers/MET.']").first.click()
    assert page.locator("article.sheet").count() == 1
