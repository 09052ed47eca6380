"""Reads CSV tables strictly: every complaint names file, line and column. Knows nothing of the register."""

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection
from datetime import date
from decimal import Decimal
from pathlib import Path

from django.db import models

NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,20})?")
# Lower Saxony lies within these degrees; a swapped pair or a missing digit falls outside.
BOUNDS = {"latitude": (Decimal("51.2"), Decimal("54.0")), "longitude": (Decimal("6.5"), Decimal("11.7"))}


class BrokenFileError(Exception):
    """The files cannot be used; `problems` holds one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Problems:
    """What is wrong with one file, by line and column."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.found: list[str] = []

    def add(self, line: int, column: str, text: str) -> None:
        self.found.append(f"{self.name}, Zeile {line}, Spalte „{column}“: {text}")

    def add_whole(self, text: str) -> None:
        self.found.append(f"{self.name}: {text}")

    def raise_if_any(self) -> None:
        if self.found:
            raise BrokenFileError(self.found)


# --- cells ------------------------------------------------------------------------------------------------------------


def parse_text(value: str, target: models.Field) -> str:
    if target.max_length and len(value) > target.max_length:
        raise ValueError(f"„{value[:40]}…“ ist länger als {target.max_length} Zeichen.")
    if value and target.choices and value not in dict(target.flatchoices):
        known = ", ".join(str(choice) for choice, _label in target.flatchoices)
        raise ValueError(f"„{value}“ ist unbekannt. Möglich sind: {known}.")
    return value


def parse_flag(value: str, target: models.Field) -> bool:
    if value not in ("", "true", "false"):
        raise ValueError(f"„{value}“ ist weder „true“ noch „false“.")
    return value == "true"


def parse_date(value: str, target: models.Field) -> date | None:
    if not value:
        return None
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"„{value}“ ist kein Datum (JJJJ-MM-TT).") from None


def parse_number(value: str) -> Decimal:
    if not NUMBER.fullmatch(value):
        raise ValueError(f"„{value[:40]}“ ist keine Zahl (Ziffern, Dezimalpunkt, keine Tausenderpunkte).")
    if value.startswith("-"):
        raise ValueError(f"„{value}“ ist negativ.")
    return Decimal(value)


def parse_whole(value: str, target: models.Field) -> int | None:
    if not value:
        return None
    number = parse_number(value)
    if number != int(number) or number > 2_000_000_000:
        raise ValueError(f"„{value}“ ist keine ganze Zahl in sinnvoller Größe.")
    if target.choices and int(number) not in dict(target.flatchoices):
        raise ValueError(f"„{value}“ ist unbekannt. Möglich sind: {', '.join(str(c) for c, _l in target.flatchoices)}.")
    return int(number)


def parse_decimal(value: str, target: models.DecimalField) -> Decimal | None:
    if not value:
        return None
    number = parse_number(value)
    if number != round(number, target.decimal_places):
        raise ValueError(f"„{value}“ hat mehr als {target.decimal_places} Nachkommastellen.")
    if number >= 10 ** (target.max_digits - target.decimal_places):
        raise ValueError(f"„{value}“ ist zu groß.")
    lowest, highest = BOUNDS.get(target.name, (Decimal(0), Decimal("Infinity")))
    if not lowest <= number <= highest:
        raise ValueError(f"„{value}“ liegt nicht in Niedersachsen ({lowest} bis {highest}).")
    return number


# --- lines ------------------------------------------------------------------------------------------------------------


def read_text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BrokenFileError([f"{path}: Die Datei lässt sich nicht lesen ({error.strerror})."]) from None
    try:
        return unicodedata.normalize("NFC", content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        column = content[content.rfind(b"\n", 0, error.start) + 1 : error.start].count(b",") + 1
        raise BrokenFileError(
            [f"{path.name}, Zeile {line}, Feld {column}: Das ist nicht UTF-8. Speichern Sie die Datei als „CSV UTF-8“."]
        ) from None


def read_table(path: Path, required: Collection[str], *, more: Callable = lambda name: False) -> list[tuple[int, dict]]:
    """Line number and cells of each line; `more` says which further columns are allowed."""
    problems = Problems(path)
    reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    lines: list[tuple[int, dict]] = []
    try:
        header = [name.strip() for name in next(reader, [])]
        check_header(header, required, more, problems)
        for cells in reader:
            if cells and len(cells) != len(header):
                problems.found.append(f"{path.name}, Zeile {reader.line_num}: {len(cells)} Felder statt {len(header)}.")
            elif cells:
                lines.append((reader.line_num, dict(zip(header, map(str.strip, cells), strict=True))))
    except csv.Error as error:
        problems.found.append(f"{path.name}, Zeile {reader.line_num}: Die Zeile ist kein gültiges CSV ({error}).")
    for line, fields in lines:
        for column, value in fields.items():
            if not value.isprintable():
                problems.add(line, column, "Das Feld enthält unsichtbare Zeichen oder einen Zeilenumbruch.")
    problems.raise_if_any()
    return lines


def check_header(header: list[str], required: Collection[str], more: Callable, problems: Problems) -> None:
    if not any(header):
        problems.add_whole("Die Datei ist leer.")
        problems.raise_if_any()
    if missing := [name for name in required if name not in header]:
        hint = " Die Felder müssen durch Kommas getrennt sein, nicht durch Semikolons." if ";" in header[0] else ""
        problems.add_whole(f"Es fehlen die Spalten {', '.join(missing)}.{hint}")
    for name, count in Counter(header).items():
        if count > 1:
            problems.add(1, name, "Die Spalte kommt mehrfach vor.")
        elif not problems.found and name not in required and not more(name):
            problems.add(1, name, "Die Spalte ist unbekannt (siehe SOURCES.md).")
    problems.raise_if_any()
