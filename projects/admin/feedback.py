"""Reports of barriers at the desk."""

from django.contrib import admin
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from projects.models import BarrierReport

from .rights import DeskAdmin


@admin.register(BarrierReport)
class BarrierReportAdmin(DeskAdmin):
    """Reports come from visitors only; here they are read and marked as done."""

    can_add = False
    list_display = ["created_at", "page", "beginning", "is_done"]
    list_display_links = ["created_at"]
    list_filter = ["is_done"]
    search_fields = ["page", "text"]
    readonly_fields = ["created_at", "page", "text", "name", "reply_to"]
    fields = [*readonly_fields, "is_done"]

    @admin.display(description=_("Beschreibung"))
    def beginning(self, report: BarrierReport) -> str:
        return Truncator(report.text).chars(80)
