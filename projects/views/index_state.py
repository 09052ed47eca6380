"""The state of the index that a request is answered from: asked for once, whoever needs it first."""

from django.http import HttpRequest

from projects import facets, search


def version_of(request: HttpRequest) -> int:
    if not hasattr(request, "index_version"):
        ahead = search.look_ahead(request.GET.get("q", ""))
        request.index_version = facets.version() if ahead is None else ahead  # type: ignore[attr-defined]
    return request.index_version  # type: ignore[attr-defined]


def index_of(request: HttpRequest) -> facets.FacetIndex:
    return facets.current(version_of(request))
