"""Every kind of page, on phones, tablets, desks, with letters twice as large: nothing is lost, covered or small."""

from collections.abc import Callable

import pytest
from kinds import ALIKE, BROKEN, COVERED, GLUED, LOST, OPEN_ALL, PATHS, SMALL, THIN, WITHOUT_SEARCH
from playwright.sync_api import Page

PageAt = Callable[..., Page]

DOORS = 14


# Each page is fetched once for all its sizes and widths: that is what costs.
@pytest.mark.parametrize(
    ("javascript", "scheme", "sizes"),
    [
        (True, "dark", {"100%": (320, 768)}),
        (False, "light", {"100%": (360, 1366), "200%": (320, 360, 768, 1366)}),
    ],
)
def test_nothing_is_too_wide_covered_too_small_or_glued(
    page_at: PageAt, javascript: bool, scheme: str, sizes: dict[str, tuple[int, ...]]
) -> None:
    page = page_at(1366, javascript=javascript, height=768, color_scheme=scheme)
    faults: list[tuple[object, ...]] = []
    for path in PATHS:
        page.goto(path)
        page.evaluate("document.fonts.ready.then(() => true)")
        faults += [(path, "glued", each) for each in page.evaluate(GLUED)]
        page.set_viewport_size({"width": 360, "height": 740})
        faults += [(path, "no search on the first screen")] if page.evaluate(WITHOUT_SEARCH) else []
        for state in ("closed", "open"):
            if state == "open":
                page.evaluate(OPEN_ALL)
                page.evaluate(THIN, ALIKE)
            for size, widths in sizes.items():
                page.evaluate("size => { document.documentElement.style.fontSize = size; }", size)
                for width in widths:
                    page.set_viewport_size({"width": width, "height": 768})
                    found = page.evaluate(f"[document.documentElement.scrollWidth, {COVERED}, {SMALL}, {BROKEN}]")
                    faults += [(path, size, width, state, each) for each in faults_of(width, *found)]
    assert faults == []


def faults_of(width: int, reach: int, covered: list[object], small: list[object], broken: list[object]) -> list[object]:
    """What is wrong with a page of this width: it is wider; texts cover others, targets are small, words break."""
    return [*([f"{reach} wide"] if reach > width else []), *covered, *small, *broken]


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
            is_past, why = page.evaluate(f"[document.activeElement === document.body, {LOST}]")
            if is_past:
                break
            faults += [(path, why)] if why else []
    assert faults == []
