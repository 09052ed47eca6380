"""What may be typed and chosen on the page of pictures and papers; the files are judged by pictures.py."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from municipalities.clean_fields import LineField

from . import pictures
from .forms import CleanForm
from .models import Attachment, Picture

CHOOSE_AGAIN = _("Bitte wählen Sie die Datei danach noch einmal aus; das kann die Seite nicht für Sie tun.")


class UploadForm(CleanForm):
    """A file with words beside it. No browser fills in a chosen file again, so the form says that it must be chosen."""

    def clean(self) -> dict[str, Any]:
        if self.errors and self.files and "file" not in self.errors:
            self.add_error("file", CHOOSE_AGAIN)
        return self.cleaned_data


class PictureFileField(forms.FileField):
    """A picture as the sizes to be stored; what the browser says about name and type is not looked at."""

    default_error_messages = {
        "required": _("Bitte wählen Sie ein Bild aus."),
        "missing": _("Bitte wählen Sie ein Bild aus."),
        "empty": _("Diese Datei ist leer."),
    }

    def clean(self, data: UploadedFile | None, initial: Any = None) -> list[pictures.Size]:
        return pictures.read_picture(super().clean(data, initial))


class PaperFileField(forms.FileField):
    """The content of a PDF."""

    default_error_messages = {
        "required": _("Bitte wählen Sie ein PDF aus."),
        "missing": _("Bitte wählen Sie ein PDF aus."),
        "empty": _("Diese Datei ist leer."),
    }

    def clean(self, data: UploadedFile | None, initial: Any = None) -> bytes:
        return pictures.read_paper(super().clean(data, initial))


class PictureTextForm(CleanForm, forms.ModelForm):
    """The words beside a stored picture."""

    class Meta:
        model = Picture
        fields = ["alt", "credit"]
        field_classes = {"alt": LineField, "credit": LineField}
        widgets = {"alt": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "alt": _(
                "Für Menschen, die das Bild nicht sehen: Was ist darauf, was geschieht? Zum Beispiel (erfunden): "
                "„Zwei Frauen und ein Junge reparieren im Hof ein Fahrrad.“ Höchstens 300 Zeichen."
            ),
            "credit": _("Wer fotografiert hat, zum Beispiel: Stadt Musterhausen, Erika Muster"),
        }
        error_messages = {
            "alt": {"required": _("Bitte beschreiben Sie das Bild.")},
            "credit": {"required": _("Bitte nennen Sie, wer fotografiert hat.")},
        }

    def clean(self) -> dict[str, Any]:
        return self.cleaned_data


class PictureForm(UploadForm, PictureTextForm):
    """A new picture."""

    file = PictureFileField(
        label=_("Bilddatei"),
        help_text=_("JPEG, PNG oder WebP, höchstens 10 MB. Aufnahmeort und andere versteckte Angaben entfernen wir."),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )
    rights_confirmed = forms.BooleanField(
        label=_("Wir dürfen das Bild veröffentlichen, und alle, die darauf zu erkennen sind, sind einverstanden."),
        help_text=_("Bei Kindern sind die Eltern einverstanden."),
        error_messages={"required": _("Ohne Rechte und Einwilligungen können wir das Bild nicht zeigen.")},
    )
    field_order = ["file", "alt", "credit", "rights_confirmed"]

    class Meta(PictureTextForm.Meta):
        fields = ["alt", "credit", "rights_confirmed"]


class PaperTextForm(CleanForm, forms.ModelForm):
    """The title of a stored paper."""

    class Meta:
        model = Attachment
        fields = ["title"]
        field_classes = {"title": LineField}
        help_texts = {"title": _("Was Lesende darin finden, zum Beispiel: Konzept vom März 2025")}
        error_messages = {"title": {"required": _("Bitte geben Sie der Anlage einen Titel.")}}

    def clean(self) -> dict[str, Any]:
        return self.cleaned_data


class PaperForm(UploadForm, PaperTextForm):
    """A new paper."""

    file = PaperFileField(
        label=_("PDF-Datei"),
        help_text=_(
            "Höchstens 10 MB. Eine PDF-Datei verrät oft, wer sie geschrieben hat; wir verändern sie nicht. "
            "Achten Sie auf Namen und Unterschriften."
        ),
        widget=forms.FileInput(attrs={"accept": "application/pdf"}),
    )
    field_order = ["file", "title"]

    class Meta(PaperTextForm.Meta):
        pass


def add_problem(form: forms.BaseForm, problem: ValidationError) -> None:
    """Shows what went wrong after the form was found valid, at the file."""
    form.add_error("file" if "file" in form.fields else None, problem)
