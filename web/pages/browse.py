"""Reading without a search: by domain, level, interest and letter, the plan, and the pages that explain.

In: a request. Out: HTML.
"""

from collections.abc import Callable
from itertools import groupby
from typing import Any, Final

from flask import Blueprint, Response, render_template, request

from search.catalogue import Catalogue
from search.engine import FacetValue
from search.fields import FACETS, Facet
from search.folding import fold
from web import texts
from web.answer import Answer
from web.links import query_string
from web.pages.site_pages import PAGES, SitePage
from web.params import KeptParameters
from web.site import Site, name_sources, page_parameters, source

HTML: Final = "text/html"

Described = Callable[[Site], dict[str, Any]]
"""Gives a template what the API says of a site; passed, because pages never import the API."""


def blueprint(site: Site, description: Described, offered: Described) -> Blueprint:
    """The pages beside the search, over a site.

    `description` is the API's own, as OpenAPI; `offered` is what its page of the data shows.
    """
    browse = Blueprint("browse", __name__)
    _route_lists(browse, site)
    _route_explanations(browse, site, description, offered)
    return browse


def _page(site: Site, template: str, normal: str, **values: Any) -> Response:
    """A page made of a template. normal: all that it depends on beside the index."""

    def make() -> Answer:
        told = source(site.generation().info)
        made = {key: value() if callable(value) else value for key, value in values.items()}
        return Answer(render_template(template, source=told, **made).encode(), HTML)

    return site.answer(request, template, normal, make)


def _carrying_page(site: Site, template: str, **values: Any) -> Response:
    """A page that reads nothing from its address but the list of kept sheets, which its links carry on.

    values: of the template; one that is a function is called only if the page has to be made.
    """
    query = page_parameters(KeptParameters).query()
    return _page(site, template, query_string(query), query=query, **values)


def _route_lists(browse: Blueprint, site: Site) -> None:
    @browse.get("/parcourir")
    def by_choice() -> Response:
        return _carrying_page(
            site,
            "parcourir.html",
            documents=site.generation().info.documents,
            lists=lambda: _lists(site.catalogue),
            letters=lambda: [letter for letter, _ in _letters(site)],
        )

    @browse.get("/plan")
    def plan() -> Response:
        return _carrying_page(site, "plan.html", letters=lambda: _letters(site))


Family = tuple[FacetValue, list[FacetValue]]
"""A value and its children."""


def _lists(catalogue: Catalogue) -> list[tuple[Facet, list[Family]]]:
    """The facets that are browsed and that some sheet fills, each with its values and their children."""
    found = ((facet, _families(catalogue.facet_values(facet.name))) for facet in FACETS if facet.browsed)
    return [(facet, families) for facet, families in found if families]


def _families(values: tuple[FacetValue, ...]) -> list[Family]:
    """The values that sheets have, each with its children."""
    return [
        (value, [child for child in values if child.parent == value.value])
        for value in values
        if value.parent is None and value.total
    ]


def _letters(site: Site) -> list[tuple[str, list[tuple[str, str]]]]:
    """The sheets by the first letter of their title."""
    return [
        (letter, list(sheets))
        for letter, sheets in groupby(site.catalogue.all(), lambda each: fold(each[1])[:1].upper())
    ]


def _route_explanations(browse: Blueprint, site: Site, description: Described, offered: Described) -> None:
    for page in PAGES:
        if page.template:

            def explain(page: SitePage = page) -> Response:
                info = site.generation().info
                named = name_sources(info.sources)
                return _carrying_page(
                    site, page.template, this_page=page, here=page.path, info=info, name_sources=named
                )

            browse.add_url_rule(page.path, page.path, explain)

    @browse.get("/donnees")
    def data() -> Response:
        info = site.generation().info
        named = name_sources(info.sources)
        return _carrying_page(site, "donnees.html", here="/donnees", info=info, name_sources=named, **offered(site))

    @browse.get("/api/docs")
    def docs() -> Response:
        return _carrying_page(
            site,
            "docs.html",
            document=lambda: description(site),
            problems=texts.PROBLEMS,
            details=texts.FAULTS,
        )
