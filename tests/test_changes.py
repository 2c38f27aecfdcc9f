"""Which sheets are new or changed from one index to the next."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Final

import pytest
from engines import opened, rebuilt, served_folder
from hypothesis import given
from hypothesis import strategies as st
from made_up import VILLAGE, fiche

from search.embedded import engine as embedded_engine
from search.embedded.engine import EmbeddedEngine
from search.engine import Change
from search.fiche import Fiche
from search.index import fingerprint
from search.index.changes import CHANGED, FIRST, NEW, Earlier, compared, digest, held, latest

Sheets = dict[str, str]
"""What is stored of each sheet, by its id."""

DATES: Final = tuple(f"2026-01-{day:02}T10:00:00+00:00" for day in range(1, 10))

sheets = st.dictionaries(st.integers(1, 8).map("MET.{}".format), st.sampled_from("abc"))


def after(earlier: Earlier | None, indexed: Sheets, built_at: str) -> Earlier:
    """What the index of some sheets holds, built after another one."""
    return held(tuple(indexed), compared(tuple(indexed), _digests(indexed), built_at, earlier))


def _digests(indexed: Sheets) -> Sequence[bytes]:
    return [digest(stored.encode()) for stored in indexed.values()]


@given(sheets, sheets)
def test_the_same_sheets_again_change_no_date_and_no_kind(first: Sheets, second: Sheets) -> None:
    for earlier in (after(None, second, DATES[1]), after(after(None, first, DATES[0]), second, DATES[1])):
        backwards = dict(reversed(second.items()))
        assert after(earlier, backwards, DATES[2]) == earlier


@given(sheets, sheets)
def test_only_what_came_or_changed_is_dated_anew(first: Sheets, second: Sheets) -> None:
    earlier = after(None, first, DATES[0])
    for id, row in after(earlier, second, DATES[1]).items():
        if id not in first:
            assert row.kind == NEW
        elif second[id] != first[id]:
            assert row.kind == CHANGED
        else:
            assert row == earlier[id]


def test_the_sheets_of_a_first_index_are_no_news() -> None:
    assert {row.kind for row in after(None, {"MET.1": "a", "MET.2": "b"}, DATES[0]).values()} == {FIRST}


def test_the_newest_come_first_those_of_one_date_by_their_number() -> None:
    one: Sheets = {"MET.1": "a"}
    two = one | {"MET.10": "a", "MET.9": "a"}
    three = two | {"MET.2": "a", "MET.10": "b"}
    earlier = after(after(None, one, DATES[0]), two, DATES[1])
    table = compared(tuple(three), _digests(three), DATES[2], earlier)
    found = latest(table, tuple(three), tuple(id.lower() for id in three), 9)
    assert found == (
        Change("MET.2", "met.2", "new", DATES[2]),
        Change("MET.10", "met.10", "changed", DATES[2]),
        Change("MET.9", "met.9", "new", DATES[1]),
    )
    assert latest(table, tuple(three), tuple(three), 1) == latest(table, tuple(three), tuple(three), 9)[:1]


def dates(root: Path) -> list[int]:
    """The date of each sheet of an index, in its order."""
    found: list[int] = opened(root).directory.change_table.since.tolist()
    return found


def test_an_index_of_the_same_sheets_a_day_later_dates_none_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = EmbeddedEngine(tmp_path)
    rebuilt(engine, VILLAGE)
    before = dates(tmp_path)
    at_another_time(monkeypatch)
    rebuilt(engine, VILLAGE[::-1])
    assert dates(tmp_path) == before
    rebuilt(engine, [replace(VILLAGE[0], niveau="bac + 8"), *VILLAGE[1:]])
    assert sum(one != other for one, other in zip(dates(tmp_path), before, strict=True)) == 1
    assert [each.id for each in engine.changes(9)] == [VILLAGE[0].id]


def at_another_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the engine's indexes a day younger than they are."""

    class Tomorrow(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Tomorrow":
            return cls.fromtimestamp((datetime.now(tz) + timedelta(days=1)).timestamp(), tz)

    monkeypatch.setattr(embedded_engine, "datetime", Tomorrow)


NEXT: Final[tuple[Fiche, ...]] = (*VILLAGE, fiche(500, "luthier/ère"))


@pytest.mark.parametrize("file", ["manifest.json", "columns/changes.since.npy", "columns/documents.ids.txt"])
@pytest.mark.parametrize("damage", ["cut", "removed"])
def test_an_earlier_index_that_is_damaged_counts_as_none(file: str, damage: str, tmp_path: Path) -> None:
    engine = EmbeddedEngine(tmp_path)
    rebuilt(engine, VILLAGE)
    path = served_folder(tmp_path) / file
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-7])
    else:
        path.unlink()
    rebuilt(engine, NEXT)
    assert engine.changes(9) == ()


def test_an_earlier_index_of_another_version_counts_as_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rebuilt(EmbeddedEngine(tmp_path), VILLAGE)
    monkeypatch.setattr(fingerprint, "FORMAT", fingerprint.FORMAT + 1)
    engine = EmbeddedEngine(tmp_path)
    rebuilt(engine, NEXT)
    assert engine.changes(9) == ()
    rebuilt(engine, VILLAGE)
    rebuilt(engine, NEXT)
    assert [(each.id, each.kind) for each in engine.changes(9)] == [("MET.500", "new")]
