"""Files too big for the memory, made once and read piece by piece. In: pieces of bytes. Out: a StoredFile.

They lie in the system's folder for temporary files, under no name: however a process ends, nothing is left behind.
"""

import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from tempfile import TemporaryFile
from typing import Final
from weakref import finalize

import brotli

PIECE: Final = 65_536
"""Bytes read at once, which is all that an answer keeps in memory."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class StoredFile:
    """An open file: its length in bytes, its SHA-256 in hexadecimal. It is closed when nobody holds it any more."""

    descriptor: int
    length: int
    digest: str

    def pieces(self, start: int, stop: int, on_close: Callable[[], object] = lambda: None) -> "FilePieces":
        """The bytes from start to stop (exclusive)."""
        return FilePieces(self, start, stop, on_close)


class FilePieces:
    """A part of a file, read as it is sent. Safe to read from several threads, since each read says where.

    `close`, which servers call at the end, calls `on_close`; so does Python if nothing holds the pieces any more. It is
    called once.
    """

    def __init__(self, file: StoredFile, start: int, stop: int, on_close: Callable[[], object]) -> None:
        self._file = file
        self._start = start
        self._stop = stop
        self.close = finalize(self, on_close)

    def __iter__(self) -> Iterator[bytes]:
        for place in range(self._start, self._stop, PIECE):
            yield os.pread(self._file.descriptor, min(PIECE, self._stop - place), place)


def stored(pieces: Iterable[bytes]) -> StoredFile:
    """A file of these pieces. Raises OSError if the disk is full."""
    digest, length = sha256(), 0
    with TemporaryFile() as file:
        for piece in pieces:
            file.write(piece)
            digest.update(piece)
            length += len(piece)
        file.flush()
        made = StoredFile(os.dup(file.fileno()), length, digest.hexdigest())
    finalize(made, os.close, made.descriptor)
    return made


def packed(file: StoredFile, coding: str) -> StoredFile:
    """The same file in a content coding of CODINGS; equal bytes stay equal. Raises OSError if the disk is full."""
    return stored(CODINGS[coding](file.pieces(0, file.length)))


def _brotlied(pieces: Iterable[bytes]) -> Iterator[bytes]:
    packer = brotli.Compressor(quality=5)
    for piece in pieces:
        yield packer.process(piece)
    yield packer.finish()


def _gzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()


CODINGS: Final[Mapping[str, Callable[[Iterable[bytes]], Iterator[bytes]]]] = {"br": _brotlied, "gzip": _gzipped}
"""How a file is packed, by content coding, our first choice first; without a date, so that equal bytes stay equal."""
