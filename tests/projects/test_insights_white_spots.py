"""The matrix of topics against municipalities: every field as plain SQL counts it, and its link leads to as many."""

import csv
import re
from html import unescape

import pytest
from django.http import QueryDict
from django.urls import reverse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from zeal import zeal_ignore

from projects import facets
from projects.filters import ProjectFilter
from projects.insights import white_spots
from projects.insights.white_spots import By
from projects.models import Project, Status
from tests.factories import make_municipality, make_project

pytestmark = pytest.mark.django_db
PAGE = "projects:white_spots"
# In SQL: the condition that a project has this value.
LOWER_BOUNDS = {"lt5k": 0, "5k-10k": 5_000, "10k-20k": 10_000, "20k-50k": 20_000, "50k-100k": 50_000, "gte100k": 10**5}


@pytest.fixture(autouse=True)
def _several_requests():
    with zeal_ignore():
        yield


def no_url(_topic: str, _value: str) -> str:
    return ""


@pytest.fixture
def three_projects():
    small, large = make_municipality(population=4_000), make_municipality(population=120_000)
    make_project(lead=small, topics=("housing", "language"), status=Status.PUBLISHED)
    make_project(lead=small, topics=("housing",), status=Status.PUBLISHED)
    make_project(lead=large, topics=("language",), further=[small], status=Status.PUBLISHED)
    make_project(lead=large, topics=("housing",))
    facets.index_all()
    return small, large


def fields_of(matrix) -> dict[tuple[str, str], int]:
    return {
        (str(row.label), str(field.label)): field.count for row in matrix.rows for field in row.fields if field.count
    }


def test_fields_and_totals_by_hand(three_projects):
    found = white_spots.grid(facets.load().select({}), By.SIZE, no_url)
    assert fields_of(found) == {
        ("Wohnen", "unter 5.000 Einwohner"): 2,
        ("Sprache", "unter 5.000 Einwohner"): 1,
        ("Sprache", "100.000 und mehr"): 1,
    }
    assert (found.size, found.empty, found.filled) == (12, 9, 3)
    assert [(str(row.label), row.total) for row in found.rows] == [("Wohnen", 2), ("Sprache", 2)]
    assert [column.count for column in found.columns] == [2, 0, 0, 0, 0, 1]


def test_project_stands_in_every_county_that_takes_part(three_projects):
    small, large = three_projects
    found = white_spots.grid(facets.load().select({}), By.COUNTY, no_url)
    counts = {str(row.label): [field.count for field in row.fields] for row in found.rows}
    assert counts[small.county.name] == [2, 2]
    assert counts[large.county.name] == [0, 1]
    assert {str(row.label): row.total for row in found.rows}[small.county.name] == 3


def test_what_is_filtered_out_is_no_white_spot(three_projects):
    index = facets.load()
    chosen = {"topic": ["housing"], "size": ["lt5k", "gte100k"]}
    found = white_spots.grid(index.select(chosen), By.SIZE, no_url, chosen)
    assert (len(found.rows), len(found.columns), found.empty) == (1, 2, 1)


@pytest.fixture
def full_mosaic(examples):
    return list(Project.objects.published().values_list("publication_number", flat=True))


def test_every_field_equals_sql(full_mosaic):
    """The examples, narrowed to random selections of them."""
    index = facets.load()
    bounds = [*LOWER_BOUNDS.values(), 10**9]
    conditions = {
        By.SIZE: {
            value: {"lead__population__gte": bounds[n], "lead__population__lt": bounds[n + 1]}
            for n, value in enumerate(LOWER_BOUNDS)
        },
        By.KIND: {kind: {"lead__kind": kind} for kind in index.labels.choices["kind"]},
    }

    @given(st.sets(st.sampled_from(full_mosaic)), st.sampled_from([By.SIZE, By.KIND]))
    @settings(
        max_examples=6,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    def check(numbers, by):
        urls = {}

        def url(topic: str, value: str) -> str:
            urls[topic, value] = True
            return f"{topic} {value}"

        found = white_spots.grid(index.select({}, facets.BitMap(numbers)), by, url)
        projects = Project.objects.filter(publication_number__in=numbers)
        for row in found.rows:
            for (value, condition), field in zip(conditions[by].items(), row.fields, strict=True):
                counted = projects.filter(topics__slug=row.value, **condition).count()
                assert field.count == counted
                assert field.url == (f"{row.value} {value}" if counted else "")
            assert row.total == projects.filter(topics__slug=row.value).count()
        for (_value, condition), column in zip(conditions[by].items(), found.columns, strict=True):
            assert column.count == projects.filter(**condition).count()

    check()


@pytest.mark.parametrize("query", ["", "by=kind", "by=county", "by=kind&staffing=mixed", "by=county&topic=language"])
def test_link_of_a_field_leads_to_as_many_projects(examples, client, query):
    html = client.get(f"{reverse(PAGE)}?{query}").content.decode()
    links = re.findall(r'<a class="spot[^"]*" href="[^"?]*\?([^"]*)">(\d+)', html)
    assert len(links) > 5
    for link, number in links[::7]:
        asked = ProjectFilter(QueryDict(unescape(link)), queryset=Project.objects.published())
        assert asked.total == int(number), link
        assert not asked.messages


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def test_page_shows_what_is_empty_as_table_and_as_list(three_projects, client):
    text = text_of(client.get(reverse(PAGE)))
    assert "9 von 12 Feldern sind leer." in text
    assert text.count('<span class="spot">') == 9
    assert 'tabindex="0" role="group"' in text
    listed = text_of(client.get(reverse(PAGE) + "?as=list"))
    assert "Fehlt: 5.000 bis unter 10.000" in listed
    assert "unter 5.000 Einwohner (2)" in listed
    assert "by=kind&amp;as=list" in listed


def test_unknown_way_is_the_usual_one(three_projects, client):
    assert "9 von 12" in text_of(client.get(reverse(PAGE) + "?by=nonsense&as=nonsense"))


@pytest.mark.parametrize(("by", "lines"), [("", 12), ("by=kind", 12), ("by=county", None)])
def test_table_has_a_line_a_field(three_projects, client, by, lines):
    answer = client.get(f"{reverse('projects:white_spots_csv')}?{by}").getvalue().decode("utf-8-sig")
    header, *rows = csv.reader(answer.splitlines(), delimiter=";")
    assert (header[0], header[-1]) == ("Handlungsfeld", "Projekte")
    assert {row[0] for row in rows} == {"Wohnen", "Sprache"}
    assert lines is None or len(rows) == lines


@pytest.mark.parametrize("query", ["", "?by=county", "?as=list"])
def test_page_asks_twice(three_projects, client, django_assert_num_queries, query):
    client.get(reverse(PAGE) + query)
    with django_assert_num_queries(2):  # version, vain searches
        client.get(reverse(PAGE) + query)
