"""A machine of its own inside this one, for the tests: systemd as process 1, a network and a disk that nobody else has.

In: folders of this machine that it sees. Out: a running Machine. Its disk shows the files of this machine; what is
written to it lies in memory, and is gone at the end. Only root may make one.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Final

import pytest

SYSTEMD: Final = "/lib/systemd/systemd"
ENTER: Final = (
    "unshare",
    "--mount",
    "--pid",
    "--fork",
    "--uts",
    "--ipc",
    "--net",
    "--cgroup",
    "--propagation",
    "private",
)
HIERARCHIES: Final = (Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup"))
"""Where the second kind of control groups lies, beside those of the first kind or alone."""

MASKED: Final = (
    "systemd-udevd.service", "systemd-udev-trigger.service", "systemd-networkd.service", "systemd-timesyncd.service",
    "systemd-modules-load.service", "systemd-sysctl.service", "systemd-random-seed.service", "systemd-logind.service",
    "systemd-binfmt.service", "systemd-repart.service", "systemd-pstore.service", "systemd-firstboot.service",
    "systemd-update-utmp.service", "systemd-tmpfiles-setup-dev.service", "dev-hugepages.mount", "dev-mqueue.mount",
    "sys-kernel-debug.mount", "sys-kernel-tracing.mount", "sys-kernel-config.mount", "sys-fs-fuse-connections.mount",
    "proc-sys-fs-binfmt_misc.automount", "getty.target", "remote-fs.target",
)  # fmt: skip
"""What a machine does with its devices, its clock and its kernel: those are of the machine around it."""

START: Final = """
set -eu
mount -t tmpfs -o mode=755 own "$PLACE"
mkdir "$PLACE/written" "$PLACE/work" "$PLACE/disk"
disk="$PLACE/disk"
mount -t overlay own -o "lowerdir=/,upperdir=$PLACE/written,workdir=$PLACE/work" "$disk"
rm -rf "$disk"/etc/systemd/system/* "$disk/etc/metiers.env" "$disk/var/log/journal" "$disk"/var/lib/systemd/timers/*
for unit in $MASKED; do ln -s /dev/null "$disk/etc/systemd/system/$unit"; done
mount -t proc own "$disk/proc"
mount -t sysfs own "$disk/sys"
mount -t cgroup2 own "$disk/sys/fs/cgroup"
mount --rbind /dev "$disk/dev"
mount --make-rslave "$disk/dev"
mount -t tmpfs own "$disk/run"
mount -t tmpfs own "$disk/tmp"
echo -n "$SEEN" | while read -r here there; do
    mkdir -p "$disk$there"
    mount --bind "$here" "$disk$there"
done
# Units may ask for an account space of their own, which nobody has whose root is only changed (chroot).
cd "$disk"
mkdir -p mnt
pivot_root . mnt
umount -l /mnt
exec env -i container=tests PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    "$SYSTEMD" --system --unit=basic.target --log-target=null --show-status=no
"""


class Machine:
    """A running machine."""

    def __init__(self, process: int) -> None:
        self._process = process
        self.variables: dict[str, str] = {}

    @property
    def disk(self) -> Path:
        """Its files, as this machine sees them."""
        return Path(f"/proc/{self._process}/root")

    def tried(self, command: str) -> subprocess.CompletedProcess[str]:
        """What became of a line of the shell."""
        entered = ["nsenter", f"--target={self._process}", "--all", "--root", "--wd=/"]
        given = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8", **self.variables}
        named = [f"{name}={value}" for name, value in given.items()]
        return subprocess.run(
            [*entered, "env", "-i", *named, "bash", "-c", command], capture_output=True, text=True, timeout=300, cwd="/"
        )  # fmt: skip

    def run(self, command: str) -> str:
        """What a line of the shell prints; it must succeed."""
        done = self.tried(command)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout.strip()

    def beside(self, command: Sequence[str | Path]) -> subprocess.Popen[str]:
        """A program of this machine, with this machine's files, in the network of the other one."""
        entered = ["nsenter", f"--target={self._process}", "--net"]
        return subprocess.Popen([*entered, *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def show(self, unit: str, name: str) -> str:
        """What systemd says of a unit."""
        return self.run(f"systemctl show {unit} --property={name} --value")


def skip_without() -> None:
    """Skip the test if no machine can be made here."""
    if os.geteuid():
        pytest.skip("needs root, to make namespaces")
    for program in ("unshare", "nsenter", SYSTEMD):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (Debian: util-linux, systemd)")
    probe = (
        'd=$(mktemp -d); mount -t tmpfs own "$d" && mkdir "$d/u" "$d/w" "$d/r"; mount -t cgroup2 own "$d/r" && '
        'mount -t overlay own -o "lowerdir=/,upperdir=$d/u,workdir=$d/w" "$d/r"'
    )
    told = subprocess.run([*ENTER, "bash", "-c", probe], capture_output=True, text=True)
    if told.returncode:
        pytest.skip(f"namespaces, or mounts in them, are not allowed here: {told.stderr.strip()}")


@contextmanager
def running(place: Path, seen: Mapping[Path, str]) -> Iterator[Machine]:
    """A machine that runs while the context lasts; each folder of `seen` is seen by it at another path."""
    skip_without()
    hierarchy = next((each for each in HIERARCHIES if (each / "cgroup.procs").exists()), None)
    if hierarchy is None:
        pytest.skip("no control groups of the second kind are mounted here")
    group = hierarchy / f"tests-{os.getpid()}"
    group.mkdir()
    (place / "own").mkdir()
    given = {"PLACE": str(place / "own"), "MASKED": " ".join(MASKED), "SYSTEMD": SYSTEMD}
    entered = ["bash", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "-", *ENTER, "--kill-child", "bash", "-c"]
    given["SEEN"] = "".join(f"{here} {there}\n" for here, there in seen.items())
    with (place / "log").open("w") as log:
        process = subprocess.Popen(
            [*entered, START], env=os.environ | given, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )  # fmt: skip
    try:
        yield started(process, place / "log")
    finally:
        process.kill()
        process.wait()
        remove(group)


def started(process: subprocess.Popen[bytes], log: Path) -> Machine:
    """The machine that a process makes, once its systemd is ready."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    limit = monotonic() + 120
    while monotonic() < limit and process.poll() is None:
        # Before it has become systemd, whoever is asked may be that of this machine.
        for child in children.read_text("ascii").split():
            machine = Machine(int(child))
            if is_systemd(child) and machine.tried("systemctl is-active basic.target").stdout.strip() == "active":
                return machine
        sleep(0.1)
    # Nothing of the project has run yet: what fails here is the machine around it.
    pytest.skip(f"systemd does not start here as the process 1 of a namespace: {log.read_text('utf-8').strip()[:300]}")


def is_systemd(process: str) -> bool:
    """Whether a process, if there is one, runs systemd."""
    try:
        return Path(f"/proc/{process}/comm").read_text("ascii").strip() == "systemd"
    except FileNotFoundError:
        return False


def remove(group: Path) -> None:
    """Take away a control group and those in it, once what ran in them has ended."""
    limit = monotonic() + 20
    while group.exists() and monotonic() < limit:
        for folder, _, _ in os.walk(group, topdown=False):
            try:
                os.rmdir(folder)
            except OSError:
                sleep(0.1)
