"""The systemd units: systemd understands them, and what they start runs under the very filter that they set."""

import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import pytest
from asking import ask
from conftest import RunningServer, free_port
from official import REFUSED, SHEET, official_data
from seccomp import LIBRARY, allowed_calls, settings

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def units(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the units, with a program that is there; the server's is an instance."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed (Debian: systemd)")
    folder = tmp_path_factory.mktemp("units")
    for path in (*root.glob("deploy/*.service"), *root.glob("deploy/*.timer")):
        text = re.sub(r"/opt/metiers/\S+?/bin/metiers(?= )", sys.executable, path.read_text(encoding="utf-8"))
        (folder / path.name.replace("@", "@8000")).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def unit(units: Path) -> Path:
    """The unit of the server."""
    return units / "metiers@8000.service"


@pytest.fixture(scope="module")
def filtered(unit: Path) -> list[str]:
    """What runs a program under the filter of the unit."""
    try:
        ctypes.CDLL(LIBRARY)
    except OSError:
        pytest.skip(f"{LIBRARY} is not installed (Debian: libseccomp2)")
    return [sys.executable, str(HERE / "seccomp.py"), str(unit)]


@pytest.mark.parametrize("name", ["metiers@8000.service", "metiers-update.service", "metiers-update.timer"])
def test_systemd_understands_each_unit(units: Path, name: str) -> None:
    command = ["systemd-analyze", "verify", str(units / name)]
    verified = subprocess.run(command, capture_output=True, text=True, check=False)
    told = [line for line in verified.stderr.splitlines() if "metiers" in line]
    assert (verified.returncode, told) == (0, [])


@pytest.mark.parametrize("name", ["metiers@8000.service", "metiers-update.service"])
def test_what_the_program_never_needs_is_filtered(units: Path, name: str) -> None:
    text = (units / name).read_text(encoding="utf-8")
    assert not {"mount", "ptrace", "reboot", "bpf", "init_module", "chroot", "swapon"} & allowed_calls(text)
    assert settings(text, "SystemCallErrorNumber") == ["EPERM"]


def test_a_server_that_ends_again_and_again_is_started_as_often(unit: Path) -> None:
    # What systemd allows unless a unit says otherwise: DefaultStartLimitBurst=5, DefaultStartLimitIntervalSec=10s.
    (pause,) = settings(unit.read_text(encoding="utf-8"), "RestartSec")
    assert int(pause) * 5 > 10


def test_a_call_outside_the_filter_ends_a_program(filtered: list[str]) -> None:
    forbidden = "import ctypes; ctypes.CDLL(None).chroot(b'/')"
    ended = subprocess.run([*filtered, sys.executable, "-c", forbidden], check=False)
    assert ended.returncode == -signal.SIGSYS
    raw = "import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)"
    assert subprocess.run([*filtered, sys.executable, "-c", raw], check=False).returncode == -signal.SIGSYS


@pytest.mark.usefixtures("own_server")
def test_the_server_starts_answers_is_renewed_and_stops_under_the_filter(
    filtered: list[str], root: Path, seeds_index: Path, tmp_path: Path
) -> None:
    port, metrics, log = free_port(), free_port(), tmp_path / "log"
    command = [sys.executable, "-m", "web.cli", "serve", "--index", str(seeds_index), "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*filtered, *command],
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=root,
            env=os.environ | {"METIERS_METRICS_PORT": str(metrics)},
        )
    server = RunningServer(f"http://127.0.0.1:{port}", process, log)
    try:
        server.wait_for()
        for path in ("/", "/?q=boulanger", "/metiers/MET.242", "/api/v1/search?q=pain&format=csv", "/static/style.css"):
            assert ask(server.url, path).status == 200, log.read_text()
        assert b"metiers_requests_total" in ask(f"http://127.0.0.1:{metrics}", "/metrics").body
        process.send_signal(signal.SIGHUP)
        limit = monotonic() + 20
        while log.read_text().count("Started worker") < 4 and monotonic() < limit:
            sleep(0.05)
        assert log.read_text().count("Started worker") >= 4, log.read_text()
        server.wait_for()
        assert ask(server.url, "/?q=vente").status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()
    assert "Bad system call" not in log.read_text()
    told = [json.loads(line) for line in log.read_text().splitlines()]
    assert all({"time", "level"} <= set(each) for each in told)
    answered = [each for each in told if each.get("route") in {"/", "/metiers/<id>", "/api/v1/search"}]
    assert len(answered) >= 5
    assert all(each["ms"] > 0 and each["edition"] for each in answered)


@pytest.mark.usefixtures("own_server")
def test_the_update_fetches_and_indexes_under_its_filter_and_a_refused_sheet_is_no_failure(
    filtered: list[str], units: Path, root: Path, tmp_path: Path
) -> None:
    text = (units / "metiers-update.service").read_text(encoding="utf-8")
    commands = [value.replace("/srv/metiers", str(tmp_path)).split() for value in settings(text, "ExecStart")]
    given = [value.replace("/srv/metiers", str(tmp_path)) for value in settings(text, "Environment")]
    with official_data(tmp_path / "official", SHEET, REFUSED) as variables:
        environment = os.environ | variables | dict(line.split("=", 1) for line in given)
        ended = [
            subprocess.run(
                [*filtered[:2], str(units / "metiers-update.service"), program, "-m", "web.cli", *arguments],
                cwd=root, env=environment, capture_output=True, text=True, check=False,
            )
            for program, *arguments in commands
        ]  # fmt: skip
    assert [each.returncode for each in ended] == [0, 3], [each.stderr for each in ended]
    assert settings(text, "SuccessExitStatus") == ["3"]
    assert "refused: " in ended[1].stderr
    assert "indexed 1 of 2 sheets" in ended[1].stdout
