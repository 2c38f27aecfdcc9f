"""What the cluster holds: the mapping, a document a sheet, and small tables. In: a Snapshot. Out: bodies, tables.

The numbers are those of the embedded engine, made first in a folder of its own: impacts, families, labels and nearness
are computed once, so that both engines find the same sheets in the same order. A field of impacts holds
"term|n" words, n being the impact times SCALE, which the cluster keeps as the frequency of the term.
"""

import base64
import hashlib
import io
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
from numpy.typing import NDArray

from search import arrays
from search.arrays import Floats, Ints, Starts, spans
from search.embedded.directory import TABLES, Directory, open_directory
from search.embedded.snapshot import Snapshot
from search.engine import IndexInfo
from search.errors import IndexDamaged
from search.fields import BOUNDS, FACETS, FIELDS, RANGES
from search.french import vocabulary
from search.french.tokens import broad
from search.french.vocabulary import Vocabulary
from search.index import generations
from search.index.columns import FIELD_B, FIELD_WEIGHTS, Columns, LabelTable, MatchTable
from search.index.fiche_json import fiche_to_json
from search.ranking import contributions
from search.settings import Settings

FORMAT: Final = 2
"""Raised when the mapping or the tables change in a way that the rest of the fingerprint does not show."""

SCALE: Final = 65_536
MOST: Final = 2_000_000_000
"""What the frequencies of a field may add up to in one sheet: the cluster counts them in 32 bits."""

CHUNK: Final = 4_000_000
"""Bytes of the tables in one document."""

BATCH: Final = 2_000
"""Sheets whose postings are turned over at once."""

SAME_PLACE: Final = "|"
"""Between terms that stand at the same place: an acronym and the first of its words."""

Json = dict[str, Any]


# Long: one literal, which reads best whole, beside the cluster's own documentation.
def settings_and_mapping(settings: Settings) -> Json:
    """The body that creates an index of sheets."""
    impacts = {
        "type": "text", "analyzer": "impacts", "search_analyzer": "whitespace", "similarity": "impact",
        "index_options": "freqs", "norms": False,
    }  # fmt: skip
    places = {
        "type": "text", "analyzer": "places", "search_analyzer": "whitespace", "similarity": "boolean",
        "index_options": "positions", "norms": False,
    }  # fmt: skip
    label = {
        "type": "nested",
        "properties": {"terms": {"type": "keyword"}, "weight": _column("float"), "other": _column("byte")},
    }
    properties: Json = {
        "mots": impacts,
        "familles": impacts,
        "titres": label,
        "reperes": label,
        "formes": {"type": "keyword", "doc_values": False},
        "codes": {"type": "keyword"},
        "ordre": {"type": "integer"},
        "numero": {"type": "integer"},
        "norme": _column("float"),
        "signature": {"type": "object", "enabled": False},
        "fiche": {"type": "object", "enabled": False},
        "places": {"type": "object", "enabled": False},
    }
    for field in FIELDS:
        properties[f"t_{field.name}"] = places
        properties[f"c_{field.name}"] = impacts
        properties[f"cf_{field.name}"] = impacts
    properties |= {name: {"type": "integer"} for name in BOUNDS}
    properties |= {f"f_{facet.name}": {"type": "keyword"} for facet in FACETS}
    return {
        "settings": {
            "number_of_shards": settings.opensearch_shards,
            "number_of_replicas": settings.opensearch_replicas,
            "refresh_interval": "-1",
            "analysis": {
                "filter": {
                    "frequency": {"type": "delimited_term_freq"},
                    "same_place": {"type": "pattern_capture", "preserve_original": False, "patterns": ["([^|]+)"]},
                },
                "analyzer": {
                    "impacts": {"type": "custom", "tokenizer": "whitespace", "filter": ["frequency"]},
                    "places": {"type": "custom", "tokenizer": "whitespace", "filter": ["same_place"]},
                },
            },
            "similarity": {
                "impact": {"type": "scripted", "script": {"source": f"return query.boost * doc.freq / {SCALE}.0"}}
            },
        },
        "mappings": {
            "dynamic": "strict",
            "_source": {"includes": ["fiche", "places", "signature", "codes"]},
            "properties": properties,
        },
    }


def _column(kind: str) -> Json:
    return {"type": kind, "index": False}


def tables_mapping(settings: Settings) -> Json:
    """The body that creates the index of tables."""
    return {
        "settings": {"number_of_shards": 1, "number_of_replicas": settings.opensearch_replicas},
        "mappings": {"dynamic": False},
    }


def place_key(term: str) -> str:
    """The name of a term in `places`; a dot would part two names there."""
    return term.replace(".", "\u2024")


# --- sheets -----------------------------------------------------------------------------------------


def documents(snapshot: Snapshot) -> Iterator[tuple[str, Json]]:
    """(id, document) of every sheet, by title."""
    columns = snapshot.columns
    terms = np.array(columns.postings.terms, dtype=object)
    of_term = columns.families.of_term
    families = np.array(family_names(columns.postings.terms, of_term), dtype=object)
    facets = _facets(snapshot)
    titles = _labels(columns.titles, columns.postings.terms, columns.documents, "titres")
    marks = _labels(columns.marks, columns.postings.terms, columns.documents, "reperes")
    forms = _by_document(columns.forms.doc, columns.forms.start, columns.documents)
    for low in range(0, columns.documents, BATCH):
        high = min(low + BATCH, columns.documents)
        held = _Turned(columns.matches, low, high)
        kin = _Turned(columns.family_matches, low, high)
        postings = _TurnedPostings(columns, low, high)
        for doc in range(low, high):
            table, fiche = snapshot.documents, snapshot.fiche(doc)
            made: Json = {
                "mots": _impacts(*held.of(doc), terms),
                "familles": _impacts(*kin.of(doc), families),
                "titres": titles[doc],
                "reperes": marks[doc],
                "formes": [columns.forms.forms[form] for form in forms[doc]],
                "codes": list(dict.fromkeys(code.code for code in fiche.rome)),
                "ordre": doc,
                "numero": fiche.number,
                "norme": float(snapshot.similar.norm[doc]),
                "signature": _signature(snapshot, doc, families),
                "fiche": fiche_to_json(fiche),
            }
            for each, low, high in zip(RANGES, table.lowest[:, doc], table.highest[:, doc], strict=True):
                if low >= 0:
                    made |= {f"{each.name}_min": int(low), f"{each.name}_max": int(high)}
            made |= facets[doc]
            made |= postings.of(doc, terms, families, of_term)
            yield fiche.id, made


def family_names(terms: tuple[str, ...], of_term: Ints) -> list[str]:
    """The stem that names each family, by its number."""
    names = [""] * (int(of_term.max(initial=-1)) + 1)
    for term, family in zip(terms, of_term.tolist(), strict=True):
        names[family] = broad(term)
    return names


def _impacts(numbers: Ints, impacts: NDArray[Any], names: NDArray[Any]) -> str:
    """ "term|n" words; a term of the least impact still counts as held."""
    scaled = np.maximum(np.rint(impacts.astype(np.float64) * SCALE), 1).astype(np.int64)
    if scaled.sum() > MOST:
        scaled = np.minimum(scaled, MOST // len(scaled))
    return " ".join(f"{name}|{n}" for name, n in zip(names[numbers].tolist(), scaled.tolist(), strict=True))


def _signature(snapshot: Snapshot, doc: int, families: NDArray[Any]) -> list[list[Any]]:
    numbers, weights = snapshot.similar.family[doc], snapshot.similar.weight[doc]
    kept = numbers >= 0
    return [
        [name, weight]
        for name, weight in zip(families[numbers[kept]].tolist(), weights[kept].astype(float).tolist(), strict=True)
    ]


class _Turned:
    """The rows of a MatchTable for some documents, by document."""

    def __init__(self, table: MatchTable, low: int, high: int) -> None:
        rows = np.flatnonzero((table.doc >= low) & (table.doc < high))
        number = (np.searchsorted(table.start, rows, side="right") - 1).astype(np.int32)
        order = np.argsort(table.doc[rows], kind="stable")
        self._number, self._impact = number[order], table.impact[rows][order]
        self._start = np.searchsorted(table.doc[rows][order], np.arange(low, high + 1))
        self._low = low

    def of(self, doc: int) -> tuple[Ints, Floats]:
        """The numbers of the terms (or families) of a document, and their impacts."""
        low, high = self._start[doc - self._low : doc - self._low + 2].tolist()
        return self._number[low:high], self._impact[low:high]


class _TurnedPostings:
    """The postings of some documents, by document, then field."""

    def __init__(self, columns: Columns, low: int, high: int) -> None:
        self._columns, self._low = columns, low
        postings = columns.postings
        rows = np.flatnonzero((postings.doc >= low) & (postings.doc < high))
        self._rows = rows[np.lexsort((postings.field[rows], postings.doc[rows]))]
        self._start = np.searchsorted(postings.doc[self._rows], np.arange(low, high + 1))

    def of(self, doc: int, terms: NDArray[Any], families: NDArray[Any], of_term: Ints) -> Json:
        """The t_, c_ and cf_ fields of a document, and its `places`: field, start, length of each word, by term."""
        postings, lengths = self._columns.postings, self._columns.lengths
        low, high = self._start[doc - self._low : doc - self._low + 2].tolist()
        rows = self._rows[low:high]
        number = (np.searchsorted(postings.start, rows, side="right") - 1).astype(np.int32)
        field = postings.field[rows]
        first = postings.occurrence_start[rows]
        count = (postings.occurrence_start[rows + 1] - first).astype(np.int32)
        brought = contributions(
            count, lengths.length[field, doc], self._columns.mean_length[field], FIELD_WEIGHTS[field], FIELD_B[field]
        )
        occurrence = spans(first, count)
        position, text_start, length = (
            column[occurrence] for column in (postings.position, postings.text_start, postings.length)
        )
        which, where = np.repeat(number, count), np.repeat(field, count)
        made: Json = {}
        for place in np.unique(field).tolist():
            name, inside = FIELDS[place].name, field == place
            made[f"c_{name}"] = _impacts(number[inside], brought[inside], terms)
            kin, row = np.unique(of_term[number[inside]], return_inverse=True)
            made[f"cf_{name}"] = _impacts(kin, np.bincount(row, weights=brought[inside]), families)
            made[f"t_{name}"] = _runs(position[where == place], terms[which[where == place]])
        placed: dict[str, list[int]] = {}
        rest = zip(*(column.tolist() for column in (terms[which], where, text_start, length)), strict=True)
        for term, *told in rest:
            placed.setdefault(place_key(term), []).extend(told)
        made["places"] = placed
        return made


def _runs(positions: Ints, terms: NDArray[Any]) -> list[str]:
    """The words of a field in their order, cut where positions are skipped, so that no phrase runs across."""
    order = np.argsort(positions, kind="stable")
    at = positions[order].tolist()
    words = [
        (position, SAME_PLACE.join(term for _, term in group))
        for position, group in groupby(zip(at, terms[order].tolist(), strict=True), key=itemgetter(0))
    ]
    runs: list[list[str]] = []
    before = -2
    for position, word in words:
        if position != before + 1:
            runs.append([])
        runs[-1].append(word)
        before = position
    return [" ".join(run) for run in runs]


def _labels(table: LabelTable, terms: tuple[str, ...], documents: int, kind: str) -> list[list[Json]]:
    """The labels of each document; `other` is 1 for a title that is not its own."""
    held: list[list[str]] = [[] for _ in table.weight]
    for number, (low, high) in enumerate(pairwise(table.start.tolist())):
        for label in table.label[low:high].tolist():
            held[label].append(terms[number])
    found: list[list[Json]] = [[] for _ in range(documents)]
    for label, (low, high) in enumerate(pairwise(table.doc_start.tolist())):
        weight = float(table.weight[label])
        for doc, other in zip(table.doc[low:high].tolist(), table.other[low:high].tolist(), strict=True):
            made: Json = {"terms": held[label], "weight": weight}
            if kind == "titres":
                made["other"] = other
            found[doc].append(made)
    return found


def _by_document(docs: Ints, start: Starts, documents: int) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in range(documents)]
    for number, (low, high) in enumerate(zip(start[:-1].tolist(), start[1:].tolist(), strict=True)):
        for doc in docs[low:high].tolist():
            found[doc].append(number)
    return found


def _facets(snapshot: Snapshot) -> list[Json]:
    """The slugs of each document by the name of the facet's field."""
    table = snapshot.columns.facets
    names = [f"f_{facet.name}" for facet in FACETS for _ in snapshot.facets[facet.name].values]
    found: list[Json] = [{} for _ in range(snapshot.columns.documents)]
    for document, (low, high) in zip(found, pairwise(table.held_start.tolist()), strict=True):
        for place in table.held[low:high].tolist():
            document.setdefault(names[place], []).append(table.values[place])
    return found


# --- tables -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TermTable:
    """terms: T words, as in PostingTable."""

    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WeightTable:
    """idf: float32, by term or by family."""

    idf: Floats


@dataclass(frozen=True, slots=True)
class FamilyOfTerm:
    """of_term: int32 (T,)."""

    of_term: Ints


KINDS: Final[dict[str, type]] = {
    "postings": TermTable,
    "matches": WeightTable,
    "family_matches": WeightTable,
    "families": FamilyOfTerm,
}
"""What each process keeps of a generation beside its directory and vocabulary; named as the embedded tables."""

WHOLE: Final = ("words", "spellings", "equivalents")
"""The tables that `vocabulary.load` reads."""


@dataclass(frozen=True, slots=True)
class Served:
    """A generation of the cluster as a process sees it: everything but the sheets and their postings.

    index: the name of its index. family: the name of each term's family, by term.
    """

    info: IndexInfo
    index: str
    vocabulary: Vocabulary
    terms: tuple[str, ...]
    family: tuple[str, ...]
    family_idf: Floats
    directory: Directory


def packed(folder: Path, info: IndexInfo) -> list[Json]:
    """The tables in the folder of a generation as documents: the manifest, then pieces."""
    wanted = {f"{name}.{field.name}" for name, kind in (KINDS | TABLES).items() for field in fields(kind)}
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for path in sorted((folder / generations.COLUMNS).iterdir()):
            if path.stem in wanted or path.stem.partition(".")[0] in WHOLE:
                archive.write(path, path.name)
    whole = buffer.getvalue()
    pieces = [whole[low : low + CHUNK] for low in range(0, len(whole), CHUNK)]
    manifest = {"info": asdict(info), "pieces": len(pieces), "checksum": hashlib.sha256(whole).hexdigest()}
    return [manifest, *({"data": base64.b64encode(piece).decode()} for piece in pieces)]


def info_of(manifest: Json) -> IndexInfo:
    """What a manifest says. Raises KeyError or TypeError."""
    told = manifest["info"]
    return IndexInfo(**{**told, "sources": tuple(told["sources"])})


def unpacked(index: str, manifest: Json, pieces: list[Json]) -> Served:
    """The reverse of `packed`. Raises IndexDamaged."""
    whole = b"".join(base64.b64decode(piece["data"]) for piece in pieces)
    if hashlib.sha256(whole).hexdigest() != manifest["checksum"]:
        raise IndexDamaged(f"{index}-tables: cut or altered. Index again with: metiers index SOURCE")
    # The arrays are mapped, and stay readable when the folder is gone.
    with TemporaryDirectory(prefix="metiers-") as name, ZipFile(io.BytesIO(whole)) as archive:
        archive.extractall(name)
        return _served(index, info_of(manifest), Path(name))


def _served(index: str, info: IndexInfo, folder: Path) -> Served:
    loaded: dict[str, Any] = {name: arrays.load(folder, name, kind) for name, kind in KINDS.items()}
    terms, of_term = loaded["postings"].terms, loaded["families"].of_term
    families = family_names(terms, of_term)
    words = vocabulary.load(folder, terms, loaded["matches"].idf)
    return Served(
        info=info,
        index=index,
        vocabulary=words,
        terms=terms,
        family=tuple(families[family] for family in of_term.tolist()),
        family_idf=loaded["family_matches"].idf[of_term],
        directory=open_directory(folder, words),
    )
