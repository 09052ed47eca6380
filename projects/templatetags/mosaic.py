"""Template side of the mosaic: geometry as inline SVG; numbers, sums and dates as the page's language writes them."""

import csv
from calendar import monthrange
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path
from typing import Any

from django import template
from django.template.defaultfilters import date as format_date
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

import municipalities
from projects import mosaic
from projects import story as story_text
from projects.languages import Told, in_english, is_german, term
from projects.models import FundedBy, Permanence

register = template.Library()

NBSP = "\N{NO-BREAK SPACE}"
SEPARATORS = {"en": (",", "."), "uk": (NBSP, ",")}  # of thousands and fractions, where not as in German


# Texts, numbers, dates


@register.filter
def story(text: str) -> SafeString:
    """Markdown of a story field as safe HTML with linked citations."""
    return _german("div", story_text.render(text), text)


@register.filter
def markdown(text: str) -> SafeString:
    """Markdown of a text without sources, such as those of the moderators on pages, as safe HTML."""
    return story_text.render_uncited(text)


@register.filter
def uncited(text: str) -> SafeString:
    """Markdown of a story text on a page that does not have its sources, as safe HTML without citations."""
    return _german("div", story_text.render_uncited(story_text.CITATION.sub("", text)), text)


@register.filter
def note(text: str) -> SafeString:
    """A plain note; only its citations become links."""
    return _german("span", story_text.render_inline(text), text)


def _german(element: str, html: SafeString, text: str) -> SafeString:
    """Projects are told in German; a page of another language says so, unless it has a version of its own."""
    if is_german() or isinstance(text, Told) or not html:
        return html
    return format_html('<{0} lang="de" dir="auto">{1}</{0}>', element, html)


@register.filter
def number(value: Decimal | float | None, decimals: int | None = None) -> str:
    """„1.115“, „3,5“; at most two decimals, or exactly `decimals`; unknown is said, never zero."""
    if value is None:
        return _("keine Angabe")
    if decimals or not isinstance(value, int):  # most numbers are whole, and Decimal takes its time
        places = 2 if decimals is None else decimals
        value = Decimal(str(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    whole, _point, fraction = f"{value:,}".partition(".")
    if decimals is None:
        fraction = fraction.rstrip("0")
    thousands, comma = SEPARATORS.get(get_language() or "", (".", ","))
    text = whole.replace(",", thousands) + (f"{comma}{fraction}" if fraction else "")
    return text.replace("-", "\N{MINUS SIGN}")


class _Counted(int):
    def __str__(self) -> str:
        return number(int(self))


@register.filter
def counted(value: int) -> int:
    """For plural forms: chooses between them like any other number, and is written like those of the portal."""
    return _Counted(value)


@register.filter
def euro(value: Decimal | float | None) -> str:
    """„92.000 €“, „1,4 Mio. €“; cents only where there are some."""
    if value is None:
        return _("keine Angabe")
    amount = Decimal(str(value))
    if abs(amount) >= 1_000_000:
        said = f"{number(amount / 1_000_000)}{NBSP}{_('Mio.')}"
    else:
        said = number(amount, 0 if amount == amount.to_integral_value() else 2)
    return f"€{said}" if in_english() else f"{said}{NBSP}€"


@register.filter
def partial(value: date | None, precision: str = "day") -> str:
    """A date as exact as it is known: „2015“, „September 2015“, „5. November 2015“."""
    if value is None:
        return _("keine Angabe")
    formats = {"year": "Y", "month": _("F Y")}
    return format_date(value, formats.get(precision, _("j. F Y"))).replace(" ", NBSP)


@register.filter
def short_date(value: date, precision: str = "day") -> str:
    """For charts: „2015“, „9/2015“, „5.11.2015“."""
    return format_date(value, {"year": "Y", "month": "n/Y"}.get(precision, _("j.n.Y")))


@register.filter
def cites(numbers: Iterable[int]) -> SafeString:
    """Links to the sources with these numbers."""
    return story_text.render_inline("".join(f" [{number}]" for number in numbers))


def _common_precision(starts_on: date | None, ends_on: date | None) -> str:
    """How exact both ends of a period are meant: 1 January to 31 December means years."""
    if (starts_on is None or (starts_on.month, starts_on.day) == (1, 1)) and (
        ends_on is None or (ends_on.month, ends_on.day) == (12, 31)
    ):
        return "year"
    if (starts_on is None or starts_on.day == 1) and (
        ends_on is None or ends_on.day == monthrange(ends_on.year, ends_on.month)[1]
    ):
        return "month"
    return "day"


@register.filter
def period(row: Any) -> str:
    """From and to of a money row: „2019–2021“, „September 2015 – Juni 2018“, „ab 2015“, „bis 2021“."""
    starts_on, ends_on = row.starts_on, row.ends_on
    if starts_on is None and ends_on is None:
        return _("keine Angabe")
    precision = _common_precision(starts_on, ends_on)
    first, last = partial(starts_on, precision), partial(ends_on, precision)
    if ends_on is None:
        return _("ab %(date)s") % {"date": first}
    if starts_on is None:
        return _("bis %(date)s") % {"date": last}
    if first == last:
        return first
    return f"{first}–{last}" if precision == "year" else f"{first} – {last}"


@register.filter
def duration(project: Any) -> str:
    """From when to when a project ran or runs, each end as exact as it is known."""
    first = partial(project.started_on, project.started_precision) if project.started_on else ""
    last = partial(project.ended_on, project.ended_precision) if project.ended_on else ""
    if first and last:
        return first if first == last else f"{first} – {last}"
    if last:
        return _("bis %(date)s") % {"date": last}
    return _("seit %(date)s") % {"date": first} if first else _("keine Angabe")


@register.filter
def iso_partial(text: str) -> str:
    """„2019“, „2019-03“ or „2019-03-05“ in words."""
    year, *rest = (int(part) for part in text.split("-"))
    month, day = [*rest, 1, 1][:2]
    return partial(date(year, month, day), ("year", "month", "day")[len(rest)])


@register.filter
def running_state(programme: Any) -> str:
    """Whether a funding programme still gives money, or that this is not documented."""
    if programme.is_running is None:
        return _("Stand nicht belegt")
    return _("läuft") if programme.is_running else _("ausgelaufen")


@register.filter
def terms(labels: Iterable[str]) -> list[str]:
    """Labels of a vocabulary in the language of the page."""
    return [term(label, english=label) for label in labels]


# Tiles and signs


def _paths(shapes: Iterable[mosaic.Shape]) -> SafeString:
    return format_html_join(
        "",
        '<path class="{}"{} d="{}"/>',
        ((s.colour, format_html(' transform="{}"', s.transform) if s.transform else "", s.d) for s in shapes),
    )


@lru_cache(maxsize=512)
def _tile_svg(topics: tuple[str, ...], key: object, size: int) -> SafeString:
    return format_html(
        '<svg class="tile" width="{0}" height="{0}" viewBox="0 0 {1} {1}" aria-hidden="true">{2}</svg>',
        size,
        mosaic.TILE,
        _paths(mosaic.tile(topics, key)),
    )


@register.simple_tag(name="tile")
def tile_of(project: Any, size: int = 96) -> SafeString:
    """The tile of a project; needs `topic_slugs` and `pk`. Decorative, its topics stand beside it as text."""
    return _tile_svg(tuple(project.topic_slugs), project.pk, size)


@register.simple_tag
def tile_wall(projects: Iterable[Any]) -> SafeString:
    """Many tiles side by side, the picture of the whole mosaic."""
    return format_html_join("", "{}", ((tile_of(project, 112),) for project in projects))


@register.simple_tag(name="motif")
@lru_cache(maxsize=256)
def motif_of(slug: str, size: int = 24) -> SafeString:
    """The sign of a topic. Decorative, the name of the topic stands beside it."""
    motif = mosaic.motif(slug)
    ground = mosaic.Shape(motif.ground, f"M0 0h{mosaic.CELL}v{mosaic.CELL}H0z")
    return format_html(
        '<svg class="motif" width="{0}" height="{0}" viewBox="0 0 {1} {1}" aria-hidden="true">{2}</svg>',
        size,
        mosaic.CELL,
        _paths((ground, *motif.shapes)),
    )


@register.simple_tag
def topic_signs(project: Any, size: int = 28) -> SafeString:
    """The signs of a project's topics with their names; needs `topic_slugs` and `topic_labels`."""
    signs = zip(project.topic_slugs, terms(project.topic_labels), strict=True)
    return format_html_join("", "<li>{}{}</li>", ((motif_of(slug, size), label) for slug, label in signs))


@register.simple_tag
@lru_cache(maxsize=1)
def frieze() -> SafeString:
    """All motifs in a row, the border of the page's foot."""
    return format_html_join("", "{}", ((motif_of(slug, 48),) for slug in mosaic.MOTIFS))


# Money, people, figures

# As in components/_money_stone.html: solid, thinning stripes, a wedge, an outline.
SMALL_STONES = {
    Permanence.PERMANENT: "M0 0h14v12H0z",
    Permanence.TIME_LIMITED: "M0 0h5v12H0zM6.5 0h3v12h-3zM11 0h1.5v12H11z",
    Permanence.ONE_OFF: "M0 0L14 12H0z",
    "": "M1 1h12v10H1z",
}


def _money_label(row: Any) -> dict[str, Any]:
    amount = euro(row.amount) if row.amount is not None else _("Betrag unbekannt")
    if row.amount is not None and row.is_per_year:
        amount = _("%(amount)s im Jahr") % {"amount": amount}
    duration_known = row.get_permanence_display() if row.permanence else _("Dauer unbekannt")
    return {
        "row": row,
        "amount": amount,
        "level": "" if row.get_level_display() == str(row.source) else row.get_level_display(),
        "permanence": "unknown" if row.is_requested else row.permanence or "unknown",
        "permanence_label": _("nur beantragt") if row.is_requested else duration_known,
    }


@register.inclusion_tag("components/_money_bar.html")
def money_bar(financings: Iterable[Any]) -> dict[str, Any]:
    """The mix of a project's money; stones have the width of their amounts where these can be compared.

    Money that was only applied for has a row but no stone.
    """
    rows = sorted(financings, key=lambda row: row.is_requested)
    granted = [row for row in rows if not row.is_requested]
    amounts = [row.amount for row in granted]
    to_scale = mosaic.is_comparable(amounts, [row.is_per_year for row in granted])
    stones = mosaic.money_stones([row.permanence for row in granted], amounts if to_scale else [None] * len(granted))
    return {
        "stones": stones,
        "rows": [(stone, _money_label(row)) for stone, row in zip_longest(stones, rows)],
        "to_scale": to_scale,
    }


# Shorter than the labels of the filter; a card has half a line for it.
_FUNDED_BY: dict[str, Promise] = {
    "": gettext_lazy("Dauer unbekannt"),
    FundedBy.PERMANENT: gettext_lazy("dauerhaft"),
    FundedBy.TIME_LIMITED: gettext_lazy("nur auf Zeit"),
    FundedBy.MIXED: gettext_lazy("dauerhaft und befristet"),
}


@register.simple_tag
def money_strip(project: Any) -> SafeString:
    """The money bar in small for a card, with its gist in words; needs `money_permanence`, `has_no_funding`."""
    if not project.money_permanence:
        return SafeString(_("kommt ohne Geld aus") if project.has_no_funding else _("keine Angabe"))
    stones = format_html_join(
        "",
        '<path class="stone stone--{}" transform="translate({} 1)" d="{}"/>',
        (
            (permanence or "unknown", place * 16 + 1, SMALL_STONES[permanence])
            for place, permanence in enumerate(project.money_permanence)
        ),
    )
    return format_html(
        '<svg class="money-strip" width="{0}" height="14" viewBox="0 0 {0} 14" aria-hidden="true">{1}</svg> {2}',
        16 * len(project.money_permanence),
        stones,
        _FUNDED_BY[FundedBy.of(project.money_permanence)],
    )


@register.inclusion_tag("components/_staffing.html")
def staffing(project: Any) -> dict[str, Any]:
    """Paid posts beside volunteers, as signs and as text; `ratio` is how many volunteers come to one post."""
    posts, people = project.staff_fte, project.volunteers
    ratio = round(people / posts) if posts and people and people >= posts else None
    return {"project": project, "posts": mosaic.crowd(posts), "people": mosaic.crowd(people), "ratio": ratio}


@register.simple_tag
def stone_field(marked: float, total: float, kinds: str) -> SafeString:
    """Small stones as a picture of a figure that stands beside it in words; `kinds` are the two names of colours."""
    first, second = kinds.split()
    field = mosaic.field(float(marked), float(total))
    drawn = {first: "", second: ""}
    for x, y, is_marked in field.stones:
        drawn[first if is_marked else second] += f"M{x} {y}h10v10h-10z"
    stones = format_html_join("", '<path class="{}" d="{}"/>', ((kind, path) for kind, path in drawn.items() if path))
    return format_html(
        '<svg class="stone-field" width="{0}" height="{1}" viewBox="0 0 {0} {1}" aria-hidden="true">{2}</svg>',
        field.width,
        field.height,
        stones,
    )


@register.inclusion_tag("components/_series.html")
def series(points: Iterable[Any]) -> dict[str, Any]:
    """A small chart of one key figure over time; needs `measured_on`, `measured_precision`, `value`, `name`, `unit`."""
    rows = sorted(points, key=lambda row: row.measured_on)
    chart = mosaic.chart((row.measured_on, row.value) for row in rows)
    first, last = rows[0], rows[-1]
    spoken = _("%(name)s: von %(first)s (%(from)s) auf %(last)s (%(to)s)") % {
        "name": first.name,
        "first": number(first.value),
        "from": partial(first.measured_on, first.measured_precision),
        "last": number(last.value),
        "to": partial(last.measured_on, last.measured_precision),
    }
    return {"chart": chart, "marks": list(zip(chart.marks, rows, strict=True)) if chart else [], "spoken": spoken}


@register.inclusion_tag("components/_tile_map.html")
def tile_map(counties: Iterable[Any]) -> dict[str, Any]:
    """Lower Saxony as 45 equal tiles, and the same as a list in the given order.

    Needs `name`, `abbreviation`, `column`, `row`, `count` and `url` of each.
    """
    counties = list(counties)
    cells = sorted(counties, key=lambda county: (county.row, county.column))
    return {"cells": [(county, mosaic.intensity(county.count)) for county in cells], "names": counties}


@lru_cache(maxsize=1)
def _all_places() -> str:
    """Path data of the 45 tiles of the map, 10 units apart."""
    with (Path(municipalities.__file__).parent / "data" / "tile_grid.csv").open(encoding="utf-8", newline="") as file:
        return "".join(f"M{row['column']}0 {row['row']}0h9v9h-9z" for row in csv.DictReader(file))


@register.simple_tag
def locator(county: Any) -> SafeString:
    """Where a county-level body lies on the map of 45 tiles. Decorative, the name of the county stands beside it."""
    if county.tile_column is None:
        return SafeString("")
    return format_html(
        '<svg class="locator" width="200" height="160" viewBox="0 0 100 80" aria-hidden="true">'
        '<path class="locator__all" d="{}"/><path class="terracotta" d="M{} {}h9v9h-9z"/></svg>',
        _all_places(),
        county.tile_column * 10,
        county.tile_row * 10,
    )
