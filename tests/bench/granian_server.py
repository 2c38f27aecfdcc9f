"""How both applications that we are compared with are served: like ours. In: what makes one, workers, a port."""

from collections.abc import Callable

from flask import Flask
from granian.constants import Interfaces
from granian.server import Server


def serve(create_app: Callable[[], Flask], workers: int, port: int) -> None:
    """Serve an application on the loopback until the process is ended."""
    Server(
        target="bench",
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=2,
    ).serve(target_loader=create_app, wrap_loader=False)
