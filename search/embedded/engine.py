"""The embedded engine: an index in a folder of this machine. In: sheets, queries. Out: generations, hits.

    rebuild   fiches -> `writing` -> a sealed generation -> the switch
    search    the snapshot being served -> `finding`; what needs no search -> `directory`

See `search.engine` for the port it fills.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from search import arrays
from search.embedded import finding, writing
from search.embedded.directory import SheetNames
from search.embedded.snapshot import Snapshot, open_snapshot
from search.engine import (
    Change,
    FacetValue,
    Hits,
    IndexInfo,
    Manifest,
    Place,
    Progress,
    Similar,
    Suggestion,
)
from search.errors import IndexDamaged, UnusableIndex
from search.fiche import Fiche, Nom
from search.index import changes, generations
from search.index.changes import ChangeTable, Earlier
from search.index.damage import DamageWatch, file_states, mapped_files
from search.index.fingerprint import fingerprint
from search.query import Query
from search.reopening import Follower


class EmbeddedEngine:
    """An engine over one index folder. Follows the generation being served; safe to share between threads."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._pointer = str(root / generations.CURRENT)
        self._follower: Follower[Snapshot] = Follower()
        self._watch: DamageWatch | None = None
        self._pinned: Snapshot | None = None
        self._memory: finding.Memory | None = None

    # --- writing ----------------------------------------------------------------------------------

    def rebuild(
        self,
        fiches: Sequence[Fiche],
        sources: Sequence[str],
        progress: Progress,
        data_date: str = "",
        nowhere: Sequence[Nom] = (),
        earlier: Earlier | None = None,
    ) -> IndexInfo:
        """Write a new generation beside the others, then serve it. Raises IndexBusy.

        Sheets are compared with those of the generation being served, or with `earlier` if there is none.
        """
        with generations.indexing(self._root):
            before = generations.served(self._root)
            generations.clean_remains(self._root)
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
                tables = folder / generations.COLUMNS
                counts = writing.write(tables, writing.ByTitle(fiches), nowhere, progress, info.built_at, compare_with)
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

    def pinned(self) -> "EmbeddedEngine":
        """The index as it is served now, for one request."""
        # Not by `copy`, which takes a third of the time in which a kept answer is sent.
        view = EmbeddedEngine.__new__(EmbeddedEngine)
        vars(view).update(vars(self), _pinned=self._current(), _memory=finding.Memory())
        return view

    def passed_over(self) -> str | None:
        """Why the newest index is not the one being served, None if it is."""
        return self._follower.passed_over()

    def recheck(self) -> None:
        """Look now whether the files that are mapped still hold what was indexed."""
        if self._watch is not None:
            self._watch.check_now()

    def info(self) -> IndexInfo:
        """What is being served."""
        return self._current().info

    def search(self, query: Query) -> Hits:
        """One page of hits with facet counts."""
        return finding.search(self._current(), query, self._memory or finding.Memory())

    def counts(self, queries: Sequence[Query]) -> tuple[int, ...]:
        """The totals of several queries."""
        snapshot, memory = self._current(), self._memory or finding.Memory()
        return tuple(finding.total(snapshot, query, memory) for query in queries)

    def facet_values(self, facet: str) -> tuple[FacetValue, ...]:
        """All values of a facet in display order."""
        return self._current().directory.facet_values(facet)

    def get(self, id: str) -> Fiche:
        """One sheet."""
        return finding.fiche(self._current(), id)

    def all(self) -> Iterable[tuple[str, str]]:
        """(id, title) of every sheet, by title."""
        return self._current().directory.all()

    def fiches(self) -> Iterator[Fiche]:
        """Every sheet, by title."""
        snapshot = self._current()
        return map(snapshot.read_fiche, range(snapshot.info.documents))

    def digests(self) -> Mapping[str, bytes]:
        """The digest of each sheet, by id."""
        return self._current().directory.digests()

    def suggest(self, text: str, limit: int) -> tuple[Suggestion, ...]:
        """Completions; of the corrected words if no title fits what is typed."""
        return self._current().directory.suggest(text, limit)

    def similar(self, id: str, limit: int) -> tuple[Similar, ...]:
        """The sheets that the feed names first, then the nearest."""
        return finding.similar_to(self._current(), id, limit)

    def places(self) -> tuple[Place, ...]:
        """The map of the sheets, by title."""
        return self._current().directory.places()

    def matching(self, query: Query) -> frozenset[str]:
        """The ids of all the sheets that a query finds."""
        return finding.ids(self._current(), query, self._memory or finding.Memory())

    def changes(self, limit: int) -> tuple[Change, ...]:
        """The last sheets that came or changed."""
        return self._current().directory.changes(limit)

    def since(self) -> Mapping[str, str]:
        """When each sheet came or last changed, by id."""
        return self._current().directory.since()

    def close(self) -> None:
        """Let go of the generation; its files are closed when nothing reads them any more."""
        self._follower.forget()

    def _current(self) -> Snapshot:
        """The generation being served, reopened if the pointer has moved."""
        if self._pinned is not None:
            return self._pinned
        snapshot = self._follower.current(self._pointed(), self._open)
        if self._watch is not None:
            self._watch.check()
        return snapshot

    def _open(self) -> Snapshot:
        folder = self._root / generations.current(self._root)
        # Before the checksums: what is altered from now on is noticed.
        states = file_states(mapped_files(folder))
        manifest = generations.verify(folder, fingerprint())
        snapshot = _opened(folder, manifest)
        self._watch = DamageWatch(folder, states, manifest.checksums)
        return snapshot

    def _pointed(self) -> tuple[int, int] | None:
        try:
            stat = os.stat(self._pointer)
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_ino


def _opened(folder: Path, manifest: Manifest) -> Snapshot:
    """What `verify` found whole. Raises IndexDamaged if it cannot be read, or does not hold what its manifest says."""
    rebuild = f"Rebuild it with: metiers index SOURCE --index {folder.parent}"
    try:
        snapshot = open_snapshot(folder, manifest.info)
    except (OSError, ValueError) as error:
        raise IndexDamaged(f"{folder}: {error}. {rebuild}") from error
    held = writing.counts(snapshot.columns)
    told = (*manifest.counts.items(), *((name, manifest.counts.get(name)) for name in held))
    for name, number in (*told, ("documents", manifest.info.documents)):
        if held.get(name) != number:
            raise IndexDamaged(
                f"{folder / generations.MANIFEST}: says {number} {name}, the index holds {held.get(name)}. {rebuild}"
            )
    return snapshot


def _held(folder: Path) -> Earlier | None:
    """The sheets of an earlier generation, None if it is damaged or of another version."""
    try:
        generations.verify(folder, fingerprint())
        columns = folder / generations.COLUMNS
        ids = arrays.load(columns, "documents", SheetNames).ids
        return changes.held(ids, arrays.load(columns, "changes", ChangeTable))
    except (UnusableIndex, OSError, ValueError):
        return None
