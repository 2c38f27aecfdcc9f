"""The documented systemd unit: systemd understands it, and the server runs under the very filter that it sets."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import pytest
from asking import ask
from conftest import RunningServer, free_port
from seccomp import LIBRARY, allowed_calls, settings

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def unit(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unit, with a program that is there."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed (Debian: systemd)")
    text = (root / "examples/metiers.service").read_text(encoding="utf-8")
    copied = tmp_path_factory.mktemp("unit") / "metiers.service"
    copied.write_text(text.replace("/opt/metiers/bin/metiers", sys.executable), encoding="utf-8")
    return copied


@pytest.fixture(scope="module")
def filtered(unit: Path) -> list[str]:
    """What runs a program under the filter of the unit."""
    try:
        ctypes.CDLL(LIBRARY)
    except OSError:
        pytest.skip(f"{LIBRARY} is not installed (Debian: libseccomp2)")
    return [sys.executable, str(HERE / "seccomp.py"), str(unit)]


def test_systemd_understands_the_unit(unit: Path) -> None:
    verified = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    told = [line for line in verified.stderr.splitlines() if unit.name in line]
    assert (verified.returncode, told) == (0, [])


def test_what_a_server_never_needs_is_filtered(unit: Path) -> None:
    text = unit.read_text(encoding="utf-8")
    assert not {"mount", "ptrace", "reboot", "bpf", "init_module", "chroot", "swapon"} & allowed_calls(text)
    assert settings(text, "SystemCallErrorNumber") == ["EPERM"]


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
