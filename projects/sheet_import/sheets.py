"""A file → a table of texts: CSV in the encodings and with the separators that offices use, or an Excel workbook.

Knows the columns of the export by name and by label, and nothing else of projects.
"""

import csv
import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from subprocess import TimeoutExpired
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from municipalities.clean_fields import clean_text
from projects import decoders
from projects.open_data.columns import COLUMNS, Column
from projects.open_data.tables import armed

from . import decoder

logger = logging.getLogger(__name__)

OWN_KEY = Column("own_key", gettext_lazy("Eigene Kennung"), "text")
ALL_COLUMNS: Mapping[str, Column] = {column.name: column for column in (OWN_KEY, *COLUMNS)}
SEPARATORS = ";,\t"
MOST_COLUMNS = 200
LONGEST_CELL = 200_000  # letters; a cell may hold sixty rows of sources
WORKBOOK, OLD_WORKBOOK = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
BYTE_ORDERS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
DECODER_SECONDS = 90

MESSAGES = {
    "size": gettext_lazy("Die Datei ist zu groß."),
    "rows": gettext_lazy("Die Tabelle hat mehr als %(rows)s Zeilen. Bitte teilen Sie sie."),
    "columns": gettext_lazy("Die Tabelle hat mehr als 200 Spalten. So viele kennt das Mosaik nicht."),
    "empty": gettext_lazy("Die Tabelle ist leer."),
    "memory": gettext_lazy("Die Datei braucht beim Öffnen zu viel Speicher. Bitte kopieren Sie nur die Tabelle neu."),
    "broken": gettext_lazy("Die Datei ist beschädigt oder keine Tabelle, die wir lesen können (CSV oder XLSX)."),
    "old": gettext_lazy("Das ist eine alte Excel-Datei. Bitte speichern Sie sie als XLSX („Excel-Arbeitsmappe“)."),
}  # fmt: skip


class Limits(NamedTuple):
    """How much is read: bytes of the file, rows, letters in all cells, bytes of memory for a workbook."""

    size: int
    rows: int
    letters: int
    memory: int


class SheetError(Exception):
    """The file as a whole cannot be read as a table of projects; the text is a German sentence for the person."""


def refusal(word: str, limits: Limits) -> SheetError:
    return SheetError(str(MESSAGES[word]) % {"rows": f"{limits.rows:,}".replace(",", ".")})


class Row(NamedTuple):
    """The cells of a line by the names of their columns, without empty ones; `number` as the spreadsheet counts."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Sheet:
    """A table of projects. `letters` are those above the columns in the spreadsheet; `for_programs`: codes inside."""

    rows: Sequence[Row]
    letters: Mapping[str, str]
    unknown: Sequence[str]
    for_programs: bool


def read(content: bytes, limits: Limits) -> Sheet:
    """The table in the file; SheetError where there is none."""
    if len(content) > limits.size:
        raise refusal("size", limits)
    if content.startswith(OLD_WORKBOOK):
        raise refusal("old", limits)
    lines = _workbook(content, limits) if content.startswith(WORKBOOK) else list(_csv(content, limits))
    if not lines:
        raise refusal("empty", limits)
    return _sheet(lines, limits)


def _csv(content: bytes, limits: Limits) -> Iterator[list[str]]:
    text = _decoded(content)
    csv.field_size_limit(LONGEST_CELL)
    first = text.partition("\n")[0]
    try:
        separator = max(SEPARATORS, key=lambda mark: len(_known(next(csv.reader([first], delimiter=mark), []))))
        for number, line in enumerate(csv.reader(StringIO(text, newline=""), delimiter=separator)):
            if number > limits.rows:
                raise refusal("rows", limits)
            if any(line[MOST_COLUMNS:]):
                raise refusal("columns", limits)
            yield line
    except csv.Error:
        raise refusal("broken", limits) from None


def _decoded(content: bytes) -> str:
    """Excel writes UTF-8 with a mark at the beginning, or Windows-1252; programs write UTF-8."""
    for mark, encoding in BYTE_ORDERS.items():
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _workbook(content: bytes, limits: Limits) -> list[list[str]]:
    arguments = (limits.memory, limits.rows, MOST_COLUMNS, limits.letters)
    try:
        done = decoders.run(decoder, *arguments, content=content, seconds=DECODER_SECONDS)
    except TimeoutExpired:
        raise refusal("memory", limits) from None
    if done.returncode:  # the kernel ended it, or a flaw did: a hostile file, or one that is far too large
        logger.warning("The decoder of workbooks ended with %s", done.returncode)
        raise refusal("memory", limits)
    answer = json.loads(done.stdout)
    if "refused" in answer:
        raise refusal(answer["refused"], limits)
    return answer["rows"]


def _folded(text: str) -> str:
    return " ".join(clean_text(text).casefold().split())


def _names() -> dict[str, str]:
    labels = {_folded(str(column.label)): name for name, column in ALL_COLUMNS.items()}
    return labels | {_folded(name): name for name in ALL_COLUMNS}


def _known(head: Iterable[str]) -> list[str]:
    names = _names()
    return [names[_folded(title)] for title in head if _folded(title) in names]


def _sheet(lines: Sequence[Sequence[str]], limits: Limits) -> Sheet:
    head = [clean_text(title) for title in lines[0]]
    names = _names()
    places = {place: names[_folded(title)] for place, title in enumerate(head) if _folded(title) in names}
    found = list(places.values())
    if twice := sorted({str(ALL_COLUMNS[name].label) for name in found if found.count(name) > 1}):
        raise SheetError(_("Diese Spalte gibt es zweimal: %(name)s.") % {"name": ", ".join(twice)})
    if not {"id", OWN_KEY.name} & set(found):
        raise SheetError(
            _("In der ersten Zeile fehlt die Spalte „Projektnummer“ oder „Eigene Kennung“. Nehmen Sie unsere Vorlage.")
        )
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        texts = {places[place]: clean_text(armed(text)) for place, text in enumerate(line) if place in places and text}
        if cells := {name: text for name, text in texts.items() if text}:
            rows.append(Row(number, cells))
    if not rows:
        raise refusal("empty", limits)
    return Sheet(
        rows=rows,
        letters={name: column_letters(place) for place, name in places.items()},
        unknown=[title for place, title in enumerate(head) if title and place not in places],
        for_programs=any(title in ALL_COLUMNS for title in head),
    )


def column_letters(place: int) -> str:
    """What stands above a column, counted from 0: A … Z, AA …"""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
