"""A real nginx with the files of deploy/nginx, for the tests. In: ports and a folder. Out: a running Proxy."""

import os
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPSConnection
from pathlib import Path
from time import monotonic, sleep

import pytest
from asking import Answered, ask
from certificates import certificate
from conftest import free_port

MAIN = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/metiers.conf;
}}
"""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A running nginx: its port for https, that for http, whom its certificate is trusted by."""

    port: int
    plain_port: int
    trust: ssl.SSLContext

    def connect(self) -> HTTPSConnection:
        """A connection that may be used for several requests."""
        return HTTPSConnection("127.0.0.1", self.port, timeout=30, context=self.trust)

    def ask(self, path: str, **headers: str) -> Answered:
        """One GET on a connection of its own; the names of headers with _ for -."""
        connection = self.connect()
        try:
            return ask(connection, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        finally:
            connection.close()


@contextmanager
def proxied(program: str, root: Path, folder: Path, first: int, second: int, path: str = "/") -> Iterator[Proxy]:
    """nginx before two ports, the second for when the first is closed; the search lies under `path`."""
    made, key = certificate(folder, "proxy", "IP:127.0.0.1,DNS:localhost")
    https, http = free_port(), free_port()
    placed = {
        "127.0.0.1:8000": f"127.0.0.1:{first}",
        "127.0.0.1:8001": f"127.0.0.1:{second}",
        "/var/cache/nginx/metiers": f"{folder}/cache",
        "/etc/ssl/certs/metiers.pem": str(made),
        "/etc/ssl/private/metiers.key": str(key),
        "include /etc/nginx/metiers-location.conf": f"include {root}/deploy/nginx/location.conf",
        "listen 80;": f"listen 127.0.0.1:{http};",
        "listen 443 ssl": f"listen 127.0.0.1:{https} ssl",
        "location / {": f"location {path} {{",
    }
    text = (root / "deploy/nginx/metiers.conf").read_text(encoding="utf-8")
    for written, here in placed.items():
        assert text.count(written) == 1, written
        text = text.replace(written, here)
    (folder / "metiers.conf").write_text(text, encoding="utf-8")
    # nginx hands its work to another account, which could not read a folder of the tests.
    user = "user root;" if not os.geteuid() else ""
    (folder / "nginx.conf").write_text(user + MAIN.format(folder=folder), encoding="utf-8")
    command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    process = subprocess.Popen(command)
    try:
        _wait_for(https, process, folder / "error.log")
        yield Proxy(https, http, ssl.create_default_context(cafile=str(made)))
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    limit = monotonic() + 20
    while monotonic() < limit and process.poll() is None:
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        sleep(0.02)
    pytest.fail(log.read_text(errors="replace")[-4000:])
