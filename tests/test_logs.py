"""One line a request: short, escaped, without addresses, and without the words unless asked for."""

import json
import logging
from dataclasses import replace
from time import perf_counter

import pytest
from flask import Flask

from search.engine import Engine
from search.settings import Settings
from web.app import create_app
from web.serving import logs


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
    line = logs.line("0" * 64, "GET" * 100, "/api/v1/search", 200, perf_counter(), 1, words)
    assert len(line.encode()) <= 1024
    assert line.isprintable()
    assert line.isascii()
    json.loads(line)
