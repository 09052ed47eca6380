"""Who took over what from whom, over any selection of projects: counts, the longest chains, every statement."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from municipalities.models import Municipality
from projects.facets import Selection
from projects.models import Adoption, Project, Status
from projects.submission_fields import spell_date

from .selection import Telling

MOST = 10  # lines of a ranking
LONGEST, MOST_WAYS = 12, 2000  # steps of a chain; ways that are looked at
HEADER = (
    "Vorbild", "Kommune des Vorbilds", "Schlüssel", "Nachahmende Kommune", "Schlüssel", "Seit", "Was übernommen wurde",
    "Was anders gemacht wird", "Wie es läuft", "Eigenes Projekt", "Adresse des Vorbilds",
)  # fmt: skip


@dataclass(frozen=True)
class Adoptions:
    """Released statements on the selected projects, by date of entry, the newest first.

    `chains` are ways of three and more projects that touch the selection, the longest first.
    """

    rows: list[Adoption]
    selected: int
    chains: list[tuple[Project, ...]]

    @property
    def projects(self) -> int:
        """How many of the selected were taken over at all."""
        return len({row.project_id for row in self.rows})

    @property
    def copies(self) -> int:
        """How many statements name a project in the mosaic that has come of it."""
        return sum(1 for row in self.rows if has_public_copy(row))

    @property
    def dated(self) -> int:
        return sum(1 for row in self.rows if row.since)

    @property
    def adopters(self) -> list[tuple[Municipality, int]]:
        """Which municipalities took over most."""
        return _ranking((row.municipality for row in self.rows), lambda body: body.display_name)

    @property
    def adopter_count(self) -> int:
        return len({row.municipality_id for row in self.rows})

    @property
    def originals(self) -> list[tuple[Project, int]]:
        """Which projects were taken over most."""
        return _ranking((row.project for row in self.rows), lambda project: project.title)


def survey(selection: Selection) -> Adoptions:
    """One query; what is counted grows with the statements, not with the projects."""
    public = Adoption.objects.published().filter(project__status=Status.PUBLISHED)
    related = ("project__lead", "municipality", "copy__lead")
    statements = list(public.select_related(*related).order_by("-stated_at", "-pk"))
    rows = [row for row in statements if row.project.publication_number in selection.numbers]
    return Adoptions(rows, selection.total, _chains(statements, selection))


def has_public_copy(row: Adoption) -> bool:
    return row.copy is not None and row.copy.status == Status.PUBLISHED


def telling(selection: Selection) -> Telling:
    by_number = selection.index.bitmaps.get("adoptions", {}).values()  # how often each was taken over
    count = sum(selection.numbers.intersection_cardinality(numbers) for numbers in by_number)
    return Telling(count, _("Projekte haben andere Kommunen übernommen"), selection.total, "verdigris sky")


def _ranking(things: Iterable[Any], name: Any) -> list[tuple[Any, int]]:
    """The most frequent, among equals by name."""
    counts = Counter(things)
    return sorted(counts.items(), key=lambda pair: (-pair[1], name(pair[0]), pair[0].pk))[:MOST]


def _chains(statements: list[Adoption], selection: Selection) -> list[tuple[Project, ...]]:
    """Ways from an origin to the last copy of a copy; a circle is cut where it closes."""
    projects: dict[int, Project] = {}
    follows: defaultdict[int, list[int]] = defaultdict(list)
    for row in statements:
        if has_public_copy(row):
            projects |= {row.project_id: row.project, row.copy_id: row.copy}
            follows[row.project_id].append(row.copy_id)
    copies = {copy for found in follows.values() for copy in found}
    found = []
    for _turn, way in zip(range(MOST_WAYS), _ways(sorted(follows.keys() - copies), follows), strict=False):
        if len(way) > 2 and any(projects[pk].publication_number in selection.numbers for pk in way):
            found.append(tuple(projects[pk] for pk in way))
    return sorted(found, key=lambda way: (-len(way), [project.pk for project in way]))[:MOST]


def _ways(starts: Iterable[int], follows: dict[int, list[int]]) -> Iterator[tuple[int, ...]]:
    open_ways = [(start,) for start in reversed(list(starts))]
    while open_ways:
        way = open_ways.pop()
        further = [copy for copy in sorted(follows.get(way[-1], ())) if copy not in way]
        if not further or len(way) == LONGEST:
            yield way
        else:
            open_ways += [(*way, copy) for copy in reversed(further)]


def table(found: Adoptions) -> Iterator[list[Any]]:
    """The lines below HEADER."""
    for row in found.rows:
        yield [
            row.project.title,
            row.project.lead.display_name,
            row.project.lead.key,
            row.municipality.display_name,
            row.municipality.key,
            spell_date(row.since, row.since_precision) if row.since else None,
            row.what,
            row.changes,
            row.experience,
            row.copy.title if has_public_copy(row) else None,
            settings.SITE_URL + row.project.get_absolute_url(),
        ]
