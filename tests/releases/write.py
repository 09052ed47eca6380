"""Writes the data of a small portal of this release, every table of it filled: python -m tests.releases.write NAME

Run at each release, so that the next one is tried on what this one leaves (tests/test_migrations.py). The file is what
COPY writes, after a line with the migrations that the release has; it is never edited.
"""

import json
import lzma
import os
import sys
from io import StringIO
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

from allauth.account.models import EmailAddress  # noqa: E402
from allauth.mfa.models import Authenticator  # noqa: E402
from django.apps import apps  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.db.migrations.recorder import MigrationRecorder  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from municipalities import people  # noqa: E402
from municipalities.models import Figure, Host, Municipality, Role, User  # noqa: E402
from projects import models as nouns  # noqa: E402
from projects import workflow  # noqa: E402
from tests.factories import make_project  # noqa: E402

FOLDER = Path(__file__).parent
# What lives for hours, or is nobody's data.
NEVER = {"sessions.session", "usersessions.usersession", "admin.logentry"}
OURS = ("projects", "municipalities")
# What a constraint wants besides.
ALSO = {"Contact": {"email": "amt@example.org"}, "SheetImport": {"content": b"a;b"}}


def write_people() -> dict[str, User]:
    """Everybody who can have an account, with whatever a membership can be."""
    town = Municipality.objects.get(key="034545407")
    found = {name: User.objects.create_user(f"{name}@example.org", first_name=name) for name in PEOPLE}
    people.set_administrator(found["administratorin"], True, by=None)
    people.grant(people.ask(found["moderation"], host=Host.NST), by=None)
    people.grant(people.ask(found["mitglied"], municipality=town), by=None)
    people.grant(people.ask(found["koordination"], municipality=town), by=None, role=Role.COORDINATOR)
    people.ask(found["anfrage"], municipality=town, note="Ich leite das „Café“.\nUnd mehr.")
    people.end(people.grant(people.ask(found["gegangen"], municipality=town), by=None), by=None)
    people.deactivate(found["gesperrt"], by=None)
    for person in found.values():
        EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    Authenticator.objects.create(user=found["administratorin"], type="totp", data={"secret": "A" * 32})
    Client().force_login(found["mitglied"])
    return found


PEOPLE = "administratorin moderation mitglied koordination anfrage gegangen gesperrt".split()


def write_projects(by: User, admin: User) -> None:
    """A project on each way through the desk, with everything that hangs on one."""
    town = by.memberships.get().municipality
    ways = {
        "Entwurf": (),
        "eingereicht": (),
        "zurückgegeben": (lambda row: workflow.send_back(row, by=admin, note="Bitte Kosten ergänzen."),),
        "abgelehnt": (lambda row: workflow.reject(row, by=admin, note="Kein Projekt."),),
        "veröffentlicht": (lambda row: workflow.publish(row, by=admin), lambda row: workflow.open_copy(row, by=by)),
        "archiviert": (lambda row: workflow.publish(row, by=admin), lambda row: workflow.archive(row, by=admin)),
        "zurückgezogen": (
            lambda row: workflow.publish(row, by=admin),
            lambda row: workflow.withdraw(row, by=admin, note="Auf Wunsch."),
        ),
    }
    for title, steps in ways.items():
        project = make_project(lead=town, title=f"Projekt {title}", created_by=by, lessons="Zeile\n\t\\N 'x' „ä“")
        picture = {"width": 300, "height": 200, "alt": "Haus", "credit": "Stadt", "rights_confirmed": True}
        project.pictures.create(file=f"projekte/{project.pk}-300.webp", **picture)
        project.attachments.create(file=f"papiere/{project.pk}.pdf", size=5, title="Konzept")
        nouns.TypedText.objects.create(user=by, project=project, part="head", data=[["title", "neu"]])
        if title != "Entwurf":
            project = workflow.submit(project, by=by, consents=["Ich stimme zu."])
        for step in steps:
            step(project)
    waiting = nouns.Project.objects.get(title="Projekt eingereicht")
    nouns.Approval.objects.create(project=waiting, host=Host.NST, by=admin, dissent="Zu teuer.")


def write_the_rest(by: User) -> None:
    """A row for every table that is still empty, with a value in each column that has to have one."""
    for model in sorted(ours(), key=lambda model: bool(model._meta.auto_created)):
        if not model._base_manager.exists():
            values = {field.name: value_for(field, by) for field in needed(model)}
            model._base_manager.create(**values, **ALSO.get(model.__name__, {}))


def forget_most_figures() -> None:
    """Thousands of rows of the same kind; those of the municipalities with projects stay."""
    Figure.objects.exclude(municipality__in=nouns.Project.objects.values("lead")).delete()


def needed(model: type[models.Model]) -> list[models.Field]:
    return [
        field
        for field in model._meta.concrete_fields
        if not (field.primary_key and field.auto_created) and not (field.generated or field.null or field.blank)
        and (not field.has_default() or isinstance(field, models.DateField)) and not getattr(field, "auto_now", False)
    ]  # fmt: skip


def value_for(field: models.Field, by: User) -> object:
    if field.is_relation:
        return by if field.related_model is User else field.related_model._base_manager.order_by("pk").first()
    if field.choices:
        return next(value for value, _label in field.choices if value)
    now = timezone.now()
    values = {
        "DateTimeField": now, "DateField": now.date(), "BooleanField": True, "JSONField": {}, "BinaryField": b"\0x",
        "EmailField": "leserin@example.org", "URLField": "https://example.org/", "SlugField": "beispiel",
    }  # fmt: skip
    is_number = isinstance(field, models.IntegerField | models.DecimalField | models.FloatField)
    return values.get(field.get_internal_type(), 1 if is_number else "Grüße „x“")


def ours() -> list[type[models.Model]]:
    every = apps.get_models(include_auto_created=True)
    return [model for model in every if model._meta.app_label in OURS and not model._meta.proxy and model._meta.managed]


def dump() -> bytes:
    """The tables as COPY writes them, each after the command that reads it; generated columns are the database's."""
    applied = {}
    for app, name in sorted(MigrationRecorder(connection).applied_migrations()):
        applied[app] = name  # the last one of each app: their numbers sort
    parts = [json.dumps(applied).encode() + b"\n"]
    for model in apps.get_models(include_auto_created=True):
        if model._meta.proxy or not model._meta.managed or model._meta.label_lower in NEVER:
            continue
        columns = ", ".join(f'"{field.column}"' for field in model._meta.concrete_fields if not field.generated)
        table = f'"{model._meta.db_table}" ({columns})'
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} TO STDOUT") as copy:
            parts += [f"COPY {table} FROM STDIN\n".encode(), b"".join(copy), b"\\.\n"]
    return b"".join(parts)


def main(name: str) -> None:
    scratch = f"release_{os.getpid()}"
    usual = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{scratch}"')
    connection.close()
    connection.settings_dict["NAME"] = scratch
    try:
        for command in ("migrate", "import_municipalities", "import_examples"):
            call_command(command, stdout=StringIO())
        forget_most_figures()
        found = write_people()
        write_projects(found["mitglied"], found["administratorin"])
        write_the_rest(found["mitglied"])
        (FOLDER / f"{name}.xz").write_bytes(lzma.compress(dump()))
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{scratch}" WITH (FORCE)')


if __name__ == "__main__":
    main(sys.argv[1])
