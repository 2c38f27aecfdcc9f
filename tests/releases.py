"""A release made from this commit, as RELEASE.md makes it. In: a folder to make. Out: the five files in it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def skip_without_commit(root: Path) -> None:
    """Skip the test if there is nothing to make a release from."""
    if shutil.which("git") is None or not (root / ".git").exists():
        pytest.skip("not a checkout of git: there is no commit to build from")


def built(root: Path, folder: Path) -> Path:
    """The folder of a build."""
    skip_without_commit(root)
    done = subprocess.run([sys.executable, ".ci/release.py", folder], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def built_next(root: Path, clone: Path, version: str) -> Path:
    """The folder of a build of the same program under another version, made in a clone."""
    skip_without_commit(root)
    subprocess.run(["git", "clone", "--quiet", str(root), str(clone)], check=True)
    project = clone / "pyproject.toml"
    named, found = re.subn(
        r'^version = ".+"$', f'version = "{version}"', project.read_text("utf-8"), flags=re.MULTILINE
    )
    assert found == 1
    project.write_text(named, encoding="utf-8")
    author = ("-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *author, "commit", "--quiet", "--all", "-m", version], cwd=clone, check=True)
    return built(clone, clone / "dist")
