"""One published project as plain data for other programs: names and codes as in the address of the list, ISO dates.

Empty texts, lists and None mean *keine Angabe*. Sums are euros. Texts are Markdown in which `[3]` cites reference 3.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Model, OuterRef, QuerySet
from django.db.models.functions import Coalesce, JSONObject
from django.urls import reverse

from projects.models import (
    Adoption,
    ContactLevel,
    Financing,
    KeyFigure,
    Obstacle,
    Picture,
    Precision,
    Project,
    Reference,
)

BATCH = 500  # projects a query; so many are in memory at a time
TEXTS = (
    "initial_situation goals approach steps results lessons end_cause end_reason editorial_note prerequisites "
    "transfer_effort help_offered"
).split()
EFFORT = (
    "cost_one_off cost_one_off_estimated cost_yearly cost_yearly_estimated cost_note staff_fte staff_note volunteers "
    "volunteers_note volunteer_hours_month staffing people_reached people_period people_note has_no_funding"
).split()
LETTERS_OF = {Precision.YEAR: 4, Precision.MONTH: 7, Precision.DAY: 10}


def records(numbers: Iterable[int], base_url: str | None = None) -> Iterator[dict[str, Any]]:
    """The published projects with these publication numbers, in their order, read in batches.

    A project that is taken out while others are read is missing. `base_url` begins the addresses; SITE_URL by default.
    """
    left = iter(numbers)
    while batch := [*islice(left, BATCH)]:
        rows = {row["publication_number"]: row for row in _rows(Project.objects.published().number_in(batch))}
        for number in batch:
            if number in rows:
                yield record(rows[number], settings.SITE_URL if base_url is None else base_url)


def records_of(projects: QuerySet[Project]) -> dict[int, dict[str, Any]]:
    """The records of these projects by primary key, whatever their status: to compare them, never to show them."""
    return {row["pk"]: record(row, settings.SITE_URL) for row in _rows(projects)}


def record(row: dict[str, Any], base_url: str) -> dict[str, Any]:
    """One row of `_rows` in the shape that the codebook describes."""
    address = Project(pk=row["pk"], title=row["title"]).get_absolute_url()
    return {
        "id": row["pk"],
        "number": row["publication_number"],
        "url": base_url + address,
        "title": row["title"],
        "summary": row["summary"],
        "municipality": {name: row[f"lead__{name}"] for name in ("key", "ars", "ags", "name", "kind")},
        "county": _county(row),
        "further_municipalities": row["further_rows"],
        "operator": row["operator"],
        "operator_kind": row["operator_kind"],
        "partners": row["partners"].splitlines(),
        "topics": row["topic_slugs"],
        "target_groups": row["group_slugs"],
        "status": row["stage"],
        "started": dated(row["started_on"], row["started_precision"]),
        "ended": dated(row["ended_on"], row["ended_precision"]),
        "reach": row["reach"],
        **{name: row[name] for name in TEXTS},
        **{name: plain(row[name]) for name in EFFORT},
        "financings": [_numbers(financing) for financing in row["financing_rows"]],
        "evidence": row["evidence"],
        "key_figures": [_measured(figure) for figure in row["figure_rows"]],
        "references": row["reference_rows"],
        "obstacles": row["obstacle_rows"],
        "adopted_from": row["origin"],
        "adoptions": [_adoption(adoption) for adoption in row["adoption_rows"]],
        "contact": _contact(row),
        "pictures": [_picture(picture, base_url) for picture in row["picture_rows"]],
        "provenance": row["provenance"],
        "published_at": row["published_at"] and row["published_at"].isoformat(timespec="seconds"),
        "confirmed_on": plain(row["confirmed_on"]),
        "version": row["version"],
        "licence": row["licence"],
    }


def _rows(projects: QuerySet[Project]) -> QuerySet[Any]:
    """Everything in one query: the rows of a project arrive as arrays of JSON objects."""
    columns = (
        "pk publication_number title summary operator operator_kind partners stage started_on started_precision "
        "ended_on ended_precision reach evidence provenance published_at confirmed_on version licence "
        "lead__key lead__ars lead__ags lead__name lead__kind lead__county__key lead__county__name "
        "contact__function contact__organisation contact__email contact__phone contact__website contact__public_level"
    ).split()
    body = {"key": "municipality__key", "ars": "municipality__ars", "name": "municipality__display_name"}
    arrays = {
        "topic_slugs": _column(Project.topics.through, "topic__slug", "topic__position"),
        "group_slugs": _column(Project.target_groups.through, "targetgroup__slug", "targetgroup__position"),
        "further_rows": _objects(Project.further.through, body, "municipality__sort_key"),
        "financing_rows": _objects(Financing, FINANCING, "position", "pk"),
        "figure_rows": _objects(KeyFigure, KEY_FIGURE, "position", "measured_on", "pk"),
        "reference_rows": _objects(Reference, _same("number url title publisher published"), "number"),
        "obstacle_rows": _objects(
            Obstacle, {"category": "category__slug", **_same("level text workaround state cites")}, "position", "pk"
        ),
        "adoption_rows": _objects(Adoption, ADOPTION | body, "since", "pk", state="published"),
        "picture_rows": _objects(Picture, _same("id width alt credit"), "position", "pk"),
    }
    origin = Coalesce("adopted_from__duplicate_of", "adopted_from")  # one that was merged is found as the other
    found = projects.order_by().annotate(origin=origin, **arrays)
    return found.values(*columns, *TEXTS, *EFFORT, "origin", *arrays)


def _same(names: str) -> dict[str, str]:
    return {name: name for name in names.split()}


FINANCING = {
    "source": "source__name",
    "programme": "programme__slug",
    **_same("level kind permanence amount is_per_year is_requested starts_on ends_on note cites"),
}
KEY_FIGURE = _same("name unit value measured_on measured_precision note cites")
ADOPTION = _same("since since_precision what changes experience cites") | {"project": "copy_id"}


def _column(model: type[Model], column: str, *order: str) -> ArraySubquery:
    rows = model._default_manager.filter(project=OuterRef("pk"))
    return ArraySubquery(rows.order_by(*order).values(column))


def _objects(model: type[Model], columns: dict[str, str], *order: str, **conditions: Any) -> ArraySubquery:
    rows = model._default_manager.filter(project=OuterRef("pk"), **conditions)
    return ArraySubquery(rows.order_by(*order).values(row=JSONObject(**columns)))


def plain(value: Any) -> Any:
    """A value of a column as JSON knows it; whole numbers without a fraction."""
    if isinstance(value, Decimal | float):
        return int(value) if value == int(value) else float(value)
    return value.isoformat() if isinstance(value, date | datetime) else value


def _numbers(row: dict[str, Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in row.items()}


def dated(day: date | str | None, precision: str) -> str | None:
    """A date as precise as it is known: 2015, 2015-03 or 2015-03-01."""
    return str(day)[: LETTERS_OF[Precision(precision)]] if day else None


def _measured(row: dict[str, Any]) -> dict[str, Any]:
    precision = row.pop("measured_precision")
    return _numbers(row | {"measured_on": dated(row["measured_on"], precision)})


def _adoption(row: dict[str, Any]) -> dict[str, Any]:
    precision = row.pop("since_precision")
    body = {name: row.pop(name) for name in ("key", "ars", "name")}
    return {"municipality": body, **row, "since": dated(row["since"], precision)}


def _picture(row: dict[str, Any], base_url: str) -> dict[str, Any]:
    address = reverse("projects:picture", args=[row["id"], row["width"]])
    return {"url": base_url + address, "alt": row["alt"], "credit": row["credit"]}


def _county(row: dict[str, Any]) -> dict[str, str]:
    """The county-level body, which a county or an independent city is itself."""
    whose = "lead__county__" if row["lead__county__key"] else "lead__"
    return {"key": row[whose + "key"], "name": row[whose + "name"]}


def _contact(row: dict[str, Any]) -> dict[str, str] | None:
    """As much of the contact as its public level lets everybody see."""
    level = row["contact__public_level"]
    if level not in (ContactLevel.FUNCTION, ContactLevel.ALL):
        return None
    shown: Sequence[str] = ("function", "organisation")
    if level == ContactLevel.ALL:
        shown = (*shown, "email", "phone", "website")
    return {name: row[f"contact__{name}"] for name in shown}
