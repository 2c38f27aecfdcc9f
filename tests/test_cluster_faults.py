"""What a cluster says when a node dies or is busy, and what becomes of it: asked again, then told as unavailable.

The answers are those that OpenSearch gives; they come over HTTP from a server of the tests' own, since a real node
dies at another moment each time (test_opensearch_faults.py kills real ones).
"""

import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from search.cluster import client
from search.cluster.client import RETRIES, Cluster
from search.errors import EngineUnavailable, MetiersError, TargetMissing, WriteConflict
from search.settings import Settings

Said = tuple[int, Any]


def phase(cause: dict[str, Any], status: int = 500) -> Said:
    """A search that failed as a whole, with its cause under it: what the coordinating node says."""
    wrapper = {"type": "search_phase_execution_exception", "reason": "", "phase": "fetch", "failed_shards": []}
    return status, {"error": {"root_cause": [wrapper], **wrapper, "caused_by": cause}, "status": status}


def shards(*kinds: str, status: int = 500) -> Said:
    """A search that failed on each of its shards."""
    failed = [{"shard": n, "reason": {"type": kind, "reason": "-"}} for n, kind in enumerate(kinds)]
    told = {"type": "search_phase_execution_exception", "reason": "all shards failed", "failed_shards": failed}
    return status, {"error": {"root_cause": [each["reason"] for each in failed], **told}, "status": status}


def single(kind: str, status: int) -> Said:
    return status, {"error": {"root_cause": [], "type": kind, "reason": "-"}, "status": status}


PASSING: dict[str, Said] = {
    "the node of the fetch is gone": phase({"type": "node_not_connected_exception", "reason": "[node1] not connected"}),
    "the connection broke": phase({"type": "node_disconnected_exception", "reason": "disconnected"}),
    "no cause told": phase({"type": "search_phase_execution_exception", "reason": ""}),
    "a deep cause": phase({"type": "exception", "reason": "", "caused_by": {"type": "node_closed_exception"}}),
    "all shards closed": shards("already_closed_exception", "index_shard_closed_exception"),
    "shards not yet started": shards("illegal_index_shard_state_exception"),
    "a forgotten search": shards("search_context_missing_exception", status=404),
    "a node that starts": single("cluster_block_exception", 503),
    "a full queue": single("rejected_execution_exception", 429),
    "no manager": single("cluster_manager_not_discovered_exception", 503),
    "a cancelled search": single("task_cancelled_exception", 500),
}

REFUSED: dict[str, Said] = {
    "a wrong question": shards("query_shard_exception", status=400),
    "a fault of the cluster": shards("null_pointer_exception"),
    "a script that fails": shards("script_exception", status=400),
}

FOUND: Said = 200, {"_shards": {"failed": 0, "total": 1, "successful": 1}, "hits": {"hits": []}}


@contextmanager
def saying(*answers: Said) -> Iterator[tuple[Cluster, list[str]]]:
    """A cluster that gives these answers one after the other, the last one for ever; and what it was asked."""
    left, asked = list(answers), []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked.append(self.path)
            status, body = left.pop(0) if len(left) > 1 else left[0]
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_PUT = do_POST  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    with closing(Cluster(Settings(opensearch_url=url, opensearch_timeout=5.0))) as cluster:
        yield cluster, asked
    server.shutdown()
    server.server_close()


def one(cluster: Cluster) -> Any:
    return cluster.search("metiers", [{"size": 1}])


def several(cluster: Cluster) -> Any:
    return cluster.search("metiers", [{"size": 1}, {"size": 2}])


def together(said: Said) -> Said:
    """The same said of one of two questions, which the cluster puts under the status 200."""
    status, body = said
    return 200, {"responses": [FOUND[1], {**body, "status": status} if "error" in body else body]}


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PAUSE", 0.001)


Ask = Callable[[Cluster], Any]
WAYS: list[tuple[Ask, Callable[[Said], Said]]] = [(one, lambda said: said), (several, together)]
way = pytest.mark.parametrize(("ask", "told"), WAYS, ids=["alone", "together"])


@way
@pytest.mark.parametrize("said", PASSING.values(), ids=PASSING)
def test_r12_a_cause_that_passes_is_asked_again(said: Said, ask: Ask, told: Callable[[Said], Said]) -> None:
    with saying(told(said), told(FOUND)) as (cluster, asked):
        assert ask(cluster)[-1] == FOUND[1]
        assert len(asked) == 2


@way
@pytest.mark.parametrize("said", PASSING.values(), ids=PASSING)
def test_r12_a_cause_that_does_not_pass_in_time_is_told_as_unavailable(
    said: Said, ask: Ask, told: Callable[[Said], Said]
) -> None:
    with saying(told(said)) as (cluster, asked):
        with pytest.raises(EngineUnavailable):
            ask(cluster)
        assert len(asked) == RETRIES + 1


@way
@pytest.mark.parametrize("said", REFUSED.values(), ids=REFUSED)
def test_a_refused_question_is_told_at_once_with_its_cause(said: Said, ask: Ask, told: Callable[[Said], Said]) -> None:
    kind = said[1]["error"]["failed_shards"][0]["reason"]["type"]
    with saying(told(said)) as (cluster, asked):
        with pytest.raises(MetiersError, match=kind) as raised:
            ask(cluster)
        assert not isinstance(raised.value, EngineUnavailable)
        assert len(asked) == 1


@way
def test_an_absent_index_is_no_cause_that_passes(ask: Ask, told: Callable[[Said], Said]) -> None:
    with saying(told(single("index_not_found_exception", 404))) as (cluster, asked):
        with pytest.raises(TargetMissing):
            ask(cluster)
        assert len(asked) == 1


def test_a_conflict_is_no_cause_that_passes() -> None:
    with saying(single("version_conflict_engine_exception", 409)) as (cluster, asked):
        with pytest.raises(WriteConflict):
            cluster.call("PUT", "/metiers-lock/_doc/indexing", {})
        assert len(asked) == 1


def test_a_silent_shard_makes_a_partial_answer_and_a_refusing_one_an_error() -> None:
    def answered(kind: str) -> Said:
        counted = {"failed": 1, "total": 2, "successful": 1, "failures": [{"shard": 0, "reason": {"type": kind}}]}
        return 200, {**FOUND[1], "_shards": counted}

    with saying(answered("node_not_connected_exception")) as (cluster, _):
        assert one(cluster)[0]["_shards"]["failed"] == 1
    with saying(answered("search_context_missing_exception")) as (cluster, _):
        assert one(cluster)[0]["_shards"]["failed"] == 1
    with saying(answered("script_exception")) as (cluster, _), pytest.raises(MetiersError, match="script_exception"):
        one(cluster)


@pytest.mark.parametrize("said", ["welcome", {}, {"_shards": {"failed": 0}}, []], ids=str)
@way
def test_what_is_no_answer_of_opensearch_is_unavailable(said: Any, ask: Ask, told: Callable[[Said], Said]) -> None:
    with saying((200, said)) as (cluster, _), pytest.raises(EngineUnavailable):
        ask(cluster)
