"""Versions of projects in other languages at the desk: released or sent back."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from projects import readability, text_versions
from projects.models import Project, TextVersion
from projects.text_version_forms import language_tag

from .waiting import WaitingAdmin


@admin.register(TextVersion)
class TextVersionAdmin(WaitingAdmin):
    verbs = text_versions
    template = "admin/projects/textversion/decide.html"
    list_display = ["project", "language", "proposed_at", "released_at"]
    ordering = ["proposed_at", "pk"]
    search_fields = ["project__title"]
    search_help_text = _("Titel des Projekts")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("project__lead", "proposed_by")

    def is_waiting(self, row: TextVersion) -> bool:
        return row.proposed_at is not None and not row.return_note

    def more(self, row: TextVersion) -> dict[str, Any]:
        texts = row.proposed or row.texts
        rows = [
            (Project._meta.get_field(name).verbose_name, getattr(row.project, name), texts.get(name, ""))
            for name in text_versions.FIELDS
            if getattr(row.project, name)
        ]
        is_same = (row.proposed_digest or row.digest) == text_versions.digest_of(row.project)
        hint = readability.hint_about(texts, row.language)
        return {"texts": rows, "tag": language_tag(row.language), "is_current": is_same, "readability": hint}
