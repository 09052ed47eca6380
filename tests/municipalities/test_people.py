"""Who may decide about whom, what follows from it, and that every change has its line in the log."""

import threading
from collections.abc import Iterator
from datetime import date

import pytest
from allauth.mfa.models import Authenticator
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, connection, transaction
from zeal import zeal_ignore

from municipalities import people
from municipalities.models import Host, Kind, Membership, MembershipState, Municipality, PeopleChange, Role, User
from municipalities.people import Refused
from tests.factories import make_county, make_municipality

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _each_verb_reads_its_row() -> Iterator[None]:
    """Several verbs in one test look like a loop to django-zeal."""
    with zeal_ignore():
        yield


@pytest.fixture
def admin() -> User:
    return people.set_administrator(User.objects.create_user("admin@example.org"), True, by=None)


@pytest.fixture
def body() -> Municipality:
    return make_municipality(name="Stade")


def person(name: str) -> User:
    return User.objects.create_user(f"{name}@example.org", first_name=name.title(), last_name="Beispiel")


def member(name: str, body: Municipality, role: str = Role.MEMBER) -> Membership:
    return people.grant(people.ask(person(name), municipality=body), by=None, role=role)


def moderator(name: str, host: str = Host.NST) -> Membership:
    return people.grant(people.ask(person(name), host=host), by=None)


def log_of(user: User) -> list[tuple[str, str, str]]:
    return list(PeopleChange.objects.filter(person=user).order_by("pk").values_list("what", "from_value", "to_value"))


# --- asking ---


def test_asking_is_stored_and_logged(body):
    anna = person("anna")
    asked = people.ask(anna, municipality=body, organisation="Verein", note="Amt 50")
    assert (asked.state, asked.role, asked.municipality) == (MembershipState.ASKED, Role.MEMBER, body)
    assert log_of(anna) == [("membership", "", "asked")]
    assert PeopleChange.objects.get().note == "Amt 50"
    assert not Municipality.objects.acted_for_by(anna).exists()


def test_asking_for_a_host_is_asking_to_moderate():
    assert people.ask(person("anna"), host=Host.REFUGEE_COUNCIL).role == Role.MODERATOR


def test_nobody_asks_twice_or_for_what_cannot_be(body):
    anna = person("anna")
    people.ask(anna, municipality=body)
    people.ask(anna, host=Host.NST)
    gone = make_municipality(closed_on=date(2026, 11, 1))
    area = make_municipality(kind=Kind.UNINCORPORATED_AREA, is_town=False)
    for request in ({"municipality": body}, {"host": Host.NLT}, {"municipality": gone}, {"municipality": area}):
        with pytest.raises(Refused):
            people.ask(anna, **request)
    with pytest.raises(ValidationError):
        people.ask(person("berta"), host="niemand")
    with pytest.raises(ValidationError):
        people.ask(person("carl"))


def test_open_requests_of_one_person_are_limited():
    anna = person("anna")
    bodies = [make_municipality() for _number in range(people.MOST_OPEN_REQUESTS + 1)]
    for body in bodies[:-1]:
        people.ask(anna, municipality=body)
    with pytest.raises(Refused, match="mehrere offene Anfragen"):
        people.ask(anna, municipality=bodies[-1])


# --- who may decide ---


def test_administrator_and_coordinator_grant(admin, body):
    people.grant(people.ask(person("anna"), municipality=body), by=admin, role=Role.COORDINATOR)
    anna = User.objects.get(email="anna@example.org")
    granted = people.grant(people.ask(person("berta"), municipality=body), by=anna)
    assert (granted.state, granted.role) == (MembershipState.GRANTED, Role.MEMBER)
    assert granted.decided_at
    assert granted.changes.order_by("pk").last().by == anna
    assert list(Municipality.objects.acted_for_by(granted.user)) == [body]


def test_nobody_else_decides(body):
    asked = people.ask(person("berta"), municipality=body)
    others = [
        member("mitglied", body).user,
        member("nachbarin", make_municipality(county=body.county), Role.COORDINATOR).user,
        member("kreis", body.county, Role.COORDINATOR).user,
        moderator("moderation").user,
        person("fremd"),
    ]
    for other in others:
        for verb in (people.grant, people.decline, people.end):
            with pytest.raises(PermissionDenied):
                verb(asked, by=other)
    asked.refresh_from_db()
    assert asked.state == MembershipState.ASKED


def test_nobody_decides_about_themselves(admin, body):
    coordinator = member("anna", body, Role.COORDINATOR)
    for asked in (people.ask(admin, municipality=body), people.ask(admin, host=Host.NST)):
        with pytest.raises(PermissionDenied):
            people.grant(asked, by=admin)
    with pytest.raises(PermissionDenied):
        people.change(coordinator, by=coordinator.user, role=Role.MEMBER)


def test_hosts_are_for_administrators(admin, body):
    asked = people.ask(person("berta"), host=Host.NST)
    for other in (member("anna", body, Role.COORDINATOR).user, moderator("moderation").user):
        with pytest.raises(PermissionDenied):
            people.grant(asked, by=other)
    assert people.grant(asked, by=admin).user.is_staff


def test_rights_of_yesterday_do_not_decide(body):
    """What counts is the row now, not the object that a request has held for a while."""
    coordinator = member("anna", body, Role.COORDINATOR)
    stale = User.objects.get(pk=coordinator.user.pk)
    asked = people.ask(person("berta"), municipality=body)
    people.end(coordinator, by=None)
    with pytest.raises(PermissionDenied):
        people.grant(asked, by=stale)
    people.deactivate(stale, by=None)
    with pytest.raises(PermissionDenied):
        people.end(asked, by=stale)


# --- deciding ---


def test_declined_may_ask_again(admin, body):
    asked = people.ask(person("anna"), municipality=body)
    declined = people.decline(asked, by=admin, note="Bitte über das Ordnungsamt.")
    assert declined.state == MembershipState.DECLINED
    assert people.ask(asked.user, municipality=body).state == MembershipState.ASKED


def test_decided_is_decided(admin, body):
    granted = member("anna", body)
    for verb in (people.grant, people.decline):
        with pytest.raises(Refused, match="bestätigt"):
            verb(granted, by=admin)
    people.end(granted, by=admin)
    for verb in (people.grant, people.end):
        with pytest.raises(Refused, match="beendet"):
            verb(granted, by=admin)


def test_person_takes_back_and_leaves(body):
    asked, granted = people.ask(person("anna"), municipality=body), member("berta", body)
    assert people.end(asked, by=asked.user).state == MembershipState.ENDED
    assert people.end(granted, by=granted.user).state == MembershipState.ENDED
    assert not Municipality.objects.acted_for_by(granted.user).exists()


def test_request_is_declined_and_not_ended_by_others(admin, body):
    with pytest.raises(Refused):
        people.end(people.ask(person("anna"), municipality=body), by=admin)


def test_role_is_changed_and_logged(admin, body):
    granted = member("anna", body)
    people.change(granted, by=admin, role=Role.COORDINATOR)
    granted.refresh_from_db()
    assert granted.role == Role.COORDINATOR
    assert log_of(granted.user)[-1] == ("role", "member", "coordinator")
    with pytest.raises(Refused):
        people.change(granted, by=admin, role=Role.MODERATOR)


def test_samtgemeinde_acts_for_members_only_where_an_administrator_said_so(admin):
    county = make_county()
    joint = make_municipality(county=county, kind=Kind.JOINT_MUNICIPALITY, is_town=False)
    village = make_municipality(county=county, parent=joint, kind=Kind.MEMBER_MUNICIPALITY, is_town=False)
    coordinator, clerk = member("anna", joint, Role.COORDINATOR), member("berta", joint)
    assert list(Municipality.objects.acted_for_by(clerk.user)) == [joint]
    with pytest.raises(PermissionDenied):
        people.change(clerk, by=coordinator.user, role=Role.MEMBER, includes_members=True)
    people.change(clerk, by=admin, role=Role.MEMBER, includes_members=True)
    assert set(Municipality.objects.acted_for_by(clerk.user)) == {joint, village}
    with pytest.raises(Refused):
        people.change(member("carl", county), by=admin, role=Role.MEMBER, includes_members=True)


def test_county_does_not_act_for_its_members(body):
    assert list(Municipality.objects.acted_for_by(member("anna", body.county).user)) == [body.county]


# --- what follows ---


def test_desk_follows_from_the_membership(admin):
    granted = moderator("moderation")
    person = granted.user
    assert person.is_staff
    assert people.belongs_to_desk(person)
    assert [group.name for group in person.groups.all()] == [people.MODERATORS]
    ended = people.end(granted, by=admin)
    assert not ended.user.is_staff
    assert not people.belongs_to_desk(ended.user)
    assert not ended.user.groups.exists()
    assert [line for line in log_of(person) if line[0] == "desk"] == [
        ("desk", "False", "True"),
        ("desk", "True", "False"),
    ]


def test_moderators_see_no_accounts_no_letters_no_secrets():
    permissions = set(moderator("moderation").user.get_all_permissions())
    assert {"projects.view_project", "municipalities.view_municipality"} <= permissions
    assert all(name.split(".")[1].startswith("view_") for name in permissions)
    assert not {"municipalities.view_user", "projects.view_letter", "mfa.view_authenticator"} & permissions
    assert not {name for name in permissions if name.startswith(("account.", "sessions.", "usersessions."))}


def test_leaving_ends_everything_but_what_was_written(admin, body, client):
    granted = moderator("anna")
    people.grant(people.ask(granted.user, municipality=body), by=None)
    client.force_login(granted.user)
    assert client.get("/konto/").status_code == 302  # without a second factor: to its set-up
    gone = people.deactivate(granted.user, by=admin, note="Ruhestand")
    assert (gone.is_active, gone.is_staff) == (False, False)
    assert not Membership.objects.open().filter(user=gone).exists()
    assert ("account", "active", "inactive") in log_of(gone)
    assert client.get("/konto/").headers["Location"].startswith("/konto/anmelden/")
    back = people.reactivate(gone, by=admin)
    assert back.is_active
    assert not Membership.objects.open().filter(user=back).exists()


def test_accounts_are_closed_by_administrators_or_by_oneself(admin, body):
    anna, berta = member("anna", body, Role.COORDINATOR), member("berta", body)
    with pytest.raises(PermissionDenied):
        people.deactivate(berta.user, by=anna.user)
    assert not people.deactivate(berta.user, by=berta.user).is_active
    with pytest.raises(PermissionDenied):
        people.reactivate(berta.user, by=berta.user)
    with pytest.raises(Refused):
        people.deactivate(berta.user, by=admin)


def test_last_administrator_stays(admin):
    with pytest.raises(Refused, match="letzte"):
        people.deactivate(admin, by=admin)
    with pytest.raises(PermissionDenied):
        people.set_administrator(admin, False, by=admin)
    second = people.set_administrator(person("zweite"), True, by=admin)
    assert second.is_staff
    gone = people.deactivate(admin, by=admin)
    assert (gone.is_superuser, gone.is_staff) == (False, False)
    assert ("administrator", "True", "False") in log_of(gone)


def test_only_administrators_make_administrators(body):
    for other in (member("anna", body, Role.COORDINATOR).user, moderator("moderation").user):
        with pytest.raises(PermissionDenied):
            people.set_administrator(person(f"neu-{other.first_name}".lower()), True, by=other)


def test_lost_second_factor_is_forgotten_by_an_administrator(admin):
    person = moderator("moderation").user
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": "x"})
    with pytest.raises(PermissionDenied):
        people.forget_second_factor(person, by=person, note="")
    people.forget_second_factor(person, by=admin, note="Telefon verloren, zurückgerufen")
    assert not Authenticator.objects.filter(user=person).exists()
    assert log_of(person)[-1] == ("second_factor", "set", "forgotten")


def test_locked_account_gets_no_rights(admin, body):
    asked = people.ask(person("anna"), municipality=body)
    User.objects.filter(pk=asked.user.pk).update(is_active=False)
    with pytest.raises(Refused):
        people.grant(asked, by=admin)
    with pytest.raises(Refused):
        people.ask(asked.user, municipality=make_municipality())


# --- the log ---


@pytest.mark.parametrize("change", ["UPDATE {table} SET what = 'x'", "DELETE FROM {table}"])
def test_database_refuses_to_change_the_log(body, change):
    member("anna", body)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change.format(table=PeopleChange._meta.db_table))


def test_log_speaks_the_words_that_people_know():
    assert set(PeopleChange.objects.values_list("what", flat=True)) <= set(people.What.values)


# --- a hint, no right ---


def test_official_address_is_seen_and_grants_nothing(body):
    domains = {body.key: ("stade.de",), Host.NST: ("nst.de",)}
    anna = User.objects.create_user("anna@amt.stade.de")
    asked = people.ask(anna, municipality=body)
    assert people.has_official_address(asked, domains)
    assert asked.state == MembershipState.ASKED
    assert people.has_official_address(people.ask(User.objects.create_user("x@nst.de"), host=Host.NST), domains)
    for other in ("anna@stade.de.example.org", "anna@xstade.de"):
        assert not people.has_official_address(people.ask(User.objects.create_user(other), municipality=body), domains)


# --- at the same time ---


@pytest.mark.django_db(transaction=True)
def test_two_coordinators_who_end_each_other_do_not_both_go(body):
    anna, berta = member("anna", body, Role.COORDINATOR), member("berta", body, Role.COORDINATOR)
    start, answers = threading.Barrier(2), []

    def end(target: Membership, by: User) -> None:
        start.wait()
        try:
            people.end(target, by=by)
            answers.append("ended")
        except PermissionDenied:
            answers.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=end, args=pair) for pair in ((anna, berta.user), (berta, anna.user))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["ended", "refused"]
    assert Membership.objects.granted().filter(municipality=body).count() == 1
