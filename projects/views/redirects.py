"""Old addresses: they lead to where the same thing is today, for ever and with what was asked for."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import reverse

from projects.models import Project

# Browsers keep a permanent redirect without end unless they are told otherwise. A title that is changed and changed
# back would then lead them in a circle; an hour later they ask again.
KEPT_SECONDS = 3600


def moved(request: HttpRequest, path: str) -> HttpResponse:
    """To this path, with the query string of the request."""
    query = request.META.get("QUERY_STRING", "")
    response = HttpResponsePermanentRedirect(f"{path}?{query}" if query else path)
    response.headers["Cache-Control"] = f"max-age={KEPT_SECONDS}"
    return response


def follows_merged(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For a view of published projects: the address of one that went into another leads to that one's.

    Nothing is asked of the database unless the view has found nothing. What somebody sends in is not led on.
    """

    @wraps(view)
    def wrapper(request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, pk, **kwargs)
        except Http404:
            kept = kept_instead_of(pk) if request.method in ("GET", "HEAD") else None
            if kept is None:
                raise
            slug = {"slug": kept.slug} if "slug" in kwargs else {}
            name = request.resolver_match.view_name
            return moved(request, reverse(name, kwargs={**kwargs, "pk": kept.pk, **slug}))

    return wrapper


def kept_instead_of(pk: int) -> Project | None:
    """The published project that the one with this number went into."""
    return Project.objects.published().filter(duplicates=pk).first()
