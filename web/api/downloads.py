"""The files of a whole edition, declared once: sheets, and what relates them. In: an Edition. Out: pieces of bytes.

Routes, description, catalogue and the page of the data follow. Each file is written sheet by sheet, so that its
length costs no memory, and from the index alone, so that each process writes the same bytes.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from search.catalogue import Catalogue
from search.diplomas import kind_of
from search.engine import IndexInfo
from search.fiche import Fiche
from search.fields import BOUNDS, FACETS, WRITTEN, block_text
from web import exports, texts
from web.api import bodies
from web.params import FORMATS
from web.prefix import in_json
from web.schema_org import occupation

SIMILAR: Final = 10
"""Sheets named near each one."""

CSV: Final = FORMATS["csv"]
NDJSON: Final = FORMATS["ndjson"]
JSON_LD: Final = "application/ld+json"


@dataclass(frozen=True, slots=True)
class Edition:
    """One index, the public address of the service, and the path in that address ("" for none)."""

    catalogue: Catalogue
    base_url: str
    prefix: str = ""

    @property
    def info(self) -> IndexInfo:
        """Which index this is."""
        return self.catalogue.info()


@dataclass(frozen=True, slots=True)
class Download:
    """A file: its name, its type, how it is written, and for a table what each of its columns holds."""

    name: str
    mimetype: str
    write: Callable[[Edition], Iterator[bytes]]
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def endpoint(self) -> str:
        """Its name in the description of the API, and in `texts.ENDPOINTS`."""
        return self.name.replace(".", "_")

    @property
    def title(self) -> str:
        """What it is, for people."""
        return texts.ENDPOINTS[self.endpoint]

    @property
    def path(self) -> str:
        """The address that leads to the file of the edition being served."""
        return f"/api/v1/{self.name}"


def _sheet_lines(edition: Edition) -> Iterator[bytes]:
    for fiche in edition.catalogue.fiches():
        yield in_json(edition.prefix, bodies.fiche_answer(fiche, edition.info)) + b"\n"


def _linked_data(edition: Edition) -> Iterator[bytes]:
    yield b'{"@context":"https://schema.org","@graph":['
    between = b"\n"
    for fiche in edition.catalogue.fiches():
        described = occupation(fiche, edition.base_url)
        del described["@context"]
        yield between + orjson.dumps(described)
        between = b",\n"
    yield b"\n]}\n"


def _joined(parts: Iterable[str]) -> str:
    return " | ".join(parts)


_REST: Final[dict[str, Callable[[Fiche], str]]] = {
    "duree_etudes": lambda fiche: "\n".join(map(block_text, fiche.duree_etudes)),
    "formations_id": lambda fiche: _joined(each.id for each in fiche.formations),
    "associes": lambda fiche: _joined(f"{each.id} {each.label}" for each in fiche.associes),
    "liens": lambda fiche: _joined(f"{each.label} {each.url}".strip() for each in fiche.sources),
    "publications": lambda fiche: _joined(
        ", ".join(filter(None, (each.title, each.collection, each.annee, each.gencod))) for each in fiche.publications
    ),
    "noms": lambda fiche: _joined(f"{each.label} ({each.source})" for each in fiche.noms if not each.code),
    "gfe": lambda fiche: _joined(fiche.gfe),
}
"""The columns that only the table of a whole edition has, beside those of the sections: by name, the cell of a
sheet."""

_SHEET_COLUMNS: Final = (*exports.COLUMNS, *(each.name for each in WRITTEN), *_REST)
_EXPLAINED: Final = (
    {each.name: each.label for each in WRITTEN}
    | {facet.key: facet.label for facet in FACETS if facet.key}
    | {name: bound.help for name, bound in BOUNDS.items()}
    | {name: column.holds for name, column in texts.COLUMNS.items()}
)


def _sheet_table(edition: Edition) -> Iterator[bytes]:
    def rows() -> Iterator[list[Any]]:
        for fiche in edition.catalogue.fiches():
            (row,) = exports.table_rows((fiche,), edition.info, edition.base_url)
            sections = ("\n".join(map(block_text, fiche.section(each.name))) for each in WRITTEN)
            yield [*row, *sections, *(cell(fiche) for cell in _REST.values())]

    return exports.csv_lines(_SHEET_COLUMNS, rows())


_SIMILAR_COLUMNS: Final = ("rang", "proche_id", "proche_titre", "score", "lie_par_onisep")
_ROME_COLUMNS: Final = ("rome", "rome_nom")
_DIPLOMA_COLUMNS: Final = ("formation", "formation_nom", "diplome")


def _similar_rows(edition: Edition, fiche: Fiche) -> Iterator[tuple[Any, ...]]:
    for rank, near in enumerate(edition.catalogue.similar(fiche.id, SIMILAR), 1):
        score, linked = round(near.score, 4), "oui" if near.associated else "non"
        yield rank, near.fiche.id, near.fiche.title, score, linked


def _rome_rows(edition: Edition, fiche: Fiche) -> Iterator[tuple[Any, ...]]:
    return ((each.code, each.label) for each in fiche.rome)


def _diploma_rows(edition: Edition, fiche: Fiche) -> Iterator[tuple[Any, ...]]:
    return ((each.id, each.label, kind_of(each.label)) for each in fiche.formations)


def _relations(
    name: str, columns: tuple[str, ...], related: Callable[[Edition, Fiche], Iterator[tuple[Any, ...]]]
) -> Download:
    """A table with a line for each relation of a sheet."""
    columns = ("id", "titre", *columns, "source", "licence")

    def write(edition: Edition) -> Iterator[bytes]:
        told = exports.source_cells(edition.info)
        sheets = edition.catalogue.fiches()
        rows = ((fiche.id, fiche.title, *row, *told) for fiche in sheets for row in related(edition, fiche))
        return exports.csv_lines(columns, rows)

    return Download(name, CSV, write, {each: texts.RELATION_COLUMNS[each] for each in columns})


DOWNLOADS: Final[tuple[Download, ...]] = (
    Download("metiers.ndjson", NDJSON, _sheet_lines),
    Download("metiers.csv", CSV, _sheet_table, {each: _EXPLAINED[each] for each in _SHEET_COLUMNS}),
    Download("metiers.jsonld", JSON_LD, _linked_data),
    _relations("similaires.csv", _SIMILAR_COLUMNS, _similar_rows),
    _relations("rome.csv", _ROME_COLUMNS, _rome_rows),
    _relations("diplomes.csv", _DIPLOMA_COLUMNS, _diploma_rows),
)
"""One entry, and its sentence in `texts.ENDPOINTS`, is all that a new one needs."""

DOWNLOAD_BY_NAME: Final = {each.name: each for each in DOWNLOADS}
