"""Public records in formats for other programs. Knows no requests."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from io import StringIO
from itertools import chain
from typing import Any

BOM = "\ufeff"
# What a spreadsheet would compute instead of showing it.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """A table as a German Excel opens it by double click: BOM, semicolons, decimal commas, formulas disarmed."""
    buffer = StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    yield BOM
    for row in chain([header], rows):
        yield _line(writer, buffer, row)


def _line(writer: Any, buffer: StringIO, row: Sequence[Any]) -> str:
    writer.writerow([cell(value) for value in row])
    line = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return line


def cell(value: Any) -> str:
    """A value as text for a German spreadsheet; None is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "ja" if value else "nein"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float | Decimal):
        return format(Decimal(str(value)).normalize(), "f").replace(".", ",")
    text = str(value)
    return "'" + text if text.startswith(FORMULA_STARTS) else text
