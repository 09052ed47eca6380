"""Every rule of access.py for every kind of person and every status; views and admin only ask these."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import AnonymousUser
from zeal import zeal_ignore

from municipalities import people
from municipalities.models import Host, Kind, Role, User
from projects import access
from projects.models import Project, Status
from projects.models.status import EDITABLE
from tests.factories import make_county, make_municipality, make_project

pytestmark = pytest.mark.django_db

OWN = ("member", "coordinator", "joint_with_members")
OTHERS = ("anonymous", "nobody", "asked", "declined", "ended", "locked", "neighbour", "county", "joint")
DESK = ("moderator", "admin")


@pytest.fixture(autouse=True)
def _each_verb_reads_its_row() -> Iterator[None]:
    with zeal_ignore():
        yield


class World:
    """A village of a Samtgemeinde, and one person of every kind."""

    def __init__(self) -> None:
        self.county = make_county()
        kinds = {"county": self.county, "is_town": False}
        self.joint = make_municipality(**kinds, kind=Kind.JOINT_MUNICIPALITY)
        self.village = make_municipality(**kinds, kind=Kind.MEMBER_MUNICIPALITY, parent=self.joint)
        self.people = {
            "anonymous": AnonymousUser(),
            "nobody": self.person("nobody"),
            "asked": people.ask(self.person("asked"), municipality=self.village).user,
            "declined": self.after(people.decline, "declined"),
            "ended": self.after(people.end, "ended"),
            "locked": people.deactivate(self.member("locked", self.village), by=None),
            "neighbour": self.member("neighbour", make_municipality(county=self.county)),
            "county": self.member("county", self.county),
            "joint": self.member("joint", self.joint),
            "joint_with_members": self.member("joint_with_members", self.joint, includes_members=True),
            "member": self.member("member", self.village),
            "coordinator": self.member("coordinator", self.village, role=Role.COORDINATOR),
            "moderator": people.grant(people.ask(self.person("moderator"), host=Host.NST), by=None).user,
            "admin": people.set_administrator(self.person("admin"), True, by=None),
        }

    def person(self, name: str) -> User:
        return User.objects.create_user(f"{name}@example.org")

    def member(self, name: str, body, **rights) -> User:
        return people.grant(people.ask(self.person(name), municipality=body), by=None, **rights).user

    def after(self, verb, name: str) -> User:
        asked = people.ask(self.person(name), municipality=self.village)
        return verb(asked if verb is people.decline else people.grant(asked, by=None), by=None).user

    def project(self, status: str) -> Project:
        return make_project(lead=self.village, status=status)


@pytest.fixture
def world() -> World:
    return World()


def those_who(world: World, rule, *arguments) -> set[str]:
    return {name for name, person in world.people.items() if rule(person, *arguments)}


STATUSES = [status for status in Status if status not in (Status.MERGED, Status.WITHDRAWN)]


@pytest.mark.parametrize("status", STATUSES)
def test_text_is_changed_by_the_municipality_only_and_only_before_or_after_review(world, status):
    project = world.project(status)
    expected = set(OWN) if status in (Status.DRAFT, Status.RETURNED) else set()
    assert those_who(world, access.can_edit, project) == expected
    for name, person in world.people.items():
        assert (project in Project.objects.editable_by(person)) == (name in expected)
        assert (project in Project.objects.belonging_to(person)) == (name in OWN)


@pytest.mark.parametrize("status", STATUSES)
def test_seeing(world, status):
    expected = {
        Status.DRAFT: set(OWN),
        Status.PUBLISHED: set(world.people),
    }.get(status, {*OWN, *DESK})
    assert those_who(world, access.can_see, world.project(status)) == expected


def test_working_copy_is_opened_by_the_municipality_of_a_published_project(world):
    assert those_who(world, access.can_revise, world.project(Status.PUBLISHED)) == set(OWN)
    assert those_who(world, access.can_revise, world.project(Status.DRAFT)) == set()


def test_submitting(world):
    assert those_who(world, access.can_submit_for, world.village) == set(OWN)
    assert those_who(world, access.can_submit_for) == {*OWN, "neighbour", "county", "joint"}
    world.village.closed_on = world.village.keys_date
    world.village.save()
    assert those_who(world, access.can_submit_for, world.village) == set()


def test_projects_of_a_body_that_is_gone_stay_editable(world):
    project = world.project(Status.DRAFT)
    world.village.closed_on = world.village.keys_date
    world.village.save()
    assert those_who(world, access.can_edit, project) == set(OWN)


def test_desk(world):
    assert those_who(world, access.can_moderate) == set(DESK)
    assert those_who(world, access.is_administrator) == {"admin"}
    hosts = {name: access.host_of(person) for name, person in world.people.items()}
    assert {name: host for name, host in hosts.items() if host} == {"moderator": Host.NST}


def test_flag_alone_opens_no_desk(world):
    """Whoever sets is_staff by hand gets nowhere: the membership decides."""
    User.objects.filter(email="member@example.org").update(is_staff=True)
    assert not access.can_moderate(User.objects.get(email="member@example.org"))


def test_people_are_managed_by_coordinators_of_the_same_body_and_administrators(world):
    asked = people.ask(world.person("new"), municipality=world.village)
    assert those_who(world, access.can_manage_people, asked) == {"coordinator", "admin"}
    own = world.people["coordinator"].memberships.get()
    assert those_who(world, access.can_manage_people, own) == {"admin"}
    host = people.ask(world.person("other"), host=Host.REFUGEE_COUNCIL)
    assert those_who(world, access.can_manage_people, host) == {"admin"}


def test_whoever_is_locked_may_nothing(world):
    for name in ("member", "coordinator", "moderator", "joint_with_members"):
        person = people.deactivate(world.people[name], by=None)
        project = world.project(Status.SUBMITTED)
        rules = (access.can_edit, access.can_see, access.can_revise, access.belongs_to)
        assert not any(rule(person, project) for rule in rules)
        assert not any(rule(person) for rule in (access.can_moderate, access.can_submit_for, access.host_of))


def test_editable_is_what_the_rules_say():
    assert set(EDITABLE) == {Status.DRAFT, Status.RETURNED}
