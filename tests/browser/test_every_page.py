"""Every kind of page, on phones, tablets, desks, with letters twice as large: nothing is lost, covered or small."""

from collections.abc import Callable

import pytest
from kinds import ALIKE, COVERED, GLUED, LOST, OPEN_ALL, PATHS, SMALL, THIN
from playwright.sync_api import Page

PageAt = Callable[..., Page]

DOORS = 14


@pytest.mark.parametrize(
    ("widths", "size", "javascript"),
    [((320, 768), "100%", True), ((360, 1366), "100%", False), ((320, 360, 768, 1366), "200%", False)],
)
def test_nothing_is_too_wide_covered_too_small_or_glued(
    page_at: PageAt, widths: tuple[int, ...], size: str, javascript: bool
) -> None:
    page = page_at(1366, javascript=javascript, height=768, color_scheme="dark" if javascript else "light")
    faults: list[tuple[str, int, str, object]] = []
    for path in PATHS:
        page.goto(path)
        page.evaluate("document.fonts.ready.then(() => true)")
        faults += [(path, 0, "glued", each) for each in page.evaluate(GLUED)]
        page.evaluate("size => { document.documentElement.style.fontSize = size; }", size)
        for state in ("closed", "open"):
            if state == "open":
                page.evaluate(OPEN_ALL)
                page.evaluate(THIN, ALIKE)
            for width in widths:
                page.set_viewport_size({"width": width, "height": 768})
                reach = page.evaluate("document.documentElement.scrollWidth")
                faults += [(path, width, state, f"{reach} wide")] if reach > width else []
                faults += [(path, width, state, each) for each in page.evaluate(COVERED)]
                faults += [(path, width, state, each) for each in page.evaluate(SMALL)]
    assert faults == []


@pytest.mark.parametrize(("width", "scheme", "size"), [(360, "dark", "100%"), (768, "light", "200%")])
def test_the_focus_is_always_seen_from_the_top_of_the_page_on(
    page_at: PageAt, width: int, scheme: str, size: str
) -> None:
    page = page_at(width, height=740, color_scheme=scheme)
    faults = []
    for path in PATHS:
        page.goto(path)
        page.evaluate("size => { document.documentElement.style.fontSize = size; }", size)
        for _ in range(DOORS):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement === document.body"):
                break
            faults += [(path, why) for why in [page.evaluate(LOST)] if why]
    assert faults == []
