"""Text as it is stored, whoever types it: fields that clean and refuse the same way on every form, also of the desk."""

import re
import unicodedata
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_INVISIBLE = re.compile("[\u200b\u2060\ufeff]")
# They make a text read differently from what is stored (https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing).
# The plain marks U+200E, U+200F and U+061C are not among them: Arabic and Hebrew need them.
_BIDI_CONTROLS = "\u202a-\u202e\u2066-\u2069"
# Unicode's categories Cc and Cs, which are closed; asking the category of each letter takes twenty times as long.
_CONTROLS = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff{_BIDI_CONTROLS}]")
NOT_STORED = _("Hier stehen unsichtbare Steuerzeichen, die wir nicht speichern können. Bitte tippen Sie den Text neu.")


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
        raise ValidationError(NOT_STORED, code="control_characters")


# For passwords: every letter of them is left as it was typed, but half a surrogate pair cannot be worked with.
refuse_halves = RegexValidator("[\ud800-\udfff]", NOT_STORED, code="control_characters", inverse_match=True)


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


class ShortNameField(CleanTextMixin, forms.SlugField):
    """A name that stands in addresses."""


class WebField(CleanTextMixin, forms.URLField):
    """An address on the web."""


# For `formfield_overrides` of a model admin, whose forms are made from the models.
CLEANED: dict[type[models.Field], dict[str, Any]] = {
    models.CharField: {"form_class": LineField},
    models.EmailField: {"form_class": MailField},
    models.SlugField: {"form_class": ShortNameField},
    models.TextField: {"form_class": ParagraphsField},
    models.URLField: {"form_class": WebField, "assume_scheme": "https"},
}
