"""What every test shares. The environment is prepared in tests/settings.py."""

import os
import re
from collections.abc import Iterable, Iterator
from io import StringIO

import pytest
import zeal
from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Model

from integration_portal import catalogues
from municipalities.models import Figure, Municipality
from projects import fragments
from tests import checks_table
from tests.access_world import made_world, world  # noqa: F401 - fixtures
from tests.checks_table import pytest_addoption  # noqa: F401 - a hook


def pytest_configure(config: pytest.Config) -> None:
    """Pages in other languages need their catalogues, once for all workers."""
    checks_table.register(config)
    if not hasattr(config, "workerinput"):
        catalogues.compile_all()


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
def _nothing_kept() -> None:
    """Tests change rows behind the back of the indexes; what a page kept for one must not meet the next."""
    fragments.forget_everything()


@pytest.fixture(autouse=True)
def _no_queries_in_loops() -> Iterator[None]:
    """django-zeal raises where a loop asks the database once for each row (R09)."""
    with zeal.zeal_context():
        yield


Rows = dict[str, bytes]


def _copy_out(models: Iterable[type[Model]]) -> Rows:
    """The tables of these models as COPY writes them; generated columns are left to the database."""
    rows = {}
    for model in models:
        columns = ", ".join(f'"{field.column}"' for field in model._meta.concrete_fields if not field.generated)
        table = f'"{model._meta.db_table}" ({columns})'
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} TO STDOUT") as copy:
            rows[table] = b"".join(copy)
    return rows


def _copy_in(rows: Rows) -> None:
    for table, content in rows.items():
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
            copy.write(content)


@pytest.fixture(scope="session")
def _shipped_rows(django_db_setup, django_db_blocker) -> tuple[Rows, Rows]:
    """Register and example projects after their imports; the imports themselves are rolled back again."""
    with django_db_blocker.unblock(), transaction.atomic(), zeal.zeal_ignore():
        call_command("import_municipalities", stdout=StringIO())
        register = _copy_out((Municipality, Figure))
        call_command("import_examples", stdout=StringIO())
        models = apps.get_app_config("projects").get_models(include_auto_created=True)
        examples = _copy_out(model for model in models if not model._meta.proxy)
        transaction.set_rollback(True)
    return register, examples


@pytest.fixture
def register(db, _shipped_rows) -> None:
    """All 1,115 bodies with their figures as `import_municipalities` leaves them, ten times as fast."""
    _copy_in(_shipped_rows[0])


@pytest.fixture
def examples(register, _shipped_rows) -> None:
    """The register and the 39 example projects as `import_examples` leaves them."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    _copy_in(_shipped_rows[1])
