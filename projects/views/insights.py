"""The evaluation pages: what a selection of projects says as a whole. Sums come from projects/insights/.

Every page has the frame of templates/insights/layout.html, which tells how to build another one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from projects import page_states
from projects.days import years_later
from projects.facets import Selection
from projects.filter_parts import LongPaginator
from projects.filters import ProjectFilter
from projects.insights import adoptions, ended, financing, obstacles, people, white_spots
from projects.insights.selection import Telling
from projects.models import FundedBy, Project

from .downloads import csv_response
from .index_state import index_of
from .kept_pages import kept_while


@dataclass(frozen=True)
class Insight:
    """An evaluation page: the name of its address, what menus call it, its question, and its figure on the overview."""

    address: str
    label: str | Promise
    question: str | Promise
    telling: Callable[[Selection], Telling] | None = None


OVERVIEW = Insight("projects:insights", _("Überblick"), _("Was das Mosaik als Ganzes sagt, und jede Auswahl daraus."))
FINANCING = Insight(
    "projects:financing",
    _("Finanzierungsmosaik"),
    _("Woher das Geld der Projekte kommt, wie lange es reicht und was als Nächstes endet."),
    financing.telling,
)
PEOPLE = Insight(
    "projects:staffing",
    _("Haupt- und Ehrenamt"),
    _("Wie viele bezahlte Stellen neben wie vielen Ehrenamtlichen stehen, und wo niemand bezahlt wird."),
    people.telling,
)
OBSTACLES = Insight(
    "projects:obstacles",
    _("Hürden"),
    _("Was im Weg steht, und wer es wegräumen könnte: das Signal an Land, Bund, EU und Kommunen."),
    obstacles.telling,
)
ENDED = Insight(
    "projects:ended",
    _("Was nicht funktioniert hat"),
    _("Warum Projekte endeten, was sie anderen raten und welches Geld sie am Ende hatten."),
    ended.telling,
)
WHITE_SPOTS = Insight(
    "projects:white_spots",
    _("Weiße Flecken"),
    _("Wofür das Mosaik noch kein Projekt hat, und wonach vergeblich gesucht wird."),
    white_spots.telling,
)
ADOPTIONS = Insight(
    "projects:adopted",
    _("Nachahmung"),
    _("Welche Projekte andere Kommunen übernommen haben, und wer was von wem."),
    adoptions.telling,
)
# In the order of the tabs; a page that is added here is linked from the overview, the tabs and the list of projects.
INSIGHTS = (FINANCING, PEOPLE, OBSTACLES, ENDED, WHITE_SPOTS, ADOPTIONS)


@dataclass(frozen=True)
class Link:
    label: str | Promise
    url: str
    is_current: bool = False


@dataclass(frozen=True)
class Frame:
    """What the layout of every evaluation page needs: the selection, the ways to its siblings, its numbers as CSV."""

    insight: Insight
    filter: ProjectFilter
    csv_url: str = ""

    @property
    def query(self) -> str:
        """The selection as a query string, without what only orders or shows the list."""
        return self.filter.selection_query

    @property
    def tabs(self) -> list[Link]:
        """This page and its siblings, over the same selection."""
        return [
            Link(each.label, with_query(each.address, self.query), each == self.insight)
            for each in (OVERVIEW, *INSIGHTS)
        ]

    @property
    def list_url(self) -> str:
        return with_query("projects:list", self.query)

    def list_with(self, **values: list[str]) -> str:
        """The list of the selection's projects that also have one of these values of a facet."""
        return with_query("projects:list", self.filter.query_of_selection(**values))

    @property
    def in_mosaic(self) -> int:
        """How many projects the whole mosaic has."""
        return len(self.filter.index.everything)

    @property
    def today(self) -> date:
        return self.filter.today


def with_query(address: str, query: str) -> str:
    url = reverse(address)
    return f"{url}?{query}" if query else url


def frame(request: HttpRequest, insight: Insight, csv: str = "") -> Frame:
    """The frame around a page over the selection that the query string asks for; `csv` names the address of its CSV."""
    chosen = ProjectFilter(request.GET, Project.objects.published(), index=index_of(request))
    framed = Frame(insight, chosen)
    return Frame(insight, chosen, with_query(csv, framed.query)) if csv else framed


def ways(chosen: ProjectFilter) -> list[Link]:
    """From the list of projects to the evaluations of the same selection."""
    return Frame(OVERVIEW, chosen).tabs[1:]


def page_of(request: HttpRequest, rows: QuerySet, count: int, size: int) -> Page:
    """The page of rows that the query string asks for; how many there are is known already."""
    paginator = LongPaginator(rows, size)
    paginator.count = count
    return paginator.get_page(request.GET.get("page"))


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    framed = frame(request, OVERVIEW)
    teasers = [
        (insight, with_query(insight.address, framed.query), insight.telling(framed.filter.result))
        for insight in INSIGHTS
        if insight.telling
    ]
    return render(request, "insights/overview.html", {"frame": framed, "teasers": teasers})


def places(framed: Frame, sums: financing.Money | people.People) -> list[tuple[str, list[tuple[Any, str]]]]:
    """The lines by size class and by county, each with the way to its projects."""
    groups = (
        (_("Größe der Kommune"), "size", sums.sizes),
        (_("Landkreis oder kreisfreie Stadt"), "county", sums.counties),
    )
    return [
        (caption, [(line, framed.list_with(**{facet: [line.value]})) for line in lines])
        for caption, facet, lines in groups
    ]


@require_safe
@kept_while(page_states.of_mosaic)
def financing_page(request: HttpRequest) -> HttpResponse:
    framed = frame(request, FINANCING, "projects:financing_csv")
    money = financing.overview(framed.filter.result)
    return render(
        request,
        "insights/financing.html",
        {
            "frame": framed,
            "money": money,
            "tables": [(label, money.tables[way]) for way, (_choices, label) in financing.WAYS.items()],
            "within_12": len(money.ending_until(years_later(framed.today, 1))),
            "within_24": len(money.ending_until(years_later(framed.today, 2))),
            "rows": financing.ending_rows(money, framed.today),
            "listed": financing.LISTED,
            "limited_url": framed.list_with(financing=[FundedBy.TIME_LIMITED]),
            "places": places(framed, money),
        },
    )


@require_safe
def financing_csv(request: HttpRequest) -> StreamingHttpResponse:
    money = financing.overview(frame(request, FINANCING).filter.result)
    return csv_response("finanzierungsmosaik", financing.HEADER, financing.table(money))


@require_safe
@kept_while(page_states.of_mosaic)
def people_page(request: HttpRequest) -> HttpResponse:
    framed = frame(request, PEOPLE, "projects:staffing_csv")
    sums = people.overview(framed.filter.result)
    without_post, post_unknown = people.without_coordination(sums)
    return render(
        request,
        "insights/people.html",
        {
            "frame": framed,
            "people": sums,
            "places": places(framed, sums),
            "without_post": without_post,
            "post_unknown": post_unknown,
            "rate": settings.VOLUNTEER_HOUR_RATE,
            "rate_source": settings.VOLUNTEER_HOUR_SOURCE,
        },
    )


@require_safe
def people_csv(request: HttpRequest) -> StreamingHttpResponse:
    sums = people.overview(frame(request, PEOPLE).filter.result)
    return csv_response("haupt-und-ehrenamt", people.HEADER, people.table(sums))
