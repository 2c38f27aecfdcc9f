"""Puts the application together. In: settings and an engine. Out: a Flask with its pages and its API."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import Final
from urllib.parse import quote

from flask import Flask, Response, g, request
from flask.globals import request_ctx
from werkzeug.exceptions import HTTPException, NotFound, RequestURITooLarge

from search.engine import Engine
from search.fields import FACET_BY_NAME
from search.settings import Settings
from web import errors
from web.addresses import parted_tail, tidied
from web.answer import is_known
from web.api import routes
from web.api.bodies import SEARCH
from web.api.downloads import DOWNLOAD_BY_NAME
from web.direct import DirectSearches, resumed
from web.negotiation import best_coding
from web.pages import browse, diploma, diploma_list, discovery, lists, map_view, search, sheet, welcome
from web.pages.templating import PlainGlobals, prepare_templates
from web.params import salvaged_list
from web.serving import overload, security
from web.serving.answer_cache import NUMBER, READING, AnswerCache, CacheMiddleware, keep, sent_answer
from web.serving.assets import Assets
from web.serving.journal import Journal, request_number
from web.serving.logs import AnsweredRequest
from web.serving.metrics import NO_ROUTE, Recorder
from web.serving.overload import UNLIMITED, Application
from web.serving.reverse_proxy import behind_proxies
from web.site import FRESH, Site, SiteResponse, pairs

HERE: Final = Path(__file__).parent
_NAMES: Final = {"name": tuple(FACET_BY_NAME), "file": tuple(DOWNLOAD_BY_NAME)}
"""The names that exist, by the parameter of an address that takes any."""

KEPT_FOR_EVER: Final = "public, max-age=31536000, immutable"


def create_app(
    settings: Settings,
    engine: Engine,
    metrics: Recorder | None = None,
    guarded: Callable[[CacheMiddleware], Application] = lambda kept: kept,
) -> Flask:
    """The pages and the API over one engine, which the caller closes.

    metrics: where requests are counted, None for nowhere. guarded: puts bounds around the application; what it makes
    sees addresses without the path of the service.
    """
    app = Flask("web", static_folder=None, root_path=str(HERE))
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = True
    app.jinja_environment = PlainGlobals
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    site = Site(settings, engine, Assets(HERE / "static"))
    app.register_blueprint(search.blueprint(site, routes.search_response))
    app.register_blueprint(sheet.blueprint(site))
    app.register_blueprint(diploma.blueprint(site))
    app.register_blueprint(diploma_list.blueprint(site))
    app.register_blueprint(browse.blueprint(site, routes.description, routes.offered))
    app.register_blueprint(lists.blueprint(site))
    app.register_blueprint(map_view.blueprint(site))
    app.register_blueprint(welcome.blueprint(site))
    app.register_blueprint(discovery.blueprint(site))
    app.register_blueprint(routes.blueprint(site))
    _serve_assets(app, site)
    rate, journal = overload.RateLimit(settings.rate_limit), Journal(metrics, engine.passed_over)
    answers = AnswerCache(settings.cache_entries)
    readers = {search.PATH: lambda _: search.asked(site), SEARCH: lambda accept: routes.asked(site, accept)}
    direct = DirectSearches(app, site, readers, is_api, answers, rate, journal)
    kept = CacheMiddleware(direct, engine, answers, routes.FORMAT_OF_TYPE, rate, journal)
    _frame_requests(app, settings, rate, journal, answers)
    errors.install(app, is_api, settings.prefix, salvaged_list, engine.recheck)
    prepare_templates(app, site)
    app.wsgi_app = behind_proxies(guarded(kept), settings)  # type: ignore[assignment]
    return app


def is_api(path: str) -> bool:
    """Whether an address is read by programs: these get JSON errors and may be asked from other sites."""
    return path.startswith(("/api/v1/", "/health/"))


def _serve_assets(app: Flask, site: Site) -> None:
    @app.get("/static/<path:name>", endpoint="static")
    def static(name: str) -> Response:
        asset = site.assets.get(name)
        if asset is None:
            raise NotFound
        codings = tuple(asset.packed)
        coding = best_coding(request.headers.get("Accept-Encoding", ""), codings) if codings else None
        etag = f'"{asset.fingerprint}{f"-{coding}" if coding else ""}"'
        if is_known(etag, request.headers.get("If-None-Match")):
            response = Response(status=304)
        else:
            response = Response(asset.packed[coding] if coding else asset.body, mimetype=asset.mimetype)
            if coding:
                response.headers["Content-Encoding"] = coding
        forever = dict(pairs()).get("v") == asset.fingerprint
        response.headers["ETag"] = etag
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["Cache-Control"] = KEPT_FOR_EVER if forever else FRESH
        return response


def _answered(
    response: Response, route: str, results: int | None, words: str | None, is_kept: bool | None
) -> AnsweredRequest:
    return AnsweredRequest(
        number=g.request_id,
        method=request.method,
        route=route,
        status=response.status_code,
        started=g.started,
        results=results,
        words=words,
        served=g.catalogue.info() if "catalogue" in g else None,
        is_kept=is_kept,
    )


def _moved() -> Response | None:
    """A redirection to the address that is meant, if this one is written otherwise than ours; None if it leads
    nowhere."""
    tidy = tidied(request.path)
    adapter = request_ctx.url_adapter
    if request.method not in READING or not adapter or (tidy == request.path and _may_stand(request.view_args)):
        return None
    bare, parameters = parted_tail(tidy)
    # As it is written first: what looks like a tail or a capital may belong to a name.
    for path, added in ((tidy, ""), (bare, parameters), (tidy.lower(), ""), (bare.lower(), parameters)):
        with suppress(HTTPException):
            if path != request.path and _may_stand(adapter.match(path)[1]):
                pieces = (quote(each, safe="%&=+,;:/?@!$'()*~[]") for each in (added, request.query_string) if each)
                asked = "&".join(pieces)
                where = quote(path) + ("?" if asked else "") + asked
                return Response(status=301, headers={"Location": where, "Cache-Control": FRESH})
    return None


def _may_stand(named: Mapping[str, object] | None) -> bool:
    """Whether the facet and the file that an address names exist, if it names any; its page checks all other names."""
    return named is not None and all(named.get(key, "") in ("", *known) for key, known in _NAMES.items())


def _frame_requests(
    app: Flask, settings: Settings, rate: overload.RateLimit, journal: Journal, answers: AnswerCache
) -> None:
    """What surrounds every request: its number, its bounds, its safety headers, its line in the log."""

    @app.before_request
    def begin() -> Response | None:
        g.request_id = request_number(request.headers.get(NUMBER, ""))
        overload.refuse_if_told(request.environ)
        if request.root_path != settings.prefix and not request.path.startswith("/health/"):
            raise NotFound
        g.started = request.environ.get(overload.ARRIVED) or perf_counter()
        if errors.is_too_long(request.path, request.environ.get("QUERY_STRING", "")):
            raise RequestURITooLarge
        if request.path.startswith(UNLIMITED):
            return None
        if not resumed(request.environ):
            rate.check(request.remote_addr or "")
        return _moved()

    @app.after_request
    def end(response: Response) -> Response:
        response.headers[NUMBER] = g.get("request_id", "")
        is_secure = settings.is_https or request.is_secure
        may_be_framed = g.get("may_be_framed", False)
        safety = security.headers(response.mimetype, is_api(request.path), request.method, is_secure, may_be_framed)
        response.headers.extend(safety)
        if "started" in g:
            _record(response)
        return response

    def _record(response: Response) -> None:
        route = request.url_rule.rule if request.url_rule else NO_ROUTE
        words = dict(pairs()).get("q") if settings.log_queries else None
        results = response.results if isinstance(response, SiteResponse) else None
        is_keepable = isinstance(response, SiteResponse) and "ETag" in response.headers
        if is_keepable:
            keep(answers, request.environ, sent_answer(request.environ, response, route, results, words))
        is_kept = False if is_keepable and response.status_code == 200 else None
        journal.note(_answered(response, route, results, words, is_kept))
