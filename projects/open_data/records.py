"""One published project as plain data for other programs: names and codes as in the address of the list, ISO dates.

Empty texts, lists and None mean *keine Angabe*. Sums are euros. Texts are Markdown in which `[3]` cites reference 3.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from itertools import islice
from operator import itemgetter
from typing import Any

from django.conf import settings
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import DateField, DecimalField, Model, QuerySet
from django.db.models.functions import Coalesce
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
    among,
    as_array,
    slug_of,
)

BATCH = 500  # projects a query; so many are in memory at a time, which takes some ten megabytes
TEXTS = (
    "initial_situation goals approach steps results lessons end_cause end_reason editorial_note prerequisites "
    "transfer_effort help_offered"
).split()
EFFORT = (
    "cost_one_off cost_one_off_estimated cost_yearly cost_yearly_estimated cost_note staff_fte staff_note volunteers "
    "volunteers_note volunteer_hours_month staffing people_reached people_period people_note has_no_funding"
).split()
NONE = as_array(())
LETTERS_OF = {Precision.YEAR: 4, Precision.MONTH: 7, Precision.DAY: 10}

# --- records ----------------------------------------------------------------------------------------------------------


def records(numbers: Iterable[int], base_url: str | None = None) -> Iterator[dict[str, Any]]:
    """The published projects with these publication numbers in the order of these, read in batches.

    A project that is taken out while others are read is missing. `base_url` begins the addresses; SITE_URL by default.
    """
    addresses, left = _Addresses(settings.SITE_URL if base_url is None else base_url), iter(numbers)
    reader = _Reader(Project.objects.published().number_in(()).order_by("publication_number"))
    while batch := [*islice(left, BATCH)]:
        yield from reader.records(batch, addresses)


def records_of(keys: Iterable[int]) -> dict[int, dict[str, Any]]:
    """The records of projects by primary key, whatever their status: to compare them, never to show them."""
    addresses, reader = _Addresses(settings.SITE_URL), _Reader(Project.objects.filter(among("pk", ())))
    return {record["id"]: record for record in reader.records(keys, addresses)}


class _Addresses:
    """Addresses below `base_url`; `reverse` for every project would take as long as all the rest of its record."""

    def __init__(self, base_url: str) -> None:
        places = ("111111111", "222222222")
        names = ("projects:detail", "projects:picture")
        self._project, self._picture = (re.split("|".join(places), base_url + reverse(n, args=places)) for n in names)

    def of_project(self, pk: int, title: str) -> str:
        before, between, after = self._project
        return f"{before}{pk}{between}{slug_of(title)}{after}"

    def of_picture(self, pk: int, width: int) -> str:
        before, between, after = self._picture
        return f"{before}{pk}{between}{width}{after}"


def _same(names: str) -> dict[str, str]:
    return {name: name for name in names.split()}


PUT_TOGETHER = "pk"  # stands in its place until it is made of several columns or of rows
# The record in the order of the JSON, with the column that each value comes from.
RECORD = {
    "id": "pk",
    "number": "publication_number",
    "url": PUT_TOGETHER,
    **_same("title summary"),
    "municipality": PUT_TOGETHER,
    "county": PUT_TOGETHER,
    "further_municipalities": PUT_TOGETHER,
    **_same("operator operator_kind partners"),
    "topics": PUT_TOGETHER,
    "target_groups": PUT_TOGETHER,
    "status": "stage",
    "started": "started_on",
    "ended": "ended_on",
    "reach": "reach",
    **{name: name for name in TEXTS + EFFORT},
    "financings": PUT_TOGETHER,
    "evidence": "evidence",
    "key_figures": PUT_TOGETHER,
    "references": PUT_TOGETHER,
    "obstacles": PUT_TOGETHER,
    "adopted_from": "origin",
    "adoptions": PUT_TOGETHER,
    "contact": PUT_TOGETHER,
    "pictures": PUT_TOGETHER,
    **_same("provenance published_at confirmed_on version licence"),
}
_LEAD = ("key", "ars", "ags", "name", "kind")
_COUNTY = ("key", "name")
_CONTACT = ("function", "organisation", "email", "phone", "website")
# What it is put together from, in the order in which `_record` takes it from the end of a row.
_REST = [
    *("started_precision", "ended_precision", "contact__public_level"),
    *(f"lead__{name}" for name in _LEAD),
    *(f"lead__county__{name}" for name in _COUNTY),
    *(f"contact__{name}" for name in _CONTACT),
]
_COLUMNS = [*dict.fromkeys([*RECORD.values(), *_REST])]
_in_order = itemgetter(*map(_COLUMNS.index, RECORD.values()))


def _record(
    row: tuple[Any, ...], parts: Mapping[str, Mapping[int, list[Any]]], addresses: _Addresses
) -> dict[str, Any]:
    """The shape that the codebook describes, of a row with _COLUMNS and of what the parts have by the project's key."""
    record = dict(zip(RECORD, _in_order(row), strict=True))
    started_precision, ended_precision, level, *rest = row[-len(_REST) :]
    lead, county, contact = rest[:5], rest[5:7], rest[7:]
    for name in _SPELLED:
        if (value := record[name]) is not None:
            record[name] = plain(value)
    key = record["id"]
    for name, of_projects in parts.items():
        record[name] = of_projects[key]
    record["url"] = addresses.of_project(key, record["title"])
    record["municipality"] = dict(zip(_LEAD, lead, strict=True))
    # The county-level body, which a county or an independent city is itself.
    record["county"] = dict(zip(_COUNTY, county if county[0] else (lead[0], lead[3]), strict=True))
    record["partners"] = record["partners"].splitlines()
    record["started"] = dated(record["started"], started_precision)
    record["ended"] = dated(record["ended"], ended_precision)
    record["contact"] = _contact(level, contact)
    record["pictures"] = [
        {"url": addresses.of_picture(each["id"], each["width"]), "alt": each["alt"], "credit": each["credit"]}
        for each in record["pictures"]
    ]
    if published_at := record["published_at"]:
        record["published_at"] = published_at.isoformat(timespec="seconds")
    return record


def plain(value: Any) -> Any:
    """A value of a column as JSON knows it; whole numbers without a fraction."""
    if isinstance(value, Decimal | float):
        return int(value) if value == int(value) else float(value)
    return value.isoformat() if isinstance(value, date | datetime) else value


def dated(day: date | str | None, precision: str) -> str | None:
    """A date as precise as it is known: 2015, 2015-03 or 2015-03-01."""
    return str(day)[: LETTERS_OF[Precision(precision)]] if day else None


def _contact(level: str | None, contact: Sequence[str]) -> dict[str, str] | None:
    """As much of the contact as its public level lets everybody see."""
    if level == ContactLevel.ALL:
        return dict(zip(_CONTACT, contact, strict=True))
    return dict(zip(_CONTACT[:2], contact[:2], strict=True)) if level == ContactLevel.FUNCTION else None


# --- what belongs to a project ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Part:
    """Rows of projects in another table: their columns by the name in the record, in the order of the JSON.

    `finish` makes the entry of a row. With a single column the entries are its values.
    """

    model: type[Model]
    columns: Mapping[str, str]
    order: Sequence[str]
    finish: Callable[[dict[str, Any]], Any] | None = None
    conditions: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def spelled(self) -> list[str]:
        return [name for name, path in self.columns.items() if "__" not in path and _is_spelled(self.model, path)]


def _is_spelled(model: type[Model], name: str) -> bool:
    """Whether values of this column have to be made `plain`; to look at each of them would take longest."""
    return isinstance(model._meta.get_field(name), DecimalField | DateField)


_SPELLED = [name for name in (*EFFORT, "confirmed_on") if _is_spelled(Project, name)]


def _measured(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"measured_on": dated(row["measured_on"], row.pop("measured_precision"))}


def _adoption(row: dict[str, Any]) -> dict[str, Any]:
    body = {name: row.pop(name) for name in ("key", "ars", "name")}
    return {"municipality": body, **row, "since": dated(row["since"], row.pop("since_precision"))}


_BODY = {"ars": "municipality__ars", "key": "municipality__key", "name": "municipality__display_name"}
_FINANCING = {
    **_same("kind note cites level amount"),
    "source": "source__name",
    "ends_on": "ends_on",
    "programme": "programme__slug",
    **_same("starts_on permanence is_per_year is_requested"),
}
_OBSTACLE = {**_same("text cites level state"), "category": "category__slug", "workaround": "workaround"}
_ADOPTION = {
    **_BODY,
    **_same("what cites since changes"),
    "project": "copy_id",
    **_same("experience since_precision"),
}
_PARTS = {
    "topics": _Part(Project.topics.through, {"slug": "topic__slug"}, ["topic"]),
    "target_groups": _Part(Project.target_groups.through, {"slug": "targetgroup__slug"}, ["targetgroup"]),
    "further_municipalities": _Part(Project.further.through, _BODY, ["municipality"]),
    "financings": _Part(Financing, _FINANCING, ["position", "pk"]),
    "key_figures": _Part(
        KeyFigure,
        _same("name note unit cites value measured_on measured_precision"),
        ["position", "measured_on", "pk"],
        _measured,
    ),
    "references": _Part(Reference, _same("url title number published publisher"), ["number"]),
    "obstacles": _Part(Obstacle, _OBSTACLE, ["position", "pk"]),
    "adoptions": _Part(Adoption, _ADOPTION, ["since", "pk"], _adoption, {"state": "published"}),
    "pictures": _Part(Picture, _same("id width alt credit"), ["position", "pk"]),
}

# --- reading ----------------------------------------------------------------------------------------------------------


class _Query:
    """Tuples of a query over `among(column, ())`, asked again and again for other numbers.

    Compiled once, because that takes Django as long as PostgreSQL needs for the answer.
    """

    def __init__(self, rows: QuerySet[Any]) -> None:
        self._sql, self._parameters = rows.query.sql_with_params()

    def of(self, numbers: Iterable[int], connection: BaseDatabaseWrapper) -> list[tuple[Any, ...]]:
        array = as_array(numbers)
        with connection.cursor() as cursor:
            cursor.execute(self._sql, [array if value == NONE else value for value in self._parameters])
            return cursor.fetchall()


class _Reader:
    """Projects, each with lists of what belongs to it: a query a table for all of them.

    One query with subqueries that make JSON, a project at a time, takes PostgreSQL three times as long.
    """

    def __init__(self, projects: QuerySet[Project]) -> None:
        """`projects` are those `among` no numbers."""
        origin = Coalesce("adopted_from__duplicate_of", "adopted_from")  # one that was merged is found as the other
        self._db = projects.db
        self._projects = _Query(projects.annotate(origin=origin).values_list(*_COLUMNS))
        self._parts = {
            name: _Query(
                part.model._default_manager.filter(among("project", ()), **part.conditions)
                .order_by(*part.order)
                .values_list(*part.columns.values(), "project")
            )
            for name, part in _PARTS.items()
        }

    def records(self, numbers: Iterable[int], addresses: _Addresses) -> Iterator[dict[str, Any]]:
        with _one_moment(self._db) as connection:
            rows = self._projects.of(numbers, connection)
            keys = [row[0] for row in rows]
            found = {name: query.of(keys, connection) for name, query in self._parts.items()}
        parts = {name: _entries(_PARTS[name], rows_of) for name, rows_of in found.items()}
        for row in rows:
            yield _record(row, parts, addresses)


def _entries(part: _Part, rows: Iterable[tuple[Any, ...]]) -> Mapping[int, list[Any]]:
    """What projects have of a part, by their keys."""
    found: defaultdict[int, list[Any]] = defaultdict(list)
    if len(part.columns) == 1:
        for value, key in rows:
            found[key].append(value)
        return found
    names = [*part.columns, None]  # None: the key, which is no part of the entry
    for row in rows:
        entry = dict(zip(names, row, strict=True))
        for name in part.spelled:
            if (value := entry[name]) is not None:
                entry[name] = plain(value)
        found[entry.pop(None)].append(part.finish(entry) if part.finish else entry)
    return found


@contextmanager
def _one_moment(alias: str) -> Iterator[BaseDatabaseWrapper]:
    """All queries inside see the same state, so that no record is half of what was published meanwhile."""
    connection = connections[alias]
    is_inside = connection.in_atomic_block
    with transaction.atomic(using=alias):
        if not is_inside:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield connection
