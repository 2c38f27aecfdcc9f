"""The formula of `search.ranking` in slow plain Python, from the tokens of the sheets: the engine gives its scores.

Nothing here reads the arrays. `Reference` knows each sheet as its placed terms, its titles, its labels, its names and
its codes; every score is worked out from there, in double precision, term by term as the formula is written. How a
text is read is not its affair: it is asked what is read as it stands (`is_plain`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise, product
from math import log, log1p
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from engines import ENGINES, rebuilt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_up import VILLAGE, WORDS, corpora
from numpy.typing import NDArray
from shares import examples

from search.engine import Engine, Hit
from search.fiche import Fiche, Nom
from search.fields import FIELD_BY_NAME, FIELDS, appellations, fields_of_sections
from search.folding import fold
from search.french import equivalents, refusals, spoken
from search.french.name_matching import SHARES, SPREAD, WHOLE
from search.french.names import CODE, GROUP, OTHER, OWN, SHORT, readings, terms_of
from search.french.senses import COMMON, DIMENSIONS
from search.french.tokens import STOP_WORDS, WISHES, Token, broad, stem, tokens
from search.french.understanding import BESIDE_TITLE, LEAST_LED, LEAST_LIKE
from search.index.documents import document, label_terms, title_terms
from search.index.occurrences import Occurrences
from search.query import Query
from search.ranking import PARTS, WEIGHTS

SAME = 1e-5
"""Relative difference between single and double precision that is none."""

EVERYWHERE = fields_of_sections(())


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

    @property
    def tokens(self) -> list[Token]:
        """Of the words and phrases."""
        return tokens(" ".join((*self.phrases, *self.words)))


@dataclass(frozen=True)
class Expected:
    """The parts of the score of each sheet found; the sheets too near to a threshold to tell; and by how much a
    part may differ, beyond single precision, by its name.
    """

    parts: dict[str, dict[str, float]]
    near: set[str]
    slack: dict[str, float]


def unpacked(places: Occurrences) -> list[tuple[str, int]]:
    """Each term with each position at which it stands."""
    return [
        (term, position) for term, packed in places.items() for position in memoryview(packed).cast("i").tolist()[::3]
    ]


class Reference:
    """The ranking of some sheets, worked out term by term."""

    def __init__(self, fiches: Sequence[Fiche]) -> None:
        self.known = known = equivalents.read(equivalents.mine(fiches))
        made = {fiche.id: document(fiche, known) for fiche in fiches}
        self.count = len(fiches)
        self.placed = {
            id: {name: unpacked(places) for name, places in each.fields.items()} for id, (each, _) in made.items()
        }
        self.forms = {id: forms for id, (_, forms) in made.items()}
        self.titles = {fiche.id: title_terms(fiche, known) for fiche in fiches}
        self.labels = {fiche.id: label_terms(fiche, known) for fiche in fiches}
        self.codes = {fiche.id: {code.code for code in fiche.rome} for fiche in fiches}
        self.names = reached(fiches)
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
        self.most = max([1.0, *(self.idf(term) for term in list(self.frequencies))])

    def idf(self, *terms: str) -> float:
        """Of the sheets that hold any of these terms."""
        if terms not in self._idf:
            holding = len({id for term in terms for id, _ in self.frequencies[term]})
            self._idf[terms] = log1p((self.count - holding + 0.5) / (holding + 0.5))
        return self._idf[terms]

    def weight(self, terms: Iterable[str]) -> float:
        """Of some words together; one that no sheet holds is worth the rarest that one holds, and 1 at least."""
        return sum(self.idf(term) if term in self.frequencies else self.most for term in set(terms))

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
        return self.weight(asked & said) ** 2 / (self.weight(asked) * self.weight(said))

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

    def is_plain(self, asked: Asked) -> bool:
        """Whether each word of a query is read as what it is, typing errors understood or not."""
        found = asked.tokens
        outside = {term for name in self.names for term in name}
        titles = {term for each in self.titles.values() for title, _ in each for term in title}
        return not (
            any(token.folded in WISHES for token in found)
            or any(token.term not in self.frequencies and token.term not in outside for token in found)
            or any(stem(left.folded + right.folded) in self.frequencies for left, right in pairwise(found))
            or list(refusals.refused(asked.text, titles))
            or list(self.known.spans(found))
        )

    def scores(self, asked: Asked, fields: Sequence[str], typo: bool = False) -> Expected:
        """What is found, and why. With typing errors understood, everywhere, names lead and the sense counts."""
        words = self._words(asked)
        terms = list(words)
        outside = {token.term for token in asked.tokens if token.surface not in STOP_WORDS} - set(terms)
        every = set(terms) | (outside if typo else set())
        content = every - {term for term, token in words.items() if token.surface in STOP_WORDS}
        whole = self.weight(every)
        impacts = {term: self.impacts([term], fields) for term in terms}
        families = {term: self.impacts(self.families[broad(term)], fields) for term in terms}
        coverage = self._coverage(words, impacts, families)
        threshold = self._threshold(coverage.values())
        near = {id for id, each in coverage.items() if abs(each - threshold) < SAME * threshold}
        led, titled = (self._led(content, fields), self._titled(content, fields)) if typo else ({}, {})
        if titled:
            led = {id: share * BESIDE_TITLE for id, share in led.items() if share * BESIDE_TITLE >= LEAST_LED}
        found = {id for id, each in coverage.items() if each >= threshold} | near
        found |= led.keys() | titled.keys()
        found &= self._holding_all(asked, fields)
        slack = {"nom": SAME * WEIGHTS.name * whole}
        cosine: dict[str, float] = {}
        if typo and words and fields == EVERYWHERE:
            closeness = whole * (WEIGHTS.sense if len(words) > 1 else WEIGHTS.sense_alone)
            cosine, off = self.senses.cosines([broad(term) for term in terms if term in content])
            slack["sens"] = slack["parente"] = off * closeness
        parts: dict[str, dict[str, float]] = {}
        for id in found:
            mine = {
                "mots": sum(impacts[term].get(id, 0.0) for term in terms),
                "familles": WEIGHTS.family * sum(families[term].get(id, 0.0) for term in terms),
                "forme": WEIGHTS.form * sum(self._has_form(id, token) for token in words.values()) / max(len(words), 1),
            }
            if {"titre", "appellations"} & set(fields):
                likes = (
                    self.likeness(every, title) ** WEIGHTS.title_power * (WEIGHTS.other_title if other else 1)
                    for title, other in self.titles[id]
                )
                mine["titre"] = WEIGHTS.title * whole * max(likes, default=0.0)
            if {"formations", "reperes"} & set(fields):
                likes = (self.likeness(every, label) ** WEIGHTS.label_power for label in self.labels[id])
                mine["repere"] = WEIGHTS.label * whole * max(likes, default=0.0)
            if cosine:
                mine["sens"] = closeness * cosine[id]
            parts[id] = mine
        if led or titled:
            self._add_names(parts, led, titled, whole)
        self._add_kin(parts)
        return Expected(parts, near, slack)

    def _add_names(
        self, parts: dict[str, dict[str, float]], led: Mapping[str, float], titled: Mapping[str, float], whole: float
    ) -> None:
        label = max((mine.get("repere", 0.0) for mine in parts.values()), default=0.0)
        is_label = label >= WEIGHTS.named * WEIGHTS.label * whole
        beside = WEIGHTS.beside_label if is_label else 1
        for id, mine in parts.items():
            named = WEIGHTS.name * whole * beside * led.get(id, 0.0)
            if id in titled:
                named = max(named, whole * (WEIGHTS.name * titled[id] + (WEIGHTS.label if is_label else 0)))
            mine["nom"] = max(named - mine.get("titre", 0.0), 0.0)

    def _add_kin(self, parts: dict[str, dict[str, float]]) -> None:
        own = {id: sum(each.values()) for id, each in parts.items()}
        best: dict[str, float] = defaultdict(float)
        for id, score in own.items():
            for code in self.codes[id]:
                best[code] = max(best[code], score)
        for id, mine in parts.items():
            mine["parente"] = WEIGHTS.kin * max([own[id], *(best[code] for code in self.codes[id])])

    @cached_property
    def senses(self) -> "Senses":
        """The latent vectors of the families and of the sheets."""
        return Senses(
            sorted(self.placed),
            {family: self.impacts(members, EVERYWHERE) for family, members in self.families.items()},
            {family: self.idf(*members) for family, members in self.families.items()},
        )

    def _holding_all(self, asked: Asked, fields: Sequence[str]) -> set[str]:
        """The sheets that hold every phrase and no word excluded."""
        held = set(self.placed)
        for phrase in asked.phrases:
            held &= self.holding([token.term for token in tokens(phrase)], fields)
        for word in asked.excluded:
            held -= self.holding([token.term for token in tokens(word)], fields)
        return held

    def _led(self, content: AbstractSet[str], fields: Sequence[str]) -> dict[str, float]:
        """What the names of jobs say of each sheet to which one leads, in 0..1; none leads inside some fields."""
        share: dict[str, float] = defaultdict(float)
        for name, reached in self.names.items() if fields == EVERYWHERE else ():
            likeness = self.likeness(content, name) if content & name else 0.0
            for id, way in reached.items():
                if way > SHORT and likeness >= LEAST_LIKE:
                    share[id] = max(share[id], likeness * SHARES[way] / (1 + SPREAD * log(len(reached))))
        return {id: each for id, each in share.items() if each >= LEAST_LED}

    def _titled(self, content: AbstractSet[str], fields: Sequence[str]) -> dict[str, float]:
        """The sheets of which the words are a title, with what it is worth; if titles are searched."""
        reached = self.names.get(frozenset(content), {}) if "titre" in fields else {}
        return {id: WHOLE[way] for id, way in reached.items() if way <= SHORT}

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


def reached(fiches: Iterable[Fiche]) -> dict[frozenset[str], dict[str, int]]:
    """The terms of each name of a job with the sheets that it reaches, and how."""
    names: dict[frozenset[str], dict[str, int]] = defaultdict(dict)

    def add(id: str, texts: Iterable[str], way: int) -> None:
        for text in texts:
            names[terms_of(text)].setdefault(id, way)

    for fiche in fiches:
        own, *others = appellations(fiche)
        add(fiche.id, readings(own), OWN)
        add(fiche.id, (text for each in others for text in (each.title, each.feminin, each.masculin)), OTHER)
        add(fiche.id, (text for each in others for text in readings(each)), SHORT)
        for nom in fiche.noms:
            add(fiche.id, (nom.label,), CODE if nom.code else GROUP)
    names.pop(frozenset(), None)
    return dict(names)


class Senses:
    """Latent semantic analysis of what each family brings each sheet, in double precision."""

    def __init__(
        self, ids: Sequence[str], impacts: Mapping[str, Mapping[str, float]], idf: Mapping[str, float]
    ) -> None:
        self.ids, self.idf = ids, idf
        row = {id: number for number, id in enumerate(ids)}
        telling = [family for family, held in impacts.items() if 2 <= len(held) <= COMMON * len(ids)]
        self.column = {family: number for number, family in enumerate(telling)}
        brought = np.zeros((len(ids), len(telling)))
        squares = np.zeros(len(ids))
        for family, held in impacts.items():
            rows, values = [row[id] for id in held], np.array([*held.values()])
            squares[rows] += values**2
            if family in self.column:
                brought[rows, self.column[family]] = values
        brought /= np.sqrt(np.maximum(squares, 1e-300))[:, None]
        values, vectors = np.linalg.eigh(brought @ brought.T)
        kept = [place for place in reversed(range(len(ids))) if values[place] > 1e-6][:DIMENSIONS]
        self.word = brought.T @ (vectors[:, kept] / np.sqrt(values[kept]))
        self.sheet = unit(brought @ self.word)

    def cosines(self, families: Iterable[str]) -> tuple[dict[str, float], float]:
        """Of each sheet with some families, never below 0; and by how much those of the engine may be off.

        The engine keeps a vector of D numbers in bytes: each number is off by 1/254 of the greatest at most, the
        vector by sqrt(D) as much. Two vectors a and b point apart by 2 |a - b| / (|a| + |b|) at most (Dunkl &
        Williams, 1964). A sheet is kept in half precision: off by 2**-11. What single precision adds is less.
        """
        asked = np.zeros(self.word.shape[1])
        off = 0.0
        for family in families:
            if family in self.column:
                vector = self.word[self.column[family]]
                asked += self.idf[family] * vector
                off += self.idf[family] * float(np.abs(vector).max(initial=0.0)) * len(vector) ** 0.5 / 254
        length = float(np.linalg.norm(asked))
        cosines = np.maximum(self.sheet @ unit(asked), 0.0)
        slack = 2 * off / (2 * length - off) if length > off else float(off > 0)
        return dict(zip(self.ids, cosines.tolist(), strict=True)), slack + 2**-11 + 1e-4


def unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(norms > 0, norms, 1.0)


def check(
    engine: Engine, reference: Reference, asked: Asked, dans: frozenset[str] = frozenset(), typo: bool = False
) -> list[Hit]:
    """Compare every hit of a query with the reference; the hits."""
    found = engine.search(Query(text=asked.text, typo=typo, dans=dans, per_page=2000, explain=True, facets=frozenset()))
    expected = reference.scores(asked, fields_of_sections(dans), typo)
    ids = [hit.fiche.id for hit in found.hits]
    assert set(expected.parts) - expected.near <= set(ids) <= set(expected.parts)
    assert found.total == len(ids) == len(set(ids))
    for hit in found.hits:
        parts = expected.parts[hit.fiche.id]
        assert {part.name: part.value for part in hit.parts} == {
            name: pytest.approx(value, rel=SAME, abs=max(expected.slack.get(name, 0.0), 1e-6))
            for name, value in parts.items()
        }
        assert hit.score == pytest.approx(sum(parts.values()), rel=SAME, abs=2 * expected.slack.get("sens", 0.0))
        assert sum(part.value for part in hit.parts) == pytest.approx(hit.score, rel=SAME)
    order = [(-hit.score, hit.fiche.number) for hit in found.hits]
    assert order == sorted(order)
    return list(found.hits)


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


names_at_random = st.lists(
    st.builds(
        Nom,
        st.sampled_from(("pétrisseur", "vente de nuit", "pétrisseur de bateau", "pain", "mécanique des moteurs")),
        st.just("ESCO"),
        st.sampled_from(("", "D1102")),
    ),
    max_size=2,
)


@st.composite
def named_corpora(draw: st.DrawFn) -> tuple[Fiche, ...]:
    """Random sheets, some with names from outside."""
    return tuple(replace(each, noms=tuple(draw(names_at_random))) for each in draw(corpora()))


@pytest.mark.no_cover
@settings(
    max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(named_corpora(), st.lists(st.tuples(asked_at_random, section_at_random, st.booleans()), min_size=4, max_size=12))
def test_scores_over_random_sheets_are_those_of_the_formula(
    fiches: tuple[Fiche, ...], questions: list[tuple[Asked, tuple[str, ...], bool]]
) -> None:
    reference = Reference(fiches)
    with engine_over(fiches) as engine:
        for asked, dans, typo in questions:
            known = [token for phrase in asked.phrases for token in tokens(phrase)]
            if all(token.term in reference.frequencies for token in known):
                check(engine, reference, asked, frozenset(dans), typo and reference.is_plain(asked))


def test_scores_over_a_made_up_village_are_those_of_the_formula() -> None:
    reference = Reference(VILLAGE)
    asked = [Asked((each.title,)) for each in VILLAGE]
    asked += [Asked(("vente", "pain")), Asked(("pêche",)), Asked(("péché",)), Asked(("force",), ("travail de nuit",))]
    asked += [Asked(("la", "nuit"), (), ("courrier",)), Asked(("bac + 5",)), Asked(("MET.100",)), Asked(("H1206",))]
    with engine_over(VILLAGE) as engine:
        assert sum(len(check(engine, reference, each)) for each in asked) > 30


def test_what_the_sense_brings_over_a_made_up_village_is_what_the_formula_says() -> None:
    reference = Reference(VILLAGE)
    texts = ("la farine et le sel", "pâte four", "pâte four farine", "ronde gardien", "farine matin", "pâte", "force")
    asked = [Asked((text,)) for text in texts]
    assert [each for each in asked if not reference.is_plain(each)] == []
    with engine_over(VILLAGE) as engine:
        hits = [hit for each in asked for hit in check(engine, reference, each, typo=True)]
    assert sum(part.name == "sens" and part.value > 0.3 for hit in hits for part in hit.parts) > 10


def test_what_a_name_from_outside_brings_is_what_the_formula_says() -> None:
    baker = Nom("pétrisseur", "ROME 4.60", "D1102"), Nom("tamiseur du four", "ESCO"), Nom("pétrisseur du matin", "ESCO")
    pastry = tuple(Nom(label, "ESCO") for label in ("pétrisseur", "tamiseur de farine", "rigueur", "œnologue"))
    noms = {"MET.1": baker, "MET.2": pastry}
    fiches = [replace(each, noms=noms.get(each.id, ())) for each in VILLAGE]
    reference = Reference(fiches)
    texts = ["pétrisseur", "pétrisseur du matin", "tamiseur farine", "le four tamiseur", "œnologue", "rigueur"]
    asked = [Asked((text,)) for text in (*texts, "œnologue pétrisseur", "pétrisseur pétrisseur")]
    asked += [Asked(("pétrisseur",), ("la pâte",)), Asked(("pétrisseur",), (), ("farine",))]
    assert [each for each in asked if not reference.is_plain(each)] == []
    with engine_over(fiches) as engine:
        brought = []
        for each, section in product(asked, ((), ("presentation",), ("appellations",))):
            hits = check(engine, reference, each, frozenset(section), typo=True)
            brought.append(max((part.value for hit in hits for part in hit.parts if part.name == "nom"), default=0.0))
    assert sum(each > 1 for each in brought) > 8


def test_many_sheets_that_hold_all_the_words_shut_out_the_others() -> None:
    many = [replace(VILLAGE[8], id=f"MET.{number}") for number in range(1000, 1000 + WEIGHTS.enough)]
    for held in (many, many[1:]):
        fiches = [*VILLAGE[:8], *held]
        reference = Reference(fiches)
        with engine_over(fiches) as engine:
            found = check(engine, reference, Asked(("nuit", "courrier")))
            # "nuit" alone is held by two more, which come in as soon as one of those that hold both is missing.
            assert len(found) == len(held) + (2 if len(held) < WEIGHTS.enough else 0)


@pytest.fixture(scope="module", autouse=True)
def no_spoken_words() -> Iterator[None]:
    """The formula alone: a spoken word is searched as other words, and half of these are spoken."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(spoken, "spans", lambda *_: iter(()))
        yield


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
    assert sum(map(len, found)) > 5000


def test_scores_of_real_queries_with_their_sense_are_those_of_the_formula(
    corpus_engine: Engine, corpus_reference: Reference, some_queries: list[str]
) -> None:
    asked = [Asked((text,)) for text in some_queries if '"' not in text and " -" not in text]
    plain = [each for each in asked if corpus_reference.is_plain(each)]
    assert len(plain) > 40
    hits = [hit for each in plain[:60] for hit in check(corpus_engine, corpus_reference, each, typo=True)]
    assert sum(part.name == "sens" and part.value > 1 for hit in hits for part in hit.parts) > 500


@pytest.mark.parametrize("section", ["appellations", "nature_travail", "formations"])
def test_scores_in_one_section_are_those_of_the_formula(
    section: str, corpus_engine: Engine, corpus_reference: Reference, some_queries: list[str]
) -> None:
    texts = [text for text in some_queries[::6] if '"' not in text and " -" not in text]
    found = [check(corpus_engine, corpus_reference, Asked((text,)), frozenset({section})) for text in texts]
    assert sum(map(len, found)) > 100


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
