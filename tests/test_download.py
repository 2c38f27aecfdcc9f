"""Downloads from a real server that misbehaves in every way that servers do."""

import fcntl
import io
import os
import socket
import ssl
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from certificates import certificate
from click.testing import CliRunner

from search.errors import FetchError
from search.sources import files, safe_http
from search.sources.download import FICHES_NAME, IDEO_NAME, Fetched, check_fiches, fetch
from search.sources.safe_http import Leads
from web.cli.commands import main

MODIFIED = "Wed, 15 Oct 2025 08:00:00 GMT"

Behaviour = Callable[["Handler"], None]


def feed(title: str = "boulanger/ère", jobs: int = 200) -> bytes:
    """A ZIP of a feed, big enough to be cut."""
    metiers = "".join(
        f"<metier><identifiant>MET.{number}</identifiant><nom_metier>{title}</nom_metier>"
        f"<nature_travail><![CDATA[{os.urandom(100).hex()}]]></nature_travail></metier>"
        for number in range(1, jobs + 1)
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Onisep_Ideo_Fiches_Metiers_15102025.xml", f"<metiers>{metiers}</metiers>")
    return file.getvalue()


IDEO = b'[{"lien_site_onisepfr": "https://www.onisep.fr/MET.1", "domainesous-domaine": "sciences/chimie"}]'


@dataclass
class Served:
    """What the server gives: to each request the next behaviour, the last one again and again."""

    content: bytes
    etag: str = '"one"'
    behaviours: list[Behaviour] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)

    def next(self) -> Behaviour:
        return self.behaviours.pop(0) if len(self.behaviours) > 1 else self.behaviours[0]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: Served

    def do_GET(self) -> None:
        self.served.requests.append(dict(self.headers.items()))
        self.close_connection = True
        self.served.next()(self)

    def log_message(self, *args: object) -> None:
        pass

    def head(self, status: int, length: int | None, **headers: str) -> None:
        self.send_response(status)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()


def well(handler: Handler) -> None:
    """As a good server: ranges and conditions are understood."""
    served = handler.served
    tags = {"ETag": served.etag, "Last_Modified": MODIFIED}
    asked = handler.headers.get("Range")
    if handler.headers.get("If-None-Match") == served.etag:
        handler.head(304, None, **tags)
    elif asked and handler.headers.get("If-Range") == served.etag:
        start = int(asked.removeprefix("bytes=").removesuffix("-"))
        rest = served.content[start:]
        size = len(served.content)
        if not rest:
            handler.head(416, 0)
            return
        handler.head(206, len(rest), Content_Range=f"bytes {start}-{size - 1}/{size}", **tags)
        handler.wfile.write(rest)
    else:
        handler.head(200, len(served.content), **tags)
        handler.wfile.write(served.content)


def cut(after: int) -> Behaviour:
    def behave(handler: Handler) -> None:
        start = int(handler.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        size = len(handler.served.content)
        tags = {"ETag": handler.served.etag, "Last_Modified": MODIFIED}
        if start:
            tags["Content_Range"] = f"bytes {start}-{size - 1}/{size}"
        handler.head(206 if start else 200, size - start, **tags)
        handler.wfile.write(handler.served.content[start : start + after])

    return behave


def status(code: int, **headers: str) -> Behaviour:
    return lambda handler: handler.head(code, 0, **headers)


def page(handler: Handler) -> None:
    html = b"<!DOCTYPE html><html><body>Maintenance</body></html>"
    handler.head(200, len(html), Content_Type="application/zip")
    handler.wfile.write(html)


def ignores_ranges(handler: Handler) -> None:
    handler.head(200, len(handler.served.content), ETag=handler.served.etag)
    handler.wfile.write(handler.served.content)


def wrong_range(handler: Handler) -> None:
    handler.head(206, 10, ETag=handler.served.etag, Content_Range="bytes 7-16/17")
    handler.wfile.write(b"0123456789")


def too_big(handler: Handler) -> None:
    handler.head(200, 100_000_001)


def endless(handler: Handler) -> None:
    handler.head(200, None)
    with suppress(OSError):
        while True:
            handler.wfile.write(b"PK\x03\x04" * 50_000)


def in_pieces(handler: Handler) -> None:
    handler.head(200, None, Transfer_Encoding="chunked")
    for start in range(0, len(handler.served.content), 1000):
        piece = handler.served.content[start : start + 1000]
        handler.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
    handler.wfile.write(b"0\r\n\r\n")


def in_pieces_cut(handler: Handler) -> None:
    handler.head(200, None, Transfer_Encoding="chunked")
    handler.wfile.write(b"ffff\r\n" + handler.served.content[:100])


def silent(handler: Handler) -> None:
    handler.head(200, len(handler.served.content))
    handler.wfile.flush()
    threading.Event().wait(1.5)


def not_http(handler: Handler) -> None:
    handler.wfile.write(b"220 ftp.example.org\r\n")


@pytest.fixture
def served() -> Served:
    """What is served; `url` below is where."""
    return Served(feed(), behaviours=[well])


@pytest.fixture
def url(served: Served) -> Iterator[str]:
    handler = type("ServedHandler", (Handler,), {"served": served})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/fiches.zip"
    server.shutdown()
    server.server_close()
    thread.join()


def to_this_machine(address: str) -> tuple[str, ...]:
    """The rule of the tests: redirects stay on the server of the tests."""
    return ("127.0.0.1",) if address.startswith("http://127.0.0.1:") else ()


def bring(url: str, target: Path, deadline: float = 60, leads: Leads = to_this_machine) -> Fetched:
    return fetch(
        url,
        target,
        lambda what, done, total: None,
        check_fiches,
        timeout=0.5,
        pause=0,
        deadline=deadline,
        leads=leads,
    )


def fails(url: str, target: Path, reason: str) -> None:
    """It fails with this reason, and an earlier copy is what it was."""
    target.write_bytes(b"earlier")
    with pytest.raises(FetchError, match=reason) as caught:
        bring(url, target)
    assert url in str(caught.value)
    assert target.read_bytes() == b"earlier"


def test_a_download_is_whole_dated_and_alone_in_sight(url: str, served: Served, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    target = tmp_path / "new" / "fiches.zip"
    fetched = fetch(url, target, lambda what, done, total: told.append((what, done, total)), check_fiches)
    assert fetched == Fetched(target, len(served.content), True, "2025-10-15T08:00:00+00:00")
    assert target.read_bytes() == served.content
    assert target.stat().st_mtime == 1760515200
    assert told[-1] == ("downloading fiches.zip", len(served.content), len(served.content))
    assert files.find([tmp_path]) == (target,)
    assert str(fetched) == f"{target}: downloaded (0.0 MB, of 2025-10-15)"


def test_nothing_is_downloaded_again_while_nothing_is_newer(url: str, served: Served, tmp_path: Path) -> None:
    first = bring(url, tmp_path / "a.zip")
    again = bring(url, tmp_path / "a.zip")
    assert (again.changed, again.modified, again.size) == (False, first.modified, first.size)
    assert "already the newest" in str(again)
    served.content, served.etag = feed("meunier/ère"), '"two"'
    assert bring(url, tmp_path / "a.zip").changed
    assert (tmp_path / "a.zip").read_bytes() == served.content


def test_a_copy_that_was_altered_or_removed_is_downloaded_anew(url: str, served: Served, tmp_path: Path) -> None:
    bring(url, tmp_path / "a.zip")
    (tmp_path / "a.zip").write_bytes(b"altered")
    assert bring(url, tmp_path / "a.zip").changed
    (tmp_path / "a.zip").unlink()
    assert bring(url, tmp_path / "a.zip").changed
    (tmp_path / ".a.zip.json").write_text("[")
    assert bring(url, tmp_path / "a.zip").changed
    assert all("If-None-Match" not in request for request in served.requests)


def test_another_address_is_downloaded_in_full(url: str, tmp_path: Path) -> None:
    bring(url, tmp_path / "a.zip")
    assert bring(f"{url}?other", tmp_path / "a.zip").changed


def test_a_cut_download_goes_on_where_it_stopped(url: str, served: Served, tmp_path: Path) -> None:
    served.behaviours = [cut(5000), cut(3000), well]
    bring(url, tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_bytes() == served.content
    assert [request.get("Range") for request in served.requests] == [None, "bytes=5000-", "bytes=8000-"]


def test_the_next_run_goes_on_where_the_last_one_gave_up(url: str, served: Served, tmp_path: Path) -> None:
    served.behaviours = [cut(1000)]
    fails(url, tmp_path / "a.zip", r"cut after 3,000 of [\d,]+ bytes\. Run the same command again")
    served.behaviours = [well]
    assert bring(url, tmp_path / "a.zip").changed
    assert served.requests[-1]["Range"] == "bytes=3000-"
    assert (tmp_path / "a.zip").read_bytes() == served.content


def test_a_download_that_changed_meanwhile_starts_anew(url: str, served: Served, tmp_path: Path) -> None:
    served.behaviours = [cut(5000)]
    fails(url, tmp_path / "a.zip", "cut after")
    served.content, served.etag, served.behaviours = feed("meunier/ère"), '"two"', [well]
    bring(url, tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_bytes() == served.content


@pytest.mark.parametrize("behaviour", [ignores_ranges, wrong_range])
def test_a_server_that_cannot_resume_is_asked_for_all(
    url: str, served: Served, tmp_path: Path, behaviour: Behaviour
) -> None:
    served.behaviours = [cut(5000), behaviour, well]
    bring(url, tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_bytes() == served.content


def test_a_part_that_is_already_whole_is_asked_for_again(url: str, served: Served, tmp_path: Path) -> None:
    served.behaviours = [cut(5000)]
    fails(url, tmp_path / "a.zip", "cut")
    (tmp_path / ".a.zip.part").write_bytes(served.content)
    served.behaviours = [well]
    assert bring(url, tmp_path / "a.zip").changed


def test_a_weak_validator_is_not_resumed_by(url: str, served: Served, tmp_path: Path) -> None:
    served.etag = 'W/"one"'
    served.behaviours = [cut(5000), well]
    bring(url, tmp_path / "a.zip")
    assert served.requests[1]["If-Range"] == MODIFIED
    assert (tmp_path / "a.zip").read_bytes() == served.content


def test_a_trouble_that_passes_is_waited_for(url: str, served: Served, tmp_path: Path) -> None:
    served.behaviours = [status(503), status(429), well]
    assert bring(url, tmp_path / "a.zip").changed


def test_pieces_without_a_declared_size_are_joined(url: str, served: Served, tmp_path: Path) -> None:
    served.behaviours = [in_pieces]
    bring(url, tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_bytes() == served.content


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (status(404), "nothing at this address"),
        (status(410), "METIERS_FICHES_URL"),
        (status(403), r"refuses \(403\)"),
        (status(500), r"in trouble \(500\)"),
        (page, "sent a web page, not data"),
        (too_big, "100 MB announced"),
        (endless, "over 100 MB without an end"),
        (in_pieces_cut, "connection was cut"),
        (silent, r"no answer for 0\.5 s"),
        (not_http, "connection was cut"),
        (status(302, Location="file:///etc/passwd"), "not followed"),
        (status(302, Location="ftp://127.0.0.1/x"), "not followed"),
        (status(302), "not followed"),
        (status(308, Location="http://[::1"), "broken address|not followed"),
        (status(302, Location="http://127.0.0.1:x/"), "broken address|not followed"),
        (status(302, Location="http://127.0.0.1:99999/"), "broken address|not followed"),
        (status(302, Location="http://"), "broken address|not followed"),
        (status(302, Location="//"), "not followed|redirected"),
        (status(302, Location="https://" + "a" * 300 + ".example/"), "not followed"),
        (status(302, Location="https://exa mple/"), "not followed"),
        (status(302, Location="javascript:alert(1)"), "not followed"),
        (status(302, Location="/"), "not followed"),
        (status(304), "not asked"),
        (status(206), "resumed at another place"),
        (status(206, Content_Range="bytes x-y/z"), "resumed at another place"),
        (status(206, Content_Range="bytes 10-20/30"), "resumed at another place"),
    ],
)
def test_each_failure_is_told_and_the_earlier_copy_stays(
    url: str, served: Served, tmp_path: Path, behaviour: Behaviour, reason: str
) -> None:
    served.behaviours = [behaviour]
    fails(url, tmp_path / "a.zip", reason)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (feed()[:-3000], "damaged ZIP"),
        (b"PK\x03\x04" + b"\0" * 100, "damaged ZIP"),
        (b"", "empty file"),
        (b'{"error": "quota"}', "JSON that is not"),
        (b"<error>quota</error>", "neither sheets"),
        (IDEO, "no good sheet"),
    ],
)
def test_what_is_not_the_data_never_takes_its_place(
    url: str, served: Served, tmp_path: Path, content: bytes, reason: str
) -> None:
    served.content = content
    fails(url, tmp_path / "a.zip", reason)
    assert not (tmp_path / ".a.zip.part").exists()


def test_a_zip_bomb_never_takes_the_place_of_the_data(url: str, served: Served, tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("feed.xml", b"<metiers>" + b" " * 101_000_000)
    served.content = file.getvalue()
    fails(url, tmp_path / "a.zip", "unpacks to 101 MB")


def test_redirects_on_the_web_are_followed(url: str, served: Served, tmp_path: Path) -> None:
    served.behaviours = [status(302, Location="/elsewhere"), well]
    assert bring(url, tmp_path / "a.zip").changed


def test_redirects_never_go_from_https_to_http() -> None:
    from urllib.request import Request

    redirects = safe_http._SafeRedirects(lambda address: ("127.0.0.1",), {})
    with pytest.raises(FetchError, match="less safe"):
        redirects.redirect_request(Request("https://a.org/x"), io.BytesIO(), 302, "Found", {}, "http://a.org/x")
    assert redirects.redirect_request(Request("http://a.org/x"), io.BytesIO(), 302, "Found", {}, "https://a.org/x")


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1/x",
        "https://localhost/x",
        "https://10.0.0.1/x",
        "https://192.168.1.1:8443/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/x",
        "https://[fe80::1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://0.0.0.0/x",
        "https://2130706433/x",
        "http://1.1.1.1/x",
        "ftp://1.1.1.1/x",
    ],
)
def test_redirects_lead_to_public_https_addresses_only(url: str, served: Served, tmp_path: Path, address: str) -> None:
    served.behaviours = [status(302, Location=address)]
    with pytest.raises(FetchError, match="not followed"):
        bring(url, tmp_path / "a.zip", leads=safe_http.to_public_https)


@pytest.mark.parametrize("address", ["https://1.1.1.1/x", "https://[2606:4700:4700::1111]:8443/x"])
def test_a_public_https_address_may_be_followed(address: str) -> None:
    (numeric,) = safe_http.to_public_https(address)
    assert f"//{numeric}/" in address.replace("[", "").replace("]:8443", "")


def test_a_redirect_is_followed_to_the_address_that_was_looked_at(url: str, served: Served, tmp_path: Path) -> None:
    port = url.rpartition(":")[2].partition("/")[0]
    served.behaviours = [status(302, Location=f"http://Moved.invalid:{port}/other"), well]
    # The name stands for nothing: whoever looked it up again would get nowhere.
    assert bring(url, tmp_path / "a.zip", leads=lambda address: ("127.0.0.1",)).changed
    assert served.requests[1]["Host"] == f"Moved.invalid:{port}"


@pytest.mark.parametrize(("name", "is_right"), [("moved.invalid", True), ("other.invalid", False)])
def test_the_certificate_of_a_redirect_is_that_of_its_name(
    url: str, served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, is_right: bool
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made, key = certificate(tmp_path, "named", f"DNS:{name}")
    context.load_cert_chain(made, key)
    monkeypatch.setenv("SSL_CERT_FILE", str(made))
    secure = ThreadingHTTPServer(("127.0.0.1", 0), type("SecureHandler", (Handler,), {"served": served}))
    secure.socket = context.wrap_socket(secure.socket, server_side=True)
    secure.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that leaves in the greeting
    thread = threading.Thread(target=secure.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        moved = status(302, Location=f"https://moved.invalid:{secure.server_port}/other")
        served.behaviours = [moved, well] if is_right else [moved]
        target = tmp_path / "a.zip"
        if is_right:
            assert bring(url, target, leads=lambda address: ("127.0.0.1",)).changed
        else:
            with pytest.raises(FetchError, match="certificate"):
                bring(url, target, leads=lambda address: ("127.0.0.1",))
    finally:
        secure.shutdown()
        secure.server_close()
        thread.join()


def drips(handler: Handler) -> None:
    handler.head(200, len(handler.served.content))
    with suppress(OSError):
        for byte in handler.served.content:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            threading.Event().wait(0.02)


def test_a_server_that_drips_is_left_at_the_deadline(url: str, served: Served, tmp_path: Path) -> None:
    served.behaviours = [drips]
    with pytest.raises(FetchError, match=rf"{url}: the server is too slow"):
        bring(url, tmp_path / "a.zip", deadline=0.5)
    assert not (tmp_path / "a.zip").exists()


def test_what_came_before_the_deadline_is_kept_for_the_next_run(url: str, served: Served, tmp_path: Path) -> None:
    served.behaviours = [cut(100), silent]
    with pytest.raises(FetchError, match=rf"^{url}: the server is too slow"):
        fetch(url, tmp_path / "a.zip", lambda what, done, total: None, check_fiches, pause=60, deadline=2)
    served.behaviours = [well]
    assert bring(url, tmp_path / "a.zip").changed
    assert served.requests[-1]["Range"].startswith("bytes=100-")
    assert (tmp_path / "a.zip").read_bytes() == served.content


def test_a_head_that_drips_is_left_at_the_deadline_too(url: str, served: Served, tmp_path: Path) -> None:
    sent: list[int] = []

    def drips_its_head(handler: Handler) -> None:
        with suppress(OSError):
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for number in range(90):
                handler.wfile.write(f"X-{number}: y\r\n".encode())
                handler.wfile.flush()
                sent.append(number)
                threading.Event().wait(0.05)

    served.behaviours = [drips_its_head]
    with pytest.raises(FetchError, match=r"too slow|connection was cut"):
        bring(url, tmp_path / "a.zip", deadline=0.5)
    assert 0 < len(sent) < 90  # left before the head was whole


def test_attempts_end_at_the_deadline_too(url: str, served: Served, tmp_path: Path) -> None:
    served.behaviours = [status(503)]
    with pytest.raises(FetchError, match=r"too slow|in trouble"):
        fetch(url, tmp_path / "a.zip", lambda what, done, total: None, check_fiches, pause=60, deadline=0.2)
    assert len(served.requests) <= 2


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        fails(f"http://127.0.0.1:{unused.getsockname()[1]}/x", tmp_path / "a.zip", "no connection to 127.0.0.1")


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://example.org/x", "example.org/x", "https:///x", ""])
def test_only_web_addresses_are_downloaded_from(tmp_path: Path, address: str) -> None:
    with pytest.raises(FetchError, match="not an address"):
        bring(address, tmp_path / "a.zip")


def test_a_folder_that_cannot_be_written_is_told(url: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FetchError, match="cannot be written"):
        bring(url, tmp_path / "file" / "a.zip")


def test_two_downloads_into_one_file_do_not_meet(url: str, tmp_path: Path) -> None:
    with (tmp_path / ".a.zip.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(FetchError, match="another download is under way"):
            bring(url, tmp_path / "a.zip")


def test_one_command_brings_the_official_data_as_a_folder_to_index(
    url: str, served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def by_path(handler: Handler) -> None:
        content = IDEO if handler.path.endswith(".json") else served.content
        handler.head(200, len(content))
        handler.wfile.write(content)

    served.behaviours = [by_path]
    monkeypatch.setenv("METIERS_FICHES_URL", url)
    monkeypatch.setenv("METIERS_IDEO_URL", url.replace("fiches.zip", "metiers.json"))
    monkeypatch.setenv("METIERS_ROME_URL", "")
    result = CliRunner().invoke(main, ["fetch", "--to", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert [str(tmp_path / name) + ": downloaded" in result.output for name in (FICHES_NAME, IDEO_NAME)] == [True, True]
    reading = files.read([tmp_path], lambda what, done, total: None)
    assert (len(reading.fiches), reading.refused) == (200, ())
    assert reading.ideo == (tmp_path / IDEO_NAME,)
    assert reading.data_date == "2025-10-15"


def test_the_command_tells_a_failure_and_exits_with_1(url: str, served: Served, tmp_path: Path) -> None:
    served.behaviours = [status(404)]
    result = CliRunner().invoke(main, ["fetch", "--to", str(tmp_path)], env={"METIERS_FICHES_URL": url})
    assert result.exit_code == 1
    assert f"{url}: nothing at this address (404)" in result.output
