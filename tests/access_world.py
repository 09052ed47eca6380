"""The people and projects that the tables of access are about."""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.test import Client, override_settings
from django.utils import timezone
from zeal import zeal_ignore

from municipalities.models import Host, Membership, MembershipState, Role, User
from projects import workflow
from projects.models import FundingProgramme, Project, Topic
from tests.factories import make_municipality, make_project

# How a project comes into each state: steps of workflow.py, one after the other.
WAYS: Mapping[str, str] = {
    "published": "submit publish",
    "draft": "",
    "submitted": "submit",
    "half_approved": "submit approve_once",
    "returned": "submit send_back",
    "rejected": "submit reject",
    "archived": "submit publish archive",
    "duplicate": "submit publish mark_duplicate",
    "withdrawn": "submit publish withdraw",
    "copy_draft": "submit publish open_copy",
    "copy_submitted": "submit publish open_copy submit",
    "copy_returned": "submit publish open_copy submit send_back",
    "copy_rejected": "submit publish open_copy submit reject",
    "copy_taken_over": "submit publish open_copy submit take_over",
}


@dataclass
class World:
    """One municipality with a project in each state of WAYS, another with nothing, one person of every kind."""

    municipality: object
    people: dict[str, User | AnonymousUser]
    published: Project
    draft: Project
    submitted: Project
    half_approved: Project
    returned: Project
    rejected: Project
    archived: Project
    duplicate: Project
    withdrawn: Project
    copy_draft: Project
    copy_submitted: Project
    copy_returned: Project
    copy_rejected: Project
    copy_taken_over: Project
    programme: FundingProgramme
    topic: Topic
    clients: dict[str, Client] = field(default_factory=dict)


@zeal_ignore()
def make_world() -> World:
    municipality = make_municipality(name="Beispielstadt")
    people = {
        "anonymous": AnonymousUser(),
        "stranger": member_of(make_municipality(), "fremd@example.org"),
        "author": member_of(municipality, "autorin@example.org"),
        "moderator": moderator("moderation@example.org"),
        "admin": with_second_factor(User.objects.create_superuser("admin@example.org")),
    }
    projects: dict[str, Project] = {}
    for state, way in WAYS.items():
        projects[state] = make_project(lead=municipality, title=f"Projekt {state}")
        for step in way.split():
            projects[state] = take(step, projects[state], people=people, kept=projects["published"])
    programme = FundingProgramme.objects.create(
        slug="beispiel",
        name="Beispielprogramm",
        provider="Land",
        level="state",
        description="…",
        checked_on=timezone.localdate(),
    )
    found = World(municipality, people, **projects, programme=programme, topic=Topic.objects.get(slug="housing"))
    for name, person in people.items():
        found.clients[name] = Client()
        if person.is_authenticated:
            found.clients[name].force_login(person)
    return found


def take(step: str, project: Project, *, people: dict, kept: Project) -> Project:
    """The project after one step of its way; `kept` is what a duplicate goes into."""
    author, admin, why = people["author"], people["admin"], "Auf Wunsch der Kommune."
    steps: dict[str, Callable[[], Project]] = {
        "submit": lambda: workflow.submit(project, by=author),
        "approve_once": lambda: workflow.approve(project, by=people["moderator"]),
        "send_back": lambda: workflow.send_back(project, by=admin, note=why),
        "reject": lambda: workflow.reject(project, by=admin, note=why),
        "publish": lambda: workflow.publish(project, by=admin),
        "archive": lambda: workflow.archive(project, by=admin),
        "mark_duplicate": lambda: workflow.mark_duplicate(project, of=kept, by=admin),
        "withdraw": lambda: workflow.withdraw(project, by=admin, note=why),
        "open_copy": lambda: renamed(workflow.open_copy(project, by=author)),
        "take_over": lambda: workflow.publish(project, by=admin).working_copies.get(),
    }
    with override_settings(TWO_KEY_APPROVAL=step == "approve_once"):
        return steps[step]()


def renamed(copy: Project) -> Project:
    """With words of its own, by which it is told from the public text."""
    copy.title = copy.title.replace("Projekt", "Überarbeitung")
    copy.save()
    return copy


@pytest.fixture(scope="module")
def made_world(django_db_setup, django_db_blocker) -> Iterator[World]:
    """Made once for the tests of a file, in a transaction around theirs; making it for each took half of all time."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)


@pytest.fixture
def world(made_world, db) -> World:
    """The rows as they were made; what a test changes about them is its own."""
    return deepcopy(made_world)


def member_of(municipality, email: str) -> User:
    person = User.objects.create_user(email)
    Membership.objects.create(
        user=person,
        municipality=municipality,
        role=Role.MEMBER,
        state=MembershipState.GRANTED,
        decided_at=timezone.now(),
    )
    return person


def moderator(email: str) -> User:
    person = with_second_factor(User.objects.create_user(email, is_staff=True))
    Membership.objects.create(
        user=person, host=Host.NST, role=Role.MODERATOR, state=MembershipState.GRANTED, decided_at=timezone.now()
    )
    return person


def with_second_factor(person: User) -> User:
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": "x"})
    return person
