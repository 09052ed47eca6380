"""What people may type: fields that clean text the same way everywhere, and the forms made of them.

No form changes a status or sends a letter.
"""

import re
import unicodedata
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from .models import BarrierReport

_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_INVISIBLE = re.compile("[\u200b\u2060\ufeff]")
# They make a text read differently from what is stored (https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing).
# The plain marks U+200E, U+200F and U+061C are not among them: Arabic and Hebrew need them.
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean_text(value: str) -> str:
    """The text as it is stored: NFC, lines ending in one "\\n", nothing invisible or blank around it."""
    text = _INVISIBLE.sub("", _LINE_ENDS.sub("\n", value))
    return unicodedata.normalize("NFC", text).strip()


def clean_line(value: str) -> str:
    """The same for one line: line ends, tabs and runs of blanks become one blank."""
    return " ".join(clean_text(value).split())


def has_control_characters(text: str) -> bool:
    """Whether `text` holds NUL, another control character, half a surrogate pair or a control of writing direction."""
    return any(
        char in _BIDI_CONTROLS or (unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t") for char in text
    )


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


class BarrierReportForm(CleanForm, forms.ModelForm):
    """The report of a barrier; everything but the description may stay empty."""

    homepage = TrapField()

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

    def clean_homepage(self) -> str:
        # Not dropped in silence: a person whose browser filled the field in must be able to send again.
        if self.cleaned_data["homepage"]:
            self.add_error(
                None,
                _("Ein verstecktes Prüffeld war ausgefüllt. Wir haben es geleert. Bitte senden Sie noch einmal ab."),
            )
        return ""
