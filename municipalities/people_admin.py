"""Accounts and the log of people in the admin. Rights are changed by people.py only, with a line in the log each."""

from typing import Any

from allauth.account.admin import EmailAddress
from allauth.mfa.admin import Authenticator
from allauth.usersessions.admin import UserSession
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.forms import UserChangeForm as DjangoUserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import people
from .clean_fields import LineField, MailField, ParagraphsField
from .models import MembershipState, PeopleChange, Role, User

# The one group follows from memberships, see people.py. The other three come with allauth: editable, with secrets and
# keys of sessions, with a button that confirms foreign addresses. What helps somebody at the telephone stands at the
# account, to be read; sessions are ended by locking the account or by the person.
admin.site.unregister([Group, EmailAddress, Authenticator, UserSession])

WORDS: dict[str, str | Promise] = {
    **dict(MembershipState.choices),
    **{role.value: role.label for role in Role},
    "True": gettext_lazy("ja"),
    "False": gettext_lazy("nein"),
    "active": gettext_lazy("offen"),
    "inactive": gettext_lazy("gesperrt"),
    "erased": gettext_lazy("gelöscht"),
    "set": gettext_lazy("eingerichtet"),
    "forgotten": gettext_lazy("vergessen"),
}


def lines_of_log(changes: Any) -> list[dict[str, Any]]:
    """Lines of the log in German words, for admin/municipalities/_people_log.html."""
    return [
        {
            "at": change.at,
            "what": people.What(change.what).label if change.what in people.What.values else change.what,
            "old": WORDS.get(change.from_value, change.from_value),
            "new": WORDS.get(change.to_value, change.to_value),
            "by": change.by,
            "note": change.note,
        }
        for change in changes.select_related("by")
    ]


class LowerCaseEmailMixin(forms.ModelForm):
    """Mail addresses are stored in lower case; nobody has to type them so."""

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()


class UserCreationForm(LowerCaseEmailMixin, AdminUserCreationForm):
    class Meta:
        model = User
        fields = ["email"]
        field_classes = {"email": MailField}


class UserChangeForm(LowerCaseEmailMixin, DjangoUserChangeForm):
    class Meta:
        model = User
        fields = ["email", "password"]  # the admin adds the others of its fieldsets
        field_classes = {"email": MailField, "first_name": LineField, "last_name": LineField}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "password" in self.fields and not self.instance.has_usable_password():
            # Django's own sentence is not translated.
            self.fields["password"].help_text = gettext_lazy("Mit einem Passwort kann sich diese Person anmelden.")


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    """People leave by being locked out; what they wrote stays, so nobody is deleted here."""

    form = UserChangeForm
    add_form = UserCreationForm
    list_display = ["email", "first_name", "last_name", "is_active", "is_staff", "is_superuser", "last_login"]
    list_filter = ["is_active", "is_staff", "is_superuser"]
    search_fields = ["email", "first_name", "last_name"]
    ordering = ["email"]
    filter_horizontal = ()
    readonly_fields = [
        *("is_active", "is_staff", "is_superuser", "addresses", "second_factors", "last_login", "date_joined"),
    ]
    change_form_template = "admin/municipalities/user/change_form.html"
    fieldsets = [
        (None, {"fields": ["email", "password"]}),
        (gettext_lazy("Name"), {"fields": ["first_name", "last_name"]}),
        (
            gettext_lazy("Rechte"),
            {
                "fields": ["is_active", "is_staff", "is_superuser"],
                "description": gettext_lazy("Ändern lassen sie sich über „Zugang ändern“ und die Mitgliedschaften."),
            },
        ),
        (gettext_lazy("Anmeldung"), {"fields": ["addresses", "second_factors", "last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"classes": ["wide"], "fields": ["email", "usable_password", "password1", "password2"]}),
    ]

    @admin.display(description=gettext_lazy("Adressen"), empty_value="–")
    def addresses(self, person: User) -> str:
        """Whether somebody who cannot sign in has ever confirmed the address."""
        rows = EmailAddress.objects.filter(user=person).order_by("-primary", "email")
        return ", ".join(f"{row.email} ({_('bestätigt') if row.verified else _('nicht bestätigt')})" for row in rows)

    @admin.display(description=gettext_lazy("Zweite Faktoren"), empty_value="–")
    def second_factors(self, person: User) -> str:
        kinds = Authenticator.objects.filter(user=person).order_by("type").values_list("type", flat=True)
        return ", ".join(dict.fromkeys(str(Authenticator.Type(kind).label) for kind in kinds))

    def get_urls(self):
        return [
            path("<int:pk>/zugang/", self.admin_site.admin_view(access), name="municipalities_user_access"),
            *super().get_urls(),
        ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.is_superuser

    def has_view_permission(self, request: HttpRequest, obj=None) -> bool:
        return self.has_module_permission(request)

    has_change_permission = has_view_permission

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_module_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return False


class AccessForm(forms.Form):
    """Why; kept in the log."""

    use_required_attribute = False
    note = ParagraphsField(
        label=gettext_lazy("Begründung"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Bitte geben Sie einen Grund an.")},
        help_text=gettext_lazy("Nur für das Protokoll."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["note"].widget.attrs.pop("maxlength", None)


def decisions_about(person: User) -> dict[str, str]:
    """What may be done with this account now, with the words of the button."""
    if not person.is_active:
        return {"reactivate": _("Entsperren")}
    choices = {"deactivate": _("Sperren"), "forget": _("Zweiten Faktor vergessen")}
    if person.is_superuser:
        return {**choices, "dismiss": _("Administration beenden")}
    return {**choices, "appoint": _("Zur Administration ernennen")}


def carry_out(person: User, decision: str, by: User, note: str) -> None:
    match decision:
        case "deactivate":
            people.deactivate(person, by=by, note=note)
        case "reactivate":
            people.reactivate(person, by=by, note=note)
        case "appoint" | "dismiss":
            people.set_administrator(person, decision == "appoint", by=by)
        case "forget":
            people.forget_second_factor(person, by=by, note=note)


def access(request: HttpRequest, pk: int) -> HttpResponse:
    """Locks and unlocks an account, makes administrators, and helps whoever lost their second factor."""
    if not request.user.is_superuser:
        raise PermissionDenied
    person = get_object_or_404(User, pk=pk)
    choices = decisions_about(person) if person != request.user else {}
    decision = request.POST.get("decision") if request.method == "POST" else None
    form = AccessForm(request.POST if decision else None)
    if decision in choices and form.is_valid():
        try:
            carry_out(person, decision, request.user, form.cleaned_data["note"])
        except people.Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"{person}: {choices[decision]}.")
            return redirect("admin:municipalities_user_access", pk)
    context = {
        **admin.site.each_context(request),
        "title": _("Zugang von %(person)s") % {"person": person},
        "opts": User._meta,
        "person": person,
        "choices": choices.items(),
        "form": form,
        "memberships": person.memberships.select_related("municipality"),
        "changes": lines_of_log(person.people_changes),
    }
    return render(request, "admin/municipalities/user/access.html", context)


@admin.register(PeopleChange)
class PeopleChangeAdmin(admin.ModelAdmin):
    """Read only, here and in the database."""

    list_display = ["at", "person", "shown_what", "shown_from", "shown_to", "by", "note"]
    list_display_links = None
    list_select_related = ["person", "by"]
    list_filter = ["what"]
    search_fields = ["person__email", "person__last_name", "note"]
    actions = None

    @admin.display(description=gettext_lazy("Was"))
    def shown_what(self, change: PeopleChange) -> str:
        return people.What(change.what).label if change.what in people.What.values else change.what

    @admin.display(description=gettext_lazy("Von"), empty_value="–")
    def shown_from(self, change: PeopleChange) -> str:
        return WORDS.get(change.from_value, change.from_value) or "–"

    @admin.display(description=gettext_lazy("Nach"))
    def shown_to(self, change: PeopleChange) -> str:
        return WORDS.get(change.to_value, change.to_value) or "–"

    def has_view_permission(self, request: HttpRequest, obj=None) -> bool:
        return request.user.is_active and request.user.is_superuser

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return False
