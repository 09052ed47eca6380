"""What moderators may say when they decide. Every form carries the version that the person looked at."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from municipalities.clean_fields import LineField, ParagraphsField
from projects.forms import CleanForm
from projects.models import Project, TextBlock
from projects.submission import PARTS

LONGEST_REASON = 4000


class DecisionForm(CleanForm, forms.Form):
    """Base of all decisions: the version is what makes a stale page harmless."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    @property
    def arguments(self) -> dict[str, Any]:
        """Arguments of the function in workflow.py."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class NoteField(ParagraphsField):
    """An optional remark for the log; or, with `required`, the reason."""

    def __init__(self, **kwargs):
        defaults = {"max_length": LONGEST_REASON, "widget": forms.Textarea(attrs={"rows": 3}), "required": False}
        super().__init__(**{**defaults, **kwargs})


class ApproveForm(DecisionForm):
    note = NoteField(label=_("Notiz"), help_text=_("Steht nur im Verlauf."))


class ApproveWithDissentForm(ApproveForm):
    """For moderators of a host."""

    dissent = NoteField(
        label=_("Abweichende Meinung"),
        max_length=2000,
        help_text=_("Wenn Ihr Verband zustimmt und trotzdem etwas anders sieht."),
    )
    is_dissent_public = forms.BooleanField(
        label=_("Abweichende Meinung mit dem Namen des Verbands veröffentlichen"), required=False
    )

    def clean(self):
        data = super().clean()
        if data.get("is_dissent_public") and not data.get("dissent"):
            self.add_error("dissent", _("Veröffentlicht wird nur eine Meinung, die auch dasteht."))
        return data


class SendBackForm(DecisionForm):
    """The municipality reads the chosen blocks in its letter, below each other, before what is typed."""

    blocks = forms.MultipleChoiceField(
        label=_("Häufige Gründe"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={
            "invalid_choice": _("Einen der Textbausteine gibt es nicht mehr. Bitte wählen Sie noch einmal.")
        },
    )
    note = NoteField(
        label=_("Grund in eigenen Worten"),
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Die Kommune liest ihn in ihrem Brief und über dem Projekt."),
    )
    parts = forms.MultipleChoiceField(
        label=_("Betrifft diese Teile"),
        choices=[(part.name, part.label) for part in PARTS],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.text_blocks = {str(block.pk): block for block in TextBlock.objects.all()}
        self.fields["blocks"].choices = [
            (key, f"{block.title}: {block.text}") for key, block in self.text_blocks.items()
        ]

    def clean(self):
        data = super().clean()
        said = [block.text for key, block in self.text_blocks.items() if key in data.get("blocks", ())]
        said += [data["note"]] if data.get("note") else []
        if not said and not self.errors:
            self.add_error("note", _("Bitte wählen Sie einen Grund aus oder schreiben Sie einen."))
        return {**data, "note": "\n".join(said)}

    @property
    def arguments(self) -> dict[str, Any]:
        return {name: value for name, value in super().arguments.items() if name != "blocks"}


class ReasonForm(DecisionForm):
    note = NoteField(
        label=_("Grund"),
        required=True,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Bitte geben Sie einen Grund an.")},
    )


class RejectForm(ReasonForm):
    """The municipality reads the reason."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["note"].help_text = _("Die Kommune liest ihn. Ein abgelehntes Projekt kommt nicht wieder.")


class WithdrawForm(ReasonForm):
    """Visitors read the reason."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["note"].help_text = _("Öffentlich: Er steht auf der Seite, an der das Projekt bisher stand.")


class NoteForm(DecisionForm):
    """For what needs no reason."""

    note = NoteField(label=_("Notiz"), help_text=_("Steht nur im Verlauf."))


class DuplicateForm(NoteForm):
    of = LineField(
        label=_("Das andere Projekt"),
        max_length=300,
        help_text=_("Nummer oder Adresse des Projekts, das bleibt, zum Beispiel /projekte/417-sprachcafe/"),
        error_messages={"required": _("Bitte nennen Sie das Projekt, das bleibt.")},
    )
    field_order = ["version", "of", "note"]

    def clean_of(self) -> Project:
        text = self.cleaned_data["of"]
        match = re.fullmatch(r"\d{1,9}", text) or re.search(r"/projekte/(\d{1,9})-", text)
        number = match[match.lastindex or 0] if match else None
        project = Project.objects.published().filter(pk=number).first() if number else None
        if project is None:
            raise forms.ValidationError(_("Ein veröffentlichtes Projekt mit dieser Nummer oder Adresse gibt es nicht."))
        return project
