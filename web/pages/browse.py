"""Reading without a search: by domain, level, interest and letter, the plan, kept sheets, and the pages that explain.

In: a request. Out: HTML, or the kept sheets as a table.
"""

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any, Final

from flask import Blueprint, Response, render_template, request

from search.engine import FacetValue
from search.errors import NotFound
from search.fiche import Fiche, Section
from search.folding import fold
from web import exports, texts
from web.cache import Answer
from web.labels import level_name
from web.pages.site_pages import PAGES, SitePage
from web.params import MAX_COMPARED, MAX_KEPT, CompareParameters, SelectionParameters
from web.site import Site, page_parameters, source

HTML: Final = "text/html"
FOUND_TO_ADD: Final = 8


def blueprint(site: Site, description: Callable[[Site], dict[str, Any]]) -> Blueprint:
    """The pages beside the search, over a site; `description` is the API's own, as OpenAPI."""
    browse = Blueprint("browse", __name__)
    _route_lists(browse, site)
    _route_selection(browse, site)
    _route_explanations(browse, site, description)
    return browse


def _page(site: Site, template: str, normal: str, **values: Any) -> Response:
    def make() -> Answer:
        told = source(site.generation().info)
        made = {key: value() if callable(value) else value for key, value in values.items()}
        return Answer(render_template(template, source=told, **made).encode(), HTML)

    return site.answer(request, template, normal, make)


def _route_lists(browse: Blueprint, site: Site) -> None:
    @browse.get("/parcourir")
    def by_choice() -> Response:
        return _page(
            site,
            "parcourir.html",
            "",
            documents=site.generation().info.documents,
            domaines=lambda: _families(site.catalogue.facet_values("domaine")),
            niveaux=lambda: site.catalogue.facet_values("niveau"),
            interets=lambda: sorted(site.catalogue.facet_values("interet"), key=lambda each: fold(each.label)),
            statuts=lambda: site.catalogue.facet_values("statut"),
            letters=lambda: [letter for letter, _ in _letters(site)],
        )

    @browse.get("/plan")
    def plan() -> Response:
        return _page(site, "plan.html", "", letters=lambda: _letters(site))


def _families(values: tuple[FacetValue, ...]) -> list[tuple[FacetValue, list[FacetValue]]]:
    """Domains, each with its sub-domains."""
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


def _route_selection(browse: Blueprint, site: Site) -> None:
    @browse.get("/selection")
    def selection() -> Response:
        parameters = page_parameters(SelectionParameters)
        ids = tuple(dict.fromkeys(parameters.id))
        fiches, missing = _kept(site, ids)
        normal = " ".join((*ids, parameters.q))
        if parameters.format:
            info = site.generation().info
            return site.answer(
                request, "selection csv", normal, lambda: exports.csv_answer(fiches, info, site.base_url)
            )
        return _page(
            site,
            "selection.html",
            normal,
            here="/selection",
            ids=ids,
            fiches=fiches,
            missing=missing,
            text=parameters.q,
            found=lambda: site.catalogue.suggest(parameters.q, FOUND_TO_ADD) if parameters.q else (),
            most=MAX_KEPT,
            most_compared=MAX_COMPARED,
        )

    @browse.get("/comparer")
    def compare() -> Response:
        parameters = page_parameters(CompareParameters)
        ids = tuple(dict.fromkeys(parameters.id))
        whole = tuple(dict.fromkeys(parameters.parmi)) or ids
        fiches, missing = _kept(site, ids)
        shown = fiches[:MAX_COMPARED]
        return _page(
            site,
            "comparer.html",
            f"{' '.join(ids)} / {' '.join(whole)}",
            ids=tuple(fiche.id for fiche in shown),
            whole=whole,
            fiches=shown,
            left_out=fiches[MAX_COMPARED:],
            missing=missing,
            rows=_rows(shown),
            most_compared=MAX_COMPARED,
        )


def _kept(site: Site, ids: tuple[str, ...]) -> tuple[list[Fiche], list[str]]:
    """The sheets of these ids, and the ids that no sheet has: a kept link may outlive a sheet."""
    fiches: list[Fiche] = []
    missing: list[str] = []
    for id in ids:
        try:
            fiches.append(site.catalogue.fiche(id))
        except NotFound:
            missing.append(id)
    return fiches, missing


def _rows(fiches: list[Fiche]) -> list[tuple[str, list[list[str]]]]:
    """The table of a comparison: for each heading, the lines of each sheet."""
    table = [(texts.COMPARED[name], [lines(fiche) for fiche in fiches]) for name, lines in _COMPARED.items()]
    return [(heading, cells) for heading, cells in table if any(cells)]


def _salaire(fiche: Fiche) -> list[str]:
    return fiche.salaire_debutant.text.split("\n") if fiche.salaire_debutant else []


def _subtitles(section: Section) -> list[str]:
    return [block.title for block in section if block.title]


def _domaines(fiche: Fiche) -> list[str]:
    return [" : ".join(filter(None, (each.domaine, each.sous_domaine))) for each in fiche.domaines]


_COMPARED: Final[dict[str, Callable[[Fiche], list[str]]]] = {
    "niveau": lambda fiche: [level_name(fiche.niveau)] if fiche.niveau else [],
    "salaire": _salaire,
    "statuts": lambda fiche: list(fiche.statuts),
    "interets": lambda fiche: list(fiche.interets),
    "domaines": _domaines,
    "presentation": lambda fiche: [block.text for block in fiche.section("presentation")],
    "competences": lambda fiche: _subtitles(fiche.section("competences")),
    "conditions_travail": lambda fiche: _subtitles(fiche.section("conditions_travail")),
    "formations": lambda fiche: [each.label for each in fiche.formations],
}
"""What is compared, in order: the lines of a sheet. The headings are in `texts`."""


def _name_sources(sources: Iterable[str]) -> list[tuple[str, str, str, str]]:
    """The lists of names among the sources of the index: version, name, address, licence."""
    return [
        (source, *texts.NAME_SOURCES[name])
        for source in sources
        if (name := source.partition(" ")[0]) in texts.NAME_SOURCES
    ]


def _route_explanations(browse: Blueprint, site: Site, description: Callable[[Site], dict[str, Any]]) -> None:
    for page in PAGES:
        if page.template:

            def explain(page: SitePage = page) -> Response:
                info = site.generation().info
                named = _name_sources(info.sources)
                return _page(site, page.template, "", this_page=page, here=page.path, info=info, name_sources=named)

            browse.add_url_rule(page.path, page.path, explain)

    @browse.get("/api/docs")
    def docs() -> Response:
        return _page(
            site,
            "docs.html",
            "",
            document=lambda: description(site),
            problems=texts.PROBLEMS,
            details=texts.FAULTS,
        )
