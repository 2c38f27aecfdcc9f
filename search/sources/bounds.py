"""How big a sheet may be. In: a Fiche. Out: what is too big in it, in words.

An index holds every word of a name in several forms, so that one name of 100,000 letters takes gigabytes. Each bound is
several times what the biggest official sheet holds.
"""

from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any, Final

from search.fiche import Block, Fiche

NAME: Final = 400
"""Characters of a title, a label, a code, a subtitle."""

ADDRESS: Final = 2_000
"""Characters of a link."""

ITEMS: Final = 200
"""Items of a list; blocks of a section."""

TEXT: Final = 200_000
"""Characters of all sections together."""


def fault(fiche: Fiche) -> str:
    """The first thing that is too big in a sheet, in words; "" if nothing is."""
    return next(_faults(fiche), "")


def name_fault(name: str) -> str:
    """Why a name of a list from outside is too big, "" if it is not."""
    return f"{len(name):,} characters for a name: {NAME} at most" if len(name) > NAME else ""


def _faults(fiche: Fiche) -> Iterator[str]:
    length = 0
    for name, value in _parts(fiche):
        if isinstance(value, str):
            yield from _long(name, value)
        elif isinstance(value, tuple):
            if len(value) > ITEMS:
                yield f"{len(value):,} items in {name}: {ITEMS} at most"
            for item in value:
                length += len(item.text) if isinstance(item, Block) else 0
                yield from (fault for text in _names(item) for fault in _long(name, text))
    if length > TEXT:
        yield f"{length:,} characters of text: {TEXT:,} at most"


def _parts(fiche: Fiche) -> Iterator[tuple[str, Any]]:
    """The fields of a sheet by name, and each of its sections by its own."""
    for field in fields(fiche):
        value = getattr(fiche, field.name)
        yield from value.items() if isinstance(value, dict) else ((field.name, value),)


def _names(item: Any) -> Iterable[str]:
    """The texts of an item of a list that name something; the text of a block is none."""
    if isinstance(item, str):
        return (item,)
    if isinstance(item, Block):
        return (item.title,)
    return tuple(value for field in fields(item) if isinstance(value := getattr(item, field.name), str))


def _long(name: str, text: str) -> Iterator[str]:
    most = ADDRESS if text.startswith(("http://", "https://")) else NAME
    if len(text) > most:
        yield f"{len(text):,} characters for a name in {name}: {most:,} at most"
