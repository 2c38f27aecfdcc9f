"""The page of the map, on which similar sheets stand close together. In: a search. Out: HTML that marks what is
found."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from flask import Blueprint, Response, render_template, request

from search.catalogue import Catalogue
from search.engine import FacetValue, Place
from search.errors import NotFound
from search.query import Query
from web.answer import Answer
from web.labels import level_name
from web.links import query_string, url
from web.pages import domain_signs, list_links, search_view
from web.params import PageParameters
from web.site import Site, page_parameters, source

WIDTH = 1000
"""Width and height of the map in whole units: they take fewer bytes than fractions, and are smaller than a dot."""

TOGETHER = 90
"""Two sheets at most this far apart, in units, count as one crowd when a name is placed."""

FEW = 40
"""Up to so many sheets found, all are listed at once; if there are more, the lists of the domains are closed."""

LETTER, LINE = 12, 26
"""The room that a name takes, in units: width of a letter, height of a line."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A sheet on the map. `colour` is the place of its domain in the legend, -1 for none; `niveau` as it is typeset."""

    id: str
    title: str
    niveau: str
    x: int
    y: int
    colour: int
    is_found: bool


@dataclass(frozen=True, slots=True)
class Legend:
    """A domain on the map: its sheets that are found, and the map of that domain alone."""

    label: str
    colour: int
    dots: tuple[Dot, ...]
    href: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Name:
    """The short name of a domain, written where most of its sheets stand together."""

    text: str
    x: int
    y: int


def blueprint(site: Site) -> Blueprint:
    """The map, over a site."""
    carte = Blueprint("carte", __name__)

    @carte.get("/carte")
    def show() -> Response:
        parameters = page_parameters(PageParameters, site.generation().allowed)
        query = replace(parameters.query(), facets=frozenset(), explain=False)
        return site.answer(request, "carte", query_string(query), lambda: _page(site, query))

    return carte


def _page(site: Site, query: Query) -> Answer:
    places = site.catalogue.places()
    if not places:
        raise NotFound("carte")
    domaines = [each for each in site.catalogue.facet_values("domaine") if each.parent is None]
    colours = {each.value: colour for colour, each in enumerate(domaines)}
    found = site.catalogue.matching(query)
    asked = replace(search_view.lasting(query), kept=query.kept, kept_name=query.kept_name)
    page = site.catalogue.search(replace(asked, excerpts=0))
    dots = _dots(places, colours, found, _levels(site.catalogue))
    legend = [
        Legend(
            each.label,
            colour,
            tuple(dot for dot in dots if dot.colour == colour and dot.is_found),
            url("/carte", asked.toggle("domaine", each.value)),
            ("domaine", each.value) in query.filters,
        )
        for colour, each in enumerate(domaines)
    ]
    body = render_template(
        "carte.html",
        names=_names(dots, domaines, {dot.colour for dot in dots if dot.is_found}),
        dots=dots,
        width=WIDTH,
        shapes=domain_signs.SHAPES,
        hue_of=domain_signs.hue,
        found=len(found),
        told=search_view.told(page, "/carte"),
        ways_out=search_view.ways_out(page, "/carte"),
        nearest=page.nearest,
        carried_list=list_links.list_query(query.kept, query.kept_name),
        opens_all=len(found) <= FEW,
        is_whole=len(found) == len(dots),
        legend=legend,
        others=tuple(dot for dot in dots if dot.colour < 0 and dot.is_found),
        query=query,
        carried=search_view.carried(replace(asked, text=""), ""),
        chips=search_view.chips(asked, site.generation().allowed, "/carte"),
        results_href=url("/", asked),
        source=source(site.generation().info),
        here="/carte",
    )
    return Answer(body.encode(), "text/html", results=len(found))


def _levels(catalogue: Catalogue) -> dict[str, str]:
    """The level of each sheet, as it is typeset."""
    return {
        id: level_name(each.label)
        for each in catalogue.facet_values("niveau")
        for id in catalogue.matching(Query(filters=frozenset({("niveau", each.value)})))
    }


def _dots(places: Iterable[Place], colours: dict[str, int], found: frozenset[str], levels: dict[str, str]) -> list[Dot]:
    return [
        Dot(
            place.id,
            place.title,
            levels.get(place.id, ""),
            round(place.x * WIDTH),
            round(place.y * WIDTH),
            colours.get(place.domaine, -1),
            place.id in found,
        )
        for place in places
    ]


def _names(dots: Iterable[Dot], domaines: Iterable[FacetValue], lit: set[int]) -> list[Name]:
    """The names of the domains with a sheet found, each beside its largest crowd, the largest domain first.

    A name for which there is no free place is left out. lit: the colours of the domains with a sheet found.
    """
    by_colour: dict[int, list[Dot]] = {}
    for dot in dots:
        by_colour.setdefault(dot.colour, []).append(dot)
    named: list[Name] = []
    for colour, domaine in sorted(enumerate(domaines), key=lambda each: -each[1].total):
        if colour not in lit:
            continue
        text = domaine.label.split(",")[0]
        crowd = max((_crowd(dot, by_colour[colour]) for dot in by_colour[colour]), key=len)
        half = len(text) * LETTER // 2
        x = min(max(sum(dot.x for dot in crowd) // len(crowd), half), WIDTH - half)
        y = sum(dot.y for dot in crowd) // len(crowd)
        tries = (Name(text, x, y + shift) for shift in (0, LINE, -LINE, 2 * LINE, -2 * LINE))
        free = next((name for name in tries if not any(_overlap(name, other) for other in named)), None)
        if free:
            named.append(free)
    return named


def _crowd(dot: Dot, among: list[Dot]) -> list[Dot]:
    """The dots that are closer than TOGETHER to one, itself included."""
    return [each for each in among if (each.x - dot.x) ** 2 + (each.y - dot.y) ** 2 < TOGETHER**2]


def _overlap(name: Name, other: Name) -> bool:
    reach = (len(name.text) + len(other.text)) * LETTER / 2
    return abs(name.y - other.y) < LINE and abs(name.x - other.x) < reach
