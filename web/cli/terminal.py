"""A result page for the terminal. In: a ResultPage. Out: lines of French text, matched words underlined.

Colours are marks that `click.echo` takes away if the output is not a terminal.
"""

from collections.abc import Iterable, Iterator

import click

from search.catalogue import ResultPage
from search.engine import Hit, Range
from search.fields import FIELD_BY_NAME
from web import texts
from web.labels import RESTRICTIONS


def lines(page: ResultPage) -> Iterator[str]:
    """The lines of a page: number of results, how the words were read, the results, what else can be done."""
    yield _title(page)
    yield from _understanding(page)
    for place, hit in enumerate(page.hits, start=1 + (page.query.page - 1) * page.query.per_page):
        yield ""
        yield from _hit(place, hit)
    yield from _ways_out(page)
    if page.query.page < page.total_pages:
        yield ""
        number, last = page.query.page, page.total_pages
        yield texts.TERMINAL["next_page"].format(page=number, last=last, next=number + 1)


def _title(page: ResultPage) -> str:
    asked = texts.TERMINAL["asked"].format(words=page.query.text) if page.query.text else ""
    found = "none" if not page.total else "one" if page.total == 1 else "some"
    return texts.TERMINAL[found].format(total=page.total, asked=asked)


def _understanding(page: ResultPage) -> Iterator[str]:
    for each in page.understanding.corrections:
        yield texts.TERMINAL["corrected"].format(typed=each.typed, understood=each.understood)
    for read in page.understanding.readings:
        yield texts.READINGS[read.kind].format(typed=read.typed, meant=texts.OR.join(read.meant))
    for word in page.understanding.ignored:
        yield texts.TERMINAL["ignored"].format(word=word)
    for exclusion in page.understanding.excluded:
        yield f"{texts.EXCLUDED} « {exclusion.words} »."
    if page.understanding.left_out:
        yield f"{texts.LEFT_OUT} {', '.join(page.understanding.left_out)}."
    if page.partial:
        yield texts.PARTIAL
    if page.understanding.partial_match:
        yield texts.TERMINAL["partial_match"]


def _hit(place: int, hit: Hit) -> Iterator[str]:
    title = _marked(hit.fiche.title, hit.title_ranges)
    yield f"{place:>3}. {click.style(title, bold=True)}  {hit.fiche.id}  {hit.fiche.niveau}".rstrip()
    for excerpt in hit.excerpts:
        text = " ".join(_marked(excerpt.text, excerpt.ranges).split())
        before, after = "… " * excerpt.before, " …" * excerpt.after
        yield f"     {FIELD_BY_NAME[excerpt.section].label} : {before}{text}{after}"


def _marked(text: str, ranges: Iterable[Range]) -> str:
    marked, done = "", 0
    for start, end in ranges:
        marked += text[done:start] + f"\x1b[4m{text[start:end]}\x1b[24m"
        done = end
    return marked + text[done:]


def _ways_out(page: ResultPage) -> Iterator[str]:
    """Other words to try, and if nothing is found what to remove from the search."""
    for other in page.did_you_mean:
        yield texts.TERMINAL["other_words"].format(words=other.text, count=other.count)
    for relaxation in page.relaxations:
        removed = ", ".join(texts.QUOTED.format(label=RESTRICTIONS[name]) for name in relaxation.remove)
        yield texts.TERMINAL["removed"].format(labels=removed, count=relaxation.count)
