"""The port: what a search engine must do, and the values that it answers with.

One contract suite (`tests/test_engine_contract.py`, `test_engine_rebuilding.py`) runs the same tests on every engine:

- values chosen of one facet add up (OR), facets restrict one another (AND);
- a facet is counted without its own filter, under all others; values that no sheet found has are counted as 0;
- the level and salary ranges are filters of their own: they restrict every count;
- empty text lists all sheets by title; sheets of equal score stand in the order of their numbers, so that no sheet is
  on two pages;
- a hit's excerpts are exact ranges in the original text of the sheet;
- if a rebuild fails, nothing changes; once it is done, searches see the new index without a restart;
- a sheet that is indexed again as it was keeps its date;
- an engine is safe to share between threads.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple, Protocol

from search.fiche import Fiche, Nom
from search.query import Query

Range = tuple[int, int]
"""Start and end (exclusive), in code points of the original accented text."""

OLD_DAYS: Final = 60
"""Days after which data is called old: the official data changes every few weeks."""

Progress = Callable[[str, int, int], None]
"""progress(what, done, total): called often during long work."""


class Excerpt(NamedTuple):
    """A piece of a section with the ranges of the matched words in `text`.

    `block` is the place of the subtitled block in its section, counted from 0; `before` and
    `after` say whether the block's text goes on beyond the piece.
    """

    section: str
    block: int
    text: str
    ranges: tuple[Range, ...]
    before: bool = False
    after: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A named part of a score; the parts of a hit add up to its score."""

    name: str
    label: str
    value: float


class Hit(NamedTuple):
    """One found sheet. `matched_in` names sections, or what led to it; `parts` only when the query asks to explain.

    `nom` is the name, from outside the sheets, that led to this one; None if none did.
    """

    fiche: Fiche
    score: float
    title_ranges: tuple[Range, ...] = ()
    excerpts: tuple[Excerpt, ...] = ()
    matched_in: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    nom: Nom | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """A word that no sheet holds, and what was searched instead."""

    typed: str
    understood: str


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Words that no sheet found may hold, as typed ("-soignante"). `text` is the query that searches them instead."""

    typed: str
    words: str
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """How a piece of the query is read. `typed` is the piece, `text` the query that takes this reading back.

    kind, and what `meant` then holds:

    "niveau_max"    a level that bounds the search: the level
    "nothing_left"  a level that is not applied, since nothing would be found: the level
    "beyond"        a level that is not applied, since it would hide the job named: the level
    "choice"        a value of a facet that is applied: its label
    "choice_left"   one that is not applied, since it would hide every sheet or the job named: its label
    "salaire"       the order by salary
    "untold"        something that the sheets do not say
    "lost"          the reader does not know what to look for
    "spoken"        a spoken word: what it stands for
    "near"          a job without a sheet: the nearest jobs
    "instead"       a refusal that no sheet answers: the nearest jobs
    "without"       a job that is not wanted: the job
    "left"          words that are not wanted and name no job: the words
    "wish"          a word that only says a wish, and is not searched
    """

    kind: str
    typed: str
    text: str
    meant: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Understanding:
    """How the words were read.

    text: the query with its corrections. corrections: what was searched for words that no sheet holds. ignored: words
    that no sheet holds and that nothing replaces. partial_match: no sheet holds all the words, and those with most of
    them are shown. excluded: what no sheet found may hold. left_out: what goes beyond the number of words, phrases and
    exclusions of one search. readings: how pieces of the text are read. offered: words that may have been meant, too
    far from what was typed to be searched unasked.
    """

    text: str
    corrections: tuple[Correction, ...] = ()
    ignored: tuple[str, ...] = ()
    partial_match: bool = False
    excluded: tuple[Exclusion, ...] = ()
    left_out: tuple[str, ...] = ()
    readings: tuple[Reading, ...] = ()
    offered: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value that the indexed sheets hold. `parent` is a slug of the same facet, or None."""

    value: str
    label: str
    parent: str | None = None
    rank: int | None = None
    total: int = 0


@dataclass(frozen=True, slots=True)
class FacetCounts:
    """The values of a facet in display order, and how many of the sheets found have each, zeros included."""

    values: tuple[FacetValue, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """The index that is served: the name of its generation, the number of its sheets, when it was made.

    built_at: ISO 8601 in UTC. fingerprint: see `index.fingerprint`. sources: names of where the sheets came from.
    data_date: the date of the official data (ISO 8601), "" if unknown.
    """

    generation: str
    documents: int
    built_at: str
    fingerprint: str
    sources: tuple[str, ...] = ()
    data_date: str = ""

    def data_days(self, today: date) -> int | None:
        """Days since the date of the data, None if it has none."""
        try:
            return (today - date.fromisoformat(self.data_date)).days
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Hits:
    """The answer to a Query: one page of hits, the number of all sheets found, and the facets counted, by name.

    index: the one that was searched; another may be served by the time the answer is shown. Two answers with the same
    content are equal, whichever index they come from. partial: some of the sheets did not answer in time (a cluster).
    """

    index: IndexInfo = field(compare=False)
    total: int
    hits: tuple[Hit, ...]
    facets: Mapping[str, FacetCounts]
    understanding: Understanding
    partial: bool = False


class Suggestion(NamedTuple):
    """A completion: one sheet under the appellation that fits what is typed, best first.

    `label` is that appellation (in the feminine if typed so); `ranges` mark the typed letters.
    """

    id: str
    label: str
    title: str
    ranges: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class Similar:
    """A sheet near another one. score: 0 to 1, 1 the nearest. associated: the official feed names it as related."""

    fiche: Fiche
    score: float
    associated: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sheet stands on the map: x and y in 0..1; similar sheets stand close together. `domaine`: slug or ""."""

    id: str
    title: str
    domaine: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Change:
    """A sheet that came ("new") or changed ("changed"); `date` is ISO 8601, of the index that first held it so."""

    id: str
    title: str
    kind: str
    date: str


class Engine(Protocol):
    """A search engine over one corpus. Every method may raise EngineUnavailable or UnusableIndex."""

    def rebuild(
        self,
        fiches: Sequence[Fiche],
        sources: Sequence[str],
        progress: Progress,
        data_date: str = "",
        nowhere: Sequence[Nom] = (),
    ) -> IndexInfo:
        """Replace the whole index at once, atomically. Raises IndexBusy; on any failure the old one serves.

        `nowhere` are names of jobs that no sheet is about.
        """
        ...

    def rollback(self) -> str:
        """Serve the generation before the current one, or come forward again. Returns its name.

        Raises IndexMissing if only one is kept.
        """
        ...

    def pinned(self) -> "Engine":
        """An engine for one request: all its answers are of the index served now, even if another is served meanwhile.

        What a text finds is computed once. Raises IndexMissing, IndexStale or IndexDamaged.
        """
        ...

    def passed_over(self) -> str | None:
        """Why the newest index could not be opened, None if it is the one served. Opening it is tried again later."""
        ...

    def recheck(self) -> None:
        """Look now whether what is served is still what was indexed; it is looked at from time to time anyway.

        Raises IndexDamaged.
        """
        ...

    def info(self) -> IndexInfo:
        """What is being served now. Raises IndexMissing, IndexStale or IndexDamaged."""
        ...

    def search(self, query: Query) -> Hits:
        """One page of hits with facet counts."""
        ...

    def counts(self, queries: Sequence[Query]) -> tuple[int, ...]:
        """How many sheets each of several queries finds; cheaper than as many searches."""
        ...

    def facet_values(self, facet: str) -> tuple[FacetValue, ...]:
        """All values of a facet in display order. Raises NotFound for an unknown facet."""
        ...

    def get(self, id: str) -> Fiche:
        """One sheet. Raises NotFound."""
        ...

    def all(self) -> Iterable[tuple[str, str]]:
        """(id, title) of every sheet, by title."""
        ...

    def fiches(self) -> Iterator[Fiche]:
        """Every sheet, by title, each read when it is asked for. May raise EngineUnavailable between two sheets."""
        ...

    def digests(self) -> Mapping[str, bytes]:
        """The digest of each sheet, by id: equal for equal sheets, names from outside aside (`index.changes`)."""
        ...

    def suggest(self, text: str, limit: int) -> tuple[Suggestion, ...]:
        """Completions of what is being typed, best first, at most `limit`."""
        ...

    def similar(self, id: str, limit: int) -> tuple[Similar, ...]:
        """The nearest other sheets. Raises NotFound."""
        ...

    def places(self) -> tuple[Place, ...]:
        """The map of the sheets, by title; empty if there are too many to draw."""
        ...

    def matching(self, query: Query) -> frozenset[str]:
        """The ids of all the sheets that a query finds, whatever its page."""
        ...

    def changes(self, limit: int) -> tuple[Change, ...]:
        """The last sheets that came or changed, newest first, those of one date by their number.

        The sheets of a first index are none of them, nor is a sheet that is indexed again as it was. If the index
        before cannot be read, the next one counts as a first index.
        """
        ...

    def since(self) -> Mapping[str, str]:
        """By id, the ISO 8601 date of the index that first held a sheet as it is; the first index counts as one."""
        ...

    def close(self) -> None:
        """Release files and connections; the engine is not used afterwards."""
        ...


@dataclass(frozen=True, slots=True)
class Manifest:
    """The readable description kept with an index; checksums are SHA-256, by relative path."""

    info: IndexInfo
    counts: Mapping[str, int] = field(default_factory=dict)
    checksums: Mapping[str, str] = field(default_factory=dict)
