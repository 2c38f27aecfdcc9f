"""What a client says it accepts (RFC 9110, 12.5). In: the headers Accept and Accept-Encoding. Out: what to send.

Media-type parameters (`; charset=utf-8`) are ignored; weights (`;q=0.5`) are obeyed, and 0 refuses.
"""

import re
from collections.abc import Iterable
from typing import Final

_WEIGHT: Final = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\Z")


def weights(header: str) -> dict[str, float]:
    """The names of a header in lower case, each with its weight in 0..1. A weight that is none counts as 1."""
    found: dict[str, float] = {}
    for element in header.split(","):
        name, *parameters = (part.strip() for part in element.lower().split(";"))
        if name:
            found[name] = next((_weight(each) for each in parameters if each.startswith("q=")), 1.0)
    return found


def _weight(parameter: str) -> float:
    written = parameter.removeprefix("q=")
    return float(written) if _WEIGHT.match(written) else 1.0


def best_type(accept: str, offered: Iterable[str]) -> str | None:
    """The offered media type that a client prefers, the first of those it likes as much; None if it accepts none.

    The most specific range speaks for a type, as RFC 9110 has it: `*/*` counts only where the type is not named.
    """
    asked = weights(accept) or {"*/*": 1.0}
    best: str | None = None
    best_rank = (0.0, 0)
    for each in offered:
        ranges = (each, f"{each.split('/')[0]}/*", "*/*")
        place = next((place for place, name in enumerate(ranges) if name in asked), None)
        if place is None:
            continue
        rank = (asked[ranges[place]], -place)
        if rank[0] > 0 and (best is None or rank > best_rank):
            best, best_rank = each, rank
    return best


def prefers_gzip(accept_encoding: str) -> bool:
    """Whether a client takes gzip, and likes it at least as much as bytes that are not packed."""
    asked = weights(accept_encoding)
    gzip = asked.get("gzip", asked.get("x-gzip", asked.get("*", 0.0)))
    return gzip > 0 and gzip >= asked.get("identity", 0.0)
