"""Posts beside volunteers: hand-computed examples, and the sums against plain SQL on random data."""

from datetime import date
from decimal import Decimal

import pytest
from django.db.models import Count, Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyroaring import BitMap
from zeal import zeal_ignore

from projects import facets
from projects.facets import Selection
from projects.insights import people
from projects.models import Project
from tests.factories import make_county, make_municipality, make_project

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 22)


def selected(**chosen) -> Selection:
    facets.index_all()
    return facets.current(facets.version()).select(chosen, None, TODAY)


@pytest.fixture
@zeal_ignore()
def four(db) -> list[Project]:
    town = make_municipality(population=8_000, county=make_county(key="03701"))
    city = make_county(key="03702", kind="independent_city", population=120_000)
    specs = [
        {"lead": town, "staff_fte": Decimal("1.75"), "volunteers": 14, "volunteer_hours_month": 100},
        {"lead": town, "staff_fte": 0, "volunteers": 7, "staffing": "mostly_volunteers"},
        {"lead": city, "volunteers": 30, "staffing": "mostly_volunteers", "volunteer_hours_month": 0},
        {"lead": city, "staff_fte": Decimal("0.5"), "staffing": "mostly_staff"},
    ]
    return [
        make_project(status="published", publication_number=number, **spec) for number, spec in enumerate(specs, 21)
    ]


def test_each_sum_says_on_how_many_projects_it_rests(four):
    total = people.overview(selected()).total
    assert (total.posts, total.posts_known) == (Decimal("2.25"), 3)
    assert (total.volunteers, total.volunteers_known) == (51, 3)
    assert (total.hours, total.hours_known) == (100, 2)  # a documented zero is known


def test_only_projects_that_give_both_are_set_against_each_other(four):
    both = people.overview(selected()).both
    assert (both.projects, both.posts, both.volunteers) == (2, Decimal("1.75"), 21)
    assert both.volunteers_a_post == 12
    assert people.overview(selected(size=["gte100k"])).both.volunteers_a_post is None


def test_no_post_is_a_documented_zero_and_silence_stands_apart(four):
    sums = people.overview(selected())
    assert list(sums.without_post) == [22]
    assert list(sums.post_unknown) == [23]
    none, unknown = people.without_coordination(sums)
    assert (none, unknown) == ([four[1]], [four[2]])


def test_hours_are_worth_what_the_operator_says(four, settings):
    settings.VOLUNTEER_HOUR_RATE = Decimal("12.50")
    sums = people.overview(selected())
    assert (sums.hours_a_year, sums.value_a_year) == (1200, Decimal("15000.00"))


def test_staffing_adds_up_to_the_selection(four):
    sums = people.overview(selected())
    assert [(value, count) for value, _label, count in sums.staffing] == [
        ("mostly_volunteers", 2),
        ("mixed", 0),
        ("mostly_staff", 1),
        ("", 1),
    ]
    assert sums.staffing_known == 3
    telling = people.telling(selected())
    assert (telling.figure, telling.of) == (2, 3)


def test_lines_by_size_and_county(four):
    sums = people.overview(selected())
    assert [(line.value, line.projects, line.posts, line.posts_known) for line in sums.sizes] == [
        ("5k-10k", 2, Decimal("1.75"), 2),
        ("gte100k", 2, Decimal("0.5"), 1),
    ]
    assert [(line.value, line.volunteers) for line in sums.counties] == [("03701", 21), ("03702", 30)]


def test_table_leaves_unknown_sums_empty(four):
    rows = list(people.table(people.overview(selected(size=["gte100k"]))))
    assert rows[0][1:] == ("zusammen", 2, Decimal("0.5"), 1, 30, 1, 0, 1)
    four[2].volunteer_hours_month = None
    four[2].save()
    assert next(people.table(people.overview(selected(size=["gte100k"]))))[-2:] == (None, 0)


def test_lists_are_bounded_and_the_newest_come_first(four, monkeypatch):
    monkeypatch.setattr(people, "LISTED", 1)
    lead = make_municipality()
    newest = make_project(lead=lead, status="published", publication_number=99, staff_fte=0)
    assert people.without_coordination(people.overview(selected()))[0] == [newest]


def test_sums_read_the_database_once_a_version(four, django_assert_num_queries):
    selection = selected()
    with django_assert_num_queries(1):
        people.overview(selection)
    with django_assert_num_queries(1):
        people.without_coordination(people.overview(selection))


numbers = st.one_of(st.none(), st.integers(0, 5_000))
specs = st.lists(
    st.fixed_dictionaries(
        {
            "staff_fte": st.one_of(st.none(), st.integers(0, 99_999).map(lambda found: Decimal(found) / 100)),
            "volunteers": numbers,
            "volunteer_hours_month": numbers,
            "status": st.sampled_from(["published", "published", "draft"]),
            "staffing": st.sampled_from(["", "mostly_volunteers", "mixed"]),
        }
    ),
    max_size=6,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(specs=specs, wanted=st.sets(st.integers(1, 6)))
def test_sums_are_those_of_plain_sql(db, specs, wanted):
    Project.objects.all().delete()
    lead = make_municipality()
    with zeal_ignore():
        for number, spec in enumerate(specs, start=1):
            make_project(lead=lead, **spec, **({"publication_number": number} if spec["status"] == "published" else {}))
    everything = selected()
    chosen = Selection(everything.index, {"q": everything.numbers & BitMap(wanted)}, TODAY)
    sums = people.overview(chosen)
    rows = Project.objects.published().filter(publication_number__in=wanted)
    columns = {"posts": "staff_fte", "volunteers": "volunteers", "hours": "volunteer_hours_month"}
    for name, column in columns.items():
        plain = rows.aggregate(found=Sum(column, default=0), known=Count(column))
        assert (getattr(sums.total, name), getattr(sums.total, f"{name}_known")) == (plain["found"], plain["known"])
    assert sums.total.projects == rows.count()
    unpaid = rows.filter(staff_fte=0).values_list("publication_number", flat=True)
    silent = rows.filter(staff_fte=None, staffing="mostly_volunteers").values_list("publication_number", flat=True)
    assert (set(sums.without_post), set(sums.post_unknown)) == (set(unpaid), set(silent))
