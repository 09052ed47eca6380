"""The financing mosaic: hand-computed examples, its sums against plain SQL on random data, what it keeps."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db.models import Count, Q, Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyroaring import BitMap
from zeal import zeal_ignore

from projects import facets, workflow
from projects.facets import Selection
from projects.insights import financing
from projects.insights.selection import Sums
from projects.models import Financing, FinancingKind, FundingLevel, Permanence, Project
from tests.factories import make_county, make_funding_source, make_municipality, make_project

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 22)


def selected(today: date = TODAY, **chosen) -> Selection:
    """The selection after everything was indexed, seen from a fixed day."""
    facets.index_all()
    return facets.current(facets.version()).select(chosen, None, today)


def pay(project: Project, level: str = "state", permanence: str = "time_limited", amount=None, **more) -> Financing:
    return project.financings.create(
        source=make_funding_source(), level=level, permanence=permanence, amount=amount, **more
    )


@pytest.fixture
@zeal_ignore()
def three(db) -> list[Project]:
    """A small town with permanent money, a city whose money ends, and a village that says nothing."""
    small = make_municipality(population=8_000, county=make_county(key="03701"))
    city = make_county(key="03702", kind="independent_city", population=120_000)
    projects = [
        make_project(lead=small, status="published", publication_number=11, title="Von Dauer"),
        make_project(lead=city, status="published", publication_number=12, title="Auf Zeit"),
        make_project(lead=small, status="published", publication_number=13, title="Schweigsam"),
    ]
    pay(projects[0], "municipal", "permanent", Decimal("1200.50"), is_per_year=True, kind="grant")
    pay(projects[0], "foundation", "one_off", 3_000, ends_on=date(2020, 12, 31), kind="grant")
    pay(projects[1], "state", "time_limited", 100_000, ends_on=date(2027, 11, 22), kind="grant")
    pay(projects[1], "state", "time_limited", 20_000, is_per_year=True, ends_on=date(2028, 11, 22))
    pay(projects[1], "eu", "time_limited", ends_on=date(2028, 11, 23))
    pay(projects[1], "federal", "time_limited")
    pay(projects[1], "federal", "permanent", 9_999_999, is_requested=True)  # counts nowhere
    return projects


def test_yearly_amounts_and_amounts_for_a_whole_period_are_two_sums(three):
    money = financing.overview(selected())
    assert (money.total.yearly, money.total.yearly_known) == (Decimal("21200.50"), 2)
    assert (money.total.whole, money.total.whole_known) == (Decimal(103_000), 2)
    assert (money.total.sources, money.total.known, money.total.projects) == (6, 4, 2)
    assert (money.projects, money.silent, money.unfunded) == (3, 1, 0)


def test_requested_money_counts_in_no_sum_and_no_number(three):
    money = financing.overview(selected())
    federal = money.line("level", "federal")
    assert (federal.sources, federal.projects, federal.known, federal.whole) == (1, 1, 0, 0)
    assert money.line("permanence", "permanent").sources == 1


def test_tables_tell_level_kind_permanence_and_what_is_left(three):
    tables = financing.overview(selected()).tables
    found = {way: {line.value: (line.sources, line.projects) for line in lines} for way, lines in tables.items()}
    assert found == {
        "level": {"municipal": (1, 1), "state": (2, 1), "federal": (1, 1), "eu": (1, 1), "foundation": (1, 1)},
        "kind": {"grant": (3, 2), "": (3, 1)},
        "permanence": {"permanent": (1, 1), "time_limited": (4, 1), "one_off": (1, 1)},
        "lasting": {"ended": (1, 1), "within12": (1, 1), "within24": (1, 1), "later": (1, 1), "open": (2, 2)},
    }


def test_share_of_permanent_money_and_projects_on_limited_money_only(three):
    money = financing.overview(selected())
    assert (money.permanent.sources, money.of_known_permanence.sources) == (1, 6)
    assert (money.only_limited, money.duration_known) == (1, 2)
    assert money.limited_open == 1


def test_money_ends_within_12_months_up_to_the_same_day_of_next_year(three):
    money = financing.overview(selected())
    assert list(money.ending_until(financing.years_later(TODAY, 1))) == [12]
    rows = financing.ending_rows(money, TODAY)
    assert [row.ends_on for row in rows] == [date(2027, 11, 22), date(2028, 11, 22)]
    later = financing.overview(selected(TODAY + timedelta(days=1)))
    assert len(later.ending_until(financing.years_later(TODAY + timedelta(days=1), 1))) == 1  # 23 November 2027 is near
    assert later.line("lasting", "within24").sources == 2


def test_money_that_ends_today_has_not_ended_yet(db):
    project = make_project(status="published")
    pay(project, ends_on=TODAY)
    assert financing.overview(selected()).line("lasting", "within12").sources == 1
    assert financing.overview(selected(TODAY + timedelta(days=1))).ended.sources == 1


def test_years_later_knows_leap_years():
    assert financing.years_later(date(2028, 2, 29), 1) == date(2029, 2, 28)
    assert financing.years_later(date(2028, 2, 29), 4) == date(2032, 2, 29)


def test_lines_by_size_and_county(three):
    money = financing.overview(selected())
    sizes = {line.value: line for line in money.sizes}
    assert list(sizes) == ["5k-10k", "gte100k"]
    small = sizes["5k-10k"]
    assert (small.all_projects, small.projects, small.sources, small.known) == (2, 1, 2, 2)
    assert (small.duration_known, small.only_limited, small.yearly) == (1, 0, Decimal("1200.50"))
    assert [(line.value, line.only_limited) for line in money.counties] == [("03701", 0), ("03702", 1)]


def test_a_selection_counts_only_its_projects(three):
    money = financing.overview(selected(size=["5k-10k"]))
    assert (money.projects, money.total.sources, money.total.whole) == (2, 2, Decimal(3_000))
    assert financing.overview(selected(size=["20k-50k"])).total.sources == 0
    assert financing.telling(selected(size=["5k-10k"])).figure == 1


def test_drafts_pay_nothing(three):
    pay(make_project(lead=three[0].lead), amount=5)
    assert financing.overview(selected()).total.sources == 6


def test_a_publication_is_in_the_sums_at_once(three):
    financing.overview(selected())
    draft = make_project(lead=three[0].lead)
    pay(draft, "church", amount=77)
    with zeal_ignore():
        workflow.publish(workflow.submit(draft, by=None), by=None)
    index = facets.current(facets.version())
    assert financing.overview(index.select({}, None, TODAY)).line("level", "church").whole == 77


def test_sums_read_the_database_once_a_version(three, django_assert_num_queries):
    selection = selected()
    with django_assert_num_queries(1):
        financing.overview(selection)
    with django_assert_num_queries(0):
        financing.overview(selection)
        financing.telling(selection)
    with django_assert_num_queries(1):
        financing.ending_rows(financing.overview(selection), TODAY)


def test_a_list_of_ends_is_bounded_and_begins_with_the_first(db, monkeypatch):
    lead = make_municipality()
    for month in (5, 3, 4):
        pay(make_project(lead=lead, status="published"), ends_on=date(2027, month, 1))
    monkeypatch.setattr(financing, "LISTED", 2)
    rows = financing.ending_rows(financing.overview(selected()), TODAY)
    assert [row.ends_on.month for row in rows] == [3, 4]


# --- against plain SQL ------------------------------------------------------------------------------------------------

cents = st.one_of(st.none(), st.integers(0, 10**11).map(lambda found: Decimal(found) / 100))
days = st.one_of(st.none(), st.integers(-800, 1_500).map(lambda days: TODAY + timedelta(days)))
money_rows = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.sampled_from(FundingLevel.values),
        st.sampled_from(["", *FinancingKind.values]),
        st.sampled_from(["", *Permanence.values]),
        cents,
        st.booleans(),
        st.sampled_from([False, False, False, True]),
        days,
    ),
    max_size=25,
)


def plain_sums(rows, way: str, value: str) -> tuple:
    """One line of a table as SQL counts it."""
    found = rows.filter(**{way: value}).aggregate(
        projects=Count("project", distinct=True),
        sources=Count("pk"),
        yearly=Sum("amount", filter=Q(is_per_year=True), default=Decimal()),
        yearly_known=Count("amount", filter=Q(is_per_year=True)),
        whole=Sum("amount", filter=Q(is_per_year=False), default=Decimal()),
        whole_known=Count("amount", filter=Q(is_per_year=False)),
    )
    return tuple(found.values())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=money_rows, wanted=st.sets(st.integers(0, 3)))
def test_sums_are_those_of_plain_sql(db, rows, wanted):
    Project.objects.all().delete()
    lead = make_municipality(population=30_000)
    with zeal_ignore():
        projects = [make_project(lead=lead, status="published", publication_number=n + 1) for n in range(4)]
        projects.append(make_project(lead=lead))  # a draft
        for place, level, kind, permanence, amount, is_per_year, is_requested, ends_on in rows:
            more = {"kind": kind, "is_per_year": is_per_year, "is_requested": is_requested, "ends_on": ends_on}
            pay(projects[place], level, permanence, amount, **more)
    everything = selected()
    chosen = Selection(everything.index, {"q": everything.numbers & BitMap(n + 1 for n in wanted)}, TODAY)
    money = financing.overview(chosen)
    counted = Financing.objects.filter(project__publication_number__in=[n + 1 for n in wanted], is_requested=False)
    for way in ("level", "kind", "permanence"):
        lines = {line.value: line for line in money.tables[way]}
        for value in [*financing.WAYS[way][0].values, ""]:
            expected = plain_sums(counted, way, value)
            assert (tuple(vars(lines[value]).values())[2:] if value in lines else (0,) * 6) == expected
    soon = counted.filter(ends_on__range=(TODAY, date(2027, 11, 22)))
    assert set(money.ending_until(date(2027, 11, 22))) == set(
        soon.values_list("project__publication_number", flat=True)
    )
    assert money.line("lasting", "within12").sources == soon.count()
    assert money.ended.sources == counted.filter(ends_on__lt=TODAY).count()
    assert sum(line.sources for line in money.tables["lasting"]) == money.total.sources == counted.count()
    assert sum(course.total for course in money.courses) == counted.count()
    with_ends = {row.pk for row in financing.ending_rows(money, TODAY)}
    assert with_ends == set(counted.filter(ends_on__range=(TODAY, date(2028, 11, 22))).values_list("pk", flat=True))


@given(
    values=st.dictionaries(st.integers(0, 2**31), st.integers(0, 10**14), max_size=60),
    chosen=st.sets(st.integers(0, 2**31), max_size=20),
)
def test_sums_by_digit_are_sums(values, chosen):
    chosen |= set(list(values)[::2])
    sums = Sums.of(list(values), list(values.values()))
    assert sums.over(BitMap(chosen)) == sum(value for key, value in values.items() if key in chosen)
    assert sums.known_in(BitMap(chosen)) == len(chosen & values.keys())
