"""One step in a process of its own, so that its memory is nobody else's. Prints JSON.

child.py build ENGINE FOLDER TIMES SOURCE…    write an index of the sheets, recombined if TIMES is above 1
child.py open ENGINE FOLDER                   open it and answer a first query
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import corpus
import measure
from peers import ENGINES, PAGE
from queries import Asked

from search.fiche import Fiche


def build(name: str, folder: Path, times: int, paths: Sequence[Path]) -> dict[str, float]:
    """Seconds and megabytes of writing an index; reading the sheets, or making them up, is not counted."""
    fiches = corpus.real(paths)
    made: Sequence[Fiche] = corpus.Recombined(fiches, times) if times > 1 else fiches
    before = measure.resident_mb()
    with measure.timed() as taken:
        ENGINES[name].build(folder, made)
    making = made.seconds if isinstance(made, corpus.Recombined) else 0.0
    return {
        "sheets": len(made),
        "cpu_s": taken.cpu / 1e3 + measure.children_cpu_s() - making,
        "wall_s": taken.wall / 1e3 - making,
        "making_s": making,
        "memory_before_mb": before,
        "peak_mb": measure.peak_mb(),
        "disk_mb": measure.disk_mb(folder),
    }


def open_and_ask(name: str, folder: Path) -> dict[str, float]:
    """Milliseconds from nothing opened to ready, and of the first page; the memory held then."""
    before = measure.resident_mb()
    with measure.timed() as opening:
        searcher = ENGINES[name].searcher(folder, True)
    asked = Asked("2 words", ("conducteur", "travaux"))
    first = measure.measure(lambda: searcher.ask(asked, PAGE))
    return {
        "ready_ms": opening.wall,
        "ready_cpu_ms": opening.cpu,
        "first_page_ms": first.wall,
        "memory_before_mb": before,
        "memory_mb": measure.resident_mb(),
    }


if __name__ == "__main__":
    task, engine, place, *rest = sys.argv[1:]
    if task == "build":
        result = build(engine, Path(place), int(rest[0]), [Path(each) for each in rest[1:]])
    else:
        result = open_and_ask(engine, Path(place))
    print(json.dumps(result))
