"""How often somebody may do something within a time; nobody's address is kept, only a keyed hash of it."""

import time
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from django.core.cache import cache
from django.utils.crypto import salted_hmac

HOUR = 60 * 60


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
    """About `most` turns in each window of `seconds`, for each caller; for reading, where a few more do no harm.

    Django's database cache may lose a count when two requests come at once, so that a caller can get more, never less.
    """

    purpose: str
    most: int
    seconds: int

    def take_turn(self, caller: str) -> bool:
        hashed = salted_hmac("projects.limits", caller, algorithm="sha256").hexdigest()
        key = f"{self.purpose}:{hashed}:{int(time.time()) // self.seconds}"
        if cache.add(key, 1, self.seconds):
            return True
        try:
            return cache.incr(key) <= self.most
        except ValueError:  # the window ended in between
            return True


def household(address: str) -> str:
    """An IP address as a caller: for IPv6 the /64 network that one household has; "" where it is unknown."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    return str(ip_network(f"{parsed}/64", strict=False)) if parsed.version == 6 else str(parsed)
