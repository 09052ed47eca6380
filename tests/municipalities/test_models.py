"""What the database refuses, also by raw SQL; German order; densities, addresses and accounts."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError

from municipalities.models import Kind, Municipality, User, german_slug
from tests.factories import make_county, make_municipality


def execute(sql: str, *parameters) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)


@pytest.fixture
def town(db) -> Municipality:
    return make_municipality(county=make_county(key="03359"), key="033590038038")


@pytest.mark.parametrize(
    ("assignment", "constraint"),
    [
        ("kind = 'village'", "municipality_kind_known"),
        ("key = '03359003803'", "municipality_key_of_ars"),
        ("key = '033590038039'", "municipality_key_of_ars"),
        ("key = '043590038038', ars = '043590038038'", "municipality_key_of_ars"),
        ("ars = '03359003803x'", "municipality_key_of_ars"),
        ("county_id = NULL", "municipality_county_only_below_county_level"),
        ("parent_id = NULL", "municipality_county_only_below_county_level"),
        ("kind = 'county'", "municipality_county_only_below_county_level"),
        ("tile_column = 1", "municipality_tile_complete"),
        ("tile_column = 1, tile_row = 1", "municipality_tile_complete"),
        ("abbreviation = 'STD'", "municipality_tile_complete"),
        ("successor_id = parent_id", "municipality_successor_only_when_closed"),
        ("successor_id = id, closed_on = '2026-11-01'", "municipality_successor_only_when_closed"),
        ("population_date = NULL", "municipality_population_dated"),
        ("population = -1", "municipality_population"),
        ("area_km2 = -0.01", "municipality_area_not_negative"),
        ("name = NULL", "name"),
        ("keys_date = NULL", "keys_date"),
    ],
)
def test_database_refuses_impossible_municipality(town, assignment, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        execute(f"UPDATE municipalities_municipality SET {assignment} WHERE id = %s", town.pk)


def test_database_refuses_second_body_with_same_key_or_tile(town):
    with pytest.raises(IntegrityError, match="key"), transaction.atomic():
        make_municipality(county=town.county, key=town.key)
    tile = {"tile_column": 3, "tile_row": 4}
    make_county(key="03101", abbreviation="BS", **tile)
    with pytest.raises(IntegrityError, match="municipality_tile_unique"), transaction.atomic():
        make_county(key="03102", abbreviation="SZ", **tile)


@pytest.mark.parametrize(
    ("indicator", "year", "value", "constraint"),
    [
        ("unemployed", 2025, -1, "figure_not_negative"),
        ("unemployed", 1989, 1, "figure_year_plausible"),
        ("unemployed", 2101, 1, "figure_year_plausible"),
        ("gisd", 2021, 1, "figure_once_a_year"),
    ],
)
def test_database_refuses_impossible_figure(town, indicator, year, value, constraint):
    sql = "INSERT INTO municipalities_figure (municipality_id, indicator, year, value) VALUES (%s, %s, %s, %s)"
    execute(sql, town.pk, "gisd", 2021, 1)
    with pytest.raises(IntegrityError, match=constraint):
        execute(sql, town.pk, indicator, year, value)


def test_model_says_in_german_what_is_wrong(town):
    town.closed_on, town.successor = None, town.county
    with pytest.raises(ValidationError, match="Eine Nachfolgerin hat nur eine aufgelöste Kommune"):
        town.full_clean()


def test_body_with_others_is_not_deleted(town):
    with pytest.raises(ProtectedError):
        town.county.delete()


def test_register_sorts_in_german_order(register):
    names = list(Municipality.objects.values_list("name", flat=True))
    assert [name for name in names if name.startswith(("Gos", "Gött", "Große", "Großh"))] == [
        "Goslar",  # the Landkreis and the town
        "Goslar",
        "Göttingen",
        "Göttingen",
        "Großefehn",
        "Großenkneten",
        "Großenwörden",
        "Großheide",
    ]
    assert names.index("Bötersen") < names.index("Bovenden") < names.index("Brake (Unterweser)")
    assert (names[0], names[-1]) == ("Achim", "Zeven")
    keys = list(Municipality.objects.filter(name="Neuenkirchen").values_list("key", flat=True))
    assert len(keys) == 6
    assert keys == sorted(keys)


@pytest.mark.parametrize(
    "names",
    [
        ["Apen", "Äpfelhausen", "Apfern", "Zeven"],
        ["Goslar", "Göttingen", "Gottorf", "Großefehn", "Grossenkneten", "Großheide"],
        ["Groß Berßen", "Großefehn"],
        ["Öhe", "Ohrum", "Oker"],
        ["Übach", "Uchte", "Uelzen"],
        ["achim", "Ahlden", "ÄHRE"],
    ],
)
def test_umlauts_sort_as_their_base_letters(db, names):
    for number, name in enumerate(reversed(names)):
        make_county(key=f"031{number:02d}", name=name)
    assert list(Municipality.objects.values_list("name", flat=True)) == names


def test_density_is_unknown_without_people_or_area():
    assert Municipality(population=870, area_km2=Decimal("58.00")).density == 15
    assert Municipality(population=0, area_km2=Decimal("1.29")).density == 0
    for body in (Municipality(area_km2=1), Municipality(population=1), Municipality(population=1, area_km2=0)):
        assert body.density is None


def test_slug_writes_umlauts_out():
    assert Municipality(display_name="Samtgemeinde Sögel").slug == "samtgemeinde-soegel"
    assert german_slug("Große Straße, Übersee & Ähre") == "grosse-strasse-uebersee-aehre"


def test_querysets_tell_what_exists(town):
    closed = make_municipality(county=town.county, key="033590099099", closed_on=date(2026, 11, 1), successor=town)
    area = make_municipality(county=town.county, key="033599501501", kind=Kind.UNINCORPORATED_AREA)
    assert set(Municipality.objects.existing()) == {town, town.county, area}
    assert set(Municipality.objects.with_projects_possible()) == {town, town.county}
    assert set(Municipality.objects.county_level()) == {town.county}
    assert list(town.predecessors.all()) == [closed]


def test_account_is_named_by_its_mail_address(db):
    person = User.objects.create_user("Anna.Beispiel@Stade.Example", "geheim", first_name="Anna", last_name="Beispiel")
    assert (person.email, str(person), person.is_staff) == ("anna.beispiel@stade.example", "Anna Beispiel", False)
    assert person.check_password("geheim")
    assert person.get_username() == person.email
    nameless = User.objects.create_superuser("admin@stade.example")
    assert (str(nameless), nameless.is_staff, nameless.is_superuser) == ("admin@stade.example", True, True)
    assert not nameless.has_usable_password()


def test_mail_address_is_stored_once_and_in_lower_case(db):
    User.objects.create_user("anna@stade.example")
    with pytest.raises(IntegrityError, match="email"), transaction.atomic():
        User.objects.create_user("ANNA@stade.example")
    with pytest.raises(IntegrityError, match="user_email_lower_case"):
        execute("UPDATE municipalities_user SET email = 'Anna@stade.example'")
    with pytest.raises(ValidationError, match="Kleinbuchstaben"):
        User(email="Berta@stade.example", password="x").full_clean()
