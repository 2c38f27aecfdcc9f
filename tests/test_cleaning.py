"""Text as it is kept: no HTML, ordinary blanks."""

import time

import pytest

from search.sources import cleaning


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("vaste\u00a0! ", "vaste !"),
        ("1\u202f479\u2009€", "1 479 €"),
        ("a  b\tc", "a b c"),
        ("l’électronique, l'œuvre", "l’électronique, l'œuvre"),
        ("recher\u00adche\u200b", "recherche"),
        ("e\u0301lectricien", "électricien"),
        ("BEPC\x81", "BEPC"),
        ("un <b>mot</b> en gras", "un mot en gras"),
        ("R&amp;D, R&D, 3 &lt; 4", "R&D, R&D, 3 < 4"),
        ("moins de 3 < 4 > 2", "moins de 3 < 4 > 2"),
        ("gauche\u202eetiord", "gaucheetiord"),
        ("seul\ud800", "seul"),
        ("un &#233; et &#" + "9" * 5000 + ";", "un é et \ufffd"),
    ],
)
def test_a_line_is_kept_without_what_readers_do_not_see(written: str, kept: str) -> None:
    assert cleaning.line(written) == kept


def test_paragraphs_are_parted_by_one_line_break() -> None:
    assert cleaning.paragraphs("<p>\n   un\n\n </p>\n deux<br/>trois<ul><li>a</li><li>b</li></ul>") == (
        "un\ndeux\ntrois\n- a\n- b"
    )


@pytest.mark.parametrize("text", ["<" * 50_000, "<a" * 25_000, "<br" * 17_000, "&" * 50_000, "<li " * 12_500])
def test_hostile_text_is_cleaned_quickly(text: str) -> None:
    started = time.process_time()
    cleaning.paragraphs(text)
    assert time.process_time() - started < 0.25
