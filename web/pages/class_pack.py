"""A sheet on one page of paper. In: a Fiche. Out: its facts, one paragraph of each section, short enough for one A4.

The page shows the address of the whole sheet, as text and as a QR code.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from markupsafe import Markup

from search.fiche import Block, Fiche, Section
from search.fields import WRITTEN
from web import texts
from web.labels import level_name
from web.pages import way_to_job
from web.pages.qr_code import qr_code

CHARACTERS: Final = 2_300
"""Characters of all paragraphs of a page together."""

LONGEST: Final = 900
"""Characters of one paragraph."""

LONGEST_FACT: Final = 180
"""Characters of a fact: three lines."""

_ENDS: Final = (".", "!", "?", "…")

_SENTENCE: Final = re.compile(r"(?<=[.!?…])\s+(?=[^\s\d])")


@dataclass(frozen=True, slots=True)
class Paper:
    """What one page of paper holds.

    address: that of the whole sheet; code: the same as a QR code. way: from the end of collège to the job. facts and
    paragraphs: (heading, text).
    """

    fiche: Fiche
    address: str
    code: Markup
    way: tuple[way_to_job.Station, ...]
    facts: tuple[tuple[str, str], ...]
    paragraphs: tuple[tuple[str, str], ...]


def paper(fiche: Fiche, address: str) -> Paper:
    """The page of paper of a sheet. address: where the whole sheet is read, absolute."""
    return Paper(
        fiche, address, qr_code(address), way_to_job.stations(fiche), tuple(_facts(fiche)), tuple(_paragraphs(fiche))
    )


def _facts(fiche: Fiche) -> Iterator[tuple[str, str]]:
    salaire = fiche.salaire_debutant
    told = {
        "niveau": level_name(fiche.niveau),
        "duree_etudes": " ".join(_studies(fiche.duree_etudes)),
        "formations": _diplomas(fiche),
        "salaire": " ".join(salaire.text.split("\n")) if salaire else "",
        "statuts": texts.COMMA.join(fiche.statuts),
        "interets": texts.COMMA.join(fiche.interets),
        "domaines": texts.COMMA.join(dict.fromkeys(each.domaine for each in fiche.domaines)),
    }
    yield from ((texts.COMPARED[name], shortened(text, LONGEST_FACT)) for name, text in told.items() if text)


def _diplomas(fiche: Fiche) -> str:
    """As many recommended diplomas as fit, those with short names first, and how many others there are."""
    labels = sorted((each.label for each in fiche.formations), key=len)
    lengths = accumulate(len(label) + len(texts.COMMA) for label in labels)
    fitting = max(1, sum(length <= LONGEST_FACT - len(texts.AND_OTHERS) for length in lengths))
    others = texts.AND_OTHERS.format(count=len(labels) - fitting) if len(labels) > fitting else ""
    return texts.COMMA.join(labels[:fitting]) + others


def _paragraphs(fiche: Fiche) -> Iterator[tuple[str, str]]:
    sections = [(field.label, text) for field in WRITTEN if (text := _first_paragraph(fiche, field.name))]
    most = min(LONGEST, CHARACTERS // max(1, len(sections)))
    yield from ((label, shortened(text, most)) for label, text in sections)


def _first_paragraph(fiche: Fiche, name: str) -> str:
    """The first paragraph of a section that is made of sentences, "" if there is none."""
    lines = (line for block in fiche.section(name) for line in _lines(block))
    return next((line for line in lines if line.endswith(_ENDS)), "")


def _studies(section: Section) -> Iterator[str]:
    for block in section:
        if block.title and block.text:
            yield texts.STEP.format(title=block.title)
        yield from _lines(block)


def _lines(block: Block) -> list[str]:
    return [line.strip().removeprefix("- ") for line in block.text.split("\n") if line.strip()]


def shortened(text: str, most: int) -> str:
    """The first sentences of a text, `most` characters at most; the beginning of the first one if that is longer."""
    kept = ""
    for sentence in _SENTENCE.split(text):
        longer = f"{kept} {sentence}".strip()
        if len(longer) > most:
            break
        kept = longer
    if kept:
        return kept
    return text if len(text) <= most else text[:most].rpartition(" ")[0] + texts.CUT
