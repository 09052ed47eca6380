"""Which obstacles of projects are cases of an entry of the register: to be found, compared, chosen and let go."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from municipalities.clean_fields import LineField
from projects import shared_obstacles
from projects.forms import CleanForm
from projects.insights import obstacles
from projects.insights.obstacles import NO_LEVEL
from projects.models import Obstacle, ObstacleCategory, ObstacleLevel, SharedObstacle

from .rights import is_at_desk

LISTED = 60
ANY = ("", gettext_lazy("alle"))


class CaseFilterForm(CleanForm, forms.Form):
    """Narrows what is offered; nothing of it is stored."""

    category = forms.ModelChoiceField(
        ObstacleCategory.objects.all(), label=gettext_lazy("Art der Hürde"), required=False, empty_label=ANY[1]
    )
    level = forms.ChoiceField(
        label=gettext_lazy("Ebene"),
        required=False,
        choices=[ANY, *ObstacleLevel.choices, (NO_LEVEL, gettext_lazy("nicht genannt"))],
    )
    q = LineField(label=gettext_lazy("Text, Projekt oder Kommune"), required=False, max_length=100)

    def narrowed(self, rows: QuerySet[Obstacle]) -> QuerySet[Obstacle]:
        wanted: dict[str, Any] = self.cleaned_data if self.is_valid() else {}
        if category := wanted.get("category"):
            rows = rows.filter(category=category)
        if level := wanted.get("level"):
            rows = rows.filter(level="" if level == NO_LEVEL else level)
        for word in wanted.get("q", "").split():
            places = ("text", "workaround", "project__title", "project__lead__display_name")
            found = Q()
            for place in places:
                found |= Q(**{f"{place}__icontains": word})
            rows = rows.filter(found)
        return rows


@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest, pk: int, admin_page: admin.ModelAdmin) -> HttpResponse:
    if not is_at_desk(request):
        raise PermissionDenied
    entry = get_object_or_404(SharedObstacle.objects.select_related("category"), pk=pk, merged_into=None)
    if request.method == "POST":
        change(request, entry, admin_page)
        return redirect(request.get_full_path())
    form = CaseFilterForm(request.GET or {"category": entry.category_id})
    offered = shared_obstacles.alike(entry, form.narrowed(obstacles.cases().filter(shared=None)))
    context = {
        **admin.site.each_context(request),
        "title": _("Fälle von „%(title)s“") % {"title": entry},
        "opts": SharedObstacle._meta,
        "entry": entry,
        "cases": list(obstacles.of_entry(entry)),
        "form": form,
        "offered": offered[:LISTED],
        "more": max(len(offered) - LISTED, 0),
    }
    return render(request, "admin/projects/sharedobstacle/cases.html", context)


def change(request: HttpRequest, entry: SharedObstacle, admin_page: admin.ModelAdmin) -> None:
    """Takes in and lets go what was ticked, and tells the log."""
    added = shared_obstacles.add_cases(entry, numbers(request, "add"))
    removed = shared_obstacles.remove_cases(entry, numbers(request, "remove"))
    said = []
    if added:
        said.append(ngettext("%(n)d Fall aufgenommen", "%(n)d Fälle aufgenommen", added) % {"n": added})
    if removed:
        said.append(ngettext("%(n)d Fall entfernt", "%(n)d Fälle entfernt", removed) % {"n": removed})
    if said:
        admin_page.log_change(request, entry, "; ".join(said))
        messages.success(request, "; ".join(said) + ".")
    else:
        messages.warning(request, _("Es war nichts angekreuzt, oder die Fälle stehen schon in einem anderen Eintrag."))


def numbers(request: HttpRequest, name: str) -> list[int]:
    return [int(text) for text in request.POST.getlist(name) if text.isascii() and text.isdecimal() and len(text) < 18]
