"""Real OpenSearch nodes on loopback, for tests and measures. In: how many. Out: their addresses, a way to kill them.

Each node is a Java process of its own, made from tests/opensearch by Maven. Where Java or Maven is missing the tests
that need nodes are skipped with the reason; under CI=true that is a failure.
"""

import atexit
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import NoReturn
from urllib.request import urlopen

import pytest

PROJECT = Path(__file__).parent / "opensearch"
STARTED_WITHIN = 240
"""Seconds given to a node on a busy machine."""


class NoNodes(Exception):
    """Nodes cannot be started here; the message says why."""


@dataclass(slots=True)
class Node:
    """A running node: where it answers, and its process."""

    name: str
    url: str
    process: "subprocess.Popen[bytes]"

    def kill(self) -> None:
        """End it at once, without a goodbye."""
        self.process.kill()
        self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()


@cache
def class_path() -> str:
    """The class path of Node.java, compiled if it is not. Raises NoNodes."""
    missing = [name for name in ("java", "mvn") if shutil.which(name) is None]
    if missing:
        raise NoNodes(f"{' and '.join(missing)} not installed: no real OpenSearch node can be started")
    written = PROJECT / "target" / "classpath"
    sources = (PROJECT / "pom.xml", PROJECT / "src" / "main" / "java" / "Node.java")
    if not _fresh(written, sources):
        for options in (("--offline",), ()):
            made = subprocess.run(
                ["mvn", "--quiet", "--batch-mode", *options, "--file", str(PROJECT / "pom.xml"), "compile"],
                capture_output=True,
                text=True,
            )
            if made.returncode == 0:
                break
        else:
            raise NoNodes(f"Maven could not fetch OpenSearch: {made.stdout[-500:]}")
    return os.pathsep.join([str(PROJECT / "target" / "classes"), written.read_text().strip()])


def _fresh(written: Path, sources: Sequence[Path]) -> bool:
    if not written.exists() or any(each.stat().st_mtime > written.stat().st_mtime for each in sources):
        return False
    return all(Path(each).exists() for each in written.read_text().strip().split(os.pathsep))


def start(folder: Path, ports: Sequence[tuple[int, int]], place: int, heap: str = "512m", tiered: bool = True) -> Node:
    """Start node `place` of a cluster whose (HTTP, transport) ports are these. It may not answer yet."""
    http, transport = ports[place]
    name = f"node{place}"
    given = {
        "cluster.name": f"metiers-{ports[0][1]}",
        "node.name": name,
        "http.port": str(http),
        "transport.port": str(transport),
        "network.host": "127.0.0.1",
        "discovery.seed_hosts": ",".join(f"127.0.0.1:{port}" for _, port in ports),
        "cluster.initial_cluster_manager_nodes": ",".join(f"node{each}" for each in range(len(ports))),
        "cluster.routing.allocation.disk.threshold_enabled": "false",
        "cluster.routing.allocation.node_concurrent_recoveries": "8",
    }
    options = [f"-Xms{heap}", f"-Xmx{heap}", "-XX:+UseSerialGC", *(["-XX:TieredStopAtLevel=1"] if tiered else [])]
    command = ["java", *options, "-cp", class_path(), "Node", str(folder / name)]
    command += [f"{key}={value}" for key, value in given.items()]
    with (folder / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, cwd=folder)
    return Node(name, f"http://127.0.0.1:{http}", process)


def wait_for(nodes: Sequence[Node], folder: Path) -> None:
    """Return when all nodes see one another. Raises NoNodes with a node's last words."""
    limit = monotonic() + STARTED_WITHIN
    for node in nodes:
        address = f"{node.url}/_cluster/health?wait_for_nodes={len(nodes)}&timeout=2s"
        while True:
            try:
                with urlopen(address, timeout=4) as answer:
                    if b'"timed_out":false' in answer.read():
                        break
            except OSError as error:
                if hasattr(error, "close"):
                    error.close()
            if node.process.poll() is not None or monotonic() > limit:
                said = (folder / f"{node.name}.log").read_text(errors="replace")
                raise NoNodes(f"{node.name} did not start: {said[-1500:]}")
            sleep(0.2)


class Nodes:
    """Some nodes that form a cluster. `kill` ends one at once; `all_up` starts the dead ones again."""

    def __init__(self, folder: Path, count: int, heap: str, tiered: bool) -> None:
        from conftest import free_port

        self.folder = folder
        self._ports = [(free_port(), free_port()) for _ in range(count)]
        self._given = heap, tiered
        self._nodes = [start(folder, self._ports, place, heap, tiered) for place in range(count)]

    @property
    def urls(self) -> list[str]:
        """Where each node answers, alive or not."""
        return [f"http://127.0.0.1:{http}" for http, _ in self._ports]

    def wait(self) -> None:
        """Return when the nodes that live see one another and no other. Raises NoNodes."""
        wait_for([node for node in self._nodes if node.process.poll() is None], self.folder)

    def kill(self, place: int) -> str:
        """End a node at once; its name."""
        self._nodes[place].kill()
        return self._nodes[place].name

    def all_up(self) -> None:
        """Start the dead nodes again, on the data that they had."""
        for place, node in enumerate(self._nodes):
            if node.process.poll() is not None:
                node.kill()  # one that ended by itself still has its pipe
                self._nodes[place] = start(self.folder, self._ports, place, *self._given)
        self.wait()

    def manager(self) -> int:
        """The place of the node that manages the cluster."""
        return self._place(self._ask("/_cat/cluster_manager?h=node"))

    def holding(self, index: str) -> int:
        """The place of a node that holds a shard of an index."""
        return self._place(self._ask(f"/_cat/shards/{index}?h=node").split()[0])

    def close(self) -> None:
        """End all nodes."""
        for node in self._nodes:
            node.kill()

    def _ask(self, path: str) -> str:
        with urlopen(f"{self.urls[0]}{path}", timeout=30) as answer:
            return str(answer.read().decode()).strip()

    def _place(self, name: str) -> int:
        return [node.name for node in self._nodes].index(name)


@contextmanager
def cluster(count: int, heap: str = "384m", tiered: bool = True) -> Iterator[Nodes]:
    """Some nodes that form a cluster, in a folder of their own, gone at the end. Raises NoNodes."""
    with TemporaryDirectory(prefix="opensearch-", ignore_cleanup_errors=True) as name:
        nodes = Nodes(Path(name), count, heap, tiered)
        try:
            nodes.wait()
            yield nodes
        finally:
            nodes.close()


@cache
def _shared() -> str | NoNodes:
    stack = ExitStack()
    atexit.register(stack.close)
    try:
        return stack.enter_context(cluster(1, "512m")).urls[0]
    except NoNodes as error:
        # Kept like an address: what failed once would fail as slowly for each test.
        return error


def shared_node() -> str:
    """The address of one node for the whole session, started when first asked for. Skips, or fails under CI=true."""
    # A node that runs already spares the wait while one writes tests.
    given = os.environ.get("METIERS_TEST_OPENSEARCH_URL", "") or _shared()
    return refuse(str(given)) if isinstance(given, NoNodes) else given


def refuse(reason: str) -> NoReturn:
    """Skip for this reason, or fail under CI=true."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
