"""The generations of a cluster: one index a generation, an alias to the one served. In: a Snapshot. Out: the switch.

    metiers                         alias: the generation being served, moved by one request
    metiers-previous                alias: the one before, kept for `rollback`
    metiers-20261122t101500-3f2a           the sheets of a generation
    metiers-20261122t101500-3f2a-tables    its tables
    metiers-lock                    one document while an indexing runs, with the time until which it holds

A run that fails removes what it wrote; of one that is killed, the next one removes it.
"""

import re
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from threading import Event, Thread
from time import monotonic, sleep, time
from typing import Any, Final

import orjson

from search.cluster import mapping, snapshot
from search.cluster.client import RETRIED, Cluster, Json, passes
from search.embedded.snapshot import Snapshot
from search.engine import IndexInfo, Progress
from search.errors import (
    EngineUnavailable,
    IndexBusy,
    IndexDamaged,
    IndexMissing,
    MetiersError,
    TargetMissing,
    WriteConflict,
)
from search.settings import Settings

LEASE: Final = 60.0
"""Seconds after which the lock of a killed indexing falls."""

RENEWED: Final = 15.0
"""Seconds after which the lock is renewed: three failures are survived."""

PATIENCE: Final = 180.0
"""Seconds during which a bulk that the cluster cannot take for now is offered again."""

BULK_BYTES: Final = 4_000_000
BULK_SHEETS: Final = 500
"""What one bulk holds at most."""

SETTLED: Final = 60.0
"""Seconds given to the copies of a new index to be made."""

SLOWEST: Final = 8.0
"""The longest pause between two offers, in seconds."""


class Generations:
    """The indices of one alias."""

    def __init__(self, cluster: Cluster, settings: Settings) -> None:
        self._cluster = cluster
        self._settings = settings
        self._alias = settings.opensearch_index
        self._previous = f"{self._alias}-previous"
        self._pattern = re.compile(rf"{re.escape(self._alias)}-(\d{{8}}t\d{{12}}-[0-9a-f]{{4}})(?:-tables)?")

    # --- looking ------------------------------------------------------------------------------------

    def current(self) -> str:
        """The index being served. Raises IndexMissing."""
        index = self._behind(self._alias)
        if index is None:
            raise IndexMissing(
                f"{self._cluster.name}: no index {self._alias!r} here yet. Make one with: metiers index SOURCE"
            )
        return index

    def _behind(self, alias: str) -> str | None:
        # Every node knows the aliases: a question to the node itself is answered even while the cluster has no manager.
        try:
            found = self._cluster.call("GET", f"/_alias/{alias}", params={"local": "true"})
        except TargetMissing:
            return None
        return next((index for index in sorted(found) if self._pattern.fullmatch(index)), None)

    def of(self, index: str) -> str:
        """The name of the generation of an index."""
        return index.removeprefix(f"{self._alias}-")

    def manifest(self, index: str) -> Json:
        """The manifest of an index. Raises IndexDamaged."""
        try:
            return self._cluster.call("GET", f"/{index}-tables/_source/manifest")
        except TargetMissing as error:
            raise IndexDamaged(f"{index}-tables: no manifest. Index again with: metiers index SOURCE") from error

    def pieces(self, index: str, manifest: Json) -> list[Json]:
        """The pieces of the tables, in order. Raises IndexDamaged."""
        try:
            return [
                self._cluster.call("GET", f"/{index}-tables/_source/{number}", slow=True)
                for number in range(manifest["pieces"])
            ]
        except TargetMissing as error:
            raise IndexDamaged(f"{index}-tables: a piece is missing. Index again with: metiers index SOURCE") from error

    # --- writing ------------------------------------------------------------------------------------

    def new(self) -> str:
        """The name of a new index, which sorts by date."""
        return f"{self._alias}-{datetime.now(UTC):%Y%m%dt%H%M%S%f}-{token_hex(2)}"

    def write(
        self, index: str, local: Snapshot, folder: Path, info: IndexInfo, progress: Progress, lease: "Lease"
    ) -> None:
        """Fill a new index and its tables. Nothing that is served is touched."""
        self._create(index, mapping.settings_and_mapping(self._settings))
        self._create(f"{index}-tables", snapshot.tables_mapping(self._settings))
        # A node that dies from now on takes no shard with it, if there is another to hold its copy.
        self._settle(index)
        done = 0
        with ThreadPoolExecutor(1) as sender:
            sent: Future[None] | None = None
            for batch in _batches(mapping.documents(local)):
                # The next sheets are made while the cluster takes these.
                if sent:
                    sent.result()
                    lease.hold()
                    progress("sending", done, info.documents)
                sent = sender.submit(self._bulk, index, batch)
                done += len(batch)
            if sent:
                sent.result()
        for number, piece in enumerate(snapshot.packed(folder, info)):
            # Under the names of `manifest` and `pieces`, with the patience of the sheets.
            name = "manifest" if number == 0 else str(number - 1)
            self._bulk(f"{index}-tables", [_line(name, piece)])
        progress("sending", info.documents, info.documents)
        self._cluster.call("POST", f"/{index},{index}-tables/_refresh", slow=True)
        self._settle(index)

    def _create(self, index: str, body: Json) -> None:
        try:
            self._cluster.call("PUT", f"/{index}", body, slow=True)
        except MetiersError as error:
            # Asked twice because the first answer was lost.
            if "already exists" not in str(error):
                raise

    def _bulk(self, index: str, lines: list[bytes]) -> None:
        """Send documents until each is kept, waiting longer and longer while the cluster cannot take them.

        They go under their own ids, so that one sent twice is kept once.
        """
        limit, pause = monotonic() + PATIENCE, 0.1
        while lines:
            try:
                answer = self._cluster.lines(f"/{index}/_bulk", lines, slow=True)
            except EngineUnavailable:
                if monotonic() > limit:
                    raise
            else:
                lines = _left(lines, answer, index) if answer["errors"] else []
                if lines and monotonic() > limit:
                    raise EngineUnavailable(f"OpenSearch ({self._cluster.name}) takes no more documents.")
            if lines:
                sleep(pause)
                pause = min(pause * 2, SLOWEST)

    def _settle(self, index: str) -> None:
        """Wait until every shard has as many copies as there are nodes to hold them.

        A copy may wait unassigned behind those of other indices, so that none of ours is being made: only the count
        tells. After SETTLED a missing copy is no fault, a lost shard is: raises EngineUnavailable.
        """
        limit = monotonic() + SETTLED
        while True:
            health = self._cluster.call("GET", f"/_cluster/health/{index},{index}-tables")
            copies = min(1 + self._settings.opensearch_replicas, health["number_of_data_nodes"])
            # Those of a node that has just gone are made elsewhere only if it stays away for a minute.
            there = health["active_shards"] + health["delayed_unassigned_shards"]
            if health["status"] != "red" and there >= copies * (self._settings.opensearch_shards + snapshot.SHARDS):
                return
            if monotonic() > limit:
                break
            sleep(0.2)
        if health["status"] == "red":
            raise EngineUnavailable(f"{index}: a shard was lost while indexing. Nothing was changed: index again.")

    def switch(self, index: str) -> None:
        """Serve this index from now on, and keep the one before: one request."""
        served, kept = self._behind(self._alias), self._behind(self._previous)
        actions = [{"add": {"index": index, "alias": self._alias}}]
        if served is not None and served != index:
            actions.append({"remove": {"index": served, "alias": self._alias}})
            actions.append({"add": {"index": served, "alias": self._previous}})
        if kept is not None and kept != served:
            actions.append({"remove": {"index": kept, "alias": self._previous}})
        self._cluster.call("POST", "/_aliases", {"actions": actions}, slow=True)

    def rollback(self) -> str:
        """Serve the index before; the one served is kept in its place. Raises IndexMissing if only one is kept."""
        kept = self._behind(self._previous)
        if kept is None:
            raise IndexMissing(f"{self.current()}: only one generation is kept, so there is nothing to go back to.")
        self.switch(kept)
        return kept

    def remove(self, index: str) -> None:
        """Remove an index and its tables, as far as the cluster allows; the next run removes the rest."""
        for name in (index, f"{index}-tables"):
            with suppress(MetiersError):
                self._cluster.call("DELETE", f"/{name}", slow=True)

    def clean(self) -> None:
        """Remove all generations but the one served and the one before. Only under the lock."""
        kept = {self._behind(self._alias), self._behind(self._previous)}
        found = self._cluster.call("GET", f"/{self._alias}-*/_settings/index.uuid")
        for name in sorted(found):
            match = self._pattern.fullmatch(name)
            if match and f"{self._alias}-{match[1]}" not in kept:
                with suppress(MetiersError):
                    self._cluster.call("DELETE", f"/{name}", slow=True)

    # --- the lock -----------------------------------------------------------------------------------

    @contextmanager
    def indexing(self) -> Iterator["Lease"]:
        """Hold the lock of the alias. Raises IndexBusy when another holds it."""
        self._create(
            f"{self._alias}-lock",
            {
                "settings": {"number_of_shards": 1, "auto_expand_replicas": "0-2"},
                "mappings": {"dynamic": False},
            },
        )
        lease = Lease(self._cluster, f"{self._alias}-lock")
        lease.take()
        try:
            yield lease
        finally:
            lease.release()


class Lease:
    """The right to index, renewed by a thread of its own until released. It expires by itself if the process ends."""

    def __init__(self, cluster: Cluster, index: str) -> None:
        self._cluster = cluster
        self._path = f"/{index}/_doc/indexing"
        self._owner = token_hex(8)
        self._version: Json = {}
        self._until = 0.0
        self._over = Event()
        self._lost = False
        self._thread = Thread(target=self._renew, name="lease", daemon=True)

    def take(self) -> None:
        """Take the lock, or that of a run which ended without releasing it. Raises IndexBusy."""
        limit = monotonic() + 10
        while True:
            try:
                self._write({"op_type": "create"})
                break
            except WriteConflict:
                if self._take_over():
                    break
            except EngineUnavailable:
                # A lock index just made may have no shard yet.
                if monotonic() > limit:
                    raise
                sleep(0.5)
        self._thread.start()

    def _take_over(self) -> bool:
        try:
            held = self._cluster.call("GET", self._path)
        except TargetMissing:
            return False
        if held["_source"]["owner"] == self._owner:
            self._keep(held)
            return True
        if held["_source"]["until"] > time():
            raise IndexBusy(
                f"{self._cluster.name}: another indexing is under way here. Wait for it to end (the lock of one that "
                f"was killed falls after {LEASE:.0f} s), then try again."
            )
        self._keep(held)
        with suppress(WriteConflict):
            self._write(self._version)
            return True
        return False

    def hold(self) -> None:
        """Go on only while the lock is held. Raises IndexBusy when it was lost."""
        if self._lost or time() > self._until:
            raise IndexBusy(f"{self._cluster.name}: the lock was lost. Nothing was changed: index again.")

    def release(self) -> None:
        """Give the lock back; if the cluster is away, it falls by itself."""
        self._over.set()
        self._thread.join()
        with suppress(MetiersError):
            self._cluster.call("DELETE", self._path, params=self._version)

    def _renew(self) -> None:
        while not self._over.wait(RENEWED):
            try:
                self._write(self._version)
            except (WriteConflict, TargetMissing):
                if not self._still_ours():
                    self._lost = True
                    return
            except MetiersError:
                # Tried again in a while; `hold` tells when that is too late.
                continue

    def _still_ours(self) -> bool:
        """Whether it was our own writing that came first: the one whose answer was lost."""
        with suppress(MetiersError):
            held = self._cluster.call("GET", self._path)
            if held["_source"]["owner"] == self._owner:
                self._keep(held)
                return True
        return False

    def _write(self, params: Json) -> None:
        until = time() + LEASE
        kept = self._cluster.call("PUT", self._path, {"owner": self._owner, "until": until}, params)
        self._keep(kept)
        self._until = until

    def _keep(self, answer: Json) -> None:
        self._version = {"if_seq_no": answer["_seq_no"], "if_primary_term": answer["_primary_term"]}


def _batches(documents: Iterable[tuple[str, Json]]) -> Iterator[list[bytes]]:
    """The lines of a bulk for documents by id, cut at BULK_BYTES or BULK_SHEETS."""
    batch: list[bytes] = []
    size = 0
    for id, document in documents:
        line = _line(id, document)
        batch.append(line)
        size += len(line)
        if size >= BULK_BYTES or len(batch) >= BULK_SHEETS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _line(id: str, document: Json) -> bytes:
    """A document of a bulk, to be kept under this id."""
    return orjson.dumps({"index": {"_id": id}}) + b"\n" + orjson.dumps(document) + b"\n"


def _left(lines: list[bytes], answer: Json, index: str) -> list[bytes]:
    """The documents to offer again. Raises MetiersError for one that the cluster will never take."""
    left = []
    for line, item in zip(lines, answer["items"], strict=True):
        told: dict[str, Any] = item["index"]
        if told["status"] in RETRIED or passes(told.get("error"), told["status"]):
            left.append(line)
        elif told["status"] >= 300:
            reason = told.get("error", {}).get("reason", "")
            raise MetiersError(f"{index}: {told['_id']} is refused: {reason}"[:300])
    return left
