"""The replica for readers: who reads from it, what is asked of the primary once more, and what happens without it.

A second wrapper around the connection of the test stands for a replica that is up to date, one that looks into another
schema for one that lags behind, one to a port where nobody listens for one that is away. `make scale` has a real one.
"""

import copy
import csv
import re

import pytest
import zeal
from django.conf import settings as django_settings
from django.core.cache import caches
from django.db import OperationalError, connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from psycopg import errors

from integration_portal import replica
from municipalities.models import Municipality
from projects import workflow
from projects.models import FruitlessSearch, Project
from tests.projects.submitting import client_of, make_member
from tests.test_platform_settings import NEEDED, import_settings

pytestmark = pytest.mark.django_db
READERS_PAGES = (
    "/",
    "/projekte/",
    "/projekte/?q=sprachkurs&topic=language",
    "/kommunen/",
    "/kommunen/034545407-samtgemeinde-soegel/",
    "/kommunen/034545407-samtgemeinde-soegel/vergleichbar/",
    "/foerderung/",
    "/auswertung/finanzierung/",
    "/daten/projekte.csv",
    "/sitemap.xml",
)


@pytest.fixture
def use_replica(settings, monkeypatch):
    """Switches the replica on, with other values for its connection."""
    settings.DATABASE_ROUTERS = ["integration_portal.replica.Router"]
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "integration_portal.replica.read_from_replica"]
    monkeypatch.setattr(replica, "_away_until", 0.0)

    def switch_on(options: str = "", *, is_shared: bool = False, **values: object):
        own = {**copy.deepcopy(connection.settings_dict), **values}
        own["OPTIONS"]["options"] += f" {options}"
        monkeypatch.setitem(connections.settings, replica.REPLICA, own)
        second = connections[replica.REPLICA]

        def ensure_connection() -> None:  # Django's own forbids databases that were not there when the test began
            if second.connection is None:
                with second.wrap_database_errors:
                    second.connect()

        second.ensure_connection = ensure_connection
        if is_shared:  # sees what the test has not committed
            second.connect()
            second.connection.close()
            second.connection = connection.connection
            second.in_atomic_block = True  # that of the test
        return second

    yield switch_on
    if hasattr(connections._connections, replica.REPLICA):
        second = connections[replica.REPLICA]
        if second.connection is connection.connection:
            second.connection = None
        second.close()
        del connections[replica.REPLICA]


@pytest.fixture
def second(use_replica):
    return use_replica(is_shared=True)


@pytest.fixture
def client(examples) -> Client:
    return Client()


def asked(client: Client, path: str, of: object) -> tuple[int, int, int]:
    """Status of a page, and how many queries went to the primary (limits apart, which are its own) and to the other."""
    with CaptureQueriesContext(connection) as primary, CaptureQueriesContext(of) as second:
        response = client.get(path)
        response.getvalue()
    of_primary = [query["sql"] for query in primary]
    limits = [sql for sql in of_primary if '"cache"' in sql or "SAVEPOINT" in sql]
    return response.status_code, len(of_primary) - len(limits), len(second)


@pytest.mark.parametrize("path", READERS_PAGES)
def test_readers_ask_only_the_replica(client, second, path):
    status, of_primary, of_replica = asked(client, path, second)
    assert (status, of_primary) == (200, 0)
    assert of_replica


def test_project_page_is_read_from_the_replica(client, second):
    project = Project.objects.published().first()
    status, of_primary, of_replica = asked(client, project.get_absolute_url(), second)
    assert (status, of_primary) == (200, 0)
    assert of_replica


@pytest.mark.parametrize("cookie", ["SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME"])
def test_whoever_may_have_written_asks_only_the_primary(client, second, cookie):
    client.cookies[getattr(django_settings, cookie)] = "x" * 32
    status, of_primary, of_replica = asked(client, "/projekte/", second)
    assert (status, of_replica) == (200, 0)
    assert of_primary


@pytest.mark.parametrize("path", ["/projekte/abo/?topic=language", "/barriere-melden/", "/konto/anmelden/", "/readyz"])
def test_forms_without_cookie_and_other_pages_ask_only_the_primary(client, second, path):
    assert asked(client, path, second)[::2] == (200, 0)


def test_what_is_counted_and_limited_is_the_primarys(client, second):
    with CaptureQueriesContext(second) as of_replica:
        assert client.get("/projekte/?q=xylofonbau").status_code == 200
    assert not [query for query in of_replica if "INSERT" in query["sql"]]
    assert FruitlessSearch.objects.get().words == "xylofonbau"
    with CaptureQueriesContext(second) as of_replica:
        caches["default"].set("a", 1)
        assert caches["default"].get("a") == 1
    assert not len(of_replica)


def test_replica_that_is_away_costs_one_question(client, use_replica, monkeypatch):
    second = use_replica(HOST="127.0.0.1", PORT="1")
    assert client.get("/projekte/").status_code == 200
    tried = []
    monkeypatch.setattr(second, "get_new_connection", lambda parameters: tried.append(parameters))
    assert client.get("/projekte/").status_code == 200
    assert not tried


def test_replica_that_is_back_is_asked_again(client, second, monkeypatch):
    monkeypatch.setattr(replica, "_away_until", 0.1)  # long ago
    assert asked(client, "/projekte/", second)[1] == 0
    assert replica._away_until == 0.0


def test_replica_that_is_still_away_stays_unasked(client, use_replica, monkeypatch):
    use_replica(HOST="127.0.0.1", PORT="1")
    monkeypatch.setattr(replica, "_away_until", 0.1)
    assert client.get("/projekte/").status_code == 200
    assert replica._away_until > 0.1


def test_connection_that_is_lost_while_reading_goes_unnoticed(client, use_replica):
    second = use_replica()
    client.get("/projekte/")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [second.connection.info.backend_pid])
    assert client.get("/projekte/").status_code == 200


# --- a replica that lags behind ---------------------------------------------------------------------------------------


@pytest.fixture
def lagging(client, second):
    """A replica that has the projects and their indexes as they are now, whatever happens on the primary."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA lagging")
        for table in connection.introspection.table_names(cursor):
            if table.startswith("projects_"):
                cursor.execute(f"CREATE TABLE lagging.{table} AS TABLE public.{table}")

    def look_there(execute, *query):
        second.connection.execute("SET search_path = lagging, public")
        try:
            return execute(*query)
        finally:
            second.connection.execute("SET search_path = public")

    with second.execute_wrapper(look_there):
        yield second


def rows(visitor: Client) -> int:
    table = visitor.get("/daten/projekte.csv").getvalue().decode("utf-8-sig")
    return len([*csv.reader(table.splitlines(keepends=True), delimiter=";")]) - 1


def total(visitor: Client) -> int:
    return int(re.search(rb'role="status">(\d+) Projekt', visitor.get("/projekte/").content)[1])


def test_each_visitor_sees_one_state_while_the_replica_lags(client, lagging):
    """The copies of this process go to and fro between two versions, and no page mixes them."""
    project, before = Project.objects.published().first(), total(client)
    member = client_of(make_member(Municipality.objects.existing().first()))
    workflow.withdraw(project, by=None, note="Auf Wunsch der Kommune")
    for _turn in range(2):
        assert (total(client), total(member)) == (before, before - 1)
        assert (rows(client), rows(member)) == (before, before - 1)
    assert client.get(project.get_absolute_url()).status_code == 200
    assert member.get(project.get_absolute_url()).status_code == 410


@zeal.zeal_ignore()  # asked of both
def test_what_the_replica_does_not_have_yet_is_asked_of_the_primary(client, lagging):
    project = Project.objects.published().first()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM lagging.projects_project WHERE id = %s", [project.pk])
    assert client.get(project.get_absolute_url()).status_code == 200
    assert client.get("/projekte/999999/").status_code == 404


def test_migration_that_has_not_arrived_yet_goes_unnoticed(client, use_replica):
    use_replica("-c search_path=pg_temp")  # none of the tables is there
    assert client.get("/projekte/").context["filter"].total > 30
    assert replica._away_until == 0.0


@pytest.mark.parametrize(
    ("reason", "helps"),
    [
        (errors.SerializationFailure(), True),  # rows cleaned up while they were read
        (errors.AdminShutdown(), True),
        (errors.QueryCanceled(), False),  # took too long; so it would there
        (errors.LockNotAvailable(), False),
    ],
)
def test_primary_is_asked_where_it_may_answer_better(use_replica, reason, helps):
    failure = OperationalError()
    failure.__cause__ = reason
    assert replica._is_for_primary(failure) is helps
    assert bool(replica._away_until) is isinstance(reason, errors.AdminShutdown)


# --- settings ---------------------------------------------------------------------------------------------------------


def test_replica_is_off_by_default():
    shown = import_settings(**NEEDED).stdout
    assert '"replica"' not in shown
    assert "integration_portal.replica" not in shown


def test_replica_is_switched_on_by_its_address():
    address = "postgresql://reader@db2/mosaik"
    shown = import_settings(**NEEDED, REPLICA_DATABASE_URL=address).stdout
    assert '"HOST": "db2"' in shown
    assert '"integration_portal.replica.read_from_replica"]' in shown
    wrong = import_settings(**NEEDED, REPLICA_DATABASE_URL="db2")
    assert "REPLICA_DATABASE_URL must look like" in wrong.stderr


def test_uploads_go_into_a_bucket_if_one_is_named():
    keys = {"S3_ACCESS_KEY": "a", "S3_SECRET_KEY": "b"}
    assert '"bucket_name": "mosaik"' in import_settings(**NEEDED, **keys, S3_BUCKET="mosaik").stdout
    assert "AtomicFileSystemStorage" in import_settings(**NEEDED).stdout
    assert "S3_ACCESS_KEY" in import_settings(**NEEDED, S3_BUCKET="mosaik").stderr
