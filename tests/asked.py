"""What the tests of the contract ask of an engine. In: an engine, words, filters. Out: numbers of sheets."""

from collections.abc import Sequence
from typing import Any

from search.engine import Engine, Hits
from search.fields import BOUNDS
from search.query import Query


def ids(found: Hits) -> list[str]:
    """The sheets of a page, in their order."""
    return [hit.fiche.id for hit in found.hits]


def found_by(engine: Engine, text: str, **rest: Any) -> list[str]:
    """The sheets that a search finds; `rest` are fields of Query, or bounds of ranges."""
    limits = {name: rest.pop(name) for name in BOUNDS if name in rest}
    return ids(engine.search(Query(text=text, per_page=100, **rest).within(**limits)))


def chosen(*pairs: str) -> frozenset[tuple[str, str]]:
    """Filters from "facet=value" words."""
    return frozenset((name, value) for name, _, value in (pair.partition("=") for pair in pairs))


def numbers(found: Sequence[str]) -> list[int]:
    """The numbers of sheets, MET.17 being 17."""
    return [int(id.removeprefix("MET.")) for id in found]


QUERIES = [
    Query(),
    Query(text="vente"),
    Query(text="-vente"),
    Query(text='"travail de nuit"'),
    Query(text="technicein"),
    Query(text="zyzomysq"),
    Query(text="pêche", filters=chosen("statut=artisan")),
    Query(text="vente du pain").within(niveau_max="cap-ou-equivalent", salaire_min=1800),
    Query(text="nuit", dans=frozenset({"competences"})),
    Query(filters=chosen("domaine=artisanat.metiers-de-bouche", "interet=creer")),
    Query(filters=chosen("statut=astronaute")),
]
"""One of each kind that an engine answers."""
