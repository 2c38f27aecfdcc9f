"""The table of docs/safety.md: each row has tests that bear its name, and each such test stands in a file it names."""

import re
from pathlib import Path

import pytest
from conftest import ROOT

NAMED = re.compile(r"^def test_([a-z]\d+)_", re.MULTILINE)
ROWS = {
    row.lower(): [f"{name}.py" for name in re.findall(r"`([\w/]+)\.py`", files)]
    for row, files in re.findall(
        r"^\| ([A-Z]\d+) \|.*\| ([^|]*) \|$", (ROOT / "docs" / "safety.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    if ".py`" in files and "pytest" not in files
}


def rows_of(path: Path) -> set[str]:
    """The rows that the tests of a file are named after."""
    return set(NAMED.findall(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("row", ROWS)
def test_each_row_has_rows_of_its_name_in_the_files_that_it_names(row: str) -> None:
    assert ROWS[row]
    for name in ROWS[row]:
        assert row in rows_of(ROOT / "tests" / name), name


def test_each_test_named_after_a_row_is_told_in_the_table() -> None:
    folder = ROOT / "tests"
    found = {(row, str(path.relative_to(folder))) for path in folder.rglob("test_*.py") for row in rows_of(path)}
    assert found == {(row, name) for row, names in ROWS.items() for name in names}


def test_no_row_is_missing() -> None:
    last = {"s": 17, "r": 12, "f": 5, "a": 3, "o": 8, "k": 2, "i": 1}
    assert set(ROWS) == {f"{letter}{number}" for letter, most in last.items() for number in range(1, most + 1)}
