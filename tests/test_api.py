"""The JSON API as its contract says: names, counts, links, headers, and each error."""

from typing import Any
from urllib.parse import quote

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient

from web.api import models


def get(client: FlaskClient, path: str, **headers: str) -> Any:
    answer = client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    assert answer.status_code == 200, answer.text
    return answer.json


def titles(answer: Any) -> list[str]:
    return [result["title"] for result in answer["results"]]


def test_the_empty_query_gives_every_sheet_by_title(client: FlaskClient) -> None:
    answer = get(client, "/api/v1/search")
    assert answer["total_results"] == 1043
    assert answer["total_pages"] == 53
    assert len(answer["results"]) == 20
    assert titles(answer)[0].startswith("a")


def test_the_counts_by_level_are_those_of_the_sheets(client: FlaskClient) -> None:
    facets = get(client, "/api/v1/search")["facets"]
    counts = {
        value["label"]: value["count"] for facet in facets if facet["name"] == "niveau" for value in facet["values"]
    }
    assert counts["bac + 5"] == 313
    assert counts["CAP ou équivalent"] == 196
    assert sum(counts.values()) == 1043


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/search",
        "/api/v1/search?q=boulanger&niveau=cap-ou-equivalent&explain=true",
        "/api/v1/search?q=boulengerie&typo=off",
        "/api/v1/search?q=boulangeri",
        "/api/v1/search?niveau=bac-2&niveau=bac-3&rome=a&domaine=sport&page=2&per_page=3",
        "/api/v1/search?q=bois&page=400",
        "/api/v1/search?q=boulanger&niveau=bac-8&zeros=true",
        "/api/v1/search?facets=none&salaire_min=2000&salaire_max=2500&dans=competences",
    ],
)
def test_an_answer_has_the_declared_shape(client: FlaskClient, path: str) -> None:
    models.SearchAnswer.model_validate_json(client.get(path).data, strict=True)


def test_each_result_links_to_a_page_and_to_itself(client: FlaskClient) -> None:
    for result in get(client, "/api/v1/search?q=bois")["results"]:
        for address in (*result["links"].values(), *(each["href"] for each in result["highlight"]["snippets"])):
            assert client.get(address).status_code == 200


def test_the_marked_words_are_ranges_of_the_original_text(client: FlaskClient) -> None:
    answer = get(client, "/api/v1/search?q=mecanicienne")
    snippets = [each for result in answer["results"] for each in result["highlight"]["snippets"]]
    assert snippets
    marked = [each["text"][start:end] for each in snippets for start, end in each["ranges"]]
    assert any("é" in word for word in marked)
    for each in snippets:
        assert each["html"].replace("<mark>", "").replace("</mark>", "") == _escaped(each["text"])


def _escaped(text: str) -> str:
    from html import escape

    return escape(text, quote=False)


def test_the_count_of_a_choice_is_the_total_behind_its_link(client: FlaskClient) -> None:
    for facet in get(client, "/api/v1/search?q=bois")["facets"]:
        for value in [each for each in facet["values"] if each["toggle"]][:4]:
            assert get(client, value["toggle"])["total_results"] == value["count"]


def test_a_chosen_value_links_to_the_search_without_it(client: FlaskClient) -> None:
    answer = get(client, "/api/v1/search?q=bois&niveau=bac-2&page=1")
    (chosen,) = [value for facet in answer["facets"] for value in facet["values"] if value["selected"]]
    assert chosen["toggle"] == "/api/v1/search?q=bois"


def test_a_choice_at_zero_leads_nowhere_and_comes_only_if_asked_for(client: FlaskClient) -> None:
    (short,) = get(client, "/api/v1/search?q=boulanger&facets=niveau")["facets"]
    (whole,) = get(client, "/api/v1/search?q=boulanger&facets=niveau&zeros=true")["facets"]
    assert len(whole["values"]) == whole["total_values"] == short["total_values"] > len(short["values"])
    assert {value["toggle"] for value in whole["values"] if not value["count"]} == {None}
    held = [value for value in whole["values"] if value["count"]]
    assert [value["value"] for value in held] == [value["value"] for value in short["values"]]
    assert {"zeros=true" in value["toggle"] for value in held} == {True}


@pytest.mark.parametrize("facet", ["niveau=bac-9-et-plus", "rome=a1101", "domaine=sante-social-sport.sport"])
def test_a_chosen_value_stays_also_at_zero_and_in_its_place(client: FlaskClient, facet: str) -> None:
    name, _, chosen = facet.partition("=")
    (short,) = get(client, f"/api/v1/search?q=boulanger&{facet}&facets={name}")["facets"]
    (whole,) = get(client, f"/api/v1/search?q=boulanger&{facet}&facets={name}&zeros=true")["facets"]
    kept = [value["value"] for value in whole["values"] if value["count"] or value["selected"]]
    assert [value["value"] for value in short["values"]] == kept
    (value,) = [value for value in short["values"] if value["selected"]]
    assert (value["value"], value["count"]) == (chosen, 0)
    assert value["toggle"] == f"/api/v1/search?q=boulanger&facets={name}"


def test_an_answer_is_short(client: FlaskClient) -> None:
    assert len(client.get("/api/v1/search?q=boulanger").data) <= 30_000
    assert len(client.get("/api/v1/search?q=boulanger", headers={"Accept-Encoding": "gzip"}).data) <= 7_000


def test_the_pages_link_to_one_another_and_hold_each_sheet_once(client: FlaskClient) -> None:
    address: str | None = "/api/v1/search?q=animaux&per_page=7"
    seen: list[str] = []
    while address:
        answer = client.get(address)
        seen += [result["id"] for result in answer.json["results"]]
        address = answer.json["links"]["next"]
        assert (f'<{address}>; rel="next"' in answer.headers["Link"]) == bool(address)
    assert len(seen) == len(set(seen)) == answer.json["total_results"]


def test_no_link_leads_beyond_what_may_be_asked(client: FlaskClient) -> None:
    assert get(client, "/api/v1/search?per_page=100&page=11")["links"]["next"] is None


def test_an_answer_names_its_source_its_licence_and_its_index(client: FlaskClient) -> None:
    answer = get(client, "/api/v1/search?q=bois")
    assert answer["source"]["name"] == "Onisep, Idéo-fiches métiers"
    assert "ODbL" in answer["source"]["licence"]
    assert answer["index"]["documents"] == 1043


def test_explained_scores_are_the_sum_of_their_parts(client: FlaskClient) -> None:
    for result in get(client, "/api/v1/search?q=boulanger&explain=true")["results"]:
        assert sum(part["value"] for part in result["explain"]) == pytest.approx(result["score"], abs=1e-3)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("boulengerie", set()),
        ("toubib", {"spoken"}),
        ("comment devenir infirmière", {"wish"}),
        ("bâtiment sans le bac bien payé", {"niveau_max", "salaire", "spoken"}),
        ("animaux mais pas vétérinaire", {"without", "spoken"}),
        ("devenir boulanger -pain", {"wish"}),
    ],
)
def test_whatever_is_read_into_the_words_has_the_address_that_undoes_it(
    client: FlaskClient, text: str, kinds: set[str]
) -> None:
    understood = get(client, f"/api/v1/search?q={quote(text)}")["understanding"]
    assert {each["kind"] for each in understood["readings"]} == kinds
    exact = get(client, understood["exact"])
    assert exact["query"]["q"] == text
    assert (exact["understanding"]["corrections"], exact["understanding"]["readings"]) == ([], [])
    for each in understood["readings"]:
        undone = get(client, each["href"])["understanding"]["readings"]
        assert (each["kind"], each["typed"]) not in {(left["kind"], left["typed"]) for left in undone}
    for each in understood["corrections"]:
        assert get(client, each["href"])["understanding"]["corrections"] == []
    for each in understood["excluded"]:
        assert get(client, each["href"])["understanding"]["excluded"] == []


def test_where_nothing_is_read_into_the_words_nothing_is_to_undo(client: FlaskClient) -> None:
    understood = get(client, "/api/v1/search?q=boulanger")["understanding"]
    assert (understood["readings"], understood["corrections"], understood["exact"]) == ([], [], None)


def test_nothing_found_comes_with_links_that_find_something(client: FlaskClient) -> None:
    answer = get(client, "/api/v1/search?q=boulanger&niveau=bac-8")
    assert answer["total_results"] == 0
    for way in answer["relaxations"]:
        assert get(client, way["href"])["total_results"] == way["count"] > 0
    assert answer["relaxations"]


def test_a_page_past_the_end_is_empty(client: FlaskClient) -> None:
    answer = get(client, "/api/v1/search?q=boulanger&page=300")
    assert answer["results"] == []
    assert answer["total_results"] > 0


@pytest.mark.parametrize("text", ["anim", "bts", "D11", "santé"])
def test_completion_groups_what_else_fits_and_each_leads_to_as_many_sheets_as_it_says(
    client: FlaskClient, text: str
) -> None:
    answer = get(client, f"/api/v1/suggest?q={text}")
    models.SuggestAnswer.model_validate_json(orjson.dumps(answer), strict=True)
    assert answer["groups"]
    for group in answer["groups"]:
        for each in group["suggestions"]:
            assert each["href"].startswith(f"/?{group['name']}=")
            assert get(client, "/api/v1/search" + each["href"][1:])["total_results"] == each["count"] > 0


def test_completion_gives_each_sheet_once_and_marks_what_is_typed(client: FlaskClient) -> None:
    answer = get(client, "/api/v1/suggest?q=boulang")
    models.SuggestAnswer.model_validate_json(orjson.dumps(answer))
    ids = [each["id"] for each in answer["suggestions"]]
    assert ids[0] == "MET.17"
    assert len(set(ids)) == len(ids)
    first = answer["suggestions"][0]
    assert [first["label"][start:end] for start, end in first["ranges"]] == ["boulang"]
    assert client.get(first["href"]).status_code == 200


@pytest.mark.parametrize("text", ["", "b"])
def test_completion_waits_for_two_letters(client: FlaskClient, text: str) -> None:
    assert get(client, f"/api/v1/suggest?q={text}")["suggestions"] == []


def test_completion_keeps_to_its_limit(client: FlaskClient) -> None:
    assert len(get(client, "/api/v1/suggest?q=in&limit=20")["suggestions"]) == 20
    assert len(get(client, "/api/v1/suggest?q=in")["suggestions"]) == 8


def test_a_sheet_is_given_whole(client: FlaskClient) -> None:
    answer = get(client, "/api/v1/metiers/MET.17")
    models.FicheAnswer.model_validate_json(orjson.dumps(answer))
    assert answer["title"] == "boulanger/ère"
    assert {"presentation", "nature_travail", "competences", "conditions_travail"} <= {
        section["name"] for section in answer["sections"]
    }
    assert len(answer["formations"]) == 6


def test_similar_sheets_leave_the_sheet_itself_out(client: FlaskClient) -> None:
    answer = get(client, "/api/v1/metiers/MET.17/similaires?limit=4")
    models.SimilarAnswer.model_validate_json(orjson.dumps(answer))
    assert len(answer["results"]) == 4
    assert "MET.17" not in {result["id"] for result in answer["results"]}


def test_a_facet_is_searched_inside(client: FlaskClient) -> None:
    answer = get(client, "/api/v1/facets/interet?q=etranger")
    models.FacetAnswer.model_validate_json(orjson.dumps(answer))
    assert [value["label"] for value in answer["values"]] == ["je rêve de travailler à l'étranger"]
    assert get(client, answer["values"][0]["href"])["total_results"] == answer["values"][0]["count"]


def test_the_service_says_that_it_lives_and_that_it_is_ready(client: FlaskClient) -> None:
    models.Live.model_validate_json(orjson.dumps(get(client, "/health/live")))
    models.Ready.model_validate_json(orjson.dumps(get(client, "/health/ready")))


def test_a_known_copy_is_answered_by_304_with_the_same_tag(client: FlaskClient) -> None:
    first = client.get("/api/v1/search?q=bois&niveau=bac-2&niveau=bac-3")
    assert first.headers["Cache-Control"] == "public, max-age=300"
    again = client.get(
        "/api/v1/search?niveau=bac-3&q=bois&page=1&niveau=bac-2", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert again.status_code == 304
    assert again.data == b""
    assert again.headers["ETag"] == first.headers["ETag"]


def test_another_question_has_another_tag(client: FlaskClient) -> None:
    tags = {
        client.get(path).headers["ETag"]
        for path in ("/api/v1/search?q=bois", "/api/v1/search?q=boi", "/api/v1/search?q=bois&format=csv", "/?q=bois")
    }
    assert len(tags) == 4


def test_only_the_api_may_be_read_from_other_sites(client: FlaskClient) -> None:
    assert client.get("/api/v1/search?q=bois").headers["Access-Control-Allow-Origin"] == "*"
    assert client.get("/api/v1/search?x=1").headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in client.get("/").headers


def test_head_and_options_answer(client: FlaskClient) -> None:
    head = client.head("/api/v1/search?q=bois")
    assert head.status_code == 200
    assert head.data == b""
    assert head.headers["Content-Length"] == client.get("/api/v1/search?q=bois").headers["Content-Length"]
    options = client.options("/api/v1/search")
    assert options.status_code == 200
    assert set(options.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert options.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    ("accept", "status", "mimetype"),
    [
        ("*/*", 200, "application/json"),
        ("application/json", 200, "application/json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", 200, "application/json"),
        ("text/csv", 200, "text/csv"),
        ("application/x-ndjson", 200, "application/x-ndjson"),
        ("text/html", 406, "application/problem+json"),
        ("image/png, application/xml;q=0.9", 406, "application/problem+json"),
    ],
)
def test_the_format_follows_accept(client: FlaskClient, accept: str, status: int, mimetype: str) -> None:
    answer = client.get("/api/v1/search?q=boulanger", headers={"Accept": accept})
    assert (answer.status_code, answer.mimetype) == (status, mimetype)
    assert "Accept" in answer.vary  # another client may get another answer


def test_the_format_parameter_goes_before_accept(client: FlaskClient) -> None:
    assert client.get("/api/v1/search?format=csv", headers={"Accept": "application/json"}).mimetype == "text/csv"


def test_a_cached_answer_is_the_answer(app: Flask, client: FlaskClient) -> None:
    first = client.get("/api/v1/search?q=menuisier").json
    assert client.get("/api/v1/search?q=menuisier").json == first
