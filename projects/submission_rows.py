"""Rows of a submission that can be added and removed: money, key figures, sources, obstacles."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, ClassVar

from django import forms
from django.forms.formsets import BaseFormSet, formset_factory
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from municipalities.clean_fields import LineField, ParagraphsField

from .models import (
    Financing,
    FundingProgramme,
    FundingSource,
    KeyFigure,
    Obstacle,
    ObstacleCategory,
    Project,
    Reference,
)
from .submission_fields import (
    CitesField,
    GermanDecimalField,
    LinkField,
    ListedChoiceField,
    PartialDateField,
    SourceDateField,
    spell_date,
    spell_edge,
)
from .submission_forms import NO_ANSWER, PLEASE_CHOOSE, PartForm

MOST_ROWS = 60


class RowForm(PartForm):
    """A row that may be added and removed; one in which nothing stands is none."""

    not_counted: ClassVar[tuple[str, ...]] = ()

    def has_changed(self) -> bool:
        return any(name not in self.not_counted for name in self.changed_data)

    @classmethod
    def initial_of(cls, row: Any) -> dict[str, Any]:
        """What the fields of an unbound form show of a stored row."""
        return forms.model_to_dict(row, cls._meta.fields)


class FinancingForm(RowForm):
    source_name = LineField(
        label=_("Wer gibt das Geld?"),
        max_length=160,
        help_text=_("Zum Beispiel: Land Niedersachsen. Vorschläge erscheinen beim Tippen."),
        widget=forms.TextInput(attrs={"list": "funding-sources", "autocomplete": "off"}),
    )
    programme = ListedChoiceField(label=_("Förderprogramm"), required=False)
    amount = GermanDecimalField(label=_("Betrag"), required=False, unit="Euro")
    starts = PartialDateField(label=_("Von"), required=False)
    ends = PartialDateField(label=_("Bis"), required=False, last=True)
    cites = CitesField()

    class Meta:
        model = Financing
        fields = ["programme", "level", "kind", "permanence", "amount", "is_per_year", "is_requested", "note", "cites"]
        field_classes = {"note": LineField}
        help_texts = {"level": _("Darf leer bleiben, wenn wir den Geldgeber schon kennen.")}

    field_order = ["source_name", "level", "programme", "kind", "permanence", "amount", "is_per_year", "is_requested",
                   "starts", "ends", "note", "cites"]  # fmt: skip

    def __init__(self, *args, sources, programmes, known, **kwargs):
        super().__init__(*args, **kwargs)
        self.sources = sources
        self.fields["level"].required = False
        self.fields["level"].choices = [("", PLEASE_CHOOSE), *self.fields["level"].choices[1:]]
        self.fields["programme"].offer(programmes, empty=NO_ANSWER)
        self.fields["cites"].known = known

    @classmethod
    def initial_of(cls, row):
        return {
            **super().initial_of(row),
            "source_name": row.source.name,
            "starts": spell_edge(row.starts_on),
            "ends": spell_edge(row.ends_on, last=True),
        }

    def clean(self):
        data = self.cleaned_data
        self.refuse_end_before_start("starts", "ends")
        self.instance.starts_on, self.instance.ends_on = (
            day.day if (day := data.get(name)) else None for name in ("starts", "ends")
        )
        source = self.sources.get(data.get("source_name", "").casefold())
        if "level" in data and not data["level"]:
            data["level"] = source.level if source else ""
            if not source and "source_name" in data:
                self.add_error("level", _("Bitte wählen Sie die Ebene. Diesen Geldgeber kennen wir noch nicht."))
        return super().clean()


class KeyFigureForm(RowForm):
    value = GermanDecimalField(label=_("Wert"), max_digits=14, is_signed=True)
    measured = PartialDateField(label=_("Stand"))
    cites = CitesField()

    class Meta:
        model = KeyFigure
        fields = ["name", "value", "unit", "note", "cites"]
        field_classes = {"name": LineField, "unit": LineField, "note": LineField}
        help_texts = {
            "name": _("Gleicher Name und gleiche Einheit ergeben eine Reihe über die Jahre, etwa: Teilnehmende"),
            "unit": _("Zum Beispiel: Menschen, Wohnungen, Prozent"),
        }

    field_order = ["name", "value", "unit", "measured", "note", "cites"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["cites"].known = range(1, 1000)  # sources stand on the same page and are compared there

    @classmethod
    def initial_of(cls, row):
        return {**super().initial_of(row), "measured": spell_date(row.measured_on, row.measured_precision)}

    def clean(self):
        if measured := self.cleaned_data.get("measured"):
            self.instance.measured_on, self.instance.measured_precision = measured
        return super().clean()

    def refuse_repeated(self, seen: set[tuple[Any, ...]]) -> None:
        """A figure stands once for each date among the rows whose keys are in `seen`, which grows by this one."""
        data = self.cleaned_data
        if "measured" not in data or "name" not in data:
            return
        key = (data["name"], data.get("unit"), data["measured"].day)
        if key in seen:
            self.add_error("measured", _("Diese Kennzahl steht für diesen Stand schon weiter oben."))
        seen.add(key)


class ReferenceForm(RowForm):
    not_counted = ("number",)
    number = forms.IntegerField(required=False, min_value=1, max_value=999, widget=forms.HiddenInput)
    published = SourceDateField(
        label=_("Erschienen"),
        required=False,
        help_text=_("So genau, wie Sie es wissen: 2015 oder 9/2015 oder 24.9.2015"),
        widget=forms.TextInput(attrs={"class": "input--short"}),
    )

    class Meta:
        model = Reference
        fields = ["number", "title", "publisher", "url", "published"]
        field_classes = {"title": LineField, "publisher": LineField, "url": LinkField}
        labels = {"publisher": _("Herausgeber oder Zeitung")}

    @property
    def given_number(self) -> str:
        """The number that texts cite; empty for a new source, which gets one when it is saved."""
        value = str(self["number"].value() or "")
        return value if value.isascii() and value.isdecimal() else ""

    def clean_number(self):
        return self.cleaned_data["number"] or 0

    def clean(self):
        self.errors.pop("number", None)  # hidden: whatever is no number of a source gets a new one
        self.cleaned_data.setdefault("number", 0)
        return super().clean()


class ObstacleForm(RowForm):
    category = ListedChoiceField(label=_("Art der Hürde"))
    cites = CitesField()

    class Meta:
        model = Obstacle
        fields = ["category", "level", "text", "workaround", "state", "cites"]
        field_classes = {"text": ParagraphsField, "workaround": ParagraphsField}
        widgets = {"text": forms.Textarea(attrs={"rows": 4}), "workaround": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "level": _("Aus allen Projekten zusammen wird daraus das Signal an das Land."),
            "text": _("Was genau steht im Weg? Möglichst mit der Vorschrift oder dem Ablauf."),
            "workaround": _("Wie Sie sich trotzdem helfen"),
        }

    def __init__(self, *args, categories, known, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["category"].offer(categories, empty=PLEASE_CHOOSE)
        self.fields["cites"].known = known


class RowSet(BaseFormSet):
    """The rows of one kind. All rows of a page are new to the form; storing replaces those of the project."""

    related: ClassVar[str]  # name of the rows at the project, also the prefix in the form
    label: ClassVar[Any]  # of one row
    plural: ClassVar[Any]
    add_label: ClassVar[Any]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, prefix=self.related, **kwargs)
        for position, row in enumerate(self.forms, start=1):
            row.position = position

    def initial_form_count(self) -> int:
        return 0 if self.is_bound else super().initial_form_count()

    def clean(self):
        """A number of rows that no page sends must not read as „no rows“: those of the project would be deleted."""
        if self.management_form.cleaned_data["TOTAL_FORMS"] < 0:
            raise forms.ValidationError(_("Die Zeilen sind nicht vollständig angekommen. Bitte noch einmal senden."))

    @property
    def filled(self) -> list[RowForm]:
        return [row for row in self.forms if row.has_changed()]

    @classmethod
    def options(cls, project: Project) -> dict[str, Any]:
        """What each row of the page is given, read once."""
        return {}

    @classmethod
    def stored(cls, project: Project) -> list[dict[str, Any]]:
        return [cls.form.initial_of(row) for row in cls.rows(project)]

    @classmethod
    def rows(cls, project: Project):
        return getattr(project, cls.related).all()

    def save(self, project: Project) -> None:
        """Replaces the rows of the project; call within a transaction."""
        rows = []
        for position, row in enumerate(self.filled, start=1):
            row.instance.project = project
            row.instance.position = position
            rows.append(row.instance)
        self.prepare(rows)
        getattr(project, self.related).all().delete()
        type(self).form._meta.model.objects.bulk_create(rows)

    def prepare(self, rows: list[Any]) -> None:
        """Last touches that need all rows."""


def known_numbers(project: Project) -> frozenset[int]:
    return frozenset(project.references.values_list("number", flat=True))


class FinancingRows(RowSet):
    related = "financings"
    label, plural, add_label = _("Geldquelle"), _("Geldquellen"), _("Geldquelle hinzufügen")

    @classmethod
    def options(cls, project):
        sources = {source.name.casefold(): source for source in FundingSource.objects.all()}
        return {
            "sources": sources,
            "programmes": list(FundingProgramme.objects.all()),
            "known": known_numbers(project),
        }

    @classmethod
    def rows(cls, project):
        return project.financings.select_related("source")

    @property
    def source_names(self) -> list[str]:
        return [source.name for source in self.form_kwargs["sources"].values()]

    def prepare(self, rows):
        names = [row.cleaned_data["source_name"] for row in self.filled]
        set_sources(zip(rows, names, strict=True), self.form_kwargs["sources"])


def set_sources(rows: Iterable[tuple[Financing, str]], sources: dict[str, FundingSource]) -> None:
    """Each row gets the source of this name; one that is new is stored and joins `sources`, which go by folded name."""
    rows = list(rows)
    new: dict[str, FundingSource] = {}
    for row, name in rows:
        if name.casefold() not in sources:
            new.setdefault(name.casefold(), FundingSource(name=name, level=row.level))
    if new:
        FundingSource.objects.bulk_create(new.values(), ignore_conflicts=True)
        for source in FundingSource.objects.filter(name__in=[source.name for source in new.values()]):
            sources[source.name.casefold()] = source
    for row, name in rows:
        row.source = sources[name.casefold()]


class KeyFigureRows(RowSet):
    related = "key_figures"
    label, plural, add_label = _("Kennzahl"), _("Kennzahlen"), _("Kennzahl hinzufügen")

    def clean(self):
        super().clean()
        seen: set[tuple[Any, ...]] = set()
        for row in self.filled:
            row.refuse_repeated(seen)


def numbered(typed: Sequence[int], known: Collection[int]) -> list[int]:
    """The numbers of sources: as typed, but where there is none or it came before, the next one after all `known`."""
    highest = max([0, *typed, *known])
    numbers: list[int] = []
    for number in typed:
        if not number or number in numbers:
            highest += 1
            number = highest
        numbers.append(number)
    return numbers


class ReferenceRows(RowSet):
    related = "references"
    label, plural, add_label = _("Quelle"), _("Quellen"), _("Quelle hinzufügen")

    def __init__(self, *args, **kwargs):
        self.project = kwargs["form_kwargs"].pop("project")
        super().__init__(*args, **kwargs)

    @classmethod
    def options(cls, project):
        return {"project": project}

    @property
    def numbers(self) -> list[int]:
        """The number of each filled row: what it had, or the next one; a number is never given twice."""
        typed = [row.cleaned_data.get("number", 0) for row in self.filled]
        return numbered(typed, known_numbers(self.project))

    def save(self, project):
        for row, number in zip(self.filled, self.numbers, strict=True):
            row.instance.number = number
        super().save(project)


class ObstacleRows(RowSet):
    related = "obstacles"
    label, plural, add_label = _("Hürde"), _("Hürden"), _("Hürde hinzufügen")

    @classmethod
    def options(cls, project):
        return {"categories": list(ObstacleCategory.objects.all()), "known": known_numbers(project)}


def _row_set(form: type[RowForm], base: type[RowSet]) -> type[RowSet]:
    return formset_factory(form, base, extra=0, max_num=MOST_ROWS, absolute_max=MOST_ROWS + 40, validate_max=True)


ROW_SETS: dict[str, Sequence[type[RowSet]]] = {
    "money": [_row_set(FinancingForm, FinancingRows)],
    "evidence": [_row_set(KeyFigureForm, KeyFigureRows), _row_set(ReferenceForm, ReferenceRows)],
    "obstacles": [_row_set(ObstacleForm, ObstacleRows)],
}


def add_row(data: QueryDict, prefix: str) -> int:
    """One more empty row in what the page sent; gives its index."""
    count = count_rows(data, prefix)
    if count < MOST_ROWS:
        data[f"{prefix}-TOTAL_FORMS"] = str(count + 1)
        return count
    return count - 1


def remove_row(data: QueryDict, prefix: str, index: int) -> None:
    """Takes a row out of what the page sent; those after it move up."""
    count = count_rows(data, prefix)
    if not 0 <= index < count:
        return
    begin = f"{prefix}-"
    moved: dict[str, list[str]] = {}
    for name in [name for name in data if name.startswith(begin)]:
        number, dash, field = name.removeprefix(begin).partition("-")
        if not dash or not (number.isascii() and number.isdecimal()):
            continue
        values, row = data.pop(name), int(number)
        if row != index:
            moved[f"{begin}{row - (row > index)}-{field}"] = values
    for name, values in moved.items():
        data.setlist(name, values)
    data[f"{prefix}-TOTAL_FORMS"] = str(count - 1)


def count_rows(data: QueryDict, prefix: str) -> int:
    text = data.get(f"{prefix}-TOTAL_FORMS", "")
    return min(int(text), MOST_ROWS) if text.isascii() and text.isdecimal() and len(text) < 5 else 0
