"""The Containerfile: what a linter would say of it, and its steps, run as they are written in an empty folder."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import RunningServer, free_port
from test_locks import ABSENT_NETWORK

from search.settings import Settings

Step = tuple[str, str]


@pytest.fixture(scope="module")
def stages(root: Path) -> list[list[Step]]:
    """The instructions of each stage: their names and what follows, lines joined."""
    text = (root / "deploy/Containerfile").read_text(encoding="utf-8")
    joined = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    steps = [line.partition(" ") for line in joined.splitlines() if line.strip()]
    made: list[list[Step]] = []
    for name, _, rest in steps:
        if name == "FROM":
            made.append([])
        made[-1].append((name, rest.strip()))
    return made


def of(stage: list[Step], name: str) -> list[str]:
    """What follows each instruction of this name."""
    return [rest for each, rest in stage if each == name]


def test_a_linter_has_nothing_to_say(stages: list[list[Step]], root: Path) -> None:
    build, served = stages
    for stage in stages:
        (image,) = of(stage, "FROM")
        assert re.match(r"[a-z]+:3\.\d+-slim\b", image), "a tag, and not latest"
        assert not of(stage, "ADD")
        assert all("sudo" not in command and "curl" not in command for command in of(stage, "RUN"))
    for copied in of(build, "COPY"):
        assert all((root / name).exists() for name in copied.split()[:-1]), copied
    assert all("--no-cache-dir" in command for command in of(build, "RUN"))
    # Never root, and in the form of a list, so that signals reach the program.
    assert of(served, "USER") == ["65534:65534"]
    assert served.index(("USER", "65534:65534")) > max(served.index(("RUN", each)) for each in of(served, "RUN"))
    for name in ("ENTRYPOINT", "CMD"):
        assert all(isinstance(json.loads(each), list) for each in of(served, name))
    assert of(served, "EXPOSE") == [str(Settings().port)]


BUILDERS = ("podman", "docker")
UNREACHED = re.compile("dial tcp|no such host|i/o timeout|connection refused|TLS handshake|toomanyrequests")
"""What a builder says that cannot fetch the image that it begins with."""


@pytest.mark.usefixtures("packages")
def test_a_builder_builds_it(root: Path) -> None:
    there = (each for each in BUILDERS if shutil.which(each))
    builder = next((each for each in there if not subprocess.run([each, "info"], capture_output=True).returncode), None)
    if builder is None:
        pytest.skip("no builder of containers runs here; the steps are run by themselves")
    command = [builder, "build", "--quiet", "--file", root / "deploy/Containerfile", "--tag", "metiers-tested", root]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode and UNREACHED.search(done.stderr):
        pytest.skip(f"the image that it begins with cannot be fetched: {done.stderr.strip().splitlines()[-1:]}")
    assert done.returncode == 0, done.stderr
    told = subprocess.run([builder, "run", "--rm", "metiers-tested", "--version"], capture_output=True, text=True)
    assert "metiers" in told.stdout, told.stderr


@pytest.mark.usefixtures("packages", "own_server")
def test_the_steps_install_a_program_that_serves_and_is_found_healthy(
    stages: list[list[Step]], root: Path, seeds_index: Path, tmp_path: Path
) -> None:
    build, served = stages
    source, program = tmp_path / "source", tmp_path / "opt" / "metiers"
    source.mkdir()
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("METIERS_", "PYTHON", "COV"))}
    for name, rest in build:
        if name == "COPY":
            *names, target = rest.split()
            for each in names:
                copy = shutil.copytree if (root / each).is_dir() else shutil.copy
                copy(root / each, source / (each if target == "./" else target))
        elif name == "RUN":
            command = rest.replace("/opt/metiers", str(program)).replace("python -m venv", f"{sys.executable} -m venv")
            done = subprocess.run(command, shell=True, cwd=source, env=outside, capture_output=True, text=True)
            if ABSENT_NETWORK.search(done.stderr):
                pytest.skip("the packages cannot be fetched: no network")
            assert done.returncode == 0, done.stderr
    assert of(served, "COPY") == ["--from=build /opt/metiers /opt/metiers"]
    port, log = free_port(), tmp_path / "log"
    command = [*json.loads(of(served, "ENTRYPOINT")[0]), *json.loads(of(served, "CMD")[0]), "--port", str(port)]
    placed = {
        "/opt/metiers/bin/metiers": str(program / "bin/metiers"),
        "/index": str(seeds_index),
        "0.0.0.0": "127.0.0.1",
    }
    environment = outside | dict(each.split("=") for each in of(served, "ENV"))
    with log.open("wb") as output:
        process = subprocess.Popen(
            [placed.get(each, each) for each in command], cwd=tmp_path, env=environment, stdout=output, stderr=output
        )
    try:
        RunningServer(f"http://127.0.0.1:{port}", process, log).wait_for()
        (check,) = (json.loads(each.removeprefix("CMD ")) for each in of(served, "HEALTHCHECK"))
        asked = [each.replace("/opt/metiers", str(program)).replace(":8000/", f":{port}/") for each in check]
        assert subprocess.run(asked, check=False, timeout=60).returncode == 0
        process.terminate()
        assert process.wait(30) == 0
        assert subprocess.run(asked, check=False, timeout=60, capture_output=True).returncode != 0
    finally:
        process.kill()
        process.wait()
