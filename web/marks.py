"""Found words, marked. In: an original text and ranges in it. Out: safe HTML in which only `<mark>` is ours."""

from collections.abc import Iterable

from markupsafe import Markup, escape

from search.engine import Range


def marked(text: str, ranges: Iterable[Range]) -> Markup:
    """The text escaped, with the ranges in `<mark>`. Ranges are sorted and do not overlap."""
    pieces: list[str] = []
    position = 0
    for start, end in ranges:
        pieces += (escape(text[position:start]), "<mark>", escape(text[start:end]), "</mark>")
        position = end
    pieces.append(escape(text[position:]))
    return Markup("".join(pieces))  # noqa: S704 - every piece is escaped above
