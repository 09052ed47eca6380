"""Two answers for the machines that watch over the portal."""

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

# A worker that has once seen all migrations applied need not look again: new ones come with new workers.
_migrated = False


def _is_migrated() -> bool:
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated


@never_cache
def livez(request: HttpRequest) -> HttpResponse:
    """The process answers; it does not ask the database, whose failure a restart of the portal would not cure."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """The portal can serve pages: the database answers and has this version's tables."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        state = "ok" if _is_migrated() else "migrations missing"
    except Error:
        state = "no database"
    return HttpResponse(f"{state}\n", content_type="text/plain", status=200 if state == "ok" else 503)
