"""Text as it is written in the sources -> text as it is kept. In and out: str.

Kept text is NFC, with ordinary blanks only and no HTML; typographic apostrophes and œ stay.
"""

import re
import unicodedata
from html import unescape

_BREAK = re.compile(r"</?(?:br|p|div|ul|ol|h[1-6])\b[^<>]*>", re.IGNORECASE)
_ITEM = re.compile(r"<li\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)
_INVISIBLE = re.compile(
    "[\ud800-\udfff\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)  # lone surrogates, control characters, soft hyphens, zero-width and direction marks; not the blanks
_HUGE_REFERENCE = re.compile(r"&#\d{9,}")


def line(text: str) -> str:
    """One line: tags removed, entities resolved, invisible characters dropped, blanks made single and plain."""
    if "<" in text or "&" in text:
        # Python refuses to read numbers of thousands of digits.
        text = unescape(_HUGE_REFERENCE.sub("&#xfffd", _TAG.sub("", text)))
    return " ".join(unicodedata.normalize("NFC", _INVISIBLE.sub("", text)).split())


def value(text: str) -> str:
    """One line that names something; "" for one without a letter or a digit: a dash in its place says "none"."""
    cleaned = line(text)
    return cleaned if any(map(str.isalnum, cleaned)) else ""


def paragraphs(text: str) -> str:
    """Lines and HTML paragraphs, cleaned, parted by one "\\n"; the empty ones are dropped."""
    if "<" in text:
        text = _BREAK.sub("\n", _ITEM.sub("\n- ", text))
    return "\n".join(cleaned for each in text.split("\n") if (cleaned := line(each)))
