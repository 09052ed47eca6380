"""What an import adds, changes, closes and reopens, with the shipped register and with small copies of it."""

from collections import Counter
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, Sum

from municipalities.models import Figure, Kind, Municipality

# The figures of GV-ISys, see municipalities/data/SOURCES.md.
BODIES_BY_KIND = {
    Kind.COUNTY: 36,
    Kind.REGION: 1,
    Kind.INDEPENDENT_CITY: 8,
    Kind.JOINT_MUNICIPALITY: 114,
    Kind.INTEGRATED_MUNICIPALITY: 281,
    Kind.MEMBER_MUNICIPALITY: 650,
    Kind.UNINCORPORATED_AREA: 25,
}
NORDKEHDINGEN = ["033595407", *(f"033595407{number}" for number in ("004", "018", "030", "035", "040"))]
MERGED = "033590099099"


def snapshot() -> list:
    return [*Municipality.objects.order_by("key").values(), *Figure.objects.order_by("pk").values()]


def test_shipped_register_is_complete(register):
    assert Counter(Municipality.objects.values_list("kind", flat=True)) == BODIES_BY_KIND
    assert Municipality.objects.filter(is_town=True).count() == 159
    assert Municipality.objects.with_projects_possible().count() == 1090
    assert not Municipality.objects.filter(closed_on__isnull=False).exists()


def test_shipped_populations_add_up_to_the_state(register):
    county_level = Municipality.objects.county_level().aggregate(people=Sum("population"), area=Sum("area_km2"))
    below = Municipality.objects.exclude(kind__in=[Kind.COUNTY, Kind.REGION, Kind.JOINT_MUNICIPALITY])
    assert county_level == {"people": 8_004_489, "area": Decimal("47709.83")}
    assert below.aggregate(people=Sum("population")) == {"people": 8_004_489}


def test_shipped_tiles_are_45_different_ones(register):
    tiles = set(Municipality.objects.exclude(abbreviation="").values_list("tile_column", "tile_row"))
    assert len(tiles) == 45
    assert Municipality.objects.county_level().exclude(abbreviation="").count() == 45


def test_shipped_relations_lead_to_the_county(register):
    balje = Municipality.objects.select_related("parent", "county").get(key="033595407004")
    assert (balje.parent.display_name, balje.county.display_name) == ("Samtgemeinde Nordkehdingen", "Landkreis Stade")
    assert Municipality.objects.filter(county__isnull=True).count() == 45
    assert "1. November 2026" in balje.remark


def test_shipped_figures_are_unknown_rather_than_zero(register):
    figures = Figure.objects.values_list("indicator", "year").annotate(rows=Count("pk")).order_by("indicator")
    assert list(figures) == [
        ("deprivation", 2021, 442),
        ("disposable_income", 2021, 45),
        ("foreign_share", 2022, 45),
        ("foreign_share_census", 2022, 941),
        ("income_tax_share", 2022, 403),
        ("population_census", 2022, 1092),
        ("settlement_share", 2023, 962),
        ("tax_capacity", 2019, 45),
        ("unemployed", 2025, 46),
        ("unemployment_rate", 2025, 46),
    ]
    # Wolfsburg is the least deprived of all, which is a real zero.
    assert Figure.objects.get(value=0).municipality.display_name == "Stadt Wolfsburg"
    assert Municipality.objects.filter(regional_type__isnull=True).count() == 1115 - 941


def test_second_import_changes_nothing(register):
    before, report = snapshot(), StringIO()
    call_command("import_municipalities", stdout=report)
    assert report.getvalue() == "Verzeichnis unverändert: 1.115 Kommunen, Stand 30.06.2026.\n"
    assert snapshot() == before


def test_import_into_empty_database_reports_sums_only(db):
    report = StringIO()
    call_command("import_municipalities", stdout=report)
    assert report.getvalue().splitlines() == [
        "Verzeichnis: 1.115 Kommunen, Stand 30.06.2026.",
        "Neu: 1.115",
        "Geändert: 0",
        "Aufgelöst: 0",
        "Wieder da: 0",
        "Kennzahlen: 4.067 neu, 0 geändert, 0 entfernt",
    ]


def test_import_takes_few_queries(files, db, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        files.load()
    with django_assert_max_num_queries(6):
        files.load()


def test_merger_of_nordkehdingen_closes_six_rows_and_opens_one(register, shipped_files):
    merge_nordkehdingen(shipped_files)
    report = shipped_files.load(verbosity=1)

    merged = Municipality.objects.get(key=MERGED)
    old = Municipality.objects.filter(key__in=NORDKEHDINGEN)
    assert set(old.values_list("closed_on", "successor__key")) == {(date(2026, 11, 1), MERGED)}
    assert (merged.population, merged.county.key, merged.parent.key) == (6910, "03359", "03359")
    existing = Municipality.objects.existing()
    assert Counter(existing.values_list("kind", flat=True)) == BODIES_BY_KIND | {
        Kind.JOINT_MUNICIPALITY: 113,
        Kind.INTEGRATED_MUNICIPALITY: 282,
        Kind.MEMBER_MUNICIPALITY: 645,
    }
    assert (
        "Aufgelöst: 6\n  033595407 Samtgemeinde Nordkehdingen (zum 01.11.2026), Nachfolgerin: Gemeinde Nord" in report
    )
    assert "Neu: 1\n  033590099099 Gemeinde Nordkehdingen\nGeändert: 0\n" in report
    # Only the date of the keys moved for the others, and what was known of the closed ones stays.
    assert Figure.objects.filter(municipality__key="033595407004").count() == 3


def merge_nordkehdingen(files) -> None:
    row = {
        **files.row(NORDKEHDINGEN[0]),
        "ars": MERGED,
        "ags": "03359099",
        "key": MERGED,
        "kind": "integrated_municipality",
        "display_name": "Gemeinde Nordkehdingen",
        "designation": "Gemeinde",
        "remark": "",
    }
    files.remove(*NORDKEHDINGEN)
    files.rows.append(row)
    files.set_all(keys_date="2026-12-31")
    files.successors = [{"old_key": key, "new_key": MERGED, "on": "2026-11-01"} for key in NORDKEHDINGEN]


def test_body_without_known_successor_is_closed_and_named(db, files):
    files.load()
    successors = merged_without_successors(files)
    report = files.load()
    assert set(Municipality.objects.filter(key__in=NORDKEHDINGEN).values_list("closed_on", "successor")) == {
        (date(2026, 12, 31), None)
    }
    assert "Ohne Nachfolgerin" in report

    files.successors = successors
    assert "Aufgelöst: 6" in files.load()
    assert Municipality.objects.filter(closed_on=date(2026, 11, 1), successor__key=MERGED).count() == 6
    assert "unverändert" in files.load()


def merged_without_successors(files) -> list[dict[str, str]]:
    merge_nordkehdingen(files)
    successors, files.successors = files.successors, []
    return successors


def test_successor_named_in_the_admin_survives_imports(db, files):
    files.load()
    merged_without_successors(files)
    files.load()
    Municipality.objects.filter(key=NORDKEHDINGEN[0]).update(successor=Municipality.objects.get(key=MERGED))
    assert "unverändert" in files.load()
    assert Municipality.objects.get(key=NORDKEHDINGEN[0]).successor.key == MERGED


def test_successor_of_a_successor_is_found(db, files):
    files.load()
    merge_nordkehdingen(files)
    for entry in files.successors:
        entry["new_key"] = "033590098098"  # existed between two imports only
    files.successors.append({"old_key": "033590098098", "new_key": MERGED, "on": "2026-12-01"})
    files.load()
    assert Municipality.objects.filter(successor__key=MERGED).count() == 6


def test_later_merger_waits_for_its_day(db, files):
    files.successors = [{"old_key": NORDKEHDINGEN[0], "new_key": MERGED, "on": "2027-01-01"}]
    files.load()
    assert Municipality.objects.get(key=NORDKEHDINGEN[0]).closed_on is None


def test_key_that_comes_back_is_reopened(db, files, tmp_path):
    files.load()
    before = list(files.rows)
    merge_nordkehdingen(files)
    files.load()

    files.rows, files.successors = before, []
    files.set_all(keys_date="2027-06-30")
    report = files.load()
    reopened = Municipality.objects.filter(key__in=NORDKEHDINGEN)
    assert set(reopened.values_list("closed_on", "successor")) == {(None, None)}
    assert Municipality.objects.get(key=MERGED).closed_on == date(2027, 6, 30)
    assert "Wieder da: 6\n  033595407 Samtgemeinde Nordkehdingen (Aufgelöst am: 01.11.2026 → keine Angabe" in report


def test_changed_facts_are_written_and_named(db, files):
    files.load()
    files.row("03402").update(seat="Emden", area_km2="112.50", is_town="false", legal_status="")
    report = files.load()
    emden = Municipality.objects.get(key="03402")
    assert (emden.seat, emden.area_km2, emden.is_town, emden.legal_status) == ("Emden", Decimal("112.50"), False, "")
    assert (
        "Geändert: 1\n  03402 Stadt Emden: Stadt: ja → nein; Rechtsstellung: kreisfreie Stadt → keine Angabe" in report
    )
    assert "Verwaltungssitz: keine Angabe → Emden; Fläche in km²: 112,34 → 112,5" in report


def test_two_counties_may_swap_their_tiles(db, files):
    files.load()
    first, second = files.tiles
    first["column"], second["column"] = second["column"], first["column"]
    first["row"], second["row"] = second["row"], first["row"]
    files.load()
    stored = Municipality.objects.county_level().values_list("ars", "tile_column", "tile_row")
    assert set(stored) == {(tile["ars"], int(tile["column"]), int(tile["row"])) for tile in files.tiles}


def test_closed_county_gives_its_tile_away(db, files):
    files.load()
    files.remove("03402")
    gone = files.tiles.pop()
    files.tiles[0] |= {"column": gone["column"], "row": gone["row"]}
    files.load()
    emden = Municipality.objects.get(key="03402")
    assert (emden.abbreviation, emden.tile_column, emden.closed_on) == ("", None, date(2026, 6, 30))


def test_new_year_stands_beside_the_old_one(db, files):
    files.load()
    for row in files.rows:
        row["unemployed_2026"] = row.pop("unemployed_2025")
    report = files.load()
    assert "Kennzahlen: 2 neu, 0 geändert, 0 entfernt" in report
    emden = Figure.objects.filter(municipality__key="03402", indicator="unemployed")
    assert [figure.year for figure in emden.order_by("year")] == [2025, 2026]


def test_changed_and_vanished_figures_follow_the_file(db, files):
    files.load()
    files.row("03402").update(unemployed_2025="2001", gisd_2021="", unemployment_rate_2025_pct="0")
    assert "Kennzahlen: 0 neu, 2 geändert, 1 entfernt" in files.load()
    figures = dict(Figure.objects.filter(municipality__key="03402").values_list("indicator", "value"))
    assert (figures["unemployed"], figures["unemployment_rate"]) == (2001, 0)
    assert "deprivation" not in figures


def test_unknown_stays_unknown(db, files):
    files.row("033595407004").update(population="", population_date="", area_km2="", latitude="", longitude="")
    files.load()
    balje = Municipality.objects.get(key="033595407004")
    assert (balje.population, balje.area_km2, balje.latitude, balje.density) == (None, None, None, None)


def test_edited_remark_stays_until_the_next_state_of_the_keys(db, files):
    files.load()
    Municipality.objects.filter(key="03402").update(remark="Die Stadt baut um.")
    assert "unverändert" in files.load()
    files.set_all(keys_date="2026-12-31")
    assert "Anmerkung: Die Stadt baut um. → keine Angabe" in files.load()


def test_older_file_is_refused_and_shipped_one_left_unused(db, files):
    files.set_all(keys_date="2027-06-30")
    files.load()
    before, report = snapshot(), StringIO()
    call_command("import_municipalities", stdout=report)
    assert "schon neuer (30.06.2027) als municipalities.csv (30.06.2026)" in report.getvalue()
    files.set_all(keys_date="2026-06-30")
    with pytest.raises(CommandError, match="schon neuer"):
        files.load()
    assert snapshot() == before


def test_long_lists_are_cut_unless_asked_for(db, files):
    files.load()
    for row in files.rows:
        row["nuts3"] = "DE939"
    assert "Geändert: 48\n" in (short := files.load(verbosity=1))
    assert "… und 28 weitere (alle zeigt --verbosity 2)" in short
