"""Where sheets come from. In: paths (folders, files, globs, ZIP, XML). Out: a Reading of all their sheets.

The content of a file says what it is, not its name. One bad sheet never stops the others.
"""

import os
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from glob import glob
from pathlib import Path, PurePosixPath
from typing import IO, Final

from search.engine import Progress
from search.errors import SheetError, SourceError, printable
from search.fiche import Fiche
from search.sources import feed, markdown, rome
from search.sources.kinds import HEAD, ZIP_FAULTS, Kind, kind_of
from search.sources.markdown_lines import MAX_BYTES

MAX_UNPACKED: Final = 100_000_000
"""Bytes that a ZIP may unpack to, all its members together."""

MAX_MEMBERS: Final = 10_000

_BESIDE: Final = frozenset((Kind.IDEO, Kind.ROME, Kind.ROME_OTHER, Kind.ESCO))
"""Kinds of files that say something about sheets and hold none."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read from some paths.

    fiches: all good sheets, each MET once, by number. refused: the others. sources: where the sheets came from, as
    readers may know it. data_date: the newest feed's date (ISO), "" for Markdown. notes: which of two sources a sheet
    was taken from, and what was read that has no place on a sheet, each with its file and line. ideo, rome, esco: the
    files of Idéo-Métiers and of names from outside among the sources, or else beside them; the newest first.
    """

    fiches: tuple[Fiche, ...]
    refused: tuple[SheetError, ...]
    sources: tuple[str, ...]
    data_date: str
    notes: tuple[str, ...]
    ideo: tuple[Path, ...]
    rome: tuple[Path, ...] = ()
    esco: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    """A good sheet and where it was found; `date` is its feed's, "" for Markdown."""

    fiche: Fiche
    path: str
    line: int
    date: str


def read(paths: Sequence[str | Path], progress: Progress) -> Reading:
    """Every sheet of these paths. Raises SourceError for a path that leads nowhere, or if no sheet is good."""
    files, refused, notes = _found(paths)
    found: list[_Found] = []
    beside: dict[Kind, list[Path]] = {kind: [] for kind in _BESIDE}
    for done, path in enumerate(files):
        progress("reading files", done, len(files))
        for each in _file(path, progress):
            if isinstance(each, _Found):
                found.append(each)
            elif isinstance(each, SheetError):
                refused.append(each)
            elif isinstance(each, tuple):
                beside[each[0]].append(each[1])
            else:
                notes.append(each)
    progress("reading files", len(files), len(files))
    kept, duplicates, decided = _each_once(found)
    refused += duplicates
    if not kept:
        first = "".join(f"\n  {error}" for error in refused[:3])
        raise SourceError(f"{_names(paths)}: no good sheet in {len(files)} file(s).{first}")
    return Reading(
        fiches=tuple(sorted((each.fiche for each in kept), key=lambda fiche: fiche.number)),
        refused=tuple(refused),
        sources=_sources(paths),
        data_date=max(each.date for each in kept),
        notes=(*decided, *notes),
        ideo=tuple(beside[Kind.IDEO]) or _beside(paths, _is_ideo),
        rome=tuple(beside[Kind.ROME]) or _beside(paths, lambda path: _is_list(path, Kind.ROME)),
        esco=tuple(beside[Kind.ESCO]) or _beside(paths, lambda path: _is_list(path, Kind.ESCO)),
    )


def find(paths: Sequence[str | Path]) -> tuple[Path, ...]:
    """The files that these paths stand for, each once: folders to their depth, globs, files. Hidden ones are left out.

    Raises SourceError for a path that leads nowhere.
    """
    return _found(paths)[0]


def _found(paths: Sequence[str | Path]) -> tuple[tuple[Path, ...], list[SheetError], list[str]]:
    """The files; what was named and is no file; notes on what lies in folders and is no file.

    Raises SourceError for a path that leads nowhere.
    """
    files: dict[Path, Path] = {}
    refused: list[SheetError] = []
    notes: list[str] = []
    for path in map(Path, paths):
        names = [path] if os.path.lexists(path) else map(Path, sorted(glob(str(path), recursive=True)))
        met = [each for name in names for each in _inside(name)]
        if not met:
            what = "an empty folder" if path.is_dir() else "no such file or folder"
            raise SourceError(f"{printable(path)}: {what}. Name a folder, a file or a glob of sheets.")
        for each in met:
            if isinstance(each, SheetError):
                refused.append(each)
            elif isinstance(each, Path):
                files.setdefault(each.resolve(), each)
            else:
                notes.append(each)
    return tuple(files.values()), refused, notes


def _inside(path: Path) -> Iterator[Path | SheetError | str]:
    """The files of a folder to its depth, or the file itself. What is neither is never opened: a pipe may not end."""
    odd = "not a regular file (a pipe, a device or a dead link)"
    if not path.is_dir():
        yield path if path.is_file() else SheetError(path, 0, odd)
        return
    unreadable: list[OSError] = []
    for folder, folders, names in os.walk(path, onerror=unreadable.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for each in (Path(folder, name) for name in sorted(names) if not name.startswith(".")):
            yield each if each.is_file() else str(SheetError(each, 0, f"{odd}: left out"))
    for error in unreadable:
        yield SheetError(error.filename, 0, f"the folder cannot be read ({error.strerror})")


def _file(path: Path, progress: Progress) -> Iterator[_Found | SheetError | tuple[Kind, Path] | str]:
    """What one file holds: sheets, refusals, notes, or itself if it tells of sheets without holding any."""
    try:
        with path.open("rb") as file:
            kind = kind_of(file.read(HEAD))
            file.seek(0)
            if kind is Kind.ZIP and rome.is_archive(path):
                yield Kind.ROME, path
            elif kind in _BESIDE:
                yield kind, path
            elif kind is Kind.ZIP:
                yield from _zip(file, str(path), progress)
            else:
                yield from _content(file, kind, str(path), path.name, progress)
    except OSError as error:
        yield SheetError(path, 0, f"cannot be read ({error.strerror or error})")


def _content(
    file: IO[bytes], kind: Kind, path: str, name: str, progress: Progress, date: str = ""
) -> Iterator[_Found | SheetError | str]:
    """The sheets, refusals and notes of an open file.

    name: that of the file, which may hold the date of a feed; date: that of a feed whose name has none.
    """
    if kind is Kind.FEED:
        yield from _feed(file, path, feed.date_of(name) or date, progress)
    elif kind is Kind.SHEET:
        try:
            yield from _sheets(file.read(MAX_BYTES + 1), path)
        except SheetError as error:
            yield error
    else:
        yield SheetError(path, 0, f"this is {kind.value}" + ("; unpack it first" if kind is Kind.ZIP else ""))


def _sheets(data: bytes, path: str) -> Iterator[_Found | SheetError | str]:
    """The sheets of a file of Markdown. Raises SheetError if it is no text."""
    for parsed in markdown.sheets(data, path):
        yield parsed.sheet if isinstance(parsed.sheet, SheetError) else _Found(parsed.sheet, path, parsed.line, "")
        yield from parsed.notes


def _feed(file: IO[bytes], path: str, date: str, progress: Progress) -> Iterator[_Found | SheetError | str]:
    """The jobs of a feed. A broken feed gives none, because the jobs after the break would seem withdrawn."""
    jobs: list[_Found | SheetError] = []
    left_out: dict[str, list[int]] = {}
    try:
        for line, job in feed.read(file, path, lambda line, what: left_out.setdefault(what, []).append(line)):
            jobs.append(job if isinstance(job, SheetError) else _Found(job, path, line, date))
            progress("reading the feed", len(jobs), 0)
    except SheetError as error:
        yield error
        return
    yield from jobs or [SheetError(path, 0, "no <metier> in this feed")]
    for what, lines in left_out.items():
        more = f" (and so in {len(lines) - 1:,} more)" if len(lines) > 1 else ""
        yield str(SheetError(path, lines[0], what + more))


def _zip(file: IO[bytes], path: str, progress: Progress) -> Iterator[_Found | SheetError | str]:
    """The members of a ZIP, read in place: nothing is written to disk, and no more is read than they declare."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            unpacked = sum(member.file_size for member in members)
            if unpacked > MAX_UNPACKED or len(members) > MAX_MEMBERS:
                size = f"{unpacked / 1_000_000:,.0f} MB in {len(members):,} files"
                yield SheetError(path, 0, f"unpacks to {size}: over {MAX_UNPACKED // 1_000_000} MB or {MAX_MEMBERS:,}")
                return
            if all(map(_is_hidden, members)):
                yield SheetError(path, 0, "a ZIP without a file, hidden ones aside")
            for member in members:
                yield from _member(archive, member, f"{path}/{member.filename}", progress)
    except ZIP_FAULTS as error:
        yield SheetError(path, 0, f"damaged ZIP ({error or type(error).__name__}); download it again")


def _member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: str, progress: Progress
) -> Iterator[_Found | SheetError | str]:
    """The sheets, refusals and notes of one member of a ZIP."""
    name = PurePosixPath(member.filename)
    if name.is_absolute() or ".." in name.parts or "\\" in member.filename or ":" in member.filename:
        yield SheetError(
            path, 0, "a path that leaves the ZIP; pack it again under a name without .., :, \\ or a leading /"
        )
        return
    if member.flag_bits & 1:
        yield SheetError(path, 0, "encrypted; pack it again without a password")
        return
    if _is_hidden(member):
        return
    try:
        with archive.open(member) as file:
            kind = kind_of(file.read(HEAD))
            file.seek(0)
            year, month, day = member.date_time[:3]
            date = f"{year}-{month:02}-{day:02}" if year > 1980 else ""  # 1980: a ZIP without dates
            # All of it before any of it is given: a member that is damaged further on gives nothing.
            found = list(_content(file, kind, path, name.name, progress, date))
    except ZIP_FAULTS as error:
        mend = "pack it again with Deflate" if isinstance(error, NotImplementedError) else "download it again"
        found = [SheetError(path, 0, f"damaged in the ZIP ({error or type(error).__name__}); {mend}")]
    yield from found


def _is_hidden(member: zipfile.ZipInfo) -> bool:
    """Whether a member, or a folder above it, is hidden or made by macOS for itself; paths with ".." are refused."""
    parts = PurePosixPath(member.filename.replace("\\", "/")).parts
    return ".." not in parts and any(part.startswith(".") or part == "__MACOSX" for part in parts)


def _each_once(found: Iterable[_Found]) -> tuple[list[_Found], list[SheetError], list[str]]:
    """One sheet for each MET; then the sheets that are refused; then notes on what was taken from which source.

    The sheet of the newest feed is taken, or else the first; Markdown has no date, so a feed goes before it. Two in one
    feed, or two in Markdown, are a fault of the data: the second is refused.
    """
    kept: dict[str, _Found] = {}
    duplicates: list[SheetError] = []
    replaced: dict[tuple[str, str], int] = {}
    for each in found:
        id = each.fiche.id
        first = kept.setdefault(id, each)
        if first is each:
            continue
        if first.date == each.date and (not each.date or first.path == each.path):
            already = f"{printable(first.path)}:{first.line}"
            duplicates.append(SheetError(each.path, each.line, f"{id} again: already in {already}"))
            continue
        newest, oldest = (each, first) if each.date > first.date else (first, each)
        kept[id] = newest
        pair = (_told(newest), _told(oldest))
        replaced[pair] = replaced.get(pair, 0) + 1
    notes = [
        f"{count} sheet(s) in two sources: taken from {new}, not from {old}" for (new, old), count in replaced.items()
    ]
    return list(kept.values()), duplicates, notes


def _told(found: _Found) -> str:
    """How a note names the source of a sheet."""
    return f"{printable(Path(found.path).name)} ({found.date})" if found.date else "Markdown"


def _names(paths: Sequence[str | Path]) -> str:
    return ", ".join(map(printable, paths))


def _sources(paths: Sequence[str | Path]) -> tuple[str, ...]:
    """What readers may know of where the sheets came from: names, not the folders of this machine."""
    return tuple(dict.fromkeys(printable(Path(path).resolve().name) or "." for path in paths))


def _beside(paths: Sequence[str | Path], wanted: Callable[[Path], bool]) -> tuple[Path, ...]:
    """The wanted files in the folders of the sources, or in those that hold them; the newest first."""
    folders: dict[Path, None] = {}
    for path in map(Path, paths):
        folder = (path if path.is_dir() else path.parent).resolve()
        folders.update(dict.fromkeys((folder, folder.parent)))
    found = [each for folder in folders for each in _readable(folder) if wanted(each)]
    return tuple(sorted(found, key=lambda path: path.stat().st_mtime, reverse=True))


def _readable(folder: Path) -> list[Path]:
    """What lies in a folder, nothing if it may not be read."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _is_ideo(path: Path) -> bool:
    """Whether a file is Idéo-Métiers, by its name and by what it holds."""
    name = unicodedata.normalize("NFKD", path.name.lower()).replace("\u0301", "").replace("_", "-")
    if not name.startswith("ideo-metiers") or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return kind_of(file.read(HEAD)) is Kind.IDEO
    except OSError:
        return False


def _is_list(path: Path, wanted: Kind) -> bool:
    """Whether a file is a list of names of this kind, by what it holds."""
    if path.suffix.lower() not in (".csv", ".zip") or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            kind = kind_of(file.read(HEAD))
    except OSError:
        return False
    return kind is wanted or (wanted is Kind.ROME and kind is Kind.ZIP and rome.is_archive(path))
