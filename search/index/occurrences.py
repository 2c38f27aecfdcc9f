"""Where the words of a sheet stand in its fields. In: tokens block by block. Out: for each term, its places.

A place is three numbers: the position of the word in the field, the start of it in the field's text, its length.
"""

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from search.french.tokens import Token

POSITION_GAP: Final = 8
"""Positions skipped between two blocks, so that no phrase runs across them."""

OCCURRENCE_BYTES: Final = 12
"""Bytes of a place: three numbers of 32 bits."""

Occurrences = Mapping[str, bytes]
"""Each term of a field with its places, one after the other in the order of the text: int32 (n, 3) as bytes."""


@dataclass(frozen=True, slots=True)
class Document:
    """What is indexed of one sheet. `fields` and `facets` are keyed by the names of `search.fields`."""

    id: str
    fields: dict[str, Occurrences]
    facets: dict[str, tuple[str, ...]]


def occurrences(blocks: Iterable[list[Token]], starts: Iterable[int]) -> Occurrences:
    """The places of a field's terms; starts[i] is where block i begins in the field's text.

    A token that begins at the same place as the one before it (the acronym of an expansion) has the same position.
    Raises OverflowError for a text of 2**31 characters.
    """
    found: dict[str, list[int]] = {}
    position = 0
    for tokens, offset in zip(blocks, starts, strict=True):
        before = -1
        for token in tokens:
            position += token.start != before
            before = token.start
            held = found.get(token.term)
            if held is None:
                held = found[token.term] = []
            held += (position, token.start + offset, token.end - token.start)
        position += POSITION_GAP
    return {term: array("i", held).tobytes() for term, held in found.items()}
