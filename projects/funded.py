"""Which published projects the money of a source or of a programme pays for, as the index has it.

Money that was only applied for pays for nothing.
"""

from collections.abc import Sequence
from typing import Literal

from pyroaring import BitMap

from . import text_versions
from .bitmaps import newest_first
from .facets import FacetIndex
from .models import FundingProgramme, FundingSource, Project

NEWEST = 3  # are named where many payers stand below each other

Facet = Literal["source", "programme"]


def numbers_of(index: FacetIndex, facet: Facet, pk: int) -> BitMap:
    """Publication numbers of the projects."""
    return index.bitmaps.get(facet, {}).get(str(pk), BitMap())


def payers(index: FacetIndex, facet: Facet) -> list[int]:
    """Primary keys of those that pay for anything."""
    return [int(pk) for pk in index.bitmaps.get(facet, ())]


def tell_projects(index: FacetIndex, facet: Facet, of: Sequence[FundingSource] | Sequence[FundingProgramme]) -> None:
    """Gives each `project_count` and the `newest_projects` with title and address; one query for all."""
    newest: dict[int, Sequence[int]] = {}
    for payer in of:
        numbers = numbers_of(index, facet, payer.pk)
        payer.project_count = len(numbers)
        newest[payer.pk] = newest_first(numbers, 0, NEWEST)
    wanted = {number for numbers in newest.values() for number in numbers}
    projects = list(Project.objects.published().number_in(wanted).only("publication_number", "title", "summary"))
    text_versions.tell_heads(projects)
    found = {project.publication_number: project for project in projects}
    for payer in of:
        payer.newest_projects = [found[number] for number in newest[payer.pk] if number in found]
