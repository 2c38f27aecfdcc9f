"""What one worker of the server serves; the processes themselves are tested in test_cli.py."""

import logging
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from search.errors import MetiersError
from search.settings import Settings
from web import server


def test_a_worker_serves_its_index(seeds_settings: Settings) -> None:
    client = server.application(seeds_settings).test_client()
    assert client.get("/health/ready").status_code == 200
    assert client.get("/api/v1/search?q=mecanique").get_json()["total_results"] > 0


def test_a_worker_without_an_index_lives_and_says_why_it_is_not_ready(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "metiers"):
        client = server.application(Settings(index=tmp_path / "nothing")).test_client()
    assert "metiers index" in caplog.text
    assert client.get("/health/live").status_code == 200
    assert client.get("/health/ready").status_code == 503


@pytest.mark.parametrize(
    ("host", "option"), [("127.0.0.1", "--port"), ("999.0.0.1", "--host"), ("no.such.host.invalid", "--host")]
)
def test_an_address_that_cannot_be_listened_on_is_refused(host: str, option: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = replace(Settings(), host=host, port=taken.getsockname()[1])
        with pytest.raises(MetiersError, match=f"Cannot listen on .*{option}"):
            server.serve(settings)
