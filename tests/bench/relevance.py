"""How relevant the answers are, and what each idea brings. In: sheets, judged queries. Out: tables, JSON, a document.

    python tests/bench/relevance.py --write docs/relevance.md

Ideas that weigh at search time are taken away over one index; the others have an index of their own. An idea is
taken away by putting in its place, for the time of a run, what there would be without it.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from unittest.mock import patch

import measure as machine
import numpy as np
import report

from search import evaluation
from search.embedded import engine as embedded_engine
from search.embedded.engine import EmbeddedEngine
from search.evaluation import GOAL_SCORE, GOALS, Evaluation
from search.fiche import Fiche
from search.french import equivalents, spelling, understanding
from search.french.equivalents import EquivalentTable
from search.french.vocabulary import Vocabulary
from search.index import columns
from search.ranking import WEIGHTS, contributions
from search.sources import files, ideo

ROOT: Final = Path(__file__).resolve().parents[2]
SHARED: Final = ROOT.parent / "shared"
WORTH_TELLING: Final = 0.005
MOST_TOLD: Final = 5


@dataclass(frozen=True, slots=True)
class Idea:
    """An idea, and what stands in its place where it is taken away: (holder, name, value) each.

    `indexed` says that it changes the index.
    """

    name: str
    instead: tuple[tuple[Any, str, Any], ...]
    indexed: bool = False


def _weights(**changes: float) -> tuple[tuple[Any, str, Any], ...]:
    return ((embedded_engine, "WEIGHTS", replace(WEIGHTS, **changes)),)  # type: ignore[arg-type]


def _saturated(counts: Any, lengths: Any, means: Any, weights: Any, b: Any) -> Any:
    """Each field saturated by itself, then weighed."""
    frequency = contributions(counts, lengths, means, np.ones_like(weights), b)
    return weights * (WEIGHTS.k1 + 1.0) * frequency / (WEIGHTS.k1 + frequency)


IDEAS: Final = (
    Idea("title likeness", _weights(title=0.0)),
    Idea("diploma, interest and domain likeness", _weights(mark=0.0)),
    Idea("broader stems (families)", _weights(family=0.0, family_cover=0.0)),
    Idea("the exact accented form", _weights(form=0.0)),
    Idea("sheets that share a ROME code", _weights(kin=0.0)),
    Idea("the gate (any word suffices)", _weights(strict=0.0, gate=0.0)),
    Idea("the stricter gate where many sheets pass", _weights(strict=WEIGHTS.gate)),
    Idea("stop words counted less by the gate", _weights(stop=1.0)),
    Idea("typing errors", ((spelling, "near", lambda *of, **rest: ()),)),
    Idea("corrections that go with the other words", ((Vocabulary, "fit", lambda *of: 0.0),)),
    Idea("the last word as a beginning", ((Vocabulary, "completions", lambda *of: ()),)),
    Idea("glued articles", ((understanding, "GLUED_ARTICLE", understanding.re.compile("(?!)")),)),
    Idea(
        "short and long forms, joined words, in queries",
        ((understanding, "_shorts", lambda typed, _: [()] * len(typed)),),
    ),
    Idea("short and long forms altogether", ((equivalents, "mine", lambda _: EquivalentTable(())),), indexed=True),
    Idea("field weights", ((columns, "FIELD_WEIGHTS", np.ones_like(columns.FIELD_WEIGHTS)),), indexed=True),
    Idea("lengths of fields", ((columns, "FIELD_B", np.zeros_like(columns.FIELD_B)),), indexed=True),
    Idea(
        "fields combined before saturation",
        (
            (columns, "contributions", _saturated),
            (columns, "saturate", lambda frequency, idf, k1: (idf * frequency).astype(np.float32)),
        ),
        indexed=True,
    ),
)


def main() -> None:
    """Read the command line, measure, tell."""
    options = _options()
    bare = files.read([options.sheets], quiet).fiches
    official = ideo.read(options.ideo) if options.ideo.exists() else None
    fiches = tuple(ideo.enrich(fiche, official) for fiche in bare) if official else bare
    evaluate = partial(_evaluated, options.judged)
    with TemporaryDirectory(prefix="relevance-") as folder:
        index = indexed(Path(folder) / "with", fiches)
        whole, without = evaluate(index), evaluate(indexed(Path(folder) / "bare", bare))
        texts = {"figures": _figures(whole, without)}
        if not options.quick:
            with patch.object(evaluation, "DEEP", evaluation.FIRST):
                rows = [_row("Idéo-Métiers", without, whole), *_ablations(index, fiches, whole, evaluate)]
            texts["ablation"] = report.table(("without", "score", "change", "empty", "families that move"), rows)
    for name, text in texts.items():
        print(text, end="\n\n")
        if options.write:
            report.write_section(options.write, name, text)
    if options.write:
        kept = json.dumps(evaluation.plain(whole), indent=1)
        options.write.with_suffix(".json").write_text(kept + "\n", encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How relevant the answers are, and what each idea brings.")
    parser.add_argument("--sheets", type=Path, default=SHARED / "corpus" / "metiers")
    parser.add_argument("--ideo", type=Path, default=SHARED / "corpus" / "ideo-metiers_onisep.xml")
    parser.add_argument("--judged", type=Path, default=SHARED / "relevance", help="folder of queries.tsv and qrels.txt")
    parser.add_argument("--quick", action="store_true", help="the figures only")
    parser.add_argument(
        "--write", type=Path, metavar="FILE", help="a document whose marked sections to replace; beside it, its .json"
    )
    return parser.parse_args()


def _figures(whole: Evaluation, without: Evaluation) -> str:
    rows = []
    for family, figures in whole.families.items():
        measure, goal = GOALS.get(family, ("", 0.0))
        rows.append(
            (
                f"{family} *" if measure else family,
                figures.queries,
                "MRRtop@10" if measure == "mrr" else "nDCG@10",
                f"{whole.counted(family):.3f}",
                f"{without.counted(family):.3f}",
                f"{goal:.3f}" if measure else "",
                f"{figures.recall:.3f}",
                f"{figures.empty:.2%}",
                _verdict(whole.counted(family), without.counted(family), goal) if measure else "",
            )
        )  # fmt: skip
    rows.append(
        (
            "mean of the *", whole.overall.queries, "", f"**{whole.score:.4f}**", f"{without.score:.4f}", GOAL_SCORE,
            f"{whole.overall.recall:.3f}", f"{whole.empty:.2%}",
            _verdict(whole.score, without.score, GOAL_SCORE),
        )
    )  # fmt: skip
    head = ("family", "queries", "measure", "with Idéo-Métiers", "without", "goal", "recall@50", "no result", "")
    times = ", ".join(
        f"{name} {latency.p50:.2f} / {latency.p95:.2f} ms"
        for name, latency in (("search", whole.search), ("completion", whole.completion))
    )
    return (
        f"{report.table(head, rows)}\n\nTime of an answer, p50 / p95: {times} (load average {machine.load_average()})."
    )


def _verdict(whole: float, without: float, goal: float) -> str:
    if whole < goal:
        return "**missed**"
    return "reached" if without >= goal else "reached with Idéo-Métiers only"


def _ablations(
    index: Path, fiches: Sequence[Fiche], whole: Evaluation, evaluate: Callable[[Path], Evaluation]
) -> Iterator[tuple[str, str, str, str, str]]:
    for idea in IDEAS:
        print(f"… without {idea.name}", file=sys.stderr, flush=True)
        with taken_away(idea):
            after = evaluate(indexed(index.parent / "without", fiches) if idea.indexed else index)
        yield _row(idea.name, after, whole)


@contextmanager
def taken_away(idea: Idea) -> Iterator[None]:
    """For as long as the context lasts, the project without the idea."""
    with ExitStack() as stack:
        for holder, name, value in idea.instead:
            stack.enter_context(patch.object(holder, name, value))
        yield


def indexed(folder: Path, fiches: Sequence[Fiche]) -> Path:
    """The sheets indexed in this folder, and the folder."""
    engine = EmbeddedEngine(folder)
    engine.rebuild(fiches, ("relevance",), quiet)
    engine.close()
    return folder


def _evaluated(judged: Path, index: Path) -> Evaluation:
    return evaluation.evaluate(EmbeddedEngine(index), judged / "queries.tsv", judged / "qrels.txt", quiet)


def _row(name: str, after: Evaluation, before: Evaluation) -> tuple[str, str, str, str, str]:
    moves = {family: after.counted(family) - before.counted(family) for family in before.families}
    told = [
        f"{family} {move:+.3f}" if family in GOALS else f"({family} {move:+.3f})"
        for family, move in sorted(moves.items(), key=lambda each: -abs(each[1]))[:MOST_TOLD]
        if abs(move) >= WORTH_TELLING
    ]
    return name, f"{after.score:.4f}", f"{after.score - before.score:+.4f}", f"{after.empty:.2%}", ", ".join(told)


def quiet(what: str, done: int, total: int) -> None:
    """Progress that nobody looks at."""


if __name__ == "__main__":
    main()
