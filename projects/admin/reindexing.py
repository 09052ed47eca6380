"""What a new name or a merger means for search and facets: done at once for few projects, else the command is named."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from projects import facets, search
from projects.models import Project

# What a request may take: the search needs about 20 ms a project, the facets less than one.
MOST_SEARCHED = 200
MOST_COUNTED = 2_000


def renamed(admin_page: admin.ModelAdmin, request: HttpRequest, projects: QuerySet[Project]) -> None:
    """Published projects are found by a name that has just changed; belongs into the transaction of the change."""
    found = projects.published().order_by("pk").distinct().values_list("pk", flat=True)
    keys = list(found[: MOST_SEARCHED + 1])
    if len(keys) <= MOST_SEARCHED:
        search.index_projects(keys)
    else:
        said = _(
            "Gespeichert. Nur die Suche kennt den neuen Namen noch nicht, weil ihn mehr als %(most)d Projekte haben."
        )
        _ask_for_command(admin_page, request, said % {"most": MOST_SEARCHED})


def moved(admin_page: admin.ModelAdmin, request: HttpRequest) -> None:
    """Projects belong to another municipality than before; likewise."""
    if Project.objects.published().count() <= MOST_COUNTED:
        facets.index_all()
    else:
        facets.touch()  # what each process keeps of the register is read anew all the same
        said = _("Gespeichert. Nur die Filter zählen noch wie vorher, weil es mehr als %(most)d Projekte gibt.")
        _ask_for_command(admin_page, request, said % {"most": MOST_COUNTED})


def _ask_for_command(admin_page: admin.ModelAdmin, request: HttpRequest, said: str) -> None:
    what_to_do = _("Bitten Sie den Betrieb um den Befehl „manage.py reindex“.")
    admin_page.message_user(request, f"{said} {what_to_do}", messages.WARNING)
