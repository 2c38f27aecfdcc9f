"""Which sheets are new or changed, and since when. In: digests of sheets, those of the index before. Out: a
ChangeTable.

A sheet keeps its date and its kind from one index to the next for as long as its digest stays the same.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import nsmallest
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from search.engine import Change

KINDS: Final = ("", "new", "changed")
"""The kinds of a change, by number. The first is that of the sheets of a first index: they are no news."""

FIRST, NEW, CHANGED = range(len(KINDS))
DIGEST_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class ChangeTable:
    """What is remembered of each sheet, in the order of the documents.

    digest: uint8 (N, 16), of `fiche_json.compared_bytes`. since: int64 (N,), seconds since 1970 (UTC) of the index that
    first held the sheet as it is. kind: uint8 (N,), a place in KINDS.
    """

    digest: NDArray[np.uint8]
    since: NDArray[np.int64]
    kind: NDArray[np.uint8]


class Held(NamedTuple):
    """One row of a ChangeTable."""

    digest: bytes
    since: int
    kind: int


Earlier = Mapping[str, Held]
"""What an index held, by the id of the sheet."""


def digest(stored: bytes) -> bytes:
    """The 16 bytes that stand for a sheet (BLAKE2b of its bytes)."""
    return hashlib.blake2b(stored, digest_size=DIGEST_BYTES).digest()


def held(ids: Sequence[str], table: ChangeTable) -> Earlier:
    """What an index holds, to compare the next one with."""
    rows = zip(map(bytes, table.digest), table.since.tolist(), table.kind.tolist(), strict=True)
    return dict(zip(ids, map(Held._make, rows), strict=True))


def compared(ids: Sequence[str], digests: Sequence[bytes], built_at: str, earlier: Earlier | None) -> ChangeTable:
    """The table of an index. built_at: ISO 8601, with its zone. earlier: what the index before held, None for none."""
    now = int(datetime.fromisoformat(built_at).timestamp())
    rows = [_row(each, now, id, earlier) for id, each in zip(ids, digests, strict=True)]
    return ChangeTable(
        digest=np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, DIGEST_BYTES),
        since=np.array([row.since for row in rows], dtype=np.int64),
        kind=np.array([row.kind for row in rows], dtype=np.uint8),
    )


def _row(found: bytes, now: int, id: str, earlier: Earlier | None) -> Held:
    if earlier is None:
        return Held(found, now, FIRST)
    before = earlier.get(id)
    if before is None:
        return Held(found, now, NEW)
    return before if before.digest == found else Held(found, now, CHANGED)


def latest(table: ChangeTable, ids: Sequence[str], titles: Sequence[str], limit: int) -> tuple[Change, ...]:
    """The last sheets that came or changed: newest first, those of one date by their number."""

    def order(row: int) -> tuple[int, int]:
        return -int(table.since[row]), int(ids[row].removeprefix("MET."))

    rows: Iterable[int] = np.flatnonzero(table.kind).tolist()
    return tuple(
        Change(ids[row], titles[row], KINDS[table.kind[row]], _iso(int(table.since[row])))
        for row in nsmallest(limit, rows, key=order)
    )


def since(table: ChangeTable, ids: Sequence[str]) -> Mapping[str, str]:
    """By id, when the index was made that first held the sheet as it is: ISO 8601, UTC."""
    return {id: _iso(seconds) for id, seconds in zip(ids, table.since.tolist(), strict=True)}


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
