"""The controlled vocabularies at the desk; administrators maintain them, because every project uses them."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from projects import facets, mosaic
from projects.models import ObstacleCategory, Project, TargetGroup, Topic

from . import reindexing
from .rights import DeskAdmin

SLUG_HELP = _("Steht in Adressen. Links mit einem früheren Kurznamen führen weiterhin hierher.")
USED_AS = {Topic: "topics", TargetGroup: "target_groups", ObstacleCategory: "obstacles__category"}


@admin.register(Topic, TargetGroup, ObstacleCategory)
class TermAdmin(DeskAdmin):
    """A term that projects use cannot be deleted (the database refuses). Links with a former short name still work."""

    list_display = ["label", "slug", "description", "position"]
    search_fields = ["label", "slug"]
    fields = ["label", "slug", "label_en", "description", "position"]

    def get_readonly_fields(self, request: HttpRequest, obj=None):
        """The short name of a topic that has a sign of its own is also the name of that sign."""
        return ["slug"] if isinstance(obj, Topic) and obj.slug in mosaic.MOTIFS else []

    def get_form(self, request: HttpRequest, obj=None, change: bool = False, **kwargs: Any):
        help_texts = {"slug": SLUG_HELP} if obj else {}
        return super().get_form(request, obj, change=change, help_texts=help_texts, **kwargs)

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
        is_renamed = change and "slug" in form.changed_data
        if is_renamed:
            obj.renamed_from(form.initial["slug"])
        super().save_model(request, obj, form, change)
        if is_renamed:
            reindexing.moved(self, request)  # projects are counted under the short name
        if change and "label" in form.changed_data:
            reindexing.renamed(self, request, Project.objects.filter(**{USED_AS[type(obj)]: obj}))
        facets.touch()  # every process reads the labels and their order anew

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj) -> None:
        super().delete_model(request, obj)
        facets.touch()
