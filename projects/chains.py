"""Who took over what from whom, around one project: read with the project, as a tree, and as a drawing of it.

Upwards are the projects that it was taken over from, downwards the municipalities that took it over. The ways are
bounded; circles end where they begin.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, Func, JSONField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from municipalities.models import Municipality

from .models import Adoption, AdoptionState, Interest, Project, Status

STEPS = 3  # upwards and downwards
MOST = 24  # statements on one page, the nearest first


class _Chain(Func):
    """All published adoptions within STEPS of a project, with what the page shows of them, as JSON.

    One statement, so that the page of a project asks no query more. UNION drops what was met before on the same step,
    so that circles and many ways to one project cost little.
    """

    output_field = JSONField()
    template = """(
    WITH RECURSIVE down (id, project_id, copy_id, depth) AS (
        SELECT id, project_id, copy_id, 1 FROM projects_adoption
        WHERE project_id = %(expressions)s AND state = %(published)s
        UNION
        SELECT a.id, a.project_id, a.copy_id, depth + 1 FROM down
        JOIN projects_adoption a ON a.project_id = down.copy_id AND a.state = %(published)s
        WHERE depth < %(steps)s
    ), up (id, project_id, copy_id, depth) AS (
        SELECT id, project_id, copy_id, 1 FROM projects_adoption
        WHERE copy_id = %(expressions)s AND state = %(published)s
        UNION
        SELECT a.id, a.project_id, a.copy_id, depth + 1 FROM up
        JOIN projects_adoption a ON a.copy_id = up.project_id AND a.state = %(published)s
        WHERE depth < %(steps)s
    ), met AS (
        SELECT DISTINCT ON (is_down, id) * FROM (
            SELECT *, TRUE AS is_down FROM down UNION ALL SELECT *, FALSE FROM up
        ) AS every_way ORDER BY is_down, id, depth
    )
    SELECT coalesce(jsonb_agg(to_jsonb(one)), '[]'::jsonb) FROM (
        SELECT met.id, met.project_id, met.copy_id, is_down, since, since_precision, what, changes, experience,
            who.key, who.display_name, other.id AS other_id, other.title AS other_title,
            lead.key AS lead_key, lead.display_name AS lead_name, ARRAY(
                SELECT topic.slug FROM projects_project_topics AS chosen
                JOIN projects_topic AS topic ON topic.id = chosen.topic_id
                WHERE chosen.project_id = other.id ORDER BY topic.position, topic.slug
            ) AS topics
        FROM met
        JOIN projects_adoption ON projects_adoption.id = met.id
        JOIN municipalities_municipality AS who ON who.id = municipality_id
        LEFT JOIN projects_project AS other ON other.status = %(status)s
            AND other.id = CASE WHEN is_down THEN met.copy_id ELSE met.project_id END
        LEFT JOIN municipalities_municipality AS lead ON lead.id = other.lead_id
        ORDER BY is_down, depth, since, met.id LIMIT %(most)s
    ) AS one)"""


def with_chain(projects: QuerySet[Project]) -> QuerySet[Project]:
    """The projects, each with `chain_rows`, `adoption_count` and `interest_count`: what `chain_of` needs."""

    def count(rows: QuerySet[Any]) -> Coalesce:
        of_project = rows.filter(project=OuterRef("pk")).order_by().values("project")
        return Coalesce(Subquery(of_project.annotate(n=Count("pk")).values("n")), 0)

    return projects.annotate(
        chain_rows=_Chain(
            F("pk"),
            published=f"'{AdoptionState.PUBLISHED.value}'",
            status=f"'{Status.PUBLISHED.value}'",
            steps=STEPS,
            most=MOST,
        ),
        adoption_count=count(Adoption.objects.published()),
        interest_count=count(Interest.objects.all()),
    )


@dataclass(frozen=True)
class Step:
    """One statement: who, with which project, when and how; `project` is None where there is none to be read.

    `is_here` says that the project is the one whose chain this is. `steps` are what follows away from that one.
    """

    number: int
    body: Municipality
    project: Project | None
    topics: tuple[str, ...]
    adoption: Adoption
    is_here: bool
    is_gone: bool
    steps: tuple["Step", ...] = ()

    @property
    def width(self) -> int:
        """How many lines of the drawing it needs."""
        return max(1, sum(step.width for step in self.steps))

    def walk(self) -> Iterator["Step"]:
        yield self
        for step in self.steps:
            yield from step.walk()


@dataclass(frozen=True)
class Chain:
    """The neighbourhood of a project; `more` is how many municipalities took it over and are not shown."""

    up: tuple[Step, ...]
    down: tuple[Step, ...]
    more: int

    def __bool__(self) -> bool:
        return bool(self.up or self.down)

    @property
    def drawing(self) -> "Drawing":
        return draw(self)


def chain_of(project: Project) -> Chain:
    """The tree of a project that was read `with_chain`. Every project is followed once: where it is nearest."""
    owners = {project.pk: 0}
    for row in project.chain_rows:  # in the order of their distance, upwards first
        owners.setdefault(_beyond(row), row["id"])
    numbers = iter(range(1, len(project.chain_rows) + 1))
    up, down = (
        _steps([row for row in project.chain_rows if row["is_down"] == is_down], project.pk, owners, numbers)
        for is_down in (False, True)
    )
    return Chain(up, down, project.adoption_count - len(down))


def _beyond(row: dict[str, Any]) -> int | None:
    """The project that a statement leads to, seen from the one whose chain this is."""
    return row["copy_id"] if row["is_down"] else row["project_id"]


def _steps(rows: list[dict[str, Any]], at: int, owners: dict[int, int], numbers: Iterator[int]) -> tuple[Step, ...]:
    steps = []
    for row in rows:
        if at == (row["project_id"] if row["is_down"] else row["copy_id"]):
            number, beyond = next(numbers), _beyond(row)
            is_owner = beyond is not None and owners[beyond] == row["id"]
            further = _steps(rows, beyond, owners, numbers) if is_owner else ()
            steps.append(_step(row, number, is_here=owners.get(beyond) == 0, further=further))
    return tuple(steps)


def _step(row: dict[str, Any], number: int, *, is_here: bool, further: tuple[Step, ...]) -> Step:
    adoption = Adoption(
        pk=row["id"],
        since=date.fromisoformat(row["since"]) if row["since"] else None,
        **{name: row[name] for name in ("since_precision", "what", "changes", "experience")},
    )
    project = Project(pk=row["other_id"], title=row["other_title"]) if row["other_id"] else None
    is_origin = not row["is_down"]
    key, name = ("lead_key", "lead_name") if is_origin and project else ("key", "display_name")
    return Step(
        number=number,
        body=Municipality(key=row[key], display_name=row[name]),
        project=project,
        topics=tuple(row["topics"]),
        adoption=adoption,
        is_here=is_here,
        is_gone=is_origin and project is None,
        steps=further,
    )


# --- the drawing ------------------------------------------------------------------------------------------------------

STONE = 32
COLUMN, LINE = 60, 54


@dataclass(frozen=True)
class Stone:
    """A stone at its place; `kind` is here, project, statement or gone, `topic` the sign of a project."""

    x: int
    y: int
    kind: str
    number: int = 0
    topic: str = ""


@dataclass(frozen=True)
class Drawing:
    """Origins on the left, who took over on the right; `lines` is path data of the ways between them."""

    width: int
    height: int
    stones: tuple[Stone, ...]
    lines: str
    arrows: str


def draw(chain: Chain) -> Drawing:
    """Each subtree stands in lines of its own, its root in the middle of them."""
    columns = {-1: _depth(chain.up), 1: _depth(chain.down)}
    lines = max(sum(step.width for step in chain.up), sum(step.width for step in chain.down), 1)
    here = Stone(columns[-1] * COLUMN, _middle(0, lines), "here")
    stones, ways, arrows = [here], [], []

    def lay(steps: Iterable[Step], parent: Stone, first: int, direction: int) -> None:
        for step in steps:
            stone = Stone(parent.x + direction * COLUMN, _middle(first, step.width), _kind(step), step.number,
                          step.topics[0] if step.topics else "")  # fmt: skip
            stones.append(stone)
            left, right = (parent, stone) if direction > 0 else (stone, parent)
            ways.append(_way(left, right))
            arrows.append(_arrow(right))
            lay(step.steps, stone, first, direction)
            first += step.width

    for steps, direction in ((chain.up, -1), (chain.down, 1)):
        lay(steps, here, (lines - sum(step.width for step in steps)) // 2, direction)
    width = (columns[-1] + columns[1]) * COLUMN + STONE
    return Drawing(width, lines * LINE, tuple(stones), "".join(ways), "".join(dict.fromkeys(arrows)))


def _depth(steps: Iterable[Step]) -> int:
    return max((1 + _depth(step.steps) for step in steps), default=0)


def _middle(first: int, lines: int) -> int:
    """Upper edge of a stone in the middle of these lines; room for its number is above it."""
    return first * LINE + (lines * LINE - STONE) // 2


def _kind(step: Step) -> str:
    if step.is_here:
        return "again"
    return "project" if step.project else "gone" if step.is_gone else "statement"


def _way(left: Stone, right: Stone) -> str:
    """From the right edge of one stone to the left edge of the other, at right angles, as joints run in a mosaic."""
    start, middle = left.x + STONE + 2, left.x + STONE + (COLUMN - STONE) // 2
    way = f"M{start} {left.y + STONE // 2}H{middle}"
    return f"{way}V{right.y + STONE // 2}H{right.x - 5}"


def _arrow(stone: Stone) -> str:
    return f"M{stone.x - 8} {stone.y + STONE // 2 - 4}l6 4l-6 4z"
