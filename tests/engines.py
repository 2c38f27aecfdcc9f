"""The engines that the contract of the port is tested on, and the opened arrays of the embedded one.

In: a folder of the test's own, which names an index. Out: an Engine over it; two engines opened on one
folder share the index, as two processes do. To test another engine, add it here.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from search.cluster.engine import OpenSearchEngine
from search.embedded.engine import EmbeddedEngine
from search.embedded.snapshot import Snapshot, open_snapshot
from search.engine import Engine, Hits, IndexInfo
from search.fiche import Fiche
from search.index import generations
from search.settings import Settings


def opensearch_settings(folder: Path) -> Settings:
    """The settings of an engine on a real node; the folder only names its indices."""
    from opensearch_nodes import shared_node

    alias = "m" + hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    return Settings(
        engine="opensearch",
        opensearch_url=shared_node(),
        opensearch_index=alias,
        opensearch_replicas=0,
        opensearch_timeout=30.0,
    )


def opensearch(folder: Path) -> OpenSearchEngine:
    """An engine on a real node, started when first asked for."""
    return OpenSearchEngine(opensearch_settings(folder))


ENGINES: dict[str, Callable[[Path], Engine]] = {"embedded": EmbeddedEngine, "opensearch": opensearch}
"""By name. An opener may call `pytest.skip` where its engine cannot run."""


def quiet(what: str, done: int, total: int) -> None:
    """Progress that nobody looks at."""


def rebuilt(engine: Engine, fiches: Sequence[Fiche]) -> IndexInfo:
    """The index of an engine made anew of these sheets."""
    return engine.rebuild(fiches, ("made up",), quiet)


def counts_of(found: Hits) -> dict[str, dict[str, int]]:
    """The counts of an answer by facet, then by slug, in display order."""
    return {
        facet: {value.value: count for value, count in zip(counted.values, counted.counts, strict=True)}
        for facet, counted in found.facets.items()
    }


def served_folder(root: Path) -> Path:
    """The folder of the generation that an embedded index serves."""
    return root / generations.current(root)


def opened(root: Path) -> Snapshot:
    """The arrays that an embedded index serves."""
    folder = served_folder(root)
    return open_snapshot(folder, generations.read_manifest(folder).info)
