"""HTML that is the same for every reader, kept in the memory of a process; it knows neither projects nor pages.

Whoever keeps something names everything that it depends on as its key; the language of the page always belongs to it.
Nothing that a person who is signed in sees is ever kept. Why at all: templates are what a page costs, not the database.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

from django.utils.safestring import SafeString
from django.utils.translation import get_language

Fragment = TypeVar("Fragment")
# Stands where something is put in later; a NUL is in no text that the portal has, not even in a broken one.
SLOT = SafeString("\0")

_shelves: list["Shelf"] = []


class Shelf(Generic[Fragment]):
    """At most `most` fragments of one kind; those that were not asked for the longest make room for a new one.

    With `weigh` they may weigh so much together, in bytes for example.
    """

    def __init__(self, most: int, weigh: Callable[[Fragment], int] = lambda _fragment: 1) -> None:
        self._most, self._weigh, self._weight = most, weigh, 0
        self._kept: OrderedDict[Hashable, Fragment] = OrderedDict()
        self._lock = threading.Lock()
        _shelves.append(self)

    def get(self, *key: Hashable) -> Fragment | None:
        full = (get_language(), *key)
        with self._lock:
            if (found := self._kept.get(full)) is not None:
                self._kept.move_to_end(full)
            return found

    def get_all(self, keys: Iterable[tuple[Hashable, ...]]) -> list[Fragment | None]:
        """Many at once: to ask for the language takes as long as to look something up."""
        language = get_language()
        with self._lock:
            found = [(full, self._kept.get(full)) for full in ((language, *key) for key in keys)]
            for full, fragment in found:
                if fragment is not None:
                    self._kept.move_to_end(full)
            return [fragment for _full, fragment in found]

    def put(self, fragment: Fragment, *key: Hashable) -> Fragment:
        full = (get_language(), *key)
        with self._lock:
            if full in self._kept:
                self._weight -= self._weigh(self._kept.pop(full))
            self._kept[full] = fragment
            self._weight += self._weigh(fragment)
            while self._weight > self._most:
                self._weight -= self._weigh(self._kept.popitem(last=False)[1])
        return fragment

    def get_or_make(self, make: Callable[[], Fragment], *key: Hashable) -> Fragment:
        """Two threads may make the same one at once, which costs less than letting one wait for the other."""
        found = self.get(*key)
        return self.put(make(), *key) if found is None else found

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self._weight = 0


def forget_everything() -> None:
    """Empties every shelf; for tests, which change what no running portal changes."""
    for shelf in _shelves:
        shelf.clear()
