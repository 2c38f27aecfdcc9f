"""The border: what a URL may say, and what is answered when it says something else."""

import re
from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shares import examples

from search.catalogue import Catalogue
from search.engine import Engine
from search.errors import Fault, QueryError
from search.fields import BOUNDS, SORTS
from search.query import Query
from web import params
from web.allowed_values import AllowedValues, allowed_values
from web.links import longer, query_string, url
from web.params import (
    CompareParameters,
    PageParameters,
    Parameters,
    SearchParameters,
    SelectionParameters,
    SuggestParameters,
    read,
)


@pytest.fixture(scope="module")
def known(seeds_engine: Engine) -> AllowedValues:
    return allowed_values(Catalogue(seeds_engine))


def asked(model: type[Parameters], pairs: Iterable[tuple[str, str]], known: AllowedValues) -> None:
    parameters = read(model, pairs, known)
    if isinstance(parameters, SearchParameters):
        parameters.query()


def faults(
    known: AllowedValues, *pairs: tuple[str, str], model: type[Parameters] = SearchParameters
) -> tuple[Fault, ...]:
    with pytest.raises(QueryError) as caught:
        asked(model, pairs, known)
    return caught.value.faults


def query(known: AllowedValues, *pairs: tuple[str, str]) -> Query:
    return read(SearchParameters, pairs, known).query()


def test_no_parameters_ask_for_everything(known: AllowedValues) -> None:
    assert query(known) == Query()


def test_each_parameter_reaches_the_query(known: AllowedValues) -> None:
    found = query(
        known,
        ("q", "boîte de vitesses"),
        ("niveau", "bac-5"),
        ("niveau", "bac-2"),
        ("niveau_max", "bac-5"),
        ("niveau_min", "3e"),
        ("salaire_min", "1800"),
        ("salaire_max", "3000"),
        ("dans", "nature_travail"),
        ("sort", "-salaire"),
        ("page", "3"),
        ("per_page", "50"),
        ("facets", "niveau,statut"),
        ("typo", "off"),
        ("explain", "true"),
        ("zeros", "true"),
    )
    assert found == Query(
        text="boîte de vitesses",
        filters=frozenset({("niveau", "bac-5"), ("niveau", "bac-2")}),
        bounds=frozenset({("niveau_min", "3e"), ("niveau_max", "bac-5"), ("salaire_min", 1800), ("salaire_max", 3000)}),
        dans=frozenset({"nature_travail"}),
        sort="-salaire",
        page=3,
        per_page=50,
        facets=frozenset({"niveau", "statut"}),
        typo=False,
        explain=True,
        zeros=True,
    )


@pytest.mark.parametrize("name", ["niveau", "niveau_max", "salaire_min", "page", "sort", "dans", "facets"])
def test_a_parameter_without_a_value_is_a_fault(known: AllowedValues, name: str) -> None:
    assert [fault.parameter for fault in faults(known, (name, ""))] == [name]


@pytest.mark.parametrize("label", ["bac + 5", "BAC + 5", "bac-5"])
def test_an_exact_label_is_accepted_for_its_slug(known: AllowedValues, label: str) -> None:
    assert query(known, ("niveau", label)).filters == {("niveau", "bac-5")}


def test_the_label_of_a_section_is_accepted(known: AllowedValues) -> None:
    assert query(known, ("dans", "Nature du travail")).dans == {"nature_travail"}


def test_a_level_that_no_sheet_has_still_bounds_the_scale(known: AllowedValues) -> None:
    assert query(known, ("niveau_max", "bac-9-et-plus")).bound("niveau_max") == "bac-9-et-plus"


@pytest.mark.parametrize(
    "page", ["0", "-1", "1e9", "1.5", "abc", "１", "+1", " 1", "1_0", "007", "99999999999", "10001"]
)
def test_a_page_is_a_whole_number_in_plain_digits_within_bounds(known: AllowedValues, page: str) -> None:
    (fault,) = faults(known, ("page", page))
    assert fault.parameter == "page"
    assert fault.code in {"integer", "min", "max"}
    assert fault.value == page


def test_two_thousand_characters_pass_and_one_more_does_not(known: AllowedValues) -> None:
    assert query(known, ("q", "a" * 2_000)).text == "a" * 2_000
    assert [fault.code for fault in faults(known, ("q", "a" * 2_001))] == ["too_long"]


def test_control_characters_and_blanks_of_all_kinds_become_one_blank(known: AllowedValues) -> None:
    assert query(known, ("q", "  boîte\x00\n de\u00a0\u202fvitesses\t")).text == "boîte de vitesses"


def test_lengths_are_counted_once_letters_and_accents_are_joined(known: AllowedValues) -> None:
    most = params.MAX_CHARACTERS
    assert query(known, ("q", "e\u0301" * most)).text == "é" * most
    assert [fault.code for fault in faults(known, ("q", "e\u0301" * (most + 1)))] == ["too_long"]
    assert read(params.FacetParameters, [("q", "a\u030a" * most)], known).q == "å" * most


def test_letters_and_their_accents_apart_are_joined(known: AllowedValues) -> None:
    assert query(known, ("q", "e\u0301tude")).text == "étude"


def test_every_fault_is_reported_at_once(known: AllowedValues) -> None:
    found = faults(
        known, ("couleur", "bleu"), ("q", "a"), ("q", "b"), ("niveau", "bac+9"), ("page", "x"), ("sort", "hasard")
    )
    assert {(fault.parameter, fault.code) for fault in found} == {
        ("couleur", "unknown_parameter"),
        ("q", "repeated"),
        ("niveau", "enum"),
        ("page", "integer"),
        ("sort", "enum"),
    }
    assert all(fault.detail for fault in found)


def test_an_unknown_value_is_named_with_what_is_possible_and_what_is_nearest(known: AllowedValues) -> None:
    (fault,) = faults(known, ("niveau_max", "bac+9"))
    assert fault.value == "bac+9"
    assert "bac-5" in fault.allowed
    assert fault.did_you_mean == "bac-9-et-plus"
    assert "bac-9-et-plus" in fault.detail


def test_a_misspelt_parameter_gets_the_right_name(known: AllowedValues) -> None:
    (fault,) = faults(known, ("niveaux", "bac-5"))
    assert fault.did_you_mean == "niveau"


def test_more_than_a_hundred_values_of_a_facet_are_refused_as_one_fault(known: AllowedValues) -> None:
    assert [fault.code for fault in faults(known, *[("niveau", "bac-5")] * 101)] == ["too_many"]


def test_a_hundred_wrong_values_list_what_is_possible_once(known: AllowedValues) -> None:
    found = faults(known, *[("niveau", f"x{number}") for number in range(100)])
    assert len(found) == 100
    assert sum(1 for fault in found if fault.allowed) == 1


def test_pages_stop_at_the_ten_thousandth_result(known: AllowedValues) -> None:
    assert query(known, ("page", "100"), ("per_page", "100")).page == 100
    assert [fault.code for fault in faults(known, ("page", "101"), ("per_page", "100"))] == ["window"]


def test_ranges_the_wrong_way_round_are_asked_as_they_are(known: AllowedValues) -> None:
    asked = query(
        known, ("salaire_min", "3000"), ("salaire_max", "2000"), ("niveau_min", "bac-5"), ("niveau_max", "3e")
    )
    assert [asked.bound(name) for name in BOUNDS] == ["bac-5", "3e", 3000, 2000]


@pytest.mark.parametrize(("facets", "names"), [("none", frozenset()), ("niveau", frozenset({"niveau"})), ("all", None)])
def test_facets_are_all_none_or_a_list(known: AllowedValues, facets: str, names: frozenset[str] | None) -> None:
    assert query(known, ("facets", facets)).facets == names


def test_all_facets_and_a_list_together_are_refused(known: AllowedValues) -> None:
    assert {fault.code for fault in faults(known, ("facets", "all,niveau"))} == {"enum"}


def test_the_same_bounds_hold_for_completions(known: AllowedValues) -> None:
    found = faults(known, ("q", "a" * 2_001), ("limit", "21"), model=SuggestParameters)
    assert [fault.code for fault in found] == ["too_long", "max"]


def test_kept_sheets_are_named_by_their_identifier_thirty_at_most(known: AllowedValues) -> None:
    assert read(SelectionParameters, [("id", "MET.17")]).id == ("MET.17",)
    for wrong in ("MET.", "MET.0", "FOR.17", "../MET.1", "MET.1\x00", "MET.1x"):
        assert [fault.code for fault in faults(known, ("id", wrong), model=SelectionParameters)] == ["identifier"]
    many = [("id", f"MET.{number}") for number in range(1, 32)]
    assert [fault.code for fault in faults(known, *many, model=SelectionParameters)] == ["too_many"]
    assert [fault.code for fault in faults(known, *many, model=CompareParameters)] == ["too_many"]
    kept = [("garde", "MET.17"), ("garde", "MET.2")]
    assert query_string(read(PageParameters, [("q", "bois"), *kept]).query()) == "q=bois&garde=MET.17&garde=MET.2"
    assert [fault.code for fault in faults(known, kept[0])] == ["unknown_parameter"]


def queries(known: AllowedValues) -> st.SearchStrategy[Query]:
    filters = st.sampled_from([(name, value) for name in params.FACET_NAMES for value in known.allowed[name]])
    words = st.text(max_size=30).map(lambda text: read(SearchParameters, [("q", text)]).q)
    return st.builds(
        Query,
        text=words,
        filters=st.frozensets(filters, max_size=6),
        bounds=st.builds(
            lambda niveau, salaire: Query().within(niveau_max=niveau, salaire_min=salaire).bounds,
            st.none() | st.sampled_from(known.allowed["niveau_max"]),
            st.none() | st.integers(0, 1_000_000),
        ),
        dans=st.frozensets(st.sampled_from(known.allowed["dans"]), max_size=3),
        sort=st.sampled_from(SORTS),
        page=st.integers(1, 100),
        per_page=st.integers(1, 100),
        facets=st.none() | st.frozensets(st.sampled_from(params.FACET_NAMES)),
        typo=st.booleans(),
        explain=st.booleans(),
        zeros=st.booleans(),
    )


@settings(max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_query_written_as_a_url_is_read_back_the_same(known: AllowedValues, data: st.DataObject) -> None:
    from urllib.parse import parse_qsl

    asked = data.draw(queries(known))
    written = query_string(asked)
    assert re.fullmatch(r"[A-Za-z0-9_.~%+&=,-]*", written)
    assert query(known, *parse_qsl(written)) == asked


@settings(max_examples=examples(300), deadline=None)
@given(
    pairs=st.lists(
        st.tuples(
            st.sampled_from([*SearchParameters.model_fields, "autre"]) | st.text(max_size=10), st.text(max_size=300)
        ),
        max_size=12,
    )
)
def test_whatever_a_url_says_is_a_query_or_a_list_of_faults(known: AllowedValues, pairs: list[tuple[str, str]]) -> None:
    found: tuple[Fault, ...] = ()
    try:
        query(known, *pairs)
    except QueryError as error:
        found = error.faults
        assert found, "an error without a fault"
    assert all(fault.detail and len(fault.parameter) <= 100 for fault in found)


def test_an_address_without_parameters_has_no_question_mark() -> None:
    assert url("/", Query()) == "/"
    assert longer(url("/", Query()), "format", "csv") == "/?format=csv"
    assert longer(url("/", Query(text="a b")), "format", "csv") == "/?q=a+b&format=csv"
