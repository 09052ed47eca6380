"""What people may type as a version of a project in another language or in Leichte Sprache."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from municipalities.clean_fields import LineField, ParagraphsField

from .forms import CleanForm
from .models import Project, TextLanguage, TextOrigin, TextVersion
from .text_versions import FIELDS

LONGEST = 20_000


class TextVersionForm(CleanForm, forms.Form):
    """One field for each German text that there is; beside it stands the German one (`german`)."""

    origin = forms.ChoiceField(
        label=_("Wie ist der Text entstanden?"),
        help_text=_("Das steht öffentlich bei der Fassung."),
        choices=TextOrigin.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Bitte sagen Sie, wie der Text entstanden ist.")},
    )

    def __init__(self, *args, project: Project, version: TextVersion, **kwargs):
        texts = version.proposed or version.texts
        initial = {**texts, "origin": version.proposed_origin or version.origin}
        super().__init__(*args, initial=initial, **kwargs)
        attributes = {"lang": language_tag(version.language)}
        if version.language in settings.LANGUAGES_BIDI:
            attributes["dir"] = "rtl"
        for name in FIELDS:
            if getattr(project, name):
                self.fields[name] = self._field(project, name, attributes)
        self.order_fields([*FIELDS, "origin"])

    def _field(self, project: Project, name: str, attributes: dict[str, str]) -> forms.CharField:
        label, is_needed = project._meta.get_field(name).verbose_name, name in ("title", "summary")
        if name == "title":
            field = LineField(label=label, max_length=120, widget=forms.TextInput(attrs=attributes))
        else:
            rows = {"rows": min(14, 4 + len(getattr(project, name)) // 120)}
            most = 600 if name == "summary" else LONGEST
            area = forms.Textarea(attrs={**attributes, **rows})
            field = ParagraphsField(label=label, max_length=most, required=is_needed, widget=area)
        field.german = getattr(project, name)
        return field

    def show_stored(self, version: TextVersion) -> None:
        """Beside each field in which what was typed is not what somebody else has saved meanwhile: theirs."""
        stored = version.proposed or version.texts
        for name in FIELDS:
            if name in self.fields and self.cleaned_data[name] != stored.get(name, ""):
                self.fields[name].stored = stored.get(name) or _("leer")

    @property
    def texts(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in FIELDS if self.cleaned_data.get(name)}


def language_tag(language: str) -> str:
    """As HTML names it (BCP 47): Leichte Sprache is simple German."""
    return "de-simple" if language == TextLanguage.SIMPLE else language
