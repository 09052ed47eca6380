"""Nachahmung over a selection: a hand-computed example, random data against plain Python, page and table."""

from itertools import pairwise

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from zeal import zeal_ignore

from projects import facets, indexes
from projects.insights import adoptions
from projects.models import Adoption, AdoptionState, Project, Status
from tests.factories import make_municipality, make_project
from tests.projects.desk import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rows_are_made_in_loops():
    with zeal_ignore():
        yield


def published(title: str, **fields) -> Project:
    return make_project(title=title, status=Status.PUBLISHED, **fields)


def adopt(project, copy=None, municipality=None, state=AdoptionState.PUBLISHED, **fields) -> Adoption:
    body = municipality or (copy.lead if copy else make_municipality())
    return Adoption.objects.create(project=project, municipality=body, copy=copy, state=state, **fields)


def survey(**selection) -> adoptions.Adoptions:
    facets.index_all()
    return adoptions.survey(facets.current(facets.version()).select(selection))


def test_counts_of_an_example():
    first, second, third, other = (published(title) for title in ("Erstes", "Zweites", "Drittes", "Anderes"))
    busy = make_municipality(name="Fleißig")
    adopt(first, second)
    adopt(second, third, since="2020-01-01", since_precision="year")
    adopt(first, municipality=busy)
    adopt(other, municipality=busy)
    adopt(other, state=AdoptionState.PROPOSED)
    adopt(other, state=AdoptionState.DECLINED)
    adopt(make_project())
    found = survey()
    assert (found.selected, found.projects, len(found.rows), found.copies, found.dated) == (4, 3, 4, 2, 1)
    assert found.adopters[0] == (busy, 2)
    assert found.adopter_count == 3
    assert found.originals[0] == (first, 2)
    assert found.chains == [(first, second, third)]
    assert adoptions.telling(facets.current(facets.version()).select({})).figure == 3


def test_chains_end_in_circles_and_touch_the_selection():
    line = [
        published(f"Projekt {number}", topics=("housing",) if number == 4 else ("language",)) for number in range(5)
    ]
    for project, copy in pairwise(line):
        adopt(project, copy)
    adopt(line[4], line[1])
    assert survey().chains == [tuple(line)]
    assert survey(topic={"housing"}).chains == [tuple(line)]
    assert survey(topic={"housing"}).rows == list(Adoption.objects.filter(project=line[4]))
    assert survey(topic={"school"}).chains == []


ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from(list(AdoptionState))), max_size=10)


@hypothesis_settings(
    derandomize=True, deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=ROWS, topic=st.sampled_from(["housing", "language"]))
def test_counts_are_what_plain_python_counts(some_projects, rows, topic):
    projects, bodies = some_projects
    Adoption.objects.all().delete()
    seen = {}
    for project, body, state in rows:
        if (project, body) not in seen:
            seen[project, body] = state
            adopt(projects[project], municipality=bodies[body], state=state)
    found = survey(topic={topic})
    chosen = {0, 1} if topic == "housing" else {2, 3}
    public = [pair for pair, state in seen.items() if state == AdoptionState.PUBLISHED and pair[0] in chosen]
    assert len(found.rows) == len(public)
    assert found.projects == len({project for project, _body in public})
    assert found.adopter_count == len({body for _project, body in public})
    assert sorted(count for _body, count in found.adopters) == sorted(
        sum(1 for _project, other in public if other == body) for body in {body for _project, body in public}
    )
    assert adoptions.telling(facets.current(facets.version()).select({"topic": {topic}})).figure == found.projects
    # The filter of the list counts the same.
    assert facets.current(facets.version()).select({"topic": {topic}, "adopted": {"yes"}}).total == found.projects


@pytest.fixture
def some_projects(db):
    county = make_municipality().county
    topics = ("housing", "housing", "language", "language")
    projects = [published("x", topics=(topic,), lead=make_municipality(county=county)) for topic in topics]
    return projects, [make_municipality(county=county) for _number in range(4)]


@pytest.mark.parametrize("rows", [1, 30])
def test_page_and_table_ask_the_same_for_many_rows(client, rows, django_assert_num_queries):
    project = published("Vorbild")
    for number in range(rows):
        adopt(project, municipality=make_municipality(county=project.lead.county), what=f"=Teil {number}")
    facets.index_all()
    for name in ("adopted", "adopted_csv"):
        client.get(reverse(f"projects:{name}")).getvalue()
        with django_assert_num_queries(2):
            client.get(reverse(f"projects:{name}")).getvalue()


def test_page_says_what_it_rests_on_and_the_table_has_every_row(client):
    project = published("Vorbild")
    adopt(project, what="=SUMME(A1)", municipality=make_municipality(name="Nachahmingen"))
    indexes.update(project)
    page = text_of(client.get(reverse("projects:adopted")))
    assert "Das beruht auf 1 von 1 Projekten" in page
    assert "Nachahmingen" in page
    assert "So rechnen wir" in page
    table = client.get(reverse("projects:adopted_csv")).getvalue().decode("utf-8-sig")
    assert table.count("\r\n") == 2
    assert "'=SUMME(A1)" in table


def test_page_without_any_says_so(client):
    indexes.update(published("Allein"))
    assert "hat noch keine Kommune gesagt" in text_of(client.get(reverse("projects:adopted")))
