"""The shapes of the API's answers, as pydantic models: the OpenAPI document is made from them, and the tests
validate real answers against them. Version 1 only grows: keys are added, never renamed.
"""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from search.fiche import ID
from search.fields import FACETS, RANGES

Range = tuple[int, int]


class Answer(BaseModel):
    """Nothing beyond what is written here is answered."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)


class Source(Answer):
    """Whose data this is."""

    name: str
    date: str
    """Date of the data, "" if unknown."""
    url: str
    licence: str


class Index(Answer):
    """Which index answered."""

    generation: str
    documents: int
    built_at: str


class Value(Answer):
    """A value of a facet."""

    value: str
    label: str


class OrderedValue(Value):
    """A value on a scale; `rank` is null off the scale."""

    rank: int | None


class TreeValue(Value):
    """A value in a tree; `parent` is a value of the same facet, null at the top."""

    parent: str | None


class Rome(Answer):
    """A code of the ROME and its name, "" if unknown."""

    code: str
    label: str


class Title(Answer):
    """A title in its inclusive form."""

    title: str


class Appellation(Title):
    """A title in its inclusive form and in both genders."""

    feminin: str
    masculin: str


class Salaire(Answer):
    """A beginner's salary: the sheet's words, and gross euros a month if they say so."""

    text: str
    min: int | None
    max: int | None


class Links(Answer):
    """Where a sheet is."""

    self: str
    html: str


class Summary(Answer):
    """What every list says of a sheet."""

    id: str = Field(pattern=f"^{ID.pattern}$")
    title: str
    feminin: str
    masculin: str
    autres_appellations: list[Title]
    niveau: OrderedValue | None
    """Null on a sheet that tells no level."""
    rome: list[Rome]
    statuts: list[Value]
    interets: list[Value]
    domaines: list[Value]
    """Those above its own ones included."""
    salaire_debutant: Salaire | None


class HighlightedTitle(Answer):
    """The title with the ranges of the found words, in code points."""

    text: str
    ranges: list[Range]


class Snippet(Answer):
    """A piece of a section with the ranges of the found words, in code points of `text`."""

    section: str
    label: str
    text: str
    ranges: list[Range]
    html: str
    href: str


class Highlight(Answer):
    """Where the words were found."""

    title: HighlightedTitle
    snippets: list[Snippet]


class Part(Answer):
    """A part of a score; the parts add up to it."""

    name: str
    label: str
    value: float


class Nom(Answer):
    """A name of a job from outside the sheets, and the list that gives it, with its version."""

    label: str
    source: str


class Result(Summary):
    """A found sheet."""

    score: float
    matched_in: list[str]
    nom: Nom | None
    """The name from outside that led to the sheet; null if none did."""
    highlight: Highlight
    explain: list[Part] | None = None
    """Only when asked for."""
    links: Links


class Choice(Answer):
    """A value of a facet under the present search; `toggle` is null if it would find nothing."""

    value: str
    label: str
    rank: int | None = None
    """Only in ordered facets."""
    parent: str | None = None
    """Only in trees."""
    count: int
    selected: bool
    toggle: str | None


class Facet(Answer):
    """A facet, counted without its own filter and under all others."""

    name: str
    label: str
    type: Literal["ordered", "terms", "tree"]
    operator: Literal["or"]
    total_values: int
    """How many values the facet has, those left out included."""
    values: list[Choice]
    """Those that some result has, and those chosen; all of them with `zeros=true`."""


class _Asked(Answer):
    """The search as understood by the parameters."""

    q: str
    filters: dict[str, list[str]]
    dans: list[str]
    sort: str
    typo: Literal["auto", "off"]


_BOUNDS: Final[dict[str, Any]] = {
    name: (str | None if each.scale else int | None, ...) for each in RANGES for name, _ in each.bounds
}
Asked: Any = create_model("Asked", __base__=_Asked, __doc__=_Asked.__doc__, **_BOUNDS)


class Correction(Answer):
    """A word that no sheet holds, and what was searched instead."""

    typed: str
    understood: str
    href: str
    """The search of the very words typed."""


class Exclusion(Answer):
    """Words that no sheet found may hold, and the search that takes them in again."""

    typed: str
    href: str


class Reading(Answer):
    """How a piece of the query is read, and the search that takes this reading back."""

    kind: Literal[
        "niveau_max", "choice", "salaire", "nothing_left", "beyond", "choice_left", "untold", "lost", "spoken", "near",
        "instead", "without", "left", "wish",
    ]  # fmt: skip
    """`niveau_max`: a level that bounds the search. `choice`: a value of a facet that is applied. `salaire`: the order
    by salary. `nothing_left`: a level that is not applied, since nothing would be found. `beyond`: a level that is not
    applied, since it would hide the job named. `choice_left`: a value that is not applied, for one of these two
    reasons. `untold`: something that the sheets do not say. `lost`: the reader does not know what to look for.
    `spoken`: a spoken word. `near`: a job without a sheet. `instead`: a refusal that no sheet answers. `without`: jobs
    that are not wanted. `left`: other words that are not wanted. `wish`: a word that only says a wish, and is not
    searched."""
    typed: str
    meant: list[str]
    """The level, the label, the job or the words meant; what a spoken word stands for; the nearest jobs to one without
    a sheet."""
    href: str


class Understanding(Answer):
    """How the words were read."""

    text: str
    corrections: list[Correction]
    ignored: list[str]
    """Words that no sheet holds."""
    partial_match: bool
    """No sheet holds all the words."""
    excluded: list[Exclusion]
    left_out: list[str]
    """What goes beyond the words, phrases and exclusions of one search."""
    readings: list[Reading]
    exact: str | None
    """The search of the very words typed, null if they were searched as they are."""


class OtherWords(Answer):
    """Other words that find something."""

    text: str
    count: int
    href: str


class Relaxation(Answer):
    """What to remove from a search that finds nothing, and how many sheets that gives."""

    remove: list[str]
    count: int
    href: str


class Suggestion(Answer):
    """A completion; `ranges` mark the typed letters in `label`."""

    id: str
    label: str
    title: str
    ranges: list[Range]
    href: str


class SearchLinks(Answer):
    """The links of a page of results."""

    self: str
    first: str
    prev: str | None
    next: str | None
    csv: str
    ndjson: str
    html: str


class SearchAnswer(Answer):
    """A page of results."""

    query: Asked
    total_results: int
    page: int
    per_page: int
    total_pages: int
    took_ms: float
    partial: bool
    index: Index
    source: Source
    results: list[Result]
    facets: list[Facet]
    understanding: Understanding
    suggestions: list[OtherWords]
    nearest: list[Suggestion]
    relaxations: list[Relaxation]
    links: SearchLinks


class CompletedChoice(Answer):
    """A value of a facet that fits what is typed; `ranges` mark the typed letters in `label`."""

    value: str
    label: str
    ranges: list[Range]
    count: int
    """How many sheets have it."""
    href: str
    """The page of these sheets."""


class SuggestGroup(Answer):
    """Values of one facet, `name`."""

    name: str
    label: str
    suggestions: list[CompletedChoice]


class SuggestAnswer(Answer):
    """Completions, best first, a sheet once; beside these jobs, what else fits, in groups."""

    query: str
    suggestions: list[Suggestion]
    groups: list[SuggestGroup]


class Block(Answer):
    """A subtitled piece of a section; paragraphs are parted by line breaks."""

    title: str
    text: str


class Section(Answer):
    """A section of a sheet."""

    name: str
    label: str
    href: str
    blocks: list[Block]


class Formation(Answer):
    """A recommended diploma: its page here, and its page at Onisep with the places that prepare for it."""

    id: str
    label: str
    html: str
    url: str


class Associe(Answer):
    """A related job named by the official feed."""

    id: str
    label: str


class Link(Answer):
    """A link that a sheet gives for further reading."""

    url: str
    label: str


class Publication(Answer):
    """An Onisep publication on the job."""

    title: str
    collection: str
    annee: str
    gencod: str


class FicheLinks(Links):
    """Where a sheet and its neighbours are, here, at Onisep and at France Travail (a page for each ROME code)."""

    similaires: str
    onisep: str
    metierscope: list[str]


class _FicheAnswer(Summary):
    """The whole sheet."""

    sections: list[Section]
    duree_etudes: list[Block]
    formations: list[Formation]
    associes: list[Associe]
    sources: list[Link]
    publications: list[Publication]
    noms: list[Nom]
    """Other names of this very job, from outside the sheets."""
    index: Index
    source: Source
    links: FicheLinks


VALUES: Final[dict[str, Any]] = {"ordered": list[OrderedValue], "terms": list[Value], "tree": list[TreeValue]}
"""The shape of the values that a sheet has of a facet, by the type of the facet."""

FACETS_OF_SHEET: Final = tuple(facet for facet in FACETS if facet.key and facet.key not in Summary.model_fields)
"""The facets that a sheet tells beside its summary, under their keys."""

_VALUES: Final[dict[str, Any]] = {
    # What a list says shortly, a sheet says in full.
    "autres_appellations": (list[Appellation], ...),
    "domaines": (VALUES["tree"], ...),
    **{facet.key: (VALUES[facet.type], ...) for facet in FACETS_OF_SHEET},
}
FicheAnswer: Any = create_model("FicheAnswer", __base__=_FicheAnswer, __doc__=_FicheAnswer.__doc__, **_VALUES)


class SimilarResult(Summary):
    """A sheet near another one; `score` in 0..1; `associated` by the official feed itself."""

    score: float
    associated: bool
    links: Links


class SimilarAnswer(Answer):
    """The nearest sheets, nearest first."""

    id: str
    title: str
    results: list[SimilarResult]
    source: Source


class FacetValue(Answer):
    """A value of a facet with the number of sheets that hold it."""

    value: str
    label: str
    rank: int | None = None
    parent: str | None = None
    count: int
    href: str


class FacetAnswer(Answer):
    """The values of a facet."""

    name: str
    label: str
    type: Literal["ordered", "terms", "tree"]
    operator: Literal["or"]
    query: str
    values: list[FacetValue]


class LineAnswer(Summary):
    """A line of NDJSON."""

    source: Source


class Live(Answer):
    """The process answers."""

    status: Literal["live"]


class Ready(Answer):
    """The index is being served."""

    status: Literal["ready"]
    index: Index
    passed_over: bool | None = None
    """Whether a newer index cannot be served; only then."""
    data_days: int | None = None
    """Days since the date of the data, if it has one."""
    outdated: bool | None = None
    """Whether the data is older than 60 days; only then."""


class WrongParameter(Answer):
    """One thing wrong with one parameter."""

    parameter: str
    code: str
    detail: str
    value: str | None = None
    allowed: list[str] | None = None
    did_you_mean: str | None = None


class Problem(Answer):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[WrongParameter] | None = None
