"""Which values of which facet a project has, worked out from its rows."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import cache
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Model, OuterRef, QuerySet

from municipalities.models import Municipality

from .insights.cost_per_person import cost_per_person, indexed
from .labels import COUNTY_KEY_LENGTH
from .models import Adopted, Adoption, AdoptionState, Cost, Financing, FundedBy, Obstacle, Permanence, Project, Size

# Lower bounds, largest first: a class begins at its bound and ends before the next.
SIZES = (
    (100_000, Size.GTE_100K),
    (50_000, Size.TO_100K),
    (20_000, Size.TO_50K),
    (10_000, Size.TO_20K),
    (5_000, Size.TO_10K),
    (0, Size.LT_5K),
)
COSTS = (
    (1_000_000, Cost.GTE_1M),
    (250_000, Cost.TO_1M),
    (50_000, Cost.TO_250K),
    (25_000, Cost.TO_50K),
    (10_000, Cost.TO_25K),
    (0, Cost.LT_10K),
)


def values_of(project: Project) -> dict[str, set[str]]:
    """The values that a project has in every facet, as the database has it now; see `values_of_all`."""
    return next(values for _number, values in values_of_all(Project.objects.filter(pk=project.pk)))


def values_of_all(projects: QuerySet[Project]) -> Iterator[tuple[int, dict[str, set[str]]]]:
    """Publication number of each project and its values in every facet, in two queries.

    An unknown fact gives no value, except for `cost`. Beside the public facets: `all`, `lead` (key), `adoptions` (how
    many), `confirmed_on` (day) and `cost_per_person`, from which distances, orders and `confirmed` are worked out;
    `source` and `programme` (primary keys of who pays); and how many rows of money with a known permanence, of money
    that ends and of obstacles there are, from which sums follow.
    """
    family_of = read_families()
    for row in _rows(projects).iterator(chunk_size=2000):
        family = family_of(row.lead).union(*map(family_of, row.further_ids))
        values = {facet: {str(value) for value in found if value} for facet, found in _values(row, family).items()}
        yield row.publication_number, values


def _rows(projects: QuerySet[Project]) -> QuerySet[Any]:
    """What the values follow from. The rows of a project arrive as arrays: objects for them take six times as long."""

    def array(model: type[Model], column: str, **conditions: Any) -> ArraySubquery:
        return ArraySubquery(
            model._default_manager.filter(project=OuterRef("pk"), **conditions).order_by().values(column)
        )

    columns = (
        "publication_number lead lead__key lead__kind lead__population cost_first_year cost_one_off cost_yearly "
        "people_reached people_period stage operator_kind staffing evidence transfer_effort help_offered "
        "has_no_funding confirmed_on"
    )
    arrays = {
        "further_ids": array(Project.further.through, "municipality"),
        "topic_slugs": array(Project.topics.through, "topic__slug"),
        "group_slugs": array(Project.target_groups.through, "targetgroup__slug"),
        "money_levels": array(Financing, "level", is_requested=False),
        "permanences": array(Financing, "permanence", is_requested=False),
        "source_ids": array(Financing, "source", is_requested=False),
        "programme_ids": array(Financing, "programme", is_requested=False),
        "obstacle_slugs": array(Obstacle, "category__slug"),
        "obstacle_levels": array(Obstacle, "level"),
        "adopters": array(Adoption, "municipality", state=AdoptionState.PUBLISHED),
    }
    return projects.order_by().annotate(**arrays).values_list(*columns.split(), *arrays, named=True)


def _values(row: Any, family: frozenset[str]) -> dict[str, Iterable[Any]]:
    population, adoptions = row.lead__population, len(row.adopters)
    permanences = [permanence for permanence in row.permanences if permanence]
    ending = [permanence for permanence in permanences if permanence != Permanence.PERMANENT]
    return {
        "all": ["all"],
        "lead": [row.lead__key],
        "topic": row.topic_slugs,
        "target_group": row.group_slugs,
        "kind": [row.lead__kind],
        "size": [] if population is None else [_class_of(population, SIZES)],
        "cost": [_cost(row.cost_first_year)],
        "status": [row.stage],
        "county": [key for key in family if len(key) == COUNTY_KEY_LENGTH],
        "municipality": family,
        "financing": [FundedBy.of(row.permanences, has_no_funding=row.has_no_funding)],
        "money_level": row.money_levels,
        "operator": [row.operator_kind],
        "staffing": [row.staffing],
        "evidence": [row.evidence],
        "effort": [row.transfer_effort],
        "obstacle": row.obstacle_slugs,
        "obstacle_level": row.obstacle_levels,
        "source": row.source_ids,
        "programme": row.programme_ids,
        "money_rows": [len(permanences)],
        "ending_rows": [len(ending)],
        "obstacle_rows": [len(row.obstacle_slugs)],
        "adopted": [Adopted.YES if adoptions else Adopted.NO, Adopted.HELP_OFFERED if row.help_offered else ""],
        "adoptions": [adoptions] if adoptions else [],
        "confirmed_on": [row.confirmed_on.isoformat()] if row.confirmed_on else [],
        "cost_per_person": indexed(cost_per_person(row)),
    }


def read_families() -> Callable[[int], frozenset[str]]:
    """What gives, for the row number of a body, its key and those of the bodies it is part of or was merged into.

    The register is read once; a family is worked out when it is first asked for, as most projects need only one.
    """
    rows = Municipality.objects.order_by().values_list("pk", "key", "parent", "county", "successor")
    register = {pk: (key, belongs_to) for pk, key, *belongs_to in rows}

    @cache
    def family(pk: int) -> frozenset[str]:
        found, open_ends = set(), {pk}
        while open_ends:
            found |= open_ends
            open_ends = {above for pk in open_ends for above in register[pk][1] if above} - found
        return frozenset(register[pk][0] for pk in found)

    return family


def _class_of(amount: int | Decimal, bounds: Iterable[tuple[int, str]]) -> str:
    return next(name for lower, name in bounds if amount >= lower)


def _cost(euros: Decimal | None) -> str:
    if euros is None:
        return Cost.UNKNOWN
    return _class_of(euros, COSTS) if euros else Cost.NONE
