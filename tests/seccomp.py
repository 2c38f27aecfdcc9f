"""The filter of system calls that systemd would set for a unit, set on a program of ours.

In: the text of a unit. Out: `python tests/seccomp.py UNIT PROGRAM …` runs the program under the unit's
SystemCallFilter and RestrictAddressFamilies; a call outside them ends it (SIGSYS), whatever SystemCallErrorNumber says.
The groups (@system-service …) are those of the systemd that is installed; the filter is made by libseccomp.
"""

import ctypes
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Final

LIBRARY: Final = "libseccomp.so.2"
KILL: Final = 0x80000000
ALLOW: Final = 0x7FFF0000
EQUAL: Final = 4


class Comparison(ctypes.Structure):
    """What an argument of a call must be: `struct scmp_arg_cmp` of libseccomp."""

    _fields_ = (
        ("arg", ctypes.c_uint), ("op", ctypes.c_int), ("datum_a", ctypes.c_uint64), ("datum_b", ctypes.c_uint64),
    )  # fmt: skip


def settings(unit: str, name: str) -> list[str]:
    """The values of a setting that may be given several times."""
    lines = (line.partition("=") for line in unit.splitlines() if not line.startswith("#"))
    return [value for key, _, value in lines if key == name]


def allowed_calls(unit: str) -> set[str]:
    """The calls of the unit's list: lines are read in order, and one that begins with ~ takes away."""
    allowed = _expanded("@default")
    for value in settings(unit, "SystemCallFilter"):
        names = {call for name in value.removeprefix("~").split() for call in _expanded(name)}
        allowed = allowed - names if value.startswith("~") else allowed | names
    return allowed


def _expanded(name: str) -> set[str]:
    if not name.startswith("@"):
        return {name}
    command = ["systemd-analyze", "syscall-filter", "--no-pager", name]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    words = [line.strip() for line in listed.splitlines()[1:]]
    return {call for word in words if word and not word.startswith("#") for call in _expanded(word)}


def set_filter(unit: str) -> None:
    """Filter the calls of this process, and of all that it starts, from now on. There is no way back."""
    library = ctypes.CDLL(LIBRARY)
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(KILL)))
    calls = allowed_calls(unit) - {"socket"}
    for name in sorted(calls):
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:
            _checked(library.seccomp_rule_add_array(context, ctypes.c_uint32(ALLOW), number, 0, None))
    number = library.seccomp_syscall_resolve_name(b"socket")
    families = " ".join(settings(unit, "RestrictAddressFamilies")).split()
    # A family that is not known here is refused by the system itself.
    for family in families:
        only = Comparison(0, EQUAL, getattr(socket, family), 0)
        _checked(library.seccomp_rule_add_array(context, ctypes.c_uint32(ALLOW), number, 1, ctypes.byref(only)))
    _checked(library.seccomp_load(context))


def _checked(result: int) -> None:
    if result:
        raise OSError(-result, os.strerror(-result))


if __name__ == "__main__":
    set_filter(Path(sys.argv[1]).read_text(encoding="utf-8"))
    os.execv(sys.argv[2], sys.argv[2:])
