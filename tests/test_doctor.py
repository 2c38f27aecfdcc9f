"""`metiers doctor`: what is well, what is not, and what to do about it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from conftest import RunningServer, free_port
from engines import rebuilt, served_folder
from made_up import VILLAGE

from search.embedded.engine import EmbeddedEngine
from search.engine import IndexInfo
from search.settings import Settings
from web import texts
from web.cli import doctor
from web.cli.commands import main
from web.pages import pay


def examine(index: Path, port: int, **environment: str) -> Result:
    """What the command says of an index and a port."""
    return CliRunner().invoke(main, ["doctor", "--index", str(index), "--port", str(port)], env=environment)


def found(result: Result, subject: str) -> str:
    """The lines of a subject, its advice included."""
    name, told, mine = texts.DOCTOR[subject], [], False
    for line in result.stdout.splitlines():
        mine = line[11:].startswith(name) if line[:1].strip() else mine
        told += [line] if mine else []
    return "\n".join(told)


def test_all_is_well_where_a_service_answers(
    start_server: Callable[..., RunningServer], seeds_index: Path, tmp_path: Path
) -> None:
    server = start_server(seeds_index)
    port = int(server.url.rpartition(":")[2])
    well = examine(seeds_index, port, METIERS_BASE_URL=server.url, METIERS_CONTACT="a@example.org")
    assert well.exit_code == 0, well.stdout
    assert "à réparer" not in well.stdout
    for subject in ("settings", "index", "sources", "smic", "address", "clock", "disk", "memory"):
        assert texts.DOCTOR[subject] in well.stdout
    assert "3 fiches" in found(well, "index")
    assert found(well, "address").count("même édition") == 2
    rebuilt(EmbeddedEngine(tmp_path / "other"), VILLAGE)
    other = examine(tmp_path / "other", port)
    assert "sert l'édition" in found(other, "address")
    assert "→" in found(other, "address")


def test_a_service_that_does_not_answer_is_to_be_started(seeds_index: Path) -> None:
    port = free_port()
    result = examine(seeds_index, port, METIERS_BASE_URL=f"http://127.0.0.1:{free_port()}")
    assert result.exit_code == 1
    assert f"systemctl start metiers@{port}" in found(result, "address")
    assert "certificat" in found(result, "address")


def test_an_index_that_is_missing_or_damaged_is_named_with_the_command_that_makes_it(
    seeds_index: Path, tmp_path: Path
) -> None:
    missing = examine(tmp_path / "nothing", free_port())
    assert missing.exit_code == 1
    assert "metiers index SOURCES" in found(missing, "index")
    damaged = tmp_path / "damaged"
    shutil.copytree(seeds_index, damaged)
    victim = next(path for path in sorted(served_folder(damaged).rglob("*")) if path.suffix == ".npy")
    victim.write_bytes(b"cut")
    result = examine(damaged, free_port())
    assert result.exit_code == 1
    assert victim.name in found(result, "index")


def test_a_folder_that_is_none_is_to_be_corrected_rather_than_indexed_into(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    # An option that is no folder is wrong usage before anything is looked at.
    given = {"METIERS_INDEX": str(file), "METIERS_PORT": str(free_port())}
    result = CliRunner().invoke(main, ["doctor"], env=given)
    assert result.exit_code == 1
    assert "Corrigez METIERS_INDEX" in found(result, "index")
    assert "metiers index SOURCES" not in result.stdout


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"METIERS_OPENSEARCH_URL": "http://127.0.0.1:9"},
        {"METIERS_OPENSEARCH_URL": "https://127.0.0.1:9", "METIERS_OPENSEARCH_CA": "/missing"},
    ],
    ids=["no address", "nobody there", "no authority"],
)
def test_a_cluster_that_is_not_reached_is_not_told_to_be_indexed(
    given: dict[str, str], seeds_index: Path, start_server: Callable[..., RunningServer]
) -> None:
    port = int(start_server(seeds_index).url.rpartition(":")[2])
    result = examine(seeds_index, port, METIERS_ENGINE="opensearch", **given)
    assert result.exit_code == 1
    assert "METIERS_OPENSEARCH_" in found(result, "index")
    assert "metiers index" not in result.stdout
    # What the index holds is not known: nobody says that the service has the same.
    assert "même édition" not in found(result, "address")
    assert "sert l'édition" in found(result, "address")


def test_what_anybody_may_write_is_named(seeds_index: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    shutil.copytree(seeds_index, index)
    served_folder(index).chmod(0o777)
    assert f"chmod -R o-w {index}" in found(examine(index, free_port()), "index")


def test_settings_that_are_misspelt_missing_or_dangerous_are_said(seeds_index: Path) -> None:
    misspelt = examine(seeds_index, free_port(), METIERS_PROXY="1")
    assert misspelt.exit_code == 1
    assert "METIERS_PROXY n'est pas un réglage" in found(misspelt, "settings")
    assert "METIERS_BASE_URL" in found(misspelt, "settings")
    assert "METIERS_CONTACT" in found(misspelt, "settings")
    open_to_all = examine(seeds_index, free_port(), METIERS_PROXIES="1", METIERS_HOST="0.0.0.0")
    assert "METIERS_PROXIES=1" in found(open_to_all, "settings")
    assert "METIERS_PROXIES" not in found(examine(seeds_index, free_port(), METIERS_PROXIES="1"), "settings")
    wrong = examine(seeds_index, free_port(), METIERS_WORKERS="0")
    assert wrong.exit_code == 1
    assert "METIERS_WORKERS=0: expected" in wrong.stderr


@pytest.mark.parametrize(("date", "state"), [("2020-01-01", "look"), ("2999-01-01", "good"), ("", "good")])
def test_old_data_is_to_be_fetched_again(date: str, state: str) -> None:
    finding = doctor._data(Settings(), IndexInfo("x", 3, "", "", (), date))
    assert finding.state == state
    assert ("metiers fetch" in finding.todo) is (state == "look")


@pytest.mark.parametrize(("later", "state"), [(0, "good"), (1, "look")])
def test_a_minimum_wage_of_last_year_is_to_be_renewed(later: int, state: str) -> None:
    latest = pay.latest_smic()
    finding = doctor._smic(int(latest) + later)
    assert finding.state == state
    assert latest in finding.told
    assert ("SMICS" in finding.todo) is (state == "look")


@pytest.mark.parametrize(
    ("built_at", "state"), [("2999-01-01T00:00:00+00:00", "mend"), ("2020-01-01T00:00:00+00:00", "good")]
)
def test_a_clock_before_the_index_is_late(built_at: str, state: str) -> None:
    assert doctor._clock(IndexInfo("x", 3, built_at, "")).state == state


def test_a_disk_without_room_and_a_memory_too_small_are_said(
    seeds_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(seeds_index)

    def full(path: Any) -> Any:
        return usage._replace(free=1_000)

    monkeypatch.setattr(shutil, "disk_usage", full)
    result = examine(seeds_index, free_port())
    assert result.exit_code == 1
    assert "Faites de la place" in found(result, "disk")
    monkeypatch.setattr(doctor, "WORKER_MEGABYTES", 10**9)
    short = examine(seeds_index, free_port())
    assert "METIERS_WORKERS" in found(short, "memory")


def test_the_memory_of_a_worker_is_the_one_that_is_described(root: Path) -> None:
    told = (root / "docs/operations.md").read_text(encoding="utf-8")
    assert f"Count {doctor.WORKER_MEGABYTES} MB a worker" in told
    assert f"The index takes {doctor.INDEX_MEGABYTES} MB" in told


def test_every_sentence_has_its_advice_unless_all_is_well() -> None:
    told = {name for name in texts.DOCTOR if "_" in name and not name.endswith("_todo")}
    silent = {name for name in told if f"{name}_todo" not in texts.DOCTOR}
    assert {name for name in silent if not name.endswith("_good")} == {
        "index_cluster", "sources_undated", "memory_unknown", "address_alone",
    }  # fmt: skip
