"""The contract of the read API, static/openapi.yaml, resolved into plain rows for its page. No markup, no requests."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TYPES: Mapping[str, str | Promise] = {
    "string": _("Text"),
    "integer": _("ganze Zahl"),
    "number": _("Zahl"),
    "boolean": _("ja oder nein"),
    "object": _("Objekt"),
    "null": _("oder leer"),
}
FORMATS: Mapping[str, str | Promise] = {
    "date": _("Datum"),
    "date-time": _("Zeitpunkt"),
    "uri": _("Adresse"),
}
PLACES: Mapping[str, str | Promise] = {"path": _("in der Adresse"), "query": _("Parameter"), "header": _("Kopfzeile")}
LIST_OF = _("Liste")


class Field(NamedTuple):
    """A parameter, or a field of an object; `link` is the name of the schema that tells more."""

    name: str
    type: str
    description: str
    values: Sequence[str]
    link: str = ""
    where: str | Promise = ""
    example: str = ""


class Operation(NamedTuple):
    """One address; `answer` is the name of the schema of what it gives."""

    name: str
    path: str
    summary: str
    description: str
    parameters: Sequence[Field]
    statuses: Sequence[tuple[str, str]]
    answer: str


class Schema(NamedTuple):
    name: str
    description: str
    fields: Sequence[Field]


class Contract(NamedTuple):
    description: str
    operations: Sequence[Operation]
    headers: Sequence[Field]
    schemas: Sequence[Schema]


def path() -> Path:
    return settings.BASE_DIR / "static" / "openapi.yaml"


@cache
def text() -> str:
    return path().read_text(encoding="utf-8")


@cache
def document() -> dict[str, Any]:
    return yaml.safe_load(text())


def for_reading() -> Contract:
    """Everything that the page shows, in the language of its reader; the file itself is read once a process."""
    paths, schemas = document()["paths"], document()["components"]["schemas"]
    operations = [_operation(path, item["get"]) for path, item in paths.items()]
    headers = {each["name"]: each for each in _parameters() if each["in"] == "header"}
    shown = [Schema(name, _about(schema), [*_fields(schema)]) for name, schema in schemas.items() if _has_page(schema)]
    described = document()["info"]["description"]
    return Contract(described, operations, [_parameter(each) for each in headers.values()], shown)


def resolved(node: Mapping[str, Any]) -> dict[str, Any]:
    """What a reference points to, with what stands beside the reference on top of it."""
    if "$ref" not in node:
        return dict(node)
    found: Any = document()
    for part in node["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return resolved(found) | {name: value for name, value in node.items() if name != "$ref"}


def _parameters() -> Iterator[dict[str, Any]]:
    for item in document()["paths"].values():
        yield from (resolved(parameter) for parameter in item["get"]["parameters"])


def _operation(path: str, operation: Mapping[str, Any]) -> Operation:
    parameters = (resolved(parameter) for parameter in operation["parameters"])
    responses = {status: resolved(response) for status, response in operation["responses"].items()}
    answer = responses["200"]["content"]["application/json"]["schema"]["$ref"]
    return Operation(
        operation["operationId"],
        document()["servers"][0]["url"] + path,
        operation["summary"],
        operation.get("description", ""),
        [_parameter(each) for each in parameters if each["in"] != "header"],
        [(status, response["description"]) for status, response in responses.items()],
        _link({"$ref": answer}),
    )


def _parameter(parameter: Mapping[str, Any]) -> Field:
    field = _field(parameter["name"], parameter["schema"])
    example = parameter.get("example", "")
    several = isinstance(example, list)
    name = parameter["name"]
    shown = "&".join(f"{name}={value}" for value in example) if several else str(example)
    return field._replace(description=parameter["description"], where=PLACES[parameter["in"]], example=shown, link="")


def _fields(schema: Mapping[str, Any]) -> Iterator[Field]:
    for name, node in schema.get("properties", {}).items():
        yield _field(name, node)
        inner = resolved(node)
        if inner.get("type") == "object" and "$ref" not in node:
            yield from (each._replace(name=f"{name}.{each.name}") for each in _fields(inner))
        if inner.get("type") == "array" and "properties" in inner["items"]:
            yield from (each._replace(name=f"{name}.{each.name}") for each in _fields(inner["items"]))


def _field(name: str, node: Mapping[str, Any]) -> Field:
    schema = resolved(node)
    items = resolved(schema["items"]) if "items" in schema else schema
    values = [value for value in _values(items) if value not in ("", "None")]
    pointed = schema.get("items", node)
    return Field(name, _type(schema), _about(schema), values, _link(pointed))


def _values(schema: Mapping[str, Any]) -> list[str]:
    for option in schema.get("anyOf", ()):
        if found := _values(resolved(option)):
            return found
    return [str(value) for value in schema.get("enum", ())]


def _type(schema: Mapping[str, Any]) -> str:
    if "items" in schema:
        return f"{LIST_OF}: {_type(resolved(schema['items']))}"
    if "anyOf" in schema:
        return ", ".join(dict.fromkeys(_type(resolved(option)) for option in schema["anyOf"] if "const" not in option))
    names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    names = [str(FORMATS.get(schema.get("format", ""), TYPES[name])) if name != "null" else "" for name in names]
    empty = f" {TYPES['null']}" if "" in names else ""
    return ", ".join(name for name in names if name) + empty if any(names) else str(TYPES["null"])


def _about(schema: Mapping[str, Any]) -> str:
    return schema.get("description", "")


def _has_page(schema: Mapping[str, Any]) -> bool:
    return "properties" in schema


def _link(node: Mapping[str, Any]) -> str:
    """The schema with a table of its own that a field leads to."""
    for option in (node, *node.get("anyOf", ())):
        if "$ref" in option and _has_page(resolved(option)):
            return _name(option["$ref"])
    return ""


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]
