"""The queue: what waits for the desk, the oldest first; other states through the filter. Content is not edited here."""

from django.conf import settings
from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from projects import workflow
from projects.models import Project, Status, StatusChange

from . import bulk, review
from .filters import ALL, StateFilter
from .rights import DeskAdmin


class StatusFilter(StateFilter):
    """Without a choice: what waits. Drafts are nobody's business here."""

    title = _("Status")
    parameter_name = "status"
    usual = Status.SUBMITTED

    def states(self, model_admin):
        return [(status.value, status.label) for status in Status if status != Status.DRAFT]


class KindFilter(admin.SimpleListFilter):
    title = _("Anlass")
    parameter_name = "kind"

    def lookups(self, request, model_admin):
        return [("first", _("erstmals")), ("again", _("nach Rückgabe")), ("revision", _("Überarbeitung"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case "first":
                return queryset.filter(revises=None, was_returned=False)
            case "again":
                return queryset.filter(was_returned=True)
            case "revision":
                return queryset.exclude(revises=None)
        return queryset


class HostFilter(admin.SimpleListFilter):
    """Only with two keys: whose approval is still missing."""

    title = _("Wartet auf")
    parameter_name = "host"

    def lookups(self, request, model_admin):
        if not settings.TWO_KEY_APPROVAL:
            return []
        return [(str(number), _(" oder ").join(str(host.label) for host in side)) for number, side in self.sides()]

    @staticmethod
    def sides():
        return enumerate(workflow.SIDES)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        for number, side in self.sides():
            if self.value() == str(number):
                approvals = Project._meta.get_field("approvals").related_model.objects
                return queryset.filter(
                    ~Exists(approvals.filter(project=OuterRef("pk"), host__in=side)), status=Status.SUBMITTED
                )
        return queryset


def is_queue(request: HttpRequest) -> bool:
    """Whether the list shows what waits, and not another state."""
    others = {ALL, *Status.values} - {Status.DRAFT, Status.SUBMITTED}
    return request.GET.get(StatusFilter.parameter_name) not in others


@admin.register(Project)
class ProjectAdmin(DeskAdmin):
    """Municipalities write, the desk decides: on the review page, one project at a time."""

    can_add = can_change = can_delete = False
    list_display = ["link", "lead", "kind", "state", "waits_since", "waits_for"]
    list_display_links = None
    list_filter = [StatusFilter, KindFilter, HostFilter, ("lead", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["lead"]
    list_per_page = 50
    search_fields = ["title", "lead__display_name", "lead__sort_key"]
    search_help_text = _("Titel oder Kommune")
    actions = [bulk.ask_whether_current, bulk.archive_ended]

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/pruefen/", view(review.review), name="projects_project_review"),
            path("<int:pk>/fassungen/<int:number>/", view(review.version), name="projects_project_version"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        returned = StatusChange.objects.filter(project=OuterRef("pk"), to_status=Status.RETURNED)
        projects = review.at_desk(super().get_queryset(request))
        return projects.annotate(was_returned=Exists(returned)).defer("returned_content").prefetch_related("approvals")

    def get_ordering(self, request: HttpRequest):
        return ["submitted_at", "pk"] if is_queue(request) else ["-changed_at", "-pk"]

    def get_list_display(self, request: HttpRequest):
        return [name for name in self.list_display if name != "state" or not is_queue(request)]

    def changelist_view(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        title = _("Projekte, die warten") if is_queue(request) else _("Projekte")
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def change_view(self, request: HttpRequest, object_id: str, *args, **kwargs) -> HttpResponse:
        """Links of the admin to „change a project“ lead to the page where it is decided about."""
        project = self.get_object(request, object_id)
        if project is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return redirect("admin:projects_project_review", project.pk)

    @admin.display(description=_("Projekt"), ordering="title")
    def link(self, project: Project) -> str:
        address = reverse("admin:projects_project_review", args=[project.pk])
        return format_html('<a href="{}">{}</a>', address, project.title or _("ohne Titel"))

    @admin.display(description=_("Anlass"))
    def kind(self, project: Project) -> str:
        kind = _("Überarbeitung") if project.revises_id else _("erstmals") if not project.was_returned else ""
        return ", ".join(str(text) for text in (kind, _("nach Rückgabe") if project.was_returned else "") if text)

    @admin.display(description=_("Status"), ordering="status")
    def state(self, project: Project) -> str:
        return project.get_status_display()

    @admin.display(description=_("Wartet seit"), ordering="submitted_at", empty_value="–")
    def waits_since(self, project: Project) -> str | None:
        if project.status != Status.SUBMITTED:
            return None
        day = timezone.localdate(project.submitted_at)
        days = (timezone.localdate() - day).days
        if not days:
            return _("heute")
        return f"{day:%d.%m.%Y} ({ngettext('%(days)d Tag', '%(days)d Tage', days) % {'days': days}})"

    @admin.display(description=_("Wartet auf"), empty_value="–")
    def waits_for(self, project: Project) -> str | None:
        if project.status == Status.RETURNED:
            return _("die Kommune")
        if project.status != Status.SUBMITTED:
            return None
        return "; ".join(workflow.waits_for(project)) or _("die Moderation")
