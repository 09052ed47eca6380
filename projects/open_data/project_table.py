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
Maker = Callable[[Mapping[str, Any]], list[Any]]
Speller = Callable[[Any], Any]


def head(*, for_programs: bool) -> list[str]:
    return [column.name if for_programs else str(column.label) for column in COLUMNS]


def rows(
    records: Iterable[Mapping[str, Any]], vocabularies: Vocabularies, *, for_programs: bool
) -> Iterator[Sequence[Any]]:
    """Cells of each record in the order of `head`."""
    return map(row_maker(COLUMNS, None if for_programs else vocabularies), records)


def row_maker(columns: Sequence[Column], vocabularies: Vocabularies | None) -> Maker:
    """What makes the cells of these columns of a record; with `vocabularies` codes become German labels.

    Whatever is the same for all records is worked out here, once a table; most values stay as they were fetched.
    """
    fetch = itemgetter(*[column.name.partition(".")[0] for column in columns])
    spelled = [(place, spell) for place, column in enumerate(columns) if (spell := _spelling(column, vocabularies))]

    def make(record: Mapping[str, Any]) -> list[Any]:
        cells = [*fetch(record)]
        for place, spell in spelled:
            cells[place] = spell(cells[place])
        return cells

    return make


def _spelling(column: Column, vocabularies: Vocabularies | None) -> Speller | None:
    """How what stands in the record at the first part of the column's path is written into a cell; None: as it is."""
    _outer, _dot, inner = column.name.partition(".")
    spell = _spelling_of_value(column, vocabularies)
    if not inner:
        return spell
    return lambda outer: (spell or _same)((outer or {}).get(inner))


def _same(value: Any) -> Any:
    return value


def _spelling_of_value(column: Column, vocabularies: Vocabularies | None) -> Speller | None:
    if column.type == "rows":
        make, for_programs = row_maker(column.columns, vocabularies), vocabularies is None
        return lambda rows: "\n".join(
            [join_fields(tables.texts_of(make(row), for_programs=for_programs)) for row in rows]
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
