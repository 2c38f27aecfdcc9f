"""What a word is made of. In: a folded word. Out: its root, which it shares with the trade, the action and the place.

    usineur    usin    usine, usinage
    ardoisier  ardois  ardoise
    étiopathe  etio    étiopathie

The endings are how French makes names of trades, of what they do, of where and with what they do it, and of sciences.
"""

from typing import Final

SHORTEST: Final = 4
"""The fewest letters of a root: shorter ones are shared by words that have nothing to do with one another. Chosen by
reading what roots bring together (docs/decisions.md)."""

ENDINGS: Final = (
    "therapeute", "therapie", "ologiste", "ologique", "ologue", "ologie", "graphique", "graphe", "graphie",
    "pathe", "pathie", "culteur", "culture", "cole", "nomie", "nome", "metrie", "metre",
    "ateur", "ation", "iteur", "ition", "teur", "tion", "ture",
    "eur", "euse", "age", "ement", "erie", "ier", "iere", "iste", "isme", "ique", "ien", "ie", "er", "ee", "e",
)  # fmt: skip
"""Folded, in the singular; the longest that fits is the one. Written from how French forms words; that it costs nothing
was measured on both judged sets (docs/decisions.md)."""

_BY_LENGTH: Final = tuple(sorted(ENDINGS, key=lambda ending: -len(ending)))


def root(word: str) -> str:
    """The word without the longest ending that leaves SHORTEST letters; a shorter word as it is."""
    for ending in _BY_LENGTH:
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST:
            return word[: len(word) - len(ending)]
    return word
