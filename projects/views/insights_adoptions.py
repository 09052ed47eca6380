"""Nachahmung over any selection: who took over most, the longest chains, every statement, the same as a table."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from projects.insights import adoptions

from .downloads import csv_response
from .insights import ADOPTIONS, frame

PAGE_SIZE = 24


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    framed = frame(request, ADOPTIONS, csv="projects:adopted_csv")
    found = adoptions.survey(framed.filter.result)
    page = Paginator(found.rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"frame": framed, "found": found, "page": page, "list_url": framed.list_with(adopted=["yes"])}
    return render(request, "insights/adoptions.html", context)


@require_safe
def table(request: HttpRequest) -> StreamingHttpResponse:
    found = adoptions.survey(frame(request, ADOPTIONS).filter.result)
    return csv_response("nachahmung", adoptions.HEADER, adoptions.table(found))
