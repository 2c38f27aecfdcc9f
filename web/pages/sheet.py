"""The page of a sheet. In: a request. Out: HTML, with the sheets before and after it in the search one comes from."""

from typing import Final

from flask import Blueprint, Response, render_template, request

from search.catalogue import Neighbours
from search.fields import sections
from web.answer import Answer
from web.links import query_string
from web.pages import pay, sheet_view, way_to_job
from web.params import PageParameters
from web.schema_org import occupation
from web.site import Site, page_parameters, source

HTML: Final = "text/html"


def blueprint(site: Site) -> Blueprint:
    """The sheets over a site."""
    pages = Blueprint("sheet", __name__)
    _route_sheet(pages, site)
    return pages


def _route_sheet(pages: Blueprint, site: Site) -> None:
    @pages.get("/metiers/<id>")
    def metier(id: str) -> Response:
        parameters = page_parameters(PageParameters, site.generation().allowed)
        query = parameters.query()
        fiche = site.catalogue.fiche(id)
        came_from = query if parameters.model_fields_set - {"garde"} else None

        def make() -> Answer:
            beside = site.catalogue.neighbours(query, id) if came_from else Neighbours(None, None)
            stations = way_to_job.stations(fiche)
            told = source(site.generation().info)
            body = render_template(
                "metier.html",
                fiche=fiche,
                sections=sections(fiche),
                glance=sheet_view.glance(fiche, stations, told["date"]),
                near=sheet_view.near(fiche, site.catalogue.similar(id, sheet_view.NEAR_LOOKED_AT)),
                more_facts=sheet_view.more_facts(fiche),
                other_names=sheet_view.other_names(fiche),
                steps=way_to_job.steps(fiche),
                stations=stations,
                way_in_words=way_to_job.in_words(stations, fiche.title),
                gauge=pay.gauge(site, fiche),
                json_ld=occupation(fiche, site.base_url),
                query=query,
                came_from=came_from,
                before=beside.before,
                after=beside.after,
                source=told,
            )
            return Answer(body.encode(), HTML, is_partial=beside.partial)

        return site.answer(request, f"metier page {id} {came_from is not None}", query_string(query), make)
