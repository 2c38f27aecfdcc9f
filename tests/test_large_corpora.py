"""What an index of very many sheets must not do: hold them, or make tables of all sheets by all words."""

import gc
from collections.abc import Sequence
from pathlib import Path
from typing import overload

import numpy as np
import pytest
from made_up import fiche

from search.embedded.engine import EmbeddedEngine
from search.fiche import Fiche
from search.french import senses

MANY = 250
"""Fewer than a second process would be started for."""


class MadeWhenAsked(Sequence[Fiche]):
    """Sheets that nobody holds."""

    def __len__(self) -> int:
        return MANY

    @overload
    def __getitem__(self, place: int) -> Fiche: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Fiche]: ...
    def __getitem__(self, place: int | slice) -> Fiche | Sequence[Fiche]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(MANY))]
        if place >= MANY:
            raise IndexError(place)
        return fiche(MANY - place, f"métier {place:03} du bois", nature_travail=f"raboter la planche {place}")


def held() -> int:
    """Sheets in memory."""
    return sum(type(each) is Fiche for each in gc.get_objects())


def test_an_index_holds_few_of_the_sheets_that_are_made_when_asked_for(tmp_path: Path) -> None:
    before, most = held(), 0

    def progress(what: str, done: int, total: int) -> None:
        nonlocal most
        if done % 50 == 0:
            most = max(most, held() - before)

    engine = EmbeddedEngine(tmp_path / "index")
    assert engine.rebuild(MadeWhenAsked(), ("made",), progress).documents == MANY
    assert 0 < most < MANY / 2
    assert [title for _, title in engine.all()] == [f"métier {place:03} du bois" for place in range(MANY)]
    engine.close()


def test_sheets_beyond_those_that_vectors_are_learnt_from_have_vectors_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(senses, "MOST", 8)
    draw = np.random.default_rng(1)
    held = draw.random((30, 21)) < 0.3
    impact = (draw.random((30, 21)) * held).astype(np.float32)
    start = np.concatenate(([0], held.sum(axis=1).cumsum()))
    table = senses.table(start, held.nonzero()[1], impact[held], 21)
    rows = impact / np.linalg.norm(impact, axis=0)
    told = (held.sum(axis=1) >= 2) & (held.sum(axis=1) <= senses.COMMON * 21)
    word = np.where(told[:, None], table.word[table.row] * table.scale[table.row][:, None], 0.0)
    expected = rows.T @ word
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert table.sheet.shape == (21, 8)
    assert np.allclose(table.sheet, expected, atol=0.02)
