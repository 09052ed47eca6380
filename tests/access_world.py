"""The people and projects that the tables of access are about."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.test import Client
from django.utils import timezone
from zeal import zeal_ignore

from municipalities.models import Host, Membership, MembershipState, Role, User
from projects import workflow
from projects.models import FundingProgramme, Project, Topic
from tests.factories import make_municipality, make_project


@dataclass
class World:
    """One municipality with a project in each state, another with nothing, and one person of every kind."""

    municipality: object
    people: dict[str, User | AnonymousUser]
    published: Project
    draft: Project
    submitted: Project
    withdrawn: Project
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
    projects = {
        name: make_project(lead=municipality, title=f"Projekt {name}")
        for name in ("published", "draft", "submitted", "withdrawn")
    }
    for name in ("published", "submitted", "withdrawn"):
        projects[name] = workflow.submit(projects[name], by=people["author"])
    for name in ("published", "withdrawn"):
        projects[name] = workflow.publish(projects[name], by=people["admin"])
    workflow.withdraw(projects["withdrawn"], by=people["admin"], note="Auf Wunsch der Kommune.")
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
