"""What people may type: what all forms share, and those that everybody may send.

No form changes a status or sends a letter.
"""

from django import forms
from django.forms.forms import DeclarativeFieldsMetaclass
from django.utils.translation import gettext_lazy as _

from municipalities.clean_fields import CleanTextMixin, LineField, MailField, ParagraphsField

from .models import BarrierReport
from .relay import Message


class TrapInput(forms.TextInput):
    """Never shown (field.html hides it), so only programs fill it in; what they wrote is not shown again either."""

    def format_value(self, value):
        return None


class TrapField(forms.Field):
    widget = TrapInput(attrs={"autocomplete": "off", "tabindex": "-1"})

    def __init__(self, **kwargs):
        super().__init__(label=_("Bitte leer lassen"), required=False, **kwargs)


class CleanForm(forms.BaseForm):
    """What all forms of the portal share: every text field cleans, nothing is cut off while typing."""

    # The page's own error summary speaks German and leads to the field; the browser's bubble does neither for all.
    use_required_attribute = False

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if isinstance(field, forms.CharField) and not isinstance(field, CleanTextMixin):
                raise TypeError(f"{type(self).__name__}.{name} does not clean its text")
            # A browser silently cuts a pasted text at maxlength; a sentence that counts loses nothing.
            field.widget.attrs.pop("maxlength", None)


class OpenForm(CleanForm, metaclass=DeclarativeFieldsMetaclass):
    """A form that everybody may send, without an account: with a trap for programs."""

    homepage = TrapField()

    def clean_homepage(self) -> str:
        # Not dropped in silence: a person whose browser filled the field in must be able to send again.
        if self.cleaned_data["homepage"]:
            self.add_error(
                None,
                _("Ein verstecktes Prüffeld war ausgefüllt. Wir haben es geleert. Bitte senden Sie noch einmal ab."),
            )
        return ""


class BarrierReportForm(OpenForm, forms.ModelForm):
    """The report of a barrier; everything but the description may stay empty."""

    class Meta:
        model = BarrierReport
        fields = ["page", "text", "name", "reply_to"]
        field_classes = {"page": LineField, "text": ParagraphsField, "name": LineField, "reply_to": MailField}
        widgets = {
            "text": forms.Textarea(attrs={"rows": 8}),
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "reply_to": forms.EmailInput(attrs={"autocomplete": "email"}),
        }
        error_messages = {"text": {"required": _("Bitte beschreiben Sie die Barriere.")}}


class ContactForm(OpenForm, forms.Form):
    """A message to the contact of a project."""

    text = ParagraphsField(
        label=_("Ihre Nachricht"),
        min_length=20,
        max_length=4000,
        help_text=_("Was möchten Sie wissen? Wenn Sie für eine Kommune oder einen Verein fragen, nennen Sie sie gern."),
        widget=forms.Textarea(attrs={"rows": 10}),
        error_messages={
            "required": _("Bitte schreiben Sie, worum es geht."),
            "min_length": _("Bitte schreiben Sie etwas mehr, mindestens %(limit_value)d Zeichen."),
        },
    )
    name = LineField(
        label=_("Ihr Name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Bitte sagen Sie, wer schreibt.")},
    )
    sender = MailField(
        label=_("Ihre E-Mail-Adresse"),
        max_length=254,
        help_text=_("Dorthin geht die Antwort. Zum Beispiel: name@example.org"),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": _("Bitte geben Sie an, wohin die Antwort gehen soll.")},
    )
    wants_copy = forms.BooleanField(label=_("Schicken Sie mir eine Kopie meiner Nachricht"), required=False)

    @property
    def message(self) -> Message:
        return Message(**{name: self.cleaned_data[name] for name in ("name", "sender", "text", "wants_copy")})
