"""What may stand for a word that no sheet holds. In: the word, the words of the sheets. Out: Words with their guesses.

A word with a glued article ("dhotel") is read without it. Another is read as the first of these that fits: a hyphenated
word of the sheets typed without its hyphen ("esportif"), letters and numbers glued ("bac2"), an inclusive contraction
("éducateurices"), the beginning of a word if it is the last one typed, a word of a title that sounds the same
("fotografe"), a word with one edit, a word with two edits, a word of the same root (see `derivation`). If several
words are as near, the one that goes with the others typed is taken: a title or diploma holds both.
"""

import re
from collections.abc import Collection, Sequence
from typing import Final

from search.french import spelling
from search.french.plan import Word
from search.french.tokens import Token, is_fixed, stem, tokens
from search.french.vocabulary import Vocabulary

SELDOM: Final = 5.3
"""The idf beyond which a word that no title holds is no correction: about one sheet in two hundred has it. Tuned on
both judged sets: of eleven such words that queries were corrected into, two were meant."""

OTHER_BEGINNING: Final = 7
"""Letters from which a word that begins with another sound may be corrected. Tuned on c_typo: it keeps .998."""

GLUED_PARTS: Final = re.compile("[a-z]+|[0-9]+")
CONTRACTED: Final = re.compile("(?<=eur)(?:r?ice|euse)s?$")
"""What inclusive contractions add to the masculine: "éducateurices", "serveureuses"."""

GLUED_ARTICLE: Final = re.compile(r"^(?:qu|[ld])(?=[aeiouyh][a-z]{2})")
"""An article without its apostrophe ("dhotel"). Others (s', m', t') made errors: see docs/relevance.md."""


def guess(token: Token, known_terms: Collection[str], vocabulary: Vocabulary, last: bool) -> tuple[Word, ...]:
    """What may stand for a word that no sheet holds: one Word, several for a word read apart, none if nothing may.

    known_terms: the terms of the other words that sheets hold. last: whether it is the last word and may be unfinished.
    """
    if token.folded in vocabulary.compounds:
        return _guessed(token, [(part,) for part in vocabulary.compounds[token.folded]], vocabulary)
    if is_fixed(token.term):
        return _unglued(token, vocabulary)
    bare = CONTRACTED.sub("", token.folded)
    if bare != token.folded and vocabulary.number(bare) is not None:
        return _guessed(token, [(bare,)], vocabulary)
    completions = vocabulary.completions(token.folded) if last else ()
    if completions:
        return _guessed(token, [completions], vocabulary)
    close = spelling.near(vocabulary.spellings, token.folded, edits=1)
    near = close or spelling.near(vocabulary.spellings, token.folded)
    near = tuple(word for word in near if _likely(word, token.folded, bool(close), vocabulary))
    heard = vocabulary.sounds.get(spelling.sounding(token.folded), ())
    if heard or not near:
        return _guessed(token, [heard or vocabulary.derived(token.folded)], vocabulary)
    fits = [vocabulary.fit(word, known_terms) for word in near]
    return _guessed(token, [tuple(word for word, fit in zip(near, fits, strict=True) if fit == max(fits))], vocabulary)


def after_article(token: Token, vocabulary: Vocabulary) -> str:
    """What follows an article that may be glued to a word ("hotel" of "dhotel"), "" for other words."""
    rest = GLUED_ARTICLE.sub("", token.folded)
    if rest == token.folded or is_fixed(token.term) or token.term in vocabulary.names.place:
        return ""
    return rest


def without_article(token: Token, vocabulary: Vocabulary) -> Word | None:
    """The word to which an article is glued, if the sheets hold it alone: "dhotel"."""
    rest = after_article(token, vocabulary)
    return next(iter(_guessed(token, [(rest,)], vocabulary)), None) if rest else None


def _unglued(token: Token, vocabulary: Vocabulary) -> tuple[Word, ...]:
    """Letters and numbers written together, read apart: "bac2", "35h", "iso9001"; "B2B" and "H2O" stay."""
    parts = GLUED_PARTS.findall(token.folded)
    apart = tokens(" ".join(parts)) if len(parts) > 1 and (len(parts[0]) > 1 or parts[0].isdigit()) else ()
    return _guessed(token, [(part.term,) for part in apart], vocabulary)


def _guessed(token: Token, guesses: Sequence[tuple[str, ...]], vocabulary: Vocabulary) -> tuple[Word, ...]:
    """One Word for each group of guesses that has any."""
    words = []
    for group in guesses:
        known: dict[int, str] = {}
        for guess in group:
            number = vocabulary.number(guess)
            if number is not None:
                known.setdefault(number, vocabulary.shown.get(guess, guess))
        if known:
            idf = max(float(vocabulary.idf[number]) for number in known)
            words.append(Word(token.start, token.end, tuple(known), idf, guesses=tuple(known.values())))
    return tuple(words)


def _likely(guess: str, typed: str, close: bool, vocabulary: Vocabulary) -> bool:
    """Whether a near word was probably meant.

    If both begin alike: if a title holds it, or enough sheets (see SELDOM). If not: if a title holds it, it is `close`
    (one edit away), and at least OTHER_BEGINNING letters were typed.
    """
    is_of_title = stem(guess) in vocabulary.title_terms
    if spelling.same_beginning(guess, typed):
        number = vocabulary.number(guess)
        return is_of_title or (number is not None and float(vocabulary.idf[number]) <= SELDOM)
    return close and len(typed) >= OTHER_BEGINNING and is_of_title
