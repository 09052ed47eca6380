"""What stands in the way over a selection of projects: by level, by category, by entry of the register.

Where moderators have made an obstacle a case of an entry, the entry's level, category and state count; otherwise what
the municipality has said. So every obstacle is counted once, and in one place.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import repeat, zip_longest
from typing import NamedTuple

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import BooleanField, Case, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pyroaring import BitMap

from projects.facets import Selection
from projects.models import Obstacle, ObstacleLevel, ObstacleState, SharedObstacle, Status
from projects.revisions import Blocks, within

from .selection import Kept, Telling

NO_LEVEL = "unknown"  # in addresses, for obstacles that name nobody who could remove them
# The Land comes first: the evaluation began as a signal to it.
LEVELS: Mapping[str, str | Promise] = {
    ObstacleLevel.STATE: ObstacleLevel.STATE.label,
    ObstacleLevel.FEDERAL: ObstacleLevel.FEDERAL.label,
    ObstacleLevel.EU: ObstacleLevel.EU.label,
    ObstacleLevel.MUNICIPAL: ObstacleLevel.MUNICIPAL.label,
    "": gettext_lazy("Ebene nicht genannt"),
}


@dataclass(frozen=True, eq=False)
class Tally:
    """How many obstacles of a kind each project has: `steps[0]` are the projects with at least one, and so on."""

    steps: Sequence[BitMap]

    @classmethod
    def of(cls, numbers: Iterable[int]) -> "Tally":
        """From the publication number of each obstacle."""
        left = Counter(numbers)
        steps = []
        while left:
            steps.append(BitMap(left.keys()))
            left = Counter({number: times - 1 for number, times in left.items() if times > 1})
        return cls(steps or [BitMap()])

    def merged(self, newer: "Tally", changed: BitMap) -> "Tally":
        """Without the obstacles of the projects in `changed`, together with those of `newer`."""
        pairs = zip_longest(self.steps, newer.steps, fillvalue=BitMap())
        return Tally([(older - changed) | step for older, step in pairs])

    @property
    def projects(self) -> BitMap:
        return self.steps[0]

    def rows_of(self, selection: BitMap) -> int:
        return sum(step.intersection_cardinality(selection) for step in self.steps)


class Cell(NamedTuple):
    """What obstacles have in common; `entry` is the number of an entry of the register, 0 where they are in none."""

    level: str
    category: str
    entry: int
    state: str
    has_way_out: bool


@dataclass(frozen=True, eq=False)
class Facts:
    """The obstacles of all published projects, who leads these (by publication number), and the register by number."""

    rows: Mapping[Cell, Tally]
    lead_of: "array[int]"
    leads: Mapping[Cell, BitMap]
    entries: Mapping[int, SharedObstacle]

    def leads_of(self, cell: Cell, projects: BitMap) -> BitMap:
        """Who leads these projects of the cell; where they are all of it, that is known already."""
        if len(projects) == len(self.rows[cell].projects):
            return self.leads[cell]
        return BitMap(array("I", map(self.lead_of.__getitem__, projects.to_array())))


def published() -> QuerySet[Obstacle]:
    """The obstacles that count: those of published projects."""
    return Obstacle.objects.filter(project__status=Status.PUBLISHED)


def counted(obstacles: QuerySet[Obstacle]) -> QuerySet[Obstacle]:
    """With the level, category and state that count for each: the entry's, or its own where it is in none."""
    return obstacles.annotate(
        its_level=Coalesce("shared__level", "level"),
        its_category=Coalesce("shared__category__slug", "category__slug"),
        its_state=Coalesce("shared__state", "state"),
        entry=Coalesce("shared", 0),
        has_way_out=Case(When(~Q(workaround=""), then=Value(True)), default=False, output_field=BooleanField()),
    )


def read(_today: date, blocks: Blocks | None) -> Facts:
    """The rows of these projects, or of all for None, as they are now; in two queries, PostgreSQL gathers by cell."""
    cells = (
        counted(within(published(), blocks, "project__publication_number"))
        .order_by()
        .values_list("its_level", "its_category", "entry", "its_state", "has_way_out")
        .annotate(numbers=ArrayAgg("project__publication_number"), leads=ArrayAgg("project__lead"))
    )
    register = {entry.pk: entry for entry in SharedObstacle.objects.filter(merged_into=None).select_related("category")}
    # Arrays and one cell after the other: what a process has once needed it never gives back.
    numbers_of: defaultdict[Cell, array[int]] = defaultdict(lambda: array("I"))
    leads_of: defaultdict[Cell, BitMap] = defaultdict(BitMap)
    lead_of = array("I")
    for *key, numbers, leads in cells.iterator(chunk_size=20):
        cell = Cell(*key)
        # The two queries may see different moments.
        cell = cell if cell.entry in register else cell._replace(entry=0)
        numbers_of[cell].extend(numbers)
        leads_of[cell].update(leads)
        lead_of.extend(repeat(0, max(numbers) + 1 - len(lead_of)))
        for number, lead in zip(numbers, leads, strict=True):
            lead_of[number] = lead
    return Facts(
        {cell: Tally.of(numbers) for cell, numbers in numbers_of.items()},
        lead_of,
        leads_of,
        register,
    )


def merge(older: Facts, newer: Facts, changed: BitMap) -> Facts:
    """Who leads is worked out anew only for cells that have other projects than before, or whose project moved."""
    nothing = Tally.of(())
    lead_of = older.lead_of[:]
    lead_of.extend(repeat(0, len(newer.lead_of) - len(lead_of)))
    moved = BitMap()
    for number in BitMap.union(BitMap(), *(tally.projects for tally in newer.rows.values())):
        if lead_of[number] != newer.lead_of[number]:
            lead_of[number] = newer.lead_of[number]
            moved.add(number)
    rows, leads = {}, {}
    for cell in older.rows.keys() | newer.rows.keys():
        before, now = older.rows.get(cell, nothing), newer.rows.get(cell, nothing)
        tally = before.merged(now, changed)
        if not tally.projects:
            continue
        rows[cell] = tally
        if cell in older.leads and before.projects & changed == now.projects and not now.projects & moved:
            leads[cell] = older.leads[cell]
        else:
            leads[cell] = BitMap(lead_of[number] for number in tally.projects)
    return Facts(rows, lead_of, leads, newer.entries)


facts_for = Kept(read, merge)


# --- what a selection gives -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Count:
    """Sums over some obstacles: `municipalities` are those that lead the projects, `ways_out` have a way out."""

    obstacles: int
    projects: int
    municipalities: int
    ways_out: int
    states: Mapping[str, int]

    @property
    def solved(self) -> int:
        return self.states.get(ObstacleState.SOLVED, 0)

    @property
    def raised(self) -> int:
        return self.states.get(ObstacleState.RAISED, 0)

    @property
    def open(self) -> int:
        return self.states.get(ObstacleState.OPEN, 0)

    @property
    def silent(self) -> int:
        """Obstacles that nobody has said a state of."""
        return self.states.get("", 0)


@dataclass(frozen=True)
class Line:
    """A row of a table."""

    value: str
    label: str | Promise
    count: Count


@dataclass(frozen=True)
class EntryLine:
    """An entry of the register with its cases in the selection."""

    entry: SharedObstacle
    count: Count


@dataclass(frozen=True)
class Group:
    """Obstacles of one category and level that are in no entry."""

    category: str
    category_label: str | Promise
    level: str
    level_label: str | Promise
    count: Count

    @property
    def level_in_address(self) -> str:
        return self.level or NO_LEVEL


@dataclass(frozen=True)
class LevelPart:
    """What one level could remove: entries of the register first, then what is in none."""

    level: str
    label: str | Promise
    count: Count
    entries: Sequence[EntryLine]
    groups: Sequence[Group]


@dataclass(frozen=True)
class Survey:
    """Everything that the page says about a selection; `silent_projects` name no obstacle."""

    total: Count
    silent_projects: int
    levels: Sequence[LevelPart]
    categories: Sequence[Line]
    fields: Mapping[tuple[str, str], int]  # obstacles by (category, level)

    @property
    def entries(self) -> list[EntryLine]:
        """The whole register; the most frequent first."""
        found = [line for part in self.levels for line in part.entries]
        return sorted(found, key=lambda line: (*_most_first(line.count), line.entry.title))

    @property
    def groups(self) -> list[Group]:
        found = [group for part in self.levels for group in part.groups]
        return sorted(found, key=lambda group: _most_first(group.count))


@dataclass(frozen=True, eq=False)
class Found:
    """The obstacles of one cell in the selection."""

    cell: Cell
    obstacles: int
    projects: BitMap
    leads: BitMap


def _find(facts: Facts, selection: Selection) -> Iterator[Found]:
    """Each cell once: of 200,000 obstacles, everything else is unions of what is found here."""
    for cell, tally in facts.rows.items():
        if projects := tally.projects & selection.numbers:
            yield Found(cell, tally.rows_of(selection.numbers), projects, facts.leads_of(cell, projects))


def survey(selection: Selection, categories: Collection[str] = (), levels: Collection[str] = ()) -> Survey:
    """What stands in the way of these projects; only obstacles of these categories and levels, where any are named."""
    facts, labels = facts_for(selection), selection.index.labels.choices["obstacle"]
    everything = list(_find(facts, selection))
    found = [
        each
        for each in everything
        if (not categories or each.cell.category in categories) and (not levels or each.cell.level in levels)
    ]
    of_level: defaultdict[str, list[Found]] = defaultdict(list)
    of_category: defaultdict[str, list[Found]] = defaultdict(list)
    fields: Counter[tuple[str, str]] = Counter()
    for each in found:
        of_level[each.cell.level].append(each)
        of_category[each.cell.category].append(each)
        fields[each.cell.category, each.cell.level] += each.obstacles
    return Survey(
        total=_count(found),
        silent_projects=selection.total - len(BitMap.union(BitMap(), *(each.projects for each in everything))),
        levels=[_part(level, of_level[level], facts, labels) for level in LEVELS if level in of_level],
        categories=[
            Line(slug, label, _count(of_category[slug])) for slug, label in labels.items() if slug in of_category
        ],
        fields=fields,
    )


def _part(level: str, found: Collection[Found], facts: Facts, labels: Mapping[str, str | Promise]) -> LevelPart:
    """The entries and groups of a level, those with most municipalities first."""
    together: defaultdict[tuple[int, str], list[Found]] = defaultdict(list)
    for each in found:
        together[each.cell.entry, "" if each.cell.entry else each.cell.category].append(each)
    entries, groups = [], []
    for (entry, category), rows in together.items():
        if entry:
            entries.append(EntryLine(facts.entries[entry], _count(rows)))
        else:
            groups.append(Group(category, labels.get(category, category), level, LEVELS[level], _count(rows)))
    entries.sort(key=lambda line: (*_most_first(line.count), line.entry.title))
    order = list(labels)
    groups.sort(key=lambda group: (*_most_first(group.count), order.index(group.category)))
    return LevelPart(level, LEVELS[level], _count(found), entries, groups)


def _most_first(count: Count) -> tuple[int, int]:
    return -count.municipalities, -count.obstacles


def _count(found: Iterable[Found]) -> Count:
    found = list(found)
    states: Counter[str] = Counter()
    for each in found:
        states[each.cell.state] += each.obstacles
    return Count(
        obstacles=states.total(),
        projects=len(BitMap.union(BitMap(), *(each.projects for each in found))),
        municipalities=len(BitMap.union(BitMap(), *(each.leads for each in found))),
        ways_out=sum(each.obstacles for each in found if each.cell.has_way_out),
        states=states,
    )


# --- single cases -----------------------------------------------------------------------------------------------------


def cases(selection: Selection | None = None) -> QuerySet[Obstacle]:
    """Obstacles as pages list them: by municipality; those of the whole mosaic, or of a selection."""
    rows = published()
    if selection and selection.numbers is not selection.index.everything:
        rows = rows.filter(project__publication_number__in=list(selection.numbers))
    related = ("project__lead", "category", "shared")
    return (
        counted(rows).select_related(*related).order_by("project__lead__sort_key", "project__title", "position", "pk")
    )


def of_entry(entry: SharedObstacle) -> QuerySet[Obstacle]:
    return cases().filter(shared=entry)


def of_group(category: str, level: str) -> QuerySet[Obstacle]:
    """Cases of one category and level that are in no entry."""
    return cases().filter(shared=None, category__slug=category, level=level)


def tally_of(rows: QuerySet[Obstacle]) -> Count:
    """The sums over some cases of the whole mosaic, in one query."""
    states: defaultdict[str, int] = defaultdict(int)
    projects, leads, ways_out = set(), set(), 0
    for state, project, lead, has_way_out in rows.order_by().values_list(
        "its_state", "project", "project__lead", "has_way_out"
    ):
        states[state] += 1
        projects.add(project)
        leads.add(lead)
        ways_out += has_way_out
    return Count(sum(states.values()), len(projects), len(leads), ways_out, dict(states))


def telling(selection: Selection) -> Telling:
    """How many obstacles have no way out."""
    facts = facts_for(selection)
    total = without = 0
    for cell, tally in facts.rows.items():
        rows = tally.rows_of(selection.numbers)
        total += rows
        without += 0 if cell.has_way_out else rows
    return Telling(
        without, _("Hürden, von denen Projekte berichten, haben noch keinen Ausweg"), of=total, stones="ochre sand"
    )
