"""Speed of the whole service over HTTP. In: sheets. Out: tables on the terminal, JSON, a document.

    python tests/bench/load.py

The real `metiers serve`, with and without its cache, then a Flask over stock Whoosh (`stock_app.py`), each in turns
with a bare answer of Flask (`bare_app.py`) on the same server: their ratio travels from machine to machine. The load
generator runs on the same machine, on the loopback alone: wrk where it is installed, else `loader.py`.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any, Final
from urllib.parse import quote_plus

import corpus
import measure
import report
from peers import Metiers, Whoosh
from queries import Asked, queries
from report import Figures, Goal, at_least, significant, table
from run import CHILD, ROOT, note, sheets

HOST: Final = "127.0.0.1"
CONNECTIONS: Final = (1, 8, 64)
WORKERS: Final = 2
TURNS: Final = 3
"""How often an endpoint and the bare answer are asked in turns; the figures are medians."""

WARM_UP: Final = 4
"""Seconds of load before the first measure, over many connections, so that every process has met every query."""

MOST_WARM_UPS: Final = 8
RISING: Final = 1.1
"""As long as a warm-up is that much faster than the one before, answers are still being made that will be kept."""

LUA: Final = """
local plan, place = {}, 0
function init()
  for _, each in ipairs(%s) do
    plan[#plan + 1] = wrk.format("GET", each[1], each[2] ~= "" and {["If-None-Match"] = each[2]} or nil)
  end
end
function request()
  place = place %% #plan + 1
  return plan[place]
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('\\n{"rate": %%f, "p50_ms": %%f, "p99_ms": %%f, "errors": %%d}\\n',
    summary.requests / summary.duration * 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What is asked of which server. `known`: with the tag of the answer that one already has, for a 304."""

    name: str
    path: str
    known: bool = False


@dataclass(frozen=True, slots=True)
class Service:
    """A server to start (the port comes last), and what to ask it."""

    command: tuple[str, ...]
    environment: dict[str, str]
    endpoints: tuple[Endpoint, ...]


API_MADE, API_KEPT, API_KNOWN = "API, no cache", "API, cache", "API, 304"
PAGE_MADE, PAGE_KEPT, STOCK = "page, no cache", "page, cache", "stock Whoosh app"
BARE: Final = Endpoint("bare Flask", "/?q=")


def main() -> None:
    """Read the command line, measure, tell."""
    options = _options()
    paths = options.sources or [sheets()]
    fiches = corpus.real(paths)
    asked = queries(fiches)
    with TemporaryDirectory(prefix="bench-") as folder:
        result = _measured(Path(folder), paths, asked, options.seconds, options.connections)
    extent = f"{len(fiches)} sheets, {len(asked)} queries in turn, {options.seconds:g} s each"
    how = f"Load generator: {_generator()}, on the same cores; {WORKERS} server processes of 2 threads.\n{_IN_TURNS}"
    report.tell(options, "http", extent, (how, _table(result)), Figures({"http": result}, _goals(result)))


_IN_TURNS: Final = (
    f"Each endpoint is asked in {TURNS} turns with a bare answer of Flask on the same server. Rates and times\n"
    "are medians, the ratio is that of the two rates in one turn."
)


def _options() -> argparse.Namespace:
    parser = report.options_over_sheets(
        "Speed of the whole service over HTTP, on the loopback.", "a moment each, 8 connections"
    )
    parser.add_argument("--seconds", type=float, default=8, help="how long each measure lasts [8]")
    report.add_outputs(parser, "bench-http.json")
    options = parser.parse_args()
    options.connections = (8,) if options.quick else CONNECTIONS
    if options.quick:
        options.seconds = 0.3
    return options


def _measured(
    folder: Path, paths: Sequence[Path], asked: Sequence[Asked], seconds: float, connections: Sequence[int]
) -> dict[str, dict[str, Any]]:
    """Figures by endpoint, then by number of connections."""
    for name in (Metiers.name, Whoosh.name):
        note(f"writing {name}")
        measure.in_child(CHILD, "build", name, str(folder / name), "1", *map(str, paths))
    found: dict[str, dict[str, Any]] = {}
    bare_port = free_port()
    with started(_bare(), bare_port):
        bare = Asker(bare_port, [(BARE.path, "")], folder)
        for service in _services(folder):
            port = free_port()
            with started(service, port):
                for endpoint in service.endpoints:
                    note(f"asking {endpoint.name}")
                    asker = Asker(port, _plan(port, endpoint, asked), folder)
                    asker.warm_up(min(WARM_UP, seconds))
                    found[endpoint.name] = {
                        str(number): _in_turns(bare, asker, seconds, number) for number in connections
                    }
    return found


def _plan(port: int, endpoint: Endpoint, asked: Sequence[Asked]) -> "Plan":
    written = Whoosh.written if endpoint.name == STOCK else lambda each: each.text
    paths = [endpoint.path + quote_plus(written(each)) for each in asked]
    return [(path, _tag(port, path) if endpoint.known else "") for path in paths]


def _in_turns(bare: "Asker", asker: "Asker", seconds: float, connections: int) -> dict[str, float]:
    """The figures of an endpoint, with the rate of the bare answer: `seconds` each, shared out over the turns."""
    turns = []
    for _ in range(TURNS):
        beside, own = (each.ask(seconds / TURNS, connections) for each in (bare, asker))
        turns.append(own | {"bare_rate": beside["rate"], "of_bare": own["rate"] / beside["rate"]})
    middle = {name: median(each[name] for each in turns) for name in turns[0]}
    return middle | {"errors": sum(each["errors"] for each in turns)}


def _bare() -> Service:
    script = Path(__file__).with_name("bare_app.py")
    return Service((sys.executable, str(script), str(WORKERS)), {}, (BARE,))


def _services(folder: Path) -> Iterator[Service]:
    ours = (sys.executable, "-m", "web.cli", "serve", "--index", str(folder / Metiers.name), "--workers", str(WORKERS))
    api, page = "/api/v1/search?per_page=10&q=", "/?per_page=10&q="
    yield Service(
        (*ours, "--port"), {"METIERS_CACHE_ENTRIES": "0"}, (Endpoint(API_MADE, api), Endpoint(PAGE_MADE, page))
    )
    kept = (Endpoint(API_KEPT, api), Endpoint(API_KNOWN, api, known=True), Endpoint(PAGE_KEPT, page))
    yield Service((*ours, "--port"), {"METIERS_CACHE_ENTRIES": "4096"}, kept)
    stock = (sys.executable, str(Path(__file__).with_name("stock_app.py")), str(folder / Whoosh.name), str(WORKERS))
    yield Service(stock, {}, (Endpoint(STOCK, "/search?q="),))


@contextmanager
def started(service: Service, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """A server that answers, ended afterwards."""
    search_path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    process = subprocess.Popen(
        [*service.command, str(port)],
        env={**os.environ, "PYTHONPATH": search_path, **service.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(process, port, service.endpoints[0].path + "boulanger")
        yield process
    finally:
        process.terminate()
        process.wait(30)


def _wait(process: "subprocess.Popen[bytes]", port: int, path: str) -> None:
    limit = monotonic() + 60
    while monotonic() < limit and process.poll() is None:
        try:
            _tag(port, path)
        except (OSError, HTTPException):
            sleep(0.1)
        else:
            return
    raise SystemExit(f"{' '.join(process.args)} does not answer at {path}")  # type: ignore[arg-type]


def _tag(port: int, path: str) -> str:
    """The ETag of an address. Raises OSError where nobody answers well."""
    connection = HTTPConnection(HOST, port, timeout=20)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise OSError(f"{path}: {answer.status}")
    return answer.getheader("ETag") or ""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


# --- generators of load -------------------------------------------------------------------------------


Plan = Sequence[tuple[str, str]]
"""Addresses, each with the tag of the answer that one already has, or ""."""


@dataclass(frozen=True, slots=True)
class Asker:
    """What is asked of the server on a port. `folder` is for what the load generator reads."""

    port: int
    plan: Plan
    folder: Path

    def ask(self, seconds: float, connections: int) -> dict[str, float]:
        """Requests a second, milliseconds of an answer, failures."""
        load = _wrk if shutil.which("wrk") else _own
        return load(self.port, self.plan, seconds, connections, self.folder)

    def warm_up(self, seconds: float) -> None:
        """Ask until it becomes no faster."""
        rate = 0.0
        for _ in range(MOST_WARM_UPS):
            before, rate = rate, self.ask(seconds, 16)["rate"]
            if rate < before * RISING:
                return


def _generator() -> str:
    return "wrk, one thread" if shutil.which("wrk") else "tests/bench/loader.py"


def _wrk(port: int, plan: Plan, seconds: float, connections: int, folder: Path) -> dict[str, float]:
    script = folder / "plan.lua"
    rows = ",".join(f"{{{json.dumps(path)}, {json.dumps(tag)}}}" for path, tag in plan)
    script.write_text(LUA % f"{{{rows}}}")
    words = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "20s", "-s", str(script)]
    return _told([*words, f"http://{HOST}:{port}"], "", seconds)


def _own(port: int, plan: Plan, seconds: float, connections: int, folder: Path) -> dict[str, float]:
    def request(path: str, tag: str) -> str:
        condition = f"If-None-Match: {tag}\r\n" if tag else ""
        return f"GET {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\n{condition}\r\n"

    asked = {
        "host": HOST,
        "port": port,
        "requests": [request(*each) for each in plan],
        "connections": connections,
        "seconds": seconds,
    }
    return _told([sys.executable, str(Path(__file__).with_name("loader.py"))], json.dumps(asked), seconds)


def _told(words: Sequence[str], given: str, seconds: float) -> dict[str, float]:
    """The JSON in the last line of what a program prints."""
    done = subprocess.run(words, input=given.encode(), stdout=subprocess.PIPE, check=True, timeout=seconds + 60)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


# --- goals and text -----------------------------------------------------------------------------------


def _goals(result: dict[str, dict[str, Any]]) -> list[Goal]:
    def ratio(name: str, wanted: float) -> Goal:
        reached = result[name]["8"]["of_bare"]
        return Goal(f"{name}, beside {BARE.name}", f"≥ {_share(wanted)} ×", f"{_share(reached)} ×", reached >= wanted)

    def slowest(name: str, wanted: float) -> Goal:
        reached = result[name]["8"]["p99_ms"]
        return Goal(f"{name}, p99", f"≤ {wanted:g} ms", f"{reached:.1f} ms", reached <= wanted)

    return [
        ratio(PAGE_MADE, 0.08),
        ratio(API_MADE, 0.12),
        ratio(PAGE_KEPT, 0.7),
        ratio(API_KEPT, 0.7),
        ratio(API_KNOWN, 0.9),
        slowest(API_MADE, 25),
        slowest(PAGE_MADE, 40),
        at_least(f"{API_MADE}, beside the {STOCK}", result[API_MADE]["8"]["rate"] / result[STOCK]["8"]["rate"], 60),
        Goal("failed requests of ours", "0", str(_errors(result)), not _errors(result)),
    ]


def _share(ratio: float) -> str:
    return f"{ratio:.3f}".lstrip("0")


def _errors(result: dict[str, dict[str, Any]]) -> int:
    ours = (by_number for name, by_number in result.items() if name != STOCK)
    return int(sum(each["errors"] for by_number in ours for each in by_number.values()))


def _table(result: dict[str, dict[str, Any]]) -> str:
    return table(
        ("asked", "connections", "requests/s", f"{BARE.name}/s", "ratio", "p50 ms", "p99 ms", "failed"),
        [
            (
                name,
                number,
                *map(significant, (each["rate"], each["bare_rate"])),
                _share(each["of_bare"]),
                *map(significant, (each["p50_ms"], each["p99_ms"])),
                f"{each['errors']:g}",
            )
            for name, by_number in result.items()
            for number, each in by_number.items()
        ],
    )


if __name__ == "__main__":
    main()
