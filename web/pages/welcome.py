"""Jobs by what one likes, and a job at random, for readers who do not know yet. In: wishes. Out: HTML, a redirection.

wishes -> one set of sheets for each -> the sheets by how many of the wishes they have -> a page of them
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from flask import Blueprint, Response, render_template, request

from search.catalogue import Catalogue
from search.engine import FacetValue
from search.errors import NotFound
from search.fiche import Fiche
from search.query import Query
from web import texts
from web.allowed_values import AllowedValues
from web.answer import Answer
from web.links import query_string, url
from web.pages import list_links, search_view
from web.params import KeptParameters, PageParameters
from web.site import Site, page_parameters, source

WISH: Final = "interet"
"""The facet that the wishes are values of."""

PATH: Final = "/envies"


@dataclass(frozen=True, slots=True)
class Wish:
    """Something that one likes, as a box to tick."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Family:
    """Wishes that go together, with the strokes of their drawing and how many are ticked."""

    name: str
    drawing: str
    wishes: tuple[Wish, ...]
    chosen: int


@dataclass(frozen=True, slots=True)
class Match:
    """A sheet, and the labels of the chosen wishes that it has."""

    fiche: Fiche
    shared: tuple[str, ...]


def blueprint(site: Site) -> Blueprint:
    """The pages for whoever does not know yet, over a site."""
    welcome = Blueprint("welcome", __name__)

    @welcome.get(PATH)
    def wishes() -> Response:
        query = page_parameters(PageParameters, site.generation().allowed).query()
        return site.answer(request, "wishes", query_string(query), lambda: _page(site, query))

    @welcome.get("/hasard")
    def at_random() -> Response:
        ids = [id for id, _ in site.catalogue.all()]
        if not ids:
            raise NotFound
        kept = page_parameters(KeptParameters).query()
        where = f"/metiers/{secrets.choice(ids)}{list_links.list_query(kept.kept, kept.kept_name)}"
        return Response(status=302, headers={"Location": where, "Cache-Control": "no-store"})

    return welcome


def _page(site: Site, query: Query) -> Answer:
    known = site.generation().allowed
    ranked = ranking(site.catalogue, query)
    first = (query.page - 1) * query.per_page
    shown = [
        Match(site.catalogue.fiche(id), tuple(known.label(WISH, value) for value in values))
        for id, values in ranked[first : first + query.per_page]
    ]
    body = render_template(
        "envies.html",
        query=query,
        families=families(site.catalogue.facet_values(WISH), query.values_of(WISH)),
        studies=studies(query, known),
        matches=shown,
        total=len(ranked),
        wished=len(query.values_of(WISH)),
        previous=url(PATH, query.at_page(query.page - 1)) if query.page > 1 and shown else None,
        next=url(PATH, query.at_page(query.page + 1)) if first + query.per_page < len(ranked) else None,
        search_href=url(search_view.PAGE, query.at_page(1)),
        source=source(site.generation().info),
    )
    return Answer(body.encode(), "text/html", results=len(ranked))


def ranking(catalogue: Catalogue, query: Query) -> list[tuple[str, tuple[str, ...]]]:
    """(id, chosen wishes that it has) of each sheet that fits the rest of a query: most wishes first, then by title."""
    wishes = sorted(query.values_of(WISH))
    others = frozenset(pair for pair in query.filters if pair[0] != WISH)
    found = {wish: catalogue.matching(replace(query, filters=others | {(WISH, wish)}, page=1)) for wish in wishes}
    shared = ((id, tuple(wish for wish in wishes if id in found[wish])) for id, _ in catalogue.all())
    return sorted((each for each in shared if each[1]), key=lambda each: -len(each[1]))


def families(values: Iterable[FacetValue], chosen: frozenset[str]) -> list[Family]:
    """The interests of the sheets by family; those of no family are in the last one."""
    labels = {each.value: each.label for each in values}
    named = {value for _, _, members in texts.FAMILIES for value in members}
    rest = tuple(value for value in labels if value not in named)
    made = []
    for name, drawing, members in (*texts.FAMILIES, (texts.OTHER_WISHES, "", rest)):
        wishes = tuple(Wish(value, labels[value], value in chosen) for value in members if value in labels)
        if wishes:
            made.append(Family(name, drawing, wishes, sum(wish.chosen for wish in wishes)))
    return made


def studies(query: Query, known: AllowedValues) -> list[tuple[str, str, bool]]:
    """The answers to "how far do you want to study?": (level, name, chosen); level "" for any."""
    limit = query.bound("niveau_max")
    offered = [(level, name) for level, name in texts.STUDIES if level in known.labels["niveau_max"]]
    return [(level, name, level == (limit or "")) for level, name in (("", texts.ANY_STUDIES), *offered)]
