"""Funding sources and programmes at the desk; moderators maintain them too."""

from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from projects import facets, search
from projects.models import FundingProgramme, FundingSource, ProgrammeReference

from .rights import DeskAdmin, Rights


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
            search.index_all()  # projects are found by the names of their sources
        facets.touch()


@admin.register(FundingSource)
class FundingSourceAdmin(FundingAdmin):
    list_display = ["name", "level", "website"]
    search_fields = ["name", "sort_key"]


class ProgrammeReferenceInline(Rights, admin.StackedInline):
    model = ProgrammeReference
    moderators_edit = True
    extra = 1


@admin.register(FundingProgramme)
class FundingProgrammeAdmin(FundingAdmin):
    list_display = ["name", "provider", "level", "is_running", "checked_on"]
    list_filter = ["level", "is_running", "permanence"]
    search_fields = ["name", "sort_key", "provider"]
    inlines = [ProgrammeReferenceInline]
    fieldsets = [
        (None, {"fields": ["name", "slug", "provider", "level", "checked_on"]}),
        (_("Regeln"), {"fields": ["description", "purposes", "eligible", "amounts", "permanence"]}),
        (_("Stand"), {"fields": ["is_running", "running_note", "period", "editorial_note"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj=None):
        """The short name is part of the public address."""
        return ["slug"] if obj else []
