"""Readers without an account read from a replica of the database, if there is one; everybody else from the primary.

A replica lags behind and may be away. What that must not do: lose what somebody has just written, answer 404 for what
is there, or show an error. So a page is read either wholly from the replica or wholly from the primary.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, ProgrammingError, connections
from django.db.models import Model
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]
REPLICA = "replica"
READERS_PAGES = "projects"  # the namespace of their addresses
# What those pages show. Sessions, accounts' devices, limits and the cache (`django_cache`) are always the primary's.
READ_FROM_REPLICA = {"projects", "municipalities"}
# Rows were cleaned up while they were read; a migration has not arrived yet.
BEHIND = {"40001", "42P01", "42703"}
PAUSE_SECONDS = 5  # after a failure, until one request tries the replica again
_logger = logging.getLogger(__name__)
_alias: ContextVar[str] = ContextVar("reading_from", default=DEFAULT_DB_ALIAS)
_away_until = 0.0  # of this process: each finds out for itself, and nothing is lost with it


class Router:
    """Reads go where the request reads from, everything else to the primary."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        return _alias.get() if model._meta.app_label in READ_FROM_REPLICA else DEFAULT_DB_ALIAS

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        return True  # the same rows, whichever of the two they were read from

    def allow_migrate(self, database: str, app_label: str, **hints: Any) -> bool:
        return database == DEFAULT_DB_ALIAS


class read_from_replica:  # noqa: N801 - named like its neighbours in middleware.py
    """Innermost: chooses the database of a request, and asks the primary once more where the replica cannot answer."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = _alias.set(DEFAULT_DB_ALIAS)
        try:
            response = self.get_response(request)
            if _alias.get() == REPLICA and response.status_code in (404, 410):  # published a moment ago?
                response = self._from_primary(request)
            if isinstance(response, StreamingHttpResponse) and not isinstance(response, FileResponse):
                response.streaming_content = _from(_alias.get(), response.streaming_content)
            return response
        finally:
            _alias.reset(began)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], *args: object) -> None:
        if not hasattr(request, "asked_replica") and _may_lag(request, view) and _is_there():
            request.asked_replica = True  # type: ignore[attr-defined]
            _alias.set(REPLICA)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if _alias.get() == REPLICA and _is_for_primary(exception):
            return self._from_primary(request)
        return None

    def _from_primary(self, request: HttpRequest) -> HttpResponse:
        _alias.set(DEFAULT_DB_ALIAS)
        return self.get_response(request)


def _from(alias: str, parts: Iterable[bytes]) -> Iterator[bytes]:
    """What is written only while it is sent, after the middleware: read from the database that it began with."""
    iterator = iter(parts)
    while True:
        outside = _alias.set(alias)
        try:
            part = next(iterator)
        except StopIteration:
            return
        finally:
            _alias.reset(outside)
        yield part


def _may_lag(request: HttpRequest, view: Callable[..., Any]) -> bool:
    """Whether this is a readers' page and its visitor cannot have written anything that it shows.

    Whoever wrote has a session or the cookie of a form. Only views that take forms without a cookie (their POST leads
    back to themselves, or a letter leads to them) have to be told apart by what they are.
    """
    match = request.resolver_match
    if request.method not in ("GET", "HEAD") or match is None or match.namespace != READERS_PAGES:
        return False
    cookies = (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME)
    return not any(name in request.COOKIES for name in cookies) and not getattr(view, "csrf_exempt", False)


def _is_there() -> bool:
    """Whether the replica answered last; after a failure one request in PAUSE_SECONDS asks it for all the others."""
    global _away_until
    if not _away_until:
        return True
    now = time.monotonic()
    if now < _away_until:
        return False
    _away_until = now + PAUSE_SECONDS
    try:
        with connections[REPLICA].cursor() as cursor:
            cursor.execute("SELECT 1")
    except (OperationalError, InterfaceError):
        return False
    _away_until = 0.0
    _logger.info("the replica answers again")
    return True


def _is_for_primary(exception: Exception) -> bool:
    """Whether the primary may answer better; remembers a replica that does not answer at all."""
    global _away_until
    if not isinstance(exception, OperationalError | InterfaceError | ProgrammingError):
        return False
    state = getattr(exception.__cause__, "sqlstate", None) or ""
    if state in BEHIND:
        return True
    is_lost = not state or state.startswith(("08", "57P"))
    if isinstance(exception, ProgrammingError) or not is_lost:
        return False  # wrong, or takes too long: the primary would say the same
    _away_until = time.monotonic() + PAUSE_SECONDS
    _logger.warning("the replica does not answer, readers get the primary: %s", type(exception).__name__)
    return True
