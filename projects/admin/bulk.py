"""What may be done with several projects at once: nothing that makes anything public. Each asks once more."""

from collections.abc import Callable

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from projects import confirmation, workflow
from projects.models import ENDED_STAGES, Project, Status

MOST = 100


def confirm_first(
    admin_page: admin.ModelAdmin,
    request: HttpRequest,
    chosen: QuerySet,
    *,
    question: str | Promise,
    act: Callable[[list[Project]], str],
) -> HttpResponse | None:
    """The page that lists what was chosen and asks; its form comes back here with `confirmed`."""
    projects = list(chosen.order_by("title", "pk")[: MOST + 1])
    if not projects or len(projects) > MOST:
        said = _("Von den gewählten Projekten passt keines.") if not projects else _("Bitte wählen Sie höchstens 100.")
        admin_page.message_user(request, said, messages.WARNING)
        return None
    if "confirmed" in request.POST:
        admin_page.message_user(request, act(projects), messages.SUCCESS)
        return None
    context = {
        **admin_page.admin_site.each_context(request),
        "title": question,
        "opts": admin_page.opts,
        "projects": projects,
        "action": request.POST["action"],
        "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/projects/project/confirm_bulk.html", context)


@admin.action(description=gettext_lazy("Nachfragen, ob sie noch aktuell sind"), permissions=["view"])
def ask_whether_current(admin_page: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
    """Writes the yearly letter now; whoever has it already gets no second one."""

    def act(projects: list[Project]) -> str:
        count = sum(confirmation.ask(project, timezone.localdate()) for project in projects)
        return ngettext("%(count)d Brief geschrieben.", "%(count)d Briefe geschrieben.", count) % {"count": count}

    return confirm_first(
        admin_page,
        request,
        queryset.filter(status=Status.PUBLISHED),
        question=_("Bei diesen Projekten nachfragen, ob sie noch aktuell sind?"),
        act=act,
    )


@admin.action(description=gettext_lazy("Beendete archivieren"), permissions=["view"])
def archive_ended(admin_page: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
    """Published projects that say of themselves that they have ended."""

    def act(projects: list[Project]) -> str:
        count = 0
        for project in projects:
            try:
                workflow.archive(project, by=request.user)
            except workflow.WorkflowError as problem:
                admin_page.message_user(request, str(problem), messages.ERROR)
            else:
                count += 1
        return ngettext("%(count)d Projekt archiviert.", "%(count)d Projekte archiviert.", count) % {"count": count}

    return confirm_first(
        admin_page,
        request,
        queryset.filter(status=Status.PUBLISHED, stage__in=ENDED_STAGES),
        question=_("Diese beendeten Projekte archivieren?"),
        act=act,
    )
