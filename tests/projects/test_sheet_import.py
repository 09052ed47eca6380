"""Tables of projects: what the portal exports comes back unchanged, in every form; whole or not at all; once."""

import csv
from io import BytesIO, StringIO

import pytest
import xlsxwriter
from zeal import zeal_ignore

from projects.models import Project, Status
from projects.open_data import project_table, records, tables
from projects.sheet_import import importing
from projects.sheet_import.cells import Lists


@pytest.fixture(autouse=True)
def _rows_one_by_one():
    """What a table changes is stored row by row."""
    with zeal_ignore():
        yield


def exported(*, for_programs=False) -> bytes:
    numbers = Project.objects.published().order_by("pk").values_list("publication_number", flat=True)
    rows = project_table.rows(records.records(numbers), Lists.read().choices, for_programs=for_programs)
    head = project_table.head(for_programs=for_programs)
    return "".join(tables.csv_lines(head, rows, for_programs=for_programs)).encode()


def lines_of(content: bytes, separator: str = ";") -> list[list[str]]:
    return list(csv.reader(StringIO(content.decode("utf-8-sig"), newline=""), delimiter=separator))


def workbook(lines) -> bytes:
    """As Excel keeps a table: numbers as numbers where they look like one."""
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet()
        for number, line in enumerate(lines):
            for place, cell in enumerate(line):
                sheet.write(number, place, cell)
    return file.getvalue()


def csv_of(lines, separator=";", encoding="utf-8") -> bytes:
    buffer = StringIO()
    csv.writer(buffer, delimiter=separator).writerows(lines)
    return buffer.getvalue().encode(encoding)


FORMS = {
    "csv for excel": exported,
    "csv for programs": lambda: exported(for_programs=True),
    "xlsx": lambda: workbook(lines_of(exported())),
    "xlsx for programs": lambda: workbook(lines_of(exported(for_programs=True), ",")),
}


def bring_in(content: bytes, source="Liste", **more) -> importing.Result:
    """Preview and application in one."""
    more = {"by": None, "limits": importing.DESK, **more}
    seen = importing.run(content, source=source, **more)
    assert [(problem["line"], problem["column"], problem["message"]) for problem in seen.problems] == []
    done = importing.run(content, source=source, **more, agree=lambda told: told.fingerprint == seen.fingerprint)
    assert done.fingerprint == seen.fingerprint
    return done


@pytest.mark.parametrize("form", FORMS)
def test_unchanged_export_changes_nothing(examples, form):
    before = list(Project.objects.order_by("pk").values())
    result = importing.run(FORMS[form](), source="Liste", by=None, limits=importing.DESK)
    assert (result.problems, result.added, result.changed, result.left_out, result.unknown) == ([], [], [], [], [])
    assert result.unchanged == len(before) == 39
    assert list(Project.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("form", FORMS)
def test_export_as_new_projects_says_the_same(examples, form):
    separator = "," if form == "csv for programs" else ";"
    content = FORMS[form]()
    lines = lines_of(content, separator) if form.startswith("csv") else lines_of(exported(), ";")
    if form == "xlsx for programs":
        lines = lines_of(exported(for_programs=True), ",")
    lines[0][0] = "Eigene Kennung"
    originals = records.records_of(Project.objects.published())
    again = workbook(lines) if form.startswith("xlsx") else csv_of(lines, separator)
    assert len(bring_in(again).added) == 39
    made = Project.objects.filter(status=Status.DRAFT).prefetch_related("imported_rows")
    drafts = records.records_of(made)
    for project in made:
        (row,) = project.imported_rows.all()
        assert content_of(drafts[project.pk]) == content_of(originals[int(row.own_key)])
    assert bring_in(again).unchanged == 39
    assert made.count() == 39


def content_of(record) -> dict:
    """A record without what is not content: numbers, addresses, life, what others say, how much of a contact shows."""
    apart = "id number url adoptions pictures provenance published_at confirmed_on version licence contact"
    return {name: value for name, value in record.items() if name not in apart.split()}
