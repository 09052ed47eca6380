"""The forms of a submission's parts: what may be typed where, and the help texts that teach. Rows: submission_rows.py.

A draft may be incomplete, so hardly any field is required here; `needed` ones are asked for before sending.
"""

import re
from functools import cache
from typing import Any, ClassVar

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from municipalities.clean_fields import LineField, MailField, ParagraphsField

from .forms import CleanForm
from .models import Contact, ContactLevel, Project
from .story import STORY_FIELDS
from .submission import MAX_TOPICS
from .submission_fields import (
    BodiesField,
    GermanDecimalField,
    GermanIntegerField,
    LinkField,
    ListedChoiceField,
    PartialDateField,
    spell_date,
)

STORY_LENGTH = 20_000
NO_ANSWER = _("– keine Angabe –")
PLEASE_CHOOSE = _("– bitte wählen –")
_ADDRESS_OF_PROJECT = re.compile(r"(?:.*/projekte/)?([0-9]{1,9})(?:-[-\w]*)?/?")


class PartForm(CleanForm, forms.ModelForm):
    """What all forms of parts and rows share. The database checks its constraints again when the row is stored."""

    needed: ClassVar[tuple[str, ...]] = ()
    examples: ClassVar[dict[str, Any]] = {}
    also_stored: ClassVar[tuple[str, ...]] = ()  # columns that clean() fills in

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.is_needed = field.required or name in self.needed
            field.example = self.examples.get(name, "")
            if isinstance(field, ParagraphsField):
                if field.max_length is None:
                    field.validators.append(MaxLengthValidator(STORY_LENGTH))
                field.widget.attrs.setdefault("rows", 6)
            if type(field) is forms.TypedChoiceField and not field.required and field.choices[:1]:
                field.choices = [("", NO_ANSWER), *[pair for pair in field.choices if pair[0] != ""]]

    def clean(self):
        return self.cleaned_data

    def _post_clean(self):
        """Without the constraints: to check them, the database would be asked once for each one of each row.

        clean() has checked what a person may get wrong; the database checks all of them when it stores the row.
        Otherwise as in Django, but over the columns of the form only: a project has seventy, and tables have thousands.
        """
        errors = {}
        for column in self._columns():
            field, value = self.fields[column.name], self.cleaned_data.get(column.name)
            if column.name not in self.cleaned_data or (column.has_default() and self._is_left_out(column.name, value)):
                continue
            column.save_form_data(self.instance, value)
            if isinstance(field, ListedChoiceField) or (value in field.empty_values and not field.required):
                continue
            try:
                setattr(
                    self.instance, column.attname, column.clean(getattr(self.instance, column.attname), self.instance)
                )
            except forms.ValidationError as problem:
                errors[column.name] = problem.error_list
        if errors:
            self._update_errors(forms.ValidationError(errors))

    @classmethod
    @cache
    def _columns(cls) -> list[Any]:
        return [column for column in cls._meta.model._meta.concrete_fields if column.name in cls._meta.fields]

    def _is_left_out(self, name: str, value: Any) -> bool:
        """Whether the page did not send the field, so that the default of its column holds."""
        bound = self[name]
        is_omitted = bound.field.widget.value_omitted_from_data(self.data, self.files, bound.html_name)
        return is_omitted and value in bound.field.empty_values

    @property
    def stored_fields(self) -> list[str]:
        """Columns of the row that this form writes."""
        columns = {field.name for field in self._meta.model._meta.concrete_fields}
        return [*(name for name in self._meta.fields if name in columns), *self.also_stored]

    def refuse_end_before_start(self, start: str, end: str) -> None:
        first, last = self.cleaned_data.get(start), self.cleaned_data.get(end)
        if first and last and last.day < first.day:
            self.add_error(end, _("Das Ende liegt vor dem Beginn."))


class HeadForm(PartForm):
    needed = ("summary",)
    examples = {
        "summary": _(
            "In Musterhausen reparieren Nachbarn jeden Samstag Fahrräder, zusammen mit Menschen, die neu in der "
            "Gemeinde sind. Eine halbe Stelle im Rathaus hält alles zusammen. Nach zwei Jahren fahren 140 Menschen "
            "mit einem eigenen Rad zu Arbeit, Kurs oder Arzt. Nicht geklappt hat der Verleih: Zu viele Räder kamen "
            "nicht zurück."
        ),
    }
    lead = ListedChoiceField(label=_("Federführende Kommune"))
    further = BodiesField(
        label=_("Weitere Kommunen"),
        required=False,
        help_text=_("Eine je Zeile, mit Namen wie im Verzeichnis der Kommunen. Zum Beispiel: Samtgemeinde Sögel"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    field_order = ["title", "summary"]

    class Meta:
        model = Project
        fields = ["title", "summary", "lead", "further", "operator", "operator_kind", "partners"]
        field_classes = {
            "title": LineField,
            "summary": ParagraphsField,
            "operator": LineField,
            "partners": ParagraphsField,
        }
        widgets = {"partners": forms.Textarea(attrs={"rows": 4})}
        help_texts = {
            "title": _("Sagt, was geschieht, ohne Abkürzungen. Höchstens 120 Zeichen."),
            "summary": _(
                "Wer tut was, für wen, womit, und was ist daraus geworden? In höchstens 600 Zeichen und so, dass eine "
                "Kollegin es nach einmal Lesen nacherzählen kann."
            ),
            "operator": _("Wer das Projekt betreibt, zum Beispiel ein Verein oder das Sozialamt"),
            "partners": _("Wer mitmacht: ein Partner je Zeile, Einrichtungen statt Personen"),
        }

    def __init__(self, *args, bodies, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["summary"].required = False
        self.fields["lead"].offer(bodies)


class ClassificationForm(PartForm):
    needed = ("topics",)
    also_stored = ("started_on", "started_precision", "ended_on", "ended_precision")
    started = PartialDateField(label=_("Beginn"), required=False)
    ended = PartialDateField(label=_("Ende"), required=False, last=True)

    class Meta:
        model = Project
        fields = ["topics", "target_groups", "stage", "reach"]
        widgets = {
            "topics": forms.CheckboxSelectMultiple,
            "target_groups": forms.CheckboxSelectMultiple,
            "stage": forms.RadioSelect,
        }
        help_texts = {
            "topics": _("Eins bis vier. Nehmen Sie die, unter denen jemand suchen würde, der so etwas vorhat."),
            "target_groups": _("Nur ankreuzen, wer wirklich gemeint ist."),
            "stage": _("Auch beendete Projekte sind wertvoll, wenn sie sagen, warum sie endeten."),
        }

    field_order = ["topics", "target_groups", "stage", "started", "ended", "reach"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["topics"].required = False
        self.fields["stage"].choices = [pair for pair in self.fields["stage"].choices if pair[0]]
        project = self.instance
        for name in ("started", "ended"):
            if day := getattr(project, f"{name}_on"):
                self.initial.setdefault(name, spell_date(day, getattr(project, f"{name}_precision")))

    def clean_topics(self):
        topics = self.cleaned_data["topics"]
        if len(topics) > MAX_TOPICS:
            raise forms.ValidationError(_("Bitte wählen Sie höchstens vier Handlungsfelder."))
        return topics

    def clean(self):
        self.refuse_end_before_start("started", "ended")
        for name in ("started", "ended"):
            day, precision = self.cleaned_data.get(name) or (None, "")
            setattr(self.instance, f"{name}_on", day)
            setattr(self.instance, f"{name}_precision", precision)
        return super().clean()


class StoryForm(PartForm):
    needed = ("approach",)
    examples = {
        "approach": _(
            "Die Werkstatt öffnet samstags von 10 bis 13 Uhr im Bauhof. Zwölf Ehrenamtliche wechseln sich ab, die "
            "Koordinatorin aus dem Rathaus bestellt Ersatzteile und macht Termine. Wer ein Rad braucht, repariert mit."
        ),
        "lessons": _(
            "Den Verleih haben wir nach einem Jahr beendet, weil jedes dritte Rad nicht zurückkam. Seither gehört ein "
            "repariertes Rad dem, der mitgeholfen hat. Das funktioniert."
        ),
    }

    class Meta:
        model = Project
        fields = [*STORY_FIELDS, "end_cause"]
        field_classes = dict.fromkeys(STORY_FIELDS, ParagraphsField)
        help_texts = {
            "initial_situation": _("Was war vorher, und für wen war es ein Problem?"),
            "goals": _("Was sollte sich ändern, und woran würden Sie es merken?"),
            "approach": _("Wer macht was, wie oft, wo, womit? So, dass andere es sich vorstellen können."),
            "steps": _("In welcher Reihenfolge andere vorgehen sollten. Listen beginnen mit „- “ oder „1. “."),
            "results": _("Was ist herausgekommen? Zahlen mit Zeitraum."),
            "lessons": _("Auch, was nicht geklappt hat. Das hilft anderen am meisten."),
            "end_cause": _(
                "Nur wenn das Projekt nicht mehr läuft. Wählen Sie den Grund, der den Ausschlag gab; mehr dazu sagt "
                "der Text darunter."
            ),
            "end_reason": _("Nur wenn das Projekt nicht mehr läuft. Was hätte geholfen, und was bleibt?"),
        }

    field_order = [*STORY_FIELDS[:-1], "end_cause", "end_reason"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["approach"].required = False


class EffortForm(PartForm):
    cost_one_off = GermanDecimalField(label=_("Einmalige Kosten"), required=False, unit="Euro")
    cost_yearly = GermanDecimalField(label=_("Kosten im Jahr"), required=False, unit="Euro")
    staff_fte = GermanDecimalField(
        label=_("Bezahlte Stellen"),
        required=False,
        unit=_("Vollzeitstellen"),
        max_digits=6,
        help_text=_("Umgerechnet auf volle Stellen: eine halbe Stelle ist 0,5."),
    )
    volunteers = GermanIntegerField(label=_("Ehrenamtliche"), required=False, unit=_("Personen"))
    volunteer_hours_month = GermanIntegerField(
        label=_("Ehrenamtliche Stunden im Monat"), required=False, unit=_("Stunden")
    )
    people_reached = GermanIntegerField(label=_("Erreichte Menschen"), required=False, unit=_("Menschen"))

    class Meta:
        model = Project
        fields = [
            "cost_one_off",
            "cost_one_off_estimated",
            "cost_yearly",
            "cost_yearly_estimated",
            "cost_note",
            "staff_fte",
            "staff_note",
            "volunteers",
            "volunteer_hours_month",
            "volunteers_note",
            "staffing",
            "people_reached",
            "people_period",
            "people_note",
        ]
        field_classes = dict.fromkeys(("cost_note", "staff_note", "volunteers_note", "people_note"), LineField)
        labels = {"people_period": _("Zeitraum der erreichten Menschen")}
        help_texts = {
            "cost_note": _("Was darin enthalten ist, zum Beispiel: ohne Miete"),
            "people_period": _("Gehört zur Zahl der erreichten Menschen."),
            "people_note": _("Zum Beispiel: gezählt werden Anmeldungen"),
        }

    def clean(self):
        data = self.cleaned_data
        for name in ("cost_one_off", "cost_yearly"):
            if data.get(name) is None:
                data[f"{name}_estimated"] = False  # an estimate of nothing says nothing
        if "people_reached" in data and "people_period" in data:
            if data["people_reached"] is not None and not data["people_period"]:
                self.add_error("people_period", _("Bitte wählen Sie, für welchen Zeitraum die Zahl gilt."))
            if data["people_reached"] is None and data["people_period"]:
                self.add_error("people_reached", _("Zum Zeitraum gehört eine Zahl."))
        return super().clean()


class MoneyForm(PartForm):
    class Meta:
        model = Project
        fields = ["has_no_funding"]


class EvidenceForm(PartForm):
    class Meta:
        model = Project
        fields = ["evidence"]
        help_texts = {"evidence": _("Wie gut ist belegt, was das Projekt bewirkt? Ein Erfahrungsbericht genügt.")}


class TransferForm(PartForm):
    adopted_from = LineField(
        label=_("Übernommen von"),
        required=False,
        help_text=_("Wenn es ein Vorbild in diesem Mosaik gibt: die Adresse seiner Seite oder ihre Nummer"),
    )

    class Meta:
        model = Project
        fields = ["prerequisites", "transfer_effort", "help_offered", "adopted_from"]
        field_classes = {"prerequisites": ParagraphsField, "help_offered": ParagraphsField}
        help_texts = {
            "prerequisites": _("Was muss da sein, bevor man anfängt? Räume, Beschlüsse, Partner, Fachwissen."),
            "help_offered": _("Zum Beispiel: Vorlagen, ein Telefonat, ein Besuch vor Ort"),
        }

    def clean_adopted_from(self):
        text = self.cleaned_data["adopted_from"]
        if not text:
            return None
        match = _ADDRESS_OF_PROJECT.fullmatch(text.partition("?")[0].partition("#")[0])
        model = match and Project.objects.published().filter(pk=match[1]).exclude(pk=self.instance.pk).first()
        if not model:
            raise forms.ValidationError(_("Dieses Projekt finden wir nicht. Kopieren Sie die Adresse seiner Seite."))
        return model


class ContactForm(PartForm):
    """Chooses a contact of the municipality or makes one; `current` is the one of the project."""

    choice = forms.ChoiceField(label=_("Welche Ansprechstelle?"), widget=forms.RadioSelect, required=False)

    class Meta:
        model = Contact
        fields = ["function", "organisation", "email", "phone", "website", "public_level"]
        field_classes = {
            "function": LineField,
            "organisation": LineField,
            "email": MailField,
            "phone": LineField,
            "website": LinkField,
        }
        widgets = {"public_level": forms.RadioSelect}
        help_texts = {
            "function": _("Eine Funktion statt eines Namens, zum Beispiel: Koordinierungsstelle Integration"),
            "email": _(
                "Am besten ein gemeinsames Postfach. Eins von dreien genügt: E-Mail, Telefon oder Internetseite."
            ),
            "public_level": _(
                "„nichts“: Nur die Moderation sieht die Stelle. „nur Funktion und Organisation“: Leserinnen und Leser "
                "sehen, wer zuständig ist, und schreiben über ein Formular. „alle Angaben“: E-Mail, Telefon und "
                "Internetseite stehen da."
            ),
        }

    field_order = ["choice", *Meta.fields]

    def __init__(self, *args, contacts, **kwargs):
        super().__init__(*args, **kwargs)
        self.contacts = {str(contact.pk): contact for contact in contacts}
        offered = [(key, str(contact)) for key, contact in self.contacts.items()]
        if self.instance.pk:
            offered.append(("edit", _("„%(name)s“ ändern") % {"name": self.instance}))
        new = ("new", _("Neue Ansprechstelle anlegen"))
        self.fields["choice"].choices = [*offered, new, ("", _("noch keine"))]
        for name in ("function", "organisation"):
            self.fields[name].required = False
            self.fields[name].is_needed = True
        self.fields["public_level"].choices = ContactLevel.choices
        self.fields["public_level"].required = False
        self.fields["public_level"].is_needed = True

    @property
    def writes(self) -> bool:
        """Whether the fields below the choice count."""
        return self.cleaned_data.get("choice") in ("new", "edit")

    def clean(self):
        if not self.writes:
            for name in self._meta.fields:
                self.errors.pop(name, None)
            return super().clean()
        data = self.cleaned_data
        data["public_level"] = data.get("public_level") or ContactLevel.FUNCTION
        for name in ("function", "organisation"):
            if name in data and not data[name]:
                self.add_error(name, _("Bitte füllen Sie dieses Feld aus."))
        if not any(data.get(name) or name in self.errors for name in ("email", "phone", "website")):
            self.add_error("email", _("Geben Sie mindestens E-Mail-Adresse, Telefon oder Internetseite an."))
        return super().clean()
