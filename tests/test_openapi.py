"""The document that programs read first: complete, made from what validates. That it is true: tests/test_fuzz.py."""

from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient

from web.api import models
from web.app import is_api
from web.params import EditionSearchParameters


@pytest.fixture
def document(client: FlaskClient) -> Any:
    answer = client.get("/api/v1/openapi.json")
    assert answer.mimetype == "application/json"
    return answer.json


def test_every_route_of_the_api_is_described_and_no_other(app: Flask, document: Any) -> None:
    routes = {
        rule.rule.replace("<", "{").replace(">", "}")
        for rule in app.url_map.iter_rules()
        if is_api(rule.rule) and rule.rule != "/api/docs"
    }
    assert set(document["paths"]) == routes
    assert document["openapi"].startswith("3.1")


def test_every_parameter_that_is_read_is_described_and_no_other(document: Any) -> None:
    described = [each["name"] for each in document["paths"]["/api/v1/search"]["get"]["parameters"]]
    assert described == list(EditionSearchParameters.model_fields)
    assert all(each["description"] for each in document["paths"]["/api/v1/search"]["get"]["parameters"])


def test_the_choices_of_a_facet_are_those_of_the_index(client: FlaskClient, document: Any) -> None:
    (niveau,) = [each for each in document["paths"]["/api/v1/search"]["get"]["parameters"] if each["name"] == "niveau"]
    facet = client.get("/api/v1/facets/niveau").json
    assert niveau["schema"]["items"]["examples"] == [value["value"] for value in facet["values"]]


def test_every_reference_leads_somewhere(document: Any) -> None:
    def references(part: Any) -> list[str]:
        if isinstance(part, dict):
            own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
            return own + [each for value in part.values() for each in references(value)]
        return [each for value in part for each in references(value)] if isinstance(part, list) else []

    for reference in references(document):
        place = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_the_documentation_page_shows_every_address(client: FlaskClient, document: Any) -> None:
    page = client.get("/api/docs").text
    for path in document["paths"]:
        assert f"GET {path}" in page
    assert "https://" not in page.split("<main")[1].split("</main>")[0]


def test_answers_may_grow_and_values_change_with_the_next_edition(document: Any) -> None:
    def closed(part: Any) -> list[Any]:
        if isinstance(part, dict):
            own = [part] if {"enum", "const"} & part.keys() or part.get("additionalProperties") is False else []
            return own + [each for value in part.values() for each in closed(value)]
        return [each for value in part for each in closed(value)] if isinstance(part, list) else []

    assert closed(document["components"]["schemas"]) == []
    for name in ("niveau", "domaine", "niveau_max", "dans"):
        (parameter,) = [e for e in document["paths"]["/api/v1/search"]["get"]["parameters"] if e["name"] == name]
        assert closed(parameter) == []


def test_the_document_says_whose_data_this_is_and_whom_to_ask(document: Any) -> None:
    assert document["info"]["license"]["name"]
    assert document["info"]["contact"]["url"].endswith("/a-propos#contact")


@pytest.mark.parametrize("path", ["/api/v1/search", "/api/v1/metiers/{id}", "/api/v1/suggest", "/health/ready"])
def test_an_answer_is_shown_as_an_example_with_its_headers(document: Any, path: str) -> None:
    described = document["paths"][path]["get"]["responses"]["200"]
    schema = described["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    getattr(models, schema).model_validate_json(orjson.dumps(described["content"]["application/json"]["example"]))
    assert {"ETag", "Link", "X-Request-Id"} <= described["headers"].keys()
