"""The database that is read from, for SQL written by hand: the same that the ORM would ask."""

from django.db import connections, router
from django.db.backends.base.base import BaseDatabaseWrapper

from .models import Municipality


def connection() -> BaseDatabaseWrapper:
    """With a replica, a page must not mix its rows with those of the primary: they may be of different versions."""
    return connections[router.db_for_read(Municipality)]
