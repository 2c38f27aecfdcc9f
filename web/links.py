"""A Query written down: the one address of a search. In: a path, a Query. Out: an address that `params` reads back."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote, quote_plus

from search.fields import BOUNDS, FACET_BY_NAME
from search.query import Query

_ORDER: Final = {name: place for place, name in enumerate(FACET_BY_NAME)}
"""Filters stand in an address in the order of the facets."""

_DEFAULT: Final = Query()


def _unless_usual(name: str) -> Callable[[Any], str]:
    usual = getattr(_DEFAULT, name)
    return lambda value: "" if value == usual else f"{name}={value}"


def _filters_written(filters: frozenset[tuple[str, str]]) -> str:
    pairs = sorted(filters, key=lambda pair: (_ORDER[pair[0]], pair[1]))
    return "&".join(f"{name}={quote(value)}" for name, value in pairs)


def _bounds_written(bounds: frozenset[tuple[str, str | int]]) -> str:
    given = dict(bounds)
    return "&".join(f"{name}={given[name]}" for name in BOUNDS if name in given)


_WRITTEN: Final[dict[str, Callable[[Any], str]]] = {
    "text": lambda text: f"q={quote_plus(text)}" if text else "",
    "filters": _filters_written,
    "dans": lambda sections: "&".join(f"dans={section}" for section in sorted(sections)),
    "bounds": _bounds_written,
    "sort": _unless_usual("sort"),
    "page": _unless_usual("page"),
    "per_page": _unless_usual("per_page"),
    "facets": lambda names: "" if names is None else "facets=" + (",".join(sorted(names)) or "none"),
    "typo": lambda typo: "" if typo else "typo=off",
    "explain": lambda explain: "explain=true" if explain else "",
    "zeros": lambda zeros: "zeros=true" if zeros else "",
    "kept": lambda ids: "&".join(f"garde={id}" for id in ids),
    "kept_name": lambda name: f"nom={quote_plus(name)}" if name else "",
}
"""How each field of a Query is written in an address, "" for its usual value; in the order of the address."""


@lru_cache(256)
def _parts(query: Query) -> Mapping[str, str]:
    """The parts of the query string of a Query, by its fields."""
    return {name: written(getattr(query, name)) for name, written in _WRITTEN.items()}


def query_string(query: Query, **changes: Any) -> str:
    """The one query string of a Query, parameters in a fixed order, defaults left out; "" for everything.

    `changes` are other values of its fields: the query string of `replace(query, **changes)`, in a tenth of the time.
    """
    parts = {**_parts(query), **{name: _WRITTEN[name](value) for name, value in changes.items()}}
    return "&".join(filter(None, parts.values()))


def url(path: str, query: Query) -> str:
    """The address of a search under a path."""
    return _under(path, query_string(query))


def changed_url(path: str, query: Query, **changes: Any) -> str:
    """The address of a search with other values of some fields of its Query."""
    return _under(path, query_string(query, **changes))


def _under(path: str, written: str) -> str:
    return f"{path}?{written}" if written else path


def longer(address: str, name: str, value: str) -> str:
    """An address with one parameter more, which is not part of a Query."""
    return f"{address}{'&' if '?' in address else '?'}{name}={quote_plus(value)}"
