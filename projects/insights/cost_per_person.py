"""What a project costs for each person that it reached, or why that cannot be worked out.

Only sums that belong to the same time are divided. A yearly cost is not multiplied by years, and people of one day are
not made people of a year: both would be guesses. Money that was requested or granted plays no part, only the cost.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from projects.models import ENDED_STAGES, PeoplePeriod

SIGNIFICANT_DIGITS = 3  # cost and people are rarely known better
CENT = Decimal("0.01")


class Basis(TextChoices):
    """What the amount means. Who comes every month is one person a year: a month is not compared with the others."""

    YEAR = "year", _("je Person im Jahr")
    TOTAL = "total", _("je Person")
    MONTH = "month", _("je Person und Monat")


class Reason(TextChoices):
    """The end of the sentence „nicht berechenbar, weil …“."""

    NOTHING_KNOWN = "nothing_known", _("die Kosten und die Zahl der erreichten Menschen fehlen")
    NO_COST = "no_cost", _("die Kosten fehlen")
    NO_PEOPLE = "no_people", _("die Zahl der erreichten Menschen fehlt")
    NOBODY = "nobody", _("noch niemand erreicht wurde")
    ONE_DAY = (
        "one_day",
        _("die Zeiträume nicht passen: Die Zahl der Menschen gilt für einen Zeitpunkt, die Kosten gelten für länger"),
    )
    ONLY_ONE_OFF = (
        "only_one_off",
        _(
            "die Zeiträume nicht passen: Die Zahl der Menschen gilt für ein Jahr oder einen Monat, bekannt sind aber "
            "nur einmalige Kosten"
        ),
    )
    ONLY_YEARLY = (
        "only_yearly",
        _("die Zeiträume nicht passen: Die Zahl der Menschen gilt für die ganze Dauer, die Kosten gelten für ein Jahr"),
    )
    RUNNING_COST_UNKNOWN = (
        "running_cost_unknown",
        _("das Projekt noch läuft und außer den einmaligen Kosten keine laufenden bekannt sind"),
    )


@dataclass(frozen=True)
class CostPerPerson:
    """`amount` in euros, rounded to three digits, with what was divided; or the reason why there is none.

    `one_off_left_out` and `yearly_unknown` say what the amount does not contain.
    """

    amount: Decimal | None = None
    basis: str = ""
    cost: Decimal | None = None
    people: int | None = None
    is_estimated: bool = False
    one_off_left_out: Decimal | None = None
    yearly_unknown: bool = False
    why_not: str = ""

    @property
    def basis_label(self) -> str | Promise:
        return Basis(self.basis).label

    @property
    def reason(self) -> str | Promise:
        return Reason(self.why_not).label


def cost_per_person(project: Any) -> CostPerPerson:
    """Needs `cost_one_off`, `cost_yearly`, `people_reached`, `people_period` and `stage` of a project or of a row."""
    people = project.people_reached
    if why_not := _why_not(project):
        return CostPerPerson(why_not=why_not)
    if project.people_period == PeoplePeriod.TOTAL:
        return CostPerPerson(
            amount=rounded(Decimal(project.cost_one_off) / people),
            basis=Basis.TOTAL,
            cost=project.cost_one_off,
            people=people,
            is_estimated=getattr(project, "cost_one_off_estimated", False),
            yearly_unknown=project.cost_yearly is None,
        )
    months = 12 if project.people_period == PeoplePeriod.MONTH else 1
    return CostPerPerson(
        amount=rounded(Decimal(project.cost_yearly) / (months * people)),
        basis=Basis.MONTH if months > 1 else Basis.YEAR,
        cost=project.cost_yearly,
        people=people,
        is_estimated=getattr(project, "cost_yearly_estimated", False),
        one_off_left_out=project.cost_one_off or None,
    )


def _why_not(project: Any) -> str:
    """The first reason why nothing can be divided; empty if it can."""
    one_off, yearly, people = project.cost_one_off, project.cost_yearly, project.people_reached
    has_cost = one_off is not None or yearly is not None
    if people is None:
        return Reason.NO_PEOPLE if has_cost else Reason.NOTHING_KNOWN
    if not has_cost:
        return Reason.NO_COST
    if not people:
        return Reason.NOBODY
    if project.people_period == PeoplePeriod.CURRENT:
        return Reason.ONE_DAY
    if project.people_period == PeoplePeriod.TOTAL:
        return _why_not_in_total(one_off, yearly, project.stage)
    return "" if yearly is not None else Reason.ONLY_ONE_OFF


def _why_not_in_total(one_off: Decimal | None, yearly: Decimal | None, stage: str) -> str:
    """People of the whole time need the cost of the whole time: that is the one-off cost where nothing runs on."""
    if yearly or one_off is None:
        return Reason.ONLY_YEARLY
    has_ended = stage in ENDED_STAGES
    return Reason.RUNNING_COST_UNKNOWN if yearly is None and not has_ended else ""


def rounded(amount: Decimal) -> Decimal:
    """Three significant digits, never finer than a cent: 12.345 → 12.3, 98 765 → 98 800."""
    place = max(amount.adjusted() - SIGNIFICANT_DIGITS + 1, -2) if amount else 0
    # Rounding up may give a digit more (99.96 → 100.0); the number is the same.
    return amount.quantize(Decimal(1).scaleb(place), ROUND_HALF_UP).quantize(CENT)


# --- as values of the facet index -------------------------------------------------------------------------------------


def indexed(result: CostPerPerson) -> list[str]:
    """The value by which the index orders: basis and cents. Rounded amounts are few, even for very many projects."""
    if result.amount is None:
        return []
    return [f"{'month' if result.basis == Basis.MONTH else 'person'}:{int(result.amount / CENT)}"]


def in_order(value: str) -> tuple[bool, int]:
    """Lowest first; amounts a month come after those a person, for the two do not compare."""
    return is_of_a_month(value), int(value.split(":")[1])


def is_of_a_month(value: str) -> bool:
    return value.startswith("month:")
