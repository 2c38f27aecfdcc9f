"""A wheel built from the tree, in an empty folder: nothing it needs may have stayed behind."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from search.settings import Settings

PARTS = ("pyproject.toml", "README.md", "LICENSE", "search", "web")


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def installed(root: Path, own_processes: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the installed wheel alone; its dependencies are those of this environment."""
    place = tmp_path_factory.mktemp("wheel")
    tree = place / "tree"
    tree.mkdir()
    for name in PARTS:
        copy = shutil.copytree if (root / name).is_dir() else shutil.copy
        copy(root / name, tree / name)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
    run(*pip, "wheel", "--no-build-isolation", "--no-deps", "--no-index", "--wheel-dir", place, ".", cwd=tree)
    (wheel,) = place.glob("metiers-*.whl")
    run(*pip, "install", "--no-deps", "--no-index", "--target", place / "site", wheel, cwd=place)
    return place / "site"


@pytest.fixture
def environment(installed: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("METIERS_", "COV"))}
    return kept | {"PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"}


def test_the_wheel_indexes_and_searches_in_an_empty_folder(
    installed: Path, environment: dict[str, str], seeds_dir: Path, tmp_path: Path
) -> None:
    where = run(
        sys.executable, "-c", "import search, web; print(search.__file__, web.__file__)", cwd=tmp_path, env=environment
    )
    assert all(str(installed) in each for each in where.split())
    metiers = installed / "bin" / "metiers"
    run(metiers, "index", seeds_dir, cwd=tmp_path, env=environment)
    assert (tmp_path / Settings().index / "current").is_file()
    assert "MET.528" in run(metiers, "search", "technicienne", "mecanique", cwd=tmp_path, env=environment)


def test_the_wheel_prints_pages_with_their_templates_and_style(
    environment: dict[str, str], seeds_index: Path, tmp_path: Path
) -> None:
    code = (
        "import sys; from pathlib import Path; "
        "from search.settings import Settings; from web.server import application; "
        "client = application(Settings(index=Path(sys.argv[1]))).test_client(); "
        "page = client.get('/?q=mecanique'); print(page.status_code); print(page.text)"
    )
    page = run(sys.executable, "-c", code, seeds_index, cwd=tmp_path, env=environment)
    assert page.startswith("200")
    assert "MET.528" in page


def test_every_data_file_of_the_tree_is_in_the_wheel(installed: Path, root: Path) -> None:
    for package in ("search", "web"):
        expected = {
            path.relative_to(root)
            for path in (root / package).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        found = {path.relative_to(installed) for path in (installed / package).rglob("*") if path.is_file()}
        assert expected <= found
