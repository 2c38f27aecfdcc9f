"""The two signs of a query: "a phrase" between quotes, and -word or -"a phrase" that no sheet found may hold.

In: the text of a query. Out: its Groups, and the text that is left for words. What a sentence refuses in words ("sans
bureau", "pas de maths") is read by `refusals`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from search.engine import Exclusion
from search.french.tokens import Token, tokens
from search.query import MAX_PHRASES, MAX_WORDS

QUOTES: Final = '"“”„«»'
QUOTED: Final = re.compile(rf"(?:(?<=\s)|^)(?P<minus>[-−]?)[{QUOTES}](?P<phrase>[^{QUOTES}]*)[{QUOTES}]")
EXCLUDED: Final = re.compile(r"(?:(?<=\s)|^)[-−](?=\w)(?P<word>\S+)")


@dataclass(frozen=True, slots=True)
class Group:
    """Words between quotes or after a minus: their tokens, their place in the text."""

    words: tuple[Token, ...]
    start: int
    end: int


def parted(text: str) -> tuple[str, list[Group], list[Group]]:
    """The text with its exclusions blanked (phrases stay); then the phrases, and the exclusions, that hold a word."""
    free = text
    phrases: list[Group] = []
    excluded: list[Group] = []
    for match in QUOTED.finditer(text):
        group = Group(tuple(tokens(match["phrase"])), match.start("minus"), match.end())
        (excluded if match["minus"] else phrases).append(group)
        free = blanked(free, match.start(), match.end()) if match["minus"] else free
    for match in EXCLUDED.finditer(free):
        excluded.append(Group(tuple(tokens(match["word"])), match.start(), match.end()))
        free = blanked(free, match.start(), match.end())
    return free, [each for each in phrases if each.words], [each for each in excluded if each.words]


def bounded(groups: Sequence[Group], text: str) -> tuple[list[Group], list[str]]:
    """The first groups of different words, MAX_WORDS words in all; and what that leaves out, as typed."""
    distinct: dict[tuple[str, ...], Group] = {}
    for group in groups:
        distinct.setdefault(tuple(token.term for token in group.words), group)
    kept: list[Group] = []
    left: list[str] = []
    room = MAX_WORDS
    for each in distinct.values():
        if room and len(kept) < MAX_PHRASES:
            kept.append(Group(each.words[:room], each.start, each.end))
            left += [token.surface for token in each.words[room:]]
            room -= len(kept[-1].words)
        else:
            left.append(text[each.start : each.end])
    return kept, left


def undone(exclusion: Group, every: Sequence[Group], text: str) -> Exclusion:
    """The exclusion as the reader is told of it, with the text without its minus at each place where it was typed.

    every: all exclusions of the text.
    """
    terms = [token.term for token in exclusion.words]
    again = text
    for each in sorted(every, key=lambda each: -each.start):
        if [token.term for token in each.words] == terms:
            again = again[: each.start] + again[each.start + 1 :]
    words = " ".join(token.surface for token in exclusion.words)
    return Exclusion(text[exclusion.start : exclusion.end], words, again)


def is_quoted(start: int, end: int, phrases: Sequence[Group]) -> bool:
    """Whether a piece of the text, or a part of it, stands between quotes."""
    return any(phrase.start < end and start < phrase.end for phrase in phrases)


def blanked(text: str, start: int, end: int) -> str:
    """The text with blanks in place of a piece, so that what stands behind it keeps its place."""
    return text[:start] + " " * (end - start) + text[end:]
