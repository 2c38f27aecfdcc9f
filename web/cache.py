"""Answers as they are made, packed and kept, and the tags by which a browser knows that its own copy is still good.

In: an Answer. Out: its bytes, packed as a client takes them; what was sent, kept to be sent again.
"""

import zlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from threading import Lock
from typing import Final

import brotli

_WORTH_PACKING: Final = 1_000
"""Bytes under which packing an answer costs more than it saves."""

_OBJECTS: Final = 2_000
"""Bytes that a kept answer takes beside its body, headers and address: the objects that hold them, measured."""

_LARGEST_SHARE: Final = 8
"""An answer larger than this part of the cache is not kept: it would displace too many others."""

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer: its bytes, its type, its headers, and how many results it tells of (for the log).

    One that is partial, since time ran out, is sent once and never kept.
    """

    body: bytes
    mimetype: str
    headers: Headers = ()
    results: int | None = None
    is_partial: bool = False

    @property
    def is_worth_packing(self) -> bool:
        """Whether packing makes it smaller enough to matter."""
        return len(self.body) > _WORTH_PACKING

    def packed(self, coding: str) -> "Answer":
        """The same answer in a content coding of PACKERS."""
        return replace(self, body=PACKERS[coding](self.body), headers=(*self.headers, ("Content-Encoding", coding)))


def gzipped(body: bytes, level: int = 4) -> bytes:
    """The bytes in gzip, without a date, so that equal bytes stay equal."""
    packer = zlib.compressobj(level, zlib.DEFLATED, 31)
    return packer.compress(body) + packer.flush()


def brotlied(body: bytes, quality: int = 3) -> bytes:
    """The bytes in Brotli. At this quality a page takes as many bytes as in gzip, and half the time."""
    packed: bytes = brotli.compress(body, quality=quality)
    return packed


PACKERS: Final[Mapping[str, Callable[[bytes], bytes]]] = {"br": brotlied, "gzip": gzipped}
"""By content coding, the one that we like best first."""


def tag(*parts: str) -> str:
    """A weak entity tag for an answer that depends on these parts alone, however it is packed."""
    written = "\n".join(parts).encode("utf-8", "replace")
    return f'W/"{blake2b(written, digest_size=12).hexdigest()}"'


def is_known(etag: str, if_none_match: str | None) -> bool:
    """Whether the browser's copies, named by If-None-Match, hold this one."""
    if not if_none_match:
        return False
    bare = etag.removeprefix("W/")
    return any(each.strip().removeprefix("W/") in {bare, "*"} for each in if_none_match.split(","))


@dataclass(frozen=True, slots=True)
class SentAnswer:
    """An answer as it was sent: all but the number of the request, which stands between the two groups of headers.

    `route`, `results` and `words` are what the log says of it.
    """

    etag: str
    status: str
    headers_before: Headers
    headers_after: Headers
    body: bytes
    route: str
    results: int | None = None
    words: str | None = None

    @property
    def size(self) -> int:
        """Bytes that it takes in memory, about."""
        headers = (*self.headers_before, *self.headers_after)
        return len(self.body) + sum(len(name) + len(value) for name, value in headers) + _OBJECTS


class AnswerCache:
    """The answers last sent, at most `entries` of them and `most_bytes` in all; 0 entries keep none.

    Safe under threads.
    """

    def __init__(self, entries: int, most_bytes: int = 64_000_000) -> None:
        self.keeps = entries > 0
        self._entries = entries
        self._most_bytes = most_bytes
        self._bytes = 0
        self._answers: OrderedDict[Hashable, tuple[SentAnswer, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> SentAnswer | None:
        """The answer kept under a key."""
        with self._lock:
            kept = self._answers.get(key)
            if kept is None:
                return None
            self._answers.move_to_end(key)
        return kept[0]

    def keep(self, key: tuple[Hashable, ...], answer: SentAnswer) -> None:
        """Keep an answer, and remove those that were not asked for longest; one that is too large is not kept."""
        size = answer.size + sum(len(part) for part in key if isinstance(part, str))
        if not self.keeps or size * _LARGEST_SHARE > self._most_bytes:
            return
        with self._lock:
            _, replaced = self._answers.pop(key, (None, 0))
            self._answers[key] = answer, size
            self._bytes += size - replaced
            while len(self._answers) > self._entries or self._bytes > self._most_bytes:
                _, (_, oldest) = self._answers.popitem(last=False)
                self._bytes -= oldest

    def __len__(self) -> int:
        return len(self._answers)
