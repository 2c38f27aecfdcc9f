"""What people say for what the sheets write. In: tokens of a query. Out: the spans that stand for other words.

    prof <tab> professeur                     a word and what it stands for
    flic <tab> policier ; gardien de la paix  the first is searched, the others are jobs that it may also mean
    tatoueur <tab> ~ illustrateur             a job without a sheet, and the nearest ones
    sans bureau <tab> dehors                  what is refused, however it is said, and what is wanted then

A verb after its subject is read as its infinitive ("où on bouge", "je répare des voitures").

The file holds common French, most of it written by kind. Its first lines say what of it was written after failures on
the people's queries had been read.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Final

from search.french.tokens import STOP_WORDS, Token, stem, tokens

FILE: Final = "spoken.tsv"

WITHOUT: Final = "sans"
REFUSING: Final = (
    "pas", "sans", "sauf", "hormis", "excepté", "excepte", "ni", "déteste", "deteste", "hais", "horreur", "peur",
    "nul", "nulle", "rien",
)  # fmt: skip
"""How a refusal begins, as typed. A spoken form that begins with `WITHOUT` is known by each of them."""

SUBJECTS: Final = ("je", "on", "tu", "il", "elle", "ils", "elles", "qui")
BETWEEN: Final = ("me", "te", "se", "nous", "vous", "y", "en", "le", "la", "les", "lui", "leur", "ne")
"""The pronouns that may stand between a subject and its verb."""

ELIDED_SUBJECT: Final = re.compile(r"(?<!\w)j(?:e\s+[mnl]|'[mnl]|)['’ʼ`´‘]$", re.IGNORECASE)
GLUED_SUBJECT: Final = re.compile("j(?![aeiouhy])(?=[a-z]{3})")
"""A subject whose vowel is not written: before an apostrophe, and glued to its verb as texting does."""

INFINITIVES: Final = (
    ("e", "er"), ("es", "er"), ("ent", "er"), ("is", "ire"), ("it", "ire"), ("isent", "ire"),
    ("is", "ir"), ("it", "ir"), ("ds", "dre"), ("d", "dre"), ("dent", "dre"),
)  # fmt: skip
"""The endings of the present, and those of the infinitive: bouge, construis, guérit, défends."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a spoken word stands for: words to search, then names of jobs that it may also mean.

    said: a spoken form, as written in the file. words: "" for none. jobs: the first is `words` itself. near: no sheet
    is about it, and the jobs are the nearest ones.
    """

    said: str
    words: str
    jobs: tuple[str, ...]
    near: bool = False

    @property
    def refuses(self) -> bool:
        """Whether it is a refusal ("sans bureau") that stands for what is wanted instead ("dehors")."""
        return self.said.startswith(f"{WITHOUT} ")


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
    """By the first term of a spoken form: its words, the longest form first, and its meaning. Read from the file
    once."""
    found: dict[str, list[tuple[Form, Meaning]]] = {}
    text = (files("search.french") / "words" / FILE).read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            said, stands_for = line.split("\t")
            near = stands_for.startswith("~")
            words, *jobs = (each.strip() for each in stands_for.removeprefix("~").split(";"))
            for form in said.split("|"):
                words_said = tuple(token for token in tokens(form) if token.surface not in STOP_WORDS)
                if not words_said:
                    raise ValueError(f"{FILE}: {form!r} has no word that tells; take it out.")
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


def hiding(titles: AbstractSet[frozenset[str]], words: Mapping[str, AbstractSet[str]]) -> tuple[tuple[str, str], ...]:
    """Each spoken form that takes the place of another word of the sheets, with that word: one of its stem, or a title.

    A form of one word is written as the sheets write it, or as its stem: else "suits" is what every "suit" says. One
    that is written with stop words ("les experts") is not a title without them.
    words: the folded words of each term of the sheets.
    """
    found: list[tuple[str, str]] = []
    for form, meaning in chain.from_iterable(meanings().values()):
        (token, *others), every = form, tokens(meaning.said)
        if others:
            continue
        written = words.get(token.term, frozenset())
        inflected = {token.term, *written, *(word.removesuffix("s") for word in written)}
        if written and token.folded not in inflected:
            found.append((meaning.said, min(written)))
        elif len(every) > 1 and frozenset({token.term}) in titles:
            found.append((meaning.said, token.surface))
    return tuple(found)


def spans(typed: Sequence[Token], text: str = "") -> Iterator[Spoken]:
    """The spoken forms among these tokens, from left to right, the longest first; none overlaps another.

    text: where the tokens stand, needed for what is no token ("j'écris": the j' is none).
    """
    known = meanings()
    place = 0
    while place < len(typed):
        found = _at(typed, place, known, text)
        if found:
            yield found
        place = found.last + 1 if found else place + 1


def _at(
    typed: Sequence[Token], place: int, known: Mapping[str, tuple[tuple[Form, Meaning], ...]], text: str
) -> Spoken | None:
    """The spoken form that begins at this place: a refusal, or a verb after its subject, or else the words as typed."""
    token = typed[place]
    if token.surface in REFUSING:
        refused = _longest(typed, place, known.get(WITHOUT, ()), first_fits=True)
        if refused:
            return refused
    if token.surface in STOP_WORDS:
        return None
    verb = _verb(typed, place, text)
    if verb:
        verbs = (each for term in _infinitives(verb) for each in known.get(term, ()))
        found = _longest(typed, place, verbs, first_fits=True)
        if found:
            return found
    return _longest(typed, place, known.get(token.term, ()))


def whole(typed: Sequence[Token]) -> Meaning | None:
    """What these words stand for, if they are one spoken form and nothing else; None if not."""
    said = tuple(spans(typed))
    return said[0].meaning if len(said) == 1 and (said[0].first, said[0].last) == (0, len(typed) - 1) else None


def refuses(text: str) -> bool:
    """Whether a piece of text holds a refusal that stands for what is wanted instead (see `Meaning.refuses`)."""
    return any(each.meaning.refuses for each in spans(tokens(text)))


def _longest(
    typed: Sequence[Token], place: int, forms: Iterable[tuple[Form, Meaning]], first_fits: bool = False
) -> Spoken | None:
    """The first of these forms whose words stand from this place on, stop words passed over; None if there is none.

    first_fits: the first word of each form is known to fit.
    """
    for form, meaning in forms:
        last, left = place, list(form[1:])
        if not first_fits and not _same(typed[place], form[0]):
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


def _verb(typed: Sequence[Token], place: int, text: str) -> str:
    """The folded word at this place if it stands after a subject and so is a verb, "" if not.

    "je soigne", "j'écris", "jsoigne" (without its j); a pronoun may stand between both ("qui se bat").
    """
    token = typed[place]
    if ELIDED_SUBJECT.search(text, 0, token.start):
        return token.folded
    if GLUED_SUBJECT.match(token.folded):
        return token.folded[1:]
    before = place - 2 if place > 1 and typed[place - 1].surface in BETWEEN else place - 1
    return token.folded if before >= 0 and typed[before].surface in SUBJECTS else ""


def _infinitives(folded: str) -> Iterator[str]:
    """The terms of the infinitives of which this word may be the present."""
    for present, infinitive in INFINITIVES:
        if folded.endswith(present):
            yield stem(folded.removesuffix(present) + infinitive)


def _same(typed: Token, form: Token) -> bool:
    """Whether a word typed is this word of a form.

    Typed without accents it only needs the same term. Typed with accents: if both are the same letters without them,
    the accents must be the same ("étoilé" is not "étoile"); if not, both or neither must be a past participle.
    """
    if typed.term != form.term:
        return False
    if typed.surface == typed.folded:
        return True
    if typed.folded == form.folded:
        return typed.surface == form.surface
    return _past(typed.surface) == _past(form.surface)


def _past(surface: str) -> bool:
    """Whether a word ends as a past participle in -é does, in any gender and number."""
    return surface.rstrip("es").endswith("é") or surface.rstrip("s").endswith("é")
