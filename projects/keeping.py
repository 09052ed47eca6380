"""Which projects an address names: the Merkliste and the comparison keep nothing anywhere else."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from .models import Project
from .models.project import ProjectQuerySet

MOST_KEPT = 50
MOST_COMPARED = 4
_LONGEST_NAMED = 20
# The number of a project alone, or in its address.
_NUMBER = re.compile(r"(?:.*/projekte/)?(?P<number>[0-9]{1,9})(?:[-/].*)?")


@dataclass(frozen=True)
class Kept:
    """The projects in the order of the address, what could not be found, and those beyond the limit."""

    projects: Sequence[Project]
    missing: Sequence[str]
    beyond: Sequence[int]

    @property
    def ids(self) -> list[int]:
        return [project.pk for project in self.projects]

    @property
    def query(self) -> str:
        return query_of(self.ids)

    def query_without(self, pk: int) -> str:
        return query_of(other for other in self.ids if other != pk)


def query_of(ids: Iterable[int | str]) -> str:
    return urlencode({"id": list(ids)}, doseq=True)


def number_in(text: str) -> int | None:
    """The number in what somebody typed or an address says; 0 is none."""
    found = _NUMBER.fullmatch(text.strip())
    return int(found["number"]) or None if found else None


def read(values: Iterable[str], projects: ProjectQuerySet, *, most: int) -> Kept:
    """The projects that the values of `id` name, each once; `projects` are those that the reader may see.

    One that was merged into another is found as that one. What is not found is named as it was asked for: that a draft
    of this number exists stays unknown.
    """
    wanted = {number_in(value): value for value in values if value.strip()}
    unreadable = [] if None not in wanted else [_short(wanted.pop(None))]
    ids = list(wanted)
    found = {project.pk: project for project in projects.filter(pk__in=ids[:most])}
    if lost := [pk for pk in ids[:most] if pk not in found]:
        merged = dict(Project.objects.filter(pk__in=lost, duplicate_of__in=projects).values_list("pk", "duplicate_of"))
        ids = list(dict.fromkeys(merged.get(pk, pk) for pk in ids))
        found |= {project.pk: project for project in projects.filter(pk__in=set(merged.values()) - found.keys())}
    missing = [str(pk) for pk in ids[:most] if pk not in found]
    return Kept([found[pk] for pk in ids[:most] if pk in found], missing + unreadable, ids[most:])


def _short(text: str) -> str:
    readable = "".join(char if char.isprintable() else "\ufffd" for char in text[: _LONGEST_NAMED + 1])
    return readable if len(readable) <= _LONGEST_NAMED else readable[:_LONGEST_NAMED] + "…"
