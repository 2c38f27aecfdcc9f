"""What is locked installs as it stands, on each Python: nothing is missing from a lock, so nothing is resolved."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

LOCKS = ("requirements.lock", "requirements-dev.lock")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
ABSENT_NETWORK = re.compile(r"Failed to establish|Temporary failure in name|Network is unreachable|timed out", re.I)


def environment(python: str) -> dict[str, str]:
    """The markers of this system under another Python."""
    return {**default_environment(), "python_version": python, "python_full_version": f"{python}.1"}


def locked(root: Path, lock: str, python: str) -> dict[str, Version]:
    """The version of each package that a lock names for this Python."""
    lines = re.findall(r"^([\w.-]+==[^\\\n]+?) *\\?$", (root / lock).read_text(encoding="utf-8"), re.MULTILINE)
    requirements = [Requirement(line) for line in lines]
    here = [each for each in requirements if each.marker is None or each.marker.evaluate(environment(python))]
    return {canonicalize_name(each.name): Version(next(iter(each.specifier)).version) for each in here}


def asked_by_the_project(root: Path, lock: str) -> list[Requirement]:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    chosen = extras if lock == "requirements-dev.lock" else ["build"]
    return [
        Requirement(line) for line in (*project["dependencies"], *(each for name in chosen for each in extras[name]))
    ]


def asked_by(name: str, version: Version, extras: frozenset[str], python: str) -> Iterator[Requirement]:
    """What a locked package asks for with these extras, if this very version of it is installed here."""
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return
    if Version(found.version) == version:
        for requirement in map(Requirement, found.requires or ()):
            marks = [environment(python) | {"extra": extra} for extra in (*extras, "")]
            if requirement.marker is None or any(map(requirement.marker.evaluate, marks)):
                yield requirement


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.parametrize("python", PYTHONS)
def test_i1_each_requirement_of_each_locked_package_is_met_by_the_lock_itself(
    root: Path, lock: str, python: str
) -> None:
    versions = locked(root, lock, python)
    waiting = asked_by_the_project(root, lock)
    seen: set[tuple[str, frozenset[str]]] = set()
    unmet = []
    while waiting:
        requirement = waiting.pop()
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if name not in versions or not requirement.specifier.contains(versions[name], prereleases=True):
            unmet.append(f"{requirement} ({versions.get(name, 'not locked')})")
        elif (name, extras) not in seen:
            seen.add((name, extras))
            waiting += asked_by(name, versions[name], extras, python)
    assert unmet == []
    assert {name for name, _ in seen} == versions.keys()


def test_i1_each_package_locked_for_this_python_is_installed_as_locked(root: Path) -> None:
    """Or the test above would read the wishes of too few of them."""
    here = locked(root, "requirements-dev.lock", f"{sys.version_info.major}.{sys.version_info.minor}")
    assert {name: Version(distribution(name).version) for name in here} == here


@pytest.mark.parametrize("python", PYTHONS)
def test_what_serves_is_locked_alike_in_both_locks(root: Path, python: str) -> None:
    serving, checking = (locked(root, lock, python) for lock in LOCKS)
    assert serving.items() <= checking.items()


def interpreter(python: str) -> str:
    """A Python of this version with the pip that came with it, from the path or from pyenv; skips without one."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions").glob(f"{python}.*/bin/python")
    for each in (Path(sys.base_prefix, "bin", f"python{python}"), shutil.which(f"python{python}"), *sorted(pyenv)):
        if each and Path(each).exists():
            said = subprocess.run([each, "-m", "pip", "--version"], capture_output=True, text=True)
            if said.returncode == 0 and f"(python {python})" in said.stdout:
                return str(each)
    pytest.skip(f"there is no Python {python} with pip here")


def install_dry(python: str, root: Path, lock: str) -> None:
    """The install of the Makefile (wheels chosen, fetched, checked against their hashes), but for unpacking."""
    install = re.search(r"pip install (.*) --requirement \$\(2\)", (root / "Makefile").read_text(encoding="utf-8"))
    assert install
    options = [*install[1].split(), "--dry-run", "--ignore-installed", "--requirement", str(root / lock)]
    command = [python, "-m", "pip", "install", *options]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PIP_RETRIES": "1"})
    if done.returncode and ABSENT_NETWORK.search(done.stderr):
        pytest.skip("the packages cannot be fetched: no network")
    assert done.returncode == 0, done.stderr
    assert "--no-deps" in options


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.usefixtures("packages")
def test_i1_what_serves_installs_with_the_pip_that_came_with_each_python(root: Path, python: str) -> None:
    install_dry(interpreter(python), root, "requirements.lock")


@pytest.mark.usefixtures("packages")
def test_i1_what_checks_installs_with_the_newest_pip(root: Path) -> None:
    """Pip is one of the packages that `make lock` renews."""
    install_dry(sys.executable, root, "requirements-dev.lock")


def test_whoever_installs_a_lock_resolves_nothing(root: Path) -> None:
    ways = {
        f"{path.name}: {line.strip()}"
        for pattern in ("*", "deploy/**/*", "docs/**/*", ".ci/**/*", ".github/**/*")
        for path in root.glob(pattern)
        if path.is_file()
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
        if "install" in line and "--require-hashes" in line
    }
    assert {each.partition(":")[0] for each in ways} >= {"Makefile", "Containerfile", "operations.md"}
    assert not {each for each in ways if "--no-deps" not in each}
