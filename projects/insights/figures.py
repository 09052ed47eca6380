"""The four figures of the home page. Missing parts are counted, never guessed."""

from dataclasses import dataclass

from projects.facets import FacetIndex
from projects.models import Staffing


@dataclass(frozen=True)
class MosaicFigures:
    """What the home page says about the mosaic; the larger number of each pair counts only where it is known."""

    projects: int
    municipalities: int
    money_rows: int
    ending_rows: int
    staffing_known: int
    on_volunteers: int
    obstacles: int
    obstacle_projects: int


def mosaic_figures(index: FacetIndex) -> MosaicFigures:
    """Sums over everything that is published, without a query."""

    def rows(facet: str) -> int:
        return sum(int(count) * len(numbers) for count, numbers in index.bitmaps.get(facet, {}).items())

    return MosaicFigures(
        projects=len(index.everything),
        municipalities=len(index.bitmaps.get("lead", ())),
        money_rows=rows("money_rows"),
        ending_rows=rows("ending_rows"),
        staffing_known=sum(map(len, index.bitmaps.get("staffing", {}).values())),
        on_volunteers=index.count("staffing", Staffing.MOSTLY_VOLUNTEERS),
        obstacles=rows("obstacle_rows"),
        obstacle_projects=sum(map(len, index.bitmaps.get("obstacle_rows", {}).values())),
    )
