"""Who pays for what: the pages of funding and of one source or programme, and the sums of the home page."""

import pytest
from django.db.models import Count, Q
from django.test import Client
from django.urls import reverse

from projects import facets, fragments, indexes
from projects.insights.figures import MosaicFigures, mosaic_figures
from projects.models import Financing, FundingSource, Obstacle, Permanence, Project, Staffing, Status
from tests.factories import make_funding_source, make_project
from tests.projects.steps import bring

pytestmark = pytest.mark.django_db


def paid(title: str, source: FundingSource, status: str = Status.PUBLISHED, **money) -> Project:
    project = make_project(title=title)
    Financing.objects.create(project=project, source=source, level=source.level, **money)
    return bring(project, status)


def index_everything() -> None:
    facets.index_all()
    fragments.forget_everything()


def text_of(address: str) -> str:
    response = Client().get(address)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_source_shows_what_its_money_pays_for():
    source = make_funding_source("Stiftung Beispiel", "foundation")
    paid("Nähstube", source)
    paid("Nur beantragt", source, is_requested=True)
    paid("Entwurf", source, Status.DRAFT)
    paid("Fremdes", make_funding_source("Kreis", "county"))
    index_everything()
    html = text_of(source.get_absolute_url()).partition("<main")[2]
    assert [title in html for title in ("Nähstube", "Nur beantragt", "Entwurf", "Fremdes")] == [True] + [False] * 3
    assert "<h1>Stiftung Beispiel</h1>" in html
    assert "1 Projekt im Mosaik" in html
    other = reverse("projects:funding_source", args=[source.pk, "falsch"])
    assert Client().get(other)["Location"] == source.get_absolute_url()


@pytest.mark.parametrize("money", [{"status": Status.DRAFT}, {"is_requested": True}])
def test_source_that_pays_for_nothing_published_has_no_page(money):
    source = make_funding_source("Stiftung Geheim", "foundation")
    paid("Entwurf", source, **money)
    index_everything()
    assert Client().get(source.get_absolute_url()).status_code == 404
    assert "Stiftung Geheim" not in text_of(reverse("projects:funding"))


def test_funding_names_the_newest_and_leads_to_all(django_assert_num_queries):
    source, small = make_funding_source("Land", "state"), make_funding_source("Kreis", "county")
    for number in range(26):
        paid(f"Projekt {number:02}", source)
    paid("Einzelnes", small)
    index_everything()
    text_of(reverse("projects:funding"))  # the process reads the index
    with django_assert_num_queries(5):
        html = text_of(reverse("projects:funding"))
    assert [f">Projekt {number:02}</a>" in html for number in (25, 23, 22)] == [True, True, False]
    assert "26 Projekte im Mosaik, die neuesten:" in html
    assert "1 Projekt im Mosaik</p>" in html
    first = text_of(source.get_absolute_url())
    with django_assert_num_queries(2):  # its cards are kept
        assert text_of(source.get_absolute_url()) == first
    assert first.count('class="project-card"') == 24
    second = text_of(source.get_absolute_url() + "?page=2")
    assert [f"Projekt {number:02}" in second for number in (0, 1, 2)] == [True, True, False]


def test_a_project_that_loses_its_money_leaves_the_page_of_the_source():
    source = make_funding_source("Land", "state")
    stays, goes = paid("Bleibt", source), paid("Geht", source)
    index_everything()
    goes.financings.all().delete()
    indexes.update(goes)
    html = text_of(source.get_absolute_url())
    assert [stays.title in html, goes.title in html] == [True, False]


def test_sums_of_the_home_page_are_those_of_the_rows(examples):
    published = Project.objects.published()
    money = Financing.objects.filter(project__in=published, is_requested=False).exclude(permanence="")
    obstacles = Obstacle.objects.filter(project__in=published)
    assert mosaic_figures(facets.current(facets.version())) == MosaicFigures(
        **published.aggregate(
            projects=Count("pk"),
            municipalities=Count("lead", distinct=True),
            staffing_known=Count("pk", filter=~Q(staffing="")),
            on_volunteers=Count("pk", filter=Q(staffing=Staffing.MOSTLY_VOLUNTEERS)),
        ),
        money_rows=money.count(),
        ending_rows=money.exclude(permanence=Permanence.PERMANENT).count(),
        obstacles=obstacles.count(),
        obstacle_projects=obstacles.values("project").distinct().count(),
    )
    assert all((money.count(), obstacles.count(), money.filter(permanence=Permanence.PERMANENT).count()))
