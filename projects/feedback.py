"""What happens with a barrier report: how many one visitor may send, storing it, telling the operator."""

from ipaddress import ip_address, ip_network

from django.core.cache import cache
from django.db import transaction
from django.utils.crypto import salted_hmac

from . import emails
from .models import BarrierReport

REPORTS_PER_VISITOR = 5
LIMIT_SECONDS = 60 * 60


def take_turn(address: str) -> bool:
    """Whether the visitor at this IP address may send one more report; counts it if so.

    Each report occupies one of a few places in the shared cache for an hour. `add` is atomic there, whereas `incr` of
    Django's database cache is not and forgets the hour.
    """
    visitor = salted_hmac("projects.feedback", _visitor(address), algorithm="sha256").hexdigest()
    places = [f"barrier-report:{visitor}:{number}" for number in range(REPORTS_PER_VISITOR)]
    taken = cache.get_many(places)
    return any(cache.add(place, True, LIMIT_SECONDS) for place in places if place not in taken)


def _visitor(address: str) -> str:
    """The address, or for IPv6 the /64 network that one household has; "" where it is unknown."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    return str(ip_network(f"{parsed}/64", strict=False)) if parsed.version == 6 else str(parsed)


def accept(report: BarrierReport) -> None:
    """Stores the report together with the letter that tells the operator."""
    with transaction.atomic():
        report.save()
        emails.barrier_reported(report)
