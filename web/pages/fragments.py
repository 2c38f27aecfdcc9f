"""Cached pieces of the page of results: HTML that does not depend on the query, made once for each index.

In: facets and sheets. Out: HTML. The HTML of a choice is cut where its count stands, so that a page only joins pieces.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from itertools import compress
from typing import Any, Final, TypeVar

from jinja2 import Environment
from markupsafe import Markup, escape

from search.catalogue import FacetChoices, ResultPage
from search.engine import Excerpt, FacetValue, Hit
from search.fields import FIELD_BY_NAME
from search.query import Query
from web.highlights import marked_html
from web.labels import number
from web.pages import search_view
from web.pages.search_view import Bar, Group, Node, PrintedChoices, Told

FEW: Final = 6
"""Choices of a long facet that are shown at once; the others are under "plus de choix"."""

_FEW_WAITING: Final = 10
"""With more choices than this beyond the first ones, a link to the page of all choices is shown."""

_COUNT: Final = 987_654_321
"""A count that no facet has: it is printed into a choice to find the place where the HTML is cut."""

_MOST_KEPT: Final = 5_000
"""Pieces of HTML that are kept in memory; those beyond are made anew each time."""

Fragment = TypeVar("Fragment")


@dataclass(frozen=True, slots=True)
class _Pieces:
    """The HTML of the choices of a facet, by their places.

    openings: of each, all up to its count. ending: what follows the count, the same for all. empty: the whole of each
    with a count of 0. top: the places of those that are under no other.
    """

    values: tuple[FacetValue, ...]
    openings: tuple[str, ...]
    ending: str
    empty: tuple[str, ...]
    top: tuple[int, ...]


class _Holes:
    """Given to a macro in place of what depends on the query: each of its attributes prints a mark with its name."""

    def __getattr__(self, name: str) -> Markup:
        return Markup(f"\0{name}\0")  # noqa: S704 - no sheet holds this letter


_HOLE: Final = _Holes()


def _cut(printed: Markup) -> str:
    """What a macro printed, its marks turned into places for `text % {name: html}`."""
    parts = str(printed).split("\0")
    return "".join(f"%({part})s" if place % 2 else part.replace("%", "%%") for place, part in enumerate(parts))


class Fragments:
    """Prints pieces of pages with the macros of an environment; `kept` is what was made for the generation served.

    Safe under threads: two may make the same piece, and both are right.
    """

    def __init__(self, environment: Environment, kept: dict[Hashable, Any]) -> None:
        self._environment = environment
        self._kept = kept

    def card(self, hit: Hit, is_first: bool, is_kept: bool, has_words: bool, asked: str, keep_href: str) -> str:
        """A found sheet. `asked` is the query string that its links remember, escaped like `keep_href`."""
        fiche = hit.fiche
        return self._cut("hits.html", "card", (fiche.id, is_first, is_kept), fiche, is_first, is_kept) % {
            "asked": asked,
            "title": marked_html(fiche.title, hit.title_ranges),
            "name": self._macro("hits.html", "also_called")(hit.nom) if hit.nom else "",
            "keep": keep_href,
            "texts": self._texts(hit, has_words, asked),
            "why": self._macro("hits.html", "why")(hit.parts) if hit.parts else "",
        }

    def _texts(self, hit: Hit, has_words: bool, asked: str) -> str:
        """The excerpts of a sheet; for a search without words, its beginning."""
        if hit.excerpts:
            quotes = [self._quote(hit.fiche.id, each, asked) for each in hit.excerpts]
            return self._cut("hits.html", "quotes", ()) % {"quotes": "".join(quotes)}
        return "" if has_words else self._once("hits.html", "beginning", (hit.fiche.id,), hit.fiche)

    def _quote(self, id: str, excerpt: Excerpt, asked: str) -> str:
        before, after = "… " if excerpt.before else "", " …" if excerpt.after else ""
        field = FIELD_BY_NAME[excerpt.section]
        text = f"{before}{marked_html(excerpt.text, excerpt.ranges)}{after}"
        return self._cut("hits.html", "quote", (field.name,), field) % {"id": id, "asked": asked, "text": text}

    def bars(self, bars: Iterable[Bar]) -> Markup:
        """The rows of a chart."""
        return Markup("".join(map(self._bar, bars)))  # noqa: S704 - cut from a macro, filled with what is escaped

    def _bar(self, bar: Bar) -> str:
        given = bar.label, bar.selected, bar.href is not None
        told = {"href": escape(bar.href or ""), "count": number(bar.count), "share": bar.share}
        return self._cut("facets.html", "bar", given, *given) % told

    def group(self, group: Group) -> Markup:
        """A facet or a range among the filters."""
        choices = group.choices
        has_choices, has_more = bool(choices.first), bool(choices.waiting)
        has_page = has_choices and (group.type == "tree" or choices.waiting > _FEW_WAITING)
        about = (group.name, group.selected, group.bounds, has_choices, has_more, has_page)
        all_href = escape(group.all_href)
        told = {"first": choices.first, "more": choices.more, "waiting": choices.waiting, "all_href": all_href}
        cut = self._cut("facets.html", "facet_group", about, group, has_choices, has_more, has_page)
        return Markup(cut % told)  # noqa: S704 - cut from a macro, filled with what is escaped

    def notes(self, told: Told, page: ResultPage) -> Markup:
        """How the words were read."""
        printed: Markup = self._macro("told.html", "told_notes")(told, page.total, page.query)
        return printed

    def sections(self, query: Query) -> Markup:
        """The boxes of the sections that a search may be limited to."""
        return self._once("facets.html", "sections", (query.dans,), search_view.section_options(query))

    def choices(self, facet: FacetChoices) -> PrintedChoices:
        """The choices of a facet. Those at zero are left out, but for those of a scale.

        A tree shows its top, and what lies under the chosen.
        """
        if facet.type == "tree":
            if facet.selected:
                nodes = search_view.open_tree(facet)
                return PrintedChoices(Markup("").join(self._choice(node, facet.name) for node in nodes))
            pieces = self._pieces(facet)
            return self._printed(facet, [place for place in pieces.top if facet.counts[place]])
        if facet.type == "ordered":
            return self._printed(facet, range(len(facet.values)))
        chosen = self._chosen(facet)
        shown = sorted(chosen.union(compress(range(len(facet.values)), facet.counts)))
        few = max(FEW, len(chosen))
        if len(shown) <= few + 1:  # one more choice takes no more room than a line that leads to it
            return self._printed(facet, shown)
        # The chosen and the most frequent first.
        ranked = sorted(shown, key=facet.counts.__getitem__, reverse=True)
        if chosen:
            ranked.sort(key=lambda place: place not in chosen)
        return self._printed(facet, ranked[:few], ranked[few:])

    def _printed(self, facet: FacetChoices, first: Iterable[int], more: Iterable[int] = ()) -> PrintedChoices:
        waiting = self._joined(facet, more)
        # Every piece was escaped by its macro.
        return PrintedChoices(Markup("".join(self._joined(facet, first))), Markup("".join(waiting)), len(waiting))  # noqa: S704

    def _joined(self, facet: FacetChoices, places: Iterable[int]) -> list[str]:
        pieces, counts = self._pieces(facet), facet.counts
        openings, empty, ending = pieces.openings, pieces.empty, pieces.ending
        chosen = self._chosen(facet)
        return [
            self._chosen_choice(facet, place)
            if place in chosen
            else (f"{openings[place]}{number(counts[place])}{ending}" if counts[place] else empty[place])
            for place in places
        ]

    def _chosen_choice(self, facet: FacetChoices, place: int) -> Markup:
        (choice,) = facet.choices_at((place,))
        return self._choice(search_view.node(choice, facet), facet.name)

    def _chosen(self, facet: FacetChoices) -> frozenset[int]:
        """The places of the chosen values."""
        selected = facet.selected
        if not selected:
            return frozenset()
        return frozenset(place for place, value in enumerate(facet.values) if value.value in selected)

    def _pieces(self, facet: FacetChoices) -> _Pieces:
        known: _Pieces | None = self._kept.get(("choices", facet.name))
        if known is None or known.values is not facet.values:
            known = self._kept[("choices", facet.name)] = self._made(facet)
        return known

    def _made(self, facet: FacetChoices) -> _Pieces:
        def printed(value: FacetValue, count: int) -> str:
            label = search_view.as_read(facet.name, value.value, value.label)
            return str(self._choice(Node(value.value, label, count, False), facet.name))

        cut = [printed(value, _COUNT).split(number(_COUNT)) for value in facet.values]
        return _Pieces(
            facet.values,
            tuple(opening for opening, _ in cut),
            cut[0][1] if cut else "",
            tuple(printed(value, 0) for value in facet.values),
            tuple(place for place, value in enumerate(facet.values) if value.parent is None),
        )

    def _choice(self, node: Node, facet: str) -> Markup:
        printed: Markup = self._macro("facets.html", "choice")(node, facet)
        return printed

    def _cut(self, template: str, macro: str, about: tuple[Hashable, ...], *given: Any) -> str:
        """A macro's HTML for `%`, made once for each macro and each `about`: all that it depends on. given: its
        arguments, after which it gets the holes."""
        known: str | None = self._kept.get((macro, about))
        if known is None:
            known = self._keep((macro, about), _cut(self._macro(template, macro)(*given, _HOLE)))
        return known

    def _once(self, template: str, macro: str, about: tuple[Hashable, ...], *given: Any) -> Markup:
        """A macro's HTML, made once for each macro and each `about`: all that it depends on."""
        known: Markup | None = self._kept.get((macro, about))
        return self._keep((macro, about), self._macro(template, macro)(*given)) if known is None else known

    def _keep(self, key: Hashable, made: Fragment) -> Fragment:
        if len(self._kept) < _MOST_KEPT:
            self._kept[key] = made
        return made

    def _macro(self, template: str, name: str) -> Any:
        return getattr(self._environment.get_template(template).module, name)
