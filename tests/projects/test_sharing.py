"""What a page tells search engines and messengers: its one address, a preview, data in the words of schema.org."""

import json
import re
from html import unescape
from io import BytesIO

import pytest
from django.conf import settings
from django.core.cache import cache
from django.urls import reverse
from PIL import Image
from rdflib import RDF, Graph
from rdflib.namespace import SDO
from zeal import zeal_ignore

from projects import mosaic, share_pictures
from projects.models import Project, Status
from tests.factories import make_project
from tests.projects.steps import bring

SCHEMA_ORG = "https://schema.org/"
GOOGLES_OWN = {"query-input"}  # https://developers.google.com/search/docs, no word of schema.org
REQUIRED = {
    "Article": {"headline", "description", "datePublished", "dateModified", "license", "image", "publisher", "about"},
    "WebSite": {"name", "publisher", "potentialAction"},
    "WebPage": {"name", "about", "breadcrumb"},
    "CollectionPage": {"name", "mainEntity"},
    "DataCatalog": {"name", "dataset"},
}

# Of rdflib's own reader of JSON-LD.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")


@pytest.fixture(autouse=True)
def _several_requests(db):
    cache.clear()
    with zeal_ignore():
        yield


def head(client, address: str) -> dict[str, str]:
    """Canonical address and Open Graph properties of a page."""
    html = client.get(address).content.decode()
    found = dict(re.findall(r'<meta property="(og:[a-z:_]+)" content="([^"]*)">', html))
    canonical = re.findall(r'<link rel="canonical" href="([^"]*)">', html)
    assert len(canonical) <= 1
    return {name: unescape(value) for name, value in found.items()} | {"canonical": unescape("".join(canonical))}


def data(client, address: str) -> dict:
    html = client.get(address).content.decode()
    blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.S)
    assert len(blocks) == 1, address
    return json.loads(blocks[0])


@pytest.fixture
def project() -> Project:
    return bring(
        make_project(title='Café „so“ & "anders" </script><b>', topics=("housing", "language")), Status.PUBLISHED
    )


def test_every_public_page_has_one_address_and_a_preview(client, project):
    lists = reverse("projects:list")
    for address, canonical in (
        ("/", "/"),
        (lists, lists),
        (lists + "?sort=confirmed&topic=housing&utm_source=x&view=map", lists + "?topic=housing"),
        (reverse("projects:imprint") + "?x=1", reverse("projects:imprint")),
        (reverse("projects:topic", args=["housing"]), "/themen/housing/"),
        (project.lead.get_absolute_url(), project.lead.get_absolute_url()),
        (project.get_absolute_url(), project.get_absolute_url()),
    ):
        found = head(client, address)
        assert found["canonical"] == found["og:url"] == settings.SITE_URL + canonical
        assert found["og:title"]
        assert found.get("og:description") != ""
        assert found["og:image"].startswith(settings.SITE_URL)


def test_preview_says_what_the_page_says(client, project):
    found = head(client, project.get_absolute_url())
    assert found["og:title"].startswith(project.title)
    assert found["og:type"] == "article"
    assert found["og:image"] == settings.SITE_URL + reverse("projects:share_picture", args=[project.pk])


def test_following_pages_of_a_selection_are_pages_of_their_own(client, project):
    for _number in range(24):
        bring(make_project(), Status.PUBLISHED)
    assert head(client, "/projekte/?page=2")["canonical"] == settings.SITE_URL + "/projekte/?page=2"
    assert head(client, "/projekte/?page=77")["canonical"] == settings.SITE_URL + "/projekte/?page=2"


def test_errors_and_private_links_have_no_address(client, project):
    draft = make_project()
    for address in ("/gibt-es-nicht/", draft.get_absolute_url(), reverse("projects:confirm", args=["geheim"])):
        assert head(client, address) == {"canonical": ""}
        assert "ld+json" not in client.get(address).content.decode()


def test_data_of_each_kind_of_page_uses_words_that_exist(client, examples):
    project = Project.objects.get(import_key="willkommen-in-soegel")
    for address, kind in (
        ("/", "WebSite"),
        ("/projekte/?topic=housing", "CollectionPage"),
        (project.get_absolute_url(), "Article"),
        (project.lead.get_absolute_url(), "WebPage"),
        (project.lead.county.get_absolute_url(), "WebPage"),
        ("/daten/", "DataCatalog"),
    ):
        found = data(client, address)
        assert found["@type"] == kind
        assert found["@context"] == "https://schema.org"
        assert found["url"] == head(client, address)["canonical"]
        assert REQUIRED[kind] <= found.keys(), address
        graph = Graph().parse(data=json.dumps(found | {"@context": {"@vocab": SCHEMA_ORG}}), format="json-ld")
        words = {*graph.predicates(), *graph.objects(None, RDF.type)} - {RDF.type}
        unknown = {str(word).removeprefix(SCHEMA_ORG) for word in words if word not in set(dir(SDO))}
        assert unknown <= GOOGLES_OWN, address


def test_data_of_soegel_says_what_its_page_says(client, examples):
    project = Project.objects.get(import_key="willkommen-in-soegel")
    found = data(client, project.get_absolute_url())
    assert found["headline"] == project.title
    assert found["about"]["location"]["identifier"][0] == {
        "@type": "PropertyValue",
        "propertyID": "ARS",
        "value": "034545407000",
    }
    place = data(client, project.lead.get_absolute_url())["about"]
    assert place["containedInPlace"]["name"] == "Landkreis Emsland"
    assert data(client, "/projekte/")["mainEntity"]["numberOfItems"] == Project.objects.published().count()


def test_no_title_breaks_out_of_the_data(client, project):
    assert data(client, project.get_absolute_url())["headline"] == project.title
    assert "</script><b>" not in client.get(project.get_absolute_url()).content.decode()


def test_project_says_how_to_cite_it(client, project):
    project.refresh_from_db()
    html = unescape(client.get(project.get_absolute_url()).content.decode())
    citation = re.search(r'<blockquote class="citation">(.*?)</blockquote>', html, re.S)[1]
    for part in (
        project.title,
        f"{settings.SITE_URL}/projekte/{project.pk}/",
        "CC BY 4.0",
        f"Fassung {project.version} vom",
    ):
        assert part in citation


def test_list_offers_the_selection_as_files(client, project):
    html = unescape(client.get("/projekte/?topic=housing&sort=confirmed").content.decode())
    row = re.search(r'<p class="exports.*?</p>', html, re.S)[0]
    addresses = re.findall(r'href="([^"]*)"', row)
    assert [address.partition("?")[0] for address in addresses[:3]] == [
        reverse("projects:project_csv"),
        reverse("projects:project_csv_for_programs"),
        reverse("projects:api_projects"),
    ]
    for address in addresses[:3]:
        assert "topic=housing" in address
        assert client.get(address).status_code == 200


# --- pictures ---------------------------------------------------------------------------------------------------------


def test_picture_is_a_small_png_of_the_usual_size_and_kept_by_caches(client, project):
    address = reverse("projects:share_picture", args=[project.pk])
    answer = client.get(address)
    picture = Image.open(BytesIO(answer.content))
    assert (answer["Content-Type"], picture.format, picture.size) == ("image/png", "PNG", (1200, 630))
    assert len(answer.content) < 60_000
    assert "public" in answer["Cache-Control"]
    assert client.get(address, headers={"If-None-Match": answer["ETag"]}).status_code == 304


def test_picture_shows_the_tile_of_the_project():
    """In the middle of each large stone and of each corner stands the colour that the page's SVG has there."""
    picture = Image.open(BytesIO(share_pictures.of_project(("sport",), 7, "Titel", "Ort"))).convert("RGB")
    found = {
        picture.getpixel((share_pictures.MARGIN + x, share_pictures.MARGIN + y))
        for x in (40, 240, 440)
        for y in (40, 440)
    }
    colours = {tuple(bytes.fromhex(share_pictures.COLOURS[name][1:])) for name in ("verdigris", "celadon")}
    assert all(min(sum(abs(a - b) for a, b in zip(one, two, strict=True)) for two in colours) < 12 for one in found)


def test_colours_are_those_of_the_pages():
    tokens = (settings.BASE_DIR / "static" / "css" / "tokens.css").read_text()
    light = tokens.partition("@media")[0]
    for name, colour in share_pictures.COLOURS.items():
        assert f"--{name}: {colour};" in light
    used = {shape.colour for motif in mosaic.MOTIFS.values() for shape in motif.shapes}
    assert used | {motif.ground for motif in mosaic.MOTIFS.values()} <= share_pictures.COLOURS.keys()


@pytest.mark.parametrize(
    ("d", "expected"),
    [
        ("M1 2h3v4H1z", [[(1, 2), (4, 2), (4, 6), (1, 6)]]),
        ("M0 0l2 1 2-1zm1 5h1v1z", [[(0, 0), (2, 1), (4, 0)], [(1, 5), (2, 5), (2, 6)]]),
        ("M.5 1L3 1V4", [[(0.5, 1), (3, 1), (3, 4)]]),
    ],
)
def test_path_data_becomes_polygons(d, expected):
    assert share_pictures.outlines(d) == expected


def test_arc_runs_on_its_circle():
    [outline] = share_pictures.outlines("M0 6a6 6 0 0 1 12 0z")
    assert all(abs((x - 6) ** 2 + (y - 6) ** 2 - 36) < 1e-9 for x, y in outline)
    assert min(y for _x, y in outline) == pytest.approx(0, abs=0.02)


def test_transforms_are_applied_from_right_to_left():
    a, b, c, d, e, f = share_pictures.transform("translate(13 0)scale(2)rotate(90 6 6)")
    x, y = 12, 6  # to the right of the middle: below it after a quarter turn
    assert (a * x + c * y + e, b * x + d * y + f) == pytest.approx((13 + 12, 24))


@pytest.mark.parametrize("title", ["Kurz", "W" * 120, "ein " * 30, "Donaudampfschifffahrtsgesellschaft " * 3])
def test_every_title_fits_its_column(title):
    size, lines = share_pictures.fitting(title.strip(), 360)
    assert len(lines) * size * share_pictures.LEADING <= 360
    font = share_pictures._font(600, size)
    assert all(font.getlength(line) <= share_pictures.COLUMN_WIDTH + font.getlength(" …") for line in lines)


def test_title_in_another_script_is_left_out_and_not_boxed():
    with_title = share_pictures.of_project(("housing",), 1, "Школа", "Ort")
    assert with_title == share_pictures.of_project(("housing",), 1, "مدرسة", "Ort")
    assert with_title != share_pictures.of_project(("housing",), 1, "Schule", "Ort")
