"""Approval by both sides: which hosts together publish, what voids an approval, what readers see of a dissent."""

import itertools

import pytest
from django.test import Client
from zeal import zeal_ignore

from municipalities.models import Host
from projects import workflow
from projects.models import Approval, Project, Status
from tests.projects.steps import at_once, copy_in, make_moderator, make_person, project_in

pytestmark = pytest.mark.django_db

UMBRELLA = {Host.NST, Host.NLT, Host.NSGB}


@pytest.fixture(autouse=True)
def _several_requests():
    with zeal_ignore():
        yield


@pytest.fixture
def _two_keys(settings):
    settings.TWO_KEY_APPROVAL = True


def combinations():
    return [hosts for count in range(1, 5) for hosts in itertools.combinations(Host, count)]


@pytest.mark.usefixtures("_two_keys")
@pytest.mark.parametrize("hosts", combinations(), ids="+".join)
def test_both_sides_together_publish(hosts):
    project = project_in(Status.SUBMITTED)
    for host in hosts:
        if Project.objects.get(pk=project.pk).status == Status.SUBMITTED:
            workflow.approve(project, by=make_moderator(host, host))
    project.refresh_from_db()
    is_enough = Host.REFUGEE_COUNCIL in hosts and UMBRELLA & set(hosts)
    assert project.status == (Status.PUBLISHED if is_enough else Status.SUBMITTED)
    assert bool(workflow.waits_for(project)) != bool(is_enough)


@pytest.mark.usefixtures("_two_keys")
def test_publishing_does_not_get_around_the_second_key():
    project = project_in(Status.SUBMITTED)
    moderator = make_moderator()
    workflow.approve(project, by=moderator)
    with pytest.raises(workflow.WorkflowError, match="Flüchtlingsrat Niedersachsen"):
        workflow.publish(project, by=moderator)
    with pytest.raises(workflow.WorkflowError, match="Verbände"):
        workflow.approve(project, by=make_person("admin", is_staff=True, is_superuser=True))


@pytest.mark.usefixtures("_two_keys")
def test_working_copy_needs_both_keys_too():
    copy = copy_in(Status.SUBMITTED)
    workflow.approve(copy, by=make_moderator("a", Host.NLT))
    copy.refresh_from_db()
    assert copy.status == Status.SUBMITTED
    original = workflow.approve(copy, by=make_moderator("b", Host.REFUGEE_COUNCIL))
    copy.refresh_from_db()
    assert (copy.status, original.pk) == (Status.MERGED, copy.revises_id)
    assert original.approvals.count() == 2


@pytest.mark.usefixtures("_two_keys")
def test_change_after_an_approval_voids_it():
    project, moderator = project_in(Status.SUBMITTED), make_moderator()
    workflow.approve(project, by=moderator)
    workflow.send_back(project, by=moderator, note="Doch noch etwas.")
    workflow.submit(project, by=None)
    assert not Approval.objects.exists()
    workflow.approve(project, by=make_moderator("rat", Host.REFUGEE_COUNCIL))
    project.refresh_from_db()
    assert project.status == Status.SUBMITTED
    assert [change.note for change in project.status_changes.all() if "Freigabe" in change.note] == [
        "Freigabe: Niedersächsischer Städtetag",
        "Freigabe: Flüchtlingsrat Niedersachsen",
    ]


@pytest.mark.usefixtures("_two_keys")
def test_second_yes_of_a_host_replaces_its_first():
    project = project_in(Status.SUBMITTED)
    workflow.approve(project, by=make_moderator("a", Host.NST), dissent="Zu teuer")
    workflow.approve(project, by=make_moderator("b", Host.NST), dissent="Doch nicht")
    assert project.approvals.get().dissent == "Doch nicht"


@pytest.mark.usefixtures("_two_keys")
def test_nobody_has_two_voices():
    project, person = project_in(Status.SUBMITTED), make_moderator()
    workflow.approve(project, by=person)
    person.memberships.update(host=Host.REFUGEE_COUNCIL)
    with pytest.raises(workflow.WorkflowError, match="anderen Verband"):
        workflow.approve(project, by=person)


@pytest.mark.usefixtures("_two_keys")
@pytest.mark.parametrize("status", [Status.DRAFT, Status.RETURNED, Status.PUBLISHED, Status.WITHDRAWN])
def test_only_what_is_submitted_is_approved(status):
    with pytest.raises(workflow.WorkflowError):
        workflow.approve(project_in(status), by=make_moderator())


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_two_keys")
def test_both_sides_at_once_publish_once():
    project = project_in(Status.SUBMITTED)
    people = [make_moderator("a", Host.NSGB), make_moderator("b", Host.REFUGEE_COUNCIL)]
    results = at_once(2, lambda: workflow.approve(project, by=people.pop()))
    assert all(isinstance(result, Project) for result in results)
    project.refresh_from_db()
    assert project.status == Status.PUBLISHED
    assert project.versions.count() == 1


def test_with_one_key_a_single_yes_publishes():
    project = project_in(Status.SUBMITTED)
    assert workflow.approve(project, by=make_moderator()).status == Status.PUBLISHED
    assert project.approvals.count() == 1


def test_with_one_key_an_administrator_publishes():
    admin = make_person("admin", is_staff=True, is_superuser=True)
    assert workflow.approve(project_in(Status.SUBMITTED), by=admin).status == Status.PUBLISHED


@pytest.mark.parametrize("is_public", [True, False])
def test_dissent_is_shown_signed_where_its_host_wants_that(is_public):
    project = project_in(Status.SUBMITTED)
    dissent = "Wir halten die <b>Kosten</b> für zu hoch."
    project = workflow.approve(project, by=make_moderator(), dissent=dissent, is_dissent_public=is_public)
    text = Client().get(project.get_absolute_url()).content.decode()
    assert ("&lt;b&gt;Kosten&lt;/b&gt;" in text) == is_public
    assert ("Gezeichnet: Niedersächsischer Städtetag" in text) == is_public
    assert "moderation@example.org" not in text
