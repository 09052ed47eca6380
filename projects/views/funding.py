"""Where the money comes from, and the topics: pages that collect projects."""

from itertools import groupby

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from projects import funding_check
from projects.deadlines import calendar
from projects.filters import ProjectFilter
from projects.models import (
    Enquiry,
    FundingLevel,
    FundingProgramme,
    FundingSource,
    Page,
    PageText,
    Project,
    Status,
    Topic,
)

from .downloads import csv_response
from .index_state import index_of
from .redirects import moved

PUBLISHED = Q(financings__project__status=Status.PUBLISHED)
ENQUIRIES = 5


@require_safe
def funding_list(request: HttpRequest) -> HttpResponse:
    programmes = FundingProgramme.objects.annotate(
        project_count=Count("financings__project", filter=PUBLISHED, distinct=True)
    )
    order = list(FundingLevel.values)
    by_level = groupby(
        sorted(programmes, key=lambda programme: order.index(programme.level)), key=lambda programme: programme.level
    )
    return render(
        request,
        "projects/funding_list.html",
        {
            "page_text": PageText.objects.on(Page.FUNDING),
            "levels": [{"label": FundingLevel(level).label, "programmes": list(group)} for level, group in by_level],
            "sources": [
                {"source": source, "projects": [Project(**row) for row in source.funded_projects]}
                for source in FundingSource.objects.with_published_projects()
            ],
        },
    )


@require_safe
def programme_detail(request: HttpRequest, slug: str) -> HttpResponse:
    programme = get_object_or_404(FundingProgramme.objects.called(slug).for_check().prefetch_related("references"))
    if slug != programme.slug:
        return moved(request, programme.get_absolute_url())
    projects = Project.objects.published().filter(financings__programme=programme).distinct()
    return render(
        request,
        "projects/programme_detail.html",
        {"programme": programme, "projects": projects.for_listing().order_by("-publication_number")},
    )


@require_safe
def topic_list(request: HttpRequest) -> HttpResponse:
    index = index_of(request)
    topics = list(Topic.objects.all())
    for topic in topics:
        topic.count = index.count("topic", topic.slug)
    return render(request, "projects/topic_list.html", {"topics": topics})


@require_safe
def topic_detail(request: HttpRequest, slug: str) -> HttpResponse:
    topic = get_object_or_404(Topic.objects.called(slug))
    if slug != topic.slug:
        return moved(request, topic.get_absolute_url())
    parameters = QueryDict(mutable=True)
    parameters.update({"topic": slug, "page": request.GET.get("page", "1")})
    filterset = ProjectFilter(parameters, queryset=Project.objects.published())
    return render(
        request,
        "projects/topic_detail.html",
        {
            "topic": topic,
            "filter": filterset,
            "total": filterset.total,
            "page": filterset.page_of_projects,
            "enquiries": Enquiry.objects.published(timezone.localdate()).filter(topics=topic).for_listing()[:ENQUIRIES],
        },
    )


@require_safe
def check(request: HttpRequest) -> HttpResponse:
    question = _question(request)
    return render(
        request,
        "projects/funding_check.html",
        {
            "question": question,
            "groups": [{"verdict": verdict, "findings": found} for verdict, found in question.findings.items()],
            "total": sum(len(found) for found in question.findings.values()),
        },
    )


@require_safe
def check_csv(request: HttpRequest) -> HttpResponse:
    head, rows = funding_check.table(_question(request))
    return csv_response("foerder-check", head, rows)


def _question(request: HttpRequest) -> funding_check.Question:
    return funding_check.Question(request.GET, index_of(request).labels, timezone.localdate())


@require_safe
def deadlines(request: HttpRequest) -> HttpResponse:
    """The known deadlines as a calendar to subscribe to."""
    text = calendar(FundingProgramme.objects.with_deadline())
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = 'inline; filename="foerderfristen.ics"'
    return response
