"""The benchmark runs, whole and on little, so that it cannot rot. How long anything takes is never asserted here."""

import json
import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

BENCH = Path(__file__).with_name("bench")
MARKS = ("engines", "scale-2", "http", "answers", "memory")


def _document(folder: Path) -> Path:
    path = folder / "performance.md"
    path.write_text("".join(f"before\n<!-- {name} -->\nold {name}\n<!-- /{name} -->\nafter\n" for name in MARKS))
    return path


def _run(
    root: Path, folder: Path, script: str, *words: str, path: str | None = None
) -> tuple[str, dict[str, Any], str]:
    """What a script prints, what it keeps, and the document that it writes, over the seeds."""
    document = _document(folder)
    done = subprocess.run(
        [sys.executable, BENCH / script, *words, "--json", folder / "kept.json", "--write", document, root / "seeds"],
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        text=True,
        timeout=300,
        check=True,
    )
    return done.stdout, json.loads((folder / "kept.json").read_text()), document.read_text()


def _sections(document: str, written: str) -> None:
    """Only the named section of the document has changed."""
    for name in MARKS:
        assert (f"old {name}" in document) == (name != written)


@pytest.mark.usefixtures("own_server")
def test_engines_are_compared_on_the_seeds(root: Path, tmp_path: Path) -> None:
    printed, kept, document = _run(root, tmp_path, "run.py", "--quick")
    assert set(kept["build"]) == set(kept["open"]) == {"metiers", "Whoosh", "tantivy-py", "SQLite FTS5"}
    for setting in ("any word", "all words"):
        for engine, asked in kept["queries"][setting].items():
            assert set(asked["cpu_ms"]) == {"hits", "facets", "page"}
            assert asked["cpu_ms"]["page"]["p50"] > 0
            assert asked["page_holds"]["hits"] > 0, engine
            assert asked["page_holds"]["snippets"] > 0, engine
    assert kept["queries"]["any word"]["metiers"]["page_holds"]["empty"] == 0
    assert all(goal["what"] in printed for goal in kept["goals"])
    assert printed.strip() in document
    _sections(document, "engines")


@pytest.mark.usefixtures("own_processes")
def test_more_sheets_are_made_of_real_sentences(root: Path, tmp_path: Path) -> None:
    _, kept, document = _run(root, tmp_path, "run.py", "--quick", "--scale", "2")
    assert {name: each["sheets"] for name, each in kept["build"].items()} == {
        "metiers, the sheets as they are": 3,
        "metiers": 6,
        "tantivy-py": 6,
    }
    _sections(document, "scale-2")


@pytest.mark.usefixtures("own_server")
def test_the_service_is_loaded_on_the_seeds(root: Path, tmp_path: Path) -> None:
    printed, kept, document = _run(root, tmp_path, "load.py", "--quick")
    for endpoint, by_number in kept["http"].items():
        assert by_number["8"]["rate"] > 0, endpoint
        assert not by_number["8"]["errors"], endpoint
        assert by_number["8"]["of_bare"] > 0, endpoint
    assert "stock Whoosh app" in printed
    assert "beside bare Flask" in printed
    _sections(document, "http")


@pytest.mark.usefixtures("own_processes")
def test_what_an_answer_costs_is_measured_on_the_seeds(root: Path, tmp_path: Path) -> None:
    _, kept, document = _run(root, tmp_path, "answers.py", "--quick")
    assert set(kept["answers"]) > {"the engine's own page", "page", "page, sent again", "API answer"}
    assert all(milliseconds > 0 for milliseconds in kept["answers"].values())
    _sections(document, "answers")


@pytest.mark.usefixtures("own_server")
def test_the_memory_of_a_worker_is_measured_on_the_seeds(root: Path, tmp_path: Path) -> None:
    _, kept, document = _run(root, tmp_path, "memory.py", "--quick")
    assert set(kept["memory"]) == {"0", "100"}
    assert all(size > 0 for size in kept["memory"].values())
    _sections(document, "memory")


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = b"" if "If-None-Match" in self.headers else b"an answer"
        self.send_response(404 if self.path == "/absent" else 200 if body else 304)
        self.send_header("Content-Length", str(len(b"an answer")))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(("path", "tag", "fails"), [("/", "", False), ("/", 'W/"1"', False), ("/absent", "", True)])
def test_our_own_load_generator_counts_answers_and_failures(path: str, tag: str, fails: bool) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    thread = Thread(target=server.serve_forever)
    thread.start()
    condition = f"If-None-Match: {tag}\r\n" if tag else ""
    request = f"GET {path} HTTP/1.1\r\nHost: here\r\n{condition}\r\n"
    plan = {"host": "127.0.0.1", "port": server.server_port, "requests": [request], "connections": 3, "seconds": 0.2}
    try:
        done = subprocess.run(
            [sys.executable, BENCH / "loader.py"], input=json.dumps(plan), stdout=subprocess.PIPE, text=True, check=True
        )
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    told = json.loads(done.stdout)
    assert told["rate"] > 0
    assert told["p99_ms"] >= told["p50_ms"] > 0
    assert bool(told["errors"]) == fails


def test_queries_and_sheets_are_the_same_each_time(root: Path) -> None:
    code = """
import sys; sys.path.insert(0, sys.argv[1])
from pathlib import Path
import corpus, queries
fiches = corpus.real([Path(sys.argv[2])])
more = corpus.Recombined(fiches, 3)
assert len({fiche.title for fiche in more}) == len(more) == 9
print([asked.text for asked in queries.queries(fiches)], queries.completions(fiches), more[4], more[-1:])
"""
    words = [sys.executable, "-c", code, str(BENCH), str(root / "seeds")]
    first, second = (
        subprocess.run(
            words,
            stdout=subprocess.PIPE,
            check=True,
            env={**os.environ, "PYTHONPATH": str(root), "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    )
    assert first == second
    assert len(first) > 10_000


def test_opensearch_as_it_comes_is_a_peer(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from opensearch_nodes import shared_node

    url = shared_node()
    monkeypatch.syspath_prepend(BENCH)
    import corpus
    import stock_opensearch
    from queries import queries

    fiches = corpus.real([root / "seeds"])
    with stock_opensearch.node(url) as settings:
        assert settings is not None
        with stock_opensearch.peer(settings, fiches) as peer:
            pages = [peer.ask(asked, level) for asked in queries(fiches)[:5] for level in ("hits", "facets", "page")]
    assert all(page.titles for page in pages)
    assert [bool(page.counts) for page in pages[:3]] == [False, True, True]
    assert [bool(page.snippets) for page in pages[:2]] == [False, False]
    assert any(page.snippets for page in pages)
