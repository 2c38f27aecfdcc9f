"""Requests as nobody should send them, at every address: an odd header, an odd parameter, one that comes twice.

Whatever is asked, no answer is a 5xx, nothing is logged as an error, and what is refused says why.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from asking import ask, raw
from flask.testing import FlaskClient
from shares import some

from search.backends import open_engine
from search.fields import FACETS
from search.query import MAX_CHARACTERS
from search.settings import Settings
from web.app import create_app
from web.errors import LONGEST_ADDRESS, LONGEST_WRITTEN

ACCEPT = (
    "", "*", "text", "text/", "/", ";;;", ",,,", "application/json;q=", "a/b;q=9", "\x00", "\xff" * 50,
    "text/html," * 2_000, "application/json, */*;q=0.1", "*/*;q=0", 'application/json;profile="a,b;q=0"',
)  # fmt: skip
ENCODINGS = ("", "identity;q=0", "*;q=0", "gzip;q=2", "gzip;q=-1", "gzip;q=x", ";;", "zstd", "\xff", "gzip," * 2_000)
TAGS = ("*", "W/*", '"', 'W/"', '""', "a,b,c", "*" * 500, '"a', "\xff", '"a", W/"b", *', '"' * 5_000)
RANGES = (
    "bytes=0-",
    "bytes=0-0",
    "bytes=9-1",
    "bytes=-1",
    "bytes=99999999-",
    "lines=1",
    "bytes=0-1,3-4",
    "bytes=",
    "=",
)
HOSTS = ("", "a" * 5_000, "[::1", "a:b", "a:99999", "\xe9.example", "a b", "a/b", "..", "\x00", "<script>")
OTHERS = (
    ("If-Modified-Since", "hier"), ("If-Match", '"a"'), ("If-Range", "x"), ("Cookie", "a=" * 4_000),
    ("User-Agent", "x" * 60_000), ("Referer", "\xff"), ("X-Request-Id", "<b>"), ("X-Forwarded-For", "a" * 9_000),
    ("Content-Length", "abc"), ("Content-Length", "-1"), ("Content-Type", "multipart/form-data"), ("Origin", "\xff"),
    ("Transfer-Encoding", "x"), ("Access-Control-Request-Headers", "x" * 9_000), ("Accept-Language", "\xff;q=a"),
    ("Connection", "Upgrade"), ("Cache-Control", "max-age=-1"), ("Authorization", "Basic %"), ("Date", "x"),
)  # fmt: skip
HEADERS = (
    *(("Accept", each) for each in ACCEPT),
    *(("Accept-Encoding", each) for each in ENCODINGS),
    *(("If-None-Match", each) for each in TAGS),
    *(("Range", each) for each in RANGES),
    *(("Host", each) for each in HOSTS),
    *OTHERS,
)

VALUES = (
    "", "%", "%%", "%zz", "m%E9decin", "%81", "%00", "%ED%A0%80", "%FF%FE", "+", "++", "%2B", "%26", "%20", "%09",
    "%0D%0AX-A:%201", "%C3%A9" * 2_000, "%F0%9F%91%A9" * 2_000, "e%CC%81" * 2_001, "a" * 2_000, "a" * 2_001, "-", '"',
    "%22%22", "*", "1e309", "-1", "0", "%EF%BC%91", "%D9%A1", "null", "[]", "{}", "'", "..", "//", "a" * 40_000,
)  # fmt: skip
NAMES = (
    "q", "dans", "page", "per_page", "sort", "facets", "typo", "explain", "zeros", "format", "salaire_min", "parmi",
    "niveau_max", "garde", "id", "limit", "contient", "v", "nom", *(facet.name for facet in FACETS),
)  # fmt: skip
ODD_NAMES = ("", "%", "%00", "%E9", "q%5B%5D", "x" * 500, "utm_source", "Q", "q%20", "__proto__", "%ED%B0%80")

FILLED = {"id": "MET.242", "name": "niveau", "edition": "rien", "file": "metiers.csv"}
"""What stands in the addresses of the application; anything else is as good, and leads nowhere."""

PAGES = (
    "/", "/filtres/niveau", "/carte", "/metiers/MET.242", "/selection", "/comparer", "/envies", "/classe", "/integrer",
    "/flux",
)  # fmt: skip


@pytest.fixture(scope="module")
def client(seeds_index: Path) -> Iterator[FlaskClient]:
    settings = Settings(index=seeds_index, cache_entries=64, contact="contact@example.org")
    with closing(open_engine(settings)) as engine:
        yield create_app(settings, engine).test_client()


@pytest.fixture(autouse=True)
def nothing_is_logged_as_an_error(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR] == []


@pytest.fixture(scope="module")
def paths(client: FlaskClient) -> list[str]:
    """An address for each rule of the application."""
    rules = {rule.rule for rule in client.application.url_map.iter_rules()}
    assert {"/", "/api/v1/search", "/metiers/<id>", "/static/<path:name>", "/health/live"} <= rules
    return sorted(re.sub(r"<(?:\w+:)?(\w+)>", lambda found: FILLED.get(found[1], "rien"), rule) for rule in rules)


def asked(client: FlaskClient, path: str, method: str = "GET", **headers: str) -> int:
    """The status of a request that must be answered, or refused with a reason."""
    answer = client.open(path, method=method, headers={name.replace("_", "-"): text for name, text in headers.items()})
    assert answer.status_code < 500, (path[:200], headers)
    assert "X-A" not in answer.headers
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    if answer.status_code >= 400 and method == "GET":
        assert answer.get_json()["detail"] if "json" in answer.mimetype else "Erreur" in answer.text
    return answer.status_code


@pytest.mark.parametrize("name", sorted({name for name, _ in HEADERS}))
def test_s2_no_header_breaks_an_answer(client: FlaskClient, paths: list[str], name: str) -> None:
    expected = {200, 301, 302, 304, 404, 406, 410} | ({400} if name == "Host" else set())
    for place, text in enumerate(text for each, text in HEADERS if each == name):
        for path in some(paths, 6, place):
            got = asked(client, path, **{name: text})
            assert got in expected, (path, text[:50])
            if place % 4 == 0:
                assert asked(client, path, "HEAD", **{name: text}) == got


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value[:12])
def test_s2_no_parameter_breaks_an_answer(client: FlaskClient, paths: list[str], value: str) -> None:
    place = VALUES.index(value)
    for step, path in some(list(enumerate(paths)), 6, place):
        # In the words, in two other parameters, and in one with an odd name: other ones each time.
        first, second = (NAMES[(place * 5 + step + more) % len(NAMES)] for more in (0, 7))
        names = ("q", first, second, ODD_NAMES[(place + step) % len(ODD_NAMES)])
        for name in names if len(value) < 1_000 else names[step % 3 :: 3]:
            asked(client, f"{path}?{name}={value}")


def test_s2_no_parameter_that_comes_often_breaks_an_answer(client: FlaskClient, paths: list[str]) -> None:
    for place, path in enumerate(paths):
        for name in some((*NAMES, *ODD_NAMES), 6, place):
            asked(client, f"{path}?{name}=1&{name}=2&{name}")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("name", ["page", "per_page", "q", "sort", "niveau_min", "format"])
def test_of_several_values_a_page_takes_the_last(client: FlaskClient, path: str, name: str) -> None:
    first, last = {
        "page": ("2", "1"), "per_page": ("5", "10"), "q": ("pain", "bois"), "sort": ("titre", "pertinence"),
        "niveau_min": ("bac-2", "bac-5"), "format": ("html", "csv"),
    }[name]  # fmt: skip
    alone = client.get(f"{path}?{name}={last}")
    assert alone.status_code == 200
    twice = client.get(f"{path}?{name}={first}&utm_source=a&{name}={last}&{name}=")
    assert (twice.status_code, twice.data) == (200, alone.data)


def test_a_program_is_told_of_a_parameter_that_comes_twice(client: FlaskClient) -> None:
    answer = client.get("/api/v1/search?page=1&page=2")
    assert answer.status_code == 400
    assert [each["code"] for each in answer.get_json()["errors"]] == ["repeated"]


@pytest.mark.parametrize("letter", ["a", "é", "👩", "e\u0301", "%"])
@pytest.mark.parametrize("path", ["/", "/api/v1/search", "/selection", "/api/v1/suggest", "/carte"])
def test_s3_as_many_letters_may_be_asked_whatever_their_place_in_the_address_takes(
    client: FlaskClient, path: str, letter: str
) -> None:
    most = client.get(path, query_string={"q": letter * MAX_CHARACTERS})
    assert most.status_code == 200
    more = client.get(path, query_string={"q": letter * (MAX_CHARACTERS + 1)})
    assert more.status_code == 400
    said = more.get_json()["detail"] if path.startswith("/api") else more.text
    assert f"{MAX_CHARACTERS} caractères" in said


@pytest.mark.parametrize("sent", ["a" * LONGEST_ADDRESS, "%C3%A9" * LONGEST_ADDRESS, "%" * (LONGEST_WRITTEN + 1)])
def test_s4_an_address_that_is_too_long_is_refused_in_words(client: FlaskClient, sent: str) -> None:
    answer = client.get(f"/?q={sent}")
    assert answer.status_code == 414
    assert f"{LONGEST_ADDRESS} caractères" in answer.text
    assert 'name="q"' in answer.text


# --- the same over real HTTP, where a client library would not let them through ---------------------

CLOSE = b"Connection: close\r\n\r\n"
RAW = {
    "no host": (b"GET / HTTP/1.1\r\n", {200, 400}),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n", {200, 400}),
    "a host of half an address": (b"GET / HTTP/1.1\r\nHost: [::1\r\n", {200, 400}),
    "a host that is no text": (b"GET / HTTP/1.1\r\nHost: \xff\r\n", {200, 400}),
    "a port beyond all": (b"GET / HTTP/1.1\r\nHost: a:99999999\r\n", {200, 400}),
    "another site's address": (b"GET http://evil.example/ HTTP/1.1\r\nHost: a\r\n", {200, 400}),
    "a broken address": (b"GET http://[ HTTP/1.1\r\nHost: a\r\n", {400}),
    "a tunnel": (b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n", {400, 404, 405}),
    "the whole server": (b"OPTIONS * HTTP/1.1\r\nHost: a\r\n", {200, 204, 400, 404}),
    "a header that is no text": (b"GET / HTTP/1.1\r\nHost: a\r\nAccept: \xff\xfe\r\n", {200, 400}),
    "a cookie of 9 kB": (b"GET / HTTP/1.1\r\nHost: a\r\nCookie: " + b"a" * 9_000 + b"\r\n", {200}),
    "letters as they are": (b"GET /?q=m\xc3\xa9decin HTTP/1.1\r\nHost: a\r\n", {200}),
    "letters in Latin-1": (b"GET /?q=m\xe9decin HTTP/1.1\r\nHost: a\r\n", {200, 400}),
    "a space": (b"GET /?q=a b HTTP/1.1\r\nHost: a\r\n", {400}),
    "a zero": (b"GET /?q=a\x00b HTTP/1.1\r\nHost: a\r\n", {400}),
    "a fragment": (b"GET /#a HTTP/1.1\r\nHost: a\r\n", {200, 400}),
    "2,000 é": (b"GET /?q=" + b"%C3%A9" * 2_000 + b" HTTP/1.1\r\nHost: a\r\n", {200}),
    "2,000 emoji": (b"GET /?q=" + b"%F0%9F%91%A9" * 2_000 + b" HTTP/1.1\r\nHost: a\r\n", {200}),
    "an address of 70 kB": (b"GET /?q=" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n", {414, 431}),
    "a way upwards": (b"GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n", {400, 404}),
    "two lengths": (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n", {400}),
    "an expectation": (b"GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n", {100, 200}),
    "an unknown method": (b"FOO / HTTP/1.1\r\nHost: a\r\n", {400, 405, 501}),
    "a folded header": (b"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n", {200, 400}),
    "an older protocol": (b"GET / HTTP/1.0\r\n", {200}),
}


@pytest.mark.parametrize(("sent", "expected"), RAW.values(), ids=RAW)
def test_s4_no_request_however_it_is_written_breaks_the_server(
    live_server: str, sent: bytes, expected: set[int]
) -> None:
    with raw(live_server, sent + CLOSE, 10) as connection:
        status = connection.recv(1 << 16).split(b" ", 2)[1]
    assert int(status) in expected
    assert ask(live_server, "/health/live").status == 200
