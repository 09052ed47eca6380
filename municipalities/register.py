"""Reads the register's data files and checks them as a whole; writes nothing and asks the database nothing.

The format of the files is described in data/SOURCES.md. Problems are worded for the person who has to mend the file.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import cast

from django.db import models

from .csv_tables import (
    Problems,
    parse_date,
    parse_decimal,
    parse_flag,
    parse_number,
    parse_text,
    parse_whole,
    read_table,
)
from .indicators import INDICATORS, Indicator
from .models import COUNTY_LEVEL, Figure, Kind, Municipality

DATA = Path(__file__).resolve().parent / "data"
YEARS = range(1990, 2101)
KEY_LENGTHS = dict.fromkeys(Kind, 12) | dict.fromkeys(COUNTY_LEVEL, 5) | {Kind.JOINT_MUNICIPALITY: 9}
PARENT_KINDS: dict[Kind, tuple[Kind, ...]] = {
    Kind.JOINT_MUNICIPALITY: (Kind.COUNTY, Kind.REGION),
    Kind.INTEGRATED_MUNICIPALITY: (Kind.COUNTY, Kind.REGION),
    Kind.UNINCORPORATED_AREA: (Kind.COUNTY, Kind.REGION),
    Kind.MEMBER_MUNICIPALITY: (Kind.JOINT_MUNICIPALITY,),
}


@dataclass
class Body:
    """One line of the register; `parent` and `county` are keys, empty at county level."""

    line: int
    facts: dict[str, object]
    figures: dict[tuple[str, int], Decimal]
    parent: str = ""
    county: str = ""

    @property
    def kind(self) -> str:
        return str(self.facts["kind"])


@dataclass(frozen=True)
class Succession:
    """A body that no longer exists, the body that took its place, and the first day of the new order."""

    line: int
    old: str
    new: str
    on: date


@dataclass
class Register:
    """All files together; `figure_columns` are the indicators and years that the register file speaks about."""

    keys_date: date
    bodies: dict[str, Body]
    figure_columns: set[tuple[str, int]]
    successions: dict[str, Succession] = field(default_factory=dict)


def parse_figure(value: str, indicator: Indicator) -> Decimal:
    """Sources give up to 17 decimals; the table keeps five."""
    number = parse_number(value)
    if number >= 10**9 or (indicator.unit == "%" and number > 100):
        raise ValueError(f"„{value}“ ist zu groß für „{indicator.label}“.")
    places = Figure._meta.get_field("value").decimal_places
    return number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


@dataclass(frozen=True)
class Column:
    """A column of the register file, the model field that it fills and how its cells are read."""

    name: str
    parse: Callable
    is_required: bool = False
    field_name: str = ""

    @property
    def target(self) -> models.Field:
        return cast(models.Field, Municipality._meta.get_field(self.field_name or self.name))


COLUMNS = (
    Column("ars", parse_text, True),
    Column("ags", parse_text),
    Column("key", parse_text, True),
    Column("kind", parse_text, True),
    Column("name", parse_text, True),
    Column("display_name", parse_text, True),
    Column("official_name", parse_text, True),
    Column("designation", parse_text, True),
    Column("is_town", parse_flag, True),
    Column("legal_status", parse_text),
    Column("seat", parse_text),
    Column("postal_code", parse_text),
    Column("postal_code_multiple", parse_flag, field_name="has_more_postal_codes"),
    Column("population", parse_whole),
    Column("population_date", parse_date),
    Column("area_km2", parse_decimal),
    Column("latitude", parse_decimal),
    Column("longitude", parse_decimal),
    Column("coordinate_source", parse_text),
    Column("nuts3", parse_text),
    Column("degree_of_urbanisation", parse_whole),
    Column("regiostar7", parse_whole, field_name="regional_type"),
    Column("keys_date", parse_date, True),
    Column("remark", parse_text),
)
RELATIONS = ("parent_ars", "county_ars")
TILE_COLUMNS = ("ars", "name", "abbreviation", "column", "row")
SUCCESSION_COLUMNS = ("old_key", "new_key", "on")


def figure_column(name: str) -> tuple[Indicator, int] | None:
    """Indicator and year that a column of the register file is about, e.g. `unemployed_2025`."""
    for indicator in INDICATORS:
        pattern = re.escape(indicator.column).replace(r"\{year\}", "([0-9]{4})")
        if (match := re.fullmatch(pattern, name)) and int(match[1]) in YEARS:
            return indicator, int(match[1])
    return None


def read_bodies(path: Path) -> tuple[dict[str, Body], set[tuple[str, int]]]:
    """The bodies by key, and the indicators and years of the file; relations are still regional keys (ARS)."""
    required = [*(column.name for column in COLUMNS), *RELATIONS]
    lines = read_table(path, required, more=figure_column)
    problems = Problems(path)
    if not lines:
        problems.add_whole("Die Datei enthält keine Zeile außer der Überschrift.")
        problems.raise_if_any()
    figure_columns = {name: known for name in lines[0][1] if (known := figure_column(name))}
    bodies: dict[str, Body] = {}
    for line, cells in lines:
        body = Body(line, read_facts(line, cells, problems), read_figures(line, cells, figure_columns, problems))
        body.parent, body.county = cells["parent_ars"], cells["county_ars"]
        key = cells["key"]
        if key in bodies:
            problems.add(line, "key", f"Den Schlüssel {key} gibt es schon in Zeile {bodies[key].line}.")
        bodies.setdefault(key, body)
    problems.raise_if_any()
    return bodies, {(indicator.code, year) for indicator, year in figure_columns.values()}


def read_facts(line: int, cells: dict[str, str], problems: Problems) -> dict[str, object]:
    facts: dict[str, object] = {}
    for column in COLUMNS:
        value = cells[column.name]
        try:
            if column.is_required and not value:
                raise ValueError("Das Feld ist leer.")
            facts[column.target.name] = column.parse(value, column.target)
        except ValueError as error:
            problems.add(line, column.name, str(error))
    return facts


def read_figures(line: int, cells: dict[str, str], columns: dict, problems: Problems) -> dict[tuple[str, int], Decimal]:
    """Empty cells are unknown and make no figure; never zero."""
    figures = {}
    for name, (indicator, year) in columns.items():
        if cells[name]:
            try:
                figures[indicator.code, year] = parse_figure(cells[name], indicator)
            except ValueError as error:
                problems.add(line, name, str(error))
    return figures


# --- the whole --------------------------------------------------------------------------------------------------------


def read_register(table: Path, tiles: Path, successors: Path) -> Register:
    """The checked register; raises BrokenFileError with everything that is wrong at the first stage that fails."""
    bodies, figure_columns = read_bodies(table)
    problems = Problems(table)
    for key, body in bodies.items():
        check_keys(key, body, problems)
        check_values(body, problems)
    keys_date = cast(date, next(iter(bodies.values())).facts["keys_date"])
    for body in bodies.values():
        if body.facts["keys_date"] != keys_date:
            problems.add(body.line, "keys_date", f"Alle Zeilen brauchen denselben Stand wie die erste ({keys_date}).")
    problems.raise_if_any()
    resolve_relations(bodies, problems)
    problems.raise_if_any()
    check_sums(bodies, problems)
    problems.raise_if_any()
    add_tiles(bodies, tiles)
    return Register(keys_date, bodies, figure_columns, read_successions(successors, bodies, keys_date))


def check_keys(key: str, body: Body, problems: Problems) -> None:
    """Structure of the key: 2 digits state, 1 former district, 2 county, 4 association, 3 municipality."""
    ars, ags, length = str(body.facts["ars"]), body.facts["ags"], KEY_LENGTHS[Kind(body.kind)]
    if not re.fullmatch(r"03[0-9]+", key) or len(key) != length:
        label = Kind(body.kind).label
        problems.add(body.line, "key", f"„{key}“ passt nicht: {label} hat {length} Ziffern, die mit 03 beginnen.")
    elif ars != key.ljust(12, "0"):
        problems.add(body.line, "ars", f"„{ars}“ passt nicht zum Schlüssel {key}.")
    else:
        municipality = "" if length == 9 else ars[:5] + ars[9:]
        if ags != municipality:
            problems.add(body.line, "ags", f"„{ags}“ passt nicht zum Regionalschlüssel (erwartet: „{municipality}“).")


def check_values(body: Body, problems: Problems) -> None:
    facts = body.facts
    if facts["population"] is not None and facts["population_date"] is None:
        problems.add(body.line, "population_date", "Zur Einwohnerzahl gehört ihr Stand.")
    if (facts["latitude"] is None) != (facts["longitude"] is None):
        problems.add(body.line, "longitude", "Breiten- und Längengrad gehören zusammen.")
    if facts["postal_code"] and not re.fullmatch(r"[0-9]{5}", str(facts["postal_code"])):
        problems.add(body.line, "postal_code", f"„{facts['postal_code']}“ ist keine Postleitzahl.")


def resolve_relations(bodies: dict[str, Body], problems: Problems) -> None:
    """Turns the regional keys of parent and county into keys. The kinds of parents make circles impossible."""
    key_of = {body.facts["ars"]: key for key, body in bodies.items()}
    for key, body in bodies.items():
        parent, county = key_of.get(body.parent, ""), key_of.get(body.county, "")
        if not county or KEY_LENGTHS[Kind(bodies[county].kind)] != 5 or not key.startswith(county):
            problems.add(body.line, "county_ars", f"„{body.county}“ ist nicht der Kreis zum Schlüssel {key}.")
        if body.kind in COUNTY_LEVEL:
            if body.parent:
                problems.add(body.line, "parent_ars", "Auf Kreisebene bleibt das Feld leer.")
            county = ""
        elif not parent:
            problems.add(body.line, "parent_ars", f"Eine Kommune mit dem Schlüssel „{body.parent}“ gibt es hier nicht.")
        elif bodies[parent].kind not in PARENT_KINDS[Kind(body.kind)] or not key.startswith(parent):
            name = bodies[parent].facts["display_name"]
            problems.add(body.line, "parent_ars", f"{Kind(body.kind).label} {key} kann nicht zu „{name}“ gehören.")
        body.parent, body.county = parent, county


def check_sums(bodies: dict[str, Body], problems: Problems) -> None:
    """A county and a Samtgemeinde have as many inhabitants as their parts: finds missing lines and wrong digits."""
    parts: defaultdict[str, list] = defaultdict(list)
    for body in bodies.values():
        if KEY_LENGTHS[Kind(body.kind)] == 12:
            for whole in {body.county, body.parent}:
                parts[whole].append(body.facts["population"])
    for key, body in bodies.items():
        if KEY_LENGTHS[Kind(body.kind)] == 12 or body.kind == Kind.INDEPENDENT_CITY:
            continue
        if not parts[key]:
            problems.add(body.line, "key", f"Zu {body.facts['display_name']} gibt es keine einzige Gemeinde.")
        elif None not in parts[key] and body.facts["population"] not in (None, total := sum(parts[key])):
            name, stated = body.facts["display_name"], body.facts["population"]
            problems.add(body.line, "population", f"{name}: angegeben sind {stated}, die Teile ergeben {total}.")


def add_tiles(bodies: dict[str, Body], path: Path) -> None:
    """Puts the tile of each county-level body into its facts; all others have none."""
    problems = Problems(path)
    for body in bodies.values():
        body.facts.update({"abbreviation": "", "tile_column": None, "tile_row": None})
    counties = {str(body.facts["ars"]): body for body in bodies.values() if body.kind in COUNTY_LEVEL}
    seen: dict[object, int] = {}
    for line, cells in read_table(path, TILE_COLUMNS):
        county = counties.get(cells["ars"])
        if county is None or county.facts["display_name"] != cells["name"]:
            problems.add(line, "ars", f"„{cells['ars']} {cells['name']}“ ist keine Kommune der Kreisebene.")
            continue
        if not all(re.fullmatch(r"[0-9]{1,2}", cells[name]) for name in ("column", "row")):
            problems.add(line, "column", "Spalte und Zeile der Kachel sind ganze Zahlen ab 0.")
            continue
        if not re.fullmatch(r"[A-ZÄÖÜ]{1,3}", cells["abbreviation"]):
            problems.add(line, "abbreviation", f"„{cells['abbreviation']}“ ist kein Kürzel aus bis zu drei Buchstaben.")
        place = (int(cells["column"]), int(cells["row"]))
        for taken, column in ((cells["ars"], "ars"), (place, "column")):
            if seen.setdefault(taken, line) != line:
                problems.add(line, column, f"Doppelt vergeben, siehe Zeile {seen[taken]}.")
        county.facts |= {"abbreviation": cells["abbreviation"], "tile_column": place[0], "tile_row": place[1]}
    for ars in counties.keys() - seen.keys():
        if not problems.found:
            problems.add_whole(f"Für {counties[ars].facts['display_name']} ({ars}) fehlt die Kachel.")
    problems.raise_if_any()


def read_successions(path: Path, bodies: dict[str, Body], keys_date: date) -> dict[str, Succession]:
    """What became of closed bodies, by old key; entries of a day after the register's are not in force yet."""
    problems = Problems(path)
    entries: dict[str, Succession] = {}
    for line, cells in read_table(path, SUCCESSION_COLUMNS):
        try:
            day = parse_date(cells["on"], Municipality._meta.get_field("closed_on"))
        except ValueError as error:
            problems.add(line, "on", str(error))
            continue
        if day is None:
            problems.add(line, "on", "Das Feld ist leer.")
        elif cells["old_key"] in entries:
            problems.add(line, "old_key", f"Den Schlüssel gibt es schon in Zeile {entries[cells['old_key']].line}.")
        elif day <= keys_date:
            entries[cells["old_key"]] = Succession(line, cells["old_key"], cells["new_key"], day)
    for entry in entries.values():
        if not re.fullmatch(r"03[0-9]{3}([0-9]{4}([0-9]{3})?)?", entry.old):
            problems.add(entry.line, "old_key", f"„{entry.old}“ ist kein Schlüssel.")
        elif entry.old in bodies:
            problems.add(entry.line, "old_key", f"{entry.old} steht noch im Verzeichnis.")
        if not any(key in bodies for key in followers(entry, entries)):
            problems.add(entry.line, "new_key", f"Die Nachfolgerin „{entry.new}“ gibt es im Verzeichnis nicht.")
    problems.raise_if_any()
    return entries


def followers(entry: Succession, entries: dict[str, Succession]) -> Iterator[str]:
    """The successor's key, its successor's and so on; ends where the chain ends or turns in a circle."""
    seen: set[str] = set()
    step: Succession | None = entry
    while step and step.new not in seen:
        seen.add(step.new)
        yield step.new
        step = entries.get(step.new)
