"""Text as it is written in the sources -> text as it is kept. In and out: str.

Kept text is NFC, with ordinary blanks only and no HTML; typographic apostrophes and œ stay.
"""

import re
import unicodedata
from html import unescape
from typing import Final

from search.sources import markup

_INVISIBLE = re.compile("[\ud800-\udfff\x00-\x08\x0e-\x1b\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
"""Lone surrogates, control characters, soft hyphens, zero-width and direction marks; not the blanks."""

NOTHING: Final = frozenset(
    ["n/a", "nc", "n.c", "néant", "null", "none", "nan", "undefined", "vide"]
    + [f"non {word}{gender}" for word in ("renseigné", "précisé", "communiqué", "défini") for gender in ("", "e")]
)
"""What people and programs write to say that there is nothing."""

_HUGE_REFERENCE = re.compile(r"&#\d{9,}")

_WINDOWS = {
    code: letter
    for code in range(0x80, 0xA0)
    if (letter := bytes([code]).decode("cp1252", "ignore"))
}  # fmt: skip
"""What U+0080 to U+009F stand for: bytes of Windows-1252 that were taken for ISO-8859-1, as the web reads them."""


def visible(text: str) -> str:
    """The text in NFC, without invisible characters; œ ’ € and the like are put back if Windows-1252 was misread."""
    if _INVISIBLE.search(text):
        text = _INVISIBLE.sub("", text.translate(_WINDOWS))
    return unicodedata.normalize("NFC", text)


def line(text: str) -> str:
    """One line: tags removed, entities resolved, invisible characters dropped, blanks made single and plain."""
    return _plain(markup.text(text))


def value(text: str) -> str:
    """One line that names something; "" for one that says "none": a dash, any signs, a word of NOTHING."""
    cleaned = line(text)
    return cleaned if any(map(str.isalnum, cleaned)) and cleaned.lower().strip(" .()") not in NOTHING else ""


def paragraphs(text: str) -> str:
    """Lines and HTML paragraphs, cleaned, parted by one "\\n"; the empty ones are dropped."""
    return "\n".join(cleaned for each in markup.text(text).split("\n") if (cleaned := _plain(each)))


def _plain(text: str) -> str:
    """One line of a text without tags."""
    if "&" in text:
        # Python refuses to read numbers of thousands of digits.
        text = unescape(_HUGE_REFERENCE.sub("&#xfffd", text))
    return " ".join(visible(text).split())
