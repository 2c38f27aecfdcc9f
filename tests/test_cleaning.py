"""Text as it is kept: no HTML, ordinary blanks."""

import re

import pytest
from steps import grows_evenly, of_function, of_pattern

from search.sources import cleaning, markup


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
        ("le c\x9cur de l\x92hôtel, 30 \x80 \x96 la s\x9cur\x85", "le cœur de l’hôtel, 30 € – la sœur…"),
        ("&#146;&#x9C;&#128;", "’œ€"),
        ("un<br/>deux", "un deux"),
    ],
)
def test_a_line_is_kept_without_what_readers_do_not_see(written: str, kept: str) -> None:
    assert cleaning.line(written) == kept


@pytest.mark.parametrize(
    "text",
    [
        "si a<b alors c>d",
        "Température <b et c> 5",
        "2 < 3 ; x<y",
        "<A et B>",
        "a <- b",
        "<3",
        "<p moins que q>",
        "Gil<i",
    ],
)
def test_what_is_no_html_is_text(text: str) -> None:
    assert cleaning.paragraphs(text) == text


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("<https://exemple.fr/a?b=c>", "https://exemple.fr/a?b=c"),
        ("<mailto:a@exemple.fr>", "mailto:a@exemple.fr"),
        ("<table><tr><td>un</td><td nowrap>deux</td></tr><tr><th>trois</th></tr></table>", "un deux\ntrois"),
        ("<dl><dt>terme</dt><dd>sens</dd></dl>avant<hr>après", "terme\nsens\navant\naprès"),
        ("<select><option>un</option><option selected>deux</select>", "un\ndeux"),
        ("a<style>p{color:red}</style><SCRIPT type='x'>alert(1)</script >b", "ab"),
        ("<!--[if gte mso 9]><xml><w:x>1</w:x></xml><![endif]-->a<o:p></o:p>", "a"),
        ("<![if !supportEmptyParas]>a<![endif]><?xml:namespace prefix = o />b", "ab"),
        ("a<!-- b\n> c -->d <!-- e", "a\nd <!-- e"),
        ("<style>p{} jamais fermé", "p{} jamais fermé"),
        ("un<b>mot</b> CO<sub>2</sub> m<sup>2</sup> <span style='a: b'>fin</span>", "unmot CO2 m2 fin"),
        ("<ol><li><p>un</p></li><li value=3>\n<div>deux</div></li></ol>", "- un\n- deux"),
        ("<p class>un</p><p data-a data-b=1>deux</p><input required autofocus>", "un\ndeux"),
        ("<google-sheets-html-origin><td>un</td></google-sheets-html-origin>", "un"),
        ("<![CDATA[un]]>", "un"),
        ('<a\nhref="x">lien</a> <p title="a > b">texte</p>', "lien\ntexte"),
    ],
)
def test_html_becomes_lines_of_words(written: str, kept: str) -> None:
    assert cleaning.paragraphs(written) == kept


def test_paragraphs_are_parted_by_one_line_break() -> None:
    assert cleaning.paragraphs("<p>\n   un\n\n </p>\n deux<br/>trois<ul><li>a</li><li>b</li></ul>") == (
        "un\ndeux\ntrois\n- a\n- b"
    )


@pytest.mark.parametrize(
    "piece",
    ["<", "<a", "<br", "&", "<li ", "<a b", "<a b='", '<a b="', "<a b=c ", "<p hidden ", "<!--", "<!-- -->", "<style>",
     "</", "<style></style>", "<xml", "<a:b", "<?x", "<![", "<https://", "<mailto:x", "< a", "&#9", "\x92", "e\u0301"],
)  # fmt: skip
def test_hostile_text_takes_no_more_steps_than_its_length_says(piece: str) -> None:
    def steps(text: str) -> int:
        patterns = [each for each in vars(markup).values() if isinstance(each, re.Pattern)]
        return of_function(cleaning.paragraphs, text) + sum(of_pattern(each, text) for each in patterns)

    assert grows_evenly(steps, piece)
    assert grows_evenly(steps, piece, before="<p><style>")
