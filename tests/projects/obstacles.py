"""Helpers of the tests about obstacles: categories, cases and entries of the register."""

from itertools import count

from zeal import zeal_ignore

from projects import facets
from projects.models import Obstacle, ObstacleCategory, Project, SharedObstacle, Status
from tests.factories import make_project

_positions = count(1)


@zeal_ignore()
def make_category(slug: str = "money", label: str = "") -> ObstacleCategory:
    defaults = {"label": label or slug.title(), "label_en": slug}
    return ObstacleCategory.objects.get_or_create(slug=slug, defaults=defaults)[0]


def make_obstacle(project: Project | None = None, category: str = "money", **fields) -> Obstacle:
    """Of a published project of its own unless one is given; the indexes are not told."""
    project = project or make_project(status=Status.PUBLISHED)
    values = {"text": "Das Geld reicht nur ein Jahr.", "position": next(_positions), **fields}
    return Obstacle.objects.create(project=project, category=make_category(category), **values)


def make_entry(title: str = "Geld nur für ein Jahr", category: str = "money", **fields) -> SharedObstacle:
    values = {"text": "Förderung wird jedes Jahr neu beantragt.", "level": "state", **fields}
    return SharedObstacle.objects.create(title=title, category=make_category(category), **values)


def everything():
    """The whole mosaic as a selection, after indexing it."""
    facets.index_all()
    return facets.load().select({})
