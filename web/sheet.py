"""A sheet, ready to be printed. In: a Fiche. Out: its diplomas by level, and its JSON-LD."""

from typing import Any, Final

from search.diplomas import kind_of
from search.fiche import Fiche, Formation

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

OTHERS: Final = "Autres diplômes et titres"
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
        "description": " ".join(block.text for block in fiche.presentation),
        "educationRequirements": fiche.niveau,
        "occupationalCategory": [
            {"@type": "CategoryCode", "codeValue": each.code, "name": each.label, "inCodeSet": "ROME"}
            for each in fiche.rome
        ],
        "mainEntityOfPage": f"{base_url}/metiers/{fiche.id}",
    }
    salaire = fiche.salaire_debutant
    if salaire and salaire.min is not None:
        amount = {"@type": "QuantitativeValue", "minValue": salaire.min, "unitText": "MONTH"}
        if salaire.max is not None:
            amount["maxValue"] = salaire.max
        described["estimatedSalary"] = {
            "@type": "MonetaryAmount",
            "name": "débutant",
            "currency": "EUR",
            "value": amount,
        }
    return described
