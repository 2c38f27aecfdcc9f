"""What is searched: the words of a query as they were understood. Made by `understanding`, read by both engines."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

from search.engine import Correction, Exclusion, Reading
from search.fields import fields_of_sections
from search.french.names import NO_LEADS, Leads

TITLE: Final = "titre"


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the query. `terms` are the numbers of the terms it may stand for, the likeliest first.

    start and end: its place in the text of the query. `surface` is the accented form as typed, "" where other
    words were understood: `guesses`, as the sheets write them, one a term. `stop` says that it is a stop word.
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

    `words` is the part of it that counts.
    """

    kind: str
    start: int
    end: int
    words: str
    meant: tuple[str, ...] = ()

    def reading(self, text: str) -> Reading:
        """The part as it is told; a spoken word or a wish between quotes is not read as one, what is refused goes."""
        kept = f'"{self.words}"' if self.kind in ("spoken", "near", "instead", "wish") else ""
        undone = " ".join(f"{text[: self.start]}{kept}{text[self.end :]}".split())
        return Reading(self.kind, text[self.start : self.end], undone, self.meant)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is searched. phrases and excluded are sequences of term numbers (of one term: a word).

    `ignored` are words that no sheet holds. `impossible`: a phrase holds one, so nothing can match. `exclusions` are
    those of the text, as typed; `left_out` is what was too much to be searched. Sheets with `unwanted` terms in their
    title are not found. `readings` are what was read into the words. leads: the sheets to which names lead. whole: the
    documents of which a title stands whole in the query, beside wishes alone. asked: the weight of all words, those
    that only names hold included. close: whether sheets that are near in meaning come higher. offered: see
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
    whole: tuple[int, ...] = ()
    asked: float = 0.0
    close: bool = False
    offered: tuple[Correction, ...] = ()

    @property
    def asks(self) -> bool:
        """Whether anything is asked beside what is not wanted."""
        return bool(self.words or self.phrases or self.impossible or self.ignored or len(self.leads.docs))

    def inside(self, sections: Collection[str]) -> "Plan":
        """The same inside some sections, everywhere if there are none: there no name leads to a sheet."""
        if not sections:
            return self
        is_lost = bool(len(self.leads.docs)) and not self.words and not self.phrases
        whole = self.whole if TITLE in fields_of_sections(sections) else ()
        return replace(self, leads=NO_LEADS, whole=whole, impossible=self.impossible or is_lost)

    @property
    def marked(self) -> tuple[Word, ...]:
        """The words to mark where they stand: stop words only if there is nothing else."""
        return tuple(word for word in self.words if not word.stop) or self.words
