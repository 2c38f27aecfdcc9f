"""A release made from this commit, as RELEASE.md makes it. In: a folder to make. Out: the five files in it."""

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
