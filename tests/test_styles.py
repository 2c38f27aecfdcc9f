"""The style sheets: letters and spaces of one scale, declared once."""

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parent.parent / "web" / "static"
SHEETS = sorted(path.name for path in STATIC.glob("*.css"))
OWN_SIZE = re.compile(r"(?:^|[\s;{])((?:font(?:-size)?|gap|padding[a-z-]*|margin[a-z-]*): [^;}]*[\d.]rem[^;}]*)")


def on_screens(css: str) -> str:
    """Without the scale itself and what is printed, which is measured in points and millimetres."""
    without_scale = re.sub(r":root \{[^}]*\}", "", css)
    return re.sub(r"@media print \{.*?\n\}", "", without_scale, flags=re.DOTALL)


@pytest.mark.parametrize("name", SHEETS)
def test_letters_and_spaces_are_those_of_the_scale(name: str) -> None:
    css = on_screens((STATIC / name).read_text())
    assert OWN_SIZE.findall(css) == []


@pytest.mark.parametrize("name", SHEETS)
def test_letters_have_one_of_the_two_weights_that_are_served(name: str) -> None:
    assert set(re.findall(r"font-weight: (\d+)", (STATIC / name).read_text())) <= {"400", "700"}


@pytest.mark.parametrize("name", [name for name in SHEETS if name not in ("style.css", "cadre.css")])
def test_the_styles_of_a_kind_of_page_use_what_the_first_style_sheet_declares(name: str) -> None:
    declared = set(re.findall(r"(--[\w-]+):", (STATIC / "style.css").read_text()))
    assert set(re.findall(r"var\((--[\w-]+)", (STATIC / name).read_text())) <= declared
