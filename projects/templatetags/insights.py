"""Drawings of the evaluation pages in stones; each stands beside the same numbers as text, so all are decorative."""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import template
from django.template.defaultfilters import date as format_date
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from pyroaring import BitMap

from projects import mosaic
from projects.days import years_later
from projects.insights.financing import Course, Line
from projects.languages import in_english
from projects.models import Permanence, Staffing

from .mosaic import SMALL_STONES, euro

register = template.Library()

COLUMN, ROW = 18, 16  # distance of small stones in units of their drawing
STONES_IN_A_ROW = 16
MOST_STONES = 3 * STONES_IN_A_ROW


@register.filter
def share(part: Any, whole: Any) -> str:
    """„7 %“; empty where there is nothing to be a part of."""
    blank = "" if in_english() else "\N{NO-BREAK SPACE}"
    return f"{100 * part / whole:.0f}{blank}%" if whole else ""


@register.filter
def permanence_label(permanence: str) -> str:
    return str(Permanence(permanence).label) if permanence else _("Dauer unbekannt")


@register.simple_tag
def money_stone(permanence: str) -> SafeString:
    """One stone for a legend; its name stands beside it."""
    return format_html(
        '<svg class="money-strip" width="21" height="18" viewBox="0 0 14 12" aria-hidden="true">{}</svg>',
        _stone(permanence, 0, 0),
    )


def _stone(permanence: str, x: int, y: int) -> SafeString:
    name = permanence or "unknown"
    return format_html(
        '<path class="stone stone--{}" transform="translate({} {})" d="{}"/>', name, x, y, SMALL_STONES[permanence]
    )


@register.filter
def scale_of(courses: Sequence[Course]) -> int:
    """How many sources one stone stands for, so that the longest course fits."""
    longest = max((course.total for course in courses), default=0)
    return next(each for each in (1, 2, 5, 10, 20, 50, 100, 1000, 10**12) if longest <= each * MOST_STONES)


@register.simple_tag
def course(sources: Sequence[tuple[str, int]], each: int) -> SafeString:
    """The stones of one level, those that stay first; one stands for `each` sources, rounded, at least one a kind."""
    stones = [permanence for permanence, count in sources if count for _stone in range(max(1, round(count / each)))]
    columns, rows = min(len(stones), STONES_IN_A_ROW), -(-len(stones) // STONES_IN_A_ROW)
    width, height = columns * COLUMN - 2, rows * ROW - 2
    places = (
        (place % STONES_IN_A_ROW * COLUMN + 1, place // STONES_IN_A_ROW * ROW + 1) for place in range(len(stones))
    )
    drawn = ((_stone(permanence, x, y),) for permanence, (x, y) in zip(stones, places, strict=True))
    return format_html(
        '<svg class="course" width="{}" height="{}" viewBox="0 0 {} {}" aria-hidden="true">{}</svg>',
        round(width * 1.3),
        round(height * 1.3),
        width,
        height,
        format_html_join("", "{}", drawn),
    )


@register.inclusion_tag("insights/_crowd.html")
def crowd(number: Any, shape: str) -> dict[str, Any]:
    """A number of posts (`post`) or people (`person`) as signs."""
    return {"crowd": mosaic.crowd(number), "shape": shape}


@register.filter
def staffing_stones(value: str) -> str:
    """Colours of the stones for one kind of staffing, beside those of all other projects."""
    colours: dict[str, str] = {
        Staffing.MOSTLY_VOLUNTEERS: "ochre",
        Staffing.MIXED: "verdigris",
        Staffing.MOSTLY_STAFF: "blue",
    }
    return f"{colours.get(value, 'ink')} sky"


@register.inclusion_tag("insights/_money_sum.html")
def money_sum(lines: Sequence[Line], basis: str) -> dict[str, Any]:
    """One sum as stones that are as wide as their parts; `basis` is `yearly` or `whole`."""
    parts = [(line, getattr(line, basis)) for line in lines if getattr(line, basis)]
    stones = mosaic.money_stones([line.value for line, _amount in parts], [amount for _line, amount in parts])
    rows = [(stone, line, euro(amount)) for stone, (line, amount) in zip(stones, parts, strict=True)]
    return {"rows": rows, "total": sum(amount for _line, amount in parts)}


@dataclass(frozen=True)
class MonthStone:
    """A month of the calendar of ends; `count` is how many projects lose money in it."""

    month: date
    x: int
    y: int
    count: int

    @property
    def left(self) -> int:
        return self.x + 1

    @property
    def middle(self) -> int:
        return self.x + 11


@register.inclusion_tag("insights/_ends.html")
def calendar_of_ends(ending: Mapping[date, BitMap], today: date) -> dict[str, Any]:
    """The months of the next two years, and in which of them how many projects lose money."""
    last = years_later(today, 2)
    projects: defaultdict[tuple[int, int], BitMap] = defaultdict(BitMap)
    for day, numbers in ending.items():
        if day <= last:
            projects[day.year, day.month] |= numbers
    stones = [
        MonthStone(
            month,
            44 + (month.month - 1) * 24,
            22 + (month.year - today.year) * 26,
            len(projects[month.year, month.month]),
        )
        for month in _months(today, last)
    ]
    years = [(year, 22 + (year - today.year) * 26 + 16) for year in range(today.year, last.year + 1)]
    letters = [(format_date(date(2000, month, 1), "M")[0], 44 + (month - 1) * 24 + 11) for month in range(1, 13)]
    return {
        "stones": stones,
        "years": years,
        "letters": letters,
        "height": 22 + len(years) * 26,
        "spoken": [stone for stone in stones if stone.count],
    }


def _months(first: date, last: date) -> Iterator[date]:
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = date.fromordinal(month.toordinal() + monthrange(month.year, month.month)[1])
