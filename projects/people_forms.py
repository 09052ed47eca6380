"""What people may type about themselves and about who acts for a municipality."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from municipalities.clean_fields import LineField, ParagraphsField
from municipalities.models import Host, Membership, Municipality, Role, User

from .forms import CleanForm

FOUND = 20  # more are not chosen from but searched again

PICK_ONE = {"required": _("Bitte wählen Sie aus."), "invalid_choice": _("Bitte wählen Sie aus der Liste aus.")}


class AskForm(CleanForm, forms.Form):
    """The request of one person; `bodies` are the municipalities to choose from, or None for the hosts."""

    body = forms.ChoiceField(label=_("Für wen möchten Sie handeln?"), widget=forms.RadioSelect, error_messages=PICK_ONE)
    organisation = LineField(
        label=_("Verein oder Träger"),
        max_length=160,
        required=False,
        help_text=_("Nur wenn Sie nicht in der Verwaltung arbeiten, sondern mit ihr zusammen."),
    )
    note = ParagraphsField(
        label=_("Was sollen wir wissen?"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Zum Beispiel Ihr Amt und eine Telefonnummer, unter der wir nachfragen können."),
    )

    def __init__(self, *args, bodies: list[Municipality] | None, **kwargs):
        super().__init__(*args, **kwargs)
        self.bodies = {body.key: body for body in bodies or ()}
        if bodies is None:
            del self.fields["organisation"]
            self.fields["body"].choices = Host.choices
        else:
            self.fields["body"].choices = [(body.key, described(body)) for body in bodies]

    @property
    def arguments(self) -> dict[str, Any]:
        """Arguments of `people.ask`."""
        data = self.cleaned_data
        chosen = {"municipality": self.bodies[data["body"]]} if self.bodies else {"host": data["body"]}
        return {**chosen, "organisation": data.get("organisation", ""), "note": data["note"]}


def described(body: Municipality) -> str:
    """The name with what tells bodies of one name apart."""
    if body.county is None:
        return body.display_name
    parent = f"{body.parent}, " if body.parent_id != body.county_id else ""
    return f"{body.display_name} ({parent}{body.county})"


class RightsForm(CleanForm, forms.Form):
    """Role and reach of a member; `may_include` shows the choice that only administrators have."""

    role = forms.ChoiceField(
        label=_("Rolle"),
        choices=[(Role.MEMBER, Role.MEMBER.label), (Role.COORDINATOR, Role.COORDINATOR.label)],
        widget=forms.RadioSelect,
        error_messages=PICK_ONE,
    )
    includes_members = forms.BooleanField(
        label=_("Auch für die Mitgliedsgemeinden"),
        help_text=_("Nur mit deren Einverständnis."),
        required=False,
    )

    def __init__(self, *args, membership: Membership, may_include: bool, **kwargs):
        initial = {"role": membership.role, "includes_members": membership.includes_members}
        super().__init__(*args, initial=initial, **kwargs)
        self.membership = membership
        if not may_include:
            del self.fields["includes_members"]

    @property
    def arguments(self) -> dict[str, Any]:
        """Arguments of `people.grant` and `people.change`; what was not asked stays as it is."""
        return {"includes_members": self.membership.includes_members, **self.cleaned_data}


class ReasonForm(CleanForm, forms.Form):
    """Why somebody is declined or has to leave; kept in the log, not sent."""

    note = ParagraphsField(
        label=_("Begründung"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Nur für das Protokoll. Die Person bekommt eine Nachricht ohne diesen Text."),
    )

    @property
    def arguments(self) -> dict[str, Any]:
        """Arguments of `people.decline` and `people.end`."""
        return self.cleaned_data


class NameForm(CleanForm, forms.ModelForm):
    class Meta:
        model = User
        fields = ["first_name", "last_name"]
        field_classes = {"first_name": LineField, "last_name": LineField}
        widgets = {
            "first_name": forms.TextInput(attrs={"autocomplete": "given-name"}),
            "last_name": forms.TextInput(attrs={"autocomplete": "family-name"}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.required = True


class CloseForm(CleanForm, forms.Form):
    """Asked before an account is closed for good."""

    agreed = forms.BooleanField(
        label=_("Ja, mein Konto schließen"),
        error_messages={"required": _("Bitte kreuzen Sie an, dass Sie Ihr Konto schließen möchten.")},
    )
