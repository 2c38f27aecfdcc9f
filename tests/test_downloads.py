"""The files of a whole edition: complete, the same from each process, resumed where they stopped, told when they go."""

import csv
import gzip
import io
import json
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event
from time import sleep
from typing import Any

import brotli
import pytest
from engines import ENGINES, rebuilt
from flask import Flask
from flask.testing import FlaskClient
from made_up import VILLAGE, fiche
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.test import TestResponse

from search.backends import open_engine
from search.catalogue import Catalogue
from search.embedded.engine import EmbeddedEngine
from search.engine import Engine
from search.errors import EngineUnavailable
from search.fields import WRITTEN, block_text
from search.settings import Settings
from web import exports
from web.api import download_files
from web.api.download_files import DownloadFiles
from web.api.downloads import DOWNLOAD_BY_NAME, DOWNLOADS, Download, Edition
from web.app import create_app
from web.serving.overload import Guard
from web.serving.stored_files import CODINGS, FilePieces, packed, stored

NAMES = [each.name for each in DOWNLOADS]


@pytest.fixture(scope="module")
def app(village_index: Path) -> Iterator[Flask]:
    settings = Settings(index=village_index, base_url="https://metiers.example.org")
    with closing(open_engine(settings)) as engine:
        yield create_app(settings, engine)


@pytest.fixture
def village(app: Flask) -> FlaskClient:
    return app.test_client()


def fetch(client: FlaskClient, name: str, **headers: str) -> TestResponse:
    """The file of the edition that is served."""
    asked = {key.replace("_", "-"): value for key, value in headers.items()}
    return client.get(f"/api/v1/{name}", headers=asked, follow_redirects=True)


def table(client: FlaskClient, name: str) -> list[dict[str, str]]:
    text = fetch(client, name).data.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


@pytest.mark.parametrize("name", NAMES)
def test_a_file_has_its_edition_in_its_address(village: FlaskClient, name: str) -> None:
    edition = village.get("/health/ready").json["index"]["generation"]
    pointer = village.get(f"/api/v1/{name}")
    assert (pointer.status_code, pointer.headers["Cache-Control"]) == (302, "no-cache")
    assert pointer.location == f"/api/v1/editions/{edition}/{name}"
    file = village.get(pointer.location)
    assert (file.status_code, file.mimetype) == (200, DOWNLOAD_BY_NAME[name].mimetype)
    assert file.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert file.headers["Accept-Ranges"] == "bytes"
    assert int(file.headers["Content-Length"]) == len(file.data)


def test_each_line_is_a_whole_sheet_as_its_own_address_gives_it(village: FlaskClient) -> None:
    lines = [json.loads(line) for line in fetch(village, "metiers.ndjson").data.splitlines()]
    assert {each["id"] for each in lines} == {each.id for each in VILLAGE}
    assert lines == [village.get(each["links"]["self"]).json for each in lines]


def test_the_table_holds_every_section_and_says_what_each_column_is(village: FlaskClient) -> None:
    rows = {row["id"]: row for row in table(village, "metiers.csv")}
    assert rows.keys() == {each.id for each in VILLAGE}
    for each in VILLAGE:
        for field in WRITTEN:
            text = "\n".join(block_text(block) for block in each.section(field.name))
            assert rows[each.id][field.name] == exports.safe(text)
    assert list(rows[VILLAGE[0].id]) == list(DOWNLOAD_BY_NAME["metiers.csv"].columns)


def test_the_linked_data_are_occupations_at_their_public_addresses(village: FlaskClient) -> None:
    document = fetch(village, "metiers.jsonld").get_json(force=True)
    assert document["@context"] == "https://schema.org"
    assert {(each["@type"], each["@id"]) for each in document["@graph"]} == {
        ("Occupation", f"https://metiers.example.org/metiers/{each.id}") for each in VILLAGE
    }


def test_the_tables_of_relations_say_what_the_sheets_say(village: FlaskClient) -> None:
    codes = {(each.id, code.code, code.label) for each in VILLAGE for code in each.rome}
    assert {(row["id"], row["rome"], row["rome_nom"]) for row in table(village, "rome.csv")} == codes
    diplomas = {(each.id, diploma.id) for each in VILLAGE for diploma in each.formations}
    assert {(row["id"], row["formation"]) for row in table(village, "diplomes.csv")} == diplomas
    assert codes
    assert diplomas
    for id in {row["id"] for row in table(village, "similaires.csv")}:
        near = village.get(f"/api/v1/metiers/{id}/similaires?limit=10").json["results"]
        rows = [row for row in table(village, "similaires.csv") if row["id"] == id]
        told = [(row["proche_id"], row["score"].replace(",", ".")) for row in rows]
        assert told == [(each["id"], str(each["score"])) for each in near]
    for name in ("similaires.csv", "rome.csv", "diplomes.csv"):
        assert list(table(village, name)[0]) == list(DOWNLOAD_BY_NAME[name].columns)
        assert all(DOWNLOAD_BY_NAME[name].columns.values())


@pytest.mark.parametrize("name", NAMES)
def test_each_process_makes_the_same_bytes(village: FlaskClient, village_index: Path, name: str) -> None:
    settings = Settings(index=village_index, base_url="https://metiers.example.org")
    with closing(open_engine(settings)) as engine:
        other = fetch(create_app(settings, engine).test_client(), name)
    assert other.headers["ETag"] == fetch(village, name).headers["ETag"]
    assert other.data == fetch(village, name).data


@pytest.mark.parametrize("coding", ["identity", *CODINGS])
def test_a_download_goes_on_where_it_stopped(village: FlaskClient, coding: str) -> None:
    whole = fetch(village, "metiers.ndjson", Accept_Encoding=coding)
    etag, size = whole.headers["ETag"], len(whole.data)
    assert not etag.startswith("W/")
    asked = {"Accept_Encoding": coding, "If_Range": etag}
    begun = fetch(village, "metiers.ndjson", Range="bytes=0-99", **asked)
    rest = fetch(village, "metiers.ndjson", Range="bytes=100-", **asked)
    assert (begun.status_code, rest.status_code) == (206, 206)
    assert rest.headers["Content-Range"] == f"bytes 100-{size - 1}/{size}"
    assert begun.data + rest.data == whole.data
    assert fetch(village, "metiers.ndjson", Range="bytes=-7", **asked).data == whole.data[-7:]


@pytest.mark.parametrize(("coding", "unpacked"), [("br", brotli.decompress), ("gzip", gzip.decompress)])
def test_what_is_packed_is_the_same_file_and_another_tag(
    village: FlaskClient, coding: str, unpacked: Callable[[bytes], bytes]
) -> None:
    plain, packed = (fetch(village, "metiers.csv", Accept_Encoding=each) for each in ("identity", coding))
    assert unpacked(packed.data) == plain.data
    assert plain.headers["ETag"] != packed.headers["ETag"]
    assert packed.headers["Content-Encoding"] == coding
    assert fetch(village, "metiers.csv", If_None_Match=plain.headers["ETag"]).status_code == 304


def test_brotli_is_preferred_by_whoever_takes_both(village: FlaskClient) -> None:
    told = fetch(village, "metiers.csv", Accept_Encoding="gzip, deflate, br, zstd")
    assert told.headers["Content-Encoding"] == "br"


@pytest.mark.parametrize(
    "headers",
    [
        {"Range": "bytes=100-", "If_Range": '"another"'},
        {"Range": "bytes=100-", "If_Range": "Fri, 27 Nov 2026 10:00:00 GMT"},
        {"Range": "bytes=0-1,5-6"},
        {"Range": "sheets=1-2"},
        {"Range": "bytes=b-a"},
    ],
)
def test_the_whole_file_comes_where_a_part_would_not_fit(village: FlaskClient, headers: dict[str, str]) -> None:
    answer = fetch(village, "metiers.ndjson", **headers)
    assert (answer.status_code, answer.data) == (200, fetch(village, "metiers.ndjson").data)


def test_the_head_of_a_part_is_that_of_the_whole_file(village: FlaskClient) -> None:
    path = village.get("/api/v1/rome.csv").location
    plain, part = village.head(path), village.head(path, headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.headers["Content-Length"]) == (200, plain.headers["Content-Length"])


def test_bytes_beyond_the_end_are_a_problem_that_tells_the_length(village: FlaskClient) -> None:
    size = len(fetch(village, "rome.csv").data)
    answer = fetch(village, "rome.csv", Range=f"bytes={size}-")
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{size}")
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("path", ["/api/v1/metiers.xml", "/api/v1/editions/{edition}/metiers.xml"])
def test_a_file_that_does_not_exist_is_a_404(village: FlaskClient, path: str) -> None:
    edition = village.get("/health/ready").json["index"]["generation"]
    assert village.get(path.format(edition=edition)).status_code == 404


def test_pages_and_files_of_an_edition_are_gone_when_another_is_served(tmp_path: Path) -> None:
    settings = Settings(index=tmp_path / "index")
    with closing(open_engine(settings)) as engine:
        rebuilt(engine, VILLAGE)
        client = create_app(settings, engine).test_client()
        page = client.get("/api/v1/search?per_page=2&page=2").json
        file = client.get("/api/v1/metiers.csv").location
        ways = [page["links"][name] for name in ("first", "prev", "next")]
        assert all(f"edition={page['index']['generation']}" in way for way in ways)
        assert [client.get(way).status_code for way in (*ways, file)] == [200] * 4
        rebuilt(engine, [fiche(1, "apiculteur")])
        for way in (*ways, file):
            answer = client.get(way)
            assert (answer.status_code, answer.mimetype) == (410, "application/problem+json")
            assert answer.json["type"] == "/api/docs#edition-remplacee"
        assert client.get(page["links"]["self"]).status_code == 200
        assert fetch(client, "metiers.csv").status_code == 200


@pytest.mark.parametrize("coding", CODINGS)
def test_a_file_of_any_length_takes_little_memory(coding: str) -> None:
    tracemalloc.start()
    try:
        file = stored(b"0123456789" * 1_000 for _ in range(3_000))
        small = packed(file, coding)
        read = sum(len(piece) for piece in file.pieces(5, file.length))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (file.length, read) == (30_000_000, 29_999_995)
    assert small.length < file.length
    assert most < 2_000_000


def test_an_open_file_outlives_its_edition_as_long_as_it_is_read() -> None:
    pieces = iter(stored([b"a" * 100_000]).pieces(0, 100_000))
    assert len(next(pieces)) + len(next(pieces)) == 100_000


def test_the_server_is_handed_a_file_in_pieces_and_anything_else_whole(app: Flask) -> None:
    guard = Guard(app.wsgi_app, 1, 1, lambda path: True)
    client = app.test_client()
    path = client.get("/api/v1/metiers.ndjson").location
    assert isinstance(guard(environ(path), ignore), FilePieces)
    assert isinstance(guard(environ("/api/v1/search"), ignore), list)
    assert guard(environ(path, "HEAD"), ignore) == [b""]


def test_as_many_files_are_sent_at_once_as_there_are_threads_for(app: Flask) -> None:
    guard = Guard(app.wsgi_app, 1, 1, lambda path: True)
    client = app.test_client()
    path = client.get("/api/v1/metiers.ndjson").location
    sending = [guard(environ(path), ignore) for _ in range(download_files.SENT_AT_ONCE)]
    refused = client.get(path)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, str(download_files.RETRY_SECONDS))
    assert client.head(path).status_code == 503
    assert client.get("/api/v1/search").status_code == 200
    sending.pop().close()  # type: ignore[attr-defined]
    assert client.get(path).status_code == 200
    del sending
    assert all(client.get(path).status_code == 200 for _ in range(download_files.SENT_AT_ONCE + 1))


def environ(path: str, method: str = "GET") -> dict[str, Any]:
    from werkzeug.test import create_environ

    return create_environ(path, method=method)


def ignore(*_: object) -> None:
    """The beginning of an answer that nobody looks at."""


def edition(engine: Engine) -> Edition:
    return Edition(Catalogue(engine.pinned()), "")


def test_one_waits_for_a_file_and_the_others_are_told_when_to_come_back(village_index: Path) -> None:
    ready, files = Event(), DownloadFiles()

    def write(edition: Edition) -> Iterator[bytes]:
        ready.wait(20)
        yield b"all"

    slow = Download("slow.csv", "text/csv", write)
    with closing(EmbeddedEngine(village_index)) as engine, ThreadPoolExecutor(1) as first:
        waiting = first.submit(files.get, slow, edition(engine))
        while not files._may_wait.locked():
            sleep(0.001)
        with pytest.raises(ServiceUnavailable) as refused:
            files.get(slow, edition(engine))
        assert refused.value.retry_after == download_files.RETRY_SECONDS
        ready.set()
        assert waiting.result().plain.length == 3


def test_a_file_that_could_not_be_written_is_tried_again(village_index: Path) -> None:
    faults = [OSError(28, "No space left on device")]

    def write(edition: Edition) -> Iterator[bytes]:
        if faults:
            raise faults.pop()
        yield b"all"

    files = DownloadFiles()
    with closing(EmbeddedEngine(village_index)) as engine:
        with pytest.raises(EngineUnavailable, match="No space left"):
            files.get(Download("full.csv", "text/csv", write), edition(engine))
        assert files.get(Download("full.csv", "text/csv", write), edition(engine)).plain.length == 3


@pytest.mark.parametrize("kind", sorted(ENGINES))
def test_the_files_are_the_same_whichever_engine_serves(kind: str, village_index: Path, tmp_path: Path) -> None:
    with closing(ENGINES[kind](tmp_path / "index")) as engine, closing(EmbeddedEngine(village_index)) as embedded:
        rebuilt(engine, VILLAGE)
        for each in DOWNLOADS:
            served, expected = (without_edition(each, part) for part in (engine, embedded))
            assert served == expected, each.name
            assert served


def without_edition(download: Download, engine: Engine) -> bytes:
    """A file of an engine, but for the name of its index and the time of it, which are another each time."""
    written = b"".join(download.write(edition(engine)))
    info = engine.info()
    for told, stands in ((info.generation, b"EDITION"), (info.built_at, b"TIME")):
        written = written.replace(told.encode(), stands)
    return written
