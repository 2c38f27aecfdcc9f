"""What the README shows is run, or at least checked, line by line."""

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from click.testing import CliRunner, Result
from conftest import CORPUS, Indexing
from flask.testing import FlaskClient

from web.cli.commands import EXIT_CODES, main

HERE = Path(__file__).parent.parent
README = (HERE / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
LINES = [line for language, block in BLOCKS if language == "sh" for line in block.splitlines()]
COMMANDS = [command.strip() for line in LINES for command in line.split("&&")]
ADDRESS = "http://127.0.0.1:8000"


def of(program: str) -> list[str]:
    return [command for command in COMMANDS if Path(shlex.split(command)[0]).name == program]


def test_every_command_shown_is_of_a_kind_that_is_tested_here() -> None:
    assert sorted(COMMANDS) == sorted(of("make") + of("metiers") + of("curl"))
    assert {language for language, _ in BLOCKS} == {"sh", "python", ""}


@pytest.mark.parametrize("command", of("make"))
def test_each_make_target_exists(command: str, root: Path) -> None:
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(["make", "-n", *shlex.split(command)[1:]], cwd=root, env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr


def run(command: str, index: Path, monkeypatch: pytest.MonkeyPatch, root: Path) -> Result:
    monkeypatch.chdir(root)
    monkeypatch.setenv("METIERS_INDEX", str(index))
    return CliRunner().invoke(main, shlex.split(command)[1:])


def test_the_indexing_shown_is_the_one_that_the_tests_read(corpus_indexing: Indexing) -> None:
    (command,) = [each for each in of("metiers") if " index ../" in each]
    assert tuple(shlex.split(command)[1:]) == CORPUS
    assert corpus_indexing.done.returncode == 0, corpus_indexing.done.stderr
    assert "1,043" in corpus_indexing.done.stdout or "1043" in corpus_indexing.done.stdout


@pytest.mark.parametrize("command", [each for each in of("metiers") if " search " in each])
def test_each_search_finds_something(
    command: str, corpus_index: Path, monkeypatch: pytest.MonkeyPatch, root: Path
) -> None:
    result = run(command, corpus_index, monkeypatch, root)
    assert result.exit_code == 0, result.output
    assert "MET." in result.output


@pytest.mark.parametrize("command", [each for each in of("metiers") if " check" in each])
def test_each_check_finds_nothing_wrong(
    command: str, corpus_dir: Path, corpus_index: Path, monkeypatch: pytest.MonkeyPatch, root: Path
) -> None:
    result = run(command, corpus_index, monkeypatch, root)
    assert result.exit_code == 0, result.output


def test_every_command_shown_is_understood() -> None:
    for command in of("metiers"):
        name, *arguments = shlex.split(command)[1:]
        main.commands[name].make_context(name, arguments)


@pytest.mark.parametrize("command", of("curl"))
def test_each_address_answers(command: str, live_server: str) -> None:
    *options, address = shlex.split(command)[1:]
    assert options in ([], ["-LO"])  # -L follows to the file of an edition, as urlopen does
    assert address.startswith(ADDRESS)
    with urlopen(address.replace(ADDRESS, live_server)) as answer:
        assert answer.status == 200
        assert answer.read()


@pytest.mark.parametrize("command", of("curl"))
def test_each_address_answers_with_the_three_sheets_too(command: str, seeds_client: FlaskClient) -> None:
    address = shlex.split(command)[-1].removeprefix(ADDRESS)
    assert seeds_client.get(address, follow_redirects=True).status_code == 200


def test_the_first_words_to_try_find_sheets_before_the_whole_data_is_there(seeds_client: FlaskClient) -> None:
    (words,) = re.findall(r"\(try “(.+?)”\)", README)
    assert seeds_client.get(f"/api/v1/search?q={words}").get_json()["total_results"] > 0


def test_the_five_lines_print_sheets(corpus_index: Path, live_server: str) -> None:
    ((_, code),) = [block for block in BLOCKS if block[0] == "python"]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code.replace(ADDRESS, live_server), "README.md", "exec"), {})
    assert "MET.17 boulanger/ère" in printed.getvalue().splitlines()
    assert len([line for line in code.splitlines() if line]) == 5


GUIDES = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "RELEASE.md", "docs/api.md")


@pytest.mark.parametrize("guide", GUIDES)
def test_every_local_link_leads_to_a_file(guide: str, root: Path) -> None:
    text = (root / guide).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text) if not urlsplit(link).scheme]
    assert links
    assert [link for link in links if not (root / guide).parent.joinpath(link.partition("#")[0]).exists()] == []


@pytest.mark.parametrize("guide", GUIDES[1:-1])
def test_every_file_that_a_guide_names_exists(guide: str, root: Path) -> None:
    text = (root / guide).read_text(encoding="utf-8")
    named = re.findall(r"`((?:search|web|tests|docs)/[\w/.-]+)`", text)
    assert named
    assert [name for name in named if not (root / name).exists()] == []


def test_the_exit_codes_are_those_of_the_help() -> None:
    shown = re.findall(r"^  (\d)  (.+)$", EXIT_CODES, re.MULTILINE)
    assert shown
    for code, meaning in shown:
        assert f"| {code} | {meaning} |" in README


def test_the_first_screen_has_what_each_reader_needs_and_leads_on() -> None:
    first = README[: README.index("![")]
    assert first.count("\n") <= 32
    assert first.index("make serve") < first.index("make test") < first.index("| you want to |")
    headings = {
        re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in re.findall(r"^## (.+)$", README, re.M)
    }
    for reader in ("try it", "run it", "reuse it"):
        assert f"| **{reader}**" in first
        assert reader.replace(" ", "-") in headings
    assert set(re.findall(r"\]\(#([^)]+)\)", README)) <= headings
