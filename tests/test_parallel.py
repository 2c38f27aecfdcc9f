"""Documents made on a second core are those made on the first."""

import gc
import os
import signal
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import sleep

import pytest
from made_up import fiche

from search.errors import MetiersError
from search.fiche import Fiche
from search.french import equivalents
from search.index import parallel
from search.index.documents import document
from search.index.garbage_collection import seldom_collected
from search.index.parallel import analysed, helper


@pytest.fixture(scope="module")
def fiches() -> list[Fiche]:
    return [
        fiche(number, f"métier {number}", presentation=f"La FAO (fabrication assistée par ordinateur), {number} fois.")
        for number in range(1, parallel.FEW + parallel.CHUNK // 2)
    ]


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


def children() -> set[int]:
    """The processes that this one started and that still run."""
    lists = Path("/proc/self/task").glob("*/children")
    return {int(number) for each in lists for number in each.read_text().split()}


@pytest.fixture
def known(fiches: list[Fiche]) -> equivalents.Equivalents:
    return equivalents.read(equivalents.mine(fiches))


@pytest.mark.usefixtures("two_cores")
@pytest.mark.parametrize("few", [3, None])
def test_documents_come_in_the_order_of_the_sheets(
    fiches: list[Fiche], known: equivalents.Equivalents, few: int | None
) -> None:
    before, wanted = children(), fiches[:few]
    with helper(len(wanted)) as second:
        assert list(analysed(wanted, known, second)) == [(each, document(each, known)) for each in wanted]
        assert len(children() - before) == (0 if few else 1)
    assert children() == before


@pytest.mark.usefixtures("two_cores")
def test_stopping_early_leaves_no_process_behind(fiches: list[Fiche], known: equivalents.Equivalents) -> None:
    before = children()
    with helper(len(fiches)) as second:
        assert next(analysed(fiches, known, second)) == (fiches[0], document(fiches[0], known))
        assert len(children() - before) == 1
    assert children() == before


@pytest.mark.usefixtures("two_cores")
def test_a_killed_process_is_told_in_words(fiches: list[Fiche], known: equivalents.Equivalents) -> None:
    before = children()
    with helper(len(fiches)) as second:
        second.begin(partial(sleep, 600))
        [process] = children() - before
        os.kill(process, signal.SIGKILL)
        with pytest.raises(MetiersError, match="killed"):
            second.outcomes()
        with pytest.raises(MetiersError, match="killed"):
            list(analysed(fiches, known, second))
    assert children() == before


@pytest.mark.usefixtures("two_cores")
def test_a_process_that_cannot_run_is_not_called_killed(
    fiches: list[Fiche], known: equivalents.Equivalents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with helper(len(fiches)) as second, pytest.raises(MetiersError, match="exit code 1"):
        list(analysed(fiches, known, second))


@pytest.mark.usefixtures("two_cores")
@pytest.mark.parametrize("sheets", [3, parallel.FEW])
def test_calls_are_made_in_their_order_and_each_has_its_outcome(sheets: int) -> None:
    with helper(sheets) as second:
        second.begin(partial(sorted, [2, 1]), partial(len, "abc"))
        assert second.outcomes() == [[1, 2], 3]
        second.begin()
        assert second.outcomes() == []


def test_garbage_is_collected_as_before_once_the_index_is_made_or_has_failed() -> None:
    before = gc.get_threshold()
    with suppress(MetiersError), seldom_collected():
        assert gc.get_threshold() > before
        raise MetiersError("A bad sheet.")
    assert gc.get_threshold() == before


PLAIN_SCRIPT = """
import os, sys
from pathlib import Path
from made_up import fiche
from search.backends import open_engine
from search.settings import Settings

print("runs")
os.cpu_count = lambda: 2
engine = open_engine(Settings(index=Path(sys.argv[1])))
fiches = [fiche(number, f"métier {number}") for number in range(1, 400)]
print(engine.rebuild(fiches, ("script",), lambda what, done, total: None, "").documents)
"""


@pytest.mark.usefixtures("own_processes")
def test_a_plain_script_indexes_and_runs_once(tmp_path: Path, root: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(PLAIN_SCRIPT, encoding="utf-8")
    paths = os.pathsep.join((str(root), str(root / "tests")))
    command = [sys.executable, str(script), str(tmp_path / "index")]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, cwd=tmp_path)
    assert (done.stdout, done.returncode) == ("runs\n399\n", 0), done.stderr
