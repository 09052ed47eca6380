"""What one reached person costs: only where cost and people belong to the same time; by hand and in plain Python."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from types import SimpleNamespace

import pytest
from django.db import transaction
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from zeal import zeal_ignore

from projects import facets
from projects.filters import ProjectFilter
from projects.insights.cost_per_person import CostPerPerson, Reason, cost_per_person, in_order, indexed, rounded
from projects.models import Financing, PeoplePeriod, Project, Stage, Status
from tests.factories import make_funding_source, make_municipality, make_project


def of(one_off=None, yearly=None, people=None, period="", stage="running") -> CostPerPerson:
    amounts = [None if amount is None else Decimal(str(amount)) for amount in (one_off, yearly)]
    return cost_per_person(
        SimpleNamespace(
            cost_one_off=amounts[0],
            cost_yearly=amounts[1],
            people_reached=people,
            people_period=period,
            stage=stage,
        )
    )


@pytest.mark.parametrize(
    ("given_facts", "amount", "basis"),
    [
        ({"yearly": 90_000, "people": 600, "period": "year"}, "150", "year"),
        ({"yearly": 92_000, "people": 750, "period": "year"}, "123", "year"),  # 122.67
        ({"yearly": 92_000, "one_off": 13_000, "people": 750, "period": "year"}, "123", "year"),
        ({"yearly": 60_000, "people": 50, "period": "month"}, "100", "month"),
        ({"one_off": 30_000, "yearly": 0, "people": 120, "period": "total"}, "250", "total"),
        ({"one_off": 30_000, "people": 120, "period": "total", "stage": "completed"}, "250", "total"),
        ({"yearly": 0, "people": 20, "period": "year"}, "0", "year"),
        ({"yearly": 1, "people": 3, "period": "year"}, "0.33", "year"),
    ],
)
def test_what_belongs_together_is_divided(given_facts, amount, basis):
    result = of(**given_facts)
    assert (result.amount, result.basis, result.why_not) == (Decimal(amount), basis, "")


@pytest.mark.parametrize(
    ("given_facts", "reason"),
    [
        ({}, Reason.NOTHING_KNOWN),
        ({"people": 20, "period": "year"}, Reason.NO_COST),
        ({"yearly": 100}, Reason.NO_PEOPLE),
        ({"yearly": 100, "people": 0, "period": "year"}, Reason.NOBODY),
        ({"yearly": 100, "people": 5, "period": "current"}, Reason.ONE_DAY),
        ({"one_off": 100, "people": 5, "period": "current"}, Reason.ONE_DAY),
        ({"one_off": 100, "people": 5, "period": "year"}, Reason.ONLY_ONE_OFF),
        ({"one_off": 100, "people": 5, "period": "month"}, Reason.ONLY_ONE_OFF),
        ({"yearly": 100, "people": 5, "period": "total"}, Reason.ONLY_YEARLY),
        ({"one_off": 100, "yearly": 100, "people": 5, "period": "total"}, Reason.ONLY_YEARLY),
        ({"yearly": 0, "people": 5, "period": "total"}, Reason.ONLY_YEARLY),
        ({"one_off": 100, "people": 5, "period": "total"}, Reason.RUNNING_COST_UNKNOWN),
    ],
)
def test_what_does_not_fit_says_why(given_facts, reason):
    result = of(**given_facts)
    assert (result.amount, result.why_not) == (None, reason)
    assert str(result.reason)
    assert indexed(result) == []


def test_what_the_amount_leaves_out_is_said():
    assert of(yearly=100, one_off=7, people=5, period="year").one_off_left_out == 7
    assert of(yearly=100, one_off=0, people=5, period="year").one_off_left_out is None
    assert of(one_off=100, people=5, period="total", stage="completed").yearly_unknown
    assert not of(one_off=100, yearly=0, people=5, period="total").yearly_unknown


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("0", "0"),
        ("0.004", "0"),
        ("0.005", "0.01"),
        ("1.005", "1.01"),
        ("12.345", "12.3"),
        ("99.96", "100"),
        ("122.666", "123"),
        ("98765", "98800"),
        ("1234567.89", "1230000"),
    ],
)
def test_amounts_have_three_digits_and_never_more_than_cents(amount, expected):
    assert rounded(Decimal(amount)) == Decimal(expected)


def test_index_orders_amounts_as_numbers_and_months_last():
    amounts = {"9": "year", "80": "total", "700": "year", "0": "year"}
    values = [indexed(CostPerPerson(amount=Decimal(amount), basis=basis))[0] for amount, basis in amounts.items()]
    values += indexed(CostPerPerson(amount=Decimal("0.5"), basis="month"))
    assert sorted(values, key=in_order) == ["person:0", "person:900", "person:8000", "person:70000", "month:50"]


# --- in the list ------------------------------------------------------------------------------------------------------


def plain(project: Project) -> tuple[bool, Decimal] | None:
    """The same from scratch: (is it for a month, amount), or None."""
    people, one_off, yearly = project.people_reached, project.cost_one_off, project.cost_yearly
    if not people:
        return None
    amount = None
    if project.people_period == "year":
        amount = yearly
    elif project.people_period == "month" and yearly is not None:
        amount = yearly / 12
    elif project.people_period == "total" and not yearly:
        is_whole = yearly is not None or project.stage in ("completed", "discontinued")
        amount = one_off if is_whole else None
    if amount is None:
        return None
    per_person = Decimal(amount) / people
    digits = 2 if per_person < Decimal("9.995") else 1 if per_person < Decimal("99.95") else 0
    if per_person < Decimal("999.5"):
        shown = per_person.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    else:
        step = Decimal(10) ** (len(str(int(per_person))) - 3)
        shown = (per_person / step).quantize(Decimal(1), ROUND_HALF_UP) * step
    return project.people_period == "month", shown


def plain_order(projects: Iterable[Project]) -> list[int]:
    newest = sorted(projects, key=lambda project: -project.publication_number)
    return [
        project.publication_number
        for project in sorted(newest, key=lambda project: (plain(project) is None, plain(project) or ()))
    ]


amounts = st.one_of(st.none(), st.sampled_from([0, 1, 99, 1000, 92_000, 500_000]), st.integers(0, 3_000_000))
people = st.one_of(st.none(), st.integers(0, 40), st.integers(0, 20_000))
specs = st.tuples(
    amounts, amounts, people, st.sampled_from(PeoplePeriod.values), st.sampled_from(["running", "completed", "planned"])
)


@pytest.mark.django_db
def test_order_of_the_list_equals_plain_python():
    lead = make_municipality()

    @given(st.lists(specs, min_size=1, max_size=14))
    @settings(max_examples=25, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def check(facts):
        with transaction.atomic(), zeal_ignore():
            for number, (one_off, yearly, reached, period, stage) in enumerate(facts, start=1):
                Project.objects.create(
                    title=f"Projekt {number}", summary="…", approach="…", lead=lead, status=Status.PUBLISHED,
                    published_at="2026-01-01T00:00Z", publication_number=number, stage=stage, cost_one_off=one_off,
                    cost_yearly=yearly, people_reached=reached, people_period="" if reached is None else period,
                )  # fmt: skip
            facets.index_all()
            filterset = ProjectFilter(QueryDict("sort=cost_per_person"), Project.objects.published())
            projects = list(Project.objects.all())
            assert [project.publication_number for project in filterset.page_of_projects] == plain_order(projects)
            expected = [plain(project) for project in projects]
            assert filterset.cost_gaps == (
                expected.count(None),
                sum(found is not None and found[0] for found in expected),
            )
            transaction.set_rollback(True)

    check()


@pytest.mark.django_db
def test_requested_money_plays_no_role():
    project = make_project(cost_yearly=1000, people_reached=10, people_period="year", stage=Stage.RUNNING)
    before = cost_per_person(project)
    Financing.objects.create(project=project, source=make_funding_source(), level="state", amount=1, is_requested=True)
    assert cost_per_person(Project.objects.get(pk=project.pk)) == before
    assert before.amount == 100


@pytest.mark.django_db
def test_pages_show_formula_or_reason(client):
    known = make_project(
        status=Status.PUBLISHED, cost_yearly=92_000, cost_yearly_estimated=True, cost_one_off=13_000,
        people_reached=750, people_period="year",
    )  # fmt: skip
    monthly = make_project(status=Status.PUBLISHED, cost_yearly=60_000, people_reached=50, people_period="month")
    unknown = make_project(status=Status.PUBLISHED, people_reached=50, people_period="current", cost_yearly=60_000)
    facets.index_all()

    def text(url: str) -> str:
        return " ".join(client.get(url).content.decode().replace("\u00a0", " ").split())

    html = text(known.get_absolute_url())
    assert "rund 123 € je Person im Jahr (geschätzt)" in html
    assert "So rechnen wir: 92.000 € im Jahr geteilt durch 750 Menschen im Jahr." in html
    assert "Die einmaligen Kosten von 13.000 € sind nicht enthalten." in html
    assert "rund 123 € je Person im Jahr (geschätzt)" in text(known.get_absolute_url() + "ratsvorlage/")
    assert "60.000 € im Jahr geteilt durch 12 Monate und durch 50 Menschen im Monat" in text(monthly.get_absolute_url())
    html = text(unknown.get_absolute_url())
    assert "Nicht berechenbar, weil die Zeiträume nicht passen: Die Zahl der Menschen gilt für einen Zeitpunkt" in html
    html = text("/projekte/?sort=cost_per_person")
    assert "Nicht berechenbar bei 1 von 3 Projekten" in html
    assert "Bei einem weiteren gilt der Betrag je Person und Monat" in html
    places = [html.index(project.title) for project in (known, monthly, unknown)]
    assert places == sorted(places)
    assert "rund 100 € je Person und Monat" in html
    assert "Kosten je erreichte Person" not in text("/projekte/")
