"""Small questions to bitmaps of publication numbers."""

from collections.abc import Iterable

from pyroaring import BitMap


def at_least(several: Iterable[BitMap]) -> list[BitMap]:
    """The numbers that are in at least one of the bitmaps, in at least two, and so on."""
    found: list[BitMap] = []
    for numbers in several:
        found.append(BitMap())
        for place in range(len(found) - 1, 0, -1):
            found[place] |= found[place - 1] & numbers
        found[0] |= numbers
    return found


def across(groups: Iterable[list[int] | BitMap], start: int, stop: int) -> list[int]:
    """A slice of several groups one after the other, each as `newest_first` reads it; no more are read than needed."""
    found: list[int] = []
    skipped, wanted = start, stop - start
    for group in groups:
        found += newest_first(group, skipped, skipped + wanted - len(found))
        skipped = max(skipped - len(group), 0)
        if len(found) == wanted:
            break
    return found


def newest_first(group: list[int] | BitMap, start: int, stop: int) -> list[int]:
    """A slice of a group as pages show it; numbers ascend with publication, so bitmaps are read from the end."""
    if isinstance(group, list):
        return group[start:stop]
    length = len(group)
    return list(group[max(length - stop, 0) : max(length - start, 0)])[::-1]
