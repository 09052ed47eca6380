"""The register with the projects of each body."""

from dataclasses import dataclass
from decimal import Decimal
from operator import itemgetter

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.formats import date_format as format_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from municipalities.indicators import INDICATORS
from municipalities.models import Municipality
from municipalities.similarity_weights import Weights
from projects import cards, facets, likeness, page_states, text_versions
from projects.bitmaps import newest_first
from projects.models import Project
from projects.search import fold

from .index_state import index_of
from .kept_pages import kept_while
from .redirects import moved

SHOWN = 50
CARDS = 6
EXAMPLES = 3


@dataclass(frozen=True)
class FigureRow:
    """One line of the table of figures; `date` is the text of the day or year."""

    label: str
    value: Decimal | float | int | None
    decimals: int
    unit: str
    date: str
    source: str
    note: str = ""


@require_safe
def municipality_list(request: HttpRequest) -> HttpResponse:
    index = index_of(request)
    text = request.GET.get("q", "").strip()[:100]
    found = Municipality.objects.matching(fold(text), text) if text else Municipality.objects.none()
    return render(
        request,
        "municipalities/municipality_list.html",
        {
            "q": text,
            "total": found.count() if text else 0,
            "results": with_project_counts(found[:SHOWN], index),
            "counties": index.tiles(index.select({}, None)),
        },
    )


@require_safe
@kept_while(page_states.of_municipality)
def municipality_detail(request: HttpRequest, key: str, slug: str = "") -> HttpResponse:
    body = get_object_or_404(Municipality.objects.for_page(), key=key)
    index = index_of(request)
    if (heir := index.labels.heir_of(key)) or slug != body.slug:
        return moved(request, (heir or body).get_absolute_url())
    numbers = index.select({"municipality": {key}}, None).numbers
    return render(
        request,
        "municipalities/municipality_detail.html",
        {
            "body": body,
            "ancestors": ancestors(body),
            "cards": cards.plain_cards(index.version, newest_first(numbers, 0, CARDS)),
            "total": len(numbers),
            "children": with_project_counts(body.children.all(), index),
            "predecessors": body.predecessors.all(),
            "heirs": Municipality.objects.existing().inheriting_members_of(body) if body.closed_on else [],
            "figures": figure_rows(body),
            "missing": missing_labels(body),
            "examples": examples(body, index),
            "enquiries": body.enquiries.published(timezone.localdate()).for_listing(),
        },
        status=410 if body.closed_on else 200,
    )


@dataclass(frozen=True)
class Examples:
    """Projects of the bodies that are most alike to `like.body`, each with its `match`.

    That is the body whose page it is or, where nothing is near that, its Samtgemeinde (`is_joint`). `total` counts the
    projects of bodies that are alike enough for the list; the nearest may be further away (`are_far`).
    """

    like: likeness.Likeness
    projects: list[Project]
    total: int
    is_joint: bool
    are_far: bool


def examples(body: Municipality, index: facets.FacetIndex) -> Examples | None:
    """None for a body that is not compared, or no longer there: then its successor's page has them."""
    own = None if body.closed_on else likeness.find(index.labels.bodies[body.key], Weights(), index.labels)
    if own is None:
        return None
    led = index.bitmaps.get("lead", {})
    like, best = own, own.best(led)
    if best < likeness.DEFAULT_MINIMUM:
        joint = [above for above in likeness.above(own) if not above.is_county_level]
        like, best = max(((each, each.best(led)) for each in (own, *joint)), key=itemgetter(1))
    numbers = index.select({"like": like.leads(0)}).page("similarity", (), 1, EXAMPLES, like.in_order())
    found = {row.publication_number: row for row in Project.objects.published().number_in(numbers).for_listing()}
    projects = [found[number] for number in numbers if number in found]
    text_versions.tell_heads(projects)
    for project in projects:
        project.match = like.match_of(project.lead.key)
    total = index.select({"like": like.leads(likeness.DEFAULT_MINIMUM)}).total
    return Examples(like, projects, total, like is not own, best < likeness.DEFAULT_MINIMUM)


def with_project_counts(bodies, index: facets.FacetIndex) -> list[Municipality]:
    """The bodies with `project_count`: projects of the body and its members."""
    bodies = list(bodies)
    for body in bodies:
        body.project_count = index.count("municipality", body.key)
    return bodies


def ancestors(body: Municipality) -> list[Municipality]:
    """County, then Samtgemeinde, above the body."""
    return [] if body.is_county_level else [body.county, *([body.parent] if body.parent_id != body.county_id else [])]


def figure_rows(body: Municipality) -> list[FigureRow]:
    """What is known about the body in figures, each with date and source; unknown figures are no rows."""
    register = _("Gemeindeverzeichnis GV-ISys (Destatis)")
    rows = [
        FigureRow(_("Einwohner"), body.population, 0, "", format_date(body.population_date), register),
        FigureRow(_("Fläche"), body.area_km2, 2, "km²", format_date(body.keys_date), register),
        FigureRow(_("Einwohner je km²"), body.density, 0, "", format_date(body.population_date), register),
    ]
    latest = {figure.indicator: figure for figure in sorted(body.figures.all(), key=lambda figure: figure.year)}
    for indicator in INDICATORS:
        if figure := latest.get(indicator.code):
            rows.append(
                FigureRow(
                    indicator.label,
                    figure.value,
                    indicator.decimals,
                    indicator.unit,
                    str(figure.year),
                    indicator.source,
                    indicator.note,
                )
            )
    return [row for row in rows if row.value is not None]


def missing_labels(body: Municipality) -> list[str]:
    """Indicators of the register without a value for this body; many exist for larger bodies only."""
    present = {figure.indicator for figure in body.figures.all()}
    return [str(indicator.label) for indicator in INDICATORS if indicator.code not in present]
