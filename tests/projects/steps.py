"""People and projects at a certain point of the workflow, for tests that begin there."""

from threading import Barrier, Thread

from django.db import connections
from django.utils import timezone
from zeal import zeal_ignore

from municipalities.models import Host, Membership, MembershipState, Municipality, Role, User
from projects import workflow
from projects.models import Financing, KeyFigure, Project, Reference, Status
from tests.factories import make_funding_source, make_project

FUNCTIONS = {
    Status.SUBMITTED: workflow.submit,
    Status.RETURNED: workflow.send_back,
    Status.REJECTED: workflow.reject,
    Status.PUBLISHED: workflow.publish,
    Status.MERGED: workflow.publish,
    Status.ARCHIVED: workflow.archive,
    Status.WITHDRAWN: workflow.withdraw,
}
PATHS = {
    Status.DRAFT: [],
    Status.SUBMITTED: [Status.SUBMITTED],
    Status.RETURNED: [Status.SUBMITTED, Status.RETURNED],
    Status.REJECTED: [Status.SUBMITTED, Status.REJECTED],
    Status.PUBLISHED: [Status.SUBMITTED, Status.PUBLISHED],
    Status.MERGED: [Status.SUBMITTED, Status.MERGED],
    Status.ARCHIVED: [Status.SUBMITTED, Status.PUBLISHED, Status.ARCHIVED],
    Status.WITHDRAWN: [Status.SUBMITTED, Status.PUBLISHED, Status.WITHDRAWN],
}


def make_person(name: str, **fields) -> User:
    return User.objects.create_user(f"{name}@example.org", **fields)


def make_member(name: str, municipality: Municipality, **fields) -> User:
    """Somebody who acts for the municipality."""
    person = make_person(name)
    values = {"role": Role.MEMBER, "state": MembershipState.GRANTED, "decided_at": timezone.now(), **fields}
    Membership.objects.create(user=person, municipality=municipality, **values)
    return person


def make_moderator(name: str = "moderation", host: str = Host.NST) -> User:
    person = make_person(name, is_staff=True)
    granted = {"state": MembershipState.GRANTED, "decided_at": timezone.now()}
    Membership.objects.create(user=person, host=host, role=Role.MODERATOR, **granted)
    return person


@zeal_ignore()  # several requests in one test are no loop
def bring(project: Project, status: str, by: User | None = None) -> Project:
    """The project (a draft before) after all steps to this status."""
    for step in PATHS[status]:
        FUNCTIONS[step](project, by=by, note="Bitte ergänzen.")
    project.refresh_from_db()
    return project


def project_in(status: str, by: User | None = None, **fields) -> Project:
    return bring(make_project(**fields), status, by)


@zeal_ignore()
def copy_in(status: str, by: User | None = None, **fields) -> Project:
    """A working copy of a published project."""
    original = project_in(Status.PUBLISHED, by, **fields)
    return bring(workflow.open_copy(original, by=by), status, by)


def make_full(**fields) -> Project:
    """A draft with one row of every kind."""
    started = {"started_on": "2015-01-01", "started_precision": "year"}
    project = make_project(topics=("housing", "language"), **started, **fields)
    Financing.objects.create(
        project=project, position=1, source=make_funding_source(), level="state", amount="1400000.50"
    )
    KeyFigure.objects.create(
        project=project, name="Wohnungen", value=12, measured_on="2018-01-31", measured_precision="day"
    )
    Reference.objects.create(project=project, number=1, publisher="Samtgemeinde")
    project.refresh_from_db()
    return project


def at_once(count: int, function) -> list:
    """What `function` returns or raises in so many threads that start together, each with a connection of its own."""
    start, results = Barrier(count), []

    def run() -> None:
        try:
            start.wait()
            results.append(function())
        except Exception as error:
            results.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
