"""White spots: what the mosaic has no project for, and what readers looked for in vain."""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from projects.insights import white_spots
from projects.insights.matrix import Matrix
from projects.insights.white_spots import By
from projects.models import FruitlessSearch

from .downloads import csv_response
from .insights import WHITE_SPOTS, Frame, Link, frame, with_query

LIST = "list"


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    framed, by = frame(request, WHITE_SPOTS), by_in(request)
    is_list = request.GET.get("as") == LIST
    return render(
        request,
        "insights/white_spots.html",
        {
            "frame": framed,
            "by": By(by),
            "matrix": matrix_of(framed, by),
            "is_list": is_list,
            "ways": [Link(way.label, address(framed, way, is_list), way == by) for way in By],
            "shapes": [
                Link(label, address(framed, by, as_list), as_list == is_list)
                for label, as_list in ((_("Tabelle"), False), (_("Liste"), True))
            ],
            "csv_url": address(framed, by, name="projects:white_spots_csv"),
            "searches": white_spots.vain_searches(framed.today),
            "shown_from": FruitlessSearch.SHOWN_FROM,
            "kept_days": FruitlessSearch.KEPT_FOR.days,
        },
    )


def by_in(request: HttpRequest) -> str:
    asked = request.GET.get("by", "")
    return asked if asked in By.values else By.SIZE


def address(framed: Frame, by: str, is_list: bool = False, name: str = WHITE_SPOTS.address) -> str:
    """The shortest one: what is usual is not said."""
    more = [f"by={by}"] if by != By.SIZE else []
    more += [f"as={LIST}"] if is_list else []
    return with_query(name, "&".join([framed.query, *more] if framed.query else more))


def matrix_of(framed: Frame, by: str) -> Matrix:
    """Each field leads to its projects: the list with both filters, and the rest of the selection."""

    def url(topic: str, value: str) -> str:
        return with_query("projects:list", framed.filter.query_of_selection(topic=topic, **{by: value}))

    return white_spots.grid(framed.filter.result, by, url, framed.filter.chosen)


@require_safe
def table(request: HttpRequest) -> HttpResponse:
    framed, by = frame(request, WHITE_SPOTS), by_in(request)
    first, second = (_("Handlungsfeld"), By(by).label)
    found = matrix_of(framed, by)

    def rows() -> Iterator[list[object]]:
        for row in found.rows:
            for field in row.fields:
                pair = (field.label, row.label) if by == By.COUNTY else (row.label, field.label)
                yield [*pair, field.count]

    return csv_response("weisse-flecken", [first, second, _("Projekte")], rows())
