"""What may be thrown at the service, over real HTTP at a real `metiers serve`. Each test bears the name of its row.

Rows are those of docs/safety.md. Times are those of the row in the long run; otherwise they say that nothing hangs.
"""

import csv
import io
import re
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from urllib.parse import quote

import pytest
from asking import SOAK, Answered, ask, at_most, raw
from hostile import KILLERS, SWOLLEN
from steps import BOUNDED, LENGTHS, grows_evenly, least, of_fullmatch, of_match, of_pattern

DOORS = ("/", "/api/v1/search")
PARAMETERS = ("q", "niveau", "domaine", "rome", "dans", "page", "sort", "salaire_min", "facets", "format", "x")

NASTY = (
    "\x00", "\x1b[31m", "\r\nX-Injected: 1", "\ud800", "\udfff", "\ufeff", "\u202e\u0627\u0628", "e\u0301", "👩🏽‍🍳",
    "\U0010ffff", "%", "%00", "%zz", "+", "&", "=", ";", "#", "\\", "'", '"', "<b>", "${7*7}", "{{7*7}}",
    "../../etc/passwd", "null", "NaN", "1e309", "-1", "０", "１", "ℵ", "ß", "İ", "ı", "ﬀ", "ǆ", "\u2028", "\t",
)  # fmt: skip

PAYLOADS = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</script><svg onload=alert(1)>")


def best(answer: Callable[[], Answered], times: int = 3) -> Answered:
    """The quickest of several identical answers."""
    return min((answer() for _ in range(times)), key=lambda each: each.seconds)


def encoded(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


@pytest.mark.soak
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("killer", KILLERS.values(), ids=KILLERS)
def test_s1_a_query_of_death_is_an_ordinary_one(live_server: str, door: str, killer: str) -> None:
    # Another parameter each time, so that no answer comes from memory.
    tries = iter(range(1, 10))
    answer = best(lambda: ask(live_server, f"{door}?q={encoded(killer)}&per_page={next(tries)}"))
    assert answer.status in {200, 400, 414}
    assert answer.seconds < at_most(0.3)


@pytest.mark.soak
def test_s2_strange_text_in_any_parameter_never_breaks_an_answer(live_server: str) -> None:
    for door in DOORS:
        for name in PARAMETERS:
            for text in NASTY if SOAK or name in {"q", "niveau"} else NASTY[::4]:
                answer = ask(live_server, f"{door}?{name}={encoded(text)}")
                assert answer.status < 500, (door, name, text)
                assert "X-Injected" not in answer.headers


@pytest.mark.parametrize("door", DOORS)
def test_s3_the_bounds_are_where_they_are_said_to_be(live_server: str, door: str) -> None:
    assert ask(live_server, f"{door}?q={'a' * 2_000}").status == 200
    assert ask(live_server, f"{door}?q={'e%CC%81' * 1_000}").status == 200
    many = ask(live_server, f"{door}?q={'+'.join(f'mot{letter}{other}' for letter in 'abcdef' for other in 'abcdef')}")
    assert many.status == 200
    assert "motff" in (many.json()["understanding"]["left_out"] if door.startswith("/api") else many.body.decode())
    refused = ask(live_server, f"{door}?q={'a' * 2_001}")
    assert refused.status == 400
    if door.startswith("/api"):
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert refused.json()["errors"][0]["parameter"] == "q"


@pytest.mark.soak
@pytest.mark.parametrize(("door", "unknown"), [("/", 200), ("/api/v1/search", 400)])
@pytest.mark.parametrize("asked", SWOLLEN.values(), ids=SWOLLEN)
def test_s4_a_swollen_address_is_refused_at_once(live_server: str, door: str, unknown: int, asked: str) -> None:
    answer = best(lambda: ask(live_server, f"{door}?{asked}"), 5)
    assert answer.status in ({unknown} if asked.startswith("x0") else {400, 414})
    assert answer.seconds < at_most(0.05)


@pytest.mark.parametrize("page", ["0", "-1", "1000000000", "1.5", "abc", "１", "1e1", "0x1", "+1", " 1"])
def test_s5_a_page_that_is_no_page_is_named(live_server: str, page: str) -> None:
    answer = ask(live_server, f"/api/v1/search?page={quote(page)}")
    assert answer.status == 400
    assert answer.json()["errors"][0]["parameter"] == "page"
    assert ask(live_server, f"/?page={quote(page)}").status == 400


def test_s5_a_page_past_the_end_is_empty(live_server: str) -> None:
    answer = ask(live_server, "/api/v1/search?q=technicien&page=400&per_page=20")
    assert answer.status == 200
    assert answer.json()["results"] == []
    assert ask(live_server, "/?q=technicien&page=400").status == 200


@pytest.mark.parametrize("payload", PAYLOADS)
def test_s6_nothing_asked_comes_back_unescaped(live_server: str, payload: str) -> None:
    word = quote(payload, safe="")
    for path in (
        f"/?q={word}",
        f"/?niveau={word}",
        f"/?{word}=1",
        f"/metiers/{word}",
        f"/{word}",
        f"/selection?q={word}",
    ):
        answer = ask(live_server, path)
        assert answer.headers["Content-Type"].startswith("text/html")
        assert payload not in answer.body.decode()
    for path in (f"/api/v1/search?q={word}", f"/api/v1/suggest?q={word}", f"/api/v1/{word}", f"/health/{word}"):
        assert "json" in ask(live_server, path).headers["Content-Type"]


def test_s7_no_cell_of_a_table_is_a_formula(live_server: str) -> None:
    table = ask(live_server, "/api/v1/search?format=csv").body.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(table), delimiter=";" if ";" in table.partition("\n")[0] else ","))
    assert len(rows) > 3
    assert [cell for row in rows for cell in row if cell[:1] in {"=", "+", "-", "@", "\t", "\r"}] == []


@pytest.mark.parametrize(
    "id", ["../", "..%2f..%2fetc%2fpasswd", "%2e%2e%2f", "MET.1%00", "CON", "C:%5Cboot.ini", "....//", "%c0%ae%c0%ae/"]
)
def test_s8_a_strange_identifier_reads_nothing(live_server: str, id: str) -> None:
    for door in ("/metiers/", "/api/v1/metiers/", "/static/"):
        answer = ask(live_server, door + id)
        assert answer.status == 404, door
        assert b"root:" not in answer.body


def test_s9_a_line_of_the_log_stays_a_line(
    start_server: Callable[..., object], seeds_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METIERS_LOG_QUERIES", "true")
    server = start_server(seeds_index, "--workers", "1")
    before = server.log.read_bytes().count(b'"route"')
    asked = ("a%0d%0a%7b%22forged%22:1%7d", "%1b%5b31mrouge", "%e2%80%a8" * 60, "x" * 10_000, "%f0%9f%91%a9" * 200)
    agents = ("a\tb", "y" * 10_000, "\xff\xfe", "plain")
    for words in asked:
        ask(server.url, f"/?q={words}", headers={"User-Agent": "plain", "X-Request-Id": "<forged>"})
    for agent in agents:
        ask(server.url, "/", headers={"User-Agent": agent})
    server.process.terminate()
    server.process.wait(20)
    lines = [line for line in server.log.read_bytes().split(b"\n") if b'"route"' in line]
    assert len(lines) == before + len(asked) + len(agents)
    for line in lines:
        assert len(line) <= 1_000
        assert line.startswith(b"{")
        assert re.fullmatch(rb"[\x20-\x7e]+", line)
        assert b"127.0.0.1" not in line


def patterns() -> list[tuple[str, re.Pattern[str], str]]:
    """Every regular expression that a module of the code names, with each method that is called on it."""
    found = {}
    root = Path(__file__).parent.parent
    paths = sorted(path for wing in ("search", "web") for path in root.glob(f"{wing}/**/[!_]*.py"))
    code = "\n".join(path.read_text() for path in paths)
    for path in paths:
        with suppress(ModuleNotFoundError):  # the cluster's client is optional
            module = import_module(".".join(path.relative_to(root).with_suffix("").parts))
            for name, value in vars(module).items():
                if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                    places = path.read_text() if name.startswith("_") else code
                    # In the order of the text: every process of the tests must collect the same.
                    for method in dict.fromkeys(
                        re.findall(rf"\b{name}\.(match|fullmatch|search|sub|split|findall|finditer)\b", places)
                    ):
                        found.setdefault((value, method), f"{path.stem}.{name}.{method}")
    return [(name, pattern, method) for (pattern, method), name in found.items()]


PIECES = {
    "letters": "a", "capitals": "A", "spaces": " ", "dots": ".", "digits": "1", "words": "ab ", "marks": "a-'’/.(",
    "brackets": "([", "tags": "<a ", "lines": "\n \n", "bold": "**a", "euros": "1 802 € ", "accents": "é",
    "hyphens": "-", "quotes": '"a', "percent": "%C3%A9", "comments": "<!--", "names": "A1", "identifiers": "MET.1",
}  # fmt: skip


WITHIN = (LENGTHS, BOUNDED)


@pytest.mark.parametrize(
    ("pattern", "method"), [pytest.param(pattern, method, id=name) for name, pattern, method in patterns()]
)
def test_s10_no_regular_expression_backtracks(pattern: "re.Pattern[str]", method: str) -> None:
    steps = {"match": of_match, "fullmatch": of_fullmatch}.get(method, of_pattern)
    begun = least(pattern)
    for kind, piece in PIECES.items():
        for ending in ("", "!", "\u0301"):
            assert grows_evenly(lambda text, ending=ending: steps(pattern, text + ending), piece), (kind, ending)
        for before in {begun, begun[:-1]} - {""}:
            tried = (grows_evenly(lambda text: steps(pattern, text + "!"), piece, before, each) for each in WITHIN)
            assert any(tried), (kind, before)
        # And for real, on as much text as a sheet may hold: one that went back on its steps would never end.
        text = piece * (50_000 // len(piece)) + "!"
        found = getattr(pattern, method)(*([""] if method == "sub" else []), text)
        assert method != "finditer" or list(found) is not None


def test_s10_every_regular_expression_is_looked_at() -> None:
    names = {name.partition(".")[0] for name, _, _ in patterns()}
    assert {"tokens", "addresses", "markup", "markdown", "operators", "negotiation", "salaire"} <= names
    assert len(patterns()) > 80


def test_s11_the_host_asked_for_is_never_believed(live_server: str) -> None:
    for path in (
        "/",
        "/sitemap.xml",
        "/opensearch.xml",
        "/api/v1/search",
        "/rien",
        "//evil.example/",
        "/%5cevil.example",
    ):
        answer = ask(live_server, path, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
        assert "Location" not in answer.headers
        assert b"evil.example" not in answer.body.replace(b"//evil.example/", b"")


SAFE = (
    ("GET", "/", 200), ("HEAD", "/", 200), ("OPTIONS", "/", 200), ("GET", "/?q=bois", 200), ("GET", "/?page=0", 400),
    ("GET", "/rien", 404), ("POST", "/", 405), ("GET", "/?q=" + "a" * 9_000, 414), ("GET", "/static/style.css", 200),
    ("GET", "/static/rien", 404), ("GET", "/api/v1/search", 200), ("GET", "/api/v1/search?x=1", 400),
    ("GET", "/api/v1/search?format=csv", 200), ("GET", "/health/live", 200), ("GET", "/sitemap.xml", 200),
)  # fmt: skip


@pytest.mark.parametrize(("method", "path", "status"), SAFE)
def test_s12_every_answer_bears_the_safety_headers(live_server: str, method: str, path: str, status: int) -> None:
    answer = ask(live_server, path, method)
    answers = [answer]
    if "ETag" in answer.headers:
        answers.append(ask(live_server, path, method, {"If-None-Match": answer.headers["ETag"]}))
        assert answers[1].status == 304
    assert answer.status == status
    for each in answers:
        policies = each.headers.get_all("Content-Security-Policy")
        assert len(policies) == 1
        assert policies[0].startswith("default-src 'none'")
        assert "unsafe" not in policies[0]
        assert each.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in each.headers
        assert not re.search(r"\d", each.headers.get("Server", ""))


@pytest.mark.parametrize("path", ["/", "/api/v1/search", "/static/style.css"])
@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "POST", "PATCH"])
def test_s13_nothing_can_be_written(live_server: str, method: str, path: str) -> None:
    answer = ask(live_server, path, method)
    assert answer.status == 405
    assert {"GET", "HEAD"} <= set(answer.headers["Allow"].split(", "))


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET " + b"a" * 600_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X-A: " + b"b" * 600_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X-A: b\r\n" * 1_000 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\nzz\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n",
    ],
    ids=["binary", "version", "line", "header", "headers", "smuggling", "body"],
)
def test_s4_a_broken_request_ends_alone(live_server: str, sent: bytes) -> None:
    try:
        with raw(live_server, sent, 3) as connection:
            status = connection.recv(64)
    except OSError:
        status = b""  # refused without a word, as the protocol allows
    assert not status.startswith(b"HTTP/1.1 5"), status
    assert ask(live_server, "/health/ready").status == 200
