"""A disk of 16 MB for one command: a file system in memory that it alone sees. In: a folder. Out: how it begins."""

import shutil
import subprocess
from pathlib import Path

import pytest


def can_mount() -> bool:
    """Whether a process may have file systems of its own here."""
    return (
        bool(shutil.which("unshare"))
        and subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode == 0
    )


needs_a_disk = pytest.mark.skipif(not can_mount(), reason="needs a file system of its own")


def on_a_small_disk(folder: Path) -> list[str]:
    """The beginning of a command that runs what follows it with the disk mounted at a folder."""
    return ["unshare", "-rm", "sh", "-c", 'mount -t tmpfs -o size=16m tmpfs "$0" && exec "$@"', str(folder)]
