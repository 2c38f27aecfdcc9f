"""The fields, facets and ranges, declared once as data. In: a Fiche. Out: its texts, its values, its numbers.

A field is a tuple of blocks, in the order of the sheet; the text of a block that is indexed and
quoted is `block_text(block)`. The names, weights and b enter the fingerprint of the index; whoever changes anything
else that is indexed raises FORMAT (see `index.fingerprint`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from search import diplomas, rome_tree
from search.fiche import NIVEAUX, Appellation, Block, Fiche, Section, rank_of
from search.folding import fold, slug


@dataclass(frozen=True, slots=True)
class Field:
    """A searchable field. `weight` and `b` are the w_f and b_f of BM25F (see `ranking`).

    `label` is its name for readers, and its heading in Markdown; `anchor` its place on the sheet's page.
    `element`: of the official feed, for a section of prose; "" for a field made of other facts by `made`.
    `limits`: whether `dans` may name the field.
    """

    name: str
    label: str
    anchor: str
    weight: float
    b: float
    element: str = ""
    made: Callable[[Fiche], Section] | None = None
    limits: bool = True

    def blocks(self, fiche: Fiche) -> Section:
        """The blocks of a sheet that are indexed and quoted under this field."""
        return self.made(fiche) if self.made else fiche.section(self.name)


@dataclass(frozen=True, slots=True)
class Value:
    """A facet's value on a sheet: slug, label, the slug of its parent (tree), its rank (ordered)."""

    value: str
    label: str
    parent: str | None = None
    rank: int | None = None


def by_rank(value: Value) -> tuple[int, str, str]:
    """The usual order of a facet: by rank, values off the scale last, then by label."""
    return value.rank if value.rank is not None else 1 << 20, fold(value.label), value.value


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet. `type` is "ordered", "terms" or "tree"; a sheet holds the parents of its values too.

    `help` is what the documentation of the API says of its parameter. `key` names its values in the JSON of a sheet
    and in the table; "" for those that sheets and table tell in a form of their own. `order` sorts its values,
    children after their parent. `in_sitemap`: whether search engines are led to the list of each value.
    `has_codes`: whether its slugs are codes that readers know, shown before the labels. `heading` stands over its
    values ("Par domaine"): over their list, `browsed` without a search, with a `note`; over the bars of the results,
    `charted`. `part` is what a child value is called, for a tree that is browsed.
    """

    name: str
    label: str
    type: Literal["ordered", "terms", "tree"]
    values: Callable[[Fiche], tuple[Value, ...]]
    help: str
    key: str = ""
    order: Callable[[Value], tuple[Any, ...]] = by_rank
    in_sitemap: bool = False
    has_codes: bool = False
    heading: str = ""
    browsed: bool = False
    charted: bool = False
    note: str = ""
    part: str = "valeur"

    @property
    def anchor(self) -> str:
        """Its place on the page of lists."""
        return self.key or self.name


@dataclass(frozen=True, slots=True)
class Bound:
    """One side of a range in words: in the documentation of the API, beside its field, on the chip of a search."""

    help: str
    label: str
    chip: str


@dataclass(frozen=True, slots=True)
class Range:
    """What a search may bound from below and from above, by the parameters `<name>_min` and `<name>_max`.

    `span` gives the lowest and the highest number of a sheet, None if it does not say. On a `scale` a number is the
    place of a label there, and the parameters are slugs of labels; without one they are whole numbers.
    `sorts`: the names of the two orders by lowest number. `most_first`: which side the page asks for first.
    The fields stand under the facet of the same name, if there is one. `exact` opens the values of that facet.
    """

    name: str
    label: str
    span: Callable[[Fiche], tuple[int, int] | None]
    least: Bound
    most: Bound
    sorts: tuple[str, str]
    scale: tuple[str, ...] = ()
    unit: str = ""
    note: str = ""
    exact: str = ""
    most_first: bool = False

    @property
    def bounds(self) -> tuple[tuple[str, Bound], ...]:
        """The two sides by the names of their parameters, the lower one first."""
        return ((f"{self.name}_min", self.least), (f"{self.name}_max", self.most))

    def number(self, bound: str | int) -> int | None:
        """The number that a parameter means, None for a slug that is not on the scale."""
        return bound if isinstance(bound, int) else _places(self.scale).get(bound)


@cache
def _places(scale: tuple[str, ...]) -> dict[str, int]:
    return {slug(label): place for place, label in enumerate(scale)}


def block_text(block: Block) -> str:
    """The text of a block as indexed and quoted: its subtitle, a line break, its paragraphs."""
    return f"{block.title}\n{block.text}" if block.title and block.text else block.title or block.text


def appellations(fiche: Fiche) -> tuple[Appellation, ...]:
    """All titles of a sheet, its own first."""
    return (Appellation(fiche.title, fiche.feminin, fiche.masculin), *fiche.autres_appellations)


def _titre(fiche: Fiche) -> Section:
    return _title_blocks((appellations(fiche)[0],))


def _autres_appellations(fiche: Fiche) -> Section:
    return _title_blocks(fiche.autres_appellations)


def _title_blocks(titles: Iterable[Appellation]) -> Section:
    """The inclusive form, and both genders if they are not just its two readings."""
    blocks: list[str] = []
    for title in titles:
        blocks += dict.fromkeys((title.title, title.feminin, title.masculin))
    return tuple(Block("", text) for text in blocks if text)


def _en_bref(fiche: Fiche) -> Section:
    return fiche.section("en_bref") + fiche.duree_etudes


def _formations(fiche: Fiche) -> Section:
    return tuple(Block("", formation.label) for formation in fiche.formations)


def _reperes(fiche: Fiche) -> Section:
    texts = [fiche.niveau, *fiche.statuts, *fiche.interets, *fiche.secteurs, fiche.id]
    texts += dict.fromkeys(text for each in fiche.domaines for text in (each.domaine, each.sous_domaine) if text)
    for code in fiche.rome:
        texts += [code.code, code.label]
    texts += [formation.id for formation in fiche.formations]
    return tuple(Block("", text) for text in texts if text)


FIELDS: tuple[Field, ...] = (
    Field("titre", "Nom du métier", "haut", 8.0, 0.4, made=_titre, limits=False),
    Field("appellations", "Autres appellations", "appellations", 5.0, 0.4, made=_autres_appellations, limits=False),
    Field("presentation", "Présentation", "presentation", 2.0, 0.5, "accroche_metier"),
    Field("en_bref", "En bref", "en-bref", 1.5, 0.5, "format_court", made=_en_bref),
    Field("nature_travail", "Nature du travail", "nature-du-travail", 1.2, 0.5, "nature_travail"),
    Field("competences", "Compétences requises", "competences-requises", 1.0, 0.5, "competences"),
    Field("conditions_travail", "Conditions de travail", "conditions-de-travail", 0.8, 0.5, "condition_travail"),
    Field("vie_professionnelle", "Vie professionnelle", "vie-professionnelle", 0.3, 0.5, "vie_professionnelle"),
    Field("acces_metier", "Accès au métier", "acces-au-metier", 0.6, 0.5, "acces_metier"),
    Field("formations", "Formations recommandées", "formations", 1.5, 0.3, made=_formations),
    Field("reperes", "Repères", "reperes", 1.0, 0.0, made=_reperes, limits=False),
)
"""In the order of the sheet's page, which is also the order in which excerpts are preferred. Weights and b were chosen
with `metiers evaluate` (docs/relevance.md, "field weights" and "lengths of fields")."""

WRITTEN: tuple[Field, ...] = tuple(field for field in FIELDS if field.element)
"""The fields that are sections of prose. One entry above is all that a new one needs."""


def sections(fiche: Fiche) -> list[tuple[Field, Section]]:
    """The sections of prose that a sheet has, in the order of its page."""
    return [(field, section) for field in WRITTEN if (section := fiche.section(field.name))]


FIELD_BY_NAME: dict[str, Field] = {field.name: field for field in FIELDS}

SECTIONS: tuple[str, ...] = ("appellations", *(field.name for field in FIELDS if field.limits))
"""What `dans` may name. "appellations" stands for both the title and the other appellations."""


def fields_of_sections(sections: Iterable[str]) -> tuple[str, ...]:
    """The names of the fields that these sections stand for; all fields for no section."""
    wanted = set(sections)
    if "appellations" in wanted:
        wanted.add("titre")
    return tuple(field.name for field in FIELDS if not wanted or field.name in wanted)


def _niveau(fiche: Fiche) -> tuple[Value, ...]:
    # A sheet may tell no level; it is found all the same, under no choice.
    value = slug(fiche.niveau)
    return (Value(value, fiche.niveau, rank=rank_of(fiche.niveau)),) if value else ()


def _labels(labels: Iterable[str]) -> tuple[Value, ...]:
    return tuple(Value(value, label) for label in dict.fromkeys(labels) if (value := slug(label)))


def _domaine(fiche: Fiche) -> tuple[Value, ...]:
    values: dict[str, Value] = {}
    for each in fiche.domaines:
        parent = slug(each.domaine)
        values[parent] = Value(parent, each.domaine)
        if each.sous_domaine:
            child = f"{parent}.{slug(each.sous_domaine)}"
            values[child] = Value(child, each.sous_domaine, parent=parent)
    return tuple(values.values())


def _rome(fiche: Fiche) -> tuple[Value, ...]:
    values: dict[str, Value] = {}
    for each in fiche.rome:
        for code, label, parent in rome_tree.ancestry(each):
            values[slug(code)] = Value(slug(code), label, parent=slug(parent) if parent else None)
    return tuple(values.values())


SALARY_BANDS: tuple[tuple[int, str, str], ...] = (
    (0, "moins-de-1900", "moins de 1 900 €"),
    (1900, "1900-2099", "1 900 à 2 099 €"),
    (2100, "2100-2299", "2 100 à 2 299 €"),
    (2300, "2300-2599", "2 300 à 2 599 €"),
    (2600, "2600-2999", "2 600 à 2 999 €"),
    (3000, "3000-et-plus", "3 000 € et plus"),
)
"""Lower bound in gross euros a month, slug, label."""


def _salaire(fiche: Fiche) -> tuple[Value, ...]:
    if fiche.salaire_debutant is None or fiche.salaire_debutant.min is None:
        return ()
    amount = fiche.salaire_debutant.min
    rank = max(rank for rank, band in enumerate(SALARY_BANDS) if band[0] <= amount)
    return (Value(SALARY_BANDS[rank][1], SALARY_BANDS[rank][2], rank=rank),)


FACETS: tuple[Facet, ...] = (
    Facet(
        "domaine", "Domaine", "tree", _domaine, "Domaine ou sous-domaine.", "domaines", in_sitemap=True,
        heading="Par domaine", browsed=True, part="sous-domaine",
    ),
    Facet(
        "niveau", "Niveau d'études minimum", "ordered", _niveau, "Niveau d'accès minimum.", "niveau", in_sitemap=True,
        heading="Par niveau d'études", browsed=True, charted=True,
        note="Le niveau qu'il faut au minimum pour exercer le métier.",
    ),
    Facet(
        "interet", "Envie", "terms", lambda fiche: _labels(fiche.interets), "Centre d'intérêt.", "interets",
        in_sitemap=True, heading="Par envie", browsed=True,
    ),
    Facet(
        "statut", "Statut", "terms", lambda fiche: _labels(fiche.statuts), "Statut possible.", "statuts",
        heading="Par statut", browsed=True,
    ),
    Facet(
        "diplome", "Type de diplôme", "terms", lambda fiche: _labels(diplomas.kinds(fiche.formations)),
        "Type d'un diplôme recommandé.", "diplomes",
    ),
    Facet(
        "salaire", "Salaire au début", "ordered", _salaire, "Tranche du salaire du débutant.",
        heading="Par salaire au début", charted=True,
    ),
    Facet(
        "secteur", "Secteur d'activité", "terms", lambda fiche: _labels(fiche.secteurs), "Secteur d'activité.",
        "secteurs",
    ),
    Facet("rome", "Code ROME", "tree", _rome, "Code ROME, domaine ou grand domaine.", has_codes=True),
)  # fmt: skip
"""In display order. A facet that no sheet fills is not shown. One entry is all that a new one needs."""

FACET_BY_NAME: dict[str, Facet] = {facet.name: facet for facet in FACETS}


def _niveau_span(fiche: Fiche) -> tuple[int, int] | None:
    rank = rank_of(fiche.niveau)
    return None if rank is None else (rank, rank)


def _salaire_span(fiche: Fiche) -> tuple[int, int] | None:
    """Gross euros a month."""
    salaire = fiche.salaire_debutant
    if salaire is None or salaire.min is None:
        return None
    return salaire.min, salaire.max if salaire.max is not None else salaire.min


RANGES: tuple[Range, ...] = (
    Range(
        "niveau", "Niveau d'études minimum", _niveau_span, scale=NIVEAUX,
        least=Bound("Demande au moins ce niveau.", "Au moins", "au moins"),
        most=Bound("Accessible avec au plus ce niveau.", "Au plus", "au plus"), most_first=True,
        sorts=("études courtes d'abord", "études longues d'abord"), exact="Choisir un niveau précis",
    ),
    Range(
        "salaire", "Salaire au début", _salaire_span, unit="€", note="Euros brut par mois, au début.",
        least=Bound("Salaire du débutant, en euros brut par mois.", "À partir de", "salaire à partir de"),
        most=Bound("Salaire du débutant, en euros brut par mois.", "Jusqu'à", "salaire jusqu'à"),
        sorts=("petits salaires d'abord", "gros salaires d'abord"),
    ),
)  # fmt: skip
"""One entry is all that a new one needs."""

RANGE_BY_NAME: dict[str, Range] = {each.name: each for each in RANGES}

BOUNDS: dict[str, Bound] = {name: bound for each in RANGES for name, bound in each.bounds}
"""Every side of every range in words, by the name of its parameter, in a fixed order."""

SORTS: tuple[str, ...] = (
    "pertinence", "nom", "-nom", *(f"{sign}{each.name}" for each in RANGES for sign in ("", "-")),
)  # fmt: skip
