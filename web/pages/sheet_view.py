"""A sheet, ready to be printed. In: a Fiche. Out: its diplomas by level, its ladder, what it shares, its JSON-LD."""

import re
from dataclasses import dataclass
from typing import Any, Final

from search.diplomas import kind_of
from search.engine import Similar
from search.fiche import Fiche, Formation, rank_of
from search.fields import FACETS, Facet, Value
from web import texts
from web.labels import level_name

LEVELS: Final = (
    ("Niveau CAP", ("CAP", "CAPa", "BPA", "CTM", "CS (certificat de spécialisation)")),
    ("Niveau bac", ("bac pro", "bac techno", "bac général", "BP", "BMA", "BTM", "BPJEPS et CPJEPS", "FCIL")),
    ("Niveau bac + 2", ("BTS", "BTSA", "DEUST", "DUT", "BTMS, DTMS et DTS", "BM (brevet de maîtrise)", "DEJEPS")),
    ("Niveau bac + 3", ("BUT", "licence pro", "licence", "bachelor", "DN MADE", "DNA", "DCG et DSCG", "DESJEPS")),
    (
        "Niveau bac + 5",
        (
            "diplôme d'IEP", "diplôme d'école de commerce", "diplôme d'ingénieur", "DNSEP", "DSAA",
            "MSc (master of science)", "master", "magistère",
        ),
    ),
    ("Au-delà de bac + 5", ("diplôme d'État de docteur", "mastère spécialisé", "DES de médecine", "doctorat")),
)  # fmt: skip
"""The usual level of each kind of diploma, lowest first."""

OTHERS: Final = texts.OTHER_DIPLOMAS
"""Kinds that are found at several levels (diplôme d'État, titre professionnel …)."""

_LEVEL_OF: Final = {kind: level for level, kinds in LEVELS for kind in kinds}


def diplomas(fiche: Fiche) -> tuple[tuple[str, tuple[Formation, ...]], ...]:
    """The recommended diplomas by level, lowest first, those of no single level last."""
    by_level: dict[str, list[Formation]] = {}
    for formation in fiche.formations:
        by_level.setdefault(_LEVEL_OF.get(kind_of(formation.label), OTHERS), []).append(formation)
    order = (*(level for level, _ in LEVELS), OTHERS)
    return tuple(
        (level, tuple(sorted(by_level[level], key=lambda each: each.label.lower())))
        for level in order
        if level in by_level
    )


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of the ladder of levels: how many recommended diplomas stand on it, whether it is the least asked for."""

    label: str
    count: int
    is_minimum: bool


RUNGS: Final = (
    ("3e", 2, ""),
    ("CAP", 4, "Niveau CAP"),
    ("bac", 5, "Niveau bac"),
    ("bac+2", 7, "Niveau bac + 2"),
    ("bac+3", 8, "Niveau bac + 3"),
    ("bac+5", 10, "Niveau bac + 5"),
    ("plus", 14, "Au-delà de bac + 5"),
)
"""Name, the highest rank of a sheet's level that stands on this step, the level of its diplomas."""


def ladder(fiche: Fiche) -> tuple[Rung, ...]:
    """The steps from the end of the collège up; empty if there is nothing to place on them."""
    held = {level: len(formations) for level, formations in diplomas(fiche) if level != OTHERS}
    rank = rank_of(fiche.niveau)
    if not held and rank is None:
        return ()
    least = None if rank is None else next(place for place, rung in enumerate(RUNGS) if rank <= rung[1])
    return tuple(Rung(name, held.get(level, 0), place == least) for place, (name, _, level) in enumerate(RUNGS))


def in_words(rungs: tuple[Rung, ...]) -> str:
    """The ladder for those who do not see it."""
    least = [texts.LEAST_LEVEL.format(label=rung.label) for rung in rungs if rung.is_minimum]
    held = [texts.HELD_AT.format(count=rung.count, label=rung.label) for rung in rungs if rung.count]
    return " ".join([*least, *([texts.DIPLOMAS_HELD.format(held=", ".join(held))] if held else [])])


IN_THEIR_OWN_FORM: Final = frozenset(
    {"domaine", "niveau", "interet", "statut", "diplome", "salaire", "secteur", "rome"}
)
"""The facets that the page of a sheet tells in a form of their own; it lists the values of the others."""


def more_facts(fiche: Fiche) -> tuple[tuple[Facet, tuple[Value, ...]], ...]:
    """The values of the facets that have no form of their own on the page."""
    told = ((facet, facet.values(fiche)) for facet in FACETS if facet.name not in IN_THEIR_OWN_FORM)
    return tuple((facet, values) for facet, values in told if values)


def shared(fiche: Fiche, similar: Similar) -> str:
    """Why another sheet is near: what both have."""
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
    """What changes from a sheet to another that is near: studies, domain."""
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


def metierscope(fiche: Fiche) -> list[tuple[str, str]]:
    """(code, name) of the sheet's ROME codes that France Travail has a page for: a letter and four digits."""
    return [(each.code, each.label) for each in fiche.rome if re.fullmatch("[A-Z][0-9]{4}", each.code)]


def occupation(fiche: Fiche, base_url: str) -> dict[str, Any]:
    """The sheet as schema.org's Occupation. A template prints it with `tojson`, which escapes < > & and quotes."""
    names = dict.fromkeys(
        name
        for each in ((fiche.feminin, fiche.masculin), *((a.feminin, a.masculin) for a in fiche.autres_appellations))
        for name in each
        if name != fiche.title
    )
    described: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Occupation",
        "@id": f"{base_url}/metiers/{fiche.id}",
        "name": fiche.title,
        "alternateName": list(names),
        "description": " ".join(block.text for block in fiche.section("presentation")),
        "educationRequirements": fiche.niveau,
        "occupationalCategory": [
            {"@type": "CategoryCode", "codeValue": each.code, "name": each.label, "inCodeSet": "ROME"}
            for each in fiche.rome
        ],
        "mainEntityOfPage": f"{base_url}/metiers/{fiche.id}",
    }
    described = {key: value for key, value in described.items() if value}
    salaire = fiche.salaire_debutant
    if salaire and salaire.min is not None:
        amount = {"@type": "QuantitativeValue", "minValue": salaire.min, "unitText": "MONTH"}
        if salaire.max is not None:
            amount["maxValue"] = salaire.max
        described["estimatedSalary"] = {
            "@type": "MonetaryAmount",
            "name": texts.BEGINNER,
            "currency": "EUR",
            "value": amount,
        }
    return described


MOST_NAMES: Final = 12
"""Other names of a job that its page tells, of each list."""


def other_names(fiche: Fiche) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The names that lists from outside give to this very job, by list."""
    by_source: dict[str, list[str]] = {}
    for each in fiche.noms:
        if not each.code:
            by_source.setdefault(each.source, []).append(each.label)
    return tuple((source, tuple(labels[:MOST_NAMES])) for source, labels in by_source.items())
