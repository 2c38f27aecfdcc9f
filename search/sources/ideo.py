"""Idéo-Métiers, the official list of jobs and domains. In: its file, XML or JSON. Out: what it adds to each Fiche.

One row per (job, publication), joined on MET.n: domaines, names of the ROME codes, GFE, publications. Names hold
commas: the separators are "/" inside a domain and "|" between domains, codes and names.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from string import ascii_lowercase, digits
from typing import Any, Final, TypeVar

from search.errors import SheetError, SourceError, printable
from search.fiche import ID, Domaine, Fiche, Publication, Rome
from search.sources import cleaning, xml_stream

MAX_BYTES: Final = 100_000_000

MAX_JSON: Final = 10_000_000
"""Bytes of a JSON file, which is read at once and takes twenty times as much memory; the official one has 1.5 MB."""

MAX_ROWS: Final = 100_000
"""Rows; the official file has about 1,500."""

_Value = TypeVar("_Value")

_KEY_LETTERS: Final = frozenset(ascii_lowercase + digits + "_-")
_ID = re.compile(rf"(?a:{ID.pattern}(?=\D*$))")


@dataclass(frozen=True, slots=True)
class Metier:
    """What Idéo-Métiers tells of one job; `rows` is the number of its rows."""

    id: str
    label: str
    domaines: tuple[Domaine, ...]
    rome: tuple[Rome, ...]
    gfe: tuple[str, ...]
    publications: tuple[Publication, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class Ideo:
    """The whole file. metiers: by MET.n. rome_labels: the name of each ROME code. unidentified: rows without a
    MET.n."""

    metiers: Mapping[str, Metier]
    rome_labels: Mapping[str, str]
    unidentified: int


def read(path: Path) -> Ideo:
    """Read the file, XML or JSON by its first character. Raises SourceError if it is neither or holds no job."""
    rows: dict[str, list[dict[str, str]]] = {}
    unidentified = 0
    for number, row in enumerate(_rows(path)):
        if number == MAX_ROWS:
            raise SourceError(f"{printable(path)}: over {MAX_ROWS:,} rows, too many for Idéo-Métiers.")
        if found := _ID.search(row.get("lien_site_onisepfr", "")):
            rows.setdefault(found[0], []).append(row)
        else:
            unidentified += 1
    if not rows:
        raise SourceError(
            f"{printable(path)}: not Idéo-Métiers: no row with a lien_site_onisepfr that ends in MET.<number>."
        )
    metiers = {id: _metier(id, each) for id, each in rows.items()}
    labels = {rome.code: rome.label for metier in metiers.values() for rome in metier.rome if rome.label}
    return Ideo(metiers, labels, unidentified)


def enrich(fiche: Fiche, ideo: Ideo) -> Fiche:
    """The sheet with its domains, GFE and publications, and a name for each ROME code that has one."""
    metier = ideo.metiers.get(fiche.id)
    rome = tuple(replace(each, label=each.label or ideo.rome_labels.get(each.code, "")) for each in fiche.rome)
    if metier is None:
        return replace(fiche, rome=rome)
    known = {publication.gencod or publication.title for publication in fiche.publications}
    added = tuple(each for each in metier.publications if (each.gencod or each.title) not in known)
    return replace(
        fiche,
        rome=rome,
        domaines=metier.domaines,
        gfe=metier.gfe,
        publications=fiche.publications + added,
    )


def unmatched(ideo: Ideo, fiches: Iterable[Fiche]) -> int:
    """How many rows of the file are about none of these sheets."""
    ids = {fiche.id for fiche in fiches}
    return ideo.unidentified + sum(metier.rows for id, metier in ideo.metiers.items() if id not in ids)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    try:
        if path.exists() and not path.is_file():
            raise SourceError(f"{printable(path)}: not a regular file: Idéo-Métiers is read from one.")
        if path.stat().st_size > MAX_BYTES:
            raise SourceError(f"{printable(path)}: over {MAX_BYTES // 1_000_000} MB, too big for Idéo-Métiers.")
        with path.open("rb") as file:
            head = file.read(1024).lstrip(b"\xef\xbb\xbf \t\r\n")
            file.seek(0)
            if head.startswith((b"[", b"{")):
                if path.stat().st_size > MAX_JSON:
                    raise SourceError(f"{printable(path)}: over {MAX_JSON // 1_000_000} MB, too big for Idéo-Métiers.")
                yield from _json_rows(file.read(), path)
            else:
                for item in xml_stream.records(file, "item", str(path)):
                    yield {child.name: child.text for child in item.children}
    except OSError as error:
        raise SourceError(f"{printable(path)}: cannot be read ({error.strerror}).") from error
    except SheetError as error:
        raise SourceError(f"{error}. Download Idéo-Métiers again.") from error


def _json_rows(data: bytes, path: Path) -> Iterator[dict[str, str]]:
    """The rows of a list, or of the first list of rows found in an object; values that are no texts become texts."""
    try:
        found: Any = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{printable(path)}: broken JSON ({error}). Download Idéo-Métiers again.") from error
    while isinstance(found, dict) and "lien_site_onisepfr" not in found:
        found = next((each for each in found.values() if isinstance(each, (list, dict))), [])
    for row in found if isinstance(found, list) else [found]:
        if isinstance(row, dict):
            yield {_key(str(key)): _text(value) for key, value in row.items()}


def _key(key: str) -> str:
    """One spelling for the keys: "Domaine/sous-domaine" is "domainesous-domaine", as in the XML."""
    letters = unicodedata.normalize("NFKD", key.strip().lower().replace(" ", "_"))
    return "".join(letter for letter in letters if letter in _KEY_LETTERS)


def _text(value: Any) -> str:
    """A value as XML would hold it; a list is joined by its separator. Lists inside lists are in none of our
    columns."""
    values = value if isinstance(value, list) else [value]
    return " | ".join("" if each is None or isinstance(each, (list, dict)) else str(each) for each in values)


def _metier(id: str, rows: Sequence[Mapping[str, str]]) -> Metier:
    return Metier(
        id=id,
        label=cleaning.line(rows[0].get("libelle_metier", "")),
        domaines=_once(domaine for row in rows for domaine in _domaines(row.get("domainesous-domaine", ""))),
        rome=_once(rome for row in rows for rome in _romes(row)),
        gfe=_once(gfe for row in rows if (gfe := cleaning.line(row.get("gfe", "")))),
        publications=_once(
            Publication(title, *(cleaning.line(row.get(name, "")) for name in ("collection", "annee", "gencod")))
            for row in rows
            if (title := cleaning.line(row.get("nom_publication", "")))
        ),
        rows=len(rows),
    )


def _once(values: Iterable[_Value]) -> tuple[_Value, ...]:
    return tuple(dict.fromkeys(values))


def _domaines(text: str) -> Iterator[Domaine]:
    for each in _split(text):
        domaine, _, sous_domaine = each.partition("/")
        if domaine.strip():
            yield Domaine(domaine.strip(), sous_domaine.strip())


def _romes(row: Mapping[str, str]) -> Iterator[Rome]:
    """The ROME codes of a row with their names, which stand in the same order.

    If there are not as many names as codes, nobody knows which name belongs to which code: all are left out.
    """
    codes, labels = _split(row.get("code_rome", "")), _split(row.get("libelle_rome", ""))
    if len(labels) != len(codes):
        labels = [""] * len(codes)
    for code, label in zip(codes, labels, strict=True):
        if code:
            yield Rome(code, label)


def _split(text: str) -> list[str]:
    return [cleaning.line(each) for each in text.split("|")]
