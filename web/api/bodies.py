"""Results as JSON. In: a ResultPage, sheets, suggestions. Out: bytes in the shape of the API's contract.

The answer of a search holds up to a thousand facet values. What does not depend on the query is written once for each
index, and an answer only joins the pieces.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import compress, groupby
from operator import attrgetter
from typing import Any, Final
from urllib.parse import quote

import orjson

from search.catalogue import FacetChoices, ResultPage
from search.engine import Excerpt, FacetValue, Hit, IndexInfo, Similar, Suggestion
from search.fiche import Fiche, Formation
from search.fields import BOUNDS, FACET_BY_NAME, FIELD_BY_NAME, sections
from search.french.facet_completion import CompletedChoice
from search.query import Query
from web import outside_links, texts
from web.answer import Answer
from web.api.models import FACETS_OF_SHEET
from web.exports import saved_as
from web.highlights import marked_html
from web.links import changed_url, longer, query_string, url
from web.params import FORMATS
from web.site import Generation, source

SEARCH: Final = "/api/v1/search"
METIERS: Final = "/api/v1/metiers"

EXCERPTS: Final = 2
"""Pieces of text that an answer shows of each result: with their marks they are a third of it."""

_MOST_KEPT: Final = 5_000
"""Sheets whose JSON is kept in memory; a larger corpus makes the others again."""


def search_answer(page: ResultPage, generation: Generation, links: Mapping[str, str | None]) -> bytes:
    """The answer of `/api/v1/search`; `links` are those of the page."""
    query = page.query
    asked = query_string(query, page=1)
    return orjson.dumps(
        {
            "query": _query(query),
            "total_results": page.total,
            "page": query.page,
            "per_page": query.per_page,
            "total_pages": page.total_pages,
            "took_ms": page.took_ms,
            "partial": page.partial,
            "index": index(page.index),
            "source": source(page.index),
            "results": [_hit(hit, generation) for hit in page.hits],
            "facets": [orjson.Fragment(_facet(facet, asked, generation)) for facet in page.facets],
            "understanding": _understanding(page),
            "suggestions": [
                {"text": each.text, "count": each.count, "href": url(SEARCH, each.query)} for each in page.did_you_mean
            ],
            "nearest": [_suggestion(each) for each in page.nearest],
            "relaxations": [
                {"remove": each.remove, "count": each.count, "href": url(SEARCH, each.query)}
                for each in page.relaxations
            ],
            "links": links,
        }
    )


def _understanding(page: ResultPage) -> dict[str, Any]:
    """How the words were read; each reading with the search that takes it back."""
    told, query = page.understanding, page.query
    is_read = told.corrections or told.readings
    exact = changed_url(SEARCH, query, typo=False, page=1) if is_read else None
    return {
        "text": told.text,
        "corrections": [
            {"typed": each.typed, "understood": each.understood, "href": exact} for each in told.corrections
        ],
        "ignored": told.ignored,
        "partial_match": told.partial_match,
        "excluded": [{"typed": each.typed, "href": url(SEARCH, query.with_text(each.text))} for each in told.excluded],
        "left_out": told.left_out,
        "readings": [
            {
                "kind": each.kind,
                "typed": each.typed,
                "meant": each.meant,
                "href": url(SEARCH, query.with_text(each.text)),
            }
            for each in told.readings
        ],
        "exact": exact,
    }


def links(page: ResultPage) -> dict[str, str | None]:
    """The links of a page of results. Those to its other pages name the edition: they end when another one is
    served."""
    query = page.query
    first = changed_url(SEARCH, query, page=1)
    edition = "edition", page.index.generation
    return {
        "self": url(SEARCH, query),
        "first": longer(first, *edition),
        "prev": longer(changed_url(SEARCH, query, page=query.page - 1), *edition) if query.page > 1 else None,
        "next": longer(changed_url(SEARCH, query, page=query.page + 1), *edition) if page.has_next else None,
        "csv": longer(first, "format", "csv"),
        "ndjson": longer(first, "format", "ndjson"),
        "html": url("/", query),
    }


def suggest_answer(text: str, suggestions: Iterable[Suggestion], beside: Iterable[CompletedChoice]) -> bytes:
    """The answer of `/api/v1/suggest`: jobs, and groups of what else fits, each with the page of its sheets."""
    groups = [
        {
            "name": name,
            "label": texts.COMPLETED[name],
            "suggestions": [
                {
                    "value": each.value,
                    "label": each.label,
                    "ranges": each.ranges,
                    "count": each.count,
                    "href": f"/?{name}={quote(each.value)}",
                }
                for each in together
            ],
        }
        for name, together in groupby(beside, key=attrgetter("facet"))
    ]
    return orjson.dumps({"query": text, "suggestions": [_suggestion(each) for each in suggestions], "groups": groups})


def fiche_answer(fiche: Fiche, info: IndexInfo) -> bytes:
    """The answer of `/api/v1/metiers/{id}`: the whole sheet."""
    return orjson.dumps(
        summary(fiche)
        | {
            "autres_appellations": [
                {"title": each.title, "feminin": each.feminin, "masculin": each.masculin}
                for each in fiche.autres_appellations
            ],
            "domaines": _values("domaine", fiche),
            "sections": [
                {
                    "name": field.name,
                    "label": field.label,
                    "href": f"/metiers/{fiche.id}#{field.anchor}",
                    "blocks": [{"title": block.title, "text": block.text} for block in section],
                }
                for field, section in sections(fiche)
            ],
            "duree_etudes": [{"title": block.title, "text": block.text} for block in fiche.duree_etudes],
            "formations": [_formation(each) for each in fiche.formations],
            **{facet.key: _values(facet.name, fiche) for facet in FACETS_OF_SHEET},
            "associes": [{"id": each.id, "label": each.label} for each in fiche.associes],
            "sources": [{"url": each.url, "label": each.label} for each in fiche.sources],
            "publications": [
                {"title": each.title, "collection": each.collection, "annee": each.annee, "gencod": each.gencod}
                for each in fiche.publications
            ],
            "noms": [{"label": each.label, "source": each.source} for each in fiche.noms if not each.code],
            "index": index(info),
            "source": source(info),
            "links": _links(fiche.id)
            | {
                "similaires": f"{METIERS}/{fiche.id}/similaires",
                "onisep": outside_links.onisep_metier(fiche.id),
                "metierscope": [address for *_, address in outside_links.metierscope(fiche)],
            },
        }
    )


def similar_answer(fiche: Fiche, similar: Iterable[Similar], info: IndexInfo) -> bytes:
    """The answer of `/api/v1/metiers/{id}/similaires`, nearest first."""
    results = [
        summary(each.fiche)
        | {"score": round(each.score, 4), "associated": each.associated, "links": _links(each.fiche.id)}
        for each in similar
    ]
    return orjson.dumps({"id": fiche.id, "title": fiche.title, "results": results, "source": source(info)})


def ndjson_answer(fiches: Iterable[Fiche], info: IndexInfo) -> Answer:
    """Sheets as lines of JSON, one each, in the shape of the results of a search."""
    told = source(info)
    lines = [orjson.dumps(summary(fiche) | {"source": told}) for fiche in fiches]
    body = b"".join(line + b"\n" for line in lines)
    return Answer(body, FORMATS["ndjson"], (saved_as("metiers.ndjson"),), results=len(lines))


def facet_answer(name: str, containing: str, values: Iterable[FacetValue]) -> bytes:
    """The answer of `/api/v1/facets/{name}`: its values, with the number of sheets that hold each."""
    facet = FACET_BY_NAME[name]
    return orjson.dumps(
        {
            "name": name,
            "label": facet.label,
            "type": facet.type,
            "operator": "or",
            "query": containing,
            "values": [
                _value(facet.type, each) | {"count": each.total, "href": f"{SEARCH}?{name}={quote(each.value)}"}
                for each in values
            ],
        }
    )


def index(info: IndexInfo) -> dict[str, Any]:
    """Which index answered."""
    return {"generation": info.generation, "documents": info.documents, "built_at": info.built_at}


def _query(query: Query) -> dict[str, Any]:
    filters: dict[str, list[str]] = {}
    for name, value in sorted(query.filters):
        filters.setdefault(name, []).append(value)
    return {
        "q": query.text,
        "filters": filters,
        **{name: query.bound(name) for name in BOUNDS},
        "dans": sorted(query.dans),
        "sort": query.sort,
        "typo": "auto" if query.typo else "off",
    }


def _hit(hit: Hit, generation: Generation) -> dict[str, Any]:
    fiche = hit.fiche
    known = generation.fiches.get(fiche.id)
    if known is None:
        known = {name: orjson.Fragment(orjson.dumps(value)) for name, value in summary(fiche).items()}
        known["links"] = orjson.Fragment(orjson.dumps(_links(fiche.id)))
        if len(generation.fiches) < _MOST_KEPT:
            generation.fiches[fiche.id] = known
    found: dict[str, Any] = {
        **known,
        "score": round(hit.score, 4),
        "matched_in": hit.matched_in,
        "nom": {"label": hit.nom.label, "source": hit.nom.source} if hit.nom else None,
        "highlight": {
            "title": {"text": fiche.title, "ranges": hit.title_ranges},
            "snippets": [_snippet(fiche.id, each) for each in hit.excerpts],
        },
    }
    if hit.parts:
        found["explain"] = [
            {"name": part.name, "label": part.label, "value": round(part.value, 6)} for part in hit.parts
        ]
    return found


def _snippet(id: str, excerpt: Excerpt) -> dict[str, Any]:
    field = FIELD_BY_NAME[excerpt.section]
    return {
        "section": field.name,
        "label": field.label,
        "text": excerpt.text,
        "ranges": excerpt.ranges,
        "html": marked_html(excerpt.text, excerpt.ranges),
        "href": f"/metiers/{id}#{field.anchor}",
    }


def summary(fiche: Fiche) -> dict[str, Any]:
    """What every list says of a sheet."""
    salaire = fiche.salaire_debutant
    return {
        "id": fiche.id,
        "title": fiche.title,
        "feminin": fiche.feminin,
        "masculin": fiche.masculin,
        "autres_appellations": [{"title": each.title} for each in fiche.autres_appellations],
        "niveau": next(iter(_values("niveau", fiche)), None),
        "rome": [{"code": each.code, "label": each.label} for each in fiche.rome],
        "statuts": _values("statut", fiche),
        "interets": _values("interet", fiche),
        "domaines": [_value("terms", each) for each in FACET_BY_NAME["domaine"].values(fiche)],
        "salaire_debutant": salaire and {"text": salaire.text, "min": salaire.min, "max": salaire.max},
    }


def _values(facet: str, fiche: Fiche) -> list[dict[str, Any]]:
    declared = FACET_BY_NAME[facet]
    return [_value(declared.type, each) for each in declared.values(fiche)]


def _value(type: str, value: Any) -> dict[str, Any]:
    written: dict[str, Any] = {"value": value.value, "label": value.label}
    if type == "ordered":
        written["rank"] = value.rank
    elif type == "tree":
        written["parent"] = value.parent
    return written


def _formation(formation: Formation) -> dict[str, str]:
    return {
        "id": formation.id,
        "label": formation.label,
        "html": f"/diplomes/{formation.id}",
        "url": outside_links.onisep_formation(formation.id),
    }


def _links(id: str) -> dict[str, Any]:
    return {"self": f"{METIERS}/{id}", "html": f"/metiers/{id}"}


def _suggestion(suggestion: Suggestion) -> dict[str, Any]:
    return {
        "id": suggestion.id,
        "label": suggestion.label,
        "title": suggestion.title,
        "ranges": suggestion.ranges,
        "href": f"/metiers/{suggestion.id}",
    }


@dataclass(frozen=True, slots=True)
class Pieces:
    """The JSON of a facet but for counts and links: its head; for each value, what stands before its count, and the end
    of the link that chooses it."""

    values: tuple[FacetValue, ...]
    head: bytes
    openings: list[bytes]
    ends: list[bytes]


def _facet(facet: FacetChoices, asked: str, generation: Generation) -> bytes:
    """The facet as JSON: the values that some sheet found has, those chosen, and the others if `zeros` asks for them.

    asked: the query string of the search at page 1.
    """
    pieces = generation.facets.get(facet.name)
    if pieces is None or pieces.values is not facet.values:
        pieces = generation.facets[facet.name] = _pieces(facet)
    start = f'"selected":false,"toggle":"{SEARCH}?{asked}{"&" if asked else ""}'.encode()
    if not facet.state.zeros and not facet.selected:
        rows = zip(pieces.openings, facet.counts, pieces.ends, strict=True)
        found = [b"%b%d,%b%b" % (opening, count, start, end) for opening, count, end in rows if count]
        return b"%b%b]}" % (pieces.head, b",".join(found))
    places = range(len(facet.values))
    # In display order, which the chosen values keep.
    written = dict.fromkeys(places, b"")
    if facet.state.zeros:
        written = {place: piece + b'0,"selected":false,"toggle":null}' for place, piece in enumerate(pieces.openings)}
    for place in compress(places, facet.counts):
        written[place] = b"%b%d,%b%b" % (pieces.openings[place], facet.counts[place], start, pieces.ends[place])
    for place, value in enumerate(facet.values) if facet.selected else ():
        if value.value in facet.selected:
            toggled = url(SEARCH, facet.state.toggle(facet.name, value.value)).encode()
            written[place] = b'%b%d,"selected":true,"toggle":"%b"}' % (
                pieces.openings[place], facet.counts[place], toggled,
            )  # fmt: skip
    return b"%b%b]}" % (pieces.head, b",".join(filter(None, written.values())))


def _pieces(facet: FacetChoices) -> Pieces:
    described = {
        "name": facet.name, "label": facet.label, "type": facet.type, "operator": "or",
        "total_values": len(facet.values),
    }  # fmt: skip
    openings = [orjson.dumps(_value(facet.type, value))[:-1] + b',"count":' for value in facet.values]
    ends = [f'{facet.name}={quote(value.value)}"}}'.encode() for value in facet.values]
    return Pieces(facet.values, orjson.dumps(described)[:-1] + b',"values":[', openings, ends)
