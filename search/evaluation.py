"""How relevant the answers are. In: an engine, judged queries. Out: an Evaluation: figures by family and overall.

Measures, each the plain mean over the queries of a family:

    MRRtop@10   1 / rank of the first sheet of the query's highest grade among the first 10, 0 if there is none
    nDCG@10     sum of (2^grade - 1) / log2(rank + 1) over the first 10, divided by that of the best order
                (Järvelin & Kekäläinen, "Cumulated gain-based evaluation of IR techniques", ACM TOIS 2002)
    recall@50   share of the judged sheets that stand among the first 50 (the first 10 of a completion)
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from math import ceil, log2
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from search.engine import Engine, Progress
from search.errors import SourceError
from search.french import sentence_facets
from search.query import Query

DEEP: Final = 50
"""Results that are asked for, and read for the recall."""

FIRST: Final = 10
"""Results that are read for MRRtop and nDCG; completions that are asked for."""

COMPLETIONS: Final = "d_prefix_"
"""How the names of the families begin that are asked of the completion."""

GOALS: Final[Mapping[str, tuple[str, float]]] = {
    "a_masc": ("mrr", 0.995),
    "a_fem": ("mrr", 0.995),
    "a_plural": ("mrr", 0.995),
    "a_unaccented": ("mrr", 0.995),
    "a_upper": ("mrr", 0.995),
    "a_inclusive": ("mrr", 0.995),
    "a_typography": ("mrr", 0.98),
    "b_rome_appellation": ("ndcg", 0.60),
    "c_typo": ("mrr", 0.975),
    "d_prefix_long": ("mrr", 0.985),
    "d_prefix_short": ("ndcg", 0.95),
    "e_ideo_label": ("mrr", 0.998),
    "f_formation": ("ndcg", 0.93),
    "g_rome_definition": ("ndcg", 0.60),
    "h_accent_pair": ("mrr", 0.97),
}
"""The families whose mean is the score: the measure that counts for each, and the figure it is to reach."""

GOAL_SCORE: Final = 0.935
PEOPLE: Final = "p_"
"""How the names of the families begin whose words people chose; each counts by its nDCG@10."""

GOAL_PEOPLE: Final = 0.80
GOAL_EMPTY: Final = 0.002
GOAL_EMPTY_PEOPLE: Final = 0.015
"""The share of the queries in people's words that may find nothing."""

MOST_CORRECTED: Final = 0.1
"""The share of the words without a right sheet that may be corrected into an answer."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A query with its judgements: the grade, 1 or more, of each sheet that is worth finding."""

    qid: str
    family: str
    text: str
    grades: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Figures:
    """Means over some queries, all in 0..1 but `queries`. `empty` is the share without any result."""

    queries: int
    mrr: float
    ndcg: float
    recall: float
    empty: float


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds that half of the answers do not exceed, and 95 % of them."""

    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What an evaluation found.

    `families` by name; `overall` over all queries. `search` is the time of an answer of DEEP sheets with their
    excerpts, without facets. `ranked` are the ids answered to each query, by qid, best first.
    """

    families: Mapping[str, Figures]
    overall: Figures
    search: Latency
    completion: Latency
    ranked: Mapping[str, tuple[str, ...]] = field(repr=False)

    @property
    def score(self) -> float:
        """The mean over the families of GOALS, each by its own measure; 0 if none was asked."""
        return _mean(self.counted(name) for name in self._scored())

    @property
    def empty(self) -> float:
        """The mean over the families of GOALS of their shares without result."""
        return _mean(self.families[name].empty for name in self._scored())

    @property
    def people(self) -> float:
        """The mean nDCG@10 over the families of PEOPLE; 0 if none was asked."""
        return _mean(each.ndcg for name, each in self.families.items() if name.startswith(PEOPLE))

    def counted(self, family: str) -> float:
        """The figure by which a family is counted: that of its goal, nDCG@10 if it has none."""
        figures = self.families[family]
        return figures.mrr if family in GOALS and GOALS[family][0] == "mrr" else figures.ndcg

    def missed(self) -> dict[str, float]:
        """The families below their goal, with the figure they reach."""
        return {name: self.counted(name) for name in self._scored() if self.counted(name) < GOALS[name][1]}

    def _scored(self) -> tuple[str, ...]:
        return tuple(name for name in self.families if name in GOALS)


def evaluate(engine: Engine, queries: Path, qrels: Path, progress: Progress) -> Evaluation:
    """Ask every judged query of the engine.

    queries and qrels: files in the forms that `read` takes. Raises SourceError for a line of another form or a query
    without a judgement, OSError for a file that cannot be read.
    """
    judged = read(queries, qrels)
    ranked: dict[str, tuple[str, ...]] = {}
    searches: list[float] = []
    completions: list[float] = []
    for done, each in enumerate(judged):
        progress("evaluating", done, len(judged))
        started = perf_counter()
        ranked[each.qid] = _answered(engine, each)
        (completions if _completes(each) else searches).append(1000 * (perf_counter() - started))
    progress("evaluating", len(judged), len(judged))
    by_family: dict[str, list[Judged]] = {}
    for each in judged:
        by_family.setdefault(each.family, []).append(each)
    return Evaluation(
        {name: _figures(by_family[name], ranked) for name in sorted(by_family)},
        _figures(judged, ranked),
        Latency(_quantile(searches, 0.50), _quantile(searches, 0.95)),
        Latency(_quantile(completions, 0.50), _quantile(completions, 0.95)),
        ranked,
    )


def corrected(engine: Engine, words: Path) -> tuple[tuple[str, bool], ...]:
    """Words for which no sheet is right, and whether each is corrected into an answer all the same.

    words: a table with a head, the query before the first tab of each line. Raises OSError for a file that cannot
    be read.
    """
    lines = words.read_text(encoding="utf-8").split("\n")[1:]
    found = []
    for text in (line.partition("\t")[0] for line in lines if line):
        hits = engine.search(
            sentence_facets.read(Query(text=text, facets=frozenset(), excerpts=0), engine.facet_values).query
        )
        found.append((text, bool(hits.hits and hits.understanding.corrections)))
    return tuple(found)


def among(evaluation: Evaluation, judged: Sequence[Judged]) -> Figures:
    """The figures of some of the queries of an evaluation."""
    return _figures(judged, evaluation.ranked)


def read(queries: Path, qrels: Path) -> tuple[Judged, ...]:
    """The judged queries, in the order of their file. Raises as `evaluate` does.

    queries: lines of "qid <tab> family <tab> query". qrels: lines of "qid 0 MET.x grade", as TREC writes them; grade 0
    says that a sheet is not right.
    """
    grades: dict[str, dict[str, int]] = {}
    for line, (qid, _, id, grade) in _rows(qrels, None, 4, "qid 0 MET.x grade"):
        if not grade.isdecimal():
            raise SourceError(f"{qrels}:{line}: the grade {grade!r} is not a whole number.")
        if int(grade):
            grades.setdefault(qid, {})[id] = int(grade)
    judged = []
    for line, (qid, family, text) in _rows(queries, "\t", 3, "qid <tab> family <tab> query"):
        if qid not in grades:
            raise SourceError(f"{queries}:{line}: {qid} has no judgement in {qrels}.")
        judged.append(Judged(qid, family, text, grades[qid]))
    return tuple(judged)


def _rows(path: Path, separator: str | None, columns: int, expected: str) -> Iterator[tuple[int, list[str]]]:
    # Not splitlines(): a query may hold the odd line separators that it breaks at.
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        cells = line.rstrip("\r").split(separator)
        if line and len(cells) != columns:
            raise SourceError(f"{path}:{number}: expected {expected}.")
        if line:
            yield number, cells


def _completes(judged: Judged) -> bool:
    return judged.family.startswith(COMPLETIONS)


def _answered(engine: Engine, judged: Judged) -> tuple[str, ...]:
    if _completes(judged):
        return tuple(each.id for each in engine.suggest(judged.text, FIRST))
    query = Query(text=judged.text, per_page=DEEP, facets=frozenset(), excerpts=0)
    return tuple(hit.fiche.id for hit in engine.search(sentence_facets.read(query, engine.facet_values).query).hits)


def _figures(judged: Sequence[Judged], ranked: Mapping[str, tuple[str, ...]]) -> Figures:
    pairs = [(each.grades, ranked[each.qid]) for each in judged]
    return Figures(
        len(judged),
        _mean(_mrr_top(grades, ids) for grades, ids in pairs),
        _mean(_ndcg(grades, ids) for grades, ids in pairs),
        _mean(len(grades.keys() & set(ids[:DEEP])) / len(grades) for grades, ids in pairs),
        _mean(not ids for _, ids in pairs),
    )


def _mrr_top(grades: Mapping[str, int], ids: Sequence[str]) -> float:
    top = max(grades.values())
    return next((1 / rank for rank, id in enumerate(ids[:FIRST], start=1) if grades.get(id) == top), 0.0)


def _ndcg(grades: Mapping[str, int], ids: Sequence[str]) -> float:
    return _dcg(grades.get(id, 0) for id in ids) / _dcg(sorted(grades.values(), reverse=True))


def _dcg(grades: Iterable[int]) -> float:
    return sum((2.0**grade - 1.0) / log2(rank + 1) for rank, grade in enumerate(islice(grades, FIRST), start=1))


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed) if listed else 0.0


def _quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values do not exceed."""
    return sorted(values)[ceil(share * len(values)) - 1] if values else 0.0


def plain(evaluation: Evaluation) -> dict[str, Any]:
    """The figures as plain values, for JSON; without the answers themselves."""
    return {
        "score": round(evaluation.score, 4),
        "people": round(evaluation.people, 4),
        "empty": round(evaluation.empty, 5),
        "search_ms": _rounded(evaluation.search),
        "completion_ms": _rounded(evaluation.completion),
        "families": {name: _rounded(figures) for name, figures in evaluation.families.items()},
        "overall": _rounded(evaluation.overall),
    }


def _rounded(figures: Figures | Latency) -> dict[str, float]:
    return {name: round(value, 4) for name, value in asdict(figures).items()}


def lines(evaluation: Evaluation) -> Iterator[str]:
    """The figures as a table to read. `*` follows the measure by which a family is counted."""
    yield f"{'family':20}{'queries':>8} {'MRRtop@10':>10} {'nDCG@10':>8} {'recall@50':>10} {'empty':>7}  goal"
    for name, figures in evaluation.families.items():
        measure, goal = GOALS.get(name, ("", 0.0))
        verdict = f"{goal:.3f} {'reached' if evaluation.counted(name) >= goal else 'missed'}" if measure else ""
        yield _line(name, figures, measure) + f"  {verdict}".rstrip()
    yield _line("all queries", evaluation.overall, "")
    yield f"score {evaluation.score:.4f}, {evaluation.empty:.2%} without result (means over the families with a goal)"
    if people := sum(name.startswith(PEOPLE) for name in evaluation.families):
        yield f"people's words: {evaluation.people:.4f} (mean nDCG@10 of {people} families), goal {GOAL_PEOPLE:.3f}"
    for name, latency in (("search", evaluation.search), ("completion", evaluation.completion)):
        yield f"{name}: half of the answers within {latency.p50:.2f} ms, 95 % within {latency.p95:.2f} ms"


def _line(name: str, figures: Figures, measure: str) -> str:
    mrr, ndcg = (
        f"{value:.3f}{'*' if measure == each else ' '}"
        for each, value in (("mrr", figures.mrr), ("ndcg", figures.ndcg))
    )
    return f"{name:20}{figures.queries:>8} {mrr:>10} {ndcg:>8} {figures.recall:>10.3f} {figures.empty:>7.2%}"
