"""A release made from this commit, as RELEASE.md makes it. In: a folder to make. Out: the five files in it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def built(root: Path, folder: Path, zone: str = "UTC", umask: int = 0o022) -> Path:
    """The folder of a build made in this time zone and under this umask."""
    if shutil.which("git") is None or not (root / ".git").exists():
        pytest.skip("not a checkout of git: there is no commit to build from")
    command = [sys.executable, ".ci/release.py", folder]
    environment = os.environ | {"TZ": zone}
    done = subprocess.run(command, cwd=root, env=environment, umask=umask, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder
