"""The pages that stand by themselves, declared once: the menu, the footer, the plan and the sitemap follow."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class SitePage:
    """A page. `label` is its short name in the menu, `parts` are (anchor, name) of what the plan names on it.

    A page of text alone has a `template` and needs no view of its own.
    """

    path: str
    title: str
    label: str = ""
    in_menu: bool = False
    in_footer: bool = False
    in_plan: bool = True
    in_sitemap: bool = True
    parts: tuple[tuple[str, str], ...] = ()
    template: str = ""

    @property
    def name(self) -> str:
        """Its short name, for places with little room."""
        return self.label or self.title


PAGES: Final[tuple[SitePage, ...]] = (
    SitePage("/", "Chercher un métier"),
    SitePage(
        "/parcourir", "Parcourir les métiers", "Parcourir", in_menu=True,
        parts=(
            ("domaines", "domaines"), ("niveaux", "niveaux d'études"), ("interets", "envies"),
            ("statuts", "statuts"),
        ),
    ),
    SitePage("/diplomes", "Les diplômes"),
    SitePage("/envies", "Métiers selon vos envies"),
    SitePage("/carte", "Carte des métiers", "Carte", in_menu=True, in_sitemap=False),
    SitePage("/selection", "Ma liste", in_menu=True, in_sitemap=False),
    SitePage("/comparer", "Comparer des métiers", in_sitemap=False),
    SitePage("/classe", "Fiches à imprimer pour une classe", in_sitemap=False),
    SitePage("/plan", "Plan du site", in_footer=True, in_plan=False),
    SitePage("/aide", "Aide", in_menu=True, template="aide.html"),
    SitePage("/a-propos", "À propos", in_footer=True, template="a-propos.html"),
    SitePage("/mentions-legales", "Mentions légales", in_footer=True, template="mentions-legales.html"),
    SitePage("/sur-votre-site", "Métiers sur votre site", in_footer=True, template="sur-votre-site.html"),
    SitePage("/accessibilite", "Accessibilité", in_footer=True, template="accessibilite.html"),
    SitePage("/donnees", "Données ouvertes", "Données", in_footer=True),
    SitePage("/api/docs", "API", in_footer=True),
    SitePage("/nouveautes.atom", "Nouveautés (Atom)", in_footer=True, in_plan=False, in_sitemap=False),
)  # fmt: skip
"""In the order in which they are named. One entry, and a template or a view, is all that a new one needs."""
