"""The same port on an OpenSearch cluster. In: sheets, queries. Out: generations of the cluster, hits.

    rebuild   fiches -> an embedded generation aside -> bulk -> check -> one switch of the alias
    search    text -> reading (here) -> coverage -> best of each ROME code -> page and counts -> excerpts (here)

Understanding the words, excerpts, completion and the map are done here, from small tables that each process keeps of
the generation being served; finding, counting, ordering and nearness are done by the cluster. See `search.engine`.
"""

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Final, TypeVar

from search.cluster import mapping
from search.cluster import queries as opensearch_queries
from search.cluster.client import Cluster, Json
from search.cluster.generations import Generations
from search.cluster.mapping import Served, place_key
from search.cluster.queries import Words
from search.embedded import engine, excerpts
from search.embedded.engine import EmbeddedEngine
from search.embedded.similar import KIN
from search.embedded.snapshot import open_snapshot
from search.engine import (
    Change,
    FacetValue,
    Hit,
    Hits,
    IndexInfo,
    Part,
    Place,
    Progress,
    Similar,
    Suggestion,
    Understanding,
)
from search.errors import (
    EngineUnavailable,
    IndexDamaged,
    IndexMissing,
    IndexStale,
    MetiersError,
    NotFound,
    TargetMissing,
)
from search.fiche import ID, Fiche
from search.french import understanding
from search.french.understanding import Word
from search.index import changes, generations
from search.index.changes import Earlier
from search.index.fiche_json import fiche_from_json
from search.query import MAX_WINDOW, Query
from search.ranking import PARTS
from search.settings import Settings

LOG: Final = logging.getLogger("metiers")
T = TypeVar("T")

SOFT_LIMIT: Final = 0.8
"""The share of the time-out after which the cluster answers with what it has."""

SAMPLES: Final = 3
"""Sheets looked for in a new index before it serves."""


def fingerprint() -> str:
    """Names the fields, the analysis, the weights and the mapping: an index made under another one is refused."""
    own = f"{engine.fingerprint()} {mapping.FORMAT}"
    return hashlib.sha256(own.encode()).hexdigest()[:16]


class OpenSearchEngine:
    """An engine over one alias of a cluster. Follows the generation being served; safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._cluster = Cluster(settings)
        self._generations = Generations(self._cluster, settings)
        self._lock = Lock()
        self._served: Served | None = None
        self._failure: str | None = None
        self._pinned: Served | None = None

    # --- writing ----------------------------------------------------------------------------------

    def rebuild(
        self, fiches: Sequence[Fiche], sources: Sequence[str], progress: Progress, data_date: str = ""
    ) -> IndexInfo:
        """Write a new generation beside the others, check it, then serve it. Raises IndexBusy."""
        with self._generations.indexing() as lease, TemporaryDirectory(prefix="metiers-") as name:
            folder = Path(name)
            local = EmbeddedEngine(folder)
            made = local.rebuild(fiches, sources, progress, data_date, self._held())
            local.close()
            index = self._generations.new()
            info = replace(made, generation=self._generations.of(index), fingerprint=fingerprint())
            served = folder / generations.current(folder)
            try:
                self._generations.write(index, open_snapshot(served, made), served, info, progress, lease)
                self._check(index, fiches)
                progress("checking", 1, 1)
                lease.hold()
                self._generations.switch(index)
            except BaseException:
                self._generations.remove(index)
                raise
            self._generations.clean()
        return info

    def rollback(self) -> str:
        """Serve the generation before the current one, or come forward again. Returns its name.

        Raises IndexMissing if only one is kept.
        """
        with self._generations.indexing():
            return self._generations.of(self._generations.rollback())

    def _held(self) -> Earlier | None:
        """The sheets of the generation being served, None where it cannot be read: indexing again is the way out."""
        try:
            directory = self._load(self._generations.current()).directory
            return changes.held(directory.names.ids, directory.change_table)
        except (MetiersError, LookupError, TypeError, ValueError):
            return None

    def _check(self, index: str, fiches: Sequence[Fiche]) -> None:
        """Refuse a generation that does not hold every sheet, or does not find some of them by their names."""
        served = self._load(index)
        total = self._search(served, Query(facets=frozenset())).total
        if total != len(fiches):
            raise IndexDamaged(f"{index} holds {total} sheets of {len(fiches)}: it is not served. Index again.")
        for fiche in fiches[:: max(1, len(fiches) // SAMPLES)]:
            found = self._search(served, Query(text=fiche.id, facets=frozenset()))
            if found.partial or fiche.id not in {hit.fiche.id for hit in found.hits}:
                raise IndexDamaged(f"{index} does not find {fiche.id}: it is not served. Index again.")

    # --- reading ----------------------------------------------------------------------------------

    def pinned(self) -> "OpenSearchEngine":
        """The index as it is served now, for one request."""
        view = copy(self)
        view._pinned = self._current()
        return view

    def passed_over(self) -> str | None:
        """Why the newest index is not the one being served, None if it is."""
        return self._failure

    def info(self) -> IndexInfo:
        """What is being served."""
        return self._current().info

    def search(self, query: Query) -> Hits:
        """One page of hits with facet counts."""
        return self._ask(lambda served: self._search(served, query))

    def counts(self, queries: Sequence[Query]) -> tuple[int, ...]:
        """The totals of several queries. Raises EngineUnavailable rather than tell a wrong one."""
        return self._ask(lambda served: self._counts(served, queries)) if queries else ()

    def facet_values(self, facet: str) -> tuple[FacetValue, ...]:
        """All values of a facet in display order."""
        return self._current().directory.facet_values(facet)

    def get(self, id: str) -> Fiche:
        """One sheet."""
        return self._ask(lambda served: fiche_from_json(self._document(served, id)["fiche"]))

    def all(self) -> Iterable[tuple[str, str]]:
        """(id, title) of every sheet, by title."""
        return self._current().directory.all()

    def suggest(self, text: str, limit: int) -> tuple[Suggestion, ...]:
        """Completions; of the corrected words where no title fits what is typed."""
        return self._current().directory.suggest(text, limit)

    def similar(self, id: str, limit: int) -> tuple[Similar, ...]:
        """The sheets that the feed names first, then the nearest."""
        return self._ask(lambda served: self._similar(served, id, limit))

    def places(self) -> tuple[Place, ...]:
        """The map of the sheets, by title."""
        return self._current().directory.places()

    def matching(self, query: Query) -> frozenset[str]:
        """The ids of all the sheets that a query finds."""
        return self._ask(lambda served: frozenset(self._matching(served, query)))

    def changes(self, limit: int) -> tuple[Change, ...]:
        """The last sheets that came or changed."""
        return self._current().directory.changes(limit)

    def close(self) -> None:
        """Close the connections."""
        self._served = None
        self._cluster.close()

    # --- the generation being served ----------------------------------------------------------------

    def _current(self) -> Served:
        """The generation behind the alias, opened anew when that has moved.

        A new generation that cannot be opened leaves the one that serves.
        """
        if self._pinned is not None:
            return self._pinned
        index = self._generations.current()
        served = self._served
        if served is not None and served.index == index:
            return served
        with self._lock:
            if self._served is not None and self._served.index == index:
                return self._served
            try:
                self._served = self._load(index)
            except MetiersError as error:
                if self._served is None:
                    raise
                if self._failure is None:
                    LOG.error("A new index cannot be served; the one before still is. %s", error)
                self._failure = str(error)
            else:
                self._failure = None
            return self._served

    def _load(self, index: str) -> Served:
        manifest = self._generations.manifest(index)
        if manifest.get("info", {}).get("fingerprint") != fingerprint():
            raise IndexStale(
                f"{index}: made by another version of this program. Index again with: metiers index SOURCE"
            )
        return mapping.unpacked(index, manifest, self._generations.pieces(index, manifest))

    def _ask(self, question: Callable[[Served], T]) -> T:
        """The answer of the generation being served, of the next one where it goes away in between."""
        for _ in range(3):
            try:
                return question(self._current())
            except TargetMissing:
                self._served = None
        raise IndexMissing(f"{self._cluster.name}: the index went away. Index again with: metiers index SOURCE")

    # --- searching ----------------------------------------------------------------------------------

    def _search(self, served: Served, query: Query) -> Hits:
        words = Words(understanding.read(query.text, served.vocabulary, query.typo), served, query.dans)
        reach = self._reach(served, [words])[0]
        answers: list[Json] = []
        scored = words.own(reach.threshold) if words.told else words.found(reach.threshold)
        if words.told and scored != opensearch_queries.NOTHING:
            codes = self._one(served, opensearch_queries.codes_body(scored))
            answers.append(codes)
            buckets = codes["aggregations"]["codes"]["buckets"]
            scored = opensearch_queries.with_kin(
                scored, {bucket["key"]: bucket["best"]["value"] for bucket in buckets if bucket["best"]["value"]}
            )
        page = self._one(served, opensearch_queries.page_body(scored, query, served, words))
        answers.append(page)
        found = page["hits"]["hits"]
        parts = self._parts(served, words, found) if query.explain and words.told else {}
        return Hits(
            index=served.info,
            total=page["hits"]["total"]["value"],
            hits=tuple(_hits(found, words, parts, query.excerpts)),
            facets=opensearch_queries.facet_counts(page.get("aggregations", {}), query, served),
            understanding=_understanding(words, found, reach.best < words.wanted * 0.999),
            partial=reach.partial or any(map(_partial, answers)),
        )

    def _counts(self, served: Served, queries: Sequence[Query]) -> tuple[int, ...]:
        words = [
            Words(understanding.read(each.text, served.vocabulary, each.typo), served, each.dans) for each in queries
        ]
        bodies = [
            opensearch_queries.total_body(each.found(reach.threshold), query)
            for query, each, reach in zip(queries, words, self._reach(served, words), strict=True)
        ]
        answers = self._several(served, bodies)
        if any(map(_partial, answers)):
            raise EngineUnavailable(f"OpenSearch ({self._cluster.name}) counts only a part of the sheets for now.")
        return tuple(answer["hits"]["total"]["value"] for answer in answers)

    def _reach(self, served: Served, words: Sequence["Words"]) -> list["_Reach"]:
        """What the best sheets cover of the words of each query, all in one request."""
        asked = [each for each in words if each.plan.words]
        answers = iter(self._several(served, [opensearch_queries.coverage_body(each) for each in asked]))
        reached = []
        for each in words:
            if each.plan.words:
                answer = next(answers)
                scores = [hit["_score"] for hit in answer["hits"]["hits"]]
                least = opensearch_queries.threshold(scores)
                reached.append(_Reach(scores[0] if scores else 0.0, least, _partial(answer)))
            else:
                reached.append(_Reach(0.0, 0.0, False))
        return reached

    def _parts(self, served: Served, words: Words, found: Sequence[Json]) -> dict[str, tuple[Part, ...]]:
        """The parts of the scores of a page, by id: each asked alone, the kinship being what is left."""
        if not found:
            return {}
        ids = {"ids": {"values": [hit["_id"] for hit in found]}}
        parts = words.parts()
        bodies = [
            {"query": {"bool": {"filter": [ids], "should": [part]}}, "size": len(found), "_source": False}
            for part in parts.values()
        ]
        scores = [
            {hit["_id"]: hit["_score"] for hit in answer["hits"]["hits"]} for answer in self._several(served, bodies)
        ]
        told: dict[str, tuple[Part, ...]] = {}
        for hit in found:
            values = [each.get(hit["_id"], 0.0) for each in scores]
            values.append(hit["_score"] - sum(values))
            names = (*parts, "parente")
            told[hit["_id"]] = tuple(Part(name, PARTS[name], value) for name, value in zip(names, values, strict=True))
        return told

    def _similar(self, served: Served, id: str, limit: int) -> tuple[Similar, ...]:
        document = self._document(served, id)
        named = list(dict.fromkeys(each.id for each in fiche_from_json(document["fiche"]).associes))
        near = self._one(
            served,
            opensearch_queries.similar_body(id, document["signature"], document["codes"], KIN, limit + len(named)),
        )["hits"]["hits"]
        sheets = {hit["_id"]: fiche_from_json(hit["_source"]["fiche"]) for hit in near}
        if named:
            asked = {"query": {"ids": {"values": named}}, "size": len(named), "_source": ["fiche"]}
            hits = self._one(served, asked)["hits"]["hits"]
            sheets |= {hit["_id"]: fiche_from_json(hit["_source"]["fiche"]) for hit in hits}
        scores = {hit["_id"]: min(1.0, hit["_score"] / (1.0 + KIN)) for hit in near}
        named = [each for each in named if each in sheets]
        ordered = [*named, *(each for each in scores if each not in named)][:limit]
        return tuple(Similar(sheets[each], scores.get(each, 0.0), each in named) for each in ordered)

    def _matching(self, served: Served, query: Query) -> Iterator[str]:
        words = Words(understanding.read(query.text, served.vocabulary, query.typo), served, query.dans)
        body = opensearch_queries.total_body(words.found(self._reach(served, [words])[0].threshold), query)
        body |= {"size": MAX_WINDOW, "sort": [{"ordre": "asc"}], "_source": False, "track_total_hits": False}
        while True:
            answer = self._one(served, body)
            if _partial(answer):
                raise EngineUnavailable(f"OpenSearch ({self._cluster.name}) sees only a part of the sheets for now.")
            hits = answer["hits"]["hits"]
            yield from (hit["_id"] for hit in hits)
            if len(hits) < MAX_WINDOW:
                return
            body["search_after"] = hits[-1]["sort"]

    def _document(self, served: Served, id: str) -> Json:
        missing = NotFound("fiche", id)
        if not ID.fullmatch(id):
            raise missing
        try:
            source: Json = self._cluster.call("GET", f"/{served.index}/_source/{id}")
        except TargetMissing:
            if self._generations.current() == served.index:
                raise missing from None
            raise
        return source

    def _one(self, served: Served, body: Json) -> Json:
        return self._several(served, [body])[0]

    def _several(self, served: Served, bodies: Sequence[Json]) -> list[Json]:
        return self._cluster.search(served.index, [self._limited(body) for body in bodies])

    def _limited(self, body: Json) -> Json:
        return {**body, "timeout": f"{int(self._settings.opensearch_timeout * SOFT_LIMIT * 1000)}ms"}


@dataclass(frozen=True, slots=True)
class _Reach:
    """What the best sheet covers of the words, the least that counts as found, and whether some shards are silent."""

    best: float
    threshold: float
    partial: bool


def _partial(answer: Json) -> bool:
    # A shard without any copy left is not among the failed ones: it is only missing from those that succeeded.
    shards = answer["_shards"]
    silent = shards["failed"] or shards["successful"] < shards["total"]
    return bool(answer["timed_out"] or silent or answer.get("terminated_early"))


def _hits(found: Sequence[Json], words: Words, parts: Mapping[str, tuple[Part, ...]], most: int) -> Iterator[Hit]:
    marked = words.plan.marked
    terms = [[place_key(words.served.terms[term]) for term in word.terms] for word in marked]
    idf = [word.idf for word in marked]
    fiches = [fiche_from_json(hit["_source"]["fiche"]) for hit in found]
    sheets = [partial(excerpts.field_text, fiche) for fiche in fiches]
    places = excerpts.placed(_occurrences(found, terms, words.fields) if most else ())
    for hit, fiche, quoted in zip(found, fiches, excerpts.quotes(sheets, places, idf, most), strict=True):
        score = hit["_score"] if words.told else 0.0
        yield Hit(fiche, score, quoted.title, quoted.excerpts, quoted.sections, parts.get(hit["_id"], ()))


def _occurrences(
    found: Sequence[Json], words: Sequence[Sequence[str]], fields: Sequence[int]
) -> Iterator[tuple[int, int, int, int, int]]:
    """Where the words stand: sheet, field, start, length, word. words[w] are the names in `places` of word w."""
    for sheet, hit in enumerate(found):
        places: Mapping[str, list[int]] = hit["_source"].get("places", {})
        for number, terms in enumerate(words):
            for term in terms:
                flat = places.get(term, [])
                for field, start, length in zip(flat[::3], flat[1::3], flat[2::3], strict=True):
                    if field in fields:
                        yield sheet, field, start, length, number


def _understanding(words: Words, found: Sequence[Json], partial: bool) -> Understanding:
    def held(word: Word) -> Iterator[bool]:
        for term in word.terms:
            yield any(_occurrences(found[:1], [[place_key(words.served.terms[term])]], words.fields))

    return understanding.understanding(words.plan, held, words.told and partial)
