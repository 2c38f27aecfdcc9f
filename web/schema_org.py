"""A sheet in the terms of schema.org, for search engines and open-data portals. In: a Fiche. Out: an Occupation."""

from typing import Any

from search.fiche import Fiche
from web import texts


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
        "qualifications": [each.label for each in fiche.formations],
        "skills": [block.title for block in fiche.section("competences") if block.title],
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
