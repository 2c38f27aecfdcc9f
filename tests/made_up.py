"""Sheets made up for the tests. In: the little that a test is about. Out: whole Fiches, and random ones.

`fiche` makes one sheet in one line; `WHOLE` tells of everything; `VILLAGE` is a small corpus that the tests of
engines share; `corpora` and `questions` are random sheets and queries in few words, so that these meet often.
"""

from collections.abc import Sequence

from hypothesis import strategies as st

from search.fiche import (
    NIVEAUX,
    Appellation,
    Block,
    Domaine,
    Fiche,
    Formation,
    MetierAssocie,
    Nom,
    Publication,
    Rome,
    Salaire,
    Section,
    Source,
)


def section(text: str | Sequence[tuple[str, str]]) -> Section:
    """A section from one text, or from (subtitle, text) pairs."""
    if isinstance(text, str):
        return (Block("", text),) if text else ()
    return tuple(Block(title, paragraphs) for title, paragraphs in text)


def appellation(title: str, feminin: str = "", masculin: str = "") -> Appellation:
    """A job title; "boulanger/ère" gives its two genders by itself."""
    if title.endswith("er/ère"):
        return Appellation(title, feminin or title[:-6] + "ère", masculin or title[:-4])
    return Appellation(title, feminin or title, masculin or title)


def fiche(
    number: int,
    title: str,
    *,
    niveau: str = "bac + 2",
    presentation: str | Sequence[tuple[str, str]] = "",
    autres: Sequence[str] = (),
    rome: Sequence[str] = (),
    domaines: Sequence[str] = (),
    formations: Sequence[str] = (),
    salaire: tuple[int, int | None] | None = None,
    associes: Sequence[int] = (),
    statuts: Sequence[str] = (),
    interets: Sequence[str] = (),
    secteurs: Sequence[str] = (),
    **sections: str | Sequence[tuple[str, str]],
) -> Fiche:
    """A sheet. domaines: "domaine/sous-domaine" or "domaine". rome: "D1102 label". associes: numbers."""
    name = appellation(title)
    told = {"presentation": presentation, **sections}
    return Fiche(
        id=f"MET.{number}",
        title=name.title,
        feminin=name.feminin,
        masculin=name.masculin,
        niveau=niveau,
        sections={name: written for name, text in told.items() if (written := section(text))},
        autres_appellations=tuple(appellation(each) for each in autres),
        rome=tuple(Rome(code, label) for code, _, label in (each.partition(" ") for each in rome)),
        formations=tuple(Formation(label, f"FOR.{place}") for place, label in enumerate(formations, 1)),
        statuts=tuple(statuts),
        interets=tuple(interets),
        secteurs=tuple(secteurs),
        salaire_debutant=Salaire(f"A partir de {salaire[0]} euros brut par mois", *salaire) if salaire else None,
        domaines=tuple(Domaine(above, below) for above, _, below in (each.partition("/") for each in domaines)),
        associes=tuple(MetierAssocie(f"MET.{each}", "") for each in associes),
    )


WHOLE = Fiche(
    id="MET.17",
    title="boulanger/ère",
    feminin="boulangère",
    masculin="boulanger",
    niveau="CAP ou équivalent",
    sections={
        "presentation": (Block("", "Du pain.\nEt encore."),),
        "en_bref": (Block("", "Vite dit."),),
        "nature_travail": (Block("Pétrir", "à l’aube"), Block("Cuire", "œuf")),
        "competences": (Block("", "x"),),
        "conditions_travail": (Block("", "x"),),
        "vie_professionnelle": (
            Block("Salaire", ""),
            Block("Salaire du débutant", "A partir de 1801 euros brut par mois"),
        ),
        "acces_metier": (Block("", "x"),),
    },
    duree_etudes=(Block("Après la 3e", "2 ans."),),
    autres_appellations=(Appellation("fournier/ère", "fournière", "fournier"),),
    rome=(Rome("D1102", "Boulangerie"), Rome("A15")),
    formations=(Formation("CAP boulanger", "FOR.1"),),
    statuts=("artisan", "salarié"),
    interets=("travailler de mes mains",),
    salaire_debutant=Salaire("A partir de 1801 euros brut par mois", 1801, None),
    domaines=(Domaine("commerce", "alimentation"), Domaine("artisanat")),
    secteurs=("Agroalimentaire",),
    associes=(MetierAssocie("MET.152", "pâtissier/ère"),),
    sources=(Source("https://example.org", "Le site"),),
    publications=(Publication("Les métiers de bouche", "Parcours", "2023", "9782273016506"),),
    gfe=("GFE S",),
    noms=(Nom("mitron", "ROME 4.60", "D1102"), Nom("fournil", "ESCO")),
)
"""A sheet that tells of everything."""


VILLAGE: tuple[Fiche, ...] = (
    fiche(
        1,
        "boulanger/ère",
        niveau="CAP ou équivalent",
        presentation="Il pétrit la pâte et cuit le pain avant l'aube.",
        nature_travail=[
            ("Le pain et les viennoiseries", "Le boulanger pèse la farine, l'eau et le sel.\nIl surveille le four."),
            ("La vente", "Sa boutique ouvre tôt : la vente du pain fait partie du métier."),
        ],
        competences="De la force, de l'adresse et le goût du travail de nuit.",
        autres=("tourier/ère",),
        rome=("D1102 Boulangerie",),
        domaines=("commerce, alimentation/boulangerie", "artisanat/métiers de bouche"),
        formations=("CAP boulanger", "bac pro boulanger-pâtissier"),
        salaire=(1802, None),
        statuts=("salarié", "artisan"),
        interets=("travailler de ses mains",),
    ),
    fiche(
        2,
        "pâtissier/ère",
        niveau="CAP ou équivalent",
        presentation="Elle monte des entremets et des gâteaux, tôt le matin.",
        nature_travail="Le pâtissier travaille la pâte feuilletée et le chocolat. La vente se fait en boutique.",
        rome=("D1104 Pâtisserie",),
        domaines=("commerce, alimentation/pâtisserie", "artisanat/métiers de bouche"),
        formations=("CAP pâtissier",),
        salaire=(1802, 2000),
        statuts=("salarié", "artisan"),
        interets=("travailler de ses mains", "créer"),
    ),
    fiche(
        3,
        "vendeur-conseil en boulangerie",
        niveau="3E",
        presentation="Il accueille les clients et vend du pain.",
        nature_travail="La vente, la caisse, le conseil.",
        rome=("D1106 Vente en alimentation",),
        domaines=("commerce, alimentation/vente",),
        salaire=(1750, 1750),
        statuts=("salarié",),
        interets=("le contact avec les gens",),
    ),
    fiche(
        4,
        "ingénieur/e mécanique",
        niveau="bac + 5",
        presentation="Elle conçoit des machines et des fours industriels.",
        nature_travail=[("Du calcul à l'essai", "Le mécanicien prépare les essais ; l'ingénieure en tire les plans.")],
        competences="Un niveau bac + 5 en mécanique, de la rigueur.",
        rome=("H1206 Études industrielles",),
        domaines=("mécanique/conception",),
        formations=("diplôme d'ingénieur de l'ENSAM spécialité mécanique",),
        salaire=(2900, 3300),
        statuts=("salarié", "fonctionnaire"),
        interets=("calculer", "créer"),
    ),
    fiche(
        5,
        "technicien/ne mécanique",
        niveau="bac + 2",
        presentation="Il règle et répare des machines dans l'atelier.",
        nature_travail="Le technicien démonte le moteur, change la pièce et la remonte.",
        rome=("H1206 Études industrielles", "I1304 Maintenance"),
        domaines=("mécanique/maintenance", "mécanique/conception"),
        formations=("BTS maintenance des systèmes",),
        salaire=(2100, 2300),
        statuts=("salarié",),
        interets=("travailler de ses mains", "calculer"),
    ),
    fiche(
        6,
        "marin pêcheur",
        niveau="sans diplôme",
        presentation="Il pêche en mer, sur un bateau.",
        nature_travail="La pêche au filet, le tri du poisson, la vente à la criée.",
        rome=("A1415 Pêche",),
        domaines=("mer/pêche",),
        salaire=(1700, 2600),
        statuts=("salarié", "artisan"),
        interets=("le grand air",),
    ),
    fiche(
        7,
        "théologien/ne",
        niveau="bac + 8",
        presentation="Il étudie le péché, la grâce et les textes anciens.",
        domaines=("lettres",),
        statuts=("fonctionnaire", "libéral"),
        interets=("lire",),
    ),
    fiche(
        8,
        "arboriculteur/trice",
        niveau="bac ou équivalent",
        presentation="Elle taille les arbres et récolte la pêche et l'abricot.",
        conditions_travail="Dehors, à la belle saison ; le travail de nuit est rare.",
        rome=("A1401 Arboriculture",),
        domaines=("nature/fruits",),
        salaire=(1802, None),
        statuts=("salarié", "saisonnier"),
        interets=("le grand air",),
    ),
    fiche(
        9,
        "gardien/ne",
        niveau="autre formation",
        presentation="Il veille la nuit sur un immeuble.",
        nature_travail="La ronde de nuit, le courrier, l'accueil.",
        domaines=("sécurité",),
        statuts=("salarié",),
        associes=(8, 3),
    ),
    fiche(
        10,
        "gardien/ne",
        niveau="autre formation",
        presentation="Il veille la nuit sur un immeuble.",
        nature_travail="La ronde de nuit, le courrier, l'accueil.",
        domaines=("sécurité",),
        statuts=("salarié",),
    ),
    fiche(
        100,
        "gardien/ne",
        niveau="autre formation",
        presentation="Il veille la nuit sur un immeuble.",
        nature_travail="La ronde de nuit, le courrier, l'accueil.",
        domaines=("sécurité",),
        statuts=("salarié",),
    ),
    fiche(
        11,
        "œnologue",
        niveau="bac + 5",
        presentation="Elle goûte le vin : l’assemblage, l’élevage et la mise en bouteille dépendent d’elle.",
        nature_travail=[
            ("", "Le vin d'abord."),
            ("À la vigne", "Avant la vendange, l'œnologue goûte le raisin et décide du jour de la récolte.\n" * 4),
        ],
        domaines=("nature/vin", "commerce, alimentation"),
        salaire=(2500, None),
        statuts=("salarié", "libéral"),
        interets=("goûter",),
    ),
)
"""A dozen sheets: trees of domains, several statuses, levels on and off the scale, three sheets that only
differ by their number, words that only accents tell apart (pêche, péché)."""


# --- Random ones ------------------------------------------------------------------------------------

WORDS: tuple[str, ...] = (
    "pain", "four", "pêche", "péché", "moteur", "moteurs", "vente", "vendeuse", "vendeur", "bateau", "mécanique",
    "mécanicien", "mécanicienne", "organe", "organisation", "de", "la", "nuit", "œuf", "l'eau", "bac + 5", "C++",
)  # fmt: skip
"""Few enough to meet often: stop words, families, accents, an elision, special words."""

texts = st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)
sections = st.lists(st.tuples(texts, texts), max_size=2).map(tuple)


@st.composite
def corpora(draw: st.DrawFn, most: int = 12) -> tuple[Fiche, ...]:
    """One to `most` sheets with random words, levels, salaries and choices."""
    numbers = draw(st.lists(st.integers(1, 40), min_size=1, max_size=most, unique=True))
    return tuple(draw(_fiches(number)) for number in numbers)


@st.composite
def _fiches(draw: st.DrawFn, number: int) -> Fiche:
    low = draw(st.none() | st.integers(1500, 3500))
    high = draw(st.none() | st.integers(0, 500)) if low is not None else None
    some = lambda values: draw(st.lists(st.sampled_from(values), unique=True, max_size=3))  # noqa: E731
    return fiche(
        number,
        draw(texts.filter(bool)),
        niveau=draw(st.sampled_from((*NIVEAUX, "autre formation"))),
        presentation=draw(sections),
        nature_travail=draw(sections),
        vie_professionnelle=draw(sections),
        autres=draw(st.lists(texts.filter(bool), max_size=2)),
        rome=some(("A1415 Pêche", "D1102 Boulangerie", "H1206 Études", "A15")),
        domaines=some(("mer", "mer/pêche", "mécanique/moteurs", "nature/eau")),
        formations=some(("CAP vente", "BTS mécanique", "bac pro pain")),
        salaire=None if low is None else (low, None if high is None else low + high),
        statuts=some(("salarié", "artisan", "libéral")),
        interets=some(("la mécanique", "la nuit")),
    )


questions = st.lists(st.sampled_from((*WORDS, "pains", "MECANIQUE", "peche", "organiser")), min_size=1, max_size=4).map(
    " ".join
)
"""Queries in the words of the random sheets, plain."""
