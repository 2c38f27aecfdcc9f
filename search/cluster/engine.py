"""The engine on an OpenSearch cluster. In: sheets, queries. Out: generations of the cluster, hits.

    rebuild   fiches -> an embedded generation aside -> bulk -> check -> one switch of the alias
    search    text -> Plan (here) -> one request (`one_request`), else coverage -> best of each ROME code -> page and
              counts -> excerpts (here)

Understanding the words, excerpts, completion and the map are done here, from small tables that each process keeps of
the generation being served; finding, counting, ordering and nearness are done by the cluster. See `search.engine`.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeVar

import numpy as np

from search.cluster import one_request, queries, responses, snapshot, stored_sheet
from search.cluster.client import Cluster, Json
from search.cluster.generations import Generations
from search.cluster.mapping import FORMAT, terms_of
from search.cluster.queries import Words
from search.cluster.responses import Page, is_partial, place
from search.cluster.snapshot import ClusterSnapshot
from search.cluster.stored_sheet import StoredSheet
from search.embedded import excerpts
from search.embedded.engine import EmbeddedEngine
from search.embedded.matching import NEARLY_ALL
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
from search.fiche import Fiche, Nom
from search.french import name_matching, understanding
from search.french.plan import Word
from search.index import changes, generations
from search.index.changes import Earlier
from search.index.fingerprint import fingerprint as of_the_files
from search.query import MAX_WINDOW, Query
from search.ranking import PARTS
from search.reopening import Follower
from search.settings import Settings

T = TypeVar("T")

SOFT_LIMIT: Final = 0.8
"""The share of the time-out after which the cluster answers with what it has."""

READ_AT_ONCE: Final = 50
"""Sheets of one answer if all are read."""

SAMPLES: Final = 3
"""Sheets looked for in a new index before it serves."""


def fingerprint() -> str:
    """Names the fields, the analysis, the weights and the mapping: an index made under another one is refused."""
    own = f"{of_the_files()} {FORMAT}"
    return hashlib.sha256(own.encode()).hexdigest()[:16]


class OpenSearchEngine:
    """An engine over one alias of a cluster. Follows the generation being served; safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._cluster = Cluster(settings)
        self._generations = Generations(self._cluster, settings)
        self._follower: Follower[ClusterSnapshot] = Follower()
        self._pinned: ClusterSnapshot | None = None

    # --- writing ----------------------------------------------------------------------------------

    def rebuild(
        self,
        fiches: Sequence[Fiche],
        sources: Sequence[str],
        progress: Progress,
        data_date: str = "",
        nowhere: Sequence[Nom] = (),
    ) -> IndexInfo:
        """Write a new generation beside the others, check it, then serve it. Raises IndexBusy."""
        with self._generations.indexing() as lease, TemporaryDirectory(prefix="metiers-") as name:
            folder = Path(name)
            local = EmbeddedEngine(folder)
            made = local.rebuild(fiches, sources, progress, data_date, nowhere, self._held())
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
        """The sheets of the generation being served, None if it cannot be read (indexing again mends it)."""
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
        return self._follower.passed_over()

    def recheck(self) -> None:
        """Nothing to look at: the tables kept here are in memory, and the cluster sums its own files."""

    def info(self) -> IndexInfo:
        """What is being served."""
        return self._current().info

    def search(self, query: Query) -> Hits:
        """One page of hits with facet counts."""
        return self._ask(lambda seen: self._search(seen, query))

    def counts(self, queries: Sequence[Query]) -> tuple[int, ...]:
        """The totals of several queries. Raises EngineUnavailable rather than tell a wrong one."""
        return self._ask(lambda seen: self._counts(seen, queries)) if queries else ()

    def facet_values(self, facet: str) -> tuple[FacetValue, ...]:
        """All values of a facet in display order."""
        return self._current().directory.facet_values(facet)

    def get(self, id: str) -> Fiche:
        """One sheet."""
        return self._ask(lambda seen: self._sheet(seen, id).fiche)

    def all(self) -> Iterable[tuple[str, str]]:
        """(id, title) of every sheet, by title."""
        return self._current().directory.all()

    def fiches(self) -> Iterator[Fiche]:
        """Every sheet, by title, READ_AT_ONCE in a request."""
        seen = self._current()
        for first in range(0, seen.info.documents, READ_AT_ONCE):
            docs = range(first, min(first + READ_AT_ONCE, seen.info.documents))
            read = self._read_sheets(seen, docs)
            if len(read) < len(docs):
                raise EngineUnavailable(f"OpenSearch ({self._cluster.name}) does not find all the sheets for now.")
            yield from (read[doc].fiche for doc in docs)

    def digests(self) -> Mapping[str, bytes]:
        """The digest of each sheet, by id."""
        return self._current().directory.digests()

    def suggest(self, text: str, limit: int) -> tuple[Suggestion, ...]:
        """Completions; of the corrected words if no title fits what is typed."""
        return self._current().directory.suggest(text, limit)

    def similar(self, id: str, limit: int) -> tuple[Similar, ...]:
        """The sheets that the feed names first, then the nearest."""
        return self._ask(lambda seen: self._similar(seen, id, limit))

    def places(self) -> tuple[Place, ...]:
        """The map of the sheets, by title."""
        return self._current().directory.places()

    def matching(self, query: Query) -> frozenset[str]:
        """The ids of all the sheets that a query finds."""
        return self._ask(lambda seen: frozenset(self._matching(seen, query)))

    def changes(self, limit: int) -> tuple[Change, ...]:
        """The last sheets that came or changed."""
        return self._current().directory.changes(limit)

    def since(self) -> Mapping[str, str]:
        """When each sheet came or last changed, by id."""
        return self._current().directory.since()

    def close(self) -> None:
        """Close the connections."""
        self._follower.forget()
        self._cluster.close()

    # --- the generation being served ----------------------------------------------------------------

    def _current(self) -> ClusterSnapshot:
        """The generation behind the alias, opened anew if that has moved."""
        if self._pinned is not None:
            return self._pinned
        index = self._generations.current()
        return self._follower.current(index, lambda: self._load(index))

    def _load(self, index: str) -> ClusterSnapshot:
        manifest = self._generations.manifest(index)
        if manifest.get("info", {}).get("fingerprint") != fingerprint():
            raise IndexStale(
                f"{index}: made by another version of this program. Index again with: metiers index SOURCE"
            )
        return snapshot.unpacked(index, manifest, self._generations.pieces(index, manifest))

    def _ask(self, question: Callable[[ClusterSnapshot], T]) -> T:
        """The answer of the generation being served; of the next one if it is removed in between."""
        # Indexing takes longer than a question: one that loses its index three times meets another fault.
        for _ in range(3):
            try:
                return question(self._current())
            except TargetMissing:
                self._follower.forget()
        raise IndexMissing(f"{self._cluster.name}: the index went away. Index again with: metiers index SOURCE")

    # --- searching ----------------------------------------------------------------------------------

    def _search(self, seen: ClusterSnapshot, query: Query) -> Hits:
        words = Words(understanding.read(query.text, seen.vocabulary, query.typo), seen, query.dans)
        page = self._page(seen, words, query)
        sheets, silent = self._sheets(seen, [doc for doc, _ in page.hits])
        found = [_Found(doc, score, sheets[doc]) for doc, score in page.hits if doc in sheets]
        parts = self._parts(seen, words, found) if query.explain and words.asks else {}
        return Hits(
            index=seen.info,
            total=page.total,
            hits=tuple(_hits(found, words, parts, query.excerpts)),
            facets=responses.facet_counts(page.aggregations, seen),
            understanding=_understanding(words, found, page.some_missing),
            partial=page.partial or silent,
        )

    def _page(self, seen: ClusterSnapshot, words: Words, query: Query) -> Page:
        """A page without its sheets; in one request if some sheet holds all the words and few are found."""
        if words.plan.words and not words.plan.impossible:
            answer = self._one(seen, one_request.body(words, query, seen))
            found = one_request.found(answer, words)
            if found:
                partial = is_partial(answer)
                if found.are_all_sent:
                    hits = one_request.ordered(found, seen.codes, query)
                else:
                    asked = self._one(seen, queries.hits_body(one_request.scored(found, words), query))
                    hits, partial = responses.scores(asked), partial or is_partial(asked)
                return Page(found.total, hits, found.aggregations, partial=partial)
        every = self._scored(seen, words)
        answer = self._one(seen, queries.page_body(every.query, query, seen, words))
        hits = responses.scores(answer) if words.asks else tuple((place(hit), 0.0) for hit in answer["hits"]["hits"])
        total = answer["hits"]["total"]["value"]
        partial = every.partial or is_partial(answer)
        return Page(total, hits, answer.get("aggregations", {}), every.some_missing, partial)

    def _scored(self, seen: ClusterSnapshot, words: Words) -> "_Scored":
        """The sheets found with their whole score, if perhaps no sheet holds all the words."""
        if not words.asks:
            return _Scored(words.found(0.0))
        reach = self._reach(seen, [words])[0]
        some_missing = reach.best < words.wanted * NEARLY_ALL
        own = words.own(reach.threshold)
        if own == queries.NOTHING:
            return _Scored(own, some_missing, reach.partial)
        answer = self._one(seen, queries.codes_body(own))
        best = responses.best_of_codes(answer["aggregations"])
        return _Scored(queries.with_kin(own, best), some_missing, reach.partial or is_partial(answer))

    def _counts(self, seen: ClusterSnapshot, asked: Sequence[Query]) -> tuple[int, ...]:
        words = [Words(understanding.read(each.text, seen.vocabulary, each.typo), seen, each.dans) for each in asked]
        bodies = [
            queries.total_body(each.found(reach.threshold), query)
            for query, each, reach in zip(asked, words, self._reach(seen, words), strict=True)
        ]
        answers = self._several(seen.index, bodies)
        if any(map(is_partial, answers)):
            raise EngineUnavailable(f"OpenSearch ({self._cluster.name}) counts only a part of the sheets for now.")
        return tuple(answer["hits"]["total"]["value"] for answer in answers)

    def _reach(self, seen: ClusterSnapshot, words: Sequence[Words]) -> list["_Reach"]:
        """What the best sheets cover of the words of each query, all in one request."""
        asked = [each for each in words if each.plan.words]
        answers = iter(self._several(seen.index, [queries.coverage_body(each) for each in asked]))
        reached = []
        for each in words:
            if each.plan.words:
                answer = next(answers)
                scores = [hit["_score"] for hit in answer["hits"]["hits"]]
                least = queries.threshold(scores)
                reached.append(_Reach(scores[0] if scores else 0.0, least, is_partial(answer)))
            else:
                reached.append(_Reach(0.0, 0.0, False))
        return reached

    def _parts(self, seen: ClusterSnapshot, words: Words, found: Sequence["_Found"]) -> dict[int, tuple[Part, ...]]:
        """The parts of the scores of a page, by sheet: each asked alone, the kinship being what is left."""
        if not found:
            return {}
        parts = words.parts
        docs = [each.doc for each in found]
        answers = self._several(seen.index, [queries.parts_body(part, docs) for part in parts.values()])
        scores = [{place(hit): hit["_score"] for hit in answer["hits"]["hits"]} for answer in answers]
        told: dict[int, tuple[Part, ...]] = {}
        for each in found:
            values = {name: by_doc.get(each.doc, 0.0) for name, by_doc in zip(parts, scores, strict=True)}
            if "nom" in values:
                values["nom"] -= values.get("titre", 0.0)
            values["parente"] = each.score - sum(values.values())
            told[each.doc] = tuple(Part(name, PARTS[name], value) for name, value in values.items())
        return told

    def _similar(self, seen: ClusterSnapshot, id: str, limit: int) -> tuple[Similar, ...]:
        sheet = self._sheet(seen, id)
        doc = seen.document[id]
        associated = (seen.document.get(each.id) for each in sheet.fiche.associes)
        named = list(dict.fromkeys(each for each in associated if each is not None and each != doc))
        signature = [
            (seen.families[family], weight * float(seen.family_idf[family])) for family, weight in sheet.signature
        ]
        body = queries.similar_body(doc, signature, seen.codes[doc], KIN, limit + len(named))
        near = self._one(seen, body)["hits"]["hits"]
        scores = {place(hit): min(1.0, hit["_score"] / (1.0 + KIN)) for hit in near}
        ordered = [*named, *(each for each in scores if each not in named)][:limit]
        sheets, _ = self._sheets(seen, ordered)
        return tuple(
            Similar(sheets[each].fiche, scores.get(each, 0.0), each in named) for each in ordered if each in sheets
        )

    def _matching(self, seen: ClusterSnapshot, query: Query) -> Iterator[str]:
        words = Words(understanding.read(query.text, seen.vocabulary, query.typo), seen, query.dans)
        body = queries.total_body(words.found(self._reach(seen, [words])[0].threshold), query)
        body |= {"size": MAX_WINDOW, "sort": [{"ordre": "asc"}], "stored_fields": "_none_", "track_total_hits": False}
        while True:
            answer = self._one(seen, body)
            if is_partial(answer):
                raise EngineUnavailable(f"OpenSearch ({self._cluster.name}) sees only a part of the sheets for now.")
            hits = answer["hits"]["hits"]
            yield from (seen.directory.names.ids[place(hit)] for hit in hits)
            if len(hits) < MAX_WINDOW:
                return
            body["search_after"] = hits[-1]["sort"]

    def _sheet(self, seen: ClusterSnapshot, id: str) -> StoredSheet:
        """One sheet. Raises NotFound, and EngineUnavailable if its shard is silent."""
        doc = seen.document.get(id)
        if doc is None:
            raise NotFound("fiche", id)
        sheets, _ = self._sheets(seen, [doc])
        if doc not in sheets:
            raise EngineUnavailable(f"OpenSearch ({self._cluster.name}) does not find {id} for now.")
        return sheets[doc]

    def _sheets(self, seen: ClusterSnapshot, docs: Sequence[int]) -> tuple[dict[int, StoredSheet], bool]:
        """The sheets of some places, those of silent shards left out; and whether there are any."""
        found = seen.sheets.get(docs)
        missing = [doc for doc in docs if doc not in found]
        if not missing:
            return found, False
        read = self._read_sheets(seen, missing)
        seen.sheets.keep(read)
        return found | read, len(read) < len(missing)

    def _read_sheets(self, seen: ClusterSnapshot, docs: Sequence[int]) -> dict[int, StoredSheet]:
        """The sheets of some places as the cluster gives them, those of silent shards left out."""
        answer = self._one(seen, queries.sheets_body(docs))
        sources = {place(hit): hit["_source"] for hit in answer["hits"]["hits"]}
        return {
            doc: stored_sheet.read_stored(source["sheet"], terms_of(source, seen.vocabulary.numbers))
            for doc, source in sources.items()
        }

    def _one(self, seen: ClusterSnapshot, body: Json) -> Json:
        return self._several(seen.index, [body])[0]

    def _several(self, index: str, bodies: Sequence[Json]) -> list[Json]:
        return self._cluster.search(index, [self._limited(body) for body in bodies])

    def _limited(self, body: Json) -> Json:
        return {**body, "timeout": f"{int(self._settings.opensearch_timeout * SOFT_LIMIT * 1000)}ms"}


@dataclass(frozen=True, slots=True)
class _Scored:
    """The sheets found, as a query with their scores.

    some_missing: no sheet holds all the words. partial: some shards are silent.
    """

    query: Json
    some_missing: bool = False
    partial: bool = False


@dataclass(frozen=True, slots=True)
class _Reach:
    """What the best sheet covers of the words, the least that counts as found, and whether some shards are silent."""

    best: float
    threshold: float
    partial: bool


@dataclass(frozen=True, slots=True)
class _Found:
    """A sheet of a page: its place in the order of titles, its score, what is stored of it."""

    doc: int
    score: float
    sheet: StoredSheet


def _hits(found: Sequence[_Found], words: Words, parts: Mapping[int, tuple[Part, ...]], most: int) -> Iterator[Hit]:
    seen, plan = words.snapshot, words.plan
    marked = plan.marked if most else ()
    sheets = [each.sheet for each in found]
    places = stored_sheet.occurrences(sheets, [word.terms for word in marked], words.fields)
    bare = np.setdiff1d(np.arange(len(sheets)), places.sheet)
    if len(bare) and marked:
        # Found by the family of a word alone: what stands for it is marked.
        kin = [words.kin(word) for word in marked]
        places = excerpts.joined(places, stored_sheet.occurrences(sheets, kin, words.fields), bare)
    quotes = excerpts.quotes([sheet.text for sheet in sheets], places, [word.idf for word in marked], most)
    page = np.array([each.doc for each in found], dtype=np.int32)
    noms = name_matching.names_of(plan.leads, seen.vocabulary.names, page) if most else {}
    ways = name_matching.found_by(plan.leads, noms, page) if most else {}
    for each, quoted in zip(found, quotes, strict=True):
        doc = each.doc
        sections = quoted.sections or ways.get(doc, ())
        yield Hit(
            each.sheet.fiche, each.score, quoted.title, quoted.excerpts, sections, parts.get(doc, ()), noms.get(doc)
        )


def _understanding(words: Words, found: Sequence[_Found], partial: bool) -> Understanding:
    first = [each.sheet for each in found[:1]]

    def held(word: Word) -> Iterator[bool]:
        for term in word.terms:
            yield len(stored_sheet.occurrences(first, [(term,)], words.fields).start) > 0

    return understanding.understanding(words.plan, held, words.asks and partial)
