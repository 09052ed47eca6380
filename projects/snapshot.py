"""The content of a record as plain data: to keep it, to compare it, to write it back. Decides nothing.

What others say of a project (adoptions, approvals, the register of obstacles) and its life (status, dates, numbers) are
not content. A related row is kept by its id with the name that it had, so renaming later changes nothing; the addresses
and telephone numbers of a contact are not kept, because versions are never deleted.
"""

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from datetime import date
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from django.db import models
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from . import pictures, submission
from .models import Attachment, Obstacle, Picture, Precision, Project
from .shared_obstacles import cases_kept

SCHEMA = 1
# Content by part of the submission, in the order in which people read it: columns, related terms, rows.
FIELDS: Mapping[str, str] = {
    "head": "title summary lead further operator operator_kind partners licence",
    "classification": "topics target_groups stage started_on started_precision ended_on ended_precision reach",
    "story": "initial_situation goals approach steps results lessons end_cause end_reason editorial_note",
    "effort": (
        "cost_one_off cost_one_off_estimated cost_yearly cost_yearly_estimated cost_note staff_fte staff_note "
        "volunteers volunteers_note volunteer_hours_month staffing people_reached people_period people_note"
    ),
    "money": "has_no_funding financings",
    "evidence": "evidence key_figures references",
    "transfer": "prerequisites transfer_effort help_offered adopted_from",
    "obstacles": "obstacles",
    "contact": "contact",
    "pictures": "pictures attachments",
}
PART_OF = {name: part for part, names in FIELDS.items() for name in names.split()}
PRECISIONS = {"started_on": "started_precision", "ended_on": "ended_precision", "measured_on": "measured_precision"}
NOT_CONTENT = {Obstacle._meta.get_field("shared")}  # moderators put obstacles into the register
FILES: Mapping[str, type[Picture] | type[Attachment]] = {"pictures": Picture, "attachments": Attachment}
UNSEEN = {"position", "width", "height", "size"}  # of rows: no news for a reader by themselves


class RestoreError(Exception):
    """Something that the old content refers to is gone; the text names it."""


class Difference(NamedTuple):
    """What changed in one field or row, in German; an empty side is „keine Angabe“ or, for rows, not there."""

    part: str
    part_label: str | Promise
    label: str
    old: str
    new: str


# --- record → data ----------------------------------------------------------------------------------------------------


def to_data(project: Project) -> dict[str, Any]:
    """The content as values that JSON knows, always in the same order; `restore` is the reverse."""
    data: dict[str, Any] = {"schema": SCHEMA}
    for name in PART_OF:
        field = Project._meta.get_field(name)
        if field.one_to_many:
            data[name] = [_row_to_data(row) for row in _rows(project, field.related_model)]
        elif field.many_to_many:
            terms = field.related_model._default_manager.filter(**{field.related_query_name(): project})
            data[name] = [_reference(term) for term in terms.order_by("pk")]
        else:
            data[name] = _value_to_data(project, field)
    return data


def _rows(project: Project, model: type[models.Model]) -> models.QuerySet:
    return model._default_manager.filter(project=project).select_related(*_foreign_keys(model))


def _row_to_data(row: models.Model) -> dict[str, Any]:
    return {field.name: _value_to_data(row, field) for field in _columns(type(row))}


def _columns(model: type[models.Model]) -> list[models.Field]:
    """Columns of a row that are content: not its number, not its project."""
    return [
        field
        for field in model._meta.concrete_fields
        if field not in NOT_CONTENT
        and not (field.primary_key or field.generated or field.related_model is Project or field.name.endswith("_at"))
    ]


def _foreign_keys(model: type[models.Model]) -> list[str]:
    return [field.name for field in _columns(model) if field.many_to_one] or ["project"]


def _reference(row: models.Model) -> dict[str, Any]:
    return {"id": row.pk, "name": str(row)}


def _value_to_data(row: models.Model, field: models.Field) -> Any:
    if field.many_to_one:
        related = getattr(row, field.name)
        return _reference(related) if related else None
    value = getattr(row, field.attname)
    if isinstance(field, models.FileField):
        return value.name
    if value is None or isinstance(value, bool | int | str):
        return str(value) if isinstance(value, str) else value
    if isinstance(field, models.DecimalField):
        return f"{Decimal(value):.{field.decimal_places}f}"
    return value.isoformat() if isinstance(value, date) else list(value)


# --- data → record ----------------------------------------------------------------------------------------------------


def restore(project: Project, data: Mapping[str, Any]) -> list[str]:
    """Writes the content `data` into the project and saves it; rows that are the same already stay the same rows.

    Belongs into a transaction that holds the project's lock. What the data do not mention stays as it is. Returns the
    names of pictures and papers that had to be left out, see `restorable`.
    """
    _check_references(data)
    data, lost = restorable(project, data)
    names = [name for name in PART_OF if name in data]
    for name in names:
        field = Project._meta.get_field(name)
        if field.concrete and not field.many_to_many:
            setattr(project, field.attname, _value_from_data(field, data[name]))
    project.save()
    for name in names:
        field = Project._meta.get_field(name)
        if field.many_to_many:
            getattr(project, name).set([reference["id"] for reference in data[name]])
        elif field.one_to_many:
            with cases_kept(project) if field.related_model is Obstacle else nullcontext():
                _restore_rows(project, field, data[name])
    return lost


def restorable(project: Project, data: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The content without pictures and papers whose files are gone, and what these were called („Bild: Richtfest“).

    What the project shows already, or the one that it revises, counts as there: a storage that is away for a moment
    takes nothing from anybody.
    """
    content, lost = dict(data), []
    owners = [pk for pk in (project.pk, project.revises_id) if pk]
    for name in FILES.keys() & data.keys():
        model, content[name] = FILES[name], []
        shown = set(model.objects.filter(project__in=owners).values_list("file", flat=True))
        for values in data[name]:
            row = _row_from_data(project, model, values)
            if row.file.name in shown or pictures.are_stored(row):
                content[name].append(values)
            else:
                lost.append(f"{model._meta.verbose_name}: {row}")
    return content, sorted(lost)


def _restore_rows(project: Project, field: Any, wanted: list[dict[str, Any]]) -> None:
    model = field.related_model
    rows = _rows(project, model)
    if [_row_to_data(row) for row in rows] == wanted:
        return
    rows.delete()
    model._default_manager.bulk_create(_row_from_data(project, model, row) for row in wanted)


def _row_from_data(project: Project, model: type[models.Model], data: Mapping[str, Any]) -> models.Model:
    columns = {column.name: column for column in _columns(model)}
    known = {columns[name]: value for name, value in data.items() if name in columns}
    values = {column.attname: _value_from_data(column, value) for column, value in known.items()}
    return model(project=project, **values)


def _value_from_data(field: models.Field, value: Any) -> Any:
    if field.many_to_one:
        return value["id"] if value else None
    return value if isinstance(field, models.FileField) else field.to_python(value)


def _check_references(data: Mapping[str, Any]) -> None:
    """Everything that the data refer to still has to be there."""
    wanted: dict[type[models.Model], dict[int, str]] = {}
    for model, reference in _references(data):
        wanted.setdefault(model, {})[reference["id"]] = reference["name"]
    gone = []
    for model, names in wanted.items():
        there = set(model._default_manager.filter(pk__in=names).values_list("pk", flat=True))
        gone += [f"{model._meta.verbose_name}: {name}" for pk, name in names.items() if pk not in there]
    if gone:
        raise RestoreError(_("Das gibt es nicht mehr: %(gone)s") % {"gone": "; ".join(gone)})


def _references(data: Mapping[str, Any]) -> Iterator[tuple[type[models.Model], dict[str, Any]]]:
    for name in PART_OF.keys() & data.keys():
        field = Project._meta.get_field(name)
        if field.one_to_many:
            for column in _columns(field.related_model):
                if column.many_to_one:
                    yield from ((column.related_model, row[column.name]) for row in data[name] if row.get(column.name))
        elif field.many_to_many:
            yield from ((field.related_model, reference) for reference in data[name])
        elif field.many_to_one and data[name]:
            yield field.related_model, data[name]


# --- two records side by side -----------------------------------------------------------------------------------------


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    """What a reader would see change from one content to the other, in the order of the parts."""
    return [
        Difference(part, submission.BY_NAME[part].label, *change)
        for name, part in PART_OF.items()
        if name not in PRECISIONS.values()
        for change in _changes(name, old, new)
    ]


def _changes(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    field = Project._meta.get_field(name)
    if field.one_to_many:
        label = str(field.related_model._meta.verbose_name)
        before = [_row_text(field.related_model, row) for row in old.get(name, [])]
        after = [_row_text(field.related_model, row) for row in new.get(name, [])]
        yield from ((label, *pair) for pair in _row_changes(before, after))
        return
    if field.many_to_many:
        texts = [", ".join(sorted(term["name"] for term in data.get(name, []))) for data in (old, new)]
        is_same = {term["id"] for term in old.get(name, [])} == {term["id"] for term in new.get(name, [])}
    else:
        texts = [_text(field, data) for data in (old, new)]
        is_same = texts[0] == texts[1] if not field.many_to_one else _id(old.get(name)) == _id(new.get(name))
    if not is_same:
        yield str(field.verbose_name), texts[0], texts[1]


def _row_changes(before: list[str], after: list[str]) -> Iterator[tuple[str, str]]:
    """Rows that were changed, came or went; rows that only moved are told as such."""
    for tag, start, stop, begin, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            gone, come = before[start:stop], after[begin:end]
            for place in range(max(len(gone), len(come))):
                yield "".join(gone[place : place + 1]), "".join(come[place : place + 1])


def _row_text(model: type[models.Model], row: Mapping[str, Any]) -> str:
    """A row in one line: „Fördermittelgeber: Land Niedersachsen; Betrag in Euro: 1.400.000“."""
    said = []
    for field in _columns(model):
        text = "" if field.name in UNSEEN or field.name in PRECISIONS.values() else _text(field, row)
        if text and not (isinstance(field, models.BooleanField) and not row[field.name]):
            said.append(f"{field.verbose_name}: {text}")
    return "; ".join(said)


def _id(reference: Mapping[str, Any] | None) -> int | None:
    return reference["id"] if reference else None


def _text(field: models.Field, data: Mapping[str, Any]) -> str:
    value = data.get(field.name)
    if value in (None, "", []):
        return ""
    if field.many_to_one:
        return value["name"]
    if isinstance(field, models.BooleanField):
        return _("ja") if value else _("nein")
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.DateField):
        return _date_text(date.fromisoformat(value), data.get(PRECISIONS.get(field.name, ""), Precision.DAY))
    if isinstance(field, models.DecimalField):
        number = Decimal(value)
        places = 0 if number == number.to_integral_value() else field.decimal_places
        return number_format(number, decimal_pos=places, use_l10n=True, force_grouping=True)
    if isinstance(value, list):
        return ", ".join(str(number) for number in value)
    return str(value)


def _date_text(day: date, precision: str) -> str:
    if precision == Precision.YEAR:
        return str(day.year)
    return f"{day.month}/{day.year}" if precision == Precision.MONTH else f"{day.day}.{day.month}.{day.year}"
