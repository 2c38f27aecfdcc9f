"""Cuts off the connections of clients that ask and do not read, so that their answers do not fill the memory.

In: the port served, the bytes of each answer. Out: connections are closed; `is_full` while no more should be sent.

The server gets an answer whole and keeps a copy until its client has read it: a client that asks and reads nothing
would keep it for ever. The system knows how many bytes a client has read. Linux only.
"""

import logging
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fcntl import ioctl
from pathlib import Path
from stat import S_ISSOCK
from termios import TIOCOUTQ
from threading import Lock
from time import sleep
from typing import Final

LOG: Final = logging.getLogger("metiers")

LOOK_SECONDS: Final = 0.5
"""How often the connections are looked at."""

MOST_LOOKS: Final = 60
"""Looks in a row at which a client has taken nothing, after which it is cut off: half a minute."""

MOST_UNREAD: Final = 100
"""Connections of a process whose clients take nothing from one look to the next; beyond it, those that wait longest
are cut off. For each the server keeps two answers at most: the one being sent, and the next if it was asked for."""

MOST_HANDED_OVER: Final = 16_000_000
"""Bytes handed over between two looks, after which it is asked whether they are read at all."""

_OPEN_FILES: Final = Path("/proc/self/fd")
_TCP_INFO: Final = struct.Struct("B119xQ")
"""Of what the system tells of a connection: its state, and the bytes that the other side has taken."""

_SERVED: Final = frozenset((1, 8))
"""States of a connection that this side has not ended: established, and ended by the other side only."""

_NOTHING_KEPT: Final = struct.pack("ii", 1, 0)
"""SO_LINGER: what is not sent when the connection ends is thrown away."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A connection on which bytes wait.

    file: its descriptor. taken: the bytes that its client had read. looks: for how many looks in a row it read nothing.
    """

    file: int
    taken: int
    looks: int = 0


class UnreadAnswers:
    """The connections of this process to one of its ports. One thread looks at them again and again (`bound`).

    The threads that answer say how much they send (`hand_over`), and see in `is_full` whether it is too much.
    """

    def __init__(
        self, port: int, most: int = MOST_UNREAD, most_looks: int = MOST_LOOKS, most_bytes: int = MOST_HANDED_OVER
    ) -> None:
        self._port = port
        self._most = most
        self._most_looks = most_looks
        self._most_bytes = most_bytes
        self._waiting: dict[int, _Waiting] = {}
        self._lock = Lock()
        self._handed_over = 0
        self.is_full = False
        """Whether too many clients read nothing; the next look cuts them off."""

    def hand_over(self, length: int) -> None:
        """Count the bytes of an answer."""
        with self._lock:
            self._handed_over += length
            if self._handed_over > self._most_bytes and not self.is_full:
                self._handed_over = 0
                self.is_full = sum(1 for _ in self._with_bytes_waiting()) > self._most

    def bound(self) -> None:
        """Look every LOOK_SECONDS, for ever."""
        while True:
            sleep(LOOK_SECONDS)
            cut = self.look()
            if cut:
                LOG.warning("%d connections were cut off: they asked, and read nothing.", cut)

    def look(self) -> int:
        """Cut off the connections that have read nothing for too long, and those beyond `most`. Returns how many."""
        before = self._waiting
        self._waiting = {}
        for inode, file, taken in self._with_bytes_waiting():
            known = before.get(inode)
            looks = known.looks + 1 if known and known.taken == taken else 0
            self._waiting[inode] = _Waiting(file, taken, looks)
        idle = sorted((each for each in self._waiting.items() if each[1].looks), key=lambda each: -each[1].looks)
        too_long = sum(waiting.looks >= self._most_looks for _, waiting in idle)
        cut = idle[: max(too_long, len(idle) - self._most)]
        for inode, waiting in cut:
            _cut_off(waiting.file, inode)
        with self._lock:
            self._handed_over = 0
            self.is_full = self.is_full and len(self._waiting) - len(cut) > self._most
        return len(cut)

    def _with_bytes_waiting(self) -> Iterator[tuple[int, int, int]]:
        """Inode, descriptor and bytes read of each connection whose client has not read all that was sent."""
        for file in _open_files():
            with suppress(OSError):  # closed meanwhile
                status = os.fstat(file)
                if S_ISSOCK(status.st_mode):
                    with _connection(file) as connection:
                        if self._is_ours(connection) and _bytes_waiting(connection):
                            state, taken = _state_and_taken(connection)
                            if state in _SERVED:
                                yield status.st_ino, file, taken

    def _is_ours(self, connection: socket.socket) -> bool:
        is_tcp = connection.family in {socket.AF_INET, socket.AF_INET6} and connection.type == socket.SOCK_STREAM
        return is_tcp and connection.getsockname()[1] == self._port


def _state_and_taken(connection: socket.socket) -> tuple[int, int]:
    state, taken = _TCP_INFO.unpack(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size))
    return state, taken


def _open_files() -> list[int]:
    try:
        return [int(each.name) for each in _OPEN_FILES.iterdir()]
    except OSError:
        return []  # a system that does not tell


@contextmanager
def _connection(file: int) -> Iterator[socket.socket]:
    """The connection of a file that is open, which stays open. Raises OSError if it is none."""
    copy = os.dup(file)
    try:
        connection = socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        raise
    with connection:
        yield connection


def _bytes_waiting(connection: socket.socket) -> int:
    """The bytes sent that the client has not acknowledged."""
    return int.from_bytes(ioctl(connection.fileno(), TIOCOUTQ, bytes(4)), "little")


def _cut_off(file: int, inode: int) -> None:
    """End a connection, unless its descriptor is that of another one by now."""
    with suppress(OSError), _connection(file) as connection:
        if os.fstat(connection.fileno()).st_ino == inode:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NOTHING_KEPT)
            connection.shutdown(socket.SHUT_RDWR)
