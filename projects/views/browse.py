"""What every visitor may read: home, the list of projects, a project, its council paper and its Leichte Sprache."""

from functools import partial
from itertools import groupby

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from projects import adoptions, cards, chains, facets, fruitless_searches, page_states, text_versions
from projects.filters import ProjectFilter
from projects.insights import figures
from projects.models import Project, Status, TextLanguage

from . import insights
from .index_state import index_of
from .kept_pages import kept_while
from .redirects import follows_merged, moved

NEWEST = 6
WALL = 40
SIMILAR = 3
GONE = (Status.WITHDRAWN, Status.ARCHIVED)


@require_safe
@kept_while(page_states.of_mosaic)
def home(request: HttpRequest) -> HttpResponse:
    index = index_of(request)
    everything = index.select({}, None)
    wall = list(Project.objects.published().for_listing().order_by("-publication_number")[:WALL])
    text_versions.tell_heads(wall)
    return render(
        request,
        "projects/home.html",
        {
            "figures": figures.mosaic_figures(index),
            "topics": index.options("topic", everything),
            "counties": index.tiles(everything),
            "wall": wall,
            "newest": wall[:NEWEST],
        },
    )


@require_safe
def project_list(request: HttpRequest) -> HttpResponse:
    """What is searched for is not kept: there are as many texts as readers, and those without a hit are counted."""
    return _found(request) if request.GET.get("q") else _listed(request)


def _found(request: HttpRequest) -> HttpResponse:
    filterset = ProjectFilter(request.GET, Project.objects.published(), index=index_of(request))
    fruitless_searches.notice(request, filterset)
    return render(
        request,
        "projects/project_list.html",
        {
            "filter": filterset,
            "page": filterset.page_of_projects,
            "is_map": request.GET.get("view") == "map",
            "evaluations": partial(insights.ways, filterset),  # the page seldom needs to ask for them
        },
    )


_listed = kept_while(page_states.of_mosaic)(_found)


@require_safe
@kept_while(page_states.of_project)
def project_detail(request: HttpRequest, pk: int, slug: str = "") -> HttpResponse:
    visible = chains.with_chain(Project.objects.filter(status__in=(Status.PUBLISHED, *GONE)).for_detail())
    visible = text_versions.with_versions(visible)
    project = get_object_or_404(facets.with_version(visible), pk=pk)
    if project.duplicate_of_id:
        return moved(request, project.duplicate_of.get_absolute_url())
    if project.status in GONE:
        return gone(request, project)
    if slug != project.slug:
        return moved(request, project.get_absolute_url())
    text_versions.tell(project)
    return render(
        request,
        "projects/project_detail.html",
        {
            "project": project,
            "series": series(project),
            "similar": similar(project),
            "chain": chains.chain_of(project),
            "own": adoptions.own(request.user, project),
        },
    )


@require_safe
@follows_merged
def council_paper(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    project = get_object_or_404(Project.objects.published().for_detail(), pk=pk)
    if slug != project.slug:
        return moved(request, reverse("projects:council_paper", args=[pk, project.slug]))
    return render(
        request,
        "projects/council_paper.html",
        {"project": project, "url": settings.SITE_URL + project.get_absolute_url(), "today": timezone.localdate()},
    )


@require_safe
@follows_merged
def easy_project(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """The version in Leichte Sprache, with what its readers need and nothing else."""
    project = get_object_or_404(text_versions.with_versions(Project.objects.published().for_listing()), pk=pk)
    versions = {version.language: version for version in text_versions.versions_of(project)}
    if TextLanguage.SIMPLE not in versions:
        raise Http404
    if slug != project.slug:
        return moved(request, reverse("projects:easy_project", args=[pk, project.slug]))
    return render(request, "projects/easy_project.html", {"project": project, "version": versions[TextLanguage.SIMPLE]})


def gone(request: HttpRequest, project: Project) -> HttpResponse:
    """The page of a project that left the mosaic: 410, with the reason if one was given to the public."""
    context = {"reason": project.withdrawal_reason, "withdrawn_at": project.withdrawn_at}
    return render(request, "410.html", context, status=410)


def series(project: Project) -> list[dict[str, object]]:
    """Key figures of the same name and unit as one line over time, in the order of their first row."""
    rows = list(project.key_figures.all())
    first = {}
    for row in rows:
        first.setdefault((row.name, row.unit), row.position)
    rows.sort(key=lambda row: (first[row.name, row.unit], row.name, row.unit, row.measured_on))
    return [
        {"name": name, "unit": unit, "rows": list(group)}
        for (name, unit), group in groupby(rows, key=lambda row: (row.name, row.unit))
    ]


def similar(project: Project) -> list[SafeString]:
    """Cards of published projects that share the most topics and target groups with this one, read `with_version`."""
    index = facets.current(project.index_version)
    return cards.plain_cards(index.version, index.similar(project.publication_number, SIMILAR))
