"""From a sheet to what is indexed of it. In: a Fiche. Out: a Document (occurrences of terms, slugs of facets), forms.

The text of a field is its blocks joined by a line break; every offset counts from its start.
"""

from functools import lru_cache

from search.fiche import Fiche
from search.fields import FACETS, FIELDS, Field, appellations, block_text
from search.french.equivalents import Equivalents
from search.french.names import readings
from search.french.tokens import STOP_WORDS, WISHES, Token, tokens
from search.index.occurrences import Document, occurrences


def field_text(field: Field, fiche: Fiche) -> str:
    """The text of a field, from which its offsets count."""
    return "\n".join(block_text(block) for block in field.blocks(fiche))


def document(fiche: Fiche, equivalents: Equivalents) -> tuple[Document, frozenset[str]]:
    """What is indexed of a sheet, with the short forms of its long ones; then the accented forms of its words."""
    fields = {}
    formes: set[str] = set()
    for field in FIELDS:
        blocks = []
        starts = []
        start = 0
        for block in field.blocks(fiche):
            text = block_text(block)
            found = tokens(text)
            formes.update(token.surface for token in found)
            blocks.append(equivalents.added(found))
            starts.append(start)
            start += len(text) + 1
        if field.name in ("titre", "appellations"):
            blocks = _said_once(blocks)
        fields[field.name] = occurrences(blocks, starts)
    facets = {facet.name: tuple(value.value for value in facet.values(fiche)) for facet in FACETS}
    return Document(fiche.id, fields, facets), frozenset(formes)


def title_terms(fiche: Fiche, equivalents: Equivalents) -> tuple[tuple[frozenset[str], bool], ...]:
    """The distinct sets of terms of the titles of a sheet, each with True if it is not the sheet's own title.

    A title gives several: in each gender, with and without what stands in brackets, with short forms for long ones.
    """
    found: dict[frozenset[str], bool] = {}
    for number, title in enumerate(appellations(fiche)):
        for reading in readings(title):
            for terms in equivalents.readings(tokens(reading)):
                found.setdefault(terms, number > 0)
    return tuple((terms, other) for terms, other in found.items() if terms)


def label_terms(fiche: Fiche, equivalents: Equivalents) -> tuple[frozenset[str], ...]:
    """The distinct sets of terms of the names of a sheet's diplomas, interests, domains and ROME codes.

    A name gives two if a short form can stand for a long one; an interest also gives what it says beside its wish.
    """
    labels = [formation.label for formation in fiche.formations]
    labels += fiche.interets
    labels += [name for each in fiche.domaines for name in (each.domaine, each.sous_domaine)]
    labels += [code.label for code in fiche.rome]
    named = dict.fromkeys(terms for name in labels for terms in equivalents.readings(_tokens(name)))
    # "j'aimerais travailler dehors" is also found as "dehors".
    named |= dict.fromkeys(_telling(_tokens(name)) for name in fiche.interets)
    return tuple(terms for terms in named if terms)


@lru_cache(1 << 14)
def _tokens(name: str) -> tuple[Token, ...]:
    return tuple(tokens(name))


def _telling(found: tuple[Token, ...]) -> frozenset[str]:
    """The terms of an interest without stop words and wishes."""
    return frozenset(token.term for token in found if token.surface not in STOP_WORDS and token.folded not in WISHES)


def _said_once(blocks: list[list[Token]]) -> list[list[Token]]:
    """The blocks of titles; those that add no term to the blocks before them are emptied.

    So a title counts once, not once for each gender.
    """
    seen: set[str] = set()
    kept = []
    for block in blocks:
        terms = {token.term for token in block}
        kept.append(block if not terms <= seen else [])
        seen |= terms
    return kept
