"""The formula of `search.ranking` in slow plain Python, from the tokens of the sheets: the engine gives its scores.

Nothing here reads the arrays. `Reference` knows each sheet as its placed terms, its titles, its labels and its codes;
every score is worked out from there, in double precision, term by term as the formula is written.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import log1p
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from engines import ENGINES, rebuilt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_up import VILLAGE, WORDS, corpora

from search.engine import Engine
from search.fiche import Fiche
from search.fields import FIELD_BY_NAME, FIELDS, fields_of_sections
from search.folding import fold
from search.french import equivalents
from search.french.tokens import STOP_WORDS, Token, broad, tokens
from search.index.documents import document, mark_terms, title_terms
from search.index.placing import Places
from search.query import Query
from search.ranking import PARTS, WEIGHTS

SAME = 1e-5
"""Relative difference between single and double precision that is none."""


@dataclass(frozen=True)
class Asked:
    """A query in pieces: words, phrases, excluded words, as they are typed."""

    words: tuple[str, ...]
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What a reader would type."""
        quoted = (f'"{phrase}"' for phrase in self.phrases)
        return " ".join((*quoted, *self.words, *(f"-{word}" for word in self.excluded)))


def unpacked(places: Places) -> list[tuple[str, int]]:
    """Each term with each position at which it stands."""
    return [
        (term, position) for term, packed in places.items() for position in memoryview(packed).cast("i").tolist()[::3]
    ]


class Reference:
    """The ranking of some sheets, worked out term by term."""

    def __init__(self, fiches: Sequence[Fiche]) -> None:
        known = equivalents.read(equivalents.mine(fiches))
        made = {fiche.id: document(fiche, known) for fiche in fiches}
        self.count = len(fiches)
        self.placed = {
            id: {name: unpacked(places) for name, places in each.fields.items()} for id, (each, _) in made.items()
        }
        self.forms = {id: forms for id, (_, forms) in made.items()}
        self.titles = {fiche.id: title_terms(fiche, known) for fiche in fiches}
        self.marks = {fiche.id: mark_terms(fiche, known) for fiche in fiches}
        self.codes = {fiche.id: {code.code for code in fiche.rome} for fiche in fiches}
        self.frequencies: dict[str, dict[tuple[str, str], int]] = defaultdict(lambda: defaultdict(int))
        for id, fields in self.placed.items():
            for name, placed in fields.items():
                for term, *_ in placed:
                    self.frequencies[term][id, name] += 1
        self.families: dict[str, list[str]] = defaultdict(list)
        for term in self.frequencies:
            self.families[broad(term)].append(term)
        self.ways: dict[str, set[str]] = defaultdict(set)
        for forms in self.forms.values():
            for form in forms:
                self.ways[fold(form)].add(form)
        lengths = {
            field.name: [len(fields[field.name]) for fields in self.placed.values() if fields[field.name]]
            for field in FIELDS
        }
        self._idf: dict[tuple[str, ...], float] = {}
        self.mean = {name: max(sum(each) / max(len(each), 1), 1.0) for name, each in lengths.items()}

    def idf(self, *terms: str) -> float:
        """Of the sheets that hold any of these terms."""
        if terms not in self._idf:
            holding = len({id for term in terms for id, _ in self.frequencies[term]})
            self._idf[terms] = log1p((self.count - holding + 0.5) / (holding + 0.5))
        return self._idf[terms]

    def impacts(self, terms: Sequence[str], fields: Sequence[str]) -> dict[str, float]:
        """What terms that count as one bring each sheet through some fields."""
        combined: dict[str, float] = defaultdict(float)
        for term in terms:
            for (id, name), frequency in self.frequencies[term].items():
                if name in fields:
                    field = FIELD_BY_NAME[name]
                    length = len(self.placed[id][name]) / self.mean[name]
                    combined[id] += field.weight * frequency / (1 - field.b + field.b * length)
        idf = self.idf(*terms)
        return {id: idf * (WEIGHTS.k1 + 1) * each / (WEIGHTS.k1 + each) for id, each in combined.items()}

    def likeness(self, words: Iterable[str], label: Iterable[str]) -> float:
        """The squared cosine of two sets of terms."""
        asked, said = set(words), set(label)
        together = sum(self.idf(term) for term in asked & said)
        return together**2 / (sum(self.idf(term) for term in asked) * sum(self.idf(term) for term in said))

    def holding(self, phrase: Sequence[str], fields: Sequence[str]) -> set[str]:
        """The sheets that hold these terms at consecutive places of one field."""
        found = set()
        for id, placed in self.placed.items():
            for name in fields:
                places = {(term, position) for term, position, *_ in placed[name]}
                if any(
                    all((term, start + step) in places for step, term in enumerate(phrase))
                    for first, start in places
                    if first == phrase[0]
                ):
                    found.add(id)
        return found

    def scores(self, asked: Asked, fields: Sequence[str]) -> tuple[dict[str, dict[str, float]], set[str]]:
        """The parts of the score of each sheet found; and the sheets too near to the threshold to tell."""
        words = self._words(asked)
        terms = list(words)
        impacts = {term: self.impacts([term], fields) for term in terms}
        families = {term: self.impacts(self.families[broad(term)], fields) for term in terms}
        coverage = self._coverage(words, impacts, families)
        threshold = self._threshold(coverage.values())
        near = {id for id, each in coverage.items() if abs(each - threshold) < SAME * threshold}
        found = {id for id, each in coverage.items() if each >= threshold} | near
        for phrase in asked.phrases:
            found &= self.holding([token.term for token in tokens(phrase)], fields)
        for word in asked.excluded:
            found -= self.holding([token.term for token in tokens(word)], fields)
        whole = sum(self.idf(term) for term in terms)
        parts: dict[str, dict[str, float]] = {}
        for id in found:
            mine = {
                "mots": sum(impacts[term].get(id, 0.0) for term in terms),
                "familles": WEIGHTS.family * sum(families[term].get(id, 0.0) for term in terms),
                "forme": WEIGHTS.form * sum(self._has_form(id, token) for token in words.values()) / len(words),
            }
            if {"titre", "appellations"} & set(fields):
                likes = (
                    self.likeness(terms, title) ** WEIGHTS.title_power * (WEIGHTS.other_title if other else 1)
                    for title, other in self.titles[id]
                )
                mine["titre"] = WEIGHTS.title * whole * max(likes, default=0.0)
            if {"formations", "reperes"} & set(fields):
                likes = (self.likeness(terms, label) ** WEIGHTS.mark_power for label in self.marks[id])
                mine["repere"] = WEIGHTS.mark * whole * max(likes, default=0.0)
            parts[id] = mine
        own = {id: sum(each.values()) for id, each in parts.items()}
        best: dict[str, float] = defaultdict(float)
        for id, score in own.items():
            for code in self.codes[id]:
                best[code] = max(best[code], score)
        for id, mine in parts.items():
            mine["parente"] = WEIGHTS.kin * max([own[id], *(best[code] for code in self.codes[id])])
        return parts, near

    def _words(self, asked: Asked) -> dict[str, Token]:
        """The words that some sheet holds, those of phrases included, each term once."""
        found: dict[str, Token] = {}
        for token in tokens(" ".join((*asked.phrases, *asked.words))):
            if token.term in self.frequencies:
                found.setdefault(token.term, token)
        return found

    def _coverage(
        self, words: dict[str, Token], impacts: dict[str, dict[str, float]], families: dict[str, dict[str, float]]
    ) -> dict[str, float]:
        coverage: dict[str, float] = defaultdict(float)
        for term, token in words.items():
            weight = self.idf(term) * (WEIGHTS.stop if token.surface in STOP_WORDS else 1.0)
            for id in families[term]:
                coverage[id] += weight * (1.0 if id in impacts[term] else WEIGHTS.family_cover)
        return coverage

    def _threshold(self, coverage: Iterable[float]) -> float:
        reached = sorted(coverage, reverse=True)
        best = reached[0] if reached else 0.0
        strict = WEIGHTS.strict * best
        return strict if sum(each >= strict for each in reached) >= WEIGHTS.enough else WEIGHTS.gate * best

    def _has_form(self, id: str, token: Token) -> bool:
        """Whether the sheet holds this very form of a word that the sheets write with several accents."""
        return len(self.ways[fold(token.surface)]) > 1 and token.surface in self.forms[id]


def check(engine: Engine, reference: Reference, asked: Asked, dans: frozenset[str] = frozenset()) -> int:
    """Compare every hit of a query with the reference; how many there are."""
    found = engine.search(
        Query(text=asked.text, typo=False, dans=dans, per_page=2000, explain=True, facets=frozenset())
    )
    expected, near = reference.scores(asked, fields_of_sections(dans))
    ids = [hit.fiche.id for hit in found.hits]
    assert set(expected) - near <= set(ids) <= set(expected)
    assert found.total == len(ids) == len(set(ids))
    for hit in found.hits:
        parts = expected[hit.fiche.id]
        assert {part.name: part.value for part in hit.parts} == pytest.approx(parts, rel=SAME, abs=1e-6)
        assert hit.score == pytest.approx(sum(parts.values()), rel=SAME)
        assert sum(part.value for part in hit.parts) == pytest.approx(hit.score, rel=SAME)
    order = [(-hit.score, hit.fiche.number) for hit in found.hits]
    assert order == sorted(order)
    return len(ids)


@contextmanager
def engine_over(fiches: Sequence[Fiche]) -> Iterator[Engine]:
    with TemporaryDirectory() as folder:
        engine = ENGINES["embedded"](Path(folder) / "index")
        rebuilt(engine, fiches)
        yield engine
        engine.close()


asked_at_random = st.builds(
    Asked,
    st.lists(st.sampled_from((*WORDS, "pains", "MECANIQUE", "peche", "zyzomys")), min_size=1, max_size=4).map(tuple),
    st.lists(st.sampled_from(("pain", "la nuit", "vente de", "moteur moteurs", "pêche")), max_size=1).map(tuple),
    st.lists(st.sampled_from(("bateau", "vendeuse", "l'eau")), max_size=1).map(tuple),
)
section_at_random = st.sampled_from(((), (), ("appellations",), ("presentation",), ("nature_travail", "formations")))


@pytest.mark.no_cover
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(corpora(), st.lists(st.tuples(asked_at_random, section_at_random), min_size=1, max_size=12))
def test_scores_over_random_sheets_are_those_of_the_formula(
    fiches: tuple[Fiche, ...], questions: list[tuple[Asked, tuple[str, ...]]]
) -> None:
    reference = Reference(fiches)
    with engine_over(fiches) as engine:
        for asked, dans in questions:
            known = [token for phrase in asked.phrases for token in tokens(phrase)]
            if all(token.term in reference.frequencies for token in known):
                check(engine, reference, asked, frozenset(dans))


def test_scores_over_a_made_up_village_are_those_of_the_formula() -> None:
    reference = Reference(VILLAGE)
    asked = [Asked((each.title,)) for each in VILLAGE]
    asked += [Asked(("vente", "pain")), Asked(("pêche",)), Asked(("péché",)), Asked(("force",), ("travail de nuit",))]
    asked += [Asked(("la", "nuit"), (), ("courrier",)), Asked(("bac + 5",)), Asked(("MET.100",)), Asked(("H1206",))]
    with engine_over(VILLAGE) as engine:
        assert sum(check(engine, reference, each) for each in asked) > 30


def test_many_sheets_that_hold_all_the_words_shut_out_the_others() -> None:
    many = [replace(VILLAGE[8], id=f"MET.{number}") for number in range(1000, 1000 + WEIGHTS.enough)]
    for held in (many, many[1:]):
        fiches = [*VILLAGE[:8], *held]
        reference = Reference(fiches)
        with engine_over(fiches) as engine:
            found = check(engine, reference, Asked(("nuit", "courrier")))
            # "nuit" alone is held by two more, which come in as soon as one of those that hold both is missing.
            assert found == len(held) + (2 if len(held) < WEIGHTS.enough else 0)


@pytest.fixture(scope="module")
def corpus_reference(corpus_engine: Engine) -> Reference:
    return Reference([corpus_engine.get(id) for id, _ in corpus_engine.all()])


@pytest.fixture(scope="module")
def some_queries(relevance_dir: Path) -> list[str]:
    """Real queries of all families."""
    lines = (relevance_dir / "queries.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t")[2] for line in lines[::23]]


@pytest.mark.no_cover
def test_scores_of_real_queries_are_those_of_the_formula(
    corpus_engine: Engine, corpus_reference: Reference, some_queries: list[str]
) -> None:
    known = [text for text in some_queries if '"' not in text and " -" not in text]
    known = [text for text in known if any(token.term in corpus_reference.frequencies for token in tokens(text))]
    assert len(known) > 100
    found = [check(corpus_engine, corpus_reference, Asked((text,))) for text in known]
    assert sum(found) > 5000


@pytest.mark.parametrize("section", ["appellations", "nature_travail", "formations"])
def test_scores_in_one_section_are_those_of_the_formula(
    section: str, corpus_engine: Engine, corpus_reference: Reference, some_queries: list[str]
) -> None:
    texts = [text for text in some_queries[::6] if '"' not in text and " -" not in text]
    found = [check(corpus_engine, corpus_reference, Asked((text,)), frozenset({section})) for text in texts]
    assert sum(found) > 100


def test_filters_do_not_change_scores(corpus_engine: Engine) -> None:
    free = corpus_engine.search(Query(text="conducteur de travaux", per_page=2000))
    scores = {hit.fiche.id: hit.score for hit in free.hits}
    for value in corpus_engine.facet_values("niveau"):
        found = corpus_engine.search(
            Query(text="conducteur de travaux", filters=frozenset({("niveau", value.value)}), per_page=2000)
        )
        assert {hit.fiche.id: hit.score for hit in found.hits} == {
            hit.fiche.id: scores[hit.fiche.id] for hit in found.hits
        }


def test_every_part_has_a_label_and_comes_in_the_order_of_the_formula(corpus_engine: Engine) -> None:
    for hit in corpus_engine.search(Query(text="boulangère", explain=True)).hits:
        assert [(part.name, part.label) for part in hit.parts] == list(PARTS.items())
