"""Reads and checks the parameters of an address; a Query is made of them. `links` writes a Query as an address.

In: the (name, value) pairs of a query string. Out: validated parameters, or a QueryError that lists every fault.
The OpenAPI document is made of the same models, so that what it says is what is checked.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import replace
from difflib import get_close_matches
from typing import Annotated, Any, Final, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    create_model,
)
from pydantic_core import PydanticCustomError

from search.diplomas import KINDS
from search.errors import Fault, QueryError
from search.fiche import ID
from search.fields import BOUNDS, FACET_BY_NAME, FACETS, RANGES, SORTS, Range
from search.folding import slug
from search.query import MAX_CHARACTERS, MAX_PER_PAGE, MAX_WINDOW, Query
from web import texts
from web.addresses import identifier, is_measuring
from web.allowed_values import AllowedValues

MAX_VALUES: Final = 100
"""Values of one parameter."""

MAX_AMOUNT: Final = 1_000_000
"""The bound of a range without a scale: euros a month."""

MAX_SUGGESTIONS: Final = 20
"""Completions, or similar sheets, of one answer."""

MAX_KEPT: Final = 30
"""Sheets of a list."""

MAX_COMPARED: Final = 4
"""Sheets that are compared at once."""

MAX_NAME: Final = 60
"""Characters in the name of a list: it stands in a heading, and in a code that telephones read."""

_SHOWN: Final = 100
"""Characters of a wrong value that the error repeats."""

_WHOLE = re.compile(r"(?:0|[1-9][0-9]{0,8})\Z")

FACET_NAMES: Final = tuple(FACET_BY_NAME)
FORMATS: Final = {"json": "application/json", "csv": "text/csv", "ndjson": "application/x-ndjson"}
"""The formats of a search's results: the media type of each by its name."""


_INVISIBLE: Final = re.compile("[\0-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters and halves of characters (the categories Cc and Cs of Unicode)."""


def _fault(code: str, **details: Any) -> PydanticCustomError:
    """A fault as pydantic carries it; `_faults` puts the parameter's name into its sentence."""
    return PydanticCustomError("fault", "{code}", {"code": code, **details})


def _bounded_text(code: str, limit: int) -> Callable[[str], str]:
    def check(text: str) -> str:
        # A letter and its accent may come as two characters: they count as the one that a reader sees.
        composed = unicodedata.normalize("NFC", text)
        if len(composed) > limit:
            raise _fault(code, limit=limit)
        return " ".join(_INVISIBLE.sub(" ", composed).split())

    return check


def _whole(text: object) -> object:
    """Only plain digits: int() would also take signs, blanks, underscores and the digits of other scripts."""
    if isinstance(text, str):
        if not _WHOLE.match(text):
            raise _fault("integer", value=text)
        return int(text)
    return text


def _bounded(least: int, most: int) -> Callable[[int], int]:
    def check(number: int) -> int:
        if number < least:
            raise _fault("min", limit=least, value=str(number))
        if number > most:
            raise _fault("max", limit=most, value=str(number))
        return number

    return check


def _offered(text: str, info: ValidationInfo) -> str:
    """The slug of a value that the index offers for this parameter. Raises the fault "enum" for any other."""
    known: AllowedValues = (info.context or {})["allowed"]
    value = known.resolve(str(info.field_name), text)
    if value is None:
        raise _fault("enum", value=text)
    return value


def _at_most(limit: int) -> BeforeValidator:
    def check(values: Iterable[str]) -> tuple[str, ...]:
        given = tuple(values)
        if len(given) > limit:
            raise _fault("too_many", limit=limit)
        return given

    return BeforeValidator(check)


def _one_of(*choices: str) -> BeforeValidator:
    def check(text: object) -> object:
        if text not in choices:
            raise _fault("enum", value=text, allowed=choices)
        return text

    return BeforeValidator(check)


def _commas(values: object) -> object:
    """`facets=niveau,statut` as well as `facets=niveau&facets=statut`."""
    return tuple(part for value in values for part in value.split(",")) if isinstance(values, list) else values


def _facet_list(names: tuple[str, ...]) -> tuple[str, ...]:
    known = (*FACET_NAMES, "all", "none")
    if len(names) > MAX_VALUES:
        raise _fault("too_many", limit=MAX_VALUES)
    for name in names:
        if name not in known or (name in {"all", "none"} and len(set(names)) > 1):
            raise _fault("enum", value=name, allowed=known)
    return names


def _identifier(text: str) -> str:
    id = identifier(text)
    if id is None:
        raise _fault("identifier", value=text)
    return id


Text = Annotated[
    str,
    AfterValidator(_bounded_text("too_long", MAX_CHARACTERS)),
    Field(json_schema_extra={"maxLength": MAX_CHARACTERS}),
]
ListName = Annotated[str, AfterValidator(_bounded_text("name_too_long", MAX_NAME))]
Offered = Annotated[str, AfterValidator(_offered)]
Choices = Annotated[tuple[Offered, ...], _at_most(MAX_VALUES)]
Id = Annotated[str, AfterValidator(_identifier), Field(json_schema_extra={"pattern": f"^{ID.pattern}$"})]


def _count(least: int, most: int) -> Any:
    return Annotated[
        int,
        BeforeValidator(_whole),
        AfterValidator(_bounded(least, most)),
        Field(json_schema_extra={"minimum": least, "maximum": most}),
    ]


class Parameters(BaseModel):
    """What every endpoint's parameters share: frozen, and nothing unknown."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoParameters(Parameters):
    """No parameters at all."""


class Words(Parameters):
    """The words of a search."""

    q: Text = Field("", description=texts.HELP["q"])


def _bound_type(declared: Range) -> Any:
    return Offered | None if declared.scale else _count(0, MAX_AMOUNT) | None


_FACET_FIELDS: Final = {each.name: (Choices, Field((), description=each.help)) for each in FACETS}
_BOUND_FIELDS: Final = {
    name: (_bound_type(each), Field(None, description=bound.help)) for each in RANGES for name, bound in each.bounds
}
_Filtered: Any = create_model("_Filtered", __base__=Words, **_FACET_FIELDS, **_BOUND_FIELDS)  # type: ignore[call-overload]
"""The words, a parameter for each facet, two for each range."""


class SearchParameters(_Filtered):  # type: ignore[misc]
    """The parameters of a search, of the page and of the API alike."""

    dans: Choices = Field((), description=texts.HELP["dans"])
    sort: Annotated[str, _one_of(*SORTS), Field(json_schema_extra={"enum": list(SORTS)})] = Field(
        "pertinence", description=texts.HELP["sort"]
    )
    page: _count(1, MAX_WINDOW) = Field(1, description=texts.HELP["page"])  # type: ignore[valid-type]
    per_page: _count(1, MAX_PER_PAGE) = Field(20, description=texts.HELP["per_page"])  # type: ignore[valid-type]
    facets: Annotated[tuple[str, ...], BeforeValidator(_commas), AfterValidator(_facet_list)] = Field(
        ("all",), description=texts.HELP["facets"]
    )
    typo: Annotated[str, _one_of("auto", "off"), Field(json_schema_extra={"enum": ["auto", "off"]})] = Field(
        "auto", description=texts.HELP["typo"]
    )
    explain: Annotated[str, _one_of("true", "false"), Field(json_schema_extra={"enum": ["true", "false"]})] = Field(
        "false", description=texts.HELP["explain"]
    )
    zeros: Annotated[str, _one_of("true", "false"), Field(json_schema_extra={"enum": ["true", "false"]})] = Field(
        "false", description=texts.HELP["zeros"]
    )
    format: Annotated[str, _one_of(*FORMATS), Field(json_schema_extra={"enum": list(FORMATS)})] | None = Field(
        None, description=texts.HELP["format"]
    )

    def query(self) -> Query:
        """The Query that these parameters ask for. Raises QueryError for a page beyond what may be asked."""
        if self.page * self.per_page > MAX_WINDOW:
            raise QueryError((fault("page", "window", str(self.page), limit=MAX_WINDOW),))
        return Query(
            text=self.q,
            filters=frozenset((name, value) for name in FACET_NAMES for value in getattr(self, name)),
            bounds=frozenset((name, value) for name in BOUNDS if (value := getattr(self, name)) is not None),
            dans=frozenset(self.dans),
            sort=self.sort,
            page=self.page,
            per_page=self.per_page,
            facets=None if "all" in self.facets else frozenset(self.facets) - {"none"},
            typo=self.typo == "auto",
            explain=self.explain == "true",
            zeros=self.zeros == "true",
        )


class EditionSearchParameters(SearchParameters):
    """The parameters of a search of the API. With `edition` all its pages come from one edition, or are refused."""

    edition: str | None = Field(None, description=texts.HELP["edition"])


class KeptParameters(Parameters):
    """The list of a reader without JavaScript, which the links of every page carry on."""

    garde: Annotated[tuple[Id, ...], _at_most(MAX_KEPT)] = Field((), description=texts.HELP["garde"])
    nom: ListName = Field("", description=texts.HELP["list.nom"])

    def query(self) -> Query:
        """A Query that asks nothing and holds the list."""
        return Query(kept=kept_of(self.garde), kept_name=self.nom)


class DiplomasParameters(KeptParameters):
    """The parameters of the list of diplomas: words of their names, their kind, and what is kept."""

    contient: Text = Field("", description=texts.HELP["diplomes.contient"])
    type: Annotated[str, _one_of("", *map(slug, KINDS))] = Field("", description=texts.HELP["diplomes.type"])


def kept_of(ids: Iterable[str]) -> tuple[str, ...]:
    """The sheets of a list, each once."""
    return tuple(dict.fromkeys(ids))


def salvaged_list(pairs: Iterable[tuple[str, str]]) -> Query:
    """A Query that asks nothing and holds what can be read of the list in an address that is refused. Never raises."""
    given = [(name, _well_formed(value)) for name, value in pairs]
    carried = {each: [value for name, value in given if name == each] for each in ("garde", "parmi", "id", "nom")}
    ids = filter(None, map(identifier, carried["garde"] or carried["parmi"] or carried["id"]))
    try:
        nom = _bounded_text("name_too_long", MAX_NAME)("".join(carried["nom"][:1]))
    except PydanticCustomError:
        nom = ""
    return Query(kept=kept_of(ids)[:MAX_KEPT], kept_name=nom)


class PageParameters(SearchParameters, KeptParameters):
    """The parameters of the pages: those of a search, and the list."""

    def query(self) -> Query:
        """The Query that these parameters ask for, with the list. Raises QueryError as `SearchParameters.query`
        does."""
        asked = super().query()
        return replace(asked, kept=kept_of(self.garde), kept_name=self.nom) if self.garde or self.nom else asked


class FacetPageParameters(PageParameters):
    """The parameters of the page that shows all choices of one facet for a search."""

    contient: Text = Field("", description=texts.HELP["filters.contient"])


class SuggestParameters(Parameters):
    """The parameters of a completion."""

    q: Text = Field("", description=texts.HELP["suggest.q"])
    limit: _count(1, MAX_SUGGESTIONS) = Field(8, description=texts.HELP["suggest.limit"])  # type: ignore[valid-type]


class SimilarParameters(Parameters):
    """The parameters of a list of similar sheets."""

    limit: _count(1, MAX_SUGGESTIONS) = Field(6, description=texts.HELP["similar.limit"])  # type: ignore[valid-type]


class FacetParameters(Parameters):
    """The parameters of a search inside a facet."""

    q: Text = Field("", description=texts.HELP["facet.q"])


class ListParameters(Parameters):
    """A list of sheets: all of it stands in its address."""

    id: Annotated[tuple[Id, ...], _at_most(MAX_KEPT)] = Field((), description=texts.HELP["selection.id"])
    nom: ListName = Field("", description=texts.HELP["list.nom"])

    @property
    def ids(self) -> tuple[str, ...]:
        """Each sheet once, in the order of the list."""
        return tuple(dict.fromkeys(self.id))


class SelectionParameters(ListParameters):
    """The sheets kept by a reader, and words to find one more."""

    q: Text = Field("", description=texts.HELP["selection.q"])
    format: Annotated[str, _one_of("csv")] | None = Field(None, description=texts.HELP["selection.format"])


class CompareParameters(ListParameters):
    """The sheets to compare (the first MAX_COMPARED are shown), and the list that they were chosen from (`parmi`)."""

    parmi: Annotated[tuple[Id, ...], _at_most(MAX_KEPT)] = Field((), description=texts.HELP["compare.parmi"])


AnyParameters = TypeVar("AnyParameters", bound=Parameters)


def read(
    model: type[AnyParameters], pairs: Iterable[tuple[str, str]], known: AllowedValues | None = None
) -> AnyParameters:
    """The parameters of a query string; those that only count who follows a link are ignored (`addresses.MEASURING`).

    known: what may be chosen in the index; needed by models with such parameters. Raises QueryError with every fault:
    unknown and repeated parameters, wrong values.
    """
    fields = model.model_fields
    given: dict[str, Any] = {}
    unknown: dict[str, Fault] = {}
    repeated: list[Fault] = []
    for name, value in (map(_well_formed, pair) for pair in pairs):
        if name not in fields:
            if is_measuring(name):
                continue
            if name not in unknown and len(unknown) < MAX_VALUES:
                unknown[name] = _unknown(name, tuple(fields), guess=len(unknown) < _GUESSED)
        elif is_repeatable(fields[name].default):
            given.setdefault(name, []).append(value)
        elif name in given:
            repeated.append(fault(name, "repeated", value))
        else:
            given[name] = value
    faults = [*unknown.values(), *repeated[:MAX_VALUES]]
    try:
        parameters = model.model_validate(given, context={"allowed": known})
    except ValidationError as error:
        raise QueryError((*faults, *_faults(error, known))) from None
    if faults:
        raise QueryError(tuple(faults))
    return parameters


def _well_formed(text: str) -> str:
    # Bytes of a terminal that are no UTF-8 come as lone surrogates, which cannot be encoded: they become "?".
    return text.encode("utf-8", "replace").decode()


def is_repeatable(default: object) -> bool:
    """Whether a parameter with this default may stand in an address several times."""
    return isinstance(default, tuple)


def fault(parameter: str, code: str, value: str | None = None, **details: Any) -> Fault:
    """A fault with its French sentence."""
    shown = None if value is None else value[:_SHOWN]
    allowed = tuple(details.pop("allowed", ()))
    guess = details.pop("did_you_mean", None)
    detail = texts.FAULTS[code].format(parameter=parameter[:_SHOWN], value=shown, **details)
    if guess:
        detail += texts.DID_YOU_MEAN.format(value=guess)
    return Fault(parameter[:_SHOWN], code, detail, shown, allowed, guess)


def _unknown(name: str, known: tuple[str, ...], guess: bool) -> Fault:
    near = get_close_matches(name[:_SHOWN], known, n=1) if guess else ()
    return fault(name, "unknown_parameter", allowed=known, did_you_mean=near[0] if near else None)


def _faults(error: ValidationError, known: AllowedValues | None) -> list[Fault]:
    """One fault for each wrong value; the long list of what is allowed stands once for each parameter."""
    faults: list[Fault] = []
    for each in error.errors(include_url=False):
        parameter = str(each["loc"][0])
        details = dict(each.get("ctx", {}))
        code = details.pop("code")
        value = details.pop("value", None)
        earlier = sum(fault.parameter == parameter for fault in faults)
        if code == "enum" and earlier < _GUESSED:
            allowed = details.get("allowed")
            if allowed is None and known is not None:
                details["allowed"] = known.allowed[parameter] if not earlier else ()
                details["did_you_mean"] = known.nearest(parameter, value)
            elif allowed:
                near = get_close_matches(value[:_SHOWN], allowed, n=1)
                details["did_you_mean"] = near[0] if near else None
        faults.append(fault(parameter, code, value, **details))
    return faults


_GUESSED: Final = 5
"""Wrong values of one parameter, or wrong names, that are compared with the right ones: each comparison costs time."""
