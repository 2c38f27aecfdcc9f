"""The production server. In: the settings. Out: the application, served by worker processes until a signal.

Each worker makes its own application and engine. Processes share the files of the index, and memory for metrics and for
the flags by which workers are told that they will be replaced. Threads of a worker share its engine.
"""

import logging
import os
import resource
import signal
import socket
from collections.abc import Callable
from ctypes import c_bool
from functools import partial
from multiprocessing import RawValue
from threading import Thread
from time import monotonic, sleep
from typing import Any, Final

from flask import Flask
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.mp import MPServer, WorkerProcess

from search.backends import open_engine
from search.errors import MetiersError
from search.settings import Settings
from web.api.download_files import SENT_AT_ONCE
from web.app import create_app, is_api
from web.serving import logs
from web.serving.answer_cache import CacheMiddleware
from web.serving.metrics import Metrics
from web.serving.metrics import start as give_out
from web.serving.overload import Guard
from web.serving.unread import UnreadAnswers
from web.site import program_version

LOG: Final = logging.getLogger("metiers")

RUNNING: Final = 2
"""Requests a worker runs at once: a second one keeps short answers flowing beside a long one; more only share the
interpreter."""

WAITING: Final = 62
"""Requests that wait for their turn in a worker; the next is refused at once (503). At 5 ms each, 0.2 s of work."""

SPARE_THREADS: Final = 8
"""Threads beside those that run and wait: they refuse, and answer health checks, however busy the others are."""

CONNECTIONS: Final = 2_000
"""Connections that a worker keeps open, most of them idle; more wait in the system's queue."""

BACKLOG: Final = 1_024
"""Connections that wait for a worker in the system's queue; beyond it the system refuses them."""

SILENT_SECONDS: Final = 5
"""How long the system itself keeps a connection that has not asked anything yet, before a worker has to hold it."""

HEADER_MILLISECONDS: Final = 10_000
"""How long a connection may take to send the head of a request, or stay idle between two, before it is closed."""

HEAD_BYTES: Final = 32_768
"""How long the head of a request may be, which is also what a connection may keep of the memory."""

DRAINING_SECONDS: Final = HEADER_MILLISECONDS / 1000 + 1
"""How long a worker that will be replaced still answers, each answer the last of its connection: longer than a
connection may stay idle, so that none is left on which a client could be about to ask."""

DRAINING_STEP_SECONDS: Final = 0.1
"""How often the main process looks meanwhile whether it is asked to stop."""

ORPHAN_SECONDS: Final = 1
"""How often a worker looks whether the main process still runs: if it was killed, nobody else stops the worker."""

GRACE_SECONDS: Final = 10
"""How long requests under way may take to end when the server is asked to stop."""


def application(
    settings: Settings,
    metrics: Metrics | None = None,
    main: int | None = None,
    is_leaving: Callable[[], bool] = lambda: False,
) -> Flask:
    """What one worker serves.

    metrics: where requests are counted, None for nowhere. main: the number of the main process, with which the worker
    ends. is_leaving: whether this worker will soon be replaced.
    """
    unread = UnreadAnswers(settings.port)
    if main is not None:
        Thread(target=_end_with, args=(main,), daemon=True).start()
        Thread(target=unread.bound, daemon=True).start()
    engine = open_engine(settings)
    recorder = metrics.recorder() if metrics else None
    try:
        info = engine.info()  # opened now, so that the first reader does not wait for it
        if recorder:
            recorder.serves(info, engine.passed_over() is not None)
    except MetiersError as error:
        LOG.warning("Not ready yet: %s", error)

    def guarded(kept: CacheMiddleware) -> Guard:
        return Guard(kept, RUNNING, WAITING, is_api, recorder, is_leaving, kept.at_once, unread)

    return create_app(settings, engine, recorder, guarded)


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; SIGHUP replaces the workers.

    Raises MetiersError if the port is taken or the engine cannot be asked as the settings say.
    """
    open_engine(settings).close()  # refused here, once, instead of by each worker again and again
    address = _address(settings.host)
    _refuse_a_taken_port(address, settings.port)
    _allow_many_connections()
    metrics = _metrics(settings)
    logging.getLogger("_granian").addFilter(_is_news)
    _let_workers_be_stopped_as_they_start()
    _RollingServer(
        target="web.server:application",
        address=address,
        port=settings.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=settings.workers,
        blocking_threads=RUNNING + WAITING + SPARE_THREADS + SENT_AT_ONCE,
        backlog=BACKLOG,
        backpressure=CONNECTIONS,
        log_dictconfig=logs.CONFIGURATION,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS, max_buffer_size=HEAD_BYTES),
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE_SECONDS,
    ).serve(target_loader=partial(application, settings, metrics, os.getpid()), wrap_loader=False)


class _RollingServer(MPServer):
    """Replaces its workers without losing a request.

    Each worker takes connections from a queue that outlives it, and before it is replaced it ends those it has one by
    one, each with an answer. Left alone (granian 2.8 on Linux), a worker's queue ends with it, and it closes the
    connections that are idle or have not asked yet.
    """

    _ssp: Any
    _shd: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._leaving: dict[int, _Flag] = {}

    def _init_shared_socket(self) -> None:
        super()._init_shared_socket()  # type: ignore[no-untyped-call]
        # Elsewhere than on Linux all workers have one queue already.
        self._queues = [self._ssp.build() for _ in range(self.workers)] if self._ssp else []
        for queue in self._queues:
            with socket.socket(fileno=os.dup(queue.get_fd())) as opened:
                opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, SILENT_SECONDS)

    def _spawn_worker(self, idx: int, *args: Any, **kwargs: Any) -> WorkerProcess:
        if self._queues:
            self._ssp, self._shd = None, self._queues[idx]
        self._leaving[idx] = _Flag()
        kwargs["callback_loader"] = partial(kwargs["callback_loader"], is_leaving=self._leaving[idx].is_set)
        return super()._spawn_worker(idx, *args, **kwargs)

    def _respawn_workers(self, workers: list[int], *args: Any, **kwargs: Any) -> None:
        living = [idx for idx in workers if self.wrks[idx].inner.is_alive()]
        for idx in living:
            self._leaving[idx].set()
        end = monotonic() + DRAINING_SECONDS
        while living and not self.interrupt_signal and monotonic() < end:
            sleep(DRAINING_STEP_SECONDS)
        if not self.interrupt_signal:
            super()._respawn_workers(workers, *args, **kwargs)


class _Flag:
    """What the main process tells one worker: once set, it stays."""

    def __init__(self) -> None:
        self._shared = RawValue(c_bool, False)

    def set(self) -> None:
        self._shared.value = True

    def is_set(self) -> bool:
        return bool(self._shared.value)


def _is_news(record: logging.LogRecord) -> bool:
    # Granian warns of many threads; here most of them wait for their turn, and RUNNING bounds those that work.
    return not record.getMessage().startswith("Configuration allows spawning up to")


def _let_workers_be_stopped_as_they_start() -> None:
    # Until it serves, a worker would have the handlers of its parent, which only note that a signal came.
    stopping = (signal.SIGINT, signal.SIGTERM)

    def allow() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, stopping)

    def forget() -> None:
        for number in stopping:
            signal.signal(number, signal.SIG_DFL)
        allow()

    os.register_at_fork(
        before=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, stopping), after_in_parent=allow, after_in_child=forget
    )


def _end_with(main: int) -> None:
    """Wait until the main process is gone, then end this worker."""
    while os.getppid() == main:
        sleep(ORPHAN_SECONDS)
    LOG.error("The main process %d is gone: this worker ends.", main)
    os.kill(os.getpid(), signal.SIGTERM)
    sleep(GRACE_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)


def _address(host: str) -> str:
    """The address of a name ("localhost"), the first one if it has several. Raises MetiersError."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise MetiersError(
            f"Cannot listen on {host!r}: {error}. Choose an address of this machine (--host)."
        ) from error
    return str(min(found, key=lambda each: each[0] != socket.AF_INET)[4][0])


def _metrics(settings: Settings) -> Metrics | None:
    """The counters of all workers, published; None if no port is set. Raises MetiersError if the port is taken."""
    if not settings.metrics_port:
        return None
    routes = {rule.rule for rule in create_app(settings, open_engine(settings)).url_map.iter_rules()}
    metrics = Metrics(sorted(routes), settings.workers, program_version())
    give_out(metrics, settings.metrics_port)
    return metrics


def _allow_many_connections() -> None:
    # Systems start processes with 1,024 files at most, and let them ask for more.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * CONNECTIONS
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if most == resource.RLIM_INFINITY else min(wanted, most), most))


def _refuse_a_taken_port(host: str, port: int) -> None:
    # The server shares its port between processes, so that it would not notice another server there.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise MetiersError(f"Cannot listen on {host}:{port}: {error}. Choose another --host or --port.") from error
