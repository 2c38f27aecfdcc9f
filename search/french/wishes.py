"""What a sentence wants and does not want. In: the text of a query, its tokens. Out: Readings, the words that tell.

A wish ("je voudrais devenir …", "un métier où on …") says nothing beside other words; what is refused ("mais pas
vétérinaire") is taken out of the text; what is spoken stands for other words (see `spoken`).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Final

from search.engine import Reading
from search.french import names, spoken
from search.french.names import Names
from search.french.tokens import STOP_WORDS, WISHES, Token, tokens

REFUSED: Final = re.compile(
    rf"(?<!\w)(?:(?:mais\s+)?(?:{'|'.join(spoken.REFUSING)})|(?:mais|et)\s+non)\s+"
    r"(?:(?:être|etre|devenir|faire|trop|beaucoup|de|d'|des|du|le|la|les|l'|un|une|envie|forcément|forcement|comme)\s*\b)*"
    r"(?P<what>\w[^,;.!?]{0,60}?)(?=\s+(?:et|mais|ou|avec|car)\s|\s+(?:ni|sans|pas)\s|[,;.!?]|$)",
    re.IGNORECASE,
)
"""What is not wanted: up to the next clause. Tuned on nothing: how French refuses. "non alimentaire" does not."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the text of a query, from start to end, and how it is read (see `engine.Reading`).

    `words` is the part of it that counts.
    """

    kind: str
    start: int
    end: int
    words: str
    meant: tuple[str, ...] = ()

    def reading(self, text: str) -> Reading:
        """The piece as it is told; a spoken word or a wish between quotes is not read as one, what is refused goes."""
        kept = f'"{self.words}"' if self.kind in ("spoken", "near", "instead", "wish") else ""
        undone = " ".join(f"{text[: self.start]}{kept}{text[self.end :]}".split())
        return Reading(self.kind, text[self.start : self.end], undone, self.meant)


def refused(text: str, title_terms: AbstractSet[str]) -> Iterable[Piece]:
    """What the reader does not want. A word of titles, or a spoken one by what it stands for, excludes the sheets that
    have it in their title; another is left out.
    """
    for match in REFUSED.finditer(text):
        found = [token for token in tokens(match["what"]) if token.surface not in STOP_WORDS]
        if not found or spoken.refuses(match[0]):
            continue
        last = match.start("what") + found[-1].end
        what = text[match.start("what") + found[0].start : last]
        named = all(token.term in title_terms for token in found)
        meaning = None if named else spoken.whole(found)
        if meaning and not meaning.near and all(token.term in title_terms for token in tokens(meaning.words)):
            yield Piece("without", match.start(), last, meaning.words, (meaning.words,))
        else:
            yield Piece("without" if named else "left", match.start(), last, what, (what,))


def allowed(said: Iterable[spoken.Spoken], refused: Sequence[Piece]) -> list[spoken.Spoken]:
    """The spoken forms without the jobs that are refused: "animaux mais pas vétérinaire" names no vétérinaire."""
    unwanted = [{token.term for token in tokens(each.words)} for each in refused if each.kind == "without"]
    if not unwanted:
        return list(said)
    kept = []
    for each in said:
        words, *jobs = each.meaning.jobs
        jobs = [job for job in jobs if not any(terms <= {token.term for token in tokens(job)} for terms in unwanted)]
        kept.append(replace(each, meaning=replace(each.meaning, jobs=(words, *jobs))))
    return kept


def meant(each: spoken.Spoken, typed: Sequence[Token], text: str) -> Piece:
    """What a spoken form was read as."""
    start, end = typed[each.first].start, typed[each.last].end
    near = "instead" if each.meaning.refuses else "near"
    return Piece(near if each.meaning.near else "spoken", start, end, text[start:end], each.meaning.jobs)


def wished(typed: Sequence[Token], told: AbstractSet[int], text: str) -> Iterable[Piece]:
    """The words that only say a wish, and are not searched: those at other places than `told`, each once."""
    silent = (token for place, token in enumerate(typed) if place not in told)
    for token in {token.folded: token for token in silent}.values():
        yield Piece("wish", token.start, token.end, text[token.start : token.end])


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
    return names.within(known, own, every)


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
    held = names.standing_in(known, terms)
    return every - {place for place in wishes if typed[place].term not in held}
