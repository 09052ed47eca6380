"""Which values of which facet a project has."""

from datetime import date
from decimal import Decimal

import pytest

from municipalities.models import Kind
from projects.facet_values import values_of
from projects.models import Adoption, Financing, Obstacle, ObstacleCategory, TargetGroup
from tests.factories import add_money, make_county, make_funding_source, make_municipality, make_project

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 22)


def test_project_with_little_has_few_values():
    project = make_project(lead=make_municipality(key="037010001001", population=None, population_date=None))
    assert values_of(project) == {
        "all": {"all"},
        "lead": {"037010001001"},
        "topic": {"housing"},
        "target_group": set(),
        "kind": {"integrated_municipality"},
        "size": set(),
        "cost": {"unknown"},
        "status": {"running"},
        "county": {project.lead.county.key},
        "municipality": {"037010001001", project.lead.county.key},
        "financing": set(),
        "money_level": set(),
        "operator": set(),
        "staffing": set(),
        "evidence": set(),
        "effort": set(),
        "obstacle": set(),
        "obstacle_level": set(),
        "adopted": {"no"},
        "adoptions": set(),
        "confirmed_on": set(),
        "cost_per_person": set(),
        "source": set(),
        "programme": set(),
        "money_rows": set(),
        "ending_rows": set(),
        "obstacle_rows": set(),
    }


@pytest.mark.parametrize(
    ("population", "size"),
    [
        (0, "lt5k"),
        (4_999, "lt5k"),
        (5_000, "5k-10k"),
        (9_999, "5k-10k"),
        (10_000, "10k-20k"),
        (20_000, "20k-50k"),
        (50_000, "50k-100k"),
        (99_999, "50k-100k"),
        (100_000, "gte100k"),
    ],
)
def test_size_is_that_of_the_lead(population, size):
    small = make_municipality(population=3)
    project = make_project(lead=make_municipality(population=population), further=[small])
    assert values_of(project)["size"] == {size}


@pytest.mark.parametrize(
    ("one_off", "yearly", "cost"),
    [
        (None, None, "unknown"),
        (0, None, "none"),
        (0, 0, "none"),
        ("0.01", 0, "lt10k"),
        (9_000, 1_000, "10k-25k"),
        ("9999.99", None, "lt10k"),
        (None, 25_000, "25k-50k"),
        (50_000, None, "50k-250k"),
        (250_000, None, "250k-1m"),
        ("999999.99", None, "250k-1m"),
        (900_000, 100_000, "gte1m"),
    ],
)
def test_cost_is_the_one_off_cost_and_one_year(one_off, yearly, cost):
    amounts = {"cost_one_off": one_off, "cost_yearly": yearly}
    project = make_project(**{name: None if value is None else Decimal(value) for name, value in amounts.items()})
    assert values_of(project)["cost"] == {cost}


def test_who_pays_and_how_many_rows_there_are():
    project, source = make_project(), make_funding_source()
    add_money(project, ("state", "permanent"), ("state", "one_off"), ("state", "time_limited"), ("state", ""))
    Financing.objects.create(project=project, source=make_funding_source("Bund"), level="state", is_requested=True)
    found = values_of(project)
    assert {name: found[name] for name in ("source", "programme", "money_rows", "ending_rows", "obstacle_rows")} == {
        "source": {str(source.pk)},
        "programme": set(),
        "money_rows": {"3"},
        "ending_rows": {"2"},
        "obstacle_rows": set(),
    }


def test_values_of_vocabularies_and_choices():
    families = TargetGroup.objects.create(slug="families", label="Familien", label_en="Families")
    project = make_project(
        topics=["housing", "language"],
        target_groups=[families],
        stage="discontinued",
        operator_kind="cooperative",
        staffing="mixed",
        evidence="proven",
        transfer_effort="low",
    )
    money, law = (ObstacleCategory.objects.create(slug=slug, label=slug, label_en=slug) for slug in ("money", "law"))
    for category, level in ((money, "state"), (law, "eu"), (law, "")):
        Obstacle.objects.create(project=project, category=category, level=level, text="…")
    values = values_of(project)
    assert values["topic"] == {"housing", "language"}
    assert values["target_group"] == {"families"}
    assert values["status"] == {"discontinued"}
    assert values["operator"] == {"cooperative"}
    assert values["staffing"] == {"mixed"}
    assert values["evidence"] == {"proven"}
    assert values["effort"] == {"low"}
    assert values["obstacle"] == {"money", "law"}
    assert values["obstacle_level"] == {"state", "eu"}


@pytest.mark.parametrize(
    ("rows", "financing"),
    [
        ([("state", "permanent")], {"permanent"}),
        ([("state", "time_limited"), ("eu", "one_off")], {"time_limited"}),
        ([("state", "permanent"), ("loan", "one_off")], {"mixed"}),
        ([("state", "")], set()),
    ],
)
def test_financing_and_levels_of_money(rows, financing):
    project = make_project()
    add_money(project, *rows)
    assert values_of(project)["financing"] == financing
    assert values_of(project)["money_level"] == {level for level, permanence in rows}


def test_money_that_was_only_asked_for_does_not_count():
    project = make_project()
    add_money(project, ("state", "permanent"))
    Financing.objects.update(is_requested=True)
    assert values_of(project)["financing"] == set()
    assert values_of(project)["money_level"] == set()


def test_project_without_money_is_not_one_of_unknown_money():
    assert values_of(make_project(has_no_funding=True))["financing"] == {"unfunded"}


def test_body_is_found_with_its_members_and_what_was_merged_into_it():
    county, other = make_county(key="03701"), make_county(key="03702")
    joint = make_municipality(key="037015401", ars="037015401000", county=county, kind=Kind.JOINT_MUNICIPALITY, ags="")
    member = make_municipality(key="037015401001", county=county, parent=joint, kind=Kind.MEMBER_MUNICIPALITY)
    town = make_municipality(key="037020001001", county=other)
    old = make_municipality(key="037020002002", county=other, closed_on=TODAY, successor=town)
    older = make_municipality(key="037020003003", county=other, closed_on=TODAY, successor=old)
    values = values_of(make_project(lead=member, further=[older]))
    assert values["municipality"] == {body.key for body in (county, joint, member, other, town, old, older)}
    assert values["county"] == {"03701", "03702"}
    assert values["kind"] == {"member_municipality"}
    assert values["lead"] == {"037015401001"}
    assert values_of(make_project(lead=county))["municipality"] == {"03701"}


def test_offered_help_stands_beside_adoption():
    project = make_project(help_offered="Gern am Telefon.", confirmed_on=TODAY)
    assert values_of(project)["adopted"] == {"no", "help_offered"}
    Adoption.objects.create(state="published", project=project, municipality=make_municipality())
    Adoption.objects.create(state="published", project=project, municipality=make_municipality())
    assert values_of(project)["adopted"] == {"yes", "help_offered"}
    assert values_of(project)["adoptions"] == {"2"}
    assert values_of(project)["confirmed_on"] == {"2026-11-22"}
