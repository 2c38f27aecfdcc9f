"""What every view is given: the settings, the index of the request, the static files.

In: settings and an engine. Out: one Site for the application. It belongs to the application, not to the module.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, NamedTuple

from flask import Request, Response, g, request

from search.catalogue import Catalogue
from search.engine import Engine, IndexInfo
from search.french import facet_completion
from search.french.facet_completion import ChoiceTable
from search.settings import Settings
from web import texts
from web.addresses import pairs_of
from web.allowed_values import AllowedValues, allowed_values
from web.answer import PACKERS, Answer, Headers, is_known, tag
from web.negotiation import best_coding
from web.params import AnyParameters, is_repeatable, read
from web.serving.answer_cache import pinned_index
from web.serving.assets import Assets

FRESH: Final = "public, max-age=300"
"""How long browsers may show an answer without asking: five minutes."""

_VARY: Final = ("Vary", "Accept, Accept-Encoding")


@dataclass(frozen=True, slots=True)
class Generation:
    """What is computed once for each generation of the index.

    allowed: the values that may be chosen. choices: the same for the completion. facets, fiches: pieces of JSON by
    facet and by sheet. html: pieces of pages. medians: the median salary by domain, "" for all sheets. The last four
    are filled as they are needed.
    """

    info: IndexInfo
    allowed: AllowedValues
    choices: ChoiceTable
    facets: dict[str, Any] = field(default_factory=dict)
    fiches: dict[str, Any] = field(default_factory=dict)
    html: dict[Hashable, Any] = field(default_factory=dict)
    medians: dict[str, int | None] = field(default_factory=dict)


def generation_of(catalogue: Catalogue) -> Generation:
    """The Generation of the index of a catalogue."""
    completed = {name: catalogue.facet_values(name) for name in facet_completion.FACETS}
    return Generation(catalogue.info(), allowed_values(catalogue), facet_completion.table(completed))


class Asked(NamedTuple):
    """What a request asks, and how to make the answer.

    kind, normal: what is asked, in its normal form. The answer may depend on these, on the generation and on the
    version of the program alone.
    """

    kind: str
    normal: str
    make: Callable[[], Answer]


class Site:
    """What the views of an application share: settings, engine, static files. Safe to share between threads."""

    def __init__(self, settings: Settings, engine: Engine, assets: Assets) -> None:
        self.settings = settings
        self.engine = engine
        self.assets = assets
        self.version = program_version()
        self._generation: Generation | None = None

    @property
    def catalogue(self) -> Catalogue:
        """The index from which this request is answered, the same from its beginning to its end.

        Raises UnusableIndex or EngineUnavailable.
        """
        if "catalogue" not in g:
            g.catalogue = Catalogue(pinned_index(request.environ, self.engine.pinned))
        kept: Catalogue = g.catalogue
        return kept

    @property
    def base_url(self) -> str:
        """The public address, without a final slash. Never taken from the request."""
        return (self.settings.base_url or f"http://{self.settings.host}:{self.settings.port}").rstrip("/")

    @property
    def contact_href(self) -> str:
        """Where readers write to the operator; "" if no e-mail and no web address is set."""
        return href_of(self.settings.contact)

    def generation(self) -> Generation:
        """The Generation of the index of this request. Raises UnusableIndex or EngineUnavailable."""
        info = self.catalogue.info()
        known = self._generation
        if known is None or (known.info is not info and known.info != info):
            known = self._generation = generation_of(self.catalogue)
        return known

    def tag(self, asked: Asked) -> str:
        """The ETag of the answer to what is asked: made of that, of the generation and of the program's version."""
        return tag(self.version, self.generation().info.generation, asked.kind, asked.normal)

    def answer(self, request: Request, kind: str, normal: str, make: Callable[[], Answer]) -> "SiteResponse":
        """The answer to a request: 304 if the browser's copy is still good, else what `make()` gives. See Asked."""
        etag = self.tag(Asked(kind, normal, make))
        if is_known(etag, request.headers.get("If-None-Match")):
            response = SiteResponse(status=304)
            response.headers.extend((("ETag", etag), ("Cache-Control", FRESH), _VARY))
            return response
        return respond(packed_for(request.headers.get("Accept-Encoding", ""), make()), etag)


class SiteResponse(Response):
    """An answer as Flask sends it, with the number of its results for the log. If it has an ETag it may be kept."""

    results: int | None = None


def packed_for(accept_encoding: str, answer: Answer) -> Answer:
    """An Answer as a client takes it."""
    coding = best_coding(accept_encoding, tuple(PACKERS))
    if coding is None or answer.is_partial or not answer.is_worth_packing:
        return answer
    return answer.packed(coding)


def headers_of(answer: Answer, etag: str | None) -> Headers:
    """The headers of an Answer. A partial one gets no ETag: the same request may get a whole one later."""
    tagged = (("ETag", etag),) if etag and not answer.is_partial else ()
    return (*answer.headers, ("Cache-Control", "no-store" if answer.is_partial else FRESH), _VARY, *tagged)


def respond(answer: Answer, etag: str | None = None) -> SiteResponse:
    """An Answer as Flask sends it."""
    response = SiteResponse(answer.body, mimetype=answer.mimetype)
    response.headers.extend(headers_of(answer, etag))
    response.results = answer.results
    return response


def pairs() -> list[tuple[str, str]]:
    """The parameters of the request, as they came. Read once: a long address takes longer than a search."""
    if "pairs" not in g:
        g.pairs = pairs_of(request.query_string)
    kept: list[tuple[str, str]] = g.pairs
    return kept


def page_parameters(model: type[AnyParameters], known: AllowedValues | None = None) -> AnyParameters:
    """The parameters of a page. Raises QueryError for wrong values.

    Parameters that the page does not know are ignored: others add them to links. Empty values are ignored: forms send
    their empty fields. Of several values for one parameter the last counts: links are made longer at their end.
    """
    fields = model.model_fields
    given = [(name, value) for name, value in pairs() if value and name in fields]
    single = {name: value for name, value in given if not is_repeatable(fields[name].default)}
    return read(model, [*single.items(), *(pair for pair in given if pair[0] not in single)], known)


def source(info: IndexInfo) -> dict[str, str]:
    """Whose data this is: name, date ("" if unknown), address, licence."""
    return {"name": texts.SOURCE, "date": info.data_date, "url": texts.SOURCE_URL, "licence": texts.LICENCE}


def href_of(contact: str) -> str:
    """The link of a contact; "" if it is no e-mail and no web address."""
    if contact.startswith(("https://", "http://", "mailto:")):
        return contact
    return f"mailto:{contact}" if "@" in contact else ""


def name_sources(sources: Iterable[str]) -> list[tuple[str, str, str, str]]:
    """The lists of names among the sources of an index: version, name, address, licence."""
    return [
        (source, *texts.NAME_SOURCES[name])
        for source in sources
        if (name := source.partition(" ")[0]) in texts.NAME_SOURCES
    ]


def program_version() -> str:
    """The version of the program that is installed, "0" if it is not."""
    try:
        return version("metiers")
    except PackageNotFoundError:
        return "0"
