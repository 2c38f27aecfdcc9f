"""What a beginner earns, beside the others. In: a salary of a sheet, medians. Out: amounts in words, a gauge to draw.

Sheets give gross euros a month. The net amount is an estimate, and is said to be one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from search.fiche import Fiche, Salaire
from search.folding import slug
from search.query import Query
from web import texts
from web.labels import number
from web.site import Site

SMICS: Final = (("2024-01-01", "2024", 1_766), ("2024-11-01", "2025", 1_801), ("2026-01-01", "2026", 1_823))
"""The legal minimum: from which day, the year that it is named after, whole gross euros a month for 35 hours a week.

Source: Insee, Montant du Smic brut. It is set anew each 1 January, and sometimes between: one row
more, which `metiers doctor` asks for.
"""

NET_SHARE: Final = 0.78
"""About what is left of a gross salary: an employee of a company pays 21 to 25 % of contributions."""

NET_STEP: Final = 50
"""Net amounts are rounded to so many euros: they are estimates."""

SAME: Final = 50
"""Two amounts count as the same if they differ by at most one fiftieth (2 %)."""

PROBES: Final = 15
"""Amounts that are tried at once in the search for a median: each try is one call that counts them together."""

MOST: Final = 1 << 13
"""The highest median that is looked for, in euros."""

LEFT, RIGHT, LEAST_SPAN = 10, 310, 1_000
"""The ends of the gauge in units of the drawing, and the fewest euros that it spans."""


def smic(day: str, low: int) -> tuple[str, int]:
    """(year, amount) of the legal minimum that a salary (`low`) is equal to; if it is none, of the one on a day.

    day: ISO 8601, "" for the newest. Of minimums that came after the day none is taken.
    """
    held = [each for each in SMICS if not day or each[0] <= day] or [SMICS[0]]
    _, year, amount = next((each for each in held if each[2] == low), held[-1])
    return year, amount


def latest_smic() -> str:
    """The year of the last minimum that is known."""
    return SMICS[-1][1]


def net(gross: int) -> int:
    """About what is paid out of a gross amount, in euros a month."""
    return round(gross * NET_SHARE / NET_STEP) * NET_STEP


def amounts(salaire: Salaire) -> tuple[int, int | None] | None:
    """The lowest and the highest amount of a sheet, the second None if it is open; None for words alone."""
    return None if salaire.min is None else (salaire.min, salaire.max)


def median(count: Callable[[Sequence[Query]], tuple[int, ...]], query: Query) -> int | None:
    """The median of the lowest salaries of the sheets that a query finds, in euros; None if no sheet says any.

    count: how many sheets each of several queries finds. The median is the smallest amount such that half of the sheets
    begin there or below; it is found by counting sheets under amounts, since both engines count and neither has a
    median.
    """
    bare = query.within(salaire_min=0)
    (total,) = count([bare])
    if not total:
        return None
    wanted = (total + 1) // 2
    low, high = 0, MOST
    while high - low > 1:
        step = max(1, (high - low) // (PROBES + 1))
        tried = list(range(low + step, high, step))
        counts = count([query.within(salaire_max=amount) for amount in tried])
        reached = next((place for place, found in enumerate(counts) if found >= wanted), len(tried))
        low, high = tried[reached - 1] if reached else low, tried[reached] if reached < len(tried) else high
    return high


@dataclass(frozen=True, slots=True)
class Mark:
    """An amount on the gauge: what it is of, euros, its place across."""

    label: str
    amount: int
    x: int


@dataclass(frozen=True, slots=True)
class Gauge:
    """A salary beside the medians, to be drawn.

    start, end: of its bar, in units of the drawing. is_open: the sheet says no highest amount. marks: the medians.
    words: the same in sentences.
    """

    start: int
    end: int
    is_open: bool
    marks: tuple[Mark, ...]
    words: tuple[str, ...]


def gauge(site: Site, fiche: Fiche) -> Gauge | None:
    """The gauge of a sheet, None if it tells no amount."""
    told = amounts(fiche.salaire_debutant) if fiche.salaire_debutant else None
    if told is None:
        return None
    low, high = told
    among = [each.domaine for each in fiche.domaines[:1]] + [""]
    medians = [
        (texts.PAY_IN.format(domaine=each) if each else texts.PAY_OF_ALL, _median_of(site, each)) for each in among
    ]
    known = [(label, amount) for label, amount in medians if amount is not None]
    every = [low, high or low, *(amount for _, amount in known)]
    bottom = min(every) - LEAST_SPAN // 5
    span = max(max(every) + LEAST_SPAN // 5 - bottom, LEAST_SPAN)

    def place(amount: int) -> int:
        return LEFT + round((amount - bottom) * (RIGHT - LEFT) / span)

    return Gauge(
        place(low),
        RIGHT if high is None else place(high),
        high is None,
        tuple(Mark(label, amount, place(amount)) for label, amount in known),
        tuple(_compared(low, label, amount) for label, amount in known),
    )


def _compared(low: int, label: str, amount: int) -> str:
    if abs(low - amount) * SAME <= amount:
        told = texts.PAYS_AS_MUCH
    else:
        told = texts.PAYS_LESS if low < amount else texts.PAYS_MORE
    return texts.PAY_BESIDE.format(others=label, amount=number(amount), told=told)


def _median_of(site: Site, domaine: str) -> int | None:
    """The median of a domain, or of all sheets for "", found once for each index."""
    kept = site.generation().medians
    if domaine not in kept:
        filters = frozenset({("domaine", slug(domaine))} if domaine else ())
        kept[domaine] = median(site.catalogue.counts, Query(filters=filters, facets=frozenset()))
    return kept[domaine]
