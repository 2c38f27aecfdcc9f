"""Speed beside other engines. In: sheets, queries drawn from them. Out: tables on the terminal, JSON, a document.

    python tests/bench/run.py                      ours, Whoosh, tantivy-py, FTS5, OpenSearch over the sheets
    python tests/bench/run.py --scale 10           ours and tantivy-py over ten times as many, and ours over the sheets

Everything is written and opened by processes of their own (`child.py`), then the engines answer in this one, query
by query in turns (`rounds.py`). What is measured is said in docs/performance.md.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import corpus
import measure
import report
import rounds
import stock_opensearch
from peers import ENGINES, FACETED, HITS, LEVELS, PAGE, Metiers, Searcher, Tantivy, Whoosh
from queries import COUNTS, Asked, completions, queries
from report import Goal, at_least, at_most, ms, significant, table

ROOT: Final = Path(__file__).resolve().parents[2]
CHILD: Final = Path(__file__).with_name("child.py")
ORIGINAL: Final = f"{Metiers.name}, the sheets as they are"
SHORT: Final = 40
"""Queries, and completions, of a quick run."""


def main() -> None:
    """Read the command line, measure, tell."""
    options = _options()
    paths = options.sources or [sheets()]
    with TemporaryDirectory(prefix="bench-") as folder:
        bench = Bench(Path(folder), paths, options.rounds, SHORT if options.quick else 10_000)
        name = "engines" if options.scale == 1 else f"scale-{options.scale}"
        result, reached = bench.engines() if options.scale == 1 else bench.scaled(options.scale)
        if options.scale == 1 and (options.node or not options.quick):
            result |= bench.beside_opensearch(options.node)
    tell = engines_text if options.scale == 1 else scaled_text
    options.json = options.json or report.REPORTS / f"bench-{name}.json"
    report.tell(options, name, bench.extent, tell(result), report.Figures(result, reached))


def _options() -> argparse.Namespace:
    parser = report.options_over_sheets("Speed beside other engines, in one run.", f"{SHORT} queries, one round")
    parser.add_argument("--scale", type=int, default=1, metavar="N", help="N times as many sheets, recombined")
    parser.add_argument("--rounds", type=int, default=5, help="measures of each query, after a first one [5]")
    parser.add_argument("--node", default="", metavar="URL",
                        help="OpenSearch that runs [one node, if Java is there; none in a quick run]")  # fmt: skip
    parser.add_argument("--json", type=Path, help="where to keep the figures [reports/bench-….json]")
    parser.add_argument("--write", type=Path, metavar="FILE", help="a document whose marked section to replace")
    options = parser.parse_args()
    if options.quick:
        options.rounds = 1
    return options


def sheets() -> Path:
    """The whole corpus where it lies beside the project, else the seeds."""
    whole = ROOT.parent / "shared" / "corpus" / "metiers"
    return whole if whole.is_dir() else ROOT / "seeds"


def note(text: str) -> None:
    """Say on standard error what is being done."""
    print(f"… {text} (load average {measure.load_average()})", file=sys.stderr, flush=True)


class Bench:
    """A run: where indexes are written, over which sheets, how often each query is measured."""

    def __init__(self, folder: Path, paths: Sequence[Path], rounds: int, most: int) -> None:
        self.folder = folder
        self.paths = paths
        self.rounds = rounds
        note("drawing queries")
        fiches = self.fiches = corpus.real(paths)
        self.queries = _spread(queries(fiches), most)
        self.typed = completions(fiches)[:most]
        self.extent = f"{len(fiches)} sheets, {len(self.queries)} queries × {rounds} rounds"

    def engines(self) -> tuple[dict[str, Any], list[Goal]]:
        """All engines over the sheets as they are, wanting any word of a query, then all."""
        built = {name: self._build(name, name, 1) for name in ENGINES}
        opened = {name: self._open(name, name) for name in ENGINES}
        asked = {}
        for setting, any_word in (("any word", True), ("all words", False)):
            searchers = {name: engine.searcher(self.folder / name, any_word) for name, engine in ENGINES.items()}
            note(f"asking, {setting} wanted")
            asked[setting] = self._ask(searchers, LEVELS)
        note("completing")
        completed = rounds.completions(searchers, self.typed, self.rounds)
        result = {
            "build": built,
            "open": opened,
            "queries": asked,
            "completion": {name: each.summary("cpu") for name, each in completed.items()},
        }
        return result, _engine_goals(result)

    def scaled(self, times: int) -> tuple[dict[str, Any], list[Goal]]:
        """Ours and tantivy over recombined sheets, and ours over those as they are."""
        parts = {ORIGINAL: (Metiers.name, 1), Metiers.name: (Metiers.name, times), Tantivy.name: (Tantivy.name, times)}
        built = {place: self._build(engine, place, scale) for place, (engine, scale) in parts.items()}
        opened = {place: self._open(engine, place) for place, (engine, _) in parts.items()}
        searchers = {place: ENGINES[engine].searcher(self.folder / place, True) for place, (engine, _) in parts.items()}
        note("asking")
        result = {
            "build": built,
            "open": opened,
            "queries": {"any word": self._ask(searchers, LEVELS)},
            "times": times,
        }
        return result, _scale_goals(result, times)

    def beside_opensearch(self, url: str) -> dict[str, Any]:
        """Ours and OpenSearch's stock page in turns, by the clock; {} if no node can start."""
        with ExitStack() as stack:
            settings = stack.enter_context(stock_opensearch.node(url))
            if settings is None:
                return {}
            note("writing and asking OpenSearch")
            ours = ENGINES[Metiers.name].searcher(self.folder / Metiers.name, True)
            theirs = stack.enter_context(stock_opensearch.peer(settings, self.fiches))
            samples = rounds.pages({Metiers.name: ours, theirs.name: theirs}, self.queries, LEVELS, self.rounds)
        names = (Metiers.name, theirs.name)
        return {"clock": {name: {level: samples[name, level].summary("wall") for level in LEVELS} for name in names}}

    def _build(self, engine: str, place: str, times: int) -> dict[str, Any]:
        note(f"writing {place}")
        paths = [str(path) for path in self.paths]
        return measure.in_child(CHILD, "build", engine, str(self.folder / place), str(times), *paths)

    def _open(self, engine: str, place: str) -> dict[str, Any]:
        return measure.in_child(CHILD, "open", engine, str(self.folder / place))

    def _ask(self, searchers: dict[str, Searcher], levels: Sequence[str]) -> dict[str, Any]:
        samples = rounds.pages(searchers, self.queries, levels, self.rounds)
        kinds = sorted({asked.kind for asked in self.queries}, key=list(COUNTS).index)
        return {
            name: {
                "cpu_ms": {level: samples[name, level].summary("cpu") for level in levels},
                "wall_ms": {level: samples[name, level].summary("wall") for level in levels},
                "first_cpu_ms": samples[name, levels[0]].first_time("cpu"),
                "page_cpu_ms_by_kind": {kind: samples[name, PAGE].summary("cpu", kind) for kind in kinds},
                "page_holds": rounds.yields(searcher, self.queries),
            }
            for name, searcher in searchers.items()
        }


def _spread(asked: Sequence[Asked], most: int) -> Sequence[Asked]:
    """At most so many queries, of all kinds."""
    return [asked[place * len(asked) // most] for place in range(most)] if len(asked) > most else asked


# --- goals --------------------------------------------------------------------------------------------


def _engine_goals(result: dict[str, Any]) -> list[Goal]:
    asked, built = result["queries"]["any word"], result["build"]

    def ratio(peer: str, level: str, share: str) -> float:
        theirs: float = asked[peer]["cpu_ms"][level][share]
        ours: float = asked[Metiers.name]["cpu_ms"][level][share]
        return theirs / ours

    completion = {name: each["p95"] for name, each in result["completion"].items()}
    return [
        at_least("full page p50, beside Whoosh", ratio("Whoosh", PAGE, "p50"), 60),
        at_least("full page p50, beside tantivy-py", ratio("tantivy-py", PAGE, "p50"), 8),
        at_least("full page p50, beside SQLite FTS5", ratio("SQLite FTS5", PAGE, "p50"), 4),
        at_least("full page p95, beside Whoosh", ratio("Whoosh", PAGE, "p95"), 80),
        at_least("full page p95, beside tantivy-py", ratio("tantivy-py", PAGE, "p95"), 6),
        at_least("hits + facets p50, beside tantivy-py", ratio("tantivy-py", FACETED, "p50"), 8),
        at_least(
            "completion p95, beside tantivy-py's prefix query", completion[Tantivy.name] / completion[Metiers.name], 10
        ),
        *(
            at_most(f"build, {clock}, beside Whoosh writing the same text",
                    built[Metiers.name][key] / built[Whoosh.name][key], 1.2, "×")
            for clock, key in (("CPU", "cpu_s"), ("by the clock", "wall_s"))
        ),
        at_most("build, by the clock", built[Metiers.name]["wall_s"], 15, "s"),
        at_most("open to ready", result["open"][Metiers.name]["ready_ms"] / 1e3, 0.4, "s"),
    ]  # fmt: skip


def _scale_goals(result: dict[str, Any], times: int) -> list[Goal]:
    asked, built = result["queries"]["any word"], result["build"]
    page = {name: each["cpu_ms"][PAGE]["p50"] for name, each in asked.items()}
    ours, original = built[Metiers.name], built[ORIGINAL]
    goals = [
        at_most("full page p50, beside our own over the sheets as they are", page[Metiers.name] / page[ORIGINAL],
                1.5 if times <= 10 else 4, "×"),
        at_least("full page p50, beside tantivy-py", page[Tantivy.name] / page[Metiers.name], 1),
        at_most("build, CPU, beside that of the sheets as they are", ours["cpu_s"] / original["cpu_s"],
                round(1.1 * times), "×"),
    ]  # fmt: skip
    if times >= 100:
        goals.append(at_most("build, memory", ours["peak_mb"] / 1000, 2, "GB"))
    return goals


# --- text ---------------------------------------------------------------------------------------------


def engines_text(result: dict[str, Any]) -> Iterable[str]:
    """The tables of a run over the sheets as they are."""
    asked = result["queries"]
    yield from _query_tables(asked["any word"])
    yield "The same with all words of a query wanted (AND), where the peer can be told so:"
    yield _levels_table(asked["all words"])
    yield "Full page by kind of query, p50, milliseconds of CPU:"
    kinds = list(asked["any word"][Metiers.name]["page_cpu_ms_by_kind"])
    yield table(
        ("engine", *kinds),
        [
            (name, *(significant(each["page_cpu_ms_by_kind"][kind]["p50"]) for kind in kinds))
            for name, each in asked["any word"].items()
        ],
    )
    yield "How many times as long as ours, p50 / p95 / p99 of the CPU:"
    yield _ratios_table(asked["any word"], Metiers.name)
    yield "Completion of a title being typed, eight suggestions, milliseconds of CPU p50 / p95 / p99:"
    yield table(("engine", "completion"), [(name, ms(each)) for name, each in result["completion"].items()])
    yield from _build_tables(result)
    if "clock" in result:
        yield "Beside a stock OpenSearch index on a node, milliseconds by the clock p50 / p95 / p99, in turns:"
        yield table(
            ("engine", "ten hits", "+ facets", "+ snippets: full page"),
            [(name, *(ms(each[level]) for level in LEVELS)) for name, each in result["clock"].items()],
        )


def scaled_text(result: dict[str, Any]) -> Iterable[str]:
    """The tables of a run over recombined sheets."""
    asked = result["queries"]["any word"]
    yield from _query_tables(asked)
    yield "How many times as long as ours, p50 / p95 / p99 of the CPU:"
    yield _ratios_table(asked, Metiers.name)
    yield from _build_tables(result)


def _query_tables(asked: dict[str, Any]) -> Iterable[str]:
    yield "Milliseconds of CPU, p50 / p95 / p99, any word of a query wanted (OR):"
    yield _levels_table(asked)
    yield "By the clock, the first time that each query is asked (CPU), and what a page holds on average:"
    yield table(
        ("engine", "full page, clock", "first time, hits", "hits", "snippets", "empty pages"),
        [
            (name, ms(each["wall_ms"][PAGE]), ms(each["first_cpu_ms"]), *each["page_holds"].values())
            for name, each in asked.items()
        ],
    )


def _levels_table(asked: dict[str, Any]) -> str:
    return table(
        ("engine", "ten hits", "+ facets", "+ snippets: full page"),
        [(name, *(ms(each["cpu_ms"][level]) for level in LEVELS)) for name, each in asked.items()],
    )


def _ratios_table(asked: dict[str, Any], ours: str) -> str:
    def ratio(name: str, level: str) -> str:
        theirs, own = asked[name]["cpu_ms"][level], asked[ours]["cpu_ms"][level]
        return " / ".join(f"{theirs[share] / own[share]:.1f}" for share in theirs)

    return table(
        ("engine", "ten hits", "+ facets", "+ snippets: full page"),
        [(name, *(ratio(name, level) for level in (HITS, FACETED, PAGE))) for name in asked if name != ours],
    )


def _build_tables(result: dict[str, Any]) -> Iterable[str]:
    yield "Writing, in a process of its own (memory: the most held, the sheets read before included), and opening:"
    yield table(
        ("engine", "sheets", "CPU s", "clock s", "memory MB", "disk MB", "ready ms", "first page ms", "memory open MB"),
        [
            (
                name, each["sheets"], significant(each["cpu_s"]), significant(each["wall_s"]), f"{each['peak_mb']:.0f}",
                significant(each["disk_mb"]), significant(opened["ready_ms"]), significant(opened["first_page_ms"]),
                f"{opened['memory_mb'] - opened['memory_before_mb']:.0f}",
            )
            for (name, each), opened in zip(result["build"].items(), result["open"].values(), strict=True)
        ],
    )  # fmt: skip


if __name__ == "__main__":
    main()
