"""The files of the edition being served, as each process makes, keeps and sends them. In: a request. Out: its bytes.

A file is made when it is first asked for, by a thread of its own. It is not part of the index, because its addresses
and the shape of its lines change with the settings and the program.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import BoundedSemaphore, Lock
from typing import Final

from flask import Request, Response
from werkzeug.exceptions import RequestedRangeNotSatisfiable, ServiceUnavailable

from search.errors import EngineUnavailable
from web.answer import is_known
from web.api.downloads import Download, Edition
from web.exports import saved_as
from web.negotiation import best_coding
from web.serving.stored_files import CODINGS, StoredFile, packed, stored

PATIENCE_SECONDS: Final = 20
"""How long a request waits for a file that is being made, before its client is asked to come back. One request at a
time waits; the others are asked at once, since few requests run in a worker."""

SENT_AT_ONCE: Final = 8
"""Files that a process sends at once, each by a thread of its own for as long as its reader takes."""

RETRY_SECONDS: Final = 5
KEPT: Final = "public, max-age=86400"


@dataclass(frozen=True, slots=True)
class DownloadFile:
    """A file as it is, and in each content coding."""

    plain: StoredFile
    packed: Mapping[str, StoredFile]


class DownloadFiles:
    """The files of one edition, which are dropped as soon as another edition is asked for. Safe under threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._making: dict[tuple[str, str], Future[DownloadFile]] = {}
        self._maker = ThreadPoolExecutor(1, "downloads")
        self._may_wait = Lock()
        self._sending = BoundedSemaphore(SENT_AT_ONCE)

    def get(self, download: Download, edition: Edition) -> DownloadFile:
        """The file. If it is not made yet, it is begun: raises ServiceUnavailable if that takes longer than
        PATIENCE_SECONDS, EngineUnavailable if it cannot be made."""
        generation = edition.info.generation
        key = (generation, download.name)
        with self._lock:
            self._making = {each: file for each, file in self._making.items() if each[0] == generation}
            if key not in self._making:
                self._making[key] = self._maker.submit(_make, download.write, edition)
            making = self._making[key]
        waits = self._may_wait.acquire(blocking=False)
        try:
            return making.result(PATIENCE_SECONDS if waits else 0)
        except TimeoutError:
            raise ServiceUnavailable(retry_after=RETRY_SECONDS) from None
        except Exception:
            with self._lock:
                self._making.pop(key, None)  # the next request tries again
            raise
        finally:
            if waits:
                self._may_wait.release()

    def send(self, request: Request, download: Download, edition: Edition) -> Response:
        """The file, or the part that is asked for (RFC 9110, 14).

        Raises RequestedRangeNotSatisfiable; ServiceUnavailable if it is not made yet, or too many are being sent.
        """
        file = self.get(download, edition)
        coding = best_coding(request.headers.get("Accept-Encoding", ""), tuple(CODINGS))
        chosen = file.packed[coding] if coding else file.plain
        etag = f'"{chosen.digest[:32]}"'
        headers = [("ETag", etag), ("Cache-Control", KEPT), ("Vary", "Accept-Encoding"), ("Accept-Ranges", "bytes")]
        if is_known(etag, request.headers.get("If-None-Match")):
            return Response(status=304, headers=headers)
        span = _span(request, etag, chosen.length)
        start, stop = span or (0, chosen.length)
        headers += [saved_as(download.name), ("Content-Length", str(stop - start))]
        if coding:
            headers.append(("Content-Encoding", coding))
        if span:
            headers.append(("Content-Range", f"bytes {start}-{stop - 1}/{chosen.length}"))
        if not self._sending.acquire(blocking=False):
            raise ServiceUnavailable(retry_after=RETRY_SECONDS)
        pieces = chosen.pieces(start, stop, self._sending.release)
        return Response(pieces, 206 if span else 200, headers, mimetype=download.mimetype, direct_passthrough=True)


def _make(write: Callable[[Edition], Iterator[bytes]], edition: Edition) -> DownloadFile:
    try:
        plain = stored(write(edition))
        return DownloadFile(plain, {coding: packed(plain, coding) for coding in CODINGS})
    except OSError as error:
        raise EngineUnavailable(f"{error}. Is there room in the folder for temporary files?") from error


def _span(request: Request, etag: str, length: int) -> tuple[int, int] | None:
    """The first byte that is asked for and the one after the last; None for the whole file.

    Several ranges in one request, and those of a file that has changed since (If-Range), give the whole, as allowed. To
    anything but GET a range says nothing (RFC 9110, 14.2).
    """
    asked = request.range
    if request.method != "GET" or asked is None or asked.units != "bytes" or len(asked.ranges) > 1:
        return None
    if request.headers.get("If-Range", etag) != etag:
        return None
    span = asked.range_for_length(length)
    if span is None:
        raise RequestedRangeNotSatisfiable(length)
    return span
