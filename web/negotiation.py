"""What a client says it accepts (RFC 9110, 12.5). In: the headers Accept and Accept-Encoding. Out: what to send.

Media-type parameters (`; charset=utf-8`) are ignored; weights (`;q=0.5`) are obeyed, and 0 refuses.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

_WEIGHT: Final = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\Z")

_HEADERS_KEPT: Final = 64
"""Headers whose reading is remembered: browsers send few different ones."""


def weights(header: str) -> dict[str, float]:
    """The names of a header in lower case, each with its weight in 0..1. A malformed weight counts as 1."""
    found: dict[str, float] = {}
    for element in header.split(","):
        name, *parameters = (part.strip() for part in element.lower().split(";"))
        if name:
            found[name] = next((_weight(each) for each in parameters if each.startswith("q=")), 1.0)
    return found


def _weight(parameter: str) -> float:
    written = parameter.removeprefix("q=")
    return float(written) if _WEIGHT.match(written) else 1.0


@lru_cache(_HEADERS_KEPT)
def accepted_types(accept: str, offered: tuple[str, ...]) -> tuple[str, ...]:
    """The offered media types that a client accepts, best first; those that it likes as much in the order offered.

    The most specific range decides for a type, as RFC 9110 has it: `*/*` counts only if the type is not named.
    """
    asked = weights(accept) or {"*/*": 1.0}
    ranked: list[tuple[float, int, str]] = []
    for each in offered:
        ranges = (each, f"{each.split('/')[0]}/*", "*/*")
        place = next((place for place, name in enumerate(ranges) if name in asked), None)
        if place is not None and asked[ranges[place]] > 0:
            ranked.append((-asked[ranges[place]], place, each))
    return tuple(name for *_, name in sorted(ranked, key=lambda each: each[:2]))


def best_type(accept: str, offered: Iterable[str]) -> str | None:
    """The offered media type that a client prefers; None if it accepts none."""
    return next(iter(accepted_types(accept, tuple(offered))), None)


@lru_cache(_HEADERS_KEPT)
def best_coding(accept_encoding: str, offered: tuple[str, ...]) -> str | None:
    """The offered content coding that a client prefers; of several that it likes as much, the first one offered.

    None if it accepts none of them, or prefers an answer that is not compressed (identity).
    """
    asked = weights(accept_encoding)
    if "x-gzip" in asked:
        asked.setdefault("gzip", asked["x-gzip"])
    weighed = [(asked.get(each, asked.get("*", 0.0)), each) for each in offered]
    weight, best = max(weighed, key=lambda each: each[0])
    return best if weight > 0 and weight >= asked.get("identity", 0.0) else None
