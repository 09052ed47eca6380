"""What people may type: fields that clean text the same way everywhere, and the forms made of them.

No form changes a status or sends a letter.
"""

import re
import unicodedata
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.forms.forms import DeclarativeFieldsMetaclass
from django.utils.translation import gettext_lazy as _

from .models import BarrierReport
from .relay import Message

_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_INVISIBLE = re.compile("[\u200b\u2060\ufeff]")
# They make a text read differently from what is stored (https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing).
# The plain marks U+200E, U+200F and U+061C are not among them: Arabic and Hebrew need them.
_BIDI_CONTROLS = "\u202a-\u202e\u2066-\u2069"
# Unicode's categories Cc and Cs, which are closed; asking the category of each letter takes twenty times as long.
_CONTROLS = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff{_BIDI_CONTROLS}]")


def clean_text(value: str) -> str:
    """The text as it is stored: NFC, lines ending in one "\\n", nothing invisible or blank around it."""
    text = _INVISIBLE.sub("", _LINE_ENDS.sub("\n", value))
    return unicodedata.normalize("NFC", text).strip()


def clean_line(value: str) -> str:
    """The same for one line: line ends, tabs and runs of blanks become one blank."""
    return " ".join(clean_text(value).split())


def has_control_characters(text: str) -> bool:
    """Whether `text` holds NUL, another control character, half a surrogate pair or a control of writing direction."""
    return bool(_CONTROLS.search(text))


def refuse_control_characters(text: str) -> None:
    if has_control_characters(text):
        raise ValidationError(
            _("Hier stehen unsichtbare Steuerzeichen, die wir nicht speichern können. Bitte tippen Sie den Text neu."),
            code="control_characters",
        )


class CleanTextMixin(forms.Field):
    """Cleans before Django counts the characters: a line end counts once, and NFC cannot lengthen a checked text."""

    is_one_line = True
    default_error_messages: ClassVar[dict[str, Any]] = {
        "required": _("Bitte füllen Sie dieses Feld aus."),
        "max_length": _("Bitte kürzen Sie auf höchstens %(limit_value)d Zeichen. Jetzt sind es %(show_value)d."),
    }

    def to_python(self, value):
        if value not in self.empty_values:
            value = clean_line(str(value)) if self.is_one_line else clean_text(str(value))
        return super().to_python(value)

    def run_validators(self, value):
        refuse_control_characters(value)
        super().run_validators(value)


class LineField(CleanTextMixin, forms.CharField):
    """One line of text."""


class ParagraphsField(CleanTextMixin, forms.CharField):
    """Text of several lines."""

    is_one_line = False
    widget = forms.Textarea


class MailField(CleanTextMixin, forms.EmailField):
    """A mail address."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("Bitte prüfen Sie die E-Mail-Adresse. Sie sieht zum Beispiel so aus: name@example.org"),
    }


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
