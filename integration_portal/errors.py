"""Answers when something went wrong, in German, also without a database."""

import logging
import sys

from django.contrib.auth.models import AnonymousUser
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.views.decorators.csrf import requires_csrf_token

from .logs import request_id

RETRY_SECONDS = 30
logger = logging.getLogger(__name__)


def answer(request: HttpRequest, template: str, status: int, title: str) -> HttpResponse:
    """The page of this name; if even that cannot be drawn, a bare one with the title."""
    context = {"request_id": request_id.get()}
    try:
        body = render_to_string(template, context, request)
    except Exception:
        logger.exception("The page %s cannot be drawn", template)
        body = format_html(
            '<!DOCTYPE html><html lang="de"><head><meta charset="utf-8"><title>{0}</title></head>'
            "<body><h1>{0}</h1><p>Kennung für Rückfragen: {1}</p></body></html>",
            title,
            context["request_id"],
        )
    return HttpResponse(body, status=status)


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, "400.html", 400, "Diese Anfrage ist nicht lesbar")


@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return answer(request, "403_csrf.html", 403, "Diese Seite war zu lange offen")


@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 when the reason is a database that does not answer (or not in time); called inside `except`."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return unavailable(request)
    return answer(request, "500.html", 500, "Das hätte nicht passieren dürfen")


def unavailable(request: HttpRequest) -> HttpResponse:
    if not hasattr(request, "_cached_user"):
        request.user = AnonymousUser()  # who it is stands in the database that has just not answered
    response = answer(request, "503.html", 503, "Das Mosaik ist gleich wieder da")
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response
