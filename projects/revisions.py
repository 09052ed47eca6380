"""Which published projects may have changed between two states of the index.

Who keeps sums of rows in memory works them out anew for these only. The index has a row for each block of publication
numbers; its version is that of the last change of any project in it, its bitmap is empty.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q, QuerySet
from pyroaring import BitMap

FACET = "revised"
EVERYTHING = "everything"  # stands for all blocks: vocabularies, the register or the whole index have changed
SIZE = 512  # numbers of a block; reading one takes milliseconds, and a million projects are 2,000 rows of the index
MOST = 32  # blocks; beyond that everything is read anew

Blocks = Sequence[range]
Revisions = Mapping[str, int]
Row = tuple[str, str, BitMap]


def row_of(number: int) -> Row:
    return FACET, str(number // SIZE), BitMap()


def row_of_everything() -> Row:
    return FACET, EVERYTHING, BitMap()


def of(versions: Mapping[tuple[str, str], int]) -> Revisions:
    """By block: the version of its last change, of all rows of an index."""
    return {value: raised for (facet, value), raised in versions.items() if facet == FACET}


def between(before: Revisions, now: Revisions) -> Blocks | None:
    """The numbers of projects that may be others than before; None for all of them.

    A block with another version is one, a lower or a missing one too: a transaction that was rolled back or a backup
    that was restored may have taken a change away.
    """
    values = [value for value in before.keys() | now.keys() if before.get(value) != now.get(value)]
    if EVERYTHING in values or len(values) > MOST:
        return None
    return [range(int(value) * SIZE, (int(value) + 1) * SIZE) for value in values]


def within(rows: QuerySet[Any], blocks: Blocks | None, path: str) -> QuerySet[Any]:
    """The rows whose publication number, found under `path`, lies in the blocks; all for None."""
    if blocks is None:
        return rows
    if not blocks:
        return rows.none()
    found = Q()
    for block in blocks:
        found |= Q((f"{path}__range", (block.start, block.stop - 1)))
    return rows.filter(found)


def numbers_in(blocks: Blocks) -> BitMap:
    return BitMap.union(BitMap(), *map(BitMap, blocks))
