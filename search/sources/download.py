"""The official data, downloaded. In: an address and a target file. Out: the target, whole, checked and dated.

A download is written aside, read whole as the data it should be, then renamed: whatever goes wrong, the earlier
copy stays as it was. What was received before a cut is kept aside and resumed by the next attempt or run.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from ssl import SSLError
from time import monotonic, sleep
from typing import IO, Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from search.engine import Progress
from search.errors import FetchError, SourceError
from search.sources import files, ideo, rome
from search.sources.kinds import Kind, kind_of
from search.sources.safe_http import Leads, is_web, opened, to_public_https

FICHES_NAME: Final = "ideo-fiches-metiers.zip"
IDEO_NAME: Final = "ideo-metiers.json"
ROME_NAME: Final = "RefRomeCsv.zip"

MAX_BYTES: Final = 100_000_000
TIMEOUT: Final = 30.0
"""Seconds without a byte from the server."""

DEADLINE: Final = 900.0
"""Seconds for a whole download, its attempts and the pauses between them included: a server that sends a byte now
and then would never end.
"""

ATTEMPTS: Final = 3

_CHUNK: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file of official data, `size` bytes long. `changed` is False if the server had nothing newer.

    `modified` is the date that the server gives it (ISO 8601, "" for none).
    """

    path: Path
    size: int
    changed: bool
    modified: str

    def __str__(self) -> str:
        date = f", of {self.modified[:10]}" if self.modified else ""
        state = "downloaded" if self.changed else "already the newest"
        return f"{self.path}: {state} ({self.size / 1_000_000:.1f} MB{date})"


def fetch_official(
    folder: Path, fiches_url: str, ideo_url: str, rome_url: str, progress: Progress
) -> tuple[Fetched, ...]:
    """Download Idéo-fiches métiers, Idéo-Métiers and the ROME into a folder that `metiers index` can take.

    An empty rome_url leaves the ROME out. Raises FetchError for the first file that cannot be had; those before it
    stay.
    """
    fetched = [
        fetch(fiches_url, folder / FICHES_NAME, progress, check_fiches),
        fetch(ideo_url, folder / IDEO_NAME, progress, check_ideo),
    ]
    if rome_url:
        fetched.append(fetch(rome_url, folder / ROME_NAME, progress, check_rome))
    return tuple(fetched)


def check_rome(path: Path) -> None:
    """Raises SourceError unless the file holds the ROME."""
    rome.read(path)


def check_fiches(path: Path) -> None:
    """Raises SourceError unless the file holds sheets."""
    files.read([path], lambda what, done, total: None)


def check_ideo(path: Path) -> None:
    """Raises SourceError unless the file is Idéo-Métiers."""
    ideo.read(path)


@dataclass(frozen=True, slots=True)
class _Manner:
    """How a download is done.

    timeout: seconds of silence after which an attempt ends. pause: seconds between two attempts. end: when all must be
    done, on the monotonic clock. leads: where redirects may go.
    """

    timeout: float
    pause: float
    end: float
    leads: Leads

    def left(self) -> float:
        """Seconds until the end. Raises _TooSlow once it has come."""
        seconds = self.end - monotonic()
        if seconds <= 0:
            raise _TooSlow
        return seconds


class _TooSlow(Exception):
    """The deadline has come. What was received is kept for the next run."""


def fetch(
    url: str,
    target: Path,
    progress: Progress,
    check: Callable[[Path], None],
    *,
    timeout: float = TIMEOUT,
    pause: float = 1.0,
    deadline: float = DEADLINE,
    leads: Leads = to_public_https,
) -> Fetched:
    """Bring the target up to date with the address.

    check: reads what came and raises SourceError if it is not the data. If the download is cut, the server is silent
    for `timeout` seconds or has a fault of its own, it is tried again, ATTEMPTS times in all, with a pause that grows
    by `pause` seconds, each time from where the last one stopped. All ends after `deadline` seconds. leads: where a
    redirect may go. Raises FetchError with what went wrong and what to do; the target is then as it was.
    """
    if not is_web(url):
        raise FetchError(f"{url}: not an address to download from: it must begin with https:// (or http://).")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _alone(_aside(target, "lock")):
            return _attempts(url, target, progress, check, _Manner(timeout, pause, monotonic() + deadline, leads))
    except _TooSlow as error:
        raise FetchError(
            f"{url}: the server is too slow: a download may take no longer. Run the same command again later; it goes"
            " on where this one stopped if the server allows it."
        ) from error
    except OSError as error:
        raise FetchError(
            f"{target}: cannot be written ({error.strerror or error}). The copy there is unchanged."
        ) from error


class _Interrupted(Exception):
    """A fault that may be gone at the next attempt."""


def _attempts(url: str, target: Path, progress: Progress, check: Callable[[Path], None], manner: _Manner) -> Fetched:
    for attempt in range(1, ATTEMPTS):
        with suppress(_Interrupted):
            return _attempt(url, target, progress, check, manner)
        sleep(min(manner.pause * attempt, manner.left()))
    try:
        return _attempt(url, target, progress, check, manner)
    except _Interrupted as error:
        raise FetchError(f"{url}: {error}. Run the same command again later.") from error


def _attempt(url: str, target: Path, progress: Progress, check: Callable[[Path], None], manner: _Manner) -> Fetched:
    part, note = _aside(target, "part"), _aside(target, "json")
    known = _read_note(note, url) if target.exists() else {}
    started = _read_note(_aside(target, "part.json"), url) if part.exists() else {}
    resumed_at = part.stat().st_size if started.get("validator") else 0
    headers = {"User-Agent": "metiers", "Accept-Encoding": "identity"}
    if resumed_at:
        headers |= {"Range": f"bytes={resumed_at}-", "If-Range": started["validator"]}
    elif known and known.get("size") == target.stat().st_size:
        asked = {"If-None-Match": known.get("etag", ""), "If-Modified-Since": known.get("last_modified", "")}
        headers |= {name: value for name, value in asked.items() if value}
    try:
        silence = min(manner.timeout, manner.left())
        with opened(url, headers, silence, manner.left(), manner.leads) as response:
            if response.status == 206 and not _continues(response, resumed_at):
                part.unlink(missing_ok=True)
                raise _Interrupted("the server resumed at another place than asked")
            size = resumed_at if response.status == 206 else 0
            _write_note(_aside(target, "part.json"), url, response)
            _receive(response, part, size, f"downloading {target.name}", progress, url, manner)
    except FetchError as error:
        part.unlink(missing_ok=True)
        raise FetchError(str(error) if url in str(error) else f"{url}: {error}.") from error
    except HTTPError as error:
        error.close()
        if error.code == 304 and known:
            return Fetched(target, target.stat().st_size, False, _iso(known.get("last_modified", "")))
        if error.code == 416:
            part.unlink(missing_ok=True)
        raise _refusal(url, error.code) from error
    except (URLError, HTTPException, SSLError, TimeoutError, ConnectionError) as error:
        raise _Interrupted(_unreachable(url, error, manner.timeout)) from error
    except ValueError as error:  # an address that no one can go to, with a port or a name that is none
        raise FetchError(f"{url}: a broken address, there or in a redirect ({error}).") from error
    return _settle(url, target, check)


def _receive(
    response: HTTPResponse, part: Path, size: int, what: str, progress: Progress, url: str, manner: _Manner
) -> None:
    """Add the rest of the answer to the first `size` bytes of the part.

    Raises FetchError for what cannot be the data, _Interrupted if less came than was announced.
    """
    declared = response.length  # what is still to come, None if the server does not say
    total = size + declared if declared is not None else 0
    if total > MAX_BYTES:
        raise FetchError(
            f"{url}: {total / 1_000_000:,.0f} MB announced, over {MAX_BYTES // 1_000_000} MB: not this data."
        )
    with part.open("r+b" if size else "wb") as file:
        file.seek(size)
        file.truncate()
        while manner.left() and (chunk := response.read1(_CHUNK)):
            if not size:
                _begins_as_data(chunk, url)
            size += len(chunk)
            if size > MAX_BYTES:
                raise FetchError(f"{url}: over {MAX_BYTES // 1_000_000} MB without an end: not this data.")
            file.write(chunk)
            progress(what, size, total)
        file.flush()
        os.fsync(file.fileno())
    if total and size < total:
        raise _Interrupted(f"cut after {size:,} of {total:,} bytes")


def _begins_as_data(chunk: bytes, url: str) -> None:
    """Raises FetchError for what cannot be the data, most often a page that says why."""
    kind = kind_of(chunk)
    if kind in (Kind.WEB_PAGE, Kind.OTHER_XML):
        raise FetchError(f"{url}: the server sent {kind.value}. Open the address in a browser to see what it says.")


def _settle(url: str, target: Path, check: Callable[[Path], None]) -> Fetched:
    """Check what came, then put it in the place of the target. Raises FetchError if it is not the data."""
    part, part_note = _aside(target, "part"), _aside(target, "part.json")
    try:
        check(part)
    except SourceError as error:
        part.unlink()
        reason = str(error).replace(str(part), target.name)
        raise FetchError(f"{url}: what came is not the data, or not whole. {reason}") from error
    headers = json.loads(part_note.read_text(encoding="utf-8"))
    headers["size"] = part.stat().st_size
    modified = _iso(headers["last_modified"])
    if modified:
        seconds = datetime.fromisoformat(modified).timestamp()
        os.utime(part, (seconds, seconds))
    part.replace(target)
    part_note.write_text(json.dumps(headers, indent=1), encoding="utf-8")
    part_note.replace(_aside(target, "json"))
    return Fetched(target, headers["size"], True, modified)


def _continues(response: HTTPResponse, resumed_at: int) -> bool:
    return response.headers.get("Content-Range", "").startswith(f"bytes {resumed_at}-")


def _refusal(url: str, code: int) -> Exception:
    """What to raise for a status that brings no data: _Interrupted if another attempt may get past it."""
    if code in (404, 410):
        settings = "METIERS_FICHES_URL, METIERS_IDEO_URL or METIERS_ROME_URL"
        return FetchError(
            f"{url}: nothing at this address ({code}). If the data has moved, give its address in {settings}."
        )
    if code in (408, 416, 425, 429) or code >= 500:
        return _Interrupted(f"the server is in trouble ({code})")
    if code == 304:
        return FetchError(f"{url}: the server says that nothing changed, which it was not asked (304).")
    if 300 <= code < 400:
        return FetchError(f"{url}: redirected ({code}) to an address that is not followed.")
    return FetchError(f"{url}: the server refuses ({code}).")


def _unreachable(url: str, error: Exception, timeout: float) -> str:
    """Why no answer came, or not all of it."""
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, TimeoutError):
        return f"no answer for {timeout:g} s"
    if isinstance(reason, (HTTPException, ConnectionResetError)):
        return "the connection was cut"
    told = getattr(reason, "strerror", None) or reason
    return f"no connection to {urlsplit(url).hostname} ({told}). Check the network"


def _aside(target: Path, kind: str) -> Path:
    """A hidden companion of the target: hidden files are no sources."""
    return target.with_name(f".{target.name}.{kind}")


def _write_note(path: Path, url: str, response: HTTPResponse) -> None:
    """What must be known to resume the download, and to ask later whether there is anything newer."""
    etag, last_modified = response.headers.get("ETag", ""), response.headers.get("Last-Modified", "")
    note = {
        "url": url,
        "etag": etag,
        "last_modified": last_modified,
        # If-Range takes strong validators only (RFC 9110, 13.1.5).
        "validator": etag if etag and not etag.startswith("W/") else last_modified,
        "fetched_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    path.write_text(json.dumps(note, indent=1), encoding="utf-8")


def _read_note(path: Path, url: str) -> dict[str, Any]:
    """The note of this very address; nothing if it is missing, spoilt or of another address."""
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) and note.get("url") == url else {}


def _iso(http_date: str) -> str:
    try:
        return parsedate_to_datetime(http_date).astimezone(UTC).isoformat()
    except (TypeError, ValueError):
        return ""


@contextmanager
def _alone(path: Path) -> Iterator[IO[bytes]]:
    """Hold the lock of a target: only one download at a time. Raises FetchError if another one holds it."""
    with path.open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FetchError(f"{path.parent}: another download is under way here. Wait for it to end.") from error
        yield lock
