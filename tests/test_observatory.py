"""Every kind of answer, with the settings of a portal under https, gets A+ by the rules of the Observatory (S12)."""

import json
from http.cookies import SimpleCookie

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from integration_portal import urls
from integration_portal.middleware import HEADERS
from municipalities.models import User
from projects.views import api, catalogues
from tests import observatory, test_platform
from tests.access_world import World
from tests.observatory import Answer
from tests.test_platform_settings import NEEDED, import_settings

# The portal with the pages of test_platform.py that fail in a known way.
urlpatterns = test_platform.urlpatterns
handler400, handler500 = urls.handler400, urls.handler500
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
SITE = NEEDED["SITE_URL"]


@pytest.fixture(scope="module")
def under_https() -> dict:
    """What a public address changes in the settings, as the settings themselves decide it."""
    public, tested = (
        json.loads(import_settings(**{**NEEDED, **more}).stdout) for more in ({}, {"SITE_URL": "http://testserver"})
    )
    return {name: value for name, value in public.items() if value != tested[name]}


@pytest.fixture
def portal(world, settings, under_https) -> World:
    """The world of the access table, whose visitors come by https."""
    assert {"SESSION_COOKIE_SECURE", "CSRF_COOKIE_NAME", "SECURE_SSL_REDIRECT"} <= set(under_https)
    for name, value in under_https.items():
        setattr(settings, name, value)
    for name, person in world.people.items():
        world.clients[name] = Client(HTTP_HOST="mosaik.example.net", raise_request_exception=False)
        if person.is_authenticated:
            world.clients[name].force_login(person)
    return world


def answer_of(response: HttpResponse, address: str) -> Answer:
    content = response.getvalue()  # read to its end: files are closed by that
    page = content if response.get("Content-Type", "").startswith("text/html") else b""
    headers = {name.lower(): value for name, value in response.headers.items()}
    scripts = observatory.Scripts(page.decode(), SITE + address).found
    return Answer(headers, response.cookies.values(), scripts, SITE + address)


def rows_of(world: World) -> dict[str, str]:
    """Addresses that need a row: what they are → address."""
    picture = default_storage.save("projekte/x-300.webp", ContentFile(b"RIFF"))
    paper = default_storage.save("papiere/x.pdf", ContentFile(b"%PDF-"))
    pictures, papers = world.published.pictures, world.published.attachments
    row = pictures.create(file=picture, width=300, height=200, alt="Haus", credit="Stadt", rights_confirmed=True)
    return {
        "project": world.published.get_absolute_url(),
        "withdrawn": world.withdrawn.get_absolute_url(),
        "municipality": world.municipality.get_absolute_url(),
        "picture": reverse("projects:picture", args=[row.pk, 300]),
        "paper": reverse("projects:attachment", args=[papers.create(file=paper, size=5, title="Konzept").pk]),
        "share": reverse("projects:share_picture", args=[world.published.pk]),
        "task list": reverse("projects:task_list", args=[world.draft.pk]),
        "api project": reverse("projects:api_project", args=[world.published.pk]),
    }


ANSWERS = [
    # visitor, address or the name of a row above, status
    ("anonymous", "/", 200),
    ("anonymous", "/projekte/?q=projekt", 200),
    ("anonymous", "/en/projekte/", 200),
    ("anonymous", "project", 200),
    ("anonymous", "municipality", 200),
    ("anonymous", "/barriere-melden/", 200),
    ("anonymous", "/konto/anmelden/", 200),
    ("author", "/konto/", 200),
    ("author", "task list", 200),
    ("moderator", "/admin/", 200),
    ("moderator", "/admin/projects/project/", 200),
    ("admin", "/admin/municipalities/user/", 200),
    ("anonymous", "/api/v1/projekte/", 200),
    ("anonymous", "api project", 200),
    ("anonymous", "/api/openapi.yaml", 200),
    ("anonymous", "/api/v1/gibt-es-nicht/", 404),
    ("anonymous", "/daten/projekte.csv", 200),
    ("anonymous", "/daten/mosaik.zip", 200),
    ("anonymous", "/daten/katalog.ttl", 200),
    ("anonymous", "/projekte/feed.atom", 200),
    ("anonymous", "/foerderung/fristen.ics", 200),
    ("anonymous", "/sitemap.xml", 200),
    ("anonymous", "/robots.txt", 200),
    ("anonymous", "/livez", 200),
    ("anonymous", "/static/css/base.css", 200),
    ("anonymous", "picture", 200),
    ("anonymous", "paper", 200),
    ("anonymous", "share", 200),
    ("anonymous", "/projekte", 301),
    ("anonymous", "/admin/", 302),
    ("anonymous", "/favicon.ico", 302),
    ("anonymous", "/projekte/?q=%00", 400),
    ("anonymous", "/test/forbidden/", 403),
    ("anonymous", "/gibt-es-nicht/", 404),
    ("anonymous", "/static/css/gibt-es-nicht.css", 404),
    ("anonymous", "withdrawn", 410),
    ("anonymous", "/test/broken/", 500),
    ("author", "/test/broken/", 500),
    ("anonymous", "/test/without-database/", 503),
]


def assert_best(response: HttpResponse, address: str = "/") -> None:
    """A+, and not by a bonus that hides a fault."""
    answer = answer_of(response, address)
    faults = {rule: points for rule, points in observatory.modifiers(answer).items() if points < 0}
    assert (observatory.grade(answer), faults) == ("A+", {})
    is_open = answer.headers.get("access-control-allow-origin") == "*"
    assert not is_open or address.startswith(("/api/", "/daten/katalog.")), "meant for the pages of others"


@pytest.mark.check("S12")
@pytest.mark.parametrize(("visitor", "where", "status"), ANSWERS)
def test_answer_gets_the_best_grade(portal, visitor, where, status):
    address = where if where.startswith("/") else rows_of(portal)[where]
    response = portal.clients[visitor].get(address, secure=True)
    assert response.status_code == status
    assert_best(response, address)


@pytest.mark.check("S12")
def test_answers_to_what_is_not_allowed_get_the_best_grade(portal):
    anonymous, author = portal.clients["anonymous"], portal.clients["author"]
    wrong_method = anonymous.post("/projekte/", secure=True)
    unchanged = anonymous.get("/", secure=True, headers={"If-None-Match": anonymous.get("/", secure=True)["ETag"]})
    strict = Client(HTTP_HOST="mosaik.example.net", enforce_csrf_checks=True)
    old_form = strict.post("/konto/anmelden/", {"login": "x"}, secure=True)
    unfinished = author.post("/konto/name/", {}, secure=True)
    found = [response.status_code for response in (wrong_method, unchanged, old_form, unfinished)]
    assert found == [405, 304, 403, 200]
    for response in (wrong_method, unchanged, old_form, unfinished):
        assert_best(response)


@pytest.mark.check("S12")
@pytest.mark.parametrize(("window", "name"), [(catalogues.SHARE_PICTURES, "share"), (api.REQUESTS, "api project")])
def test_answers_to_the_impatient_get_the_best_grade(portal, window, name, monkeypatch):
    monkeypatch.setitem(vars(window), "most", 1)
    address = rows_of(portal)[name]
    for _turn in range(2):
        response = portal.clients["anonymous"].get(address, secure=True)
    assert response.status_code == 429
    assert_best(response, address)


@pytest.mark.check("S12")
def test_signing_in_sets_cookies_that_get_the_best_grade(portal):
    person = test_platform.make_user()
    visitor = portal.clients["anonymous"]
    form = visitor.get("/konto/anmelden/", secure=True)
    response = visitor.post(
        "/konto/anmelden/", {"login": person.email, "password": test_platform.PASSWORD}, secure=True
    )
    assert response.status_code == 302
    assert "__Host-csrf" in form.cookies
    assert "__Host-session" in response.cookies
    assert observatory.modifiers(answer_of(response, "/"))["cookies"] == 5
    assert_best(form)
    assert_best(response)
    assert User.objects.filter(pk=person.pk, last_login__isnull=False).exists()


@pytest.mark.check("S12")
@pytest.mark.parametrize("address", ["/", "/konto/anmelden/", "/gibt-es-nicht/", "/api/v1/projekte/"])
def test_plain_http_leads_to_https_on_the_same_host(portal, address):
    response = portal.clients["anonymous"].get(address)
    assert response.status_code == 301
    assert observatory.redirection(response["Location"], f"http://mosaik.example.net{address}") == 0


# --- the rules themselves ---

GOOD = {name.lower(): value for name, value in HEADERS.items()} | {"strict-transport-security": "max-age=15768000"}


def cookie(text: str):
    return SimpleCookie(text).values()


@pytest.mark.parametrize(
    ("worse", "rule", "points", "letter"),
    [
        ({"headers": {"content-security-policy": ""}}, "content_security_policy", -25, "B"),
        ({"headers": {"content-security-policy": "script-src 'self'"}}, "content_security_policy", -20, "B+"),
        (
            {"headers": {"content-security-policy": "default-src 'none'; script-src 'unsafe-inline'"}},
            "content_security_policy",
            -20,
            "B+",
        ),
        ({"headers": {"strict-transport-security": "max-age=3600"}}, "strict_transport_security", -10, "A+"),
        ({"headers": {"strict-transport-security": ""}}, "strict_transport_security", -20, "B+"),
        ({"headers": {"x-content-type-options": ""}}, "content_type_options", -5, "A+"),
        ({"headers": {"referrer-policy": "unsafe-url"}}, "referrer_policy", -5, "A+"),
        ({"headers": {"cross-origin-resource-policy": "none"}}, "cross_origin_resource_policy", -5, "A+"),
        (
            {"headers": {"access-control-allow-origin": SITE, "access-control-allow-credentials": "true"}},
            "cross_origin_resource_sharing",
            -50,
            "C",
        ),
        ({"cookies": cookie("__Host-session=1; Path=/; SameSite=Lax; Secure")}, "cookies", -30, "B"),
        ({"cookies": cookie("session=1; Path=/; SameSite=Lax; HttpOnly")}, "cookies", -10, "A+"),
        ({"cookies": cookie("__Host-csrf=1; Path=/; Secure; HttpOnly")}, "cookies", -20, "B+"),
        ({"cookies": cookie("a=1; Path=/; Secure; SameSite=None")}, "cookies", -20, "B+"),
        ({"scripts": [("https://example.org/x.js", False)]}, "subresource_integrity", -5, "A+"),
        ({"scripts": [("http://example.org/x.js", False)]}, "subresource_integrity", -50, "C"),
    ],
)
def test_rules_find_what_is_worse(worse, rule, points, letter):
    assert observatory.grade(Answer(GOOD)) == "A+"
    spoilt = Answer({**GOOD, **worse.pop("headers", {})}, **worse)
    assert observatory.modifiers(spoilt)[rule] == points
    assert observatory.grade(spoilt) == letter
