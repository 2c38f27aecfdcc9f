"""Where sheets come from. In: paths (folders, files, globs, ZIP, XML). Out: a Reading of all their sheets.

What a file is, its content says, not its name. One bad sheet never stops the others.
"""

import os
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from glob import glob
from pathlib import Path, PurePosixPath
from typing import IO, Final

from search.engine import Progress
from search.errors import SheetError, SourceError
from search.fiche import Fiche
from search.sources import feed, markdown

MAX_UNPACKED: Final = 100_000_000
"""Bytes that a ZIP may unpack to, all its members together."""

MAX_MEMBERS: Final = 10_000

_HEAD: Final = 4096
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_TAG = re.compile(rb"<([A-Za-z_][\w.-]*)")


class Kind(Enum):
    """What a file is; the value names it in messages."""

    SHEET = "a sheet in Markdown"
    FEED = "the official feed of sheets (XML)"
    IDEO = "Idéo-Métiers"
    ZIP = "a ZIP"
    WEB_PAGE = "a web page, not data"
    OTHER_XML = "XML that is neither sheets (<metiers>) nor Idéo-Métiers (<item>)"
    OTHER_JSON = "JSON that is not Idéo-Métiers"


@dataclass(frozen=True, slots=True)
class Reading:
    """All good sheets, each MET once, by number; what was refused; where the sheets came from.

    `data_date` is the newest feed's date (ISO), "" for Markdown. `notes` say what was decided between sources.
    `ideo` are the Idéo-Métiers files met on the way, or lying beside the sources.
    """

    fiches: tuple[Fiche, ...]
    refused: tuple[SheetError, ...]
    sources: tuple[str, ...]
    data_date: str
    notes: tuple[str, ...]
    ideo: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """A good sheet and where it was found; `date` is its feed's, "" for Markdown."""

    fiche: Fiche
    path: str
    line: int
    date: str


def kind_of(head: bytes) -> Kind:
    """What begins like this. `head` is the first few kilobytes of a file."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return Kind.ZIP
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"<"):
        start = _COMMENT.sub(b"", start)
        if re.match(rb"<!doctype html|<html", start, re.IGNORECASE):
            return Kind.WEB_PAGE
        found = _TAG.search(start)
        if found and found[1] in (b"metiers", b"metier"):
            return Kind.FEED
        return Kind.IDEO if b"lien_site_onisepfr" in start else Kind.OTHER_XML
    if start.startswith((b"{", b"[")):
        return Kind.IDEO if re.search(rb"lien[ _]site[ _]onisep", start) else Kind.OTHER_JSON
    return Kind.SHEET


def read(paths: Sequence[str | Path], progress: Progress) -> Reading:
    """Every sheet of these paths. Raises SourceError for a path that leads nowhere, or when no sheet is good."""
    files = find(paths)
    found: list[_Found] = []
    refused: list[SheetError] = []
    ideo: list[Path] = []
    for done, path in enumerate(files):
        progress("reading files", done, len(files))
        for each in _file(path, progress):
            if isinstance(each, _Found):
                found.append(each)
            elif isinstance(each, SheetError):
                refused.append(each)
            else:
                ideo.append(each)
    progress("reading files", len(files), len(files))
    kept, duplicates, notes = _each_once(found)
    refused += duplicates
    if not kept:
        first = "".join(f"\n  {error}" for error in refused[:3])
        raise SourceError(f"{_names(paths)}: no good sheet in {len(files)} file(s).{first}")
    return Reading(
        fiches=tuple(sorted((each.fiche for each in kept), key=lambda fiche: fiche.number)),
        refused=tuple(refused),
        sources=_sources(paths),
        data_date=max(each.date for each in kept),
        notes=tuple(notes),
        ideo=tuple(ideo) or _beside(paths),
    )


def find(paths: Sequence[str | Path]) -> tuple[Path, ...]:
    """The files that these paths stand for, each once: folders to their depth, globs, files. Hidden ones are left out.

    Raises SourceError for a path that leads nowhere.
    """
    files: dict[Path, Path] = {}
    for path in map(Path, paths):
        if path.is_dir():
            found = list(_inside(path))
        elif path.is_file():
            found = [path]
        else:
            found = [each for name in sorted(glob(str(path), recursive=True)) for each in _inside(Path(name))]
        if not found:
            what = "an empty folder" if path.is_dir() else "no such file or folder"
            raise SourceError(f"{path}: {what}. Name a folder, a file or a glob of sheets.")
        for each in found:
            files.setdefault(each.resolve(), each)
    return tuple(files.values())


def _inside(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        visible = (Path(folder, name) for name in sorted(names) if not name.startswith("."))
        yield from (each for each in visible if each.is_file())


def _file(path: Path, progress: Progress) -> Iterator[_Found | SheetError | Path]:
    """What one file holds: sheets, refusals, or itself when it is Idéo-Métiers."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
            kind = kind_of(head)
            file.seek(0)
            if kind is Kind.IDEO:
                yield path
            elif kind is Kind.ZIP:
                yield from _zip(file, str(path), progress)
            else:
                yield from _content(file, kind, str(path), path.name, progress)
    except OSError as error:
        yield SheetError(path, 0, f"cannot be read ({error.strerror})")


def _content(
    file: IO[bytes], kind: Kind, path: str, name: str, progress: Progress, date: str = ""
) -> Iterator[_Found | SheetError]:
    if kind is Kind.FEED:
        yield from _feed(file, path, feed.date_of(name) or date, progress)
    elif kind is Kind.SHEET:
        try:
            data = file.read(markdown.MAX_BYTES + 1)
            yield _Found(markdown.from_bytes(data, path), path, markdown.line_of_id(data), "")
        except SheetError as error:
            yield error
    else:
        yield SheetError(path, 0, f"this is {kind.value}")


def _feed(file: IO[bytes], path: str, date: str, progress: Progress) -> Iterator[_Found | SheetError]:
    """The jobs of a whole feed; a broken one gives none, lest the jobs after the break seem withdrawn."""
    jobs: list[_Found | SheetError] = []
    try:
        for line, job in feed.read(file, path):
            jobs.append(job if isinstance(job, SheetError) else _Found(job, path, line, date))
            progress("reading the feed", len(jobs), 0)
    except SheetError as error:
        yield error
        return
    yield from jobs or [SheetError(path, 0, "no <metier> in this feed")]


def _zip(file: IO[bytes], path: str, progress: Progress) -> Iterator[_Found | SheetError]:
    """The members of a ZIP, read in place: nothing is written to disk, and no more is read than they declare."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            unpacked = sum(member.file_size for member in members)
            if unpacked > MAX_UNPACKED or len(members) > MAX_MEMBERS:
                size = f"{unpacked / 1_000_000:,.0f} MB in {len(members):,} files"
                yield SheetError(path, 0, f"unpacks to {size}: over {MAX_UNPACKED // 1_000_000} MB or {MAX_MEMBERS:,}")
                return
            for member in members:
                yield from _member(archive, member, f"{path}/{member.filename}", progress)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError) as error:
        yield SheetError(path, 0, f"damaged ZIP ({error}); download it again")


def _member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: str, progress: Progress
) -> Iterator[_Found | SheetError]:
    name = PurePosixPath(member.filename)
    if name.is_absolute() or ".." in name.parts or "\\" in member.filename or ":" in member.filename:
        yield SheetError(path, 0, "a path that leaves the ZIP")
        return
    if member.flag_bits & 1:
        yield SheetError(path, 0, "encrypted")
        return
    if any(part.startswith(".") or part == "__MACOSX" for part in name.parts):
        return
    try:
        with archive.open(member) as file:
            kind = kind_of(file.read(_HEAD))
            file.seek(0)
            year, month, day = member.date_time[:3]
            date = f"{year}-{month:02}-{day:02}" if year > 1980 else ""  # 1980: a ZIP without dates
            found = list(_content(file, kind, path, name.name, progress, date))
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError) as error:
        found = [SheetError(path, 0, f"damaged in the ZIP ({error}); download it again")]
    yield from found


def _each_once(found: Iterable[_Found]) -> tuple[list[_Found], list[SheetError], list[str]]:
    """One sheet for each MET: of the newest feed, else the first; Markdown, which has no date, gives way to feeds.

    Two in one feed, or two in Markdown, are a fault of the data: the second is refused.
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
            duplicates.append(SheetError(each.path, each.line, f"{id} again: already in {first.path}:{first.line}"))
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
    return f"{Path(found.path).name} ({found.date})" if found.date else "Markdown"


def _names(paths: Sequence[str | Path]) -> str:
    return ", ".join(str(path) for path in paths)


def _sources(paths: Sequence[str | Path]) -> tuple[str, ...]:
    """What readers may know of where the sheets came from: names, not the folders of this machine."""
    return tuple(dict.fromkeys(Path(path).resolve().name or "." for path in paths))


def _beside(paths: Sequence[str | Path]) -> tuple[Path, ...]:
    """Files named like Idéo-Métiers in the folders of the sources, or in those that hold them; the newest first."""
    folders: dict[Path, None] = {}
    for path in map(Path, paths):
        folder = (path if path.is_dir() else path.parent).resolve()
        folders.update(dict.fromkeys((folder, folder.parent)))
    found = [each for folder in folders for each in _readable(folder) if _is_ideo(each)]
    return tuple(sorted(found, key=lambda path: path.stat().st_mtime, reverse=True))


def _readable(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _is_ideo(path: Path) -> bool:
    name = unicodedata.normalize("NFKD", path.name.lower()).replace("\u0301", "").replace("_", "-")
    if not name.startswith("ideo-metiers") or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return kind_of(file.read(_HEAD)) is Kind.IDEO
    except OSError:
        return False
