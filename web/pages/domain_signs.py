"""The sign of a domain: a pictogram of one stroke in one of three colours, the same wherever the domain is shown.

In: the slug of a domain, the domains of the index. Out: strokes of a drawing of 24 by 24, the number of a colour.
"""

from dataclasses import dataclass
from typing import Final

from search.folding import slug
from web.site import Site

HUES: Final = 3
"""Colours that every eye tells apart, in both schemes; the pictogram tells domains of the same colour apart."""

SHAPES: Final = (
    "M-6.6 0a6.6 6.6 0 1 0 13.2 0a6.6 6.6 0 1 0-13.2 0z",
    "M-6-6H6V6H-6z",
    "M0-8 7.5 5.5h-15z",
    "M0 8 7.5-5.5h-15z",
    "M0-8.5 8.5 0 0 8.5-8.5 0z",
    "M-2.5-7.5h5v5h5v5h-5v5h-5v-5h-5v-5h5z",
    "M-7-3.5-3.5-7 0-3.5 3.5-7 7-3.5 3.5 0 7 3.5 3.5 7 0 3.5-3.5 7-7 3.5-3.5 0z",
)
"""Shapes on the map, around 0, 0. As many domains have one each in the first colour, the next in the second."""

OTHER: Final = "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16Z"
"""The pictogram of a domain that has none of its own."""

PICTOGRAMS: Final = {
    "agriculture-animaux": (
        "M12 21V9M12 9c-2-2-2-4 0-6 2 2 2 4 0 6Z"
        "M12 14c-3 0-5-2-5-5 3 0 5 2 5 5Zm0 0c3 0 5-2 5-5-3 0-5 2-5 5Z"
        "M12 19c-3 0-5-2-5-5 3 0 5 2 5 5Zm0 0c3 0 5-2 5-5-3 0-5 2-5 5Z"
    ),
    "armee-securite": "M12 3 5 6v5c0 5 3 8 7 10 4-2 7-5 7-10V6ZM9 12l2 2 4-5",
    "arts-culture-artisanat": "M20 4 10 13l2 2ZM10 13c-4-1-4 4-7 5 3 3 9 2 9-3",
    "banque-assurances-immobilier": "M3 9l9-5 9 5ZM6 9v8m4-8v8m4-8v8m4-8v8M3 20h18",
    "commerce-marketing-vente": "M5 8h14l1 12H4ZM9 11V7a3 3 0 0 1 6 0v4",
    "construction-architecture-travaux-publics": (
        "M4 20V10h7v10M11 20V4h9v16M2 20h20M14 8h3m-3 4h3m-3 4h3M7 13h1m-1 3h1"
    ),
    "economie-droit-politique": "M12 4v16M8 20h8M5 7h14M5 7l-3 7a3 3 0 0 0 6 0Zm14 0-3 7a3 3 0 0 0 6 0Z",
    "electricite-electronique-robotique": "M7 7h10v10H7ZM10 3v4m4-4v4m-4 10v4m4-4v4M3 10h4m-4 4h4m10-4h4m-4 4h4",
    "environnement-energies-proprete": "M12 12v9M9 21h6M12 12V3c2 2 2 6 0 9l8 4c-3 1-6-1-8-4l-8 4c1-3 5-4 8-4Z",
    "gestion-des-entreprises-comptabilite": (
        "M6 3h12v18H6ZM9 7h6M9 12h.01M12 12h.01M15 12h.01M9 16h.01M12 16h.01M15 16h.01"
    ),
    "histoire-geographie-psychologie-sociologie": (
        "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM3 12h18M12 3c-5 5-5 13 0 18M12 3c5 5 5 13 0 18"
    ),
    "hotellerie-restauration-tourisme": "M6 3v5a2 2 0 0 0 4 0V3M8 10v11M17 21V3c-3 2-3 7-3 10h3",
    "information-communication-audiovisuel": "M3 7h12v10H3ZM15 11l6-4v10l-6-4",
    "informatique-internet": "M5 5h14v10H5ZM2 19h20M10 8l-2 2 2 2m4-4 2 2-2 2",
    "lettres-langues-enseignement": "M12 6C10 4 7 4 3 4v14c4 0 7 0 9 2 2-2 5-2 9-2V4c-4 0-7 0-9 2ZM12 6v14",
    "logistique-transport": (
        "M2 6h12v10H9M14 10h4l4 3v3h-2M5 16H2V6M7 14a2 2 0 1 0 0 4 2 2 0 0 0 0-4ZM17.5 14a2 2 0 1 0 0 4 2 2 0 0 0 0-4Z"
    ),
    "matieres-premieres-fabrication-industries": "M3 20V11l5 3v-3l5 3V4h4l3 16ZM7 17h2m4 0h2",
    "mecanique": (
        "M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM12 5a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM12 2v3m0 14v3"
        "M2 12h3m14 0h3M5 5l2 2m10 10 2 2M19 5l-2 2M7 17l-2 2"
    ),
    "sante-social-sport": (
        "M12 20C6 15 3 12 3 8.5a4.5 4.5 0 0 1 9-1.5 4.5 4.5 0 0 1 9 1.5C21 12 18 15 12 20ZM6 11h3l2-3 2 5 2-2h3"
    ),
    "sciences": "M6 21h12M9 21c6 0 9-5 7-10M8 5l4-2 4 8-4 2ZM7 16h6",
}
"""By the slug of the domain; each is drawn by hand, without fill."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A drawing of 24 by 24 and the number of its colour, from 0."""

    strokes: str
    hue: int


def sign(site: Site, domaine: str) -> Sign:
    """The sign of a domain, by its label."""
    name = slug(domaine)
    tops = [value for value in site.generation().allowed.labels["domaine"] if "." not in value]
    place = tops.index(name) if name in tops else 0
    return Sign(PICTOGRAMS.get(name, OTHER), hue(place))


def hue(place: int) -> int:
    """The number of the colour of a domain, by its place among all domains."""
    return place // len(SHAPES) % HUES
