"""How many projects each filter value would give: one bitmap of publication numbers a value, a copy in every process.

Knows neither query strings nor search texts; filters.py brings both as selections and bitmaps.

Writing happens inside the publishing transaction, on the rows of FacetValue, one writer at a time. Reading happens on
the process's copy, an object that is never changed but replaced as a whole, so threads see the old or the new one.
The version tells the copies apart. It is the time in microseconds (or one more than before), so no number comes twice:
a copy that was loaded from a transaction that was rolled back, or before a backup was restored, is recognised.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import BinaryField, Case, F, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from pyroaring import BitMap

from municipalities import reading

from . import revisions
from .bitmaps import across, at_least, newest_first
from .days import years_later
from .facet_values import values_of_all
from .fragments import Shelf
from .insights import cost_per_person
from .labels import Labels, Option, Tile, read_labels
from .models import FacetValue, IndexVersion, Project, Recency

# --- writing ----------------------------------------------------------------------------------------------------------


def touch() -> None:
    """Tell every process that anything may have changed; other writers wait until this transaction has ended."""
    with transaction.atomic():
        _store([revisions.row_of_everything()], _raise())


def _raise() -> int:
    """The new version; other writers wait until this transaction has ended."""
    table = connection.ops.quote_name(IndexVersion._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (id, version) "  # noqa: S608 - the name comes from the model
            "VALUES (1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) ON CONFLICT (id) "
            f"DO UPDATE SET version = greatest({table}.version + 1, excluded.version) RETURNING version"
        )
        return cursor.fetchone()[0]


def lock() -> None:
    """Be the only one to publish until this transaction has ended."""
    _raise()


def index_project(project: Project) -> None:
    """Bring the index in step with what the database says of this project; in the publishing transaction."""
    if project.publication_number is None:
        return
    with transaction.atomic():
        raised = _raise()
        published = values_of_all(Project.objects.published().filter(pk=project.pk))
        wanted = {pair for _number, values in published for pair in _pairs(values)}
        changed = [revisions.row_of(project.publication_number)]
        for (facet, value), numbers in _rows_about(project.publication_number, wanted).items():
            if (project.publication_number in numbers) != ((facet, value) in wanted):
                changed.append((facet, value, numbers ^ BitMap([project.publication_number])))
            wanted.discard((facet, value))
        changed += [(facet, value, BitMap([project.publication_number])) for facet, value in wanted]
        _store(changed, raised)


def index_all() -> None:
    """Work the whole index out anew; for imports, and for changes of the register or of the vocabularies."""
    with transaction.atomic():
        raised = _raise()
        wanted: defaultdict[tuple[str, str], BitMap] = defaultdict(BitMap)
        for number, values in values_of_all(Project.objects.published()):
            for pair in _pairs(values):
                wanted[pair].add(number)
        changed = [revisions.row_of_everything()]
        for (facet, value), (_version, stored) in _read().items():
            numbers = wanted.pop((facet, value), BitMap())
            if numbers != stored:
                changed.append((facet, value, numbers))
        changed += [(facet, value, numbers) for (facet, value), numbers in wanted.items()]
        _store(changed, raised)


def _pairs(values: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, str]]:
    return ((facet, value) for facet, found in values.items() for value in found)


def _rows_about(number: int, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], BitMap]:
    """The bitmaps of `wanted` and all that have this number: few rows of many.

    The copy of this process says which, if its rows count and add up to those of the database that are no newer.
    """
    if (copy := _copy) is None:
        return {pair: numbers for pair, (_version, numbers) in _read().items()}
    known = {(facet, value) for facet, values in copy.bitmaps.items() for value in values if number in values[value]}
    pairs = sorted(known | set(wanted))
    table = connection.ops.quote_name(FacetValue._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT facet, value, version, numbers FROM {table} WHERE version > %s "  # noqa: S608 - see above
            "OR (facet, value) IN (SELECT * FROM unnest(%s::text[], %s::text[]))",
            [copy.version, [facet for facet, _value in pairs], [value for _facet, value in pairs]],
        )
        rows = {(facet, value): (version, numbers) for facet, value, version, numbers in cursor}
        cursor.execute(f"SELECT count(*), sum(version) FROM {table} WHERE version <= %s", [copy.version])  # noqa: S608
        stored = cursor.fetchone()
    newer = {pair for pair, (version, _numbers) in rows.items() if version > copy.version}
    same = [version for pair, version in copy.versions.items() if pair not in newer]
    if stored != (len(same), sum(same) if same else None):
        return {pair: numbers for pair, (_version, numbers) in _read().items()}
    return {pair: BitMap.deserialize(bytes(numbers)) for pair, (_version, numbers) in rows.items()}


def _store(changed: Iterable[tuple[str, str, BitMap]], version: int) -> None:
    rows = []
    for facet, value, numbers in changed:
        numbers.run_optimize()
        rows.append(FacetValue(facet=facet, value=value, numbers=numbers.serialize(), version=version))
    FacetValue.objects.bulk_create(
        rows,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["facet", "value"],
        update_fields=["numbers", "version"],
    )


# --- reading ----------------------------------------------------------------------------------------------------------


class Steps(NamedTuple):
    """An order: the facet whose values are its steps, and how to compare these; projects without one come last."""

    facet: str
    comparable: Callable[[str], Any]
    highest_first: bool = True


STEPS: Mapping[str, Steps] = {
    "confirmed": Steps("confirmed_on", str),
    "adopted": Steps("adoptions", int),
    "cost_per_person": Steps("cost_per_person", cost_per_person.in_order, highest_first=False),
}
# Two ways to choose bodies by their keys; a project has to answer to both.
LEADS = ("near", "like")


@dataclass(frozen=True, eq=False)
class FacetIndex:
    """The index at one version, with the version of each of its rows. Nobody changes its bitmaps."""

    version: int
    bitmaps: Mapping[str, Mapping[str, BitMap]]
    versions: Mapping[tuple[str, str], int]
    labels: Labels
    _recency: dict[date, Mapping[str, BitMap]] = field(default_factory=dict, repr=False)
    _orders: dict[str, Sequence[BitMap]] = field(default_factory=dict, repr=False)

    @cached_property
    def everything(self) -> BitMap:
        return self.bitmaps.get("all", {}).get("all", BitMap())

    def values(self, facet: str, today: date) -> Mapping[str, BitMap]:
        """The values of a facet with their projects; only `confirmed` depends on the day."""
        if facet == "confirmed":
            return self.recency(today)
        return self.bitmaps.get("lead" if facet in LEADS else facet, {})

    def recency(self, today: date) -> Mapping[str, BitMap]:
        """`confirmed`: a confirmation counts until the same day of the following year has passed."""
        if (known := self._recency.get(today)) is not None:
            return known
        a_year_ago = years_later(today, -1).isoformat()
        days = self.bitmaps.get("confirmed_on", {})
        within = BitMap.union(BitMap(), *(numbers for day, numbers in days.items() if day >= a_year_ago))
        older = BitMap.union(BitMap(), *(numbers for day, numbers in days.items() if day < a_year_ago))
        never = self.everything - within - older
        values = {Recency.WITHIN_12.value: within, Recency.OLDER.value: older, Recency.NEVER.value: never}
        self._recency.clear()  # yesterday is not asked for again
        self._recency[today] = values
        return values

    def order(self, sort: str) -> Sequence[BitMap]:
        """Everything in disjoint groups; within each, the newest comes first."""
        if sort not in STEPS:
            return (self.everything,)
        if sort not in self._orders:
            facet, comparable, highest_first = STEPS[sort]
            steps = self.bitmaps.get(facet, {})
            groups = [steps[value] for value in sorted(steps, key=comparable, reverse=highest_first)]
            self._orders[sort] = (*groups, self.everything - BitMap.union(BitMap(), *groups))
        return self._orders[sort]

    def count(self, facet: str, value: str) -> int:
        """How many projects have this value."""
        return len(self.bitmaps.get(facet, {}).get(value, ()))

    def options(self, facet: str, selection: "Selection", selected: Collection[str] = ()) -> list["Option"]:
        """The values of a facet as pages show them, with the projects that each gives together with `selection`."""
        counts = selection.counts[facet]
        labels = self.labels.choices[facet].items()
        return [Option(value, label, counts[value], value in selected) for value, label in labels]

    def tiles(self, selection: "Selection") -> list[Tile]:
        """The tiles of the map with the projects that each county gives together with `selection`."""
        counts = selection.counts["county"]
        return [replace(tile, count=counts[tile.key]) for tile in self.labels.tiles]

    def similar(self, number: int, most: int) -> list[int]:
        """Numbers of the projects that share the most topics and target groups with one; the newest first."""
        values = [self.bitmaps.get(facet, {}).values() for facet in ("topic", "target_group")]
        shared = at_least(numbers for numbers in chain(*values) if number in numbers)
        found: list[int] = []
        for numbers in reversed(shared):
            nearest = newest_first(numbers, 0, most + len(found) + 1)
            found += [other for other in nearest if other != number and other not in found]
        return found[:most]

    def select(
        self, selection: Mapping[str, Collection[str]], hits: BitMap | None = None, today: date | None = None
    ) -> "Selection":
        """The projects that have one of the chosen values in every facet of `selection`, and are among `hits`.

        A facet without chosen values does not restrict; a value that nothing has gives nothing. `today` decides what
        was confirmed within a year. What was asked before is kept with its counts: nobody may change it.
        """
        day = today or timezone.localdate()
        asked = tuple((facet, tuple(values)) for facet, values in selection.items() if values)
        return _selections.get_or_make(lambda: self._select(asked, hits, day), id(self), id(hits), day, asked)

    def _select(self, asked: Iterable[tuple[str, Collection[str]]], hits: BitMap | None, day: date) -> "Selection":
        chosen = {}
        for facet, values in asked:
            known = self.values(facet, day)
            chosen[facet] = BitMap.union(BitMap(), *(known[value] for value in values if value in known))
        if hits is not None:
            chosen["q"] = hits & self.everything
        return Selection(self, chosen, day, hits)


@dataclass(frozen=True, eq=False)
class Selection:
    """What was chosen, by facet (search hits as `q`), and what it gives."""

    index: FacetIndex
    chosen: Mapping[str, BitMap]
    today: date
    hits: BitMap | None = None

    def without(self, *facets: str) -> BitMap:
        """What the selection would give if nothing were chosen in these facets."""
        parts = [numbers for facet, numbers in self.chosen.items() if facet not in facets]
        return BitMap.intersection(*sorted(parts, key=len)) if parts else self.index.everything

    @cached_property
    def numbers(self) -> BitMap:
        """Publication numbers of the projects found."""
        return self.without()

    @property
    def total(self) -> int:
        return len(self.numbers)

    @cached_property
    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """By facet and value: how many projects it gives together with the other facets; worked out when asked for."""
        return _Counts(self)

    def page(
        self, sort: str, ranked: Sequence[int], page: int, size: int, leads: Iterable[Collection[str]] = ()
    ) -> list[int]:
        """Numbers on one page (the first is 1) in the order `sort`.

        `ranked` are the best hits for `relevance`; `leads` the keys of bodies for `similarity`, the most alike first.
        """
        groups = self._by_lead(leads) if sort == "similarity" else self._groups(sort, ranked)
        return across(groups, (page - 1) * size, page * size)

    def _groups(self, sort: str, ranked: Sequence[int]) -> Iterator[list[int] | BitMap]:
        if sort == "relevance":
            best = [number for number in ranked if number in self.numbers]
            yield best
            yield self.numbers - BitMap(best)
        else:
            yield from (self.numbers & group for group in self.index.order(sort))

    def _by_lead(self, leads: Iterable[Collection[str]]) -> Iterator[BitMap]:
        """Bodies are walked, not projects: there are a thousand of these, however many projects there are."""
        led_by, left = self.index.bitmaps.get("lead", {}), self.numbers
        for keys in leads:
            group = BitMap.union(BitMap(), *(led_by[key] for key in keys if key in led_by)) & left
            if group:
                yield group
                left = left - group
            if not left:
                return
        yield left


class _Counts(dict):
    """Counts of the facets that somebody has asked for."""

    def __init__(self, selection: Selection) -> None:
        super().__init__()
        self.selection = selection

    def __missing__(self, facet: str) -> Counter[str]:
        selection = self.selection
        others = selection.without(facet) if facet in selection.chosen else selection.numbers
        values = selection.index.values(facet, selection.today).items()
        if others is selection.index.everything:
            self[facet] = Counter({value: len(numbers) for value, numbers in values})
        else:
            self[facet] = Counter({value: others.intersection_cardinality(numbers) for value, numbers in values})
        return self[facet]


# --- the copy of this process -----------------------------------------------------------------------------------------

_copy: FacetIndex | None = None
_loading = threading.Lock()
_selections: Shelf[Selection] = Shelf(32)  # each refers to its index and hits: none else can have their identity


def with_version(projects: QuerySet[Project]) -> QuerySet[Project]:
    """The projects, each with `index_version`, so that a page need not ask for the version by itself."""
    version = IndexVersion.objects.values("version")[:1]
    return projects.annotate(index_version=Coalesce(Subquery(version), 0))


def version() -> int:
    """The version of the index in the database; 0 if nothing was ever indexed."""
    asked = reading.connection()
    table = asked.ops.quote_name(IndexVersion._meta.db_table)
    with asked.cursor() as cursor:  # every page asks this; as a QuerySet it takes four times as long
        cursor.execute(f"SELECT version FROM {table}")  # noqa: S608 - the name comes from the model
        found = cursor.fetchone()
    return found[0] if found else 0


def current(wanted: int) -> FacetIndex:
    """This process's copy, brought to at least the version `wanted` first; every request asks for that anyway."""
    global _copy
    copy = _copy
    # Version 0 says that nobody has indexed yet, so that nobody would raise it for a new label either.
    if copy is None or copy.version != wanted or not wanted:
        with _loading:
            if _copy is None or _copy.version != wanted or not wanted:
                _copy = load(_copy)
                _selections.clear()
            copy = _copy
    return copy


def load(older: FacetIndex | None = None) -> FacetIndex:
    """A copy of the index as the database has it now; bitmaps that have not changed are taken from `older`."""
    newest, rows = version(), _read(older)
    bitmaps: defaultdict[str, dict[str, BitMap]] = defaultdict(dict)
    for (facet, value), (row_version, numbers) in rows.items():
        newest = max(newest, row_version)
        if numbers:
            bitmaps[facet][value] = numbers
    return FacetIndex(
        newest, dict(bitmaps), {pair: version for pair, (version, _numbers) in rows.items()}, read_labels()
    )


def _read(older: FacetIndex | None = None) -> dict[tuple[str, str], tuple[int, BitMap]]:
    """Version and bitmap of every row; only those that have changed since `older` come from the database."""
    changed = Case(
        When(version__gt=older.version if older else -1, then=F("numbers")), output_field=BinaryField(null=True)
    )
    found: dict[tuple[str, str], tuple[int, BitMap]] = {}
    # One statement is one snapshot: either all rows of a publication are in it or none.
    for facet, value, row_version, serialised in FacetValue.objects.values_list("facet", "value", "version", changed):
        if serialised is not None:
            numbers = BitMap.deserialize(bytes(serialised))
        elif older and older.versions.get((facet, value)) == row_version:
            numbers = older.bitmaps.get(facet, {}).get(value, BitMap())
        else:
            return _read()  # `older` saw what was rolled back, or what a restored backup does not have
        found[facet, value] = row_version, numbers
    return found
