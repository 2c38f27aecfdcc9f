"""What words of one root have in common."""

from pathlib import Path

import pytest

from search.backends import open_engine
from search.engine import Correction
from search.fiche import Block, Fiche
from search.french.derivation import root
from search.query import Query
from search.settings import Settings


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("usineur", "usinage"), ("ardoisier", "ardoise"), ("torrefacteur", "torrefaction"), ("fripier", "friperie"),
        ("etiopathe", "etiopathie"), ("mytiliculteur", "mytiliculture"), ("guitariste", "guitare"),
    ],
)  # fmt: skip
def test_a_trade_has_the_root_of_what_it_does_or_makes(one: str, other: str) -> None:
    assert root(one) == root(other)


@pytest.mark.parametrize(("one", "other"), [("paveur", "pavage"), ("boulanger", "boucher"), ("vin", "vente")])
def test_short_roots_and_other_words_have_nothing_in_common(one: str, other: str) -> None:
    assert root(one) != root(other)


def test_a_word_that_no_sheet_holds_is_read_as_one_of_its_root_and_told(tmp_path: Path) -> None:
    sheet = Fiche(
        "MET.1", "céramiste", "céramiste", "céramiste", "CAP ou équivalent",
        sections={"presentation": (Block("", "Il façonne la faïence."),)},
    )  # fmt: skip
    engine = open_engine(Settings(index=tmp_path / "index"))
    engine.rebuild((sheet,), ("sheets",), lambda *each: None)
    found = engine.search(Query("faïençage"))
    assert [hit.fiche.id for hit in found.hits] == ["MET.1"]
    assert found.understanding.corrections == (Correction("faïençage", "faïence"),)
    assert engine.search(Query("fauconneau")).total == 0
    engine.close()
