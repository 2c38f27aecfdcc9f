"""The JSON API, version 1. In: a request. Out: JSON, CSV or NDJSON; the shapes stand in `models`.

Each view reads its parameters, writes what is asked in its normal form, and has the Site find or make the answer.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

import orjson
from flask import Blueprint, Response, request
from werkzeug.exceptions import Gone, NotAcceptable

from search.engine import OLD_DAYS
from search.errors import NotFound
from search.french import facet_completion
from search.query import Query
from web import exports
from web.answer import Answer
from web.api import bodies, dataset, openapi
from web.api.deprecations import DEPRECATED_HEADERS
from web.api.download_files import DownloadFiles
from web.api.downloads import DOWNLOAD_BY_NAME, DOWNLOADS, JSON_LD, Edition
from web.links import query_string
from web.negotiation import best_type
from web.params import (
    FORMATS,
    EditionSearchParameters,
    FacetParameters,
    NoParameters,
    SearchParameters,
    SimilarParameters,
    SuggestParameters,
    read,
)
from web.prefix import in_json
from web.site import Asked, Site, pairs

JSON: Final = FORMATS["json"]
FORMAT_OF_TYPE: Final = {mimetype: name for name, mimetype in FORMATS.items()}
EDITIONS: Final = "/api/v1/editions"
SHORTEST_COMPLETED: Final = 2
MOST_BESIDE: Final = 3
"""Completions of each kind beside the jobs."""


def blueprint(site: Site) -> Blueprint:
    """The API over a site."""
    api = Blueprint("api", __name__)
    _route_searches(api, site)
    _route_sheets(api, site)
    _route_downloads(api, site)
    _route_service(api, site)

    @api.after_request
    def announce(response: Response) -> Response:
        path = str(request.url_rule).replace("<", "{").replace(">", "}")
        response.headers.extend(DEPRECATED_HEADERS.get(path, ()))
        return response

    return api


def asked(site: Site, accept: str) -> Asked | None:
    """What the address of the search asks of JSON; None for another format and another edition."""
    parameters = read(EditionSearchParameters, pairs(), site.generation().allowed)
    is_json = (parameters.format or best_type(accept, FORMATS.values())) in {"json", JSON}
    is_served = parameters.edition in {None, site.generation().info.generation}
    is_plain = is_json and is_served and bodies.SEARCH not in DEPRECATED_HEADERS
    return _asked(site, parameters.query()) if is_plain else None


def _asked(site: Site, query: Query) -> Asked:
    return Asked("search", query_string(query), lambda: _search(site, query))


def search_response(site: Site, parameters: SearchParameters, format: str) -> Response:
    """A search in one of FORMATS. The search page uses it too, for a table of its results."""
    query = parameters.query()
    if format == "json":
        return site.answer(request, *_asked(site, query))
    # A table is saved to be kept: it holds all results, unless a page is asked for.
    whole = not parameters.model_fields_set & {"page", "per_page"}
    kind = f"search {format} {whole}"
    return site.answer(request, kind, query_string(query), lambda: _export(site, query, format, whole))


def description(site: Site) -> dict[str, Any]:
    """The API described as OpenAPI, with the choices of the index served, and answers of its own."""
    generation = site.generation()
    edition = generation.info.generation
    return openapi.document(generation.allowed, site.version, site.base_url, _examples(site), edition)


def offered(site: Site) -> dict[str, Any]:
    """What the page of the data shows: the files of an edition, and the whole as schema.org's Dataset."""
    return {"downloads": DOWNLOADS, "dataset": dataset.dataset(site.generation().info, site.base_url)}


def _examples(site: Site) -> dict[str, Any]:
    """A short example of each endpoint's answer, by its name; {} if the index has no sheets."""
    catalogue, generation = site.catalogue, site.generation()
    page = catalogue.search(Query(per_page=1, facets=frozenset({"niveau"})))
    if not page.hits:
        return {}
    fiche, info = page.hits[0].fiche, generation.info
    typed = fiche.title[:SHORTEST_COMPLETED]
    answers = {
        "search": bodies.search_answer(page, generation, bodies.links(page)),
        "suggest": bodies.suggest_answer(
            typed, catalogue.suggest(typed, 1), facet_completion.complete(generation.choices, typed, 1)
        ),
        "metier": bodies.fiche_answer(fiche, info),
        "similaires": bodies.similar_answer(fiche, catalogue.similar(fiche.id, 1), info),
        "facet": bodies.facet_answer("niveau", "", catalogue.facet_values("niveau")),
    }
    service = {"live": {"status": "live"}, "ready": {"status": "ready", "index": bodies.index(info)}}
    return {name: orjson.loads(body) for name, body in answers.items()} | service


def _route_searches(api: Blueprint, site: Site) -> None:
    @api.get("/api/v1/search")
    def search() -> Response:
        parameters = read(EditionSearchParameters, pairs(), site.generation().allowed)
        _refuse_another(site, parameters.edition)
        return search_response(site, parameters, parameters.format or _accepted(FORMATS.values()))

    @api.get("/api/v1/suggest")
    def suggest() -> Response:
        parameters = read(SuggestParameters, pairs())
        text, limit = parameters.q, parameters.limit

        def make() -> bytes:
            if len(text) < SHORTEST_COMPLETED:
                return bodies.suggest_answer(text, (), ())
            beside = facet_completion.complete(site.generation().choices, text, MOST_BESIDE)
            return bodies.suggest_answer(text, site.catalogue.suggest(text, limit), beside)

        return _json(site, "suggest", f"{limit} {text}", make)

    @api.get("/api/v1/facets/<name>")
    def facet(name: str) -> Response:
        containing = read(FacetParameters, pairs()).q
        values = site.catalogue.facet_values(name, containing)
        return _json(site, "facet", f"{name} {containing}", lambda: bodies.facet_answer(name, containing, values))


def _route_sheets(api: Blueprint, site: Site) -> None:
    @api.get("/api/v1/metiers/<id>")
    def metier(id: str) -> Response:
        read(NoParameters, pairs())
        fiche = site.catalogue.fiche(id)
        return _json(site, "metier", id, lambda: bodies.fiche_answer(fiche, site.generation().info))

    @api.get("/api/v1/metiers/<id>/similaires")
    def similaires(id: str) -> Response:
        limit = read(SimilarParameters, pairs()).limit
        fiche = site.catalogue.fiche(id)

        def make() -> bytes:
            return bodies.similar_answer(fiche, site.catalogue.similar(id, limit), site.generation().info)

        return _json(site, "similaires", f"{limit} {id}", make)


def _route_downloads(api: Blueprint, site: Site) -> None:
    files = DownloadFiles()

    @api.get("/api/v1/editions/<edition>/<file>")
    def edition(edition: str, file: str) -> Response:
        read(NoParameters, pairs())
        _refuse_another(site, edition)
        if file not in DOWNLOAD_BY_NAME:
            raise NotFound("fichier", file)
        download = DOWNLOAD_BY_NAME[file]
        return files.send(request, download, Edition(site.catalogue, site.base_url, site.settings.prefix))

    @api.get(dataset.CATALOGUE)
    def catalogue() -> Response:
        read(NoParameters, pairs())

        def make() -> Answer:
            info, publisher = site.generation().info, site.settings.publisher
            made = dataset.catalogue(info, site.base_url, publisher, site.contact_href)
            return Answer(orjson.dumps(made), JSON_LD)

        return site.answer(request, "catalogue", "", make)

    for download in DOWNLOADS:

        def latest(name: str = download.name) -> Response:
            read(NoParameters, pairs())
            where = f"{EDITIONS}/{quote(site.generation().info.generation)}/{name}"
            return Response(status=302, headers={"Location": where, "Cache-Control": "no-cache"})

        api.add_url_rule(download.path, download.endpoint, latest)


def _refuse_another(site: Site, edition: str | None) -> None:
    """Raises Gone for an edition that is not the one being served; None is any."""
    if edition not in {None, site.generation().info.generation}:
        raise Gone


def _route_service(api: Blueprint, site: Site) -> None:
    @api.get("/api/v1/openapi.json")
    def document() -> Response:
        read(NoParameters, pairs())
        return _json(site, "openapi", "", lambda: orjson.dumps(description(site)))

    @api.get("/health/live")
    def live() -> Response:
        return _uncached({"status": "live"})

    @api.get("/health/ready")
    def ready() -> Response:
        # Opened first: only then is it known whether a newer one was passed over.
        info = site.generation().info
        # The reason is in the log alone: it names folders of the server.
        told: dict[str, object] = {"passed_over": True} if site.engine.passed_over() else {}
        days = info.data_days(datetime.now(UTC).date())
        if days is not None:
            told |= {"data_days": days} | ({"outdated": True} if days > OLD_DAYS else {})
        return _uncached({"status": "ready", "index": bodies.index(info)} | told)


def _json(site: Site, kind: str, normal: str, make: Callable[[], bytes]) -> Response:
    _accepted((JSON,))
    return site.answer(request, kind, normal, lambda: Answer(in_json(site.settings.prefix, make()), JSON))


def _search(site: Site, query: Query) -> Answer:
    page = site.catalogue.search(replace(query, excerpts=bodies.EXCERPTS))
    links = bodies.links(page)
    body = in_json(site.settings.prefix, bodies.search_answer(page, site.generation(), links))
    return Answer(body, JSON, (("Link", _link_header(links)),), results=page.total, is_partial=page.partial)


def _link_header(links: Mapping[str, str | None]) -> str:
    named = [f'<{links[rel]}>; rel="{rel}"' for rel in ("next", "prev", "first") if links[rel]]
    return ", ".join([*named, '</api/v1/openapi.json>; rel="service-desc"'])


def _export(site: Site, query: Query, format: str, whole: bool) -> Answer:
    fiches = exports.found(site.catalogue, query, whole)
    info = site.generation().info
    return exports.csv_answer(fiches, info, site.base_url) if format == "csv" else bodies.ndjson_answer(fiches, info)


def _accepted(offered: Iterable[str]) -> str:
    """The name of the format that the reader prefers among those offered. Raises NotAcceptable."""
    best = best_type(request.headers.get("Accept", ""), offered)
    if best is None:
        raise NotAcceptable
    return FORMAT_OF_TYPE[best]


def _uncached(members: dict[str, object]) -> Response:
    return Response(orjson.dumps(members), mimetype=JSON, headers={"Cache-Control": "no-store"})
