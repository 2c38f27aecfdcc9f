"""The sheets that the benchmark runs on. In: a folder of sheets, a scale. Out: fiches, real or recombined.

A recombined sheet has the shape of a real one, section by section and block by block, and each of its sentences
is a real one, drawn from the same section of any sheet. It depends on its number alone: made when asked for, the
same every time, never kept.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from time import process_time
from typing import Final, overload

from search.fiche import Appellation, Block, Fiche, Section
from search.fields import FACET_BY_NAME, FIELD_BY_NAME, WRITTEN
from search.fields import sections as sections_of
from search.index.documents import field_text
from search.sources import files, ideo

SENTENCE: Final = re.compile(r"(?<=[.!?…]) +|\n")

TEXTS: Final[dict[str, tuple[str, ...]]] = {
    "titre": ("titre", "appellations"),
    "presentation": ("presentation", "en_bref"),
    "travail": ("nature_travail", "competences", "conditions_travail"),
    "vie": ("vie_professionnelle", "acces_metier"),
    "formations": ("formations",),
    "reperes": ("reperes",),
}
"""The six text fields of the peers, and the fields of the project whose text each holds: together, all of them."""

SNIPPETS: Final = ("presentation", "travail", "vie")
"""The text fields of the peers that are quoted: three snippets a hit."""

FACETS: Final = ("domaine", "niveau", "interet", "statut")
"""The facets that the peers count."""


def real(paths: Sequence[Path]) -> tuple[Fiche, ...]:
    """The sheets of these paths, with what Idéo-Métiers says of them where it lies among or beside them."""
    reading = files.read(paths, lambda what, done, total: None)
    if not reading.ideo:
        return reading.fiches
    official = ideo.read(reading.ideo[0])
    return tuple(ideo.enrich(fiche, official) for fiche in reading.fiches)


@dataclass(frozen=True, slots=True)
class Row:
    """A sheet as the peers are given it: six texts and the slugs of four facets."""

    id: str
    title: str
    texts: dict[str, str]
    facets: dict[str, tuple[str, ...]]


def row(fiche: Fiche) -> Row:
    """What the peers index of a sheet: the text that ours indexes, gathered in six fields."""
    texts = {
        name: "\n".join(filter(None, (field_text(FIELD_BY_NAME[each], fiche) for each in held)))
        for name, held in TEXTS.items()
    }
    facets = {name: tuple(value.value for value in FACET_BY_NAME[name].values(fiche)) for name in FACETS}
    return Row(fiche.id, fiche.title, texts, facets)


class Recombined(Sequence[Fiche]):
    """`times` as many sheets as the real ones, no two with the same title.

    `seconds` is the processor's time spent on making them so far, to be taken off what those who read them took.
    """

    def __init__(self, fiches: Sequence[Fiche], times: int) -> None:
        self.seconds = 0.0
        self._fiches = fiches
        self._times = times
        self._sentences = {field.name: _sentences(fiche.section(field.name) for fiche in fiches) for field in WRITTEN}

    def __len__(self) -> int:
        return len(self._fiches) * self._times

    @overload
    def __getitem__(self, place: int) -> Fiche: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Fiche]: ...
    def __getitem__(self, place: int | slice) -> Fiche | Sequence[Fiche]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        if not 0 <= place < len(self):
            raise IndexError(place)
        started = process_time()
        made = self._made(place)
        self.seconds += process_time() - started
        return made

    def _made(self, place: int) -> Fiche:
        draw = Random(place)
        turn, number = divmod(place, len(self._fiches))
        fiche = self._fiches[number]
        # Another partner each turn, so that no pair of titles comes twice.
        partner = self._fiches[(number + turn) % len(self._fiches)]
        sections = {
            field.name: tuple(self._drawn(draw, field.name, each) for each in section)
            for field, section in sections_of(fiche)
        }
        title = _together(fiche, partner) if turn else Appellation(fiche.title, fiche.feminin, fiche.masculin)
        return replace(
            fiche,
            id=f"MET.{place + 1}",
            title=title.title,
            feminin=title.feminin,
            masculin=title.masculin,
            formations=partner.formations,
            interets=partner.interets,
            sections=sections,
        )

    def _drawn(self, draw: Random, section: str, block: Block) -> Block:
        """A block of as many sentences."""
        count = len(SENTENCE.findall(block.text)) + 1
        return Block(block.title, " ".join(draw.choices(self._sentences[section], k=count))) if block.text else block


def _sentences(sections: Iterable[Section]) -> list[str]:
    return [
        sentence for section in sections for block in section for sentence in SENTENCE.split(block.text) if sentence
    ]


def _together(one: Fiche, other: Fiche) -> Appellation:
    return Appellation(
        f"{one.title}, {other.title}", f"{one.feminin}, {other.feminin}", f"{one.masculin}, {other.masculin}"
    )
