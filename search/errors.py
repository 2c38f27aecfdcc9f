"""What can go wrong, as a small tree. Messages say what, where, and what to do.

MetiersError
├── SourceError            a source cannot be used at all (missing, unreadable)
│   └── SheetError         one sheet is bad: path, line, reason; the others are indexed
├── FetchError             a download failed; the earlier copy is untouched
├── IndexShrunk            the sheets are suddenly so few that the index made before stays
├── UnusableIndex          the index cannot serve
│   ├── IndexMissing       there is none yet
│   ├── IndexStale         made by another version of the fields or of the analysis
│   ├── IndexDamaged       a file is missing, cut or altered
│   └── IndexBusy          another indexing holds the lock
├── EngineUnavailable      the engine is away for now (`retry_after` in seconds)
├── ClusterError           what a cluster says of a request, for the code that asked it
│   ├── TargetMissing      the index or the document asked for is not there
│   └── WriteConflict      another has written the document in between
├── QueryError             the reader asked for something impossible: a list of `Fault`
└── NotFound               no such sheet, facet or page
"""

from dataclasses import dataclass, field
from pathlib import Path


def printable(name: str | Path) -> str:
    """The name of a file or of a member as a terminal may show it: what is no letter, sign or blank is escaped."""
    shown = "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in str(name)
    )
    return shown if len(shown) <= 1_000 else f"{shown[:1_000]}…"


class MetiersError(Exception):
    """The root: everything that this project raises on purpose."""


class SourceError(MetiersError):
    """A source that cannot be read at all."""


class SheetError(SourceError):
    """One bad sheet. `line` counts from 1; 0 when the whole file is meant."""

    def __init__(self, path: Path | str, line: int, reason: str) -> None:
        self.path = str(path)
        self.line = line
        self.reason = reason
        where = printable(self.path)
        super().__init__(f"{where}:{line}: {reason}" if line else f"{where}: {reason}")


class FetchError(MetiersError):
    """A download that failed; the earlier copy is untouched."""


class IndexShrunk(MetiersError):
    """So many sheets are missing at once that the sources are probably at fault; the old index is served still."""


class UnusableIndex(MetiersError):
    """An index that cannot serve."""


class IndexMissing(UnusableIndex):
    """No index at this place yet."""


class IndexStale(UnusableIndex):
    """An index made by another version of the fields or of the analysis."""


class IndexDamaged(UnusableIndex):
    """An index with a missing, cut or altered file."""


class IndexBusy(UnusableIndex):
    """Another indexing is under way in the same folder."""


class EngineUnavailable(MetiersError):
    """The engine does not answer for now."""

    def __init__(self, message: str, retry_after: int = 5) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class ClusterError(MetiersError):
    """What a cluster says of a request; the code that asked it turns it into one of the others."""


class TargetMissing(ClusterError):
    """The index or the document asked for is not there. The message is its path."""


class WriteConflict(ClusterError):
    """Another has written the document in between. The message is its path."""


class NotFound(MetiersError):
    """Nothing is there. `kind` is "fiche", "facette", "fichier", "carte", or "" for a page; `name` is what it was."""

    def __init__(self, kind: str = "", name: str = "") -> None:
        self.kind = kind
        self.name = name[:40]
        super().__init__(f"no {kind or 'page'} {self.name!r}")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one parameter. `code` is stable; `detail` is French, for the reader."""

    parameter: str
    code: str
    detail: str
    value: str | None = None
    allowed: tuple[str, ...] = field(default=())
    did_you_mean: str | None = None


class QueryError(MetiersError):
    """Everything wrong with a request, at once."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__(" ".join(fault.detail for fault in faults))
