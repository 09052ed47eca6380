"""What holds for every request: headers, readable input, sessions that end, the second factor; no business words."""

import logging
import re
import time
import uuid
from collections.abc import Callable
from urllib.parse import quote, unquote_to_bytes

from django.conf import settings
from django.contrib.auth import middleware as django_auth
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import get_script_prefix, set_script_prefix
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language, override

from projects import languages

from . import request_counts
from .accounts import has_session, lacks_second_factor
from .errors import bad_request
from .logs import request_id

GetResponse = Callable[[HttpRequest], HttpResponse]
logger = logging.getLogger(__name__)

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
UNUSED_FEATURES = ("accelerometer", "camera", "geolocation", "gyroscope", "microphone", "payment", "usb")
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in UNUSED_FEATURES),
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def security_headers(get_response: GetResponse) -> GetResponse:
    """Outermost: the same headers on every answer including errors, a number for each request, one line in the log."""

    def middleware(request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        number = uuid.uuid4().hex
        request_id.set(number)  # not taken back: Django still logs after this, and the next request sets its own
        response = get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers["X-Request-ID"] = number
        _log(request, response, started)
        return response

    return middleware


def _log(request: HttpRequest, response: HttpResponse, started: float) -> None:
    """One line and one count. The route, not the path: paths under konto/ carry keys that let their bearer in.

    Static files are left out.
    """
    if request.path_info.startswith(settings.STATIC_URL):
        return
    match, seconds = getattr(request, "resolver_match", None), time.perf_counter() - started
    request_counts.add(
        request_counts.area_of(request.method or "", match.route if match else ""), response.status_code, seconds
    )
    fields = {
        "method": request.method,
        "route": f"/{match.route}" if match else "",
        "status": response.status_code,
        "ms": round(seconds * 1000),
    }
    logger.info("request", extra=fields)


def _is_broken(raw: bytes) -> bool:
    """Whether a percent-encoded text holds a NUL byte or is no UTF-8; neither can be stored, both are never typed."""
    plain = unquote_to_bytes(raw)
    try:
        plain.decode()
    except UnicodeDecodeError:
        return True
    return b"\x00" in plain


def _has_broken_form(request: HttpRequest) -> bool:
    if request.content_type == "application/x-www-form-urlencoded":
        return _is_broken(request.body)
    if request.content_type == "multipart/form-data":
        names = (part for name, values in request.POST.lists() for part in (name, *values))
        return any("\x00" in part for part in names)
    return False


class refuse_broken_input:  # noqa: N801 - named like its neighbours; a class only because of process_view
    """A NUL byte or invalid UTF-8 in address, query or form is answered with 400 before any view or query sees it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.META.get("PATH_INFO", "").encode("latin-1", "replace")
        if _is_broken(path) or _is_broken(request.META.get("QUERY_STRING", "").encode("latin-1", "replace")):
            return bad_request(request)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *args: object) -> HttpResponse | None:
        return bad_request(request) if request.method == "POST" and _has_broken_form(request) else None


class language_of_address:  # noqa: N801 - see above
    """The prefix of the path decides about the language, not the browser: one address, one text, no `Vary` (S13)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        code = languages.language_of(request.path_info)
        if code == settings.LANGUAGE_CODE:
            return self.get_response(request)
        path, outer = languages.without_language(request.path_info), get_script_prefix()
        if not languages.has_languages(path):
            return HttpResponsePermanentRedirect(_with_query(path, request))
        request.path_info = request.META["PATH_INFO"] = path
        set_script_prefix(f"/{code}/")
        try:
            with override(code):
                return self.get_response(request)
        finally:
            set_script_prefix(outer)

    def process_view(self, request: HttpRequest, *args: object) -> HttpResponse | None:
        match = request.resolver_match
        if get_language() in settings.CORE_LANGUAGES and match and match.view_name not in languages.CORE_VIEWS:
            return HttpResponseRedirect(_with_query(languages.in_language(request.path_info, "en"), request))
        return None


def _with_query(path: str, request: HttpRequest) -> str:
    query = request.META.get("QUERY_STRING", "")
    return quote(path) + (f"?{query}" if query else "")


class AuthenticationMiddleware(django_auth.AuthenticationMiddleware):
    """Asks for the user only where there is a session: a page that looks at `request.user` stays cacheable (S13)."""

    def process_request(self, request: HttpRequest) -> None:
        if has_session(request):
            super().process_request(request)
            return

        async def nobody() -> AnonymousUser:
            return AnonymousUser()

        request.user = AnonymousUser()
        request.auser = nobody


def session_lifetime(get_response: GetResponse) -> GetResponse:
    """Ends a session after an hour without a request and after half a day in any case (S10)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not has_session(request) or not request.user.is_authenticated:
            return get_response(request)
        now = int(time.time())
        began, seen = request.session.setdefault("began_at", now), request.session.get("seen_at", now)
        if now - seen > settings.SESSION_IDLE_SECONDS or now - began > settings.SESSION_COOKIE_AGE:
            request.session.flush()
            request.user = AnonymousUser()
        elif now - request.session.get("seen_at", 0) > 60:  # not at every request: reading pages should not write
            request.session["seen_at"] = now
        response = get_response(request)
        # What a person who is signed in sees is nobody else's business, not even the browser's after signing out.
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response

    return middleware


# Where somebody without a second factor may go: to set one up, to confirm the password for it, and out. And where the
# law wants everybody to get from every page.
_ALLOWED_WITHOUT = re.compile(
    r"account_(logout|reauthenticate|email|change_password|confirm|set_password)|mfa_"
    r"|(imprint|privacy|accessibility|report_barrier)$"
)


class second_factor:  # noqa: N801 - see above
    """Leads moderators and administrators without a second factor to its set-up, wherever they want to go."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *args: object) -> HttpResponse | None:
        name = request.resolver_match.url_name if request.resolver_match else None
        if not has_session(request) or _ALLOWED_WITHOUT.match(name or ""):
            return None
        return redirect("mfa_activate_totp") if lacks_second_factor(request.user) else None
