"""A sheet in Markdown -> a Fiche. In: text, bytes or a path. Out: a Fiche, or SheetError with path, line and reason.

Heading levels are not a tree: the known top sections part the sheet, and every other heading, whatever its
level, is the subtitle of a block of the section it stands in.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from search.errors import SheetError
from search.fiche import Appellation, Block, Fiche, Formation, Rome, Section
from search.fields import WRITTEN
from search.sources import cleaning
from search.sources.sections import salaire_debutant, split_duree

MAX_BYTES: Final = 1_000_000

SECTIONS: Final = {field.label: field.name for field in WRITTEN} | {
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

_TITLE = re.compile(r"#\s+(.*)")
_HEADING = re.compile(r"\s*#{1,6}\s+(\S.*)")
_TOP = re.compile(r"##\s+(\S.*)")
_LABEL = re.compile(r"\*\*([^*:]{1,40}):\*\*(.*)")
_FORMATION = re.compile(r"(.*\S)\s*\(ID: (FOR\.\d+)\)")
_ID = re.compile(r"MET\.[1-9]\d{0,8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of the sheet: its name, the line where it begins, its lines."""

    name: str
    line: int
    lines: list[str]


def read(path: Path | str) -> Fiche:
    """The sheet in a file. Raises SheetError."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SheetError(path, 0, f"cannot be read ({error.strerror})") from error
    return from_bytes(data, str(path))


def from_bytes(data: bytes, path: str) -> Fiche:
    """The sheet in these bytes, UTF-8 with or without a byte order mark. Raises SheetError."""
    if len(data) > MAX_BYTES:
        raise SheetError(path, 0, f"too big for a sheet: over {MAX_BYTES // 1_000_000} MB")
    if not data.strip():
        raise SheetError(path, 0, "empty file")
    if b"\0" in data:
        raise SheetError(path, 0, "not text (it holds a null byte), so not a sheet")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SheetError(path, line, f"byte {data[error.start]:#04x} is not UTF-8; save the file as UTF-8") from error
    return parse(text, path)


def line_of_id(data: bytes) -> int:
    """The line of a sheet that gives its ID, counted from 1; 1 where none does."""
    place = data.find(b"**ID:**")
    return data.count(b"\n", 0, max(place, 0)) + 1


def parse(text: str, path: str = "") -> Fiche:
    """The sheet in this text; `path` only names it in messages. Raises SheetError without a title or a good ID."""
    parts = {part.name: part for part in _parts(text)}
    title, feminin, masculin = _title(parts, path)
    sections = {field.name: _blocks(parts, field.name) for field in WRITTEN}
    sections["en_bref"], duree_etudes = split_duree(sections["en_bref"])
    return Fiche(
        id=_id(parts, path),
        title=title,
        feminin=feminin,
        masculin=masculin,
        niveau=_value(parts, "niveau"),
        sections={name: section for name, section in sections.items() if section},
        duree_etudes=duree_etudes,
        autres_appellations=tuple(_appellations(parts)),
        rome=tuple(Rome(code) for code in _bullets(parts, "rome")),
        formations=tuple(_formations(parts)),
        statuts=tuple(_bullets(parts, "statuts")),
        interets=tuple(_bullets(parts, "interets")),
        salaire_debutant=salaire_debutant(sections["vie_professionnelle"]),
    )


def _parts(text: str) -> Iterator[_Part]:
    """The sheet cut at its title, its known headings and its bold labels. A part found again adds to the first."""
    parts: dict[str, _Part] = {}
    current = _Part("", 1, [])
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        name, rest = _opening(line)
        if name is None or (name == "title" and "title" in parts):
            current.lines.append(line)
        else:
            current = parts.setdefault(name, _Part(name, number, []))
            current.lines.append(rest)
    return iter(parts.values())


def _opening(line: str) -> tuple[str | None, str]:
    """The name of the part that this line opens, if any, and what else it says."""
    if line.startswith("# ") and (found := _TITLE.match(line)):
        return "title", found[1]
    if line.startswith("## ") and (found := _TOP.match(line)):
        return SECTIONS.get(_plain(found[1])), ""
    if line.startswith("**") and (found := _LABEL.match(line)):
        return LABELS.get(_plain(found[1])), found[2]
    return None, ""


def _plain(heading: str) -> str:
    return cleaning.line(heading).replace("’", "'")


def _title(parts: dict[str, _Part], path: str) -> tuple[str, str, str]:
    """The title in its inclusive form, in the feminine and in the masculine."""
    title = cleaning.line(parts["title"].lines[0]) if "title" in parts else ""
    if not title:
        line = parts["title"].line if "title" in parts else 1
        raise SheetError(path, line, 'no title: a sheet begins with "# nom du métier"')
    genders = _genders(parts["appellations"].lines) if "appellations" in parts else {}
    return title, genders.get("Féminin", title), genders.get("Masculin", title)


def _id(parts: dict[str, _Part], path: str) -> str:
    id = _value(parts, "id")
    if not _ID.fullmatch(id):
        line = parts["id"].line if "id" in parts else 0
        found = f"impossible ID {id[:40]!r}" if id else "no ID"
        raise SheetError(path, line, f"{found}: a sheet holds a line **ID:** MET.<number>")
    return id


def _value(parts: dict[str, _Part], name: str) -> str:
    return cleaning.value(parts[name].lines[0]) if name in parts else ""


def _blocks(parts: dict[str, _Part], name: str) -> Section:
    return blocks(parts[name].lines) if name in parts else ()


def blocks(lines: Iterable[str]) -> Section:
    """The subtitled blocks of a section. A subtitle with nothing under it stays, as a block without text."""
    found: list[tuple[str, list[str]]] = [("", [])]
    for line in lines:
        if heading := _HEADING.match(line):
            found.append((cleaning.line(heading[1]), []))
        else:
            found[-1][1].append(line)
    made = (Block(title, cleaning.paragraphs("\n".join(text))) for title, text in found)
    return tuple(block for block in made if block.title or block.text)


def _bullets(parts: dict[str, _Part], name: str) -> Iterator[str]:
    lines = parts[name].lines if name in parts else []
    return (text for line in lines if line.lstrip().startswith("- ") and (text := cleaning.value(line.lstrip()[2:])))


def _genders(lines: Iterable[str]) -> dict[str, str]:
    """{"Féminin": …, "Masculin": …} from lines such as "- Féminin: boulangère"."""
    pairs = (cleaning.line(line).removeprefix("- ").partition(":") for line in lines)
    return {label.strip(): title.strip() for label, _, title in pairs if title.strip()}


def _appellations(parts: dict[str, _Part]) -> Iterator[Appellation]:
    titles: list[tuple[str, list[str]]] = []
    for line in parts["autres_appellations"].lines if "autres_appellations" in parts else []:
        if heading := _HEADING.match(line):
            titles.append((cleaning.line(heading[1]), []))
        elif titles:
            titles[-1][1].append(line)
    for title, lines in titles:
        genders = _genders(lines)
        yield Appellation(title, genders.get("Féminin", title), genders.get("Masculin", title))


def _formations(parts: dict[str, _Part]) -> Iterator[Formation]:
    for text in _bullets(parts, "formations"):
        found = _FORMATION.fullmatch(text)
        yield Formation(found[1], found[2]) if found else Formation(text, "")
