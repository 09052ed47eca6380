"""Writing to a contact in a real browser: form, mistakes and thanks, with and without JavaScript, for everybody."""

import os

import pytest
from playwright.sync_api import expect

from projects.models import Contact, Letter
from tests.browser.steps import follow
from tests.factories import make_project

from .conftest import Portal

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="session", autouse=True)
def _rows_beside_playwright() -> None:
    """Its loop runs in this thread, and Django would take the test for an asynchronous view. Before any database."""
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture
def portal(live_server, settings) -> Portal:
    """Instead of `make run`, whose example projects have no contact with an address."""
    settings.ALLOWED_HOSTS = ["*"]
    return Portal(live_server.url, {})


@pytest.mark.parametrize(
    ("width", "javascript", "scheme"), [(1280, True, "light"), (320, True, "dark"), (360, False, "light")]
)
def test_message_to_a_contact(page_at, portal, assert_accessible, width, javascript, scheme):
    office = Contact.objects.create(function="Büro für Integration", organisation="Stadt", email="amt@example.org")
    project = make_project(status="published", contact=office)

    def check(page) -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if javascript:
            assert_accessible(page)

    page = page_at(width, color_scheme=scheme, javascript=javascript)
    page.goto(project.get_absolute_url())
    follow(page.get_by_role("link", name="Nachricht schreiben"))
    check(page)
    page.fill("#id_text", "Zu kurz")
    page.get_by_role("button", name="Nachricht senden").click()
    expect(page).to_have_title("Fehler: Nachricht an die Ansprechstelle – " + project.title)
    if javascript:
        expect(page.locator(".error-summary")).to_be_focused()
    check(page)
    page.fill("#id_text", "Wie haben Sie den Treff am Anfang bezahlt?")
    page.fill("#id_name", "Erika Muster")
    page.fill("#id_sender", "erika@example.org")
    page.get_by_label("Schicken Sie mir eine Kopie").check()
    page.get_by_role("button", name="Nachricht senden").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ihre Nachricht ist unterwegs")
    check(page)
    assert page.context.cookies() == []
    assert Letter.objects.count() == 2
