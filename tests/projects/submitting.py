"""Helpers of the tests of submitting: people who act for a municipality, and what their browsers send."""

from django.test import Client
from django.utils import timezone

from municipalities.models import Membership, Municipality, User
from tests.factories import make_municipality

from .fields import fields_of

FINE = {"summary": "Jeden Mittwoch wird geredet.", "approach": "Zwei Tische, zwölf Stühle, viel Kaffee."}


def make_member(municipality: Municipality, email: str = "mitglied@example.org", **fields) -> User:
    user = User.objects.filter(email=email).first() or User.objects.create_user(email, "geheim-geheim-geheim")
    Membership.objects.create(
        user=user, municipality=municipality, state="granted", decided_at=timezone.now(), **fields
    )
    return user


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def member_client(municipality: Municipality | None = None, **fields) -> Client:
    client = client_of(make_member(municipality or make_municipality(), **fields))
    return client


def form_of(response) -> dict[str, list[str]]:
    """What the form of the page would send if nobody touched it."""
    sent = fields_of(response.content.decode())
    sent.pop("csrfmiddlewaretoken", None)
    return sent


def part_address(project, slug: str) -> str:
    return f"/mitmachen/projekte/{project.pk}/{slug}/"


def fill(client: Client, project, slug: str, **typed):
    """Opens a part, types over some fields and saves; names use __ for the dash."""
    address = part_address(project, slug)
    sent = form_of(client.get(address))
    for name, value in typed.items():
        name = name.replace("__", "-")
        if value is None:
            sent.pop(name, None)
        else:
            sent[name] = value
    return client.post(address, {**sent, "save": "list"})


def flat(response) -> str:
    return " ".join(response.content.decode().split())
