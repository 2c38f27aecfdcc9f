"""Which words of a sentence count. In: the tokens of a query. Out: their places, how the other words are read.

Words that wish ("je voudrais devenir …", "un métier où on …") are not searched if there are others. Spoken words stand
for others (see `spoken`), unless they belong to the name of a job.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from search.french import name_matching, spoken
from search.french.name_matching import Names
from search.french.plan import ReadSpan
from search.french.tokens import STOP_WORDS, WISHES, Token


def meant(each: spoken.Spoken, typed: Sequence[Token], text: str) -> ReadSpan:
    """What a spoken form was read as: "spoken", "near" or "instead" (see `engine.Reading`)."""
    start, end = typed[each.first].start, typed[each.last].end
    near = "instead" if each.meaning.refuses else "near"
    return ReadSpan(near if each.meaning.near else "spoken", start, end, text[start:end], each.meaning.jobs)


def wished(typed: Sequence[Token], told: AbstractSet[int], text: str) -> Iterable[ReadSpan]:
    """The words that only say a wish and are not searched, each once. told: the places of all other words."""
    silent = (token for place, token in enumerate(typed) if place not in told)
    for token in {token.folded: token for token in silent}.values():
        yield ReadSpan("wish", token.start, token.end, text[token.start : token.end])


def within_name(
    said: spoken.Spoken, typed: Sequence[Token], known: Names, labels: Mapping[str, tuple[frozenset[str], ...]]
) -> bool:
    """Whether a spoken form is a title that stands whole in the query, or belongs to a longer name that does.

    labels: the terms of the titles and diplomas that hold each term.
    """
    own = {token.term for token in typed[said.first : said.last + 1] if token.surface not in STOP_WORDS}
    every = {token.term for token in typed if token.surface not in STOP_WORDS}
    of_each = [min(labels.get(term, ()), labels.get(typed[said.first].term, ()), key=len) for term in every - own]
    if any(own < label <= every for each in of_each for label in each):
        return True
    return name_matching.within(known, own, every)


def telling(typed: Sequence[Token], said: Sequence[spoken.Spoken], quoted: AbstractSet[int], known: Names) -> set[int]:
    """The places of the words that tell something: all but wishes, if there is anything else.

    A wish is kept at a `quoted` place, and if it belongs to a name standing whole in the query ("directeur d'école").
    """
    every = set(range(len(typed)))
    spoken_for = {place for each in said for place in range(each.first, each.last + 1)}
    wishes = {place for place in every - spoken_for - quoted if typed[place].folded in WISHES}
    others = {place for place in every - wishes if typed[place].surface not in STOP_WORDS}
    if not others or not wishes:
        return every
    terms = {typed[place].term for place in others | wishes}
    held = name_matching.standing_in(known, terms)
    return every - {place for place in wishes if typed[place].term not in held}
