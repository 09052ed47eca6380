"""A row of a table, judged by the forms of the submission: what it says is either stored whole or explained.

A form is made once for a table and bound anew for each row: making its fields takes several times as long as checking.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from municipalities.clean_fields import ParagraphsField
from projects import part_editing, submission_rows
from projects.models import Financing, Project
from projects.story import STORY_FIELDS
from projects.submission_fields import ListedChoiceField
from projects.submission_forms import ContactForm, HeadForm, PartForm, StoryForm

from .cells import LEAD, Lists, Places, further_names, rows_in
from .sheets import ALL_COLUMNS

# Columns by part of the submission. What others say of a project, and its life, is not among them.
PARTS: Mapping[str, Sequence[str]] = {
    "head": (*LEAD, *"title summary further_municipalities operator operator_kind partners".split()),
    "classification": "topics target_groups status started ended reach".split(),
    "story": (*STORY_FIELDS, "end_cause", "editorial_note"),
    "effort": (
        "cost_one_off cost_one_off_estimated cost_yearly cost_yearly_estimated cost_note staff_fte staff_note "
        "volunteers volunteers_note volunteer_hours_month staffing people_reached people_period people_note"
    ).split(),
    "evidence": ("evidence", "references", "key_figures"),
    "money": ("has_no_funding", "financings"),
    "transfer": "prerequisites transfer_effort help_offered adopted_from".split(),
    "obstacles": ("obstacles",),
    "contact": [f"contact.{name}" for name in ("function", "organisation", "email", "phone", "website")],
}  # fmt: skip
READ = frozenset(name for names in PARTS.values() for name in names)
FIELDS = {
    "status": "stage",
    "further_municipalities": "further",
    "source": "source_name",
    "starts_on": "starts",
    "ends_on": "ends",
    "measured_on": "measured",
}
COLUMNS_OF = {field: name for name, field in FIELDS.items()} | {"lead": LEAD[0]}
ROWS = ("references", "key_figures", "financings", "obstacles")
TERMS = ("topics", "target_groups", "further")


class Problem(NamedTuple):
    """Something that keeps a row from being stored: where it stands, what stands there, what is wrong with it."""

    line: int
    column: str
    value: str
    message: str


@dataclass
class Content:
    """What a row that the forms accept says; only of the parts that it is about."""

    values: dict[str, Any] = field(default_factory=dict)
    terms: dict[str, list[Any]] = field(default_factory=dict)
    rows: dict[str, list[Any]] = field(default_factory=dict)
    sources: list[tuple[Financing, str]] = field(default_factory=list)
    contact: dict[str, str] = field(default_factory=dict)


class Texts(NamedTuple):
    """The cells that a project will have: those `touched` as in the table, all others as they are stored (in codes)."""

    touched: Mapping[str, str]
    stored: Mapping[str, str]
    for_programs: bool

    def of(self, name: str) -> tuple[str, bool]:
        """The text, and whether it is written for programs."""
        return (self.touched[name], self.for_programs) if name in self.touched else (self.stored.get(name, ""), True)


class Given(ListedChoiceField):
    """A row that the table has led to already."""

    def clean(self, value: Any) -> Any:
        if not value:
            raise ValidationError(self.error_messages["required"], code="required")
        return value


class DeskStoryForm(StoryForm):
    """With the remark on the sources, which only the desk writes."""

    class Meta(StoryForm.Meta):
        fields = [*StoryForm.Meta.fields, "editorial_note"]
        field_classes = {**StoryForm.Meta.field_classes, "editorial_note": ParagraphsField}


def bound(form: Any, data: MultiValueDict, instance: Model) -> Any:
    form.data, form.instance, form.is_bound = data, instance, True
    form.full_clean()
    return form


class Checker:
    """Checks one row after the other; what it gives belongs to the caller, its forms are used again."""

    def __init__(self, lists: Lists, places: Places) -> None:
        self.lists, self.places = lists, places
        self._forms: dict[str, PartForm] = {
            name: form() for name, form in part_editing.FORMS.items() if form and name not in ("head", "contact")
        }
        self._forms |= {"head": HeadForm(bodies=[]), "contact": ContactForm(contacts=[]), "story": DeskStoryForm()}
        self._forms["head"].fields["lead"] = Given()
        self._forms["head"].fields["further"] = places
        for name in ("topics", "target_groups"):  # rows, not keys: to look them up would be a query each
            self._forms["classification"].fields[name] = forms.Field(required=False, widget=forms.SelectMultiple)
        kinds = [kind for several in submission_rows.ROW_SETS.values() for kind in several]
        self._row_forms = {kind.related: kind.form for kind in kinds}
        self._pools: dict[str, list[Any]] = {name: [] for name in ROWS}

    def check(
        self, line: int, texts: Texts, project: Project | None, numbers: Iterable[int]
    ) -> Content | list[Problem]:
        """The content of the touched parts; `numbers` are those of the project's stored sources."""
        run = _Run(self, line, texts, project, frozenset(numbers))
        always = ("head", "classification") if project is None else ()
        for part, names in PARTS.items():
            if part in always or not texts.touched.keys().isdisjoint(names):
                run.part(part, names)
        return run.problems or run.content

    def row_form(self, name: str, place: int) -> Any:
        pool = self._pools[name]
        while len(pool) <= place:
            options: dict[str, dict[str, Any]] = {
                "financings": {"sources": self.lists.sources, "programmes": self.lists.programmes, "known": ()},
                "obstacles": {"categories": self.lists.categories, "known": ()},
            }
            pool.append(self._row_forms[name](**options.get(name, {})))
        return pool[place]

    def part_form(self, part: str) -> Any:
        """None for a part that consists of rows only."""
        return self._forms.get(part)


class _Run:
    """The check of one row, part by part; sources come before what cites them."""

    def __init__(
        self, checker: Checker, line: int, texts: Texts, project: Project | None, numbers: frozenset[int]
    ) -> None:
        self.checker, self.line, self.texts, self.numbers = checker, line, texts, numbers
        self.project = project
        self.scratch = Project(pk=project.pk if project else None)  # takes the values, is never stored
        self.problems: list[Problem] = []
        self.content = Content()

    def part(self, part: str, names: Sequence[str]) -> None:
        form = self.checker.part_form(part)
        if form is not None:
            bound(form, self._sent(part, [name for name in names if name not in ROWS]), self.scratch)
        rows = {name: self._rows(name) for name in names if name in ROWS}
        if part == "evidence":
            self._number(rows["references"])
            part_editing.refuse_unknown_cites(rows["key_figures"], self.numbers)
        if part == "money":
            part_editing.refuse_money_of_unfunded(form, rows["financings"])
        for name, bound_rows in rows.items():
            self._take_rows(name, bound_rows)
        if form is not None:
            self._report(form, "")
            self._take(part, form)

    def _sent(self, part: str, names: Sequence[str]) -> MultiValueDict:
        data = MultiValueDict()
        for name in names:
            text, for_programs = self.texts.of(name)
            if name in LEAD:
                continue
            if name == "further_municipalities":
                text = "\n".join(further_names(text))
            try:
                sent = self.checker.lists.sent(ALL_COLUMNS[name], text, for_programs=for_programs)
            except ValidationError as error:
                self._add(name, text, error)
                continue
            field = name.removeprefix("contact.") if part == "contact" else FIELDS.get(name, name)
            data.setlist(field, sent if isinstance(sent, list) else [sent] if sent else [])
        if part == "head":
            self._send_lead(data)
        if part == "contact":
            data["choice"] = "new"
        return data

    def _send_lead(self, data: MultiValueDict) -> None:
        texts = {name: self.texts.touched[name] for name in LEAD if name in self.texts.touched}
        try:
            lead = self.checker.places.lead(texts) if texts or not self.project else self.project.lead
            data.setlist("lead", [lead])
        except ValidationError as error:
            column = next(name for name in LEAD if texts.get(name))
            self._add(column, texts[column], error)

    def _rows(self, name: str) -> list[Any]:
        """The bound forms of the rows in a cell."""
        column, (text, for_programs) = ALL_COLUMNS[name], self.texts.of(name)
        try:
            found = rows_in(column, text)
            if len(found) > submission_rows.MOST_ROWS:
                raise ValidationError(_("Höchstens %(most)d Zeilen.") % {"most": submission_rows.MOST_ROWS})
            sent = [self._sent_row(name, row, for_programs) for row in found]
        except ValidationError as error:
            self._add(name, text, error)
            return []
        forms_of_rows = []
        for place, data in enumerate(sent):
            form = self.checker.row_form(name, place)
            if name != "references":
                form.fields["cites"].known = range(1, 1000) if name == "key_figures" else self.numbers
            bound(form, data, form._meta.model(position=place + 1) if name != "references" else form._meta.model())
            forms_of_rows.append(form)
        if name == "key_figures":
            seen: set[tuple[Any, ...]] = set()
            for form in forms_of_rows:
                form.refuse_repeated(seen)
        return forms_of_rows

    def _sent_row(self, name: str, row: Mapping[str, str], for_programs: bool) -> MultiValueDict:
        data = MultiValueDict()
        for inner in ALL_COLUMNS[name].columns:
            if sent := self.checker.lists.sent(inner, row.get(inner.name, ""), for_programs=for_programs):
                data[FIELDS.get(inner.name, inner.name)] = sent
        return data

    def _number(self, references: Sequence[Any]) -> None:
        typed = [form.cleaned_data.get("number", 0) for form in references]
        for form, number in zip(references, submission_rows.numbered(typed, ()), strict=True):
            form.instance.number = number
        self.numbers = frozenset(form.instance.number for form in references)

    def _take_rows(self, name: str, bound_rows: Sequence[Any]) -> None:
        for place, form in enumerate(bound_rows, start=1):
            self._report(form, name, place)
        if name in self.texts.touched:
            self.content.rows[name] = [form.instance for form in bound_rows]
            if name == "financings":
                named = (form.cleaned_data.get("source_name", "") for form in bound_rows)
                self.content.sources = list(zip(self.content.rows[name], named, strict=True))

    def _take(self, part: str, form: Any) -> None:
        if part == "contact":
            self.content.contact = {name: form.cleaned_data.get(name, "") for name in form._meta.fields}
            return
        self.content.values |= {name: getattr(self.scratch, name) for name in form.stored_fields if name != "lead"}
        if part == "head":
            self.content.values["lead"] = form.cleaned_data.get("lead")
        for name in TERMS:
            if name in form.cleaned_data:
                self.content.terms[name] = list(form.cleaned_data[name])

    def _report(self, form: Any, column: str, place: int = 0) -> None:
        """What the form says, at the column of the field; in a row of a cell with the row and its field."""
        for name, messages in form.errors.items():
            where = column or self._column_of(form, name)
            label = str(form.fields[name].label) if column and name in form.fields else ""
            begin = _("Zeile %(place)d der Zelle, ") % {"place": place} if column else ""
            for message in messages:
                self._add(
                    where,
                    self.texts.of(where)[0],
                    f"{begin}{part_editing.labelled(label, message)}" if label else message,
                )

    def _column_of(self, form: Any, name: str) -> str:
        if isinstance(form, ContactForm):
            return f"contact.{name}"
        return COLUMNS_OF.get(name, name)

    def _add(self, column: str, value: str, error: Any) -> None:
        if any(problem.column == column and column not in ROWS for problem in self.problems):
            return  # a cell that could not be read is then missing as well
        messages = error.messages if isinstance(error, ValidationError) else [error]
        self.problems += [Problem(self.line, column, value, str(message)) for message in messages]
