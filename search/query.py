"""What a reader asks, as one frozen value: in comes a page's or an API's parameters, out goes a state.

A link is a state: `toggle` and its like return another Query, and the page goes back to one.
"""

from dataclasses import dataclass, replace
from typing import Final

MAX_CHARACTERS: Final = 2_000
MAX_WORDS: Final = 32
"""Words of a text that are searched, the most telling ones; as many in a phrase."""

MAX_PHRASES: Final = 8
"""Phrases that are searched, and as many exclusions."""

MAX_PER_PAGE: Final = 100
MAX_WINDOW: Final = 10_000
SORTS: Final = ("pertinence", "nom", "-nom", "niveau", "-niveau", "salaire", "-salaire")


@dataclass(frozen=True, slots=True)
class Query:
    """A search. Filters are (facet, slug) pairs: OR inside a facet, AND across.

    `dans` limits the search to sections (empty: everywhere). `facets` are the names to count
    (None: all; empty: none). Salaries are gross euros a month; levels are slugs. `excerpts` is how many a hit
    shows at most; with none, nothing is marked and `matched_in` stays empty.
    """

    text: str = ""
    filters: frozenset[tuple[str, str]] = frozenset()
    niveau_min: str | None = None
    niveau_max: str | None = None
    salaire_min: int | None = None
    salaire_max: int | None = None
    dans: frozenset[str] = frozenset()
    sort: str = "pertinence"
    page: int = 1
    per_page: int = 20
    facets: frozenset[str] | None = None
    excerpts: int = 3
    typo: bool = True
    explain: bool = False

    def values_of(self, facet: str) -> frozenset[str]:
        """The chosen slugs of one facet."""
        return frozenset(value for name, value in self.filters if name == facet)

    def toggle(self, facet: str, value: str) -> "Query":
        """With this choice if it was not there, without it if it was."""
        return replace(self, filters=self.filters ^ {(facet, value)}, page=1)

    def without(self, *names: str) -> "Query":
        """Without the filters of these names (facets, or "niveau_min", "salaire_max", "dans" …)."""
        kept = frozenset(pair for pair in self.filters if pair[0] not in names)
        return replace(
            self,
            filters=kept,
            niveau_min=None if "niveau_min" in names else self.niveau_min,
            niveau_max=None if "niveau_max" in names else self.niveau_max,
            salaire_min=None if "salaire_min" in names else self.salaire_min,
            salaire_max=None if "salaire_max" in names else self.salaire_max,
            dans=frozenset() if "dans" in names else self.dans,
            page=1,
        )

    def unfiltered(self) -> "Query":
        """The same words, with every filter removed."""
        return self.without(*self.filter_names())

    def filter_names(self) -> tuple[str, ...]:
        """The names of everything that restricts, in a fixed order: what `without` accepts."""
        single = ("niveau_min", "niveau_max", "salaire_min", "salaire_max")
        names = sorted({name for name, _ in self.filters})
        names += [name for name in single if getattr(self, name) is not None]
        return (*names, "dans") if self.dans else tuple(names)

    def with_text(self, text: str) -> "Query":
        """The same filters for other words."""
        return replace(self, text=text, page=1)

    def at_page(self, page: int) -> "Query":
        """The same search at another page, counted from 1."""
        return self if page == self.page else replace(self, page=page)

    def sorted_by(self, sort: str) -> "Query":
        """The same search in another order, from its first page."""
        return replace(self, sort=sort, page=1)
