"""„Ist das noch aktuell?“: whom the portal asks when, and a link that answers once, without a login."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from zeal import zeal_ignore

from projects import confirmation, facets, outbox, workflow
from projects.models import Letter, Project, Status
from tests.factories import make_municipality, make_project
from tests.projects.steps import at_once, bring, make_member, make_moderator, project_in

pytestmark = pytest.mark.django_db

NOW = "2026-11-23 06:00Z"


@pytest.fixture(autouse=True)
def _several_requests():
    with zeal_ignore():
        yield


@pytest.fixture
def project(time_machine):
    """Published a year ago by a municipality with two people."""
    time_machine.move_to("2025-11-20 10:00Z")
    lead = make_municipality()
    clerk = make_member("amt", lead)
    make_member("kollegin", lead)
    project = bring(make_project(lead=lead), Status.PUBLISHED, clerk)
    time_machine.move_to(NOW)
    return project


def path(project: Project) -> str:
    return confirmation.link(project).removeprefix("http://testserver")


def asked() -> list[Letter]:
    call_command("ask_for_confirmation")
    return list(Letter.objects.filter(key__startswith="confirm:").order_by("pk"))


def test_everybody_of_the_municipality_is_asked_when_the_day_has_come(project, time_machine):
    time_machine.move_to("2026-11-19 10:00Z")
    assert asked() == []
    time_machine.move_to("2026-11-20 10:00Z")
    assert [letter.to for letter in asked()] == ["amt@example.org", "kollegin@example.org"]
    assert "Der Link gilt bis zum 19. Januar 2027." in asked()[0].body


def test_question_is_asked_again_every_ninety_days(project, time_machine):
    for day, letters in (("2026-11-23", 2), ("2026-12-24", 2), ("2027-02-18", 4), ("2027-04-01", 4)):
        time_machine.move_to(f"{day} 06:00Z")
        assert len(asked()) == letters


@pytest.mark.parametrize("status", [Status.ARCHIVED, Status.WITHDRAWN])
def test_what_left_the_mosaic_is_not_asked_about(status, project):
    {Status.ARCHIVED: workflow.archive, Status.WITHDRAWN: workflow.withdraw}[status](project, by=None, note="Weg")
    assert asked() == []


def test_project_of_nobody_is_not_asked_about(time_machine):
    time_machine.move_to("2025-01-01 10:00Z")
    project_in(Status.PUBLISHED)
    time_machine.move_to(NOW)
    assert asked() == []


def test_link_in_the_letter_shows_and_the_button_confirms(project):
    asked()
    outbox.send_due()
    lines = [line for message in mail.outbox for line in message.body.splitlines()]
    link = next(line for line in lines if "/bestaetigen/" in line)
    address = link.removeprefix("http://testserver")
    shown = Client().get(address)
    project.refresh_from_db()
    assert (shown.status_code, project.confirmed_on.year) == (200, 2025)
    assert "Ja, stimmt noch" in shown.content.decode()
    assert not shown.cookies
    assert "no-store" in shown["Cache-Control"]
    assert shown["X-Robots-Tag"] == "noindex"
    answered = Client(enforce_csrf_checks=True).post(address, {"answer": "yes"})
    project.refresh_from_db()
    assert "gilt ab heute als bestätigt" in answered.content.decode()
    assert (str(project.confirmed_on), str(project.next_check_on)) == ("2026-11-23", "2027-11-23")
    assert facets.load().bitmaps["confirmed_on"].keys() == {"2026-11-23"}
    assert asked()[2:] == []


def test_link_answers_once(project):
    address = path(project)
    Client().post(address, {"answer": "yes"})
    for response in (Client().post(address, {"answer": "ended"}), Client().get(address)):
        assert "schon beantwortet" in response.content.decode()
    assert project.status_changes.filter(note="Stand bestätigt").count() == 1
    assert not Letter.objects.filter(key__startswith="ended:").exists()


@pytest.mark.django_db(transaction=True)
def test_two_colleagues_at_once_confirm_once(project):
    address = path(project)
    at_once(5, lambda: Client().post(address, {"answer": "yes"}))
    assert project.status_changes.filter(note="Stand bestätigt").count() == 1


def test_new_version_answers_the_question_too(project):
    address = path(project)
    bring(workflow.open_copy(project, by=None), Status.MERGED)
    assert "schon beantwortet" in Client().get(address).content.decode()


def test_end_is_told_to_the_moderators_and_changes_no_text(project):
    moderator = make_moderator()
    response = Client().post(path(project), {"answer": "ended"})
    assert "Moderation benachrichtigt" in response.content.decode()
    letter = Letter.objects.get(key__startswith="ended:")
    assert letter.to == moderator.email
    assert project.title in letter.body
    project.refresh_from_db()
    assert (project.stage, project.status) == ("running", Status.PUBLISHED)


@pytest.mark.parametrize("answer", ["", "vielleicht", "YES"])
def test_other_answers_change_nothing(answer, project):
    address = path(project)
    assert Client().post(address, {"answer": answer}).status_code == 302
    assert "Ja, stimmt noch" in Client().get(address).content.decode()


def test_link_is_valid_for_sixty_days(project, time_machine):
    address = path(project)
    time_machine.shift(timedelta(days=59))
    assert Client().get(address).status_code == 200
    time_machine.shift(timedelta(days=2))
    for response in (Client().get(address), Client().post(address, {"answer": "yes"})):
        assert response.status_code == 410
        assert "gilt nicht mehr" in response.content.decode()


@pytest.mark.parametrize("change", [lambda token: token[:-1], lambda token: "A" + token, lambda token: "x", str.upper])
def test_forged_link_is_refused(change, project):
    token = path(project).split("/")[2]
    assert Client().post(f"/bestaetigen/{change(token)}/", {"answer": "yes"}).status_code == 410


def test_link_to_what_was_withdrawn_is_gone(project):
    address = path(project)
    workflow.withdraw(project, by=None, note="Auf Wunsch")
    assert Client().get(address).status_code == 410
