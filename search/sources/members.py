"""Files that came together: those of a folder, of a ZIP, or one alone. In: a path. Out: their names, and each
opened."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from search.errors import printable


@dataclass(frozen=True, slots=True)
class Members:
    """Files by name, all under one folder or inside one ZIP."""

    names: tuple[str, ...]
    root: Path
    archive: zipfile.ZipFile | None = None

    @contextmanager
    def open(self, name: str) -> Iterator[tuple[IO[bytes], str]]:
        """One file, and its path as messages show it. Raises OSError, or what a broken ZIP raises (`ZIP_FAULTS`)."""
        path = printable(self.root / name)
        if self.archive:
            with self.archive.open(name) as file:
                yield file, path
        else:
            with (self.root / name).open("rb") as file:
                yield file, path


@contextmanager
def opened(path: Path) -> Iterator[Members]:
    """The CSV files of a folder to its depth, all files of a ZIP, or the one file. Raises as `Members.open`."""
    if path.is_dir():
        names = sorted(str(each.relative_to(path)) for each in path.rglob("*.csv") if each.is_file())
        yield Members(tuple(names), path)
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield Members(tuple(sorted(archive.namelist())), path, archive)
    else:
        yield Members((path.name,), path.parent)


def base(name: str) -> str:
    """The last part of a member's name, in small letters."""
    return PurePosixPath(name).name.lower()
