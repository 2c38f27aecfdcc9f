"""The page of a diploma: the jobs that it is recommended for, and where it is prepared. In: a request. Out: HTML."""

import re
from typing import Final

from flask import Blueprint, Response, render_template, request

from search.diplomas import kind_of
from search.errors import NotFound
from search.fiche import NUMBER
from search.query import Query
from web.answer import Answer
from web.links import query_string
from web.pages.way_to_job import LEVELS
from web.params import KeptParameters
from web.site import Site, page_parameters, source

MOST: Final = 100
"""The most jobs that the page names; of the official diplomas none has more than 26."""

_ID: Final = re.compile(rf"FOR\.{NUMBER}")


def blueprint(site: Site) -> Blueprint:
    """The diplomas over a site."""
    pages = Blueprint("diploma", __name__)

    @pages.get("/diplomes/<id>")
    def diploma(id: str) -> Response:
        kept = page_parameters(KeptParameters).query()
        if not _ID.fullmatch(id):
            raise NotFound("diplome", id)
        return site.answer(request, f"diploma {id}", query_string(kept), lambda: _page(site, id, kept))

    return pages


def _page(site: Site, id: str, kept: Query) -> Answer:
    found = site.catalogue.search(Query(text=id, facets=frozenset(), excerpts=0, per_page=MOST, sort="nom"))
    labels = {hit.fiche.id: each.label for hit in found.hits for each in hit.fiche.formations if each.id == id}
    if not labels:
        raise NotFound("diplome", id)
    label = next(iter(labels.values()))
    kind = kind_of(label)
    body = render_template(
        "diplome.html",
        id=id,
        label=label,
        kind=kind,
        level=next((each.name for each in LEVELS if kind in each.kinds), ""),
        fiches=[hit.fiche for hit in found.hits if hit.fiche.id in labels],
        query=kept,
        source=source(site.generation().info),
    )
    return Answer(body.encode(), "text/html", results=len(labels))
