"""The document that programs read first: complete, made from what validates. That it is true: tests/test_fuzz.py."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from web.app import is_api
from web.params import SearchParameters


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
    assert described == list(SearchParameters.model_fields)
    assert all(each["description"] for each in document["paths"]["/api/v1/search"]["get"]["parameters"])


def test_the_choices_of_a_facet_are_those_of_the_index(client: FlaskClient, document: Any) -> None:
    (niveau,) = [each for each in document["paths"]["/api/v1/search"]["get"]["parameters"] if each["name"] == "niveau"]
    facet = client.get("/api/v1/facets/niveau").json
    assert niveau["schema"]["items"]["enum"] == [value["value"] for value in facet["values"]]


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
