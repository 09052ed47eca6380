"""What the columns mean and which values they have: the key to every table and record."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .columns import COLUMNS, Choices, Column

TYPES: Mapping[str, str | Promise] = {
    "text": _("Text"),
    "number": _("Zahl"),
    "yes_no": _("ja oder nein"),
    "date": _("Datum"),
    "choice": _("eine Auswahl"),
    "choices": _("mehrere aus einer Auswahl"),
    "numbers": _("mehrere Zahlen"),
    "lines": _("mehrere Texte"),
    "rows": _("mehrere Zeilen"),
}


class Entry(NamedTuple):
    """One column, or one field of the rows in a cell: „financings.amount“."""

    name: str
    label: str
    type: str
    meaning: str
    choices: Choices


def entries(vocabularies: Mapping[str, Choices]) -> Iterator[Entry]:
    for column in COLUMNS:
        yield _entry(column, "", vocabularies)
        for inner in column.columns:
            yield _entry(inner, f"{column.name}.", vocabularies)


def _entry(column: Column, above: str, vocabularies: Mapping[str, Choices]) -> Entry:
    described = (above + column.name, str(column.label), str(TYPES[column.type]), str(column.meaning))
    return Entry(*described, column.choices_in(vocabularies))


HEAD = ("name", "label", "type", "meaning", "code", "code_label")


def rows(vocabularies: Mapping[str, Choices]) -> Iterator[tuple[str, ...]]:
    """The codebook as a table: a row a column, or a row a code where there are some."""
    for entry in entries(vocabularies):
        for code, label in entry.choices.items() or [("", "")]:
            yield (*entry[:4], code, str(label))
