"""Kept sheets in addresses. In: the list that a page's address carries. Out: the links that change it or take it along.

Scripts keep the list in the browser; without them nothing but the address may, as there is no cookie.
"""

from collections.abc import Iterable
from dataclasses import replace

from search.query import Query
from web.params import MAX_KEPT, url


def selection_href(kept: Iterable[str]) -> str:
    """The page of a list."""
    return "/selection" + "".join(f"{'&' if place else '?'}id={id}" for place, id in enumerate(kept))


def carrying(kept: Iterable[str]) -> str:
    """The query string that takes a list along to another page; "" for an empty list."""
    return "".join(f"{'&' if place else '?'}garde={id}" for place, id in enumerate(kept))


def keep_href(path: str, query: Query, id: str) -> str:
    """Where one keeps a sheet, or lets it go: the same page, with or without it in its address.

    A list that is full leads to its own page, which says so.
    """
    if id in query.kept:
        return url(path, replace(query, kept=tuple(each for each in query.kept if each != id)))
    if len(query.kept) >= MAX_KEPT:
        return selection_href(query.kept)
    return url(path, replace(query, kept=(*query.kept, id)))
