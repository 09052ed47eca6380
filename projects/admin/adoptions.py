"""Nachahmung at the desk: statements and their changes are released or rejected here; interest is only read."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from projects import adoptions, emails
from projects.models import Adoption, AdoptionState, Interest

from .rights import ReadOnlyAdmin
from .waiting import WaitingAdmin

LABELS = ("what", "changes", "experience", "since", "copy")


@admin.register(Adoption)
class AdoptionAdmin(WaitingAdmin):
    verbs = adoptions
    template = "admin/projects/adoption/decide.html"
    other_states = [state for state in AdoptionState.choices if state[0] != AdoptionState.PROPOSED]
    list_display = ["__str__", "occasion", "state", "changed_at"]
    ordering = ["changed_at", "pk"]
    search_fields = ["project__title", "municipality__display_name"]
    search_help_text = _("Titel oder Kommune")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        related = ("project__lead", "project__contact", "municipality", "copy", "stated_by")
        return super().get_queryset(request).select_related(*related)

    @admin.display(description=_("Anlass"))
    def occasion(self, row: Adoption) -> str:
        return _("Änderung") if row.proposed_change else _("Eintrag")

    def is_waiting(self, row: Adoption) -> bool:
        return row.state == AdoptionState.PROPOSED or bool(row.proposed_change)

    def more(self, row: Adoption) -> dict[str, Any]:
        proposal = adoptions.proposal(row)
        fields = [(row._meta.get_field(name).verbose_name, getattr(row, name)) for name in LABELS]
        proposed = [getattr(proposal, name) for name in LABELS] if proposal else [None] * len(LABELS)
        return {
            "fields": [(label, old, new) for (label, old), new in zip(fields, proposed, strict=True)],
            "has_proposal": proposal is not None,
            "people_of_origin": len(emails.people_of(row.project.lead)),
        }


@admin.register(Interest)
class InterestAdmin(ReadOnlyAdmin):
    list_display = ["project", "municipality", "at"]
    list_display_links = None
    list_select_related = ["project", "municipality"]
    ordering = ["-at", "-pk"]
    search_fields = ["project__title", "municipality__display_name"]
    search_help_text = _("Titel oder Kommune")
