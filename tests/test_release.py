"""A release built twice from this commit: the same bytes, all that it promises, one version."""

import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from itertools import cycle
from pathlib import Path
from typing import Final

import pytest
import yaml
from releases import skip_without_commit

from search.cluster import engine as cluster
from search.index.fingerprint import fingerprint

LEFT_OUT: Final = {
    ".ci/run": "it runs these very tests",
    "apt-get update": "it publishes",
}
"""How steps of the workflow begin that are not run here, and why."""

RELEASED: Final = ("1.0.0", "c9062ce7840455f1", "3a71620ed9702746")
"""The last release, and what its indices depend on: the one in files, the one of a cluster."""


def steps(root: Path) -> list[str]:
    """The commands of the workflow that publishes a release, step by step."""
    workflow = yaml.safe_load((root / ".github/workflows/release.yml").read_text(encoding="utf-8"))
    return [step["run"] for step in workflow["jobs"]["release"]["steps"] if "run" in step]


@pytest.fixture(scope="module")
def builds(root: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The folders of the two builds that the workflow makes in a clone, each under another umask and time zone."""
    skip_without_commit(root)
    clone = tmp_path_factory.mktemp("release") / "clone"
    subprocess.run(["git", "clone", "--quiet", str(root), str(clone)], check=True)
    (clone / ".venv-dev").symlink_to(sys.prefix)
    version = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    given = {
        "HOME": str(clone.parent), "GITHUB_REF_NAME": f"v{version}", "GITHUB_WORKSPACE": str(clone),
        "PATH": f"{sys.prefix}/bin{os.pathsep}{os.environ['PATH']}",
    }  # fmt: skip
    zones = cycle((("UTC", 0o022), ("Pacific/Auckland", 0o077)))
    for step in steps(root):
        if step.startswith(tuple(LEFT_OUT)):
            continue
        zone, umask = next(zones)
        # What runs the tests is installed: make does not install it again.
        command = ["bash", "-e", "-c", step.replace("make ", "make --old-file .venv-dev/installed ")]
        environment = os.environ | given | {"TZ": zone}
        done = subprocess.run(command, cwd=clone, env=environment, umask=umask, capture_output=True, text=True)
        assert done.returncode == 0, (step, done.stdout, done.stderr)
    return [clone / "dist", clone / "build" / "again"]


def test_the_workflow_tests_before_it_builds_and_publishes_last(root: Path, builds: list[Path]) -> None:
    named = [next((name for name in (*LEFT_OUT, "make dist", "diff") if name in step), "") for step in steps(root)]
    assert [name for name in named if name] == [".ci/run", "make dist", "diff", "apt-get update"]
    assert "gh release create" in steps(root)[-1]


def contents(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_two_builds_of_a_commit_are_equal_to_the_byte(builds: list[Path]) -> None:
    first, second = map(contents, builds)
    assert first == second
    assert len(first) == 5


def test_the_checksums_are_those_of_the_files(builds: list[Path]) -> None:
    made = contents(builds[0])
    del made["SHA256SUMS"]
    lines = (builds[0] / "SHA256SUMS").read_text().splitlines()
    assert {line.partition("  ")[2]: line.partition("  ")[0] for line in lines} == made


def test_the_source_archive_is_the_whole_commit(builds: list[Path], root: Path) -> None:
    (archive,) = builds[0].glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        names = {name.partition("/")[2] for name in packed.getnames()}
    tracked = subprocess.run(["git", "ls-tree", "-r", "--name-only", "-z", "HEAD"], cwd=root, capture_output=True)
    assert set(tracked.stdout.decode().split("\0")) - {""} <= names


def test_the_list_of_what_it_needs_names_what_the_lock_pins(builds: list[Path]) -> None:
    (sbom,) = builds[0].glob("*.cdx.json")
    document = json.loads(sbom.read_text(encoding="utf-8"))
    pinned = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", (builds[0] / "requirements.lock").read_text(), re.MULTILINE)
    assert {(each["name"], each["version"]) for each in document["components"]} == set(pinned)
    assert document["metadata"]["component"]["name"] == "metiers"


def test_the_version_stands_in_one_place(root: Path, builds: list[Path]) -> None:
    declared = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    (wheel,) = builds[0].glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        assert len({info.date_time for info in packed.infolist()}) == 1
    assert f"metiers-{declared}.dist-info/METADATA" in names
    written = re.compile(rf"(?<![\d.]){re.escape(declared)}(?![\d.])")
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True).stdout.decode()
    named = [
        name
        for name in tracked.split("\0")
        if name.startswith(("search/", "web/", "deploy/", ".ci/"))
        and (root / name).suffix in {".py", ".html", ".service", ".json", ".sh", ""}
        and (root / name).is_file()
        and written.search((root / name).read_text(encoding="utf-8", errors="replace"))
    ]
    assert named == []


def test_the_steps_name_what_is_there(root: Path, builds: list[Path]) -> None:
    text = (root / "RELEASE.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)`", text)) <= targets
    version = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    told = {name.replace("X.Y.Z", version) for name in re.findall(r"^ +\| `([^`]+)` \|", text, re.MULTILINE)}
    assert told == contents(builds[0]).keys()
    named = re.findall(r"`((?:search|web|tests|docs|\.github)/[\w/.-]+)`", text)
    assert named
    assert [name for name in named if not (root / name).exists()] == []
    values = re.findall(r"`([A-Z]+)` in\s+`([^`]+)`(?:\s+or\s+in\s+`([^`]+)`)?", text)
    assert {name for name, *_ in values} == {"FORMAT", "VERSION", "RELEASED"}
    for name, *files in values:
        for file in filter(None, files):
            assert re.search(rf"^{name}(: Final)? = ", (root / file).read_text("utf-8"), re.MULTILINE), (name, file)


def test_the_changelog_tells_of_the_version(root: Path) -> None:
    declared = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    headings = re.findall(r"^## (\S+)", (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert declared in headings


def test_the_changelog_says_whether_an_index_of_the_last_release_is_refused(root: Path) -> None:
    release, *made = RELEASED
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    told = text.partition("\n## Unreleased\n")[2].partition("\n## ")[0]
    assert re.findall(r"^## (\d\S+)", text, re.MULTILINE)[0] == release
    assert told.lstrip().startswith("Index again") == (made != [fingerprint(), cluster.fingerprint()])
