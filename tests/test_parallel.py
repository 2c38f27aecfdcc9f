"""Documents made on a second core are those made on the first."""

import os
import signal
from collections.abc import Iterator
from contextlib import closing
from multiprocessing import active_children

import pytest
from made_up import fiche

from search.errors import MetiersError
from search.fiche import Fiche
from search.french import equivalents
from search.index import parallel
from search.index.documents import document
from search.index.parallel import Analysed, analysed


@pytest.fixture(scope="module")
def fiches() -> list[Fiche]:
    return [
        fiche(number, f"métier {number}", presentation=f"La FAO (fabrication assistée par ordinateur), {number} fois.")
        for number in range(1, parallel.FEW + parallel.CHUNK // 2)
    ]


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


@pytest.fixture
def known(fiches: list[Fiche]) -> equivalents.Equivalents:
    return equivalents.read(equivalents.mine(fiches))


@pytest.mark.usefixtures("two_cores")
@pytest.mark.parametrize("few", [3, None])
def test_documents_come_in_the_order_of_the_sheets(
    fiches: list[Fiche], known: equivalents.Equivalents, few: int | None
) -> None:
    wanted = fiches[:few]
    assert list(analysed(wanted, known)) == [document(each, known) for each in wanted]
    assert active_children() == []


@pytest.mark.usefixtures("two_cores")
def test_stopping_early_leaves_no_process_behind(fiches: list[Fiche], known: equivalents.Equivalents) -> None:
    found: Iterator[Analysed] = analysed(fiches, known)
    with closing(found):  # type: ignore[type-var]
        assert next(found) == document(fiches[0], known)
        assert len(active_children()) == 1
    assert active_children() == []


@pytest.mark.usefixtures("two_cores")
def test_a_killed_process_is_told_in_words(fiches: list[Fiche], known: equivalents.Equivalents) -> None:
    found = analysed(fiches, known)
    next(found)
    [process] = active_children()
    os.kill(process.pid or 0, signal.SIGKILL)
    with pytest.raises(MetiersError, match="killed"):
        list(found)
    assert active_children() == []
