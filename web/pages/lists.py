"""Lists of sheets that their addresses carry: read and changed, compared, printed for a class, framed by other sites.

In: a request. Out: HTML, or the sheets as a table. Nothing is kept here.
"""

from dataclasses import replace
from typing import Any, Final

from flask import Blueprint, Response, g, render_template, request

from search.errors import NotFound
from search.fiche import Fiche
from search.query import Query
from web import exports
from web.answer import Answer
from web.links import url
from web.pages import class_pack, comparison
from web.pages.list_links import list_href, selection_href
from web.pages.qr_code import qr_code
from web.params import MAX_COMPARED, MAX_KEPT, MAX_NAME, CompareParameters, ListParameters, SelectionParameters
from web.site import Site, page_parameters, source

HTML: Final = "text/html"
FOUND_TO_ADD: Final = 8
"""Sheets offered to whoever looks for one more."""


def blueprint(site: Site) -> Blueprint:
    """The pages of a list, over a site."""
    lists = Blueprint("lists", __name__)
    _route_selection(lists, site)
    _route_comparison(lists, site)
    _route_class_pack(lists, site)
    _route_frame(lists, site)
    return lists


def _page(site: Site, template: str, normal: str, fiches: list[Fiche], **values: Any) -> Response:
    def make() -> Answer:
        told = source(site.generation().info)
        made = {key: value() if callable(value) else value for key, value in values.items()}
        body = render_template(template, source=told, fiches=fiches, **made)
        return Answer(body.encode(), HTML, results=len(fiches))

    return site.answer(request, template, normal, make)


def _kept(site: Site, ids: tuple[str, ...]) -> tuple[list[Fiche], list[str]]:
    """The sheets of these ids, and the ids that no sheet has: a link may be older than the end of a sheet."""
    fiches: list[Fiche] = []
    missing: list[str] = []
    for id in ids:
        try:
            fiches.append(site.catalogue.fiche(id))
        except NotFound:
            missing.append(id)
    return fiches, missing


def _normal(parameters: ListParameters, *more: str) -> str:
    """All that a page of a list depends on, as one text. Parted by line breaks, which no name of a list holds."""
    return "\n".join((" ".join(parameters.ids), parameters.nom, *more))


def _route_selection(lists: Blueprint, site: Site) -> None:
    @lists.get("/selection")
    def selection() -> Response:
        parameters = page_parameters(SelectionParameters)
        ids, nom = parameters.ids, parameters.nom
        query = Query(kept=ids, kept_name=nom)
        fiches, missing = _kept(site, ids)
        if parameters.format:
            info = site.generation().info
            return site.answer(
                request, "selection csv", _normal(parameters), lambda: exports.list_answer(fiches, info, site.base_url)
            )
        address = site.base_url + selection_href(ids, nom)
        return _page(
            site,
            "selection.html",
            _normal(parameters, parameters.q),
            fiches,
            here="/selection",
            ids=ids,
            nom=nom,
            missing=missing,
            text=parameters.q,
            query=query,
            search_href=url("/", replace(query, text=parameters.q)),
            found=lambda: site.catalogue.suggest(parameters.q, FOUND_TO_ADD) if parameters.q else (),
            most=MAX_KEPT,
            most_compared=MAX_COMPARED,
            longest_name=MAX_NAME,
            address=address,
            code=lambda: qr_code(address) if ids else "",
            frame_address=site.base_url + list_href("/integrer", ids, nom),
        )


def _route_comparison(lists: Blueprint, site: Site) -> None:
    @lists.get("/comparer")
    def compare() -> Response:
        parameters = page_parameters(CompareParameters)
        ids, nom = parameters.ids, parameters.nom
        whole = tuple(dict.fromkeys(parameters.parmi)) or ids
        fiches, missing = _kept(site, ids)
        shown = fiches[:MAX_COMPARED]
        return _page(
            site,
            "comparer.html",
            _normal(parameters, *whole),
            shown,
            ids=tuple(fiche.id for fiche in shown),
            whole=whole,
            nom=nom,
            query=Query(kept=whole, kept_name=nom),
            left_out=fiches[MAX_COMPARED:],
            missing=missing,
            rows=comparison.rows(shown),
            most_compared=MAX_COMPARED,
        )


def _route_class_pack(lists: Blueprint, site: Site) -> None:
    @lists.get("/classe")
    def pack() -> Response:
        parameters = page_parameters(ListParameters)
        fiches, missing = _kept(site, parameters.ids)
        return _page(
            site,
            "classe.html",
            _normal(parameters),
            fiches,
            ids=parameters.ids,
            nom=parameters.nom,
            query=Query(kept=parameters.ids, kept_name=parameters.nom),
            missing=missing,
            papers=lambda: [class_pack.paper(fiche, f"{site.base_url}/metiers/{fiche.id}") for fiche in fiches],
        )


def _route_frame(lists: Blueprint, site: Site) -> None:
    @lists.get("/integrer")
    def frame() -> Response:
        parameters = page_parameters(ListParameters)
        fiches, missing = _kept(site, parameters.ids)
        response = _page(
            site,
            "integrer.html",
            _normal(parameters),
            fiches,
            nom=parameters.nom,
            missing=missing,
            address=site.base_url + selection_href(parameters.ids, parameters.nom),
        )
        # Said once the page is made: an error at this address is a page like any other, and no site may frame it.
        g.may_be_framed = True
        return response
