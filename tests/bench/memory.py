"""Memory of a served worker after many different searches. In: sheets. Out: a table on the terminal, JSON, a document.

    python tests/bench/memory.py

The real `metiers serve` with one worker and its settings as they come, asked in turn for pages and API answers that no
one asked before, packed and not. Memory is what the worker has written: the arrays of the index, mapped from the disk,
are shared by all workers.
"""

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep
from typing import Final
from urllib.parse import quote_plus

import corpus
import load
import measure
import report
from peers import Metiers
from queries import queries
from report import Figures, at_most, significant, table
from run import CHILD, note, sheets

SEARCHES: Final = (100, 1_000, 5_000, 10_000, 20_000)
CONNECTIONS: Final = 4
WORDS: Final = (1, 2, 3)
MOST_MB: Final = 300
"""What docs/operations.md counts for a worker, kept answers (64 MB) included."""

CODINGS: Final = ("", "gzip", "br")


def main() -> None:
    """Read the command line, measure, tell."""
    options = _options()
    paths = options.sources or [sheets()]
    steps = SEARCHES[:1] if options.quick else SEARCHES
    fiches = corpus.real(paths)
    words = sorted({word for each in queries(fiches) for word in each.text.split()})
    with TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        note(f"writing {Metiers.name}")
        measure.in_child(CHILD, "build", Metiers.name, str(folder / Metiers.name), "1", *map(str, paths))
        found = _measured(folder / Metiers.name, words, steps)
    reached = [at_most(f"a worker after {steps[-1]:,} different searches", found[steps[-1]], MOST_MB, "MB")]
    told = table(
        ("different searches", "memory of the worker, MB"),
        [(f"{number:,}".replace(",", " "), significant(size)) for number, size in found.items()],
    )
    report.tell(options, "memory", f"{len(fiches)} sheets, one worker", [told], Figures({"memory": found}, reached))


def _options() -> argparse.Namespace:
    parser = report.options_over_sheets(
        "Memory of a served worker after many different searches.", "a hundred searches"
    )
    report.add_outputs(parser, "bench-memory.json")
    return parser.parse_args()


def _measured(index: Path, words: Sequence[str], steps: Sequence[int]) -> dict[int, float]:
    """Megabytes by the number of searches asked; 0 for a worker that has just opened its index."""
    command = (sys.executable, "-m", "web.cli", "serve", "--index", str(index), "--workers", "1", "--port")
    service = load.Service(command, {}, (load.Endpoint("page", "/?q="),))
    asked, found = _addresses(words), {}
    port = load.free_port()
    with load.started(service, port) as process, ThreadPoolExecutor(CONNECTIONS) as threads:
        found[0] = _memory(process.pid)
        done = 0
        for number in steps:
            note(f"{number} searches")
            share = [list(islice(asked, (number - done) // CONNECTIONS)) for _ in range(CONNECTIONS)]
            list(threads.map(lambda paths: _ask(port, paths), share))
            done = number
            sleep(0.5)
            found[number] = _memory(process.pid)
    return found


def _addresses(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(address, packing) of searches, no two alike; the same ones every time."""
    chance, known = random.Random(20), set()
    while True:
        text = " ".join(chance.choices(words, k=chance.choice(WORDS)))
        if text not in known:
            known.add(text)
            path = "/api/v1/search?q=" if len(known) % 2 else "/?q="
            yield path + quote_plus(text), CODINGS[len(known) % len(CODINGS)]


def _ask(port: int, paths: Sequence[tuple[str, str]]) -> None:
    connection = HTTPConnection(load.HOST, port, timeout=60)
    for path, coding in paths:
        connection.request("GET", path, headers={"Accept-Encoding": coding} if coding else {})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status}")
    connection.close()


def _memory(main: int) -> float:
    """Megabytes written by the children of a process: by its workers."""
    size = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            lines = (folder / "smaps_rollup").read_text().splitlines() if parent == main else []
        except OSError:
            continue
        size += sum(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty"))
    return size / 1_000


if __name__ == "__main__":
    main()
