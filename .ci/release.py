"""What a release holds, built from the commit that is checked out. In: a folder. Out: five files in it.

The source archive, the wheel built from it, the list of what it needs (CycloneDX), the lock, and the checksums of all.
Two builds of a commit are equal to the byte: every date in them is the commit's. Run: python .ci/release.py dist
"""

import gzip
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
LOCK = "requirements.lock"
SUMS = "SHA256SUMS"


def git(*arguments: str) -> bytes:
    """What git prints in this checkout."""
    # Of a user's own settings, the rights of files in an archive would change its bytes.
    return subprocess.run(["git", "-c", "tar.umask=0022", *arguments], cwd=ROOT, check=True, capture_output=True).stdout


def build(folder: Path) -> None:
    """Make the files of the release. Raises CalledProcessError with what the failed tool printed."""
    date = int(git("log", "-1", "--format=%ct"))
    version = tomllib.loads(git("show", "HEAD:pyproject.toml").decode())["project"]["version"]
    name = f"metiers-{version}"
    archive = git("archive", "--format=tar", f"--prefix={name}/", "HEAD")
    folder.mkdir(parents=True)
    (folder / f"{name}.tar.gz").write_bytes(gzip.compress(archive, mtime=date))
    with TemporaryDirectory() as place, tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        packed.extractall(place, filter="data")
        tree = Path(place, name)
        run(tree, date, "pip", "wheel", "--quiet", "--no-build-isolation", "--no-deps", "--no-index", "-w", folder, ".")
        sbom = ("--pyproject", "pyproject.toml", "--output-reproducible", "-o", folder / f"{name}.cdx.json")
        run(tree, date, "cyclonedx_py", "requirements", *sbom, LOCK)
        shutil.copyfile(tree / LOCK, folder / LOCK)
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted(folder.iterdir())]
    (folder / SUMS).write_text("".join(sums), encoding="ascii")


def run(tree: Path, date: int, module: str, *arguments: str | Path) -> None:
    """Run a tool of this Python in a folder, every date of what it makes being this one."""
    environment = os.environ | {"SOURCE_DATE_EPOCH": str(date), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    # A wheel remembers the rights of what was copied into it.
    subprocess.run([sys.executable, "-m", module, *arguments], cwd=tree, env=environment, umask=0o022, check=True)


if __name__ == "__main__":
    build(Path(sys.argv[1]).resolve())
