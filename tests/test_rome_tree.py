"""Where a ROME code stands in the referential."""

import pytest

from search.fiche import Rome
from search.rome_tree import ancestry, names


def test_a_code_stands_under_its_domaine_and_grand_domaine() -> None:
    assert ancestry(Rome("H1203", "Conception et dessin produits mécaniques")) == (
        ("H", "Industrie", None),
        ("H12", "Conception, recherche, études et développement", "H"),
        ("H1203", "Conception et dessin produits mécaniques", "H12"),
    )


def test_a_code_without_a_name_is_named_by_itself() -> None:
    assert ancestry(Rome("D1102"))[-1] == ("D1102", "D1102", "D11")


@pytest.mark.parametrize("code", ["A15", "K15", "", "H12O3", "h1203", "H12030", "Z1101", "A9901", "H1२03"])
def test_a_malformed_code_stands_nowhere(code: str) -> None:
    assert ancestry(Rome(code)) == ()


def test_the_referential_has_14_grands_domaines_and_110_domaines() -> None:
    codes = list(names())
    assert [sum(len(code) == length for code in codes) for length in (1, 3)] == [14, 110]
    assert all(code[0] in names() for code in codes)
    assert all(label == label.strip() and label for label in names().values())
