"""Found words, marked. In: an original text and ranges in it. Out: safe HTML in which only `<mark>` is ours."""

import re
from collections.abc import Iterable
from html import escape
from typing import Final

from markupsafe import Markup

from search.engine import Range

_SPECIAL: Final = re.compile("[&<>]")
"""What must be escaped between tags. Quotes need not be, and French text is full of apostrophes."""


def _escaped(text: str) -> str:
    return escape(text, quote=False)


def marked_html(text: str, ranges: Iterable[Range]) -> str:
    """The text escaped, with the ranges in `<mark>`. Ranges are sorted and do not overlap."""
    # Most excerpts hold no letter to escape; looking once is cheaper than escaping every piece.
    safe = _escaped if _SPECIAL.search(text) else str
    pieces: list[str] = []
    position = 0
    for start, end in ranges:
        pieces += (safe(text[position:start]), "<mark>", safe(text[start:end]), "</mark>")
        position = end
    pieces.append(safe(text[position:]))
    return "".join(pieces)


def marked(text: str, ranges: Iterable[Range]) -> Markup:
    """The same for a template."""
    return Markup(marked_html(text, ranges))  # noqa: S704 - every piece is escaped above
