"""One generation, opened to be searched: arrays, words, sheets. Nothing changes it, so that threads can share it.

In: the folder of a generation. Out: a Snapshot. Nothing is unpickled: Whoosh's table of contents is not opened.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import orjson

from search import arrays
from search.arrays import Ints
from search.embedded.directory import Directory, SheetNames, open_directory
from search.embedded.excerpts import FieldText, field_text
from search.embedded.filters import FacetRows, facet_rows
from search.embedded.similar import SimilarTable
from search.engine import IndexInfo
from search.fiche import Fiche
from search.fields import FIELDS
from search.french import vocabulary
from search.french.senses import Senses, SenseTable, senses
from search.french.vocabulary import Vocabulary
from search.index import columns, generations
from search.index.columns import Columns
from search.index.fiche_json import fiche_from_json
from search.index.postings import StoredSheets

FICHES_KEPT = 4096
"""Sheets kept decoded in memory; about 30 kB each."""


@dataclass(frozen=True, slots=True)
class DocumentTable(SheetNames):
    """What is known of each document beside its words.

    number: int32 (N,), of MET.<number>. lowest: int32 (R, N) and highest: int32 (R, N), the span of each sheet by the
    places of RANGES, -1 if it does not say.
    """

    number: Ints
    lowest: Ints
    highest: Ints


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The index as this process sees it. `fiche(document)` gives a sheet; `document` its number by id.

    `read_fiche(document)` gives it too, and does not keep it. `text(document, field)` gives a field of it, by its place
    in FIELDS.
    """

    info: IndexInfo
    columns: Columns
    vocabulary: Vocabulary
    senses: Senses
    directory: Directory
    documents: DocumentTable
    document: Mapping[str, int]
    facets: Mapping[str, FacetRows]
    similar: SimilarTable
    fiche: Callable[[int], Fiche]
    read_fiche: Callable[[int], Fiche]
    text: Callable[[int, int], FieldText]


def open_snapshot(folder: Path, info: IndexInfo) -> Snapshot:
    """Open a verified generation. Raises OSError or ValueError for a missing or cut file."""
    tables = folder / generations.COLUMNS
    loaded = columns.load(tables)
    documents = arrays.load(tables, "documents", DocumentTable)
    sheets = arrays.load(tables, "sheets", StoredSheets)
    words = vocabulary.load(tables, loaded.postings.terms, loaded.matches.idf)

    def read_fiche(document: int) -> Fiche:
        stored = sheets.json[arrays.row(sheets.start, document)]
        return fiche_from_json(orjson.loads(stored.tobytes()))

    fiche = lru_cache(FICHES_KEPT)(read_fiche)

    @lru_cache(FICHES_KEPT * len(FIELDS))
    def text(document: int, field: int) -> FieldText:
        return field_text(fiche(document), field)

    directory = open_directory(tables, words)
    return Snapshot(
        info=info,
        columns=loaded,
        vocabulary=words,
        senses=senses(arrays.load(tables, "senses", SenseTable), loaded.families.of_term, loaded.family_matches.idf),
        directory=directory,
        documents=documents,
        document={id: number for number, id in enumerate(documents.ids)},
        facets=facet_rows(loaded.facets, directory.facets),
        similar=arrays.load(tables, "similar", SimilarTable),
        fiche=fiche,
        read_fiche=read_fiche,
        text=text,
    )
