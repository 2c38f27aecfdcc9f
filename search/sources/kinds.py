"""What a file is. In: its first kilobytes. Out: a Kind. The content decides, not the name."""

import re
import struct
import zipfile
import zlib
from enum import Enum
from lzma import LZMAError
from typing import Final

HEAD: Final = 1 << 16
"""Bytes that tell what a file is, the comments before its first element included."""

ZIP_FAULTS: Final = (
    zipfile.BadZipFile, zlib.error, LZMAError, struct.error, EOFError, OSError, ValueError, RuntimeError, LookupError,
    ArithmeticError, MemoryError,
)  # fmt: skip
"""What the standard library raises on damaged ZIPs, one fault or another for each kind of damage."""

_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_TAG = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
_MARKDOWN = re.compile(rb"^ {0,3}(?:#[ \t\xc2]|\*\*ID)|^={3,}\s*$", re.MULTILINE)

_PAGE: Final = frozenset((b"h1", b"h2", b"p", b"div", b"article", b"section", b"b", b"strong"))
"""The elements with which the text of a sheet may begin that was saved as HTML."""

_COLUMNS = re.compile(rb'"?(?:code|libelle)_\w+"?,')

_WIDE: Final = (
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
"""How files of wider characters begin: by a mark, or by the "<" of XML."""


class Kind(Enum):
    """What a file is; the value names it in messages."""

    SHEET = "a sheet in Markdown"
    FEED = "the official feed of sheets (XML)"
    IDEO = "Idéo-Métiers"
    ROME = "names of jobs of the ROME"
    ROME_OTHER = "another table of the ROME"
    ESCO = "occupations of ESCO"
    ZIP = "a ZIP"
    WEB_PAGE = "a web page, not data"
    OTHER_XML = "XML that is neither sheets (<metiers>) nor Idéo-Métiers (<item>)"
    OTHER_JSON = "JSON that is not Idéo-Métiers"
    PDF = "a PDF; save it as Markdown"
    RICH_TEXT = "a text of a word processor (RTF); save it as Markdown"
    OFFICE = "a document of Microsoft Office; save it as Markdown"
    PACKED = "packed in another way than ZIP; unpack it first"
    PICTURE = "a picture"


_SIGNATURES: Final = (
    (b"PK\x03\x04", Kind.ZIP),
    (b"PK\x05\x06", Kind.ZIP),
    (b"%PDF-", Kind.PDF),
    (b"{\\rtf", Kind.RICH_TEXT),
    (b"\xd0\xcf\x11\xe0", Kind.OFFICE),
    *((mark, Kind.PACKED) for mark in (b"\x1f\x8b", b"7z\xbc\xaf", b"BZh", b"\xfd7zXZ", b"Rar!", b"\x28\xb5\x2f\xfd")),
    *((mark, Kind.PICTURE) for mark in (b"\x89PNG", b"\xff\xd8\xff", b"GIF8")),
)
"""How files begin that are known by their first bytes."""


def kind_of(head: bytes) -> Kind:
    """What begins like this. `head` is the first few kilobytes of a file."""
    known = next((kind for mark, kind in _SIGNATURES if head.startswith(mark)), None)
    if known:
        return known
    start = narrow(head).removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"<"):
        return _marked_up(_COMMENT.sub(b"", start).lstrip())
    if start.startswith((b"{", b"[")):
        if re.search(rb"lien[ _]site[ _]onisep", start, re.IGNORECASE):
            return Kind.IDEO
        return Kind.SHEET if _MARKDOWN.search(start) else Kind.OTHER_JSON
    return _table(start.split(b"\n", 1)[0])


def _table(head: bytes) -> Kind:
    """A list of names, by its columns; else a sheet."""
    if b"libelle_appellation" in head:
        return Kind.ROME
    if b"preferredLabel" in head and b"altLabels" in head:
        return Kind.ESCO
    return Kind.ROME_OTHER if _COLUMNS.match(head) else Kind.SHEET


def narrow(head: bytes) -> bytes:
    """The beginning of a file in UTF-8, if it is in UTF-16 or UTF-32; else as it is."""
    encoding = next((name for mark, name in _WIDE if head.startswith(mark)), None)
    return head.decode(encoding, "ignore").removeprefix("\ufeff").encode() if encoding else head


def _marked_up(start: bytes) -> Kind:
    if re.match(rb"<!doctype html|<html", start, re.IGNORECASE):
        return Kind.WEB_PAGE
    found = _TAG.search(start)
    if found and found[1] in (b"metiers", b"metier"):
        return Kind.FEED
    if b"lien_site_onisepfr" in start:
        return Kind.IDEO
    is_sheet = not start.startswith(b"<") or _MARKDOWN.search(start) or (found and found[1].lower() in _PAGE)
    return Kind.SHEET if is_sheet else Kind.OTHER_XML
