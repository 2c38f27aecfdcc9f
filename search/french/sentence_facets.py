"""Facet values that a query names in words. In: a Query, the values of facets. Out: a Sentence with that filter.

    "dans la santé", "domaine informatique", "métiers du bois"    a domain, or a part of one
    "métiers du bac pro", "métier niveau bac + 2"                 a kind of diploma, a level
    "fonctionnaire", "à mon compte", "en plein air"               a status, an interest

Only a query that names nothing else is read so: beside other words these are words. They are still searched, and so
order what the choice keeps. If the reader has already chosen a value of that facet, the words change nothing.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

from search.engine import FacetValue, Reading
from search.fiche import Fiche
from search.fields import appellations
from search.french import sentence_criteria
from search.french.names import readings, terms_of
from search.french.operators import QUOTES
from search.french.sentence_criteria import LEVEL, NOTHING_LEFT, Sentence
from search.french.tokens import STOP_WORDS, WISHES, tokens
from search.query import Query

CHOICE: Final = "choice"
CHOICE_LEFT: Final = "choice_left"
BEYOND: Final = "beyond"
"""Kinds of `engine.Reading`, said there."""

MARKED: Final = re.compile(
    r"(?<!\w)(?:dans|domaines?|secteurs?|branches?|fili[èe]res?|niveau"
    r"|apr[èe]s (?:une?|le|la)|avec (?:une?|le|la|mon)"
    r"|(?:m[ée]tiers?|emplois?|jobs?|boulots?) (?:de la|de l'|des?|du|d'|en|apr[èe]s|avec))(?!\w)",
    re.IGNORECASE,
)
"""What says that a domain, a level or a diploma is meant, and no word. Written from how French says it, tuned on no
query: neither judged set moves (docs/decisions.md)."""

SIGNS: Final = frozenset({"branche", "branches", "niveau", "apres", "avec", "dans"})
"""Folded words of `MARKED` that are neither wishes nor stop words."""

NAMED: Final = ("domaine", "diplome", "niveau")
"""The facets whose values are named by their labels, in the order in which they are tried."""

_ANY: Final = (
    r"(?:(?:je|un|une|des|les?|travail|travailler|m[ée]tiers?|emplois?|jobs?|statut|[êe]tre|devenir|veux|voudrais|pour|de|en)"
    r"\s+)*"
)
"""Words that may stand before one of SAID and say nothing."""

SAID: Final[tuple[tuple[str, str, re.Pattern[str]], ...]] = tuple(
    (facet, value, re.compile(rf"\s*{_ANY}(?P<said>{said})\s*", re.IGNORECASE))
    for facet, value, said in (
        ("statut", "fonctionnaire", r"fonctionnaires?|(?:dans )?la fonction publique"),
        ("statut", "salarie", r"salari[ée]e?s?"),
        ("statut", "independant", r"ind[ée]pendante?s?|[àa] (?:mon|son) compte|free-?lance|auto-?entrepreneu(?:r|se)"),
        ("statut", "liberal", r"(?:profession |m[ée]tier )?lib[ée]rale?s?|professions lib[ée]rales"),
        ("statut", "saisonnier", r"saisonni(?:er|[èe]re)s?"),
        ("statut", "intermittent-du-spectacle", r"intermittente?s?(?: du spectacle)?"),
        ("interet", "j-aimerais-travailler-dehors", r"(?:en |au )?(?:plein|grand) air|(?:au )?dehors|en ext[ée]rieur"),
        ("interet", "je-reve-de-travailler-a-l-etranger", r"[àa] l'[ée]tranger"),
        ("interet", "je-veux-travailler-de-mes-mains", r"(?:de|avec) mes mains|manuels?"),
    )
)  # fmt: skip
"""Choices that people name otherwise than their label does: facet, slug, how it is said. Tuned on nothing."""

Values = Callable[[str], Sequence[FacetValue]]
"""The values of a facet, by its name."""


def read(query: Query, values: Values) -> Sentence:
    """What the sentence says (see `sentence_criteria`), then the choice that the rest of its words names, if any.

    Each Reading has the whole text as typed, but for what would take this reading back.
    """
    sentence = sentence_criteria.read(query)
    left = sentence.query
    if not left.typo or not left.text or any(sign in left.text for sign in QUOTES):
        return sentence
    for facet, said, value in _named(left.text, values):
        if not left.values_of(facet):
            chosen = replace(left.toggle(facet, value.value), page=query.page)
            undone = query.text.replace(left.text, said, 1) if left.text in query.text else said
            reading = Reading(CHOICE, left.text, " ".join(undone.split()), (value.label,))
            return Sentence(chosen, (*sentence.readings, reading))
    return sentence


def is_narrower(sentence: Sentence, query: Query) -> bool:
    """Whether a level or a choice was read: a filter, which keeps fewer sheets."""
    read = sentence.query
    return read.bounds != query.bounds or read.filters != query.filters


def widened(sentence: Sentence, query: Query, is_named: bool) -> Sentence:
    """The same words without the filters that were read into them; these readings become proposals.

    is_named: why they are not applied: the words name a job that they would hide; if False, they would leave no sheet.
    """
    kinds = {LEVEL: BEYOND if is_named else NOTHING_LEFT, CHOICE: CHOICE_LEFT}
    told = tuple(replace(each, kind=kinds.get(each.kind, each.kind)) for each in sentence.readings)
    return Sentence(replace(sentence.query, bounds=query.bounds, filters=query.filters), told)


def names(text: str, fiche: Fiche) -> bool:
    """Whether a title of the sheet stands whole in the text, what it has in brackets aside."""
    typed = terms_of(text)
    return any(terms_of(title) <= typed for each in appellations(fiche) for title in readings(each))


def _named(text: str, values: Values) -> Iterator[tuple[str, str, FacetValue]]:
    """Each choice that the words may name: its facet, the words that name it (those of SAID between quotes, so that
    they are not read so again), its value."""
    for facet, slug, pattern in SAID:
        if match := pattern.fullmatch(text):
            yield from ((facet, f'"{match["said"]}"', each) for each in values(facet) if each.value == slug)
    if not MARKED.search(text):
        return
    every = [token for token in tokens(text) if token.surface not in STOP_WORDS]
    telling = [token for token in every if token.folded not in WISHES | SIGNS]
    terms = frozenset(token.term for token in telling)
    if terms:
        said = text[telling[0].start : telling[-1].end]
        for facet in NAMED:
            held = [each for each in values(facet) if terms in _parts(each.label)]
            # A whole domain before a part of one, and the part that most sheets have.
            yield from ((facet, said, each) for each in sorted(held, key=lambda each: (bool(each.parent), -each.total)))


@lru_cache(1 << 10)
def _parts(label: str) -> frozenset[frozenset[str]]:
    """The terms of a label, and those of each of the names that it lists ("Mode, textile et cuir": three)."""
    pieces = (label, *re.split(r",|\(|\bet\b", label))
    return frozenset(filter(None, map(terms_of, pieces)))
