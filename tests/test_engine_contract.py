"""The contract of the port (`search.engine`), line by line, on every engine of `engines.ENGINES`.

Nothing here knows how an engine is made: another engine is added there and must pass the same tests.
"""

from dataclasses import replace

import pytest
from asked import QUERIES, chosen, found_by, ids, numbers
from conftest import EngineFactory
from engines import counts_of
from made_up import VILLAGE, fiche

from search.engine import Engine
from search.errors import NotFound
from search.fiche import Nom, rank_of
from search.fields import FACETS, FIELD_BY_NAME, SECTIONS, SORTS, block_text
from search.folding import fold
from search.french.tokens import tokens
from search.query import Query


def holding(facet: str, *slugs: str) -> set[str]:
    """The sheets of VILLAGE that hold one of these values, by the declaration of the facet."""
    values = next(each.values for each in FACETS if each.name == facet)
    return {each.id for each in VILLAGE if {value.value for value in values(each)} & set(slugs)}


# --- Facets -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("facet", [facet.name for facet in FACETS if facet.name != "secteur"])
def test_each_value_of_a_facet_finds_the_sheets_that_hold_it(facet: str, village: Engine) -> None:
    for value in village.facet_values(facet):
        found = found_by(village, "", filters=chosen(f"{facet}={value.value}"))
        assert set(found) == holding(facet, value.value)
        assert len(found) == value.total > 0


def test_choices_of_one_facet_add_up(village: Engine) -> None:
    found = found_by(village, "", filters=chosen("statut=artisan", "statut=liberal"))
    assert set(found) == holding("statut", "artisan", "liberal") == {"MET.1", "MET.2", "MET.6", "MET.7", "MET.11"}


def test_facets_restrict_one_another(village: Engine) -> None:
    found = found_by(village, "", filters=chosen("statut=artisan", "interet=creer"))
    assert found == ["MET.2"]
    assert set(found) == holding("statut", "artisan") & holding("interet", "creer")


def test_choices_add_up_inside_facets_that_restrict_one_another(village: Engine) -> None:
    filters = chosen("statut=artisan", "statut=fonctionnaire", "interet=creer", "interet=calculer")
    expected = holding("statut", "artisan", "fonctionnaire") & holding("interet", "creer", "calculer")
    assert set(found_by(village, "", filters=filters)) == expected == {"MET.2", "MET.4"}


def test_a_parent_of_a_tree_holds_the_sheets_of_its_children(village: Engine) -> None:
    children = [each.value for each in village.facet_values("domaine") if each.parent == "commerce-alimentation"]
    assert len(children) == 3
    below = found_by(village, "", filters=frozenset(("domaine", child) for child in children))
    above = found_by(village, "", filters=chosen("domaine=commerce-alimentation"))
    assert set(below) == {"MET.1", "MET.2", "MET.3"}
    # The wine maker has the domain without any of its sub-domains.
    assert set(above) == {*below, "MET.11"}


def test_a_value_that_no_sheet_holds_finds_nothing_and_adds_nothing(village: Engine) -> None:
    assert found_by(village, "", filters=chosen("statut=astronaute")) == []
    both = found_by(village, "", filters=chosen("statut=astronaute", "statut=artisan"))
    assert set(both) == holding("statut", "artisan")


def test_a_value_of_one_facet_is_no_value_of_another(village: Engine) -> None:
    assert found_by(village, "", filters=chosen("interet=artisan")) == []


def test_a_facet_is_counted_without_its_own_filter(village: Engine) -> None:
    free = counts_of(village.search(Query()))
    one = counts_of(village.search(Query(filters=chosen("statut=artisan"))))
    assert one["statut"] == free["statut"]
    assert one["niveau"] != free["niveau"]


def test_a_facet_is_counted_under_all_other_filters(village: Engine) -> None:
    filters = chosen("statut=artisan", "interet=travailler-de-ses-mains")
    counts = counts_of(village.search(Query(text="pâte", filters=filters)))
    by_statut = {
        value: village.search(Query(text="pâte", filters=chosen(f"statut={value}", "interet=travailler-de-ses-mains")))
        for value in counts["statut"]
    }
    assert counts["statut"] == {value: found.total for value, found in by_statut.items()}


def test_choices_at_zero_stay(village: Engine) -> None:
    found = village.search(Query(text="boulanger", filters=chosen("niveau=cap-ou-equivalent")))
    for facet in ("niveau", "statut", "interet", "domaine", "rome", "diplome", "salaire"):
        assert list(counts_of(found)[facet]) == [value.value for value in village.facet_values(facet)]
    assert counts_of(found)["interet"]["lire"] == 0


def test_all_counts_are_there_even_when_nothing_is_found(village: Engine) -> None:
    found = village.search(Query(text="boulanger", filters=chosen("niveau=bac-8")))
    assert found.total == 0
    assert found.hits == ()
    assert counts_of(found)["niveau"]["cap-ou-equivalent"] > 0
    assert set(counts_of(found)["statut"].values()) == {0}


def test_counts_over_everything_are_the_totals_of_the_values(village: Engine) -> None:
    counts = village.search(Query()).facets
    for facet, counted in counts.items():
        assert counted.values == village.facet_values(facet)
        assert counted.counts == tuple(value.total for value in counted.values)


def test_only_the_facets_asked_for_are_counted(village: Engine) -> None:
    every = village.search(Query(text="vente")).facets
    some = village.search(Query(text="vente", facets=frozenset({"niveau", "statut"}))).facets
    assert some == {"niveau": every["niveau"], "statut": every["statut"]}
    assert village.search(Query(text="vente", facets=frozenset())).facets == {}


def test_a_facet_that_no_sheet_fills_has_no_values_and_is_not_counted(village: Engine) -> None:
    assert village.facet_values("secteur") == ()
    assert "secteur" not in village.search(Query()).facets


def test_values_of_an_ordered_facet_come_in_the_order_of_the_scale(village: Engine) -> None:
    values = village.facet_values("niveau")
    assert [each.label for each in values] == [
        "sans diplôme", "3E", "CAP ou équivalent", "bac ou équivalent", "bac + 2", "bac + 5", "bac + 8",
        "autre formation",
    ]  # fmt: skip
    assert [each.rank for each in values] == [rank_of(each.label) for each in values]


def test_values_of_a_plain_facet_come_in_alphabetical_order_accents_aside(village: Engine) -> None:
    labels = [each.label for each in village.facet_values("interet")]
    assert labels == sorted(labels, key=fold)
    assert labels[:3] == ["calculer", "créer", "goûter"]


def test_children_of_a_tree_come_right_after_their_parent(village: Engine) -> None:
    values = village.facet_values("domaine")
    parent = None
    for each in values:
        if each.parent is None:
            parent = each.value
        assert each.parent in (None, parent)
    assert [each.label for each in values[:4]] == [
        "artisanat",
        "métiers de bouche",
        "commerce, alimentation",
        "boulangerie",
    ]


def test_an_unknown_facet_has_no_values_to_give(village: Engine) -> None:
    with pytest.raises(NotFound):
        village.facet_values("couleur")


# --- Ranges -----------------------------------------------------------------------------------------


def test_a_highest_level_keeps_the_levels_up_to_it(village: Engine) -> None:
    found = found_by(village, "", niveau_max="bac-2")
    expected = {each.id for each in VILLAGE if (rank := rank_of(each.niveau)) is not None and rank <= 7}
    assert set(found) == expected


def test_a_lowest_level_keeps_the_levels_from_it_on(village: Engine) -> None:
    assert set(found_by(village, "", niveau_min="bac-2")) == {"MET.4", "MET.5", "MET.7", "MET.11"}


def test_a_level_off_the_scale_is_in_no_range(village: Engine) -> None:
    for limits in ({"niveau_min": "sans-diplome"}, {"niveau_max": "bac-8"}):
        assert not {"MET.9", "MET.10", "MET.100"} & set(found_by(village, "", **limits))


def test_a_salary_range_keeps_the_sheets_that_overlap_it(village: Engine) -> None:
    assert set(found_by(village, "", salaire_min=2500)) == {"MET.4", "MET.6", "MET.11"}
    assert set(found_by(village, "", salaire_max=1750)) == {"MET.3", "MET.6"}
    assert set(found_by(village, "", salaire_min=1900, salaire_max=2200)) == {"MET.2", "MET.5", "MET.6"}


def test_a_salary_range_the_wrong_way_round_holds_nothing(village: Engine) -> None:
    assert found_by(village, "", salaire_min=2500, salaire_max=1750) == []


def test_a_sheet_without_a_salary_is_in_no_salary_range(village: Engine) -> None:
    assert "MET.7" not in found_by(village, "", salaire_min=0)
    assert "MET.7" not in found_by(village, "", salaire_max=100_000)


def test_ranges_restrict_every_count_those_of_their_own_facet_included(village: Engine) -> None:
    found = village.search(Query().within(niveau_max="bac-2", salaire_min=1800))
    assert counts_of(found)["niveau"]["bac-5"] == 0
    assert counts_of(found)["niveau"]["cap-ou-equivalent"] == 2
    assert counts_of(found)["niveau"]["autre-formation"] == 0
    assert sum(counts_of(found)["niveau"].values()) == found.total
    assert sum(counts_of(found)["salaire"].values()) == found.total
    assert counts_of(found)["statut"]["fonctionnaire"] == 0


# --- Order and pages --------------------------------------------------------------------------------


def test_empty_text_lists_every_sheet_by_title(village: Engine) -> None:
    found = village.search(Query(per_page=100))
    assert found.total == len(VILLAGE)
    assert ids(found) == [each.id for each in sorted(VILLAGE, key=lambda each: (fold(each.title), each.number))]


def test_blanks_are_no_text(village: Engine) -> None:
    assert ids(village.search(Query(text=" \t\u00a0 "))) == ids(village.search(Query()))


def test_all_gives_every_sheet_by_title(village: Engine) -> None:
    assert [id for id, _ in village.all()] == ids(village.search(Query(per_page=100)))
    assert {id: title for id, title in village.all()} == {each.id: each.title for each in VILLAGE}  # noqa: C416


@pytest.mark.parametrize("sort", ["pertinence", "nom", "niveau", "salaire"])
def test_ties_go_by_the_number_of_the_sheet(sort: str, village: Engine) -> None:
    for text in ("", "ronde"):
        found = numbers(found_by(village, text, sort=sort))
        assert [number for number in found if number in (9, 10, 100)] == [9, 10, 100]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("text", ["", "vente", "la nuit"])
def test_pages_never_overlap_and_miss_nothing(text: str, sort: str, village: Engine) -> None:
    whole = village.search(Query(text=text, sort=sort, per_page=100))
    for per_page in (1, 2, 3, 5):
        pages = [
            village.search(Query(text=text, sort=sort, page=page, per_page=per_page))
            for page in range(1, whole.total // per_page + 3)
        ]
        assert [id for page in pages for id in ids(page)] == ids(whole)
        assert {page.total for page in pages} == {whole.total}
        assert all(len(page.hits) <= per_page for page in pages)


def test_a_page_past_the_end_is_empty_and_still_says_the_total(village: Engine) -> None:
    found = village.search(Query(text="vente", page=500))
    assert found.hits == ()
    assert found.total == village.search(Query(text="vente")).total > 0
    assert found.facets == village.search(Query(text="vente")).facets


def test_sorting_by_name_goes_by_title_both_ways(village: Engine) -> None:
    forth = found_by(village, "vente", sort="nom")
    titles = [fold(village.get(id).title) for id in forth]
    assert titles == sorted(titles)
    assert found_by(village, "vente", sort="-nom") == forth[::-1]


@pytest.mark.parametrize(("sort", "reverse"), [("niveau", False), ("-niveau", True)])
def test_sorting_by_level_follows_the_scale_and_leaves_what_is_off_it_to_the_end(
    sort: str, reverse: bool, village: Engine
) -> None:
    ranks = [rank_of(village.get(id).niveau) for id in found_by(village, "", sort=sort)]
    known = [rank for rank in ranks if rank is not None]
    assert known == sorted(known, reverse=reverse)
    assert ranks == [*known, None, None, None]


@pytest.mark.parametrize(("sort", "reverse"), [("salaire", False), ("-salaire", True)])
def test_sorting_by_salary_goes_by_its_lowest_amount_and_leaves_the_unsaid_to_the_end(
    sort: str, reverse: bool, village: Engine
) -> None:
    found = [village.get(id).salaire_debutant for id in found_by(village, "", sort=sort)]
    amounts = [None if each is None else each.min for each in found]
    known = [amount for amount in amounts if amount is not None]
    assert known == sorted(known, reverse=reverse)
    assert amounts == [*known, None, None, None, None]


def test_relevance_orders_by_score(village: Engine) -> None:
    scores = [hit.score for hit in village.search(Query(text="la vente du pain en boutique", per_page=100)).hits]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) > 1


def test_the_same_sheets_are_found_in_every_order(village: Engine) -> None:
    found = [sorted(found_by(village, "vente en boutique", sort=sort)) for sort in SORTS]
    assert all(each == found[0] for each in found)


# --- Words ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["boulanger", "BOULANGERE", "Boulangère", "boulanger/ère", "boulanger·ère", "boulangers"]
)
def test_case_accents_gender_number_and_inclusive_writing_change_nothing(text: str, village: Engine) -> None:
    assert found_by(village, text) == found_by(village, "boulanger")
    assert found_by(village, text)[0] == "MET.1"


@pytest.mark.parametrize("text", ["oenologue", "œnologue", "l'œnologue", "l’oenologue", "OENOLOGUE"])
def test_ligatures_and_elisions_change_nothing(text: str, village: Engine) -> None:
    assert found_by(village, text) == ["MET.11"]


def test_the_sheet_whose_title_is_asked_for_comes_first(village: Engine) -> None:
    for each in VILLAGE:
        if each.title != "gardien/ne":
            for text in (each.title, each.masculin, fold(each.title)):
                assert found_by(village, text)[0] == each.id


def test_accents_as_typed_decide_between_words_that_only_they_tell_apart(village: Engine) -> None:
    assert found_by(village, "péché")[0] == "MET.7"
    assert found_by(village, "pêche")[0] != "MET.7"
    assert set(found_by(village, "péché")) == set(found_by(village, "pêche")) == {"MET.6", "MET.7", "MET.8"}


def test_several_words_are_not_answered_by_one_common_one(engine_factory: EngineFactory) -> None:
    common = [fiche(number, f"agent {number}", presentation="le travail") for number in range(1, 60)]
    engine = engine_factory([*common, fiche(60, "soudeur", presentation="le travail du métal en atelier")])
    assert found_by(engine, "travail métal atelier") == ["MET.60"]


def test_words_held_by_no_one_sheet_together_still_find_those_that_hold_most(village: Engine) -> None:
    found = village.search(Query(text="bateau filet abricot"))
    assert ids(found)[0] == "MET.6"
    assert found.understanding.partial_match
    assert not village.search(Query(text="bateau filet")).understanding.partial_match


def test_a_phrase_finds_words_side_by_side_in_that_order(village: Engine) -> None:
    assert set(found_by(village, '"vente du pain"')) == {"MET.1"}
    assert found_by(village, '"pain du vente"') == []
    assert set(found_by(village, "« ronde de nuit »")) == {"MET.9", "MET.10", "MET.100"}


def test_a_phrase_never_runs_across_two_blocks(village: Engine) -> None:
    # "… surveille le four" ends a block whose neighbour begins with "La vente".
    assert found_by(village, '"le four la vente"') == []
    assert found_by(village, '"surveille le four"') == ["MET.1"]


def test_a_phrase_and_words_restrict_one_another(village: Engine) -> None:
    assert set(found_by(village, '"travail de nuit"')) == {"MET.1", "MET.8"}
    assert found_by(village, '"travail de nuit" adresse')[0] == "MET.1"
    assert found_by(village, '"travail de nuit" "la pêche"') == ["MET.8"]


def test_a_phrase_with_a_word_that_no_sheet_holds_finds_nothing(village: Engine) -> None:
    assert found_by(village, '"travail de zyzomys"') == []


def test_excluded_words_and_phrases_are_left_out(village: Engine) -> None:
    assert set(found_by(village, "vente")) == {"MET.1", "MET.2", "MET.3", "MET.6"}
    assert set(found_by(village, "vente -poisson")) == {"MET.1", "MET.2", "MET.3"}
    assert set(found_by(village, "vente -boulangerie")) == {"MET.2", "MET.6"}
    assert set(found_by(village, 'vente -"vente du pain"')) == {"MET.2", "MET.3", "MET.6"}


def test_excluded_words_alone_leave_the_rest_by_title(village: Engine) -> None:
    everything = found_by(village, "")
    assert found_by(village, "-vente") == [id for id in everything if id not in found_by(village, "vente")]


def test_excluding_a_word_that_no_sheet_holds_excludes_nothing(village: Engine) -> None:
    assert found_by(village, "vente -zyzomys") == found_by(village, "vente")


def test_a_typing_error_is_corrected_and_said(village: Engine) -> None:
    found = village.search(Query(text="technicein"))
    assert ids(found)[0] == "MET.5"
    assert [each.typed for each in found.understanding.corrections] == ["technicein"]
    assert fold(found.understanding.text).startswith("technicien")


def test_a_known_word_is_never_corrected(village: Engine) -> None:
    found = village.search(Query(text="vente"))
    assert found.understanding.corrections == ()
    assert found.understanding.text == "vente"


def test_typing_errors_stay_where_corrections_are_declined(village: Engine) -> None:
    found = village.search(Query(text="technicein", typo=False))
    assert found.total == 0
    assert found.understanding.corrections == ()
    assert found.understanding.ignored == ("technicein",)


def test_a_word_that_nothing_replaces_is_ignored_and_said(village: Engine) -> None:
    found = village.search(Query(text="vente zyzomysq!"))
    assert found.understanding.ignored == ("zyzomysq",)
    assert set(ids(found)) == set(found_by(village, "vente"))
    assert village.search(Query(text="zyzomysq!")).total == 0


def test_searching_in_sections_looks_nowhere_else(village: Engine) -> None:
    assert set(found_by(village, "pêche", dans=frozenset({"presentation"}))) == {"MET.6", "MET.7", "MET.8"}
    assert found_by(village, "pêche", dans=frozenset({"nature_travail"})) == ["MET.6"]
    assert set(found_by(village, "nuit", dans=frozenset({"competences", "conditions_travail"}))) == {"MET.1", "MET.8"}
    assert found_by(village, "filet", dans=frozenset({"presentation"})) == []


def test_the_section_of_titles_holds_the_title_and_the_other_ones(village: Engine) -> None:
    assert found_by(village, "tourière", dans=frozenset({"appellations"})) == ["MET.1"]
    assert found_by(village, "boulanger", dans=frozenset({"appellations"}))[0] == "MET.1"
    assert "MET.1" not in found_by(village, "farine", dans=frozenset({"appellations"}))


@pytest.mark.parametrize("section", SECTIONS)
def test_words_of_phrases_and_exclusions_are_looked_for_in_the_sections_too(section: str, village: Engine) -> None:
    dans = frozenset({section})
    inside = {hit.fiche.id for hit in village.search(Query(text="vente", dans=dans, per_page=100)).hits}
    assert set(found_by(village, '"vente"', dans=dans)) == inside
    assert set(found_by(village, "-vente", dans=dans)) == {each.id for each in VILLAGE} - inside


def test_matches_and_excerpts_are_named_by_the_sections_searched(village: Engine) -> None:
    for hit in village.search(Query(text="pain vente", dans=frozenset({"nature_travail"}), per_page=100)).hits:
        assert set(hit.matched_in) == {"nature_travail"}
        assert {each.section for each in hit.excerpts} == {"nature_travail"}


# --- Totals and parts -------------------------------------------------------------------------------


def test_totals_of_several_queries_are_those_of_their_searches(village: Engine) -> None:
    assert village.counts(QUERIES) == tuple(village.search(query).total for query in QUERIES)
    assert village.counts([]) == ()


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.text or "browse")
def test_pages_sorts_and_facets_never_change_a_total(query: Query, village: Engine) -> None:
    total = village.search(query).total
    for other in (
        query.at_page(3), replace(query, sort="-salaire"), replace(query, facets=frozenset()),
        replace(query, explain=True),
    ):  # fmt: skip
        assert village.search(other).total == total


def test_the_parts_of_a_score_add_up_to_it(village: Engine) -> None:
    for text in ("boulangère", "la pêche de nuit", "technicein mécanique", '"travail de nuit" force'):
        found = village.search(Query(text=text, explain=True, per_page=100))
        assert found.hits
        for hit in found.hits:
            assert hit.parts
            assert all(part.name and part.label for part in hit.parts)
            assert sum(part.value for part in hit.parts) == pytest.approx(hit.score, rel=1e-5)


def test_parts_are_given_only_when_asked_for(village: Engine) -> None:
    assert all(hit.parts == () for hit in village.search(Query(text="vente")).hits)


# --- Excerpts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["vente du pain", "œnologue vigne vendange", "mécanicienne", "bac + 5", "l'élevage", "nuit"]
)
def test_excerpts_are_exact_ranges_of_the_text_of_the_sheet(text: str, village: Engine) -> None:
    hits = village.search(Query(text=text, per_page=100)).hits
    assert any(hit.excerpts for hit in hits)
    for hit in hits:
        for excerpt in hit.excerpts:
            block = block_text(FIELD_BY_NAME[excerpt.section].blocks(hit.fiche)[excerpt.block])
            assert excerpt.text in block
            assert excerpt.before == (not block.startswith(excerpt.text))
            assert excerpt.after == (not block.endswith(excerpt.text))
            assert excerpt.ranges
            ends = [0]
            for start, end in excerpt.ranges:
                assert ends[-1] <= start < end <= len(excerpt.text)
                ends.append(end)


def test_marked_words_are_words_of_the_query_whatever_their_accents_and_gender(village: Engine) -> None:
    found = village.search(Query(text="mecanicien"))
    [hit] = [hit for hit in found.hits if hit.fiche.id == "MET.4"]
    marked = {excerpt.text[start:end] for excerpt in hit.excerpts for start, end in excerpt.ranges}
    assert "mécanicien" in marked
    assert {token.term for word in marked for token in tokens(word)} == {"mecanicien"}


def test_the_title_is_marked_where_it_holds_the_words(village: Engine) -> None:
    [hit] = [hit for hit in village.search(Query(text="boulangere")).hits if hit.fiche.id == "MET.1"]
    assert hit.title_ranges == ((0, len("boulanger/ère")),)
    [hit] = [hit for hit in village.search(Query(text="conseil")).hits if hit.fiche.id == "MET.3"]
    assert [hit.fiche.title[start:end] for start, end in hit.title_ranges] == ["conseil"]


def test_the_sections_that_hold_the_words_are_named(village: Engine) -> None:
    [hit] = village.search(Query(text="vigne")).hits
    assert hit.matched_in == ("nature_travail",)


def test_a_hit_that_holds_no_word_of_the_query_says_what_led_to_it(engine_factory: EngineFactory) -> None:
    jobs = [fiche(1, "chaudronnier/ère", presentation="Il plie la tôle."), fiche(2, "fleuriste")]
    jobs[1] = replace(jobs[1], noms=(Nom("Bouquetier / Bouquetière", "ROME 4.60"),))
    engine = engine_factory(jobs)
    for text, id, way in (("métallo", "MET.1", "langage_courant"), ("bouquetière", "MET.2", "noms")):
        assert [(hit.fiche.id, hit.matched_in) for hit in engine.search(Query(text=text)).hits] == [(id, (way,))]


def test_nothing_is_marked_when_nothing_is_asked(village: Engine) -> None:
    for hit in village.search(Query(per_page=100)).hits:
        assert (hit.title_ranges, hit.excerpts, hit.matched_in, hit.score) == ((), (), (), 0.0)


def test_excerpts_are_as_many_as_asked_for_at_most(village: Engine) -> None:
    [three] = village.search(Query(text='"vente du pain" boulanger')).hits
    assert len(three.excerpts) > 1
    [one] = village.search(Query(text='"vente du pain" boulanger', excerpts=1)).hits
    assert len(one.excerpts) == 1
    assert one.title_ranges == three.title_ranges != ()


def test_nothing_is_marked_where_no_excerpt_is_asked_for(village: Engine) -> None:
    shown, bare = village.search(Query(text="vente")), village.search(Query(text="vente", excerpts=0))
    assert ids(bare) == ids(shown)
    for hit in bare.hits:
        assert (hit.title_ranges, hit.excerpts, hit.matched_in) == ((), (), ())


# --- Sheets, completion, likeness -------------------------------------------------------------------


def test_sheets_come_back_as_they_were_given(village: Engine) -> None:
    for each in VILLAGE:
        assert village.get(each.id) == each
    assert {hit.fiche.id: hit.fiche for hit in village.search(Query(per_page=100)).hits} == {
        each.id: each for each in VILLAGE
    }


@pytest.mark.parametrize("id", ["MET.999", "met.1", "", "../MET.1", "MET.1\x00", "1"])
def test_an_unknown_sheet_is_not_found(id: str, village: Engine) -> None:
    with pytest.raises(NotFound):
        village.get(id)
    with pytest.raises(NotFound):
        village.similar(id, 5)


def test_completion_gives_sheets_once_with_the_letters_typed(village: Engine) -> None:
    found = village.suggest("bou", 8)
    assert found[0].id == "MET.1"
    assert len({each.id for each in found}) == len(found)
    for each in found:
        assert each.title == village.get(each.id).title
        assert {fold(each.label[start:end]) for start, end in each.ranges} == {"bou"}


def test_completion_finds_other_titles_and_accents_do_not_matter(village: Engine) -> None:
    assert [each.id for each in village.suggest("touri", 8)] == ["MET.1"]
    assert village.suggest("PÂT", 8) == village.suggest("pat", 8) != ()


def test_a_sheet_once_completed_stays_as_more_of_its_title_is_typed(village: Engine) -> None:
    for each in VILLAGE:
        word = fold(each.masculin)
        found = [each.id in {one.id for one in village.suggest(word[:end], 20)} for end in range(2, len(word) + 1)]
        assert all(found)


def test_completion_gives_no_more_than_asked(village: Engine) -> None:
    assert len(village.suggest("gar", 2)) == 2
    assert village.suggest("", 8) == village.suggest("b", 8) == ()


def test_similar_sheets_are_others_nearest_first(village: Engine) -> None:
    found = village.similar("MET.10", 5)
    assert [each.fiche.id for each in found[:2]] == ["MET.9", "MET.100"]
    assert "MET.10" not in {each.fiche.id for each in found}
    scores = [each.score for each in found if not each.associated]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= each.score <= 1 for each in found)
    assert len(village.similar("MET.1", 2)) == 2


def test_sheets_named_by_the_feed_come_first_in_its_order(village: Engine) -> None:
    found = village.similar("MET.9", 4)
    assert [each.fiche.id for each in found[:2]] == ["MET.8", "MET.3"]
    assert [each.associated for each in found] == [True, True, False, False]
    assert found[2].fiche.id in ("MET.10", "MET.100")
