"""A file of Markdown -> its lines, and which of them are one sheet. In: bytes or text. Out: numbered lines.

What Markdown writes in two ways is written in one: underlined headings become "#" headings; comments, the marks of
code, quotes and tables, rules and escapes go; every line end is the same.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from search.errors import SheetError
from search.sources import cleaning, front_matter, markdown_inline, markup
from search.sources.markdown_inline import LITERAL

MAX_BYTES: Final = 1_000_000

_WIDE: Final = (b"\xff\xfe", b"\xfe\xff")
"""How files of 16-bit characters begin."""

_UNDERLINE = re.compile(r" {0,3}(={2,}|-{3,})[ \t]*")
_HEADING = re.compile(r"\s*(#{1,6})(\s*)(.*)")
_NO_TEXT = re.compile(r"\s*(?:[#>|`~]|[-*+•][ \t]|\Z)")
_FENCE = re.compile(r" {0,3}(```+|~~~+)")
_HTML_HEADING = re.compile(
    r"^[ \t]*<h([1-6])\b([^<>]{0,400})>((?:[^\n]|\n(?!\s*\n)){0,400}?)</h\1>[ \t]*$", re.IGNORECASE | re.MULTILINE
)
_QUOTE = re.compile(r"^(?: {0,3}>[ \t]?)+")
_RULE = re.compile(r"[ \t]*(?:-(?:[ \t]*-){2,}|\*(?:[ \t]*\*){2,}|_(?:[ \t]*_){2,})[ \t]*")
_TABLE_ROW = re.compile(r"\s*\|.*\|\s*")
_TABLE_SIGNS: Final = frozenset("|-: \t")


class Line(NamedTuple):
    """A line of a file, counted from 1."""

    number: int
    text: str


def decoded(data: bytes, path: str) -> str:
    """The text of a file, UTF-8 with or without a byte order mark. Raises SheetError with the line that is not."""
    if len(data) > MAX_BYTES:
        raise SheetError(path, 0, f"too big for a sheet: over {MAX_BYTES // 1_000_000} MB")
    if not data.strip():
        raise SheetError(path, 0, "empty file")
    if data.startswith(_WIDE):
        raise SheetError(path, 0, "UTF-16, not UTF-8; save the file as UTF-8")
    if b"\0" in data:
        raise SheetError(path, 0, "not text (it holds a null byte), so not a sheet")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SheetError(path, line, f"byte {data[error.start]:#04x} is not UTF-8; save the file as UTF-8") from error


def lines_of(text: str) -> list[Line]:
    """The lines of a text, whatever ends them: LF, CR LF or CR."""
    text = markup.without_comments(text.replace("\r\n", "\n").replace("\r", "\n"))
    found = cleaning.visible(_HTML_HEADING.sub(_with_signs, text)).split("\n")
    above = front_matter.length(found)
    front, found = found[:above], found[above:]
    found = _with_hashes(_without_fences([_QUOTE.sub("", line, count=1) if ">" in line else line for line in found]))
    found = [*front_matter.as_labels(front, found), *found]
    return [Line(number, _plain(line)) for number, line in enumerate(found, 1)]


def _with_signs(heading: "re.Match[str]") -> str:
    """A heading of HTML on one line as a "#" heading, and the empty lines that it took."""
    words = " ".join(heading[3].split())
    return f"{'#' * int(heading[1])} {words}" + "\n" * heading[0].count("\n")


def _plain(line: str) -> str:
    """A line without escapes, the bars of a table, or a rule."""
    if _RULE.fullmatch(line):
        return ""
    if "|" in line and _TABLE_ROW.fullmatch(line):
        line = "" if _TABLE_SIGNS.issuperset(line) else line.strip().strip("|").replace("|", " ")
    return markdown_inline.literal(line)


def heading(line: str) -> tuple[int, str] | None:
    """Level and words of a "#" heading at any indent; None for another line.

    The blank after the signs may be of any kind, and may lack after two of them or more; closing signs go.
    """
    found = _HEADING.match(line) if "#" in line else None
    if found is None or not found[3] or not (found[2] or (len(found[1]) > 1 and found[3][0].isalpha())):
        return None
    words = found[3].rstrip()
    without = words.rstrip("#")
    return len(found[1]), without.rstrip() if without != words and without.endswith((" ", "\t", "\u00a0")) else words


def sheets(names: Sequence[str | None]) -> Iterator[slice]:
    """The places of the lines of each sheet; `names` say what each line of a file opens: "title", "id", a part, None.

    A sheet begins at a title, if an ID or a part that was there before stands between it and the next title. A further
    ID without a title begins one too, so that nothing of it is read as part of the sheet above.
    """
    titles = [place for place, name in enumerate(names) if name == "title"]
    ids = [place for place, name in enumerate(names) if name == "id"]
    if ids and titles and ids[0] < titles[0]:
        cuts = ids[1:]
    else:
        cuts = list(_titles_of_sheets(names, titles))
        cuts += [second for first, second in pairwise(ids) if bisect_left(cuts, first) == bisect_left(cuts, second)]
    start = 0
    for cut in (*sorted(cuts), len(names)):
        yield slice(start, cut)
        start = cut


def _titles_of_sheets(names: Sequence[str | None], titles: Sequence[int]) -> Iterator[int]:
    """The titles that begin a further sheet."""
    before = set(names[: titles[1]]) if len(titles) > 1 else set()
    for title, end in pairwise((*titles[1:], len(names))):
        parts = set(names[title:end]) - {"title", None}
        if "id" in parts or parts & before:
            yield title
        before |= parts


def _without_fences(lines: list[str]) -> list[str]:
    """Code (between two lines of ``` or ~~~) as plain lines; what is opened and never closed is no code."""
    done = 0
    fences = [(place, found[1][0]) for place, line in enumerate(lines) if (found := _FENCE.match(line))]
    for number, (place, mark) in enumerate(fences):
        closing = next((other for other, same in fences[number + 1 : number + 20] if same == mark), None)
        if place < done or closing is None:
            continue
        lines[place + 1 : closing] = [LITERAL + line for line in lines[place + 1 : closing]]
        lines[place] = lines[closing] = ""
        done = closing + 1
    return lines


def _with_hashes(lines: list[str]) -> list[str]:
    """Headings that are underlined, by = or by -, as "# …" and "## …"."""
    for place in range(1, len(lines)):
        found = _UNDERLINE.fullmatch(lines[place])
        if found and not _NO_TEXT.match(lines[place - 1]) and not _UNDERLINE.fullmatch(lines[place - 1]):
            lines[place - 1] = f"{'#' if found[1][0] == '=' else '##'} {lines[place - 1].strip()}"
            lines[place] = ""
    return lines
