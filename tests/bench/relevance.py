"""How relevant the answers are, and what each idea brings. In: sheets, judged queries. Out: tables, JSON, a document.

Two sets of queries are asked: those made from the words of the sheets, and those in people's words.

    python tests/bench/relevance.py --write docs/relevance.md

Ideas that weigh at search time are taken away over one index; the others have an index of their own. An idea is
taken away by putting in its place, for the time of a run, what there would be without it.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any, Final
from unittest.mock import patch

import measure as machine
import numpy as np
import report

from search import evaluation
from search.embedded import finding
from search.embedded.engine import EmbeddedEngine
from search.evaluation import GOAL_EMPTY_PEOPLE, GOAL_PEOPLE, GOAL_SCORE, GOALS, PEOPLE, Evaluation, Figures
from search.fiche import Fiche, Nom
from search.french import (
    equivalents,
    guessing,
    names,
    refusals,
    sentence_facets,
    spelling,
    spoken,
    understanding,
    wishes,
)
from search.french.equivalents import EquivalentTable
from search.french.vocabulary import Vocabulary
from search.index import columns
from search.nomenclature import Nomenclature
from search.ranking import WEIGHTS, contributions
from search.sources import esco, files, ideo, rome

ROOT: Final = Path(__file__).resolve().parents[2]
SHARED: Final = ROOT.parent / "shared"
VOCABULARY: Final = SHARED / "vocabulary"
WORTH_TELLING: Final = 0.005
MOST_TOLD: Final = 5
SPLIT: Final = "p_synonym"
"""The family whose queries may stand in an indexed vocabulary, so that they are known in advance."""


@dataclass(frozen=True, slots=True)
class Both:
    """What both sets of queries gave: those from the words of the sheets, those in people's words."""

    sheets: Evaluation
    people: Evaluation

    @property
    def counted(self) -> dict[str, float]:
        """By family, the figure by which it is counted."""
        return {family: each.counted(family) for each in (self.sheets, self.people) for family in each.families}


Named = tuple[Sequence[Fiche], Sequence[Nom]]
"""Sheets, and the names from outside that reach none of them."""


@dataclass(frozen=True, slots=True)
class Idea:
    """An idea, and what stands in its place where it is taken away: (holder, name, value) each.

    `indexed` says that it changes the index.
    """

    name: str
    instead: tuple[tuple[Any, str, Any], ...]
    indexed: bool = False


def _weights(**changes: float) -> tuple[tuple[Any, str, Any], ...]:
    return ((finding, "WEIGHTS", replace(WEIGHTS, **changes)),)  # type: ignore[arg-type]


def _saturated(counts: Any, lengths: Any, means: Any, weights: Any, b: Any) -> Any:
    """Each field saturated by itself, then weighed."""
    frequency = contributions(counts, lengths, means, np.ones_like(weights), b)
    return weights * (WEIGHTS.k1 + 1.0) * frequency / (WEIGHTS.k1 + frequency)


IDEAS: Final = (
    Idea("spoken words", ((spoken, "spans", lambda *_: iter(())),)),
    Idea(
        "wishes and refusals",
        ((refusals, "refused", lambda *_: ()), (wishes, "telling", lambda typed, *_: set(range(len(typed))))),
    ),
    Idea(
        "levels, pay and choices in sentences",
        ((sentence_facets, "read", lambda query, _: SimpleNamespace(query=query)),),
    ),
    Idea("closeness of meaning", _weights(sense=0.0, sense_alone=0.0)),
    Idea("title likeness", _weights(title=0.0)),
    Idea("diploma, interest and domain likeness", _weights(label=0.0)),
    Idea("broader stems (families)", _weights(family=0.0, family_cover=0.0)),
    Idea("the exact accented form", _weights(form=0.0)),
    Idea("sheets that share a ROME code", _weights(kin=0.0)),
    Idea("the gate (any word suffices)", _weights(strict=0.0, gate=0.0)),
    Idea("the stricter gate where many sheets pass", _weights(strict=WEIGHTS.gate)),
    Idea("stop words counted less by the gate", _weights(stop=1.0)),
    Idea("typing errors", ((spelling, "near", lambda *of, **rest: ()),)),
    Idea("corrections that go with the other words", ((Vocabulary, "fit", lambda *of: 0.0),)),
    Idea("the last word as a beginning", ((Vocabulary, "completions", lambda *of: ()),)),
    Idea("glued articles", ((guessing, "GLUED_ARTICLE", re.compile("(?!)")),)),
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
    lists = [each.read(path) for each, path in ((rome, options.rome), (esco, options.esco)) if path.exists()]
    with TemporaryDirectory(prefix="relevance-") as folder:
        named = names.named(fiches, lists)
        index = indexed(Path(folder) / "named", *named)
        whole = _both(index, options)
        unnamed = _both(indexed(Path(folder) / "unnamed", fiches), options)
        without = _both(indexed(Path(folder) / "bare", bare), options)
        _tell(options.write, "figures", _figures(whole.sheets, unnamed.sheets, without.sheets))
        of_people = _of_people(whole.people, unnamed.people, options.people)
        _tell(options.write, "people", f"{of_people}\n\n{_none(index, options.people)}")
        if options.write:
            kept = {"sheets": evaluation.plain(unnamed.sheets), "people": evaluation.plain(whole.people)}
            options.write.with_suffix(".json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        if not options.quick:
            with patch.object(evaluation, "DEEP", evaluation.FIRST):
                rows = [
                    _row(_told(lists), unnamed, whole),
                    _row(f"{_told(lists)}, nor Idéo-Métiers", without, whole),
                    *_ablations(index, named, whole, options),
                ]
            head = ("without", "sheets' words", "change", "people's words", "change", "families that move")
            _tell(options.write, "ablation", report.table(head, rows))


def _tell(document: Path | None, name: str, text: str) -> None:
    print(text, end="\n\n", flush=True)
    if document:
        report.write_section(document, name, text)


def _told(lists: Sequence[Nomenclature]) -> str:
    return " and ".join(each.source for each in lists) or "names from outside"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How relevant the answers are, and what each idea brings.")
    parser.add_argument("--sheets", type=Path, default=SHARED / "corpus" / "metiers")
    parser.add_argument("--ideo", type=Path, default=SHARED / "corpus" / "ideo-metiers_onisep.xml")
    parser.add_argument("--rome", type=Path, default=VOCABULARY / "unix_referentiel_appellation_v460_utf8.csv")
    parser.add_argument("--esco", type=Path, default=VOCABULARY / "esco_occupations_fr.csv")
    parser.add_argument("--judged", type=Path, default=SHARED / "relevance", help="folder of queries.tsv and qrels.txt")
    parser.add_argument("--people", type=Path, default=SHARED / "people", help="the same, and origins.tsv and none.tsv")
    parser.add_argument("--quick", action="store_true", help="the figures only")
    parser.add_argument(
        "--write", type=Path, metavar="FILE", help="a document whose marked sections to replace; beside it, its .json"
    )
    return parser.parse_args()


def _figures(whole: Evaluation, unnamed: Evaluation, bare: Evaluation) -> str:
    rows = []
    for family, figures in whole.families.items():
        measure, goal = GOALS.get(family, ("", 0.0))
        rows.append(
            (
                f"{family} *" if measure else family,
                figures.queries,
                "MRRtop@10" if measure == "mrr" else "nDCG@10",
                *(f"{each.counted(family):.3f}" for each in (whole, unnamed, bare)),
                f"{goal:.3f}" if measure else "",
                f"{figures.recall:.3f}",
                f"{figures.empty:.2%}",
                _verdict(goal, *(each.counted(family) for each in (whole, unnamed, bare))) if measure else "",
            )
        )  # fmt: skip
    rows.append(
        (
            "mean of the *", whole.overall.queries, "", f"**{whole.score:.4f}**",
            f"{unnamed.score:.4f}", f"{bare.score:.4f}", GOAL_SCORE,
            f"{whole.overall.recall:.3f}", f"{whole.empty:.2%}",
            _verdict(GOAL_SCORE, whole.score, unnamed.score, bare.score),
        )
    )  # fmt: skip
    head = (
        "family", "queries", "measure", "with ROME and ESCO", "without", "sheets alone", "goal", "recall@50",
        "no result", "",
    )  # fmt: skip
    times = ", ".join(
        f"{name} {latency.p50:.2f} / {latency.p95:.2f} ms"
        for name, latency in (("search", whole.search), ("completion", whole.completion))
    )
    return (
        f"{report.table(head, rows)}\n\nTime of an answer, p50 / p95: {times} (load average {machine.load_average()})."
    )


def _verdict(goal: float, whole: float, unnamed: float, bare: float) -> str:
    reached = [each >= goal for each in (whole, unnamed, bare)]
    if all(reached):
        return "reached"
    if not reached[0]:
        return "**missed**"
    return "reached with Idéo-Métiers only" if reached[1] else "reached with ROME and ESCO only"


def _of_people(whole: Evaluation, unnamed: Evaluation, folder: Path) -> str:
    rows = []
    for family, figures in whole.families.items():
        rows.append(_people_row(family, figures, unnamed.families[family]))
        if family == SPLIT:
            rows += _parted(whole, unnamed, folder)
    mean = (
        "mean of the families", whole.overall.queries, f"**{whole.people:.4f}**", f"{unnamed.people:.4f}",
        f"{whole.overall.recall:.3f}", f"{whole.overall.empty:.2%}", f"{unnamed.overall.empty:.2%}",
    )  # fmt: skip
    head = (
        "family", "queries", "with ROME and ESCO", "without", "recall@50", "no result", "no result without",
    )  # fmt: skip
    goals = (
        f"{GOAL_PEOPLE:.2f} for the mean: {_reached(whole.people >= GOAL_PEOPLE)}",
        f"{GOAL_EMPTY_PEOPLE:.1%} without a result: {_reached(whole.overall.empty <= GOAL_EMPTY_PEOPLE)}",
    )
    return f"{report.table(head, (*rows, mean))}\n\nGoals: {'; '.join(goals)}."


def _reached(is_reached: bool) -> str:
    return "reached" if is_reached else "**missed**"


def _parted(whole: Evaluation, unnamed: Evaluation, folder: Path) -> Iterator[tuple[object, ...]]:
    """The queries of one family that stand in an indexed vocabulary, then the others."""
    judged = [each for each in evaluation.read(*_judged(folder)) if each.family == SPLIT]
    held = _in_a_vocabulary(folder / "origins.tsv")
    for told, kept in (("in ROME 4.60 or ESCO", True), ("in neither", False)):
        some = [each for each in judged if (each.qid in held) == kept]
        if some:
            yield _people_row(f"{SPLIT}, {told}", evaluation.among(whole, some), evaluation.among(unnamed, some))


def _in_a_vocabulary(origins: Path) -> frozenset[str]:
    """The queries whose text is an appellation of the ROME that is indexed, or was taken from ESCO."""
    rows = [line.split("\t") for line in origins.read_text(encoding="utf-8").splitlines()[1:]]
    return frozenset(qid for qid, origin, rome in rows if "e" in origin.split() or "v4.60" in rome.split())


def _people_row(told: str, whole: Figures, unnamed: Figures) -> tuple[object, ...]:
    return (
        told, whole.queries, f"{whole.ndcg:.3f}", f"{unnamed.ndcg:.3f}", f"{whole.recall:.3f}",
        f"{whole.empty:.2%}", f"{unnamed.empty:.2%}",
    )  # fmt: skip


def _none(index: Path, folder: Path) -> str:
    found = evaluation.corrected(EmbeddedEngine(index), folder / "none.tsv")
    told = [text for text, corrected in found if corrected]
    return f"Of the {len(found)} words for which no sheet is right, {len(told)} are corrected into an answer."


def _ablations(
    index: Path, named: Named, whole: Both, options: argparse.Namespace
) -> Iterator[tuple[str, str, str, str, str, str]]:
    for idea in IDEAS:
        print(f"… without {idea.name}", file=sys.stderr, flush=True)
        with taken_away(idea):
            after = _both(indexed(index.parent / "without", *named) if idea.indexed else index, options)
        yield _row(idea.name, after, whole)


@contextmanager
def taken_away(idea: Idea) -> Iterator[None]:
    """For as long as the context lasts, the project without the idea."""
    with ExitStack() as stack:
        for holder, name, value in idea.instead:
            stack.enter_context(patch.object(holder, name, value))
        yield


def indexed(folder: Path, fiches: Sequence[Fiche], nowhere: Sequence[Nom] = ()) -> Path:
    """The sheets indexed in this folder, and the folder."""
    engine = EmbeddedEngine(folder)
    engine.rebuild(fiches, ("relevance",), quiet, nowhere=nowhere)
    engine.close()
    return folder


def _both(index: Path, options: argparse.Namespace) -> Both:
    engine = EmbeddedEngine(index)
    sheets, people = (
        evaluation.evaluate(engine, *_judged(folder), quiet) for folder in (options.judged, options.people)
    )
    return Both(sheets, people)


def _judged(folder: Path) -> tuple[Path, Path]:
    return folder / "queries.tsv", folder / "qrels.txt"


def _row(name: str, after: Both, before: Both) -> tuple[str, str, str, str, str, str]:
    moves = {family: after.counted[family] - figure for family, figure in before.counted.items()}
    told = [
        f"{family} {move:+.3f}" if family in GOALS or family.startswith(PEOPLE) else f"({family} {move:+.3f})"
        for family, move in sorted(moves.items(), key=lambda each: -abs(each[1]))[:MOST_TOLD]
        if abs(move) >= WORTH_TELLING
    ]
    return (
        name,
        f"{after.sheets.score:.4f}",
        f"{after.sheets.score - before.sheets.score:+.4f}",
        f"{after.people.people:.4f}",
        f"{after.people.people - before.people.people:+.4f}",
        ", ".join(told),
    )


def quiet(what: str, done: int, total: int) -> None:
    """Progress that nobody looks at."""


if __name__ == "__main__":
    main()
