"""Which project each row of a table is about, and which of its cells say something new."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from municipalities.clean_fields import LineField, clean_text
from projects import workflow
from projects.models import ImportedRow, Project, Status
from projects.models.status import EDITABLE
from projects.open_data import project_table, records, tables
from projects.open_data.columns import COLUMNS, Choices

from .cells import LEAD
from .checking import PARTS, READ, Problem
from .sheets import OWN_KEY, Row, Sheet

T = TypeVar("T")
BATCH = 500
OWN_KEY_FIELD = LineField(max_length=100, required=False)
# The version is compared, not taken; the address of the page says nothing that the number does not.
UNTOLD = {"id", "url", "version", OWN_KEY.name}
ON_THE_PAGE_ONLY = frozenset(PARTS["contact"])  # of a project that is there: how much of a contact shows is not said


@dataclass
class Target:
    """A row with its project, if there is one, and the record that would be `edited`: itself or a working copy."""

    row: Row
    own_key: str = ""
    project: Project | None = None
    edited: Project | None = None
    imported: ImportedRow | None = None
    stored: Mapping[str, str] = field(default_factory=dict)
    numbers: Sequence[int] = ()
    touched: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    @property
    def digests(self) -> dict[str, str]:
        return {name: digest(text) for name, text in self.row.cells.items() if name in READ}


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


def targets(
    sheet: Sheet, source: str, vocabularies: Mapping[str, Choices], *, lock: bool
) -> tuple[list[Target], list[Problem]]:
    """A target for each row that can be told apart, and what is wrong with the others. `lock`: nobody else edits."""
    found, problems = _told_apart(sheet)
    _find_projects(found, source, lock=lock)
    _read_records(found, sheet, vocabularies)
    kept = []
    for target in found:
        problem = _unknown(target) or (_closed(target) if target.touched else None)
        problems += [problem] if problem else []
        kept += [] if problem else [target]
    return kept, problems


def _told_apart(sheet: Sheet) -> tuple[list[Target], list[Problem]]:
    """By project number, else by the list's own key; each may stand in one row only."""
    found: list[Target] = []
    problems, seen = [], {}
    for row in sheet.rows:
        number, own_key, column = row.cells.get("id", ""), "", "id"
        try:
            if not number:
                column = OWN_KEY.name
                own_key = OWN_KEY_FIELD.clean(row.cells.get(column, ""))
                if not own_key:
                    raise ValidationError(_("Neue Zeilen brauchen eine eigene Kennung, zum Beispiel: 1, 2, 3"))
            elif not (number.isascii() and number.isdecimal() and len(number) < 10):
                raise ValidationError(_("Das ist keine Projektnummer. Neue Zeilen lassen das Feld leer."))
            if (first := seen.setdefault((column, own_key or int(number)), row.number)) != row.number:
                raise ValidationError(_("Dieselbe Kennung steht schon in Zeile %(line)d.") % {"line": first})
        except ValidationError as error:
            problems.append(Problem(row.number, column, number or own_key, " ".join(error.messages)))
        else:
            found.append(Target(row, own_key))
    return found, problems


def _find_projects(found: Sequence[Target], source: str, *, lock: bool) -> None:
    numbers = {int(target.row.cells["id"]) for target in found if not target.own_key}
    keys = [target.own_key for target in found if target.own_key]
    imported = {row.own_key: row for row in ImportedRow.objects.filter(source=source.casefold(), own_key__in=keys)}
    wanted = numbers | {row.project_id for row in imported.values()}
    projects = Project.objects.select_related("lead").filter(pk__in=wanted)
    copies = Project.objects.select_related("lead").filter(revises__in=wanted, status__in=workflow.OPEN)
    if lock:
        projects, copies = (rows.order_by("pk").select_for_update(of=("self",)) for rows in (projects, copies))
    by_number = {project.pk: project for project in projects}
    by_original = {copy.revises_id: copy for copy in copies}
    for target in found:
        target.imported = imported.get(target.own_key)
        number = target.imported.project_id if target.imported else int(target.row.cells.get("id", 0))
        target.project = by_number.get(number)
        if not target.own_key and target.project and target.project.status != Status.PUBLISHED:
            target.project = None  # a number is in the export of what is public; nobody's draft is found by guessing
        target.edited = by_original.get(number, target.project)


def _unknown(target: Target) -> Problem | None:
    if target.own_key or target.project:
        return None
    said = _("Ein veröffentlichtes Projekt mit dieser Nummer gibt es nicht.")
    return Problem(target.row.number, "id", target.row.cells["id"], said)


def _closed(target: Target) -> Problem | None:
    """Why a project that the row would change cannot be changed now."""
    project, edited, cells = target.project, target.edited, target.row.cells
    if project is None or edited is None:
        return None
    column = OWN_KEY.name if target.own_key else "id"
    begin = target.row.number, column, cells.get(column, "")
    if edited.status == Status.SUBMITTED:
        return Problem(*begin, _("Das Projekt liegt gerade bei der Moderation und kann nicht geändert werden."))
    if edited.status not in (*EDITABLE, Status.PUBLISHED):
        said = _("Das Projekt ist %(status)s und kann nicht geändert werden.")
        return Problem(*begin, said % {"status": edited.get_status_display()})
    version = cells.get("version", "")
    if not target.own_key and version and version != str(project.version):
        said = _(
            "Das Projekt wurde seit dem Export geändert (Fassung %(now)s). Bitte exportieren Sie neu und tragen Sie "
            "Ihre Änderung dort ein."
        )
        return Problem(target.row.number, "version", version, said % {"now": project.version})
    return None


def _read_records(found: Sequence[Target], sheet: Sheet, vocabularies: Mapping[str, Choices]) -> None:
    """Which cells differ from what the export says of the project, or from what the list said the last time."""
    codes, labels = project_table.row_maker(COLUMNS, None), project_table.row_maker(COLUMNS, vocabularies)
    for batch in _batches(target for target in found if target.project):
        wanted = {project.pk for target in batch for project in (target.project, target.edited)}
        read = records.records_of(wanted)
        spelled = {pk: _texts(codes(record), labels(record)) for pk, record in read.items()}
        for target in batch:
            now, public = spelled[target.edited.pk], spelled[target.project.pk]
            target.stored = {name: texts[0] for name, texts in now.items()}
            target.numbers = [row["number"] for row in read[target.edited.pk]["references"]]
            _compare(target, sheet, public, now)
    for target in found:
        if target.project is None:
            target.touched = {name: text for name, text in target.row.cells.items() if name in READ}


def _compare(target: Target, sheet: Sheet, public: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    for name in sheet.letters.keys() - UNTOLD:
        text = target.row.cells.get(name, "")
        if target.imported:
            is_same = target.imported.cells.get(name, digest("")) == digest(text)
        else:
            is_same = text in public[name]
        if is_same or text in now[name]:
            continue
        if name in READ and name not in ON_THE_PAGE_ONLY:
            target.touched[name] = text
        elif name in ON_THE_PAGE_ONLY or not target.imported:
            target.left_out.append(name)
    if target.touched.keys() & set(LEAD):  # both say which municipality leads, so they count together
        target.touched |= {name: target.row.cells[name] for name in LEAD if name in target.row.cells}


def _texts(codes: Iterable[Any], labels: Iterable[Any]) -> dict[str, tuple[str, str]]:
    """Each cell of a project as the export for programs and as that for spreadsheets has it."""
    return {
        column.name: (
            clean_text(tables.text_of(code, for_programs=True)),
            clean_text(tables.text_of(label)),
        )
        for column, code, label in zip(COLUMNS, codes, labels, strict=True)
    }


def _batches(rows: Iterable[T]) -> Iterator[list[T]]:
    left = iter(rows)
    while batch := [*islice(left, BATCH)]:
        yield batch
