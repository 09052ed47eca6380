"""What browsers and the proxy in front may keep: pages for everybody for seconds, nothing of anybody with a session."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, has_vary_header

from projects.views.kept_pages import etag_of

GetResponse = Callable[[HttpRequest], HttpResponse]

# Browsers ask each time, or somebody who has just signed in would see the page of before; where nothing has changed,
# the answer is no page. Shared caches answer by themselves for seconds, and for a day while the portal is down.
FOR_EVERYBODY = "public, max-age=0, s-maxage=10, stale-while-revalidate=60, stale-if-error=86400"


def caching(get_response: GetResponse) -> GetResponse:
    """Outside of sessions and forms, which leave their mark on the answer."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not _is_for_everybody(request, response):
            return response
        response.headers["Cache-Control"] = FOR_EVERYBODY
        if response.status_code != 200:
            return response
        if "ETag" not in response.headers:
            if not response.headers.get("Content-Type", "").startswith("text/html"):
                return response  # what programs read has tags of its own, if any
            response.headers["ETag"] = etag_of(response.content)
        return get_conditional_response(request, etag=response.headers["ETag"], response=response) or response

    return middleware


def _is_for_everybody(request: HttpRequest, response: HttpResponse) -> bool:
    """A page that no cookie has any part in; private links, which carry a token, are for their bearers."""
    match = getattr(request, "resolver_match", None)
    return (
        match is not None
        and match.app_name == "projects"
        and "token" not in match.kwargs
        and request.method in ("GET", "HEAD")
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
        and response.status_code in (200, 301, 404, 410)
        and not response.streaming
        and not response.cookies
        and not response.has_header("Cache-Control")
        and not has_vary_header(response, "Cookie")
    )
