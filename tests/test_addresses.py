"""Addresses as strangers write them: links measured, cut out of sentences, kept in another encoding."""

import gzip
import re
from collections.abc import Callable
from urllib.parse import quote

import brotli
import pytest
from flask.testing import FlaskClient

from web.addresses import identifier, is_measuring, pairs_of, tidied
from web.answer import PACKERS
from web.negotiation import best_coding, best_type

PAGES = (
    "/", "/metiers/MET.17", "/selection", "/comparer", "/carte", "/parcourir", "/plan", "/aide", "/a-propos",
    "/accessibilite", "/api/docs", "/filtres/niveau",
)  # fmt: skip
API = (
    "/api/v1/search", "/api/v1/suggest", "/api/v1/metiers/MET.17", "/api/v1/metiers/MET.17/similaires",
    "/api/v1/facets/niveau", "/api/v1/openapi.json",
)  # fmt: skip
MEASURED = ("utm_source=lettre", "utm_content=a%20b", "fbclid=Iw", "gclid=x", "msclkid=x", "mc_cid=1", "_=1700000000")


@pytest.mark.parametrize("path", PAGES)
def test_s16_a_page_ignores_what_it_does_not_know(client: FlaskClient, path: str) -> None:
    plain = client.get(path)
    assert plain.status_code == 200
    followed = client.get(f"{path}?{'&'.join((*MEASURED, 'couleur=bleu', 'x', 'page[]=3'))}")
    assert followed.status_code == 200
    assert followed.data == plain.data


@pytest.mark.parametrize("path", API)
def test_s16_the_api_ignores_what_only_measures_and_refuses_the_rest(client: FlaskClient, path: str) -> None:
    plain = client.get(path)
    followed = client.get(f"{path}?{'&'.join(MEASURED)}")
    assert followed.status_code == 200
    assert followed.headers["ETag"] == plain.headers["ETag"]
    refused = client.get(f"{path}?utm_source=lettre&couleur=bleu")
    assert refused.status_code == 400
    assert [each["parameter"] for each in refused.get_json()["errors"]] == ["couleur"]


def test_a_page_still_names_a_wrong_value_of_a_parameter_that_it_knows(client: FlaskClient) -> None:
    assert client.get("/?page=0&utm_source=lettre").status_code == 400


@pytest.mark.parametrize(
    "name",
    [
        "utm_source", "UTM_Campaign", "fbclid", "gclid", "mc_eid", "_", "mtm_campaign", "gad_source", "fb_action_ids",
        "ScCid", "ysclid", "at_medium", "ref_src", "sfmc_id", "_kx", "guccounter", "dm_i",
    ],
)  # fmt: skip
def test_what_only_measures_is_known_by_its_name(name: str) -> None:
    assert is_measuring(name)


@pytest.mark.parametrize("name", ["q", "utm", "utm_", "niveau", "__", "gclide", "x_utm_source", ""])
def test_nothing_else_is_taken_for_it(name: str) -> None:
    assert not is_measuring(name)


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        (b"q=m%E9decin", "médecin"),
        (b"q=m\xe9decin", "médecin"),
        (b"q=c%9Cur+d%92or+5%80", "cœur d’or 5€"),
        (b"q=m%C3%A9decin", "médecin"),
        (b"q=m\xc3\xa9decin", "médecin"),
        (b"q=%81", "\ufffd"),
        (b"q=a%", "a%"),
        (b"q=m%25C3%25A9decin", "médecin"),
        (b"q=c%25c5%2593ur+d%25E2%2580%2599or", "cœur d’or"),
        (b"q=m%C3%83%C2%A9decin", "médecin"),
        (b"q=c%C3%85%E2%80%9Cur+d%C3%A2%E2%82%AC%E2%84%A2or", "cœur d’or"),
        (b"q=m%C3%A9d%25C3%25A9", "médé"),
        (b"q=50%25de+temps+libre", "50%de temps libre"),
        (b"q=50%25DEs+jeunes", "50%DEs jeunes"),
        (b"q=m%25E9decin+%25E9quin", "médecin équin"),
        (b"q=S%C3%83O+%C3%83+%E2%82%AC", "SÃO Ã €"),
        (b"q=100%25", "100%"),
        (b"q", ""),
        (b"&amp;q=a&", "a"),
        (b"x=1&amp;q=a", "a"),
    ],
)
def test_s16_letters_that_are_no_utf8_are_read_as_browsers_do(sent: bytes, value: str) -> None:
    assert dict(pairs_of(sent))["q"] == value


def test_a_list_of_values_may_be_written_with_brackets(client: FlaskClient) -> None:
    for before in ("/api/v1/search?facets=none&", "/?"):
        one, other = (client.get(f"{before}niveau{each}=bac-5&niveau{each}=bac-2") for each in ("", "%5B%5D"))
        assert one.status_code == other.status_code == 200
        if before.startswith("/api"):
            assert one.get_json()["query"] == other.get_json()["query"]
        else:
            assert re.findall(r'data-total="\d+"', one.text) == re.findall(r'data-total="\d+"', other.text)


def test_an_old_link_in_latin_1_finds_what_it_found(client: FlaskClient) -> None:
    found = client.get("/api/v1/search?q=boulang%E8re").get_json()
    assert found["query"]["q"] == "boulangère"
    assert found["total_results"] == client.get("/api/v1/search?q=boulang%C3%A8re").get_json()["total_results"] > 0


@pytest.mark.parametrize(
    "written",
    ["MET.17", "met.17", "Met.17", "MET.17.", "MET.17)", "(MET.17", "MET-17", "MET 17", "met17", "MET.017"],
)
def test_s16_an_identifier_is_understood_however_it_is_written(client: FlaskClient, written: str) -> None:
    assert identifier(written) == "MET.17"
    for before, after in (("/metiers/", ""), ("/api/v1/metiers/", ""), ("/api/v1/metiers/", "/similaires")):
        answer = client.get(f"{before}{quote(written)}{after}?utm_source=a")
        if written == "MET.17":
            assert answer.status_code == 200
        else:
            assert answer.status_code == 301
            assert answer.headers["Location"] == f"{before}MET.17{after}?utm_source=a"
    assert 'href="/metiers/MET.17?garde=MET.17"' in client.get(f"/selection?id={quote(written)}").text


@pytest.mark.parametrize(
    "tail",
    [
        "&utm_source=lettre", "%3Futm_source=a", ";jsessionid=A1", "%23top", ".html", ".json", ".HTM", ".php", "|x",
        "%E2%80%8B", "%EF%BB%BF", "%C2%AD", "/index.html", "&" + "a" * 200,
    ],
)  # fmt: skip
def test_s16_what_tools_put_behind_an_identifier_is_no_part_of_it(client: FlaskClient, tail: str) -> None:
    for before in ("/metiers/", "/api/v1/metiers/", "/metiers//", "/METIERS/", "/Metiers/"):
        answer = client.get(f"{before}MET.17{tail}")
        assert answer.status_code == 301
        assert answer.headers["Location"] == f"{'/api/v1' * ('api' in before)}/metiers/MET.17"


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/Carte", "/carte"), ("/A-PROPOS/", "/a-propos"), ("/filtres/Niveau", "/filtres/niveau"),
        ("/FILTRES/niveau.", "/filtres/niveau"), ("/api/v1/Search/", "/api/v1/search"),
        ("/API/V1/SUGGEST", "/api/v1/suggest"), ("/Carte&q=a%20b", "/carte?q=a%20b"), ("/carte%3Fq=a", "/carte?q=a"),
        ("/aide;jsessionid=A1", "/aide"), ("/filtres/niveau.html", "/filtres/niveau"), ("/carte|x", "/carte"),
        ("/api/v1/search.json", "/api/v1/search"), ("/api/v1/metiers/MET.242/similaires.json",
         "/api/v1/metiers/MET.242/similaires"), ("/api/v1/facets/Niveau%20", "/api/v1/facets/niveau"),
    ],
)  # fmt: skip
def test_s16_a_page_is_found_whatever_its_capitals_and_slashes(client: FlaskClient, path: str, location: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (301, location)


def test_s16_a_diploma_is_found_however_its_identifier_is_written() -> None:
    for written in ("for.5968/", "FOR-5968", "for_05968.", "FOR 5968", "FOR.5968&utm_source=a", "FOR.5968.html"):
        assert tidied(f"/diplomes/{written}") == "/diplomes/FOR.5968"


@pytest.mark.parametrize(
    "written", ["", "MET", "MET.0", "MET.12345678901", "FOR.17", "MET.1\x00", "MET.17x", "../MET.17", "MET.1７", "17"]
)
def test_what_is_no_identifier_is_refused(written: str) -> None:
    assert identifier(written) is None


@pytest.mark.parametrize("path", [page for page in PAGES if page != "/"])
def test_a_slash_or_a_full_stop_too_many_leads_to_the_page(client: FlaskClient, path: str) -> None:
    for ending in ("/", ".", ",", "//", ")", "%C2%BB"):
        answer = client.get(f"{path}{ending}?q=a%20b")
        assert answer.status_code == 301
        assert answer.headers["Location"] == f"{path}?q=a%20b"


@pytest.mark.parametrize(
    "path",
    ["/rien/", "/%5Cevil.example/", "/metiers/", "/metiers//", "/API/", "/filtres/rien.", "/api/v1/facets/rien%20",
     "/static/rien.", "/Static/App.js", "/rien.html",
     "/filtres/rien&q=a"],
)  # fmt: skip
def test_a_path_that_leads_nowhere_stays_unknown(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "Location" not in answer.headers


def test_only_what_is_read_is_moved(client: FlaskClient) -> None:
    assert client.post("/aide/").status_code == 404
    assert tidied("/") == tidied("/...") == tidied("//") == "/"
    assert tidied("//aide//") == "/aide"


@pytest.mark.parametrize(
    ("accept", "mimetype"),
    [
        ("", "application/json"),
        ("application/json; charset=utf-8", "application/json"),
        ("application/json;charset=utf-8;q=0.9, text/csv;q=0.1", "application/json"),
        ("text/csv; header=present", "text/csv"),
        ("TEXT/CSV", "text/csv"),
        ("application/json;q=0, */*", "text/csv"),
        ("application/*;q=0.2, text/*;q=0.3", "text/csv"),
        ("text/*;q=0.2, */*;q=0.1", "text/csv"),
        ("*/*;q=0", None),
        ("application/json;q=0", None),
        ("text/html", None),
        ("application/json;q=abc", "application/json"),
        (";q=1,,", "application/json"),
        ("text/*;q=0.5, application/json;q=0.4", "text/csv"),
        ("*/*;q=0, text/csv", "text/csv"),
        ("APPLICATION/JSON;Q=0.1, text/html", "application/json"),
        ("text/csv;header=absent;q=0.9, application/json;q=0.8", "text/csv"),
    ],
)
def test_s16_the_type_that_a_client_prefers_is_sent(client: FlaskClient, accept: str, mimetype: str | None) -> None:
    assert best_type(accept, ("application/json", "text/csv")) == mimetype
    answer = client.get("/api/v1/search", headers={"Accept": accept})
    assert answer.mimetype == (mimetype or "application/problem+json")


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip", "gzip"), ("gzip, deflate, br", "br"), ("*", "br"), ("x-gzip", "gzip"), ("GZIP;q=0.5", "gzip"),
        ("identity;q=0, gzip", "gzip"), ("", None), ("br", "br"), ("zstd", None), ("gzip;q=0", None),
        ("gzip; q=0.000", None), ("*;q=0", None), ("*, gzip;q=0", "br"), ("*;q=0, gzip", "gzip"),
        ("identity, gzip;q=0.5", None), ("br;q=0.5, gzip;q=0.9", "gzip"), ("br;q=0, *;q=0.1", "gzip"),
        ("br;q=0.1, identity;q=0.5", None), ("identity;q=0.2, br;q=0.3, gzip;q=0.1", "br"),
    ],
)  # fmt: skip
def test_an_answer_is_packed_as_its_reader_likes_best(client: FlaskClient, accepted: str, coding: str | None) -> None:
    assert best_coding(accepted, tuple(PACKERS)) == coding
    for path in ("/", "/api/v1/search", "/static/style.css"):
        answer = client.get(path, headers={"Accept-Encoding": accepted})
        assert answer.headers.get("Content-Encoding") == coding
        assert "Accept-Encoding" in answer.headers["Vary"]


@pytest.mark.parametrize("path", ["/", "/api/v1/search?q=pain", "/static/style.css"])
@pytest.mark.parametrize(("coding", "unpack"), [("gzip", gzip.decompress), ("br", brotli.decompress)])
def test_what_is_packed_says_the_same(
    client: FlaskClient, path: str, coding: str, unpack: Callable[[bytes], bytes]
) -> None:
    plain = client.get(path)
    packed = client.get(path, headers={"Accept-Encoding": coding})
    took = re.compile(rb'"took_ms":[0-9.]+')
    assert took.sub(b"", unpack(packed.data)) == took.sub(b"", plain.data)
    assert len(packed.data) < len(plain.data) / 2


def test_each_form_of_a_file_has_a_tag_of_its_own(client: FlaskClient) -> None:
    answers = [client.get("/static/style.css", headers={"Accept-Encoding": each}) for each in ("", "gzip", "br")]
    assert len({answer.headers["ETag"] for answer in answers}) == 3


@pytest.mark.parametrize("path", ["/static/style.css", "/", "/api/v1/search"])
@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', 'W/"other",{} ,"more"', "*"])
@pytest.mark.parametrize("accepted", ["gzip", "br", "identity"])
def test_a_known_copy_is_known_however_it_is_named(client: FlaskClient, path: str, form: str, accepted: str) -> None:
    headers = {"Accept-Encoding": accepted}
    tag = client.get(path, headers=headers).headers["ETag"]
    bare = tag.removeprefix("W/")
    again = client.get(path, headers=headers | {"If-None-Match": form.format(bare)})
    assert again.status_code == 304
    assert again.headers["ETag"] == tag
    assert client.get(path, headers=headers | {"If-None-Match": '"other"'}).status_code == 200


def test_a_program_of_another_site_may_ask_with_the_usual_headers(client: FlaskClient) -> None:
    asked = {"Content-Type", "X-Requested-With", "Cache-Control", "Authorization", "Accept", "If-None-Match"}
    answer = client.options(
        "/api/v1/search",
        headers={"Origin": "https://a.example", "Access-Control-Request-Headers": ", ".join(asked).lower()},
    )
    assert answer.status_code == 200
    assert asked <= set(answer.headers["Access-Control-Allow-Headers"].split(", "))
    exposed = client.get("/api/v1/search?format=csv").headers["Access-Control-Expose-Headers"].split(", ")
    assert {"Content-Disposition", "ETag", "Link"} <= set(exposed)
