"""Contacts at the desk: edited in one place, beside the projects that a change reaches."""

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from projects.models import Contact, Status

from .rights import DeskAdmin


@admin.register(Contact)
class ContactAdmin(DeskAdmin):
    moderators_edit = True
    list_display = ["function", "organisation", "municipality", "public_level", "used_by"]
    list_filter = ["public_level"]
    list_select_related = ["municipality"]
    search_fields = ["function", "organisation", "email", "municipality__display_name"]
    raw_id_fields = ["municipality"]
    readonly_fields = ["projects_with_it"]
    fields = [
        "function",
        "organisation",
        "municipality",
        "email",
        "phone",
        "website",
        "public_level",
        "projects_with_it",
    ]

    def get_queryset(self, request: HttpRequest):
        return super().get_queryset(request).annotate(project_count=Count("projects"))

    @admin.display(description=_("Projekte"), ordering="project_count")
    def used_by(self, contact: Contact) -> int:
        return contact.project_count

    @admin.display(description=_("Projekte mit dieser Ansprechstelle"))
    def projects_with_it(self, contact: Contact) -> str:
        """By name what the desk may see; of drafts only how many there are."""
        if contact.pk is None:
            return "–"
        projects = list(contact.projects.order_by("title", "pk"))
        drafts = sum(project.status == Status.DRAFT for project in projects)
        shown = [
            (reverse("admin:projects_project_review", args=[project.pk]), project.title, project.get_status_display())
            for project in projects
            if project.status != Status.DRAFT
        ]
        names = format_html_join("", '<li><a href="{}">{}</a> ({})</li>', shown)
        more = format_html("<li>{}: {}</li>", _("Entwürfe"), drafts) if drafts else ""
        return format_html("<ul>{}{}</ul>", names, more) if projects else "–"

    def get_actions(self, request: HttpRequest):
        return {}

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        return allowed and obj is not None and not obj.projects.exists()
