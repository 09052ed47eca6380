"""Projects that have ended, over a selection: why, what they advise, and on which money they stood."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import BooleanField, Case, F, Prefetch, Q, QuerySet, Value, When
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pyroaring import BitMap

from projects.facets import Selection
from projects.models import ENDED_STAGES, EndCause, Financing, FundedBy, Project, Stage

from .selection import Kept, Telling

UNKNOWN = "unknown"  # in addresses, for projects that name no cause
CAUSES: Mapping[str, str | Promise] = {**dict(EndCause.choices), "": gettext_lazy("keine Angabe")}


@dataclass(frozen=True, eq=False)
class Facts:
    """Ended published projects by cause, and those that advise others or tell the reason in words."""

    causes: Mapping[str, BitMap]
    advise: BitMap
    explain: BitMap

    @property
    def everything(self) -> BitMap:
        return BitMap.union(BitMap(), *self.causes.values())


def _says(field: str) -> Case:
    return Case(When(~Q(**{field: ""}), then=Value(True)), default=Value(False), output_field=BooleanField())


def read(_today: date) -> Facts:
    """In one query."""
    causes: dict[str, BitMap] = {}
    advise, explain = BitMap(), BitMap()
    rows = (
        Project.objects.published()
        .filter(stage__in=ENDED_STAGES)
        .order_by()
        .annotate(advises=_says("lessons"), explains=_says("end_reason"))
        .values_list("end_cause", "advises", "explains")
        .annotate(numbers=ArrayAgg("publication_number"))
    )
    for cause, advises, explains, listed in rows:
        numbers = BitMap(listed)
        causes[cause] = causes.get(cause, BitMap()) | numbers
        advise |= numbers if advises else BitMap()
        explain |= numbers if explains else BitMap()
    return Facts(causes, advise, explain)


facts_for = Kept(read)


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
    )


def projects(found: Ended) -> QuerySet[Project]:
    """The listed projects, what ended last first, each with its granted money as `money_at_the_end`."""
    money = Financing.objects.filter(is_requested=False).select_related("source", "programme")
    return (
        Project.objects.number_in(found.numbers)
        .for_listing()
        .prefetch_related(Prefetch("financings", money.order_by("position", "pk"), to_attr="money_at_the_end"))
        .order_by(F("ended_on").desc(nulls_last=True), "-publication_number")
    )


def telling(selection: Selection) -> Telling:
    """How many projects ended because their money did."""
    found = survey(selection)
    ran_out = sum(line.projects for line in found.causes if line.value == EndCause.FUNDING_ENDED)
    text = _("beendete Projekte, die ihren Grund nennen, endeten mit ihrer Förderung")
    return Telling(ran_out, text, of=found.cause_known, stones="terracotta sand")
