"""Completion of interests, domains, diplomas and codes beside the jobs."""

from search.engine import FacetValue
from search.french.facet_completion import CompletedChoice, complete, table

OFFERED = {
    "niveau": [FacetValue("bac", "bac")],
    "rome": [
        FacetValue("d", "Commerce", None, None, 9),
        FacetValue("d1102", "Boulangerie - viennoiserie", "d", None, 2),
    ],
    "domaine": [
        FacetValue("sante", "santé", None, None, 8),
        FacetValue("batiment", "bâtiment, travaux publics", None, None, 5),
        FacetValue("batiment.gros", "gros œuvre du bâtiment", "batiment", None, 30),
    ],
    "interet": [FacetValue("soin", "je veux prendre soin des animaux", None, None, 4)],
    "diplome": [FacetValue("bts", "BTS", None, None, 7), FacetValue("btsa", "BTSA", None, None, 6)],
}


def completed(text: str, limit: int = 3) -> list[CompletedChoice]:
    return list(complete(table(OFFERED), text, limit))


def labels(text: str, limit: int = 3) -> list[str]:
    return [each.label for each in completed(text, limit)]


def test_nothing_is_completed_before_two_letters() -> None:
    assert labels("b") == labels("") == labels(" - ") == []
    assert labels("bt") == ["BTS", "BTSA"]


def test_values_that_begin_so_come_first_then_those_that_most_sheets_have() -> None:
    assert labels("bat") == ["bâtiment, travaux publics", "gros œuvre du bâtiment"]
    assert labels("bts", 1) == ["BTS"]


def test_articles_plurals_and_accents_are_read_as_the_search_reads_them() -> None:
    assert labels("les bâtiments") == labels("batiment")
    assert labels("animal") == ["je veux prendre soin des animaux"]


def test_each_typed_word_is_in_what_is_completed() -> None:
    assert labels("soin anim") == ["je veux prendre soin des animaux"]
    assert labels("soin bat") == []


def test_a_code_is_completed_as_written_and_by_its_name() -> None:
    assert labels("D11") == labels("boulang") == ["D1102 Boulangerie - viennoiserie"]


def test_what_is_typed_is_marked_in_the_original_letters() -> None:
    for text, marked in (("travau", ["travau"]), ("oeuvre", ["œuvre"]), ("d11", ["D11"]), ("anim", ["anim"])):
        (found,) = completed(text)
        assert [found.label[start:end] for start, end in found.ranges] == marked


def test_facets_that_are_not_completed_stay_out_whatever_they_hold() -> None:
    assert {each.facet for text in ("bac", "so", "bo", "bat", "bt") for each in completed(text)} == {
        "interet", "rome", "domaine", "diplome",
    }  # fmt: skip
