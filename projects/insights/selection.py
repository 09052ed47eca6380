"""How facts about the published projects are kept in the process, and summed over any selection of them."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import compress
from typing import Generic, TypeVar

from pyroaring import BitMap

from projects.facets import Selection

Facts = TypeVar("Facts")


@dataclass(frozen=True)
class Telling:
    """One figure that says why an evaluation is worth opening; `of` is what it is a part of, `stones` two colours."""

    figure: int
    text: str
    of: int | None = None
    stones: str = "terracotta sky"


@dataclass(frozen=True, eq=False)
class Sums:
    """Whole numbers by id (cents, hundredths, people …), kept as one bitmap for each binary digit.

    A sum over any set of ids is one count a digit, so it costs the same for a hundred ids as for a hundred thousand
    (a bit-sliced index: O'Neil and Quass, „Improved Query Performance with Variant Indexes“, SIGMOD 1997).
    """

    known: BitMap
    digits: Sequence[BitMap]

    @classmethod
    def of(cls, ids: Sequence[int], values: Sequence[int]) -> "Sums":
        """From ids, each at most once, and the number that belongs to each; none is negative."""
        length = max(values, default=0).bit_length()
        digits = [BitMap(compress(ids, map((1 << place).__and__, values))) for place in range(length)]
        return cls(BitMap(ids), digits)

    def over(self, chosen: BitMap) -> int:
        known = chosen & self.known
        return sum(digit.intersection_cardinality(known) << place for place, digit in enumerate(self.digits))

    def known_in(self, chosen: BitMap) -> int:
        """How many of the chosen have a number at all."""
        return self.known.intersection_cardinality(chosen)


class Kept(Generic[Facts]):
    """What was read last, for one version of the index and one day; whoever asks for another reads anew.

    Every publication raises the version, so nothing here can be out of date. Version 0 means that nobody has indexed
    yet and nobody would raise it: then nothing is kept.
    """

    def __init__(self, read: Callable[[date], Facts]) -> None:
        self._read = read
        self._kept: tuple[tuple[int, date], Facts] | None = None
        self._reading = threading.Lock()

    def __call__(self, selection: Selection) -> Facts:
        version, today = selection.index.version, selection.today
        kept = self._kept
        if kept is not None and version and kept[0] == (version, today):
            return kept[1]
        with self._reading:
            kept = self._kept
            if kept is None or not version or kept[0] != (version, today):
                kept = self._kept = ((version, today), self._read(today))
            return kept[1]
