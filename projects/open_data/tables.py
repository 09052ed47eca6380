"""Tables as CSV, for spreadsheets and for programs. Knows neither records nor requests."""

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import chain
from typing import Any

BOM = "\ufeff"
PIECE = 1 << 16  # characters that are worth sending or compressing at once
# What a spreadsheet would compute instead of showing it; quotes before it are those of `disarmed`.
is_formula = re.compile("'*[-=+@\t\r\n]").match
_SUSPICIOUS = frozenset("'-=+@\t\r\n")  # how it can begin: to look that up is quicker than to match


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Any]], *, for_programs: bool = False) -> Iterator[str]:
    """A table as a German Excel opens it by double click: BOM, semicolons, decimal commas.

    `for_programs`: as RFC 4180 has it, with commas and decimal points. Formulas are disarmed in both.
    Quotes itself, because Python's writer looks at each letter for itself, which is most of the work of a long table.
    """
    separator = "," if for_programs else ";"
    if not for_programs:
        yield BOM
    for row in chain([header], rows):
        cells = [
            ""
            if value is None
            else value
            if type(value) is str and value[:1] not in _SUSPICIOUS
            else disarmed(value, for_programs=for_programs)
            for value in row
        ]
        quoted = [
            '"' + cell.replace('"', '""') + '"'
            if cell and (separator in cell or '"' in cell or "\n" in cell or "\r" in cell)
            else cell
            for cell in cells
        ]
        yield separator.join(quoted) + "\r\n"


def in_pieces(lines: Iterable[str]) -> Iterator[str]:
    """The lines, many at once."""
    piece, size = [], 0
    for line in lines:
        piece.append(line)
        size += len(line)
        if size >= PIECE:
            yield "".join(piece)
            piece, size = [], 0
    if piece:
        yield "".join(piece)


def text_of(value: Any, *, for_programs: bool = False) -> str:
    """A value as text; None is empty."""
    kind = type(value)  # first what is frequent: this is asked ten times a project
    if kind is str:
        return value
    if value is None:
        return ""
    if kind is int:
        return str(value)
    if kind is bool:
        return ("true" if value else "false") if for_programs else ("ja" if value else "nein")
    if isinstance(value, float | Decimal):
        number = format(Decimal(str(value)).normalize(), "f")
        return number if for_programs else number.replace(".", ",")
    return str(value)


def texts_of(values: Iterable[Any], *, for_programs: bool = False) -> list[str]:
    """The same of many values, most of which are texts."""
    return [
        value if type(value) is str else "" if value is None else text_of(value, for_programs=for_programs)
        for value in values
    ]


def disarmed(value: Any, *, for_programs: bool = False) -> str:
    """A value as text that no spreadsheet takes for a formula; numbers are none. `armed` is the reverse."""
    if not isinstance(value, str):
        return text_of(value, for_programs=for_programs)
    return "'" + value if is_formula(value) else value


def armed(text: str) -> str:
    """A text as it was before `disarmed`."""
    return text[1:] if text.startswith("'") and is_formula(text) else text
