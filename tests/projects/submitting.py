"""Helpers of the tests of submitting: people who act for a municipality, and what their browsers send."""

from html.parser import HTMLParser

from django.test import Client
from django.utils import timezone

from municipalities.models import Membership, Municipality, User
from tests.factories import make_municipality

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


class _Fields(HTMLParser):
    """Names and values of the form to the part, as a browser without scripts sends them."""

    def __init__(self) -> None:
        super().__init__()
        self.pairs: list[tuple[str, str]] = []
        self._form = self._template = 0
        self._select = self._textarea = None
        self._text = ""

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag == "form" and "form" in (values.get("class") or "").split():
            self._form = 1
        if tag == "template":
            self._template += 1
        if not self._form or self._template:
            return
        name, kind = values.get("name"), values.get("type", "text")
        if tag == "input" and name and (kind not in ("checkbox", "radio", "submit") or "checked" in values):
            self.pairs.append((name, values.get("value") or ("on" if kind == "checkbox" else "")))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in values:
            self.pairs.append((self._select, values.get("value", "")))
        elif tag == "textarea":
            self._textarea, self._text = name, ""

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = 0
        if tag == "template":
            self._template -= 1
        if tag == "select":
            self._select = None
        if tag == "textarea" and self._textarea:
            self.pairs.append((self._textarea, self._text.removeprefix("\n")))
            self._textarea = None

    def handle_data(self, data):
        if self._textarea:
            self._text += data


def form_of(response) -> dict[str, list[str]]:
    """What the form of the page would send if nobody touched it."""
    parser = _Fields()
    parser.feed(response.content.decode())
    sent: dict[str, list[str]] = {}
    for name, value in parser.pairs:
        if name != "csrfmiddlewaretoken":
            sent.setdefault(name, []).append(value)
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
