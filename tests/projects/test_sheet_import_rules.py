"""What an import refuses and why, what it leaves alone, and that it does what was shown."""

import csv
from io import BytesIO, StringIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import xlsxwriter
from django.core.management import CommandError, call_command
from zeal import zeal_ignore

from municipalities.models import Kind
from projects import snapshot, workflow
from projects.models import Contact, ContactLevel, ImportedRow, Project, Provenance, SheetImport, Status
from projects.open_data import project_table, records, tables
from projects.sheet_import import importing, sheets, template
from projects.sheet_import.cells import Lists
from tests.factories import make_municipality, make_project, make_topic
from tests.projects.steps import at_once, bring, make_full, make_member, make_person

pytestmark = pytest.mark.django_db
HEAD = ["Eigene Kennung", "Titel", "Schlüssel der Kommune", "Projektstand"]
SMALL = importing.DESK._replace(rows=5, letters=1_000)


@pytest.fixture(autouse=True)
def _rows_one_by_one():
    """What a table changes is stored row by row."""
    with zeal_ignore():
        yield


def table(*rows, head=HEAD, separator=";", encoding="utf-8") -> bytes:
    buffer = StringIO()
    csv.writer(buffer, delimiter=separator).writerows([head, *rows])
    return buffer.getvalue().encode(encoding)


def run(content, *, source="Liste", limits=importing.DESK, **more):
    return importing.run(content, source=source, by=None, limits=limits, **more)


def store(content, **more):
    result = run(content, agree=lambda told: True, **more)
    assert result.problems == []
    return result


def problems(content, **more) -> list[tuple[str, str]]:
    """Cell and message of everything that is wrong."""
    return [(f"{row['letters']}{row['line']}", row["message"]) for row in run(content, **more).problems]


def line(key: str = "1", title: str = "Sprachcafé", body=None, stage: str = "laufend") -> list[str]:
    return [key, title, (body or make_municipality()).key, stage]


def exported(**cells) -> bytes:
    """The export with other cells in its rows, by label."""
    numbers = Project.objects.published().order_by("pk").values_list("publication_number", flat=True)
    head = project_table.head(for_programs=False)
    rows = project_table.rows(records.records(numbers), Lists.read().choices, for_programs=False)
    text = "".join(tables.csv_lines(head, rows))
    lines = list(csv.DictReader(StringIO(text.removeprefix(tables.BOM), newline=""), delimiter=";"))
    return table(*([*(row | cells).values()] for row in lines), head=head)


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_csv_of_any_office(separator, encoding):
    content = table(line(title="Nähcafé „Übergänge“, Stadt; Land"), separator=separator, encoding=encoding)
    assert [row["title"] for row in run(content).added] == ["Nähcafé „Übergänge“, Stadt; Land"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "leer"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "XLSX"),
        (b"PK\x03\x04 kein Archiv", "beschädigt"),
        (b"Titel;Projektstand\nA;laufend", "Eigene Kennung"),
        (b"Eigene Kennung;Titel;titel\n1;A;B", "zweimal: Titel"),
        (b"Eigene Kennung;Titel\n", "leer"),
        (("Eigene Kennung;Titel\n" + "1;A\n" * 6).encode(), "mehr als 5 Zeilen"),
        (b"Eigene Kennung;Titel\n1;" + b"x" * 300_000, "beschädigt"),
        (b"Eigene Kennung" + b";x" * 300, "200 Spalten"),
    ],
)  # fmt: skip
def test_file_that_is_no_table_is_refused(content, said):
    with pytest.raises(sheets.SheetError, match=said):
        run(content, limits=SMALL)


def workbook(write, **options) -> bytes:
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"strings_to_formulas": False, **options}) as book:
        write(book.add_worksheet())
    return file.getvalue()


def far_apart(sheet):
    sheet.write(0, 0, "Eigene Kennung")
    sheet.write(1_048_575, 16_383, "x")


def packed_zeros() -> bytes:
    """A workbook of 1 MB that unpacks to 1 GB."""
    source, target = BytesIO(workbook(lambda sheet: sheet.write(0, 0, "Eigene Kennung"))), BytesIO()
    with ZipFile(source) as book, ZipFile(target, "w", ZIP_DEFLATED) as bomb:
        for name in book.namelist():
            text = book.read(name)
            if name == "xl/sharedStrings.xml":
                with bomb.open(name, "w", force_zip64=True) as member:
                    member.write(text.partition(b"Eigene")[0])
                    for _piece in range(1024):
                        member.write(b"0" * 2**20)
                    member.write(b"</t></si></sst>")
            else:
                bomb.writestr(name, text)
    return target.getvalue()


def repeated(sheet):
    """One long text that many cells share."""
    for row in range(2_000):
        sheet.write(row, 0, "x" * 30_000)


@pytest.mark.parametrize("make", [lambda: workbook(far_apart), packed_zeros, lambda: workbook(repeated)])
def test_bomb_is_refused_and_the_process_lives(make):
    with pytest.raises(sheets.SheetError, match=r"Speicher|zu groß|Zeilen"):
        run(make())


def test_formula_is_read_as_its_last_result_and_never_computed():
    body = make_municipality()

    def write(sheet):
        sheet.write_row(0, 0, [*HEAD, "Ehrenamtliche", "Beginn"])
        sheet.write_row(1, 0, line(body=body))
        sheet.write_formula(1, 4, "=1+1", None, 77)
        sheet.write_formula(1, 1, '=HYPERLINK("https://example.org","x")', None, "Titel der Formel")
        sheet.write_number(1, 2, int(body.key))
        sheet.write_number(1, 5, 2015)

    store(workbook(write))
    project = Project.objects.get()
    assert (project.volunteers, project.title, project.lead) == (77, "Titel der Formel", body)
    assert (str(project.started_on), project.started_precision) == ("2015-01-01", "year")


def test_disarmed_formula_comes_back_equal():
    project = make_project(status=Status.PUBLISHED, title="=1+1", goals="'=1+1", lessons="-12 Personen")
    assert run(exported()).unchanged == 1
    lines = exported().replace(b"Projektnummer", b"Eigene Kennung", 1)
    store(lines)
    made = Project.objects.get(status=Status.DRAFT)
    assert [made.title, made.goals, made.lessons] == [project.title, project.goals, project.lessons]


# --- rows -------------------------------------------------------------------------------------------------------------


def test_errors_name_cell_value_and_what_is_allowed():
    body = make_municipality()
    area = make_municipality(kind=Kind.UNINCORPORATED_AREA)
    columns = ["Handlungsfelder", "Beginn", "Ende", "Einmalige Kosten", "Kommt ohne Geld aus", "Finanzierung"]
    head = [*HEAD, *columns, "Erreichte Menschen", "Kennzahlen", "Ansprechstelle"]
    rows = [
        ["", "Ohne Kennung", body.key, "laufend"],
        ["1", "", body.key, "läuft"],
        ["2", "x" * 121, "Nirgendwo", "laufend", "Tanzen", "2015", "2014", "viel", "vielleicht", "a | b | c", "12"],
        ["2", "Doppelte Kennung", body.key, "laufend"],
        ["3", "Gebiet", area.key, "laufend", "", "", "", "", "", "Bund | Bund", "", "A | B | 1 | 2015 | | 7", "Stelle"],
    ]
    said = dict(problems(table(*rows, head=head)))
    assert said["A2"] == "Neue Zeilen brauchen eine eigene Kennung, zum Beispiel: 1, 2, 3"
    assert said["B3"] == "Bitte füllen Sie dieses Feld aus."
    assert said["D3"].startswith("„läuft“ steht nicht in der Liste. Erlaubt ist: geplant · Pilot · laufend")
    assert said["B4"] == "Bitte kürzen Sie auf höchstens 120 Zeichen. Jetzt sind es 121."
    assert said["C4"].startswith("Diese Kommune kennen wir nicht: Nirgendwo.")
    assert said["E4"].startswith("„Tanzen“ steht nicht in der Liste.")
    assert said["G4"] == "Das Ende liegt vor dem Beginn."
    assert said["H4"].startswith("Schreiben Sie nur eine Zahl")
    assert said["I4"] == "Hier steht „ja“ oder „nein“."
    assert said["J4"].startswith("„a“ steht nicht in der Liste.")
    assert said["A5"] == "Dieselbe Kennung steht schon in Zeile 4."
    assert said["C6"] == "Ein gemeindefreies Gebiet kann kein Projekt führen."
    assert said["L6"] == "Zeile 1 der Zelle, Nummern der Quellen: Diese Quelle steht nicht unten: 7."
    assert Project.objects.count() == 0


@pytest.mark.parametrize("number", ["0", "4711", "zwölf", "-1", "99999999999999999999"])
def test_number_of_no_published_project_is_an_error(number):
    make_project(pk=12)
    head = ["Projektnummer", "Titel"]
    assert len(problems(table([number, "Neu"], head=head))) == 1
    assert problems(table(["12", "Neuer Titel"], head=head)) == [
        ("A2", "Ein veröffentlichtes Projekt mit dieser Nummer gibt es nicht.")
    ]


def test_one_wrong_cell_keeps_everything_out():
    body = make_municipality()
    rows = [line(str(number), body=body) for number in range(20)]
    rows[13][3] = "?"
    result = run(table(*rows), agree=lambda told: True)
    assert len(result.problems) == 1
    assert not result.can_apply
    assert Project.objects.count() == ImportedRow.objects.count() == 0


def test_new_rows_become_drafts_that_the_municipality_can_send():
    body = make_municipality()
    author = make_member("autorin", body)
    store(table(line(body=body)))
    project = Project.objects.get()
    assert (project.status, project.provenance, project.publication_number) == ("draft", Provenance.COMPILED, None)
    project.summary, project.approach = "Kurz.", "So."
    project.save()
    project.topics.set([make_topic()])
    assert workflow.submit(project, by=author).provenance == Provenance.MUNICIPALITY


def test_second_import_makes_no_duplicates_and_keeps_what_the_municipality_wrote():
    body = make_municipality()
    first = line(body=body)
    store(table(first))
    Project.objects.update(title="Unser eigener Titel")
    assert (run(table(first)).unchanged, run(table(first)).changed) == (1, [])
    first[3] = "abgeschlossen"
    (changed,) = store(table(first)).changed
    assert changed["changes"] == [["Einordnung: Projektstand", "laufend", "abgeschlossen"]]
    assert Project.objects.get().title == "Unser eigener Titel"
    assert store(table(first), source="LISTE").unchanged == 1
    assert len(store(table(first), source="Andere Liste").added) == 1


def test_changed_row_of_a_published_project_becomes_a_working_copy_only():
    project = bring(make_full(), Status.PUBLISHED)
    before = snapshot.to_data(project)
    content = exported(Titel="Neuer Titel")
    store(content)
    project.refresh_from_db()
    assert snapshot.to_data(project) == before
    copy = project.working_copies.get()
    assert (copy.title, copy.status) == ("Neuer Titel", Status.DRAFT)
    assert snapshot.to_data(copy) == before | {"title": "Neuer Titel"}
    assert store(content).unchanged == 1
    assert store(exported()).unchanged == 1
    assert project.working_copies.count() == 1


def test_submitted_import_waits_for_the_moderators():
    project = bring(make_full(), Status.PUBLISHED)
    person = make_person("admin")
    content = exported(Titel="Neuer Titel")
    importing.run(content, source="L", by=person, limits=importing.DESK, is_submitted=True, agree=lambda told: True)
    copy = project.working_copies.get()
    assert copy.status == Status.SUBMITTED
    assert store(content).unchanged == 1
    assert problems(exported(Titel="Noch neuer")) == [
        ("A2", "Das Projekt liegt gerade bei der Moderation und kann nicht geändert werden.")
    ]
    assert workflow.publish(copy, by=None).title == "Neuer Titel"
    assert store(content).unchanged == 1


def test_incomplete_row_cannot_be_submitted():
    said = {message for _cell, message in problems(table(line()), is_submitted=True)}
    assert "Beschreiben Sie, wie das Projekt funktioniert." in said
    assert len(said) == 3
    assert Project.objects.count() == 0


def test_change_after_the_export_is_not_overwritten():
    project = bring(make_full(), Status.PUBLISHED)
    content = exported(Titel="Neuer Titel")
    workflow.confirm(project)
    assert problems(content)[0][1].startswith("Das Projekt wurde seit dem Export geändert (Fassung 4).")
    assert run(exported()).unchanged == 1


def test_columns_that_are_missing_stay_as_they_are():
    project = bring(make_full(goals="Ziele"), Status.PUBLISHED)
    store(table([project.pk, "Neuer Titel"], head=["Projektnummer", "Titel"]))
    copy = project.working_copies.get()
    assert snapshot.to_data(copy) == snapshot.to_data(project) | {"title": "Neuer Titel"}


def test_empty_cell_empties_and_unknown_columns_are_told():
    project = bring(make_full(goals="Ziele"), Status.PUBLISHED)
    result = store(table([project.pk, "", "?"], head=["Projektnummer", "Ziele", "Farbe"]))
    assert result.unknown == ["Farbe"]
    assert project.working_copies.get().goals == ""


def test_contact_of_a_new_row_is_made_once_and_shows_no_address():
    body = make_municipality()
    head = [*HEAD, "Ansprechstelle", "Organisation der Ansprechstelle", "E-Mail-Adresse der Ansprechstelle"]
    rows = [[*line(key, body=body), "Integration", "Stadt", "stelle@example.org"] for key in "123"]
    store(table(*rows, head=head))
    contact = Contact.objects.get()
    assert (contact.public_level, contact.municipality, contact.projects.count()) == (ContactLevel.FUNCTION, body, 3)


def test_what_is_not_taken_over_is_told():
    contact = Contact.objects.create(function="A", organisation="B", email="a@example.org", public_level="all")
    bring(make_full(contact=contact), Status.PUBLISHED)
    result = run(exported(Ansprechstelle="Neu", Fassung="99"))
    assert (result.unchanged, result.left_out) == (1, [{"line": 2, "columns": ["Ansprechstelle"]}])


def test_row_of_the_same_name_is_told():
    body = make_municipality()
    make_project(lead=body, title="Sprachcafé")
    there = make_project(lead=body, title="Sprachcafé", status=Status.PUBLISHED)
    assert run(table(line(body=body))).added[0]["twins"] == [str(there.pk)]


# --- preview and application ------------------------------------------------------------------------------------------


def kept(content, **more) -> SheetImport:
    fields = {"file_name": "liste.csv", "source": "Liste", "by": None, "is_submitted": False, **more}
    return importing.begin(content, **fields)


def apply(row: SheetImport) -> bool:
    return importing.apply(row.pk, by=None, fingerprint=row.fingerprint)


def test_preview_changes_nothing_and_application_does_what_it_said():
    row = kept(table(line()))
    assert Project.objects.count() == 0
    assert apply(row)
    assert apply(row)
    assert Project.objects.count() == 1
    row.refresh_from_db()
    assert (row.content, row.applied_at is not None) == (None, True)


def test_what_changed_since_the_preview_is_shown_anew():
    project = bring(make_full(), Status.PUBLISHED)
    row = kept(table([project.pk, "Neuer Titel"], head=["Projektnummer", "Titel"]))
    copy = workflow.open_copy(project, by=None)
    Project.objects.filter(pk=copy.pk).update(title="Dritter Titel")
    assert not apply(row)
    copy.refresh_from_db()
    assert copy.title == "Dritter Titel"
    row.refresh_from_db()
    assert row.preview["changed"][0]["changes"] == [["Kopf: Titel", "Dritter Titel", "Neuer Titel"]]
    assert apply(row)


@pytest.mark.django_db(transaction=True)
def test_two_tables_of_one_list_at_once_make_each_row_once():
    body = make_municipality()
    content = table(*(line(str(number), body=body) for number in range(20)))
    waiting = iter([kept(content), kept(content)])
    assert sorted(at_once(2, lambda: apply(next(waiting))), key=str) == [False, True]
    assert Project.objects.count() == 20


def test_command_imports_and_explains(tmp_path, capsys):
    file = tmp_path / "liste.csv"
    file.write_bytes(table(line()))
    call_command("import_projects", str(file), "--source", "Liste", "--dry-run")
    assert (Project.objects.count(), SheetImport.objects.count()) == (0, 0)
    call_command("import_projects", str(file), "--source", "Liste")
    call_command("import_projects", str(file), "--source", "Liste")
    assert capsys.readouterr().out.splitlines() == [
        "1 neu, 0 geändert, 0 unverändert (nur geprüft).",
        "1 neu, 0 geändert, 0 unverändert.",
        "0 neu, 0 geändert, 1 unverändert.",
    ]
    assert SheetImport.objects.get().applied_at
    file.write_bytes(table(line(stage="?")))
    with pytest.raises(CommandError, match="1 Zelle"):
        call_command("import_projects", str(file), "--source", "Liste")
    assert "D2 Projektstand: „?“ steht nicht in der Liste." in capsys.readouterr().err


def test_template_can_be_filled_in_and_read():
    body = make_municipality()
    rows = sheets._workbook(template.workbook(), importing.DESK)
    assert rows[0][:2] == ["Eigene Kennung", "Titel"]
    cells = {"Eigene Kennung": "1", "Titel": "Neu", "Schlüssel der Kommune": body.key, "Projektstand": "Pilot"}
    result = run(table([cells.get(title, "") for title in rows[0]], head=rows[0]))
    assert (result.unknown, result.problems, len(result.added)) == ([], [], 1)
