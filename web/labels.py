"""The French names of what restricts and orders a search, and of numbers and levels. In: names, values. Out: French."""

from typing import Final

from search.fields import BOUNDS, FACETS, RANGES
from web import texts

RESTRICTIONS: Final[dict[str, str]] = (
    texts.PARAMETERS | {name: bound.chip for name, bound in BOUNDS.items()} | {each.name: each.label for each in FACETS}
)
"""What restricts a search, by the name of its parameter."""

SORTS: Final[dict[str, str]] = texts.SORTS | {
    f"{sign}{each.name}": label for each in RANGES for sign, label in zip(("", "-"), each.sorts, strict=True)
}
"""The orders, by the value of `sort`."""


def level_name(niveau: str) -> str:
    """A level as pages write it: "3e" for the "3E" of the sheets."""
    return texts.LEVEL_NAMES.get(niveau, niveau)


def number(value: int) -> str:
    """A number as the French write it: 1 043, with a narrow no-break space."""
    return str(value) if value < 1_000 else f"{value:,}".replace(",", "\u202f")
