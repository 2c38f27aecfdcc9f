"""What a sentence says beside its words: levels of study, pay, what the sheets do not tell. In: a Query. Out: a Query.

    "métiers du bâtiment sans le bac"    the words "métiers du bâtiment", at most CAP ou équivalent + 1 an
    "informatique, bien payé"            the words "informatique", the highest salaries first
    "vendeur en alternance"              the words "vendeur": the sheets say nothing of it

The lists are how French says these things; they were tuned on nothing.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

from search.engine import Reading
from search.fiche import NIVEAUX
from search.folding import slug
from search.query import Query

# Kinds of `engine.Reading`, said there.
LEVEL: Final = "niveau_max"
ORDER: Final = "salaire"
UNTOLD: Final = "untold"
LOST: Final = "lost"
NOTHING_LEFT: Final = "nothing_left"

_END: Final = r"(?!\w)"
_MOST: Final = r"(?:maximum|max\.?|au plus|ou moins|au maximum)"

_LOW, _CAP, _BAC, _SHORT = "CAP ou équivalent + 1 an", "CAP ou équivalent", "bac ou équivalent", "bac + 2"

PATTERNS: Final[tuple[tuple[str, str, re.Pattern[str]], ...]] = tuple(
    (kind, value, re.compile(rf"(?<!\w)(?:{pattern}){_END}", re.IGNORECASE))
    for kind, value, pattern in (
        (LEVEL, _LOW, r"sans (?:avoir |passer )?(?:le |un |mon )?bac|pas (?:de|le|mon) bac|(?:avant|sous) le bac"),
        (LEVEL, _CAP, r"sans (?:aucun |un |avoir (?:de |un )?)?(?:dipl[oô]mes?|qualifications?)|pas de dipl[oô]mes?"),
        (LEVEL, _SHORT, r"(?:sans |pas de |pas d')(?:longues [ée]tudes|[ée]tudes (?:trop )?longues)"),
        (LEVEL, _CAP, r"sans (?:faire d'|aucune )?[ée]tudes|(?:pas|z[ée]ro|aucune) (?:d')?[ée]tudes?"),
        (LEVEL, _CAP, r"(?:avec (?:un |mon )?|niveau |apr[eè]s (?:le |un |mon )?)cap"),
        (LEVEL, _BAC, r"apr[eè]s (?:la |ma |une )?(?:3 ?(?:e|[eè]me)|troisi[eè]me)|apr[eè]s le (?:coll[eè]ge|brevet)"),
        (LEVEL, _BAC, r"(?:avec (?:le |un |mon )|niveau |juste le )bac(?!\s*(?:\+|pro))"),
        (
            LEVEL,
            _SHORT,
            r"sans (?:faire )?(?:trop|beaucoup) d'[ée]tudes|pas (?:trop|beaucoup) d'[ée]tudes|peu d'[ée]tudes",
        ),
        (LEVEL, _SHORT, r"(?:avec des |petites )?[ée]tudes (?:courtes|rapides)|petites [ée]tudes"),
        (LEVEL, "", rf"(?:{_MOST} |jusqu'[àa] )bac ?\+ ?(?P<before>\d)|bac ?\+ ?(?P<after>\d) {_MOST}"),
        (ORDER, "", r"(?:qui (?:est|sont) )?(?:tr[eè]s )?(?:bien|mieux|grassement) (?:pay|r[ée]mun[ée]r)[ée]e?s?"),
        (
            ORDER,
            "",
            r"qui (?:paye|paie|gagne)(?:nt)? (?:bien|beaucoup)|qui rapporte(?:nt)?(?: (?:bien|beaucoup|gros))?",
        ),
        (ORDER, "", r"gagner (?:beaucoup|bien|plus|plein)(?: d'argent)?|se faire (?:de l'|beaucoup d')argent"),
        (
            ORDER,
            "",
            r"(?:gros|bon|meilleur|haut)s? (?:salaires?|revenus?)|salaires? (?:[ée]lev[ée]|important|int[ée]ressant)s?",
        ),
        (UNTOLD, "", r"(?:en|par) (?:alternance|apprentissage)|^(?:l'|les )?(?:alternances?|apprentissages?)$"),
        (
            LOST,
            "",
            r"je (?:ne |n')?sais? pas(?: (?:du tout|quoi faire|(?:trop )?ce que je veux(?: faire)?))?(?: plus tard)?",
        ),
        (LOST, "", r"(?:je n'ai|j'ai) (?:pas|aucune) (?:d')?id[ée]e|aucune id[ée]e"),
        (LOST, "", r"quel(?:le)? (?:m[ée]tier|travail|job|voie) (?:pour moi|me (?:va|correspond|convient)|choisir)"),
        (LOST, "", r"(?:trouver|chercher|choisir) (?:ma voie|mon (?:futur )?(?:m[ée]tier|orientation))"),
        (LOST, "", r"(?:test|quiz|questionnaire) (?:d'|de )?(?:orientation|m[ée]tiers?|personnalit[ée])"),
        (
            LOST,
            "",
            r"que faire (?:plus tard|dans la vie|comme (?:m[ée]tier|travail))|quoi faire (?:plus tard|dans la vie)",
        ),
    )
)
"""What is read, in this order: the kind, the level that it means ("" if the text says it or there is none), how it is
said."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A query with what its sentence says taken out of the words and put into its filters and order.

    `readings` tell what was read, each with the text without it.
    """

    query: Query
    readings: tuple[Reading, ...]


def read(query: Query) -> Sentence:
    """What the sentence says. A level or an order that the reader chose is kept; then the sentence changes neither.

    Nothing is read if `typo` is False: then exactly the words typed are searched.
    """
    if not query.typo or not query.text:
        return Sentence(query, ())
    text, readings = query.text, []
    levels: list[str] = []
    order = query.sort
    for kind, value, pattern in PATTERNS:
        for match in reversed(list(pattern.finditer(text))):
            told = value or _level(match)
            if kind == LEVEL and not told:
                continue
            text = f"{text[: match.start()]} {text[match.end() :]}"
            undone = " ".join(query.text.replace(match[0], " ", 1).split())
            readings.append(Reading(kind, match[0], undone, (told,) if kind == LEVEL else ()))
            if kind == LEVEL:
                levels.append(slug(told))
            elif kind == ORDER and order == "pertinence":
                order = "-salaire"
    if not readings:
        return Sentence(query, ())
    wanted = replace(query, text=" ".join(text.split()).strip(" ,;."), sort=order)
    if levels and query.bound(LEVEL) is None:
        wanted = replace(wanted.within(**{LEVEL: levels[0]}), page=query.page)
    return Sentence(wanted, tuple(readings))


def _level(match: re.Match[str]) -> str:
    """The label of the level that a text says in figures ("bac + 3 maximum"), "" for "bac + 0", which is none."""
    found = match.groupdict()
    years = int(found.get("before") or found.get("after") or 0)
    if not years:
        return ""
    return NIVEAUX[-1] if years == 9 else f"bac + {years}"
