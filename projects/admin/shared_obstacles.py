"""The register of obstacles at the desk: entries, their state, and two entries that are one."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from municipalities.clean_fields import LineField, ParagraphsField
from projects import facets, shared_obstacles
from projects.forms import CleanForm
from projects.models import SharedObstacle, Status

from . import obstacle_cases
from .rights import DeskAdmin

MOST = 20
PUBLISHED = Q(cases__project__status=Status.PUBLISHED)


class SharedObstacleForm(CleanForm, forms.ModelForm):
    class Meta:
        model = SharedObstacle
        fields = ["title", "category", "level", "text", "demand", "state", "state_since", "state_note"]
        field_classes = dict.fromkeys(("text", "demand", "state_note"), ParagraphsField) | {"title": LineField}
        help_texts = {
            "title": _("Sagt in einem Satz, was im Weg steht. Zum Beispiel: Fördermittel kommen erst zum Jahresende"),
            "level": _("Leer lassen, wenn mehrere Ebenen gefragt sind."),
            "text": _("Sachlich und ohne Namen von Personen. Die Fälle stehen darunter."),
            "demand": _("Was die Kommunen fordern, nicht was die Redaktion meint."),
        }


@admin.register(SharedObstacle)
class SharedObstacleAdmin(DeskAdmin):
    """Moderators maintain the register; what they change is public at once, and Django's log says who it was."""

    moderators_edit = True
    form = SharedObstacleForm
    list_display = ["title", "category", "level", "state", "state_since", "case_count", "place_count"]
    list_filter = ["state", "level", "category"]
    list_select_related = ["category"]
    search_fields = ["title", "text"]
    change_form_template = "admin/projects/sharedobstacle/change_form.html"
    actions = ["merge"]
    fieldsets = [
        (None, {"fields": ["title", "category", "level", "text", "demand"]}),
        (_("Stand"), {"fields": ["state", "state_since", "state_note"]}),
    ]

    def get_urls(self):
        view = self.admin_site.admin_view(obstacle_cases.choose)
        return [
            path("<int:pk>/faelle/", view, {"admin_page": self}, name="projects_sharedobstacle_cases"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Without those that are merged into others: only their addresses are left."""
        return (
            super()
            .get_queryset(request)
            .filter(merged_into=None)
            .annotate(
                counted_cases=Count("cases", filter=PUBLISHED, distinct=True),
                counted_places=Count("cases__project__lead", filter=PUBLISHED, distinct=True),
            )
        )

    def get_actions(self, request: HttpRequest):
        """Entries are deleted one by one, and only where nothing refers to them."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        return allowed and obj is not None and not obj.cases.exists() and not obj.merged.exists()

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj, form, change: bool) -> None:
        super().save_model(request, obj, form, change)
        facets.touch()  # evaluations are worked out anew

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj) -> None:
        super().delete_model(request, obj)
        facets.touch()

    def response_add(self, request: HttpRequest, obj, post_url_continue=None) -> HttpResponse:
        """An entry without cases says nothing, so they are chosen next."""
        if "_addanother" in request.POST or "_continue" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        self.message_user(request, _("„%(title)s“ ist angelegt. Wählen Sie nun die Fälle.") % {"title": obj}, "SUCCESS")
        return redirect("admin:projects_sharedobstacle_cases", obj.pk)

    @admin.display(description=_("Fälle"), ordering="counted_cases")
    def case_count(self, entry: SharedObstacle) -> int:
        return entry.counted_cases

    @admin.display(description=_("Kommunen"), ordering="counted_places")
    def place_count(self, entry: SharedObstacle) -> int:
        return entry.counted_places

    @admin.action(description=_("Zusammenlegen"), permissions=["change"])
    def merge(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        """Asks which of the chosen entries stays; its form comes back here with `into`."""
        entries = list(queryset.order_by("-counted_cases", "title", "pk")[: MOST + 1])
        if not 2 <= len(entries) <= MOST:
            said = _("Bitte wählen Sie zwei bis %(most)d Einträge.") % {"most": MOST}
            self.message_user(request, said, messages.WARNING)
            return None
        into = next((entry for entry in entries if str(entry.pk) == request.POST.get("into")), None)
        if into is not None:
            return self._merged(request, entries, into)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Einträge zusammenlegen"),
            "opts": self.opts,
            "entries": entries,
            "is_unanswered": "confirmed" in request.POST,
            "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/projects/sharedobstacle/merge.html", context)

    def _merged(self, request: HttpRequest, entries: list[SharedObstacle], into: SharedObstacle) -> None:
        others = [entry for entry in entries if entry.pk != into.pk]
        titles = ", ".join(f"„{entry}“" for entry in others)
        with transaction.atomic():
            count = shared_obstacles.merge(others, into)
            self.log_change(request, into, _("Zusammengelegt mit: %(titles)s") % {"titles": titles})
            for entry in others:
                self.log_change(request, entry, _("Aufgegangen in: %(title)s") % {"title": into})
        said = ngettext(
            "%(n)d Eintrag ist in „%(title)s“ aufgegangen.", "%(n)d Einträge sind in „%(title)s“ aufgegangen.", count
        )
        self.message_user(request, said % {"n": count, "title": into}, messages.SUCCESS)
