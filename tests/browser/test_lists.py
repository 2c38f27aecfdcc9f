"""Lists as a counsellor uses them: named, shared by a code, printed for a class, shown on another site, compared."""

import base64
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from html import escape
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from search.catalogue import Catalogue
from search.engine import Engine

PageAt = Callable[..., Page]

LIST = "id=MET.17&id=MET.242&id=MET.30"


def tab_to(page: Page, id: str) -> None:
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == id:
            return
    raise AssertionError(id)


@pytest.mark.parametrize(("width", "javascript"), [(360, False), (1366, True)])
def test_a_list_is_named_by_keys_and_keeps_its_name(page_at: PageAt, width: int, javascript: bool) -> None:
    page = page_at(width, javascript=javascript)
    page.goto("/?q=boulanger")
    page.locator(".hit .keep").first.click()
    page.get_by_role("link", name="Ma liste (1)").click()
    tab_to(page, "nom")
    page.keyboard.type("3e B & été")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Ma liste : 3e B & été")
    expect(page).to_have_title(re.compile("3e B & été"))
    expect(page.locator(".address")).to_contain_text("&nom=3e+B+%26+%C3%A9t%C3%A9")
    page.get_by_role("link", name="Chercher d'autres métiers").click()
    page.goto(page.url + ("?q=menuisier" if javascript else "&q=menuisier"))
    page.locator(".hit .keep").first.click()
    page.get_by_role("link", name="Ma liste (2)").click()
    expect(page.locator("h1")).to_have_text("Ma liste : 3e B & été")
    expect(page.locator(".kept > li")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_name_of_a_friends_list_leaves_mine_alone_and_an_emptied_one_comes_back_with_its_name(
    page_at: PageAt,
) -> None:
    page = page_at(1366)
    page.goto("/?q=menuisier")
    page.locator(".hit .keep").first.click()
    page.get_by_role("link", name="Ma liste (1)").click()
    page.get_by_label("Nom de cette liste").fill("La mienne")
    page.get_by_role("button", name="Nommer").click()
    page.goto(f"/selection?{LIST}&nom=La+tienne")
    expect(page.locator("h1")).to_have_text("Une liste partagée avec vous : La tienne")
    page.get_by_role("link", name="Ma liste (1)").click()
    expect(page.locator("h1")).to_have_text("Ma liste : La mienne")
    page.get_by_role("link", name="Vider la liste").click()
    page.get_by_role("button", name="Annuler").click()
    expect(page.locator("h1")).to_have_text("Ma liste : La mienne")


def test_each_job_of_a_class_pack_takes_one_page_of_a4(page_at: PageAt, corpus_engine: Engine) -> None:
    catalogue = Catalogue(corpus_engine)
    sheets = [catalogue.fiche(id) for id, _ in catalogue.all()]
    # Those that have most to say, and one that has little.
    sheets.sort(key=lambda each: -sum(len(block.text) for section in each.sections.values() for block in section))
    ids = [each.id for each in (*sheets[:19], sheets[-1])]
    page = page_at(1366)
    page.goto("/classe?" + "&".join(f"id={id}" for id in ids) + "&nom=3e+B")
    pdf = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == len(ids)
    sizes = [tuple(map(float, each.split())) for each in re.findall(rb"/MediaBox\s*\[([^\]]+)\]", pdf)]
    assert {(round(width), round(height)) for _, _, width, height in sizes} == {(595, 842)}
    page.emulate_media(media="print")
    # As wide as A4 between its margins: no job reaches the foot of its page, so that no heading can stand there alone.
    page.set_viewport_size({"width": 688, "height": 1032})
    heights = page.locator(".paper").evaluate_all("all => all.map(each => each.getBoundingClientRect().height)")
    assert max(heights) <= 1032
    first = page.locator(".paper").first
    expect(first).to_contain_text(f"/metiers/{ids[0]}")
    expect(first.locator("svg.qr")).to_be_visible()
    expect(page.locator(".pack-head")).to_be_hidden()


PICTURE = """<body style="margin: 0; height: 100vh; display: grid; place-items: center; background: #777">
<img src="data:image/png;base64,{png}"
  style="width: 420px; filter: blur(.7px) contrast(.7) brightness(.8); transform: {held}">"""
"""A code as a telephone sees it that is held in this way: out of focus, in poor light."""

TURNED = "rotate(11deg)"
TILTED = "perspective(900px) rotateY(28deg) rotateX(12deg) rotate(-6deg)"


@pytest.fixture
def telephone() -> Callable[[Path], str]:
    """What another program than ours reads in a picture (zbar, an independent reader of codes)."""
    if shutil.which("zbarimg") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("zbarimg is not installed, and CI may not do without it")
        pytest.skip("zbarimg is not installed (Debian's package zbar-tools)")

    def read(picture: Path) -> str:
        return subprocess.run(["zbarimg", "-q", "--raw", picture], capture_output=True, text=True).stdout.strip()

    return read


def test_codes_are_read_from_crooked_blurred_pictures(
    page_at: PageAt, telephone: Callable[[Path], str], live_server: str, tmp_path: Path
) -> None:
    page, photo = page_at(360, javascript=False), page_at(900)
    page.goto("/?per_page=50")
    ids = page.locator(".hit").evaluate_all("all => all.slice(0, 30).map(each => each.dataset.id)")
    full = "&".join(f"id={id}" for id in ids)
    for path, address, held in (
        (f"/selection?{LIST}&nom=3e+B", f"/selection?{LIST}&nom=3e+B", TILTED),
        (f"/classe?{LIST}", "/metiers/MET.17", TILTED),
        (f"/selection?{full}", f"/selection?{full}", TURNED),
    ):
        page.goto(path)
        png = base64.b64encode(page.locator("svg.qr").first.screenshot()).decode()
        photo.set_content(PICTURE.format(png=png, held=held))
        photo.screenshot(path=tmp_path / "photo.png")
        assert telephone(tmp_path / "photo.png") == live_server + address


def test_a_list_is_read_in_the_page_of_another_site_and_no_other_page_is(
    page_at: PageAt, host: tuple[str, dict[str, str]], live_server: str
) -> None:
    page = page_at(1366)
    page.goto(f"/selection?{LIST}&nom={escape('3e B')}")
    page.get_by_text("Montrer cette liste sur un autre site").click()
    snippet = page.get_by_label("Lignes à coller").input_value()
    url, pages = host
    pages["policy"] = f"default-src 'none'; frame-src {live_server}"
    pages["/blog"] = f"<!doctype html><title>Blog</title>{snippet}"
    pages["/piege"] = f"<!doctype html><title>Piège</title><iframe src='{live_server}/selection?{LIST}'></iframe>"
    page.goto(f"{url}/blog")
    frame = page.frame_locator("iframe")
    expect(frame.locator("h1")).to_have_text("3e B")
    expect(frame.locator("li h2")).to_have_count(3)
    with page.context.expect_page() as opened:
        frame.get_by_role("link", name=re.compile("boulanger")).click()
    expect(opened.value).to_have_url(f"{live_server}/metiers/MET.17")
    with page.expect_event("requestfailed", lambda request: "/selection" in request.url):
        page.goto(f"{url}/piege")
    assert page.frame_locator("iframe").locator("[data-list]").count() == 0


def test_a_search_is_followed_by_a_feed_of_its_own(page_at: PageAt) -> None:
    page = page_at(360, javascript=False)
    page.goto("/?q=bois&niveau_max=bac-2")
    feed = page.get_by_role("link", name="Suivre cette recherche (Atom)").get_attribute("href")
    answer = page.request.get(feed or "")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    assert "bois" in answer.text()
    assert answer.text().count("<entry>") > 1


@pytest.mark.parametrize(("width", "height", "size"), [(360, 740, "100%"), (1366, 768, "200%")])
def test_the_heads_of_a_comparison_stay_and_leave_the_rows_most_of_the_room(
    page_at: PageAt, width: int, height: int, size: str
) -> None:
    page = page_at(width, javascript=False, height=height)
    page.goto(f"/comparer?{LIST}&id=MET.100")
    page.evaluate("size => { document.documentElement.style.fontSize = size; }", size)
    page.evaluate("document.querySelector('.scroll').scrollTo(0, 1e6)")
    region, head = (page.locator(each).bounding_box() for each in (".scroll", ".compare thead"))
    assert region
    assert head
    assert page.locator(".compare thead a").first.bounding_box()["y"] >= region["y"] - 1  # type: ignore[index]
    page.locator(".compare tbody tr").last.evaluate("each => each.scrollIntoView({ block: 'end' })")
    shared = page.locator(".compare thead th").evaluate_all("all => Math.max(...all.map(each => each.offsetHeight))")
    assert shared < region["height"] / 2


def test_differences_are_said_in_words(page_at: PageAt) -> None:
    page = page_at(1366, javascript=False)
    page.goto("/comparer?id=MET.17&id=MET.242")
    expect(page.locator(".compare .mark").filter(has_text="les études les plus courtes")).to_be_visible()
    expect(page.locator(".compare .shared-line").first).to_contain_text("en commun")
    skills = page.locator(".compare tr", has_text="Compétences requises").locator("td").first
    assert len(skills.inner_text()) > 200


def test_the_title_of_a_column_is_broken_between_its_genders(page_at: PageAt) -> None:
    page = page_at(360, javascript=False)
    page.goto("/comparer?id=MET.785&id=MET.17")
    title = page.locator(".compare thead a").first
    text = title.inner_text()
    assert "/" in text
    # The lines as they are laid out: each letter by its height on the page.
    lines = title.evaluate(
        "link => { const lines = {}; const walk = document.createTreeWalker(link, NodeFilter.SHOW_TEXT);"
        "while (walk.nextNode()) { for (let at = 0; at < walk.currentNode.length; at++) {"
        "const range = document.createRange(); range.setStart(walk.currentNode, at);"
        "range.setEnd(walk.currentNode, at + 1); const top = range.getBoundingClientRect().top;"
        "lines[top] = (lines[top] || '') + range.toString(); } } return Object.values(lines); }"
    )
    assert len(lines) > 1
    assert lines[0].endswith("/")
