"""The list of diplomas: counted by level and kind, or those of a kind, or with some words. In: a request. Out: HTML."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Response, render_template, request

from search.diplomas import KINDS, kind_of
from search.fiche import Fiche
from search.folding import fold, slug
from web import texts
from web.answer import Answer
from web.links import query_string
from web.pages.way_to_job import LEVELS
from web.params import DiplomasParameters
from web.site import Site, page_parameters, source

PAGE: Final = "/diplomes"


@dataclass(frozen=True, slots=True)
class Diploma:
    """A diploma that sheets recommend, its name as it is searched (a slug), its kind, how many sheets recommend it."""

    id: str
    label: str
    name: str
    kind: str
    jobs: int


@dataclass(frozen=True, slots=True)
class Step:
    """A level of studies, with (kind, its slug, how many diplomas) for each kind that leads there."""

    name: str
    kinds: tuple[tuple[str, str, int], ...]


def blueprint(site: Site) -> Blueprint:
    """The list of diplomas over a site."""
    pages = Blueprint("diploma_list", __name__)

    @pages.get(PAGE)
    def diplomas() -> Response:
        asked = page_parameters(DiplomasParameters)
        normal = f"{query_string(asked.query())}\n{asked.type}\n{asked.contient}"
        return site.answer(request, PAGE, normal, lambda: _page(site, asked))

    return pages


def _page(site: Site, asked: DiplomasParameters) -> Answer:
    known = _known(site)
    kind = next((each for each in KINDS if slug(each) == asked.type), "")
    found = chosen(known, kind, asked.contient) if kind or asked.contient else ()
    body = render_template(
        "diplomes.html",
        here=PAGE,
        total=len(known),
        steps=steps(known),
        found=found,
        kind=kind,
        type=asked.type,
        containing=asked.contient,
        query=asked.query(),
        source=source(site.generation().info),
    )
    return Answer(body.encode(), "text/html", results=len(found))


def _known(site: Site) -> tuple[Diploma, ...]:
    """All diplomas of the index served, gathered once for each index."""
    kept = site.generation().html
    if PAGE not in kept:
        kept[PAGE] = recommended(site.catalogue.fiches())
    known: tuple[Diploma, ...] = kept[PAGE]
    return known


def recommended(fiches: Iterable[Fiche]) -> tuple[Diploma, ...]:
    """The diplomas of these sheets, each once, by name. One that goes by several names is called by the first met."""
    labels: dict[str, str] = {}
    jobs: dict[str, set[str]] = {}
    for fiche in fiches:
        for each in fiche.formations:
            if each.id:
                labels.setdefault(each.id, each.label)
                jobs.setdefault(each.id, set()).add(fiche.id)
    every = (Diploma(id, label, slug(label), kind_of(label), len(jobs[id])) for id, label in labels.items())
    return tuple(sorted(every, key=lambda each: (fold(each.label), each.id)))


def chosen(known: Iterable[Diploma], kind: str, containing: str) -> tuple[Diploma, ...]:
    """The diplomas of a kind ("": of any) whose names hold each of these words, or parts of words, accents aside.

    A text of signs alone ("+") is in no name.
    """
    words = slug(containing).split("-")
    if containing and not any(words):
        return ()
    return tuple(each for each in known if kind in {"", each.kind} and all(word in each.name for word in words))


def steps(known: Iterable[Diploma]) -> tuple[Step, ...]:
    """The kinds of these diplomas by level, from the end of collège up; kinds of no certain level come last."""
    counts: dict[str, int] = {}
    for each in known:
        counts[each.kind] = counts.get(each.kind, 0) + 1
    placed = {kind for level in LEVELS for kind in level.kinds}
    levels = [(texts.LEVEL_OF_DIPLOMAS.format(level=level.name), level.kinds) for level in LEVELS]
    levels.append((texts.OTHER_DIPLOMAS, tuple(kind for kind in KINDS if kind not in placed)))
    found = (
        Step(name, tuple((kind, slug(kind), counts[kind]) for kind in kinds if kind in counts))
        for name, kinds in levels
    )
    return tuple(each for each in found if each.kinds)
