"""The way from the end of collège to a job. In: a Fiche. Out: its diplomas by level, and the stations to draw.

Years come from the words of the sheet alone (« Durée des études »), and only if they fit the level of the diploma.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from search.diplomas import kind_of
from search.fiche import Fiche, Formation, rank_of
from web import texts
from web.labels import level_name


@dataclass(frozen=True, slots=True)
class Level:
    """A step of studies.

    highest: the rank (`fiche.NIVEAUX`) of the last level of the sheets that belongs to it. kinds: of diploma that lead
    there. written: how the prose of the sheets names these, as a pattern. start: from where years are counted, COLLEGE
    or LYCEE. fewest, most: how many years it may take; any other number in the text means something else.
    """

    name: str
    highest: int
    kinds: tuple[str, ...] = ()
    written: str = r"(?!)"
    start: str = ""
    fewest: int = 0
    most: int = 0


COLLEGE, LYCEE = "3e", "bac"

LEVELS: Final = (
    Level("3e", 2),
    Level(
        "CAP", 4, ("CAP", "CAPa", "BPA", "CTM", "CS (certificat de spécialisation)"),
        r"\bCAPa?\b|\bBPA\b", COLLEGE, 1, 3,
    ),
    Level(
        "bac", 5, ("bac pro", "bac techno", "bac général", "BP", "BMA", "BTM", "BPJEPS et CPJEPS", "FCIL"),
        r"\bbac(?:calauréat)? (?:pro|techno|général|ST)|\bBP\b|\bBMA\b|\bBTM\b", COLLEGE, 2, 4,
    ),
    Level(
        "bac + 2", 7, ("BTS", "BTSA", "DEUST", "DUT", "BTMS, DTMS et DTS", "BM (brevet de maîtrise)", "DEJEPS"),
        r"\bBTSA?\b|\bDEUST\b|\bDUT\b|\bDEJEPS\b", LYCEE, 2, 3,
    ),
    Level(
        "bac + 3", 8,
        ("BUT", "licence pro", "licence", "bachelor", "DN MADE", "DNA", "DCG et DSCG", "DESJEPS"),
        r"\bBUT\b|\blicences?\b|\bbachelors?\b|\bDN ?MADE\b|\bDNA\b|\bDCG\b", LYCEE, 3, 4,
    ),
    Level(
        "bac + 5", 10,
        (
            "diplôme d'IEP", "diplôme d'école de commerce", "diplôme d'ingénieur", "DNSEP", "DSAA",
            "MSc (master of science)", "master", "magistère",
        ),
        r"\bmasters?\b|\bingénieurs?\b|\bcommerce\b|\bétudes politiques\b|\bDNSEP\b|\bDSAA\b", LYCEE, 5, 5,
    ),
    Level(
        "plus que bac + 5", 14,
        ("diplôme d'État de docteur", "mastère spécialisé", "DES de médecine", "doctorat"),
        r"\bdoctorats?\b|\bdocteurs?\b|\bDES\b", LYCEE, 6, 13,
    ),
)  # fmt: skip
"""The steps of studies, from the end of collège up."""

_LEVEL_OF: Final = {kind: level for level in LEVELS for kind in level.kinds}
_START: Final = re.compile(r"après (?:la (3) ?e|le bac)\w*\b", re.IGNORECASE)
_CLAUSE: Final = re.compile(r"[.;\n]|,? (?:complété|suivi|éventuellement|puis)")
_YEARS: Final = re.compile(r"\W*(\d{1,2})(?: (?:à|ou) (\d{1,2}))? ans?\b(?! (?:de plus|supplémentaire|après un))")

WIDEST: Final = 40
"""Letters for which a line of the drawing has room."""


@dataclass(frozen=True, slots=True)
class Station:
    """A step of the way: its level, the kinds of diploma that lead to it, how long they take ("" if the sheet is
    silent).

    is_held: a diploma of this level is recommended for the job. is_minimum: the job asks for this level at least.
    is_open: from this level on one may work in the job.
    """

    level: str
    kinds: str
    years: str
    is_held: bool
    is_minimum: bool
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """The recommended diplomas of a level, "" for those of no single one, and how long they take."""

    level: str
    years: str
    formations: tuple[Formation, ...]


def steps(fiche: Fiche) -> tuple[Step, ...]:
    """The recommended diplomas by level, lowest first, those of no single level last."""
    return _steps(fiche, _years(fiche))


def _steps(fiche: Fiche, years: Mapping[str, str]) -> tuple[Step, ...]:
    by_level: dict[str, list[Formation]] = {}
    for formation in fiche.formations:
        level = _LEVEL_OF.get(kind_of(formation.label))
        by_level.setdefault(level.name if level else "", []).append(formation)
    order = (*(level.name for level in LEVELS), "")
    return tuple(
        Step(name, years.get(name, ""), tuple(sorted(by_level[name], key=lambda each: each.label.lower())))
        for name in order
        if name in by_level
    )


def stations(fiche: Fiche) -> tuple[Station, ...]:
    """The steps from the end of collège to the job; () if the sheet tells neither a level nor a diploma of a level."""
    years = _years(fiche)
    held = {step.level: step for step in _steps(fiche, years)}
    unplaced = held.pop("", None)
    rank = rank_of(fiche.niveau)
    if not held and rank is None:
        return ()
    least = None if rank is None else next(level.name for level in LEVELS if rank <= level.highest)
    highest = max(place for place, level in enumerate(LEVELS) if level.name in {*held, least})
    found = []
    for place, level in enumerate(LEVELS):
        is_passed = level.name == COLLEGE or (level.name == LYCEE and place < highest)
        if level.name in held or level.name == least or is_passed:
            formations = held[level.name].formations if level.name in held else ()
            # Diplomas of no single level are shown on the way only if there are no others.
            if level.name == least and unplaced and not held:
                formations = unplaced.formations
            found.append(_station(fiche, level, formations, years, level.name == least))
    opening = next((place for place, each in enumerate(found) if each.is_minimum or each.is_held), len(found))
    return tuple(replace(each, is_open=place >= opening) for place, each in enumerate(found))


def _station(
    fiche: Fiche, level: Level, formations: tuple[Formation, ...], years: Mapping[str, str], is_minimum: bool
) -> Station:
    kinds = _kinds(formations)
    asked = level_name(fiche.niveau) if is_minimum and not formations else ""
    if level.name == COLLEGE:
        return Station(texts.END_OF_COLLEGE, kinds or asked, "", bool(formations), is_minimum)
    untold = texts.YEARS_OF_LYCEE if level.name == LYCEE and not formations else ""
    return Station(asked or level.name, kinds, years.get(level.name, untold), bool(formations), is_minimum)


def in_words(stations: tuple[Station, ...], title: str) -> str:
    """The way as a sentence, for those who do not see the drawing."""
    told = []
    for station in stations:
        details = [station.kinds, station.years, texts.FROM_HERE if station.is_minimum else ""]
        shown = " ; ".join(each for each in details if each)
        told.append(f"{station.level} ({shown})" if shown else station.level)
    return texts.WAY_IN_WORDS.format(steps=", ".join(told), title=title)


def _kinds(formations: tuple[Formation, ...]) -> str:
    """The kinds of these diplomas, as many as a line has room for."""
    kinds = list(dict.fromkeys(kind_of(each.label).partition(" (")[0] for each in formations))
    shown = ""
    for place, kind in enumerate(kinds):
        longer = f"{shown}, {kind}" if shown else kind
        if place and len(longer) > WIDEST - len(texts.MORE_KINDS):
            return shown + texts.MORE_KINDS
        shown = longer
    return shown


def _years(fiche: Fiche) -> dict[str, str]:
    """By the name of a level, how long it takes to reach it, as the sheet says; levels without years are not there."""
    found: dict[str, str] = {}
    for start, clause in _clauses(fiche):
        years = _YEARS.match(clause)
        if years is None:
            continue
        fewest, most = int(years[1]), int(years[2] or years[1])
        for level in LEVELS:
            fits = level.start == start and level.fewest <= fewest <= most <= level.most
            if fits and level.name not in found and re.search(level.written, clause):
                told = f"{fewest}{texts.UP_TO.format(most=most) if most > fewest else ''}"
                found[level.name] = texts.YEARS_AFTER[start].format(years=told, s="s" if most > 1 else "")
    return found


def _clauses(fiche: Fiche) -> Iterator[tuple[str, str]]:
    """The clauses of what a sheet says of the length of studies, each with the start of its years (COLLEGE, LYCEE,
    "")."""
    start = ""
    for block in fiche.duree_etudes:
        for line in (block.title, *block.text.split("\n")):
            named = _START.match(line.strip())
            if named:
                start = COLLEGE if named[1] else LYCEE
                line = line.strip()[named.end() :]
            for clause in _CLAUSE.split(line):
                yield start, clause
