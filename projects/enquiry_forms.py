"""What people may type into a Gesuch, and the answer to one."""

from django import forms
from django.utils.translation import gettext_lazy as _

from municipalities.clean_fields import LineField, ParagraphsField

from .adoption_forms import BodyForm
from .forms import ContactForm
from .models import Enquiry, TargetGroup, Topic

MOST_TERMS = 4


class TermsField(forms.ModelMultipleChoiceField):
    """Some entries of a vocabulary, by slug."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, model, **kwargs):
        super().__init__(queryset=model.objects.all(), to_field_name="slug", **kwargs)

    def clean(self, value):
        terms = super().clean(value)
        if len(terms) > MOST_TERMS:
            raise forms.ValidationError(_("Bitte wählen Sie höchstens vier."), code="many")
        return terms


class EnquiryForm(BodyForm):
    """What a municipality looks for."""

    title = LineField(
        label=_("Was suchen Sie?"),
        max_length=120,
        help_text=_("In einem Satz. Zum Beispiel: „Wer hat Erfahrung mit Sprachkursen in Schichtarbeit?“"),
        error_messages={"required": _("Bitte schreiben Sie, was Sie suchen.")},
    )
    text = ParagraphsField(
        label=_("Worum geht es?"),
        min_length=40,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("Wie ist Ihre Lage, was haben Sie versucht, woran hängt es? Bitte ohne Namen von Privatpersonen."),
        error_messages={
            "required": _("Bitte beschreiben Sie, worum es geht."),
            "min_length": _("Bitte schreiben Sie etwas mehr, mindestens %(limit_value)d Zeichen."),
        },
    )
    topics = TermsField(
        Topic,
        label=_("Handlungsfelder"),
        help_text=_("Eines bis vier. Danach sucht das Mosaik passende Projekte."),
        error_messages={"required": _("Bitte wählen Sie mindestens ein Handlungsfeld.")},
    )
    target_groups = TermsField(
        TargetGroup, label=_("Zielgruppen"), required=False, help_text=_("Nur wenn es um bestimmte geht; bis zu vier.")
    )

    field_order = ("municipality", "title", "text", "topics", "target_groups")

    def __init__(self, *args, enquiry: Enquiry | None = None, **kwargs):
        if enquiry:
            kwargs["initial"] = {
                "title": enquiry.title,
                "text": enquiry.text,
                "topics": list(enquiry.topics.all()),
                "target_groups": list(enquiry.target_groups.all()),
            }
        super().__init__(*args, **kwargs)

    @property
    def values(self):
        return {name: self.cleaned_data[name] for name in ("title", "text", "topics", "target_groups")}


class AnswerForm(ContactForm):
    """The answer to a Gesuch, relayed to whoever posted it."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["text"].label = _("Ihre Antwort")
        self.fields["text"].help_text = _(
            "Was haben Sie gemacht, was hat geholfen, wen kann man fragen? Ein Link zu einem Projekt hilft oft."
        )
