"""Writing the files of a generation. In: sheets, in the order of their titles. Out: its tables, what they hold.

sheets -> documents -> codec [Whoosh -> postings] -> columns -> words, names, changes, completion -> nearness, map
"""

from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from sys import intern
from typing import Any, Final

import numpy as np
import orjson

from search import arrays
from search.embedded import map_layout, similar
from search.embedded.map_layout import MapTable
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
from search.index.columns import Columns, Facts, Labels
from search.index.documents import label_terms, title_terms
from search.index.fiche_json import compared_bytes, fiche_from_json, fiche_to_json
from search.index.garbage_collection import seldom_collected
from search.index.parallel import Helper, analysed, helper

STEPS = 3
"""Steps that the progress reports after the sheets are indexed."""

TITLED: Final = "titled.jsonl"
"""What the helper makes completions and names of: of each sheet, the fields TITLES. Kept only until then."""

TITLES: Final = ("title", "feminin", "masculin", "niveau", "id", "autres_appellations", "rome", "noms")


class ByTitle:
    """Sheets in the order of their titles, in which documents are numbered.

    Each is taken from `fiches` anew whenever it is its turn: a sequence that makes its sheets need not hold them.
    """

    def __init__(self, fiches: Sequence[Fiche]) -> None:
        keys = list(map(by_title, fiches))
        self._fiches = fiches
        self._order = sorted(range(len(keys)), key=keys.__getitem__)

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[Fiche]:
        return map(self._fiches.__getitem__, self._order)


def write(
    folder: Path,
    fiches: ByTitle,
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
        found = _write_segment(folder, fiches, nowhere, equivalents.read(mined), second, progress)
        progress("arrays", 0, STEPS)
        # One thread beside this one: vectors, neighbours and map are made by numpy, which lets the interpreter go on.
        with ThreadPoolExecutor(1) as beside:
            columns.build(folder, found.facts())
            progress("arrays", 1, STEPS)
            written = columns.load(folder)
            vectors = beside.submit(_write_senses, folder, written)
            documents = found.documents()
            arrays.save(folder, "documents", documents)
            arrays.save(folder, "changes", changes.compared(documents.ids, found.digests, built_at, earlier))
            found.words.save(folder)
            groups = found.groups
            del found, documents
            second.outcomes()
            _write_neighbours(folder, groups, written)
            progress("arrays", 2, STEPS)
            vectors.result()
    progress("arrays", 3, STEPS)
    return counts(written)


def _write_senses(folder: Path, written: Columns) -> None:
    """Write the vectors of sheets and words."""
    families = written.family_matches
    arrays.save(folder, "senses", senses.table(families.start, families.doc, families.impact, written.documents))


def _write_neighbours(folder: Path, groups: Sequence[str], written: Columns) -> None:
    """Write which sheets are near one another, and the map; groups[d]: the domain of sheet d."""
    near = similar.table(written.family_matches, len(groups))
    arrays.save(folder, "similar", near)
    arrays.save(folder, "map", _map_table(groups, near, written))


def _write_lists(folder: Path, nowhere: Sequence[Nom]) -> None:
    """Write the tables made of titles and names alone: what the helper does while postings are sorted."""
    arrays.save(folder, "suggest", completion.table(_titled(folder)))
    arrays.save(folder, "names", names.table(_titled(folder), nowhere))
    (folder / TITLED).unlink()


def _titled(folder: Path) -> Iterator[Fiche]:
    """The sheets by title, without what is not in TITLES."""
    with (folder / TITLED).open("rb") as lines:
        for line in lines:
            yield fiche_from_json(orjson.loads(line))


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
    folder: Path, fiches: ByTitle, nowhere: Sequence[Nom], known: Equivalents, second: Helper, progress: Progress
) -> "_Found":
    """Index and store the sheets, and gather the rest of what they say; the helper is left making the lists."""
    found = _Found()
    with codec.writing(folder) as add:
        with (folder / TITLED).open("wb") as titled:
            for number, (fiche, (document, forms)) in enumerate(analysed(fiches, known, second)):
                values = fiche_to_json(fiche)
                stored = orjson.dumps(values)
                add(document, stored)
                found.add(number, fiche, forms, known, compared_bytes(fiche) if fiche.noms else stored)
                titled.write(orjson.dumps({name: values[name] for name in TITLES if name in values}) + b"\n")
                progress("indexing", number + 1, len(fiches))
        second.begin(partial(_write_lists, folder, nowhere))
    return found


class _Found:
    """What the sheets say beside their postings, taken one after the other, so that none need be held.

    words: those of all sheets. digests: that of each sheet. groups: the domain of each, "" for none.
    """

    def __init__(self) -> None:
        self.words = Collector()
        self.digests: list[bytes] = []
        self.groups: list[str] = []
        self._titles, self._labels = Labels(), Labels()
        self._codes: list[tuple[str, ...]] = []
        self._values: list[dict[str, Value]] = [{} for _ in FACETS]
        self._ids: list[str] = []
        self._names: list[str] = []
        self._numbers, self._spans = array("i"), array("i")

    def add(self, number: int, fiche: Fiche, forms: Collection[str], known: Equivalents, compared: bytes) -> None:
        """Take a sheet; `forms` are the accented forms of its words, `compared` tells whether it changed."""
        self.words.add(number, fiche, forms)
        self.digests.append(changes.digest(compared))
        self.groups.append(intern(fiche.domaines[0].domaine) if fiche.domaines else "")
        for terms, other in title_terms(fiche, known):
            self._titles.add(number, terms, other)
        for terms in label_terms(fiche, known):
            self._labels.add(number, terms)
        self._codes.append(tuple(dict.fromkeys(intern(code.code) for code in fiche.rome)))
        for facet, values in zip(FACETS, self._values, strict=True):
            for value in facet.values(fiche):
                values.setdefault(value.value, value)
        self._ids.append(fiche.id)
        self._names.append(fiche.title)
        self._numbers.append(fiche.number)
        for each in RANGES:
            self._spans.extend(each.span(fiche) or (-1, -1))

    def facts(self) -> Facts:
        """What the columns are made of."""
        values = [_display_order(facet, found) for facet, found in zip(FACETS, self._values, strict=True)]
        return Facts(self._titles, self._labels, self._codes, self.words.holders, values)

    def documents(self) -> DocumentTable:
        """What is shown of each sheet in a list, and what limits and sorts it."""
        spans = np.array(self._spans, dtype=np.int32).reshape(len(self._ids), len(RANGES), 2)
        return DocumentTable(
            ids=tuple(self._ids),
            titles=tuple(self._names),
            domaines=tuple(map(slug, self.groups)),
            number=np.array(self._numbers, dtype=np.int32),
            lowest=np.ascontiguousarray(spans[:, :, 0].T),
            highest=np.ascontiguousarray(spans[:, :, 1].T),
        )


def _display_order(facet: Facet, found: Mapping[str, Value]) -> list[Value]:
    """The distinct values, by slug, in the order of their facet; children after their parent."""

    def path(value: Value) -> list[tuple[Any, ...]]:
        above = path(found[value.parent]) if value.parent else []
        return [*above, facet.order(value)]

    return sorted(found.values(), key=path)


def _map_table(groups: Sequence[str], near: SimilarTable, written: Columns) -> MapTable:
    if len(groups) > map_layout.MOST:
        return map_layout.table([], [])
    neighbours = [
        [other for other, _ in similar.nearest(near, written.family_matches, written.kin, doc, map_layout.NEIGHBOURS)]
        for doc in range(len(groups))
    ]
    return map_layout.table(neighbours, groups)
