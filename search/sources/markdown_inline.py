"""Marks inside a line of Markdown -> plain text. In and out: str. A link keeps its address behind its words."""

import re
from typing import Final

from search.sources.markup import LITERAL

LONGEST: Final = 400
"""Characters between two marks, or of an address."""

_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_LINK = re.compile(
    rf"!?\[([^\[\]\n]{{1,{LONGEST}}})\]\(([^()\s\"<>]{{1,{LONGEST}}})(?:\s\"[^\"\n]{{0,{LONGEST}}}\")?\)"
)
_STRONG = re.compile(rf"(?<!{LITERAL})(\*{{1,3}}|__|~~|`{{1,2}})(?=\S)([^*`~\n]{{1,{LONGEST}}}?)(?<=[^\s{LITERAL}])\1")
_UNDERLINED = re.compile(rf"(?<![\w{LITERAL}])_(?=\S)([^_\n]{{1,{LONGEST}}}?)(?<=[^\s{LITERAL}])_(?!\w)")
_ANCHOR = re.compile(r"\{[#.-][^{}\n]{0,200}\}\Z")
_SPAN = re.compile(rf"\[([^\[\]\n]{{0,{LONGEST}}})\]\{{(?:[#.]|[\w-]{{1,40}}=)[^{{}}\n]{{0,{LONGEST}}}\}}")
_FOOTNOTE = re.compile(r"\[\^([^\[\]\s]{1,40})\]:?")


def literal(line: str) -> str:
    r"""The line with each escaped sign (`\*`, `\.`) as the bare sign, set apart as no mark."""
    return _ESCAPED.sub(rf"{LITERAL}\1", line) if "\\" in line else line


def unmarked(text: str) -> str:
    """Text without marks of emphasis, code and links: `**pain**` is "pain", `[pain](https://a.fr)` has its address."""
    return _without_emphasis(_LINK.sub(_with_address, _without_spans(text)))


def name(text: str) -> str:
    """A title, a subtitle or a code without marks, addresses and anchors."""
    return _without_emphasis(_LINK.sub(r"\1", _without_spans(_ANCHOR.sub("", text.rstrip()))))


def _without_spans(text: str) -> str:
    """Text without the classes that pandoc writes behind words, and with the numbers of footnotes in round brackets."""
    return _FOOTNOTE.sub(r"(\1)", _SPAN.sub(r"\1", text)) if "[" in text else text


def _without_emphasis(text: str) -> str:
    return _UNDERLINED.sub(r"\1", _STRONG.sub(r"\2", text))


def _with_address(link: "re.Match[str]") -> str:
    words, address = link[1], link[2]
    return words if address.startswith("#") or words == address else f"{words} ({address})"
