"""HTML -> text with line breaks. In and out: str. Only HTML is removed: `a<b`, `<https://…>` and `2 < 3` are text.

A tag is a known name with attributes that are written as attributes. Each expression runs in linear time: none reads
beyond the next "<" in a search that may fail.
"""

import re
from typing import Final

LITERAL: Final = "\u2060"
"""Put before a sign that is no mark, of HTML or of Markdown; cleaning takes it away."""

_BLOCKS: Final = (
    "address article aside blockquote body br button caption center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html legend main menu nav ol "
    "optgroup option p pre search section select summary table tbody textarea tfoot thead title tr ul"
)
"""Elements that begin or end a line."""

_CELLS: Final = "td th"
"""Elements that stand on one line and are parted by a blank."""

_INLINE: Final = (
    "a abbr acronym applet area audio b base basefont bdi bdo big canvas cite code col colgroup data datalist del "
    "dfn em embed font frame i iframe img input ins kbd label link map mark meta meter noframes noscript object "
    "output param picture progress q rp rt ruby s samp slot small source span strike strong sub sup svg template "
    "time track tt u var video wbr google-sheets-html-origin"
)

_UNREAD: Final = ("style", "script", "xml")
"""Elements whose content is not for readers ("xml" is what Word adds)."""

_FLAGS: Final = (
    "allowfullscreen autofocus autoplay checked class compact controls disabled hidden inert ismap itemscope loop "
    r"multiple muted nohref noresize noshade novalidate nowrap playsinline readonly required reversed selected style "
    r"data-[\w-]+ aria-[\w-]+"
)


def _tag(names: str) -> "re.Pattern[str]":
    alternatives = "|".join(names.split())
    attribute = (
        rf"""[\s/]++ (?: [^\s"'<>/=]++ \s*+ = \s*+ (?: "[^"<]*+" | '[^'<]*+' | [^\s"'<>]++ )"""
        rf""" | (?:{"|".join(_FLAGS.split())}) (?=[\s/>]) )"""
    )
    return re.compile(
        rf"(?<!{LITERAL})</?+ (?:{alternatives}) (?: {attribute} )*+ [\s/]*+ >", re.IGNORECASE | re.VERBOSE
    )


_NAMES: Final = frozenset(f"{_BLOCKS} {_CELLS} li {_INLINE}".split())

_LINE = _tag(_BLOCKS)
_CELL = _tag(_CELLS)
_ITEM = _tag("li")
_WORD = _tag(f"{_INLINE} {' '.join(_UNREAD)}" + r" [a-z][a-z0-9]*:[a-z][\w.-]*")  # the last: <o:p>, <w:data>
_DECLARATION = re.compile(r"<!(?:doctype\b|\[)[^<>]*+>|<\?[a-z][^<>]*+>", re.IGNORECASE)
_LINK = re.compile(r"<((?:https?://|mailto:)[^\s<>]++)>", re.IGNORECASE)
_LITERAL = re.compile(r"<!\[CDATA\[|\]\]>")
_COMMENT_END = re.compile("--!?>")
_LONE_BULLET = re.compile(r"\n- (?:[ \t]*\n)+(?![ \t]*(?:- |\n|\Z))")
_UNREAD_MARK = re.compile(rf"</?(?:{'|'.join(_UNREAD)})\b", re.IGNORECASE)
_UNREAD_OPENING = re.compile(rf"(?<!{LITERAL})<({'|'.join(_UNREAD)})\b[^<>]*+>", re.IGNORECASE)


def is_element(name: str) -> bool:
    """Whether HTML has an element of this name that readers see."""
    return name.lower() in _NAMES


def holds_unread(line: str) -> bool:
    """Whether a part that is not for readers begins or ends here."""
    return bool(_UNREAD_MARK.search(line))


def text(html: str) -> str:
    """The text of HTML: a line for each block, "- " before each item of a list; entities are left as they are."""
    if "<" not in html:
        return html
    html = _LINK.sub(r"\1", without_unread(html))
    html = _LONE_BULLET.sub("\n- ", _LINE.sub("\n", _ITEM.sub(_bullet, _LITERAL.sub("", html))))
    return _WORD.sub("", _DECLARATION.sub("", _CELL.sub(" ", html)))


def _bullet(tag: "re.Match[str]") -> str:
    """What stands for <li> or </li>."""
    return "\n" if tag[0].startswith("</") else "\n- "


def without_unread(html: str) -> str:
    """HTML without comments, styles and scripts; one that is never closed stays. Line breaks inside stay."""
    return _without_elements(without_comments(html))


def without_comments(html: str) -> str:
    """HTML or Markdown without its comments, line breaks kept; a comment that is never closed stays."""
    kept, done = [], 0
    while (start := html.find("<!--", done)) >= 0 and (end := _COMMENT_END.search(html, start + 2)):
        kept += [html[done:start], "\n" * html.count("\n", start, end.start())]
        done = end.end()
    return "".join((*kept, html[done:])) if kept else html


def _without_elements(html: str) -> str:
    kept, done = [], 0
    lower = html.lower() if _UNREAD_OPENING.search(html) else ""
    if len(lower) != len(html):  # nothing to do, or a letter whose small form is longer
        return html
    unclosed: set[str] = set()
    for opening in _UNREAD_OPENING.finditer(html):
        name = opening[1].lower()
        if opening.start() < done or name in unclosed:
            continue
        end = lower.find(f"</{name}", opening.end())
        close = html.find(">", end) if end >= 0 else -1
        if close < 0:
            unclosed.add(name)
            continue
        kept += [html[done : opening.start()], "\n" * html.count("\n", opening.start(), close)]
        done = close + 1
    return "".join((*kept, html[done:]))
