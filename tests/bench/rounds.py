"""Engines against one another, query by query. In: opened engines and queries. Out: milliseconds for each.

For each query the engines take turns, each time in another order, so that a busy moment of the machine and the
caches that one leaves to the next fall on all alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from statistics import mean

import measure
from measure import Timed
from peers import PAGE, Searcher
from queries import Asked


@dataclass(slots=True)
class Samples:
    """What one engine took for one thing: `rounds` by question, the first time each was asked in `first`."""

    first: dict[object, Timed] = field(default_factory=dict)
    rounds: dict[object, list[Timed]] = field(default_factory=dict)

    def add(self, question: object, taken: Timed) -> None:
        """One more time."""
        if question in self.first:
            self.rounds.setdefault(question, []).append(taken)
        else:
            self.first[question] = taken

    def summary(self, clock: str, kind: str = "") -> dict[str, float]:
        """Percentiles over the questions (of one kind), each counted by its median round."""
        return measure.percentiles(
            measure.typical(rounds, clock)
            for question, rounds in self.rounds.items()
            if not kind or (isinstance(question, Asked) and question.kind == kind)
        )

    def first_time(self, clock: str) -> dict[str, float]:
        """Percentiles of the first time that each question was asked."""
        return measure.percentiles(getattr(taken, clock) for taken in self.first.values())


def pages(
    searchers: Mapping[str, Searcher], queries: Sequence[Asked], levels: Sequence[str], rounds: int
) -> dict[tuple[str, str], Samples]:
    """Each query at each level in each engine: once to warm up, then `rounds` times."""
    samples = {(name, level): Samples() for name in searchers for level in levels}
    order = Random(1)
    with measure.quiet_memory():
        for _ in range(rounds + 1):
            for asked in queries:
                for name in order.sample(list(searchers), len(searchers)):
                    for level in levels:
                        taken = measure.measure(lambda: searchers[name].ask(asked, level))  # noqa: B023
                        samples[name, level].add(asked, taken)
    return samples


def completions(searchers: Mapping[str, Searcher], typed: Sequence[str], rounds: int) -> dict[str, Samples]:
    """Each beginning of a title completed by each engine: once to warm up, then `rounds` times."""
    samples = {name: Samples() for name in searchers}
    order = Random(2)
    with measure.quiet_memory():
        for _ in range(rounds + 1):
            for letters in typed:
                for name in order.sample(list(searchers), len(searchers)):
                    samples[name].add(letters, measure.measure(lambda: searchers[name].complete(letters)))  # noqa: B023
    return samples


def yields(searcher: Searcher, queries: Sequence[Asked]) -> dict[str, float]:
    """How much a page holds: hits and snippets, on average, and the queries that find nothing."""
    found = [searcher.ask(asked, PAGE) for asked in queries]
    return {
        "hits": round(mean(len(each.titles) for each in found), 1),
        "snippets": round(mean(len(each.snippets) for each in found), 1),
        "empty": sum(not each.titles for each in found),
    }
