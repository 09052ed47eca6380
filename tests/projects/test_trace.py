"""The logs cannot be changed, old data go, and one person's data can be handed out and deleted (R06, S15)."""

import json
import re
import time
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone
from zeal import zeal_ignore

from municipalities import people
from municipalities.models import Membership, MembershipState, PeopleChange, User
from projects import personal_data, workflow
from projects.models import (
    Approval,
    BarrierReport,
    Consent,
    Contact,
    Letter,
    Project,
    ProjectVersion,
    StatusChange,
    TypedText,
)
from tests.factories import make_municipality, make_project

pytestmark = pytest.mark.django_db

EMAIL = "berta@stadt.example"
NAME = "Berta Beispiel"


@pytest.fixture(autouse=True)
def _several_steps():
    with zeal_ignore():
        yield


@pytest.fixture
def berta() -> User:
    """Somebody who has left a trace everywhere."""
    administrator = people.set_administrator(User.objects.create_user("admin@example.org"), True, by=None)
    user = User.objects.create_user(EMAIL, "geheim", first_name="Berta", last_name="Beispiel")
    EmailAddress.objects.create(user=user, email=EMAIL, verified=True, primary=True)
    EmailAddress.objects.create(user=user, email="Privat@example.org", verified=True)
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "GEHEIM"})
    body = make_municipality()
    membership = people.grant(people.ask(user, municipality=body, note="Amt 50"), by=administrator, role="coordinator")
    colleague = people.ask(User.objects.create_user("carla@example.org"), municipality=body, note="Carla vom Amt")
    people.grant(colleague, by=user, note="Carla vertritt die Leitung")
    contact = Contact.objects.create(function="Büro", organisation="Stadt", email=EMAIL)
    project = make_project(lead=body, created_by=user, contact=contact, title="Nähcafé")
    workflow.submit(project, by=user, consents=["Der Text darf unter CC BY 4.0 stehen."])
    Approval.objects.create(project=project, host="nst", by=user, dissent="Zu teuer")
    workflow.publish(project, by=user)
    TypedText.objects.create(user=user, project=project, part="story", data=[["goals", "Halbsatz"]])
    BarrierReport.objects.create(text="Zu klein", name=NAME, reply_to=EMAIL)
    letter("relay:1", "amt@example.org", reply_to=EMAIL, body="Meine Frage")
    letter("account:1", "privat@example.org", body="https://portal/geheimer-link")
    user_type = ContentType.objects.get_for_model(User)
    for number, kind, thing in ((user.pk, user_type, NAME), (membership.pk, of(Membership), f"{NAME} – Stadt")):
        LogEntry.objects.create(
            user=administrator, content_type=kind, object_id=str(number), object_repr=thing, action_flag=CHANGE
        )
    LogEntry.objects.create(user=user, content_type=of(Contact), object_id="1", object_repr="x", action_flag=CHANGE)
    client = Client()
    client.force_login(user)
    UserSession.objects.create(user=user, ip="192.0.2.7", user_agent="Firefox", session_key=client.session.session_key)
    return user


def of(model) -> ContentType:
    return ContentType.objects.get_for_model(model)


def letter(key: str, to: str, **fields) -> Letter:
    return Letter.objects.create(key=key, to=to, **{"subject": "Betreff", "send_after": timezone.now(), **fields})


def run(command: str, *arguments: str) -> str:
    out = StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


# --- the logs ---------------------------------------------------------------------------------------------------------


@pytest.mark.check("R06")
@pytest.mark.parametrize("model", [StatusChange, PeopleChange, Consent, ProjectVersion])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_database_refuses_to_change_a_log(berta, model, statement):
    before = model.objects.count()
    assert before
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(model._meta.db_table))
    assert model.objects.count() == before


# --- retention --------------------------------------------------------------------------------------------------------


def aged(row, **ages: timedelta) -> None:
    """Makes columns of the row as old as this, past everything that sets them by itself."""
    type(row).objects.filter(pk=row.pk).update(**{name: timezone.now() - age for name, age in ages.items()})


@pytest.mark.check("S15")
def test_old_data_go_and_younger_ones_stay():
    day, hour = timedelta(days=1), timedelta(hours=1)
    user = User.objects.create_user(EMAIL)
    for number, (owner, age) in enumerate([(None, 25 * hour), (None, 23 * hour), (user, 91 * day), (user, 89 * day)]):
        aged(TypedText.objects.create(user=owner, part=f"part {number}"), saved_at=age)
    for key, ages in {
        "published:1": {"sent_at": 91 * day},
        "published:2": {"sent_at": 89 * day},
        "published:3": {"created_at": 91 * day},
        "published:4": {"given_up_at": 91 * day},
        "published:5": {"given_up_at": 89 * day},
        "relay:1": {"created_at": 31 * day},
        "relay:2": {"created_at": 29 * day},
    }.items():
        aged(letter(key, EMAIL, body="Text"), **ages)
    for days in (366, 364):
        aged(BarrierReport.objects.create(text="Zu klein"), created_at=days * day)
    for key, age in (("vorbei", hour), ("offen", -hour)):
        Session.objects.create(session_key=key, session_data="", expire_date=timezone.now() - age)
        UserSession.objects.create(user=user, ip="192.0.2.7", session_key=key)
    for letter_with_address in ("account:1", "account:2"):
        aged(letter(letter_with_address, EMAIL, body=""), sent_at=91 * day)
    before = stored()
    said = run("delete_old_data", "--dry-run")
    assert "Getippte Texte: 2 zu löschen" in said
    assert stored() == before
    assert run("delete_old_data") == said.replace("zu löschen", "gelöscht")
    assert stored() == {
        "typed": ["part 1", "part 3"],
        "letters": {
            "published:1": "",
            "published:2": "Text",
            "published:3": "Text",
            "published:5": "Text",
            "relay:2": "Text",
            "account:1": "",
            "account:2": "",
        },
        "reports": 1,
        "sessions": ["offen"],
        "traces": ["offen"],
    }
    assert set(Letter.objects.filter(body="").values_list("to", "reply_to")) == {("", "")}
    assert all(line.endswith(" 0 gelöscht") for line in run("delete_old_data").splitlines())


def test_account_whose_address_nobody_confirmed_goes_after_a_week_unless_something_hangs_on_it():
    def signed_up(name: str, days: int, *, verified: bool = False, **fields) -> User:
        user = User.objects.create_user(f"{name}@example.org", **fields)
        EmailAddress.objects.create(user=user, email=user.email, verified=verified, primary=True)
        aged(user, date_joined=timedelta(days=days))
        return user

    signed_up("alt", 8)
    signed_up("neu", 6)
    signed_up("bestaetigt", 8, verified=True)
    signed_up("leitung", 8, is_superuser=True)
    people.ask(signed_up("anfrage", 8), municipality=make_municipality())
    Project.objects.filter(pk=make_project().pk).update(created_by=signed_up("projekt", 8))
    aged(User.objects.create_user("angelegt@example.org"), date_joined=timedelta(days=8))
    for name in ("alt", "neu"):
        letter(f"{Letter.ABOUT_ACCOUNT}{name}", f"{name}@example.org", body="")
    assert "Konten, deren Adresse nie bestätigt wurde: 1 zu löschen" in run("delete_old_data", "--dry-run")
    assert User.objects.filter(email="alt@example.org").exists()
    run("delete_old_data")
    left = {"neu", "bestaetigt", "leitung", "anfrage", "projekt", "angelegt"}
    assert {user.email.partition("@")[0] for user in User.objects.all()} == left
    assert set(Letter.objects.values_list("to", flat=True)) == {"neu@example.org"}


def test_counts_of_attempts_go_when_their_time_is_over():
    cache.set("vorbei", 1, 0.001)
    cache.set("offen", 1, 3600)
    time.sleep(1.1)  # the cache knows whole seconds
    assert "Abgelaufene Zählungen: 1 zu löschen" in run("delete_old_data", "--dry-run")
    assert "Abgelaufene Zählungen: 1 gelöscht" in run("delete_old_data")
    assert cache.get("offen") == 1


def test_deletion_names_the_notes_that_stay_in_the_log(berta):
    line = berta.people_changes.exclude(note="").first()
    said = run("delete_person", EMAIL, "--dry-run")
    assert f"Bleibt im Protokoll der Personen, Zeile {line.pk} vom" in said
    assert f"„{line.note}“" in said
    people.deactivate(User.objects.create_user("still@example.org"), by=None)
    assert "Protokoll" not in run("delete_person", "still@example.org")


def test_way_to_take_a_note_out_of_the_log_works_as_the_readme_says(berta):
    line = berta.people_changes.exclude(note="").first()
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    sql = re.search(r"```sql\n(.*?)```", readme, re.DOTALL)[1]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for statement in sql.replace("4711", str(line.pk)).split(";\n")[1:-2]:  # without BEGIN and COMMIT
            cursor.execute(statement)
    line.refresh_from_db()
    assert line.note == ""
    assert f"Zeile {line.pk}" in berta.people_changes.order_by("pk").last().note
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        PeopleChange.objects.filter(pk=line.pk).update(note="anders")


def stored() -> dict:
    return {
        "typed": sorted(TypedText.objects.values_list("part", flat=True)),
        "letters": dict(Letter.objects.order_by("key").values_list("key", "body")),
        "reports": BarrierReport.objects.count(),
        "sessions": sorted(Session.objects.values_list("session_key", flat=True)),
        "traces": sorted(UserSession.objects.values_list("session_key", flat=True)),
    }


# --- handing out ------------------------------------------------------------------------------------------------------


@pytest.mark.check("S15")
def test_export_has_everything_about_the_person_and_nothing_of_others(berta):
    text = run("export_person", "PRIVAT@example.org")
    found = json.loads(text)
    assert set(found) == {
        "Konto",
        "E-Mail-Adressen",
        "Zweite Faktoren",
        "Sitzungen",
        "Mitgliedschaften",
        "Änderungen an dieser Person",
        "Entscheidungen über andere",
        "Angelegte Projekte",
        "Statuswechsel",
        "Freigegebene Fassungen",
        "Freigaben",
        "Einwilligungen",
        "Getippte, nicht gespeicherte Texte",
        "Arbeit in der Verwaltung",
        "Briefe an diese Adresse",
        "Briefe zum Konto",
        "Eigene Nachrichten",
        "Meldungen von Barrieren",
        "Ansprechstellen mit dieser Adresse",
    }
    assert found["Konto"][0]["E-Mail-Adresse"] == EMAIL
    assert found["Mitgliedschaften"][0]["Stand"] == "bestätigt"
    assert found["Eigene Nachrichten"][0]["Text"] == "Meine Frage"
    for hidden in ("geheim", "GEHEIM", "pbkdf2", "carla", "Carla", "amt@example.org", "admin@example.org"):
        assert hidden not in text


def test_every_row_that_points_to_a_person_is_handed_out(berta):
    """A model that is added later and points to an account must be thought of here."""
    exported = {rows.model for _heading, rows, _fields in personal_data._by_account(berta)}
    internal = {User.groups.through, User.user_permissions.through}
    pointing = {
        relation.related_model for relation in User._meta.get_fields(include_hidden=True) if is_reverse(relation)
    }
    assert pointing - internal <= exported


def is_reverse(field) -> bool:
    return field.auto_created and not field.concrete and (field.one_to_many or field.one_to_one)


def test_person_without_account_is_found_by_address():
    BarrierReport.objects.create(text="Zu klein", name=NAME, reply_to="Erika@example.org")
    assert set(json.loads(run("export_person", "erika@example.org"))) == {"Meldungen von Barrieren"}


@pytest.mark.parametrize("command", ["export_person", "delete_person"])
def test_unknown_address_is_said_to_be_unknown(command):
    with pytest.raises(CommandError, match="nichts gespeichert"):
        run(command, "niemand@example.org")


def test_address_that_somebody_added_without_confirming_it_finds_nothing(berta):
    EmailAddress.objects.create(user=berta, email="opfer@example.org", verified=False)
    with pytest.raises(CommandError, match="nichts gespeichert"):
        run("export_person", "opfer@example.org")


# --- deleting ---------------------------------------------------------------------------------------------------------


def test_deleted_person_leaves_a_nameless_account(berta):
    lines = StatusChange.objects.count(), Consent.objects.count(), ProjectVersion.objects.count()
    said = run("delete_person", EMAIL)
    assert "Ansprechstelle" in said
    berta.refresh_from_db()
    assert str(berta) == f"gelöschte Person {berta.pk}"
    assert (berta.is_active, berta.has_usable_password(), berta.is_staff) == (False, False, False)
    for model in (EmailAddress, Authenticator, UserSession):
        assert not model.objects.filter(user=berta).exists()
    assert not TypedText.objects.exists()
    assert not Session.objects.exists()
    assert [row.state for row in berta.memberships.all()] == [MembershipState.ENDED]
    assert berta.people_changes.order_by("pk").last().to_value == "erased"
    assert (StatusChange.objects.count(), Consent.objects.count(), ProjectVersion.objects.count()) == lines
    assert StatusChange.objects.filter(by=berta).exists()
    assert Project.objects.get().status == "published"


@pytest.mark.check("S15")
def test_nothing_of_a_deleted_person_is_left_in_any_column(berta):
    """Of the name nothing at all; of the address the office's contact, which the command names."""
    run("delete_person", EMAIL)
    left = set()
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT row_to_json(t)::text FROM "{table}" t')
            for (row,) in cursor.fetchall():
                left |= {table for word in ("Berta", EMAIL, "privat@example.org", "Amt 50") if word in row}
    assert left == {"projects_contact", "municipalities_peoplechange"}  # the reason given when asking is in the log


def test_dry_run_says_the_same_and_changes_nothing(berta):
    said = run("delete_person", EMAIL, "--dry-run")
    berta.refresh_from_db()
    assert (berta.email, berta.is_active) == (EMAIL, True)
    assert Session.objects.exists()
    assert run("delete_person", EMAIL) == said.replace("zu löschen", "gelöscht")


def test_locked_account_can_be_deleted_too(berta):
    people.deactivate(berta, by=None)
    run("delete_person", EMAIL)
    berta.refresh_from_db()
    assert berta.email.endswith(".invalid")


def test_last_administrator_stays(berta):
    with pytest.raises(CommandError, match="letzte Konto der Administration"):
        run("delete_person", "admin@example.org")
    assert User.objects.get(email="admin@example.org").is_active


def test_deleted_visitor_leaves_the_report_without_name():
    BarrierReport.objects.create(text="Zu klein", name=NAME, reply_to="erika@example.org")
    run("delete_person", "Erika@example.org")
    report = BarrierReport.objects.get()
    assert (report.text, report.name, report.reply_to) == ("Zu klein", "", "")
