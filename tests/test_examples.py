"""The examples for reusers, each run as it stands against a served index; what spreadsheets read, read as they do."""

import csv
import io
import os
import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path
from urllib.request import urlopen

import pytest
from asking import ask

RUN = {".py": [sys.executable], ".mjs": ["node"], ".R": ["Rscript", "--vanilla"]}
EXAMPLES = sorted((Path(__file__).parent.parent / "docs" / "examples").iterdir())


def test_each_example_is_of_a_language_that_is_run_here() -> None:
    assert {path.suffix for path in EXAMPLES} == RUN.keys()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_reads_every_sheet(path: Path, live_server: str) -> None:
    program = RUN[path.suffix]
    if shutil.which(program[0]) is None:
        pytest.skip(f"{program[0]} is not installed")
    environment = os.environ | {"LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [*program, str(path), live_server], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    documents = ask(live_server, "/health/ready").json()["index"]["documents"]
    *told, total = done.stdout.strip().splitlines()
    assert total == f"{documents} fiches"
    assert len(told) > 1


def test_a_spreadsheet_reads_the_addresses_that_the_page_of_the_data_gives(live_server: str) -> None:
    page = unescape(ask(live_server, "/donnees").body.decode())
    addresses = re.findall(r'(?:IMPORTDATA|Web\.Contents)\("https?://[^/"]+(/[^"]+)"', page)
    assert len(addresses) == 2
    assert page.count('"; ";"; "fr_FR")') == page.count('Delimiter=";", Encoding=65001') == 1
    for address in addresses:
        with urlopen(live_server + address) as answer:
            rows = list(csv.reader(io.StringIO(answer.read().decode("utf-8-sig"), newline=""), delimiter=";"))
        assert rows[0][:2] == ["id", "titre"]
        assert {len(row) for row in rows} == {len(rows[0])}
        assert all(row[0].startswith("MET.") for row in rows[1:])
