"""The files that pages need, read once into memory. In: the static folder. Out: Assets, by name.

A name is looked up in a table, never on the disk, so no path leads outside the folder. The address of a file holds its
fingerprint, so that browsers may keep the file for ever: another file has another address. Addresses inside a style
sheet get the fingerprint too.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Final

from web.answer import brotlied, gzipped

TYPES: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_TEXTS: Final = frozenset({".css", ".js", ".svg", ".webmanifest"})
_NAMED: Final = re.compile(rb'url\("([a-z0-9/.-]+)"\)')
"""A file that a style sheet names, by its place in the folder."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file: its bytes, the same by content coding if packing helps, its fingerprint and its type."""

    body: bytes
    packed: Mapping[str, bytes]
    fingerprint: str
    mimetype: str


class Assets:
    """The files of one folder, by name. Raises KeyError for a style sheet that names a file which is not there."""

    def __init__(self, folder: Path) -> None:
        paths = sorted(path for path in folder.rglob("*") if path.suffix in TYPES and path.is_file())
        files: dict[str, Asset] = {}
        self._files: Mapping[str, Asset] = files
        for path in sorted(paths, key=lambda each: each.suffix == ".css"):
            body = path.read_bytes()
            if path.suffix == ".css":
                body = _NAMED.sub(lambda found: _stamped(found[1].decode(), files), body)
            files[path.relative_to(folder).as_posix()] = _asset(body, path.suffix)

    def get(self, name: str) -> Asset | None:
        """The file of this name, None if there is none."""
        return self._files.get(name)

    def url(self, name: str) -> str:
        """The address of a file. Raises KeyError for one that is not there."""
        return f"/static/{name}?v={self._files[name].fingerprint}"


def _stamped(name: str, files: Mapping[str, Asset]) -> bytes:
    """The address of a file as a style sheet writes it."""
    # Relative, so that it holds under any path of the service.
    return f'url("{name}?v={files[name].fingerprint}")'.encode()


def _asset(body: bytes, suffix: str) -> Asset:
    fingerprint = blake2b(body, digest_size=6).hexdigest()
    packed = _packed(body) if suffix in _TEXTS else {}
    return Asset(body, packed, fingerprint, TYPES[suffix])


@lru_cache
def _packed(body: bytes) -> Mapping[str, bytes]:
    # The strongest packing takes a tenth of a second for all files, once a process.
    return {"br": brotlied(body, 11), "gzip": gzipped(body, 9)}
