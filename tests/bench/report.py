"""What a benchmark found, as tables to read and JSON to keep. In: plain values. Out: Markdown and files.

A table is the same in the terminal and in the document, where it replaces what stands between two marks.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import measure

REPORTS: Final = Path(__file__).resolve().parents[2] / "reports"


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure to reach: what, how much was wanted, how much was reached, whether that is enough."""

    what: str
    wanted: str
    reached: str
    met: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """What a benchmark keeps as JSON: its result by name, the goals beside what was reached."""

    result: dict[str, Any]
    reached: Sequence[Goal] = ()


def at_least(what: str, reached: float, wanted: float) -> Goal:
    """A ratio to reach."""
    return Goal(what, f"≥ {wanted:g} ×", f"{reached:.1f} ×", reached >= wanted)


def at_most(what: str, reached: float, wanted: float, unit: str) -> Goal:
    """A cost not to exceed."""
    return Goal(what, f"≤ {wanted:g} {unit}", f"{reached:.3g} {unit}", reached <= wanted)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table, its columns as wide as they need, so that it reads well in a terminal too."""
    cells = [[str(each) for each in row] for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def goals(reached: Iterable[Goal]) -> str:
    """The goals beside what was reached."""
    return table(
        ("goal", "wanted", "reached", ""),
        [(each.what, each.wanted, each.reached, "reached" if each.met else "**missed**") for each in reached],
    )


def ms(summary: dict[str, float]) -> str:
    """p50 / p95 / p99."""
    return " / ".join(significant(value) for value in summary.values())


def significant(value: float) -> str:
    """Three figures, no exponent."""
    if value >= 100:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 1 else f"{value:.3f}"


def heading(command: str, extent: str) -> str:
    """Which command made the figures, on what, when, how busy it was."""
    machine = measure.machine()
    versions = ", ".join(f"{name} {value}" for name, value in machine.items() if name not in _HARDWARE)
    return (
        f"`{command}`, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {extent}. "
        f"{machine['cores']} cores of {machine['processor']}, {machine['system']}, "
        f"load average {measure.load_average()} at the end. {versions}."
    )


_HARDWARE = ("processor", "cores", "system")


def options_over_sheets(description: str, quick: str) -> argparse.ArgumentParser:
    """The options of a benchmark over sheets: which, and `--quick`, with what it leaves of the run."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("sources", nargs="*", type=Path, help="sheets [../shared/corpus/metiers, else seeds]")
    parser.add_argument("--quick", action="store_true", help=f"{quick}: to see that it works")
    return parser


def add_outputs(parser: argparse.ArgumentParser, kept: str = "") -> None:
    """The options of a benchmark that say where its figures go; `kept` names the JSON, if there is any."""
    if kept:
        parser.add_argument("--json", type=Path, default=REPORTS / kept, help="where to keep the figures [%(default)s]")
    parser.add_argument("--write", type=Path, metavar="FILE", help="a document whose marked section to replace")


def command() -> str:
    """The command that runs, but for the document that it writes into."""
    return " ".join(("python", f"tests/bench/{Path(sys.argv[0]).name}", *sys.argv[1:])).split(" --write")[0]


def tell(options: argparse.Namespace, section: str, extent: str, parts: Iterable[str], figures: Figures | None) -> None:
    """Print what was found, keep its figures, and write it into the section of the document that was asked for."""
    reached = [goals(figures.reached)] if figures and figures.reached else []
    text = "\n\n".join((heading(command(), extent), *parts, *reached))
    print(text)
    if figures:
        keep(options.json, figures)
    if options.write:
        write_section(options.write, section, text)


def keep(path: Path, figures: Figures) -> None:
    """Write everything as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": measure.machine(),
        "goals": [asdict(goal) for goal in figures.reached],
        **figures.result,
    }
    path.write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def write_section(path: Path, name: str, text: str) -> None:
    """Replace what stands between <!-- name --> and <!-- /name --> in a document. Raises ValueError without them."""
    pattern = re.compile(rf"(?<=<!-- {name} -->\n).*?(?=<!-- /{name} -->)", re.DOTALL)
    document = path.read_text(encoding="utf-8")
    if not pattern.search(document):
        raise ValueError(f"{path}: no lines <!-- {name} --> and <!-- /{name} --> to write between")
    path.write_text(pattern.sub(lambda _: f"\n{text}\n\n", document), encoding="utf-8")
