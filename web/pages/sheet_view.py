"""What the page of a sheet prints. In: a Fiche. Out: its main facts, similar jobs in groups, other names."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from search.engine import Similar
from search.fiche import Fiche, Salaire, rank_of
from search.fields import FACETS, Facet, Value
from web import texts
from web.labels import level_name, number
from web.pages import pay, way_to_job


@dataclass(frozen=True, slots=True)
class Glance:
    """The main facts of a sheet, shown first.

    years: how long the studies take, "" if the sheet does not say. pay_notes: what helps to understand the pay.
    conditions: the subtitles of that section, or the statuses if there are none. more_interests: how many are not
    named.
    """

    studies: str
    years: str
    pay: str
    pay_notes: tuple[str, ...]
    conditions: tuple[str, ...]
    interests: tuple[str, ...]
    more_interests: int


MOST_INTERESTS: Final = 3
"""Interests among the main facts; the others are counted."""


def glance(fiche: Fiche, stations: tuple[way_to_job.Station, ...], day: str) -> Glance:
    """The main facts of a sheet. day: the date of the data (ISO 8601, "" if unknown), for the SMIC of that time."""
    told, notes = _pay(fiche.salaire_debutant, day)
    subtitles = (block.title.strip(" .…") for block in fiche.section("conditions_travail"))
    return Glance(
        studies=level_name(fiche.niveau),
        years=next((each.years for each in stations if each.is_minimum), ""),
        pay=told,
        pay_notes=notes,
        conditions=tuple(filter(None, subtitles)) or fiche.statuts,
        interests=fiche.interets[:MOST_INTERESTS],
        more_interests=len(fiche.interets[MOST_INTERESTS:]),
    )


def _pay(salaire: Salaire | None, day: str) -> tuple[str, tuple[str, ...]]:
    """The salary in short, and what helps to understand it; the first line of the sheet's words if it gives no
    amount."""
    if salaire is None or salaire.min is None:
        return (salaire.text.split("\n")[0] if salaire else ""), ()
    low, high = salaire.min, salaire.max
    form = texts.AT_LEAST if high is None else texts.EXACTLY_PAID if high == low else texts.FROM_TO
    year, smic = pay.smic(day, low)
    beside = (texts.IS_SMIC if low == smic else texts.SMIC_IS).format(year=year, smic=number(smic))
    told = form.format(low=number(low), high=number(high or low))
    return told, (texts.ABOUT_NET.format(net=number(pay.net(low))), beside)


IN_THEIR_OWN_FORM: Final = frozenset(
    {"domaine", "niveau", "interet", "statut", "diplome", "salaire", "secteur", "rome"}
)
"""The facets that the page of a sheet tells in a form of their own; it lists the values of the others."""


def more_facts(fiche: Fiche) -> tuple[tuple[Facet, tuple[Value, ...]], ...]:
    """The values of the facets that have no form of their own on the page."""
    told = ((facet, facet.values(fiche)) for facet in FACETS if facet.name not in IN_THEIR_OWN_FORM)
    return tuple((facet, values) for facet, values in told if values)


def shared(fiche: Fiche, similar: Similar) -> str:
    """Why another sheet is similar, in French: what both have."""
    other = similar.fiche
    reasons = [texts.LINKED] if similar.associated else []
    if {each.domaine for each in fiche.domaines} & {each.domaine for each in other.domaines}:
        reasons.append(texts.SAME_DOMAIN)
    if fiche.niveau and fiche.niveau == other.niveau:
        reasons.append(texts.SAME_LEVEL)
    common = len(set(fiche.interets) & set(other.interets))
    if common:
        reasons.append(texts.SOME_INTERESTS.format(count=common) if common > 1 else texts.ONE_INTEREST)
    if {each.id for each in fiche.formations} & {each.id for each in other.formations}:
        reasons.append(texts.SHARED_DIPLOMAS)
    return ", ".join(reasons)


def differing(fiche: Fiche, similar: Similar) -> str:
    """What changes from a sheet to a similar one, in French: studies, domain."""
    other = similar.fiche
    changes = []
    rank, other_rank = (rank_of(each.niveau) if each.niveau else None for each in (fiche, other))
    if rank is not None and other_rank is not None and rank != other_rank:
        studies = texts.SHORTER if other_rank < rank else texts.LONGER
        changes.append(studies.format(level=level_name(other.niveau or "")))
    domaines = dict.fromkeys(each.domaine for each in other.domaines)
    if domaines and domaines.keys().isdisjoint(each.domaine for each in fiche.domaines):
        changes.append(texts.OTHER_DOMAIN.format(domain=next(iter(domaines))))
    return " ; ".join(changes)


NEAR_LOOKED_AT: Final = 30
"""Similar sheets that are looked at to fill the groups."""

MOST_NEAR: Final = {"shorter": 2, "elsewhere": 2, "near": 4}
"""Sheets of each group that a page shows, by the groups of `texts.NEAR_GROUPS`."""


@dataclass(frozen=True, slots=True)
class Near:
    """A group of similar jobs, each as (sheet, what both have, what changes)."""

    label: str
    sheets: tuple[tuple[Fiche, str, str], ...]


def near(fiche: Fiche, similar: Iterable[Similar]) -> tuple[Near, ...]:
    """The similar jobs in the groups of `texts.NEAR_GROUPS`, nearest first, each once; empty groups are left out."""
    groups: dict[str, list[Similar]] = {name: [] for name in texts.NEAR_GROUPS}
    for each in similar:
        name = _offer(fiche, each)
        if len(groups[name]) >= MOST_NEAR[name]:
            name = "near"
        if len(groups[name]) < MOST_NEAR[name]:
            groups[name].append(each)
    return tuple(
        Near(label, tuple((each.fiche, shared(fiche, each), differing(fiche, each)) for each in groups[name]))
        for name, label in texts.NEAR_GROUPS.items()
        if groups[name]
    )


def _offer(fiche: Fiche, similar: Similar) -> str:
    """The group of a similar job: "shorter" studies in the same domain, "elsewhere" for the same wishes, or "near"."""
    other = similar.fiche
    rank, other_rank = rank_of(fiche.niveau), rank_of(other.niveau)
    domaines, others = ({each.domaine for each in sheet.domaines} for sheet in (fiche, other))
    if domaines & others:
        is_shorter = rank is not None and other_rank is not None and other_rank < rank
        return "shorter" if is_shorter else "near"
    return "elsewhere" if others and domaines and set(fiche.interets) & set(other.interets) else "near"


MOST_NAMES: Final = 12
"""Other names of a job that its page shows of each list; the others are counted."""


def other_names(fiche: Fiche) -> tuple[tuple[str, tuple[str, ...], int], ...]:
    """The names that lists from outside give to this very job: (list, the first MOST_NAMES, how many more)."""
    by_source: dict[str, list[str]] = {}
    for each in fiche.noms:
        if not each.code:
            by_source.setdefault(each.source, []).append(each.label)
    return tuple((source, tuple(labels[:MOST_NAMES]), len(labels[MOST_NAMES:])) for source, labels in by_source.items())
