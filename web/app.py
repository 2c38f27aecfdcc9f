"""The application, put together: build, configure, register, return. In: settings and an engine. Out: a Flask."""

import logging
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Final
from urllib.parse import quote, unquote

from flask import Flask, Response, g, request
from flask.globals import request_ctx
from werkzeug.exceptions import NotFound, RequestURITooLarge

from search.engine import Engine
from search.settings import Settings
from web import errors
from web.addresses import tidied
from web.api import routes
from web.cache import is_known
from web.errors import LONGEST_ADDRESS, LONGEST_WRITTEN
from web.negotiation import prefers_gzip
from web.pages import browse, discovery, lists, map_view, search, sheet, welcome
from web.pages.templating import prepare_templates
from web.serving import logs, overload, security
from web.serving.assets import Assets
from web.serving.metrics import NO_ROUTE, Recorder
from web.serving.overload import Application
from web.serving.reached import reached
from web.site import Site, pairs

HERE: Final = Path(__file__).parent
UNLIMITED: Final = ("/static/", "/health/")
"""What never counts against the limit of requests: a page needs several files, and checks must not fail for it."""

KEPT_FOR_EVER: Final = "public, max-age=31536000, immutable"
READING: Final = frozenset({"GET", "HEAD"})
_SAFE_ID: Final = re.compile(r"[A-Za-z0-9-]{8,64}\Z")


def create_app(
    settings: Settings,
    engine: Engine,
    metrics: Recorder | None = None,
    guarded: Callable[[Application], Application] = lambda inner: inner,
) -> Flask:
    """The pages and the API over one engine, which the caller closes. Requests are counted where metrics are given.

    `guarded` puts bounds around the application; it sees addresses without the prefix of the service.
    """
    app = Flask("web", static_folder=None, root_path=str(HERE))
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = True
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    site = Site(settings, engine, Assets(HERE / "static"))
    app.register_blueprint(search.blueprint(site, routes.search_response))
    app.register_blueprint(sheet.blueprint(site))
    app.register_blueprint(browse.blueprint(site, routes.description))
    app.register_blueprint(lists.blueprint(site))
    app.register_blueprint(map_view.blueprint(site))
    app.register_blueprint(welcome.blueprint(site))
    app.register_blueprint(discovery.blueprint(site))
    app.register_blueprint(routes.blueprint(site))
    _serve_assets(app, site)
    _frame_requests(app, site, metrics)
    errors.install(app, is_api, settings.prefix)
    prepare_templates(app, site)
    app.wsgi_app = reached(guarded(app.wsgi_app), settings)  # type: ignore[assignment, method-assign]
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
        packed = asset.packed if prefers_gzip(request.headers.get("Accept-Encoding", "")) else None
        etag = f'"{asset.fingerprint}{"-gzip" if packed else ""}"'
        if is_known(etag, request.headers.get("If-None-Match")):
            response = Response(status=304)
        else:
            response = Response(packed or asset.body, mimetype=asset.mimetype)
            if packed:
                response.headers["Content-Encoding"] = "gzip"
        forever = dict(pairs()).get("v") == asset.fingerprint
        response.headers["ETag"] = etag
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["Cache-Control"] = KEPT_FOR_EVER if forever else "public, max-age=300"
        return response


def _is_too_long(path: str, query_string: str) -> bool:
    written = len(path) + len(query_string)
    if written <= LONGEST_ADDRESS:
        return False
    return written > LONGEST_WRITTEN or len(path) + len(unquote(query_string)) > LONGEST_ADDRESS


def _moved() -> Response | None:
    """The way to the address that is meant, if this one is written otherwise than ours."""
    path = tidied(request.path)
    adapter = request_ctx.url_adapter
    if path == request.path or request.method not in READING or not adapter or not adapter.test(path):
        return None
    asked = quote(request.query_string, safe="%&=+,;:/?@!$'()*~[]")
    where = quote(path) + ("?" if asked else "") + asked
    return Response(status=301, headers={"Location": where, "Cache-Control": "public, max-age=300"})


def _frame_requests(app: Flask, site: Site, metrics: Recorder | None) -> None:
    """What surrounds every request: its number, its bounds, its safety headers, its line in the log."""
    settings = site.settings
    is_https = settings.base_url.startswith("https://")
    rate = overload.RateLimit(settings.rate_limit)

    @app.before_request
    def begin() -> Response | None:
        asked = request.headers.get("X-Request-Id", "")
        g.request_id = asked if _SAFE_ID.match(asked) else secrets.token_hex(8)
        overload.refuse_if_told(request.environ)
        if request.root_path != settings.prefix and not request.path.startswith("/health/"):
            raise NotFound
        g.started = request.environ.get(overload.ARRIVED) or perf_counter()
        if _is_too_long(request.path, request.environ.get("QUERY_STRING", "")):
            raise RequestURITooLarge
        if request.path.startswith(UNLIMITED):
            return None
        rate.check(request.remote_addr or "")
        return _moved()

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.get("request_id", "")
        is_secure = is_https or request.is_secure
        security.secure(response, is_api(request.path), request.method, is_secure, g.get("may_be_framed", False))
        if "started" in g:
            _record(response)
        return response

    def _record(response: Response) -> None:
        route = request.url_rule.rule if request.url_rule else NO_ROUTE
        results = getattr(response, "results", None)
        if metrics:
            metrics.passes_over(site.engine.passed_over() is not None)
            metrics.count(route, response.status_code, perf_counter() - g.started, results)
        if not logs.ACCESS.isEnabledFor(logging.INFO):
            return
        words = dict(pairs()).get("q") if settings.log_queries else None
        logs.ACCESS.info(
            logs.line(g.request_id, request.method, route, response.status_code, g.started, results, words)
        )
