"""An index altered while it is served is noticed and told; what else happens to its files changes no answer."""

import logging
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from engines import rebuilt, served_folder
from flask.testing import FlaskClient
from made_up import VILLAGE

from search.arrays import spans
from search.embedded.engine import EmbeddedEngine
from search.errors import IndexDamaged
from search.index import damage, generations
from search.index.damage import DamageWatch, file_states, mapped_files
from search.settings import Settings
from web.app import create_app

TOOK = re.compile(rb'"took_ms":[\d.]+')
ADDRESSES = (
    "/?q=boulanger",
    "/api/v1/search?q=boulanger",
    "/api/v1/search?q=bois&niveau_max=bac-2",
    "/api/v1/suggest?q=bou",
    "/api/v1/facets/domaine",
    "/?q=bois&format=csv",
    "/carte",
    "/parcourir",
    "/nouveautes.atom",
    "/health/ready",
)


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedEngine]:
    """An engine over sheets made up, which looks at its files before each answer."""
    monkeypatch.setattr(damage, "PAUSE_SECONDS", 0)
    opened = EmbeddedEngine(tmp_path / "index")
    rebuilt(opened, VILLAGE)
    opened.info()
    yield opened
    opened.close()


@pytest.fixture
def columns(engine: EmbeddedEngine, tmp_path: Path) -> Path:
    return served_folder(tmp_path / "index") / generations.COLUMNS


@pytest.fixture
def client(engine: EmbeddedEngine, tmp_path: Path) -> FlaskClient:
    return create_app(Settings(index=tmp_path / "index", cache_entries=0), engine).test_client()


def altered(path: Path) -> None:
    """Turn over the last byte of a file where it lies."""
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        last = file.read(1)
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last[0] ^ 0xFF]))


def answered(client: FlaskClient) -> dict[str, tuple[int, bytes]]:
    answers = {address: client.get(address) for address in ADDRESSES}
    return {address: (answer.status_code, TOOK.sub(b"", answer.data)) for address, answer in answers.items()}


def test_r4_each_mapped_file_is_noticed_if_it_is_altered_or_cut_where_it_lies_and_once_it_is_restored(
    engine: EmbeddedEngine, columns: Path
) -> None:
    folder = columns.parent
    manifest = generations.read_manifest(folder)
    files = mapped_files(folder)
    assert len(files) > 50
    watch = DamageWatch(folder, file_states(files), manifest.checksums)
    for path in files:
        for ruin in (altered, lambda path: os.truncate(path, path.stat().st_size - 1)):
            whole = path.read_bytes()
            ruin(path)
            with pytest.raises(IndexDamaged, match=path.name):
                watch.check_now()
            path.write_bytes(whole)
            watch.check_now()


def test_r4_an_index_altered_while_it_is_served_is_answered_by_503_until_it_is_restored(
    client: FlaskClient, columns: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = answered(client)
    assert {status for status, _ in before.values()} == {200}
    path = columns / "facets.held_start.npy"
    whole = path.read_bytes()
    altered(path)
    with caplog.at_level(logging.WARNING, "metiers"):
        assert {status for status, _ in answered(client).values()} == {503}
        assert client.get("/").headers["Retry-After"]
        assert client.get("/health/live").status_code == 200
        path.write_bytes(whole)
        assert answered(client) == before
    told = [record for record in caplog.records if record.name == "metiers"]
    assert [record.levelname for record in told] == ["ERROR", "WARNING"]
    assert path.name in told[0].getMessage()


@pytest.mark.parametrize("mended", [lambda path, aside: aside.replace(path), lambda path, aside: path.unlink()])
def test_r4_an_altered_file_is_mapped_still_whatever_is_put_in_its_place(
    client: FlaskClient, columns: Path, mended: Callable[[Path, Path], object]
) -> None:
    path = columns / "facets.held_start.npy"
    aside = path.with_suffix(".aside")
    shutil.copy(path, aside)
    altered(path)
    assert {status for status, _ in answered(client).values()} == {503}
    mended(path, aside)
    assert {status for status, _ in answered(client).values()} == {503}


def test_r4_a_change_elsewhere_heals_no_altered_file(client: FlaskClient, columns: Path) -> None:
    altered(columns / "facets.held_start.npy")
    assert {status for status, _ in answered(client).values()} == {503}
    os.utime(columns / "postings.doc.npy", (1, 1))
    assert {status for status, _ in answered(client).values()} == {503}


def test_r4_what_fails_because_the_index_was_just_altered_is_told_as_503(
    engine: EmbeddedEngine, client: FlaskClient, columns: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(damage, "PAUSE_SECONDS", 3600)
    engine.recheck()
    start = np.load(columns / "facets.held_start.npy", mmap_mode="r+")
    start[:] = np.arange(len(start)) * 2_000_000_000 % 2**31
    start.flush()
    for address in ("/api/v1/search?q=boulanger", "/?q=boulanger"):
        assert client.get(address).status_code == 503


def test_r4_what_fails_for_another_reason_stays_an_error(
    engine: EmbeddedEngine, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: EmbeddedEngine, query: object) -> None:
        raise ValueError("a fault of ours")

    monkeypatch.setattr(EmbeddedEngine, "search", broken)
    assert client.get("/api/v1/search?q=boulanger").status_code == 500


@pytest.mark.parametrize("kind", ["replaced", "removed", "texts", "touched", "folder gone"])
def test_r4_what_else_happens_to_the_files_of_a_served_index_changes_no_answer(
    client: FlaskClient, columns: Path, kind: str
) -> None:
    before = answered(client)
    for path in sorted(columns.iterdir()):
        if kind == "replaced" and path.suffix == ".npy":
            aside = path.with_suffix(".aside")
            shutil.copy(path, aside)
            altered(aside)
            aside.replace(path)
        elif kind == "removed":
            path.unlink()
        elif kind == "texts" and path.suffix == ".txt" and path.stat().st_size:
            altered(path)
        elif kind == "touched":
            os.utime(path, (1, 1))
    if kind == "folder gone":
        shutil.rmtree(columns)
    assert answered(client) == before


def test_r4_a_file_is_summed_once_for_each_change(
    engine: EmbeddedEngine, columns: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summed = []
    checksum = generations.checksum
    monkeypatch.setattr(damage, "checksum", lambda path: summed.append(path.name) or checksum(path))
    os.utime(columns / "postings.doc.npy", (1, 1))
    altered(columns / "matches.doc.npy")
    for _ in range(3):
        with pytest.raises(IndexDamaged):
            engine.info()
    assert sorted(summed) == ["matches.doc.npy", "postings.doc.npy"]


def test_r4_an_index_made_anew_is_served_in_place_of_one_that_was_altered(
    engine: EmbeddedEngine, columns: Path
) -> None:
    altered(columns / "matches.doc.npy")
    with pytest.raises(IndexDamaged):
        engine.info()
    made = rebuilt(engine, VILLAGE)
    assert engine.info() == made


def test_beginnings_that_no_column_has_are_refused_before_memory_is_taken() -> None:
    with pytest.raises(ValueError, match="altered"):
        spans(np.array([0], dtype=np.int32), np.array([2_000_000_000], dtype=np.int32), 15_000)
