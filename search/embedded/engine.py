"""The embedded engine: Whoosh writes, arrays read. In: sheets, queries. Out: generations, hits.

    rebuild   fiches -> documents -> Whoosh and its postings -> columns -> a sealed generation -> the switch
    search    text -> reading -> matching -> filters -> order -> excerpts

See `search.engine` for the port it fills.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search import arrays
from search.arrays import Bits, Ints
from search.embedded import excerpts, filters, similar, writing
from search.embedded.directory import SheetNames
from search.embedded.matching import ALL_FIELDS, Matches, excluding, match
from search.embedded.snapshot import Snapshot, open_snapshot
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
from search.errors import IndexDamaged, NotFound, UnusableIndex
from search.fiche import Fiche
from search.fields import FACETS, FIELDS, RANGE_BY_NAME, RANGES, fields_of_sections
from search.french import understanding
from search.french.tokens import VERSION
from search.french.understanding import Plan, Word
from search.index import changes, generations
from search.index.changes import ChangeTable, Earlier
from search.index.columns import mask_of, pack, unpack
from search.query import Query
from search.ranking import PARTS, WEIGHTS

FORMAT = 10
"""Raised when the files of a generation change in a way that the rest of the fingerprint does not show."""

PAUSE_SECONDS = 2
"""Before an index that could not be opened is tried again: comparing checksums at every request would be slow."""


def fingerprint() -> str:
    """Names the fields, the facets, the analysis and the weights: an index made under another one is refused."""
    fields = [(field.name, field.weight, field.b) for field in FIELDS]
    declared = fields, [facet.name for facet in FACETS], [each.name for each in RANGES]
    return hashlib.sha256(repr((FORMAT, VERSION, declared, WEIGHTS.k1)).encode()).hexdigest()[:16]


class EmbeddedEngine:
    """An engine over one index folder. Follows the generation being served; safe to share between threads."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._pointer = str(root / generations.CURRENT)
        self._lock = Lock()
        self._snapshot: Snapshot | None = None
        self._seen: tuple[int, int] | None = None
        self._failure: tuple[tuple[int, int] | None, float, Exception] | None = None

    # --- writing ----------------------------------------------------------------------------------

    def rebuild(
        self,
        fiches: Sequence[Fiche],
        sources: Sequence[str],
        progress: Progress,
        data_date: str = "",
        earlier: Earlier | None = None,
    ) -> IndexInfo:
        """Write a new generation beside the others, then serve it. Raises IndexBusy.

        Sheets are compared with those of the generation being served, or with `earlier` where there is none.
        """
        with generations.indexing(self._root):
            before = generations.served(self._root)
            folder = generations.create(self._root)
            try:
                info = IndexInfo(
                    generation=folder.name,
                    documents=len(fiches),
                    built_at=datetime.now(UTC).isoformat(timespec="seconds"),
                    fingerprint=fingerprint(),
                    sources=tuple(sources),
                    data_date=data_date,
                )
                compare_with = earlier if before is None else _held(self._root / before)
                ordered = sorted(fiches, key=writing.by_title)
                counts = writing.write(folder / generations.COLUMNS, ordered, progress, info.built_at, compare_with)
                generations.seal(folder, info, counts)
                generations.switch(self._root, folder.name)
            except BaseException:
                generations.discard(folder)
                raise
            generations.clean(self._root, before)
        return info

    def rollback(self) -> str:
        """Serve the generation before the current one, or come forward again. Returns its name.

        Raises IndexMissing if only one is kept.
        """
        return generations.rollback(self._root, fingerprint())

    # --- reading ----------------------------------------------------------------------------------

    def info(self) -> IndexInfo:
        """What is being served."""
        return self._current().info

    def search(self, query: Query) -> Hits:
        """One page of hits with facet counts."""
        snapshot = self._current()
        found = _find(snapshot, query)
        table = snapshot.columns.facets
        kept = filters.restrict(found.bits, found.filters)
        docs = np.flatnonzero(unpack(kept, snapshot.columns.documents)).astype(np.int32)
        page = _page(docs, found.matches, snapshot, query)
        return Hits(
            index=snapshot.info,
            total=len(docs),
            hits=tuple(_hits(page, found, snapshot, query)),
            facets=filters.counts(found.bits, found.filters, table, snapshot.facets, query.facets),
            understanding=_understanding(found, page, snapshot),
        )

    def counts(self, queries: Sequence[Query]) -> tuple[int, ...]:
        """The totals of several queries."""
        snapshot = self._current()
        totals = []
        for query in queries:
            found = _find(snapshot, query)
            totals.append(int(np.bitwise_count(filters.restrict(found.bits, found.filters)).sum()))
        return tuple(totals)

    def facet_values(self, facet: str) -> tuple[FacetValue, ...]:
        """All values of a facet in display order."""
        return self._current().directory.facet_values(facet)

    def get(self, id: str) -> Fiche:
        """One sheet."""
        snapshot = self._current()
        return snapshot.fiche(_document(snapshot, id))

    def all(self) -> Iterable[tuple[str, str]]:
        """(id, title) of every sheet, by title."""
        return self._current().directory.all()

    def suggest(self, text: str, limit: int) -> tuple[Suggestion, ...]:
        """Completions; of the corrected words where no title fits what is typed."""
        return self._current().directory.suggest(text, limit)

    def similar(self, id: str, limit: int) -> tuple[Similar, ...]:
        """The sheets that the feed names first, then the nearest."""
        snapshot = self._current()
        document = _document(snapshot, id)
        associated = (snapshot.document.get(each.id) for each in snapshot.fiche(document).associes)
        named = [each for each in associated if each is not None and each != document]
        near = similar.nearest(
            snapshot.similar, snapshot.columns.family_matches, snapshot.columns.kin, document, limit + len(named)
        )
        scores = dict(near)
        ordered = [*dict.fromkeys(named), *(each for each, _ in near if each not in named)][:limit]
        return tuple(Similar(snapshot.fiche(each), scores.get(each, 0.0), each in named) for each in ordered)

    def places(self) -> tuple[Place, ...]:
        """The map of the sheets, by title."""
        return self._current().directory.places()

    def matching(self, query: Query) -> frozenset[str]:
        """The ids of all the sheets that a query finds."""
        snapshot = self._current()
        found = _find(snapshot, query)
        mask = unpack(filters.restrict(found.bits, found.filters), snapshot.columns.documents)
        return frozenset(snapshot.documents.ids[number] for number in np.flatnonzero(mask).tolist())

    def changes(self, limit: int) -> tuple[Change, ...]:
        """The last sheets that came or changed."""
        return self._current().directory.changes(limit)

    def close(self) -> None:
        """Let go of the generation; its files are closed when nothing reads them any more."""
        self._snapshot = None
        self._seen = None

    def _current(self) -> Snapshot:
        """The generation being served, reopened when the pointer has moved.

        A new generation that cannot be opened leaves the one that serves.
        """
        try:
            stat = os.stat(self._pointer)
            seen = (stat.st_mtime_ns, stat.st_ino)
        except OSError:
            seen = None
        snapshot = self._snapshot
        if snapshot is not None and (seen is None or seen == self._seen):
            return snapshot
        with self._lock:
            if self._snapshot is not None and seen == self._seen:
                return self._snapshot
            if self._failure and self._snapshot is None:
                tried, until, error = self._failure
                if tried == seen is not None and monotonic() < until:
                    raise error.with_traceback(None)
            try:
                self._snapshot = _open(self._root)
            except Exception as error:
                if self._snapshot is None:
                    self._failure = seen, monotonic() + PAUSE_SECONDS, error
                    raise
            self._seen = seen
            return self._snapshot


def _open(root: Path) -> Snapshot:
    folder = root / generations.current(root)
    manifest = generations.verify(folder, fingerprint())
    try:
        return open_snapshot(folder, manifest.info)
    except (OSError, ValueError) as error:
        raise IndexDamaged(f"{folder}: {error}. Rebuild it with: metiers index SOURCE --index {root}") from error


def _document(snapshot: Snapshot, id: str) -> int:
    if id not in snapshot.document:
        raise NotFound(f"Il n'y a pas de fiche {id[:40]!r}.")
    return snapshot.document[id]


def _held(folder: Path) -> Earlier | None:
    """The sheets of an earlier generation, None where it is damaged or of another version."""
    try:
        generations.verify(folder, fingerprint())
        columns = folder / generations.COLUMNS
        ids = arrays.load(columns, "documents", SheetNames).ids
        return changes.held(ids, arrays.load(columns, "changes", ChangeTable))
    except (UnusableIndex, OSError, ValueError):
        return None


# --- searching --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Found:
    """What a query finds before its page is cut: the documents of its words as bits, the filters by name."""

    plan: Plan
    matches: Matches | None
    bits: Bits
    filters: Mapping[str, Bits]
    fields: tuple[int, ...]


def _find(snapshot: Snapshot, query: Query) -> _Found:
    plan = understanding.read(query.text, snapshot.vocabulary, query.typo)
    names = fields_of_sections(query.dans)
    fields = ALL_FIELDS if not query.dans else tuple(n for n, field in enumerate(FIELDS) if field.name in names)
    matches = None
    if plan.words or plan.phrases or plan.impossible or plan.ignored:
        matches = match(plan, snapshot.columns, fields, WEIGHTS)
        bits = pack(mask_of(matches.docs, snapshot.columns.documents))
    else:
        bits = pack(excluding(plan, snapshot.columns, fields))
    for limit in filters.in_ranges(query, snapshot.documents.lowest, snapshot.documents.highest):
        bits &= limit
    chosen = filters.chosen(query, snapshot.columns.facets, snapshot.facets)
    return _Found(plan, matches, bits, chosen, fields)


def _page(docs: Ints, matches: Matches | None, snapshot: Snapshot, query: Query) -> Ints:
    """The documents of one page, in order."""
    first, last = (query.page - 1) * query.per_page, query.page * query.per_page
    table = snapshot.documents
    if query.sort == "pertinence" and matches is not None:
        every = len(docs) == len(matches.docs)
        scores = matches.scores if every else matches.scores[np.searchsorted(matches.docs, docs)]
        return _best(docs, -scores, table.number, first, last)
    if query.sort in ("nom", "pertinence"):
        return docs[first:last]
    if query.sort == "-nom":
        return docs[::-1][first:last]
    place = RANGES.index(RANGE_BY_NAME[query.sort.removeprefix("-")])
    values = table.lowest[place, docs].astype(np.int64)
    unsaid = values < 0
    values = -values if query.sort.startswith("-") else values
    values[unsaid] = 1 << 32
    return _best(docs, values, table.number, first, last)


def _best(docs: Ints, keys: NDArray[Any], numbers: Ints, first: int, last: int) -> Ints:
    """docs[first:last] in the order of their keys, ties by the number of the sheet."""
    if last < len(docs):
        kept = keys <= np.partition(keys, last - 1)[last - 1]
        docs, keys = docs[kept], keys[kept]
    return docs[np.lexsort((numbers[docs], keys))][first:last]


def _hits(page: Ints, found: _Found, snapshot: Snapshot, query: Query) -> Iterator[Hit]:
    marked = found.plan.marked if query.excerpts else ()
    fiches = [snapshot.fiche(doc) for doc in page.tolist()]
    places = excerpts.occurrences(page, [word.terms for word in marked], snapshot.columns, found.fields)
    sheets = [partial(snapshot.text, doc) for doc in page.tolist()]
    quotes = excerpts.quotes(sheets, places, [word.idf for word in marked], query.excerpts)
    rows = np.searchsorted(found.matches.docs, page).tolist() if found.matches else []
    scores = found.matches.scores[rows].tolist() if found.matches else [0.0] * len(page)
    for number, (fiche, score, quoted) in enumerate(zip(fiches, scores, quotes, strict=True)):
        parts = _parts(found.matches, rows[number]) if query.explain and found.matches else ()
        yield Hit(fiche, score, quoted.title, quoted.excerpts, quoted.sections, parts)


def _parts(matches: Matches, row: int) -> tuple[Part, ...]:
    return tuple(Part(name, PARTS[name], float(scores[row])) for name, scores in matches.parts.items())


def _understanding(found: _Found, page: Ints, snapshot: Snapshot) -> Understanding:
    def held(word: Word) -> Iterator[bool]:
        for term in word.terms:
            places = excerpts.occurrences(page[:1], [(term,)], snapshot.columns, found.fields)
            yield len(places.start) > 0

    return understanding.understanding(found.plan, held, bool(found.matches and found.matches.partial))
