"""The queue, what may be done with several projects at once, and the line on the desk's start page."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from zeal import zeal_ignore

from municipalities.models import Host
from projects import workflow
from projects.models import BarrierReport, Letter, Project, Status
from tests.factories import make_municipality, make_project
from tests.projects.desk import administrator_client, client_of, moderator_client, review_url, text_of
from tests.projects.steps import copy_in, make_member, make_moderator, project_in

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors]

QUERIES_OF_QUEUE = 9


@pytest.fixture(autouse=True)
def _admin_asks_for_single_rows(settings):
    settings.ZEAL_ALLOWLIST = [{"model": "*", "field": "*"}]
    with zeal_ignore():
        yield


def queue() -> str:
    return reverse("admin:projects_project_changelist")


def submitted(days: int, **fields) -> Project:
    return make_project(status=Status.SUBMITTED, submitted_at=timezone.now() - timedelta(days=days), **fields)


def test_oldest_is_first_with_what_it_waits_for():
    young, old = submitted(1, title="Jung"), submitted(9, title="Alt")
    project_in(Status.PUBLISHED, title="Schon da")
    page = text_of(moderator_client().get(queue()))
    assert page.index(review_url(old)) < page.index(review_url(young))
    assert "(9 Tage)" in page
    assert "(1 Tag)" in page
    assert "die Moderation" in page
    assert "Schon da" not in page


def test_other_states_and_occasions_by_filter():
    again = project_in(Status.RETURNED)
    workflow.submit(again, by=None)
    copy = copy_in(Status.SUBMITTED)
    first = submitted(1, lead=make_municipality(name="Filterstadt"))
    client = moderator_client()
    found = {
        "kind=first": {first},
        "kind=again": {again},
        "kind=revision": {copy},
        f"lead__id__exact={first.lead_id}": {first},
        "q=Filterstadt": {first},
        "status=published": {copy.revises},
    }
    for query, expected in found.items():
        page = text_of(client.get(f"{queue()}?{query}"))
        shown = {project for project in Project.objects.all() if review_url(project) in page}
        assert shown == expected, query


def test_filter_by_missing_key(settings):
    settings.TWO_KEY_APPROVAL = True
    waiting, half = submitted(2), submitted(1)
    workflow.approve(half, by=make_moderator("erste", Host.NST))
    client = moderator_client("zweite", Host.REFUGEE_COUNCIL)
    for side, expected in (("0", {waiting}), ("1", {waiting, half})):
        page = text_of(client.get(f"{queue()}?host={side}"))
        assert {project for project in (waiting, half) if review_url(project) in page} == expected


@pytest.mark.parametrize("rows", [1, 30])
def test_queue_costs_the_same_for_many_rows(rows, settings, django_assert_num_queries):
    settings.TWO_KEY_APPROVAL = True
    lead = make_municipality()
    for _row in range(rows):
        submitted(1, lead=lead)
    client = moderator_client()
    client.get(queue())
    with django_assert_num_queries(QUERIES_OF_QUEUE):
        client.get(queue())


def test_nothing_published_by_accident():
    """No action of the list publishes, nothing is added or deleted, and the change form does not exist."""
    waiting, client = submitted(1), administrator_client()
    page = text_of(client.get(f"{queue()}?status=all"))
    assert "delete_selected" not in page
    for action in ("publish", "approve", "delete_selected", "archive_ended", "ask_whether_current"):
        client.post(f"{queue()}?status=all", {"action": action, "_selected_action": [waiting.pk], "confirmed": "yes"})
    change = reverse("admin:projects_project_change", args=[waiting.pk])
    assert client.get(change).url == review_url(waiting)
    client.post(change, {"status": "published", "title": "Anders"})
    assert client.post(reverse("admin:projects_project_delete", args=[waiting.pk])).status_code == 403
    assert client.get(reverse("admin:projects_project_add")).status_code == 403
    title, version = waiting.title, waiting.version
    waiting.refresh_from_db()
    assert (waiting.status, waiting.title, waiting.version) == (Status.SUBMITTED, title, version)


def test_ended_projects_are_archived_together_after_a_question():
    ended, running = project_in(Status.PUBLISHED, stage="completed"), project_in(Status.PUBLISHED, title="Läuft noch")
    client = moderator_client()
    sent = {"action": "archive_ended", "_selected_action": [ended.pk, running.pk]}
    page = text_of(client.post(f"{queue()}?status=published", sent))
    assert "Diese beendeten Projekte archivieren?" in page
    assert ended.title in page
    assert "Läuft noch" not in page
    ended.refresh_from_db()
    assert ended.status == Status.PUBLISHED
    client.post(f"{queue()}?status=published", {**sent, "confirmed": "yes"})
    statuses = set(Project.objects.values_list("title", "status"))
    assert statuses == {(ended.title, "archived"), ("Läuft noch", "published")}
    assert ended.status_changes.last().by.email == "moderation@example.org"


def test_municipalities_are_asked_whether_it_is_current():
    project = project_in(Status.PUBLISHED)
    make_member("mitglied", project.lead)
    client = moderator_client()
    sent = {"action": "ask_whether_current", "_selected_action": [project.pk]}
    assert "noch aktuell sind?" in text_of(client.post(f"{queue()}?status=published", sent))
    assert not Letter.objects.filter(key__startswith="confirm:").exists()
    for _twice in range(2):
        client.post(f"{queue()}?status=published", {**sent, "confirmed": "yes"})
    assert Letter.objects.filter(key__startswith="confirm:").count() == 1


def test_start_page_says_what_waits():
    submitted(9)
    BarrierReport.objects.create(text="Kein Kontrast")
    now = timezone.now()
    Letter.objects.create(key="a", to="a@example.org", subject="x", body="x", send_after=now, given_up_at=now)
    administrator = text_of(administrator_client().get(reverse("admin:index")))
    assert "1 Projekt wartet auf eine Entscheidung" in administrator
    assert "(9 Tage)" in administrator
    assert "1 Brief konnte nicht gesendet werden" in administrator
    assert "1 gemeldete Barriere ist offen" in administrator
    moderator = text_of(moderator_client().get(reverse("admin:index")))
    assert "1 Projekt wartet auf eine Entscheidung" in moderator
    assert "Brief" not in moderator


def test_queue_is_closed_to_others():
    waiting = submitted(1)
    for client in (Client(), client_of(make_member("mitglied", waiting.lead))):
        assert client.get(queue()).status_code == 302
