"""The read API: records as JSON, page by page, with conditional requests. Its contract is static/openapi.yaml."""

from datetime import UTC, datetime
from functools import wraps
from hashlib import sha256
from itertools import islice
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import condition, conditional_page, require_safe

from municipalities.indicators import ATTRIBUTION
from municipalities.models import Municipality
from projects.filters import ProjectFilter
from projects.limits import Window
from projects.models import FundingProgramme, Project
from projects.open_data import contract, records, register

from .index_state import index_of, version_of
from .rates import View, limited
from .redirects import kept_instead_of, moved

REQUESTS = Window("api", most=1200, seconds=600)
PAGE_SIZE, LARGEST_PAGE = 100, 500
LICENCE = "https://creativecommons.org/licenses/by/4.0/deed.de"
REGISTER_LICENCE = "https://www.govdata.de/dl-de/by-2-0"


class QueryError(Exception):
    """A parameter that is not understood; the text says which."""


def _etag(request: HttpRequest, *args: object, **kwargs: object) -> str:
    """Changes with every publication and every day (recency depends on it); so no answer is worked out in vain."""
    state = f"{version_of(request)} {datetime.now(UTC):%Y-%m-%d} {request.get_full_path()}"
    return f'W/"{sha256(state.encode()).hexdigest()[:32]}"'


def _last_modified(request: HttpRequest, *args: object, **kwargs: object) -> datetime | None:
    """The version of the index is the time of the last publication in microseconds."""
    version = version_of(request)
    return datetime.fromtimestamp(version // 1_000_000, UTC) if version else None


def _json(content: dict[str, Any], status: int = 200) -> JsonResponse:
    return JsonResponse(content, status=status, json_dumps_params={"ensure_ascii": False})


def answers_as_json(view: View) -> View:
    """What every address of the API has in common."""

    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except QueryError as problem:
            response = _json({"error": str(problem)}, status=400)
        if response.status_code >= 400:  # nobody should hold on to an error
            del response["ETag"], response["Last-Modified"]
        return response

    return require_safe(open_to_all(limited(REQUESTS, as_json=True)(gzip_page(answer))))


def open_to_all(view: View) -> View:
    """Public data: pages of others may read them, also the answers 304 and 429."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Access-Control-Allow-Origin"] = "*"
        response["Access-Control-Expose-Headers"] = "ETag, Last-Modified, Retry-After"
        response["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    return wrapper


@answers_as_json
@condition(_etag, _last_modified)
def project_list(request: HttpRequest) -> HttpResponse:
    """The selected projects in the order of their publication, from the one after `after`."""
    after, limit = _number(request, "after", 0), _number(request, "limit", PAGE_SIZE)
    selected = ProjectFilter(request.GET, Project.objects.published(), index=index_of(request))
    if selected.messages:
        raise QueryError(" ".join(selected.messages))
    numbers = selected.result.numbers
    limit = max(1, min(limit, LARGEST_PAGE))
    page = [*islice((number for number in numbers if number > after), limit)]
    following = None
    if page and page[-1] != numbers.max():
        query = request.GET.copy()
        query["after"], query["limit"] = str(page[-1]), str(limit)
        following = f"{settings.SITE_URL}{request.path}?{query.urlencode()}"
    found = [*records.records(page)]
    return _json({"licence": LICENCE, "total": selected.total, "next": following, "projects": found})


@answers_as_json
@condition(_etag, _last_modified)
def project(request: HttpRequest, pk: int) -> HttpResponse:
    number = Project.objects.published().filter(pk=pk).values_list("publication_number", flat=True).first()
    found = next(records.records([number]), None) if number else None
    if found is None and (kept := kept_instead_of(pk)):
        return moved(request, reverse("projects:api_project", args=[kept.pk]))
    return _json(found) if found else _missing()


@answers_as_json
@condition(_etag, _last_modified)
def municipality_list(request: HttpRequest) -> HttpResponse:
    """The bodies in the order of their keys, from the one after `after`."""
    after, limit = request.GET.get("after", "")[:12], max(1, min(_number(request, "limit", PAGE_SIZE), LARGEST_PAGE))
    rows = Municipality.objects.filter(key__gt=after).order_by("key")
    found = [*register.bodies(rows[: limit + 1], settings.SITE_URL)]
    following = None
    if len(found) > limit:
        following = f"{settings.SITE_URL}{request.path}?after={found[limit - 1]['key']}&limit={limit}"
    total = Municipality.objects.count()
    page = {"total": total, "next": following, "municipalities": found[:limit]}
    return _json({"licence": REGISTER_LICENCE, "attribution": ATTRIBUTION, **page})


@answers_as_json
@condition(_etag, _last_modified)
def municipality(request: HttpRequest, key: str) -> HttpResponse:
    """A closed one leads to its successor; what it was, is in the list."""
    found = next(register.bodies(Municipality.objects.filter(key=key), settings.SITE_URL), None)
    if found and found["closed_on"] and (heir := index_of(request).labels.heir_of(key)):
        return moved(request, reverse("projects:api_municipality", args=[heir.key]))
    return _json(found) if found else _missing()


@answers_as_json
@conditional_page
def programme_list(request: HttpRequest) -> HttpResponse:
    found = [*register.programmes(FundingProgramme.objects.order_by("slug"), settings.SITE_URL)]
    return _json({"licence": LICENCE, "total": len(found), "programmes": found})


@answers_as_json
@conditional_page
def vocabularies(request: HttpRequest) -> HttpResponse:
    """Codes and labels of every facet of the list."""
    choices = index_of(request).labels.choices
    return _json({facet: {code: str(label) for code, label in terms.items()} for facet, terms in choices.items()})


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """The address that catalogues name for the API; people come here too."""
    return redirect("projects:api")


@answers_as_json
def missing(request: HttpRequest, path: str) -> HttpResponse:
    """An address below the API that there is not: programs expect JSON also then."""
    return _missing()


@require_safe
def documentation(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "pages/api.html",
        {
            "contract": contract.for_reading(),
            "site_url": settings.SITE_URL,
            "requests": REQUESTS.most,
            "minutes": REQUESTS.seconds // 60,
        },
    )


@require_safe
@open_to_all
@gzip_page
def openapi(request: HttpRequest) -> HttpResponse:
    """The contract as a file; a static file would change its address with every release."""
    response = HttpResponse(contract.text(), content_type="application/yaml; charset=utf-8")
    response["Cache-Control"] = "max-age=3600"
    return response


def _number(request: HttpRequest, name: str, default: int) -> int:
    text = request.GET.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise QueryError(_("„%(name)s“ ist keine Zahl.") % {"name": name})
    return int(text)


def _missing() -> HttpResponse:
    return _json({"error": _("Das gibt es nicht, oder es ist nicht veröffentlicht.")}, status=404)
