"""Nachahmung and Gesuche in a real browser: filled pages, forms with mistakes, the whole way without JavaScript."""

import os
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from zeal import zeal_ignore

from projects import adoptions, enquiries, facets
from projects.models import Adoption, Enquiry, Interest, Project, Status
from tests.factories import make_municipality, make_project
from tests.projects.desk import with_second_factor
from tests.projects.steps import make_member, make_moderator

from .conftest import Portal

pytestmark = pytest.mark.django_db(transaction=True)
NEW = {"what": "Etwas ganz anderes", "changes": "", "experience": "", "since_precision": ""}
TEXT = "Wir haben einen leeren Bauhof und suchen Erfahrung mit Umbauten."


@pytest.fixture(scope="session", autouse=True)
def _rows_beside_playwright() -> None:
    """Its loop runs in this thread, and Django would take the test for an asynchronous view. Before any database."""
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture
def portal(live_server, settings) -> Portal:
    """Instead of `make run`, whose example projects nobody has taken over yet."""
    settings.ALLOWED_HOSTS = ["*"]
    return Portal(live_server.url, {})


def published(title: str) -> Project:
    return make_project(title=title, status=Status.PUBLISHED)


@pytest.fixture
@zeal_ignore()
def world(db) -> dict:
    """A chain of three projects with an adopter without one, an interest, and a Gesuch."""
    origin, project, copy = map(published, ("Ursprung", "Sprechstunde im Rathaus", "Sprechstunde mobil"))
    words = {"state": "published", "what": "Die Sprechstunde " * 8, "changes": "Nur einmal im Monat"}
    Adoption.objects.create(project=origin, municipality=project.lead, copy=project, **words)
    Adoption.objects.create(project=project, municipality=copy.lead, copy=copy, **words)
    Adoption.objects.create(project=project, municipality=make_municipality(), **words)
    seeker = make_member("suchende", make_municipality(name="Suchhausen"))
    Interest.objects.create(project=project, municipality=make_municipality(), by=seeker)
    enquiry = Enquiry.objects.create(
        municipality=seeker.memberships.get().municipality, title="Wer hat einen Bauhof umgebaut?", text=TEXT,
        created_by=seeker,
    )  # fmt: skip
    enquiry.topics.set(project.topics.all())
    enquiries.release(enquiry, by=None)
    facets.index_all()
    host = make_member("vorbild", project.lead)
    return {"project": project, "enquiry": enquiry, "seeker": seeker, "host": host}


def enter(page: Page, portal: Portal, person) -> None:
    """With the session of somebody who has signed in."""
    client = Client()
    client.force_login(person)
    cookie = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": django_settings.SESSION_COOKIE_NAME, "value": cookie, "url": portal.url}])


def test_filled_pages_are_for_everybody(page_at, portal, world, for_everybody):
    project, enquiry = world["project"], world["enquiry"]
    page = page_at()
    statement = project.adoptions.first()
    for address in (
        project.get_absolute_url(),
        reverse("projects:adopted"),
        adoptions.link(statement).removeprefix(django_settings.SITE_URL),
        reverse("projects:enquiries"),
        enquiry.get_absolute_url(),
        reverse("projects:answer_enquiry", args=[enquiry.pk, enquiry.slug]),
    ):
        page.goto(address)
        for_everybody(page)
    enter(page, portal, world["seeker"])
    state = reverse("projects:state_adoption", args=[project.pk, project.slug])
    for address in (project.get_absolute_url(), state, reverse("projects:new_enquiry")):
        page.goto(address)
        for_everybody(page)
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator(".error-summary")).to_be_focused()
    for_everybody(page)
    for name in ("my_adoptions", "my_enquiries"):
        page.goto(reverse(f"projects:{name}"))
        for_everybody(page)
    enter(page, portal, world["host"])
    page.goto(reverse("projects:project_adoptions", args=[project.pk]))
    for_everybody(page)
    Enquiry.objects.update(expires_on=timezone.localdate() - timedelta(1))
    page.goto(enquiry.get_absolute_url())
    for_everybody(page)


def test_desk_pages_are_for_everybody(page_at, portal, world, for_everybody):
    statement, enquiry = world["project"].adoptions.first(), world["enquiry"]
    adoptions.change(statement, by=world["seeker"], values=dict.fromkeys(adoptions.CONTENT) | NEW)
    Enquiry.objects.update(state="submitted")
    page = page_at()
    enter(page, portal, with_second_factor(make_moderator()))
    for name, row in (("adoption", statement), ("enquiry", enquiry)):
        page.goto(reverse(f"admin:projects_{name}_changelist"))
        for_everybody(page)
        page.goto(reverse(f"admin:projects_{name}_change", args=[row.pk]))
        for_everybody(page)
        page.locator("summary", has_text="Ablehnen").click()
        page.locator("button[value=reject]").click()
        expect(page.locator(".error-summary")).to_be_focused()
        for_everybody(page)


def test_taking_over_and_answering_without_javascript(page_at, portal, world):
    page = page_at(360, javascript=False)
    page.goto(world["enquiry"].get_absolute_url())
    page.get_by_role("link", name="Antworten").click()
    page.fill("#id_text", "Wir haben das gemacht, rufen Sie gern an.")
    page.fill("#id_name", "Erika Muster")
    page.fill("#id_sender", "erika@example.org")
    page.get_by_role("button", name="Antwort senden").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ihre Antwort ist unterwegs")
    assert page.context.cookies() == []
    enter(page, portal, world["seeker"])
    page.goto(world["project"].get_absolute_url())
    page.get_by_role("button", name="Interesse zeigen").click()
    expect(page.locator("main")).to_contain_text("Ihr Interesse ist vermerkt")
    page.goto(world["project"].get_absolute_url())
    page.get_by_role("link", name="Das haben wir übernommen").click()
    page.fill("#id_what", "Die Sprechstunde")
    page.get_by_role("button", name="Zur Freigabe senden").click()
    expect(page.locator("main")).to_contain_text("wartet auf Freigabe")
    own = world["seeker"].memberships.get().municipality
    assert not Interest.objects.filter(municipality=own).exists()
    assert Adoption.objects.get(municipality=own).what == "Die Sprechstunde"
