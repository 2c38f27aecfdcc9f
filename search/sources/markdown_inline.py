"""Marks inside a line of Markdown -> plain text. In and out: str. A link keeps its address behind its words."""

import re
from typing import Final

LITERAL: Final = "\u2060"
"""Put before a sign that is no mark; cleaning takes it away."""

LONGEST: Final = 400
"""Characters between two marks, or of an address."""

_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_LINK = re.compile(
    rf"!?\[([^\[\]\n]{{1,{LONGEST}}})\]\(([^()\s\"<>]{{1,{LONGEST}}})(?:\s\"[^\"\n]{{0,{LONGEST}}}\")?\)"
)
_STRONG = re.compile(rf"(?<!{LITERAL})(\*{{1,3}}|__|~~|`{{1,2}})(?=\S)([^*`~\n]{{1,{LONGEST}}}?)(?<=[^\s{LITERAL}])\1")
_UNDERLINED = re.compile(rf"(?<![\w{LITERAL}])_(?=\S)([^_\n]{{1,{LONGEST}}}?)(?<=[^\s{LITERAL}])_(?!\w)")
_ANCHOR = re.compile(r"\{#[^{}\s]{1,100}\}\Z")


def literal(line: str) -> str:
    r"""The line with each escaped sign (`\*`, `\.`) as the bare sign, set apart as no mark."""
    return _ESCAPED.sub(rf"{LITERAL}\1", line) if "\\" in line else line


def unmarked(text: str) -> str:
    """Text without marks of emphasis, code and links: `**pain**` is "pain", `[pain](https://a.fr)` has its address."""
    return _without_emphasis(_LINK.sub(_with_address, text))


def name(text: str) -> str:
    """A title, a subtitle or a code without marks, addresses and anchors."""
    return _without_emphasis(_LINK.sub(r"\1", _ANCHOR.sub("", text.rstrip())))


def _without_emphasis(text: str) -> str:
    return _UNDERLINED.sub(r"\1", _STRONG.sub(r"\2", text))


def _with_address(link: "re.Match[str]") -> str:
    words, address = link[1], link[2]
    return words if address.startswith("#") or words == address else f"{words} ({address})"
