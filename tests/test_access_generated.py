"""Generated people before generated rows of other municipalities, at every address of the access table (S03).

Whoever does not act for a municipality reads none of its words and changes none of its rows: by looking, by posting to
each address, and by sending the very forms that its own people get to see.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection, models, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import Resolver404, get_resolver, resolve, reverse
from django.utils import timezone
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from zeal import zeal_ignore

from municipalities.models import Kind, Membership, MembershipState, Municipality, Role, User
from projects import fragments
from projects.models import (
    Adoption,
    Attachment,
    Consent,
    Contact,
    ContactLevel,
    Enquiry,
    Interest,
    Picture,
    Project,
    Status,
    StatusChange,
    TextLanguage,
    TextVersion,
    TypedText,
)
from projects.submission import BY_SLUG
from tests.access_forms import forms_of
from tests.access_world import with_second_factor
from tests.factories import make_county, make_municipality, make_project
from tests.test_access import READING

BODIES = ("county", "joint", "village", "neighbour")
WITH_ROWS = ("joint", "village", "neighbour")


def names_a_row(name: str) -> bool:
    """Whether a row's number stands in the address. Tokens do not count: their bearer may do what the letter says."""
    namespace, _colon, view = name.rpartition(":")
    if not namespace:
        return False
    (_pattern, arguments), *_others = get_resolver().namespace_dict[namespace][1].reverse_dict.getlist(view)[0][0]
    return "pk" in arguments


ROWS = [(name, arguments) for name, arguments, _expected in READING if names_a_row(name)]
EXTRA = {
    Status.SUBMITTED: {"submitted_at": timezone.now()},
    Status.WITHDRAWN: {"withdrawn_at": timezone.now(), "withdrawal_reason": "…"},
}


@dataclass
class Body:
    """A municipality whose every word that is not public begins with its `word`."""

    word: str
    municipality: Municipality
    colleague: User = None
    projects: dict[str, Project] = field(default_factory=dict)


def person(email: str, **fields) -> User:
    return User.objects.create_user(f"{email}@example.org", **fields)


def join(user: User, body: Municipality, state: str = "granted", **fields) -> Membership:
    decided = None if state == MembershipState.ASKED else timezone.now()
    return Membership.objects.create(user=user, municipality=body, state=state, decided_at=decided, **fields)


def fill(body: Body) -> None:
    """A project in each status, a working copy, and beside the public text what never is."""
    body.colleague = person(f"{body.word}person", first_name=f"{body.word}vorname")
    join(body.colleague, body.municipality, role=Role.COORDINATOR)
    join(person(f"{body.word}neu"), body.municipality, state="asked", note=f"{body.word}bitte")
    for status in (*(status for status in Status if status != Status.MERGED), "copy"):
        is_public, said = status == Status.PUBLISHED, f"{body.word}{status}"
        texts = {} if is_public else dict.fromkeys(("title", "summary", "approach", "editorial_note"), said)
        more = {**EXTRA.get(status, {}), **texts, "created_by": body.colleague}
        if status == "copy":
            more |= {"status": Status.DRAFT, "revises": body.projects[Status.PUBLISHED]}
        project = make_project(lead=body.municipality, **{"status": status, **more})
        project.contact = Contact.objects.create(
            function=f"{said}stelle", organisation="Stadt", email=f"{said}@example.org",
            municipality=body.municipality, public_level=ContactLevel.NONE,
        )  # fmt: skip
        project.save()
        if project.status != Status.DRAFT:
            StatusChange.objects.create(project=project, from_status="draft", to_status="returned", note=f"{said}grund")
            Consent.objects.create(project=project, by=body.colleague, wording=f"{said}wortlaut")
        typed = [["summary", f"{said}getippt"]]
        TypedText.objects.create(user=body.colleague, project=project, part="head", data=typed)
        body.projects[status] = project
    TextVersion.objects.create(
        project=body.projects[Status.PUBLISHED], language="en", proposed={"title": f"{body.word}english"},
        proposed_origin="human", proposed_at=timezone.now(), proposed_by=body.colleague,
    )  # fmt: skip


@pytest.fixture(scope="module")
def bodies(django_db_setup, django_db_blocker) -> Iterator[dict[str, Body]]:
    with django_db_blocker.unblock(), transaction.atomic(), zeal_ignore():
        county = make_county()
        joint = make_municipality(county=county, kind=Kind.JOINT_MUNICIPALITY, is_town=False)
        village = make_municipality(county=county, kind=Kind.MEMBER_MUNICIPALITY, parent=joint, is_town=False)
        places = {"county": county, "joint": joint, "village": village, "neighbour": make_municipality(county=county)}
        found = {name: Body(f"geheim{name}", place) for name, place in places.items()}
        for name in WITH_ROWS:
            fill(found[name])
        found["far"] = Body("geheimfar", make_municipality())
        found["far"].colleague = person("fern")
        join(found["far"].colleague, found["far"].municipality)
        yield found
        transaction.set_rollback(True)


# --- who comes, and to which rows ---


@st.composite
def visits(draw) -> SimpleNamespace:
    """A person with memberships of all kinds, a municipality that is not theirs, and which of its rows are wanted."""
    kinds = st.fixed_dictionaries(
        {
            "state": st.sampled_from(["granted", "granted", "asked", "declined", "ended"]),
            "role": st.sampled_from([Role.MEMBER, Role.COORDINATOR]),
            "includes_members": st.booleans(),
        }
    )
    memberships = draw(st.dictionaries(st.sampled_from(BODIES), kinds, max_size=3))
    granted = {body for body, fields in memberships.items() if fields["state"] == "granted"}
    if "joint" in granted and memberships["joint"]["includes_members"]:
        granted.add("village")
    foreign = [body for body in WITH_ROWS if body not in granted]
    assume(foreign)
    return SimpleNamespace(
        memberships=memberships,
        target=draw(st.sampled_from(foreign)),
        is_active=draw(st.sampled_from([True, True, True, False])),
        is_staff=draw(st.sampled_from([False, False, True])),  # the flag alone opens nothing
        has_written_it=draw(st.booleans()),  # whoever began a project and has left does not keep it
        half=draw(st.integers(0, 1)),  # of the table: all of it would take seconds
        statuses=draw(st.permutations([*(status for status in Status if status != Status.MERGED), "copy"])),
        varied={
            "part": draw(st.sampled_from(sorted(BY_SLUG))),
            "language": draw(st.sampled_from(TextLanguage.values)),
            **draw(st.sampled_from([{}, {"slug": "geraten"}])),  # the right words of the address, or a guess
        },
    )


def visitor_of(visit: SimpleNamespace, bodies: dict[str, Body]) -> User:
    user = person("besuch", is_staff=visit.is_staff, is_active=visit.is_active)
    for name, fields in visit.memberships.items():
        join(user, bodies[name].municipality, **fields)
    if visit.has_written_it:
        Project.objects.filter(lead=bodies[visit.target].municipality).update(created_by=user)
    return with_second_factor(user)


def world_of(visit: SimpleNamespace, bodies: dict[str, Body]) -> SimpleNamespace:
    """What the rows of the access table ask a world for; under each name a project in any status."""
    target = bodies[visit.target]
    chosen = [target.projects[status] for status in visit.statuses]
    names = dict(zip(("draft", "submitted", "published"), chosen, strict=False))
    people = {"author": target.colleague, "stranger": bodies["far"].colleague}
    return SimpleNamespace(municipality=target.municipality, people=people, **names)


def addresses_of(visit: SimpleNamespace, world: SimpleNamespace, word: str) -> list[str]:
    """Every address of the table that names a row by its number; what the table makes for it gets words, too."""
    found = []
    for name, arguments in ROWS[visit.half :: 2]:
        values = arguments(world)
        values |= {key: visit.varied[key] for key in visit.varied.keys() & values.keys()}
        found.append(reverse(name, kwargs=values))
    unseen = {"project__in": Project.objects.exclude(status=Status.PUBLISHED)}
    Picture.objects.filter(**unseen).update(alt=f"{word}bild", credit=f"{word}urheber")
    Attachment.objects.filter(**unseen).update(title=f"{word}papier")
    Adoption.objects.update(state_note=f"{word}ablehnung")
    hidden = Enquiry.objects.exclude(state="published")
    hidden.exclude(state="closed").update(title=f"{word}gesuch", text=f"{word}suche")
    Enquiry.objects.update(state_note=f"{word}absage")
    return found


# --- what they get, and what becomes of the rows ---

# Whoever posts may have a session, a counter, a place in the line of letters; no municipality owns these.
NOBODYS = {Session, *(apps.get_model(name) for name in ("usersessions.UserSession", "projects.Letter"))}
# What one municipality may lay beside the published project of another.
BESIDE = {Interest, Adoption}
TABLES = [
    model
    for model in apps.get_models(include_auto_created=True)
    if model._meta.managed and not model._meta.proxy and model not in NOBODYS
]
Row = tuple[type[models.Model], int]


def fingerprints() -> dict[Row, str]:
    """Every row of every table as a sum of all its columns."""
    parts = [
        f'SELECT {number}, {model._meta.pk.column}::text, md5(t::text) FROM "{model._meta.db_table}" t'
        for number, model in enumerate(TABLES)
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return {(TABLES[number], key): total for number, key, total in cursor.fetchall()}


def damage(before: dict[Row, str], visitor: User, target: Body) -> list[str]:
    """Rows that are gone, are different, or were put among the rows of the municipality."""
    after = fingerprints()
    own = {(Membership, str(row.pk)) for row in visitor.memberships.all()}
    found = [f"{model.__name__} {key}" for model, key in before if after.get((model, key)) != before[model, key]]
    wrong = [row for row in found if tuple(row.split()) not in {(model.__name__, key) for model, key in own}]
    projects = {int(key) for model, key in before if model is Project}
    for model, key in after.keys() - before.keys() - own:
        row = model._base_manager.get(pk=key)
        if model is TypedText and row.user_id is None:
            continue  # of an ended session; nobody gets to see it without its token
        names = {one.name: one.related_model for one in model._meta.concrete_fields if one.is_relation}
        for name, related in names.items():
            into = getattr(row, f"{name}_id", None)
            is_theirs = (related is Project and into in projects and model not in BESIDE) or (
                related is Municipality and into == target.municipality.pk
            )
            wrong += [f"new {model.__name__}.{name} → {into}"] if is_theirs else []
    return wrong


def client_of(user: User) -> Client:
    client = Client(raise_request_exception=True)
    if user.is_active:
        client.force_login(user)
    return client


def words_in(response: HttpResponse, word: str, known: str) -> set[str]:
    """Words of the municipality that somebody learns who knew the `known` ones: a page may repeat what it was sent."""
    text = str(response.headers) + response.getvalue().decode(errors="ignore")
    return set(re.findall(rf"{word}\w*", text)) - set(re.findall(rf"{word}\w*", known))


def attack(client: Client, addresses: list[str], colleague: Client, word: str) -> Iterator[tuple[str, set[str]]]:
    """Each answer: how it was asked for, and the words of the municipality in it."""
    for address in addresses:
        yield f"GET {address}", words_in(client.get(address), word, address)
        sent = {"version": 1, "save": "list", "agreed": "on"}
        yield f"POST {address}", words_in(client.post(address, sent), word, address)
        page = colleague.get(address)
        if not page.headers.get("Content-Type", "").startswith("text/html"):
            page.getvalue()  # read to its end: files are closed by that
            continue
        for form in forms_of(page.content.decode(), address):
            for sent in form.ways_to_send() if is_of_the_table(form.action) else ():
                answer = client.post(form.action, sent)
                yield f"POST {form.action} {sent}", words_in(answer, word, f"{form.action} {sent}")


def is_of_the_table(address: str) -> bool:
    try:
        match = resolve(address.split("?")[0])
    except Resolver404:
        return False
    return match.view_name.startswith("projects:") and "pk" in match.kwargs


PROFILE = settings(
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=24,
    phases=[Phase.generate],  # one bad visit says enough
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.check("S02", "S03")
@PROFILE
@given(visit=visits())
def test_nobody_reads_or_changes_rows_of_another_municipality(bodies, db, visit):
    with transaction.atomic(), zeal_ignore():
        fragments.forget_everything()
        target, visitor = bodies[visit.target], visitor_of(visit, bodies)
        addresses = addresses_of(visit, world_of(visit, bodies), target.word)
        client, colleague = client_of(visitor), client_of(target.colleague)
        before = fingerprints()
        read = {how: words for how, words in attack(client, addresses, colleague, target.word) if words}
        assert read == {}
        assert damage(before, visitor, target) == []
        transaction.set_rollback(True)


def test_people_of_the_municipality_read_and_change_all_of_that(bodies, db):
    """Otherwise the test above would pass with pages that nobody can open and forms that nobody can send."""
    target, read, changed = bodies["village"], set(), set()
    first = [Status.DRAFT, Status.SUBMITTED, Status.PUBLISHED]
    for half, statuses in product((0, 1), (first, [Status.RETURNED, *first[1:]])):
        with transaction.atomic(), zeal_ignore():
            visit = SimpleNamespace(target="village", half=half, statuses=statuses, varied={"part": "kopf"})
            addresses = addresses_of(visit, world_of(visit, bodies), target.word)
            client, before = client_of(target.colleague), fingerprints()
            for _how, words in attack(client, addresses, client, target.word):
                read |= words
            changed |= {row.split()[0] for row in damage(before, bodies["far"].colleague, target)}
            transaction.set_rollback(True)
    words = "draft draftgetippt draftstelle submitted returned returnedgrund papier gesuch suche absage english"
    assert {f"{target.word}{word}" for word in words.split()} <= read
    assert {"Project", "TypedText", "TextVersion", "Adoption", "Enquiry", "Membership", "new"} <= changed
