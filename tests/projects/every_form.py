"""All forms of the portal, found by looking for them, and how each is made for a test."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from types import SimpleNamespace
from typing import Any

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.test import RequestFactory
from django.utils import timezone

import integration_portal
import municipalities
import projects
from integration_portal import account_forms
from municipalities.models import Host, Membership, User
from projects import adoption_forms, enquiry_forms, part_editing, people_forms, submission_steps, text_version_forms
from projects.forms import TrapField
from projects.models import (
    BarrierReport,
    Contact,
    FundingProgramme,
    PageText,
    Project,
    TargetGroup,
    TextBlock,
    TextVersion,
)
from projects.models.texts import Page
from projects.parameters import QueryForm
from projects.submission_fields import GermanDecimalField, PartialDateField
from projects.submission_rows import ROW_SETS
from tests.factories import make_funding_source, make_municipality, make_project

from .obstacles import make_entry
from .picture_zoo import PDF, jpeg, upload

PACKAGES = (integration_portal, municipalities, projects)
# What is typed into the parts of a submission: test_submission_forms.py sends it to their pages.
PARTS = {form for form in part_editing.FORMS.values() if form} | {
    rows.form for sets in ROW_SETS.values() for rows in sets
}
# The admin's own form of it is on no page: adding one has a form that is found like the others.
OWN_PAGES = {"SheetImport"}


@dataclass
class Place:
    """A form with what it needs: `make(data=…, files=…)` binds it."""

    name: str
    make: Callable[..., forms.BaseForm]
    can_be_right: bool = True  # not where a password or a code is judged
    saves: bool = False  # whether the page calls form.save(); the others hand what was typed to functions


def is_base(form: type[forms.BaseForm]) -> bool:
    """Whether a form is only inherited from: it has no fields of its own, or does not say of which model they are."""
    has_model = not issubclass(form, forms.ModelForm) or form._meta.model is not None
    return not getattr(form, "base_fields", None) or not has_model


@cache
def found() -> list[type[forms.BaseForm]]:
    """Every class of forms in the sources of the portal. Query strings are no forms that somebody fills in: S19."""
    for package in PACKAGES:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.rpartition(".")[2] not in ("gunicorn", "wsgi"):
                importlib.import_module(module.name)
    names = tuple(package.__name__ for package in PACKAGES)
    classes = {form for form in subclasses(forms.BaseForm) if form.__module__.split(".")[0] in names}
    wanted = [form for form in classes - PARTS if not is_base(form) and not issubclass(form, QueryForm)]
    return sorted(wanted, key=lambda form: (form.__module__, form.__qualname__))


def subclasses(form: type) -> Iterator[type]:
    for one in form.__subclasses__():
        yield one
        yield from subclasses(one)


def rows() -> SimpleNamespace:
    """What the forms of the desk are about."""
    body, other = make_municipality(name="Sögel"), make_municipality()
    person = User.objects.create_superuser("admin@example.org", "das richtige Passwort")
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": "JBSWY3DPEHPK3PXP"})
    project = make_project(lead=body, status="published")
    programme = FundingProgramme.objects.create(
        slug="beispiel",
        name="Beispiel",
        provider="Land",
        level="state",
        description="…",
        checked_on=timezone.localdate(),
    )
    made = SimpleNamespace(person=person, bodies=[body, other], project=project, programme=programme)
    made.membership = Membership.objects.create(user=person, host=Host.NST, role="moderator")
    made.passkey = Authenticator.objects.create(
        user=person, type=Authenticator.Type.WEBAUTHN, data={"name": "Telefon", "credential": {}}
    )
    make_funding_source()
    make_entry()
    TextBlock.objects.get_or_create(title="Kosten", text="Was kostet es?")
    PageText.objects.create(page=Page.values[-1], text="Hallo.")
    TargetGroup.objects.get_or_create(slug="families", label="Familien", label_en="families")
    BarrierReport.objects.create(text="Zu klein.")
    Contact.objects.create(function="Büro", organisation="Stadt", email="buero@example.org")
    return made


def arguments_of(made: SimpleNamespace) -> dict[type[forms.BaseForm], dict[str, Any]]:
    """What forms are given besides the data. All others are made without anything."""
    bodies, person = {"bodies": made.bodies}, {"user": made.person}
    asked = {"membership": made.membership, "may_include": True}
    version = TextVersion(project=made.project, language="en")
    return {
        people_forms.AskForm: bodies,
        people_forms.RightsForm: asked,
        adoption_forms.BodyForm: bodies,
        adoption_forms.AdoptionForm: {**bodies, "projects": [made.project]},
        enquiry_forms.EnquiryForm: bodies,
        submission_steps.NewProjectForm: bodies,
        submission_steps.AdoptForm: bodies,
        text_version_forms.TextVersionForm: {"project": made.project, "version": version},
        account_forms.ActivateTOTP: person,
        account_forms.AddEmail: person,
        account_forms.AddPasskey: person,
        account_forms.Authenticate: person,
        account_forms.AuthenticatePasskey: person,
        account_forms.ChangePassword: person,
        account_forms.DeactivateTOTP: {"authenticator": made.passkey},
        account_forms.EditPasskey: {"instance": made.passkey},
        account_forms.Reauthenticate: person,
        account_forms.ReauthenticateByCode: person,
        account_forms.ReauthenticatePasskey: person,
        account_forms.ResetPasswordKey: person,
        account_forms.SetPassword: person,
    }


def places(made: SimpleNamespace) -> list[Place]:
    """Every form where it is used."""
    given = arguments_of(made)
    own = []
    for form in found():
        name = f"{form.__module__}.{form.__qualname__}"
        own.append(Place(name, partial(form, **given.get(form, {})), not is_of_account(form)))
    return [*own, *places_at_the_desk(made.person)]


def is_of_account(form: type[forms.BaseForm]) -> bool:
    return form.__module__ == account_forms.__name__


def places_at_the_desk(person: User) -> Iterator[Place]:
    """The forms that the admin makes: for a new row, for one that is there, and for the rows below it."""
    request = RequestFactory().get("/")
    request.user = person
    for model, page in admin.site._registry.items():
        assert not page.list_editable, model  # would be one more form
        row = model._base_manager.order_by("pk").first()
        for is_change, instance in ((False, None), (True, row)):
            may = page.has_change_permission(request, row) if is_change else page.has_add_permission(request)
            if not may or model.__name__ in OWN_PAGES:
                continue
            assert row or not is_change, f"no row to change: {model}"
            form = page.get_form(request, instance, change=is_change)
            name = f"{model.__name__} {'change' if is_change else 'add'}"
            yield Place(name, partial(form, instance=instance), saves=True)
            for inline in page.get_inline_instances(request, row):
                if inline.has_add_permission(request, row):
                    rows = inline.get_formset(request, row)
                    yield Place(f"{name} {inline.model.__name__}", partial(below, rows, row), saves=True)


def below(rows: Any, row: Any, data: Any = None, files: Any = None) -> forms.BaseForm:
    return rows.form(data=data, files=files, instance=rows.model(**{rows.fk.name: row}))


# --- what a person would type

DAYS = (forms.DateField, PartialDateField)
FIGURES = (forms.IntegerField, forms.DecimalField, GermanDecimalField)


def plausible(form: forms.BaseForm) -> tuple[dict[str, Any], dict[str, Any]]:
    """Data and files that a form should take."""
    data, files = {}, {}
    for name, field in form.fields.items():
        if isinstance(field, forms.FileField):
            files[name] = a_file(form)
        elif (value := answer(name, field)) is not None:
            data[name] = value
    return data, files


def a_file(form: forms.BaseForm) -> Any:
    content, kind = b"titel;kommune\n", "text/csv"
    if "credit" in form.fields:
        content, kind = jpeg(320, 240), "image/jpeg"
    elif "title" in form.fields:
        content, kind = PDF, "application/pdf"
    return upload(content, f"datei.{kind[-3:]}", kind)


def answer(name: str, field: forms.Field) -> Any:
    """What fits the kind of field; None leaves it out."""
    if isinstance(field, TrapField):
        return None
    if isinstance(field, forms.ModelChoiceField):
        rows = [str(field.prepare_value(row)) for row in field.queryset[:1]]
        return rows if isinstance(field, forms.ModelMultipleChoiceField) else rows[0] if rows else None
    if isinstance(field, forms.ChoiceField):
        values = [str(value) for value, _label in field.choices if value]
        return values[:1] if isinstance(field, forms.MultipleChoiceField) else values[0] if values else None
    kinds: tuple[tuple[Any, str], ...] = (  # the first that fits
        (forms.BooleanField, "on"),
        (forms.EmailField, f"{name}@example.org"),
        (forms.URLField, "https://www.example.org/"),
        (forms.SlugField, "kurz"),
        (forms.UUIDField, "5f0c1ad8-5e0f-4d5b-a3a4-0f2a6a0a5b11"),
        (DAYS, "24.9.2015"),
        (FIGURES, "7"),
    )
    return next((text for kind, text in kinds if isinstance(field, kind)), words_for(name))


def words_for(name: str) -> str:
    """What is typed into a field of this name; some do not take any words."""
    if name == "of":
        return str(Project.objects.published().values_list("pk", flat=True)[0])
    return {"text": "Wer hat Erfahrung mit Kursen am Nachmittag und am Abend?"}.get(name, "Sögel am Nachmittag")


def is_typed(field: forms.Field) -> bool:
    """Whether a person types into it, instead of choosing or ticking."""
    return not isinstance(field, forms.ChoiceField | forms.ModelChoiceField | forms.BooleanField | forms.FileField)


def is_number(field: forms.Field) -> bool:
    return isinstance(field, (*DAYS, *FIGURES))


def is_password(field: forms.Field) -> bool:
    return isinstance(field.widget, forms.PasswordInput)
