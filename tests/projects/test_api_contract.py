"""static/openapi.yaml says what the read API does: every answer is held against it; nonsense gets a documented no."""

import copy
import gzip
import re
from collections.abc import Iterator

import pytest
import schemathesis
from django.core.cache import cache
from django.urls import get_resolver, reverse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks
from zeal import zeal_ignore

from integration_portal.wsgi import application
from projects import facets
from projects.filters import PARAMETERS
from projects.models import Contact, ContactLevel, Project, Status
from projects.open_data import contract, records
from projects.views import api
from tests.factories import make_project

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
SCHEMAS = contract.document()["components"]["schemas"]
PATHS = list(contract.document()["paths"])


@pytest.fixture(scope="module")
def api_schema():
    """The contract in front of the portal itself, without a network."""
    schema = schemathesis.openapi.from_dict(copy.deepcopy(contract.document()))
    schema.app = application
    return schema


@pytest.fixture(autouse=True)
def _fresh_limit(db):
    cache.clear()


def test_file_is_valid_openapi(api_schema):
    api_schema.validate()
    assert api_schema.raw_schema["openapi"].startswith("3.1")
    assert list(empty_keys(contract.document())) == []


def empty_keys(node) -> Iterator[str]:
    """Keys without a value: in YAML, what an unquoted text with a comma turns into between braces."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        if child is None and isinstance(node, dict):
            yield key
        yield from empty_keys(child)


def test_file_names_every_address_of_the_api_and_no_other():
    named = {path.replace("{id}", "1").replace("{key}", "034545407") for path in PATHS}
    arguments = {"api_project": [1], "api_municipality": ["034545407"]}
    patterns = next(found for found in get_resolver().url_patterns if getattr(found, "namespace", "") == "projects")
    names = {found.name for found in patterns.url_patterns if found.name.startswith("api_")} - {
        "api_missing",
        "api_start",
    }
    ours = {reverse(f"projects:{name}", args=arguments.get(name, [])) for name in names}
    assert ours == {"/api/v1" + path for path in named}


def test_file_names_every_filter_of_the_list():
    named = {
        contract.resolved(each)["name"] for each in contract.document()["paths"]["/projekte/"]["get"]["parameters"]
    }
    weights = {name for name in PARAMETERS if name.startswith("w_")}  # said in the text of `like`
    without_effect = {"sort", "view", "page"}
    headers = {"If-None-Match", "If-Modified-Since"}
    assert named - headers == {*PARAMETERS, "after", "limit"} - weights - without_effect


def test_values_of_filters_are_those_of_the_portal(examples):
    choices = facets.current(facets.version()).labels.choices
    for node in contract.document()["paths"]["/projekte/"]["get"]["parameters"]:
        parameter = contract.resolved(node)
        items = contract.resolved(parameter["schema"].get("items", {}))
        if "enum" in items:
            assert items["enum"] == [*choices[parameter["name"]]], parameter["name"]


def test_record_has_the_keys_of_its_schema(examples):
    for record in records.records(Project.objects.published().values_list("publication_number", flat=True)):
        assert record.keys() == SCHEMAS["Project"]["properties"].keys()
        for name, schema in (("financings", "Financing"), ("references", "Reference"), ("obstacles", "Obstacle")):
            for row in record[name]:
                assert row.keys() == SCHEMAS[schema]["properties"].keys()


def test_every_answer_fits_its_schema(examples, client, api_schema):
    office = {"function": "Büro", "organisation": "Stadt", "email": "b@example.org", "public_level": ContactLevel.ALL}
    make_published(contact=Contact.objects.create(**office))
    paths = {
        "/projekte/": [reverse("projects:api_projects") + "?limit=500", reverse("projects:api_projects") + "?limit=1"],
        "/projekte/{id}/": [reverse("projects:api_project", args=[p.pk]) for p in Project.objects.published()],
        "/kommunen/": [reverse("projects:api_municipalities") + "?limit=500"],
        "/kommunen/{key}/": [reverse("projects:api_municipality", args=[k]) for k in ("03454", "034545407")],
        "/foerderprogramme/": [reverse("projects:api_programmes")],
        "/vokabulare/": [reverse("projects:api_vocabularies")],
    }
    assert list(paths) == PATHS
    for path, addresses in paths.items():
        for address in addresses:
            found = client.get(address)
            assert found.status_code == 200, address
            api_schema[path]["GET"].validate_response(as_plain(found))


def as_plain(response) -> schemathesis.Response:
    """An answer of Django's test client in the words of schemathesis."""
    import requests

    request = requests.Request("GET", "http://testserver/").prepare()
    headers = {name.lower(): [value] for name, value in response.headers.items()}
    return schemathesis.Response(
        status_code=response.status_code,
        headers=headers,
        content=response.content,
        request=request,
        elapsed=0.1,
        verify=False,
    )


def make_published(**fields) -> Project:
    project = make_project(status=Status.PUBLISHED, publication_number=99_999, **fields)
    facets.index_project(project)
    return project


@pytest.mark.parametrize("path", PATHS)
@settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_whatever_is_asked_gets_a_documented_answer(examples, api_schema, path, data):
    """S19 for programs: what the contract allows, and what it does not (schemathesis makes both)."""
    mode = data.draw(st.sampled_from(list(schemathesis.GenerationMode)))
    case = data.draw(api_schema[path]["GET"].as_strategy(generation_mode=mode))
    with zeal_ignore():
        case.call_and_validate(checks=CHECKS)


def test_answers_are_packed_on_request(examples, client):
    address = reverse("projects:api_projects")
    packed = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed["Vary"]
    assert gzip.decompress(packed.content) == client.get(address).content
    assert len(packed.content) * 3 < len(client.get(address).content)


@pytest.mark.parametrize("name", ["api_projects", "api_municipalities", "api_programmes", "api_vocabularies"])
def test_unchanged_and_refused_answers_can_be_read_by_other_pages_too(examples, client, name):
    address = reverse(f"projects:{name}")
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first["ETag"]})
    wrong = client.get(reverse("projects:api_projects"), {"limit": "viele"})
    assert (first.status_code, again.status_code, wrong.status_code) == (200, 304, 400)
    assert again.content == b""
    for answer in (first, again, wrong):
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert not answer.cookies
    assert "ETag" not in wrong


@pytest.mark.parametrize("name", ["api_projects", "api_municipalities", "api_programmes", "api_vocabularies"])
def test_head_gives_the_head_only(examples, client, name):
    answer, whole = client.head(reverse(f"projects:{name}")), client.get(reverse(f"projects:{name}"))
    assert answer.status_code == 200
    assert answer.content == b""
    assert answer["Content-Type"] == whole["Content-Type"]
    assert answer.get("ETag") in (whole["ETag"], None)  # the small lists are tagged by their content, which is not made


def test_writing_is_refused(db, client):
    for method in ("post", "put", "patch", "delete"):
        assert getattr(client, method)(reverse("projects:api_projects")).status_code == 405


def test_too_many_requests_get_429_with_the_time_to_wait(db, client, time_machine):
    time_machine.move_to("2026-11-22 12:00:00", tick=False)  # no window ends in between
    for _turn in range(api.REQUESTS.most - 2):
        api.REQUESTS.take_turn("127.0.0.1")
    statuses = [client.get(reverse("projects:api_vocabularies")).status_code for _turn in range(4)]
    refused = client.get(reverse("projects:api_vocabularies"))
    assert statuses == [200, 200, 429, 429]
    assert int(refused["Retry-After"]) > 0
    assert refused["Access-Control-Allow-Origin"] == "*"
    assert refused.json()["error"]


def test_unknown_address_below_the_api_answers_in_json(db, client):
    answer = client.get("/api/v1/gibt-es-nicht/")
    assert answer.status_code == 404
    assert answer.json()["error"]


def test_page_is_drawn_from_the_file(db, client):
    page = client.get(reverse("projects:api")).content.decode()
    for path, item in contract.document()["paths"].items():
        assert f"/api/v1{path}" in page
        for node in item["get"]["parameters"]:
            assert f"<code>{contract.resolved(node)['name']}</code>" in page
    for name in ("financings", "municipality.ars", "measured_on", "figures.indicator", "deadline_on"):
        assert f"<code>{name}</code>" in page, name
    assert "<code>Accept-Encoding: gzip</code>" in page
    links, targets = set(re.findall(r'href="#([^"]*)"', page)), set(re.findall(r'\bid="([^"]*)"', page))
    assert links <= targets
    file = client.get(reverse("projects:openapi"))
    assert file.content.decode() == contract.path().read_text(encoding="utf-8")
    assert file["Access-Control-Allow-Origin"] == "*"
