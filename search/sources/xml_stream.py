"""A big XML file, one record at a time. In: a binary file and the name of its records. Out: small trees.

Only one record is in memory at once. Entities, document types and external references are refused
(defusedxml), and so are records beyond MAX_RECORD: nothing in a file can make it grow when read.
"""

import re
from codecs import getincrementaldecoder, lookup
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any, Final
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler

from defusedxml import DefusedXmlException, DTDForbidden
from defusedxml.expatreader import DefusedExpatParser

from search.errors import SheetError
from search.sources import markup

MAX_RECORD: Final = 1_000_000
"""Characters in one record; each element and each attribute counts for ELEMENT more."""

ELEMENT: Final = 64
"""Characters that an element or an attribute counts for beside its own: it takes memory even if it is empty."""

_CHUNK: Final = 1 << 16

_DECLARED = re.compile(rb"""(?a)((?:\xef\xbb\xbf)?<\?xml\s[^<>]{0,200}?encoding\s*=\s*["'])([\w.:-]{1,40})(?=["'])""")

_LATIN: Final = frozenset(("iso8859-1", "iso8859-15", "cp1252", "ascii"))

_DOCUMENT_TYPE: Final = "a document type (<!DOCTYPE …>) may make a file grow without end; take it out"
_MENDS: Final = {
    "invalid token": "write & as &amp; and < as &lt;, and take control characters out; "
    "if it is a letter with an accent, the file is not in the encoding that it declares",
    "undefined entity": "XML knows no &nbsp; or &eacute;: write the letter itself, or its number (&#160;)",
    "invalid character number": "take it out",
    "junk after": "a file has one root element: take out what follows it",
    "declaration": 'a file begins with <?xml version="1.0" encoding="UTF-8"?>, or without any declaration',
}
"""What to do about what the parser says, by a part of it; else the file is cut short or was written by hand."""

_CUT: Final = "the file may be cut short: download it again, or mend it there"


@dataclass(slots=True)
class Element:
    """An element with all it holds. `line` counts from 1; `content` is its text and its children in their order."""

    name: str
    attributes: dict[str, str]
    line: int
    text: str = ""
    children: list["Element"] = field(default_factory=list)
    content: list["str | Element"] = field(default_factory=list)

    def all(self, *path: str) -> list["Element"]:
        """The elements reached by these names, one after the other."""
        found = [self]
        for name in path:
            found = [child for element in found for child in element.children if child.name == name]
        return found

    def value(self, name: str) -> str:
        """The HTML of the first child of this name that has any, or the attribute of this name, or ""."""
        held = (child.html() for child in self.children if child.name == name)
        return next((html for html in held if html.strip()), self.attributes.get(name, ""))

    def html(self) -> str:
        """All that it holds: its text, which may be HTML already, and its children as tags if HTML has them."""
        if not self.children:
            return self.text
        pieces: list[str] = []
        waiting = self.content[::-1]
        while waiting:
            each = waiting.pop()
            if isinstance(each, str):
                pieces.append(each)
            elif markup.is_element(each.name):
                pieces.append(f"<{each.name}>")
                waiting += [f"</{each.name}>", *each.content[::-1]]
            else:
                waiting += [" ", *each.content[::-1], " "]
        return "".join(pieces)


def records(file: IO[bytes], name: str, path: str) -> Iterator[Element]:
    """The elements of this name, wherever they stand. Raises SheetError with the line where the XML is broken."""
    parser = DefusedExpatParser(forbid_dtd=True)
    handler = _Records(name, parser)
    parser.setContentHandler(handler)
    try:
        for _ in _fed(file, parser):
            yield from handler.take()
    except SAXParseException as error:
        said = error.getMessage()
        mend = next((mend for part, mend in _MENDS.items() if part in said), _CUT)
        raise SheetError(path, error.getLineNumber() or 0, f"broken XML ({said}); {mend}") from error
    except DefusedXmlException as error:
        what = _DOCUMENT_TYPE if isinstance(error, DTDForbidden) else type(error).__name__
        raise SheetError(path, parser.getLineNumber(), f"forbidden XML: {what}") from error
    except _TooBig as error:
        raise SheetError(path, parser.getLineNumber(), f"a record is over {MAX_RECORD:,} characters") from error
    except (LookupError, ValueError, SAXException) as error:
        # The declared encoding is unknown to Python, or one with several bytes a character that the parser cannot read.
        raise SheetError(path, 1, f"cannot be decoded ({error}); save the file as UTF-8") from error


def _fed(file: IO[bytes], parser: Any) -> Iterator[None]:
    """Feed the file to the parser, piece by piece, and once more its end. Raises what the parser raises, or _TooBig."""
    stuck, place = 0, (0, 0)
    while chunk := file.read(_CHUNK):
        parser.feed(_as_declared(chunk) if place == (0, 0) else chunk)
        yield
        before, place = place, (parser.getLineNumber(), parser.getColumnNumber())
        # A tag that does not end is read again from its beginning with each piece.
        stuck = stuck + len(chunk) if place == before else 0
        if stuck > MAX_RECORD:
            raise _TooBig
    parser.close()
    yield


def _as_declared(beginning: bytes) -> bytes:
    """The beginning of a file as the parser can read it: nothing before the declaration, UTF-8 by the name it knows.

    Letters that are UTF-8 are read so whatever Latin encoding is declared: accents never look so by chance.
    """
    beginning = _declaration_first(beginning)
    declared = _DECLARED.match(beginning)
    try:
        encoding = lookup(declared[2].decode()).name if declared else ""
    except LookupError:
        return beginning
    if encoding == "ascii" and not _is_utf8(beginning):
        return _DECLARED.sub(rb"\1windows-1252", beginning, count=1)
    is_utf8 = encoding in ("utf-8", "utf-8-sig") or (encoding in _LATIN and _is_utf8(beginning))
    return _DECLARED.sub(rb"\1utf-8", beginning, count=1) if is_utf8 else beginning


def _declaration_first(beginning: bytes) -> bytes:
    """Empty lines before the declaration of XML put behind it, so that lines are counted alike."""
    beginning = beginning.removeprefix(b"\xef\xbb\xbf") if beginning[3:4].isspace() else beginning
    start = beginning.lstrip(b" \t\r\n")
    end = start.find(b"?>") + 2
    if len(start) == len(beginning) or not start.startswith(b"<?xml") or end < 2:
        return beginning
    return start[:end] + beginning[: -len(start)] + start[end:]


def _is_utf8(beginning: bytes) -> bool:
    try:
        return not getincrementaldecoder("utf-8")().decode(beginning).isascii()
    except UnicodeDecodeError:
        return False


class _TooBig(Exception):
    """A record is over MAX_RECORD."""


class _Records(ContentHandler):
    """Builds the tree of each record and forgets the rest."""

    def __init__(self, name: str, locator: Any) -> None:
        super().__init__()
        self._name = name
        self._locator = locator
        self._open: list[tuple[Element, list[str]]] = []
        self._size = 0
        self._done: list[Element] = []

    def take(self) -> list[Element]:
        """The records finished since the last call."""
        done, self._done = self._done, []
        return done

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802 (the name that expat calls)
        name = name.rpartition(":")[2]  # whatever the prefix of the namespace
        if self._open or name == self._name:
            self._grow(ELEMENT + len(name) + sum(ELEMENT + len(key) + len(value) for key, value in attrs.items()))
            self._open.append((Element(name, dict(attrs), self._locator.getLineNumber()), []))

    def characters(self, content: str) -> None:
        if self._open:
            self._grow(len(content))
            self._open[-1][1].append(content)
            self._open[-1][0].content.append(content)

    def endElement(self, name: str) -> None:  # noqa: N802
        if not self._open:
            return
        element, texts = self._open.pop()
        element.text = "".join(texts)
        if self._open:
            self._open[-1][0].children.append(element)
            self._open[-1][0].content.append(element)
        else:
            self._done.append(element)
            self._size = 0

    def _grow(self, characters: int) -> None:
        self._size += characters
        if self._size > MAX_RECORD:
            raise _TooBig
