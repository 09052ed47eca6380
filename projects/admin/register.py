"""The register at the desk: what an administrator changes there has to reach the projects as well."""

from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest

from municipalities.admin import FigureInline, MunicipalityAdmin
from municipalities.models import Municipality
from projects import facets

from . import reindexing
from .rights import Rights

admin.site.unregister(Municipality)


class ReadFigures(Rights, FigureInline):
    can_add = can_change = can_delete = False


@admin.register(Municipality)
class RegisterAdmin(Rights, MunicipalityAdmin):
    """A successor moves projects to another municipality, and every process compares bodies as they were."""

    can_add = can_delete = False
    inlines = [ReadFigures]

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj, form, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "successor" in form.changed_data:
            reindexing.moved(self, request)
        else:
            facets.touch()
