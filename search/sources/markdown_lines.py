"""A file of Markdown -> its lines, and which of them are one sheet. In: bytes or text. Out: numbered lines.

What Markdown writes in two ways is written in one: underlined headings become "#" headings; comments, the marks of
code, quotes and tables, rules and escapes go; every line end is the same.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from search.errors import SheetError
from search.sources import cleaning, front_matter, markdown_inline, markup
from search.sources.markup import LITERAL

MAX_BYTES: Final = 1_000_000

_NEAR: Final = 2
"""Lines down from an ID in which another one belongs to the same sheet."""

_WIDE: Final = (b"\xff\xfe", b"\xfe\xff")
"""How files of 16-bit characters begin."""

_LINE_END = re.compile("\r\n|[\r\x1c-\x1e\x85\u2028\u2029\v\f]")
_BREAK: Final = "\v"
"""Parts a line of a file in several, all with its number."""

_LONE_BULLET: Final = "-" + LITERAL
"""The bullet of an item of HTML whose text is not on the same line."""

_BREAKS = re.compile("[\x1c-\x1e\u2028\u2029\f]")
_UNDERLINE = re.compile(r" {0,3}(=+|-{2,})[ \t]*")
_HEADING = re.compile(r"\s*(#{1,6})(\s*)(.*)")
_NO_TEXT = re.compile(r"\s*(?:[#>|`~]|[-*+•][ \t]|(?:\*\*|__)[^*_:]{1,40}(?::\s*(?:\*\*|__)|(?:\*\*|__)\s*:)|\Z)")
_FENCE = re.compile(r" {0,3}(```+|~~~+)")
_HTML_HEADING = re.compile(r"<h([1-6])\b([^<>]{0,400})>((?:[^\n]|\n(?!\s*\n)){0,400}?)</h\1>", re.IGNORECASE)
_HTML_BOLD = re.compile(r"<(b|strong)>([^<>*_`\n]{1,400})</\1>", re.IGNORECASE)
_QUOTE = re.compile(r"^(?: {0,3}>[ \t]?)+")
_RULE = re.compile(r"[ \t]*(?:-(?:[ \t]*-){2,}|\*(?:[ \t]*\*){2,}|_(?:[ \t]*_){2,})[ \t]*")
_TABLE_ROW = re.compile(r"\s*\|.*\|\s*")
_TABLE_SIGNS: Final = frozenset("|-: \t")
_FENCED_DIV = re.compile(r":{3,}+[ \t]*+(?:\{[^{}]*+\}|[\w.-]*+)[ \t]*+:*+[ \t]*+")


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
    if data.startswith(_WIDE) or b"\0" in data[:4]:
        raise SheetError(path, 0, "UTF-16 or UTF-32, or no text at all; save the file as UTF-8")
    if b"\0" in data:
        raise SheetError(path, 0, "not text (it holds a null byte), so not a sheet")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = len(re.findall(rb"\r\n|\r|\n", data[: error.start])) + 1
        raise SheetError(path, line, f"byte {data[error.start]:#04x} is not UTF-8; save the file as UTF-8") from error


def lines_of(text: str) -> list[Line]:
    """The lines of a text, whatever ends them: LF, CR LF or CR, or in a text without these any other end of a line.

    What parts a line in another way (a form feed, U+2028, blocks of HTML) gives several lines of one number.
    """
    text = markup.without_comments(_with_one_line_end(text))
    numbered = [
        (number, piece)
        for number, line in enumerate(cleaning.visible(_HTML_HEADING.sub(_with_signs, text)).split("\n"), 1)
        for piece in line.split(_BREAK)
    ]
    found = [piece for _, piece in numbered]
    above = front_matter.length(found)
    front, found = found[:above], found[above:]
    found = _with_hashes(_without_fences([_QUOTE.sub("", line, count=1) if ">" in line else line for line in found]))
    found = [*front_matter.as_labels(front, found), *found]
    lines = zip(numbered, found, strict=True)
    return list(_with_bullets(Line(number, piece) for (number, _), line in lines for piece in _pieces(_plain(line))))


def _with_one_line_end(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    # U+0085 among lines that end otherwise is the "…" of Windows-1252.
    return _BREAKS.sub(_BREAK, text) if "\n" in text.strip() else _LINE_END.sub("\n", text)


def _with_signs(heading: "re.Match[str]") -> str:
    """A heading of HTML as a "#" heading on a line of its own, and the empty lines that it took."""
    words = " ".join(heading[3].split())
    return f"{_BREAK}{'#' * int(heading[1])} {words}{_BREAK}" + "\n" * heading[0].count("\n")


def _plain(line: str) -> str:
    """A line without escapes, the bars of a table, a rule, or the marks that pandoc puts around a part."""
    if _RULE.fullmatch(line) or (line.startswith(":::") and _FENCED_DIV.fullmatch(line)):
        return ""
    if "|" in line and _TABLE_ROW.fullmatch(line):
        line = "" if _TABLE_SIGNS.issuperset(line) else line.strip().strip("|").replace("|", " ")
    line = markdown_inline.literal(line)
    return line[:-1] if line.endswith("\\") and not line.endswith(LITERAL + "\\") else line


def _pieces(line: str) -> list[str]:
    """The lines that a line stands for: one for each block of HTML in it. A heading stays one line."""
    if "<" not in line:
        return line.split(_BREAK)
    if heading(line) or markup.holds_unread(line):
        return [line]
    pieces = markup.text(_HTML_BOLD.sub(_with_stars, line)).split("\n")
    return [_LONE_BULLET if piece.strip() == "-" else piece for piece in pieces]


def _with_bullets(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines, with the bullet of an item of HTML before the text of the item, which may stand further down."""
    is_item = False
    for line in lines:
        if line.text == _LONE_BULLET:
            is_item = True
        elif is_item and line.text.strip():
            is_item = False
            is_more = heading(line.text) or line.text.lstrip().startswith("- ")
            yield line if is_more else Line(line.number, f"- {line.text.strip()}")
        else:
            yield line


def _with_stars(bold: "re.Match[str]") -> str:
    words = bold[2].strip()
    return bold[2].replace(words, f"**{words}**") if words else bold[2]


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
    ID without a title begins one too, so that nothing of it is read as part of the sheet above; one right under another
    ID is a second ID of the same sheet.
    """
    titles = [place for place, name in enumerate(names) if name == "title"]
    ids = [place for place, name in enumerate(names) if name == "id" and not _is_right_under_an_id(names, place)]
    if ids and titles and ids[0] < titles[0]:
        cuts = ids[1:]
    else:
        cuts = list(_titles_of_sheets(names, titles))
        cuts += [second for first, second in pairwise(ids) if bisect_left(cuts, first) == bisect_left(cuts, second)]
    start = 0
    for cut in (*sorted(cuts), len(names)):
        yield slice(start, cut)
        start = cut


def _is_right_under_an_id(names: Sequence[str | None], place: int) -> bool:
    return next((name for name in reversed(names[max(0, place - _NEAR) : place]) if name), None) == "id"


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
