"""The register of obstacles: its cases, merging two entries, and keeping cases when rows are written anew.

The only writer of `Obstacle.shared`. Each change raises the version of the facets, so that evaluations are worked out
anew in every process.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from math import log

from django.db import transaction
from django.db.models import QuerySet

from . import facets
from .german import lexicon, stem, words
from .insights import obstacles
from .models import Obstacle, Project, SharedObstacle

COMPARED = 2000  # obstacles at most that are compared with an entry
SHORTEST_WORD = 4


def add_cases(entry: SharedObstacle, chosen: Collection[int]) -> int:
    """Makes these obstacles of published projects cases of the entry; those of other entries stay there."""
    with transaction.atomic():
        facets.touch()
        return Obstacle.objects.filter(
            pk__in=obstacles.published().filter(pk__in=chosen, shared=None).values("pk")
        ).update(shared=entry)


def remove_cases(entry: SharedObstacle, chosen: Collection[int]) -> int:
    with transaction.atomic():
        facets.touch()
        return Obstacle.objects.filter(pk__in=chosen, shared=entry).update(shared=None)


def merge(entries: Iterable[SharedObstacle], into: SharedObstacle) -> int:
    """The cases of `entries` become cases of `into`, and so do their addresses; gives how many entries went."""
    with transaction.atomic():
        facets.touch()  # also the lock: two merges that cross would leave entries that lead in a circle
        into = SharedObstacle.objects.get(pk=into.pk, merged_into=None)
        gone = SharedObstacle.objects.filter(pk__in=[entry.pk for entry in entries], merged_into=None)
        gone = list(gone.exclude(pk=into.pk).values_list("pk", flat=True))
        Obstacle.objects.filter(shared__in=gone).update(shared=into)
        SharedObstacle.objects.filter(merged_into__in=gone).update(merged_into=into)
        return SharedObstacle.objects.filter(pk__in=gone).update(merged_into=into)


# --- rows that are written anew ---------------------------------------------------------------------------------------


@contextmanager
def cases_kept(project: Project) -> Iterator[None]:
    """Inside, the obstacles of the project may be replaced; afterwards each belongs to the entry that it did before.

    It is the same obstacle if category and text are the same, otherwise if category and position are.
    """
    before = list(project.obstacles.order_by("position", "pk"))
    yield
    if not any(row.shared_id for row in before):
        return
    after = list(project.obstacles.order_by("position", "pk"))
    changed = []
    for same in (lambda row: (row.category_id, row.text), lambda row: (row.category_id, row.position)):
        for row in list(after):
            twin = next((other for other in before if same(other) == same(row)), None)
            if twin is not None:
                before.remove(twin)
                after.remove(row)
                if row.shared_id != twin.shared_id:
                    row.shared_id = twin.shared_id
                    changed.append(row)
    Obstacle.objects.bulk_update(changed, ["shared"])


# --- like with like ---------------------------------------------------------------------------------------------------


def alike(entry: SharedObstacle, rows: QuerySet[Obstacle]) -> list[Obstacle]:
    """The rows, those with most words of the entry and its cases first; a word counts more the rarer it is."""
    candidates = list(rows[:COMPARED])
    texts = [entry.title, entry.text, *entry.cases.values_list("text", flat=True)[:COMPARED]]
    wanted = {word for text in texts for word in _telling_words(text)}
    found = {row.pk: _telling_words(row.text) for row in candidates}
    times = Counter(word for telling in found.values() for word in telling)
    weight = {word: log(1 + len(candidates) / number) for word, number in times.items()}
    for row in candidates:
        row.shared_words = sorted(found[row.pk] & wanted, key=lambda word: -weight[word])
        row.likeness = sum(weight[word] for word in row.shared_words)
    return sorted(candidates, key=lambda row: -row.likeness)


def _telling_words(text: str) -> set[str]:
    known = lexicon()
    dull = known.stop_words | known.ordinary_words
    return {stem(word) for word in words(text) if len(word) >= SHORTEST_WORD and word not in dull}
