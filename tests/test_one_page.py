"""The commands of "On one page" (docs/operations.md), run as they are written but for folders, ports and the name."""

import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from conftest import free_port
from nginx_proxy import MAIN
from seccomp import settings

METIERS = "/opt/metiers/8000/bin/metiers"
ELSEWHERE = ("python3 -m venv", "/opt/metiers/8000/bin/pip", "useradd", "apt-get", "systemctl daemon-reload")
"""What other tests run (test_container.py), or what only root of a real machine may."""


@pytest.fixture
def official(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Official data on a server of the test: where it is, as settings."""
    folder = tmp_path / "official"
    folder.mkdir()
    with zipfile.ZipFile(folder / "fiches.zip", "w") as archive:
        good = "<metier><identifiant>MET.1</identifiant><nom_metier>boulanger/ère</nom_metier></metier>"
        archive.writestr("Onisep_Ideo_Fiches_Metiers_15102026.xml", f"<metiers>{good}</metiers>")
    (folder / "ideo.json").write_text(
        '[{"lien_site_onisepfr": "https://www.onisep.fr/MET.1", "domainesous-domaine": "sciences/chimie"}]'
    )
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        yield {
            "METIERS_FICHES_URL": f"{address}/fiches.zip", "METIERS_IDEO_URL": f"{address}/ideo.json",
            "METIERS_ROME_URL": "",
        }  # fmt: skip
        server.shutdown()


class Machine:
    """A machine whose folders lie in one of ours, and whose systemd runs what units say."""

    def __init__(self, root: Path, place: Path, nginx: str, variables: dict[str, str]) -> None:
        self._root, self._place, self._nginx = root, place, nginx
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("METIERS_")}
        self._environment |= {"SSL_CERT_FILE": f"{place}/etc/ssl/certs/metiers.pem", "PYTHONPATH": str(root)}
        for folder in ("etc/systemd/system", "etc/nginx/conf.d", "etc/ssl/private", "etc/ssl/certs", "etc/prometheus"):
            (place / folder).mkdir(parents=True)
        (place / "srv/metiers").mkdir(parents=True)
        lines = "".join(f"{name}={value}\n" for name, value in variables.items())
        (place / "etc/metiers.env").write_text(lines, encoding="utf-8")
        self._ports = {name: str(free_port()) for name in ("8000", "8001", "18000", "443", "80")}
        self._running: list[subprocess.Popen[bytes]] = []

    def placed(self, text: str) -> str:
        """A command or a file, with the folders, ports and name of this machine."""
        text = text.replace(METIERS, f"{sys.executable} -m web.cli")
        text = re.sub(r"(?<![\w.])/(etc|srv|var)/", rf"{self._place}/\1/", text)
        text = text.replace("metiers.example.org", "localhost")
        text = text.replace("https://localhost", f"https://localhost:{self._ports['443']}")
        for port in ("18000", "8000", "8001"):
            text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{self._ports[port]}")
        text = text.replace("--port 8000", f"--port {self._ports['8000']}")
        return re.sub(r"listen (\d+)", lambda found: f"listen 127.0.0.1:{self._ports[found[1]]}", text)

    def run(self, command: str) -> str:
        """What a command of the page prints; it must succeed."""
        words = command.split()
        if words[0] == "systemctl":
            names = [word for word in words[2:] if not word.startswith("--") and not word.endswith(".timer")]
            return "".join(self._start(name) for name in names)
        return self._run(["bash", "-c", self.placed(command)])

    def _run(self, command: list[str], **variables: str) -> str:
        done = subprocess.run(
            command, cwd=self._root, env=self._environment | variables, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout

    def _start(self, name: str) -> str:
        if name == "nginx":
            return self._start_nginx()
        unit, _, instance = name.partition("@")
        text = (self._place / f"etc/systemd/system/{unit}{'@' if instance else ''}.service").read_text(encoding="utf-8")
        lines = (self._place / "etc/metiers.env").read_text(encoding="utf-8").splitlines()
        given = [*settings(text, "Environment"), *map(self.placed, lines)]
        variables = dict(line.replace("1%i", self._ports["18000"]).split("=", 1) for line in given)
        commands = [self.placed(value.replace("/%i/", "/8000/")) for value in settings(text, "ExecStart")]
        if "Type=oneshot" in text:
            return "".join(self._run(command.split(), **variables) for command in commands)
        (command,) = (command.replace("%i", self._ports["8000"]).split() for command in commands)
        log = (self._place / "log").open("wb")
        self._running.append(
            subprocess.Popen(command, cwd=self._root, env=self._environment | variables, stdout=log, stderr=log)
        )
        log.close()
        return ""

    def _start_nginx(self) -> str:
        copied = self._place / "etc/nginx/conf.d/metiers.conf"
        (self._place / "metiers.conf").write_text(self.placed(copied.read_text(encoding="utf-8")), encoding="utf-8")
        user = "user root;" if not os.geteuid() else ""
        (self._place / "nginx.conf").write_text(user + MAIN.format(folder=self._place), encoding="utf-8")
        log = str(self._place / "error.log")
        command = [self._nginx, "-p", str(self._place), "-c", str(self._place / "nginx.conf"), "-e", log]
        self._run([*command, "-t"])
        self._running.append(subprocess.Popen(command))
        return ""

    def stop(self) -> None:
        """End what was started."""
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.wait(30)


@pytest.mark.usefixtures("own_server")
def test_one_page_of_commands_leads_to_a_served_proxied_and_watched_service(
    root: Path, tmp_path: Path, nginx: str, official: dict[str, str]
) -> None:
    text = (root / "docs/operations.md").read_text(encoding="utf-8")
    page = text.partition("### On one page\n")[2].partition("\n## ")[0]
    commands = [line.strip() for line in page.splitlines() if line.startswith("    ")]
    machine = Machine(root, tmp_path / "machine", nginx, official)
    told = {}
    try:
        for command in commands:
            if not command.startswith(ELSEWHERE):
                waiting = "--retry 30 --retry-connrefused --retry-delay 1 "
                patient = command.replace("curl --fail ", f"curl --fail {waiting if waiting not in command else ''}")
                told[command] = machine.run(patient)
    finally:
        machine.stop()
    answers = [answer for command, answer in told.items() if command.startswith("curl")]
    assert ['"status":"ready"' in answer for answer in answers] == [True, True, False]
    assert "metiers_documents 1.0" in answers[2]
    assert "indexed 1 of 1 sheets" in told["systemctl start metiers-update"]
    well = next(answer for command, answer in told.items() if "doctor" in command)
    assert "à réparer" not in well
    assert well.count("même édition") == 2
