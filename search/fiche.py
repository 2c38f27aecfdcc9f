"""What a job sheet is: frozen values, and the ordered scale of levels.

What has a name on the sheets keeps it, in French and without accents.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

NUMBER: Final = "[1-9][0-9]{0,8}"
"""The number of a sheet, as a pattern."""

ID: Final = re.compile(rf"MET\.{NUMBER}")
"""The identifier of a sheet, wherever it is read, stored, served or asked for."""

ID_FORM: Final = "MET.<number>, of 9 digits at most, the first of them not 0"
"""The form of an identifier in words, for those who write sheets."""

NIVEAUX: tuple[str, ...] = (
    "sans diplôme",
    "3E",
    "diplôme national du brevet",
    "CAP ou équivalent",
    "CAP ou équivalent + 1 an",
    "bac ou équivalent",
    "bac + 1",
    "bac + 2",
    "bac + 3",
    "bac + 4",
    "bac + 5",
    "bac + 6",
    "bac + 7",
    "bac + 8",
    "bac + 9 et plus",
)
"""The levels in order; a level's rank is its place here. "autre formation" is off the scale."""

AUTRE_FORMATION = "autre formation"


def rank_of(niveau: str) -> int | None:
    """The rank of a level's label on the scale, None for a label that is not on it."""
    return NIVEAUX.index(niveau) if niveau in NIVEAUX else None


@dataclass(frozen=True, slots=True)
class Appellation:
    """A job title, in its inclusive form and in both genders (equal if the sheet has one)."""

    title: str
    feminin: str
    masculin: str


@dataclass(frozen=True, slots=True)
class Block:
    """A subtitled piece of a section. `title` is "" for text before any subtitle.

    `text` is clean: no HTML, ordinary blanks, paragraphs parted by one "\\n"; a line of a list begins with "- ".
    `level` is that of the subtitle on the sheet: 2 right under the section, 3 and more under another subtitle, 0 for
    no subtitle. It only serves to show: blocks that differ by it alone are equal.
    """

    title: str
    text: str
    level: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Formation:
    """A recommended diploma, with its FOR.n identifier."""

    label: str
    id: str


@dataclass(frozen=True, slots=True)
class Salaire:
    """A beginner's salary: the sheet's words, and gross euros a month if they say so."""

    text: str
    min: int | None
    max: int | None


@dataclass(frozen=True, slots=True)
class Rome:
    """A code of the ROME referential (letter + 4 digits) and its name, "" if unknown."""

    code: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Domaine:
    """A domain of Idéo-Métiers and one of its sub-domains ("" for the domain alone)."""

    domaine: str
    sous_domaine: str = ""


@dataclass(frozen=True, slots=True)
class MetierAssocie:
    """A related job named by the official feed: MET.n and its title."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Source:
    """A link that a sheet gives for further reading."""

    url: str
    label: str


@dataclass(frozen=True, slots=True)
class Publication:
    """An ONISEP publication on the job."""

    title: str
    collection: str = ""
    annee: str = ""
    gencod: str = ""


@dataclass(frozen=True, slots=True)
class Nom:
    """A name from outside the sheets, and the list that gives it ("ROME 4.60").

    `code` is the ROME code if it reaches the sheet by that alone; "" if a name of its group is a title of the sheet. Of
    a name that reaches no sheet it is the domain of its ROME code (see `french.names.named`).
    """

    label: str
    source: str
    code: str = ""


Section = tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Fiche:
    """One job sheet. `id` is MET.<number>; an absent level is "", what else is absent is empty.

    `sections` holds the sections of prose that the sheet has, by the names of `fields.WRITTEN`; none is empty.
    """

    id: str
    title: str
    feminin: str
    masculin: str
    niveau: str
    sections: Mapping[str, Section] = field(default_factory=dict, hash=False)
    duree_etudes: Section = ()
    autres_appellations: tuple[Appellation, ...] = ()
    rome: tuple[Rome, ...] = ()
    formations: tuple[Formation, ...] = ()
    statuts: tuple[str, ...] = ()
    interets: tuple[str, ...] = ()
    salaire_debutant: Salaire | None = None
    domaines: tuple[Domaine, ...] = ()
    secteurs: tuple[str, ...] = ()
    associes: tuple[MetierAssocie, ...] = ()
    sources: tuple[Source, ...] = ()
    publications: tuple[Publication, ...] = field(default=())
    gfe: tuple[str, ...] = ()
    noms: tuple[Nom, ...] = ()

    def section(self, name: str) -> Section:
        """A section of prose by its name, () if the sheet does not have it."""
        return self.sections.get(name, ())

    @property
    def number(self) -> int:
        """The number of MET.<number>, by which ties are broken."""
        return int(self.id.removeprefix("MET."))
