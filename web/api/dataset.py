"""The data described for search engines (schema.org/Dataset) and open-data portals (DCAT). In: an index. Out: JSON."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from search.engine import IndexInfo
from web import texts
from web.api.downloads import DOWNLOADS, Download
from web.site import name_sources

CATALOGUE: Final = "/api/v1/catalogue.jsonld"
_EUROPE: Final = "http://publications.europa.eu/resource/authority"
"""The lists of values that DCAT-AP names."""

_CONTEXT: Final = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


def dataset(info: IndexInfo, base_url: str) -> dict[str, Any]:
    """The data of an edition as schema.org's Dataset, at its public address."""
    return {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "@id": f"{base_url}/donnees",
        "url": f"{base_url}/donnees",
        "name": texts.DATASET["title"],
        "description": texts.DATASET["description"].format(documents=info.documents),
        "keywords": list(texts.DATASET_KEYWORDS),
        "inLanguage": "fr",
        "isAccessibleForFree": True,
        "creator": {"@type": "Organization", "name": texts.SOURCE, "url": texts.SOURCE_URL},
        "license": list(_licences(info)),
        "isBasedOn": [address for _, address, _ in _sources(info)],
        "version": info.generation,
        "dateModified": info.data_date or info.built_at,
        "distribution": [
            {
                "@type": "DataDownload",
                "name": each.title,
                "encodingFormat": each.mimetype,
                "contentUrl": f"{base_url}{each.path}",
            }
            for each in DOWNLOADS
        ],
    }


def catalogue(info: IndexInfo, base_url: str, publisher: str = "", contact: str = "") -> dict[str, Any]:
    """The data of an edition, its files and the API as a DCAT catalogue.

    It keeps to the shapes of DCAT-AP 3: what they name has its class beside its address. `publisher` is that of the
    legal notice, of which the name comes first; `contact` is the address of a link.
    """
    name = publisher.partition(",")[0] or texts.SERVICE
    return {
        "@context": _CONTEXT,
        "@id": f"{base_url}{CATALOGUE}",
        "@type": "dcat:Catalog",
        "dct:title": _french(texts.SERVICE),
        "dct:description": _french(texts.API["summary"]),
        "dct:publisher": {"@type": "foaf:Agent", "foaf:name": name},
        "foaf:homepage": _thing(f"{base_url}/", "foaf:Document"),
        "dcat:dataset": _dataset(info, base_url, _contact(name, contact)),
        "dcat:service": _service(info, base_url),
        **_common(info),
    }


def _common(info: IndexInfo) -> dict[str, Any]:
    """What is true of the catalogue and of its data."""
    return {
        "dct:language": _thing(f"{_EUROPE}/language/FRA", "dct:LinguisticSystem"),
        "dct:spatial": _thing(f"{_EUROPE}/country/FRA", "dct:Location"),
        "dct:modified": _dated(info.data_date or info.built_at),
    }


def _dataset(info: IndexInfo, base_url: str, contact: dict[str, Any]) -> dict[str, Any]:
    """The data as DCAT's Dataset; a source is told as a relation, since portals would list it as data of this place."""
    return {
        "@id": f"{base_url}/donnees",
        "@type": "dcat:Dataset",
        "dct:title": _french(texts.DATASET["title"]),
        "dct:description": _french(texts.DATASET["description"].format(documents=info.documents)),
        "dct:publisher": {
            "@type": "foaf:Agent",
            "foaf:name": texts.SOURCE,
            "foaf:homepage": _thing(texts.SOURCE_URL, "foaf:Document"),
        },
        "dct:identifier": f"{base_url}/donnees",
        "dct:relation": [{"@id": address} for _, address, _ in _sources(info)],
        "dcat:version": info.generation,
        "dcat:keyword": [_french(each) for each in texts.DATASET_KEYWORDS],
        "dcat:theme": {
            **_thing(f"{_EUROPE}/data-theme/EDUC", "skos:Concept"),
            "skos:prefLabel": _french(texts.DATASET["theme"]),
        },
        "dcat:landingPage": _thing(f"{base_url}/donnees", "foaf:Document"),
        "dcat:distribution": [_distribution(each, info, base_url) for each in DOWNLOADS],
        **contact,
        **_common(info),
    }


def _contact(name: str, address: str) -> dict[str, Any]:
    """Whom to write to about the data; nothing if nobody is named."""
    if not address:
        return {}
    kind = "vcard:hasEmail" if address.startswith("mailto:") else "vcard:hasURL"
    return {"dcat:contactPoint": {"@type": "vcard:Kind", "vcard:fn": name, kind: {"@id": address}}}


def _distribution(download: Download, info: IndexInfo, base_url: str) -> dict[str, Any]:
    address = f"{base_url}{download.path}"
    return {
        "@id": address,
        "@type": "dcat:Distribution",
        "dct:title": _french(download.title),
        "dct:license": _licence(info),
        "dct:rights": {"@type": "dct:RightsStatement", "rdfs:label": _french(_rights(info))},
        "dcat:accessURL": {"@id": f"{base_url}/donnees"},
        "dcat:downloadURL": {"@id": address},
        "dcat:mediaType": _thing(f"https://www.iana.org/assignments/media-types/{download.mimetype}", "dct:MediaType"),
    }


def _service(info: IndexInfo, base_url: str) -> dict[str, Any]:
    return {
        "@id": f"{base_url}/api/v1/",
        "@type": "dcat:DataService",
        "dct:title": _french(texts.API["title"]),
        "dct:license": _licence(info),
        "dcat:endpointURL": {"@id": f"{base_url}/api/v1/"},
        "dcat:endpointDescription": {"@id": f"{base_url}/api/v1/openapi.json"},
        "dcat:servesDataset": {"@id": f"{base_url}/donnees"},
    }


def _thing(address: str, kind: str) -> dict[str, str]:
    """What has an address, and its class."""
    return {"@id": address, "@type": kind}


def _sources(info: IndexInfo) -> Iterator[tuple[str, str, str]]:
    """Who publishes what this edition is made of: name, address, licence."""
    yield texts.SOURCE, texts.SOURCE_URL, texts.LICENCE
    for _, name, address, licence in name_sources(info.sources):
        yield name, address, licence


def _licences(info: IndexInfo) -> Iterable[str]:
    """The addresses of the licences of this edition, each once."""
    named = [licence for _, _, licence in _sources(info)]
    return (address for name, address in texts.LICENCE_URLS.items() if any(name in each for each in named))


def _licence(info: IndexInfo) -> dict[str, str]:
    """The first licence of the sheets: DCAT-AP allows one; all are told in the rights."""
    return _thing(next(iter(_licences(info))), "dct:LicenseDocument")


def _rights(info: IndexInfo) -> str:
    return " ; ".join(f"{name} : {licence}" for name, _, licence in _sources(info))


def _french(text: str) -> dict[str, str]:
    return {"@language": "fr", "@value": text}


def _dated(iso: str) -> dict[str, str]:
    return {"@type": "xsd:dateTime" if "T" in iso else "xsd:date", "@value": iso}
