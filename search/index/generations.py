"""The folders of an index: one for each generation, with a readable manifest; a file names the one that is served.

    index/
      current              the name of the generation being served, replaced by one rename
      lock                 held by the one indexing that runs
      20261122T101500000000-3f2a/
        manifest.json      fingerprint, counts, sources, date, checksums
        columns/           the arrays and the sheets, which are also Whoosh's segment

In: a folder. Out: generations made, switched to, checked, rolled back, cleaned.
"""

import fcntl
import hashlib
import os
import re
import shutil
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

import orjson

from search.engine import IndexInfo, Manifest
from search.errors import IndexBusy, IndexDamaged, IndexMissing, IndexStale, UnusableIndex

CURRENT = "current"
LOCK = "lock"
MANIFEST = "manifest.json"
COLUMNS = "columns"

_NAME: Final = re.compile(r"\d{8}T\d{12}-[0-9a-f]{4}")
"""What generations are called. No other folder is ever served or removed, whatever lies beside them."""


@contextmanager
def indexing(root: Path) -> Iterator[None]:
    """Hold the lock of an index folder, made if missing. Raises IndexBusy when another holds it.

    The system releases the lock when the process that holds it ends, however it ends.
    """
    root.mkdir(parents=True, exist_ok=True)
    with (root / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise IndexBusy(
                f"{root}: another indexing is under way here. Wait for it to end, then try again."
            ) from error
        yield


def create(root: Path) -> Path:
    """An empty folder for a new generation; its name sorts by date."""
    now = datetime.now(UTC)
    folder = root / f"{now:%Y%m%dT%H%M%S%f}-{token_hex(2)}"
    folder.mkdir()
    return folder


def seal(folder: Path, info: IndexInfo, counts: dict[str, int]) -> None:
    """Write the manifest, with a checksum of every file, and flush all of it to the disk. Raises OSError."""
    checksums = {}
    for name, path in sorted(_files(folder).items()):
        checksums[name] = checksum(path)
        _flush(path)
    manifest = {
        "generation": info.generation,
        "documents": info.documents,
        "built_at": info.built_at,
        "data_date": info.data_date,
        "fingerprint": info.fingerprint,
        "sources": list(info.sources),
        "counts": counts,
        "checksums": checksums,
    }
    path = folder / MANIFEST
    path.write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
    for each in (path, *(each for each in folder.iterdir() if each.is_dir()), folder):
        _flush(each)


def switch(root: Path, generation: str) -> None:
    """Serve this generation from now on: one atomic rename. Raises OSError; the other one is then served still."""
    aside = root / f".{CURRENT}-{token_hex(2)}"
    try:
        aside.write_text(f"{generation}\n", encoding="utf-8")
        _flush(aside)
        aside.replace(root / CURRENT)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    _flush(root)


def current(root: Path) -> str:
    """The name of the generation being served. Raises IndexMissing for none, IndexDamaged if it cannot be read."""
    try:
        name = (root / CURRENT).read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError as error:
        raise IndexMissing(f"{root}: no index here yet. Make one with: metiers index SOURCE --index {root}") from error
    except OSError as error:
        raise IndexDamaged(f"{root}: the index cannot be read ({error.strerror}).") from error
    if not _NAME.fullmatch(name):
        raise IndexDamaged(f"{root / CURRENT}: not the name of a generation. {_rebuild(root)}")
    return name


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a generation. Raises IndexDamaged if it is missing, unreadable or that of another one."""
    path = folder / MANIFEST
    try:
        values: dict[str, Any] = orjson.loads(path.read_bytes())
        info = IndexInfo(
            generation=values["generation"],
            documents=values["documents"],
            built_at=values["built_at"],
            fingerprint=values["fingerprint"],
            sources=tuple(values["sources"]),
            data_date=values["data_date"],
        )
        manifest = Manifest(info, dict(values["counts"]), dict(values["checksums"]))
        if not _is_whole(manifest):
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexDamaged(f"{path}: missing or unreadable. {_rebuild(folder.parent)}") from error
    if info.generation != folder.name:
        raise IndexDamaged(f"{path}: the manifest of another generation. {_rebuild(folder.parent)}")
    return manifest


def _is_whole(manifest: Manifest) -> bool:
    """Whether each value is of the type that it is declared with."""
    info = manifest.info
    texts = (info.generation, info.built_at, info.data_date, info.fingerprint, *info.sources, *manifest.checksums)
    numbers = (info.documents, *manifest.counts.values())
    return all(isinstance(each, str) for each in (*texts, *manifest.checksums.values())) and all(
        type(each) is int and each >= 0 for each in numbers
    )


def verify(folder: Path, fingerprint: str) -> Manifest:
    """The manifest of a generation whose files are exactly those that it names, each with its checksum.

    Raises IndexStale for another fingerprint, IndexDamaged with the name of a file that is missing, cut, altered or
    added.
    """
    manifest = read_manifest(folder)
    if manifest.info.fingerprint != fingerprint:
        raise IndexStale(
            f"{folder}: made by another version of the fields or of the analysis. {_rebuild(folder.parent)}"
        )
    files = _files(folder)
    for name in sorted(manifest.checksums.keys() ^ files.keys()):
        fault = "is no file of this index" if name in files else "missing"
        raise IndexDamaged(f"{folder / name}: {fault}. {_rebuild(folder.parent)}")
    for name, path in files.items():
        try:
            # Only plain files are read: a pipe would never end.
            found = checksum(path) if stat.S_ISREG(path.lstat().st_mode) else ""
        except OSError as error:
            raise IndexDamaged(f"{path}: {error.strerror}. {_rebuild(folder.parent)}") from error
        if found != manifest.checksums[name]:
            raise IndexDamaged(f"{path}: cut or altered since it was indexed. {_rebuild(folder.parent)}")
    return manifest


def _files(folder: Path) -> dict[str, Path]:
    """All files of a generation but its manifest, by their path in it; links, pipes and the like count as files."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    return {name: path for name, path in found.items() if name != MANIFEST and (path.is_symlink() or not path.is_dir())}


def names(root: Path) -> list[str]:
    """The finished generations, oldest first."""
    return sorted(path.parent.name for path in root.glob(f"*/{MANIFEST}") if _NAME.fullmatch(path.parent.name))


def served(root: Path) -> str | None:
    """The name of the generation being served, None if there is none."""
    try:
        return current(root)
    except UnusableIndex:
        return None


def discard(folder: Path) -> None:
    """Remove a generation that could not be finished, unless it is being served already."""
    if served(folder.parent) != folder.name:
        shutil.rmtree(folder, ignore_errors=True)


def clean(root: Path, before: str | None) -> None:
    """Remove the generations but the one served and the one served before it, for `rollback`. Only under the lock."""
    _remove_all_but(root, {current(root), before})


def clean_remains(root: Path) -> None:
    """Remove what killed runs left, so that a small disk has room for this one. Only under the lock.

    What is kept: the generation served, and the one that `rollback` would serve. If none is served, the last whole one,
    unless it is all there is: a first run, killed before its index was served, leaves that.
    """
    serving = served(root)
    whole = names(root)
    kept = {serving, *whole[-1:]}
    if serving is not None:
        earlier = [name for name in whole if name < serving]
        later = [name for name in whole if name > serving and _was_served(root, name)]
        kept = {serving, *(earlier[-1:] or later[:1])}
    elif len(whole) == 1 and not os.path.lexists(root / CURRENT):
        kept = {serving}
    _remove_all_but(root, kept)


def _was_served(root: Path, later: str) -> bool:
    """Whether a generation later than the one served was gone back from; else a run was killed before it switched."""
    # Going back writes the pointer, and so after that generation was sealed.
    return (root / CURRENT).stat().st_mtime_ns > (root / later / MANIFEST).stat().st_mtime_ns


def _remove_all_but(root: Path, kept: Collection[str | None]) -> None:
    for path in root.iterdir():
        if _NAME.fullmatch(path.name) and path.name not in kept:
            shutil.rmtree(path, ignore_errors=True)
        elif path.name.startswith(f".{CURRENT}-"):
            path.unlink(missing_ok=True)


def rollback(root: Path, fingerprint: str) -> str:
    """Serve the generation before the current one; if none is earlier, the next one. Returns its name.

    Raises IndexMissing if only one is kept, and as `verify`: one that is not whole is never served.
    """
    with indexing(root):
        serving = current(root)
        kept = names(root)
        earlier, later = [name for name in kept if name < serving], [name for name in kept if name > serving]
        other = earlier[-1] if earlier else later[0] if later else None
        if other is None:
            raise IndexMissing(f"{root}: only one generation is kept, so there is nothing to go back to.")
        verify(root / other, fingerprint)
        switch(root, other)
        return other


def exposed(root: Path) -> list[Path]:
    """The files and folders of an index and its current generation that every account of the system may write to."""
    try:
        serving = root / current(root)
    except (IndexMissing, IndexDamaged):
        return [path for path in (root,) if _is_exposed(path)]
    return [path for path in (root, root / CURRENT, serving, *sorted(serving.rglob("*"))) if _is_exposed(path)]


def _is_exposed(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & stat.S_IWOTH)
    except OSError:
        return False


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(path: Path) -> None:
    """Have the system write a file or the entries of a folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:
        # Some file systems flush no folders. A file that cannot be flushed may be lost.
        if not path.is_dir():
            raise
    finally:
        os.close(descriptor)


def _rebuild(root: Path) -> str:
    return f"Rebuild it with: metiers index SOURCE --index {root}"
