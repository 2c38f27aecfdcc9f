"""Sources -> engine. In: paths, an engine, perhaps Idéo-Métiers. Out: a new index, a Report of what happened."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

from search.engine import Engine, IndexInfo, Progress
from search.errors import IndexShrunk, SheetError, SourceError, UnusableIndex
from search.fiche import Fiche
from search.french import names
from search.index import changes
from search.index.fiche_json import compared_bytes
from search.nomenclature import Nomenclature
from search.sources import bounds, checks, esco, files, ideo, rome
from search.sources.checks import Difference
from search.sources.files import Reading

SHOWN_NOTES: Final = 20
"""Notes, refusals, sheets that came and sheets that went that are told one by one."""

SUDDENLY_GONE: Final = 0.2
"""The share of the sheets from which on a source is taken for cut short, and not for a new edition."""

FEW_GONE: Final = 10
"""Fewer sheets than this may go at once, however few there are: somebody took them out."""


@dataclass(frozen=True, slots=True)
class Report:
    """What an indexing did.

    indexed: how many sheets are served. refused: those that are not. ideo: the name of the Idéo-Métiers file, "" for
    none. unmatched: its rows that match no sheet. without_domaine: the sheets that have no domain. malformed_rome: id
    and code. notes: what was left out or decided. difference: from the index before, None if there was none.
    """

    indexed: int
    refused: tuple[SheetError, ...]
    info: IndexInfo
    ideo: str
    unmatched: int
    without_domaine: int
    malformed_rome: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    difference: Difference | None
    seconds: float

    @property
    def read(self) -> int:
        """Sheets met, good and bad."""
        return self.indexed + len(self.refused)

    @property
    def complete(self) -> bool:
        """Whether every sheet met is indexed."""
        return not self.refused

    def __str__(self) -> str:
        """The report for a terminal, without the refusals, which have lines of their own."""
        date = f", data of {self.info.data_date}" if self.info.data_date else ""
        lines = [f"indexed {self.indexed} of {self.read} sheets in {self.seconds:.1f} s ({self.info.generation}{date})"]
        if self.ideo:
            lines.append(f"{self.ideo}: {self.indexed - self.without_domaine} sheets have a domain")
            if self.unmatched:
                lines.append(f"{self.ideo}: {self.unmatched} rows match no sheet")
        if self.malformed_rome:
            told = ", ".join(f"{code} ({id})" for id, code in self.malformed_rome)
            lines.append(f"malformed ROME codes, kept as text: {told}")
        lines += self.notes[:SHOWN_NOTES]
        if len(self.notes) > SHOWN_NOTES:
            lines.append(
                f"… and {len(self.notes) - SHOWN_NOTES:,} more notes: `metiers check SOURCE…` tells all of them"
            )
        if self.difference is not None:
            lines.append(_compared(self.difference))
        return "\n".join(lines)


def index(
    paths: Sequence[str | Path],
    engine: Engine,
    progress: Progress,
    ideo_metiers: str | Path | None = None,
    rome_path: str | Path | None = None,
    esco_path: str | Path | None = None,
    force: bool = False,
) -> Report:
    """Make the index anew from these paths. Idéo-Métiers, ROME and ESCO: None for the file found among or beside them.

    Raises SourceError for a path that leads nowhere, an unusable Idéo-Métiers or no good sheet; IndexShrunk if a fifth
    of the sheets is gone, unless `force`; and what `Engine.rebuild` raises. The old index is then served still.
    """
    started = perf_counter()
    reading = files.read(paths, progress)
    chosen = Path(ideo_metiers) if ideo_metiers else next(iter(reading.ideo), None)
    fiches, unmatched, notes = reading.fiches, 0, reading.notes
    if chosen:
        official = ideo.read(chosen)
        unmatched = ideo.unmatched(official, fiches)
        fiches, too_big = _enriched(fiches, official)
        notes += too_big
    lists, faults = _lists(rome_path, esco_path, reading)
    for codes in (each.codes for each in lists if each.codes):
        fiches = tuple(rome.labelled(fiche, codes) for fiche in fiches)
    fiches, nowhere = names.named(fiches, lists)
    notes = (*notes, *faults, *(note for each in lists for note in each.notes), *_reached(lists, fiches))
    before = _held(engine)
    if not force:
        _refuse_a_shrunken_index(before, fiches, reading.refused)
    told = (*reading.sources, *([chosen.name] if chosen else ()), *(each.source for each in lists))
    info = engine.rebuild(fiches, tuple(dict.fromkeys(told)), progress, reading.data_date, nowhere)
    return Report(
        indexed=len(fiches),
        refused=reading.refused,
        info=info,
        ideo=chosen.name if chosen else "",
        unmatched=unmatched,
        without_domaine=sum(not fiche.domaines for fiche in fiches),
        malformed_rome=checks.malformed_rome(fiches),
        notes=notes,
        difference=None if before is None else _difference(before, fiches),
        seconds=perf_counter() - started,
    )


def _enriched(fiches: Sequence[Fiche], official: ideo.Ideo) -> tuple[tuple[Fiche, ...], tuple[str, ...]]:
    """The sheets with what Idéo-Métiers adds, and notes. A sheet that would become too big stays as it is."""
    made: list[Fiche] = []
    notes: list[str] = []
    for fiche in fiches:
        enriched = ideo.enrich(fiche, official)
        fault = bounds.fault(enriched)
        made.append(fiche if fault else enriched)
        if fault:
            notes.append(f"{fiche.id}: what Idéo-Métiers adds is left out, too big ({fault})")
    return tuple(made), tuple(notes)


def _lists(
    rome_path: str | Path | None, esco_path: str | Path | None, reading: Reading
) -> tuple[tuple[Nomenclature, ...], tuple[str, ...]]:
    """The ROME and ESCO, if given or found, and what is wrong with one that cannot be used."""
    lists: list[Nomenclature] = []
    faults: list[str] = []
    for read, path, found in ((rome.read, rome_path, reading.rome), (esco.read, esco_path, reading.esco)):
        chosen = Path(path) if path else next(iter(found), None)
        if chosen:
            try:
                lists.append(read(chosen))
            except SourceError as error:
                faults.append(f"{error} The sheets are indexed without these names.")
    return tuple(lists), tuple(faults)


def _reached(lists: Sequence[Nomenclature], fiches: Sequence[Fiche]) -> tuple[str, ...]:
    """How many sheets each list gives a name."""
    return tuple(
        f"{each.source}: {sum(any(nom.source == each.source for nom in fiche.noms) for fiche in fiches)} sheets "
        "have other names"
        for each in lists
    )


Held = Mapping[str, tuple[str, bytes]]
"""The sheets of an index by id: title and digest of each."""


def _held(engine: Engine) -> Held | None:
    """The sheets of the index served so far, None if there is none that can be read."""
    try:
        digests = engine.digests()
        return {id: (title, digests[id]) for id, title in engine.all()}
    except UnusableIndex:
        return None


def _refuse_a_shrunken_index(before: Held | None, fiches: Sequence[Fiche], refused: Sequence[SheetError]) -> None:
    """Raises IndexShrunk if at least a fifth of the sheets is gone, and not only a few."""
    gone = len(before or ()) - len(fiches)
    if before and gone >= max(FEW_GONE, len(before) * SUDDENLY_GONE):
        reasons = "".join(f"\n  refused: {each}" for each in refused[:SHOWN_NOTES])
        raise IndexShrunk(
            f"{len(fiches):,} sheets where {len(before):,} are served: so many do not go at once by themselves. "
            f"The index is kept as it was. Look at the sources; if they are right, say --force.{reasons}"
        )


def _difference(before: Held, fiches: Sequence[Fiche]) -> Difference:
    """Which sheets came, went and changed, by number. Digests do not say which fields changed."""
    after = {fiche.id: (fiche.title, changes.digest(compared_bytes(fiche))) for fiche in fiches}

    def titles(ids: Iterable[str], held: Held) -> tuple[tuple[str, str], ...]:
        return tuple((id, held[id][0]) for id in sorted(ids, key=lambda id: int(id.removeprefix("MET."))))

    both = after.keys() & before.keys()
    changed = titles((id for id in both if before[id][1] != after[id][1]), after)
    return Difference(
        came=titles(after.keys() - before.keys(), after),
        went=titles(before.keys() - after.keys(), before),
        changed=tuple((id, title, ()) for id, title in changed),
    )


def _compared(difference: Difference) -> str:
    """The difference as lines of text, the first SHOWN_NOTES sheets of each kind with their titles."""
    if not difference:
        return "the same sheets as before"
    counts = f"{len(difference.came)} came, {len(difference.went)} went, {len(difference.changed)} changed"
    lines = [f"since the last index: {counts}"]
    for sign, titles in (("+", difference.came), ("-", difference.went)):
        lines += [f"  {sign} {id} {title}" for id, title in titles[:SHOWN_NOTES]]
        if len(titles) > SHOWN_NOTES:
            more = f"… and {len(titles) - SHOWN_NOTES:,} more; `metiers diff BEFORE AFTER` compares two sources whole"
            lines.append(f"  {sign} {more}")
    return "\n".join(lines)
