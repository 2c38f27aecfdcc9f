"""How readers are told of what restricts and orders a search. In: names of facets, bounds, orders. Out: French."""

from typing import Final

from search.fields import BOUNDS, FACETS, RANGES
from web import texts

RESTRICTIONS: Final[dict[str, str]] = (
    texts.PARAMETERS | {name: bound.chip for name, bound in BOUNDS.items()} | {each.name: each.label for each in FACETS}
)
"""By the name of a parameter."""

SORTS: Final[dict[str, str]] = texts.SORTS | {
    f"{sign}{each.name}": label for each in RANGES for sign, label in zip(("", "-"), each.sorts, strict=True)
}
"""By the name of an order."""


def level_name(niveau: str) -> str:
    """A level as it is typeset: sheets write "3E"."""
    return texts.LEVEL_NAMES.get(niveau, niveau)


def number(value: int) -> str:
    """A number as the French write it: 1 043, with a narrow no-break space."""
    return str(value) if value < 1_000 else f"{value:,}".replace(",", "\u202f")
