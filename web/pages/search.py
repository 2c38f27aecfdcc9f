"""The search page and the choices of one facet. In: a request. Out: HTML made on the server, whole without JavaScript.

The search page takes the parameters of the API's search, and the list of kept sheets.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from flask import Blueprint, Response, current_app, render_template, request
from markupsafe import Markup, escape

from search.catalogue import ResultPage
from search.engine import FacetValue
from search.errors import NotFound
from search.fields import FACET_BY_NAME, FACETS
from search.query import Query
from web.allowed_values import AllowedValues
from web.answer import Answer
from web.links import changed_url, longer, query_string, url
from web.pages import list_links, search_view, welcome
from web.pages.fragments import Fragments
from web.params import FacetPageParameters, PageParameters, SearchParameters
from web.site import Asked, Site, page_parameters, source

PATH: Final = search_view.PAGE
HTML: Final = "text/html"
_HOME: Final = Query()

Table = Callable[[Site, SearchParameters, str], Response]
"""What answers a search in a format other than HTML."""


def asked(site: Site) -> Asked | None:
    """What the address of the search asks of a page; None for a table."""
    parameters = page_parameters(PageParameters, site.generation().allowed)
    return None if parameters.format else _asked(site, parameters.query())


def _asked(site: Site, query: Query) -> Asked:
    return Asked("page", query_string(query), lambda: _search_page(site, query))


def blueprint(site: Site, table: Table) -> Blueprint:
    """The search over a site; requests for a table are handed to `table`."""
    pages = Blueprint("pages", __name__)
    _route_search(pages, site, table)
    return pages


def _route_search(pages: Blueprint, site: Site, table: Table) -> None:
    @pages.get(PATH)
    def search() -> Response:
        parameters = page_parameters(PageParameters, site.generation().allowed)
        if parameters.format:
            return table(site, parameters, parameters.format)
        return site.answer(request, *_asked(site, parameters.query()))

    @pages.get("/filtres/<name>")
    def filters(name: str) -> Response:
        parameters = page_parameters(FacetPageParameters, site.generation().allowed)
        if name not in FACET_BY_NAME:
            raise NotFound
        query = replace(parameters.query(), facets=frozenset({name}), excerpts=0, per_page=1, page=1)
        containing = parameters.contient

        def make() -> Answer:
            return _filters_page(site, name, query, parameters.query(), containing)

        return site.answer(request, f"filters {name} {containing}", query_string(parameters.query()), make)


def _search_page(site: Site, query: Query) -> Answer:
    page, generation = site.catalogue.search(query), site.generation()
    fragments = Fragments(current_app.jinja_env, generation.html)
    panel = _panel(page, generation.allowed, fragments)
    body = render_template(
        "search.html",
        page=page,
        query=query,
        source=source(page.index),
        head=_head(page, panel, site),
        panel=panel,
        listing=_listing(page, fragments),
        pager=_pager(page),
        elsewhere=_elsewhere(page),
        cards=_cards(page, fragments),
    )
    return Answer(body.encode(), HTML, results=page.total, is_partial=page.partial)


@dataclass(frozen=True, slots=True)
class Head:
    """What browsers, search engines and the title say of a page of results.

    canonical: its address for search engines. is_listed: whether they may list it. is_home: whether it is the first
    page, which alone has the small map, wishes, levels and domains. narrowed: see `search_view.narrowed`.
    """

    canonical: str
    is_listed: bool
    is_home: bool
    narrowed: tuple[str, ...]
    small_map: str
    families: tuple[welcome.Family, ...]
    studies: tuple[tuple[str, str, bool], ...]
    domaines: tuple[FacetValue, ...]


def _head(page: ResultPage, panel: "Panel", site: Site) -> Head:
    query = page.query
    is_home = (replace(query, kept=(), kept_name="") if query.kept or query.kept_name else query) == _HOME
    plain = {"per_page": 20, "typo": True, "explain": False, "zeros": False, "facets": None}
    return Head(
        canonical=changed_url(search_view.PAGE, query, **plain, kept=(), kept_name=""),
        is_listed=_is_listed(query),
        is_home=is_home,
        narrowed=tuple(search_view.narrowed(page, panel.chips)),
        small_map=search_view.small_map(site.catalogue.places()) if is_home else "",
        families=tuple(welcome.families(site.catalogue.facet_values(welcome.WISH), frozenset())) if is_home else (),
        studies=tuple(welcome.studies(query, site.generation().allowed)) if is_home else (),
        domaines=_tops(site.catalogue.facet_values("domaine")) if is_home else (),
    )


def _tops(values: Iterable[FacetValue]) -> tuple[FacetValue, ...]:
    """The values of a tree that are under no other and that some sheet has."""
    return tuple(each for each in values if each.parent is None and each.total)


@dataclass(frozen=True, slots=True)
class Panel:
    """The filters: those chosen (chips), those to choose from, the search without any ("" if none is chosen)."""

    chips: tuple[search_view.Chip, ...]
    groups: tuple[Markup, ...]
    sections: Markup
    clear_href: str


def _panel(page: ResultPage, known: AllowedValues, fragments: Fragments) -> Panel:
    query = page.query
    chips = search_view.chips(query, known)
    return Panel(
        chips=chips,
        groups=tuple(map(fragments.group, search_view.groups(page, fragments.choices))),
        sections=fragments.sections(query),
        clear_href=url(search_view.PAGE, query.unfiltered()) if chips else "",
    )


@dataclass(frozen=True, slots=True)
class Listing:
    """What is printed around the results: orders, hidden fields, charts, how the words were read, ways out."""

    sorts: tuple[tuple[str, str], ...]
    kept: tuple[tuple[str, str], ...]
    charts: tuple[tuple[str, Markup], ...]
    told: search_view.Told
    told_notes: Markup
    ways_out: tuple[search_view.WayOut, ...]


def _listing(page: ResultPage, fragments: Fragments) -> Listing:
    charts = ((each.heading, search_view.chart(page, each.name)) for each in FACETS if each.charted)
    return Listing(
        sorts=search_view.sort_options(page.query),
        kept=search_view.kept_fields(page.query),
        charts=tuple((label, fragments.bars(bars)) for label, bars in charts if bars),
        told=(told := search_view.told(page)),
        told_notes=fragments.notes(told, page),
        ways_out=search_view.ways_out(page),
    )


def _cards(page: ResultPage, fragments: Fragments) -> Markup:
    """The sheets found."""
    query = page.query
    asked = query_string(query)
    # Escaped once for all the links that remember the search.
    remembered, keep_href = escape(f"?{asked}" if asked else ""), list_links.keep_hrefs(search_view.PAGE, query)
    cards = (
        fragments.card(
            hit,
            place == 0,
            hit.fiche.id in query.kept,
            query.text != "",
            remembered,
            escape(f"{keep_href(hit.fiche.id)}#{hit.fiche.id}"),
        )
        for place, hit in enumerate(page.hits)
    )
    return Markup("".join(cards))  # noqa: S704 - cut from macros, filled with what is escaped


@dataclass(frozen=True, slots=True)
class Pager:
    """The other pages of the same results."""

    steps: tuple[search_view.Step, ...]
    previous: str | None
    next: str | None
    per_page: tuple[search_view.Step, ...]


def _pager(page: ResultPage) -> Pager:
    query, href = page.query, search_view.by_page(page.query)
    return Pager(
        steps=search_view.steps(page, href),
        previous=href(min(query.page - 1, max(page.total_pages, 1))) if query.page > 1 else None,
        next=href(query.page + 1) if page.has_next else None,
        per_page=search_view.per_page_links(query),
    )


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The addresses of the same results with reasons, on the map (None for fewer than two), as a table, as a feed."""

    why_href: str
    map_href: str | None
    csv_href: str
    feed_href: str


def _elsewhere(page: ResultPage) -> Elsewhere:
    query = page.query
    on_the_map = changed_url("/carte", query, page=1, per_page=_HOME.per_page)
    return Elsewhere(
        why_href=changed_url(search_view.PAGE, query, explain=True, page=1),
        map_href=on_the_map if page.total > 1 else None,
        csv_href=longer(changed_url("/api/v1/search", query, page=1, kept=(), kept_name=""), "format", "csv"),
        feed_href=changed_url("/flux", query, **search_view.LASTING),
    )


def _is_listed(query: Query) -> bool:
    """Whether search engines may list this page: a list of all sheets or of one choice, not of several, nor with
    words."""
    return (
        not query.text
        and not query.kept
        and len(query.filters) <= 1
        and len(query.filter_names()) == len(query.filters)
    )


def _filters_page(site: Site, name: str, counted: Query, query: Query, containing: str) -> Answer:
    page = site.catalogue.search(counted)
    facet = next((each for each in page.facets if each.name == name), None)
    if facet is None:
        raise NotFound
    wanted = {each.value for each in site.catalogue.facet_values(name, containing)}
    body = render_template(
        "filters.html",
        facet=facet,
        nodes=search_view.every_choice(replace(facet, state=query)),
        wanted=wanted,
        containing=containing,
        query=query,
        carried=search_view.carried(query, name),
        back_href=url("/", query),
        partial=page.partial,
        source=source(page.index),
    )
    return Answer(body.encode(), HTML, is_partial=page.partial)
