"""What search engines, data catalogues and browsers fetch from fixed addresses; nothing here is for reading."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.templatetags.static import static
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import condition, require_safe

from projects import facets, share_pictures
from projects.facets import FacetIndex
from projects.languages import in_language
from projects.limits import Window
from projects.models import Project
from projects.open_data import catalogue, linked_data, sitemaps

from .api import open_to_all
from .open_data import DOWNLOADS
from .rates import View, limited
from .redirects import follows_merged

SHARE_PICTURES = Window("share", most=300, seconds=600)
AN_HOUR, A_DAY = 60 * 60, 24 * 60 * 60
SECURITY_DAYS = 180  # RFC 9116 asks for less than a year
# Pages that depend on who asks, and selections, of which there are more than anybody wants to fetch.
NOT_FOR_ROBOTS = (
    "/admin/",
    "/konto/",
    "/mitmachen/projekte/",
    "/merkliste",
    "/projekte/vergleich",
    "/projekte/abo/",
    "/projekte/?",
    "/auswertung/*?",
    "/kommunen/*?",
    "/daten/*?",
    "/barriere-melden/?",
)
NAME = "Integrationsmosaik Niedersachsen"


def _state() -> tuple[FacetIndex, datetime | None]:
    """The index, and the moment of the last publication, which its version is."""
    index = facets.current(facets.version())
    return index, datetime.fromtimestamp(index.version // 1_000_000, UTC) if index.version else None


def _last_modified(request: HttpRequest, *args: Any, **kwargs: Any) -> datetime | None:
    return _state()[1]


# --- catalogues of data -----------------------------------------------------------------------------------------------


@require_safe
@open_to_all
@gzip_page
@condition(last_modified_func=_last_modified)
@cache_control(max_age=AN_HOUR)
def json_ld(request: HttpRequest) -> HttpResponse:
    return HttpResponse(linked_data.as_json_ld(catalogue.things(_state()[1])), content_type="application/ld+json")


@require_safe
@open_to_all
@gzip_page
@condition(last_modified_func=_last_modified)
@cache_control(max_age=AN_HOUR)
def turtle(request: HttpRequest) -> HttpResponse:
    text = linked_data.as_turtle(catalogue.things(_state()[1]))
    return HttpResponse(text, content_type="text/turtle; charset=utf-8")


# --- sitemaps ---------------------------------------------------------------------------------------------------------


def _xml(lines: Iterable[str]) -> StreamingHttpResponse:
    return StreamingHttpResponse(lines, content_type="application/xml; charset=utf-8")


@require_safe
@gzip_page
@cache_control(max_age=AN_HOUR)
def sitemap_index(request: HttpRequest) -> StreamingHttpResponse:
    index, changed_at = _state()
    return _xml(sitemaps.index_of(index, settings.SITE_URL, changed_at))


def as_sitemap(view: View) -> View:
    return require_safe(limited(DOWNLOADS)(gzip_page(cache_control(max_age=AN_HOUR)(view))))


@as_sitemap
def sitemap_pages(request: HttpRequest) -> StreamingHttpResponse:
    return _xml(sitemaps.urls(sitemaps.pages(_state()[0]), settings.SITE_URL))


@as_sitemap
def sitemap_municipalities(request: HttpRequest) -> StreamingHttpResponse:
    return _xml(sitemaps.urls(sitemaps.municipalities(), settings.SITE_URL))


@as_sitemap
def sitemap_projects(request: HttpRequest, part: int) -> StreamingHttpResponse:
    index, _changed_at = _state()
    if part not in sitemaps.parts(index):
        raise Http404
    return _xml(sitemaps.urls(sitemaps.projects(index, part), settings.SITE_URL))


# --- pictures for messengers and social networks ----------------------------------------------------------------------


@require_safe
@limited(SHARE_PICTURES)
@follows_merged
def share_picture(request: HttpRequest, pk: int) -> HttpResponse:
    """Drawn when it is asked for: whoever shows a link fetches it once and keeps it."""
    project = get_object_or_404(Project.objects.published().for_listing(), pk=pk)
    picture = share_pictures.of_project(tuple(project.topic_slugs), pk, project.title, project.lead.display_name)
    etag = f'"{hashlib.sha256(picture).hexdigest()[:32]}"'
    response = get_conditional_response(request, etag=etag) or HttpResponse(picture, content_type="image/png")
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = f"public, max-age={A_DAY}"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


# --- for browsers and robots ------------------------------------------------------------------------------------------


@require_safe
@cache_control(max_age=A_DAY)
def robots(request: HttpRequest) -> HttpResponse:
    codes = [code for code, _name in settings.LANGUAGES]
    closed = [f"Disallow: {in_language(path, code)}" for code in codes for path in NOT_FOR_ROBOTS]
    lines = ["User-agent: *", *closed, "Allow: /projekte/?page=", "", f"Sitemap: {catalogue.address('sitemap')}", ""]
    return _text(lines)


@require_safe
@cache_control(max_age=A_DAY)
def security(request: HttpRequest) -> HttpResponse:
    """https://www.rfc-editor.org/rfc/rfc9116 - who hears of a hole in this portal."""
    midnight = datetime.combine(timezone.localdate() + timedelta(days=SECURITY_DAYS), time.min, UTC)
    lines = [
        f"Contact: mailto:{settings.OPERATOR_EMAIL}",
        f"Expires: {midnight:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: de, en",
        f"Canonical: {catalogue.address('security')}",
        "",
    ]
    return _text(lines)


def _text(lines: Iterable[str]) -> HttpResponse:
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(max_age=A_DAY)
def opensearch(request: HttpRequest) -> HttpResponse:
    kind = "application/opensearchdescription+xml"
    return render(request, "pages/opensearch.xml", {"site_url": settings.SITE_URL, "name": NAME}, content_type=kind)


@require_safe
@cache_control(max_age=A_DAY)
def manifest(request: HttpRequest) -> JsonResponse:
    """https://www.w3.org/TR/appmanifest/ - how the portal looks among the apps of a phone."""
    icons = [
        {"src": static(f"img/{name}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for name, size, purpose in (
            ("sign-192", 192, "any"),
            ("sign-512", 512, "any"),
            ("sign-maskable-512", 512, "maskable"),
        )
    ]
    content = {
        "name": NAME,
        "short_name": "Mosaik",
        "description": _("Integrationsprojekte niedersächsischer Kommunen finden, vergleichen und nachmachen"),
        "lang": "de",
        "dir": "ltr",
        "id": "/",
        "start_url": "/",
        "scope": "/",
        "display": "browser",
        "background_color": "#ffffff",
        "theme_color": "#1f4481",
        "icons": icons,
    }
    return JsonResponse(content, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False})
