"""The commands of "On one page" (docs/operations.md), run as they are written but for folders, ports and the name."""

import json
import os
import re
import shutil
import ssl
import subprocess
from collections import Counter
from pathlib import Path
from time import monotonic, sleep
from typing import Final
from urllib.request import urlopen

import pytest
from conftest import free_port
from nginx_proxy import MAIN, Proxy
from official import SHEET, official_data
from readers import reading
from releases import built, built_next
from seccomp import settings
from test_locks import ABSENT_NETWORK

LEFT_OUT: Final = {
    "apt-get": "installs on the machine of whoever runs the tests; the names of the packages have a test of their own",
    "systemctl daemon-reload": "no systemd runs beside this test; one does in test_own_machine.py",
}
"""How commands that are not run begin, and why."""

PORTS: Final = ("8000", "8001", "18000", "18001", "9090", "443", "80")
"""Those of the page; the machine has others."""

FOLDERS: Final = ("etc/systemd/system", "etc/nginx/conf.d", "etc/ssl/private", "etc/ssl/certs", "etc/default")


PAGE: Final = "### On one page"
OTHER_VERSION: Final = "## Another version of the program, with no pause"
NEXT: Final = "99.0.0"
"""The version of the release that replaces the first."""


def commands(root: Path, heading: str) -> list[str]:
    """The commands below a heading, in order."""
    text = (root / "docs/operations.md").read_text(encoding="utf-8")
    page = text.partition(f"{heading}\n")[2].partition("\n## ")[0]
    return [line.strip() for line in page.splitlines() if line.startswith("    ")]


class Machine:
    """A machine whose folders lie in one of ours, and whose systemd runs what units say."""

    def __init__(self, release: Path, place: Path, programs: dict[str, str], variables: dict[str, str]) -> None:
        self._release, self._place, self._programs = release, place, programs
        outside = ("METIERS_", "PYTHON", "COV")
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith(outside)}
        for folder in (*FOLDERS, "etc/prometheus", "opt", "srv", "var"):
            (place / folder).mkdir(parents=True)
        lines = "".join(f"{name}={value}\n" for name, value in variables.items())
        (place / "etc/metiers.env").write_text(lines, encoding="utf-8")
        self.ports = {name: str(free_port()) for name in PORTS}
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def enter(self, release: Path) -> None:
        """Run what follows in the folder of another release's files."""
        self._release = release

    def proxy(self) -> Proxy:
        """The running nginx."""
        trusted = ssl.create_default_context(cafile=f"{self._place}/etc/ssl/certs/metiers.pem")
        trusted.check_hostname = False
        return Proxy(int(self.ports["443"]), int(self.ports["80"]), trusted)

    def placed(self, text: str) -> str:
        """A command or a file, with the folders, ports and name of this machine."""
        text = re.sub(r"(?<![\w.])/(opt|etc|srv|var)/", rf"{self._place}/\1/", text)
        text = text.replace("metiers.example.org", "localhost")
        text = text.replace("https://localhost", f"https://localhost:{self.ports['443']}")
        text = re.sub(r"127\.0\.0\.1:(\d+)\b", lambda found: f"127.0.0.1:{self.ports.get(found[1], found[1])}", text)
        text = text.replace("--port 8000", f"--port {self.ports['8000']}")
        return re.sub(r"listen (\d+)", lambda found: f"listen 127.0.0.1:{self.ports[found[1]]}", text)

    def run(self, command: str) -> str:
        """What a command of the page prints; it must succeed."""
        words = command.split()
        if words[0] == "systemctl":
            names = [word for word in words[2:] if not word.startswith("--") and not word.endswith(".timer")]
            if words[1] == "disable":
                for name in names:
                    self._end(name)
                return ""
            return "".join(self._start(name) for name in names)
        if words[0] == "runuser":
            return self._run_as(words)
        if words[0] == "useradd":
            return self._add_account(words)
        return self._run(["bash", "-c", self.placed(command)])

    def _add_account(self, words: list[str]) -> str:
        """Add an account to the files of this machine; only root may, and anybody else has the folder alone."""
        if os.geteuid():
            (self._place / words[words.index("--home-dir") + 1].lstrip("/")).mkdir()
            return ""
        for name in ("passwd", "shadow", "group", "gshadow"):
            (self._place / "etc" / name).touch()
        return self._run([words[0], "--prefix", str(self._place), *words[1:]])

    def _run_as(self, words: list[str]) -> str:
        """Run a command of the account of the update; an account of this machine is none of the tests'."""
        return self._run(self.placed(" ".join(words[words.index("--") + 1 :])).split())

    def _run(self, command: list[str], **variables: str) -> str:
        environment = self._environment | variables
        done = subprocess.run(
            command, cwd=self._release, env=environment, capture_output=True, text=True, timeout=300
        )  # fmt: skip
        if "pip install" in " ".join(command) and ABSENT_NETWORK.search(done.stderr):
            pytest.skip("the packages cannot be fetched: no network")
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout

    def _start(self, name: str) -> str:
        if name == "nginx":
            return self._start_nginx()
        if name == "prometheus":
            return self._start_prometheus()
        unit, _, instance = name.partition("@")
        text = (self._place / f"etc/systemd/system/{unit}{'@' if instance else ''}.service").read_text(encoding="utf-8")
        lines = (self._place / "etc/metiers.env").read_text(encoding="utf-8").splitlines()
        # The lines of the settings were placed when they were written.
        given = [*map(self.placed, settings(text, "Environment")), *lines]
        variables = dict(line.replace("1%i", self.ports.get(f"1{instance}", "")).split("=", 1) for line in given)
        written = [self.placed(value.replace("/%i/", f"/{instance}/")) for value in settings(text, "ExecStart")]
        if "Type=oneshot" in text:
            return "".join(self._run(command.split(), **variables) for command in written)
        (command,) = (command.replace("%i", self.ports[instance]) for command in written)
        self._keep(name, command.split(), variables)
        return ""

    def _keep(self, name: str, command: list[str], variables: dict[str, str]) -> None:
        """Start what runs until the end of the test."""
        with (self._place / f"{name}.log").open("wb") as log:
            environment = self._environment | variables
            process = subprocess.Popen(command, cwd=self._release, env=environment, stdout=log, stderr=log)
            self._running[name] = process

    def _start_nginx(self) -> str:
        copied = self._place / "etc/nginx/conf.d/metiers.conf"
        (self._place / "metiers.conf").write_text(self.placed(copied.read_text(encoding="utf-8")), encoding="utf-8")
        user = "user root;" if not os.geteuid() else ""
        (self._place / "nginx.conf").write_text(user + MAIN.format(folder=self._place), encoding="utf-8")
        log = str(self._place / "error.log")
        command = [self._programs["nginx"], "-p", str(self._place), "-c", str(self._place / "nginx.conf"), "-e", log]
        self._run([*command, "-t"])
        self._keep("nginx", command, {})
        return ""

    def _start_prometheus(self) -> str:
        """What Debian's unit starts: the configuration at its place, the arguments of /etc/default."""
        path = self._place / "etc/prometheus/prometheus.yml"
        often = path.read_text(encoding="utf-8").replace("15s", "1s")
        path.write_text(self.placed(often), encoding="utf-8")
        given = (self._place / "etc/default/prometheus").read_text(encoding="utf-8")
        arguments = given.strip().removeprefix('ARGS="').removesuffix('"').split()
        data = f"--storage.tsdb.path={self._place}/var/prometheus"
        self._keep("prometheus", [self._programs["prometheus"], f"--config.file={path}", data, *arguments], {})
        return ""

    def figure(self, expression: str) -> list[str]:
        """The values that the running Prometheus has for an expression."""
        with urlopen(f"http://127.0.0.1:{self.ports['9090']}/api/v1/query?query={expression}") as answer:
            return [each["value"][1] for each in json.load(answer)["data"]["result"]]

    def _end(self, name: str) -> None:
        """End what was started, and wait until it has ended."""
        process = self._running.pop(name)
        process.terminate()
        process.wait(30)

    def stop(self) -> None:
        """End all that runs."""
        for name in list(self._running):
            self._end(name)


@pytest.mark.usefixtures("own_server", "packages")
def test_one_page_of_commands_leads_from_the_wheel_to_a_served_proxied_and_watched_service(
    root: Path, tmp_path: Path, nginx: str, prometheus: str
) -> None:
    release = built(root, tmp_path / "release")
    with official_data(tmp_path / "official", SHEET) as variables:
        machine = Machine(release, tmp_path / "machine", {"nginx": nginx, "prometheus": prometheus}, variables)
        try:
            told = run_all(machine, commands(root, PAGE))
            limit = monotonic() + 60
            while not (watched := machine.figure("metiers_documents")) and monotonic() < limit:
                sleep(0.2)
            asked = next(command for command in told if "--cacert" in command)
            machine.enter(built_next(root, tmp_path / "next", NEXT))
            served = change_version(machine, commands(root, OTHER_VERSION))
            assert '"documents":1' in machine.run(asked)
        finally:
            machine.stop()
    answers = [answer for command, answer in told.items() if command.startswith("curl") and ":9090" not in command]
    assert ['"status":"ready"' in answer for answer in answers] == [True, True, False]
    assert "metiers_documents 1.0" in answers[2]
    assert watched == ["1"]
    assert set(served) == {version(release), NEXT}, served
    assert "indexed 1 of 1 sheets" in told["systemctl start metiers-update"]
    well = next(answer for command, answer in told.items() if "doctor" in command)
    assert "à réparer" not in well
    assert well.count("même édition") == 2


def run_all(machine: Machine, commands: list[str]) -> dict[str, str]:
    """What each command prints; those that are left out print nothing."""
    waiting = "--retry 30 --retry-connrefused --retry-delay 1 "
    told = {}
    for command in commands:
        if not command.startswith(tuple(LEFT_OUT)):
            patient = command.replace("curl --fail ", f"curl --fail {'' if waiting in command else waiting}")
            told[command] = machine.run(patient)
    return told


def version(release: Path) -> str:
    """That of a release's wheel."""
    (wheel,) = release.glob("*.whl")
    return wheel.name.split("-")[1]


def change_version(machine: Machine, commands: list[str]) -> Counter[str]:
    """Index anew with the other version, then change over; what readers were answered meanwhile, by version."""
    at = next(place for place, command in enumerate(commands) if command.startswith("runuser"))
    started = next(place for place, command in enumerate(commands) if command.startswith("systemctl"))
    first = machine.run("/opt/metiers/current/bin/metiers --version").split()[-1]
    with reading(machine.proxy(), "/api/v1/openapi.json", lambda body: json.loads(body)["info"]["version"]) as readers:
        readers.wait_for(first)
        # The page names what indexes anew last, as not every version asks for it.
        run_all(machine, [*commands[:started], *commands[at:], *commands[started:at]])
        readers.wait_for(NEXT)
    assert machine.run("readlink /opt/metiers/current").strip() == "8001"
    return readers.told()


def test_each_command_that_is_left_out_is_on_the_page(root: Path) -> None:
    written = commands(root, PAGE) + commands(root, OTHER_VERSION)
    for beginning in LEFT_OUT:
        assert any(command.startswith(beginning) for command in written), beginning


@pytest.mark.usefixtures("packages")
def test_debian_has_the_packages_that_the_page_installs(root: Path) -> None:
    if shutil.which("apt-get") is None or not any(Path("/var/lib/apt/lists").glob("*Packages*")):
        pytest.skip("not a Debian that knows its packages (apt-get update)")
    (command,) = (each for each in commands(root, PAGE) if each.startswith("apt-get"))
    done = subprocess.run(
        [*command.split(), "--simulate"], capture_output=True, text=True, env=os.environ | {"LC_ALL": "C"}
    )
    assert done.returncode == 0, done.stderr
