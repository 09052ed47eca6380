"""A table becomes drafts and working copies, all rows or none; the preview is the same thing, taken back at its end."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from municipalities.models import User
from projects import workflow
from projects.models import ImportedRow, Project, SheetImport, Status

from . import sheets, storing
from .cells import Lists, Places
from .checking import COLUMNS_OF, Checker, Content, Problem, Texts
from .sheets import ALL_COLUMNS, OWN_KEY, Limits, Sheet
from .targets import Target, targets

# A request has to answer before somebody gives up; the command may take its time.
DESK = Limits(settings.MAX_UPLOAD_BYTES, rows=1_000, letters=30_000_000, memory=700_000_000)
COMMAND = Limits(300_000_000, rows=20_000, letters=300_000_000, memory=4_000_000_000)
MOST_SHOWN = 200
LONGEST_SHOWN = 2_000  # letters of a text that changes
LONGEST_VALUE = 120


@dataclass
class Result:
    """What a table does: rows that become projects (`added`) or change one, and how many do nothing; or why not."""

    added: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    unchanged: int = 0
    left_out: list[dict[str, Any]] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    unknown: Sequence[str] = ()

    @property
    def fingerprint(self) -> str:
        """The same for the same effect, whenever it is worked out."""
        told = json.dumps([self.added, self.changed, self.unchanged], ensure_ascii=True)
        return sha256(told.encode()).hexdigest()

    @property
    def preview(self) -> dict[str, Any]:
        """What a page shows: the first rows of each kind, and how many there are."""
        lists = {name: getattr(self, name) for name in ("added", "changed", "left_out", "problems")}
        shown = {name: rows[:MOST_SHOWN] for name, rows in lists.items()}
        counts = {name: len(rows) for name, rows in lists.items()} | {"unchanged": self.unchanged}
        return {**shown, "counts": counts, "unknown": list(self.unknown), "can_apply": self.can_apply}

    def does_something(self) -> bool:
        return bool(self.added or self.changed)

    @property
    def can_apply(self) -> bool:
        return not self.problems and self.does_something()


class _UndoneError(Exception):
    """Takes everything back."""


def run(
    content: bytes,
    *,
    source: str,
    by: User | None,
    limits: Limits,
    is_submitted: bool = False,
    agree: Callable[[Result], bool] | None = None,
) -> Result:
    """Stores the table if nothing is wrong with it and `agree` says yes to its effect; otherwise only tells it.

    SheetError where the file is no table of projects.
    """
    sheet = sheets.read(content, limits)
    result = Result()
    try:
        with transaction.atomic():
            _wait_for_turn(source)
            result = _Import(sheet, source, by, is_submitted, is_kept=bool(agree)).result()
            if result.problems or not agree or not agree(result):
                raise _UndoneError
    except _UndoneError:
        pass
    return result


def _wait_for_turn(source: str) -> None:
    """One table of a list at a time: two that make the same row would each find that it is new."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"table {source.casefold()}"])


class _Import:
    def __init__(self, sheet: Sheet, source: str, by: User | None, is_submitted: bool, *, is_kept: bool) -> None:
        self.sheet, self.source, self.by, self.is_submitted = sheet, source, by, is_submitted
        self.lists = Lists.read()
        self.targets, self.problems = targets(sheet, source, self.lists.choices, lock=is_kept)
        cells = (texts for target in self.targets for texts in (target.row.cells, target.stored))
        self.checker = Checker(self.lists, Places(cells))
        self.told = Result(unknown=sheet.unknown)

    def result(self) -> Result:
        judged = [(target, content) for target in self.targets if (content := self._judge(target)) is not None]
        if not self.problems:
            self._store(judged)
        self.told.problems = [self._problem(problem) for problem in sorted(self.problems, key=self._place)]
        return self.told

    def _judge(self, target: Target) -> Content | None:
        """The content of a row that says something new; None for the others and for those that are wrong."""
        if target.left_out:
            labels = [str(ALL_COLUMNS[name].label) for name in sorted(target.left_out)]
            self.told.left_out.append({"line": target.row.number, "columns": labels})
        if target.project and not target.touched:
            self.told.unchanged += 1
            return None
        texts = Texts(target.touched, target.stored, self.sheet.for_programs)
        content = self.checker.check(target.row.number, texts, target.edited, target.numbers)
        if isinstance(content, list):
            self.problems += content
            return None
        return content

    def _store(self, judged: Sequence[tuple[Target, Content]]) -> None:
        new = [(target, content) for target, content in judged if target.project is None]
        made = storing.store_new([content for _target, content in new], by=self.by, sources=self.lists.sources)
        twins = self._twins(made)
        for (target, _content), project in zip(new, made, strict=True):
            told = self._told(target, project)
            self.told.added.append(told | {"twins": twins.get((project.lead_id, project.title.casefold()), [])})
            self._submit(target, project)
        self._remember([target for target, _content in new], made)
        for target, content in judged:
            if target.project is not None:
                self._change(target, content)

    def _change(self, target: Target, content: Content) -> None:
        project, differences = storing.store_change(target.edited, content, by=self.by, sources=self.lists.sources)
        if not differences:
            self.told.unchanged += 1
        else:
            changes = [
                [f"{change.part_label}: {change.label}", change.old[:LONGEST_SHOWN], change.new[:LONGEST_SHOWN]]
                for change in differences
            ]
            self.told.changed.append(self._told(target, target.project) | {"changes": changes})
            self._submit(target, project)

    def _remember(self, new: Sequence[Target], made: Sequence[Project]) -> None:
        """What stands in the cells now, so that the next time only what changes from now on is taken over."""
        rows = (
            ImportedRow(source=self.source.casefold(), own_key=target.own_key, project=project, cells=target.digests)
            for target, project in zip(new, made, strict=True)
        )
        ImportedRow.objects.bulk_create(rows, batch_size=storing.BATCH)
        again = []
        for row, digests in ((target.imported, target.digests) for target in self.targets if target.imported):
            kept = {name: digest for name, digest in row.cells.items() if name not in self.sheet.letters}
            if row.cells != kept | digests:
                row.cells = kept | digests
                again.append(row)
        ImportedRow.objects.bulk_update(again, ["cells"], batch_size=storing.BATCH)

    def _submit(self, target: Target, project: Project) -> None:
        """To the moderators, if that is wanted; what is missing for it is a problem of the row."""
        if not self.is_submitted:
            return
        try:
            workflow.submit(project, by=self.by, note=_("Aus der Tabelle „%(source)s“") % {"source": self.source})
        except workflow.IncompleteError as problem:
            for missing in problem.missing:
                column = COLUMNS_OF.get(missing.field, missing.field)
                self.problems.append(Problem(target.row.number, column, "", str(missing.message)))
        except workflow.WorkflowError as problem:
            self.problems.append(Problem(target.row.number, OWN_KEY.name, target.own_key, str(problem)))

    def _twins(self, made: Sequence[Project]) -> Mapping[tuple[int, str], list[str]]:
        """Titles that the same municipality has already, as addresses; nobody's drafts."""
        others = Project.objects.filter(
            lead__in={project.lead_id for project in made}, title__in={project.title for project in made}, revises=None
        )
        others = others.exclude(status=Status.DRAFT).exclude(pk__in=[project.pk for project in made]).order_by("pk")
        found: dict[tuple[int, str], list[str]] = {}
        for pk, lead, title in others.values_list("pk", "lead_id", "title"):
            found.setdefault((lead, title.casefold()), []).append(str(pk))
        return found

    def _told(self, target: Target, project: Project) -> dict[str, Any]:
        key = target.own_key or target.row.cells["id"]
        return {"line": target.row.number, "key": key, "title": project.title, "place": project.lead.display_name}

    def _place(self, problem: Problem) -> tuple[int, int]:
        """Problems are told in the order of reading; what the table has no column for comes first."""
        columns = list(self.sheet.letters)
        return problem.line, columns.index(problem.column) if problem.column in columns else -1

    def _problem(self, problem: Problem) -> dict[str, Any]:
        value = problem.value if len(problem.value) <= LONGEST_VALUE else f"{problem.value[:LONGEST_VALUE]}…"
        return {
            "line": problem.line,
            "letters": self.sheet.letters.get(problem.column, ""),
            "column": str(ALL_COLUMNS[problem.column].label),
            "value": value,
            "message": problem.message,
        }


# --- kept between preview and application -----------------------------------------------------------------------------


def begin(content: bytes, *, by: User | None, source: str, is_submitted: bool, file_name: str) -> SheetImport:
    """Keeps the file with the preview of what it would do; nothing else changes. SheetError as in `run`."""
    told = run(content, source=source, by=by, limits=DESK, is_submitted=is_submitted)
    kept = {"source": source, "is_submitted": is_submitted, "by": by, "content": content}
    return _recorded(told, content, file_name, **kept)


def bring_in(content: bytes, *, file_name: str, source: str, is_submitted: bool, is_kept: bool) -> Result:
    """For the command: at once, without a preview that somebody agrees to; the record of it is the same."""
    agree = Result.does_something if is_kept else None
    with transaction.atomic():
        told = run(content, source=source, by=None, limits=COMMAND, is_submitted=is_submitted, agree=agree)
        if is_kept and told.can_apply:
            _recorded(told, content, file_name, source=source, is_submitted=is_submitted, applied_at=timezone.now())
    return told


def _recorded(told: Result, file: bytes, file_name: str, **more: Any) -> SheetImport:
    """The row about a file with its preview; `more` says whether the file waits in it or was applied."""
    digest = sha256(file).hexdigest()
    effect = {"preview": told.preview, "fingerprint": told.fingerprint}
    return SheetImport.objects.create(file_name=file_name[:200], digest=digest, **effect, **more)


def apply(pk: int, *, by: User | None, fingerprint: str) -> bool:
    """Stores the file if it still does what the preview with this fingerprint shows; otherwise renews the preview.

    A file that was applied before is answered as success and nothing is written, so a button pressed twice counts once.
    """
    with transaction.atomic():
        kept = SheetImport.objects.select_for_update(of=("self",)).get(pk=pk)
        if kept.applied_at:
            return True
        if not kept.preview["can_apply"]:
            return False
        result = run(
            bytes(kept.content),
            source=kept.source,
            by=by,
            limits=DESK,
            is_submitted=kept.is_submitted,
            agree=lambda told: told.fingerprint == fingerprint,
        )
        kept.preview, kept.fingerprint = result.preview, result.fingerprint
        is_done = not result.problems and result.fingerprint == fingerprint
        if is_done:
            kept.applied_at, kept.by, kept.content = timezone.now(), by, None
        kept.save()
        return is_done
