"""Checks whether all is well on this machine. In: the settings. Out: findings, each with what to do about it.

It changes nothing.
"""

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, Literal
from urllib.request import ProxyHandler, build_opener

import orjson

from search.backends import open_engine
from search.engine import OLD_DAYS, IndexInfo
from search.errors import MetiersError, UnusableIndex
from search.index import generations
from search.index.fingerprint import fingerprint
from search.settings import Settings, unknown_variables
from web import texts
from web.pages import pay

State = Literal["good", "look", "mend"]

TIMEOUT: Final = 5.0
"""Seconds given to an address for its answer."""

WORKER_MEGABYTES: Final = 300
"""What a worker takes once in use: docs/operations.md, Sizing."""

INDEX_MEGABYTES: Final = 30
"""What an index of the official data takes, if there is none yet to measure."""

_MEGA: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found on one subject (`told`), and what to do (`todo`, "" for nothing). State: good, to look at, to
    mend."""

    subject: str
    state: State
    told: str
    todo: str = ""

    def lines(self) -> Iterator[str]:
        """The finding for a terminal."""
        yield f"{texts.DOCTOR_STATES[self.state]:<10} {self.subject:<9} {self.told}"
        if self.todo:
            yield f"{'':<20} → {self.todo}"


def findings(settings: Settings) -> Iterator[Finding]:
    """The findings, subject by subject."""
    yield from _settings(settings)
    info: IndexInfo | None = None
    try:
        info, passed_over = _served(settings)
        yield from _index(settings, info, passed_over)
    except MetiersError as error:
        yield _no_index(settings, error)
    if info:
        yield _data(settings, info)
    yield _smic(datetime.now(UTC).year)
    yield from _addresses(settings, info)
    yield _clock(info)
    yield _disk(settings, info)
    yield _memory(settings)


def _finding(subject: str, kind: str, state: State, **values: Any) -> Finding:
    """The finding whose sentences are `subject_kind` and `subject_kind_todo`."""
    told = texts.DOCTOR[f"{subject}_{kind}"].format(**values)
    todo = texts.DOCTOR.get(f"{subject}_{kind}_todo", "").format(**values)
    return Finding(texts.DOCTOR[subject], state, told, "" if state == "good" else todo)


def _settings(settings: Settings) -> Iterator[Finding]:
    found = [_finding("settings", "unknown", "mend", name=name) for name in unknown_variables()]
    if not settings.base_url:
        found.append(_finding("settings", "base_url", "look", address=f"http://{settings.host}:{settings.port}"))
    if settings.untold:
        found.append(_finding("settings", "untold", "look", names=", ".join(settings.untold)))
    if settings.proxies and not _is_loopback(settings.host):
        found.append(
            _finding("settings", "proxies", "look", proxies=settings.proxies, host=settings.host, port=settings.port)
        )
    yield from found or [_finding("settings", "good", "good")]


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _served(settings: Settings) -> tuple[IndexInfo, str | None]:
    """The index, and why a newer one is not served, if one is not. Raises MetiersError."""
    with closing(open_engine(settings)) as engine:
        return engine.info(), engine.passed_over()


def _index(settings: Settings, info: IndexInfo, passed_over: str | None) -> Iterator[Finding]:
    """Raises MetiersError for an index that is not whole."""
    if passed_over:
        yield _finding("index", "passed_over", "mend", reason=passed_over)
    if settings.engine != "embedded":
        yield _finding("index", "cluster", "good", generation=info.generation, documents=info.documents)
        return
    manifest = generations.verify(settings.index / info.generation, fingerprint())
    if exposed := generations.exposed(settings.index):
        yield _finding("index", "exposed", "mend", path=exposed[0], index=settings.index)
    files = len(manifest.checksums)
    yield _finding("index", "good", "good", generation=info.generation, documents=info.documents, files=files)


def _no_index(settings: Settings, error: MetiersError) -> Finding:
    """What keeps an index from being read; another one is made only if that would help."""
    if not isinstance(error, UnusableIndex):
        return _finding("index", "unreachable", "mend", reason=error)
    if settings.engine != "embedded":
        return _finding("index", "unusable", "mend", reason=error, command="metiers index SOURCES")
    if settings.index.exists() and not settings.index.is_dir():
        return _finding("index", "elsewhere", "mend", index=settings.index)
    return _finding(
        "index", "unusable", "mend", reason=error, command=f"metiers index SOURCES --index {settings.index}"
    )


def _data(settings: Settings, info: IndexInfo) -> Finding:
    days = info.data_days(datetime.now(UTC).date())
    if days is None:
        return _finding("sources", "undated", "good")
    values: dict[str, Any] = {"date": info.data_date, "days": days, "most": OLD_DAYS, "data_dir": settings.data_dir}
    if days > OLD_DAYS:
        return _finding("sources", "old", "look", **values)
    return _finding("sources", "good", "good", **values)


def _smic(this_year: int) -> Finding:
    """Pages tell salaries beside the legal minimum, which is set anew each year."""
    known = pay.latest_smic()
    if int(known) < this_year:
        return _finding("smic", "old", "look", year=known)
    return _finding("smic", "good", "good", year=known)


def _addresses(settings: Settings, info: IndexInfo | None) -> Iterator[Finding]:
    """Whether the service answers where it listens, and where readers reach it."""
    host = settings.host if settings.host not in {"0.0.0.0", "::"} else "127.0.0.1"  # noqa: S104 - compared, not bound
    own = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
    yield _address(settings, info, own, texts.DOCTOR["address_silent_todo"].format(port=settings.port))
    if settings.base_url:
        yield _address(settings, info, settings.base_url.rstrip("/"), texts.DOCTOR["address_public_todo"])


def _address(settings: Settings, info: IndexInfo | None, url: str, todo: str) -> Finding:
    try:
        # What the settings name may be asked: its owner wrote it. Proxies of the environment are not used.
        with build_opener(ProxyHandler({})).open(f"{url}/health/ready", timeout=TIMEOUT) as answer:
            other = orjson.loads(answer.read())["index"]["generation"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        told = texts.DOCTOR["address_silent"].format(url=url, reason=error)
        return Finding(texts.DOCTOR["address"], "mend", told, todo)
    if info is None:
        return _finding("address", "alone", "good", url=url, other=other)
    if other != info.generation:
        values = {"url": url, "other": other, "generation": info.generation, "index": settings.index}
        return _finding("address", "other", "look", **values)
    return _finding("address", "good", "good", url=url)


def _clock(info: IndexInfo | None) -> Finding:
    now = datetime.now(UTC)
    values = {"now": f"{now:%Y-%m-%d %H:%M}", "built_at": info.built_at if info else ""}
    if info and now < datetime.fromisoformat(info.built_at):
        return _finding("clock", "late", "mend", **values)
    return _finding("clock", "good", "good", **values)


def _disk(settings: Settings, info: IndexInfo | None) -> Finding:
    """Whether there is room for the next index, which is written beside the one that is served."""
    folder = next(path for path in (settings.index.absolute(), *settings.index.absolute().parents) if path.exists())
    free = shutil.disk_usage(folder).free // _MEGA
    served = settings.index / info.generation if info else settings.index
    size = sum(path.stat().st_size for path in served.rglob("*") if path.is_file()) // _MEGA
    wanted = 2 * (size or INDEX_MEGABYTES)
    values: dict[str, Any] = {"free": free, "wanted": wanted, "index": settings.index}
    if free < wanted:
        return _finding("disk", "full", "mend", **values)
    return _finding("disk", "good", "good", **values)


def _memory(settings: Settings) -> Finding:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        free = next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")) * 1024 // _MEGA
    except (OSError, StopIteration):
        return _finding("memory", "unknown", "look")
    wanted = settings.workers * WORKER_MEGABYTES
    values: dict[str, Any] = {"free": free, "wanted": wanted, "workers": settings.workers}
    if free < wanted:
        return _finding("memory", "short", "look", **values)
    return _finding("memory", "good", "good", **values)
