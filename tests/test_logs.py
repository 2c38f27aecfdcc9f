"""One line a request: short, escaped, without addresses, and without the words unless asked for."""

import json
import logging
from dataclasses import replace
from datetime import datetime
from time import perf_counter

import pytest
from flask import Flask

from search.engine import Engine, IndexInfo
from search.settings import Settings
from web.app import create_app
from web.serving import logs
from web.serving.logs import AnsweredRequest


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> pytest.LogCaptureFixture:
    monkeypatch.setattr(logs.ACCESS, "propagate", True)
    caplog.set_level(logging.INFO, logger="metiers.access")
    return caplog


def test_a_request_is_one_line_that_says_what_happened(seeds_app: Flask, lines: pytest.LogCaptureFixture) -> None:
    answer = seeds_app.test_client().get("/api/v1/search?q=secret", headers={"User-Agent": "evil\x1b[31m"})
    (line,) = [record.getMessage() for record in lines.records if record.name == "metiers.access"]
    entry = json.loads(line)
    assert entry["id"] == answer.headers["X-Request-Id"]
    assert entry["route"] == "/api/v1/search"
    assert entry["status"] == 200
    assert entry["results"] == answer.json["total_results"]
    assert entry["ms"] >= 0
    assert entry["level"] == "info"
    assert entry["edition"] == answer.json["index"]["generation"]
    assert datetime.fromisoformat(entry["time"]).tzinfo
    assert "secret" not in line
    assert "127.0.0.1" not in line
    assert "evil" not in line


def test_the_words_are_written_where_the_owner_asks_for_them(
    seeds_settings: Settings, seeds_engine: Engine, lines: pytest.LogCaptureFixture
) -> None:
    app = create_app(replace(seeds_settings, log_queries=True), seeds_engine)
    app.test_client().get("/?q=m%C3%A9canique")
    assert json.loads(lines.records[-1].getMessage())["q"] == "mécanique"


@pytest.mark.parametrize("words", ["a\r\nb", "\x1b[2J", "é" * 10_000, "\U0001f600" * 200, '"},{"', "\x00"])
def test_s9_a_line_stays_one_line_of_one_kilobyte(words: str) -> None:
    served = IndexInfo("20261127T101500000000-3f2a", 1, "", "", ())
    line = logs.line(AnsweredRequest("0" * 64, "GET" * 100, "/api/v1/search", 200, perf_counter(), 1, words, served))
    assert len(line.encode()) <= 1024
    assert line.isprintable()
    assert line.isascii()
    json.loads(line)


def test_what_the_program_and_its_libraries_say_is_json_too() -> None:
    record = logging.LogRecord("_granian", logging.WARNING, "", 0, "line one\nline %d", (2,), None)
    entry = json.loads(logs.JsonLines().format(record))
    assert (entry["level"], entry["logger"], entry["message"]) == ("warning", "granian", "line one\nline 2")
    assert datetime.fromisoformat(entry["time"]).tzinfo
    try:
        raise ValueError("why")
    except ValueError as error:
        failed = logging.LogRecord(
            "metiers", logging.ERROR, "", 0, "failed", None, (ValueError, error, error.__traceback__)
        )
    written = logs.JsonLines().format(failed)
    assert written.isprintable()
    assert "ValueError: why" in json.loads(written)["traceback"]


def test_an_error_is_a_line_of_that_level() -> None:
    entry = json.loads(logs.line(AnsweredRequest("0" * 16, "GET", "/", 503, perf_counter())))
    assert entry["level"] == "error"
    assert not {"edition", "results", "q"} & set(entry)
