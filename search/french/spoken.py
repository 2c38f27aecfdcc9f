"""What people say for what the sheets write. In: tokens of a query. Out: the spans that stand for other words.

    prof <tab> professeur                     a word and what it stands for
    flic <tab> policier ; gardien de la paix  the first is searched, the others are jobs that it may also mean
    tatoueur <tab> ~ illustrateur             a job without a sheet, and the nearest ones

The file is knowledge of French, not of a test: what a dictionary says of these words, in their common sense.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Final

from search.french.tokens import STOP_WORDS, Token, tokens

FILE: Final = "spoken.tsv"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a spoken word stands for: words to search, then names of jobs that it may also mean.

    `near` says that no sheet is about it: the jobs are the nearest ones.
    """

    said: str
    words: str
    jobs: tuple[str, ...]
    near: bool = False


@dataclass(frozen=True, slots=True)
class Spoken:
    """A spoken word or expression among tokens: the places of its first and last token, and its meaning."""

    first: int
    last: int
    meaning: Meaning


Form = tuple[Token, ...]
"""The words of a spoken form, without stop words."""


@cache
def meanings() -> Mapping[str, tuple[tuple[Form, Meaning], ...]]:
    """By first term: the words of each spoken form, the longest first, and its meaning."""
    found: dict[str, list[tuple[Form, Meaning]]] = {}
    text = (files("search.french") / "words" / FILE).read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            said, stands_for = line.split("\t")
            near = stands_for.startswith("~")
            words, *jobs = (each.strip() for each in stands_for.removeprefix("~").split(";"))
            for form in said.split("|"):
                words_said = tuple(token for token in tokens(form) if token.surface not in STOP_WORDS)
                found.setdefault(words_said[0].term, []).append(
                    (words_said, Meaning(form.strip(), words, (words, *jobs), near))
                )
    return {first: tuple(sorted(each, key=lambda known: -len(known[0]))) for first, each in found.items()}


def lost(titles: AbstractSet[frozenset[str]], words: AbstractSet[str]) -> tuple[tuple[str, str], ...]:
    """Each spoken form with a target that does not exist: words that no sheet holds, or a job that is no title.

    titles: the terms of each title. words: the terms that the sheets hold.
    """
    found: list[tuple[str, str]] = []
    for _, meaning in chain.from_iterable(meanings().values()):
        for place, target in enumerate(meaning.jobs):
            terms = frozenset(token.term for token in tokens(target) if token.surface not in STOP_WORDS)
            if terms not in titles and (place or meaning.near or not terms <= words):
                found.append((meaning.said, target))
    return tuple(found)


def spans(typed: Sequence[Token]) -> Iterator[Spoken]:
    """The spoken forms among these tokens, from left to right, the longest first; none overlaps another."""
    known = meanings()
    place = 0
    while place < len(typed):
        found = _at(typed, place, known)
        if found:
            yield found
        place = found.last + 1 if found else place + 1


def _at(typed: Sequence[Token], place: int, known: Mapping[str, tuple[tuple[Form, Meaning], ...]]) -> Spoken | None:
    if typed[place].surface in STOP_WORDS:
        return None
    for form, meaning in known.get(typed[place].term, ()):
        last, left = place, list(form[1:])
        if not _same(typed[place], form[0]):
            continue
        while left and last + 1 < len(typed):
            last += 1
            if _same(typed[last], left[0]):
                left.pop(0)
            elif typed[last].surface not in STOP_WORDS:
                break
        if not left:
            return Spoken(place, last, meaning)
    return None


def _same(typed: Token, form: Token) -> bool:
    """Whether a word is this one; typed with its accents, it has those of the form: "étoilé" is not "étoile"."""
    if typed.term != form.term:
        return False
    if typed.surface == typed.folded:
        return True
    if typed.folded == form.folded:
        return typed.surface == form.surface
    return _past(typed.surface) == _past(form.surface)


def _past(surface: str) -> bool:
    return surface.rstrip("es").endswith("é") or surface.rstrip("s").endswith("é")
