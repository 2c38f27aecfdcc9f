"""Names of jobs from outside the sheets: values that the readers of ROME and ESCO give. In: nothing. Out: values."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class NameGroup:
    """Names that stand for one job. `code` is the ROME code under which sheets are filed, "" for none."""

    labels: tuple[str, ...]
    code: str = ""


@dataclass(frozen=True, slots=True)
class Nomenclature:
    """A published list of names. `source` names it with its version, as readers are told ("ROME 4.60").

    codes: the name of each ROME code. domaines: that of each domain (3 characters) and grand domain (1 letter).
    notes: what was left out, with its file and line.
    """

    source: str
    groups: tuple[NameGroup, ...]
    codes: Mapping[str, str] = field(default_factory=dict)
    domaines: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
