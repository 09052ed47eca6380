"""A program of its own that turns an Excel workbook into rows of text: stdin → stdout, see `main`.

A few bytes can ask a reader for any amount of memory (packed zeros, two cells far apart) and end the process that meets
them. Here that is a process without secrets, whose memory and time the kernel bounds. Formulas are not computed: their
last result is read. It imports nothing of the portal.
"""

import contextlib
import json
import resource
import sys
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

SHEET = "Projekte"  # is read where there is one, else the first
MAX_SECONDS = 60  # of computing


class RefusedError(Exception):
    """The workbook is not taken; the argument is a word that sheets.py has a sentence for."""


def bound_resources(memory: int) -> None:
    for what, limit in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, MAX_SECONDS)):
        with contextlib.suppress(ValueError, OSError):  # not every system knows both
            resource.setrlimit(what, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def text_of(value: Any) -> str:
    """A cell as a German would have typed it; whole numbers without a fraction, days as JJJJ-MM-TT."""
    if isinstance(value, bool):
        return "ja" if value else "nein"
    if isinstance(value, float | int):
        # Fifteen digits are what Excel itself keeps and shows: 0.1 + 0.2 is 0,3 there.
        return format(Decimal(f"{value:.15g}").normalize(), "f").replace(".", ",")
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(" ", "minutes")
    return value.isoformat() if isinstance(value, date) else str(value)


def table(content: bytes, most_rows: int, most_columns: int, most_letters: int) -> list[list[str]]:
    """The cells of the sheet; rows at the end without a text are left out."""
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(content))
        names = book.sheet_names
        if not names:
            raise RefusedError("empty")
        sheet = book.get_sheet_by_name(SHEET if SHEET in names else names[0])
    except CalamineError:
        raise RefusedError("broken") from None
    rows: list[list[str]] = []
    letters = filled = 0
    for number, cells in enumerate(sheet.iter_rows()):
        row = [text_of(cell) for cell in cells]
        letters += sum(map(len, row))
        if any(row):
            filled = number + 1
        if filled > most_rows + 1:
            raise RefusedError("rows")
        if any(row[most_columns:]):
            raise RefusedError("columns")
        if letters > most_letters:
            raise RefusedError("size")
        if number <= most_rows:
            rows.append(row[:most_columns])
    return rows[:filled]


def main(memory: int, most_rows: int, most_columns: int, most_letters: int) -> None:
    """Reads a workbook from stdin; writes {"rows": [[text, …], …]} or {"refused": word}."""
    bound_resources(memory)
    try:
        answer: dict[str, Any] = {"rows": table(sys.stdin.buffer.read(), most_rows, most_columns, most_letters)}
    except RefusedError as refusal:
        answer = {"refused": str(refusal)}
    except MemoryError:
        answer = {"refused": "memory"}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
