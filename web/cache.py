"""Answers kept ready, and the tags by which a browser knows that its own copy is still good.

In: what was asked, in its normal form, and the generation of the index. Out: an Answer, made once.
"""

import zlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from hashlib import blake2b
from threading import Lock
from typing import Final

_WORTH_PACKING: Final = 1_000
"""Bytes under which packing an answer costs more than it saves."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer: its bytes, its type, its headers, and how many results it tells of (for the log).

    One that is partial, since time ran out, is sent once and never kept.
    """

    body: bytes
    mimetype: str
    headers: tuple[tuple[str, str], ...] = ()
    results: int | None = None
    is_partial: bool = False

    @property
    def is_worth_packing(self) -> bool:
        """Whether gzip makes it smaller enough to matter."""
        return len(self.body) > _WORTH_PACKING

    def packed(self) -> "Answer":
        """The same answer in gzip."""
        return replace(self, body=gzipped(self.body), headers=(*self.headers, ("Content-Encoding", "gzip")))


def gzipped(body: bytes, level: int = 5) -> bytes:
    """The bytes in gzip, without a date, so that equal bytes stay equal."""
    packer = zlib.compressobj(level, zlib.DEFLATED, 31)
    return packer.compress(body) + packer.flush()


def tag(*parts: str) -> str:
    """A weak entity tag for an answer that depends on these parts alone."""
    written = "\n".join(parts).encode("utf-8", "replace")
    return f'W/"{blake2b(written, digest_size=12).hexdigest()}"'


def is_known(etag: str, if_none_match: str | None) -> bool:
    """Whether the browser's copies, named by If-None-Match, hold this one."""
    if not if_none_match:
        return False
    bare = etag.removeprefix("W/")
    return any(each.strip().removeprefix("W/") in {bare, "*"} for each in if_none_match.split(","))


class AnswerCache:
    """The answers last used, at most `entries` of them and `most_bytes` in all; 0 entries keep none.

    Safe under threads.
    """

    def __init__(self, entries: int, most_bytes: int = 64_000_000) -> None:
        self._entries = entries
        self._most_bytes = most_bytes
        self._bytes = 0
        self._answers: OrderedDict[Hashable, Answer] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Answer]) -> Answer:
        """The answer kept under a key, or made now. Two threads may make the same one; both are right."""
        with self._lock:
            kept = self._answers.get(key)
            if kept is not None:
                self._answers.move_to_end(key)
                return kept
        made = make()
        if self._entries and not made.is_partial and len(made.body) * 8 <= self._most_bytes:
            with self._lock:
                self._keep(key, made)
        return made

    def _keep(self, key: Hashable, answer: Answer) -> None:
        replaced = self._answers.pop(key, None)
        self._answers[key] = answer
        self._bytes += len(answer.body) - (len(replaced.body) if replaced else 0)
        while len(self._answers) > self._entries or self._bytes > self._most_bytes:
            _, oldest = self._answers.popitem(last=False)
            self._bytes -= len(oldest.body)

    def __len__(self) -> int:
        return len(self._answers)
