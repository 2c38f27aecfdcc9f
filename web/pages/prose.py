"""A section's prose as a page nests it. In: the blocks of a sheet. Out: headings of right levels, paragraphs, lists."""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from search.fiche import Block, Section

DEEPEST: Final = 6
"""The last level of headings in HTML."""

_STEP: Final = re.compile(r"(?:après (?:la 3e|le bac)|niveau (?:bac|cap))\b[^.!?:;]{0,40}\Z", re.IGNORECASE)
"""A line of « Accès au métier » under which diplomas are listed."""

_SENTENCE_END: Final = (".", "!", "?", ":", ";")


LONG: Final = 380
"""Characters of a presentation that leave the facts after it no room on the first screen of a phone."""

BEGINNING: Final = 300
"""Characters of such a presentation that are shown at once."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A paragraph, or the items of a list."""

    lines: tuple[str, ...]
    is_list: bool


@dataclass(frozen=True, slots=True)
class Part:
    """What stands under a heading; "" and level 0 before any."""

    title: str
    level: int
    pieces: tuple[Piece, ...]


def begun(section: Section) -> tuple[str, str]:
    """A presentation that is too long for a first sight, in two: whole sentences if they can be, else words.

    The second is "" for all others, as for one of several paragraphs.
    """
    if len(section) != 1 or section[0].title or "\n" in section[0].text or len(section[0].text) <= LONG:
        return "", ""
    text = section[0].text
    sentence = max(text.rfind(f"{end} ", BEGINNING // 2, BEGINNING) for end in ".!?") + 1
    if sentence:
        return text[:sentence], text[sentence + 1 :]
    word = text.rfind(" ", 0, BEGINNING)
    return f"{text[:word]} …", f"… {text[word + 1 :]}"


def outline(section: Section, above: int = 2) -> list[Part]:
    """The parts of a section whose own heading has the level `above`. A heading is at most one level below the last.

    A title with nothing under it heads nothing: it is a paragraph.
    """
    parts: list[Part] = []
    levels: list[int] = []
    for block, after in zip(section, [*section[1:], None], strict=False):
        if _heads_nothing(block, after):
            parts.append(Part("", 0, (Piece((block.title,), False),)))
            continue
        if block.title:
            levels = [*(level for level in levels if level < block.level), block.level]
        parts += _parts(block.title, min(above + len(levels), DEEPEST), block.text)
    return parts


def _heads_nothing(block: Block, after: Block | None) -> bool:
    """Whether no text and no deeper title follows a title in its section."""
    is_alone = after is None or (bool(after.title) and after.level <= block.level)
    return bool(block.title) and not block.text.strip() and is_alone


def _parts(title: str, depth: int, text: str) -> list[Part]:
    """A block, parted at the lines that name a step of studies."""
    groups: list[tuple[str, int, list[str]]] = [(title, depth if title else 0, [])]
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    for line, after in pairwise((*lines, "")):
        # A step with nothing under it is no heading.
        if _STEP.match(line) and after and not _STEP.match(after):
            groups.append((line, min(depth + 1, DEEPEST), []))
        else:
            groups[-1][2].append(line)
    return [
        Part(heading, level, _pieces(lines, is_step=place > 0)) for place, (heading, level, lines) in enumerate(groups)
    ]


def _pieces(lines: list[str], is_step: bool) -> tuple[Piece, ...]:
    """Lines that begin with a dash, and those under a step that are no sentence, are items of a list."""
    pieces: list[Piece] = []
    for line in lines:
        is_item = line.startswith("- ") or (is_step and not line.endswith(_SENTENCE_END))
        shown = line.removeprefix("- ")
        if is_item and pieces and pieces[-1].is_list:
            pieces[-1] = Piece((*pieces[-1].lines, shown), True)
        else:
            pieces.append(Piece((shown,), is_item))
    return tuple(pieces)
