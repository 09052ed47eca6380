"""Tables as CSV, for spreadsheets and for programs. Knows neither records nor requests."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from io import StringIO
from itertools import chain
from typing import Any

BOM = "\ufeff"
# What a spreadsheet would compute instead of showing it.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Any]], *, for_programs: bool = False) -> Iterator[str]:
    """A table as a German Excel opens it by double click: BOM, semicolons, decimal commas.

    `for_programs`: as RFC 4180 has it, with commas and decimal points. Formulas are disarmed in both.
    """
    buffer = StringIO()
    writer = csv.writer(buffer, delimiter="," if for_programs else ";", lineterminator="\r\n")
    if not for_programs:
        yield BOM
    for row in chain([header], rows):
        writer.writerow([disarmed(value, for_programs=for_programs) for value in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def text_of(value: Any, *, for_programs: bool = False) -> str:
    """A value as text; None is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return ("true" if value else "false") if for_programs else ("ja" if value else "nein")
    if isinstance(value, float | Decimal):
        number = format(Decimal(str(value)).normalize(), "f")
        return number if for_programs else number.replace(".", ",")
    return str(value)


def disarmed(value: Any, *, for_programs: bool = False) -> str:
    """A value as text that no spreadsheet takes for a formula; numbers are none. `armed` is the reverse."""
    text = text_of(value, for_programs=for_programs)
    return "'" + text if isinstance(value, str) and text.lstrip("'").startswith(FORMULA_STARTS) else text


def armed(text: str) -> str:
    """A text as it was before `disarmed`."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(FORMULA_STARTS) else text
