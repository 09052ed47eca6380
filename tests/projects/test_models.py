"""The database refuses what the record must not say, by raw SQL as well."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from projects.models import (
    Adoption,
    Contact,
    Financing,
    FundingSource,
    KeyFigure,
    Obstacle,
    ObstacleCategory,
    Picture,
    Project,
    Reference,
)
from tests.factories import make_funding_source, make_municipality, make_project

pytestmark = pytest.mark.django_db


def update(table: str, pk: int, assignment: str) -> None:
    """One raw UPDATE, rolled back if the database refuses it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {assignment} WHERE id = %s", [pk])


@pytest.mark.parametrize(
    ("assignment", "constraint"),
    [
        ("stage = 'dreaming'", "project_stage_known"),
        ("status = 'nearly'", "project_status_known"),
        ("operator_kind = 'ufo'", "project_operator_kind_known"),
        ("reach = 'galaxy'", "project_reach_known"),
        ("evidence = 'rumour'", "project_evidence_known"),
        ("staffing = 'robots'", "project_staffing_known"),
        ("transfer_effort = 'none'", "project_transfer_effort_known"),
        ("provenance = 'found'", "project_provenance_known"),
        ("licence = 'mine'", "project_licence_known"),
        ("cost_one_off = -1", "project_cost_one_off_not_negative"),
        ("cost_yearly = -0.01", "project_cost_yearly_not_negative"),
        ("staff_fte = -1", "project_staff_fte_not_negative"),
        ("volunteers = -1", "volunteers_check"),
        ("people_reached = -1, people_period = 'year'", "people_reached_check"),
        ("people_reached = 5", "project_people_with_period"),
        ("people_period = 'year'", "project_people_with_period"),
        ("cost_one_off_estimated = true", "project_estimate_of_something"),
        ("cost_yearly_estimated = true", "project_estimate_of_something"),
        ("started_on = '2020-01-01'", "project_start_with_precision"),
        ("started_precision = 'year'", "project_start_with_precision"),
        ("ended_on = '2020-01-01', ended_precision = 'week'", "project_end_with_precision"),
        (
            "started_on = '2020-01-02', started_precision = 'day', ended_on = '2020-01-01', ended_precision = 'day'",
            "project_end_after_start",
        ),
        ("status = 'published'", "project_published_complete"),
        ("status = 'published', published_at = now()", "project_published_complete"),
        (
            "status = 'published', published_at = now(), publication_number = 1, approach = ''",
            "project_published_complete",
        ),
        ("status = 'submitted'", "project_submitted_dated"),
        ("status = 'withdrawn'", "project_withdrawn_with_reason"),
        ("status = 'withdrawn', withdrawn_at = now()", "project_withdrawn_with_reason"),
        ("version = 0", "project_version_positive"),
    ],
)
def test_project_constraint_holds_in_raw_sql(assignment, constraint):
    project = make_project()
    with pytest.raises(IntegrityError, match=constraint):
        update("projects_project", project.pk, assignment)


def test_project_constraint_speaks_german_in_forms():
    project = make_project()
    project.started_on, project.started_precision = date(2020, 1, 1), "day"
    project.ended_on, project.ended_precision = date(2019, 1, 1), "day"
    with pytest.raises(ValidationError, match="Das Ende liegt vor dem Beginn"):
        project.full_clean()


@pytest.mark.parametrize(
    ("assignment", "constraint"),
    [
        ("level = 'moon'", "financing_choices_known"),
        ("kind = 'gift'", "financing_choices_known"),
        ("permanence = 'soon'", "financing_choices_known"),
        ("amount = -1", "financing_amount_not_negative"),
        ("starts_on = '2021-01-01', ends_on = '2020-12-31'", "financing_end_after_start"),
    ],
)
def test_financing_constraint_holds_in_raw_sql(assignment, constraint):
    row = Financing.objects.create(project=make_project(), source=make_funding_source(), level="state")
    with pytest.raises(IntegrityError, match=constraint):
        update("projects_financing", row.pk, assignment)


def test_obstacle_level_is_known_to_the_database():
    category = ObstacleCategory.objects.create(slug="housing_shortage", label="Wohnraum fehlt", label_en="Housing")
    row = Obstacle.objects.create(project=make_project(), category=category, text="Es fehlt an Wohnungen.")
    for assignment in ("level = 'county'", "state = 'gone'"):
        with pytest.raises(IntegrityError, match="obstacle_choices_known"):
            update("projects_obstacle", row.pk, assignment)


def test_key_figure_has_one_value_a_date():
    project = make_project()
    fields = {
        "project": project,
        "name": "Lotsen",
        "unit": "Personen",
        "measured_on": date(2018, 1, 1),
        "measured_precision": "year",
    }
    row = KeyFigure.objects.create(value=70, **fields)
    with pytest.raises(IntegrityError, match="key_figure_once_a_date"), transaction.atomic():
        KeyFigure.objects.create(value=71, **fields)
    with pytest.raises(IntegrityError, match="key_figure_with_precision"):
        update("projects_keyfigure", row.pk, "measured_precision = 'week'")


def test_reference_numbers_are_unique_and_dates_readable():
    project = make_project()
    row = Reference.objects.create(project=project, number=1, publisher="NDR", published="2015-09")
    with pytest.raises(IntegrityError, match="reference_number_unique"), transaction.atomic():
        Reference.objects.create(project=project, number=1, publisher="taz")
    for wrong in ("2015-13", "gestern", "15"):
        with pytest.raises(IntegrityError, match="reference_date_readable"):
            update("projects_reference", row.pk, f"published = '{wrong}'")


def test_contact_needs_a_way_to_be_reached():
    with pytest.raises(IntegrityError, match="contact_reachable"), transaction.atomic():
        Contact.objects.create(function="Koordination", organisation="Stadt Musterstadt")
    contact = Contact.objects.create(function="Koordination", organisation="Stadt Musterstadt", phone="0123")
    with pytest.raises(IntegrityError, match="contact_public_level_known"):
        update("projects_contact", contact.pk, "public_level = 'half'")


def test_picture_needs_description_credit_and_rights():
    fields = {"project": make_project(), "file": "a.jpg", "width": 1, "height": 1}
    for wrong in ({"alt": ""}, {"credit": ""}, {"rights_confirmed": False}):
        with pytest.raises(IntegrityError, match="picture_described_and_allowed"), transaction.atomic():
            Picture.objects.bulk_create(
                [Picture(**fields, **{"alt": "Ein Haus", "credit": "Stadt", "rights_confirmed": True, **wrong})]
            )


def test_adoption_is_counted_once_and_is_not_of_itself():
    project, municipality = make_project(), make_municipality()
    row = Adoption.objects.create(project=project, municipality=municipality)
    with pytest.raises(IntegrityError, match="adoption_once_a_municipality"), transaction.atomic():
        Adoption.objects.create(project=project, municipality=municipality)
    with pytest.raises(IntegrityError, match="adoption_copy_is_another"):
        update("projects_adoption", row.pk, f"copy_id = {project.pk}")


def test_funding_source_level_is_known_to_the_database():
    source = FundingSource.objects.create(name="Stiftung Muster", level="foundation")
    with pytest.raises(IntegrityError, match="funding_source_level_known"):
        update("projects_fundingsource", source.pk, "level = 'heaven'")


@pytest.mark.parametrize(
    ("one_off", "yearly", "expected"),
    [
        (None, None, None),
        (1000, None, Decimal(1000)),
        (None, 500, Decimal(500)),
        (1000, 500, Decimal(1500)),
        (0, 0, Decimal(0)),
    ],
)
def test_cost_of_the_first_year_is_unknown_only_if_both_parts_are(one_off, yearly, expected):
    project = make_project(cost_one_off=one_off, cost_yearly=yearly)
    assert Project.objects.get(pk=project.pk).cost_first_year == expected


@pytest.mark.parametrize(
    ("permanences", "expected"),
    [
        ([], ""),
        ([""], ""),
        (["permanent"], "permanent"),
        (["permanent", ""], "permanent"),
        (["time_limited"], "time_limited"),
        (["one_off", "time_limited"], "time_limited"),
        (["permanent", "time_limited"], "mixed"),
    ],
)
def test_funded_by_follows_from_rows_of_known_permanence(permanences, expected):
    project = make_project()
    for permanence in permanences:
        Financing.objects.create(project=project, source=make_funding_source(), level="state", permanence=permanence)
    assert project.funded_by == expected


def test_project_without_funding_says_so_only_if_it_was_stated():
    assert make_project().funded_by == ""
    assert make_project(has_no_funding=True).funded_by == "unfunded"
