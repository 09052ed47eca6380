"""Tables of projects: what the portal exports comes back unchanged, in every form; whole or not at all; once."""

import csv
from io import BytesIO, StringIO

import pytest
import xlsxwriter
from django.db.models import QuerySet
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from zeal import zeal_ignore

from municipalities.clean_fields import clean_line, has_control_characters
from projects.models import Contact, ContactLevel, Project, Status
from projects.open_data import project_table, records, tables
from projects.sheet_import import importing
from projects.sheet_import.cells import Lists
from tests.projects.test_snapshot import ROWS, TEXT, make_random, projects


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
    originals = records.records_of(keys_of(Project.objects.published()))
    content = with_own_keys(form)
    assert len(bring_in(content).added) == 39
    assert differences(originals) == {}
    assert bring_in(content).unchanged == 39
    assert Project.objects.filter(status=Status.DRAFT).count() == 39


def keys_of(projects: QuerySet[Project]) -> list[int]:
    return list(projects.values_list("pk", flat=True))


def with_own_keys(form: str) -> bytes:
    """The export as somebody else's list: the numbers are theirs."""
    for_programs = form.endswith("for programs")
    separator = "," if for_programs else ";"
    lines = lines_of(exported(for_programs=for_programs), separator)
    lines[0][0] = "Eigene Kennung"
    return workbook(lines) if form.startswith("xlsx") else csv_of(lines, separator)


def differences(originals: dict[int, dict]) -> dict[int, list[str]]:
    """Names of the entries in which the drafts do not say what the projects say whose numbers are their keys."""
    made = Project.objects.filter(status=Status.DRAFT).prefetch_related("imported_rows")
    drafts, different = records.records_of(keys_of(made)), {}
    for project in made:
        number = int(project.imported_rows.all()[0].own_key)
        draft, original = content_of(drafts[project.pk]), content_of(originals[number])
        if names := [name for name in original if draft[name] != original[name]]:
            different[number] = names
    return different


def content_of(record) -> dict:
    """A record without what is not content: numbers, addresses, life, what others say, how much of a contact shows."""
    apart = "id number url adoptions pictures provenance published_at confirmed_on version licence contact"
    return {name: value for name, value in record.items() if name not in apart.split()}


LINE = TEXT.map(clean_line).filter(lambda text: text and not has_control_characters(text))
MARKED = st.tuples(st.sampled_from(["", "=", "'=", "-", "|", "\\", "'"]), LINE).map("".join)
CLEAN = {"title": MARKED, "summary": MARKED, "approach": MARKED, "goals": MARKED, "operator": MARKED, "lessons": LINE}


@st.composite
def clean(draw):
    """What the forms of the submission would have let through."""
    fields, rows = draw(projects()), draw(ROWS)
    fields |= {name: draw(texts) for name, texts in CLEAN.items()}
    fields |= dict.fromkeys(("steps", "cost_note", "help_offered"), "")
    fields["partners"] = "\n".join(draw(st.lists(LINE, max_size=3)))
    fields["has_no_funding"] = fields["has_no_funding"] and not rows["financings"]
    rows["references"] = draw(st.lists(MARKED, max_size=3))
    for row in rows["financings"]:
        cited = draw(st.sets(st.integers(1, len(rows["references"])))) if rows["references"] else ()
        row |= {"note": draw(MARKED), "cites": sorted(cited)}
    for row in rows["obstacles"]:
        row |= {"text": draw(MARKED), "workaround": draw(LINE)}
    return fields, rows | {"pictures": []}


class AnyRecord(TestCase):
    """hypothesis needs a TestCase to give each example a transaction of its own."""

    def publish(self, fields: dict, rows: dict) -> Project:
        project = make_random(fields, rows)
        now = timezone.now()
        Project.objects.filter(pk=project.pk).update(
            status=Status.PUBLISHED, publication_number=project.pk, published_at=now
        )
        return project

    @settings(max_examples=25, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(projects(), ROWS, st.booleans())
    def test_unchanged_export_of_anything_changes_nothing(self, fields, rows, for_programs):
        self.publish(fields, rows)
        result = importing.run(exported(for_programs=for_programs), source="L", by=None, limits=importing.DESK)
        assert (result.problems, result.changed, result.left_out, result.unchanged) == ([], [], [], 1)

    @settings(max_examples=25, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(clean(), st.sampled_from([form for form in FORMS if form.startswith("csv")]))
    def test_export_of_anything_clean_comes_back_as_a_new_project(self, made, form):
        self.publish(*made)
        Contact.objects.update(public_level=ContactLevel.ALL)  # an office without any address is refused
        originals = records.records_of(keys_of(Project.objects.published()))
        bring_in(with_own_keys(form))
        assert differences(originals) == {}
