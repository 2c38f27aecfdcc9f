"""The engines that are compared, behind one small door. In: rows or sheets, then queries. Out: pages.

Each peer is set up as its own documentation recommends for stored, highlighted, faceted text, and nothing is tuned
beyond that, neither for nor against; docs/performance.md says what was chosen.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final, Protocol

import tantivy
from corpus import FACETS, SNIPPETS, TEXTS, row
from queries import Asked
from whoosh import index, sorting
from whoosh.analysis import LanguageAnalyzer
from whoosh.fields import ID, KEYWORD, TEXT, Schema
from whoosh.qparser import AndGroup, FuzzyTermPlugin, MultifieldParser, OrGroup

from search.embedded.engine import EmbeddedEngine
from search.fiche import Fiche
from search.folding import fold
from search.query import Query

HITS, FACETED, PAGE = "hits", "facets", "page"
LEVELS: Final = (HITS, FACETED, PAGE)
"""Ten hits with their titles; and the counts of the facets; and three snippets a hit. Each holds the one before."""

TEN: Final = 10
COMPLETED: Final = 8
FIELDS: Final = tuple(TEXTS)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the titles of the hits, the counts by facet in the shape that the engine gives, the snippets."""

    titles: tuple[str, ...]
    counts: Mapping[str, Any] = field(default_factory=dict)
    snippets: tuple[str, ...] = ()


class Searcher(Protocol):
    """An engine opened for reading."""

    def ask(self, asked: Asked, level: str) -> Answer:
        """The first ten sheets for a query."""
        ...

    def complete(self, typed: str) -> tuple[str, ...]:
        """Eight titles for what is being typed."""
        ...


# --- ours ---------------------------------------------------------------------------------------------


class Metiers:
    """The engine of the project, through its port."""

    name = "metiers"

    def __init__(self, folder: Path, any_word: bool = True) -> None:
        self._engine = EmbeddedEngine(folder)
        self._engine.info()

    def ask(self, asked: Asked, level: str) -> Answer:
        found = self._engine.search(
            Query(
                asked.text,
                per_page=TEN,
                facets=frozenset() if level == HITS else None,
                excerpts=3 if level == PAGE else 0,
            )
        )
        titles = tuple(hit.fiche.title for hit in found.hits)
        quoted = found.hits if level == PAGE else ()
        return Answer(titles, found.facets, tuple(excerpt.text for hit in quoted for excerpt in hit.excerpts))

    def complete(self, typed: str) -> tuple[str, ...]:
        return tuple(each.title for each in self._engine.suggest(typed, COMPLETED))


def build_metiers(folder: Path, fiches: Sequence[Fiche]) -> None:
    """Write a whole generation."""
    EmbeddedEngine(folder).rebuild(fiches, ("bench",), lambda what, done, total: None)


# --- Whoosh -------------------------------------------------------------------------------------------


class Whoosh:
    """Stock Whoosh, as its documentation has it."""

    name = "Whoosh"

    def __init__(self, folder: Path, any_word: bool) -> None:
        self._searcher = index.open_dir(str(folder)).searcher()
        group = OrGroup if any_word else AndGroup
        self._parser = MultifieldParser(FIELDS, self._searcher.schema, group=group)
        self._parser.add_plugin(FuzzyTermPlugin())
        self._titles = MultifieldParser(["titre"], self._searcher.schema, group=AndGroup)
        self._facets = sorting.Facets()
        for name in FACETS:
            self._facets.add_field(name, allow_overlap=True, maptype=sorting.Count)

    def ask(self, asked: Asked, level: str) -> Answer:
        query = self._parser.parse(self.written(asked))
        results = self._searcher.search(query, limit=TEN, groupedby=None if level == HITS else self._facets)
        # Grouped results hold every hit, whatever the limit.
        hits = results[:TEN]
        titles = tuple(hit["title"] for hit in hits)
        counts = {} if level == HITS else {name: results.groups(name) for name in FACETS}
        quoted = SNIPPETS if level == PAGE else ()
        snippets = tuple(text for hit in hits for name in quoted if (text := hit.highlights(name, top=1)))
        return Answer(titles, counts, snippets)

    def complete(self, typed: str) -> tuple[str, ...]:
        query = self._titles.parse(" ".join(fold(typed).replace("'", " ").replace("-", " ").split()) + "*")
        return tuple(hit["title"] for hit in self._searcher.search(query, limit=COMPLETED))

    @staticmethod
    def written(asked: Asked) -> str:
        """A query in Whoosh's own language."""
        return asked.text + {"prefix": "*", "typo": "~"}.get(asked.kind, "")


def build_whoosh(folder: Path, fiches: Sequence[Fiche]) -> None:
    """Write all sheets with the default writer, in one commit."""
    folder.mkdir(parents=True)
    texts = {name: TEXT(analyzer=LanguageAnalyzer("fr"), stored=True) for name in FIELDS}
    facets = {name: KEYWORD(commas=True) for name in FACETS}
    schema = Schema(id=ID(stored=True, unique=True), title=ID(stored=True), **texts, **facets)
    writer = index.create_in(str(folder), schema).writer()
    for each in map(row, fiches):
        slugs = {name: ",".join(values) for name, values in each.facets.items()}
        writer.add_document(id=each.id, title=each.title, **each.texts, **slugs)
    writer.commit()


# --- tantivy ------------------------------------------------------------------------------------------


def _french() -> Any:
    filters = (
        tantivy.Filter.remove_long(40),
        tantivy.Filter.lowercase(),
        tantivy.Filter.stopword("french"),
        tantivy.Filter.stemmer("french"),
        tantivy.Filter.ascii_fold(),
    )
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for each in filters:
        builder = builder.filter(each)
    return builder.build()


def _tantivy_schema() -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("title", stored=True, tokenizer_name="raw", index_option="basic")
    for name in FIELDS:
        builder.add_text_field(name, stored=True, tokenizer_name="francais")
    for name in FACETS:
        builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    return builder.build()


class Tantivy:
    """tantivy through its Python package."""

    name = "tantivy-py"
    counted: ClassVar = {name: {"terms": {"field": name, "size": 1000}} for name in FACETS}

    def __init__(self, folder: Path, any_word: bool) -> None:
        self._index = tantivy.Index.open(str(folder))
        self._french = _french()
        self._index.register_tokenizer("francais", self._french)
        self._schema = self._index.schema
        self._searcher = self._index.searcher()
        self._all_words = not any_word
        self._occur = tantivy.Occur.Should if any_word else tantivy.Occur.Must

    def ask(self, asked: Asked, level: str) -> Answer:
        query = self._query(asked)
        found = self._searcher.search(query, TEN)
        documents = [self._searcher.doc(address) for _, address in found.hits]
        titles = tuple(str(each.get_first("title")) for each in documents)
        counts = {} if level == HITS else self._counts(query)
        snippets = tuple(self._snippets(query, documents)) if level == PAGE else ()
        return Answer(titles, counts, snippets)

    def complete(self, typed: str) -> tuple[str, ...]:
        *whole, last = fold(typed).replace("'", " ").replace("-", " ").split()
        parts = [self._word(each, ("titre",)) for word in whole for each in self._french.analyze(word)]
        parts.append(self._beginning(last, ("titre",)))
        query = tantivy.Query.boolean_query([(tantivy.Occur.Must, part) for part in parts])
        found = self._searcher.search(query, COMPLETED)
        return tuple(str(self._searcher.doc(address).get_first("title")) for _, address in found.hits)

    def _query(self, asked: Asked) -> Any:
        if asked.kind == "prefix":
            *whole, last = asked.words
            parts = [self._parsed(word, {}) for word in whole] + [self._beginning(fold(last), FIELDS)]
            return tantivy.Query.boolean_query([(self._occur, part) for part in parts])
        # Prefix no, distance 1, a swap counts one.
        return self._parsed(asked.text, dict.fromkeys(FIELDS, (False, 1, True)) if asked.kind == "typo" else {})

    def _parsed(self, text: str, fuzzy: dict[str, tuple[bool, int, bool]]) -> Any:
        return self._index.parse_query(text, list(FIELDS), fuzzy_fields=fuzzy, conjunction_by_default=self._all_words)

    def _word(self, term: str, names: Iterable[str]) -> Any:
        return _either(tantivy.Query.term_query(self._schema, name, term) for name in names)

    def _beginning(self, prefix: str, names: Iterable[str]) -> Any:
        return _either(tantivy.Query.phrase_prefix_query(self._schema, name, [prefix]) for name in names)

    def _counts(self, query: Any) -> dict[str, dict[str, int]]:
        found = self._searcher.aggregate(query, self.counted)
        return {name: {bucket["key"]: bucket["doc_count"] for bucket in found[name]["buckets"]} for name in FACETS}

    def _snippets(self, query: Any, documents: list[Any]) -> Iterator[str]:
        makers = [tantivy.SnippetGenerator.create(self._searcher, query, self._schema, name) for name in SNIPPETS]
        for document in documents:
            for maker in makers:
                if text := maker.snippet_from_doc(document).to_html():
                    yield text


def _either(queries: Iterable[Any]) -> Any:
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, each) for each in queries])


def build_tantivy(folder: Path, fiches: Sequence[Fiche]) -> None:
    """Write all sheets in one commit and wait until segments are merged."""
    folder.mkdir(parents=True)
    built = tantivy.Index(_tantivy_schema(), str(folder))
    built.register_tokenizer("francais", _french())
    writer = built.writer()
    for each in map(row, fiches):
        slugs = {name: list(values) for name, values in each.facets.items() if values}
        writer.add_document(tantivy.Document(id=each.id, title=each.title, **each.texts, **slugs))
    writer.commit()
    writer.wait_merging_threads()


# --- SQLite FTS5 --------------------------------------------------------------------------------------


class Fts5:
    """SQLite's own full text search."""

    name = "SQLite FTS5"

    def __init__(self, folder: Path, any_word: bool) -> None:
        self._base = sqlite3.connect(f"file:{folder / 'fts5.db'}?mode=ro", uri=True)
        self._between = " OR " if any_word else " "
        places = [FIELDS.index(name) for name in SNIPPETS]
        quoted = ", ".join(f"snippet(texts, {place}, '<b>', '</b>', '…', 30)" for place in places)
        found = "FROM texts JOIN sheets ON sheets.rowid = texts.rowid WHERE texts MATCH ? ORDER BY texts.rank LIMIT 10"
        self._hits = f"SELECT sheets.title {found}"
        self._page = f"SELECT sheets.title, {quoted} {found}"

    def ask(self, asked: Asked, level: str) -> Answer:
        written = self._written(asked)
        rows = self._base.execute(self._page if level == PAGE else self._hits, (written,)).fetchall()
        snippets = tuple(text for _, *texts in rows for text in texts if text) if level == PAGE else ()
        return Answer(tuple(each[0] for each in rows), {} if level == HITS else self._counts(written), snippets)

    def complete(self, typed: str) -> tuple[str, ...]:
        words = fold(typed).replace("'", " ").replace("-", " ").split()
        written = "titre: (" + " ".join(f'"{word}"' for word in words) + " *)"
        found = self._base.execute(self._hits.replace("LIMIT 10", "LIMIT 8"), (written,))
        return tuple(title for (title,) in found)

    def _counts(self, written: str) -> dict[str, dict[str, int]]:
        counts: dict[str, dict[str, int]] = {name: {} for name in FACETS}
        asked = (
            "SELECT facet, value, count(*) FROM facets WHERE sheet IN (SELECT rowid FROM texts WHERE texts MATCH ?) "
            "GROUP BY facet, value"
        )
        for name, value, count in self._base.execute(asked, (written,)):
            counts[name][value] = count
        return counts

    def _written(self, asked: Asked) -> str:
        if asked.kind == "phrase":
            return asked.text
        words = self._between.join(f'"{word}"' for word in asked.words)
        return f"{words} *" if asked.kind == "prefix" else words


def build_fts5(folder: Path, fiches: Sequence[Fiche]) -> None:
    """Write all sheets in one transaction."""
    folder.mkdir(parents=True)
    base = sqlite3.connect(folder / "fts5.db")
    columns = ", ".join(FIELDS)
    base.executescript(
        f"CREATE VIRTUAL TABLE texts USING fts5({columns}, tokenize='unicode61 remove_diacritics 2');"
        "CREATE TABLE sheets (rowid INTEGER PRIMARY KEY, id TEXT, title TEXT);"
        "CREATE TABLE facets (sheet INTEGER, facet TEXT, value TEXT, PRIMARY KEY (sheet, facet, value)) WITHOUT ROWID;"
    )
    with base:
        for number, each in enumerate(map(row, fiches), 1):
            marks = ", ".join("?" * len(FIELDS))
            base.execute(f"INSERT INTO texts (rowid, {columns}) VALUES (?, {marks})", (number, *each.texts.values()))
            base.execute("INSERT INTO sheets VALUES (?, ?, ?)", (number, each.id, each.title))
            base.executemany(
                "INSERT INTO facets VALUES (?, ?, ?)",
                [(number, name, value) for name, values in each.facets.items() for value in values],
            )
        base.execute("INSERT INTO texts (texts) VALUES ('optimize')")
    base.close()


@dataclass(frozen=True, slots=True)
class Engine:
    """How an engine is opened and written. True: the words of a query add up (OR); False: all are wanted (AND)."""

    searcher: Callable[[Path, bool], Searcher]
    build: Callable[[Path, Sequence[Fiche]], None]


ENGINES: Final[dict[str, Engine]] = {
    Metiers.name: Engine(Metiers, build_metiers),
    Whoosh.name: Engine(Whoosh, build_whoosh),
    Tantivy.name: Engine(Tantivy, build_tantivy),
    Fts5.name: Engine(Fts5, build_fts5),
}
"""By the name that reports show; ours first."""
