"""Funding sources and programmes at the desk; moderators maintain them too."""

from django import forms
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from municipalities.models import Kind, Municipality
from projects import facets
from projects.models import FundingProgramme, FundingSource, ProgrammeReference, Project

from . import reindexing
from .rights import DeskAdmin, Rights
from .vocabulary import SLUG_HELP

USED_AS = {FundingSource: "financings__source", FundingProgramme: "financings__programme"}


class FundingAdmin(DeskAdmin):
    """What a project names cannot be deleted (the database refuses); pages and search follow every change."""

    moderators_edit = True
    list_filter = ["level"]

    def get_actions(self, request: HttpRequest):
        return {}

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        return allowed and obj is not None and not obj.financings.exists()

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj, form, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and "name" in form.changed_data:
            reindexing.renamed(self, request, Project.objects.filter(**{USED_AS[type(obj)]: obj}))
        facets.touch()


@admin.register(FundingSource)
class FundingSourceAdmin(FundingAdmin):
    list_display = ["name", "level", "website"]
    search_fields = ["name", "sort_key"]


class ProgrammeReferenceInline(Rights, admin.StackedInline):
    model = ProgrammeReference
    moderators_edit = True
    extra = 1


class ProgrammeForm(forms.ModelForm):
    """Kinds are ticked, not typed."""

    class Meta:
        help_texts = {"slug": SLUG_HELP}

    eligible_kinds = forms.MultipleChoiceField(
        label=_("Arten von Kommunen, die Geld beantragen können"),
        choices=[choice for choice in Kind.choices if choice[0] != Kind.UNINCORPORATED_AREA],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Nichts angekreuzt: nicht belegt."),
    )


@admin.register(FundingProgramme)
class FundingProgrammeAdmin(FundingAdmin):
    form = ProgrammeForm
    filter_horizontal = ["topics", "counties", "named_bodies"]
    list_display = ["name", "provider", "level", "is_running", "checked_on"]
    list_filter = ["level", "is_running", "permanence"]
    search_fields = ["name", "sort_key", "provider"]
    inlines = [ProgrammeReferenceInline]
    fieldsets = [
        (None, {"fields": ["name", "slug", "provider", "level", "checked_on"]}),
        (_("Regeln"), {"fields": ["description", "purposes", "eligible", "amounts", "permanence"]}),
        (
            _("Für den Förder-Check: nur, was belegt ist"),
            {
                "fields": [
                    "topics",
                    "is_open_to_municipalities",
                    "eligible_kinds",
                    "named_bodies",
                    "counties",
                    ("smallest_population", "largest_population"),
                    ("deadline_on", "deadline_note"),
                    ("quota_percent", "minimum_amount", "maximum_amount"),
                ]
            },
        ),
        (_("Stand"), {"fields": ["is_running", "running_note", "period", "editorial_note"]}),
    ]

    def formfield_for_manytomany(self, db_field, request: HttpRequest, **kwargs):
        if db_field.name == "counties":
            kwargs["queryset"] = Municipality.objects.county_level()
        if db_field.name == "named_bodies":
            kwargs["queryset"] = Municipality.objects.with_projects_possible()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj, form, change: bool) -> None:
        if change and "slug" in form.changed_data:
            obj.renamed_from(form.initial["slug"])
        super().save_model(request, obj, form, change)
