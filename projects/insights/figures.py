"""The four figures of the home page. Missing parts are counted, never guessed."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from projects.models import Financing, Obstacle, Permanence, Project, Staffing


@dataclass(frozen=True)
class MosaicFigures:
    """What the home page says about a selection; the larger number of each pair counts only where it is known."""

    projects: int
    municipalities: int
    money_rows: int
    ending_rows: int
    staffing_known: int
    on_volunteers: int
    obstacles: int
    obstacle_projects: int


def mosaic_figures(projects: QuerySet[Project]) -> MosaicFigures:
    """Sums over the selection, in three queries."""
    people = projects.aggregate(
        projects=Count("pk"),
        municipalities=Count("lead", distinct=True),
        staffing_known=Count("pk", filter=~Q(staffing="")),
        on_volunteers=Count("pk", filter=Q(staffing=Staffing.MOSTLY_VOLUNTEERS)),
    )
    money = Financing.objects.filter(project__in=projects, is_requested=False).aggregate(
        money_rows=Count("pk", filter=~Q(permanence="")),
        ending_rows=Count("pk", filter=Q(permanence__in=(Permanence.TIME_LIMITED, Permanence.ONE_OFF))),
    )
    obstacles = Obstacle.objects.filter(project__in=projects).aggregate(
        obstacles=Count("pk"), obstacle_projects=Count("project", distinct=True)
    )
    return MosaicFigures(**people, **money, **obstacles)
