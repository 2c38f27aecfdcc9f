"""Short and long forms that say the same, mined from the sheets. In: sheets, when indexing. Out: Equivalents.

    FAO         fabrication assistée par ordinateur     acronyms in brackets, before their words or after
    MCO         management commercial opérationnel      initials of diplomas ("BTS management commercial opérationnel")
    BTSCI       BTS commerce international              the same after their kind, if they tell nothing without it
    plateforme  plate-forme                             words that the sheets write in one and in several

The letters of an acronym are the initials of its words, stop words counted or not. Two kinds are left out: acronyms to
which the sheets give several meanings, and those that are also an ordinary word of the sheets ("art").

If a sheet holds a long form, the short one is indexed too, at the same place; and each word of a long form that is
searched may also be found as the short one. So either form finds both.

The bounds below only keep the reading of brackets short; they were tuned on no query.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from search.fiche import Fiche
from search.fields import FIELDS, appellations, block_text
from search.folding import fold
from search.french.tokens import STOP_WORDS, Token, tokens

ACRONYM: Final = r"[A-ZÀÉÈ][A-Za-zéè]{1,9}"
BRACKET: Final = re.compile(r"\(([^()\n]{2,120})\)")
ALONE: Final = re.compile(ACRONYM)
JUST_BEFORE: Final = re.compile(rf"(?<!\w)({ACRONYM})\s?\Z")
LOWER_CASE: Final = re.compile(r"\b[a-zà-ÿœ]{2,40}\b")
HYPHENATED: Final = re.compile(r"(?<![\w-])[a-zà-ÿœ]{1,20}-[a-zà-ÿœ]{2,20}(?![\w-])")
NOT_LETTERS: Final = re.compile(r"\W")
CALLED_BY_INITIALS: Final = re.compile(
    r"(bac pro|BTSA?|CAPa?|BUT|BPA?) ([^(),:;]{5,120}?)(?: (?:option|parcours|spécialité) .{1,120})?"
)
"""The labels of the diplomas that are, their kind and their own name in them."""

ONE_WORD: Final = re.compile(r"\w+")
"""A kind that is written together with the initials: "BTSCI" is found by "BTS CI", as other words written apart are."""

SHORTEST_OF_DIPLOMA: Final = 3
"""The fewest initials of a diploma's name that are taken for an acronym without its kind."""

LONGEST: Final = 16
"""The most words of a long form, stop words included."""

ACRONYM_ROOM: Final = 12
"""Letters before a bracket in which the longest ACRONYM and a blank stand."""

LONG_FORM_ROOM: Final = 160
"""Letters before a bracket in which the long form of the acronym in it is looked for."""


@dataclass(frozen=True, slots=True)
class EquivalentTable:
    """known: a short form, a blank, the long one as a sheet writes it ("FAO fabrication assistée par ordinateur")."""

    known: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """A long form among tokens: the places of its first and last word, and the term of its short form."""

    first: int
    last: int
    term: str


@dataclass(frozen=True, slots=True)
class Equivalents:
    """By the first term of a long form: all its terms without stop words, the most first, and the term of the short."""

    by_first: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]

    def spans(self, found: Sequence[Token]) -> Iterator[Span]:
        """The long forms among these tokens, from left to right, the longest first. One may hold another."""
        places = [place for place, token in enumerate(found) if token.surface not in STOP_WORDS]
        said = tuple(found[place].term for place in places)
        for first, term in enumerate(said):
            ends: dict[str, int] = {}
            for terms, short in self.by_first.get(term, ()):
                if said[first : first + len(terms)] == terms:
                    # "brevet technique des métiers supérieur" (BTMS) holds that of the BTM, and BTMS stems to BTM.
                    ends.setdefault(short, places[first + len(terms) - 1])
            for short, last in ends.items():
                yield Span(places[first], last, short)

    def added(self, found: list[Token]) -> list[Token]:
        """The tokens with the short form of each long one, after its first word, from its start to its end."""
        both = list(found)
        for span in reversed(list(self.spans(found))):
            start, end = found[span.first].start, found[span.last].end
            both.insert(span.first + 1, Token(span.term, start, end, "", span.term))
        return both

    def readings(self, found: Sequence[Token]) -> tuple[frozenset[str], ...]:
        """The terms of a title or label; then, if they differ, its terms with short forms in place of long ones."""
        short: list[str] = []
        after = 0
        for span in self.spans(found):
            if span.first >= after:
                short += [token.term for token in found[after : span.first]] + [span.term]
                after = span.last + 1
        short += [token.term for token in found[after:]]
        return tuple(dict.fromkeys((frozenset(token.term for token in found), frozenset(short))))


def read(table: EquivalentTable) -> Equivalents:
    """The forms of a table, ready to read tokens; long forms of the same terms are one ("socio-culturel/elle")."""
    by_first: dict[str, dict[tuple[tuple[str, ...], str], None]] = {}
    for line in table.known:
        short, long = line.split(" ", 1)
        terms = _terms(tokens(long))
        by_first.setdefault(terms[0], {})[terms, tokens(short)[0].term] = None
    return Equivalents(
        {first: tuple(sorted(each, key=lambda known: -len(known[0]))) for first, each in by_first.items()}
    )


def mine(fiches: Iterable[Fiche]) -> EquivalentTable:
    """The short forms of the sheets that have one meaning, whatever its stop words, gender and number."""
    meanings: dict[str, dict[tuple[str, ...], str]] = {}
    lower_case: set[str] = set()
    title_words: set[str] = set()
    diplomas: set[str] = set()
    hyphenated: set[str] = set()
    for fiche in fiches:
        diplomas.update(formation.label for formation in fiche.formations)
        title_words.update(token.folded for title in appellations(fiche) for token in tokens(title.title))
        for text in (block_text(block) for field in FIELDS for block in field.blocks(fiche)):
            lower_case.update(LOWER_CASE.findall(text))
            hyphenated.update(HYPHENATED.findall(text))
            for acronym, words in _in_brackets(text):
                _keep(meanings, acronym, words, text)
    ordinary = {fold(word) for word in lower_case}
    called = [(label, *_of_diploma(label)) for label in sorted(diplomas)]
    for label, _, initials, words in called:
        # No acronym that begins a word of a title: "mosa" shall be completed to mosaïste, not be read as MOSA.
        beginning = fold(initials)
        if len(initials) >= SHORTEST_OF_DIPLOMA and not any(word.startswith(beginning) for word in title_words):
            _keep(meanings, initials, words, label)
    for label, kind, initials, words in called:
        tells = fold(initials) not in ordinary and len(meanings.get(fold(initials).upper(), ())) == 1
        if ONE_WORD.fullmatch(kind) and len(initials) > 1 and not tells:
            _keep(meanings, f"{kind}{initials}", [*tokens(kind), *words], label)
    known = [
        f"{acronym} {text}"
        for acronym, texts in meanings.items()
        for text in texts.values()
        if len(texts) == 1 and fold(acronym) not in ordinary
    ]
    glued = {fold(NOT_LETTERS.sub("", word)): word for word in sorted(hyphenated)}
    known += [f"{short} {long}" for short, long in glued.items() if short in ordinary]
    return EquivalentTable(tuple(sorted(known, key=fold)))


def _keep(meanings: dict[str, dict[tuple[str, ...], str]], acronym: str, words: Sequence[Token], text: str) -> None:
    """Note a meaning of an acronym as the text writes it; one word alone is no long form."""
    terms = _terms(words)
    if len(terms) > 1:
        meanings.setdefault(fold(acronym).upper(), {}).setdefault(terms, text[words[0].start : words[-1].end])


def _in_brackets(text: str) -> Iterator[tuple[str, Sequence[Token]]]:
    """ "FAO (fabrication assistée par ordinateur)" and "fabrication assistée par ordinateur (FAO)"."""
    for match in BRACKET.finditer(text):
        before = JUST_BEFORE.search(text, max(0, match.start() - ACRONYM_ROOM), match.start())
        if before:
            words = [_moved(token, match.start(1)) for token in tokens(match[1])]
            if _spells(before[1], words):
                yield before[1], words
        if ALONE.fullmatch(match[1]):
            start = max(0, match.start() - LONG_FORM_ROOM)
            words = [_moved(token, start) for token in tokens(text[start : match.start()])]
            for length in range(2, min(LONGEST, len(words)) + 1):
                if _spells(match[1], words[-length:]):
                    yield match[1], words[-length:]
                    break


def _of_diploma(label: str) -> tuple[str, str, Sequence[Token]]:
    """The kind of a diploma, its initials and the words of its own name: "BTS", "MCO", "management commercial
    opérationnel"; nothing for one that is not called by its initials.
    """
    match = CALLED_BY_INITIALS.fullmatch(label)
    words = [_moved(token, match.start(2)) for token in tokens(match[2])] if match else []
    initials = "".join(token.folded[0] for token in words if not _is_stop(token))
    return (match[1], initials, words) if match and initials.isalpha() else ("", "", ())


def _moved(token: Token, by: int) -> Token:
    """A token of a part of a text, with its place in the whole text."""
    return token._replace(start=token.start + by, end=token.end + by)


def _spells(acronym: str, words: Sequence[Token]) -> bool:
    """Whether the letters of the acronym, or its capitals alone, are the initials of the words."""
    if not words or len(words) > LONGEST or {words[0].surface, words[-1].surface} & STOP_WORDS:
        return False
    capitals = "".join(letter for letter in acronym if letter.isupper())
    return any(_initials(fold(letters), words) for letters in dict.fromkeys((acronym, capitals)) if len(letters) > 1)


def _initials(letters: str, words: Sequence[Token]) -> bool:
    """Whether the words begin with these letters in turn; stop words may be passed over."""
    # How many letters may have been used up so far: a stop word may use one or none, so there are several counts.
    read = {0}
    for word in words:
        taken = {place + 1 for place in read if letters[place : place + 1] == word.folded[0]}
        read = taken | read if _is_stop(word) else taken
    return len(letters) in read


def _terms(words: Sequence[Token]) -> tuple[str, ...]:
    """The terms of words, in order, without stop words."""
    return tuple(token.term for token in words if not _is_stop(token))


def _is_stop(token: Token) -> bool:
    return token.surface in STOP_WORDS
