"""Whole pages that are kept for readers without a session; which ones, and on what they depend, say the views."""

import functools
import hashlib
from collections.abc import Callable, Hashable
from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from projects.fragments import Shelf

View = Callable[..., HttpResponse]
State = tuple[Hashable, ...]


class Kept(NamedTuple):
    body: bytes
    etag: str


_pages: Shelf[Kept] = Shelf(4_000_000, weigh=lambda page: len(page.body))  # bytes: some 130 pages of projects
_asked_before: Shelf[bool] = Shelf(2048)


def kept_while(state: Callable[..., State | None]) -> Callable[[View], View]:
    """The page is rendered once as long as `state` says the same of the view's arguments; None is not kept.

    The state has to name everything that the page shows, because nothing else tells that it has changed; its first part
    is the version of the index. An address with a query string is kept when it is asked for again: there is no end of
    them, and whoever follows them all would push out what others read.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def keeping(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            is_reader = request.method in ("GET", "HEAD") and settings.SESSION_COOKIE_NAME not in request.COOKIES
            known = state(*args, **kwargs) if is_reader else None
            if known is None:
                return view(request, *args, **kwargs)
            request.index_version = known[0]  # type: ignore[attr-defined]
            address = request.get_full_path()
            if (page := _pages.get(address, known)) is None:
                response = view(request, *args, **kwargs)
                if response.status_code != 200 or response.has_header("Vary") or _is_rare(request, known):
                    return response
                page = _pages.put(Kept(response.content, etag_of(response.content)), address, known)
            return HttpResponse(page.body, headers={"ETag": page.etag})

        return keeping

    return decorate


def _is_rare(request: HttpRequest, known: State) -> bool:
    if not request.GET or _asked_before.get(request.get_full_path(), known):
        return False
    return _asked_before.put(True, request.get_full_path(), known)


def etag_of(body: bytes) -> str:
    return f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'
