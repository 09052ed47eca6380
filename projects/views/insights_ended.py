"""What did not work: ended projects with their reasons and their advice."""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from projects import page_states
from projects.filter_parts import LongPaginator
from projects.insights import ended
from projects.insights.ended import CAUSES, UNKNOWN

from .downloads import csv_response
from .insights import ENDED, frame, with_query
from .kept_pages import kept_while

PAGE_SIZE = 12


@require_safe
@kept_while(page_states.of_mosaic)
def overview(request: HttpRequest) -> HttpResponse:
    framed = frame(request, ENDED, csv="projects:ended_csv")
    cause = cause_in(request)
    found = ended.survey(framed.filter.result, cause)
    page = LongPaginator(range(len(found.numbers)), PAGE_SIZE).get_page(request.GET.get("page"))
    page.object_list = ended.projects(found.listed(page.object_list))
    return render(
        request,
        "insights/ended.html",
        {
            "frame": framed,
            "ended": found,
            "page": page,
            "cause": cause,
            "cause_label": CAUSES.get(cause),
            "all_url": with_query("projects:ended", framed.query),
            "cause_urls": [
                (line, with_query("projects:ended", _with_cause(framed.query, line))) for line in found.causes
            ],
        },
    )


def cause_in(request: HttpRequest) -> str | None:
    """The cause that the query string asks for; None for all, also where there is no such cause."""
    asked = request.GET.get("cause", "")
    cause = "" if asked == UNKNOWN else asked
    return cause if asked and cause in CAUSES else None


def _with_cause(query: str, line: ended.Line) -> str:
    return "&".join(part for part in (query, f"cause={line.in_address}") if part)


@require_safe
def table(request: HttpRequest) -> HttpResponse:
    found = ended.survey(frame(request, ENDED).filter.result)
    header = [_("Grund für das Ende"), _("Projekte"), _("davon nur mit befristetem Geld"), _("davon mit Ratschlag")]

    def rows() -> Iterator[list[object]]:
        for line in (*found.causes, found.total):
            yield [line.label, line.projects, line.only_limited, line.advise]

    return csv_response("beendete-projekte", header, rows())
