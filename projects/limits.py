"""How often somebody may do something within a time; nobody's address is kept, only a keyed hash of it."""

import time
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network

from django.core.cache import cache
from django.db import connection
from django.utils import timezone
from django.utils.crypto import salted_hmac

HOUR = 60 * 60
COUNT = """
    INSERT INTO "cache" AS kept (cache_key, value, expires) VALUES (%s, '1', %s)
    ON CONFLICT (cache_key) DO UPDATE SET value = (kept.value::int + 1)::text
    RETURNING kept.value::int
"""


@dataclass(frozen=True)
class Limit:
    """At most `most` turns within `seconds`, for each caller."""

    purpose: str
    most: int
    seconds: int = HOUR

    def take_turn(self, caller: str) -> bool:
        """Whether `caller` (any text) has a turn left; takes it if so.

        Each turn occupies one of a few places in the shared cache. `add` is atomic there, whereas `incr` of Django's
        database cache is not and forgets when the count ends.
        """
        hashed = salted_hmac("projects.limits", caller, algorithm="sha256").hexdigest()
        places = [f"{self.purpose}:{hashed}:{number}" for number in range(self.most)]
        taken = cache.get_many(places)
        return any(cache.add(place, True, self.seconds) for place in places if place not in taken)


@dataclass(frozen=True)
class Window:
    """At most `most` turns in each window of `seconds`, for each caller, however many come at once; for reading.

    The places of `Limit` would be too many to look through. The count is a row of the shared cache that only this
    writes: `incr` of Django's database cache reads and writes apart, so that of turns taken at once only one counts.
    """

    purpose: str
    most: int
    seconds: int

    def take_turn(self, caller: str) -> bool:
        hashed = salted_hmac("projects.limits", caller, algorithm="sha256").hexdigest()
        key = f"{self.purpose}:{hashed}:{int(time.time()) // self.seconds}"
        with connection.cursor() as cursor:
            cursor.execute(COUNT, [key, timezone.now() + timedelta(seconds=self.seconds)])
            return cursor.fetchone()[0] <= self.most


def household(address: str) -> str:
    """An IP address as a caller: for IPv6 the /64 network that one household has; "" where it is unknown."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    return str(ip_network(f"{parsed}/64", strict=False)) if parsed.version == 6 else str(parsed)
