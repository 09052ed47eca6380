"""The review page: a project as readers will see it, beside what changed, what may be wrong, and the decisions."""

from typing import Any, NamedTuple

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from projects import duplicates, snapshot, submission, workflow
from projects.models import Project, ProjectVersion, Status
from projects.views.browse import series

from .decisions import Decision, can_approve, carry_out, possible
from .hints import hints
from .review_forms import DecisionForm, NoteForm
from .rights import is_at_desk


class Comparison(NamedTuple):
    """What changed since something."""

    title: str
    differences: list[snapshot.Difference]


def at_desk(projects: QuerySet[Project]) -> QuerySet[Project]:
    """What moderators may see: nobody's drafts."""
    return projects.exclude(status=Status.DRAFT)


def found_or_404(request: HttpRequest, pk: int) -> Project:
    if not is_at_desk(request):
        raise PermissionDenied
    projects = at_desk(Project.objects.for_detail()).select_related("lead__county", "contact", "revises", "created_by")
    return get_object_or_404(projects.prefetch_related("pictures", "approvals__by"), pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, pk: int) -> HttpResponse:
    project = found_or_404(request, pk)
    decisions = possible(project, request.user)
    form = None
    if request.method == "POST":
        chosen = decisions.get(request.POST.get("decision", ""))
        if chosen is None:
            return page(request, project, decisions, is_stale=True, status=409)
        form = chosen.form_class(request.POST, prefix=chosen.name)
        if form.is_valid():
            try:
                return done(request, chosen, carry_out(project, chosen, form, request.user), project)
            except workflow.WorkflowError as problem:
                refuse(form, problem, project)
                return page(request, project, decisions, bound=(chosen.name, form), status=409)
        return page(request, project, decisions, bound=(chosen.name, form))
    return page(request, project, decisions)


def refuse(form: DecisionForm, problem: workflow.WorkflowError, project: Project) -> None:
    """The form says why; it keeps what was typed and, once the page shows the current project, may be sent again."""
    form.add_error(None, str(problem))
    form.data = form.data.copy()
    form.data[form.add_prefix("version")] = project.version


def done(request: HttpRequest, decision: Decision, result: Project, project: Project) -> HttpResponse:
    said = str(decision.done) % {"title": project.title}
    if missing := workflow.waits_for(result) if result.status == Status.SUBMITTED else []:
        said += " " + _("Es fehlt noch: %(missing)s.") % {"missing": "; ".join(missing)}
    messages.success(request, said)
    if decision.leaves_queue:
        return redirect("admin:projects_project_changelist")
    return redirect("admin:projects_project_review", result.pk)


def page(
    request: HttpRequest,
    project: Project,
    decisions: dict[str, Decision],
    *,
    bound: tuple[str, DecisionForm] | None = None,
    is_stale: bool = False,
    status: int = 200,
) -> HttpResponse:
    name, form = bound or ("", None)
    forms = [
        (decision, form if decision.name == name else unbound(decision, project)) for decision in decisions.values()
    ]
    context = {
        **admin.site.each_context(request),
        "title": _("Prüfen: %(title)s") % {"title": project.title},
        "opts": Project._meta,
        "project": project,
        "series": series(project),
        "forms": forms,
        "form": form,
        "is_stale": is_stale,
        "typed": typed_text(request) if is_stale else "",
        "comparisons": comparisons(project),
        "hints": hints(project),
        "similar": duplicates.others_like(project),
        "history": history(project),
        "versions": project.versions.select_related("by").defer("data"),
        "waits_for": workflow.waits_for(project) if project.status == Status.SUBMITTED else [],
        "can_approve": can_approve(request.user),
    }
    return render(request, "admin/projects/project/review.html", context, status=status)


def unbound(decision: Decision, project: Project) -> DecisionForm:
    return decision.form_class(initial={"version": project.version}, prefix=decision.name)


def typed_text(request: HttpRequest) -> str:
    """What was typed into a form that is no longer offered; shown once more so that nothing is lost."""
    return "\n".join(text for name, text in request.POST.items() if name.endswith(("-note", "-dissent")) and text)


def comparisons(project: Project) -> list[Comparison]:
    """Against the last return, and for a working copy against what is public; a first submission has neither."""
    bases: list[tuple[str, Any]] = []
    if project.returned_content:
        bases.append((_("Seit der letzten Rückgabe"), project.returned_content))
    if project.revises and project.status != Status.MERGED:
        latest = project.revises.versions.order_by("-number").first()
        content = latest.data if latest else snapshot.to_data(project.revises)
        bases.append((_("Gegenüber der veröffentlichten Fassung"), content))
    if not bases:
        return []
    now = snapshot.to_data(project)
    return [Comparison(title, snapshot.differences(content, now)) for title, content in bases]


def history(project: Project) -> list[dict[str, Any]]:
    """The log of the project and, for a working copy, of its original: newest first, parts by name."""
    changes = project._meta.get_field("status_changes").related_model.objects.filter(
        project__in=[project.pk, project.revises_id or project.pk]
    )
    return [
        {
            "change": change,
            "is_of_original": change.project_id != project.pk,
            "parts": [part.label for part in submission.parts_named(change.parts)],
        }
        for change in changes.select_related("by").order_by("-at", "-pk")
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def version(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """An earlier version beside the current one, and the button that restores it."""
    project = found_or_404(request, pk)
    earlier = get_object_or_404(ProjectVersion.objects.select_related("by"), project=pk, number=number)
    content, lost = snapshot.restorable(project, earlier.data)
    form, status = NoteForm(initial={"version": project.version}), 200
    if request.method == "POST":
        form = NoteForm(request.POST)
        if form.is_valid():
            try:
                restored = carry_out(project, restore(earlier), form, request.user)
            except workflow.WorkflowError as problem:
                refuse(form, problem, project)
                status = 409
            else:
                say_restored(request, number, lost)
                return redirect("admin:projects_project_review", restored.pk)
    context = {
        **admin.site.each_context(request),
        "title": _("Fassung %(number)d von „%(title)s“") % {"number": number, "title": project.title},
        "opts": Project._meta,
        "project": project,
        "version": earlier,
        "form": form,
        "differences": snapshot.differences(snapshot.to_data(project), content),
        "lost": lost,
        "can_restore": project.status == Status.PUBLISHED,
    }
    return render(request, "admin/projects/project/version.html", context, status=status)


def say_restored(request: HttpRequest, number: int, lost: list[str]) -> None:
    messages.success(request, _("Fassung %(number)d ist wiederhergestellt.") % {"number": number})
    if lost:
        said = _("Nicht wiederhergestellt, weil die Dateien nicht mehr da sind: %(lost)s.")
        messages.warning(request, said % {"lost": "; ".join(lost)})


def restore(earlier: ProjectVersion) -> Decision:
    def act(project: Project, **arguments: Any) -> Project:
        return workflow.restore_version(project, earlier, **arguments)

    return Decision("restore", _("Wiederherstellen"), "", NoteForm, act, "")
