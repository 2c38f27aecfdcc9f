"""A Fiche as plain values, and back, without loss."""

import json
from pathlib import Path

import pytest
from made_up import WHOLE

from search.fiche import Block, Fiche
from search.index.fiche_json import fiche_from_json, fiche_to_json
from search.sources import markdown


def stored_and_back(fiche: Fiche) -> Fiche:
    return fiche_from_json(json.loads(json.dumps(fiche_to_json(fiche))))


def test_a_sheet_with_every_field_comes_back_the_same() -> None:
    assert stored_and_back(WHOLE) == WHOLE


def test_every_field_of_a_sheet_is_stored() -> None:
    assert set(fiche_to_json(WHOLE)) == set(Fiche.__slots__)


def test_a_subtitle_comes_back_with_its_level() -> None:
    fiche = Fiche("MET.1", "t", "t", "t", "3E", {"en_bref": (Block("", "a"), Block("b", "", 2), Block("c", "d", 3))})
    assert [block.level for block in stored_and_back(fiche).section("en_bref")] == [0, 2, 3]


def test_a_bare_sheet_comes_back_the_same() -> None:
    bare = Fiche("MET.1", "t", "t", "t", "3E")
    assert stored_and_back(bare) == bare


def test_all_sheets_of_the_corpus_come_back_the_same(corpus_dir: Path) -> None:
    for path in corpus_dir.iterdir():
        fiche = markdown.read(path)
        assert stored_and_back(fiche) == fiche


@pytest.mark.parametrize("stored", [{}, {"id": "MET.1"}, {"id": "MET.1", "other": "x"}])
def test_anything_else_is_refused(stored: dict[str, str]) -> None:
    with pytest.raises(TypeError):
        fiche_from_json(stored)
