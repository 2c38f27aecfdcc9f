"""What a reader asks, as one frozen value. `web.params` makes it from an address, `web.links` writes it as one.

Methods such as `toggle` return another Query, at its first page: the one to which a link leads.
"""

from dataclasses import dataclass, replace
from typing import Final

from search.fields import BOUNDS, RANGES, Range

MAX_CHARACTERS: Final = 2_000
"""Characters of the text of a query."""

MAX_WORDS: Final = 32
"""Words of a text that are searched, the most telling ones; as many in all phrases, and in all exclusions."""

MAX_PHRASES: Final = 6
"""Phrases that are searched, and as many exclusions."""

MAX_PER_PAGE: Final = 100
MAX_WINDOW: Final = 10_000
"""Results that may be paged through: page * per_page at most."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What a query asks of a range, in numbers; an open side is None. is_empty: no sheet can be inside."""

    range: Range
    least: int | None
    most: int | None
    is_empty: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A search. Filters are (facet, slug) pairs: OR inside a facet, AND across.

    `bounds` are (name in BOUNDS, value) pairs, one a name: slugs on a scale, numbers elsewhere. `dans` limits the
    search to sections (empty: everywhere). `facets` are the names to count (None: all; empty: none). `excerpts` is
    how many a hit shows at most; with none, nothing is marked and `matched_in` stays empty. `zeros` asks for facet
    values that no found sheet has; `kept` are ids of sheets that a page's address takes along for its reader, and
    `kept_name` what that list is called: no search looks at any of them.
    """

    text: str = ""
    filters: frozenset[tuple[str, str]] = frozenset()
    bounds: frozenset[tuple[str, str | int]] = frozenset()
    dans: frozenset[str] = frozenset()
    sort: str = "pertinence"
    page: int = 1
    per_page: int = 20
    facets: frozenset[str] | None = None
    excerpts: int = 3
    typo: bool = True
    explain: bool = False
    zeros: bool = False
    kept: tuple[str, ...] = ()
    kept_name: str = ""

    def values_of(self, facet: str) -> frozenset[str]:
        """The chosen slugs of one facet."""
        return frozenset(value for name, value in self.filters if name == facet)

    def bound(self, name: str) -> str | int | None:
        """One side of a range, such as "niveau_max"; None if it is open."""
        return next((value for bounded, value in self.bounds if bounded == name), None)

    def limits(self) -> tuple[Limit, ...]:
        """The ranges that are bounded. One the wrong way round, or bounded by what is not on its scale, is empty."""
        return tuple(limit for each in RANGES if (limit := self._limit(each))) if self.bounds else ()

    def _limit(self, declared: Range) -> Limit | None:
        given = [self.bound(name) for name, _ in declared.bounds]
        least, most = (None if bound is None else declared.number(bound) for bound in given)
        if given == [None, None]:
            return None
        is_unknown = (given[0] is not None and least is None) or (given[1] is not None and most is None)
        is_upside_down = least is not None and most is not None and least > most
        return Limit(declared, least, most, is_unknown or is_upside_down)

    def within(self, **bounds: str | int | None) -> "Query":
        """The same search with these sides of ranges set; None opens one."""
        kept = {pair for pair in self.bounds if pair[0] not in bounds}
        given = {(name, value) for name, value in bounds.items() if value is not None}
        return replace(self, bounds=frozenset(kept | given), page=1)

    def toggle(self, facet: str, value: str) -> "Query":
        """With this choice if it was not there, without it if it was."""
        return replace(self, filters=self.filters ^ {(facet, value)}, page=1)

    def without(self, *names: str) -> "Query":
        """Without the filters of these names (facets, or "niveau_min", "salaire_max", "dans" …)."""
        return replace(
            self,
            filters=frozenset(pair for pair in self.filters if pair[0] not in names),
            bounds=frozenset(pair for pair in self.bounds if pair[0] not in names),
            dans=frozenset() if "dans" in names else self.dans,
            page=1,
        )

    def unfiltered(self) -> "Query":
        """The same words, with every filter removed."""
        return self.without(*self.filter_names())

    def filter_names(self) -> tuple[str, ...]:
        """The names of everything that restricts, in a fixed order: what `without` accepts."""
        names = sorted({name for name, _ in self.filters})
        names += [name for name in BOUNDS if self.bound(name) is not None]
        return (*names, "dans") if self.dans else tuple(names)

    def with_text(self, text: str) -> "Query":
        """The same filters for other words."""
        return replace(self, text=text, page=1)

    def at_page(self, page: int) -> "Query":
        """The same search at another page, counted from 1."""
        return self if page == self.page else replace(self, page=page)
