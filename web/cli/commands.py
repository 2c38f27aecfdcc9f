"""The command line. In: words typed in a shell. Out: text or JSON, and an exit code that a script can rely on.

Commands import what they need when they run, so that `--help` answers at once.
Those who index and serve read English; whoever searches reads French.
"""

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from search.errors import IndexShrunk, MetiersError, printable
from search.settings import Settings, from_environment

if TYPE_CHECKING:
    from search.sources.files import Reading

SOME_REFUSED: Final = 3
KEPT_BACK: Final = 4

EXIT_CODES: Final = """\b
Exit codes:
  0  done
  1  it could not be done; the reason is on standard error
  2  wrong usage: unknown command or option, value missing
  3  done, but some sheets were refused; the report names them
  4  kept back: a fifth of the sheets is gone, and the index stays as it was (--force)

Every setting is also a variable METIERS_<NAME>; options win over variables."""


class _KeptBack(click.ClickException):
    exit_code = KEPT_BACK


class _Commands(click.Group):
    """Turns the errors that the project raises into one line on standard error and an exit code (see EXIT_CODES).

    For `serve` this line is JSON like its log, unless standard error is a terminal: a program reads what a service
    says.
    """

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return self._invoke(ctx)
        except click.ClickException as error:
            if ctx.invoked_subcommand != "serve" or sys.stderr.isatty():
                raise
            from web.serving import logs

            click.echo(logs.told("critical", error.format_message()), err=True)
            ctx.exit(error.exit_code)

    def _invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except IndexShrunk as error:
            raise _KeptBack(str(error)) from error
        except MetiersError as error:
            raise click.ClickException(str(error)) from error
        except BrokenPipeError:
            raise
        except OSError as error:
            where = f"{printable(error.filename)}: " if error.filename else ""
            raise click.ClickException(f"{where}{error.strerror or error}") from error


@click.group(cls=_Commands, epilog=EXIT_CODES, context_settings={"max_content_width": 100})
@click.version_option(package_name="metiers")
def main() -> None:
    """Search the ONISEP job sheets: index them, serve them, ask them."""


_Command = TypeVar("_Command", bound=Callable[..., None])

_FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)
_PATH: Final = click.Path(path_type=Path, exists=True)
_FOLDER: Final = click.Path(path_type=Path, file_okay=False)


def _setting(option: str, name: str, kind: Any, metavar: str) -> Callable[[_Command], _Command]:
    """An option for one of the settings, with the help and the default that are declared there."""
    setting = next(each for each in fields(Settings) if each.name == name)
    help = f"{setting.metadata['help']}  [default: {setting.default}]"
    return click.option(option, name, type=kind, metavar=metavar, help=help[0].upper() + help[1:])


_index = _setting("--index", "index", _FOLDER, "DIR")
_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


@main.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE…", type=click.Path(path_type=Path))
@_index
@click.option(
    "--ideo-metiers",
    "ideo",
    type=_FILE,
    metavar="FILE",
    help="Idéo-Métiers (XML or JSON): domains of the sheets and names of the ROME codes.",
)
@click.option(
    "--rome",
    type=_PATH,
    metavar="PATH",
    help="The ROME (its ZIP, a folder, or its file of names): other names of the jobs, labels of the codes.",
)
@click.option(
    "--esco",
    type=_PATH,
    metavar="PATH",
    help="The occupations of ESCO in French (its ZIP, a folder, or the CSV): other names of the jobs.",
)
@click.option("--force", is_flag=True, help="Index even if a fifth of the sheets is gone since the last index.")
@click.pass_context
def index(
    ctx: click.Context,
    sources: tuple[Path, ...],
    index: Path | None,
    ideo: Path | None,
    rome: Path | None,
    esco: Path | None,
    force: bool,
) -> None:
    """Index sheets: Markdown files, folders, globs, the official XML or ZIP.

    The whole index is made anew beside the old one; then a running server switches to it by itself.
    If anything fails, or a fifth of the sheets is gone, the old index is served still. Refused sheets are
    reported, the others are indexed.
    """
    from search import indexer
    from search.backends import open_engine
    from web.cli.progress import shown_on

    settings = from_environment(index=index)
    with closing(open_engine(settings)) as engine, shown_on(sys.stderr) as progress:
        try:
            report = indexer.index(sources, engine, progress, ideo, rome, esco, force)
        except OSError as error:
            raise MetiersError(
                f"{error.filename or settings.index}: the index cannot be written ({error.strerror or error}). "
                "Make room or give the right to write there; the index that was served before is served still."
            ) from error
    for refusal in report.refused:
        click.echo(f"refused: {refusal}", err=True)
    click.echo(str(report))
    ctx.exit(SOME_REFUSED if report.refused else 0)


@main.command()
@_index
@_setting("--host", "host", str, "H")
@_setting("--port", "port", click.IntRange(1, 65535), "P")
@_setting("--workers", "workers", click.IntRange(1, 256), "N")
def serve(index: Path | None, host: str | None, port: int | None, workers: int | None) -> None:
    """Serve the pages and the API until SIGTERM or Ctrl-C; SIGHUP replaces the workers."""
    from search.index import generations
    from web import server
    from web.serving import logs

    settings = from_environment(index=index, host=host, port=port, workers=workers)
    logs.configure()
    if settings.base_url and settings.untold:
        told = ", ".join(settings.untold)
        server.LOG.warning("/mentions-legales lacks what French law asks of a public service: %s", told)
    if exposed := generations.exposed(settings.index):
        server.LOG.warning(
            "Any account of this system may write to %s, and so change what is served. "
            "Only the account that indexes should: chmod -R o-w %s",
            exposed[0],
            settings.index,
        )
    server.serve(settings)


@main.command()
@_index
@_setting("--host", "host", str, "H")
@_setting("--port", "port", click.IntRange(1, 65535), "P")
@click.pass_context
def doctor(ctx: click.Context, index: Path | None, host: str | None, port: int | None) -> None:
    """Say on one page whether all is well (settings, index, data, address, clock, disk, memory) and what to do.

    Changes nothing. Exit code 1 if something is to be mended.
    """
    from web.cli.doctor import findings

    is_well = True
    for finding in findings(from_environment(index=index, host=host, port=port)):
        is_well &= finding.state != "mend"
        for line in finding.lines():
            click.echo(line)
    ctx.exit(0 if is_well else 1)


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, metavar="WORDS…")
@click.option(
    "--where",
    "where",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter of the search, as in the page's address: niveau=bac-2, sort=nom, page=2 … Repeatable.",
)
@_as_json
@_index
def search(words: tuple[str, ...], where: tuple[str, ...], as_json: bool, index: Path | None) -> None:
    """Search from the terminal: words, "exact phrases", -excluded words. No words: all sheets by title.

    \b
    metiers search boulanger
    metiers search '"conducteur de travaux"' -route --where niveau_max=bac-2
    """
    from search.backends import open_engine
    from search.catalogue import Catalogue
    from web import params
    from web.api import bodies
    from web.cli import terminal
    from web.site import generation_of

    pairs = [("q", " ".join(words)), *(_pair(each) for each in where)]
    with closing(open_engine(from_environment(index=index))) as engine:
        catalogue = Catalogue(engine.pinned())
        generation = generation_of(catalogue)
        query = params.read(params.SearchParameters, pairs, generation.allowed).query()
        page = catalogue.search(replace(query, excerpts=bodies.EXCERPTS) if as_json else query)
        if as_json:
            click.echo(bodies.search_answer(page, generation, bodies.links(page)))
        else:
            for line in terminal.lines(page):
                click.echo(line)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"--where {text}: expected NAME=VALUE, for example niveau=bac-2.")
    return name, value


@main.command()
@click.option("--queries", type=_FILE, required=True, metavar="FILE", help="Lines of qid <tab> family <tab> query.")
@click.option("--qrels", type=_FILE, required=True, metavar="FILE", help="TREC judgements: qid 0 MET.x grade.")
@_as_json
@_index
def evaluate(queries: Path, qrels: Path, as_json: bool, index: Path | None) -> None:
    """Measure the relevance of the index on judged queries, by family and overall."""
    from search import evaluation
    from search.backends import open_engine
    from web.cli.progress import shown_on

    with closing(open_engine(from_environment(index=index))) as engine, shown_on(sys.stderr) as progress:
        measured = evaluation.evaluate(engine, queries, qrels, progress)
    if as_json:
        click.echo(json.dumps(evaluation.plain(measured), indent=1))
    else:
        for line in evaluation.lines(measured):
            click.echo(line)


@main.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE…]", type=click.Path(path_type=Path))
@_index
@click.option("--all", "everything", is_flag=True, help="Name all that is concerned, not only some of each kind.")
@click.pass_context
def check(ctx: click.Context, sources: tuple[Path, ...], index: Path | None, everything: bool) -> None:
    """Check sources, or the index if none is given. Changes nothing.

    Of sources: sheets that would be refused, missing sections, unknown levels, dead references, suspicious titles.
    Of the index: every file is compared with its checksum.
    """
    if not sources:
        _check_index(from_environment(index=index))
        return
    from search.french import names
    from search.sources import checks

    reading = _read(sources)
    for error in reading.refused:
        click.echo(f"refused: {error}")
    lost, hiding = names.spoken_faults(reading.fiches)
    spoken = (
        checks.Finding("spoken words whose job no sheet has as its name or in its text", lost),
        checks.Finding("spoken words that hide another word: write them as the sheets do, or with more words", hiding),
    )
    findings = (*checks.findings(reading.fiches), *(each for each in spoken if each.where))
    for line in (*reading.notes, *checks.lines(findings, 0 if everything else 10)):
        click.echo(line)
    click.echo(f"{len(reading.fiches):,} good sheets, {len(reading.refused):,} refused")
    ctx.exit(SOME_REFUSED if reading.refused else 0)


def _check_index(settings: Settings) -> None:
    from search.backends import open_engine
    from search.index import generations
    from search.index.fingerprint import fingerprint

    with closing(open_engine(settings)) as engine:
        info = engine.info()
    click.echo(f"generation {info.generation}, {info.documents:,} sheets, built {info.built_at}")
    if settings.engine == "embedded":
        manifest = generations.verify(settings.index / info.generation, fingerprint())
        click.echo(f"{len(manifest.checksums)} files as they were written")


def _read(sources: Sequence[Path]) -> "Reading":
    from search.sources import files as reader
    from web.cli.progress import shown_on

    with shown_on(sys.stderr) as progress:
        return reader.read(sources, progress)


@main.command()
@_setting("--to", "data_dir", _FOLDER, "DIR")
def fetch(data_dir: Path | None) -> None:
    """Download the official data: Idéo-fiches métiers, Idéo-Métiers, the ROME. An earlier copy stays if it fails."""
    from search.sources.download import fetch_official
    from web.cli.progress import shown_on

    settings = from_environment(data_dir=data_dir)
    with shown_on(sys.stderr) as progress:
        fetched = fetch_official(settings.data_dir, settings.fiches_url, settings.ideo_url, settings.rome_url, progress)
    for each in fetched:
        click.echo(str(each))


@main.command()
@click.argument("before", metavar="A", type=click.Path(path_type=Path))
@click.argument("after", metavar="B", type=click.Path(path_type=Path))
def diff(before: Path, after: Path) -> None:
    """Say which sheets came, went or changed from source A to source B."""
    from search.sources import checks

    for line in checks.difference_lines(checks.difference(_read([before]).fiches, _read([after]).fiches)):
        click.echo(line)


@main.command()
@_index
def rollback(index: Path | None) -> None:
    """Serve the generation before the current one; the same command again comes back. A running server switches too."""
    from search.backends import open_engine

    with closing(open_engine(from_environment(index=index))) as engine:
        click.echo(f"now serving {engine.rollback()}")
