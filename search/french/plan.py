"""What is searched: the words of a query as they were understood. Made by `understanding`, read by both engines."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from search.engine import Correction, Exclusion, Reading
from search.fields import fields_of_sections
from search.french.name_matching import NO_LEADS, Leads

TITLE: Final = "titre"


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the query. `terms` are the numbers of the terms that it may stand for, the likeliest first.

    start and end: its place in the text of the query. idf: its weight. `surface`: the accented form as typed, "" if
    other words were understood. `guesses`: these words as the sheets write them, one a term. `stop`: whether it is a
    stop word.
    """

    start: int
    end: int
    terms: tuple[int, ...]
    idf: float
    surface: str = ""
    guesses: tuple[str, ...] = ()
    stop: bool = False


@dataclass(frozen=True, slots=True)
class ReadSpan:
    """A part of the text of a query, from start to end, and how it is read (see `engine.Reading`).

    `words` is the part of it that is refused, spoken or wished. `meant`: what it is read as.
    """

    kind: str
    start: int
    end: int
    words: str
    meant: tuple[str, ...] = ()

    def reading(self, text: str) -> Reading:
        """The part as the reader is told of it, with the text that takes the reading back.

        In that text a spoken word or a wish stands between quotes, so that it is searched as it is; a refusal is gone.
        """
        kept = f'"{self.words}"' if self.kind in ("spoken", "near", "instead", "wish") else ""
        undone = " ".join(f"{text[: self.start]}{kept}{text[self.end :]}".split())
        return Reading(self.kind, text[self.start : self.end], undone, self.meant)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is searched.

    words: those that sheets hold. phrases, excluded: the term numbers of each, in order (of one term: a word). ignored:
    words that no sheet holds. impossible: a phrase holds such a word, so that nothing can match. exclusions: those of
    the text, as typed. left_out: what goes beyond the number of words that are searched. unwanted: phrases as well; a
    sheet that holds one in a title is not found. readings: what was read into the words. leads: the sheets to which
    names lead. whole: the documents of which a title stands whole in the query, with nothing but ordinary words beside
    it (`tokens.ORDINARY`), with its worth (see `name_matching.whole`). asked: the weight (idf) of all words, those that
    only names hold included. close: whether sheets that are near in meaning come higher. offered: see
    `engine.Understanding`.
    """

    text: str
    words: tuple[Word, ...] = ()
    phrases: tuple[tuple[int, ...], ...] = ()
    excluded: tuple[tuple[int, ...], ...] = ()
    ignored: tuple[str, ...] = ()
    impossible: bool = False
    exclusions: tuple[Exclusion, ...] = ()
    left_out: tuple[str, ...] = ()
    unwanted: tuple[tuple[int, ...], ...] = ()
    readings: tuple[ReadSpan, ...] = ()
    leads: Leads = NO_LEADS
    whole: Mapping[int, float] = field(default_factory=dict)
    asked: float = 0.0
    close: bool = False
    offered: tuple[Correction, ...] = ()

    @property
    def asks(self) -> bool:
        """Whether anything is asked beside what is not wanted."""
        return bool(self.words or self.phrases or self.impossible or self.ignored or len(self.leads.docs))

    def inside(self, sections: Collection[str]) -> "Plan":
        """The same plan limited to some sections, of `fields.SECTIONS`; the plan itself if there are none.

        A name leads to no sheet inside a section; a query that says nothing else then finds nothing.
        """
        if not sections:
            return self
        is_lost = bool(len(self.leads.docs)) and not self.words and not self.phrases
        whole = self.whole if TITLE in fields_of_sections(sections) else {}
        return replace(self, leads=NO_LEADS, whole=whole, impossible=self.impossible or is_lost)

    @property
    def marked(self) -> tuple[Word, ...]:
        """The words to mark in the text of the sheets: stop words only if there is nothing else."""
        return tuple(word for word in self.words if not word.stop) or self.words
