"""The controlled vocabularies at the desk; administrators maintain them, because every project uses them."""

from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest

from projects import facets
from projects.models import ObstacleCategory, Project, TargetGroup, Topic

from . import reindexing
from .rights import DeskAdmin

USED_AS = {Topic: "topics", TargetGroup: "target_groups", ObstacleCategory: "obstacles__category"}


@admin.register(Topic, TargetGroup, ObstacleCategory)
class TermAdmin(DeskAdmin):
    """A term that projects use cannot be deleted (the database refuses), and its short name is part of addresses."""

    list_display = ["label", "slug", "description", "position"]
    search_fields = ["label", "slug"]
    fields = ["label", "slug", "label_en", "description", "position"]

    def get_readonly_fields(self, request: HttpRequest, obj=None):
        return ["slug"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        """Only what no project uses: deleting a topic would quietly take it from its projects."""
        if not super().has_delete_permission(request, obj):
            return False
        used_by = obj.obstacles if isinstance(obj, ObstacleCategory) else obj.projects if obj else None
        return used_by is not None and not used_by.exists()

    def get_actions(self, request: HttpRequest):
        return {}

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj, form, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and "label" in form.changed_data:
            reindexing.renamed(self, request, Project.objects.filter(**{USED_AS[type(obj)]: obj}))
        facets.touch()  # every process reads the labels and their order anew

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj) -> None:
        super().delete_model(request, obj)
        facets.touch()
