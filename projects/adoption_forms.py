"""What people may type about Nachahmung: the statement of a municipality, and reasons."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from municipalities.clean_fields import ParagraphsField

from .forms import CleanForm
from .models import Adoption, Project
from .submission_fields import ListedChoiceField, PartialDateField, spell_date

PLEASE_CHOOSE = _("Bitte wählen")
LONGEST = 2000


def _text(label: Any, help_text: Any, rows: int = 5, **kwargs: Any) -> ParagraphsField:
    return ParagraphsField(
        label=label, help_text=help_text, max_length=LONGEST, widget=forms.Textarea(attrs={"rows": rows}), **kwargs
    )


class BodyForm(CleanForm, forms.Form):
    """For which municipality; not asked where the person acts for one only. `bodies` are those to choose from."""

    municipality = ListedChoiceField(
        label=_("Für welche Kommune?"), error_messages={"required": _("Bitte wählen Sie die Kommune.")}
    )

    def __init__(self, *args, bodies, **kwargs):
        super().__init__(*args, **kwargs)
        bodies = list(bodies)
        self.only_body = bodies[0] if len(bodies) == 1 else None
        if self.only_body:
            del self.fields["municipality"]
        else:
            self.fields["municipality"].offer(bodies, empty=PLEASE_CHOOSE)

    @property
    def body(self):
        return self.only_body or self.cleaned_data["municipality"]


class AdoptionForm(BodyForm):
    """What was taken over, what was changed, how it goes."""

    what = _text(
        _("Was haben Sie übernommen?"),
        _("Das Ganze oder einen Teil? Zum Beispiel: „die Sprechstunde im Rathaus, ohne den Fahrdienst“."),
        error_messages={"required": _("Bitte schreiben Sie, was Sie übernommen haben.")},
    )
    changes = _text(
        _("Was machen Sie anders?"), _("Und warum? Daran sehen andere, was sich anpassen lässt."), required=False
    )
    experience = _text(
        _("Wie läuft es?"), _("Auch wenn es nicht geklappt hat. Bitte ohne Namen von Privatpersonen."), required=False
    )
    since = PartialDateField(label=_("Seit wann?"), required=False)
    copy = ListedChoiceField(
        label=_("Ihr eigenes Projekt im Mosaik"),
        help_text=_("Wenn Sie es hier schon zeigen, wird es in der Kette verlinkt."),
        required=False,
    )

    field_order = ("municipality", "what", "changes", "experience", "since", "copy")

    def __init__(self, *args, projects, adoption: Adoption | None = None, **kwargs):
        if adoption:
            kwargs["initial"] = self.first_values(adoption)
        super().__init__(*args, **kwargs)
        self.projects = list(projects)
        self.fields["copy"].offer(self.projects, empty=_("keines"))
        if not self.projects:
            del self.fields["copy"]

    @staticmethod
    def first_values(adoption: Adoption) -> dict[str, Any]:
        values = {name: getattr(adoption, name) for name in ("what", "changes", "experience")}
        since = spell_date(adoption.since, adoption.since_precision) if adoption.since else ""
        return {**values, "since": since, "copy": adoption.copy_id}

    def clean(self):
        data = super().clean()
        copy = data.get("copy")
        if copy and (self.only_body or data.get("municipality")) and copy.lead_id != self.body.pk:
            self.add_error("copy", _("Dieses Projekt gehört einer anderen Kommune."))
        return data

    @property
    def values(self) -> dict[str, Any]:
        """Those of adoptions.CONTENT."""
        data = self.cleaned_data
        since, copy = data["since"], data.get("copy")
        return {
            **{name: data[name] for name in ("what", "changes", "experience")},
            "since": since.day if since else None,
            "since_precision": since.precision if since else "",
            "copy_id": copy.pk if copy else None,
        }


def own_projects(bodies, source: Project):
    """Published projects of these municipalities that may be named as the copy of another one."""
    projects = Project.objects.published().filter(lead__in=bodies)
    return projects.exclude(pk=source.pk).select_related("lead").order_by("title", "pk")


class DeclineForm(CleanForm, forms.Form):
    """Why the people of the origin do not want the link; the other side reads it in its letter."""

    note = ParagraphsField(
        label=_("Warum nicht?"),
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Die andere Kommune liest den Grund in ihrem Brief; veröffentlicht wird er nicht."),
    )
