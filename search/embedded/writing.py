"""Writing the files of a generation. In: sheets, in the order of their titles. Out: its tables, what they hold.

sheets -> documents -> codec [Whoosh -> postings] -> columns -> words, names, changes, completion -> nearness, map
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from search import arrays
from search.embedded import placement, similar
from search.embedded.placement import MapTable
from search.embedded.similar import SimilarTable
from search.embedded.snapshot import DocumentTable
from search.engine import Progress
from search.fiche import Fiche, Nom
from search.fields import FACETS, RANGES, Facet, Value
from search.folding import fold, slug
from search.french import completion, equivalents, names, senses
from search.french.equivalents import Equivalents
from search.french.vocabulary import Collector
from search.index import changes, codec, columns
from search.index.changes import Earlier
from search.index.columns import Columns, Facts
from search.index.documents import label_terms, title_terms
from search.index.fiche_json import compared_bytes, fiche_bytes
from search.index.garbage import seldom_collected
from search.index.parallel import Helper, analysed, helper

STEPS = 3
"""Steps of the arrays that are told of, once the sheets are indexed."""

LISTS = ("suggest", "names")
"""Tables made of titles and names alone, by the helper while postings are sorted."""


def write(
    folder: Path,
    fiches: Sequence[Fiche],
    nowhere: Sequence[Nom],
    progress: Progress,
    built_at: str,
    earlier: Earlier | None,
) -> dict[str, int]:
    """Write all tables of the sheets into a new folder; `earlier` holds the sheets of the index before.

    `nowhere` are names of jobs that no sheet is about.

    Returns how many documents, terms, postings and occurrences there are.
    """
    folder.mkdir()
    with seldom_collected(), helper(len(fiches)) as second:
        mined = equivalents.mine(fiches)
        arrays.save(folder, "equivalents", mined)
        words, digests, facts = _write_segment(folder, fiches, nowhere, equivalents.read(mined), second, progress)
        progress("arrays", 0, STEPS)
        # One thread beside this one: vectors, neighbours and map are made by numpy, which lets the interpreter go on.
        with ThreadPoolExecutor(1) as beside:
            columns.build(folder, facts)
            progress("arrays", 1, STEPS)
            written = columns.load(folder)
            vectors = beside.submit(_write_senses, folder, written)
            arrays.save(folder, "documents", _document_table(fiches))
            arrays.save(folder, "changes", changes.compared([fiche.id for fiche in fiches], digests, built_at, earlier))
            words.save(folder)
            for name, table in zip(LISTS, second.outcomes(), strict=True):
                arrays.save(folder, name, table)
            _write_neighbours(folder, fiches, written)
            progress("arrays", 2, STEPS)
            vectors.result()
    progress("arrays", 3, STEPS)
    return counts(written)


def _write_senses(folder: Path, written: Columns) -> None:
    """Write the vectors of sheets and words."""
    families = written.family_matches
    arrays.save(folder, "senses", senses.table(families.start, families.doc, families.impact, written.documents))


def _write_neighbours(folder: Path, fiches: Sequence[Fiche], written: Columns) -> None:
    """Write which sheets are near one another, and the map."""
    near = similar.table(written.family_matches, len(fiches))
    arrays.save(folder, "similar", near)
    arrays.save(folder, "map", _map_table(fiches, near, written))


def counts(written: Columns) -> dict[str, int]:
    """How much an index holds, as its manifest says and as whoever opens it checks."""
    return {
        "documents": written.documents,
        "terms": len(written.postings.terms),
        "postings": len(written.postings.doc),
        "occurrences": len(written.postings.position),
    }


def by_title(fiche: Fiche) -> tuple[str, int]:
    """The order of the sheets: documents are numbered so."""
    return fold(fiche.title), fiche.number


def _write_segment(
    folder: Path,
    fiches: Sequence[Fiche],
    nowhere: Sequence[Nom],
    known: Equivalents,
    second: Helper,
    progress: Progress,
) -> tuple[Collector, list[bytes], Facts]:
    """Index and store the sheets; the helper is left making the LISTS.

    Returns the words of the sheets, the digest of each as it is stored, and the other facts.
    """
    words = Collector()
    digests: list[bytes] = []
    titles, labels = [], []
    with codec.writing(folder) as add:
        for number, (fiche, (document, forms)) in enumerate(zip(fiches, analysed(fiches, known, second), strict=True)):
            stored = fiche_bytes(fiche)
            add(document, stored)
            words.add(number, fiche, forms)
            titles.append(title_terms(fiche, known))
            labels.append(label_terms(fiche, known))
            digests.append(changes.digest(compared_bytes(fiche) if fiche.noms else stored))
            progress("indexing", number + 1, len(fiches))
        titled = [replace(fiche, sections={}, duree_etudes=()) for fiche in fiches]
        second.begin(partial(completion.table, titled), partial(names.table, titled, nowhere))
    facts = Facts(
        titles=titles,
        labels=labels,
        codes=[tuple(dict.fromkeys(code.code for code in fiche.rome)) for fiche in fiches],
        forms=words.holders,
        facets=[_display_order(facet, fiches) for facet in FACETS],
    )
    return words, digests, facts


def _display_order(facet: Facet, fiches: Iterable[Fiche]) -> list[Value]:
    """The distinct values in the order of their facet; children after their parent."""
    found: dict[str, Value] = {}
    for value in chain.from_iterable(map(facet.values, fiches)):
        found.setdefault(value.value, value)

    def path(value: Value) -> list[tuple[Any, ...]]:
        above = path(found[value.parent]) if value.parent else []
        return [*above, facet.order(value)]

    return sorted(found.values(), key=path)


def _document_table(fiches: Sequence[Fiche]) -> DocumentTable:
    spans = [[each.span(fiche) or (-1, -1) for fiche in fiches] for each in RANGES]
    lowest, highest = np.moveaxis(np.array(spans, dtype=np.int32).reshape(len(RANGES), len(fiches), 2), 2, 0)
    return DocumentTable(
        ids=tuple(fiche.id for fiche in fiches),
        titles=tuple(fiche.title for fiche in fiches),
        domaines=tuple(slug(fiche.domaines[0].domaine) if fiche.domaines else "" for fiche in fiches),
        number=np.array([fiche.number for fiche in fiches], dtype=np.int32),
        lowest=np.ascontiguousarray(lowest),
        highest=np.ascontiguousarray(highest),
    )


def _map_table(fiches: Sequence[Fiche], near: SimilarTable, written: Columns) -> MapTable:
    if len(fiches) > placement.MOST:
        return placement.table([], [])
    neighbours = [
        [other for other, _ in similar.nearest(near, written.family_matches, written.kin, doc, placement.NEIGHBOURS)]
        for doc in range(len(fiches))
    ]
    return placement.table(neighbours, [fiche.domaines[0].domaine if fiche.domaines else "" for fiche in fiches])
