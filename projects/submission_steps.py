"""Forms of the steps around the parts of a submission: beginning, taking over, sending."""

from django import forms
from django.utils.translation import gettext_lazy as _

from municipalities.clean_fields import LineField

from .forms import CleanForm
from .models import Project
from .submission_fields import KeyField, ListedChoiceField
from .submission_forms import PLEASE_CHOOSE, PartForm


class NewProjectForm(PartForm):
    """The first step: enough to begin with."""

    submission_key = KeyField()
    lead = ListedChoiceField(
        label=_("Federführende Kommune"),
        help_text=_("Verantwortet das Projekt. Sie sehen nur Kommunen, für die Sie handeln dürfen."),
        error_messages={"required": _("Bitte wählen Sie die Kommune.")},
    )
    similar_seen = forms.BooleanField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Project
        fields = ["title", "lead", "stage"]
        field_classes = {"title": LineField}
        widgets = {"stage": forms.RadioSelect}
        help_texts = {
            "title": _("Sagt, was geschieht: „Sprachcafé im Rathaus“ statt „Gemeinsam stark“. Höchstens 120 Zeichen."),
            "lead": _(
                "Die Kommune, die für das Projekt verantwortlich ist. Sie sehen nur die, für die Sie handeln dürfen."
            ),
            "stage": _("Lässt sich später ändern."),
        }
        error_messages = {
            "stage": {"required": _("Bitte wählen Sie den Projektstand.")},
        }

    def __init__(self, *args, bodies, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["lead"].offer(bodies, empty=PLEASE_CHOOSE)
        self.fields["stage"].choices = [pair for pair in self.fields["stage"].choices if pair[0]]


class AdoptForm(PartForm):
    """Into which municipality a published project is copied."""

    submission_key = KeyField()
    lead = ListedChoiceField(
        label=_("In welche Kommune?"), error_messages={"required": _("Bitte wählen Sie die Kommune.")}
    )

    class Meta:
        model = Project
        fields = ["lead"]

    def __init__(self, *args, bodies, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["lead"].offer(bodies, empty=PLEASE_CHOOSE)


class ConsentForm(CleanForm, forms.Form):
    """What the person agrees to when sending; the labels are the wording that is kept."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    licence = forms.BooleanField(
        label=_("Die Texte dürfen unter der Lizenz CC BY 4.0 erscheinen und mit Namensnennung weiterverwendet werden.")
    )
    rights = forms.BooleanField(
        label=_("Wir haben die Rechte an Texten, Bildern und Anlagen; abgebildete Personen haben eingewilligt.")
    )
    privacy = forms.BooleanField(
        label=_("Der Text enthält keine Angaben, an denen man einzelne private Personen erkennen kann.")
    )
    municipality = forms.BooleanField(label=_("Die federführende Kommune ist mit der Veröffentlichung einverstanden."))

    sentences = ("licence", "rights", "privacy", "municipality")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in self.sentences:
            self.fields[name].error_messages["required"] = _("Bitte stimmen Sie dem zu.")

    @property
    def wording(self) -> list[str]:
        """The sentences that were agreed to."""
        return [str(self.fields[name].label) for name in self.sentences]
