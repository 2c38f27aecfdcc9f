"""A generation of the cluster as this process sees it. In: the folder of an embedded index. Out: documents, and back.

The tables are those of the embedded engine that are small and asked for at every search; they travel through the
cluster as one archive cut in pieces.
"""

import base64
import hashlib
import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

from search import arrays
from search.arrays import Floats, Ints, Starts
from search.cluster.client import Json
from search.cluster.mapping import code_names, family_names
from search.cluster.stored_sheet import SheetCache
from search.embedded.directory import TABLES, Directory, open_directory
from search.engine import IndexInfo
from search.errors import IndexDamaged
from search.french import vocabulary
from search.french.senses import Senses, SenseTable, senses
from search.french.vocabulary import Vocabulary
from search.index import generations
from search.index.columns import LabelWords
from search.settings import Settings

CHUNK: Final = 4_000_000
"""Bytes of the tables in one document."""

SHARDS: Final = 1
"""Shards of the tables, which are read by number only."""


def tables_mapping(settings: Settings) -> Json:
    """The body that creates the index of tables."""
    return {
        "settings": {
            "number_of_shards": SHARDS,
            "number_of_replicas": settings.opensearch_replicas,
            "codec": "best_compression",
        },
        "mappings": {"dynamic": False},
    }


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
    """of_term: smallest (T,)."""

    of_term: Ints


@dataclass(frozen=True, slots=True)
class CodesOfSheets:
    """code: int64 (most codes of a sheet, N), as in KinTable."""

    code: Starts


KINDS: Final[dict[str, type]] = {
    "postings": TermTable,
    "matches": WeightTable,
    "family_matches": WeightTable,
    "families": FamilyOfTerm,
    "labels": LabelWords,
    "kin": CodesOfSheets,
    "senses": SenseTable,
}
"""What each process keeps of a generation beside its directory and vocabulary; named as the embedded tables."""

WHOLE: Final = ("words", "spellings", "equivalents", "names")
"""The tables that `vocabulary.load` reads."""


@dataclass(frozen=True, slots=True)
class ClusterSnapshot:
    """A generation of the cluster as this process sees it: everything but the sheets and their postings.

    index: the name of its index. idf: float32 (T,), by term. family_of_term: smallest (T,). families: the name of each.
    family_idf: float32, by family. codes: those of each sheet, as `mapping.code_names` writes them. labels: the names
    of diplomas, interests and domains. document: the place of each sheet in the order of titles, by id. sheets: those
    read so far.
    """

    info: IndexInfo
    index: str
    vocabulary: Vocabulary
    terms: tuple[str, ...]
    family_of_term: Ints
    families: tuple[str, ...]
    family_idf: Floats
    codes: tuple[tuple[str, ...], ...]
    labels: LabelWords
    senses: Senses
    directory: Directory
    document: Mapping[str, int]
    sheets: SheetCache


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


def unpacked(index: str, manifest: Json, pieces: list[Json]) -> ClusterSnapshot:
    """The reverse of `packed`. Raises IndexDamaged."""
    whole = b"".join(base64.b64decode(piece["data"]) for piece in pieces)
    if hashlib.sha256(whole).hexdigest() != manifest["checksum"]:
        raise IndexDamaged(f"{index}-tables: cut or altered. Index again with: metiers index SOURCE")
    # The arrays are mapped, and stay readable when the folder is gone.
    with TemporaryDirectory(prefix="metiers-") as name, ZipFile(io.BytesIO(whole)) as archive:
        archive.extractall(name)
        return _opened(index, info_of(manifest), Path(name))


def _opened(index: str, info: IndexInfo, folder: Path) -> ClusterSnapshot:
    loaded: dict[str, Any] = {name: arrays.load(folder, name, kind) for name, kind in KINDS.items()}
    terms, of_term = loaded["postings"].terms, loaded["families"].of_term
    words = vocabulary.load(folder, terms, loaded["matches"].idf)
    directory = open_directory(folder, words)
    return ClusterSnapshot(
        info=info,
        index=index,
        vocabulary=words,
        terms=terms,
        family_of_term=of_term,
        families=tuple(family_names(terms, of_term)),
        family_idf=loaded["family_matches"].idf,
        codes=code_names(loaded["kin"].code),
        labels=loaded["labels"],
        senses=senses(loaded["senses"], of_term, loaded["family_matches"].idf),
        directory=directory,
        document={id: number for number, id in enumerate(directory.names.ids)},
        sheets=SheetCache(),
    )
