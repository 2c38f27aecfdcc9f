"""Lower case without accents, the same for sheets and queries. In: any text. Out: plain letters, slugs.

The only module that imports Unidecode.
"""

import re
import unicodedata
from functools import lru_cache

from unidecode import unidecode

LONGEST = 64
"""Letters of a word that are read; no French word is that long."""

# More than the words of the sheets; small enough that a flood of odd words fills no memory.
CACHED_WORDS = 1 << 15

MISREAD = re.compile("Ã[\x80-\u2122]|Å“|â€")
"""Letters of UTF-8 that were read as Windows-1252 on their way: "mÃ©decin"."""

_SURROGATES = re.compile("[\ud800-\udfff]+")


def fold(text: str) -> str:
    """Lower case, no accents, œ and æ in two letters, other scripts in Latin letters."""
    if text.isascii():
        return text.lower()
    return _fold_cached(text) if len(text) <= LONGEST else _fold(text)


def _fold(text: str) -> str:
    return unidecode(_SURROGATES.sub("", unicodedata.normalize("NFC", text))).lower()


_fold_cached = lru_cache(CACHED_WORDS)(_fold)

_NOT_SLUG = re.compile("[^a-z0-9]+")


def slug(label: str) -> str:
    """A label as part of an address: "bac + 9 et plus" gives "bac-9-et-plus"."""
    return _NOT_SLUG.sub("-", fold(label)).strip("-")
