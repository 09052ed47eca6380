"""Pages in other languages, from right to left too, and versions of a project: who writes, who releases, who reads."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect
from zeal import zeal_ignore

from municipalities.models import User
from projects import text_versions, workflow
from projects.models import TextVersion
from tests.browser.states.stage import full_project
from tests.browser.steps import follow
from tests.factories import make_municipality
from tests.projects.desk import with_second_factor
from tests.projects.steps import make_member, make_moderator

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.ignore_template_errors]
SIMPLE = {"title": "Eine Werkstatt für Fahr-Räder", "summary": "Hier werden Fahr-Räder wieder ganz."}


@pytest.fixture
def member():
    return make_member("amt", make_municipality())


@pytest.fixture
def project(member):
    with zeal_ignore():
        return workflow.publish(
            workflow.submit(full_project(member.memberships.get().municipality), by=member), by=None
        )


def test_a_version_from_the_municipality_over_the_desk_to_readers(page_of, page_at, project, member, for_everybody):
    page = page_of(member)
    page.goto(f"/mitmachen/projekte/{project.pk}/")
    follow(page.get_by_role("link", name="Sprachfassungen und Leichte Sprache"))
    for_everybody(page)
    follow(page.get_by_role("link", name="العربية"))
    for_everybody(page)
    page.get_by_role("button", name="Zur Freigabe senden").click()
    expect(page.locator(".error-summary")).to_be_focused()
    for_everybody(page)
    page.get_by_label("Titel", exact=True).fill("ورشة للدراجات")
    page.get_by_label("Kurzbeschreibung", exact=True).fill("هنا تُصلَح الدراجات.")
    page.get_by_label("von Menschen geschrieben").check()
    page.get_by_role("button", name="Zur Freigabe senden").click()
    expect(page.locator("main")).to_contain_text("wartet auf Freigabe")
    for_everybody(page)
    desk = page_of(with_second_factor(make_moderator()))
    desk.goto(reverse("admin:projects_textversion_changelist"))
    for_everybody(desk)
    desk.goto(reverse("admin:projects_textversion_change", args=[TextVersion.objects.get().pk]))
    for_everybody(desk)
    desk.get_by_role("button", name="Veröffentlichen").click()
    reader = page_at()
    reader.goto(f"/ar{project.get_absolute_url()}")
    expect(reader.locator("h1")).to_have_text("ورشة للدراجات")
    assert reader.evaluate("getComputedStyle(document.querySelector('h1')).direction") == "rtl"
    for_everybody(reader)


def test_leichte_sprache_of_a_project(page_at, portal, project, for_everybody):
    text_versions.release(text_versions.propose(project, "simple", texts=SIMPLE, origin="human", by=None), by=None)
    page = page_at()
    page.goto(project.get_absolute_url())
    page.locator("main").get_by_role("link", name="Leichte Sprache").click()
    expect(page.locator("h1")).to_have_text(SIMPLE["title"])
    for_everybody(page)


@pytest.mark.parametrize("path", ["/ar/", "/ar/projekte/", "/ar/kommunen/", "/ar/themen/", "/uk/projekte/", "/en/"])
def test_readers_pages_in_other_languages(page_at, portal, project, for_everybody, path):
    page = page_at()
    page.goto(path)
    for_everybody(page)
    page.goto(f"{path}?view=map")
    for_everybody(page)


def test_the_language_is_changed_where_one_is(page_at, portal, project):
    page = page_at()
    page.goto(f"{project.get_absolute_url()}?x=1")
    follow(page.get_by_role("navigation", name="Sprache").get_by_role("link", name="العربية"))
    assert page.url.endswith(f"/ar{project.get_absolute_url()}?x=1")
    assert page.evaluate("document.documentElement.dir") == "rtl"
    follow(page.get_by_role("link", name="Deutsch"))
    assert page.url.endswith(f"{project.get_absolute_url()}?x=1")


def test_a_table_is_brought_in(page_of, for_everybody):
    page = page_of(with_second_factor(User.objects.create_superuser("admin@example.org")))
    page.goto(reverse("admin:projects_sheetimport_changelist"))
    for_everybody(page)
    page.goto(reverse("admin:projects_sheetimport_add"))
    for_everybody(page)
    page.locator("main button[type=submit], #content-main button[type=submit]").first.click()
    expect(page.locator(".error-summary")).to_be_visible()
    for_everybody(page)
