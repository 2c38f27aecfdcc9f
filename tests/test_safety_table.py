"""The table of docs/safety.md: each row has tests of its name, in the files it names; `make soak` runs them whole."""

import ast
import re
from collections.abc import Iterator
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


def depends(part: ast.AST, on: set[str]) -> bool:
    """Whether a part of a module names one of these."""
    return any(isinstance(each, ast.Name) and each.id in on for each in ast.walk(part))


def scaled(text: str) -> Iterator[tuple[str, bool]]:
    """The tests of a module that do more, or demand more, in soak; whether each is marked as such."""
    on, are_all_marked = {"SOAK", "at_most"}, "\npytestmark = pytest.mark.soak\n" in text
    for part in ast.parse(text).body:
        if not depends(part, on):
            continue
        match part:
            case ast.FunctionDef(name=name, decorator_list=decorators) if name.startswith("test_"):
                yield name, are_all_marked or any("mark.soak" in ast.unparse(each) for each in decorators)
            case (
                ast.FunctionDef(name=name)
                | ast.Assign(targets=[ast.Name(id=name)])
                | ast.AnnAssign(target=ast.Name(id=name))
            ):
                on.add(name)


def test_each_test_that_is_scaled_down_is_run_whole_by_make_soak() -> None:
    files = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    found = [each for text in files for each in scaled(text)]
    assert [name for name, is_marked in found if not is_marked] == []
    assert len(found) > 30


def test_no_row_is_missing() -> None:
    last = {"s": 17, "r": 12, "f": 5, "a": 3, "o": 8, "k": 2, "i": 1}
    assert set(ROWS) == {f"{letter}{number}" for letter, most in last.items() for number in range(1, most + 1)}
