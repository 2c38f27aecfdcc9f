"""The OpenAPI 3.1 document. In: the models that validate, and what the served index offers. Out: a JSON document."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from web import params, texts
from web.allowed_values import AllowedValues
from web.api import models
from web.api.dataset import CATALOGUE
from web.api.deprecations import DEPRECATED_HEADERS
from web.api.downloads import DOWNLOADS, JSON_LD, NDJSON
from web.params import FACET_NAMES, Parameters, is_repeatable

_SCHEMAS: Final = "#/components/schemas/"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of the API: its parameters, its answer, its types, and the errors that it may give beside 405, 429
    and 503 (and 406, for one that chooses a type)."""

    path: str
    name: str
    parameters: type[Parameters]
    answer: type[BaseModel] | None
    tag: str = "Métiers"
    errors: tuple[int, ...] = (400, 414)
    mimetypes: tuple[str, ...] = ("application/json",)
    is_pointer: bool = False
    """Whether it only leads to another address."""


ENDPOINTS: Final = (
    Endpoint(
        "/api/v1/search", "search", params.EditionSearchParameters, models.SearchAnswer, errors=(400, 410, 414),
        mimetypes=("application/json", "text/csv", "application/x-ndjson"),
    ),
    Endpoint(
        "/api/v1/suggest", "suggest", params.SuggestParameters, models.SuggestAnswer,
    ),
    Endpoint(
        "/api/v1/metiers/{id}", "metier", params.NoParameters, models.FicheAnswer,
        errors=(400, 404, 414),
    ),
    Endpoint(
        "/api/v1/metiers/{id}/similaires", "similaires", params.SimilarParameters,
        models.SimilarAnswer, errors=(400, 404, 414),
    ),
    Endpoint(
        "/api/v1/facets/{name}", "facet", params.FacetParameters,
        models.FacetAnswer, errors=(400, 404, 414),
    ),
    *(
        Endpoint(each.path, each.endpoint, params.NoParameters, None, "Données", mimetypes=(each.mimetype,),
                 is_pointer=True)
        for each in DOWNLOADS
    ),
    Endpoint(
        "/api/v1/editions/{edition}/{file}", "edition", params.NoParameters, None, "Données",
        (400, 404, 410, 414, 416), tuple(dict.fromkeys(each.mimetype for each in DOWNLOADS)),
    ),
    Endpoint(CATALOGUE, "catalogue", params.NoParameters, None, "Données", mimetypes=(JSON_LD,)),
    Endpoint("/api/v1/openapi.json", "openapi", params.NoParameters, None, tag="Service"),
    Endpoint("/health/live", "live", params.NoParameters, models.Live, tag="Service"),
    Endpoint("/health/ready", "ready", params.NoParameters, models.Ready, tag="Service"),
)  # fmt: skip

_HEADERS: Final = {
    name: {"description": description, "schema": {"type": "string"}} for name, description in texts.HEADERS.items()
}
_MOVED: Final = {
    "description": texts.API["moved"],
    "headers": {"Location": {"schema": {"type": "string"}}},
}
_POINTS: Final = {
    "description": texts.API["latest"],
    "headers": {"Location": {"schema": {"type": "string"}}},
}
_PATH_PARAMETERS: Final[dict[str, tuple[str, dict[str, Any], str | None]]] = {
    "edition": (texts.HELP["edition"], {"type": "string", "minLength": 1}, None),
    "file": (texts.HELP["file"], {"type": "string", "enum": [each.name for each in DOWNLOADS]}, DOWNLOADS[0].name),
    "id": (texts.HELP["id"], {"type": "string", "minLength": 1}, "MET.17"),
    "name": (texts.HELP["name"], {"type": "string", "enum": list(FACET_NAMES)}, "niveau"),
}


def document(
    known: AllowedValues, version: str, base_url: str, examples: Mapping[str, Any], edition: str
) -> dict[str, Any]:
    """The whole document. `examples` are answers of the served index, an `edition`, by the name of the endpoint.

    Answers may grow, and the values of an index change with its edition: these are examples, never the only ones.
    """
    known = replace(known, allowed={**known.allowed, "edition": (edition,)})
    shapes = [(endpoint.answer, "serialization") for endpoint in ENDPOINTS if endpoint.answer]
    shapes += [(models.Problem, "serialization"), (models.LineAnswer, "serialization")]
    _, schemas = models_json_schema(shapes, ref_template=_SCHEMAS + "{model}")  # type: ignore[arg-type]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": texts.API["title"],
            "version": version,
            "summary": texts.API["summary"],
            "description": texts.API["description"],
            "contact": {"name": texts.SERVICE, "url": f"{base_url}/a-propos#contact"},
            "license": {"name": texts.LICENCE, "url": texts.SOURCE_URL},
        },
        "servers": [{"url": urlsplit(base_url).path or "/"}],
        "tags": [{"name": name} for name in dict.fromkeys(endpoint.tag for endpoint in ENDPOINTS)],
        "paths": {endpoint.path: {"get": _operation(endpoint, known, examples)} for endpoint in ENDPOINTS},
        "components": {
            "schemas": _open(schemas["$defs"]),
            "responses": {
                f"Problem{status}": {
                    "description": title,
                    "headers": {"Retry-After": {"schema": {"type": "integer"}}} if status in {429, 503} else {},
                    "content": {"application/problem+json": {"schema": {"$ref": f"{_SCHEMAS}Problem"}}},
                }
                for status, (_, title) in texts.PROBLEMS.items()
            },
        },
    }


def _open(schema: Any) -> Any:
    """The schema without what closes it: objects may get more members, and values that are listed become examples."""
    if isinstance(schema, list):
        return [_open(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closing = {"additionalProperties", "const", "enum"}
    opened = {key: _open(value) for key, value in schema.items() if key not in closing}
    if "enum" in schema or "const" in schema:
        opened["examples"] = schema.get("enum") or [schema["const"]]
    if isinstance(schema.get("additionalProperties"), dict):
        opened["additionalProperties"] = _open(schema["additionalProperties"])
    return opened


def _operation(endpoint: Endpoint, known: AllowedValues, examples: Mapping[str, Any]) -> dict[str, Any]:
    answer = {"$ref": _SCHEMAS + endpoint.answer.__name__} if endpoint.answer else {"type": "object"}
    content: dict[str, Any] = {
        each: {"schema": answer if each.endswith("json") and each != NDJSON else {"type": "string"}}
        for each in endpoint.mimetypes
    }
    if endpoint.name in examples:
        content["application/json"]["example"] = examples[endpoint.name]
    errors = sorted({*endpoint.errors, 405, 429, 503} | ({406} if endpoint.tag == "Métiers" else set()))
    in_path = [_path_parameter(name, known) for name in _PATH_PARAMETERS if f"{{{name}}}" in endpoint.path]
    return {
        "operationId": endpoint.name,
        "summary": texts.ENDPOINTS[endpoint.name],
        "tags": [endpoint.tag],
        "deprecated": endpoint.path in DEPRECATED_HEADERS,
        "parameters": in_path + _parameters(endpoint.parameters, known),
        "responses": {"200": {"description": texts.ENDPOINTS[endpoint.name], "headers": _HEADERS, "content": content}}
        | ({"206": {"description": texts.API["piece"], "content": content}} if 416 in endpoint.errors else {})
        | ({"301": _MOVED} if "{" in endpoint.path else {})
        | ({"302": _POINTS} if endpoint.is_pointer else {})
        | {"304": {"description": texts.API["unchanged"]}}
        | {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in errors},
    }


def _path_parameter(name: str, known: AllowedValues) -> dict[str, Any]:
    description, schema, example = _PATH_PARAMETERS[name]
    if name in known.allowed:
        example, *_ = known.allowed[name]
        schema = {**schema, "examples": [example]}
    return {
        "name": name, "in": "path", "required": True, "description": description, "schema": schema, "example": example,
    }  # fmt: skip


def _parameters(model: type[Parameters], known: AllowedValues) -> list[dict[str, Any]]:
    properties = model.model_json_schema().get("properties", {})
    parameters = []
    for name, schema in properties.items():
        description = schema.pop("description", "")
        repeatable = is_repeatable(model.model_fields[name].default)
        parameter = {"name": name, "in": "query", "required": False, "description": description}
        parameter["schema"] = _schema(name, schema, known)
        if repeatable:
            parameter |= {"style": "form", "explode": name != "facets"}
        parameters.append(parameter)
    return parameters


def _schema(name: str, schema: dict[str, Any], known: AllowedValues) -> dict[str, Any]:
    """The schema of one parameter, without pydantic's titles and nulls, with the choices of the index."""
    default = schema.get("default")
    if "anyOf" in schema:
        schema = next(each for each in schema["anyOf"] if each.get("type") != "null")
    schema = {key: value for key, value in schema.items() if key not in {"title", "default"}}
    choices = list(FACET_NAMES) if name == "facets" else list(known.allowed.get(name, schema.get("enum", ())))
    if schema["type"] == "array":
        # A facet that no sheet fills has nothing to offer.
        closed = "enum" if name == "facets" else "examples"
        items = schema["items"] | ({closed: choices} if choices else {})
        # A list in one value is written in full; a repeated value may be left out.
        least = {"minItems": 1} if name == "facets" else {}
        return {"type": "array", "items": items, "maxItems": params.MAX_VALUES if choices else 0} | least
    if choices:
        schema["examples" if name in known.allowed else "enum"] = choices
    return schema | ({"default": default} if default else {})
