"""One part of a project being edited: its form and rows as one page, stored whole, compared where two people wrote.

The page carries `version`, a fingerprint of what was stored when it was shown. Where that no longer fits and the texts
differ, nothing is stored and both texts are shown.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django import forms
from django.db import OperationalError, connection, transaction
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from municipalities.models import Municipality, User

from . import access, submission_forms, submission_rows
from .models import Contact, Project
from .models.status import EDITABLE
from .submission import Part
from .typed_texts import Pairs, as_data

FORMS: dict[str, type[submission_forms.PartForm]] = {
    "head": submission_forms.HeadForm,
    "classification": submission_forms.ClassificationForm,
    "story": submission_forms.StoryForm,
    "effort": submission_forms.EffortForm,
    "money": submission_forms.MoneyForm,
    "evidence": submission_forms.EvidenceForm,
    "transfer": submission_forms.TransferForm,
    "obstacles": None,  # type: ignore[dict-item] # rows only
    "contact": submission_forms.ContactForm,
}


def bodies_for(user: User, project: Project | None = None) -> Any:
    """Municipalities that may lead: those the person acts for, and the one that leads already."""
    bodies = access.municipalities_of(user).with_projects_possible()
    return Municipality.objects.filter(Q(pk__in=bodies.values("pk")) | Q(pk=project.lead_id)) if project else bodies


def as_pairs(form: forms.BaseForm) -> Pairs:
    """What a browser would send of this unbound form if nobody touched it."""
    pairs = []
    for bound in form:
        value = bound.value()
        if isinstance(bound.field.widget, forms.CheckboxInput):
            pairs += [[bound.html_name, "on"]] if value else []
            continue
        values = value if isinstance(value, list | tuple) else [value]
        pairs += [[bound.html_name, str(item)] for item in values if item not in (None, "")]
    return pairs


def fill_in(form: forms.BaseForm, data: QueryDict) -> None:
    """Shows in an unbound form what was typed, without judging it."""
    for name, field in form.fields.items():
        form.initial[name] = field.widget.value_from_datadict(data, {}, form.add_prefix(name))


@dataclass(frozen=True)
class Difference:
    """A field (or the rows of one kind) in which what was typed and what is stored are not the same."""

    name: str
    label: str
    typed: str
    stored: str


class PartPage:
    """The form and the rows of one part: as stored, as typed before (`typed`), or as sent just now (`data`)."""

    def __init__(
        self, part: Part, project: Project, user: User, *, data: QueryDict | None = None, typed: Pairs | None = None
    ):
        self.part, self.project, self.user = part, project, user
        self._row_options = {rows: rows.options(project) for rows in submission_rows.ROW_SETS.get(part.name, ())}
        stored = self._unbound()
        self.stored_pairs = [pair for form in self._flat(*stored) for pair in as_pairs(form)]
        for rows in stored[1]:
            self.stored_pairs += [
                [f"{rows.prefix}-TOTAL_FORMS", str(len(rows.forms))],
                [f"{rows.prefix}-INITIAL_FORMS", "0"],
            ]
        self.current_version = fingerprint(self.stored_pairs)
        self.version = self.current_version
        if data is not None:
            self.form, self.row_sets = self._bound(data)
        elif typed is not None:
            self.form, self.row_sets = self._filled(as_data(typed))
        else:
            self.form, self.row_sets = stored

    # building

    @cached_property
    def _form_options(self) -> dict[str, Any]:
        if self.part.name == "head":
            return {"bodies": bodies_for(self.user, self.project)}
        if self.part.name == "contact":
            return {"contacts": list(contacts_for(self.project))}
        return {}

    def _make_form(self, data: QueryDict | None) -> forms.BaseForm | None:
        form_class = FORMS[self.part.name]
        if form_class is None:
            return None
        if self.part.name == "contact":
            return self._contact_form(data)
        # The stored pairs were read from the same object, which a bound form changes even where it is not valid.
        return form_class(data, instance=self.project, **self._form_options)

    def _contact_form(self, data: QueryDict | None) -> forms.BaseForm:
        contact = self.project.contact
        own = contact if contact and is_only_here(contact, self.project) else None
        initial = {"choice": "edit" if own else self.project.contact_id or ""}
        offered = [other for other in self._form_options["contacts"] if own is None or other.pk != own.pk]
        return submission_forms.ContactForm(data, instance=own, initial=initial, contacts=offered)

    def _make_rows(self, rows: Any, data: QueryDict | None, initial: list[dict[str, Any]] | None) -> Any:
        made = rows(data, initial=initial, form_kwargs=dict(self._row_options[rows]))
        if data is None and not made.forms:
            made.extra = 1
            del made.forms  # a cached property: once more, with one empty row to begin with
            for position, row in enumerate(made.forms, start=1):
                row.position = position
        return made

    def _unbound(self) -> tuple[Any, list[Any]]:
        return self._make_form(None), [
            self._make_rows(rows, None, rows.stored(self.project)) for rows in self._row_options
        ]

    def _bound(self, data: QueryDict) -> tuple[Any, list[Any]]:
        return self._make_form(data), [self._make_rows(rows, data, None) for rows in self._row_options]

    def _filled(self, data: QueryDict) -> tuple[Any, list[Any]]:
        form = self._make_form(None)
        if form is not None:
            fill_in(form, data)
        row_sets = []
        for rows in self._row_options:
            count = submission_rows.count_rows(data, rows.related)
            made = self._make_rows(rows, None, [{} for _number in range(count)])
            for row in made.forms[:count]:
                fill_in(row, data)
            row_sets.append(made)
        self.version = data.get("version", "") or self.current_version
        return form, row_sets

    @staticmethod
    def _flat(form: Any, row_sets: Iterable[Any]) -> list[forms.BaseForm]:
        return [*([form] if form else []), *(row for rows in row_sets for row in rows.forms)]

    @property
    def all_forms(self) -> list[forms.BaseForm]:
        return self._flat(self.form, self.row_sets)

    # judging

    def is_valid(self) -> bool:
        valid = [part.is_valid() for part in (self.form, *self.row_sets) if part is not None]
        self._check_together()
        return all(valid) and not any(form.errors for form in self.all_forms)

    def _check_together(self) -> None:
        if self.part.name == "evidence":
            figures, references = self.row_sets
            if references.is_valid():
                refuse_unknown_cites(figures.filled, references.numbers)
        if self.part.name == "money":
            refuse_money_of_unfunded(self.form, self.row_sets[0].filled)

    @cached_property
    def problems(self) -> list[dict[str, Any]]:
        """For the error summary: where, what and the id of the field."""
        found = []
        for form in self.all_forms:
            if not form.is_bound:
                continue
            found += [{"id": "", "text": error} for error in form.non_field_errors()]
            for bound in form:
                target = f"{bound.auto_id}_0" if bound.use_fieldset else bound.id_for_label
                for error in bound.errors:
                    found.append({"id": target, "text": self._name_of(form) + labelled(bound.label, error)})
        for rows in self.row_sets:
            found += [{"id": "", "text": error} for error in (rows.non_form_errors() if rows.is_bound else ())]
        return found

    def _name_of(self, form: Any) -> str:
        for rows in self.row_sets:
            if form in rows.forms:
                return f"{rows.label} {form.position}, "
        return ""

    def differences(self, stored: "PartPage") -> list[Difference]:
        """Where this bound page and the bound page of what is stored do not say the same."""
        found = []
        for bound in self.form or ():
            mine, theirs = self.form.cleaned_data, stored.form.cleaned_data
            same = (
                bound.name in mine and bound.name in theirs and _plain(mine[bound.name]) == _plain(theirs[bound.name])
            )
            if not same:
                other = stored.form[bound.name]
                found.append(Difference(bound.html_name, str(bound.label), shown(bound), shown(other)))
        for rows, others in zip(self.row_sets, stored.row_sets, strict=True):
            if described(rows) != described(others):
                found.append(Difference(rows.prefix, str(rows.plural), described(rows), described(others)))
        return found

    # storing

    def save(self) -> None:
        """Stores the part; call within a transaction that holds the project, with a valid page."""
        if self.part.name == "contact":
            self._save_contact()
        elif self.form is not None:
            self.form.save(commit=False)
            self.project.save(update_fields=self.form.stored_fields)
            self.form.save_m2m()
        for rows in self.row_sets:
            rows.save(self.project)

    def _save_contact(self) -> None:
        form = self.form
        if form.cleaned_data["choice"] == "new":
            form.instance = Contact(municipality_id=self.project.lead_id)
            for name in form._meta.fields:
                setattr(form.instance, name, form.cleaned_data[name])
        if form.writes:
            form.instance.save()
            self.project.contact = form.instance
        else:
            self.project.contact = form.contacts.get(form.cleaned_data["choice"])
        self.project.save(update_fields=["contact"])


def refuse_unknown_cites(rows: Iterable[forms.BaseForm], numbers: Iterable[int]) -> None:
    """Key figures cite sources of the same page only."""
    for row in rows:
        if unknown := set(row.cleaned_data.get("cites", ())) - set(numbers):
            row.add_error("cites", _("Diese Quelle steht nicht unten: %(number)s.") % {"number": min(unknown)})


def refuse_money_of_unfunded(form: forms.BaseForm, rows: Sequence[Any]) -> None:
    """What needs no money has no sources of money."""
    if form.cleaned_data.get("has_no_funding") and rows:
        form.add_error("has_no_funding", _("Unten stehen Geldquellen. Entfernen Sie diese oder den Haken."))


def contacts_for(project: Project) -> Any:
    return Contact.objects.filter(municipality=project.lead_id) | Contact.objects.filter(pk=project.contact_id)


def is_only_here(contact: Contact, project: Project) -> bool:
    """Whether changing the contact here changes no other project's."""
    return contact.municipality_id == project.lead_id and not contact.projects.exclude(pk=project.pk).exists()


def fingerprint(pairs: Pairs) -> str:
    """Short and the same for the same stored content; never a secret."""
    return hashlib.sha256(json.dumps(pairs, ensure_ascii=True).encode()).hexdigest()[:24]


def _plain(value: Any) -> Any:
    return sorted(map(str, value)) if hasattr(value, "__iter__") and not isinstance(value, str) else value


def shown(bound: forms.BoundField) -> str:
    """What stands in a bound field, in words."""
    value = bound.value()
    choices = dict(_flat_choices(getattr(bound.field, "choices", ())))
    if isinstance(bound.field.widget, forms.CheckboxInput):
        return _("ja") if value else _("nein")
    values = value if isinstance(value, list | tuple) else [value]
    return ", ".join(str(choices.get(str(item), item)) for item in values if item not in (None, ""))


def _flat_choices(choices: Iterable[Any]) -> Iterable[tuple[str, Any]]:
    return ((str(key), label) for key, label in choices)


def labelled(label: Any, text: Any) -> str:
    """„Betrag: 5“, but „Wer gibt das Geld? Das Land“."""
    return f"{label}{'' if str(label).endswith(('.', '?')) else ':'} {text}"


def described(rows: Any) -> str:
    """Rows as text: one block a row, one line a field."""
    texts = []
    for row in rows.filled:
        shown_fields = ((bound.label, shown(bound)) for bound in row.visible_fields())
        texts.append("\n".join(labelled(label, text) for label, text in shown_fields if text))
    return "\n\n".join(texts)


# saving


ATTEMPTS = 10


class Outcome(Enum):
    SAVED = "saved"
    INVALID = "invalid"
    CONFLICT = "conflict"
    CLOSED = "closed"  # no longer open for changes, for instance submitted meanwhile


@dataclass
class Result:
    outcome: Outcome
    page: PartPage | None = None
    differences: tuple[Difference, ...] = ()


def save_part(part: Part, pk: int, user: User, data: QueryDict) -> Result:
    """Stores what was sent, if it is valid and nobody else changed the part since the page was shown.

    Everything is read and judged before the row is locked, so that people who save at the same moment hardly wait for
    each other; whoever finds the project changed in between looks again.
    """
    for _attempt in range(ATTEMPTS):
        result = _judge(part, pk, user, data.copy())
        if result.outcome != Outcome.SAVED or _store(result.page):
            return result
    raise OperationalError("the project changed with every attempt")  # answered like a database that is too busy


def _judge(part: Part, pk: int, user: User, data: QueryDict) -> Result:
    project = Project.objects.filter(pk=pk, status__in=EDITABLE).select_related("lead", "contact").first()
    if project is None:
        return Result(Outcome.CLOSED)
    before = PartPage(part, project, user)
    _take_stored(data, before.stored_pairs)
    page = PartPage(part, copy(project), user, data=data)  # a bound form changes its object, valid or not
    is_valid = page.is_valid()
    if data.get("version") != page.current_version and (found := _compare(page, before)):
        return Result(Outcome.CONFLICT, page, tuple(found))
    if not is_valid:
        page.version = data.get("version", "")
        return Result(Outcome.INVALID, page)
    return Result(Outcome.SAVED, page)


def _store(page: PartPage) -> bool:
    """Stores a valid page, unless the project is no longer the one that the page was judged by."""
    project = page.project
    with transaction.atomic():
        with connection.cursor() as cursor:  # lock_timeout alone counts anew for each place in the queue for a row
            cursor.execute("SET LOCAL statement_timeout = 2500")
        same = Project.objects.filter(pk=project.pk, version=project.version, status__in=EDITABLE)
        if not same.update(version=project.version + 1, changed_at=timezone.now()):
            return False
        page.save()
        return True


def _compare(page: PartPage, before: PartPage) -> list[Difference]:
    stored = PartPage(page.part, before.project, page.user, data=as_data(before.stored_pairs))
    stored.is_valid()
    return page.differences(stored)


def typed_only(part: Part, project: Project, user: User, data: QueryDict) -> list[Difference]:
    """What was typed and cannot be stored any more, for showing it."""
    before = PartPage(part, project, user)
    page = PartPage(part, copy(project), user, data=data)
    page.is_valid()
    return _compare(page, before)


def _take_stored(data: QueryDict, stored: Pairs) -> None:
    """On the page with both texts the person may have chosen the stored one for some fields."""
    chosen = [key.removeprefix("keep-") for key, value in data.items() if key.startswith("keep-") and value == "stored"]
    for name in chosen:

        def belongs(key: str, name: str = name) -> bool:
            return key == name or key.startswith(f"{name}-")

        for key in [key for key in data if belongs(key)]:
            del data[key]
        for key, value in stored:
            if belongs(key):
                data.appendlist(key, value)
