"""The pages on which people ask for a membership, decide about others, and leave; each POST by everybody (S02)."""

import re
from collections.abc import Iterator

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse
from zeal import zeal_ignore

from municipalities import people
from municipalities.models import Host, Kind, Membership, MembershipState, Municipality, PeopleChange, Role, User
from projects.membership import official_domains
from projects.models import Letter
from tests.factories import make_county, make_municipality
from tests.second_factor import totp

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _each_verb_reads_its_row() -> Iterator[None]:
    with zeal_ignore():
        yield


@pytest.fixture
def body() -> Municipality:
    return make_municipality(name="Sögel")


def person(name: str, **fields) -> User:
    return User.objects.create_user(f"{name}@example.org", first_name=name.title(), last_name="Beispiel", **fields)


def member(name: str, body: Municipality, role: str = Role.MEMBER) -> Membership:
    return people.grant(people.ask(person(name), municipality=body), by=None, role=role)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def letters() -> set[tuple[str, str]]:
    return {(letter.to, letter.subject) for letter in Letter.objects.all()}


# --- one's own account ---


def test_account_shows_what_one_may_do(body):
    anna = person("anna")
    page = text_of(client_of(anna).get(reverse("projects:account")))
    assert "Noch handeln Sie für keine Kommune" in page
    assert "Projekte einreichen</a>" not in page
    asked = people.ask(anna, municipality=body)
    page = text_of(client_of(anna).get(reverse("projects:account")))
    assert "angefragt" in page
    assert "Anfrage zurückziehen" in page
    people.grant(asked, by=None)
    page = text_of(client_of(anna).get(reverse("projects:account")))
    assert "Projekte einreichen</a>" in page
    assert "Personen meiner Kommune" not in page
    assert "Zur Redaktion" not in page


def test_account_of_a_coordinator_says_who_waits(body):
    anna = member("anna", body, Role.COORDINATOR).user
    people.ask(person("berta"), municipality=body)
    page = text_of(client_of(anna).get(reverse("projects:account")))
    assert "Eine Person möchte für Ihre Kommune mitarbeiten" in page


def test_number_of_queries_does_not_grow(body, django_assert_num_queries):
    anna = member("anna", body, Role.COORDINATOR).user
    for name in ("berta", "carl", "dora"):
        people.ask(person(name), municipality=body)
        people.grant(people.ask(anna, municipality=make_municipality()), by=None)
    client = client_of(anna)
    client.get(reverse("projects:account"))
    with django_assert_num_queries(7):
        assert client.get(reverse("projects:account")).status_code == 200
    with django_assert_num_queries(4):
        assert client.get(reverse("projects:people")).status_code == 200


def test_name_is_changed_and_cleaned():
    anna = person("anna")
    client = client_of(anna)
    assert (
        client.post(reverse("projects:change_name"), {"first_name": " Anna\t Lena ", "last_name": "Ö"}).status_code
        == 302
    )
    anna.refresh_from_db()
    assert anna.get_full_name() == "Anna Lena Ö"
    for bad in ("", "x" * 151, "\u202eAnna"):
        page = client.post(reverse("projects:change_name"), {"first_name": bad, "last_name": "B", "is_staff": "on"})
        assert "Fehler:" in page.content.decode()
    anna.refresh_from_db()
    assert (anna.first_name, anna.is_staff) == ("Anna Lena", False)


def test_account_is_closed_by_its_person(body):
    anna = member("anna", body).user
    client = client_of(anna)
    assert "Bitte kreuzen Sie an" in client.post(reverse("projects:close_account"), {}).content.decode()
    answer = client.post(reverse("projects:close_account"), {"agreed": "on"})
    assert answer.headers["Location"] == reverse("account_inactive")
    anna.refresh_from_db()
    assert not anna.is_active
    assert not Membership.objects.open().filter(user=anna).exists()
    assert client.get(reverse("projects:account")).status_code == 302


def test_last_administrator_does_not_close_the_door(client):
    admin = User.objects.create_user("admin@example.org", "ein langes Passwort")
    people.set_administrator(admin, True, by=None)
    EmailAddress.objects.create(user=admin, email=admin.email, verified=True, primary=True)
    secret = "JBSWY3DPEHPK3PXP"
    admin.authenticator_set.create(type="totp", data={"secret": secret})
    client.post(reverse("account_login"), {"login": admin.email, "password": "ein langes Passwort"})
    client.post(reverse("mfa_authenticate"), {"code": totp(secret)})
    answer = client.post(reverse("projects:close_account"), {"agreed": "on"})
    assert "das letzte Konto der Administration" in answer.content.decode()
    assert client.get(reverse("projects:account")).status_code == 200


# --- asking ---


def test_municipality_is_found_by_name_and_asked_for(body):
    county = body.county
    make_municipality(county=county, name="Sögel", display_name="Samtgemeinde Sögel", kind=Kind.JOINT_MUNICIPALITY)
    make_municipality(county=county, name="Sögelwald", kind=Kind.UNINCORPORATED_AREA, is_town=False)
    coordinator, admin = (
        member("carl", body, Role.COORDINATOR).user,
        people.set_administrator(person("admin"), True, by=None),
    )
    url = reverse("projects:ask_membership") + "?q=s%C3%B6gel"
    anna = person("anna")
    client = client_of(anna)
    page = text_of(client.get(url))
    assert "2 Kommunen gefunden" in page
    assert f"Stadt Sögel ({county})" in page
    Letter.objects.all().delete()
    form = {
        "body": body.key,
        "organisation": "Lotsen e. V.",
        "note": "Amt 50",
        "state": "granted",
        "role": "coordinator",
    }
    assert client.post(url, form).headers["Location"] == reverse("projects:account")
    asked = Membership.objects.get(user=anna)
    assert (asked.municipality, asked.state, asked.role, asked.organisation, asked.note) == (
        body,
        MembershipState.ASKED,
        Role.MEMBER,
        "Lotsen e. V.",
        "Amt 50",
    )
    assert {to for to, _subject in letters()} == {coordinator.email, admin.email}
    again = client.post(url, form)
    assert again.status_code == 409
    assert "Dafür gibt es schon eine Anfrage" in again.content.decode()
    assert Letter.objects.count() == 2


def test_host_is_asked_for(body):
    anna = person("anna")
    client_of(anna).post(reverse("projects:ask_membership") + "?verband", {"body": Host.NLT, "note": ""})
    assert Membership.objects.get(user=anna).role == Role.MODERATOR


@pytest.mark.parametrize("chosen", ["", "03999", "niemand", "x" * 100_000])
def test_what_is_not_in_the_list_is_not_taken(body, chosen):
    client = client_of(person("anna"))
    for query in ("?q=s%C3%B6gel", "?verband", ""):
        answer = client.post(reverse("projects:ask_membership") + query, {"body": chosen})
        assert answer.status_code == 200
    assert not Membership.objects.exists()


def test_person_takes_back_what_they_asked_for(body):
    anna = person("anna")
    asked = people.ask(anna, municipality=body)
    url = reverse("projects:end_own_membership", args=[asked.pk])
    client = client_of(anna)
    assert "Niemand hat bisher" in text_of(client.get(url))
    assert client.post(url).headers["Location"] == reverse("projects:account")
    asked.refresh_from_db()
    assert asked.state == MembershipState.ENDED
    assert client.post(url).status_code == 404
    assert not Letter.objects.exists()  # nobody needs a letter about what they did themselves


# --- deciding ---


@pytest.mark.parametrize(
    ("decision", "state", "subject"),
    [
        ("grant", MembershipState.GRANTED, "Sie können mitarbeiten: Stadt Sögel"),
        ("decline", MembershipState.DECLINED, "Ihre Anfrage: Stadt Sögel"),
    ],
)
def test_coordinator_answers_a_request(body, decision, state, subject):
    coordinator, asked = member("anna", body, Role.COORDINATOR).user, people.ask(person("berta"), municipality=body)
    client = client_of(coordinator)
    url = reverse("projects:person", args=[asked.pk])
    assert "Berta Beispiel" in text_of(client.get(url))
    answer = client.post(url, {"decision": decision, "role": "member", "note": "Geprüft"})
    assert answer.headers["Location"] == reverse("projects:people")
    asked.refresh_from_db()
    assert asked.state == state
    assert letters() == {("berta@example.org", subject)}
    assert PeopleChange.objects.filter(person=asked.user, by=coordinator, to_value=state).exists()


def test_coordinator_changes_a_role_and_ends(body):
    coordinator, berta = member("anna", body, Role.COORDINATOR).user, member("berta", body)
    client, url = client_of(coordinator), reverse("projects:person", args=[berta.pk])
    client.post(url, {"decision": "change", "role": "coordinator"})
    berta.refresh_from_db()
    assert berta.role == Role.COORDINATOR
    client.post(url, {"decision": "end", "note": ""})
    berta.refresh_from_db()
    assert berta.state == MembershipState.ENDED
    assert client.get(url).status_code == 404


def test_form_of_before_does_not_end_who_was_granted_meanwhile(body):
    """The page said „ablehnen“; a colleague was quicker and confirmed."""
    coordinator, asked = member("anna", body, Role.COORDINATOR).user, people.ask(person("berta"), municipality=body)
    people.grant(asked, by=None)
    answer = client_of(coordinator).post(reverse("projects:person", args=[asked.pk]), {"decision": "decline"})
    assert answer.status_code == 409
    assert "Der Stand ist jetzt „bestätigt“" in answer.content.decode()
    asked.refresh_from_db()
    assert asked.state == MembershipState.GRANTED


def test_reach_of_a_samtgemeinde_is_not_for_coordinators():
    joint = make_municipality(county=make_county(), kind=Kind.JOINT_MUNICIPALITY, is_town=False)
    coordinator, asked = member("anna", joint, Role.COORDINATOR).user, people.ask(person("berta"), municipality=joint)
    client, url = client_of(coordinator), reverse("projects:person", args=[asked.pk])
    assert "Auch für die Mitgliedsgemeinden" not in text_of(client.get(url))
    client.post(url, {"decision": "grant", "role": "member", "includes_members": "on"})
    asked.refresh_from_db()
    assert (asked.state, asked.includes_members) == (MembershipState.GRANTED, False)


@pytest.mark.check("S02")
@pytest.mark.parametrize("decision", ["grant", "decline", "change", "end", "", "delete", None])
@pytest.mark.parametrize("who", ["stranger", "member", "neighbour", "county", "moderator", "own"])
def test_nobody_else_decides(body, who, decision):
    asked = people.ask(person("berta"), municipality=body)
    visitor = {
        "stranger": lambda: person("fremd"),
        "member": lambda: member("mitglied", body).user,
        "neighbour": lambda: member("nachbar", make_municipality(county=body.county), Role.COORDINATOR).user,
        "county": lambda: member("kreis", body.county, Role.COORDINATOR).user,
        "moderator": lambda: moderator_with_app(),
        "own": lambda: asked.user,
    }[who]()
    form = {"decision": decision, "role": "coordinator"} if decision is not None else {}
    assert client_of(visitor).post(reverse("projects:person", args=[asked.pk]), form).status_code == 404
    assert client_of(visitor).post(reverse("projects:end_own_membership", args=[asked.pk])).status_code == (
        302 if who == "own" else 404
    )
    asked.refresh_from_db()
    assert asked.state == (MembershipState.ENDED if who == "own" else MembershipState.ASKED)


def moderator_with_app() -> User:
    user = people.grant(people.ask(person("moderation"), host=Host.NST), by=None).user
    user.authenticator_set.create(type="totp", data={"secret": "x"})
    return user


def test_coordinator_does_not_decide_about_themselves(body):
    own = member("anna", body, Role.COORDINATOR)
    client = client_of(own.user)
    assert client.get(reverse("projects:person", args=[own.pk])).status_code == 404
    assert "Das sind Sie" in text_of(client.get(reverse("projects:people")))


def test_official_address_is_shown_to_whoever_decides(body, settings):
    settings.OFFICIAL_MAIL_DOMAINS = f"{body.key}: example.org soegel.de\nnst: nst.de"
    coordinator, asked = member("anna", body, Role.COORDINATOR).user, people.ask(person("berta"), municipality=body)
    page = text_of(client_of(coordinator).get(reverse("projects:person", args=[asked.pk])))
    assert "Dienstadresse passt zur Kommune" in page
    assert official_domains(settings.OFFICIAL_MAIL_DOMAINS) == {
        body.key: ("example.org", "soegel.de"),
        "nst": ("nst.de",),
    }
    assert official_domains("") == {}
