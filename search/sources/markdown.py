"""A sheet in Markdown -> a Fiche. In: text, bytes or a path. Out: a Fiche, or SheetError with path, line and reason.

Heading levels are not a tree: the known top sections part the sheet, and every other heading, whatever its
level, is the subtitle of a block of the section it stands in. What lands nowhere is told in notes.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from search.errors import SheetError
from search.fiche import ID, ID_FORM, Appellation, Block, Fiche, Formation, Section
from search.fields import WRITTEN
from search.sources import bounds, cleaning, markdown_inline, markdown_lines
from search.sources.markdown_lines import MAX_BYTES, Line, heading
from search.sources.sheet_facts import (
    key,
    known_niveau,
    off_scale,
    rome_codes,
    salaire_debutant,
    split_duree,
    with_subtitles,
)

HEADINGS: Final = {field.label: field.name for field in WRITTEN} | {
    "Autres appellations": "autres_appellations",
    "Formations recommandées": "formations",
    "Centres d'intérêt": "interets",
}
"""The headings of level two that part a sheet."""

LABELS: Final = {
    "ID": "id",
    "Appellations": "appellations",
    "Codes ROME": "rome",
    "Niveau d'accès minimum": "niveau",
    "Statuts possibles": "statuts",
}
"""The bold labels ("**ID:** …") that part a sheet, too."""

_LONGEST_NAME: Final = 80
"""Characters of a heading or a label that may be one of the names above, its marks included."""

_SHORT_LABEL: Final = r"([^*_:\s](?:[^*_:]{0,38}?[^*_:\s])?)"
_LABEL = re.compile(r" {0,3}(?:[-*+•]\s++)?(\*\*|__)\s*+" + _SHORT_LABEL + r"\s*+(?::\s*+\1|\1\s*+:)(.*)")
_LABELLED = re.compile(r" {0,3}(?:[-*+•]\s++)?(\*\*|__)\s*+" + _SHORT_LABEL + r"\s*+:\s*+([^*_]{1,200})\1\s*+")
_BOLD_LINE = re.compile(r" {0,3}(\*{1,3}|_{1,3})([^*_:]{1,40})\1\s*")
_BULLET = re.compile(
    r"\s*(?:(?:[-*+–—]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?|[•‣⁃◦·∙▪▫■□●○►▶▸➢➤→✓✔☐☑☒✗✘⦁⁌⁍❖❑❒🔹🔸]\s*)(\S.*)"
)
_FORMATION = re.compile(r"(.*\S)\s*[(\[]\s*(?:ID\s?:\s?)?(FOR\.\d+)\s*[)\]]\W*", re.IGNORECASE)
_LINKED_FORMATION = re.compile(r"\[([^\[\]]{1,400})\]\([^()\s]{0,400}(FOR\.\d++)[^()\s]{0,400}\)\W*", re.IGNORECASE)
_NUMBER = re.compile(
    r"^(?:\d{1,2}(?:\.\d{1,2}){0,3}\s?[.):–—-]?|(?:[IVX]{1,4}|[A-Za-z])(?:[.):]|\s[–—-]))\s"
    r"|\{[^{}]*\}$|\]\([^()]*\)$"
)
_GENDER = re.compile(r"(?:[/;|,]\s{0,3})?\b(?=(?:f[ée]minin|masculin)\s{0,3}:)", re.IGNORECASE)
_MARKS: Final = " \t*_:.#`"

_LONGEST_ITEM: Final = 120
"""Characters of an item without a bullet, such as the name of a diploma."""

_NAMES_KEPT: Final = 1_000
"""Headings and labels whose reading is remembered: most sheets have the same."""

_Opening = tuple[str | None, str, str]
"""Name and label of the part that a line opens, if any, and what else it says."""

_NOTHING_OPENED: Final[_Opening] = (None, "", "")

_INDENT: Final = 3
"""Blanks before a heading that opens a part; those further in are subtitles."""


def _key(name: str) -> str:
    """One spelling for the names of parts: no accents, capitals, plural, number, link, nor any sign."""
    return key(cleaning.line(_NUMBER.sub("", name.strip())))


_NAMES: Final = {_key(label): (name, label) for label, name in (HEADINGS | LABELS).items()}


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of the sheet: its name and label, the line where it begins, its lines."""

    name: str
    label: str
    line: int
    lines: list[Line]

    def first(self) -> tuple[str, list[Line]]:
        """The first line that says anything, and those after it that do."""
        said = [line for line in self.lines if line.text.strip()]
        return (said[0].text, said[1:]) if said else ("", [])


@dataclass(frozen=True, slots=True)
class Parsed:
    """A sheet of a file, or why it is refused; the line of its ID (or where it begins); what landed nowhere."""

    sheet: Fiche | SheetError
    line: int
    notes: tuple[str, ...] = ()


def read(path: Path | str) -> Fiche:
    """The first sheet in a file. Raises SheetError."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SheetError(path, 0, f"cannot be read ({error.strerror})") from error
    return from_bytes(data, str(path))


def from_bytes(data: bytes, path: str) -> Fiche:
    """The first sheet in these bytes, UTF-8 with or without a byte order mark. Raises SheetError."""
    return parse(markdown_lines.decoded(data, path), path)


def parse(text: str, path: str = "") -> Fiche:
    """The first sheet in this text; `path` only names it in messages. Raises SheetError without a title or an ID."""
    sheet = next(_all(text, path)).sheet
    if isinstance(sheet, SheetError):
        raise sheet
    return sheet


def sheets(data: bytes, path: str) -> Iterator[Parsed]:
    """Every sheet in these bytes; those beyond the bounds are refused. Raises SheetError if they are no text."""
    for parsed in _all(markdown_lines.decoded(data, path), path):
        fault = bounds.fault(parsed.sheet) if isinstance(parsed.sheet, Fiche) else ""
        yield Parsed(SheetError(path, parsed.line, f"too big: {fault}"), parsed.line) if fault else parsed


def _all(text: str, path: str) -> Iterator[Parsed]:
    lines = markdown_lines.lines_of(text)
    deepest = _deepest(lines)
    openings = [_opening(line.text, deepest) for line in lines]
    for places in markdown_lines.sheets([name for name, _, _ in openings]):
        parts = _parts(lines[places], openings[places])
        line = parts["id"].line if "id" in parts else parts[""].line
        try:
            fiche, notes = _fiche(parts, path)
        except SheetError as error:
            yield Parsed(error, line)
        else:
            yield Parsed(fiche, line, notes)


def _fiche(parts: Mapping[str, _Part], path: str) -> tuple[Fiche, tuple[str, ...]]:
    """The sheet, and what its parts hold that lands nowhere on it."""
    title, id = _title(parts, path), _id(parts, path)
    sections = {field.name: _blocks(parts, field.name) for field in WRITTEN}
    sections["en_bref"], duree_etudes = split_duree(sections["en_bref"])
    lists = {name: _items(parts, name) for name in ("rome", "formations", "statuts", "interets")}
    genders, odd = _genders(_lines(parts, "appellations"))
    autres, odd_autres = _appellations(_lines(parts, "autres_appellations"))
    fiche = Fiche(
        id=id,
        title=title,
        feminin=genders.get("feminin", title),
        masculin=genders.get("masculin", title),
        niveau=known_niveau(_value(parts, "niveau")),
        sections={name: section for name, section in sections.items() if section},
        duree_etudes=duree_etudes,
        autres_appellations=tuple(autres),
        rome=tuple(code for item in lists["rome"][0] for code in rome_codes(item)),
        formations=tuple(_formations(lists["formations"][0])),
        statuts=tuple(lists["statuts"][0]),
        interets=tuple(lists["interets"][0]),
        salaire_debutant=salaire_debutant(sections["vie_professionnelle"]),
    )
    left = {name: rest for name, (_, rest) in lists.items()}
    left |= {"": _lines(parts, ""), "appellations": odd, "autres_appellations": odd_autres}
    left |= {name: parts[name].first()[1] for name in ("title", "id", "niveau") if name in parts}
    notes = [_note(path, parts[name], rest) for name, rest in left.items() if _said(rest)]
    if told := off_scale(fiche.niveau):
        notes.append(str(SheetError(path, parts["niveau"].line, told)))
    return fiche, tuple(notes)


def _said(lines: Iterable[Line]) -> list[Line]:
    return [line for line in lines if cleaning.value(line.text)]


def _note(path: str, part: _Part, lines: Sequence[Line]) -> str:
    said = _said(lines)
    place = f"under « {part.label} »" if part.label else "before the title"
    number = "1 line" if len(said) == 1 else f"{len(said)} lines"
    words = _plain_name(said[0].text).strip("# ")
    quoted = words if len(words) <= 60 else f"{words[:60]}…"
    return str(SheetError(path, said[0].number, f"{number} {place} left out: « {quoted} » has no place on a sheet"))


def _deepest(lines: Iterable[Line]) -> int:
    """The level of the headings that part a sheet: 2, or that of the known ones if all lie deeper."""
    met = [found for line in lines if (found := _outer_heading(line.text)) and _named(found[1])[0]]
    return max(2, min((level for level, _ in met), default=2))


def _outer_heading(line: str) -> tuple[int, str] | None:
    return heading(line) if "#" in line and len(line) - len(line.lstrip(" ")) <= _INDENT else None


def _parts(lines: Sequence[Line], openings: Iterable[_Opening]) -> dict[str, _Part]:
    """The sheet cut at its title, its known headings and its bold labels. A part found again adds to the first."""
    current = _Part("", "", lines[0].number, [])
    parts = {"": current}
    for line, (name, label, rest) in zip(lines, openings, strict=True):
        if name is None or (name == "title" and "title" in parts):
            current.lines.append(line)
        else:
            current = parts.setdefault(name, _Part(name, label, line.number, []))
            current.lines.append(Line(line.number, rest))
    return parts


def _opening(line: str, deepest: int) -> _Opening:
    found = _outer_heading(line)
    if found and found[0] <= deepest:
        name, label = _named(found[1])
        return ("title", "#", found[1]) if name is None and found[0] == 1 else (name, label, "")
    if "*" not in line and "_" not in line:
        return _NOTHING_OPENED
    if bold := _BOLD_LINE.fullmatch(line):
        return (*_named(bold[2]), "")
    if labelled := _LABEL.match(line) or _LABELLED.fullmatch(line):
        return (*_named(labelled[2]), labelled[3])
    return None, "", ""


@lru_cache(_NAMES_KEPT)
def _named(words: str) -> tuple[str | None, str]:
    return _NAMES.get(_key(words), (None, "")) if len(words) <= _LONGEST_NAME else (None, "")


def _title(parts: Mapping[str, _Part], path: str) -> str:
    title = _plain_name(parts["title"].lines[0].text) if "title" in parts else ""
    if not title:
        line = parts["title"].line if "title" in parts else parts[""].line
        raise SheetError(path, line, 'no title: a sheet begins with "# nom du métier"')
    return title


def _id(parts: Mapping[str, _Part], path: str) -> str:
    id = _value(parts, "id")
    if not ID.fullmatch(id.upper()):
        start = parts[""].line
        line = parts["id"].line if "id" in parts else start if start > 1 else 0
        found = f"impossible ID {id[:40]!r}" if id else "no ID"
        raise SheetError(path, line, f"{found}: a sheet holds a line **ID:** {ID_FORM}")
    return id.upper()


def _value(parts: Mapping[str, _Part], name: str) -> str:
    return cleaning.value(markdown_inline.name(parts[name].first()[0])) if name in parts else ""


def _plain_name(text: str) -> str:
    return cleaning.line(markdown_inline.name(text))


def _lines(parts: Mapping[str, _Part], name: str) -> list[Line]:
    return parts[name].lines if name in parts else []


def _blocks(parts: Mapping[str, _Part], name: str) -> Section:
    return blocks(line.text for line in _lines(parts, name))


def blocks(lines: Iterable[str]) -> Section:
    """The subtitled blocks of a section. A subtitle with nothing under it stays, as a block without text."""
    found: list[tuple[str, int, list[str]]] = [("", 0, [])]
    for line in lines:
        if subtitle := heading(line):
            level, title = subtitle
            found.append((_plain_name(title), max(level, 2), []))
        else:
            found[-1][2].append(markdown_inline.unmarked(line))
    made = (Block(title, cleaning.paragraphs("\n".join(text)), level) for title, level, text in found)
    return with_subtitles(tuple(block for block in made if block.title or block.text))


def _items(parts: Mapping[str, _Part], name: str) -> tuple[list[str], list[Line]]:
    """The items of a list, then the lines that are in none. What follows the label itself is items, too.

    A line goes on with the item above it; a heading of level two or a bold line ends the list, deeper ones part it.
    In a list without bullets each line is an item, unless it is a sentence.
    """
    separators = "[;|,/]" if name in ("rome", "statuts") else "[;|]"
    items: list[list[str]] = []
    left: list[Line] = []
    going_on = ended = False
    lines = _lines(parts, name)
    label = _key(parts[name].label) if lines else ""
    is_bare = not any(_BULLET.match(line.text) for line in lines)
    for place, line in enumerate(lines):
        title = heading(line.text)
        bullet = _BULLET.match(line.text)
        ended = ended or (title is not None and title[0] <= 2) or (not bullet and _is_bold(line.text))
        if ended or title or not line.text.strip() or (place and not bullet and label.startswith(_key(line.text))):
            left.append(line)  # the head of a table says again what the list is
            going_on = False
        elif bullet:
            items.append([bullet[1]])
            going_on = True
        elif place == 0 or (is_bare and _is_item(line.text)):
            items += [[each] for each in re.split(separators, line.text)]
        elif going_on:
            items[-1].append(line.text)
        else:
            left.append(line)
    plain = str if name == "formations" else markdown_inline.name
    return [value for item in items if (value := cleaning.value(plain(" ".join(item))))], left


def _is_item(line: str) -> bool:
    """Whether a line without a bullet is an item rather than prose."""
    said = cleaning.line(markdown_inline.name(line))
    return len(said) <= _LONGEST_ITEM and not said.endswith((".", ":", "!", "?", ","))


def _is_bold(line: str) -> bool:
    """Whether a line is a bold label or a bold line, which open something else."""
    return ("**" in line or "__" in line) and bool(_BOLD_LINE.fullmatch(line) or _LABEL.match(line))


def _genders(lines: Iterable[Line]) -> tuple[dict[str, str], list[Line]]:
    """{"feminin": …, "masculin": …} from lines such as "- Féminin: boulangère"; then the other lines."""
    found: dict[str, str] = {}
    left: list[Line] = []
    for line in (Line(each.number, piece) for each in lines for piece in _GENDER.split(each.text)):
        label, colon, title = _plain_name(line.text).partition(":")
        gender = _key(label.lstrip("-*+•–— "))
        if colon and gender in ("feminin", "masculin") and gender not in found:
            if title := title.strip(_MARKS):
                found[gender] = title
        else:
            left.append(line)
    return found, left


def _appellations(lines: Iterable[Line]) -> tuple[list[Appellation], list[Line]]:
    """Each title is a heading with its genders under it, or an item of a list; then the other lines."""
    titles: list[tuple[str, list[Line]]] = [("", [])]
    for line in lines:
        if found := heading(line.text):
            titles.append((_plain_name(found[1]), []))
        else:
            titles[-1][1].append(line)
    made: list[Appellation] = []
    left: list[Line] = []
    for title, under in titles:
        genders, others = _genders(under)
        if title:
            made.append(Appellation(title, genders.get("feminin", title), genders.get("masculin", title)))
        is_bare = not title and not genders and not any(_BULLET.match(line.text) for line in others)
        for line in others:
            bullet = _BULLET.match(line.text)
            said = bullet[1] if bullet else line.text if is_bare and _is_item(line.text) else ""
            if name := cleaning.value(markdown_inline.name(said)):
                made.append(Appellation(name, name, name))
            else:
                left.append(line)
    return made, left


def _formations(labels: Iterable[str]) -> Iterator[Formation]:
    for text in labels:
        found = _FORMATION.fullmatch(text) or _LINKED_FORMATION.fullmatch(text)
        label = markdown_inline.name(found[1] if found else text)
        yield Formation(label, found[2].upper()) if found else Formation(label, "")
