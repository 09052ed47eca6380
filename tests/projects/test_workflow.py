"""Every allowed and every forbidden change of status, with its effects."""

import itertools

import pytest
from django.core.exceptions import ValidationError

from municipalities.models import User
from projects import facets, workflow
from projects.models import Project, SearchEntry, Status, StatusChange
from tests.factories import make_project

pytestmark = pytest.mark.django_db

FUNCTIONS = {
    Status.SUBMITTED: workflow.submit,
    Status.RETURNED: workflow.send_back,
    Status.REJECTED: workflow.reject,
    Status.PUBLISHED: workflow.publish,
    Status.ARCHIVED: workflow.archive,
    Status.WITHDRAWN: workflow.withdraw,
}
PATHS = {
    Status.DRAFT: [],
    Status.SUBMITTED: [Status.SUBMITTED],
    Status.RETURNED: [Status.SUBMITTED, Status.RETURNED],
    Status.REJECTED: [Status.SUBMITTED, Status.REJECTED],
    Status.PUBLISHED: [Status.SUBMITTED, Status.PUBLISHED],
    Status.ARCHIVED: [Status.SUBMITTED, Status.PUBLISHED, Status.ARCHIVED],
    Status.WITHDRAWN: [Status.SUBMITTED, Status.PUBLISHED, Status.WITHDRAWN],
}
ALLOWED = [(start, end) for start, ends in workflow.TRANSITIONS.items() for end in sorted(ends)]
FORBIDDEN = sorted(set(itertools.product(Status, FUNCTIONS)) - set(ALLOWED))


@pytest.fixture
def moderator():
    return User.objects.create_user("moderation@example.org")


def project_in(status: str, by: User) -> Project:
    project = make_project()
    for step in PATHS[status]:
        project = FUNCTIONS[step](project, by=by, note="Bitte ergänzen.")
    return project


@pytest.mark.parametrize(("start", "end"), ALLOWED)
def test_allowed_change_is_stored_and_logged(start, end, moderator):
    project = project_in(start, moderator)
    FUNCTIONS[end](project, by=moderator, note="Weil es so ist.")
    project.refresh_from_db()
    assert project.status == end
    change = StatusChange.objects.filter(project=project).last()
    assert (change.by, change.from_status, change.to_status, change.note) == (moderator, start, end, "Weil es so ist.")


@pytest.mark.parametrize(("start", "end"), FORBIDDEN)
def test_forbidden_change_leaves_everything_as_it_was(start, end, moderator):
    project = project_in(start, moderator)
    changes = StatusChange.objects.count()
    with pytest.raises(workflow.ForbiddenTransition, match=project.title):
        FUNCTIONS[end](project, by=moderator, note="Trotzdem")
    project.refresh_from_db()
    assert project.status == start
    assert StatusChange.objects.count() == changes


def test_publishing_makes_findable_and_withdrawing_ends_it(moderator):
    project = project_in(Status.PUBLISHED, moderator)
    index = facets.load()
    assert project.publication_number in index.everything
    assert SearchEntry.objects.filter(project=project).exists()
    workflow.withdraw(project, by=moderator, note="Auf Wunsch der Kommune")
    assert project.publication_number not in facets.load().everything
    assert not SearchEntry.objects.filter(project=project).exists()


def test_publication_number_is_given_once_and_ascends(moderator):
    first, second = project_in(Status.PUBLISHED, moderator), project_in(Status.PUBLISHED, moderator)
    assert second.publication_number == first.publication_number + 1
    archived = workflow.archive(first, by=moderator)
    again = workflow.publish(archived, by=moderator)
    assert again.publication_number == first.publication_number
    assert again.published_at == first.published_at


def test_incomplete_project_is_not_published(moderator):
    project = project_in(Status.SUBMITTED, moderator)
    Project.objects.filter(pk=project.pk).update(approach="")
    with pytest.raises(ValidationError):
        workflow.publish(project, by=moderator)
    project.refresh_from_db()
    assert project.status == Status.SUBMITTED
