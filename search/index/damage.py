"""Whether the files of a served index still hold what was indexed. In: its folder, its checksums. Out: IndexDamaged.

Arrays are mapped, not read: who writes into such a file changes what searches read. Their dates are looked at now and
then, and a file whose date is new is compared with its checksum. A file that was removed or replaced by another one is
no matter, since the one that is mapped stays as it is.
"""

import logging
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Final

from search.errors import IndexDamaged
from search.index.generations import checksum

LOG: Final = logging.getLogger("metiers")

PAUSE_SECONDS: Final = 1.0
"""Between two looks at the dates, which take some 0.2 ms."""

FileState = tuple[int, int, int, int]
"""Inode, size, and when the content and the inode were changed (nanoseconds)."""


def mapped_files(folder: Path) -> list[Path]:
    """The files of a generation that are mapped; the others are read once, when it is opened."""
    return list(folder.rglob("*.npy"))


def file_states(paths: Iterable[Path]) -> dict[Path, FileState]:
    """The state of each file, without those that cannot be seen."""
    found = {}
    for path in paths:
        try:
            stat = os.stat(path)
        except OSError:
            continue
        found[path] = (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
    return found


class DamageWatch:
    """Looks after the mapped files of one generation. Safe to share between threads.

    `whole`: the state of each file before its checksum was found right, as `file_states` gives it. `checksums` are by
    the path in the folder.
    """

    def __init__(
        self,
        folder: Path,
        whole: Mapping[Path, FileState],
        checksums: Mapping[str, str],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._folder = folder
        self._whole = dict(whole)
        self._seen = dict(whole)
        self._checksums = checksums
        self._clock = clock
        self._lock = Lock()
        self._next = clock() + PAUSE_SECONDS
        self._altered: set[Path] = set()
        self._damage: str | None = None

    def check(self) -> None:
        """Look if the last look is a while ago. Raises IndexDamaged as long as a file is altered where it lies."""
        # While one thread looks, the others go on with what the last look found.
        if self._clock() >= self._next and self._lock.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._lock.release()
        self._refuse()

    def check_now(self) -> None:
        """The same at once."""
        with self._lock:
            self._look()
        self._refuse()

    def _refuse(self) -> None:
        damage = self._damage
        if damage:
            raise IndexDamaged(damage)

    def _look(self) -> None:
        self._next = self._clock() + PAUSE_SECONDS
        found = file_states(self._whole)
        if found == self._seen:
            return
        self._seen = found
        for path, state in found.items():
            whole = self._whole[path]
            if whole[0] != state[0]:
                continue  # Another file: the one that is mapped stays as it was seen last, altered or not.
            if whole != state and self._is_altered(path):
                self._altered.add(path)
            else:
                self._whole[path] = state
                self._altered.discard(path)
        before, damage = self._damage, None
        if self._altered:
            damage = (
                f"{min(self._altered)}: altered while it is served. Index again; or write its content back into the "
                "same file, or restore it and start the workers anew."
            )
        # Set once: while checksums are made, other threads go on with what was found last.
        self._damage = damage
        if damage and not before:
            LOG.error("The index cannot be served any more. %s", damage)
        elif before and not damage:
            LOG.warning("The index is whole again.")

    def _is_altered(self, path: Path) -> bool:
        try:
            return checksum(path) != self._checksums.get(path.relative_to(self._folder).as_posix())
        except FileNotFoundError:
            return False
        except OSError:
            return True
