"""Catalogues, sitemaps and the files at fixed addresses: complete, valid, with nothing that is not published."""

import json
import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
import yaml
from django.conf import settings
from django.core.cache import cache
from django.urls import resolve, reverse
from rdflib import RDF, Graph, Literal, URIRef
from rdflib.compare import isomorphic
from rdflib.namespace import DCAT, DCTERMS, FOAF, Namespace
from zeal import zeal_ignore

from municipalities.models import Municipality
from projects import facets, workflow
from projects.models import FundingProgramme, FundingSource, Project, Status
from projects.open_data import linked_data, sitemaps
from projects.open_data.linked_data import Iri, Text, Thing, Typed
from tests.factories import make_county, make_municipality, make_project
from tests.projects.steps import bring

DCATDE = Namespace(linked_data.PREFIXES["dcatde"])
DCATAP = Namespace(linked_data.PREFIXES["dcatap"])
VCARD = Namespace(linked_data.PREFIXES["vcard"])
SITEMAP = f"{{{sitemaps.NAMESPACE}}}"

# What https://www.dcat-ap.de/def/dcatde/3.0/spec/ demands and recommends, as far as there is something to say.
MANDATORY = {
    DCAT.Catalog: (DCTERMS.title, DCTERMS.description, DCTERMS.publisher),
    DCAT.Dataset: (DCTERMS.title, DCTERMS.description, DCTERMS.publisher),
    DCAT.Distribution: (DCAT.accessURL, DCTERMS.license),
    DCAT.DataService: (DCAT.endpointURL, DCTERMS.title, DCTERMS.publisher),
}
RECOMMENDED = {
    DCAT.Catalog: (
        DCTERMS.modified,
        DCTERMS.language,
        FOAF.homepage,
        DCTERMS.license,
        DCAT.themeTaxonomy,
        DCATAP.availability,
        DCTERMS.spatial,
        DCAT.dataset,
    ),
    DCAT.Dataset: (
        DCAT.keyword,
        DCATDE.politicalGeocodingLevelURI,
        DCATDE.politicalGeocodingURI,
        DCAT.theme,
        DCAT.contactPoint,
        DCATAP.availability,
        DCTERMS.spatial,
        DCAT.distribution,
    ),
    DCAT.Distribution: (DCTERMS.title, DCTERMS.modified, DCTERMS.format, DCATAP.availability),
    DCAT.DataService: (DCAT.endpointDescription, DCATAP.availability, DCAT.servesDataset),
}
AT_MOST_ONCE = (DCTERMS.publisher, DCATAP.availability, DCTERMS.modified, DCTERMS.license, DCTERMS.identifier)

# Of rdflib's own reader of JSON-LD.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")


@pytest.fixture(autouse=True)
def _several_requests(db):
    cache.clear()
    with zeal_ignore():
        yield


def publish(**fields) -> Project:
    return bring(make_project(**fields), Status.PUBLISHED)


def catalogue(client, name: str = "catalogue_turtle") -> Graph:
    answer = client.get(reverse(f"projects:{name}"))
    return Graph().parse(data=answer.content, format="turtle" if name == "catalogue_turtle" else "json-ld")


# --- DCAT-AP.de -------------------------------------------------------------------------------------------------------


def test_both_formats_say_the_same(client):
    publish()
    assert isomorphic(catalogue(client), catalogue(client, "catalogue_json_ld"))


def test_catalogue_has_what_dcat_ap_de_demands_and_recommends(client):
    publish()
    graph = catalogue(client)
    for kind, properties in MANDATORY.items():
        found = list(graph.subjects(RDF.type, kind))
        assert found, kind
        for thing in found:
            missing = [name for name in (*properties, *RECOMMENDED[kind]) if graph.value(thing, name, any=True) is None]
            assert missing == [], thing
            for name in AT_MOST_ONCE:
                assert len(list(graph.objects(thing, name))) <= 1, (thing, name)


def test_catalogue_points_only_to_what_it_describes_or_to_known_lists(client):
    graph = catalogue(client)
    described = set(graph.subjects())
    for name, kind in (
        (DCTERMS.publisher, FOAF.Agent),
        (DCAT.contactPoint, VCARD.Kind),
        (DCAT.dataset, DCAT.Dataset),
        (DCAT.distribution, DCAT.Distribution),
        (DCAT.accessService, DCAT.DataService),
        (DCAT.servesDataset, DCAT.Dataset),
    ):
        for thing in graph.objects(None, name):
            assert (thing, RDF.type, kind) in graph, (name, thing)
    ours = settings.SITE_URL + "/"
    for thing in (str(found) for found in graph.objects() if isinstance(found, URIRef) and found not in described):
        assert thing.startswith((ours, "http://", "https://", "mailto:")), thing
        if thing.startswith(ours):
            resolve(thing.removeprefix(settings.SITE_URL))
    licences = set(graph.objects(None, DCTERMS.license))
    assert {str(one).rpartition("/def/")[2] for one in licences} == {"licenses/cc-by/4.0", "licenses/dl-by-de/2.0"}


def test_words_of_the_catalogue_exist(client):
    """A misspelt property is valid RDF and means nothing; rdflib knows the words of the older vocabularies."""
    graph = catalogue(client)
    for vocabulary in (DCAT, DCTERMS, FOAF):
        words = {str(one) for one in (*graph.predicates(), *graph.objects(None, RDF.type)) if one in vocabulary}
        known = {str(word) for word in dir(vocabulary)}
        assert words <= known, words - known
    prefixes = tuple(linked_data.PREFIXES.values())
    assert all(str(name).startswith((*prefixes, str(RDF))) for name in graph.predicates())


def test_contributor_is_named_where_the_operator_is_one(client, settings):
    assert list(catalogue(client).objects(None, DCATDE.contributorID)) == []
    settings.DCAT_CONTRIBUTOR_ID = "beispielamt"
    assert set(catalogue(client).objects(None, DCATDE.contributorID)) == {
        URIRef("http://dcat-ap.de/def/contributors/beispielamt")
    }
    settings.OPERATOR_NAME = 'Amt „Süd" \\ <Nord>\n2'
    assert Literal(settings.OPERATOR_NAME, lang="de") in set(catalogue(client).objects(None, FOAF.name))


def test_odd_texts_survive_both_formats():
    things = [
        Thing(
            "https://example.org/a b<c>",
            ["dcat:Dataset"],
            {
                "dcterms:title": [Text('Zitat " und \\ und\nZeile \t 😀 \x7f'), Text("ohne Sprache", "")],
                "dcterms:modified": [Typed("2026-01-01T00:00:00+00:00", "xsd:dateTime")],
                "dcat:theme": [Iri("https://example.org/x")],
                "dcat:keyword": [],
            },
        )
    ]
    turtle = Graph().parse(data=linked_data.as_turtle(things), format="turtle")
    assert Literal('Zitat " und \\ und\nZeile \t 😀 \x7f', lang="de") in set(turtle.objects())
    assert len(turtle) == 5
    as_json = json.loads(linked_data.as_json_ld(things))
    assert as_json["@graph"][0]["dcterms:title"][1] == {"@value": "ohne Sprache"}


def test_unchanged_catalogue_is_not_sent_again(client):
    publish()
    first = client.get(reverse("projects:catalogue_turtle"))
    assert "max-age" in first["Cache-Control"]
    again = client.get(reverse("projects:catalogue_turtle"), headers={"If-Modified-Since": first["Last-Modified"]})
    assert again.status_code == 304


# --- sitemaps ---------------------------------------------------------------------------------------------------------


def sitemap(client, path: str) -> dict[str, str | None]:
    """The addresses of a sitemap or of the list of them, with their last change."""
    root = ElementTree.fromstring(b"".join(client.get(path).streaming_content))
    return {each.findtext(f"{SITEMAP}loc"): each.findtext(f"{SITEMAP}lastmod") for each in root}


def every_address(client) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for part in sitemap(client, reverse("projects:sitemap")):
        found |= sitemap(client, part.removeprefix(settings.SITE_URL))
    return found


def test_sitemaps_name_every_page_of_the_example_data(client, examples):
    found = every_address(client)
    paths = {address.removeprefix(settings.SITE_URL) for address in found}
    assert {project.get_absolute_url() for project in Project.objects.published()} <= paths
    assert {body.get_absolute_url() for body in Municipality.objects.existing()} <= paths
    assert {programme.get_absolute_url() for programme in FundingProgramme.objects.all()} <= paths
    assert {source.get_absolute_url() for source in FundingSource.objects.all()} & paths
    assert {"/", "/projekte/", "/themen/housing/", "/daten/", "/api/"} <= paths
    for path in sorted(paths)[::60]:
        assert client.get(path).status_code == 200, path


def test_last_changes_are_those_of_the_pages(client):
    county = make_county()
    town, other = make_municipality(county=county), make_municipality()
    project = publish(lead=town)
    project.refresh_from_db()
    found = every_address(client)
    changes = [found[settings.SITE_URL + page.get_absolute_url()] for page in (project, town, county, other)]
    assert changes == [project.changed_on.isoformat(timespec="seconds")] * 3 + [None]
    assert found[settings.SITE_URL + "/"] is None  # changes with everything; better nothing than a guess


def test_withdrawn_project_leaves_the_sitemap_and_drafts_are_in_nothing(client):
    gone, _stays = publish(title="Geht wieder"), publish(title="Bleibt")
    make_project(title="Geheimer Entwurf")
    assert gone.get_absolute_url() in str(every_address(client))
    workflow.withdraw(gone, by=None, note="Auf Wunsch der Kommune.")
    whole = str(every_address(client))
    assert gone.get_absolute_url() not in whole
    assert "bleibt" in whole
    for name in ("catalogue_turtle", "catalogue_json_ld", "manifest", "opensearch", "robots", "security", "openapi"):
        assert b"Geheim" not in client.get(reverse(f"projects:{name}")).content
    assert "geheim" not in whole


def test_projects_are_split_by_their_number(client, monkeypatch):
    monkeypatch.setattr(sitemaps, "MOST", 2)
    projects = [publish() for _number in range(5)]
    workflow.withdraw(projects[1], by=None, note="Auf Wunsch der Kommune.")
    assert list(sitemaps.parts(facets.current(facets.version()))) == [1, 2, 3]
    sizes = [len(sitemap(client, reverse("projects:sitemap_projects", args=[part]))) for part in (1, 2, 3)]
    assert sizes == [1, 2, 1]
    assert client.get(reverse("projects:sitemap_projects", args=[4])).status_code == 404


def test_sitemap_of_projects_reads_in_batches(client, django_assert_num_queries, monkeypatch):
    monkeypatch.setattr(sitemaps, "BATCH", 2)
    for _number in range(5):
        publish()
    index = facets.current(facets.version())
    lines = sitemaps.urls(sitemaps.projects(index, 1), "")
    with django_assert_num_queries(3):
        assert len(list(lines)) == 7


def test_empty_portal_has_a_valid_sitemap(client):
    assert len(sitemap(client, reverse("projects:sitemap"))) == 2


# --- files at fixed addresses -----------------------------------------------------------------------------------------


def test_robots_find_the_sitemap_and_keep_out_of_selections(client):
    lines = client.get("/robots.txt").content.decode().splitlines()
    assert lines[0] == "User-agent: *"
    assert {"Disallow: /projekte/?", "Disallow: /en/projekte/?"} <= set(lines)
    assert f"Sitemap: {settings.SITE_URL}/sitemap.xml" in lines
    assert "Disallow: /" not in lines


def test_security_txt_is_valid_and_does_not_expire_soon(client):
    answer = client.get("/.well-known/security.txt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in answer.content.decode().splitlines() if line)
    assert fields["Contact"] == f"mailto:{settings.OPERATOR_EMAIL}"
    expires = datetime.fromisoformat(fields["Expires"])
    assert timedelta(days=30) < expires - datetime.now(UTC) < timedelta(days=365)


def test_opensearch_describes_a_search_that_works(client):
    answer = client.get("/opensearch.xml")
    root = ElementTree.fromstring(answer.content)
    space = "{http://a9.com/-/spec/opensearch/1.1/}"
    assert len(root.findtext(f"{space}ShortName")) <= 16
    assert len(root.findtext(f"{space}LongName")) <= 48
    kinds = {url.get("type"): url.get("template") for url in root.iter(f"{space}Url")}
    for kind in ("text/html", "application/atom+xml"):
        path = kinds[kind].removeprefix(settings.SITE_URL).replace("{searchTerms}", "Sprachkurs")
        assert client.get(path).status_code == 200
    assert "/opensearch.xml" in client.get("/").content.decode()


def test_manifest_names_icons_that_are_there(client):
    answer = client.get("/manifest.webmanifest")
    assert answer["Content-Type"] == "application/manifest+json"
    manifest = answer.json()
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    for icon in manifest["icons"]:
        picture = settings.BASE_DIR / icon["src"].removeprefix("/")
        width = int.from_bytes(picture.read_bytes()[16:20])
        assert icon["sizes"] == f"{width}x{width}"


def test_publiccode_has_what_the_standard_demands():
    """https://yml.publiccode.tools - the keys that it calls mandatory."""
    found = yaml.safe_load((settings.BASE_DIR / "publiccode.yml").read_text(encoding="utf-8"))
    assert {
        "publiccodeYmlVersion",
        "name",
        "url",
        "platforms",
        "developmentStatus",
        "softwareType",
        "description",
        "legal",
        "maintenance",
        "localisation",
    } <= found.keys()
    assert len(found["description"]["de"]["shortDescription"]) <= 150
    assert 150 <= len(found["description"]["de"]["longDescription"]) <= 10_000
    version = re.search(r'^version = "(.*)"', (settings.BASE_DIR / "pyproject.toml").read_text(), re.M)[1]
    assert found["softwareVersion"] == version
    assert found["legal"]["license"] == "EUPL-1.2"
