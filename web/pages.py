"""The pages. In: a request. Out: HTML, rendered on the server, whole without JavaScript.

The search page takes the very parameters of the API. Each page that depends on the index alone is kept
ready like an answer of the API.
"""

import datetime
import re
from dataclasses import replace
from typing import Any, Final

from flask import Blueprint, Flask, Response, render_template, request
from flask.templating import DispatchingJinjaLoader

from search.errors import NotFound
from search.fiche import NIVEAUX
from search.fields import FACET_BY_NAME, FIELD_BY_NAME
from search.french import slug
from search.query import Query
from web import answers, results, sheet, texts
from web.api import form_pairs, search_response
from web.cache import Answer
from web.marks import marked
from web.params import FacetPageParameters, SearchParameters, query_string, read, url
from web.site import Site

HTML: Final = "text/html"


def blueprint(site: Site) -> Blueprint:
    """The pages over a site."""
    pages = Blueprint("pages", __name__)
    _route_search(pages, site)
    _route_sheet(pages, site)
    return pages


def prepare_templates(app: Flask, site: Site) -> None:
    """Give the templates the few functions and names that they print with."""
    app.jinja_env.globals.update(
        asset=site.assets.url, base_url=site.base_url, facets=FACET_BY_NAME, fiche_href=results.fiche_href,
        fields=FIELD_BY_NAME, marked=marked, query_string=query_string, slug=slug, texts=texts, url=url,
    )  # fmt: skip
    app.jinja_env.filters.update(number=number, paragraphs=paragraphs, date=date, spaced=spaced)
    app.jinja_env.loader = Typography(app)


class Typography(DispatchingJinjaLoader):
    """Gives the templates' own sentences their no-break spaces, so that they are written as one types."""

    def get_source(self, environment: Any, template: str) -> tuple[str, str | None, Any]:
        """A template, its file, and whether it is still as it was: called by Flask."""
        source, file, is_fresh = super().get_source(environment, template)
        return spaced(source), file, is_fresh


def spaced(text: str) -> str:
    """A sentence whose « », €, :, ;, ? and ! never stand alone at the edge of a line; sheets are left as they are."""
    return re.sub(r"(?<=«) | (?=[»€]|[?!:;](?:[\s<]|$))", "\u00a0", text)


def number(value: int) -> str:
    """A number as the French write it: 1 043, with a narrow no-break space."""
    return f"{value:,}".replace(",", "\u202f")


def date(iso: str) -> str:
    """A date of the calendar as the French write it: 20 octobre 2025. What is not one is left as it is."""
    try:
        day = datetime.date.fromisoformat(iso)
    except ValueError:
        return iso
    return f"{day.day}{'er' if day.day == 1 else ''} {texts.MONTHS[day.month - 1]} {day.year}"


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a block."""
    return [line for line in text.split("\n") if line.strip()]


def _route_search(pages: Blueprint, site: Site) -> None:
    @pages.get("/")
    def search() -> Response:
        parameters = read(SearchParameters, form_pairs(), site.generation().vocabulary)
        if parameters.format:
            return search_response(site, parameters, parameters.format)
        query = parameters.query()
        return site.answer(request, "page", query_string(query), lambda: _search_page(site, query))

    @pages.get("/filtres/<name>")
    def filters(name: str) -> Response:
        parameters = read(FacetPageParameters, form_pairs(), site.generation().vocabulary)
        if name not in FACET_BY_NAME:
            raise NotFound
        query = replace(parameters.query(), facets=frozenset({name}), excerpts=0, per_page=1, page=1)
        containing = parameters.contient

        def make() -> Answer:
            return _filters_page(site, name, query, parameters.query(), containing)

        return site.answer(request, f"filters {name} {containing}", query_string(parameters.query()), make)


def _search_page(site: Site, query: Query) -> Answer:
    page = site.catalogue.search(query)
    known = site.generation().vocabulary
    body = render_template(
        "search.html",
        page=page,
        query=query,
        source=answers.source(page.index),
        is_home=query == Query(),
        sky=results.sky(site.catalogue.places()) if query == Query() else "",
        chips=results.chips(query, known),
        groups=results.groups(page),
        niveaux=[(slug(niveau), niveau) for niveau in NIVEAUX],
        sections=results.section_options(query),
        sorts=results.sort_options(query),
        steps=results.steps(page),
        previous=results.previous_href(page),
        next=results.next_href(page),
        per_page=results.per_page_links(query),
        kept=results.kept_fields(query),
        charts=[(label, bars) for name, label in texts.CHARTS.items() if (bars := results.chart(page, name))],
        ways_out=results.ways_out(page, known),
        corrections=results.corrections(page.understanding),
        why_href=url("/", replace(query, explain=True, page=1)),
        map_href=url("/carte", replace(query, page=1, per_page=Query().per_page)) if page.total > 1 else None,
        csv_href=url("/api/v1/search", query.at_page(1), format="csv"),
        clear_href=url("/", query.unfiltered()),
        canonical=url("/", replace(query, per_page=20, typo=True, explain=False, facets=None)),
        is_listed=_is_listed(query),
    )
    return Answer(body.encode(), HTML, results=page.total)


def _is_listed(query: Query) -> bool:
    """Whether search engines may list this page: whole lists by one choice, not every combination."""
    return not query.text and len(query.filters) <= 1 and len(query.filter_names()) == len(query.filters)


def _filters_page(site: Site, name: str, counted: Query, query: Query, containing: str) -> Answer:
    page = site.catalogue.search(counted)
    facet = next((each for each in page.facets if each.name == name), None)
    if facet is None:
        raise NotFound
    wanted = {each.value for each in site.catalogue.facet_values(name, containing)}
    group = results.group(replace(facet, state=query), whole=True)
    body = render_template(
        "filters.html",
        group=group,
        wanted=wanted,
        containing=containing,
        query=query,
        carried=results.carried(query, name),
        back_href=url("/", query),
        source=answers.source(page.index),
    )
    return Answer(body.encode(), HTML)


def _route_sheet(pages: Blueprint, site: Site) -> None:
    @pages.get("/metiers/<id>")
    def metier(id: str) -> Response:
        query = read(SearchParameters, form_pairs(), site.generation().vocabulary).query()
        fiche = site.catalogue.fiche(id)
        came_from = query if request.args else None

        def make() -> Answer:
            ladder = sheet.ladder(fiche)
            before, after = site.catalogue.neighbours(query, id) if came_from else (None, None)
            body = render_template(
                "metier.html",
                fiche=fiche,
                sections=answers.sections(fiche),
                similar=[(each.fiche, sheet.shared(fiche, each)) for each in site.catalogue.similar(id)],
                diplomas=sheet.diplomas(fiche),
                ladder=ladder,
                ladder_in_words=sheet.in_words(ladder),
                json_ld=sheet.occupation(fiche, site.base_url),
                query=query,
                came_from=came_from,
                before=before,
                after=after,
                source=answers.source(site.generation().info),
            )
            return Answer(body.encode(), HTML)

        return site.answer(request, f"metier page {id} {came_from is not None}", query_string(query), make)
