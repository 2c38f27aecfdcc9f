"""The HTML of the official feed -> the same blocks as the Markdown form. In: HTML. Out: a Section.

Every heading, of whatever level, begins a block. Cut with regular expressions that run in linear time:
the standard parser takes a minute for 50,000 hostile characters.
"""

import re

from search.fiche import Block, Section
from search.sources import cleaning, markup
from search.sources.sheet_facts import with_subtitles

_HEADING = re.compile(r"<h([1-6])\b[^<>]*>", re.IGNORECASE)
_END = re.compile(r"</h[1-6]\b[^<>]*>|(?=<p\b)", re.IGNORECASE)


def blocks(html: str) -> Section:
    """The subtitled blocks of a section. A subtitle with nothing under it stays, as a block without text."""
    read = markup.without_unread(cleaning.visible(html))
    before, *headed = _HEADING.split(" ".join(read.splitlines()))
    found = [Block("", cleaning.paragraphs(before))]
    for number, piece in zip(headed[::2], headed[1::2], strict=True):
        title, *rest = _END.split(piece, maxsplit=1)
        # ONISEP's <h3> is "##" in Markdown, its <h4> and <h5> are "###".
        level = 2 if int(number) <= 3 else 3
        found.append(Block(cleaning.paragraphs(title).replace("\n", " "), cleaning.paragraphs("".join(rest)), level))
    return with_subtitles(tuple(block for block in found if block.title or block.text))
