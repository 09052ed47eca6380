"""Migrations from nothing, and from what earlier releases have left: no value is lost, the portal works (R10)."""

import json
import lzma
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.urls import reverse

from integration_portal import health
from projects import workflow
from projects.models import Project, Status
from tests.releases.write import OURS, ours

FILES = sorted((Path(__file__).parent / "releases").glob("*.xz"))
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.check("R10")]
# Name and definition of everything that the database keeps by itself.
SCHEMA = """
    SELECT table_name, column_name, data_type || coalesce(character_maximum_length::text, '') || is_nullable
        || coalesce(column_default, '') || coalesce(generation_expression, '')
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
    UNION ALL SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT extname, extversion, '' FROM pg_extension
"""


@dataclass
class Release:
    """What a file of tests/releases holds: the last migration of each app, and the rows of each table."""

    migrations: list[tuple[str, str]]
    tables: dict[str, list[bytes]]  # „"table" ("column", …)“ → its rows as COPY writes them, sorted


def read(path: Path) -> Release:
    first, *lines = lzma.decompress(path.read_bytes()).split(b"\n")
    tables: dict[str, list[bytes]] = {}
    for line in lines[:-1]:
        if line.startswith(b"COPY ") and line.endswith(b" FROM STDIN"):
            rows = tables.setdefault(line[5:-11].decode(), [])
        elif line != b"\\.":
            rows.append(line)
    return Release(sorted(json.loads(first).items()), {name: sorted(rows) for name, rows in tables.items()})


def load(release: Release) -> None:
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")  # keys are checked at its end
        names = ", ".join(table.split(" ", 1)[0] for table in release.tables)
        cursor.execute(f"TRUNCATE {names} CASCADE")
        for table, rows in release.tables.items():
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                copy.write(b"".join(row + b"\n" for row in rows))
        cursor.execute("COMMIT")
        for name in release.tables:
            table = name.split(" ", 1)[0]
            if '"id"' in name:  # new rows are numbered after those
                number = f"pg_get_serial_sequence('{table}', 'id')"
                cursor.execute(f"SELECT setval({number}, max(id)) FROM {table} HAVING max(id) > 0")


def stored(release: Release) -> dict[str, list[bytes]]:
    """The rows that the database has now, of the release's tables and columns."""
    found = {}
    for table in release.tables:
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} TO STDOUT") as copy:
            found[table] = sorted(b"".join(copy).split(b"\n")[:-1])
    return found


def changed(release: Release, before: dict[str, list[bytes]]) -> list[str]:
    """Tables that do not have the rows of before, value for value; each release may add permissions."""
    now = stored(release)
    growing = ('"auth_permission"', '"django_content_type"')
    return [
        table
        for table, rows in before.items()
        if (not set(rows) <= set(now[table]) if table.startswith(growing) else rows != now[table])
    ]


def upgrade() -> None:
    """As deploy/release.sh does it."""
    call_command("migrate", verbosity=0)
    call_command("createcachetable")


def schema() -> set[tuple[str, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(SCHEMA)
        return set(cursor.fetchall())


def migrate_to(targets: list[tuple[str, str]]) -> None:
    MigrationExecutor(connection).migrate(targets)


@pytest.fixture
def scratch(monkeypatch) -> Iterator[None]:
    """An empty database instead of that of the tests."""
    name = f"{connection.settings_dict['NAME']}_release"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}"')
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "NAME", name)
    yield
    connection.close()
    monkeypatch.undo()
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def made_from_empty(db) -> set[tuple[str, str, str]]:
    """The schema of the tests' own database: every migration, on no data."""
    return schema()


def test_migrations_from_empty_give_what_the_models_say(made_from_empty):
    call_command("makemigrations", check=True, dry_run=True, stdout=StringIO())
    there = {(table, column) for table, column, _definition in made_from_empty}
    for model in ours():
        columns = {(model._meta.db_table, field.column) for field in model._meta.concrete_fields}
        rules = {(model._meta.db_table, rule.name) for rule in [*model._meta.constraints, *model._meta.indexes]}
        assert columns | rules <= there, model
    triggers = {table for table, name, _definition in made_from_empty if name == "append_only"}
    assert len(triggers) == 4  # people, statuses, consents, versions


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_release_comes_up_with_all_its_data_and_back(made_from_empty, scratch, path):
    release = read(path)
    migrate_to(release.migrations)
    load(release)
    assert changed(release, release.tables) == []
    upgrade()
    assert changed(release, release.tables) == []
    assert schema() == made_from_empty
    assert_it_works()
    before = stored(release)
    migrate_to([target for target in release.migrations if target[0] in OURS])
    assert changed(release, before) == []
    upgrade()
    assert changed(release, before) == []
    assert schema() == made_from_empty


def assert_it_works() -> None:
    """Pages and tables show what was published, a draft of then can be sent in and published."""
    health._migrated = False
    client = Client()
    assert client.get("/readyz").content == b"ok\n"
    published = Project.objects.filter(status=Status.PUBLISHED)
    assert client.get(reverse("projects:api_projects")).json()["total"] == published.count() > 39
    for address in ("/", "/projekte/", "/kommunen/", "/auswertung/finanzierung/", published[0].get_absolute_url()):
        assert client.get(address).status_code == 200
    assert len(client.get("/daten/projekte.csv").getvalue().splitlines()) > published.count()
    draft = Project.objects.get(title="Projekt Entwurf")
    sent = workflow.publish(workflow.submit(draft, by=None), by=None)
    assert client.get(sent.get_absolute_url()).status_code == 200


def test_there_is_data_of_a_release_in_every_table():
    """Of the newest file; an empty table would show nothing."""
    newest = read(FILES[-1])
    names = {table.split(" ", 1)[0].strip('"') for table, rows in newest.tables.items() if rows}
    left_out = {"account_emailconfirmation"}
    assert {table.split(" ", 1)[0].strip('"') for table in newest.tables} - names <= left_out
    assert len(names) > 50
