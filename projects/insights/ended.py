"""Projects that have ended, over a selection: why, what they advise, and on which money they stood."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import BooleanField, Case, Prefetch, Q, Value, When
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pyroaring import BitMap

from projects.bitmaps import across
from projects.facets import Selection
from projects.models import ENDED_STAGES, EndCause, Financing, FundedBy, Project, Stage
from projects.revisions import Blocks, within

from .selection import Kept, Telling, merged

UNKNOWN = "unknown"  # in addresses, for projects that name no cause
CAUSES: Mapping[str, str | Promise] = {**dict(EndCause.choices), "": gettext_lazy("keine Angabe")}


@dataclass(frozen=True, eq=False)
class Facts:
    """Ended published projects by cause and by their last day, and those that advise or tell the reason in words."""

    causes: Mapping[str, BitMap]
    days: Mapping[date | None, BitMap]  # None where it is not known
    advise: BitMap
    explain: BitMap

    @property
    def everything(self) -> BitMap:
        return BitMap.union(BitMap(), *self.causes.values())


def _says(field: str) -> Case:
    return Case(When(~Q(**{field: ""}), then=Value(True)), default=Value(False), output_field=BooleanField())


def read(_today: date, blocks: Blocks | None) -> Facts:
    """What is known of these projects, or of all for None; in one query."""
    causes: defaultdict[str, BitMap] = defaultdict(BitMap)
    days: defaultdict[date | None, BitMap] = defaultdict(BitMap)
    advise, explain = BitMap(), BitMap()
    rows = (
        within(Project.objects.published(), blocks, "publication_number")
        .filter(stage__in=ENDED_STAGES)
        .order_by()
        .annotate(advises=_says("lessons"), explains=_says("end_reason"))
        .values_list("end_cause", "ended_on", "advises", "explains")
        .annotate(numbers=ArrayAgg("publication_number"))
    )
    for cause, day, advises, explains, numbers in rows:
        causes[cause].update(numbers)
        days[day].update(numbers)
        if advises:
            advise.update(numbers)
        if explains:
            explain.update(numbers)
    return Facts(causes, days, advise, explain)


def merge(older: Facts, newer: Facts, changed: BitMap) -> Facts:
    return Facts(
        merged(older.causes, newer.causes, changed),
        merged(older.days, newer.days, changed),
        (older.advise - changed) | newer.advise,
        (older.explain - changed) | newer.explain,
    )


facts_for = Kept(read, merge)


@dataclass(frozen=True)
class Line:
    """A cause: how many projects ended by it, how many of them lived on time-limited money only, how many advise."""

    value: str
    label: str | Promise
    projects: int
    only_limited: int
    advise: int

    @property
    def in_address(self) -> str:
        return self.value or UNKNOWN


@dataclass(frozen=True)
class Ended:
    """What the page says about a selection of `selected` projects; `numbers` are the ended ones that it lists."""

    selected: int
    total: Line
    causes: Sequence[Line]
    discontinued: int
    explain: int
    duration_known: int
    numbers: BitMap
    days: Mapping[date | None, BitMap]  # of all ended projects

    def listed(self, places: range) -> list[int]:
        """The numbers at these places of what it lists: what ended last comes first, then the newest."""
        days = sorted(self.days, key=lambda day: day or date.min, reverse=True)
        return across((self.days[day] & self.numbers for day in days), places.start, places.stop)

    @property
    def cause_known(self) -> int:
        return sum(line.projects for line in self.causes if line.value)


def survey(selection: Selection, cause: str | None = None) -> Ended:
    """The ended projects of a selection; only those with this cause are listed, but all are counted."""
    facts, values = facts_for(selection), selection.index.bitmaps
    ended = facts.everything & selection.numbers
    financing = values.get("financing", {})
    limited = financing.get(FundedBy.TIME_LIMITED, BitMap())

    def line(value: str, label: str | Promise, numbers: BitMap) -> Line:
        here = numbers & selection.numbers
        return Line(
            value,
            label,
            len(here),
            here.intersection_cardinality(limited),
            here.intersection_cardinality(facts.advise),
        )

    lines = [line(value, label, facts.causes[value]) for value, label in CAUSES.items() if value in facts.causes]
    return Ended(
        selected=selection.total,
        total=line("all", _("zusammen"), ended),
        causes=sorted((one for one in lines if one.projects), key=lambda one: (one.value == "", -one.projects)),
        discontinued=ended.intersection_cardinality(values.get("status", {}).get(Stage.DISCONTINUED, BitMap())),
        explain=ended.intersection_cardinality(facts.explain),
        duration_known=BitMap.union(BitMap(), *financing.values()).intersection_cardinality(ended),
        numbers=ended if cause is None else ended & facts.causes.get(cause, BitMap()),
        days=facts.days,
    )


def projects(numbers: Sequence[int]) -> list[Project]:
    """These projects in this order, each with its granted money as `money_at_the_end`."""
    money = Financing.objects.filter(is_requested=False).select_related("source", "programme")
    shown = Prefetch("financings", money.order_by("position", "pk"), to_attr="money_at_the_end")
    rows = Project.objects.number_in(numbers).for_listing().prefetch_related(shown)
    found = {project.publication_number: project for project in rows}
    return [found[number] for number in numbers if number in found]


def telling(selection: Selection) -> Telling:
    """How many projects ended because their money did."""
    found = survey(selection)
    ran_out = sum(line.projects for line in found.causes if line.value == EndCause.FUNDING_ENDED)
    text = _("beendete Projekte, die ihren Grund nennen, endeten mit ihrer Förderung")
    return Telling(ran_out, text, of=found.cause_known, stones="terracotta sand")
