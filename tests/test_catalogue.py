"""What the web may ask: facets with the state each choice leads to, ways out of an empty page, other words."""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from engines import rebuilt
from made_up import VILLAGE

from search.catalogue import SOFT_LIMIT, TEXT, Catalogue, Neighbours, ResultPage
from search.embedded.engine import EmbeddedEngine
from search.engine import Engine, Hits
from search.errors import NotFound
from search.fields import FACET_BY_NAME
from search.query import Query


@pytest.fixture(scope="module")
def catalogue(corpus_engine: Engine) -> Catalogue:
    # By a clock that stands still: on a busy machine a deadline would leave out what stands beside the results.
    return Catalogue(corpus_engine, lambda: 0.0)


def facet(page: ResultPage, name: str) -> dict[str, int]:
    return {choice.value: choice.count for choice in next(each for each in page.facets if each.name == name).choices}


def test_the_empty_search_holds_every_sheet_and_counts_them_by_level(catalogue: Catalogue) -> None:
    page = catalogue.search(Query())
    assert page.total == page.index.documents
    assert sum(facet(page, "niveau").values()) == page.total
    assert page.total_pages == -(-page.total // 20)


def test_a_word_that_is_too_far_to_be_corrected_is_offered_first(tmp_path: Path) -> None:
    engine = EmbeddedEngine(tmp_path / "index")
    rebuilt(engine, VILLAGE)
    page = Catalogue(engine, clock=lambda: 0.0).search(Query(text="boulxamjer"))
    assert (page.total, page.understanding.corrections) == (0, ())
    assert [each.understood for each in page.understanding.offered] == ["boulanger"]
    assert page.did_you_mean[0].text == "boulanger"
    engine.close()


def test_a_page_names_the_index_that_was_searched_even_if_another_serves_by_then(tmp_path: Path) -> None:
    class Overtaken(EmbeddedEngine):
        """Another index is switched to as soon as this one was searched."""

        def search(self, query: Query) -> Hits:
            found = super().search(query)
            rebuilt(self, VILLAGE[:3])
            return found

    engine = Overtaken(tmp_path)
    first = rebuilt(engine, VILLAGE)
    page = Catalogue(engine).search(Query())
    assert page.total == page.index.documents == len(VILLAGE)
    assert page.index.generation == first.generation != engine.info().generation


@dataclass
class Slow:
    """An engine each search of which takes some seconds by its clock."""

    engine: EmbeddedEngine
    seconds: float
    now: float = 1_000.0

    def clock(self) -> float:
        return self.now

    def search(self, query: Query) -> Hits:
        self.now += self.seconds
        return self.engine.search(query)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)


@pytest.mark.parametrize(("seconds", "partial"), [(0.0, False), (SOFT_LIMIT, False), (SOFT_LIMIT + 0.01, True)])
def test_after_the_deadline_the_results_stand_alone_and_the_page_says_that_it_is_partial(
    tmp_path: Path, seconds: float, partial: bool
) -> None:
    engine = EmbeddedEngine(tmp_path)
    rebuilt(engine, VILLAGE)
    slow = Slow(engine, seconds)
    page = Catalogue(cast(Engine, slow), slow.clock).search(Query(text="zzzzzz farine", typo=False))
    whole = Catalogue(engine).search(Query(text="zzzzzz farine", typo=False))
    assert whole.did_you_mean
    assert not whole.partial
    assert page.partial == partial
    assert page.did_you_mean == (() if partial else whole.did_you_mean)
    assert [hit.fiche.id for hit in page.hits] == [hit.fiche.id for hit in whole.hits]
    assert (page.total, page.facets) == (whole.total, whole.facets)
    assert page.took_ms >= 1_000 * seconds


def test_ways_out_that_are_found_before_the_deadline_are_kept_when_it_passes(tmp_path: Path) -> None:
    engine = EmbeddedEngine(tmp_path)
    rebuilt(engine, VILLAGE)
    query = Query(text="zzzzzz", typo=False)
    slow = Slow(engine, SOFT_LIMIT)

    def counts(queries: Any) -> Any:
        slow.now += 0.01
        return engine.counts(queries)

    slow.counts = counts  # type: ignore[attr-defined]
    page = Catalogue(cast(Engine, slow), slow.clock).search(query)
    assert page.partial
    assert page.relaxations == Catalogue(engine).search(query).relaxations != ()
    assert page.did_you_mean == page.nearest == ()


def test_choices_at_zero_stay(catalogue: Catalogue) -> None:
    counts = facet(catalogue.search(Query(text="boulanger", filters=frozenset({("statut", "artisan")}))), "niveau")
    assert counts["bac-5"] == 0
    assert counts.keys() == facet(catalogue.search(Query()), "niveau").keys()


def test_a_choice_leads_to_the_search_with_it_and_back(catalogue: Catalogue) -> None:
    page = catalogue.search(Query(text="bois", page=2))
    choice = next(each for each in page.facets[1].choices if each.count)
    chosen = catalogue.search(choice.query)
    assert chosen.query.page == 1
    assert chosen.total == choice.count
    (again,) = (each for each in chosen.facets[1].choices if each.value == choice.value)
    assert again.selected
    assert again.query == Query(text="bois")


def test_each_count_is_the_total_once_the_facet_holds_that_choice_alone(catalogue: Catalogue) -> None:
    states = random.Random(1)
    for text in ("", "bois", "mécanique", "soigner les animaux"):
        page = catalogue.search(Query(text=text))
        for each in page.facets:
            for choice in states.sample(each.choices, min(8, len(each.choices))):
                assert catalogue.search(choice.query).total == choice.count, (text, each.name, choice.value)


def test_parents_stand_before_their_children(catalogue: Catalogue) -> None:
    seen: set[str] = set()
    for choice in next(each for each in catalogue.search(Query()).facets if each.name == "domaine").choices:
        assert choice.parent is None or choice.parent in seen
        seen.add(choice.value)


def test_a_facet_that_no_sheet_fills_is_not_shown(catalogue: Catalogue) -> None:
    page = catalogue.search(Query())
    assert [each.name for each in page.facets] == [name for name in FACET_BY_NAME if catalogue.facet_values(name)]


def test_only_the_facets_asked_for_are_counted(catalogue: Catalogue) -> None:
    assert [each.name for each in catalogue.search(Query(facets=frozenset({"niveau"}))).facets] == ["niveau"]
    assert catalogue.search(Query(facets=frozenset())).facets == ()


def test_an_empty_page_offers_to_remove_the_filter_that_is_in_the_way(catalogue: Catalogue) -> None:
    page = catalogue.search(Query(text="boulanger", filters=frozenset({("niveau", "bac-8")})))
    assert page.total == 0
    assert [(each.remove, each.count) for each in page.relaxations] == [
        (("niveau",), catalogue.search(Query(text="boulanger")).total)
    ]


def test_filters_go_two_by_two_where_one_is_not_enough(catalogue: Catalogue) -> None:
    hands = ("interet", "je-veux-travailler-de-mes-mains")
    filters = frozenset({("niveau", "bac-8"), ("statut", "militaire"), hands})
    page = catalogue.search(Query(text="boulanger", filters=filters))
    assert page.total == 0
    assert page.relaxations
    assert [each.remove for each in page.relaxations] == [("niveau", "statut")]


def test_every_way_out_has_the_results_that_it_promises(catalogue: Catalogue) -> None:
    states = random.Random(2)
    names = [("niveau", "bac-8"), ("statut", "militaire"), ("salaire", "3000-et-plus"), ("interet", "j-aime-bouger")]
    empty = 0
    for _ in range(60):
        text = states.choice(["boulanger", "zzzzqqq", "danse", "notaire avion poney", "MET.999999"])
        query = Query(text=text, filters=frozenset(states.sample(names, states.randrange(4))))
        page = catalogue.search(query)
        if page.total:
            continue
        empty += 1
        assert page.relaxations, query
        for way in (*page.relaxations, *page.did_you_mean):
            assert way.count > 0
            assert catalogue.search(way.query).total == way.count
    assert empty > 20


def test_a_way_out_counts_what_its_words_choose_once_that_hides_no_longer_everything(catalogue: Catalogue) -> None:
    filters = frozenset({("diplome", "dcg-et-dscg")})
    query = Query("travailler dehors", filters, dans=frozenset({"nature_travail"}))
    page = catalogue.search(query)
    assert page.total == 0
    assert page.relaxations
    for way in page.relaxations:
        assert catalogue.search(way.query).total == way.count


def test_words_that_find_nothing_may_be_removed_altogether(catalogue: Catalogue) -> None:
    page = catalogue.search(Query(text="zzzzqqq", typo=False))
    assert page.total == 0
    assert [(each.remove, each.count) for each in page.relaxations] == [((TEXT,), page.index.documents)]


def test_a_misspelt_word_searched_as_it_is_leads_to_the_word_that_exists(catalogue: Catalogue) -> None:
    page = catalogue.search(Query(text="boulengerie", typo=False))
    assert page.total == 0
    assert any("boulangerie" in each.text for each in page.did_you_mean)


def test_other_words_are_not_offered_where_the_search_went_well(catalogue: Catalogue) -> None:
    page = catalogue.search(Query(text="boulanger"))
    assert page.did_you_mean == ()
    assert page.relaxations == ()
    assert page.nearest == ()


def test_a_page_past_the_end_is_empty_but_not_without_results(catalogue: Catalogue) -> None:
    page = catalogue.search(Query(text="boulanger", page=400))
    assert page.hits == ()
    assert page.total
    assert page.relaxations == ()


def test_the_neighbours_of_a_sheet_are_those_of_the_results_across_pages(catalogue: Catalogue) -> None:
    query = Query(text="mécanique", per_page=5)
    pages = [catalogue.search(query.at_page(number)).hits for number in (1, 2)]
    ids = [hit.fiche.id for page in pages for hit in page]
    for place, id in enumerate(ids[:-1]):
        beside = catalogue.neighbours(query.at_page(place // 5 + 1), id)
        assert (beside.before.id if beside.before else None) == (ids[place - 1] if place else None)
        assert beside.after is not None
        assert beside.after.id == ids[place + 1]


def test_a_sheet_that_a_search_does_not_find_has_no_neighbours(catalogue: Catalogue) -> None:
    assert catalogue.neighbours(Query(text="boulanger"), "MET.999999") == Neighbours(None, None)


def test_the_values_of_a_facet_are_searched_without_accents(catalogue: Catalogue) -> None:
    labels = [each.label for each in catalogue.facet_values("niveau", "equivalent")]
    assert "CAP ou équivalent" in labels
    assert all("équivalent" in label for label in labels)


def test_an_unknown_facet_is_said_to_be_unknown(catalogue: Catalogue) -> None:
    with pytest.raises(NotFound, match="couleur"):
        catalogue.facet_values("couleur")
