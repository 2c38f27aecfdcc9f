"""What templates may call and name, and French typography. In: an application. Out: its templates, ready to print."""

import datetime
import re
from collections.abc import Callable, Hashable, MutableMapping
from functools import lru_cache
from typing import Any, Final

from flask import Flask
from flask.templating import DispatchingJinjaLoader
from flask.templating import Environment as FlaskEnvironment
from jinja2 import Environment
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup, escape

from search.fields import FIELD_BY_NAME
from search.folding import slug
from web import outside_links, texts
from web.highlights import marked
from web.labels import RESTRICTIONS, level_name, number
from web.links import query_string, url
from web.pages import domain_signs, list_links, search_view
from web.pages.prose import begun, outline
from web.pages.site_pages import PAGES
from web.prefix import template_class
from web.site import Site, href_of

_FRAMES_KEPT: Final = 256


def prepare_templates(app: Flask, site: Site) -> None:
    """Give the templates the few functions and names that they print with."""
    written = {name: spaced(text) for name, text in texts.SCRIPT.items()}
    app.jinja_env.globals.update(
        asset=site.assets.url, base_url=site.base_url, list_query=list_links.list_query, contact=site.settings.contact,
        contact_href=site.contact_href, director=site.settings.director, fiche_href=search_view.fiche_href,
        fields=FIELD_BY_NAME, hosting=site.settings.hosting, href_of=href_of, publisher=site.settings.publisher,
        access_contact=site.settings.accessibility_contact or site.settings.contact,
        begun=begun, keep_href=list_links.keep_href, list_href=list_links.list_href, marked=marked,
        metierscope=outside_links.metierscope,
        onisep_formation=outside_links.onisep_formation, onisep_metier=outside_links.onisep_metier, outline=outline,
        pages=PAGES, query_of=list_links.query_of, query_string=query_string, prefix=site.settings.prefix,
        restrictions=RESTRICTIONS, script_texts=htmlsafe_json_dumps(written, app.json.dumps),
        selection_href=list_links.selection_href, once=once(app.jinja_env),
        sign_of=lambda domaine: domain_signs.sign(site, domaine), slug=slug, texts=texts, url=url,
    )  # fmt: skip
    app.jinja_env.filters.update(
        breakable=breakable,
        capitalised=capitalised,
        code=code,
        level=level_name,
        number=number,
        paragraphs=paragraphs,
        date=date,
        spaced=spaced,
    )
    app.jinja_env.loader = Typography(app)
    if site.settings.prefix:
        app.jinja_env.template_class = template_class(site.settings.prefix)


def once(environment: Environment) -> Callable[..., Markup]:
    """A function that prints a macro, by template, macro and arguments; its last results are kept."""

    @lru_cache(_FRAMES_KEPT)
    def printed(template: str, macro: str, *given: Hashable) -> Markup:
        text: Markup = getattr(environment.get_template(template).module, macro)(*given)
        return text

    return printed


class PlainGlobals(FlaskEnvironment):
    """An environment whose templates share one table of names, complete before the first of them is read.

    Jinja's own chains two tables for each template, so that each page first asks both for every name.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The names that a template prints with: called by Jinja."""
        return {**self.globals, **d} if d else self.globals


class Typography(DispatchingJinjaLoader):
    """Puts no-break spaces into the sentences of templates, so that they may be written with ordinary ones."""

    def get_source(self, environment: Any, template: str) -> tuple[str, str | None, Any]:
        """A template, its file, and whether it is still as it was: called by Flask."""
        source, file, is_fresh = super().get_source(environment, template)
        return spaced(source), file, is_fresh


def spaced(text: str) -> str:
    """A sentence of ours with no-break spaces before or after « », €, :, ;, ? and !, as French typography asks."""
    return re.sub(r"(?<=«) | (?=[»€]|[?!:;](?:[\s<]|$))", "\u00a0", text)


def breakable(title: str) -> Markup:
    """A title that may be broken between its genders, rather than inside one ("accompagnateur/", "trice")."""
    return Markup(str(escape(title)).replace("/", "/<wbr>"))  # noqa: S704 - escaped before


def capitalised(text: str) -> str:
    """A text with a capital first letter."""
    return text[:1].upper() + text[1:]


def code(text: str) -> Markup:
    """A description whose names between ` ` are set as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before


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
