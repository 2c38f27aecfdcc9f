"""What an answer costs beside the search that it shows. In: sheets. Out: a table on the terminal, JSON, a document.

    python tests/bench/answers.py

In one process, without a network: the engine's own page, then the whole answers to the same queries through the
application, made anew and sent again. They take turns, query by query; the figure of a query is its least.
"""

import argparse
import gc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import thread_time
from typing import Any, Final
from urllib.parse import quote_plus

import corpus
import measure
import report
from flask import Flask
from peers import Metiers
from queries import queries
from report import Figures, Goal, significant, table
from run import CHILD, note, sheets
from werkzeug.test import create_environ

from search.backends import open_engine
from search.query import Query
from search.settings import Settings
from web.app import create_app

ROUNDS: Final = 5
EVERY: Final = 4
"""Of the queries, one in so many is asked."""

ENGINE, PAGE = "the engine's own page", "page"
PATHS: Final = {"API answer": "/api/v1/search?per_page=10&q=", PAGE: "/?per_page=10&q="}
MOST: Final = 2.0


def main() -> None:
    """Read the command line, measure, tell."""
    options = _options()
    paths = options.sources or [sheets()]
    fiches = corpus.real(paths)
    texts = [each.text for each in queries(fiches)][::EVERY]
    with TemporaryDirectory(prefix="bench-") as folder:
        note(f"writing {Metiers.name}")
        measure.in_child(CHILD, "build", Metiers.name, folder, "1", *map(str, paths))
        found = _measured(Path(folder), texts, 1 if options.quick else ROUNDS)
    middle = {name: median(values) for name, values in found.items()}
    ratio = middle[PAGE] / middle[ENGINE]
    reached = [Goal("page beside the engine's own", f"≤ {MOST:g} ×", f"{ratio:.2f} ×", ratio <= MOST)]
    rows = [(name, significant(value), f"{value / middle[ENGINE]:.2f}") for name, value in middle.items()]
    told = table(("answer", "processor ms, p50", "beside the engine's own page"), rows)
    report.tell(
        options, "answers", f"{len(fiches)} sheets, {len(texts)} queries", [told], Figures({"answers": middle}, reached)
    )


def _options() -> argparse.Namespace:
    parser = report.options_over_sheets("What an answer costs beside the search that it shows.", "each once")
    report.add_outputs(parser, "bench-answers.json")
    return parser.parse_args()


def _measured(index: Path, texts: list[str], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each query, by what was asked."""
    settings = Settings(index=index, cache_entries=0)
    engine = open_engine(settings)
    made, kept = create_app(settings, engine), create_app(replace(settings, cache_entries=10 * len(texts)), engine)
    asked: dict[str, Callable[[str], object]] = {ENGINE: lambda text: engine.search(Query(text, per_page=10))}
    for name, path in PATHS.items():
        asked[name] = _asking(made, path, texts, "")
        asked[f"{name}, in Brotli"] = _asking(made, path, texts, "br")
        asked[f"{name}, sent again"] = _asking(kept, path, texts, "")
    for text in texts:
        for ask in asked.values():
            ask(text)
    gc.freeze()
    found: dict[str, list[float]] = {name: [] for name in asked}
    for text in texts:
        turns = [{name: _milliseconds(ask, text) for name, ask in asked.items()} for _ in range(rounds)]
        for name, values in found.items():
            values.append(min(turn[name] for turn in turns))
    engine.close()
    return found


def _asking(app: Flask, path: str, texts: list[str], coding: str) -> Callable[[str], object]:
    headers = {"Accept-Encoding": coding} if coding else {}
    ready: dict[str, dict[str, Any]] = {
        text: create_environ(path + quote_plus(text), headers=headers) for text in texts
    }

    def ask(text: str) -> bytes:
        return b"".join(app.wsgi_app(ready[text].copy(), lambda status, head, error=None: lambda body: None))

    return ask


def _milliseconds(ask: Callable[[str], object], text: str) -> float:
    started = thread_time()
    ask(text)
    return (thread_time() - started) * 1_000


if __name__ == "__main__":
    main()
