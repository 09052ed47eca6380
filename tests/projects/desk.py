"""Helpers of the tests of the desk: people with a second factor, their browsers, and what the review page sends."""

from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from municipalities.models import Host, User
from projects.models import Project
from tests.projects.steps import make_moderator


def with_second_factor(person: User) -> User:
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": "x"})
    return person


def client_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def moderator_client(name: str = "moderation", host: str = Host.NST) -> Client:
    return client_of(with_second_factor(make_moderator(name, host)))


def administrator_client(email: str = "admin@example.org") -> Client:
    return client_of(with_second_factor(User.objects.create_superuser(email)))


def review_url(project: Project) -> str:
    return reverse("admin:projects_project_review", args=[project.pk])


def decide(client: Client, project: Project, decision: str, **typed):
    """What a browser sends that shows the project as it is given; `typed` are fields of that decision's form."""
    fields = {"version": project.version, **typed}
    sent = {f"{decision}-{name}": value for name, value in fields.items()}
    return client.post(review_url(project), {"decision": decision, **sent})


def text_of(response) -> str:
    return " ".join(response.content.decode().split())
