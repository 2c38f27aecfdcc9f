"""What search engines and open-data portals are told of the data: its files, its licences, its edition."""

import json
import re
import warnings
from dataclasses import replace
from typing import Final

import pytest
from flask.testing import FlaskClient
from rdflib import DCAT, DCTERMS, FOAF, RDF, RDFS, XSD, Graph, Literal, URIRef

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


MANDATORY: Final = {
    DCAT.Catalog: (DCTERMS.title, DCTERMS.description, DCTERMS.publisher, DCAT.dataset),
    DCAT.Dataset: (DCTERMS.title, DCTERMS.description),
    DCAT.Distribution: (DCAT.accessURL,),
    DCAT.DataService: (DCTERMS.title, DCAT.endpointURL),
    FOAF.Agent: (FOAF.name,),
}
"""What DCAT-AP 3 makes mandatory of each class; French portals ask for no more."""

READ_BY_PORTALS: Final = {
    DCAT.Catalog: (DCTERMS.language, DCTERMS.modified, FOAF.homepage),
    DCAT.Dataset: (DCTERMS.identifier, DCTERMS.publisher, DCTERMS.modified, DCAT.keyword, DCAT.distribution),
    DCAT.Distribution: (DCTERMS.title, DCTERMS.license, DCAT.downloadURL, DCAT.mediaType),
    DCAT.DataService: (DCTERMS.license, DCAT.endpointDescription, DCAT.servesDataset),
}
"""What it recommends, or portals read."""


AT_MOST_ONE: Final = {
    DCAT.Catalog: (DCTERMS.publisher, DCTERMS.modified, DCTERMS.license, DCTERMS.rights, FOAF.homepage),
    DCAT.Dataset: (DCTERMS.publisher, DCTERMS.modified, DCTERMS.accessRights, URIRef(f"{DCAT}version")),
    DCAT.Distribution: (DCTERMS.license, DCTERMS.rights, DCTERMS.modified, DCAT.mediaType, DCTERMS["format"]),
    DCAT.DataService: (DCTERMS.license, DCTERMS.publisher, DCTERMS.accessRights),
}
"""What DCAT-AP 3 allows once; its shapes (SHACL) refuse a second value."""

TEXTS: Final = {
    DCTERMS.title, DCTERMS.description, DCTERMS.identifier, DCTERMS.modified, DCAT.keyword, FOAF.name, RDFS.label,
    URIRef(f"{DCAT}version"),
}  # fmt: skip
"""What is a text or a date; the value of any other property is a thing with an address, or a nameless one."""


@pytest.fixture
def graph(seeds_client: FlaskClient) -> Graph:
    """The catalogue as it is served, read by rdflib as portals would."""
    return read(seeds_client.get(dataset.CATALOGUE).text)


@pytest.fixture
def rich() -> Graph:
    """The catalogue of an edition that has names of every source."""
    info = replace(INFO, sources=("fiches.xml", *(f"{name} 1.0" for name in texts.NAME_SOURCES)))
    return read(json.dumps(dataset.catalogue(info, BASE, "Ville d'Exemple")))


def read(catalogue: str) -> Graph:
    """What is told, read by rdflib."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # its parser uses what rdflib itself deprecates
        return Graph().parse(data=catalogue, format="json-ld")


@pytest.mark.parametrize("asked", [MANDATORY, READ_BY_PORTALS])
def test_the_catalogue_has_what_dcat_ap_asks_of_each_class(
    graph: Graph, asked: dict[URIRef, tuple[URIRef, ...]]
) -> None:
    for kind, properties in asked.items():
        described = set(graph.subjects(RDF.type, kind))
        assert described, kind
        for each in described:
            assert [name for name in properties if (each, name, None) not in graph] == [], each
    assert len(set(graph.subjects(RDF.type, DCAT.Distribution))) == len(DOWNLOADS)


def test_what_dcat_ap_allows_once_is_told_once(rich: Graph) -> None:
    for kind, properties in AT_MOST_ONE.items():
        described = set(rich.subjects(RDF.type, kind))
        assert described, kind
        for each in described:
            assert [name for name in properties if len(set(rich.objects(each, name))) > 1] == [], each
    for _, name, value in rich:
        assert isinstance(value, Literal) == (name in TEXTS), (name, value)


def test_the_rights_of_a_file_name_every_source_and_its_licence(rich: Graph) -> None:
    for file in set(rich.subjects(RDF.type, DCAT.Distribution)):
        (rights,) = rich.objects(file, DCTERMS.rights)
        (told,) = rich.objects(rights, RDFS.label)
        for _, _, licence in texts.NAME_SOURCES.values():
            assert licence in told
        assert f"{texts.SOURCE} : {texts.LICENCE}" in told


def test_what_the_catalogue_names_is_of_the_class_that_dcat_ap_expects(graph: Graph) -> None:
    for name, kind in ((DCTERMS.publisher, FOAF.Agent), (DCAT.dataset, DCAT.Dataset), (DCAT.service, DCAT.DataService)):
        values = set(graph.objects(None, name))
        assert values
        assert all((value, RDF.type, kind) in graph for value in values), name
    for name in (DCAT.accessURL, DCAT.downloadURL, DCAT.mediaType, DCAT.landingPage, DCTERMS.license, DCTERMS.language):
        assert all(isinstance(value, URIRef) for value in graph.objects(None, name)), name
    for value in graph.objects(None, DCTERMS.modified):
        assert isinstance(value, Literal)
        assert value.datatype in {XSD.date, XSD.dateTime}
        assert value.toPython() != str(value), "a date that is none stays a text"
    # A property that rdflib does not know is one that DCAT 2 and Dublin Core do not have; DCAT 3 brought the version.
    for name in set(graph.predicates()) - {URIRef("http://www.w3.org/ns/dcat#version")}:
        assert any(name in space for space in (DCAT, DCTERMS, FOAF, RDF, RDFS)), name


def test_whoever_publishes_the_service_publishes_the_catalogue() -> None:
    def told(publisher: str) -> str:
        return dataset.catalogue(INFO, BASE, publisher)["dct:publisher"]["foaf:name"]  # type: ignore[no-any-return]

    assert told("Ville d'Exemple, 1 place de la Mairie, 00000 Exemple") == "Ville d'Exemple"
    assert told("") == texts.SERVICE


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
