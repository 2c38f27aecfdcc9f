"""What programs ask of a site: robots.txt, sitemap, OpenSearch description for browsers, feeds, security.txt.

In: a request. Out: XML, JSON or plain text. Addresses are absolute, and come from the settings only.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from xml.sax.saxutils import escape

import orjson
from flask import Blueprint, Response, render_template, request

from search.errors import NotFound
from search.fields import FACETS
from search.query import Query
from web import texts
from web.answer import Answer
from web.links import query_string, url
from web.pages import search_feed, search_view
from web.pages.site_pages import PAGES
from web.params import SearchParameters, SuggestParameters
from web.site import Site, page_parameters, respond

XML: Final = "application/xml"
TEXT: Final = "text/plain"
VALID_DAYS: Final = 180
"""Days for which security.txt says that it holds (RFC 9116 asks for a date, less than a year away)."""

NEWEST: Final = 50
"""Sheets in the feed."""

_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 does not allow, not even escaped."""

ROBOTS: Final = """\
User-agent: *
Disallow: {prefix}/*?*&
Disallow: {prefix}/*?q=
Disallow: {prefix}/*garde=
Disallow: {prefix}/filtres/
Disallow: {prefix}/selection
Disallow: {prefix}/comparer
Disallow: {prefix}/classe
Disallow: {prefix}/integrer
Disallow: {prefix}/flux
Disallow: {prefix}/api/v1/
Allow: {prefix}/

Sitemap: {base}/sitemap.xml
"""
"""Search engines may read the list of each single choice, not those of several: there would be no end to them."""


def blueprint(site: Site) -> Blueprint:
    """The addresses that programs know, over a site."""
    discovery = Blueprint("discovery", __name__)
    _route_robots(discovery, site)
    _route_notices(discovery, site)
    _route_browsers(discovery, site)
    return discovery


def _route_robots(discovery: Blueprint, site: Site) -> None:
    base = escape(site.base_url)

    @discovery.get("/robots.txt")
    def robots() -> Response:
        return respond(Answer(ROBOTS.format(base=site.base_url, prefix=site.settings.prefix).encode(), TEXT))

    @discovery.get("/sitemap.xml")
    def sitemap() -> Response:
        def make() -> Answer:
            day = site.generation().info.data_date
            dated = f"<lastmod>{escape(day)}</lastmod>" if day else ""
            body = "".join(f"<url><loc>{base}{escape(path)}</loc>{dated}</url>\n" for path in _listed(site))
            written = f"""<?xml version="1.0" encoding="utf-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
{body}</urlset>
"""
            return Answer(written.encode(), XML)

        return site.answer(request, "sitemap", "", make)


def _listed(site: Site) -> Iterator[str]:
    """The paths that search engines are led to: the pages, the list of each value of some facets, every sheet."""
    yield from (page.path for page in PAGES if page.in_sitemap)
    for facet in FACETS:
        if facet.in_sitemap:
            yield from (f"/?{facet.name}={value.value}" for value in site.catalogue.facet_values(facet.name))
    yield from (f"/metiers/{id}" for id, _ in site.catalogue.all())


def _route_notices(discovery: Blueprint, site: Site) -> None:
    @discovery.get("/nouveautes.atom")
    def feed() -> Response:
        def make() -> Answer:
            info, changes = site.generation().info, site.catalogue.changes(NEWEST)
            body = render_template("nouveautes.xml", info=info, changes=changes)
            return Answer(_NOT_XML.sub("", body).encode(), "application/atom+xml")

        return site.answer(request, "atom", "", make)

    @discovery.get("/flux")
    def search_feed() -> Response:
        parameters = page_parameters(SearchParameters, site.generation().allowed)
        query = search_view.lasting(parameters.query())
        return site.answer(request, "search atom", query_string(query), lambda: _search_feed(site, query))

    @discovery.get("/.well-known/security.txt")
    def security() -> Response:
        until = (datetime.now(UTC) + timedelta(days=VALID_DAYS)).strftime("%Y-%m-%dT00:00:00Z")
        written = f"""\
Contact: {site.contact_href or site.base_url + "/a-propos#contact"}
Expires: {until}
Preferred-Languages: fr, en
Canonical: {site.base_url}/.well-known/security.txt
"""
        return respond(Answer(written.encode(), TEXT))


def _search_feed(site: Site, query: Query) -> Answer:
    info, entries = site.generation().info, search_feed.entries(site.catalogue, query)
    chips = search_view.chips(query, site.generation().allowed)
    asked = [texts.QUOTED.format(label=query.text)] if query.text else []
    told = texts.COMMA.join([*asked, *(chip.label for chip in chips)])
    body = render_template(
        "flux.xml",
        title=texts.FEED.format(asked=told) if told else texts.SERVICE,
        self_href=url("/flux", query),
        page_href=url(search_view.PAGE, query),
        updated=max((entry.updated for entry in entries), default=search_feed.edition_date(info)),
        entries=entries,
    )
    return Answer(_NOT_XML.sub("", body).encode(), "application/atom+xml", results=len(entries))


def _route_browsers(discovery: Blueprint, site: Site) -> None:
    base = escape(site.base_url)

    @discovery.get("/opensearch.xml")
    def description() -> Response:
        written = f"""<?xml version="1.0" encoding="utf-8"?>
<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">
<ShortName>{texts.SERVICE}</ShortName>
<Description>{texts.SEARCH_A_JOB}</Description>
<Language>fr</Language>
<InputEncoding>UTF-8</InputEncoding>
<Image height="32" width="32" type="image/svg+xml">{base}{escape(site.assets.url("favicon.svg"))}</Image>
<Url type="text/html" template="{base}/?q={{searchTerms}}"/>
<Url type="application/x-suggestions+json" template="{base}/opensearch/suggestions?q={{searchTerms}}"/>
</OpenSearchDescription>
"""
        return respond(Answer(written.encode(), "application/opensearchdescription+xml"))

    @discovery.get("/opensearch/suggestions")
    def suggestions() -> Response:
        parameters = page_parameters(SuggestParameters)

        def make() -> Answer:
            found = site.catalogue.suggest(parameters.q, parameters.limit) if len(parameters.q) > 1 else ()
            labels = [each.label for each in found]
            addresses = [f"{site.base_url}/metiers/{each.id}" for each in found]
            return Answer(
                orjson.dumps([parameters.q, labels, ["" for _ in labels], addresses]), "application/x-suggestions+json"
            )

        return site.answer(request, "opensearch", f"{parameters.limit} {parameters.q}", make)

    @discovery.get("/favicon.ico")
    def favicon() -> Response:
        icon = site.assets.get("favicon.svg")
        if icon is None:
            raise NotFound
        return respond(Answer(icon.body, icon.mimetype))
