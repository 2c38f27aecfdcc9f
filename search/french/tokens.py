"""French text into terms: the only place where text becomes terms. In: any text. Out: tokens and terms.

Sheets and questions go through the same functions. A word is cut in the original text, so that a
token can be marked there; it is folded (no capitals, no accents) and only then stemmed, so that a
word typed without accents always meets the same word typed with them.

Two levels of stems: `stem` takes off number and gender alone, `broad` is the Snowball stemmer of French.
"""

import re
import unicodedata
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from Stemmer import Stemmer

from search.folding import CACHED_WORDS, LONGEST, fold

VERSION = "3"
"""Names the analysis in the fingerprint of the index: to be raised when any term changes."""


class Token(NamedTuple):
    """A word of a text.

    `term` is what is indexed and looked up; `start` and `end` are code points of the text as given,
    the inclusive ending included, the elided article not. `surface` is the word as written: NFC, lower
    case, accents kept, œ and æ in two letters. `folded` is the surface without accents.
    """

    term: str
    start: int
    end: int
    surface: str
    folded: str


# --- Word lists -------------------------------------------------------------------------------------


def lines(name: str) -> list[list[str]]:
    """The lines of a word list, each as its words; comments are left out."""
    text = (files("search.french") / "words" / name).read_text(encoding="utf-8")
    return [line.split() for line in text.splitlines() if line and not line.startswith("#")]


STOP_WORDS: frozenset[str] = frozenset(word for line in lines("stop_words.txt") for word in line)
"""Surfaces that carry no meaning in a search. Accents count: "ou" is one, "où" is not."""

WISHES: frozenset[str] = frozenset(word for line in lines("wishes.txt") for word in line)
"""Folded words that ask or wish, and say nothing of a job beside others."""

ORDINARY: frozenset[str] = WISHES | {word for line in lines("ordinary.txt") for word in line}
"""Folded words that may be asked beside any job: wishes, and words like "salaire" or "2026". If a title stands in a
query with such words alone, its sheet comes first."""

_IRREGULAR: dict[str, str] = {
    **{word: word for line in lines("invariable.txt") for word in line},
    **{line[0]: line[1] for line in lines("irregular.txt")},
}

# --- Stems ------------------------------------------------------------------------------------------

_NOT_ALPHANUMERIC = re.compile("[^a-z0-9]+")
_ORDINAL = re.compile("([0-9]+)(?:e|er|re|eme|ere|ieme|iere|nd|nde)s?")

_PLURALS: tuple[tuple[str, str], ...] = (("eaux", "eau"), ("aux", "al"), ("oux", "ou"), ("ss", "ss"), ("s", ""))
"""Endings of a plural and what replaces them; the first that fits is the one."""

_FEMININES: tuple[tuple[str, str], ...] = (
    ("trice", "teur"), ("drice", "deur"), ("euse", "eur"), ("eux", "eur"), ("eure", "eur"),
    ("iere", "ier"), ("ere", "er"), ("ienne", "ien"), ("enne", "en"), ("ronne", "ron"),
    ("elle", "el"), ("ale", "al"), ("ive", "if"), ("ffe", "f"), ("ee", "e"),
    ("ante", "ant"), ("mente", "mente"), ("ente", "ent"), ("erte", "ert"), ("jointe", "joint"),
    ("ande", "and"), ("arde", "ard"), ("aine", "ain"), ("aise", "ai"), ("oise", "oi"),
)  # fmt: skip
"""Endings of a feminine and those of its masculine, as `stem` writes them; the first that fits is the one.

-eux and -eur are one ending: the feminine -euse is that of both. The final s of "français" goes with the
plurals, so that "française" loses it too.
"""

_PLURAL = tuple(ending for ending, _ in _PLURALS)
_FEMININE = tuple(ending for ending, _ in _FEMININES)
_SHORTEST_FEMININE = 6
_SHORTEST_PLURAL = 4
"""Letters of the shortest words from which these endings are taken; shorter words end so by chance. The endings and
lengths were chosen on the words and titles of the sheets (`tests/test_french_measures.py`), on no query."""


def stem(folded: str) -> str:
    """The first level: a folded word without the marks of number and gender; a code as it is."""
    word = _NOT_ALPHANUMERIC.sub("", folded)[:LONGEST]
    if not word.isalpha():
        ordinal = _ORDINAL.fullmatch(word)
        return ordinal[1] + "e" if ordinal else word
    # "libérées" loses its s, its e, and is then the same as "libéré".
    while (shorter := _without_a_mark(word)) != word:
        word = shorter
    return word


def _without_a_mark(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) >= _SHORTEST_PLURAL and word.endswith(_PLURAL):
        singular = _replaced(word, _PLURALS)
        if singular != word:
            return singular
    return _replaced(word, _FEMININES) if len(word) >= _SHORTEST_FEMININE and word.endswith(_FEMININE) else word


def _replaced(word: str, endings: tuple[tuple[str, str], ...]) -> str:
    for ending, replacement in endings:
        if word.endswith(ending):
            return word[: len(word) - len(ending)] + replacement
    return word


@lru_cache(CACHED_WORDS)
def broad(term: str) -> str:
    """The second level: the Snowball stem of a term of the first; codes and special words as they are."""
    # A stemmer holds the word that it works on, and threads share this function: each call makes its own.
    return term if is_fixed(term) else Stemmer("french").stemWord(term)


def is_fixed(term: str) -> bool:
    """Whether a term is a code, a number, a single letter or a special word ("c++"): never corrected, nor stemmed more
    broadly."""
    return len(term) < 2 or not term.isalpha()


# --- The grammar of words -----------------------------------------------------------------------------

# Modifier letters that are typed for an apostrophe count as letters in Unicode.
_APOSTROPHES = "'’‘ʼʻʹʽ`´′‛＇\ua78b\ua78c"
_LETTER = rf"[^\W_{_APOSTROPHES}]"
_APOSTROPHE = f"[{_APOSTROPHES}]"
_LATIN = "[a-zà-öø-ÿ]"
_DOTS = "·•‧⋅∙"
_HYPHENS = "\\-\u2010-\u2015\u2212"

_FRAGMENTS: tuple[tuple[str, str], ...] = (
    ("teur", "trice rice ice oresse eresse"), ("deur", "drice rice ice"), ("eur", "euse eure trice"),
    ("ier", "iere"), ("er", "ere iere euse trice"), ("r", "re se"),
    ("ien", "ienne"), ("en", "enne"), ("on", "onne"), ("man", "woman"), ("an", "anne"), ("n", "ne nne"),
    ("eux", "euse"), ("x", "se"), ("s", "se sse"),
    ("el", "elle"), ("al", "ale"), ("l", "le lle"), ("et", "ete ette"), ("ot", "otte"), ("t", "te tte"),
    ("if", "ive"), ("f", "ve fe ffe"), ("c", "que che"), ("g", "gue"),
    ("tre", "esse sse"), ("te", "esse"), ("re", "esse"), ("ce", "esse"), ("e", "sse ee"),
    ("", "e"),
)  # fmt: skip
"""The inclusive endings, of any accent: a fragment is one only after a word that ends as the masculine does.

So "directeur/trice" is one word, and "actif/passif", "français / LSF" or "est-elle" are two. The masculine may be in
the plural, whatever its ending: "directeurs/trices", "sportifs·ves", "municipaux/ales".
"""

_ANY_ACCENT = str.maketrans({"a": "[aàâä]", "c": "[cç]", "e": "[eéèêë]", "i": "[iîï]", "o": "[oôö]", "u": "[uùûü]"})
_AFTER_WORD = rf"(?: (?<={_LETTER}{{3}}) | (?<=\b{'un'.translate(_ANY_ACCENT)}) )"
_ELIDED = f"(?:[ldjmtscçn]|{'(?:jus|lors|puis|quoi)?qu'.translate(_ANY_ACCENT)})"
_NEVER_ELIDED_BEFORE = rf"(?:{'et|ou'.translate(_ANY_ACCENT)})\b"


def _plural(tail: str) -> str:
    """The plural of an ending; "" stands for any ending and has none."""
    if tail == "al":
        return "aux"
    return tail if not tail or tail[-1] in "sx" else f"{tail}s"


def _inclusive() -> str:
    """The pattern of an inclusive ending, from its separator on. No part of it repeats, so it is read once."""
    endings: dict[str, dict[str, list[str]]] = {}
    for tail, fragments in _FRAGMENTS:
        for ending in dict.fromkeys((tail, _plural(tail))):
            endings.setdefault(ending[-1:], {}).setdefault(ending, []).extend(fragments.split())
    # By last letter first: one glance rules out most endings.
    branches = "|".join(
        f"(?<={last}) (?:" + "|".join(f"(?<={tail}) SEP (?:{'|'.join(each)})" for tail, each in tails.items()) + ")"
        for last, tails in endings.items()
    )
    branches = branches.replace("(?<=)", "").translate(_ANY_ACCENT)
    slash = rf"(?: \s?[/{_DOTS}]\s? | [.{_HYPHENS}] )"
    bracket = r"\s?\("
    # "web/e-commerce": the e of electronic things is no ending.
    not_electronic = (
        rf"(?! [{_HYPHENS}] (?:commerc|learn|merch|business|sport|mail|book|crm|r[ée]put|market|sant|admin))"
    )
    plural = rf"[./({_DOTS}{_HYPHENS}]? s \)?"
    return (
        rf"(?: (?={slash}) {_AFTER_WORD}"
        rf" (?: (?: {branches.replace('SEP', slash)} ) {not_electronic} (?: {plural} )? | [./{_DOTS}]s )"
        rf" | (?={bracket}) {_AFTER_WORD}"
        rf" (?: {branches.replace('SEP', bracket)} | {bracket}[sx] )"
        rf" [./{_DOTS}{_HYPHENS}]? s? (?: \)\(?s\) | \)s | \) | $ )"
        rf") (?! {_LETTER} | {_APOSTROPHE} )"
    )


_GRAMMAR = re.compile(
    rf"""
      bac (?P<years> (?: \s{{0,3}} \+ \s{{0,3}} | \s{{1,3}} plus \s{{1,3}} ) [0-9]{{1,2}} (?!{_LETTER})
                   | \s{{1,3}} [0-9]{{1,2}} (?!{_LETTER} | \s? ans?\b | [.,][0-9]) )
    | (?:met|for) (?P<code> \.? [0-9]+ (?!{_LETTER}) )
    | [cçf] (?P<sign> \+\+ | \# (?!{_LETTER}) )
    | {_LATIN} (?P<pair> \s? & \s? {_LATIN} (?!{_LETTER}) )
    | (?:{_LATIN}\.){{2}} (?P<initials> (?:{_LATIN}\.)* {_LATIN}? (?!{_LETTER}) )
    | \. (?P<dotted> (?: (?<!\w\.) | (?<=\basp\.) ) net (?!{_LETTER}) )
    | (?:aujourd|prud|entr|presqu|quelqu|grand)
      (?P<kept> (?: {_APOSTROPHE} | (?<=aujourd)\s(?=hui\b) | (?<=prud)\s(?=hom) ) {_LETTER}+ )
    | {_ELIDED} (?P<elided> {_APOSTROPHE} | (?<![mtcç])\s (?=[aeiouyhàâäéèêëîïôöùûüÿ]) (?!{_NEVER_ELIDED_BEFORE}) )
    | (?:[hm] \s? [/.{_HYPHENS}] \s? f | f \s? [/.{_HYPHENS}] \s? [hm])
      (?P<both> (?: \s? [/.{_HYPHENS}] \s? [xnd] )? (?!{_LETTER}) )
    | {_LETTER}+ (?P<ending> {_inclusive()} )?
    """,
    re.VERBOSE,
)
"""Tried from left to right; a word is always taken whole, so that a match never begins inside one.

Each branch begins with letters, not with its group, which lets the engine pass over it at once.
"""

_NOT_DIGITS = re.compile("[^0-9]+")
_BLANKS_OR_APOSTROPHES = re.compile(rf"[\s{_APOSTROPHES}]")


@lru_cache(CACHED_WORDS)
def _forms(word: str) -> tuple[str, str, str]:
    """Term, surface and folded form of a word in lower case."""
    surface = word[:LONGEST]
    folded = fold(surface)
    return stem(folded), surface, folded


def tokens(text: str) -> list[Token]:
    """The words of a text in order, stop words included; none for a text without letters and digits. Never raises."""
    clean, starts, ends = _clean(text)
    # The constructor of a NamedTuple takes a quarter of the time of this loop, which reads a million words.
    new = tuple.__new__
    found: list[Token] = []
    for match in _GRAMMAR.finditer(clean):
        kind = match.lastgroup
        if kind is None:
            term, surface, folded = _forms(match[0])
        elif kind in ("elided", "both"):
            continue
        elif kind == "ending":
            term, surface, folded = _forms(clean[match.start() : match.start("ending")])
        elif kind == "kept":
            term, surface, folded = _forms(_BLANKS_OR_APOSTROPHES.sub("'", match[0]))
        elif kind == "initials":
            term, surface, folded = _forms(match[0].replace(".", ""))
        else:
            term = surface = folded = _special(kind, match[0])
        if term:
            start, end = match.span()
            if starts:
                start, end = starts[start], ends[end - 1]
            found.append(new(Token, (term, start, end, surface, folded)))
    return found


def _special(kind: str, word: str) -> str:
    """The one way to write a word that holds more than letters."""
    if kind == "years":
        return f"bac+{int(_NOT_DIGITS.sub('', word))}"
    if kind == "code":
        return f"{word[:3]}.{word[3:].lstrip('.')}"
    return fold("".join(word.split()))


# --- Odd characters -----------------------------------------------------------------------------------

# Soft hyphens, zero-width and direction marks, variation selectors: nothing to be read.
_INVISIBLE = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
# Accents that stand after their letter; then the Korean letters that join the one before.
_MARKS = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_JOINED = _MARKS + "\u1161-\u11ff"
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae"})
_ODD = re.compile(f"[{_INVISIBLE}{_MARKS}œæŒÆ]")
_ONLY_INVISIBLE = re.compile(f"[{_INVISIBLE}]+")
_ONLY_MARKS = re.compile(f"[{_MARKS}]+")
_CLUSTER = re.compile(f"(?s:.)[{_INVISIBLE}{_JOINED}]*")


def _clean(text: str) -> tuple[str, list[int], list[int]]:
    """The text in NFC and lower case, œ and æ in two letters, without invisible characters.

    Then where its characters start and end in the text as given: both lists are empty when nothing has moved, which is
    nearly always so.
    """
    lower = text.lower()
    if len(lower) == len(text) and not _ODD.search(text) and unicodedata.is_normalized("NFC", text):
        return lower, [], []
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for cluster in _CLUSTER.finditer(text):
        visible = _ONLY_INVISIBLE.sub("", cluster[0])
        lowered = unicodedata.normalize("NFC", unicodedata.normalize("NFC", visible).lower())
        piece = _ONLY_MARKS.sub("", lowered).translate(_LIGATURES)
        pieces.append(piece)
        starts += [cluster.start()] * len(piece)
        ends += [cluster.end()] * len(piece)
    return "".join(pieces), starts, ends
