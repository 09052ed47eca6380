"""The mosaic for other programs: a selection as a table, everything as one download, the codebook."""

from collections.abc import Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from projects import facets
from projects.filters import ProjectFilter
from projects.limits import Window
from projects.models import Project
from projects.open_data import codebook, download, project_table, records
from projects.open_data.columns import Choices

from .downloads import csv_response
from .index_state import index_of
from .rates import limited

DOWNLOADS = Window("download", most=60, seconds=600)


@require_safe
@limited(DOWNLOADS)
@gzip_page
def project_csv(request: HttpRequest, *, for_programs: bool = False) -> HttpResponse:
    """The projects that the query string selects, in the order of their publication."""
    selected = ProjectFilter(request.GET, Project.objects.published(), index=index_of(request))
    found = records.records(selected.result.numbers)
    rows = project_table.rows(found, selected.index.labels.choices, for_programs=for_programs)
    head = project_table.head(for_programs=for_programs)
    response = csv_response(f"projekte-{timezone.localdate():%Y-%m-%d}", head, rows, for_programs=for_programs)
    response["Link"] = f'<{settings.SITE_URL}{reverse("projects:codebook")}>; rel="describedby"'
    return response


@require_safe
@limited(DOWNLOADS)
def whole_mosaic(request: HttpRequest) -> HttpResponse:
    now = timezone.localtime()
    pieces = download.pieces(index_of(request), now, settings.SITE_URL)
    name = f"integrationsmosaik-{now:%Y-%m-%d}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(pieces, content_type="application/zip", headers=headers)


@require_safe
def codebook_page(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/codebook.html", {"entries": codebook.entries(_vocabularies())})


@require_safe
def codebook_csv(request: HttpRequest) -> HttpResponse:
    return csv_response("codebuch", codebook.HEAD, codebook.rows(_vocabularies()))


def _vocabularies() -> Mapping[str, Choices]:
    return facets.current(facets.version()).labels.choices
