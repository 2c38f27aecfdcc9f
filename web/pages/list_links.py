"""Links that carry a list of sheets ("Ma liste"). In: the list in a page's address. Out: links that keep or change it.

Scripts keep the list in the browser; without them nothing but the address may, as there is no cookie.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from urllib.parse import quote_plus

from search.folding import slug
from search.query import Query
from web.links import changed_url, url
from web.params import MAX_KEPT

_ANY = "any-sheet"


def list_href(path: str, kept: Iterable[str], nom: str = "") -> str:
    """A page of a list: its sheets and its name stand in the address."""
    return path + _query("id", kept, nom)


def selection_href(kept: Iterable[str], nom: str = "") -> str:
    """The page where a list is read and changed."""
    return list_href("/selection", kept, nom)


def list_query(kept: Iterable[str], nom: str = "") -> str:
    """The query string that takes a list along to another page; "" for an empty list without a name."""
    return _query("garde", kept, nom)


def _query(parameter: str, kept: Iterable[str], nom: str) -> str:
    pairs = [f"{parameter}={id}" for id in kept] + ([f"nom={quote_plus(nom)}"] if nom else [])
    return "?" + "&".join(pairs) if pairs else ""


def keep_href(path: str, query: Query, id: str) -> str:
    """The link that keeps a sheet, or takes it off the list: the same page with another list in its address.

    If the list is full it leads to the page of the list, which says so.
    """
    if id in query.kept:
        return url(path, replace(query, kept=tuple(each for each in query.kept if each != id)))
    if len(query.kept) >= MAX_KEPT:
        return selection_href(query.kept, query.kept_name)
    return url(path, replace(query, kept=(*query.kept, id)))


def keep_hrefs(path: str, query: Query) -> Callable[[str], str]:
    """`keep_href` for many sheets of one page, by id."""
    if len(query.kept) >= MAX_KEPT:
        return lambda id: keep_href(path, query, id)
    # The address is written once; only the identifier changes from sheet to sheet.
    before, _, after = changed_url(path, query, kept=(*query.kept, _ANY)).partition(f"garde={_ANY}")
    return lambda id: keep_href(path, query, id) if id in query.kept else f"{before}garde={id}{after}"


def query_of(facet: str, label: str, asked: Query, under: str = "") -> Query:
    """The search for a value of a facet, by its label, or for the value `under` it, with the list that `asked`
    carries."""
    value = f"{slug(label)}.{slug(under)}" if under else slug(label)
    return Query(filters=frozenset({(facet, value)}), kept=asked.kept, kept_name=asked.kept_name)
