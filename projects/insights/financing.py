"""Where the money of a selection comes from, how long it lasts, and what ends when.

Only granted money counts. Amounts for a year and amounts for a whole period are two sums that are never added: most
rows do not say how long the period is.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import compress

from django.db.models import QuerySet, TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from pyroaring import BitMap

from projects.days import years_later
from projects.facets import Selection
from projects.models import Financing, FinancingKind, FundedBy, FundingLevel, Permanence, Status
from projects.revisions import Blocks, within

from .selection import Kept, Sums, Telling, merged

LISTED = 30


class Lasting(TextChoices):
    """How long a source of money still lasts, seen from a day."""

    ENDED = "ended", _lazy("schon ausgelaufen")
    WITHIN_12 = "within12", _lazy("endet in den nächsten 12 Monaten")
    WITHIN_24 = "within24", _lazy("endet in 12 bis 24 Monaten")
    LATER = "later", _lazy("endet später")
    OPEN = "open", _lazy("kein Ende angegeben")


class Basis(TextChoices):
    """What an amount stands for."""

    YEAR = "year", _lazy("im Jahr")
    WHOLE = "whole", _lazy("für die ganze Laufzeit")


# How the rows of a table are formed: a column of the money rows or Lasting, its values in order, what pages call it.
WAYS: Mapping[str, tuple[type[TextChoices], str | Promise]] = {
    "level": (FundingLevel, _lazy("Ebene")),
    "kind": (FinancingKind, _lazy("Art des Geldes")),
    "permanence": (Permanence, _lazy("Dauer")),
    "lasting": (Lasting, _lazy("Restlaufzeit")),
}


# A money row is known by the publication number of its project and its place among the project's rows: the place stands
# above these binary digits. So the rows of a selection are the selection itself, shifted once for each place.
NUMBER_DIGITS = 22


@dataclass(frozen=True, eq=False)
class Facts:
    """The granted money rows of all published projects, seen from one day."""

    places: int  # no project has more rows
    rows: Mapping[tuple[str, str], BitMap]  # (way, value): the rows that are of this kind
    projects: Mapping[tuple[str, str], BitMap]  # the same, their projects
    everything: BitMap
    with_money: BitMap  # the projects that have any row
    sums: Mapping[str, Sums]  # by basis: cents
    ends: Mapping[date, BitMap]  # the projects that have money which ends on this day, from today on

    def rows_of(self, projects: BitMap) -> BitMap:
        shifted = (projects.shift(place << NUMBER_DIGITS) for place in range(self.places))
        return BitMap.union(BitMap(), *shifted) & self.everything


def granted() -> QuerySet[Financing]:
    """The money that counts: granted to a published project."""
    return Financing.objects.filter(project__status=Status.PUBLISHED, is_requested=False).order_by()


def read(today: date, blocks: Blocks | None) -> Facts:
    """The rows of these projects as they are now, in one query; of all for None."""
    in_a_year, in_two_years = years_later(today, 1), years_later(today, 2)
    places = bytearray()  # by number: how many rows it has so far
    rows: defaultdict[tuple[str, str], array[int]] = defaultdict(lambda: array("I"))
    cents = {basis: (array("I"), array("Q")) for basis in (Basis.YEAR, Basis.WHOLE)}
    ends: defaultdict[date, BitMap] = defaultdict(BitMap)
    columns = ("project__publication_number", "level", "kind", "permanence", "ends_on", "is_per_year", "amount")
    asked = within(granted(), blocks, "project__publication_number")
    found = asked.values_list(*columns).iterator()  # not all at once: a process never gives that memory back
    for number, level, kind, permanence, ends_on, is_per_year, amount in found:
        if number >= len(places):
            places.extend(bytes(number + 1 - len(places)))
        row = number | places[number] << NUMBER_DIGITS
        places[number] += 1
        if ends_on is None:
            lasting = Lasting.OPEN
        elif ends_on < today:
            lasting = Lasting.ENDED
        else:
            ends[ends_on].add(number)
            lasting = (
                Lasting.WITHIN_12
                if ends_on <= in_a_year
                else Lasting.WITHIN_24
                if ends_on <= in_two_years
                else Lasting.LATER
            )
        rows["level", level].append(row)
        rows["kind", kind].append(row)
        rows["permanence", permanence].append(row)
        rows["lasting", lasting].append(row)
        if amount is not None:
            ids, values = cents[Basis.YEAR if is_per_year else Basis.WHOLE]
            ids.append(row)
            values.append(int(amount * 100))
    if len(places) > 1 << NUMBER_DIGITS:
        raise OverflowError("Publication numbers have outgrown NUMBER_DIGITS.")
    number_of = ((1 << NUMBER_DIGITS) - 1).__and__
    return Facts(
        max(places, default=0),
        {key: BitMap(listed) for key, listed in rows.items()},
        {key: BitMap(map(number_of, listed)) for key, listed in rows.items()},
        BitMap.union(BitMap(), *(BitMap(listed) for (way, _value), listed in rows.items() if way == "level")),
        BitMap(compress(range(len(places)), places)),
        {basis: Sums.of(*listed) for basis, listed in cents.items()},
        ends,
    )


def merge(older: Facts, newer: Facts, changed: BitMap) -> Facts:
    places = max(older.places, newer.places)
    rows = BitMap.union(BitMap(), *(changed.shift(place << NUMBER_DIGITS) for place in range(places)))
    return Facts(
        places,
        merged(older.rows, newer.rows, rows),
        merged(older.projects, newer.projects, changed),
        (older.everything - rows) | newer.everything,
        (older.with_money - changed) | newer.with_money,
        {basis: sums.merged(newer.sums[basis], rows) for basis, sums in older.sums.items()},
        merged(older.ends, newer.ends, changed),
    )


facts_for = Kept(read, merge)


# --- what a selection gives -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One row of a table: sources are money rows; each sum is euros and rests on as many amounts as stand beside it."""

    value: str
    label: str | Promise
    projects: int
    sources: int
    yearly: Decimal
    yearly_known: int
    whole: Decimal
    whole_known: int

    @property
    def known(self) -> int:
        """Sources with an amount; it is either one for a year or one for the whole period."""
        return self.yearly_known + self.whole_known


@dataclass(frozen=True)
class PlaceLine(Line):
    """A row for a size class or a county: of all its projects, how many live on time-limited money only."""

    all_projects: int
    duration_known: int
    only_limited: int


@dataclass(frozen=True)
class Course:
    """The stones of one level: how many sources it gives by permanence ("" is unknown), in the order of the choices."""

    label: str | Promise
    sources: Sequence[tuple[str, int]]

    @property
    def total(self) -> int:
        return sum(count for _permanence, count in self.sources)


@dataclass(frozen=True)
class Money:
    """Everything that the page says about a selection."""

    projects: int
    silent: int  # projects that say nothing about money
    unfunded: int
    duration_known: int
    only_limited: int
    total: Line
    tables: Mapping[str, Sequence[Line]]
    courses: Sequence[Course]
    sizes: Sequence[PlaceLine]
    counties: Sequence[PlaceLine]
    ending: Mapping[date, BitMap]
    limited_open: int  # time-limited sources that do not say until when: missing where ends are listed

    def line(self, way: str, value: str) -> Line:
        """The row of a table, with zeros where the selection has no such money."""
        found = (line for line in self.tables[way] if line.value == value)
        return next(found, Line(value, "", 0, 0, Decimal(), 0, Decimal(), 0))

    @property
    def permanent(self) -> Line:
        return self.line("permanence", Permanence.PERMANENT)

    @property
    def ended(self) -> Line:
        return self.line("lasting", Lasting.ENDED)

    @property
    def of_known_permanence(self) -> Line:
        """All money whose permanence is known; the shares of permanent money are parts of this."""
        return _together([line for line in self.tables["permanence"] if line.value])

    def ending_until(self, last: date) -> BitMap:
        """The projects that have money which ends from today to this day."""
        return BitMap.union(BitMap(), *(numbers for day, numbers in self.ending.items() if day <= last))


def overview(selection: Selection) -> Money:
    """The sums over a selection; reads nothing but what is kept."""
    facts, chosen = facts_for(selection), selection.numbers
    rows = facts.rows_of(chosen)
    financing = {value: numbers & chosen for value, numbers in selection.index.bitmaps.get("financing", {}).items()}
    unfunded = financing.pop(FundedBy.UNFUNDED, BitMap())
    limited = facts.rows.get(("permanence", Permanence.TIME_LIMITED), BitMap())
    tables = {way: list(_lines(way, facts, rows, chosen)) for way in WAYS}
    return Money(
        projects=len(chosen),
        silent=len(chosen - facts.with_money - unfunded),
        unfunded=len(unfunded),
        duration_known=sum(len(numbers) for numbers in financing.values()),
        only_limited=len(financing.get(FundedBy.TIME_LIMITED, BitMap())),
        total=_together(tables["level"], facts.with_money.intersection_cardinality(chosen)),
        tables=tables,
        courses=list(_courses(facts, rows)),
        sizes=list(_places("size", selection, facts, financing)),
        counties=list(_places("county", selection, facts, financing)),
        ending={day: found for day, numbers in sorted(facts.ends.items()) if (found := numbers & chosen)},
        limited_open=len(rows & limited & facts.rows.get(("lasting", Lasting.OPEN), BitMap())),
    )


def _line(value: str, label: str | Promise, rows: BitMap, projects: BitMap, facts: Facts) -> Line:
    yearly, whole = facts.sums[Basis.YEAR], facts.sums[Basis.WHOLE]
    return Line(
        value,
        label,
        len(projects),
        len(rows),
        Decimal(yearly.over(rows)) / 100,
        yearly.known_in(rows),
        Decimal(whole.over(rows)) / 100,
        whole.known_in(rows),
    )


def _together(lines: Sequence[Line], projects: int = 0) -> Line:
    """The lines of one table as one; every row of money is in one line, but a project may be in several."""
    return Line(
        "all",
        _("zusammen"),
        projects,
        sum(line.sources for line in lines),
        sum((line.yearly for line in lines), Decimal()),
        sum(line.yearly_known for line in lines),
        sum((line.whole for line in lines), Decimal()),
        sum(line.whole_known for line in lines),
    )


def _values(way: str) -> Iterator[tuple[str, str | Promise]]:
    yield from WAYS[way][0].choices
    yield "", _("keine Angabe")


def _lines(way: str, facts: Facts, rows: BitMap, chosen: BitMap) -> Iterator[Line]:
    for value, label in _values(way):
        here = rows & facts.rows.get((way, value), BitMap())
        if here:
            yield _line(value, label, here, facts.projects[way, value] & chosen, facts)


def _courses(facts: Facts, rows: BitMap) -> Iterator[Course]:
    permanences = [(value, facts.rows.get(("permanence", value), BitMap())) for value, _label in _values("permanence")]
    for level, label in _values("level"):
        here = rows & facts.rows.get(("level", level), BitMap())
        if here:
            yield Course(label, [(value, here.intersection_cardinality(those)) for value, those in permanences])


def _places(facet: str, selection: Selection, facts: Facts, financing: Mapping[str, BitMap]) -> Iterator[PlaceLine]:
    """A line for each value of this facet that occurs; a project in several counties stands in each of them."""
    known = BitMap.union(BitMap(), *financing.values())
    limited = financing.get(FundedBy.TIME_LIMITED, BitMap())
    numbers = selection.index.bitmaps.get(facet, {})
    for value, label in selection.index.labels.choices[facet].items():
        here = numbers[value] & selection.numbers if value in numbers else BitMap()
        if here:
            line = _line(value, label, facts.rows_of(here), facts.with_money & here, facts)
            counts = (len(here), known.intersection_cardinality(here), limited.intersection_cardinality(here))
            yield PlaceLine(**vars(line), all_projects=counts[0], duration_known=counts[1], only_limited=counts[2])


def ending_rows(money: Money, today: date) -> list[Financing]:
    """Money that ends within 24 months, the first to end first, of the first LISTED projects; in one query."""
    last = years_later(today, 2)
    numbers: list[int] = []
    for day, found in money.ending.items():
        if day <= last and len(numbers) < LISTED:
            numbers += [number for number in found if number not in numbers][: LISTED - len(numbers)]
    rows = granted().filter(project__publication_number__in=numbers, ends_on__range=(today, last))
    # Whole projects with all their texts would be most of what the page takes.
    own = ("ends_on", "level", "amount", "is_per_year")
    related = ("source__name", "project__title", "project__lead__display_name")
    rows = rows.select_related("project__lead", "source").only(*own, *related)
    return list(rows.order_by("ends_on", "project__title", "pk"))


HEADER = (
    _lazy("Gliederung"),
    _lazy("Wert"),
    _lazy("Projekte"),
    _lazy("davon mit bekannter Dauer des Geldes"),
    _lazy("davon nur mit Geld auf Zeit"),
    _lazy("Projekte mit solchem Geld"),
    _lazy("Geldquellen"),
    _lazy("Euro im Jahr"),
    _lazy("angegeben von Geldquellen"),
    _lazy("Euro für ganze Laufzeiten"),
    _lazy("angegeben von Geldquellen"),
)


def table(money: Money) -> Iterator[tuple[object, ...]]:
    """All sums as one table, in the columns of HEADER; None where a column does not apply."""
    everything = (money.projects, money.duration_known, money.only_limited)
    yield (_("Auswahl"), money.total.label, *everything, *_cells(money.total))
    for way, (_choices, label) in WAYS.items():
        yield from ((label, line.label, None, None, None, *_cells(line)) for line in money.tables[way])
    for label, lines in ((_("Größe der Kommune"), money.sizes), (_("Landkreis oder kreisfreie Stadt"), money.counties)):
        for line in lines:
            yield (label, line.label, line.all_projects, line.duration_known, line.only_limited, *_cells(line))


def _cells(line: Line) -> tuple[object, ...]:
    yearly, whole = line.yearly if line.yearly_known else None, line.whole if line.whole_known else None
    return line.projects, line.sources, yearly, line.yearly_known, whole, line.whole_known


def telling(selection: Selection) -> Telling:
    """How much of the money with a known duration ends."""
    facts = facts_for(selection)
    rows = facts.rows_of(selection.numbers)
    counts = {value: len(rows & facts.rows.get(("permanence", value), BitMap())) for value in Permanence.values}
    known = sum(counts.values())
    return Telling(
        known - counts[Permanence.PERMANENT],
        _("Geldquellen mit bekannter Dauer sind befristet oder einmalig"),
        of=known,
        stones="terracotta verdigris",
    )
