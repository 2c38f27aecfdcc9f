"""All that the web may ask. In: a Query. Out: a ResultPage, ready to be printed as HTML, JSON or CSV.

Query -> Engine.search -> Hits -> facets with the Query each choice leads to -> ResultPage
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import ceil
from time import perf_counter
from typing import Any, Final, TypeVar

from search.engine import (
    Change,
    Engine,
    FacetCounts,
    FacetValue,
    Hit,
    Hits,
    IndexInfo,
    Place,
    Similar,
    Suggestion,
    Understanding,
)
from search.errors import NotFound
from search.fiche import Fiche
from search.fields import FACET_BY_NAME, FACETS
from search.folding import fold
from search.french import sentence_facets
from search.french.sentence_criteria import Sentence
from search.query import MAX_WINDOW, Query

TEXT = "q"
"""The name that `Relaxation.remove` gives to the words, beside the names of `Query.filter_names`."""

SOFT_LIMIT: Final = 0.5
"""Seconds after which what stands beside the results is left out of a page."""

MOST_RELAXATIONS = 6
"""Ways out of an empty page that are shown."""

MOST_OTHER_WORDS = 5
"""Other texts that are shown; the most words of a text that is tried without each of its words; nearest titles."""

MOST_PAIRED: Final = 6
"""Filters of which pairs are tried on an empty page: 12 of them make 66 pairs, each to be counted."""

LONGEST_VARIED: Final = 12
"""The most words of a text of which other versions are tried: each costs a search, and no link could show a long
one."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a facet as a reader may choose it, within the search that it was counted for."""

    value: str
    label: str
    count: int
    selected: bool
    parent: str | None
    rank: int | None
    facet: str
    state: Query

    @property
    def query(self) -> Query:
        """The search to which the choice leads: with it if it was not chosen, without it if it was."""
        return self.state.toggle(self.facet, self.value)


@dataclass(frozen=True, slots=True)
class FacetChoices:
    """A facet with its values in display order (parents before their children), and the count of each.

    An answer may hold a thousand choices, of which a page shows few: each is made when it is asked for.
    """

    name: str
    label: str
    type: str
    values: tuple[FacetValue, ...]
    counts: tuple[int, ...]
    state: Query

    @property
    def selected(self) -> frozenset[str]:
        """The chosen slugs."""
        return self.state.values_of(self.name)

    @property
    def choices(self) -> tuple[Choice, ...]:
        """Every value as a choice, those at zero included."""
        return self.choices_at(range(len(self.values)))

    def choices_at(self, places: Iterable[int]) -> tuple[Choice, ...]:
        """The values at some places as choices, in the order given."""
        selected = self.selected
        counted = ((self.values[place], self.counts[place]) for place in places)
        return tuple(
            Choice(each.value, each.label, count, each.value in selected, each.parent, each.rank, self.name, self.state)
            for each, count in counted
        )


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A way out of an empty page: what to remove, the search without it, how many sheets that finds.

    `remove` holds names of `Query.filter_names`, and `TEXT` if the words have to go.
    """

    remove: tuple[str, ...]
    query: Query
    count: int


@dataclass(frozen=True, slots=True)
class DidYouMean:
    """Other words that find something, and how many sheets."""

    text: str
    query: Query
    count: int


@dataclass(frozen=True, slots=True)
class ResultPage:
    """One page of results with all that is shown around it.

    relaxations, nearest: ways out and nearest titles if nothing is found. did_you_mean: other words. took_ms:
    milliseconds. partial: some of the sheets, or some of what stands beside the results, did not come in time.
    """

    query: Query
    index: IndexInfo
    total: int
    hits: tuple[Hit, ...]
    facets: tuple[FacetChoices, ...]
    understanding: Understanding
    relaxations: tuple[Relaxation, ...] = ()
    did_you_mean: tuple[DidYouMean, ...] = ()
    nearest: tuple[Suggestion, ...] = ()
    took_ms: float = 0.0
    partial: bool = False

    @property
    def total_pages(self) -> int:
        """The number of pages; 0 when nothing is found."""
        return ceil(self.total / self.query.per_page)

    @property
    def has_next(self) -> bool:
        """Whether there is a page after this one, within what may be asked."""
        query = self.query
        return query.page < self.total_pages and (query.page + 1) * query.per_page <= MAX_WINDOW


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The sheets before and after one in the results of a search, None at the ends. partial: see `engine.Hits`."""

    before: Fiche | None
    after: Fiche | None
    partial: bool = False


Way = TypeVar("Way", Relaxation, DidYouMean)


class Catalogue:
    """Searches, sheets and facets over one engine. Holds no state of its own; safe to share."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = perf_counter) -> None:
        self._engine = engine
        self._clock = clock

    def info(self) -> IndexInfo:
        """What is being served. Raises IndexMissing, IndexStale, IndexDamaged, EngineUnavailable."""
        return self._engine.info()

    def search(self, query: Query) -> ResultPage:
        """One page of results, with what stands beside them.

        What stands beside them is left out once SOFT_LIMIT has passed, and the page is then `partial`.
        """
        started = self._clock()
        found = self.results(query)
        beside: dict[str, Any] = {}
        late = False
        for name, find in self._beside(query, found):
            late = self._clock() - started > SOFT_LIMIT
            if late:
                break
            beside[name] = find()
        return ResultPage(
            query=query,
            index=found.index,
            total=found.total,
            hits=found.hits,
            facets=_choices(query, found.facets),
            understanding=found.understanding,
            took_ms=round((self._clock() - started) * 1000, 3),
            partial=found.partial or late,
            **beside,
        )

    def results(self, query: Query) -> Hits:
        """The results alone, with the facets that the query asks for."""
        sentence = self._read(query)
        found = self._engine.search(sentence.query)
        told = _understood(query, found.understanding, sentence)
        return found if told is found.understanding else replace(found, understanding=told)

    def _read(self, query: Query) -> Sentence:
        """What the words of a query say. A filter read into them is dropped if it would hide every sheet or the job
        that the words name."""
        sentence = sentence_facets.read(query, self._engine.facet_values)
        if not sentence_facets.is_narrower(sentence, query):
            return sentence
        if not self._engine.counts([sentence.query])[0]:
            return sentence_facets.widened(sentence, query, is_named=False)
        wide = sentence_facets.widened(sentence, query, is_named=True)
        nearest = replace(
            wide.query, sort="pertinence", page=1, per_page=1, facets=frozenset(), explain=False, excerpts=0
        )
        first = next((hit.fiche for hit in self._engine.search(nearest).hits), None)
        is_hidden = (
            first is not None
            and sentence_facets.names(wide.query.text, first)
            and first.id not in self._engine.matching(sentence.query)
        )
        return wide if is_hidden else sentence

    def _beside(self, query: Query, found: Hits) -> Iterator[tuple[str, Callable[[], tuple[Any, ...]]]]:
        """What stands beside the results, by its name in ResultPage: the ways out of an empty page, other words."""
        empty = not found.total
        if empty:
            yield "relaxations", lambda: self._relaxations(query)
        if query.text and (empty or found.understanding.ignored):
            yield "did_you_mean", lambda: self._other_words(query, found.understanding, empty)
        if query.text and empty:
            yield "nearest", lambda: self._engine.suggest(query.text, MOST_OTHER_WORDS)

    def fiche(self, id: str) -> Fiche:
        """One sheet. Raises NotFound."""
        return self._engine.get(id)

    def similar(self, id: str, limit: int = 6) -> tuple[Similar, ...]:
        """The nearest other sheets, those named by the feed first. Raises NotFound."""
        return self._engine.similar(id, limit)

    def neighbours(self, query: Query, id: str) -> Neighbours:
        """The sheets before and after one, in the results of a search; None at the ends or if it is not found.

        The sheet is looked for on the query's own page; the pages beside it are asked only at its edges.
        """
        bare = replace(self._read(query).query, facets=frozenset(), explain=False, excerpts=0)
        found = self._engine.search(bare)
        fiches = [hit.fiche for hit in found.hits]
        place = next((place for place, fiche in enumerate(fiches) if fiche.id == id), None)
        if place is None:
            return Neighbours(None, None, found.partial)
        before = fiches[place - 1] if place else None
        after = fiches[place + 1] if place + 1 < len(fiches) else None
        partial = found.partial
        if before is None and query.page > 1:
            earlier = self._engine.search(bare.at_page(query.page - 1))
            before = earlier.hits[-1].fiche if earlier.hits else None
            partial |= earlier.partial
        if after is None and query.page * query.per_page < found.total:
            later = self._engine.search(bare.at_page(query.page + 1))
            after = later.hits[0].fiche if later.hits else None
            partial |= later.partial
        return Neighbours(before, after, partial)

    def suggest(self, text: str, limit: int = 8) -> tuple[Suggestion, ...]:
        """Completions of what is being typed, from two letters."""
        return self._engine.suggest(text, limit)

    def places(self) -> tuple[Place, ...]:
        """The map of the sheets, by title; empty if there are too many to draw."""
        return self._engine.places()

    def matching(self, query: Query) -> frozenset[str]:
        """The ids of all the sheets that a query finds, whatever its page."""
        return self._engine.matching(self._read(query).query)

    def counts(self, queries: Sequence[Query]) -> tuple[int, ...]:
        """How many sheets each of several queries finds."""
        return self._engine.counts(queries)

    def changes(self, limit: int) -> tuple[Change, ...]:
        """The last sheets that came or changed, newest first; none if the index is the first."""
        return self._engine.changes(limit)

    def since(self) -> Mapping[str, str]:
        """When each sheet came or last changed, by id: ISO 8601."""
        return self._engine.since()

    def all(self) -> Iterable[tuple[str, str]]:
        """(id, title) of every sheet, by title."""
        return self._engine.all()

    def fiches(self) -> Iterator[Fiche]:
        """Every sheet, by title, each read when it is asked for and kept nowhere."""
        return self._engine.fiches()

    def facet_values(self, facet: str, containing: str = "") -> tuple[FacetValue, ...]:
        """The values of a facet whose label or code holds some letters, accents aside. Raises NotFound."""
        if facet not in FACET_BY_NAME:
            raise NotFound("facette", facet)
        wanted = fold(containing)
        values = self._engine.facet_values(facet)
        return tuple(each for each in values if wanted in fold(each.label) or wanted in each.value.rpartition(".")[2])

    def _relaxations(self, query: Query) -> tuple[Relaxation, ...]:
        """Ways out that have results: the least removed first, and never an empty list over a filled index.

        Filters go one by one; if that is not enough, two by two if they are few, then all; the words go last.
        """
        names = query.filter_names()
        pairs: list[tuple[str, ...]] = list(combinations(names, 2)) if len(names) <= MOST_PAIRED else []
        steps: list[list[tuple[str, ...]]] = [[(name,) for name in names], pairs, [names]]
        if query.text:
            steps.append([(TEXT,)])
            steps.append([(*names, TEXT)])
        for removals in steps:
            queries = [_without(query, removal) for removal in removals]
            found = [
                Relaxation(removal, relaxed, count)
                for removal, relaxed, count in zip(removals, queries, self._engine.counts(queries), strict=True)
                if count
            ]
            if found:
                return self._recounted(sorted(found, key=lambda each: -each.count)[:MOST_RELAXATIONS])
        return ()

    def _other_words(self, query: Query, understanding: Understanding, empty: bool) -> tuple[DidYouMean, ...]:
        """Other texts that find something under the same filters, with their counts.

        In this order: with words that may have been meant; as the search would correct it; without the words that no
        sheet holds; without one of the words; the nearest titles. The last two only if nothing is found (`empty`).
        """
        words = query.text.split()
        folded = {word: fold(word) for word in words}

        def plain(text: str) -> str:
            # Each word of the query once: one may be as long as the query.
            return " ".join(folded.get(word) or fold(word) for word in text.split())

        texts = [
            " ".join(each.understood if folded[word] == plain(each.typed) else word for word in words)
            for each in understanding.offered
        ]
        is_short = len(words) <= LONGEST_VARIED
        if not query.typo and is_short:
            texts.append(self._engine.search(replace(query, typo=True, facets=frozenset())).understanding.text)
        ignored = {plain(word) for word in understanding.ignored}
        if is_short:
            texts.append(" ".join(word for word in words if folded[word] not in ignored))
        if empty:
            if 1 < len(words) <= MOST_OTHER_WORDS:
                texts += [" ".join(words[:place] + words[place + 1 :]) for place in range(len(words))]
            texts += [suggestion.label for suggestion in self._engine.suggest(query.text, MOST_OTHER_WORDS)]
        distinct = {plain(query.text): ""}
        for text in texts:
            distinct.setdefault(plain(text), text)
        candidates = [(text, query.with_text(text)) for text in distinct.values() if text]
        counts = self._engine.counts([candidate for _, candidate in candidates])
        found = [
            DidYouMean(text, candidate, count)
            for (text, candidate), count in zip(candidates, counts, strict=True)
            if count
        ]
        return self._recounted(found[:MOST_OTHER_WORDS])

    def _recounted(self, ways: Sequence[Way]) -> tuple[Way, ...]:
        """The same with as many sheets as each link finds: a filter that its words name applies there."""
        read = [self._read(way.query).query for way in ways]
        if read == [way.query for way in ways]:
            return tuple(ways)
        return tuple(replace(way, count=count) for way, count in zip(ways, self._engine.counts(read), strict=True))


def _understood(query: Query, told: Understanding, sentence: Sentence) -> Understanding:
    """How the words were read, with what the sentence says. Each Reading takes itself back in the whole text as
    typed."""
    if not sentence.readings:
        return told
    others = (
        replace(
            each, text=query.text.replace(each.typed, f'"{each.typed}"' if each.meant or each.kind == "wish" else "", 1)
        )
        for each in told.readings
    )
    return replace(told, readings=(*sentence.readings, *others))


def _choices(query: Query, counted: Mapping[str, FacetCounts]) -> tuple[FacetChoices, ...]:
    """The counted facets in display order."""
    return tuple(
        FacetChoices(each.name, each.label, each.type, counted[each.name].values, counted[each.name].counts, query)
        for each in FACETS
        if each.name in counted
    )


def _without(query: Query, removal: tuple[str, ...]) -> Query:
    """The query without these filters, and without its words if TEXT is among them."""
    relaxed = query.without(*removal)
    return relaxed.with_text("") if TEXT in removal else relaxed
