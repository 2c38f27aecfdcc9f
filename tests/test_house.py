"""The rules of the house that no other tool checks."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from search.settings import Settings

LOCKS = ("requirements.lock", "requirements-dev.lock")
LOCKED = re.compile(r"^([a-z0-9][a-z0-9.-]*)==(\S+)", re.MULTILINE)

# Written in pieces, so that this file does not hold what it looks for.
MACHINE_PATHS = re.compile(r"(?<![\w.~])/(?:" + "|".join(("work", "tmp", "root", "home")) + r")/\w")
REGISTRIES = re.compile("|".join(("py" + "pi.org", "pythonhosted" + r".org", "registry.npm" + "js", "deb.deb" + "ian")))


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def tracked(root: Path) -> list[Path]:
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [root / name for name in listed.stdout.split("\0") if name and (root / name).is_file()]


def texts(paths: list[Path]) -> Iterator[tuple[Path, str]]:
    for path in paths:
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w-]", each)[0].lower() for each in requirements}


def served(project: dict[str, Any]) -> list[str]:
    requirements: list[str] = project["dependencies"] + project["optional-dependencies"]["opensearch"]
    return requirements


@pytest.mark.parametrize("setting", fields(Settings), ids=lambda each: each.name)
def test_every_setting_is_documented_with_its_default(setting: Any, root: Path) -> None:
    default = f"`{setting.default}`" if str(setting.default) else "none"
    row = f"| `METIERS_{setting.name.upper()}` | {default} | {setting.metadata['help']} |"
    assert row in (root / "README.md").read_text().splitlines()


def test_no_file_holds_a_path_of_one_machine(tracked: list[Path], root: Path) -> None:
    found = [
        (path.relative_to(root), match.group())
        for path, text in texts(tracked)
        for match in MACHINE_PATHS.finditer(text)
    ]
    assert found == []


def test_no_file_names_a_package_registry(tracked: list[Path], root: Path) -> None:
    found = [
        (path.relative_to(root), match.group()) for path, text in texts(tracked) for match in REGISTRIES.finditer(text)
    ]
    assert found == []


def test_nothing_of_the_index_is_tracked_but_its_note(tracked: list[Path], root: Path) -> None:
    assert [path.name for path in tracked if path.parent == root / "index"] == ["README.md"]


def test_every_dependency_is_justified(project: dict[str, Any], root: Path) -> None:
    decisions = (root / "docs" / "decisions.md").read_text()
    justified = set(re.findall(r"^\| ([a-z0-9-]+) \| \S", decisions, re.MULTILINE)) - {"package"}
    assert justified == names(served(project)) | names(project["optional-dependencies"]["dev"])


def test_every_package_imported_is_declared(project: dict[str, Any], root: Path) -> None:
    packages = {
        "jinja2": "flask",
        "markupsafe": "flask",
        "werkzeug": "flask",
        "pydantic_core": "pydantic",
        "opensearchpy": "opensearch-py",
        "prometheus_client": "prometheus-client",
        "Stemmer": "pystemmer",
    }
    imported = set()
    for path in (*root.glob("search/**/*.py"), *root.glob("web/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                imported.add((node.module or "").split(".")[0])
            elif isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
    foreign = imported - sys.stdlib_module_names - {"search", "web"}
    assert {packages.get(name, name) for name in foreign} == names(served(project))


def test_whoosh_is_pinned_exactly(project: dict[str, Any]) -> None:
    assert "whoosh==2.7.4" in project["dependencies"]


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_locked_has_its_hashes_and_no_address(lock: str, root: Path) -> None:
    text = (root / lock).read_text()
    blocks = re.split(r"\n(?=[a-z0-9])", text)[1:]
    assert len(blocks) > 20
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in text
    assert "index-url" not in text


def test_both_locks_agree(root: Path) -> None:
    serving, checking = (set(LOCKED.findall((root / lock).read_text())) for lock in LOCKS)
    assert serving <= checking


def test_every_declared_dependency_is_locked(project: dict[str, Any], root: Path) -> None:
    serving, checking = ({each for each, _ in LOCKED.findall((root / lock).read_text())} for lock in LOCKS)
    assert names(project["dependencies"]) <= serving
    assert names(served(project) + project["optional-dependencies"]["dev"]) <= checking


def test_every_make_target_says_what_it_does(root: Path) -> None:
    makefile = (root / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony
    assert set(re.findall(r"^([a-z-]+):.*## \S", makefile, re.MULTILINE)) == set(phony.group(1).split())


def test_the_picture_shows_the_code_as_it_is(root: Path) -> None:
    drawn = subprocess.run(
        [sys.executable, "-c", "import draw_house; print(draw_house.drawing(), end='')"],
        cwd=root / "docs", capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert drawn.stdout == (root / "docs" / "house.svg").read_text(encoding="utf-8"), "draw it anew: make picture"


def test_every_module_says_what_it_is_for(root: Path) -> None:
    modules = [*root.glob("search/**/*.py"), *root.glob("web/**/*.py"), *root.glob("tests/**/*.py")]
    assert [path.name for path in modules if not ast.get_docstring(ast.parse(path.read_text()))] == []


def test_the_guide_to_the_code_names_every_module(root: Path) -> None:
    guide = (root / "ARCHITECTURE.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(?:[\w/]+/)?(\w+\.py)`", guide))
    modules = {path.name for wing in ("search", "web") for path in root.glob(f"{wing}/**/*.py")}
    assert modules - named - {"__init__.py", "__main__.py"} == set()


FRENCH = re.compile(r"\s(?:le|la|les|un|une|des|du|de|pas|sur|est|au|vous|votre)\s|\b[ld]'", re.IGNORECASE)
FRENCH_BY_DECLARATION = {"texts.py", "site_pages.py", "way_to_job.py"}
"""The sentences; the names of the pages; the names of diplomas as the sheets write them."""


def strings_of(path: Path) -> Iterator[str]:
    """The strings of a module but for its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.value


FAMILIAR = re.compile(r"\b(?:tu|ton|ta|tes|toi)\b|\bt['’][aeiouyéh]", re.IGNORECASE)


def test_pages_say_vous_to_everybody(root: Path) -> None:
    pages = [*root.glob("web/templates/*"), *root.glob("web/static/*.js"), root / "web" / "texts.py"]
    lines = [(path.name, line) for path in pages for line in path.read_text(encoding="utf-8").splitlines()]
    assert [each for each in lines if FAMILIAR.search(each[1])] == []
    assert any("vous" in line for _, line in lines)
    assert FAMILIAR.search("Jusqu'où veux-tu étudier ?")


def test_french_sentences_stand_in_one_module(root: Path) -> None:
    modules = [path for path in root.glob("web/**/*.py") if path.name not in FRENCH_BY_DECLARATION]
    found = [(path.name, text) for path in modules for text in strings_of(path) if FRENCH.search(text)]
    assert found == []
    assert any(FRENCH.search(text) for text in strings_of(root / "web" / "texts.py"))


def test_what_is_kept_has_one_name_and_no_test_gives_the_focus_by_script(root: Path) -> None:
    written = [*root.glob("web/templates/*.html"), root / "web" / "texts.py", root / "web" / "pages" / "site_pages.py"]
    assert [path.name for path in written if "élection" in path.read_text(encoding="utf-8")] == []
    tests = root.glob("tests/browser/*.py")
    assert [path.name for path in tests if re.search(r"\.focus\(\)", path.read_text(encoding="utf-8"))] == []


ARRAYS = re.compile(r"\b(?:Ints|Starts|Floats|Bits|Vectors|Scores|NDArray)\b")


def array_fields(path: Path) -> Iterator[tuple[str, list[bool]]]:
    """The classes of a module by name, and of each of their fields whether it is an array."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            declared = [each for each in node.body if isinstance(each, ast.AnnAssign)]
            yield node.name, [ARRAYS.search(ast.unparse(each.annotation)) is not None for each in declared]


def calls_with_arrays_by_place(path: Path, tables: dict[str, list[bool]]) -> list[str]:
    """The calls of a module that hand two arrays or more to a table by their place."""
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    named = [(ast.unparse(node.func).rpartition(".")[2], len(node.args), node.lineno) for node in calls]
    return [f"{path.name}:{line}: {name}" for name, places, line in named if sum(tables.get(name, [])[:places]) > 1]


def test_the_arrays_of_a_table_are_handed_over_by_name(root: Path, tmp_path: Path) -> None:
    modules = list(root.glob("search/**/*.py"))
    tables = dict(each for path in modules for each in array_fields(path))
    assert [each for path in modules for each in calls_with_arrays_by_place(path, tables)] == []
    wrong = tmp_path / "wrong.py"
    wrong.write_text("class Table:\n    start: Starts\n    doc: Ints\n\n\nTable(a, b)\nTable(a, doc=b)\n")
    assert calls_with_arrays_by_place(wrong, dict(array_fields(wrong))) == ["wrong.py:6: Table"]


LONGEST_FUNCTION = 45


def long_functions(path: Path) -> list[str]:
    """The functions of more than LONGEST_FUNCTION lines above which no comment "# Long: ..." says why."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            has_reason = re.match(r"\s*# Long: \w", lines[first - 2]) is not None
            if (node.end_lineno or node.lineno) - node.lineno >= LONGEST_FUNCTION and not has_reason:
                found.append(f"{path.name}: {node.name}")
    return found


def test_no_function_is_long_without_a_reason_beside_it(root: Path) -> None:
    modules = (*root.glob("search/**/*.py"), *root.glob("web/**/*.py"))
    assert [name for path in modules for name in long_functions(path)] == []


def test_a_long_function_is_told_unless_a_reason_stands_above_it(tmp_path: Path) -> None:
    file = tmp_path / "long.py"
    long = "def read():\n" + "    pass\n" * LONGEST_FUNCTION
    for written, expected in ((long, ["long.py: read"]), (f"\n# Long: one table.\n{long}", []), (long[:-9], [])):
        file.write_text(written)
        assert long_functions(file) == expected


BOUNDS_OF_WORK = {
    "MIN_LETTERS", "NUMBER_LETTERS", "LONGEST_TYPED", "ENOUGH", "DOMAIN_LETTERS", "MOST", "CHUNK", "MATCHES_AT_ONCE",
}  # fmt: skip
"""Numbers of the French wing that change no order: they bound time and memory, or say a format."""


def untold_thresholds(path: Path) -> Iterator[str]:
    """The numbers declared in a module of which neither the text after them nor the module says how they were found."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for place, node in enumerate(tree.body):
        if (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and node.target.id not in BOUNDS_OF_WORK
        ):
            numbers = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            if all(isinstance(each, ast.Constant) and isinstance(each.value, int | float) for each in numbers):
                # Numbers that belong together share the text after the last of them.
                after = next((each for each in tree.body[place:] if isinstance(each, ast.Expr)), None)
                told = f"{ast.unparse(after) if after else ''} {ast.get_docstring(tree)}"
                if not re.search("[Tt]uned|[Mm]easured|[Cc]hosen", told):
                    yield f"{path.name}: {node.target.id}"


def test_each_word_list_and_threshold_says_what_it_was_tuned_on(root: Path, tmp_path: Path) -> None:
    lists = [*(root / "search" / "french" / "words").iterdir()]
    assert len(lists) > 5
    assert [path.name for path in lists if not re.search("(?m)^#.*[Tt]uned", path.read_text(encoding="utf-8"))] == []
    modules = [*(root / "search" / "french").glob("*.py"), root / "search" / "embedded" / "similar.py"]
    assert [each for path in modules for each in untold_thresholds(path)] == []
    (tmp_path / "new.py").write_text('LEAST: Final = 0.5\n"""The least."""\n')
    assert [*untold_thresholds(tmp_path / "new.py")] == ["new.py: LEAST"]


def test_tests_lie_flat_beside_no_package_of_their_own(root: Path) -> None:
    assert list((root / "tests").rglob("__init__.py")) == []
