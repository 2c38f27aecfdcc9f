"""What search engines and open-data portals are told of the data: its files, its licences, its edition."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from search.engine import IndexInfo
from web import texts
from web.api import dataset
from web.api.downloads import DOWNLOADS

BASE = "https://metiers.example.org"
INFO = IndexInfo("20261127T101500000000-3f2a", 1043, "2026-11-27T10:15:00+00:00", "", ("fiches.xml",), "2026-11-20")


@pytest.fixture
def page(seeds_client: FlaskClient) -> str:
    answer = seeds_client.get("/donnees")
    assert answer.status_code == 200
    return answer.text


def test_the_page_names_every_file_and_every_column(page: str) -> None:
    for each in DOWNLOADS:
        assert f'<a href="{each.path}"><code>{each.name}</code></a>' in page
        assert all(f"<dt><code>{name}</code></dt><dd>" in page for name in each.columns)


def test_the_page_describes_the_dataset_with_addresses_that_answer(page: str, seeds_client: FlaskClient) -> None:
    (written,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    described = json.loads(written)
    assert described["@type"] == "Dataset"
    assert described["version"] == seeds_client.get("/health/ready").json["index"]["generation"]
    addresses = [each["contentUrl"] for each in described["distribution"]]
    assert len(addresses) == len(DOWNLOADS)
    for address in addresses:
        assert seeds_client.get(address.removeprefix("http://127.0.0.1:8000")).status_code == 302


def test_the_catalogue_is_served_as_linked_data(seeds_client: FlaskClient) -> None:
    answer = seeds_client.get(dataset.CATALOGUE)
    assert (answer.status_code, answer.mimetype) == (200, "application/ld+json")
    assert answer.get_json(force=True)["@type"] == "dcat:Catalog"


def test_every_prefix_of_the_catalogue_is_declared_and_every_distribution_has_a_licence() -> None:
    made = dataset.catalogue(INFO, BASE)

    def names(part: Any) -> set[str]:
        if isinstance(part, list):
            return set().union(*map(names, part))
        if not isinstance(part, dict):
            return set()
        own = {key for key in part if not key.startswith("@")} | {part.get("@type", "xsd:")}
        return own.union(*(names(value) for key, value in part.items() if key != "@context"))

    assert {name.partition(":")[0] for name in names(made)} <= made["@context"].keys()
    for each in made["dcat:dataset"]["dcat:distribution"]:
        assert each["dct:license"]
        assert each["dcat:downloadURL"]["@id"].startswith(BASE)


def test_the_licences_are_those_of_the_edition() -> None:
    def told(info: IndexInfo) -> list[str]:
        return dataset.dataset(info, BASE)["license"]  # type: ignore[no-any-return]

    urls = texts.LICENCE_URLS
    assert told(INFO) == [urls["Licence Ouverte"], urls["ODbL"]]
    named = replace(INFO, sources=("fiches.xml", "ROME 4.60", "ESCO 1.2"))
    assert told(named) == [urls["Licence Ouverte"], urls["ODbL"], urls["CC BY 4.0"]]
    assert len(dataset.dataset(named, BASE)["isBasedOn"]) == 3


def test_every_licence_that_a_source_names_has_its_text() -> None:
    for licence in (texts.LICENCE, *(each[-1] for each in texts.NAME_SOURCES.values())):
        assert any(name in licence for name in texts.LICENCE_URLS)
