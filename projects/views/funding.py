"""Where the money comes from, and the topics: pages that collect projects."""

from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from projects import cards, funded, funding_check
from projects.deadlines import calendar
from projects.filter_parts import PAGE_SIZE, LongPaginator
from projects.filters import ProjectFilter
from projects.models import (
    Enquiry,
    FundingLevel,
    FundingProgramme,
    FundingSource,
    Page,
    PageText,
    Project,
    Topic,
)

from .downloads import csv_response
from .index_state import index_of
from .redirects import moved

ENQUIRIES = 5


@require_safe
def funding_list(request: HttpRequest) -> HttpResponse:
    index = index_of(request)
    programmes = list(FundingProgramme.objects.all())
    for programme in programmes:
        programme.project_count = index.count("programme", str(programme.pk))
    sources = list(FundingSource.objects.filter(pk__in=funded.payers(index, "source")))
    funded.tell_projects(index, "source", sources)
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
            "sources": sources,
        },
    )


@require_safe
def programme_detail(request: HttpRequest, slug: str) -> HttpResponse:
    programme = get_object_or_404(FundingProgramme.objects.called(slug).for_check().prefetch_related("references"))
    if slug != programme.slug:
        return moved(request, programme.get_absolute_url())
    return render(
        request,
        "projects/programme_detail.html",
        {"programme": programme, **paid_for(request, "programme", programme.pk)},
    )


@require_safe
def source_detail(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """Only of those that pay for something published: a draft must not show that it exists by whom it names."""
    source = get_object_or_404(FundingSource.objects.filter(pk__in=funded.payers(index_of(request), "source")), pk=pk)
    if slug != source.slug:
        return moved(request, source.get_absolute_url())
    return render(request, "projects/source_detail.html", {"source": source, **paid_for(request, "source", source.pk)})


def paid_for(request: HttpRequest, facet: funded.Facet, pk: int) -> dict[str, Any]:
    """A page of cards of the projects that this money pays for, the newest first."""
    index = index_of(request)
    numbers = funded.numbers_of(index, facet, pk)
    page = LongPaginator([*numbers][::-1], PAGE_SIZE).get_page(request.GET.get("page"))
    return {"page": page, "cards": cards.plain_cards(index.version, page.object_list)}


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
    programmes = [finding.programme for found in question.findings.values() for finding in found]
    funded.tell_projects(index_of(request), "programme", programmes)
    return render(
        request,
        "projects/funding_check.html",
        {
            "question": question,
            "groups": [{"verdict": verdict, "findings": found} for verdict, found in question.findings.items()],
            "total": len(programmes),
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
