"""The Merkliste and the comparison: which projects, stands in the address and nowhere else."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from projects import comparison, keeping, text_versions
from projects.models import Project

from .downloads import csv_response


@require_safe
def kept(request: HttpRequest) -> HttpResponse:
    if request.GET.getlist("add"):
        return redirect(_with_added(request))
    found = keeping.read(request.GET.getlist("id"), Project.objects.published().for_listing(), most=keeping.MOST_KEPT)
    text_versions.tell_heads(found.projects)
    return render(
        request,
        "keeping/kept.html",
        {
            "kept": found,
            "rows": [{"project": project, "without": found.query_without(project.pk)} for project in found.projects],
            "address": settings.SITE_URL + reverse("projects:kept") + "?" + found.query,
            "most": keeping.MOST_KEPT,
            "most_compared": keeping.MOST_COMPARED,
        },
    )


def _with_added(request: HttpRequest) -> str:
    """The address of the list with what was typed; what cannot be read is named there."""
    added = [text.strip() for text in request.GET.getlist("add")]
    values = [*request.GET.getlist("id"), *(str(keeping.number_in(text) or text) for text in added if text)]
    return reverse("projects:kept") + "?" + keeping.query_of(values)


@require_safe
def kept_csv(request: HttpRequest) -> HttpResponse:
    found = keeping.read(request.GET.getlist("id"), Project.objects.published().for_detail(), most=keeping.MOST_KEPT)
    head, rows = comparison.records(found.projects, lambda project: settings.SITE_URL + project.get_absolute_url())
    return csv_response("merkliste", head, rows)


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    found = _compared(request)
    only_differences = request.GET.get("only") == "differences"
    return render(
        request,
        "keeping/compare.html",
        {
            "kept": found,
            "columns": [
                {"letter": letter, "project": project, "without": found.query_without(project.pk)}
                for letter, project in zip(comparison.LETTERS, found.projects, strict=False)
            ],
            "groups": comparison.groups(found.projects, only_differences=only_differences) if found.projects else [],
            "unknown": comparison.unknown_labels(found.projects) if found.projects else [],
            "only_differences": only_differences,
            "most": keeping.MOST_COMPARED,
        },
    )


@require_safe
def compare_csv(request: HttpRequest) -> HttpResponse:
    head, rows = comparison.table(_compared(request).projects)
    return csv_response("vergleich", head, rows)


def _compared(request: HttpRequest) -> keeping.Kept:
    projects = Project.objects.published().for_detail()
    return keeping.read(request.GET.getlist("id"), projects, most=keeping.MOST_COMPARED)
