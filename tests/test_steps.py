"""The counter of steps finds what the standard library finds, and sees what goes back on its steps."""

import re

import pytest
from steps import ENOUGH, found, grows_evenly, of_function, of_pattern

from search.french import tokens
from search.sources import markdown, markup

PATTERNS = {
    f"{module.__name__}.{name}": pattern
    for module in (tokens, markup, markdown)
    for name, pattern in vars(module).items()
    if isinstance(pattern, re.Pattern)
}
TEXT = (
    "# boulanger/ère\n**ID :** MET.17\n- BTS (ID: FOR.12)\n• un·e <b a='c'>C++</b>, l'été <!-- --> bac + 3 aujourd'hui "
    "R&D {#x} <td>, <o:p> h/f 1. directeur(trice)s œ <style x>"
)


@pytest.mark.parametrize("name", PATTERNS)
def test_it_finds_what_the_standard_library_finds(name: str) -> None:
    for text in (TEXT, *TEXT.split("\n"), TEXT.upper()):
        assert found(PATTERNS[name], text)[0] == [match.span() for match in PATTERNS[name].finditer(text)]


@pytest.mark.parametrize(
    ("pattern", "piece"), [(r"(a+)+b", "a"), (r"\s+$", " x "), (r"(x|x)*y", "x"), (r"<[^>]*>", "<"), (r".*?,.*?;", ",")]
)
def test_it_sees_what_goes_back_on_its_steps(pattern: str, piece: str) -> None:
    compiled = re.compile(pattern)
    piece = piece if pattern != r"\s+$" else " "
    text = piece * 400 + "x"
    assert of_pattern(compiled, text) >= min(ENOUGH, 10 * of_pattern(compiled, piece * 100 + "x"))


def test_lines_are_counted_the_same_each_time() -> None:
    def loops(text: str) -> None:
        for _ in text:
            for _ in text:
                pass

    assert of_function(loops, "abc") == of_function(loops, "abc")
    assert not grows_evenly(lambda text: of_function(loops, text), "a")
    assert grows_evenly(lambda text: of_function(str.upper, text), "a")
