"""Records as one row each. For spreadsheets: German heads, labels, decimal commas; for programs: names and codes.

Several rows in one cell stand below each other, their fields between vertical bars; `split_fields` is the reverse.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from . import tables
from .columns import COLUMNS, Choices, Column

BAR = " | "
_SPECIAL = {"\\": "\\\\", "|": "\\|", "\n": "\\n"}
_ESCAPED = {escaped: plain for plain, escaped in _SPECIAL.items()}

Vocabularies = Mapping[str, Choices]


def head(*, for_programs: bool) -> list[str]:
    return [column.name if for_programs else str(column.label) for column in COLUMNS]


def rows(
    records: Iterable[Mapping[str, Any]], vocabularies: Vocabularies, *, for_programs: bool
) -> Iterator[Sequence[Any]]:
    """Cells of each record in the order of `head`."""
    labels = None if for_programs else vocabularies
    for record in records:
        yield [cell(column, column.value(record), labels) for column in COLUMNS]


def cell(column: Column, value: Any, vocabularies: Vocabularies | None) -> Any:
    """A value as it stands in a table; with `vocabularies` codes become German labels."""
    if value is None or value == "":
        return None
    if column.type == "rows":
        return "\n".join(join_fields(_fields(column, row, vocabularies)) for row in value)
    if column.type == "lines":
        return "\n".join(value)
    if column.type == "numbers":
        return ", ".join(map(str, value))
    if column.type == "choices":
        return BAR.join(str(_label(column, code, vocabularies)) for code in value)
    if column.type == "choice":
        return _label(column, value, vocabularies)
    return value


def _label(column: Column, code: str, vocabularies: Vocabularies | None) -> Any:
    return code if vocabularies is None else column.choices_in(vocabularies).get(code, code)


def _fields(column: Column, row: Mapping[str, Any], vocabularies: Vocabularies | None) -> Iterator[str]:
    for inner in column.columns:
        yield tables.text_of(cell(inner, inner.value(row), vocabularies), for_programs=vocabularies is None)


def join_fields(fields: Iterable[str]) -> str:
    return BAR.join(re.sub(r"[\\|\n]", lambda found: _SPECIAL[found[0]], field) for field in fields)


def split_fields(line: str) -> list[str]:
    """The fields of one line that `join_fields` made; blanks around a bar belong to it."""
    return [re.sub(r"\\[\\|n]", lambda found: _ESCAPED[found[0]], part) for part in _split(line)]


def _split(line: str) -> list[str]:
    parts, current, escaped = [], "", False
    for char in line:
        if char == "|" and not escaped:
            parts.append(current.strip())
            current = ""
        else:
            current += char
        escaped = char == "\\" and not escaped
    return [*parts, current.strip()]
