"""Two checkouts of the project beside each other, in turns: disk, build, opening, answers. Out: a table.

    python tests/bench/turns.py --before ../another-checkout --rounds 5

Each indexes the sheets beside the project and answers the judged queries, ten hits a page, in processes of its own:
the engine's own page, then the whole answers of the API and of the search page, made anew and without a network.
Processor time only, and ratios of figures taken one after the other: other work on the machine slows both alike.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import IO, Any

ROOT = Path(__file__).parent.parent.parent
SHARED = ROOT.parent / "shared"
SOURCES = (str(SHARED / "corpus" / "metiers"), "--ideo-metiers", str(SHARED / "corpus" / "ideo-metiers_onisep.xml"))
QUERIES = SHARED / "relevance" / "queries.tsv"
ONE_QUERY_IN = 9

ANSWERING = """
import gc, json, sys, time
from functools import partial
from pathlib import Path
from urllib.parse import quote_plus
from werkzeug.test import create_environ
sys.path.insert(0, sys.argv[1])
from search.backends import open_engine
from search.query import Query
from search.settings import Settings
from web.app import create_app

texts = json.loads(sys.argv[3])
started = time.process_time()
settings = Settings(index=Path(sys.argv[2]), cache_entries=0)
engine = open_engine(settings)
engine.info()
print(json.dumps(time.process_time() - started), flush=True)
app = create_app(settings, engine)

def answer(environ):
    return b"".join(app.wsgi_app(environ.copy(), lambda status, head, error=None: None))

asked = {"engine's page": [partial(engine.search, Query(text=text, per_page=10)) for text in texts]}
for name, path in (("API answer", "/api/v1/search"), ("search page", "/")):
    asked[name] = [partial(answer, create_environ(f"{path}?per_page=10&q={quote_plus(text)}")) for text in texts]
for calls in asked.values():
    for call in calls:
        call()
gc.freeze()
for _ in sys.stdin:
    taken = {}
    for name, calls in asked.items():
        times = taken[name] = []
        for call in calls:
            started = time.process_time_ns()
            call()
            times.append(time.process_time_ns() - started)
    print(json.dumps(taken), flush=True)
"""


def built(checkout: Path, index: Path) -> float:
    """Index the sheets by the command of a checkout. Returns the processor time, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "web.cli", "index", *SOURCES, "--index", str(index)]
    subprocess.run(command, cwd=checkout, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def told(pipe: IO[str] | None) -> Any:
    assert pipe is not None
    return json.loads(pipe.readline())


def answers(places: dict[str, tuple[Path, Path]], texts: list[str], rounds: int) -> dict[str, dict[str, list[float]]]:
    """The median over the rounds of each query, in milliseconds and increasing, by what was asked and by checkout.

    The checkout that is asked first changes at each round.
    """
    processes = {
        name: subprocess.Popen(
            [sys.executable, "-c", ANSWERING, str(checkout), str(index), json.dumps(texts)],
            cwd=checkout, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for name, (checkout, index) in places.items()
    }  # fmt: skip
    taken: dict[str, list[dict[str, list[int]]]] = {name: [] for name in places}
    for process in processes.values():
        told(process.stdout)
    for number in range(rounds):
        for name in sorted(places, reverse=bool(number % 2)):
            process = processes[name]
            assert process.stdin is not None
            process.stdin.write("again\n")
            process.stdin.flush()
            taken[name].append(told(process.stdout))
    for process in processes.values():
        process.communicate(timeout=20)
    return {
        asked: {
            name: sorted(median(each) / 1e6 for each in zip(*(row[asked] for row in rows), strict=True))
            for name, rows in taken.items()
        }
        for asked in next(iter(taken.values()))[0]
    }


def opening(checkout: Path, index: Path) -> float:
    """The processor time of opening an index, checksums included, in milliseconds."""
    process = subprocess.Popen(
        [sys.executable, "-c", ANSWERING, str(checkout), str(index), "[]"],
        cwd=checkout, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    seconds: float = told(process.stdout)
    process.communicate(timeout=20)
    return seconds * 1000


def size(index: Path) -> float:
    """Megabytes of the files of an index."""
    return sum(path.stat().st_size for path in index.rglob("*") if path.is_file()) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, required=True, help="the other checkout")
    parser.add_argument("--after", type=Path, default=ROOT, help="this one, unless said")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    lines = QUERIES.read_text(encoding="utf-8").splitlines()
    texts = list(dict.fromkeys(line.split("\t")[2] for line in lines))[::ONE_QUERY_IN]
    checkouts = {"before": options.before.resolve(), "after": options.after.resolve()}
    with TemporaryDirectory(prefix="metiers-turns-") as name:
        places = {which: (checkout, Path(name) / which) for which, checkout in checkouts.items()}
        builds: dict[str, list[float]] = {which: [] for which in places}
        for _ in range(max(1, options.rounds // 2)):
            for which, (checkout, index) in places.items():
                builds[which].append(built(checkout, index))
        openings: dict[str, list[float]] = {which: [] for which in places}
        for _ in range(options.rounds):
            for which, (checkout, index) in places.items():
                openings[which].append(opening(checkout, index))
        asked = answers(places, texts, 2 * options.rounds)
        rows = {
            "disk, MB": {which: size(index / (index / "current").read_text().strip())
                         for which, (_, index) in places.items()},
            "build, processor s": {which: median(each) for which, each in builds.items()},
            "opening, processor ms": {which: median(each) for which, each in openings.items()},
        }  # fmt: skip
        for name, times in asked.items():
            for share in (50, 95):
                rows[f"{name}, processor ms, p{share}"] = {
                    which: each[len(each) * share // 100] for which, each in times.items()
                }
    print(f"{time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC, {len(texts)} queries, {options.rounds} rounds\n")
    print("| | before | after | after / before |\n|---|---|---|---|")
    for label, row in rows.items():
        print(f"| {label} | {row['before']:.3g} | {row['after']:.3g} | {row['after'] / row['before']:.2f} |")


if __name__ == "__main__":
    main()
