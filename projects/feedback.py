"""What happens with a barrier report: how many one visitor may send, storing it, telling the operator."""

from django.db import transaction

from . import emails
from .limits import Limit, household
from .models import BarrierReport

REPORTS_PER_VISITOR = 5
_LIMIT = Limit("barrier-report", REPORTS_PER_VISITOR)


def take_turn(address: str) -> bool:
    """Whether the visitor at this IP address may send one more report; counts it if so."""
    return _LIMIT.take_turn(household(address))


def accept(report: BarrierReport) -> None:
    """Stores the report together with the letter that tells the operator."""
    with transaction.atomic():
        report.save()
        emails.barrier_reported(report)
