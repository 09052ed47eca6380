"""What every test shares. The environment is prepared in tests/settings.py."""

import os
import re
from collections.abc import Iterator
from io import StringIO

import pytest
import zeal
from django.core.management import call_command
from django.db import connection, transaction

from municipalities.models import Figure, Municipality


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


@pytest.fixture(scope="session")
def _drop_leftovers(worker_id: str) -> None:
    """Removes the test databases of runs that were killed; their process number is part of the name."""
    import psycopg

    url = os.environ.get("DATABASE_URL", "")
    if worker_id not in ("master", "gw0") or "?host=" not in url:
        return
    with psycopg.connect(url, autocommit=True) as connection:
        for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall():
            match = re.fullmatch(r"test_(\d+)_\w+", name)
            if match and not _is_alive(int(match[1])):
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def django_db_modify_db_settings(_drop_leftovers, django_db_modify_db_settings_parallel_suffix) -> None:
    """pytest-django's hook before it creates the test databases."""


@pytest.fixture(autouse=True)
def _media_folder(settings, tmp_path_factory) -> None:
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("media")


@pytest.fixture(autouse=True)
def _no_queries_in_loops() -> Iterator[None]:
    """django-zeal raises where a loop asks the database once for each row (R09)."""
    with zeal.zeal_context():
        yield


@pytest.fixture(scope="session")
def _register_rows(django_db_setup, django_db_blocker) -> dict[str, bytes]:
    """Tables of the imported register as COPY writes them; the import itself is rolled back again."""
    rows = {}
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("import_municipalities", stdout=StringIO())
        for table in (Municipality._meta.db_table, Figure._meta.db_table):
            with connection.cursor() as cursor, cursor.copy(f"COPY {table} TO STDOUT") as copy:
                rows[table] = b"".join(copy)
        transaction.set_rollback(True)
    return rows


@pytest.fixture
def register(db, _register_rows) -> None:
    """All 1,115 bodies with their figures as `import_municipalities` leaves them, ten times as fast."""
    for table, rows in _register_rows.items():
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
            copy.write(rows)
