"""What a reader types to get new projects by e-mail."""

from django import forms
from django.utils.translation import gettext_lazy as _

from municipalities.clean_fields import MailField

from .forms import OpenForm
from .models import Frequency


class SubscriptionForm(OpenForm, forms.Form):
    """The selection itself stands in the address of the page."""

    email = MailField(
        label=_("Ihre E-Mail-Adresse"),
        max_length=254,
        help_text=_(
            "Dorthin kommt zuerst ein Brief mit einem Link. Erst wenn Sie dort zustimmen, schreiben wir Ihnen."
        ),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": _("Bitte geben Sie an, wohin wir schreiben sollen.")},
    )
    frequency = forms.ChoiceField(
        label=_("Wie oft"),
        choices=Frequency.choices,
        initial=Frequency.WEEKLY,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Bitte wählen Sie, wie oft."),
            "invalid_choice": _("Bitte wählen Sie eine der beiden Möglichkeiten."),
        },
    )
