"""A small graph of statements as JSON-LD and Turtle; every thing has an address, so there are no nodes without one."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

PREFIXES: Mapping[str, str] = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dcatde": "http://dcat-ap.de/def/dcatde/",
    "dcterms": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


class Iri(NamedTuple):
    """Another thing, by its address."""

    value: str


class Text(NamedTuple):
    """A text in a language; without one it is a plain literal."""

    value: str
    language: str = "de"


class Typed(NamedTuple):
    """A value of a datatype such as „xsd:dateTime“."""

    value: str
    datatype: str


Object = Iri | Text | Typed


class Thing(NamedTuple):
    """What is said about one address; `types` and the names of properties are prefixed („dcat:Dataset“)."""

    iri: str
    types: Sequence[str]
    says: Mapping[str, Sequence[Object]]


def as_json_ld(things: Iterable[Thing]) -> str:
    graph = [
        {"@id": thing.iri, "@type": list(thing.types)}
        | {name: [_json(value) for value in values] for name, values in thing.says.items() if values}
        for thing in things
    ]
    return json.dumps({"@context": dict(PREFIXES), "@graph": graph}, ensure_ascii=False, indent=1)


def _json(value: Object) -> dict[str, Any]:
    if isinstance(value, Iri):
        return {"@id": value.value}
    if isinstance(value, Typed):
        return {"@value": value.value, "@type": value.datatype}
    return {"@value": value.value} | ({"@language": value.language} if value.language else {})


def as_turtle(things: Iterable[Thing]) -> str:
    lines = [f"@prefix {prefix}: <{address}> ." for prefix, address in PREFIXES.items()]
    for thing in things:
        said = [f"  {name} {', '.join(map(_turtle, values))}" for name, values in thing.says.items() if values]
        lines += ["", f"{_iri(thing.iri)} a {', '.join(thing.types)} ;", " ;\n".join(said) + " ."]
    return "\n".join(lines) + "\n"


def _turtle(value: Object) -> str:
    if isinstance(value, Iri):
        return _iri(value.value)
    if isinstance(value, Typed):
        return f"{_quoted(value.value)}^^{value.datatype}"
    return _quoted(value.value) + (f"@{value.language}" if value.language else "")


def _iri(address: str) -> str:
    """The characters that may not stand between angle brackets are written as Turtle wants them."""
    return "<" + re.sub(r'[\x00-\x20<>"{}|^`\\]', lambda found: f"%{ord(found[0]):02X}", address) + ">"


def _quoted(text: str) -> str:
    """A JSON string is a Turtle string, but for characters beyond the first plane, which stay as they are."""
    return json.dumps(text, ensure_ascii=False)
