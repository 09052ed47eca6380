"""The empty workbook that people fill in: the columns that an import reads, what may stand in them, all bodies."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from municipalities.models import Municipality
from projects.open_data.codebook import TYPES
from projects.open_data.columns import Choices, Column

from .cells import Lists
from .checking import READ
from .decoder import SHEET
from .sheets import ALL_COLUMNS, OWN_KEY

NEEDED = {OWN_KEY.name, "title", "municipality.key", "status"}
PREPARED_ROWS = 1_000  # with lists to choose from
WIDE, NARROW = 42, 22
LONG = {"text", "rows", "lines"}
OWN_KEY_MEANING = gettext_lazy(
    "Ihr eigenes Zeichen für die Zeile. Es bleibt gleich, damit wir sie beim nächsten Mal wiedererkennen."
)


def columns() -> list[Column]:
    """In the order of the export, the list's own key first."""
    return [OWN_KEY, *(column for name, column in ALL_COLUMNS.items() if name in READ)]


def workbook() -> bytes:
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#dfe1ea", "border": 1})
        projects, values, bodies = (book.add_worksheet(name) for name in (SHEET, _("Erlaubte Werte"), _("Kommunen")))
        lists = Lists.read()
        places = _write_values(values, lists, head, book.add_format({"text_wrap": True, "valign": "top"}))
        last = _write_bodies(bodies, head)
        text = book.add_format({"num_format": "@", "valign": "top", "text_wrap": True})
        for place, column in enumerate(columns()):
            projects.write_string(0, place, str(column.label), head)
            projects.set_column(place, place, WIDE if column.type in LONG else NARROW, text)
            source = places.get(column.name)
            if column.name == "municipality.key":
                source = f"='{bodies.get_name()}'!$A$2:$A${last}"
            if source:
                offered = {"validate": "list", "source": source, "error_type": "warning", "ignore_blank": True}
                projects.data_validation(1, place, PREPARED_ROWS, place, offered)
        projects.freeze_panes(1, 1)
        projects.set_row(0, 48)
    return file.getvalue()


def _write_values(sheet: Any, lists: Lists, head: Any, wrapped: Any) -> dict[str, str]:
    """A row a column with its meaning, and a row a value; gives where the values of a choice stand."""
    for place, (title, width) in enumerate(((_("Spalte"), 34), (_("Was hineingehört"), 80), (_("Erlaubter Wert"), 44))):
        sheet.write_string(0, place, title, head)
        sheet.set_column(place, place, width, wrapped)
    sheet.freeze_panes(1, 0)
    places, row = {}, 1
    for column in columns():
        choices = [str(label) for label in column.choices_in(lists.choices).values()]
        first = row + 1
        for number, choice in enumerate(choices or [""]):
            sheet.write_string(row, 0, str(column.label))
            sheet.write_string(row, 1, "" if number else described(column, lists.choices))
            sheet.write_string(row, 2, choice)
            row += 1
        if column.type == "choice":
            places[column.name] = f"='{sheet.get_name()}'!$C${first}:$C${row}"
    return places


def described(column: Column, vocabularies: Mapping[str, Choices]) -> str:
    """What belongs into a cell, in words."""
    said = [_("Muss ausgefüllt sein.")] if column.name in NEEDED else []
    said += [str(OWN_KEY_MEANING if column is OWN_KEY else column.meaning)]
    if column.type == "choices":
        said.append(_("Mehrere durch | getrennt."))
    elif column.type == "rows":
        said.append(_("Eine Zeile je Eintrag, die Felder durch | getrennt, in dieser Reihenfolge:"))
        said.append(" | ".join(str(inner.label) for inner in column.columns) + ".")
        for inner in column.columns:
            if allowed := inner.choices_in(vocabularies):
                said.append(f"{inner.label}: {' · '.join(str(label) for label in allowed.values())}.")
    elif column.type == "lines":
        said.append(_("Eine Zeile je Eintrag."))
    elif column.type != "text":
        said.append(f"{TYPES[column.type]}.")
    return " ".join(text for text in said if text)


def _write_bodies(sheet: Any, head: Any) -> int:
    """Keys and names of the bodies that may lead a project; gives the number of the last row."""
    for place, (title, width) in enumerate(((_("Schlüssel der Kommune"), 24), (_("Name"), 60))):
        sheet.write_string(0, place, title, head)
        sheet.set_column(place, place, width)
    sheet.freeze_panes(1, 0)
    found = Municipality.objects.with_projects_possible().order_by("sort_key", "key")
    row = 0
    for row, (key, name) in enumerate(found.values_list("key", "display_name"), start=1):
        sheet.write_string(row, 0, key)
        sheet.write_string(row, 1, name)
    return row + 1
