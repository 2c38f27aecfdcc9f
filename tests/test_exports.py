"""Tables and lines to keep: all the results, in order, safe to open in a spreadsheet."""

import csv
import io
import json

import pytest
from flask.testing import FlaskClient

from web.api import models
from web.exports import COLUMNS, safe


def rows(client: FlaskClient, path: str) -> list[dict[str, str]]:
    answer = client.get(path)
    assert answer.mimetype == "text/csv"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert "attachment" in answer.headers["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_a_table_holds_every_result_in_order(client: FlaskClient) -> None:
    found: list[str] = []
    for page in (1, 2, 3, 4):
        answer = client.get(f"/api/v1/search?q=animaux&per_page=100&page={page}").json
        found += [result["id"] for result in answer["results"]]
    assert [row["id"] for row in rows(client, "/api/v1/search?q=animaux&format=csv")] == found
    assert len(found) == answer["total_results"]


def test_the_whole_corpus_is_one_table(client: FlaskClient) -> None:
    table = rows(client, "/api/v1/search?format=csv")
    assert len(table) == 1043
    assert tuple(table[0]) == COLUMNS
    assert {row["source"].split(",")[0] for row in table} == {"Onisep"}


def test_a_page_is_exported_where_a_page_is_asked_for(client: FlaskClient) -> None:
    assert len(rows(client, "/api/v1/search?format=csv&per_page=7&page=2")) == 7


def test_the_page_offers_the_very_table_of_its_results(client: FlaskClient) -> None:
    assert rows(client, "/?q=boulanger&format=csv") == rows(client, "/api/v1/search?q=boulanger&format=csv")


def test_kept_sheets_are_a_table_in_the_order_kept(client: FlaskClient) -> None:
    table = rows(client, "/selection?id=MET.242&id=MET.17&format=csv")
    assert [row["Numéro"] for row in table] == ["MET.242", "MET.17"]


def test_the_table_of_a_list_has_french_headings_and_that_of_the_api_names_that_never_change(
    client: FlaskClient,
) -> None:
    programs = rows(client, "/api/v1/search?q=boulanger&per_page=1&format=csv")[0]
    readers = rows(client, f"/selection?id={programs['id']}&format=csv")[0]
    assert list(readers.values()) == list(programs.values())
    assert len(readers) == len(COLUMNS)
    assert list(readers)[:3] == ["Numéro", "Métier", "Au féminin"]
    assert not set(readers) & set(COLUMNS)


def test_lines_of_json_hold_every_result_in_the_declared_shape(client: FlaskClient) -> None:
    answer = client.get("/api/v1/search?q=boulanger&format=ndjson")
    assert answer.mimetype == "application/x-ndjson"
    lines = answer.text.splitlines()
    for line in lines:
        models.LineAnswer.model_validate(json.loads(line))
    assert [json.loads(line)["id"] for line in lines] == [
        row["id"] for row in rows(client, "/api/v1/search?q=boulanger&format=csv")
    ]


@pytest.mark.parametrize("beginning", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "\u00a0="])
def test_s7_a_cell_is_never_a_formula(beginning: str) -> None:
    assert safe(f"{beginning}cmd|' /C calc'!A0").startswith("'")


def test_s7_other_cells_are_left_as_they_are() -> None:
    assert [safe(cell) for cell in ("boulanger", "", 1802, None)] == ["boulanger", "", 1802, None]


def test_decimals_follow_a_comma() -> None:
    assert safe(1747.82) == "1747,82"
