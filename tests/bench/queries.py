"""The fixed set of queries. In: the sheets. Out: the same queries each time, drawn from their titles and texts.

Half of the words come from titles, half from the running text; all words of a query come from one sheet, so that
each of them finds something.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from string import ascii_lowercase
from typing import Final

from search.fiche import Fiche
from search.fields import FIELDS, appellations
from search.folding import fold
from search.french.tokens import STOP_WORDS, Token, tokens
from search.index.documents import field_text

COUNTS: Final = {
    "1 word": 70, "2 words": 60, "3 words": 45, "4 words": 45, "phrase": 30, "prefix": 30, "typo": 30,
}  # fmt: skip
"""How many queries of each kind: 310."""

COMPLETIONS: Final = 300
DRAWS: Final = 200
"""Tries before giving up on one more query of a kind; only a handful of sheets need that many."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A query. `words` are those of it, in order; of a prefix the last one is cut, of a typo the last one is wrong."""

    kind: str
    words: tuple[str, ...]

    @property
    def text(self) -> str:
        """As a reader types it."""
        text = " ".join(self.words)
        return f'"{text}"' if self.kind == "phrase" else text


def queries(fiches: Sequence[Fiche]) -> tuple[Asked, ...]:
    """The set: fewer than COUNTS says only where the sheets are too few to draw so many different ones."""
    draw = Random(2025)
    known = _known(fiches)
    makers: dict[str, Callable[[Random, Fiche], tuple[str, ...] | None]] = {
        "1 word": partial(_words, count=1),
        "2 words": partial(_words, count=2),
        "3 words": partial(_words, count=3),
        "4 words": partial(_words, count=4),
        "phrase": _phrase,
        "prefix": lambda draw, fiche: _prefix(draw, fiche, known),
        "typo": lambda draw, fiche: _typo(draw, fiche, known),
    }
    found: dict[Asked, None] = {}
    for kind, count in COUNTS.items():
        found.update(dict.fromkeys(_drawn(draw, fiches, kind, count, makers[kind])))
    return tuple(found)


def completions(fiches: Sequence[Fiche]) -> tuple[str, ...]:
    """Beginnings of titles as they are typed: two letters to all but the last one."""
    draw = Random(2026)
    titles = [title.masculin for fiche in fiches for title in appellations(fiche)]
    found: dict[str, None] = {}
    for _ in range(COMPLETIONS * 2):
        title = draw.choice(titles)
        if len(title) > 3 and len(found) < COMPLETIONS:
            found[title[: draw.randint(2, min(16, len(title) - 1))].rstrip()] = None
    return tuple(found)


def _drawn(
    draw: Random,
    fiches: Sequence[Fiche],
    kind: str,
    count: int,
    make: Callable[[Random, Fiche], tuple[str, ...] | None],
) -> Iterator[Asked]:
    seen: set[tuple[str, ...]] = set()
    for _ in range(count + DRAWS):
        words = make(draw, draw.choice(fiches))
        if words and words not in seen:
            seen.add(words)
            yield Asked(kind, words)
        if len(seen) == count:
            return


def _known(fiches: Sequence[Fiche]) -> frozenset[str]:
    """Every word of the sheets, folded, and its term."""
    found: set[str] = set()
    for fiche in fiches:
        for field in FIELDS:
            for token in tokens(field_text(field, fiche)):
                found.add(token.folded)
                found.add(token.term)
    return frozenset(found)


def _is_plain(token: Token) -> bool:
    return token.surface.isalpha() and len(token.surface) > 2 and token.surface not in STOP_WORDS


def _title_words(fiche: Fiche) -> list[str]:
    found = [token.surface for title in appellations(fiche) for token in tokens(title.masculin) if _is_plain(token)]
    return list(dict.fromkeys(found))


def _sentence(draw: Random, fiche: Fiche) -> str:
    texts = [
        block.text
        for block in (*fiche.section("presentation"), *fiche.section("nature_travail"), *fiche.section("acces_metier"))
        if block.text
    ]
    return draw.choice(draw.choice(texts).split(". ")) if texts else fiche.masculin


def _words(draw: Random, fiche: Fiche, count: int) -> tuple[str, ...] | None:
    """Words of a title, of a sentence, or of both."""
    title = _title_words(fiche)
    text = list(dict.fromkeys(token.surface for token in tokens(_sentence(draw, fiche)) if _is_plain(token)))
    source = draw.choice((title, text, title[:1] + [word for word in text if word not in title[:1]]))
    if len(source) < count:
        return None
    first = draw.randrange(len(source) - count + 1)
    return tuple(source[first : first + count])


def _phrase(draw: Random, fiche: Fiche) -> tuple[str, ...] | None:
    """Two to four words that stand side by side, separated by blanks alone; the outer ones carry meaning."""
    text = draw.choice((fiche.masculin, _sentence(draw, fiche)))
    found = tokens(text)
    count = draw.randint(2, 4)
    if len(found) < count:
        return None
    first = draw.randrange(len(found) - count + 1)
    taken = found[first : first + count]
    said = text[taken[0].start : taken[-1].end].split(" ")
    if len(said) != count or not all(word.isalpha() for word in said):
        return None
    return tuple(said) if _is_plain(taken[0]) and _is_plain(taken[-1]) else None


def _prefix(draw: Random, fiche: Fiche, known: frozenset[str]) -> tuple[str, ...] | None:
    """A word of a title cut short where it is no word, after the one before it or alone."""
    title = _title_words(fiche)
    place = draw.randrange(len(title)) if title else 0
    if not title or len(title[place]) < 6:
        return None
    word = title[place][: draw.randint(4, len(title[place]) - 1)]
    if fold(word) in known:
        return None
    return (*title[max(0, place - draw.randint(0, 1)) : place], word)


def _typo(draw: Random, fiche: Fiche, known: frozenset[str]) -> tuple[str, ...] | None:
    """A word of a title with one edit that makes it no word, after the one before it or alone."""
    title = _title_words(fiche)
    place = draw.randrange(len(title)) if title else 0
    if not title or len(title[place]) < 6:
        return None
    word = _edited(draw, title[place])
    if fold(word) in known or fold(word).rstrip("s") in known:
        return None
    return (*title[max(0, place - draw.randint(0, 1)) : place], word)


def _edited(draw: Random, word: str) -> str:
    """One letter doubled, dropped, replaced or swapped with the next, never the first one."""
    place = draw.randrange(1, len(word) - 1)
    before, letter, after = word[:place], word[place], word[place + 1 :]
    edits = (before + after, before + letter + letter + after, before + draw.choice(ascii_lowercase) + after,
             before + after[0] + letter + after[1:])  # fmt: skip
    return draw.choice(edits)
