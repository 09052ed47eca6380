"""A broken file is refused whole: the message names file, line and column, and the database stays as it was."""

import csv

import pytest
from django.core.management import CommandError
from hypothesis import given, settings
from hypothesis import strategies as st

from municipalities.csv_tables import BrokenFileError
from municipalities.models import Figure, Municipality
from municipalities.register import COLUMNS, RELATIONS, read_register

from .conftest import RegisterFiles, load


def refuse(files, *expected: str) -> None:
    """Loads the files and checks the message, and that nothing was written."""
    with pytest.raises(CommandError) as caught:
        files.load()
    assert caught.value.returncode != 0
    message = str(caught.value)
    assert message.startswith("Das Verzeichnis wird nicht eingelesen, nichts wurde geändert:")
    for part in expected:
        assert part in message
    assert not Municipality.objects.exists()
    assert not Figure.objects.exists()


# Line 1 is the header, 2 the Landkreis Stade, 3 its first member.
@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("kind", "village", "„village“ ist unbekannt. Möglich sind: county, region"),
        ("kind", "", "Das Feld ist leer."),
        ("population", "12.345,0", "„12.345,0“ ist keine Zahl"),
        ("population", "1e3", "„1e3“ ist keine Zahl"),
        ("population", "١٢", "„١٢“ ist keine Zahl"),
        ("population", "-5", "„-5“ ist negativ."),
        ("population", "99999999999", "ist keine ganze Zahl in sinnvoller Größe"),
        ("population", "12.5", "„12.5“ ist keine ganze Zahl"),
        ("population_date", "31.12.2024", "„31.12.2024“ ist kein Datum (JJJJ-MM-TT)."),
        ("population_date", "2024-02-30", "„2024-02-30“ ist kein Datum"),
        ("population_date", "", "Zur Einwohnerzahl gehört ihr Stand."),
        ("keys_date", "2025-12-31", "Alle Zeilen brauchen denselben Stand"),
        ("area_km2", "12.345", "mehr als 2 Nachkommastellen"),
        ("area_km2", "1234567.0", "ist zu groß"),
        ("latitude", "9.21587", "liegt nicht in Niedersachsen (51.2 bis 54.0)"),
        ("longitude", "", "Breiten- und Längengrad gehören zusammen."),
        ("is_town", "ja", "„ja“ ist weder „true“ noch „false“."),
        ("regiostar7", "78", "„78“ ist unbekannt. Möglich sind: 71, 72"),
        ("coordinate_source", "guess", "„guess“ ist unbekannt."),
        ("postal_code", "2170", "„2170“ ist keine Postleitzahl."),
        ("name", "x" * 121, "ist länger als 120 Zeichen."),
        ("remark", "a\x00b", "unsichtbare Zeichen"),
        ("remark", "a\nb", "unsichtbare Zeichen oder einen Zeilenumbruch"),
        ("gisd_2021", "nan", "„nan“ ist keine Zahl"),
        ("foreign_share_census_2022_pct", "101", "„101“ ist zu groß für „Anteil ausländischer"),
        ("key", "03359540", "„03359540“ passt nicht: Mitgliedsgemeinde hat 12 Ziffern"),
        ("ars", "033595401009", "„033595401009“ passt nicht zum Schlüssel 033595401003."),
        ("ags", "03359009", "„03359009“ passt nicht zum Regionalschlüssel (erwartet: „03359003“)."),
        ("parent_ars", "033595499000", "Eine Kommune mit dem Schlüssel „033595499000“ gibt es hier nicht."),
        ("parent_ars", "033590000000", "Mitgliedsgemeinde 033595401003 kann nicht zu „Landkreis Stade“ gehören."),
        ("parent_ars", "033595401003", "kann nicht zu"),  # a circle of one
        ("county_ars", "034020000000", "„034020000000“ ist nicht der Kreis"),
        ("county_ars", "", "ist nicht der Kreis"),
    ],
)
def test_bad_cell_is_refused(db, files, column, value, expected):
    row = files.row("033595401003")
    line = files.rows.index(row) + 2
    row[column] = value
    more = value.count("\n")  # an editor counts the lines of a quoted cell too
    refuse(files, f"rows.csv, Zeile {line + more}, Spalte „{column}“: ", expected)


def test_circle_of_samtgemeinden_is_refused(db, files):
    first, second = files.row("033595401"), files.row("033595402")
    first["parent_ars"], second["parent_ars"] = second["ars"], first["ars"]
    refuse(files, "Samtgemeinde 033595401 kann nicht zu", "Samtgemeinde 033595402 kann nicht zu")


def test_duplicate_key_is_refused(db, files):
    files.rows.append(dict(files.rows[-1]))
    refuse(files, "Spalte „key“: Den Schlüssel 03402 gibt es schon in Zeile")


def test_missing_line_is_found_by_the_sums(db, files):
    files.remove("033595407004")
    refuse(files, "Samtgemeinde Nordkehdingen: angegeben sind 6910, die Teile ergeben 6040.")


def test_samtgemeinde_without_members_is_refused(db, files):
    files.rows = [row for row in files.rows if not row["key"].startswith("033595407") or row["key"] == "033595407"]
    refuse(files, "Zu Samtgemeinde Nordkehdingen gibt es keine einzige Gemeinde.")


def test_all_problems_are_named_up_to_a_limit(db, files):
    files.set_all(is_town="vielleicht")
    refuse(files, "Zeile 2, Spalte „is_town“", "Zeile 21, Spalte „is_town“", "weitere Fehler")


def test_missing_column_is_refused(db, files):
    for row in files.rows:
        del row["kind"], row["seat"]
    refuse(files, "rows.csv: Es fehlen die Spalten kind, seat.")


def test_unknown_column_is_refused(db, files):
    files.set_all(unemployed_20255="1")
    refuse(files, "rows.csv, Zeile 1, Spalte „unemployed_20255“: Die Spalte ist unbekannt")


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda content: b"", "rows.csv: Die Datei ist leer."),
        (lambda content: content.splitlines(keepends=True)[0], "Die Datei enthält keine Zeile außer der Überschrift."),
        (lambda content: content.decode().encode("latin-1", "replace"), "Das ist nicht UTF-8"),
        (lambda content: content.replace(b",", b";"), "durch Kommas getrennt"),
        (lambda content: content.replace(b",DE939,", b",", 1), "rows.csv, Zeile 2: 35 Felder statt 36."),
        (lambda content: content + b'"', "kein gültiges CSV"),
        (lambda content: content + b'"' + b"x" * 200_000, "kein gültiges CSV"),
        (
            lambda content: b"ars," + content.split(b"\n", 1)[0] + b"\n",
            "Zeile 1, Spalte „ars“: Die Spalte kommt mehrfach",
        ),
        (lambda content: content[: len(content) // 2], "Felder statt 36"),
    ],
)
def test_damaged_file_is_refused(db, files, damage, expected):
    paths = files.write()
    paths["rows"].write_bytes(damage(paths["rows"].read_bytes()))
    with pytest.raises(CommandError) as caught:
        load(**paths)
    assert expected in str(caught.value)
    assert not Municipality.objects.exists()


def test_missing_file_is_refused(db, files):
    paths = files.write()
    paths["rows"].unlink()
    with pytest.raises(CommandError, match="Die Datei lässt sich nicht lesen"):
        load(**paths)


def test_byte_order_mark_and_blank_lines_are_harmless(db, files):
    paths = files.write()
    paths["rows"].write_bytes(b"\xef\xbb\xbf" + paths["rows"].read_bytes() + b"\r\n\r\n")
    load(**paths)
    assert Municipality.objects.count() == len(files.rows)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"ars": "033595401000"}, "tiles.csv, Zeile 2, Spalte „ars“"),
        ({"name": "Landkreis Staade"}, "ist keine Kommune der Kreisebene."),
        ({"column": "-1"}, "tiles.csv, Zeile 2, Spalte „column“"),
        ({"abbreviation": "stade"}, "tiles.csv, Zeile 2, Spalte „abbreviation“"),
    ],
)
def test_bad_tile_is_refused(db, files, change, expected):
    files.tiles[0].update(change)
    refuse(files, expected)


def test_shared_and_missing_tiles_are_refused(db, files):
    first, second = files.tiles
    second.update(column=first["column"], row=first["row"])
    refuse(files, "tiles.csv, Zeile 3, Spalte „column“: Doppelt vergeben, siehe Zeile 2.")
    files.tiles.pop()
    refuse(files, "tiles.csv: Für Stadt Emden (034020000000) fehlt die Kachel.")


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (("0335954", "03402", "2020-01-01"), "Spalte „old_key“: „0335954“ ist kein Schlüssel."),
        (("033595401", "03402", "2020-01-01"), "Spalte „old_key“: 033595401 steht noch im Verzeichnis."),
        (("033595499", "033590099099", "2020-01-01"), "Die Nachfolgerin „033590099099“ gibt es im Verzeichnis nicht."),
        (("033595499", "033595499", "2020-01-01"), "Die Nachfolgerin „033595499“ gibt es im Verzeichnis nicht."),
        (("033595499", "03402", "1.1.2020"), "Spalte „on“: „1.1.2020“ ist kein Datum"),
        (("033595499", "03402", ""), "Spalte „on“: Das Feld ist leer."),
    ],
)
def test_bad_succession_is_refused(db, files, entry, expected):
    files.successors = [dict(zip(("old_key", "new_key", "on"), entry, strict=True))]
    refuse(files, "successors.csv, Zeile 2, ", expected)


def test_two_successors_are_refused(db, files):
    files.successors = [{"old_key": "033595499", "new_key": key, "on": "2020-01-01"} for key in ("03402", "03359")]
    refuse(files, "successors.csv, Zeile 3, Spalte „old_key“: Den Schlüssel gibt es schon in Zeile 2.")


def test_refused_file_leaves_an_imported_register_alone(db, files):
    files.load()
    before = list(Municipality.objects.order_by("key").values())
    files.row("03402")["population"] = "viele"
    with pytest.raises(CommandError):
        files.load()
    assert list(Municipality.objects.order_by("key").values()) == before


@pytest.fixture(scope="module")
def scratch(tmp_path_factory) -> RegisterFiles:
    return RegisterFiles(tmp_path_factory.mktemp("register"), counties=("03402",))


def read_or_refuse(files: RegisterFiles) -> None:
    problems: list[str] = []
    try:
        read_register(files.paths["rows"], files.paths["tiles"], files.paths["successors"])
    except BrokenFileError as refused:
        problems = refused.problems
    # Another name or key may take the tile's body away.
    assert all(problem.startswith(("rows.csv", "tiles.csv")) for problem in problems)


@settings(derandomize=True, max_examples=80, deadline=None, database=None)
@given(
    column=st.sampled_from([column.name for column in COLUMNS] + list(RELATIONS) + ["gisd_2021"]),
    value=st.one_of(st.text(st.characters(codec="utf-8")), st.from_regex(r"-?[0-9.,eE+:/-]{1,12}")),
)
def test_no_cell_breaks_the_reader(scratch, column, value):
    row = scratch.rows[0]
    before = row[column]
    try:
        row[column] = value
        scratch.write()
    except csv.Error:
        return  # a text that cannot be written into a CSV file at all
    finally:
        row[column] = before
    read_or_refuse(scratch)


@settings(derandomize=True, max_examples=80, deadline=None, database=None)
@given(content=st.binary(max_size=400), is_behind=st.booleans())
def test_no_bytes_break_the_reader(scratch, content, is_behind):
    path = scratch.write()["rows"]
    path.write_bytes((path.read_bytes() if is_behind else b"") + content)
    read_or_refuse(scratch)
