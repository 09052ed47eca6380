"""Paid posts beside volunteers over a selection, who works without a post, and what the volunteers' hours are worth.

Each sum counts only the projects that give the number, and says how many those are.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from pyroaring import BitMap

from projects.facets import Selection
from projects.models import Project, Staffing
from projects.revisions import Blocks, within

from .selection import Kept, Sums, Telling

LISTED = 60
MONTHS = 12


@dataclass(frozen=True, eq=False)
class Facts:
    """What all published projects say about people, by publication number; posts in hundredths."""

    posts: Sums
    volunteers: Sums
    hours: Sums
    without_post: BitMap  # say that they have no paid post: a documented zero


def read(_today: date, blocks: Blocks | None) -> Facts:
    """What these projects say, or all for None; in one query. The day does not matter."""
    columns = {"staff_fte": 100, "volunteers": 1, "volunteer_hours_month": 1}
    found = {column: (array("I"), array("I")) for column in columns}
    rows = within(Project.objects.published().order_by(), blocks, "publication_number")
    for number, *values in rows.values_list("publication_number", *columns).iterator():
        for (column, factor), value in zip(columns.items(), values, strict=True):
            if value is not None:
                found[column][0].append(number)
                found[column][1].append(int(value * factor))
    posts, volunteers, hours = (Sums.of(*found[column]) for column in columns)
    none = BitMap(number for number, value in zip(*found["staff_fte"], strict=True) if not value)
    return Facts(posts, volunteers, hours, none)


def merge(older: Facts, newer: Facts, changed: BitMap) -> Facts:
    return Facts(
        older.posts.merged(newer.posts, changed),
        older.volunteers.merged(newer.volunteers, changed),
        older.hours.merged(newer.hours, changed),
        (older.without_post - changed) | newer.without_post,
    )


facts_for = Kept(read, merge)


# --- what a selection gives -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """Sums over a part of the selection, each with the number of projects that it rests on."""

    value: str
    label: str | Promise
    projects: int
    posts: Decimal
    posts_known: int
    volunteers: int
    volunteers_known: int
    hours: int  # a month
    hours_known: int


@dataclass(frozen=True)
class Both:
    """The projects that give posts as well as volunteers: only these can be set against each other."""

    projects: int
    posts: Decimal
    volunteers: int

    @property
    def volunteers_a_post(self) -> Decimal | None:
        return self.volunteers / self.posts if self.posts else None


@dataclass(frozen=True)
class People:
    """Everything that the page says about a selection."""

    total: Line
    both: Both
    staffing: Sequence[tuple[str, str | Promise, int]]  # value, label, projects; "" is unknown
    sizes: Sequence[Line]
    counties: Sequence[Line]
    without_post: BitMap  # a documented zero
    post_unknown: BitMap  # mostly volunteers, and nothing is said about posts

    @property
    def hours_a_year(self) -> int:
        return self.total.hours * MONTHS

    @property
    def value_a_year(self) -> Decimal:
        """The hours of a year at the operator's rate, in euros."""
        return self.hours_a_year * settings.VOLUNTEER_HOUR_RATE

    @property
    def staffing_known(self) -> int:
        return sum(count for value, _label, count in self.staffing if value)


def overview(selection: Selection) -> People:
    """The sums over a selection; reads nothing but what is kept."""
    facts, chosen = facts_for(selection), selection.numbers
    kinds = selection.index.bitmaps.get("staffing", {})
    both = facts.posts.known & facts.volunteers.known & chosen
    staffing = [
        (value, label, kinds[value].intersection_cardinality(chosen) if value in kinds else 0)
        for value, label in Staffing.choices
    ]
    said = sum(count for _value, _label, count in staffing)
    return People(
        total=_line("all", _("zusammen"), chosen, facts),
        both=Both(len(both), _posts(facts, both), facts.volunteers.over(both)),
        staffing=[*staffing, ("", _("keine Angabe"), len(chosen) - said)],
        sizes=list(_places("size", selection, facts)),
        counties=list(_places("county", selection, facts)),
        without_post=facts.without_post & chosen,
        post_unknown=(kinds.get(Staffing.MOSTLY_VOLUNTEERS, BitMap()) & chosen) - facts.posts.known,
    )


def _posts(facts: Facts, chosen: BitMap) -> Decimal:
    return Decimal(facts.posts.over(chosen)) / 100


def _line(value: str, label: str | Promise, chosen: BitMap, facts: Facts) -> Line:
    return Line(
        value,
        label,
        len(chosen),
        _posts(facts, chosen),
        facts.posts.known_in(chosen),
        facts.volunteers.over(chosen),
        facts.volunteers.known_in(chosen),
        facts.hours.over(chosen),
        facts.hours.known_in(chosen),
    )


def _places(facet: str, selection: Selection, facts: Facts) -> Iterator[Line]:
    """A line for each value of this facet that occurs; a project in several counties stands in each of them."""
    numbers: Mapping[str, BitMap] = selection.index.bitmaps.get(facet, {})
    for value, label in selection.index.labels.choices[facet].items():
        here = numbers[value] & selection.numbers if value in numbers else BitMap()
        if here:
            yield _line(value, label, here, facts)


def without_coordination(people: People) -> tuple[list[Project], list[Project]]:
    """Projects that say they have no paid post, and projects of volunteers that say nothing about posts; one query.

    Of each the newest, at most LISTED.
    """
    groups = [list(numbers[-LISTED:])[::-1] for numbers in (people.without_post, people.post_unknown)]
    columns = ("publication_number", "title", "volunteers", "lead__display_name")
    projects = Project.objects.number_in([*groups[0], *groups[1]]).select_related("lead").only(*columns)
    found = {project.publication_number: project for project in projects}
    none, unknown = ([found[number] for number in group if number in found] for group in groups)
    return none, unknown


HEADER = (
    _lazy("Gliederung"),
    _lazy("Wert"),
    _lazy("Projekte"),
    _lazy("bezahlte Stellen (Vollzeit)"),
    _lazy("angegeben von Projekten"),
    _lazy("Ehrenamtliche"),
    _lazy("angegeben von Projekten"),
    _lazy("ehrenamtliche Stunden im Monat"),
    _lazy("angegeben von Projekten"),
)


def table(people: People) -> Iterator[tuple[object, ...]]:
    """All sums as one table, in the columns of HEADER; None where nothing is known."""
    groups = (
        (_("Auswahl"), [people.total]),
        (_("Größe der Kommune"), people.sizes),
        (_("Landkreis oder kreisfreie Stadt"), people.counties),
    )
    for label, lines in groups:
        yield from ((label, *_cells(line)) for line in lines)
    for value, label, count in people.staffing:
        yield (_("Haupt- und Ehrenamt"), label if value else _("keine Angabe"), count, *[None] * 6)


def _cells(line: Line) -> tuple[object, ...]:
    sums = ((line.posts, line.posts_known), (line.volunteers, line.volunteers_known), (line.hours, line.hours_known))
    cells = [cell for value, known in sums for cell in (value if known else None, known)]
    return line.label, line.projects, *cells


def telling(selection: Selection) -> Telling:
    """How many projects stand mostly on volunteers."""
    kinds = {
        value: numbers & selection.numbers for value, numbers in selection.index.bitmaps.get("staffing", {}).items()
    }
    return Telling(
        len(kinds.get(Staffing.MOSTLY_VOLUNTEERS, BitMap())),
        _("Projekten, die dazu etwas sagen, tragen überwiegend Ehrenamtliche"),
        of=sum(len(numbers) for numbers in kinds.values()),
        stones="ochre sky",
    )
