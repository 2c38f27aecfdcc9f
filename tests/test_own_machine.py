"""The commands of "On one page" (docs/operations.md) as they are written, under a real systemd; then a week of it.

The machine is one of its own (`own_machine.py`): real units, accounts, ports, nginx and Prometheus. Only the line that
asks Debian for packages is left out: it has no way out.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Final

import pytest
from official import REFUSED, SHEET
from own_machine import Machine, running
from releases import built
from test_locks import ABSENT_NETWORK
from test_one_page import PAGE, commands

ANOTHER: Final = SHEET.replace("MET.1", "MET.3").replace("boulanger/ère", "maçon/ne")
READY: Final = "curl --fail --silent --retry 30 --retry-connrefused --retry-delay 1 http://127.0.0.1:8000/health/ready"
SOON: Final = "[Timer]\nOnActiveSec=1s\nRandomizedDelaySec=0\nAccuracySec=100ms\n"
"""What makes the timer of the update ring at once, beside its day of the week."""


def fetched(lock: Path, folder: Path) -> Path:
    """The locked packages for Debian's Python, in a folder."""
    python = subprocess.run(
        ["/usr/bin/python3", "-c", "import ensurepip, sys; print('%d.%d' % sys.version_info[:2])"],
        capture_output=True, text=True,
    )  # fmt: skip
    if python.returncode:
        pytest.skip("Debian's Python makes no environments (python3-venv)")
    options = ["--no-deps", "--require-hashes", "--only-binary=:all:", f"--python-version={python.stdout.strip()}"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", *options, "-d", folder, "-r", lock],
        capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode and ABSENT_NETWORK.search(done.stderr):
        pytest.skip("the packages cannot be fetched: no network")
    assert done.returncode == 0, done.stderr
    return folder


@contextmanager
def official(machine: Machine, root: Path, folder: Path, *sheets: str) -> Iterator[None]:
    """Serve sheets to the machine as the official data; its settings lead there, and stay as they are."""
    process = machine.beside([sys.executable, root / "tests/official.py", folder, *sheets])
    assert process.stdout
    try:
        lines = list(iter(process.stdout.readline, "\n"))
        machine.run("sed -i '/_URL=/{/BASE/!d}' /etc/metiers.env")
        machine.run(f"echo '{''.join(lines)}' >> /etc/metiers.env")
        yield
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def printed() -> dict[str, str]:
    """What each command of the page printed."""
    return {}


@pytest.fixture(scope="module")
def machine(
    root: Path, nginx: str, prometheus: str, tmp_path_factory: pytest.TempPathFactory, printed: dict[str, str]
) -> Iterator[Machine]:
    """A machine on which the whole page was run."""
    place = tmp_path_factory.mktemp("machine")
    release = built(root, place / "release")
    packages = fetched(release / "requirements.lock", place / "packages")
    with running(place, {release: "/release", packages: "/packages"}) as made:
        made.variables = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/packages"}
        made.run("touch /etc/metiers.env; echo 127.0.0.1 metiers.example.org >> /etc/hosts")
        with official(made, root, place / "official", SHEET, REFUSED):
            for command in commands(root, PAGE):
                if not command.startswith("apt-get "):
                    printed[command] = made.run(f"cd /release; {command}")
        yield made


def until(true: Callable[[], bool]) -> None:
    """Wait for a state; it must come."""
    limit = monotonic() + 60
    while not true():
        assert monotonic() < limit
        sleep(0.2)


def generation(machine: Machine) -> str:
    """The edition that is served."""
    return str(json.loads(machine.run(READY))["index"]["generation"])


def test_the_page_leads_to_a_service_that_is_proxied_watched_and_well(
    machine: Machine, printed: dict[str, str]
) -> None:
    for unit in ("metiers@8000", "metiers-update.timer", "nginx", "prometheus"):
        assert machine.show(unit, "ActiveState") == "active", unit
    for unit in ("metiers@8000", "metiers-update.timer"):
        assert machine.show(unit, "UnitFileState") == "enabled", unit
    asked = next(each for each in printed if "https://metiers.example.org/health/ready" in each)
    assert json.loads(printed[asked])["index"]["documents"] == 1
    well = printed[next(each for each in printed if each.endswith("--port 8000)"))]
    assert "à réparer" not in well
    assert well.count("même édition") == 2
    watched = "curl --fail --silent 'http://127.0.0.1:9090/api/v1/query?query=metiers_documents'"
    until(lambda: [each["value"][1] for each in json.loads(machine.run(watched))["data"]["result"]] == ["1"])


def test_the_server_may_read_its_index_and_nothing_else(machine: Machine) -> None:
    account = machine.run("stat --format %U /srv/metiers/index/current")
    process = machine.show("metiers@8000", "MainPID")
    assert account == "metiers"
    assert machine.run(f"stat --format %u /proc/{process}") != machine.run("id --user root")
    inside = f"nsenter --target {process} --mount --"
    assert machine.tried(f"{inside} touch /srv/metiers/index/written").returncode
    assert machine.tried(f"{inside} touch /etc/written").returncode
    assert machine.run(f"{inside} ls /root") == ""


def test_the_update_is_due_on_monday_morning(machine: Machine) -> None:
    told = machine.show("metiers-update.timer", "NextElapseUSecRealtime")
    found = re.match(r"Mon \S+ (\d\d):", told)
    assert found, told
    assert 4 <= int(found[1]) < 6


def test_the_timer_brings_new_data_and_the_server_follows_without_a_restart(
    machine: Machine, root: Path, tmp_path: Path
) -> None:
    before, process = generation(machine), machine.show("metiers@8000", "MainPID")
    with official(machine, root, tmp_path / "official", SHEET, REFUSED, ANOTHER):
        folder = "/etc/systemd/system/metiers-update.timer.d"
        machine.run(f"mkdir {folder}; echo '{SOON}' > {folder}/soon.conf; systemctl daemon-reload")
        machine.run("systemctl restart metiers-update.timer")
        until(lambda: generation(machine) != before)
        until(lambda: machine.show("metiers-update", "ActiveState") == "inactive")
    assert machine.show("metiers@8000", "MainPID") == process
    # A sheet was refused: that is a success with a report.
    assert machine.show("metiers-update", "ExecMainStatus") == "3"
    assert machine.show("metiers-update", "Result") == "success"
    journal = machine.run("journalctl --unit metiers-update --output cat --no-pager")
    assert "refused: /srv/metiers/data/" in journal
    assert "indexed 2 of 3 sheets" in journal


def test_an_update_that_reaches_nobody_fails_and_keeps_what_there_was(machine: Machine) -> None:
    before, files = generation(machine), machine.run("sha256sum /srv/metiers/data/*")
    assert machine.tried("systemctl start metiers-update").returncode
    assert machine.tried("systemctl is-failed metiers-update").stdout.strip() == "failed"
    assert "no connection" in machine.run("journalctl --unit metiers-update --output cat --no-pager --lines 5")
    assert machine.run("sha256sum /srv/metiers/data/*") == files
    assert generation(machine) == before
    machine.run("systemctl reset-failed metiers-update")


def test_the_server_is_renewed_comes_back_when_it_is_killed_and_stops(machine: Machine) -> None:
    process = machine.show("metiers@8000", "MainPID")
    machine.run("systemctl reload metiers@8000")
    assert machine.show("metiers@8000", "MainPID") == process
    generation(machine)
    machine.run(f"kill -9 {process}")
    until(lambda: machine.show("metiers@8000", "NRestarts") == "1")
    generation(machine)
    machine.run("systemctl stop metiers@8000")
    assert machine.show("metiers@8000", "Result") == "success"
    machine.run("systemctl start metiers@8000")
    generation(machine)
