"""Every allowed and every forbidden change of status, with its effects."""

import itertools

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone
from zeal import zeal_context, zeal_ignore

from projects import facets, workflow
from projects.models import Consent, Letter, Project, Provenance, SearchEntry, Status, StatusChange
from tests.factories import make_municipality, make_project
from tests.projects.steps import FUNCTIONS, at_once, copy_in, make_member, make_moderator, make_person, project_in

pytestmark = pytest.mark.django_db

# Written down here once more: taken from the workflow, they would follow whatever is changed there.
ALLOWED = [
    ("draft", "submitted"),
    ("submitted", "published"),
    ("submitted", "rejected"),
    ("submitted", "returned"),
    ("returned", "submitted"),
    ("published", "archived"),
    ("published", "withdrawn"),
    ("archived", "published"),
    ("archived", "withdrawn"),
    ("withdrawn", "published"),
]
ALLOWED_COPY = [
    ("draft", "submitted"),
    ("submitted", "merged"),
    ("submitted", "rejected"),
    ("submitted", "returned"),
    ("returned", "submitted"),
]
COPY_STATUSES = [Status.DRAFT, Status.SUBMITTED, Status.RETURNED, Status.REJECTED, Status.MERGED]
OWN_STATUSES = [status for status in Status if status != Status.MERGED]
# Submitting what is submitted is answered as success: a form that is sent twice counts once.
TWICE = (Status.SUBMITTED, Status.SUBMITTED)
FORBIDDEN = sorted(set(itertools.product(OWN_STATUSES, set(OWN_STATUSES) - {Status.DRAFT})) - {*ALLOWED, TWICE})
FORBIDDEN_COPY = sorted(
    set(itertools.product(COPY_STATUSES, set(Status) - {Status.DRAFT, Status.PUBLISHED})) - {*ALLOWED_COPY, TWICE}
)


@pytest.fixture
def moderator():
    return make_moderator()


@pytest.mark.check("R03", "R06")
@pytest.mark.parametrize(("start", "end"), ALLOWED)
def test_allowed_change_is_stored_and_logged(start, end, moderator):
    check_allowed(project_in(start, moderator), start, end, moderator)


@pytest.mark.parametrize(("start", "end"), ALLOWED_COPY)
def test_allowed_change_of_a_copy_is_stored_and_logged(start, end, moderator):
    check_allowed(copy_in(start, moderator), start, end, moderator)


def check_allowed(project, start, end, moderator):
    version = project.version
    with zeal_context():
        FUNCTIONS[end](project, by=moderator, note="Weil es so ist.")
    project.refresh_from_db()
    assert project.status == end
    assert project.version == version + 1
    change = StatusChange.objects.filter(project=project).last()
    assert (change.by, change.from_status, change.to_status, change.note) == (moderator, start, end, "Weil es so ist.")


@pytest.mark.check("R03")
@pytest.mark.parametrize(("start", "end"), FORBIDDEN)
def test_forbidden_change_leaves_everything_as_it_was(start, end, moderator):
    check_forbidden(project_in(start, moderator), start, end, moderator)


@pytest.mark.parametrize(("start", "end"), FORBIDDEN_COPY)
def test_forbidden_change_of_a_copy_leaves_everything_as_it_was(start, end, moderator):
    check_forbidden(copy_in(start, moderator), start, end, moderator)


def check_forbidden(project, start, end, moderator):
    changes, letters = StatusChange.objects.count(), Letter.objects.count()
    with pytest.raises(workflow.TransitionError, match=project.title):
        FUNCTIONS[end](project, by=moderator, note="Trotzdem")
    project.refresh_from_db()
    assert project.status == start
    assert (StatusChange.objects.count(), Letter.objects.count()) == (changes, letters)


# What the database refuses by itself, whoever writes past the workflow.
RAW_PROJECT = [
    "status = 'merged'",
    "status = 'submitted', submitted_at = NULL",
    "status = 'published', publication_number = NULL",
    "status = 'published', published_at = NULL",
    "status = 'published', approach = ''",
    "status = 'withdrawn', withdrawal_reason = ''",
    "status = 'hidden'",
    "version = 0",
]
RAW_COPY = [
    "status = 'published'",
    "status = 'archived'",
    "status = 'withdrawn'",
    "revises_id = NULL, status = 'merged'",
]


@pytest.mark.check("R03")
@pytest.mark.parametrize(("is_copy", "change"), [(False, c) for c in RAW_PROJECT] + [(True, c) for c in RAW_COPY])
def test_database_refuses_impossible_status(is_copy, change, moderator):
    project = (copy_in if is_copy else project_in)(Status.DRAFT, moderator)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE projects_project SET {change} WHERE id = %s", [project.pk])


def test_database_refuses_second_open_copy(moderator):
    copy = copy_in(Status.DRAFT, moderator)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_project(revises=copy.revises)


@pytest.mark.check("R06")
@pytest.mark.parametrize("statement", ["UPDATE {} SET note = 'anders'", "DELETE FROM {}"])
def test_database_refuses_to_change_the_log(statement, moderator):
    project_in(Status.SUBMITTED, moderator)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format("projects_statuschange"))


@pytest.mark.parametrize("table", ["projects_projectversion", "projects_consent"])
def test_database_keeps_versions_and_consents(table, moderator):
    project = make_project()
    workflow.submit(project, by=moderator, consents=["Der Text darf unter CC BY 4.0 stehen."])
    with zeal_ignore():
        workflow.publish(project, by=moderator)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")


# --- submitting -------------------------------------------------------------------------------------------------------


def test_submitting_keeps_consents_and_writes_one_letter():
    lead = make_municipality()
    clerk = make_member("amt", lead)
    project = workflow.submit(make_project(lead=lead), by=clerk, consents=["Erstens", "Zweitens"])
    assert project.status == Status.SUBMITTED
    assert project.submitted_at is not None
    assert set(Consent.objects.values_list("wording", "by")) == {("Erstens", clerk.pk), ("Zweitens", clerk.pk)}
    assert Letter.objects.get().to == clerk.email


def test_submitting_twice_counts_once(moderator):
    project = project_in(Status.SUBMITTED, moderator)
    again = workflow.submit(project, by=moderator, consents=["Noch einmal"])
    assert again.status == Status.SUBMITTED
    assert Letter.objects.count() == 1
    assert not Consent.objects.exists()


@pytest.mark.check("R01")
@pytest.mark.django_db(transaction=True)
def test_twenty_submissions_at_once_give_one_letter():
    project, clerk = make_project(), make_person("amt")
    results = at_once(20, lambda: workflow.submit(project, by=clerk, version=1, consents=["Ja"]).status)
    assert results == [Status.SUBMITTED] * 20
    assert Letter.objects.count() == StatusChange.objects.count() == Consent.objects.count() == 1


@zeal_ignore()
def test_old_form_does_not_submit_what_was_returned(moderator):
    project = make_project()
    sent = {"by": moderator, "version": project.version}
    workflow.submit(project, **sent)
    workflow.send_back(project, by=moderator, note="Bitte ergänzen.")
    with pytest.raises(workflow.WorkflowError, match="inzwischen geändert"):
        workflow.submit(project, **sent)
    project.refresh_from_db()
    assert project.status == Status.RETURNED


@pytest.mark.parametrize("field", ["title", "summary", "approach", "topics"])
def test_incomplete_project_is_not_submitted(field):
    project = make_project()
    project.topics.clear() if field == "topics" else setattr(project, field, "")
    project.save()
    with pytest.raises(workflow.IncompleteError) as caught:
        workflow.submit(project, by=None)
    assert [missing.field for missing in caught.value.missing] == [field]
    project.refresh_from_db()
    assert project.status == Status.DRAFT


def test_compiled_project_becomes_the_municipality_s_own_when_it_sends_it():
    lead = make_municipality()
    project = make_project(lead=lead, provenance=Provenance.COMPILED)
    assert workflow.submit(project, by=make_member("amt", lead)).provenance == Provenance.MUNICIPALITY


def test_compiled_project_stays_compiled_when_others_send_it():
    project = make_project(provenance=Provenance.COMPILED)
    assert workflow.submit(project, by=make_moderator()).provenance == Provenance.COMPILED


@pytest.mark.parametrize("function", [workflow.send_back, workflow.reject])
@pytest.mark.parametrize("note", ["", " \n "])
def test_moderators_give_a_reason(function, note, moderator):
    project = project_in(Status.SUBMITTED, moderator)
    with pytest.raises(workflow.WorkflowError, match="Grund"):
        function(project, by=moderator, note=note)


def test_returning_may_be_about_single_parts(moderator):
    project = project_in(Status.SUBMITTED, moderator)
    workflow.send_back(project, by=moderator, note="Die Summen passen nicht.", parts=["money", "effort"])
    assert project.status_changes.last().parts == ["money", "effort"]


# --- publishing -------------------------------------------------------------------------------------------------------


@zeal_ignore()
def test_publishing_makes_findable_and_withdrawing_ends_it(moderator):
    project = project_in(Status.PUBLISHED, moderator)
    index = facets.load()
    assert project.publication_number in index.everything
    assert SearchEntry.objects.filter(project=project).exists()
    workflow.withdraw(project, by=moderator, note="Auf Wunsch der Kommune")
    assert project.publication_number not in facets.load().everything
    assert not SearchEntry.objects.filter(project=project).exists()


@zeal_ignore()
def test_publication_number_is_given_once_and_ascends(moderator):
    first, second = project_in(Status.PUBLISHED, moderator), project_in(Status.PUBLISHED, moderator)
    assert second.publication_number == first.publication_number + 1
    archived = workflow.archive(first, by=moderator)
    again = workflow.publish(archived, by=moderator)
    assert again.publication_number == first.publication_number
    assert again.published_at == first.published_at


@zeal_ignore()
def test_first_publication_keeps_version_one_and_publishing_again_no_other(moderator):
    project = project_in(Status.PUBLISHED, moderator)
    workflow.archive(project, by=moderator)
    workflow.publish(project, by=moderator)
    version = project.versions.get()
    assert (version.number, version.by, version.data["title"]) == (1, moderator, project.title)


def test_what_a_municipality_submits_is_confirmed_by_that(moderator):
    project = project_in(Status.PUBLISHED, moderator)
    assert project.confirmed_on == timezone.localdate(project.submitted_at)
    assert project.next_check_on.year == project.confirmed_on.year + 1


def test_what_others_compiled_is_not_confirmed(moderator):
    assert project_in(Status.PUBLISHED, moderator, provenance=Provenance.COMPILED).confirmed_on is None


def test_bulk_publication_leaves_the_indexes_to_its_caller():
    project = project_in(Status.SUBMITTED)
    workflow.publish(project, by=None, is_bulk=True)
    assert not SearchEntry.objects.exists()


def test_incomplete_project_is_not_published(moderator):
    project = project_in(Status.SUBMITTED, moderator)
    Project.objects.filter(pk=project.pk).update(approach="")
    with pytest.raises(workflow.WorkflowError):
        workflow.publish(project, by=moderator)
    project.refresh_from_db()
    assert project.status == Status.SUBMITTED
