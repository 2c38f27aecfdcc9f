"""Whoosh's own search as the oracle: on the whole corpus it finds the sheets that the engine finds, counts the same.

Whoosh searches files that its own codec wrote of the same sheets, and that none of our code wrote or reads. Over the
arrays of the engine it finds the same too.

The words are those of all the judged queries. Whoosh is asked with its own Term, Or, And and Phrase queries over
the fields, never with its parser. It takes 20 ms to find a phrase in all of them: every phrase is asked in
`make soak`, one in a few elsewhere.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import log1p
from pathlib import Path
from random import Random

import pytest
from asking import SOAK
from engines import counts_of, opened, served_folder
from stock_whoosh import WEIGHTING, facts, hits, postings, stock_searcher
from whoosh import query as whoosh
from whoosh.searching import Searcher

from search.embedded.snapshot import Snapshot
from search.engine import Engine
from search.fields import FACETS, FIELDS, fields_of_sections
from search.french.plan import Plan
from search.french.tokens import STOP_WORDS, broad, tokens
from search.french.understanding import read
from search.index import codec
from search.index.codec import facet_field
from search.query import MAX_PHRASES, Query
from search.ranking import WEIGHTS
from search.settings import Settings

# Thousands of questions, on lines that other tests cover: twice as long under the eyes of coverage.
pytestmark = pytest.mark.no_cover

EVERYWHERE = tuple(each.name for each in FIELDS)
TITLES = ("titre", "appellations")
QUOTES = str.maketrans(dict.fromkeys('"“”„«»', " "))


@dataclass
class Oracle:
    """What Whoosh says of the words of the sheets, each asked once."""

    searcher: Searcher
    terms: tuple[str, ...]
    _known: dict[tuple[str, ...], frozenset[int]] = field(default_factory=dict)

    def holding(self, wanted: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], frozenset[int]]:
        """The documents that hold each of these sequences of terms side by side, in one of the fields."""
        asked = list(dict.fromkeys(wanted))
        new = [each for each in asked if each not in self._known]
        if not new:
            return {each: self._known[each] for each in asked}
        for each in new:
            self._known[each] = self.found(_anywhere(each))
        return {each: self._known[each] for each in asked}

    def found(self, wanted: whoosh.Query) -> frozenset[int]:
        """The documents that a query of Whoosh finds."""
        return frozenset(self.searcher.docs_for_query(wanted))


def _anywhere(terms: tuple[str, ...], fields: Iterable[str] = EVERYWHERE) -> whoosh.Query:
    """Whoosh's query for these terms side by side in one of the fields."""
    if len(terms) == 1:
        return whoosh.Or([whoosh.Term(name, terms[0]) for name in fields])
    return whoosh.Or([whoosh.Phrase(name, list(terms), slop=1) for name in fields])


@pytest.fixture(scope="module")
def snapshot(corpus_settings: Settings) -> Snapshot:
    return opened(corpus_settings.index)


@pytest.fixture(scope="module")
def oracle(snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracle]:
    fiches = [snapshot.fiche(doc) for doc in range(snapshot.columns.documents)]
    with stock_searcher(tmp_path_factory.mktemp("stock") / "whoosh", fiches) as searcher:
        yield Oracle(searcher, snapshot.columns.postings.terms)


@pytest.fixture(scope="module")
def ours(corpus_settings: Settings) -> Iterator[Searcher]:
    """Whoosh over the arrays of the engine."""
    with codec.searcher(served_folder(corpus_settings.index) / "columns") as searcher:
        searcher.weighting = WEIGHTING
        yield searcher


@pytest.fixture(scope="module")
def queries(relevance_dir: Path) -> list[str]:
    """The words of all judged queries, plain: without quotes."""
    lines = (relevance_dir / "queries.tsv").read_text(encoding="utf-8").splitlines()
    return list(dict.fromkeys(line.split("\t")[2].translate(QUOTES).strip() for line in lines))


@pytest.fixture(scope="module")
def values(oracle: Oracle, snapshot: Snapshot) -> list[list[tuple[str, str]]]:
    """The (facet, value) pairs of each document, as Whoosh has them."""
    pairs = [(facet.name, slug) for facet in FACETS for slug in snapshot.facets[facet.name].row]
    held: list[list[tuple[str, str]]] = [[] for _ in snapshot.documents.ids]
    for name, slug in pairs:
        for doc in oracle.found(whoosh.Term(facet_field(name), slug)):
            held[doc].append((name, slug))
    return held


def agree(
    engine: Engine,
    text: str,
    expected: frozenset[int],
    snapshot: Snapshot,
    values: list[list[tuple[str, str]]],
    typo: bool = False,
) -> bool:
    """Whether the engine finds as many sheets as expected, counts the facets alike, and shows none but those."""
    found = engine.search(Query(text=text, typo=typo, per_page=3))
    counted = Counter(pair for doc in expected for pair in values[doc])
    return (
        found.total == len(expected)
        and {(facet, value): n for facet, counts in counts_of(found).items() for value, n in counts.items() if n}
        == counted
        and {snapshot.document[hit.fiche.id] for hit in found.hits} <= expected
    )


def docs_found(engine: Engine, text: str, snapshot: Snapshot, typo: bool = False) -> frozenset[int]:
    """The documents that the engine finds."""
    return frozenset(snapshot.document[id] for id in engine.matching(Query(text=text, typo=typo)))


def distinct_words(text: str) -> list[str]:
    """The words of a text as they are typed, one of each term."""
    words = tokens(text)
    return [text[token.start : token.end] for token in {token.term: token for token in reversed(words)}.values()][::-1]


def phrases_of(plan: Plan, oracle: Oracle) -> list[tuple[str, ...]]:
    return [tuple(oracle.terms[number] for number in phrase) for phrase in plan.phrases]


def quoted(text: str) -> list[tuple[str, ...]]:
    """The terms of each phrase of a text that is all in quotes."""
    phrases = (tuple(token.term for token in tokens(each)) for each in text.split('"')[1::2])
    return [phrase for phrase in phrases if phrase]


def differing(
    texts: Sequence[str], engine: Engine, oracle: Oracle, snapshot: Snapshot, values: list[list[tuple[str, str]]]
) -> list[str]:
    """The texts, all in quotes, whose sheets or counts are not those of Whoosh's And of their phrases."""
    asked = {text: quoted(text) for text in texts}
    held = oracle.holding(phrase for phrases in asked.values() for phrase in phrases)
    wrong = []
    for text, phrases in asked.items():
        parts = [held[phrase] for phrase in phrases]
        expected = frozenset.intersection(*parts) if parts else frozenset()
        if docs_found(engine, text, snapshot) != expected or not agree(engine, text, expected, snapshot, values):
            wrong.append(text)
    return wrong


def ungated(
    plans: Mapping[str, Plan],
    typo: bool,
    engine: Engine,
    oracle: Oracle,
    snapshot: Snapshot,
    values: list[list[tuple[str, str]]],
) -> list[str]:
    """The texts whose sheets are not those, of Whoosh's And of their phrases, that the gate lets through."""
    families: dict[str, list[str]] = {}
    for term in oracle.terms:
        families.setdefault(broad(term), []).append(term)
    asked = {oracle.terms[number] for plan in plans.values() for word in plan.words for number in word.terms}
    held = oracle.holding((member,) for term in asked for member in families[broad(term)])
    wrong = []
    for text, plan in plans.items():
        words = []
        for word in plan.words:
            own = [(oracle.terms[number],) for number in word.terms]
            kin = [(each,) for (term,) in own for each in families[broad(term)]]
            # Of words that stand for others, the plan says what they weigh.
            idf = inverse_frequency(len(held[own[0]]), len(values)) if len(own) == 1 else word.idf
            words.append(Wanted(union(held[each] for each in own), union(held[each] for each in kin), idf, word.stop))
        phrases = list(oracle.holding(phrases_of(plan, oracle)).values())
        excluded = list(oracle.holding(tuple(oracle.terms[n] for n in each) for each in plan.excluded).values())
        found = docs_found(engine, text, snapshot, typo)
        # "produits non alimentaires": what is refused counts in titles alone.
        terms = (tuple(oracle.terms[n] for n in each) for each in plan.unwanted)
        excluded += [oracle.found(_anywhere(each, TITLES)) for each in terms]
        kept = frozenset(range(len(values))).intersection(*phrases).difference(*excluded)
        sure, doubtful = gate(words)
        # To which sheets names lead, the plan says: Whoosh knows nothing of names.
        sure |= {*plan.whole, *plan.leads.docs.tolist()}
        kept = kept if not plan.impossible else frozenset()
        right = sure & kept <= found <= (sure | doubtful) & kept
        if not right or not agree(engine, text, found, snapshot, values, typo):
            wrong.append(text)
    return wrong


@pytest.mark.soak
def test_the_arrays_say_to_whoosh_what_its_own_files_say(oracle: Oracle, ours: Searcher) -> None:
    said = facts(oracle.searcher)
    assert facts(ours) == said
    terms = said["terms"][:: 1 if SOAK else 20]
    assert len(terms) > 3000
    wrong = [
        one[:2]
        for one, other in zip(postings(ours, terms), postings(oracle.searcher, terms), strict=True)
        if one != other
    ]
    assert wrong == []


@pytest.mark.soak
def test_whooshs_queries_find_the_same_in_the_arrays_as_in_its_own_files(
    queries: list[str], oracle: Oracle, ours: Searcher
) -> None:
    """Each judged query as an Or, an And, a phrase, without its last word, by its beginnings, mistyped."""
    draw = Random(3)
    wrong = []
    for text in queries[:: 1 if SOAK else 40]:
        terms = [token.term for token in tokens(text)]
        if not terms:
            continue
        name = draw.choice(EVERYWHERE)
        every = [_anywhere((term,)) for term in terms]
        asked = [
            whoosh.Or(every),
            whoosh.And(every),
            whoosh.Phrase(name, terms, slop=draw.choice((1, 2))),
            whoosh.And([*every[:-1], whoosh.Not(every[-1])]),
            whoosh.Prefix(name, terms[0][:4]),
            whoosh.FuzzyTerm(name, terms[-1], maxdist=1, prefixlength=1),
        ]
        wrong += [each for each in asked if hits(ours, each) != hits(oracle.searcher, each)]
    assert wrong == []


def test_documents_are_numbered_alike_in_whoosh_and_in_the_arrays(
    oracle: Oracle, snapshot: Snapshot, corpus_engine: Engine
) -> None:
    codes = [tokens(id)[0].term for id in snapshot.documents.ids]
    held = oracle.holding((code,) for code in codes)
    # A sheet's own number is one of its words, in its marks; it may stand on other sheets too.
    assert all(doc in held[(code,)] for doc, code in enumerate(codes))
    assert tuple(id for id, _ in corpus_engine.all()) == snapshot.documents.ids


def test_facet_counts_over_everything_are_those_of_whoosh(
    corpus_engine: Engine, snapshot: Snapshot, values: list[list[tuple[str, str]]]
) -> None:
    assert agree(corpus_engine, "", frozenset(range(len(values))), snapshot, values)


def test_each_word_finds_the_sheets_that_whoosh_finds(
    queries: list[str], corpus_engine: Engine, oracle: Oracle, snapshot: Snapshot, values: list[list[tuple[str, str]]]
) -> None:
    words = list(dict.fromkeys(f'"{text[t.start : t.end]}"' for text in queries for t in tokens(text)))
    assert len(words) > 3000
    assert differing(words, corpus_engine, oracle, snapshot, values) == []


def test_all_the_words_required_find_the_sheets_of_whooshs_and(
    queries: list[str], corpus_engine: Engine, oracle: Oracle, snapshot: Snapshot, values: list[list[tuple[str, str]]]
) -> None:
    texts = [
        " ".join(f'"{word}"' for word in words[first : first + MAX_PHRASES])
        for words in map(distinct_words, queries)
        for first in range(0, len(words), MAX_PHRASES)
    ]
    several = list(dict.fromkeys(text for text in texts if text.count('"') > 2))
    assert len(several) > 1500
    assert differing(several, corpus_engine, oracle, snapshot, values) == []


def test_of_too_many_phrases_the_first_are_required(
    queries: list[str], corpus_engine: Engine, oracle: Oracle, snapshot: Snapshot, values: list[list[tuple[str, str]]]
) -> None:
    long = [words for words in map(distinct_words, queries) if len(words) > MAX_PHRASES]
    texts = [" ".join(f'"{word}"' for word in words) for words in long]
    assert len(texts) > 100
    plans = {text: read(text, snapshot.vocabulary, typo=False) for text in texts}
    for text, plan in plans.items():
        known = [phrase for phrase in quoted(text)[:MAX_PHRASES] if phrase[0] in snapshot.vocabulary.numbers]
        assert phrases_of(plan, oracle) == known
        assert plan.impossible == (len(known) < MAX_PHRASES)
        assert len(plan.left_out) == len(quoted(text)) - MAX_PHRASES
    assert ungated(plans, False, corpus_engine, oracle, snapshot, values) == []


@pytest.mark.soak
def test_each_phrase_finds_the_sheets_that_whoosh_finds(
    queries: list[str], corpus_engine: Engine, oracle: Oracle, snapshot: Snapshot, values: list[list[tuple[str, str]]]
) -> None:
    whole = [f'"{text}"' for text in queries[:: 1 if SOAK else 10]]
    pairs = [
        f'"{text[first.start : second.end]}"'
        for text in queries[:: 1 if SOAK else 6]
        for first, second in pairwise(tokens(text))
        if not STOP_WORDS & {first.surface, second.surface}
    ]
    texts = list(dict.fromkeys(whole + pairs))
    assert len(texts) > (1000 if SOAK else 500)
    assert differing(texts, corpus_engine, oracle, snapshot, values) == []


@pytest.mark.soak
def test_each_title_as_a_phrase_finds_its_sheet_and_those_that_whoosh_finds(
    corpus_engine: Engine, oracle: Oracle, snapshot: Snapshot, values: list[list[tuple[str, str]]]
) -> None:
    titles = {f'"{title.translate(QUOTES)}"': doc for doc, title in enumerate(snapshot.documents.titles)}
    assert differing(list(titles)[:: 1 if SOAK else 4], corpus_engine, oracle, snapshot, values) == []
    assert [title for title, doc in titles.items() if doc not in docs_found(corpus_engine, title, snapshot)] == []


@pytest.mark.soak
@pytest.mark.parametrize("typo", [False, True])
def test_plain_queries_find_the_sheets_that_the_gate_lets_through(
    typo: bool,
    queries: list[str],
    corpus_engine: Engine,
    oracle: Oracle,
    snapshot: Snapshot,
    values: list[list[tuple[str, str]]],
) -> None:
    # A word is mostly known: with and without typing errors understood, most queries are the same.
    plans = {text: read(text, snapshot.vocabulary, typo) for text in queries[:: 3 if typo and not SOAK else 1]}
    assert ungated(plans, typo, corpus_engine, oracle, snapshot, values) == []


@dataclass(frozen=True)
class Wanted:
    """A word of a query: the sheets that hold it, those that hold its family, its idf, whether it is a stop word."""

    own: frozenset[int]
    family: frozenset[int]
    idf: float
    stop: bool


def union(sets: Iterable[frozenset[int]]) -> frozenset[int]:
    return frozenset().union(*sets)


def inverse_frequency(holding: int, documents: int) -> float:
    return log1p((documents - holding + 0.5) / (holding + 0.5))


def gate(words: Sequence[Wanted]) -> tuple[frozenset[int], frozenset[int]]:
    """The sheets that reach the threshold of `search.ranking`, and those too near to it to tell."""
    coverage: Counter[int] = Counter()
    for word in words:
        weight = word.idf * (WEIGHTS.stop if word.stop else 1)
        for doc in word.own | word.family:
            coverage[doc] += weight if doc in word.own else weight * WEIGHTS.family_cover
    best = max(coverage.values(), default=0.0)
    near = 1e-5 * best
    strict = sum(covered >= WEIGHTS.strict * best - near for covered in coverage.values())
    threshold = (WEIGHTS.strict if strict >= WEIGHTS.enough else WEIGHTS.gate) * best
    sure = frozenset(doc for doc, covered in coverage.items() if covered >= threshold + near)
    return sure, frozenset(doc for doc, covered in coverage.items() if abs(covered - threshold) < near)


@pytest.mark.parametrize("section", ["appellations", "presentation", "competences", "formations"])
def test_words_and_phrases_in_one_section_find_the_sheets_that_whoosh_finds(
    section: str, queries: list[str], corpus_engine: Engine, oracle: Oracle, snapshot: Snapshot
) -> None:
    inside = fields_of_sections([section])
    texts, phrases = [], []
    for text in queries[::20]:
        words = tokens(text)[:2]
        texts.append(f'"{text[words[0].start : words[-1].end]}"')
        phrases.append(tuple(token.term for token in words))
    wrong = []
    for text, phrase in zip(texts, phrases, strict=True):
        docs = oracle.found(_anywhere(phrase, inside))
        found = corpus_engine.search(Query(text=text, typo=False, dans=frozenset({section}), per_page=2000))
        if {hit.fiche.id for hit in found.hits} != {snapshot.documents.ids[doc] for doc in docs}:
            wrong.append(text)
    assert wrong == []
