"""The contract of the port (`search.engine`) while an index is made, switched, taken back and shared, on every engine.

As in `test_engine_contract.py`, nothing here knows how an engine is made.
"""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from asked import QUERIES, chosen, found_by, numbers
from conftest import EngineFactory
from engines import counts_of, quiet, rebuilt
from made_up import VILLAGE, fiche

from search.engine import Engine
from search.errors import IndexMissing, IndexShrunk, NotFound
from search.fields import FIELD_BY_NAME, block_text
from search.indexer import index
from search.query import Query

# --- Rebuilding -------------------------------------------------------------------------------------


def test_an_index_says_what_it_holds_and_where_it_comes_from(
    open_any_engine: Callable[[Path], Engine], tmp_path: Path
) -> None:
    engine = open_any_engine(tmp_path / "index")
    told: list[tuple[str, int, int]] = []
    made = engine.rebuild(VILLAGE, ("a.zip", "b.xml"), lambda *each: told.append(each), data_date="2025-10-01")
    assert made == engine.info()
    assert (made.documents, made.sources, made.data_date) == (len(VILLAGE), ("a.zip", "b.xml"), "2025-10-01")
    assert made.built_at.endswith("+00:00")
    assert made.generation
    assert made.fingerprint
    assert told
    assert all(0 <= done <= total for _, done, total in told)
    engine.close()


def test_going_back_serves_the_index_before_and_once_more_comes_forward(
    open_any_engine: Callable[[Path], Engine], tmp_path: Path
) -> None:
    engine = open_any_engine(tmp_path / "index")
    first, second = rebuilt(engine, VILLAGE[:3]), rebuilt(engine, VILLAGE[3:])
    for expected, sheets in ((first, VILLAGE[:3]), (second, VILLAGE[3:]), (first, VILLAGE[:3])):
        assert engine.rollback() == expected.generation
        assert engine.info() == expected
        assert engine.search(Query()).total == len(sheets)
        assert {id for id, _ in engine.all()} == {fiche.id for fiche in sheets}
    third = rebuilt(engine, VILLAGE)
    for expected in (first, third, first):
        assert engine.rollback() == expected.generation
    engine.close()


def test_after_one_indexing_there_is_nothing_to_go_back_to(
    open_any_engine: Callable[[Path], Engine], tmp_path: Path
) -> None:
    engine = open_any_engine(tmp_path / "index")
    rebuilt(engine, VILLAGE[:3])
    with pytest.raises(IndexMissing, match="nothing to go back to"):
        engine.rollback()
    assert engine.search(Query()).total == 3
    engine.close()


def test_an_engine_without_an_index_says_so(open_any_engine: Callable[[Path], Engine], tmp_path: Path) -> None:
    engine = open_any_engine(tmp_path / "index")
    asked = (engine.info, engine.rollback, lambda: engine.search(Query()), lambda: engine.get("MET.1"))
    for ask in (*asked, lambda: list(engine.all())):
        with pytest.raises(IndexMissing, match="metiers index"):
            ask()
    engine.close()


def test_a_finished_rebuild_is_seen_without_a_restart_by_all_who_search(
    open_any_engine: Callable[[Path], Engine], tmp_path: Path
) -> None:
    writer, reader = open_any_engine(tmp_path / "index"), open_any_engine(tmp_path / "index")
    first = rebuilt(writer, VILLAGE[:4])
    assert reader.info() == writer.info() == first
    assert reader.search(Query()).total == 4
    second = rebuilt(writer, [*VILLAGE[4:], replace(VILLAGE[0], niveau="bac + 8")])
    assert reader.info() == writer.info() == second != first
    assert reader.search(Query()).total == 9
    assert reader.get("MET.1").niveau == "bac + 8"
    assert counts_of(reader.search(Query(text="boulanger")))["niveau"]["bac-8"] == 1
    with pytest.raises(NotFound):
        reader.get("MET.2")
    writer.close()
    reader.close()


def test_new_and_changed_sheets_are_told_and_the_rest_is_no_news(
    open_any_engine: Callable[[Path], Engine], tmp_path: Path
) -> None:
    writer, reader = open_any_engine(tmp_path / "index"), open_any_engine(tmp_path / "index")
    first = rebuilt(writer, VILLAGE[:8])
    assert reader.changes(50) == ()
    assert reader.since() == {each.id: first.built_at for each in VILLAGE[:8]}
    before = reader.digests()
    changed = replace(VILLAGE[4], niveau="bac + 8")
    others = [each for each in VILLAGE if each != VILLAGE[4]]
    second = rebuilt(writer, [changed, *others])
    after = reader.digests()
    assert [id for id in before if after[id] != before[id]] == [VILLAGE[4].id]
    assert len(set(after.values())) == len(after) == len(VILLAGE)
    expected = {VILLAGE[4].id: "changed", **{each.id: "new" for each in VILLAGE[8:]}}
    found = reader.changes(50)
    assert {each.id: each.kind for each in found} == expected
    assert numbers([each.id for each in found]) == sorted(numbers(list(expected)))
    assert {each.date for each in found} == {second.built_at}
    assert {each.id: each.title for each in found}.items() <= dict(reader.all()).items()
    assert reader.changes(2) == found[:2]
    unchanged = {each.id for each in VILLAGE[:8]} - {VILLAGE[4].id}
    assert reader.since() == {id: (first if id in unchanged else second).built_at for id in after}
    # The same sheets again, in another order, then fewer of them.
    rebuilt(writer, [*reversed(others), changed])
    assert reader.changes(50) == found
    rebuilt(writer, VILLAGE[:5])
    assert [(each.id, each.kind) for each in reader.changes(50)] == [(VILLAGE[4].id, "changed")]
    writer.close()
    reader.close()


class _Stop(Exception):
    pass


@pytest.mark.parametrize("moment", ["at the first sheet", "at the last word"])
def test_a_failed_rebuild_changes_nothing(
    moment: str, open_any_engine: Callable[[Path], Engine], tmp_path: Path
) -> None:
    engine = open_any_engine(tmp_path / "index")
    told: list[tuple[str, int, int]] = []
    engine.rebuild(VILLAGE[:6], ("one",), lambda *each: told.append(each))
    before = engine.info(), engine.search(Query(text="vente", per_page=100))
    limit = 1 if moment == "at the first sheet" else len(told)
    seen = 0

    def stop(what: str, done: int, total: int) -> None:
        nonlocal seen
        seen += 1
        if seen >= limit:
            raise _Stop

    with pytest.raises(_Stop):
        engine.rebuild(VILLAGE[6:], ("two",), stop)
    assert (engine.info(), engine.search(Query(text="vente", per_page=100))) == before
    other = open_any_engine(tmp_path / "index")
    assert (other.info(), other.search(Query(text="vente", per_page=100))) == before
    assert rebuilt(engine, VILLAGE[6:]).documents == 6
    assert other.search(Query()).total == 6
    engine.close()
    other.close()


def test_an_index_may_hold_one_sheet_without_any_choice(engine_factory: EngineFactory) -> None:
    engine = engine_factory([fiche(5, "luthier/ère")])
    assert found_by(engine, "luthière") == found_by(engine, "") == ["MET.5"]
    assert engine.facet_values("domaine") == ()
    assert engine.similar("MET.5", 5) == ()
    assert engine.search(Query(filters=chosen("domaine=mer"))).total == 0


def test_odd_characters_in_sheets_do_no_harm(engine_factory: EngineFactory) -> None:
    text = "e\u0301tude d\u2019\u00e9\u0327\U0001f9d1\u200d\U0001f373 \u00a0x\u00ad\u200by <b>pain</b> ﬁlet İstanbul ß"
    odd = fiche(1, "cuisinier/ère \U0001f373", presentation=[(text, f"{text} vente {text}")], interets=(text,))
    engine = engine_factory([odd, fiche(2, "autre", presentation="rien")])
    assert engine.get("MET.1") == odd
    for word in ("étude", "vente", "pain", "Istanbul", "filet"):
        [hit] = engine.search(Query(text=word)).hits
        assert hit.fiche == odd
        for excerpt in hit.excerpts:
            block = block_text(FIELD_BY_NAME[excerpt.section].blocks(odd)[excerpt.block])
            assert excerpt.text in block
            assert all(0 <= start < end <= len(excerpt.text) for start, end in excerpt.ranges)


# --- Threads ----------------------------------------------------------------------------------------


def test_threads_share_an_engine_and_get_the_answers_of_one(village: Engine) -> None:
    asked = [replace(query, sort=sort, explain=True) for query in QUERIES for sort in ("pertinence", "-salaire")]
    expected = [village.search(query) for query in asked]
    wrong: list[object] = []

    def ask(shift: int) -> None:
        for turn in range(2 * len(asked)):
            place = (turn + shift) % len(asked)
            try:
                if village.search(asked[place]) != expected[place]:
                    wrong.append(asked[place])
            except Exception as error:
                wrong.append(error)

    threads = [threading.Thread(target=ask, args=(5 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_readers_see_one_index_or_the_other_while_it_is_rebuilt(
    open_any_engine: Callable[[Path], Engine], tmp_path: Path
) -> None:
    engine = open_any_engine(tmp_path / "index")
    halves = VILLAGE[:4], VILLAGE[4:]
    answers = []
    for half in halves:
        rebuilt(engine, half)
        answers.append(engine.search(Query(text="la vente", per_page=100)))
    wrong: list[object] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            try:
                found = engine.search(Query(text="la vente", per_page=100))
                if found not in answers:
                    wrong.append(found)
            except Exception as error:
                wrong.append(error)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for half in halves:
        engine.rebuild(half, ("again",), quiet)
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert engine.search(Query(text="la vente", per_page=100)) == answers[1]
    engine.close()


def test_a_pinned_index_answers_as_it_was_whatever_is_served_by_then(engine_factory: EngineFactory) -> None:
    engine = engine_factory(VILLAGE)
    pinned = engine.pinned()
    before = pinned.info()
    rebuilt(engine, [fiche(1, "apiculteur")])
    assert engine.search(Query()).total == 1
    assert pinned.info() == before != engine.info()
    assert pinned.search(Query()).index == before
    assert pinned.search(Query()).total == len(VILLAGE) == pinned.counts([Query()])[0]
    assert [pinned.get(id).title for id, _ in pinned.all()] == [title for _, title in pinned.all()]
    assert len(pinned.matching(Query())) == len(VILLAGE)


def test_the_index_served_is_the_newest(village: Engine) -> None:
    assert village.pinned().passed_over() is village.passed_over() is None


def test_every_sheet_is_read_by_title_as_it_was_indexed(village: Engine) -> None:
    read = list(village.fiches())
    assert [(each.id, each.title) for each in read] == list(village.all())
    assert set(read) == set(VILLAGE)


def test_an_index_that_suddenly_shrinks_is_kept_back_until_told(
    open_any_engine: Callable[[Path], Engine], tmp_path: Path
) -> None:
    source = tmp_path / "sheets"
    source.mkdir()
    for number in range(1, 51):
        text = f"# métier {number}\n**ID:** MET.{number}\n\n## Présentation\n\nDu pain.\n"
        (source / f"{number}.md").write_text(text, encoding="utf-8")
    engine = open_any_engine(tmp_path / "index")
    served = index([source], engine, quiet).info
    for number in range(41, 51):
        (source / f"{number}.md").unlink()
    with pytest.raises(IndexShrunk, match="40 sheets where 50 are served"):
        index([source], engine, quiet)
    assert engine.info() == served
    assert index([source], engine, quiet, force=True).info == engine.info()
    assert engine.info().documents == 40
    engine.close()
