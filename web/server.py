"""The production server. In: the settings. Out: the application, served by worker processes until a signal.

Each worker builds its own application and engine, so nothing is shared between processes but the
files of the index; inside a worker the engine is safe to share between threads.
"""

import socket
from contextlib import suppress
from functools import partial
from typing import Final

from flask import Flask
from granian.constants import HTTPModes, Interfaces
from granian.server import Server

from search.backends import open_engine
from search.errors import MetiersError
from search.settings import Settings
from web import logs
from web.app import create_app

THREADS: Final = 2
"""Threads a worker: a second one keeps short answers flowing beside a long one; more only wait for the interpreter."""

BACKLOG: Final = 256
"""Connections that may wait, all workers together; beyond it the system refuses them."""

GRACE_SECONDS: Final = 10
"""How long requests under way may take to end when the server is asked to stop."""


def application(settings: Settings) -> Flask:
    """What one worker serves."""
    logs.configure()
    engine = open_engine(settings)
    with suppress(MetiersError):  # the first reader should not wait for the opening; without an index nobody can
        engine.info()
    return create_app(settings, engine)


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; SIGHUP replaces the workers. Raises MetiersError if the port is taken."""
    _refuse_a_taken_port(settings.host, settings.port)
    Server(
        target="web.server:application",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=settings.workers,
        blocking_threads=THREADS,
        backlog=BACKLOG,
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE_SECONDS,
    ).serve(target_loader=partial(application, settings), wrap_loader=False)


def _refuse_a_taken_port(host: str, port: int) -> None:
    # The server shares its port between processes, so that it would not notice another server there.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise MetiersError(f"Cannot listen on {host}:{port}: {error}. Choose another --host or --port.") from error
