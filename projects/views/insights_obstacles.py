"""Obstacles over any selection, the register that moderators make of them, and the report for handing over."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from projects import page_states
from projects.insights import obstacles
from projects.insights.matrix import Matrix, matrix
from projects.insights.obstacles import LEVELS, NO_LEVEL, Count, LevelPart, Survey
from projects.models import Obstacle, ObstacleCategory, SharedObstacle

from .downloads import csv_response
from .insights import OBSTACLES, Frame, frame, page_of, with_query
from .kept_pages import kept_while
from .redirects import moved

PAGE_SIZE = 40
IN_REPORT = 400  # cases that a report tells at most; it says how many it leaves out
TOLD_EACH = 12  # of one entry or group


def surveyed(framed: Frame) -> Survey:
    """Where the selection names obstacles or levels, only those obstacles count, not all others of their projects."""
    chosen = framed.filter.chosen
    return obstacles.survey(framed.filter.result, chosen.get("obstacle", ()), chosen.get("obstacle_level", ()))


@require_safe
@kept_while(page_states.of_mosaic)
def overview(request: HttpRequest) -> HttpResponse:
    framed = frame(request, OBSTACLES, csv="projects:obstacles_csv")
    survey = surveyed(framed)
    return render(
        request,
        "insights/obstacles.html",
        {
            "frame": framed,
            "survey": survey,
            "matrix": by_category_and_level(survey),
            "report_url": with_query("projects:obstacle_report", framed.query),
            "cases_url": with_query("projects:obstacle_cases_csv", framed.query),
        },
    )


def by_category_and_level(survey: Survey) -> Matrix:
    """A field leads to the page that collects its obstacles."""
    categories = {line.value: line for line in survey.categories}
    levels = {part.level: part for part in survey.levels}

    def total(category: str, level: str) -> int:
        return (categories[category] if category else levels[level]).count.obstacles

    return matrix(
        {value: line.label for value, line in categories.items()},
        LEVELS,
        lambda category, level: survey.fields.get((category, level), 0),
        group_url,
        lambda category, level: total(category, level) if category or level in levels else 0,
    )


def group_url(category: str, level: str) -> str:
    return reverse("projects:obstacle_group", args=[category, level or NO_LEVEL])


# --- one entry, one kind ----------------------------------------------------------------------------------------------


@require_safe
def shared_obstacle(request: HttpRequest, pk: int, slug: str = "") -> HttpResponse:
    entry = get_object_or_404(SharedObstacle.objects.select_related("category", "merged_into"), pk=pk)
    if entry.merged_into:
        return moved(request, entry.merged_into.get_absolute_url())
    if slug != entry.slug:
        return moved(request, entry.get_absolute_url())
    rows = obstacles.of_entry(entry)
    count = obstacles.tally_of(rows)
    context = {"entry": entry, "count": count, "page": page_of(request, rows, count.obstacles, PAGE_SIZE)}
    return render(request, "insights/shared_obstacle.html", context)


@require_safe
def obstacle_group(request: HttpRequest, category: str, level: str) -> HttpResponse:
    """What is named about one category at one level: the entries of the register, then what is in none."""
    if (known := "" if level == NO_LEVEL else level) not in LEVELS or not level:
        raise Http404
    term = get_object_or_404(ObstacleCategory.objects.called(category))
    if category != term.slug:
        return moved(request, reverse("projects:obstacle_group", args=[term.slug, level]))
    rows = obstacles.of_group(category, known)
    count = obstacles.tally_of(rows)
    context = {
        "category": term,
        "level": known,
        "level_label": LEVELS[known],
        "entries": SharedObstacle.objects.filter(category=term, level=known, merged_into=None),
        "count": count,
        "page": page_of(request, rows, count.obstacles, PAGE_SIZE),
    }
    return render(request, "insights/obstacle_group.html", context)


# --- the report -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """An entry or a group in the report, with its first cases and how many more there are."""

    heading: str | Promise
    entry: SharedObstacle | None
    count: Count
    cases: list[Obstacle]

    @property
    def left_out(self) -> int:
        return self.count.obstacles - len(self.cases)


@dataclass(frozen=True)
class Chapter:
    part: LevelPart
    told: list[Told]


@require_safe
def report(request: HttpRequest) -> HttpResponse:
    framed = frame(request, OBSTACLES)
    survey = surveyed(framed)
    level = request.GET.get("level", "")
    parts = [part for part in survey.levels if not level or (part.level or NO_LEVEL) == level]
    chapters = list(written(parts, framed))
    return render(
        request,
        "insights/obstacle_report.html",
        {
            "frame": framed,
            "survey": survey,
            "chapters": chapters,
            "levels": [(part.level or NO_LEVEL, part.label) for part in survey.levels],
            "level": level,
            "back": with_query("projects:obstacles", framed.query),
            "address": settings.SITE_URL + with_query("projects:obstacles", framed.query),
        },
    )


def written(parts: list[LevelPart], framed: Frame) -> Iterator[Chapter]:
    """The chapters with their cases, which one query reads."""
    found: defaultdict[tuple[str, int, str], list[Obstacle]] = defaultdict(list)
    for row in islice(obstacles.cases(framed.filter.result), IN_REPORT):
        listed = found[row.its_level, row.entry, "" if row.entry else row.its_category]
        if len(listed) < TOLD_EACH:
            listed.append(row)
    for part in parts:
        told = [
            Told(line.entry.title, line.entry, line.count, found[part.level, line.entry.pk, ""])
            for line in part.entries
        ]
        told += [
            Told(group.category_label, None, group.count, found[part.level, 0, group.category]) for group in part.groups
        ]
        yield Chapter(part, told)


# --- numbers ----------------------------------------------------------------------------------------------------------


@require_safe
def table(request: HttpRequest) -> HttpResponse:
    """One line an entry or group, as the page lists them."""
    survey = surveyed(frame(request, OBSTACLES))
    header = [
        *(_("Ebene"), _("Art der Hürde"), _("Eintrag im Register"), _("Hürden"), _("Projekte"), _("Kommunen")),
        *(_("mit Ausweg"), _("offen"), _("vorgetragen"), _("gelöst"), _("Stand nicht genannt")),
    ]

    def rows() -> Iterator[list[object]]:
        for part in survey.levels:
            for line in part.entries:
                yield [part.label, line.entry.category.name, line.entry.title, *numbers(line.count)]
            for group in part.groups:
                yield [part.label, group.category_label, "", *numbers(group.count)]

    return csv_response("huerden", header, rows())


def numbers(count: Count) -> list[int]:
    counted = [count.obstacles, count.projects, count.municipalities, count.ways_out]
    return [*counted, count.open, count.raised, count.solved, count.silent]


@require_safe
def cases_table(request: HttpRequest) -> HttpResponse:
    """One line an obstacle."""
    framed = frame(request, OBSTACLES)
    labels: Mapping[str, str | Promise] = framed.filter.index.labels.choices["obstacle"]
    states = {**dict(SharedObstacle._meta.get_field("state").choices), "": ""}
    header = [
        *(_("Kommune"), _("Schlüssel"), _("Projekt"), _("Adresse"), _("Ebene"), _("Art der Hürde"), _("Hürde")),
        *(_("Ausweg"), _("Stand"), _("Eintrag im Register")),
    ]
    rows = (
        [
            *(row.project.lead.display_name, row.project.lead.key, row.project.title),
            *(settings.SITE_URL + row.project.get_absolute_url(), LEVELS[row.its_level], labels.get(row.its_category)),
            *(row.text, row.workaround, states[row.its_state], row.shared.title if row.shared else ""),
        ]
        for row in obstacles.cases(framed.filter.result).iterator(chunk_size=500)
    )
    return csv_response("huerden-faelle", header, rows)
