"""How facts about the published projects are kept in the process, and summed over any selection of them."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import compress, count, zip_longest
from operator import lshift
from typing import Generic, Protocol, TypeVar

from pyroaring import BitMap

from projects import revisions
from projects.facets import FacetIndex, Selection
from projects.revisions import Blocks, Revisions

Facts = TypeVar("Facts")
Key = TypeVar("Key")


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

    def merged(self, newer: "Sums", changed: BitMap) -> "Sums":
        """Without the numbers of the ids in `changed`, together with those of `newer`."""
        pairs = zip_longest(self.digits, newer.digits, fillvalue=BitMap())
        return Sums((self.known - changed) | newer.known, [(older - changed) | digit for older, digit in pairs])

    def over(self, chosen: BitMap) -> int:
        counts = map((chosen & self.known).intersection_cardinality, self.digits)
        return sum(map(lshift, counts, count()))

    def known_in(self, chosen: BitMap) -> int:
        """How many of the chosen have a number at all."""
        return self.known.intersection_cardinality(chosen)


class Merge(Protocol[Facts]):
    def __call__(self, older: Facts, newer: Facts, changed: BitMap) -> Facts:
        """`older` without what it says of the projects in `changed`, and what `newer` says, which is about these."""


class Kept(Generic[Facts]):
    """What was read last, for one version of the index and one day.

    For another version only the projects that may have changed since are read anew, for another day everything. Every
    publication raises the version, so nothing here can be out of date. Version 0 means that nobody has indexed yet and
    nobody would raise it: then nothing is kept.
    """

    def __init__(self, read: Callable[[date, Blocks | None], Facts], merge: Merge[Facts]) -> None:
        self._read, self._merge = read, merge
        self._kept: _State[Facts] | None = None
        self._reading = threading.Lock()

    def __call__(self, selection: Selection) -> Facts:
        index, today = selection.index, selection.today
        kept = self._kept
        if kept is None or not kept.is_of(index, today):
            with self._reading:
                kept = self._kept
                if kept is None or not kept.is_of(index, today):
                    kept = self._kept = self._brought_to(index, today)
        return kept.facts

    def _brought_to(self, index: FacetIndex, today: date) -> "_State[Facts]":
        kept, now = self._kept, revisions.of(index.versions)
        blocks = revisions.between(kept.revisions, now) if kept and kept.today == today and index.version else None
        if kept is None or blocks is None:
            facts = self._read(today, None)
        elif blocks:
            facts = self._merge(kept.facts, self._read(today, blocks), revisions.numbers_in(blocks))
        else:
            facts = kept.facts
        return _State(index.version, today, now, facts)


@dataclass(frozen=True)
class _State(Generic[Facts]):
    version: int
    today: date
    revisions: Revisions
    facts: Facts

    def is_of(self, index: FacetIndex, today: date) -> bool:
        return bool(self.version) and (self.version, self.today) == (index.version, today)


def merged(older: Mapping[Key, BitMap], newer: Mapping[Key, BitMap], changed: BitMap) -> dict[Key, BitMap]:
    """The bitmaps of `older` without the ids in `changed`, together with those of `newer`; empty ones are left out."""
    found = {key: ids - changed for key, ids in older.items()}
    for key, ids in newer.items():
        found[key] = found[key] | ids if key in found else ids
    return {key: ids for key, ids in found.items() if ids}
