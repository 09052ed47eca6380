"""Where the money comes from, and the topics: pages that collect projects."""

from itertools import groupby

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from projects import facets
from projects.filters import ProjectFilter
from projects.models import FundingLevel, FundingProgramme, FundingSource, Project, Status, Topic

PUBLISHED = Q(financings__project__status=Status.PUBLISHED)


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
            "levels": [{"label": FundingLevel(level).label, "programmes": list(group)} for level, group in by_level],
            "sources": [
                {"source": source, "projects": [Project(**row) for row in source.funded_projects]}
                for source in FundingSource.objects.with_published_projects()
            ],
        },
    )


@require_safe
def programme_detail(request: HttpRequest, slug: str) -> HttpResponse:
    programme = get_object_or_404(FundingProgramme.objects.prefetch_related("references"), slug=slug)
    projects = Project.objects.published().filter(financings__programme=programme).distinct()
    return render(
        request,
        "projects/programme_detail.html",
        {"programme": programme, "projects": projects.for_listing().order_by("-publication_number")},
    )


@require_safe
def topic_list(request: HttpRequest) -> HttpResponse:
    index = facets.current(facets.version())
    topics = list(Topic.objects.all())
    for topic in topics:
        topic.count = index.count("topic", topic.slug)
    return render(request, "projects/topic_list.html", {"topics": topics})


@require_safe
def topic_detail(request: HttpRequest, slug: str) -> HttpResponse:
    topic = get_object_or_404(Topic, slug=slug)
    parameters = QueryDict(mutable=True)
    parameters.update({"topic": slug, "page": request.GET.get("page", "1")})
    filterset = ProjectFilter(parameters, queryset=Project.objects.published())
    return render(
        request,
        "projects/topic_detail.html",
        {"topic": topic, "total": filterset.total, "page": filterset.page_of_projects},
    )
