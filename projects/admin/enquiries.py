"""Gesuche at the desk: released or rejected."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from projects import enquiries, enquiry_matches
from projects.models import Enquiry, EnquiryState

from .waiting import WaitingAdmin


@admin.register(Enquiry)
class EnquiryAdmin(WaitingAdmin):
    verbs = enquiries
    template = "admin/projects/enquiry/decide.html"
    other_states = [state for state in EnquiryState.choices if state[0] != EnquiryState.SUBMITTED]
    list_display = ["title", "municipality", "state", "created_at", "expires_on"]
    ordering = ["created_at", "pk"]
    search_fields = ["title", "text", "municipality__display_name"]
    search_help_text = _("Titel, Text oder Kommune")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("municipality", "created_by")

    def is_waiting(self, row: Enquiry) -> bool:
        return row.state == EnquiryState.SUBMITTED

    def more(self, row: Enquiry) -> dict[str, Any]:
        return {"topics": row.topics.all(), "target_groups": row.target_groups.all(), "fits": enquiry_matches.best(row)}
