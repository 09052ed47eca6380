"""Which letter goes to whom, how often, and that it says what to do next."""

import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import Resolver404, resolve
from django.utils import timezone
from zeal import zeal_ignore

from municipalities.models import Host, Kind, MembershipState, Role
from projects import emails, indexes, workflow
from projects.models import BarrierReport, Letter, Project, Status
from tests.factories import make_municipality, make_project
from tests.projects.steps import bring, make_member, make_moderator, make_person, project_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _several_requests():
    with zeal_ignore():
        yield


@pytest.fixture
def clerk():
    return make_member("amt", make_municipality())


def draft_of(clerk, **fields) -> Project:
    return make_project(lead=clerk.memberships.get().municipality, **fields)


def letters(cause: str) -> list[Letter]:
    found = list(Letter.objects.filter(key__startswith=f"{cause}:").order_by("pk"))
    for letter in found:
        check(letter)
    return found


def check(letter: Letter) -> None:
    """What holds for every letter: greeting, an address of this portal that exists, no template left-overs."""
    assert letter.body.startswith("Guten Tag,\n\n")
    assert not re.search(r"\{[{%]|&[a-z]+;|None|\n\n\n", letter.body)
    assert "@" not in letter.body
    links = re.findall(r"http://testserver(/\S+)", letter.body)
    assert links
    for link in links:
        try:
            resolve(link)
        except Resolver404:
            pytest.fail(f"{link} leads nowhere")


def test_letter_of_publication_goes_to_the_municipality_and_not_to_the_host_that_approved(clerk):
    project, moderator = draft_of(clerk), make_moderator(host=Host.NST)
    workflow.submit(project, by=clerk)
    workflow.approve(project, by=moderator)
    assert [letter.to for letter in letters("published")] == [clerk.email]


def test_letter_of_a_return_after_one_of_two_approvals_goes_to_the_municipality(clerk, settings):
    settings.TWO_KEY_APPROVAL = True
    project, moderator = draft_of(clerk), make_moderator(host=Host.NST)
    workflow.submit(project, by=clerk)
    workflow.approve(project, by=moderator)
    workflow.send_back(project, by=moderator, note="Bitte ergänzen.")
    assert [letter.to for letter in letters("returned")] == [clerk.email]


def test_whoever_submits_gets_each_answer(clerk):
    project, moderator = draft_of(clerk, title="Nähcafé „Zirkus“ & mehr"), make_moderator()
    workflow.submit(project, by=clerk)
    workflow.send_back(project, by=moderator, note="Bitte die Summen <prüfen>.", parts=["money"])
    workflow.submit(project, by=clerk)
    workflow.publish(project, by=moderator)
    assert len(letters("received")) == 2
    [returned], [published] = letters("returned"), letters("published")
    assert {letter.to for letter in Letter.objects.all()} == {clerk.email}
    assert returned.subject == "Bitte ergänzen: Nähcafé „Zirkus“ & mehr"
    assert "Bitte die Summen <prüfen>." in returned.body
    assert "- Geld" in returned.body
    assert f"http://testserver/mitmachen/projekte/{project.pk}/" in returned.body
    assert f"http://testserver{project.get_absolute_url()}" in published.body


def test_answers_about_a_working_copy_say_so(clerk):
    original = bring(draft_of(clerk), Status.PUBLISHED, clerk)
    copy = bring(workflow.open_copy(original, by=clerk), Status.MERGED, clerk)
    [approved] = letters("copy_approved")
    assert f"http://testserver{original.get_absolute_url()}" in approved.body
    assert "Überarbeitung" in letters("received")[-1].body
    assert f"/projekte/{copy.pk}-" not in approved.body


def test_rejection_gives_the_reason(clerk):
    project = bring(draft_of(clerk), Status.SUBMITTED, clerk)
    workflow.reject(project, by=make_moderator(), note="Kein Projekt, sondern ein Verein.")
    [letter] = letters("rejected")
    assert "Kein Projekt, sondern ein Verein." in letter.body


def test_who_has_left_hands_over_to_the_municipality(clerk):
    project = bring(draft_of(clerk), Status.SUBMITTED, clerk)
    colleague = make_member("kollegin", project.lead)
    clerk.is_active = False
    clerk.save()
    workflow.publish(project, by=make_moderator())
    assert [letter.to for letter in letters("published")] == [colleague.email]


def test_operator_s_import_writes_no_letters():
    project_in(Status.PUBLISHED)
    assert not Letter.objects.exists()


def test_rolled_back_change_leaves_no_letter(clerk, monkeypatch):
    def full_disk(*_args):
        raise OSError

    project = bring(draft_of(clerk), Status.SUBMITTED, clerk)
    monkeypatch.setattr(indexes.search, "index_project", full_disk)
    with pytest.raises(OSError):  # noqa: PT011
        workflow.publish(project, by=make_moderator())
    assert not letters("published")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\x0b"])
def test_title_cannot_bring_a_header_along(end, clerk):
    project = draft_of(clerk)
    project.title = f"Treff{end}Bcc: alle@example.org"
    emails.received(project.status_changes.create(by=clerk, from_status="draft", to_status="submitted"))
    change = project.status_changes.get()
    change.project = project
    Letter.objects.all().delete()
    emails.received(change)
    assert Letter.objects.get().subject == "Eingegangen: Treff Bcc: alle@example.org"


def test_long_title_fits_the_subject(clerk):
    bring(draft_of(clerk, title="Ä" * 120), Status.SUBMITTED, clerk)
    assert Letter.objects.get().subject.endswith("Ä" * 120)


# --- people -----------------------------------------------------------------------------------------------------------


def test_who_may_decide_learns_of_a_request():
    lead = make_municipality()
    coordinator = make_member("leitung", lead, role=Role.COORDINATOR)
    make_member("amt", lead)
    make_member("fremd", make_municipality(), role=Role.COORDINATOR)
    admin = make_person("admin", is_superuser=True, is_staff=True)
    new = make_person("neu", first_name="Erika", last_name="Muster")
    membership = new.memberships.create(municipality=lead)
    emails.membership_asked(membership)
    emails.membership_asked(membership)
    found = letters("membership-asked")
    assert {letter.to for letter in found} == {coordinator.email, admin.email}
    assert len(found) == 2
    assert not any("Erika" in letter.body + letter.subject or "Muster," in letter.body for letter in found)


def test_only_administrators_learn_of_a_request_for_a_host():
    admin = make_person("admin", is_superuser=True, is_staff=True)
    make_moderator()
    emails.membership_asked(make_person("neu").memberships.create(host=Host.NST, role=Role.MODERATOR))
    assert [letter.to for letter in letters("membership-asked")] == [admin.email]


@pytest.mark.parametrize("state", [state for state in MembershipState if state != MembershipState.ASKED])
@pytest.mark.parametrize("host", ["", Host.NST])
def test_who_asked_learns_of_the_decision(state, host):
    body = {"host": host, "role": Role.MODERATOR} if host else {"municipality": make_municipality()}
    membership = make_person("neu").memberships.create(state=state, decided_at=timezone.now(), **body)
    emails.membership_decided(membership)
    [letter] = letters(f"membership-{state}")
    assert letter.to == "neu@example.org"
    assert membership.body_name in letter.body


def test_people_of_a_member_are_those_of_a_samtgemeinde_that_acts_for_it():
    joint = make_municipality(kind=Kind.JOINT_MUNICIPALITY)
    member = make_municipality(kind=Kind.MEMBER_MUNICIPALITY, parent=joint, county=joint.county)
    own, acting = make_member("eigen", member), make_member("sg", joint, includes_members=True)
    make_member("nur-sg", joint)
    assert emails.people_of(member) == [own, acting]


# --- reminders and reports --------------------------------------------------------------------------------------------


def waiting(days: int, **fields) -> Project:
    return make_project(status=Status.SUBMITTED, submitted_at=timezone.now() - timedelta(days=days), **fields)


def test_moderators_are_reminded_once_a_week(time_machine):
    time_machine.move_to("2026-11-23 06:00Z")
    waiting(8, title="Wartet lange")
    waiting(6, title="Wartet kurz")
    moderator = make_moderator()
    for _night in range(3):
        call_command("remind_moderators")
    [letter] = letters("reminder")
    assert letter.to == moderator.email
    assert "Wartet lange" in letter.body
    assert "Wartet kurz" not in letter.body
    time_machine.move_to("2026-11-30 06:00Z")
    call_command("remind_moderators")
    assert len(letters("reminder")) == 2


def test_host_that_has_approved_is_not_reminded(settings):
    settings.TWO_KEY_APPROVAL = True
    project = waiting(8)
    moderator, other = make_moderator("a", Host.NST), make_moderator("b", Host.REFUGEE_COUNCIL)
    project.approvals.create(host=Host.NST, by=moderator)
    call_command("remind_moderators")
    assert [letter.to for letter in letters("reminder")] == [other.email]


def test_barrier_report_and_its_letter_are_one(settings):
    settings.OPERATOR_EMAIL = "amt@example.net"
    Client().post("/barriere-melden/", {"text": "Zu klein & grau", "reply_to": "erika@example.org"})
    letter = Letter.objects.get()
    assert (letter.to, letter.reply_to) == ("amt@example.net", "erika@example.org")
    assert letter.subject == f"Barriere gemeldet (Nr. {BarrierReport.objects.get().pk})"
    assert "Zu klein & grau" in letter.body
