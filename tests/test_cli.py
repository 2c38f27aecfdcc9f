"""The command line: what it prints, where, and the exit code it ends with."""

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.request import urlopen

import pytest
from click.testing import CliRunner, Result

from search.index import generations
from web.cli.commands import main

StartServer = Callable[..., Any]
COMMANDS = sorted(main.commands)


def run(*arguments: str | Path, **environment: str) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments], env=environment)


@pytest.fixture
def own_index(seeds_index: Path, tmp_path: Path) -> Path:
    """An index of the seeds that may be written to."""
    return Path(shutil.copytree(seeds_index, tmp_path / "index"))


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_help_says_what_every_command_and_exit_code_is() -> None:
    shown = run("--help")
    assert shown.exit_code == 0
    for name in COMMANDS:
        assert f"\n  {name} " in shown.output
    for code in "0123":
        assert f"\n    {code}  " in shown.output


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_option_has_help(command: str) -> None:
    shown = run(command, "--help")
    assert shown.exit_code == 0
    for parameter in main.commands[command].params:
        assert parameter.param_type_name == "argument" or parameter.help


def test_help_needs_neither_index_nor_heavy_imports() -> None:
    code = (
        "import sys, web.cli; print(sorted(sys.modules.keys() & {'flask', 'granian', 'numpy', 'pydantic', 'whoosh'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "arguments",
    [
        ("nothing",),
        ("index",),
        ("index", "seeds", "--nothing"),
        ("search", "boulanger", "--where", "niveau"),
        ("diff", "one"),
        ("evaluate",),
    ],
)
def test_wrong_usage_exits_2(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Usage: " in result.output


def test_indexing_reports_what_it_did(seeds_dir: Path, tmp_path: Path) -> None:
    result = run("index", seeds_dir, "--index", tmp_path / "index")
    assert result.exit_code == 0, result.output
    assert "indexed 3 of 3 sheets" in result.stdout
    assert "3/3" in result.stderr
    assert "\x1b" not in result.output


def test_r6_a_refused_sheet_is_named_the_others_are_indexed_and_the_exit_code_says_so(
    seeds_dir: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.md"
    bad.write_text("# un métier\n\nsans numéro\n", encoding="utf-8")
    result = run("index", seeds_dir, bad, "--index", tmp_path / "index")
    assert result.exit_code == 3
    assert f"refused: {bad}" in result.stderr
    assert "indexed 3 of 4 sheets" in result.stdout


def test_a_source_that_is_not_there_is_one_clear_line(own_index: Path, tmp_path: Path) -> None:
    before = files(own_index)
    result = run("index", tmp_path / "nothing", "--index", own_index)
    assert result.exit_code == 1
    assert str(tmp_path / "nothing") in result.stderr
    assert "Traceback" not in result.output
    assert files(own_index) == before


def test_r4_a_folder_that_cannot_be_written_is_one_clear_line(seeds_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = run("index", seeds_dir, "--index", tmp_path / "file" / "index")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("Error: ")
    assert str(tmp_path / "file") in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.output


def test_searching_prints_titles_levels_and_excerpts(seeds_index: Path) -> None:
    result = run("search", "technicienne", "mecanique", "--index", seeds_index)
    assert result.exit_code == 0
    assert "pour « technicienne mecanique »" in result.stdout
    assert "  1. technicien/ne en mécanique  MET.528  bac + 2" in result.stdout
    assert "Présentation : " in result.stdout
    assert "\x1b" not in result.output


def test_a_terminal_shows_the_matched_words(seeds_index: Path) -> None:
    result = CliRunner().invoke(main, ["search", "mecanique", "--index", str(seeds_index)], color=True)
    assert "\x1b[4mmécanique\x1b[24m" in result.stdout


def test_a_word_that_begins_with_a_hyphen_is_excluded(seeds_index: Path) -> None:
    assert "MET.242" in run("search", "mécanique", "--index", seeds_index).stdout
    assert "MET.242" not in run("search", "mécanique", "-ingénieur", "--index", seeds_index).stdout


def test_searching_with_json_prints_the_answer_of_the_api(seeds_index: Path) -> None:
    result = run("search", "mecanique", "--where", "facets=niveau", "--json", "--index", seeds_index)
    answer = json.loads(result.stdout)
    assert answer["query"]["q"] == "mecanique"
    assert answer["total_results"] == len(answer["results"])
    assert [facet["name"] for facet in answer["facets"]] == ["niveau"]


def test_searching_takes_the_parameters_of_the_address(seeds_index: Path) -> None:
    by_name = run("search", "--where", "sort=nom", "--where", "per_page=1", "--where", "page=3", "--index", seeds_index)
    assert "  3. technicien/ne en mécanique" in by_name.stdout
    first = run("search", "--where", "per_page=1", "--index", seeds_index)
    assert "Page 1 sur 3. La suivante : --where page=2" in first.stdout


def test_a_wrong_parameter_is_told_in_french(seeds_index: Path) -> None:
    result = run("search", "--where", "niveau=bac-99", "--where", "couleur=bleu", "--index", seeds_index)
    assert result.exit_code == 1
    assert "« bac-99 »" in result.stderr
    assert "« couleur »" in result.stderr


def test_other_words_are_told_beside_what_is_found(seeds_index: Path) -> None:
    result = run("search", "mecanique", "zzyzzx", "--index", seeds_index)
    assert "« zzyzzx » n'est sur aucune fiche." in result.stdout
    assert "Essayez « mecanique » :" in result.stdout


def test_nothing_found_shows_ways_out(seeds_index: Path) -> None:
    result = run("search", "mecanique", "--where", "niveau=bac-5", "-fabrication", "--index", seeds_index)
    assert result.exit_code == 0
    assert "Aucun métier" in result.stdout
    assert "En retirant « Niveau d'études minimum »" in result.stdout


def test_a_misspelt_word_is_said_to_be_read_otherwise(seeds_index: Path) -> None:
    result = run("search", "mecanicein", "--index", seeds_index)
    assert "« mecanicein » n'est sur aucune fiche : recherche de « " in result.stdout


def test_r4_searching_without_an_index_says_how_to_make_one(tmp_path: Path) -> None:
    result = run("search", "boulanger", "--index", tmp_path / "nothing")
    assert result.exit_code == 1
    assert "metiers index" in result.stderr


def test_settings_come_from_the_environment_and_options_win(seeds_index: Path, tmp_path: Path) -> None:
    assert run("search", "mecanique", METIERS_INDEX=str(seeds_index)).exit_code == 0
    elsewhere = run("search", "mecanique", "--index", seeds_index, METIERS_INDEX=str(tmp_path / "nothing"))
    assert elsewhere.exit_code == 0
    wrong = run("search", "mecanique", METIERS_PORT="http")
    assert wrong.exit_code == 1
    assert "METIERS_PORT" in wrong.stderr


def test_checking_sources_changes_nothing_and_tells_what_is_missing(seeds_dir: Path) -> None:
    before = files(seeds_dir)
    result = run("check", seeds_dir)
    assert len(result.output.splitlines()) < 100, "of each kind some are named, the others counted"
    assert len(run("check", seeds_dir, "--all").output.splitlines()) > 1_000
    assert result.exit_code == 0, result.output
    assert "3 good sheets, 0 refused" in result.stdout
    assert files(seeds_dir) == before


def test_checking_sources_names_the_sheets_that_would_be_refused(seeds_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.md").touch()
    result = run("check", seeds_dir, tmp_path / "empty.md")
    assert result.exit_code == 3
    assert f"refused: {tmp_path / 'empty.md'}" in result.stdout


def test_checking_a_sound_index_says_what_it_is_and_changes_nothing(own_index: Path) -> None:
    before = files(own_index)
    result = run("check", "--index", own_index)
    assert result.exit_code == 0, result.output
    assert generations.current(own_index) in result.stdout
    assert "3 sheets" in result.stdout
    assert files(own_index) == before


def test_r4_checking_names_the_altered_file(own_index: Path) -> None:
    folder = own_index / generations.current(own_index)
    largest = max((path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
    content = bytearray(largest.read_bytes())
    content[len(content) // 2] ^= 1
    largest.write_bytes(content)
    result = run("check", "--index", own_index)
    assert result.exit_code == 1
    assert largest.name in result.stderr
    assert "metiers index" in result.stderr


def test_a_difference_names_what_came_went_and_changed(seeds_dir: Path, tmp_path: Path) -> None:
    after = Path(shutil.copytree(seeds_dir, tmp_path / "after"))
    same = run("diff", seeds_dir, after)
    assert (same.exit_code, same.stdout) == (0, "0 came, 0 went, 0 changed\n")
    first, second, *_ = sorted(after.iterdir())
    first.unlink()
    second.write_text(second.read_text(encoding="utf-8").replace("MET.528", "MET.9528"), encoding="utf-8")
    result = run("diff", seeds_dir, after)
    assert "- MET.242" in result.stdout
    assert "+ MET.9528" in result.stdout
    assert "1 came, 2 went, 0 changed" in result.stdout


def test_evaluating_prints_a_table_or_json(seeds_index: Path, tmp_path: Path) -> None:
    queries, qrels = tmp_path / "queries.tsv", tmp_path / "qrels.txt"
    queries.write_text("1\ta_masc\ttechnicien en mécanique\n", encoding="utf-8")
    qrels.write_text("1 0 MET.528 2\n", encoding="utf-8")
    asked = ("evaluate", "--queries", queries, "--qrels", qrels, "--index", seeds_index)
    table = run(*asked)
    assert table.exit_code == 0, table.output
    assert "a_masc" in table.stdout
    assert json.loads(run(*asked, "--json").stdout)["score"] == 1


def test_a_download_that_fails_is_one_clear_line(tmp_path: Path) -> None:
    refused = run("fetch", "--to", tmp_path, METIERS_FICHES_URL="file:///nothing", METIERS_IDEO_URL="file:///nothing")
    assert refused.exit_code == 1
    assert "file:///nothing" in refused.stderr
    assert "Traceback" not in refused.output


def test_rolling_back_serves_the_generation_before_and_once_more_comes_forward(
    own_index: Path, seeds_dir: Path
) -> None:
    before = generations.current(own_index)
    assert run("index", seeds_dir, "--index", own_index).exit_code == 0
    after = generations.current(own_index)
    assert after != before
    result = run("rollback", "--index", own_index)
    assert result.exit_code == 0, result.output
    assert generations.current(own_index) == before
    assert run("rollback", "--index", own_index).stdout == f"now serving {after}\n"
    assert generations.current(own_index) == after


def test_a_taken_port_is_one_clear_line(live_server: str, seeds_index: Path) -> None:
    port = live_server.rpartition(":")[2]
    result = run("serve", "--index", seeds_index, "--port", port)
    assert result.exit_code == 1
    assert f"127.0.0.1:{port}" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "environment", "status", "named"),
    [
        (["--port", "0"], {}, 2, "--port"),
        (["--port", "http"], {}, 2, "--port"),
        (["--workers", "0"], {}, 2, "--workers"),
        (["--colour"], {}, 2, "--colour"),
        (["--host", "nowhere.invalid"], {}, 1, "nowhere.invalid"),
        ([], {"METIERS_CACHE_ENTRIES": "-5"}, 1, "METIERS_CACHE_ENTRIES"),
        ([], {"METIERS_ENGINE": "whoosh"}, 1, "METIERS_ENGINE"),
        ([], {"METIERS_ENGINE": "opensearch"}, 1, "METIERS_OPENSEARCH_URL"),
        (
            [],
            {
                "METIERS_ENGINE": "opensearch",
                "METIERS_OPENSEARCH_URL": "https://127.0.0.1:9",
                "METIERS_OPENSEARCH_CA": "/none",
            },
            1,
            "METIERS_OPENSEARCH_CA",
        ),
    ],
    ids=lambda each: "-".join(each) if isinstance(each, (list, dict)) else str(each),
)
def test_a_service_that_does_not_start_says_so_in_its_log(
    arguments: list[str], environment: dict[str, str], status: int, named: str
) -> None:
    result = run("serve", *arguments, **environment)
    (line,) = map(json.loads, result.stderr.splitlines())
    assert result.exit_code == status
    assert (line["level"], line["logger"]) == ("critical", "metiers")
    assert line["time"].endswith("Z")
    assert named in line["message"]


@pytest.mark.usefixtures("own_server")
def test_somebody_at_a_terminal_is_told_in_plain_words_why_the_service_does_not_start() -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "web.cli", "serve"]
    environment = {**os.environ, "METIERS_CACHE_ENTRIES": "-5"}
    assert subprocess.run(command, stderr=theirs, env=environment, check=False).returncode == 1
    assert os.read(ours, 1_000).startswith(b"Error: METIERS_CACHE_ENTRIES=-5: ")


def test_the_live_server_answers_from_several_processes(live_server: str) -> None:
    with urlopen(f"{live_server}/api/v1/search?q=mecanique&per_page=1") as answer:
        assert json.load(answer)["total_results"] > 0
        assert "granian/" not in str(answer.headers["Server"])


def test_a_normal_start_warns_of_nothing(seeds_index: Path, start_server: StartServer) -> None:
    server = start_server(seeds_index)
    # It answers once one of its workers does.
    limit = monotonic() + 60
    while len(re.findall(r"Started worker-[12]", said := server.log.read_text())) < 2 and monotonic() < limit:
        sleep(0.05)
    assert "Started worker-1" in said
    assert "Started worker-2" in said
    assert re.findall(r"(?i).*(?:warn|error|review).*", said) == []


def test_a_worker_that_dies_is_replaced(seeds_index: Path, start_server: StartServer) -> None:
    server = start_server(seeds_index, "--workers", "1")
    (worker,) = re.findall(r"Spawning worker-1 with PID: (\d+)", server.log.read_text())
    os.kill(int(worker), signal.SIGKILL)
    limit = monotonic() + 10
    while "Respawning worker-1" not in server.log.read_text() and monotonic() < limit:
        sleep(0.05)
    server.wait_for()
