"""Completion of what is being typed."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest
from asking import SOAK
from engines import opened, rebuilt
from hypothesis import given
from hypothesis import strategies as st
from made_up import fiche

from search.embedded.engine import EmbeddedEngine
from search.embedded.snapshot import Snapshot
from search.engine import Engine, Suggestion
from search.fiche import Appellation, Fiche
from search.folding import fold
from search.french.completion import suggest, table

SHOWN = 8


def named(number: int, title: str, feminin: str, masculin: str, *autres: Appellation) -> Fiche:
    made = fiche(number, title)
    return replace(made, feminin=feminin, masculin=masculin, autres_appellations=autres)


FICHES = (
    named(1, "boulanger/ère", "boulangère", "boulanger"),
    named(2, "vendeur/euse en boulangerie", "vendeuse en boulangerie", "vendeur en boulangerie"),
    named(3, "pâtissier/ère", "pâtissière", "pâtissier", Appellation("boulanger-pâtissier", "", "boulanger-pâtissier")),
    named(4, "technicien/ne en mécanique", "technicienne en mécanique", "technicien en mécanique"),
    named(5, "maître/sse d'œuvre", "maîtresse d'œuvre", "maître d'œuvre"),
    named(6, "ingénieur/e du son", "ingénieure du son", "ingénieur du son"),
)  # fmt: skip


def asked(text: str, fiches: Sequence[Fiche] = FICHES, limit: int = SHOWN) -> list[Suggestion]:
    titles, ids = [each.title for each in fiches], [each.id for each in fiches]
    return list(suggest(table(fiches), text, titles, ids, limit))


def ids(text: str, fiches: Sequence[Fiche] = FICHES) -> list[str]:
    return [each.id for each in asked(text, fiches)]


def marked(suggestion: Suggestion) -> list[str]:
    return [suggestion.label[start:end] for start, end in suggestion.ranges]


def test_nothing_is_completed_before_two_letters() -> None:
    assert ids("b") == ids("") == ids(" - ") == []
    assert ids("bo") != []


def test_titles_that_begin_so_come_first_own_titles_before_others() -> None:
    assert ids("boulang") == ["MET.1", "MET.3", "MET.2"]


def test_a_title_is_found_by_any_of_its_words_in_any_order() -> None:
    assert ids("mécanique") == ids("mecanique techn") == ["MET.4"]


@pytest.mark.parametrize("text", ["pati", "PÂTI", "pâti", "pa\u0302ti"])
def test_accents_and_capitals_make_no_difference(text: str) -> None:
    assert ids(text) == ["MET.3"]


def test_a_title_is_shown_in_both_genders_until_one_is_typed() -> None:
    assert asked("technicien en")[0].label == "technicien/ne en mécanique"
    assert asked("technicienne")[0].label == "technicienne en mécanique"
    assert asked("vendeuse")[0].label == "vendeuse en boulangerie"


def test_a_title_may_be_typed_in_both_genders() -> None:
    for text in ("boulanger/è", "boulanger·ère", "boulanger(ère)", "vendeur/euse en b"):
        assert ids(text)[0] in ("MET.1", "MET.2")


def test_a_sheet_comes_once_under_the_title_that_fits() -> None:
    found = asked("boulanger-p")
    assert [(each.id, each.label, each.title) for each in found] == [("MET.3", "boulanger-pâtissier", "pâtissier/ère")]


def test_the_typed_letters_are_marked_in_the_original_text() -> None:
    assert marked(asked("techn meca")[0]) == ["techn", "méca"]
    assert marked(asked("maitre d'oeu")[0])[-1] == "œu"
    assert marked(asked("ingenieure")[0]) == ["ingénieure"]


def test_at_most_as_many_as_asked_for() -> None:
    assert len(asked("boulang", limit=2)) == 2
    assert asked("boulang", limit=0) == []


@given(st.text(max_size=60))
def test_any_text_is_completed_or_not(text: str) -> None:
    for each in asked(text):
        assert all(0 <= start < end <= len(each.label) for start, end in each.ranges)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = EmbeddedEngine(tmp_path_factory.mktemp("shop") / "index")
    rebuilt(engine, FICHES)
    yield engine
    engine.close()


@pytest.mark.parametrize("typed", ["MET.3", "met 3", "met3"])
def test_the_number_of_a_sheet_is_completed_as_that_sheet(typed: str, shop: Engine) -> None:
    assert [(each.id, each.label) for each in shop.suggest(typed, SHOWN)] == [("MET.3", shop.get("MET.3").title)]


def test_a_typing_error_is_completed_as_what_was_meant(shop: Engine) -> None:
    assert [each.id for each in shop.suggest("boulangre", SHOWN)] == ids("boulanger")
    assert shop.suggest("xyzxyz", SHOWN) == ()


@pytest.mark.parametrize(
    "text",
    [
        "boulangers",
        "le boulanger",
        "les boulangères",
        "boulanger h/f",
        "boulanger (F/H/X)",
        "boulanger m/f",
        "boulangers/ères",
        "des boulangers·ères",
        "boulanger.e.s",
    ],
)
def test_words_are_completed_as_the_search_reads_them(text: str, shop: Engine) -> None:
    assert shop.suggest(text, SHOWN)[0].id == "MET.1"
    assert shop.suggest("les maîtresses d'œuvre", SHOWN)[0].id == "MET.5"
    assert shop.suggest("ingénieurs/es du son", SHOWN)[0].id == "MET.6"


@pytest.fixture(scope="module")
def corpus(corpus_index: Path) -> Snapshot:
    return opened(corpus_index)


def lost(corpus: Snapshot, titles: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The (id, text typed) at which a sheet that was shown is no longer, its title being typed letter by letter."""

    @lru_cache(1 << 18)
    def shown(text: str) -> frozenset[str]:
        return frozenset(each.id for each in corpus.directory.suggest(text, SHOWN))

    found = []
    for id, title in titles:
        seen = False
        for length in range(2, len(title) + 1):
            now = id in shown(title[:length])
            if seen and not now:
                found.append((id, title[:length]))
                break
            seen |= now
    return found


@pytest.mark.soak
def test_f5_a_sheet_once_shown_stays_while_its_title_is_typed(corpus: Snapshot) -> None:
    every = 1 if SOAK else 5
    fiches = [corpus.fiche(number) for number in range(0, len(corpus.documents.ids), every)]
    titles = {(each.id, title) for each in fiches for title in (each.title, each.feminin, each.masculin)}
    assert lost(corpus, sorted(titles)) == []


def test_hardly_any_sheet_is_lost_while_another_appellation_is_typed(corpus: Snapshot) -> None:
    fiches = [corpus.fiche(number) for number in range(0, len(corpus.documents.ids), 5)]
    titles = {(each.id, other.masculin) for each in fiches for other in each.autres_appellations}
    # Own titles come first, so that a sheet shown by its own may leave when only the other one is left.
    assert len(lost(corpus, sorted(titles))) <= 0.01 * len(titles)


def test_every_title_typed_whole_finds_its_sheet(corpus: Snapshot) -> None:
    documents = corpus.documents
    for id, title in zip(documents.ids, documents.titles, strict=True):
        found = corpus.directory.suggest(title, SHOWN)
        assert id in [each.id for each in found]


def test_marks_fold_to_what_is_typed(corpus: Snapshot) -> None:
    documents = corpus.documents
    for title in documents.titles[::7]:
        typed = " ".join(word[:4] for word in re.findall(r"\w+", title))
        for each in corpus.directory.suggest(typed, SHOWN):
            words = re.findall(r"\w+", fold(typed))
            assert all(any(fold(mark) == word for word in words) for mark in marked(each))
