"""The cluster behind TLS: a real node, a certificate of our own authority, an account that goes through encrypted."""

import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from select import select
from threading import Thread
from urllib.parse import urlsplit

import pytest
from certificates import certificate
from engines import opensearch_settings, rebuilt
from made_up import VILLAGE
from opensearch_nodes import shared_node

from search.cluster.engine import OpenSearchEngine
from search.errors import EngineUnavailable
from search.query import Query
from search.settings import Settings

SECRET = "s3cr3t-word"


class Front:
    """A proxy that speaks TLS to whoever comes, and plainly to the node. `requests` are the first bytes of each."""

    def __init__(self, target: str, certificate: Path, key: Path) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        parts = urlsplit(target)
        self._target = parts.hostname or "127.0.0.1", parts.port or 9200
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.requests: list[bytes] = []
        Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                Thread(target=self._relay, args=(self._listener.accept()[0],), daemon=True).start()

    def _relay(self, plain: socket.socket) -> None:
        # A reader who trusts another authority ends the greeting, and only that.
        with (
            suppress(OSError),
            self._context.wrap_socket(plain, server_side=True) as inside,
            socket.create_connection(self._target) as outside,
        ):
            other = {inside: outside, outside: inside}
            while True:
                for source in select([inside, outside], [], [])[0]:
                    data = source.recv(1 << 20)
                    if not data:
                        return
                    if source is inside:
                        self.requests.append(data[:1_000])
                    other[source].sendall(data)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("tls"), "ours")


@pytest.fixture
def front(authority: tuple[Path, Path]) -> Iterator[Front]:
    front = Front(shared_node(), *authority)
    yield front
    front.close()


@pytest.fixture
def settings(front: Front, authority: tuple[Path, Path], tmp_path: Path) -> Settings:
    return replace(
        opensearch_settings(tmp_path),
        opensearch_url=f"https://127.0.0.1:{front.port}",
        opensearch_ca=str(authority[0]),
        opensearch_user="someone",
        opensearch_password=SECRET,
    )


def test_sheets_are_indexed_and_found_over_tls_under_an_account(settings: Settings, front: Front) -> None:
    engine = OpenSearchEngine(settings)
    rebuilt(engine, VILLAGE)
    assert engine.search(Query()).total == len(VILLAGE)
    engine.close()
    account = b"authorization: basic " + b64encode(f"someone:{SECRET}".encode()).lower()
    heads = [each.lower() for each in front.requests if each[:4] in (b"GET ", b"POST", b"PUT ", b"HEAD", b"DELE")]
    assert heads
    assert all(account in head for head in heads)


def test_a_certificate_of_another_authority_is_refused(settings: Settings, front: Front, tmp_path: Path) -> None:
    other, _ = certificate(tmp_path, "theirs")
    for authority in ("", str(other)):
        engine = OpenSearchEngine(replace(settings, opensearch_ca=authority))
        with pytest.raises(EngineUnavailable) as told:
            engine.search(Query())
        assert SECRET not in str(told.value)
        engine.close()
    assert front.requests == []


def test_a_certificate_for_another_address_is_refused(settings: Settings, front: Front) -> None:
    engine = OpenSearchEngine(replace(settings, opensearch_url=f"https://localhost:{front.port}"))
    with pytest.raises(EngineUnavailable):
        engine.search(Query())
    engine.close()
    assert front.requests == []
