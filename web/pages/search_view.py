"""The search page, ready to be printed. In: a ResultPage. Out: chips, groups of filters, pages, all with their links.

Templates only print these values. Every link is the address of the Query to which it leads.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl, quote

from markupsafe import Markup

from search.catalogue import TEXT, Choice, FacetChoices, ResultPage
from search.engine import Place, Understanding
from search.fields import FACET_BY_NAME, FIELD_BY_NAME, RANGE_BY_NAME, RANGES, SECTIONS, Range
from search.folding import slug
from search.query import Query
from web import texts
from web.allowed_values import AllowedValues
from web.labels import RESTRICTIONS, SORTS, level_name
from web.links import changed_url, query_string, url

PAGE: Final = "/"
_ANY: Final = "any-value"
_NO_PAGE: Final = 999_999_999
_NOTHING: Final = Markup()

PER_PAGE: Final = (10, 20, 50, 100)
"""The numbers of results that a page may show."""

_AROUND: Final = 2
"""Page numbers that are printed on each side of the present one."""

MOST_MEANT: Final = 3
"""Jobs that are named for a spoken word."""

TITLED: Final = 4
"""Filters that the title of a page names; the others are counted."""

SMALL_MAP_UNITS: Final = 200
"""Width of the small map of the first page: whole units, so that a sheet is a few bytes."""


@dataclass(frozen=True, slots=True)
class Chip:
    """Something that restricts the search, and the search without it."""

    label: str
    href: str


@dataclass(frozen=True, slots=True)
class Node:
    """A choice as printed: a box to tick, or a link if it has an `href`.

    `children` stand under it; `are_links` says that each of them replaces this choice by a narrower one.
    """

    value: str
    label: str
    count: int
    selected: bool
    href: str = ""
    children: tuple["Node", ...] = ()
    are_links: bool = False


@dataclass(frozen=True, slots=True)
class BoundField:
    """One side of a range as a field: a choice among (slug, label) pairs, or a number if there are none."""

    name: str
    label: str
    value: str | int | None
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PrintedChoices:
    """The choices of a facet as HTML: those shown first, the others and how many they are."""

    first: Markup
    more: Markup = _NOTHING
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """A facet as printed: its choices, how many are chosen, the page that shows all.

    `range` and `bounds` are the range of the same name and its fields, if there is one.
    """

    name: str
    label: str
    type: str
    choices: PrintedChoices
    selected: int
    all_href: str
    range: Range | None = None
    bounds: tuple[BoundField, ...] = ()

    @property
    def is_bounded(self) -> bool:
        """Whether one of its fields holds a value."""
        return any(each.value is not None for each in self.bounds)


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of a chart: what it counts, its length in per cent of the longest, where it leads (None for zero)."""

    label: str
    count: int
    share: float
    selected: bool
    href: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """A page number, or a gap (no number)."""

    number: int | None
    href: str | None = None


@dataclass(frozen=True, slots=True)
class WayOut:
    """A link out of an empty page: what it does, how many results it has."""

    label: str
    href: str
    count: int


LASTING: Final[dict[str, Any]] = {
    name: getattr(Query(), name) for name in ("page", "per_page", "facets", "explain", "zeros", "kept", "kept_name")
}
"""The fields of a Query that belong to one visit, not to the search, each with its usual value."""


def lasting(query: Query) -> Query:
    """The same search without what belongs to one visit: its page, what it counts, the kept list."""
    return replace(query, **LASTING)


def chips(query: Query, known: AllowedValues, path: str = PAGE) -> tuple[Chip, ...]:
    """Everything that restricts the search, each with the link that removes it."""
    if not (query.filters or query.bounds or query.dans):
        return ()
    found: list[Chip] = []
    for name in FACET_BY_NAME:
        found += [
            Chip(label_of(name, value, known), url(path, query.toggle(name, value)))
            for value in sorted(query.values_of(name))
        ]
    for declared in RANGES:
        for name, bound in declared.bounds:
            value = query.bound(name)
            if value is not None:
                shown = level_name(known.label(name, str(value))) if declared.scale else _amount(value, declared.unit)
                found.append(Chip(f"{bound.chip} {shown}", url(path, query.without(name))))
    found += [
        Chip(
            texts.WHERE.format(label=FIELD_BY_NAME[each].label),
            url(path, replace(query, dans=query.dans - {each}, page=1)),
        )
        for each in sorted(query.dans)
    ]
    return tuple(found)


def narrowed(page: ResultPage, chips: tuple[Chip, ...]) -> list[str]:
    """The filters and the page number, for the title of the page and for screen readers: they tell it from other pages
    with the same words."""
    labels = [chip.label for chip in chips[:TITLED]]
    if len(chips) > TITLED:
        labels.append(texts.MORE_FILTERS.format(count=len(chips) - TITLED))
    if page.query.page > 1:
        labels.append(texts.PAGE_OF.format(page=page.query.page, last=max(page.total_pages, page.query.page)))
    return labels


def _amount(value: str | int, unit: str) -> str:
    return texts.AMOUNT.format(value=value, unit=unit).strip()


def label_of(facet: str, value: str, known: AllowedValues) -> str:
    """A value as people read it."""
    return as_read(facet, value, known.label(facet, value))


def as_read(facet: str, value: str, label: str) -> str:
    """A value and its label as people read them."""
    return f"{value.upper()} {label}" if FACET_BY_NAME[facet].has_codes else level_name(label)


def groups(page: ResultPage, printed: Callable[[FacetChoices], PrintedChoices]) -> tuple[Group, ...]:
    """The facets as `printed`, in display order, then the ranges that stand under no facet."""
    alone = (
        Group(each.name, each.label, "range", PrintedChoices(_NOTHING), 0, "", each, _bound_fields(each, page.query))
        for each in RANGES
        if each.name not in FACET_BY_NAME
    )
    to_any = to_choices(page.query)
    found = (_group(facet, printed(facet), to_any(facet.name)) for facet in page.facets)
    return (*(each for each in found if each.choices.first or each.bounds), *alone)


def _group(facet: FacetChoices, choices: PrintedChoices, all_href: str) -> Group:
    declared = RANGE_BY_NAME.get(facet.name)
    return Group(
        facet.name,
        facet.label,
        facet.type,
        choices,
        len(facet.selected),
        all_href,
        declared,
        _bound_fields(declared, facet.state) if declared else (),
    )


def to_choices(query: Query) -> Callable[[str], str]:
    """The page of all choices of a facet for a search, by the name of the facet."""
    asked = changed_url("", query, page=1)
    return lambda facet: f"/filtres/{facet}{asked}"


@lru_cache
def _scale(labels: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((slug(label), level_name(label)) for label in labels)


def _bound_fields(declared: Range, query: Query) -> tuple[BoundField, ...]:
    choices = _scale(declared.scale)
    fields = [BoundField(name, bound.label, query.bound(name), choices) for name, bound in declared.bounds]
    return tuple(reversed(fields) if declared.most_first else fields)


def every_choice(facet: FacetChoices) -> tuple[Node, ...]:
    """All choices of a facet, those at zero too; in a tree, each under its parent."""
    if facet.type == "tree":
        return _tree(facet, whole=True)
    return tuple(node(choice, facet) for choice in facet.choices)


def open_tree(facet: FacetChoices) -> tuple[Node, ...]:
    """The top of a tree, and what lies under the chosen; choices at zero are left out."""
    return _tree(facet, whole=False)


def node(choice: Choice, facet: FacetChoices, children: tuple[Node, ...] = (), are_links: bool = False) -> Node:
    """A choice of a facet as printed."""
    label = as_read(facet.name, choice.value, choice.label)
    return Node(choice.value, label, choice.count, choice.selected, "", children, are_links)


def _tree(facet: FacetChoices, whole: bool) -> tuple[Node, ...]:
    below: dict[str | None, list[int]] = {}
    parent_of = {value.value: value.parent for value in facet.values}
    for place, value in enumerate(facet.values):
        below.setdefault(value.parent, []).append(place)
    open_nodes: set[str | None] = set(facet.selected)
    for chosen in facet.selected:
        above = parent_of.get(chosen)
        while above is not None:
            open_nodes.add(above)
            above = parent_of[above]

    def nodes(places: Iterable[int]) -> tuple[Node, ...]:
        choices = facet.choices_at(places)
        return tuple(opened(choice) for choice in choices if whole or choice.count or choice.value in open_nodes)

    def opened(choice: Choice) -> Node:
        children = below.get(choice.value, [])
        if not whole and choice.value not in open_nodes:
            return node(choice, facet)
        if whole or not choice.selected:
            return node(choice, facet, nodes(children))
        narrower = tuple(
            replace(node(child, facet), href=url(PAGE, choice.query.toggle(facet.name, child.value)))
            for child in facet.choices_at(children)
            if child.count and not child.selected
        )
        return node(choice, facet, narrower, are_links=True)

    return nodes(below.get(None, []))


def chart(page: ResultPage, name: str) -> tuple[Bar, ...]:
    """How the results spread over an ordered facet, from the first value that has some to the last.

    Empty if there is nothing to compare.
    """
    facet = next((each for each in page.facets if each.name == name), None)
    if facet is None:
        return ()
    held = [place for place, count in enumerate(facet.counts) if count]
    if len(held) < 2:
        return ()
    most, selected, href = max(facet.counts), facet.selected, toggle_hrefs(page.query, name)
    bars = []
    for place in range(held[0], held[-1] + 1):
        value, count = facet.values[place], facet.counts[place]
        is_selected = value.value in selected
        leads = href(value.value) if count or is_selected else None
        bars.append(Bar(level_name(value.label), count, round(100 * count / most, 1), is_selected, leads))
    return tuple(bars)


def toggle_hrefs(query: Query, facet: str) -> Callable[[str], str]:
    """The link of each value of a facet: the search with it, or without it if it was chosen."""
    if query.values_of(facet):
        return lambda value: url(PAGE, query.toggle(facet, value))
    # The address is written once; only the value changes.
    before, _, after = changed_url(PAGE, query, filters=query.filters | {(facet, _ANY)}, page=1).partition(
        f"{facet}={_ANY}"
    )
    return lambda value: f"{before}{facet}={quote(value)}{after}"


def small_map(places: Iterable[Place]) -> str:
    """The map as one SVG path of points, SMALL_MAP_UNITS wide and high; "" if there is no map."""
    return "".join(f"M{round(place.x * SMALL_MAP_UNITS)} {round(place.y * SMALL_MAP_UNITS)}h0" for place in places)


def steps(page: ResultPage, href: Callable[[int], str]) -> tuple[Step, ...]:
    """The page numbers to print, with their addresses: the first, those around the present one, the last, and gaps."""
    query = page.query
    last = page.total_pages
    if last < 2:
        return ()
    near = range(max(1, query.page - _AROUND), min(last, query.page + _AROUND) + 1)
    found: list[Step] = []
    previous = 0
    for number in sorted({1, *near, last}):
        if number > previous + 1:
            found.append(Step(None))
        found.append(Step(number, href(number)))
        previous = number
    return tuple(found)


def by_page(query: Query) -> Callable[[int], str]:
    """The other pages of the same results, by number."""
    first = changed_url(PAGE, query, page=1)
    # The address is written once; only the number changes.
    before, _, after = changed_url(PAGE, query, page=_NO_PAGE).partition(f"page={_NO_PAGE}")
    return lambda number: first if number == 1 else f"{before}page={number}{after}"


def ways_out(page: ResultPage, path: str = PAGE) -> tuple[WayOut, ...]:
    """What to remove from a search that finds nothing."""
    return tuple(
        WayOut(_removal(each.remove, page.query), url(path, each.query), each.count) for each in page.relaxations
    )


def _removal(names: tuple[str, ...], query: Query) -> str:
    if set(names) == {TEXT, *query.filter_names()}:
        return texts.REMOVE_ALL
    labels = [RESTRICTIONS[name] for name in names if name != TEXT]
    if TEXT in names:
        return texts.REMOVE_TEXT
    if len(names) > 1 and len(names) == len(query.filter_names()):
        return texts.REMOVE_FILTERS
    return texts.REMOVE_SOME.format(labels=texts.AND.join(texts.QUOTED.format(label=label) for label in labels))


def corrections(understanding: Understanding) -> str:
    """The corrected words as the end of a sentence, "" if nothing was corrected."""
    return ", ".join(
        texts.CORRECTED.format(typed=each.typed, understood=each.understood) for each in understanding.corrections
    )


@dataclass(frozen=True, slots=True)
class Told:
    """How the words of a search were read, for every page that searches. Its links lead to that same page.

    corrections: the end of a sentence. readings, excluded: their links take them back. is_lost: the reader does not
    know what to look for. others: other words that find something. exactly_href: searches the very words typed, "" if
    that is what was done.
    """

    corrections: str
    readings: tuple[Chip, ...]
    is_lost: bool
    ignored: tuple[str, ...]
    excluded: tuple[Chip, ...]
    left_out: tuple[str, ...]
    is_partial: bool
    is_partial_match: bool
    others: tuple[WayOut, ...]
    exactly_href: str


def told(page: ResultPage, path: str = PAGE) -> Told:
    """How the words of a page's search were read."""
    query, understanding = page.query, page.understanding
    return Told(
        corrections=corrections(understanding),
        readings=_readings(query, understanding, path),
        is_lost=any(each.kind == "lost" for each in understanding.readings),
        ignored=understanding.ignored,
        excluded=tuple(Chip(each.words, url(path, query.with_text(each.text))) for each in understanding.excluded),
        left_out=understanding.left_out,
        is_partial=page.partial,
        is_partial_match=understanding.partial_match,
        others=tuple(WayOut(each.text, url(path, each.query), each.count) for each in page.did_you_mean),
        exactly_href=changed_url(path, query, typo=False)
        if understanding.corrections or understanding.readings
        else "",
    )


def _readings(query: Query, understanding: Understanding, path: str) -> tuple[Chip, ...]:
    """How pieces of the text were read, each with the link that takes the reading back."""
    return tuple(
        Chip(
            texts.READINGS[each.kind].format(typed=each.typed, meant=texts.OR.join(each.meant[:MOST_MEANT])),
            url(path, query.with_text(each.text)),
        )
        for each in understanding.readings
    )


def kept_fields(query: Query) -> tuple[tuple[str, str], ...]:
    """The hidden fields of the search form: what belongs to the search and has no field to fill in."""
    kept: list[tuple[str, str]] = []
    if query.per_page != Query().per_page:
        kept.append(("per_page", str(query.per_page)))
    if not query.typo:
        kept.append(("typo", "off"))
    if query.explain:
        kept.append(("explain", "true"))
    named = (("nom", query.kept_name),) if query.kept_name else ()
    return (*kept, *(("garde", id) for id in query.kept), *named)


def carried(query: Query, name: str) -> tuple[tuple[str, str], ...]:
    """The search as hidden fields, without one facet or range (`name`), at its first page."""
    return tuple(parse_qsl(query_string(replace(query.without(name), page=1))))


def per_page_links(query: Query) -> tuple[Step, ...]:
    """How many results a page may show; the present number has no link."""
    return tuple(
        Step(number, None if number == query.per_page else changed_url(PAGE, query, per_page=number, page=1))
        for number in PER_PAGE
    )


def sort_options(query: Query) -> tuple[tuple[str, str], ...]:
    """The orders, as values and French names. Without words no sheet fits better, so "pertinence" has another name."""
    names = SORTS if query.text else SORTS | {"pertinence": texts.USUAL_SORT}
    return tuple(names.items())


def section_options(query: Query) -> tuple[tuple[str, str, bool], ...]:
    """The sections where to search: value, label, chosen."""
    return tuple((name, FIELD_BY_NAME[name].label, name in query.dans) for name in SECTIONS)


def fiche_href(id: str, asked: str, anchor: str = "") -> str:
    """The address of a sheet's page that holds the query string of the search that led to it."""
    return f"/metiers/{id}{'?' if asked else ''}{asked}{'#' if anchor else ''}{anchor}"
