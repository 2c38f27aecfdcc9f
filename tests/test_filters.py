"""Filters and facet counts: what a facet announces is what choosing it gives.

The whole of `make soak` tries every value in every state.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
from asking import SOAK
from engines import ENGINES, counts_of, opened, rebuilt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_up import VILLAGE, corpora, questions
from shares import examples

from search.embedded import filters
from search.embedded.snapshot import Snapshot
from search.engine import Engine
from search.fiche import NIVEAUX as ALL_NIVEAUX
from search.fiche import Fiche, rank_of
from search.fields import BOUNDS, FACETS, SECTIONS
from search.folding import slug
from search.index.columns import pack, unpack
from search.query import Query

STATES = 500
TRIED = 1_000 if SOAK else 2
"""Values tried of each facet in each state."""


def announced_and_given(engine: Engine, state: Query, random: Random) -> list[tuple[str, str, int, int]]:
    """(facet, value, count announced, total when it is chosen instead of the facet's own choices)."""
    asked: list[tuple[str, str, int]] = []
    for facet, counts in counts_of(engine.search(state)).items():
        some = random.sample(list(counts), min(TRIED, len(counts)))
        # Most values of a tree are at zero: one that is not is always tried.
        some += [value for value, count in counts.items() if count][:1]
        asked += [(facet, value, counts[value]) for value in some]
    totals = engine.counts([state.without(facet).toggle(facet, value) for facet, value, _ in asked])
    return [(facet, value, count, total) for (facet, value, count), total in zip(asked, totals, strict=True)]


def bounds(*values: str | int | None) -> frozenset[tuple[str, str | int]]:
    """The sides of all ranges, in the order of BOUNDS; None leaves one open."""
    return frozenset((name, value) for name, value in zip(BOUNDS, values, strict=True) if value is not None)


def states(engine: Engine, texts: Sequence[str], random: Random) -> list[Query]:
    """Searches as readers make them: words or none, a choice or several, sometimes a range or a section."""
    values = {facet.name: [value.value for value in engine.facet_values(facet.name)] for facet in FACETS}
    filled = [name for name, slugs in values.items() if slugs]
    niveaux = values["niveau"]

    def one() -> Query:
        chosen = [random.choice(filled) for _ in range(random.choice((0, 1, 1, 2, 3)))]
        return Query(
            text=random.choice(("", random.choice(texts))),
            filters=frozenset((name, random.choice(values[name])) for name in chosen),
            bounds=bounds(
                random.choice((None,) * 4 + (random.choice(niveaux),)),
                random.choice((None,) * 4 + (random.choice(niveaux),)),
                random.choice((None, None, None, random.randrange(1500, 3000))),
                random.choice((None, None, None, random.randrange(1700, 4000))),
            ),
            dans=random.choice((frozenset(), frozenset(), frozenset(random.sample(SECTIONS, 2)))),
        )

    return [one() for _ in range(STATES)]


@pytest.fixture(scope="module")
def some_states(corpus_engine: Engine, relevance_dir: Path) -> list[Query]:
    lines = (relevance_dir / "queries.tsv").read_text(encoding="utf-8").splitlines()
    texts = [line.split("\t")[2] for line in lines]
    return states(corpus_engine, [*texts, '"bac + 2"', "-travail", "boulanger -pain"], Random(1043))


@pytest.mark.no_cover
@pytest.mark.soak
def test_f1_each_count_is_the_total_after_that_toggle(corpus_engine: Engine, some_states: list[Query]) -> None:
    wrong = []
    tried = 0
    for number, state in enumerate(some_states):
        found = announced_and_given(corpus_engine, state, Random(number))
        tried += len(found)
        wrong += [(state, *each) for each in found if each[2] != each[3]]
    assert wrong == []
    assert tried > (10_000 if SOAK else 8_000)


@pytest.mark.no_cover
def test_f1_for_a_facet_without_choices_the_toggle_itself_gives_the_count(
    corpus_engine: Engine, some_states: list[Query]
) -> None:
    wrong = []
    for state in some_states[::5]:
        counts = counts_of(corpus_engine.search(state))
        pairs = [
            (facet, value)
            for facet in ("niveau", "statut", "salaire")
            if not state.values_of(facet)
            for value in counts[facet]
        ]
        totals = corpus_engine.counts([state.toggle(facet, value) for facet, value in pairs])
        wrong += [
            (state, facet, value)
            for (facet, value), total in zip(pairs, totals, strict=True)
            if counts[facet][value] != total
        ]
    assert wrong == []


def test_counts_of_a_facet_with_one_value_a_sheet_add_up_to_the_total(
    corpus_engine: Engine, some_states: list[Query]
) -> None:
    for state in some_states[::5]:
        found = corpus_engine.search(state.without("niveau"))
        assert sum(counts_of(found)["niveau"].values()) == found.total


@pytest.mark.no_cover
def test_a_parent_is_counted_once_for_all_its_children(corpus_engine: Engine, some_states: list[Query]) -> None:
    parents = {value.value: value.parent for value in corpus_engine.facet_values("rome")}
    for state in some_states[::10]:
        counts = counts_of(corpus_engine.search(state))["rome"]
        for value, parent in parents.items():
            assert parent is None or counts[parent] >= counts[value]
        for value in parents:
            below = [counts[child] for child, parent in parents.items() if parent == value]
            assert not below or max(below) <= counts[value] <= sum(below)


# --- By hand, on small sheets -------------------------------------------------------------------------


def kept(fiche: Fiche, query: Query) -> bool:
    """Whether every filter of a query lets a sheet through, as the port says it in words."""
    for facet in FACETS:
        chosen = query.values_of(facet.name)
        if chosen and not chosen & {value.value for value in facet.values(fiche)}:
            return False
    rank, salaire = rank_of(fiche.niveau), fiche.salaire_debutant
    lowest = salaire.min if salaire else None
    ranks = {slug(niveau): rank for rank, niveau in enumerate(ALL_NIVEAUX)}
    least, most, least_paid, most_paid = (query.bound(name) for name in BOUNDS)
    if least is not None and (rank is None or rank < ranks[str(least)]):
        return False
    if most is not None and (rank is None or rank > ranks[str(most)]):
        return False
    if least_paid is not None and (lowest is None or (salaire.max or lowest) < least_paid):  # type: ignore[union-attr]
        return False
    return most_paid is None or (lowest is not None and lowest <= most_paid)


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    engine = ENGINES["embedded"](tmp_path_factory.mktemp("village") / "index")
    rebuilt(engine, VILLAGE)
    return engine


NIVEAUX = st.sampled_from(("sans-diplome", "cap-ou-equivalent", "bac-2", "bac-5", "bac-8"))
CHOICES = st.sampled_from(
    sorted({(facet.name, value.value) for facet in FACETS for each in VILLAGE for value in facet.values(each)})
)


@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.builds(
        Query,
        filters=st.frozensets(CHOICES, max_size=4),
        bounds=st.builds(
            bounds,
            st.none() | NIVEAUX,
            st.none() | NIVEAUX,
            st.none() | st.integers(-10, 3500),
            st.none() | st.integers(-10, 3500),
        ),
    )
)
def test_filters_keep_the_sheets_that_a_reader_would_keep(village: Engine, query: Query) -> None:
    expected = {fiche.id for fiche in VILLAGE if kept(fiche, query)}
    found = village.search(replace(query, per_page=100))
    assert {hit.fiche.id for hit in found.hits} == expected
    assert found.total == len(expected)
    assert village.matching(query) == expected
    counts = counts_of(found)
    for facet in FACETS[:4]:
        others = [fiche for fiche in VILLAGE if kept(fiche, query.without(facet.name))]
        held = [value.value for fiche in others for value in facet.values(fiche)]
        assert counts[facet.name] == {slug: held.count(slug) for slug in counts[facet.name]}


@pytest.mark.soak
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(corpora(), st.lists(questions, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_over_random_sheets_each_count_is_the_total_after_that_toggle(
    tmp_path_factory: pytest.TempPathFactory, fiches: tuple[Fiche, ...], texts: list[str], random: Random
) -> None:
    engine = ENGINES["embedded"](tmp_path_factory.mktemp("random") / "index")
    rebuilt(engine, fiches)
    for state in states(engine, texts, random)[:15]:
        assert [each for each in announced_and_given(engine, state, random) if each[2] != each[3]] == []


# --- The functions ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("snapshot") / "index"
    engine = ENGINES["embedded"](folder)
    rebuilt(engine, VILLAGE)
    return opened(folder)


def bits_of(documents: Sequence[int]) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    mask = np.zeros(len(VILLAGE), dtype=np.bool_)
    mask[list(documents)] = True
    return pack(mask)


def test_no_filter_restricts_nothing() -> None:
    assert (filters.restrict(bits_of([0, 3]), {}) == bits_of([0, 3])).all()


def test_restricting_leaves_what_it_was_given_as_it_was() -> None:
    found, limit = bits_of([0, 3, 5]), bits_of([3])
    assert unpack(filters.restrict(found, {"a": limit}), len(VILLAGE)).sum() == 1
    assert (found == bits_of([0, 3, 5])).all()
    assert (limit == bits_of([3])).all()


def test_choosing_changes_no_array_of_the_index(snapshot: Snapshot) -> None:
    table = snapshot.columns.facets
    before = table.bits.copy()
    query = Query(filters=frozenset({("statut", "artisan"), ("statut", "salarie"), ("statut", "nowhere")}))
    filters.chosen(query, table, snapshot.facets, {})
    assert (table.bits == before).all()


def test_an_unknown_facet_lets_nothing_through(snapshot: Snapshot) -> None:
    found = filters.chosen(
        Query(filters=frozenset({("couleur", "rouge")})), snapshot.columns.facets, snapshot.facets, {}
    )
    assert not found["couleur"].any()


def test_an_unknown_level_lets_nothing_through(snapshot: Snapshot) -> None:
    for limits in ({"niveau_min": "bac-99"}, {"niveau_max": "bac-99"}, {"niveau_max": "autre-formation"}):
        [bits] = filters.in_ranges(Query().within(**limits), snapshot.documents.lowest, snapshot.documents.highest)
        assert not bits.any()


def test_facets_counted_are_those_named(snapshot: Snapshot) -> None:
    everything = bits_of(range(len(VILLAGE)))

    def counted(names: frozenset[str] | None) -> set[str]:
        return set(filters.counts(everything, {}, snapshot.columns.facets, snapshot.facets, names))

    assert counted(frozenset()) == set()
    assert counted(frozenset({"statut", "secteur", "couleur"})) == {"statut"}
    assert counted(None) == {facet.name for facet in FACETS} - {"secteur"}


def test_values_are_counted_alike_in_few_documents_and_in_many(largest_index: Path) -> None:
    snapshot = opened(largest_index)
    documents, table = snapshot.columns.documents, snapshot.columns.facets
    random = Random(1)
    for size in {0, 1, documents // 50, documents // 8, documents // 8 + 1, documents // 2, documents}:
        chosen = random.sample(range(documents), size)
        mask = np.zeros(documents, dtype=np.bool_)
        mask[chosen] = True
        found = filters.counts(pack(mask), {}, table, snapshot.facets, None)
        sheets = [snapshot.fiche(doc) for doc in chosen]
        for facet in FACETS:
            held = Counter(value.value for fiche in sheets for value in set(facet.values(fiche)))
            counted = found.get(facet.name)
            assert (
                counted is None
                or {v.value: n for v, n in zip(counted.values, counted.counts, strict=True) if n} == held
            )
