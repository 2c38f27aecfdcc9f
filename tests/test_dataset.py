"""What search engines and open-data portals are told of the data: its files, its licences, its edition."""

import json
import re
import warnings
from dataclasses import replace
from typing import Any, Final

import pytest
from flask.testing import FlaskClient
from rdflib import DCAT, DCTERMS, FOAF, RDF, RDFS, SKOS, XSD, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from search.engine import Engine, IndexInfo
from search.settings import Settings
from web import texts
from web.api import dataset
from web.api.downloads import DOWNLOADS
from web.app import create_app

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


VCARD: Final = Namespace("http://www.w3.org/2006/vcard/ns#")
DATES: Final = (XSD.date, XSD.dateTime, XSD.gYear, XSD.gYearMonth)
VERSION: Final = URIRef(f"{DCAT}version")

Shape = dict[URIRef, tuple[int, int | None, object]]
TEXT: Final = (1, None, Literal)
SOME_TEXT: Final = (0, None, Literal)
DAY: Final = (0, 1, DATES)
LICENCE: Final = (0, 1, DCTERMS.LicenseDocument)
AGENT: Final = (0, 1, FOAF.Agent)
ADDRESS: Final = (0, None, URIRef)

SHAPES: Final[dict[URIRef, Shape]] = {
    FOAF.Agent: {FOAF.name: TEXT, FOAF.homepage: (0, None, FOAF.Document)},
    DCAT.Catalog: {
        DCTERMS.title: TEXT, DCTERMS.description: TEXT, DCTERMS.publisher: (1, 1, FOAF.Agent),
        DCTERMS.language: (0, None, DCTERMS.LinguisticSystem), DCTERMS.spatial: (0, None, DCTERMS.Location),
        DCTERMS.modified: DAY, DCTERMS.license: LICENCE, DCTERMS.rights: (0, 1, DCTERMS.RightsStatement),
        FOAF.homepage: (0, 1, FOAF.Document), DCAT.dataset: (0, None, DCAT.Dataset),
        DCAT.service: (0, None, DCAT.DataService),
    },
    DCAT.Dataset: {
        DCTERMS.title: TEXT, DCTERMS.description: TEXT, DCTERMS.identifier: SOME_TEXT, DCTERMS.publisher: AGENT,
        DCTERMS.language: (0, None, DCTERMS.LinguisticSystem), DCTERMS.spatial: (0, None, DCTERMS.Location),
        DCTERMS.modified: DAY, DCTERMS.relation: ADDRESS, DCAT.keyword: SOME_TEXT,
        DCAT.theme: (0, None, SKOS.Concept), DCAT.contactPoint: (0, None, VCARD.Kind),
        DCAT.landingPage: (0, None, FOAF.Document), DCAT.distribution: (0, None, DCAT.Distribution),
        VERSION: (0, 1, Literal),
    },
    DCAT.Distribution: {
        DCTERMS.title: SOME_TEXT, DCTERMS.license: LICENCE, DCTERMS.rights: (0, 1, DCTERMS.RightsStatement),
        DCAT.accessURL: (1, None, URIRef), DCAT.downloadURL: ADDRESS, DCAT.mediaType: (0, 1, DCTERMS.MediaType),
    },
    DCAT.DataService: {
        DCTERMS.title: TEXT, DCTERMS.license: LICENCE, DCAT.endpointURL: (1, None, URIRef),
        DCAT.endpointDescription: ADDRESS, DCAT.servesDataset: (0, None, DCAT.Dataset),
    },
    SKOS.Concept: {SKOS.prefLabel: TEXT},
    VCARD.Kind: {VCARD.fn: TEXT, VCARD.hasEmail: ADDRESS, VCARD.hasURL: ADDRESS},
    DCTERMS.RightsStatement: {RDFS.label: TEXT},
}  # fmt: skip
"""What the catalogue may say of each class: how many values at least, at most, and of which kind or class.

Taken over from the published shapes of DCAT-AP 3.0.0 (SEMICeu/DCAT-AP, releases/3.0.0/html/shacl: shapes.ttl and
range.ttl), for the properties that we use; vCard and the label of rights are their vocabularies' own.
"""

RECOMMENDED: Final = {
    DCAT.Catalog: (DCTERMS.language, DCTERMS.spatial, DCTERMS.modified, FOAF.homepage, DCAT.dataset, DCAT.service),
    DCAT.Dataset: (
        DCAT.contactPoint, DCAT.distribution, DCAT.keyword, DCTERMS.publisher, DCTERMS.spatial, DCAT.theme,
        DCTERMS.identifier, DCTERMS.modified,
    ),
    DCAT.Distribution: (DCTERMS.license, DCTERMS.title, DCAT.downloadURL, DCAT.mediaType),
    DCAT.DataService: (DCAT.servesDataset, DCAT.endpointDescription, DCTERMS.license),
}  # fmt: skip
"""What its shapes_recommended.ttl warns of, or portals read.

Not told: the first day of the catalogue and the time that the data are of, which nobody knows; a kind of agent or
licence, a taxonomy, an availability, a licence of the catalogue, which would say nothing more; a description and a
format of a file, which its title and its media type are.
"""


@pytest.fixture
def graph(seeds_client: FlaskClient) -> Graph:
    """The catalogue as it is served, read by rdflib as portals would."""
    return read(seeds_client.get(dataset.CATALOGUE).text)


@pytest.fixture
def rich() -> Graph:
    """The catalogue of an edition that has names of every source, of a service that says who answers."""
    info = replace(INFO, sources=("fiches.xml", *(f"{name} 1.0" for name in texts.NAME_SOURCES)))
    return read(json.dumps(dataset.catalogue(info, BASE, "Ville d'Exemple", "mailto:metiers@example.org")))


def read(catalogue: str) -> Graph:
    """What is told, read by rdflib."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # its parser uses what rdflib itself deprecates
        return Graph().parse(data=catalogue, format="json-ld")


def faults(graph: Graph, kind: URIRef, shape: Shape) -> list[tuple[Node, URIRef]]:
    """What a shape has against the things of its class: the thing, and the property."""
    return [
        (thing, name)
        for thing in graph.subjects(RDF.type, kind)
        for name, (least, most, wanted) in shape.items()
        for values in [set(graph.objects(thing, name))]
        if len(values) < least
        or (most is not None and len(values) > most)
        or not all(is_of(graph, value, wanted) for value in values)
    ]


def is_of(graph: Graph, value: Node, wanted: object) -> bool:
    """Whether a value is of the class, the kind or one of the types that a shape wants."""
    if isinstance(wanted, URIRef):
        return (value, RDF.type, wanted) in graph
    if isinstance(wanted, tuple):
        return isinstance(value, Literal) and value.datatype in wanted and value.toPython() != str(value)
    return isinstance(wanted, type) and isinstance(value, wanted)


def test_the_catalogue_keeps_to_the_shapes_of_dcat_ap(graph: Graph, rich: Graph) -> None:
    for told in (graph, rich):
        assert [fault for kind, shape in SHAPES.items() for fault in faults(told, kind, shape)] == []
        assert len(set(told.subjects(RDF.type, DCAT.Distribution))) == len(DOWNLOADS)
        for kind, shape in SHAPES.items():
            # What no shape was taken over for, nobody has looked at.
            said = {name for thing in told.subjects(RDF.type, kind) for name in told.predicates(thing)}
            assert said <= shape.keys() | {RDF.type}, kind


def test_the_catalogue_tells_what_dcat_ap_recommends_and_portals_read(rich: Graph) -> None:
    for kind, properties in RECOMMENDED.items():
        described = set(rich.subjects(RDF.type, kind))
        assert described, kind
        for each in described:
            assert [name for name in properties if (each, name, None) not in rich] == [], each


def test_portals_find_one_dataset_and_what_it_was_made_of_beside_it(rich: Graph) -> None:
    assert list(rich.subjects(RDF.type, DCAT.Dataset)) == [URIRef(f"{BASE}/donnees")]
    sources = {texts.SOURCE_URL, *(address for _, address, _ in texts.NAME_SOURCES.values())}
    assert {str(each) for each in rich.objects(None, DCTERMS.relation)} == sources


@pytest.mark.parametrize(
    ("contact", "told"),
    [
        ("metiers@example.org", {"vcard:hasEmail": {"@id": "mailto:metiers@example.org"}}),
        ("https://example.org/contact", {"vcard:hasURL": {"@id": "https://example.org/contact"}}),
        ("", None),
    ],
)
def test_whom_to_write_to_is_told_with_the_data(
    contact: str, told: dict[str, Any] | None, seeds_settings: Settings, seeds_engine: Engine
) -> None:
    app = create_app(replace(seeds_settings, contact=contact), seeds_engine)
    point = app.test_client().get(dataset.CATALOGUE).get_json(force=True)["dcat:dataset"].get("dcat:contactPoint")
    assert point == (told and {"@type": "vcard:Kind", "vcard:fn": texts.SERVICE, **told})


def test_the_rights_of_a_file_name_every_source_and_its_licence(rich: Graph) -> None:
    for file in set(rich.subjects(RDF.type, DCAT.Distribution)):
        (rights,) = rich.objects(file, DCTERMS.rights)
        (told,) = rich.objects(rights, RDFS.label)
        for _, _, licence in texts.NAME_SOURCES.values():
            assert licence in told
        assert f"{texts.SOURCE} : {texts.LICENCE}" in told


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
