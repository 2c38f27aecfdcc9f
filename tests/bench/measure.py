"""Clocks, percentiles, child processes and the machine. In: something to run. Out: milliseconds, megabytes, seconds."""

import gc
import json
import os
import platform
import resource
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter_ns, process_time_ns
from typing import Any, Final

PERCENTILES: Final = (50, 95, 99)


@dataclass(slots=True)
class Timed:
    """What a piece of work took: of this process's processors, all threads together, and of the clock. Milliseconds."""

    cpu: float = 0.0
    wall: float = 0.0


@contextmanager
def timed() -> Iterator[Timed]:
    """Time the body."""
    taken = Timed()
    wall, cpu = perf_counter_ns(), process_time_ns()
    yield taken
    taken.cpu, taken.wall = (process_time_ns() - cpu) / 1e6, (perf_counter_ns() - wall) / 1e6


def measure(work: Callable[[], object]) -> Timed:
    """Time one call."""
    wall, cpu = perf_counter_ns(), process_time_ns()
    work()
    cpu_end, wall_end = process_time_ns(), perf_counter_ns()
    return Timed((cpu_end - cpu) / 1e6, (wall_end - wall) / 1e6)


def percentiles(values: Iterable[float]) -> dict[str, float]:
    """p50, p95, p99: the value under which that share of the values lies, the nearest one."""
    ordered = sorted(values)
    last = len(ordered) - 1
    return {f"p{share}": ordered[min(last, round(share / 100 * last))] for share in PERCENTILES}


def typical(rounds: Sequence[Timed], clock: str) -> float:
    """The median of the same thing measured several times, which a busy neighbour moves least."""
    return median(each.cpu if clock == "cpu" else each.wall for each in rounds)


@contextmanager
def quiet_memory() -> Iterator[None]:
    """The garbage collector passes over what was made before, so that no engine pays for another's objects."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def peak_mb() -> float:
    """The most memory that this process has held so far, and the largest of its children that have ended."""
    unit = 1024 if sys.platform != "darwin" else 1024 * 1024
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_maxrss for usage in usages) / unit


def children_cpu_s() -> float:
    """Processor time of the children of this process that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def resident_mb() -> float:
    """The memory that this process holds now, mapped files included as far as they were touched."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return peak_mb()
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_048_576


def disk_mb(folder: Path) -> float:
    """The size of all files of a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1_000_000


def in_child(script: Path, *words: str) -> dict[str, Any]:
    """Run a script in a process of its own and read the JSON that it prints."""
    done = subprocess.run([sys.executable, str(script), *words], stdout=subprocess.PIPE, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def machine() -> dict[str, str]:
    """What the figures were made on."""
    return {
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        **{name: version(name) for name in ("whoosh", "tantivy", "numpy", "flask", "granian")},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def load_average() -> str:
    """How busy the machine is: above the number of cores, figures by the clock are worth little."""
    return f"{os.getloadavg()[0]:.1f}"
