"""After a publication, evaluations work out anew what may have changed and nothing else, and say the same as if all."""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from zeal import zeal_ignore

from projects import facets, indexes, revisions
from projects.insights import ended, financing, obstacles, people
from projects.insights.selection import Kept
from projects.models import EndCause, Financing, ObstacleLevel, Permanence, Project, Stage, Status
from tests.factories import make_funding_source, make_municipality, make_project
from tests.projects.obstacles import make_entry, make_obstacle

pytestmark = pytest.mark.django_db

EVALUATIONS: dict[str, tuple[Any, Callable[..., Any]]] = {
    "ended": (ended, ended.survey),
    "financing": (financing, financing.overview),
    "obstacles": (obstacles, obstacles.survey),
    "people": (people, people.overview),
}


@pytest.fixture(autouse=True)
def _many_rows():
    with zeal_ignore():
        yield


def publish(number: int, **fields: Any) -> Project:
    project = make_project(status=Status.PUBLISHED, publication_number=number, **fields)
    indexes.update(project)
    return project


def change(project: Project, dice: Random, leads: list) -> None:
    """Everything that an evaluation counts may be another thing than before."""
    project.lead = dice.choice(leads)
    project.stage = dice.choice([Stage.RUNNING, Stage.DISCONTINUED, Stage.COMPLETED])
    project.status = dice.choice([Status.PUBLISHED] * 3 + [Status.ARCHIVED])
    project.end_cause = dice.choice(["", *EndCause.values])
    project.lessons = dice.choice(["", "Früh fragen."])
    project.ended_on = dice.choice([None, date(2024, 1, 31), date(2025, 1, 31)])
    project.ended_precision = "month" if project.ended_on else ""
    project.staff_fte, project.volunteers = dice.choice([None, 0, 1.25, 40]), dice.choice([None, 0, 3, 900])
    project.save()
    project.financings.all().delete()
    source = make_funding_source()
    for place in range(dice.randrange(4)):
        Financing.objects.create(
            project=project,
            source=source,
            position=place,
            level="state",
            permanence=dice.choice(["", *Permanence.values]),
            amount=dice.choice([None, dice.randrange(1_000_000)]),
            is_per_year=dice.random() < 0.5,
            ends_on=dice.choice([None, timezone.localdate() + timedelta(dice.randrange(-400, 900))]),
        )
    project.obstacles.all().delete()
    for _ in range(dice.randrange(3)):
        make_obstacle(project, dice.choice(["money", "law"]), level=dice.choice(["", *ObstacleLevel.values]))


@pytest.mark.parametrize("seed", range(4))
def test_what_is_brought_up_to_date_is_what_would_be_read_anew(seed):
    dice = Random(seed)
    leads = [make_municipality() for _ in range(3)]
    projects = [publish(number, lead=leads[0]) for number in (1, 2, 3, 600, 601, 5000)]
    for _module, evaluate in EVALUATIONS.values():
        evaluate(everything_published())  # is kept
    for _ in range(8):
        for project in dice.sample(projects, 2):
            change(project, dice, leads)
            indexes.update(project)
        selection = everything_published()
        for name, (module, evaluate) in EVALUATIONS.items():
            said = evaluate(selection)
            older, module.facts_for = module.facts_for, Kept(module.read, module.merge)
            try:
                assert said == evaluate(selection), name
            finally:
                module.facts_for = older


def everything_published() -> facets.Selection:
    return facets.current(facets.version()).select({}, None)


def test_only_the_block_of_what_was_published_is_read(django_assert_num_queries):
    near, far = publish(10, volunteers=1), publish(5000, volunteers=10)
    assert people.overview(everything_published()).total.volunteers == 11
    Project.objects.update(volunteers=100)  # nobody says so
    indexes.update(near)
    selection = everything_published()
    with django_assert_num_queries(1):
        assert people.overview(selection).total.volunteers == 110
    indexes.update(far)
    assert people.overview(everything_published()).total.volunteers == 200


@pytest.mark.parametrize("tell", [facets.touch, facets.index_all])
def test_everything_is_read_where_anything_may_have_changed(tell):
    publish(10, volunteers=1)
    publish(5000, volunteers=10)
    people.overview(everything_published())
    Project.objects.update(volunteers=100)
    tell()
    assert people.overview(everything_published()).total.volunteers == 200


def test_what_left_is_counted_no_more():
    stays, goes = publish(10, volunteers=1), publish(11, volunteers=10)
    people.overview(everything_published())
    Project.objects.filter(pk=goes.pk).update(status=Status.ARCHIVED)
    indexes.update(goes)
    found = people.overview(everything_published()).total
    assert (found.projects, found.volunteers, stays.volunteers) == (1, 1, 1)


def test_what_was_rolled_back_is_counted_no_more():
    project = publish(10, volunteers=1)
    people.overview(everything_published())
    with transaction.atomic():
        Project.objects.update(volunteers=100)
        indexes.update(project)
        assert people.overview(everything_published()).total.volunteers == 100
        transaction.set_rollback(True)
    assert people.overview(everything_published()).total.volunteers == 1
    publish(5000, volunteers=10)
    assert people.overview(everything_published()).total.volunteers == 11


def test_another_process_learns_of_blocks_by_their_versions():
    publish(10)
    publish(5000)
    older = facets.load()
    publish(513)
    publish(11)
    newer = facets.load(older)
    before, now = revisions.of(older.versions), revisions.of(newer.versions)
    blocks = revisions.between(before, now)
    assert blocks is not None
    assert {block.start for block in blocks} == {0, 512}
    assert {block.start for block in revisions.between(now, before) or ()} == {0, 512}  # a backup was restored
    assert revisions.between(now, now) == []
    facets.touch()
    assert revisions.between(now, revisions.of(facets.load(newer).versions)) is None


def test_too_many_blocks_are_everything():
    versions = {str(block): 2 for block in range(revisions.MOST + 1)}
    assert revisions.between({}, versions) is None
    assert len(revisions.between({"0": 2}, versions) or ()) == revisions.MOST


def test_an_entry_of_the_register_changes_the_obstacles_of_all_blocks():
    first, second = publish(10), publish(5000)
    entry = make_entry(level="state")
    for project in (first, second):
        make_obstacle(project, shared=entry)
        indexes.update(project)
    assert [part.level for part in obstacles.survey(everything_published()).levels] == ["state"]
    entry.level = "federal"
    entry.save()
    facets.touch()
    assert [part.level for part in obstacles.survey(everything_published()).levels] == ["federal"]


def test_ended_projects_are_listed_by_page_without_reading_the_others():
    days = [date(2020, 1, 31), date(2022, 1, 31), None, date(2021, 1, 31), date(2022, 1, 31)]
    for number, day in enumerate(days, start=1):
        publish(number, stage=Stage.DISCONTINUED, ended_on=day, ended_precision="month" if day else "")
    found = ended.survey(everything_published())
    assert found.listed(range(5)) == [5, 2, 4, 1, 3]
    assert [found.listed(range(start, start + 2)) for start in (0, 2, 4)] == [[5, 2], [4, 1], [3]]
    with CaptureQueriesContext(connection) as queries:
        assert [project.publication_number for project in ended.projects([4, 1])] == [4, 1]
    assert len(queries) == 2
