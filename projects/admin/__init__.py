"""The desk of moderators and administrators. Decisions call workflow and membership; nothing here writes a status."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from . import (
    adoptions,
    contacts,
    enquiries,
    feedback,
    funding,
    letters,
    links,
    memberships,
    projects,
    register,
    searches,
    shared_obstacles,
    sheet_imports,
    text_versions,
    texts,
    vocabulary,
)

__all__ = [
    "adoptions",
    "contacts",
    "enquiries",
    "feedback",
    "funding",
    "letters",
    "links",
    "memberships",
    "projects",
    "register",
    "searches",
    "shared_obstacles",
    "sheet_imports",
    "text_versions",
    "texts",
    "vocabulary",
]

admin.site.site_header = _("Redaktion des Integrationsmosaiks")
admin.site.site_title = _("Integrationsmosaik")
admin.site.index_title = _("Redaktion")
admin.site.enable_nav_sidebar = False  # says on every page what the start page says
