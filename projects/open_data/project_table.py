"""Records as one row each. For spreadsheets: German heads, labels, decimal commas; for programs: names and codes.

Several rows in one cell stand below each other, their fields between vertical bars; `split_fields` is the reverse.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

from . import tables
from .columns import COLUMNS, Choices, Column

BAR = " | "
_SPECIAL = {"\\": "\\\\", "|": "\\|", "\n": "\\n"}  # in this order
_ESCAPED = {escaped: plain for plain, escaped in _SPECIAL.items()}

Vocabularies = Mapping[str, Choices]
Maker = Callable[[Mapping[str, Any]], Any]


def head(*, for_programs: bool) -> list[str]:
    return [column.name if for_programs else str(column.label) for column in COLUMNS]


def rows(
    records: Iterable[Mapping[str, Any]], vocabularies: Vocabularies, *, for_programs: bool
) -> Iterator[Sequence[Any]]:
    """Cells of each record in the order of `head`."""
    makers = cell_makers(None if for_programs else vocabularies)
    for record in records:
        yield [make(record) for make in makers]


def cell_makers(vocabularies: Vocabularies | None) -> list[Maker]:
    """What makes the cell of each column of a record; with `vocabularies` codes become German labels.

    Whatever is the same for all records is worked out here, once a table.
    """
    return [_maker(column, vocabularies) for column in COLUMNS]


def _maker(column: Column, vocabularies: Vocabularies | None) -> Maker:
    outer, _dot, inner = column.name.partition(".")
    value: Maker = (lambda record: (record[outer] or {}).get(inner)) if inner else itemgetter(outer)
    spell = _spelling(column, vocabularies)
    return (lambda record: spell(value(record))) if spell else value


def _spelling(column: Column, vocabularies: Vocabularies | None) -> Callable[[Any], Any] | None:
    """How a value of this column is written into a cell; None: as it is."""
    if column.type == "rows":
        makers, for_programs = [_maker(each, vocabularies) for each in column.columns], vocabularies is None
        return lambda rows: "\n".join(
            [join_fields(tables.texts_of([make(row) for make in makers], for_programs=for_programs)) for row in rows]
        )
    if column.type == "lines":
        return "\n".join
    if column.type == "numbers":
        return lambda numbers: ", ".join(map(str, numbers))
    labels = {code: str(label) for code, label in column.choices_in(vocabularies).items()} if vocabularies else {}
    if column.type == "choices":
        return lambda codes: BAR.join([labels.get(code, code) for code in codes])
    if column.type == "choice" and labels:
        return lambda code: labels.get(code, code) if code else None
    return None


def join_fields(fields: Sequence[str]) -> str:
    everything = "".join(fields)
    for special, escaped in _SPECIAL.items():
        if special in everything:
            fields = [field.replace(special, escaped) for field in fields]
    return BAR.join(fields)


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
