"""What is said of links: dead ones at the desk and to the municipality, old addresses of municipalities, renaming."""

from datetime import date

import pytest
from django.urls import reverse
from playwright.sync_api import expect
from zeal import zeal_ignore

from municipalities.models import Kind, User
from projects import facets, workflow
from projects.models import LinkCheck, TargetGroup
from tests.browser.states.stage import LONG, full_project
from tests.factories import make_county, make_municipality
from tests.projects.desk import with_second_factor
from tests.projects.steps import make_member, make_moderator

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.ignore_template_errors]
DEAD = "https://example.org/bericht"  # what full_project() names five times
MONDAY, WEDNESDAY = date(2026, 11, 23), date(2026, 11, 25)


def checks() -> None:
    failed = {"failures": 3, "failing_since": MONDAY, "failed_on": WEDNESDAY}
    LinkCheck.objects.create(url=DEAD, outcome="not_found", status_code=404, **failed)
    LinkCheck.objects.create(url=f"https://example.org/{LONG * 4}.pdf", outcome="no_host", **failed)
    LinkCheck.objects.create(url="http://example.org/", outcome="ok", status_code=200, moved_to="https://example.org/")
    LinkCheck.objects.create(url="https://example.org/neu")


def test_dead_links_at_the_desk(page_of, for_everybody):
    person = make_moderator()
    page = page_of(with_second_factor(person))
    address = reverse("admin:projects_linkcheck_changelist")
    page.goto(address)
    for_everybody(page)
    with zeal_ignore():
        workflow.publish(workflow.submit(full_project(make_municipality()), by=person), by=None)
        checks()
    page.goto("/admin/")
    page.get_by_role("link", name="2 tote Links nach außen").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(2)
    for_everybody(page)
    page.goto(f"{address}?state=all")
    expect(page.locator("#result_list tbody tr")).to_have_count(4)
    for_everybody(page)


def test_dead_links_on_the_task_list(page_of, for_everybody):
    body = make_municipality()
    member = make_member("amt", body)
    with zeal_ignore():
        project = workflow.publish(workflow.submit(full_project(body), by=member), by=None)
        checks()
    page = page_of(member)
    page.goto(f"/mitmachen/projekte/{project.pk}/")
    expect(page.locator(".notice--warning")).to_contain_text("5 Links führen ins Leere")
    for_everybody(page)
    page.get_by_role("button", name="Bearbeiten").click()
    expect(page.locator(".notice--warning").get_by_role("link", name="im Teil „")).to_have_count(5)
    for_everybody(page)


def test_municipalities_that_are_no_more(page_at, portal, for_everybody):
    county = make_county()
    town = make_municipality(county=county, name=f"Musterhausen an der {LONG}")
    gone = {"county": county, "closed_on": date(2024, 10, 31)}
    village = make_municipality(name="Altdorf", successor=town, **gone)
    joint = make_municipality(kind=Kind.JOINT_MUNICIPALITY, key=f"{county.key}5499", ars=f"{county.key}5499000", **gone)
    make_municipality(name="Mittendorf", parent=joint, key=f"{joint.key}001", successor=town, **gone)
    facets.index_all()
    page = page_at()
    page.goto(village.get_absolute_url())
    assert page.url.endswith(town.get_absolute_url())
    expect(page.locator("main")).to_contain_text("Hervorgegangen aus:")
    for_everybody(page)
    page.goto(joint.get_absolute_url())
    expect(page.locator(".notice--warning")).to_contain_text("Ihre Mitglieder sind aufgegangen in:")
    for_everybody(page)


def test_short_name_is_renamed(page_of, for_everybody):
    group = TargetGroup.objects.create(slug="women", label="Frauen", label_en="Women")
    TargetGroup.objects.create(slug="men", label="Männer", label_en="Men", former_slugs=["males"])
    page = page_of(with_second_factor(User.objects.create_superuser("admin@example.org")))
    page.goto(reverse("admin:projects_targetgroup_change", args=[group.pk]))
    for_everybody(page)
    page.get_by_label("Kurzname").fill("males")
    page.get_by_role("button", name="Sichern", exact=True).click()
    expect(page.locator("main")).to_contain_text("Diesen Kurznamen hatte früher ein anderer Eintrag")
    for_everybody(page)
