"""Pages on which the people of a municipality tell their project in other languages and in Leichte Sprache."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from projects import part_editing, readability, text_versions, typed_texts
from projects.models import Project, Status, TextLanguage, TextVersion
from projects.text_version_forms import TextVersionForm

from .methods import get_or_post
from .submission import keeps_text, signed_in


def own_published(request: HttpRequest, pk: int) -> Project:
    """Only what is public has readers; the working copy of a project is the same project."""
    own = Project.objects.belonging_to(request.user).select_related("lead")
    return get_object_or_404(own, pk=pk, status=Status.PUBLISHED)


def version_or_new(project: Project, language: str) -> TextVersion:
    made = TextVersion.objects.filter(project=project, language=language).first()
    return made or TextVersion(project=project, language=language)


@require_safe
@signed_in
def overview(request: HttpRequest, pk: int) -> HttpResponse:
    project = own_published(request, pk)
    made = {version.language: version for version in project.text_versions.all()}
    digest = text_versions.digest_of(project)
    rows = [
        {"code": code, "label": label, "version": made.get(code), "is_old": _is_old(made.get(code), digest)}
        for code, label in TextLanguage.choices
    ]
    return render(request, "text_versions/text_versions.html", {"project": project, "rows": rows})


def _is_old(version: TextVersion | None, digest: str) -> bool:
    return version is not None and version.released_at is not None and version.digest != digest


@get_or_post
@signed_in
@keeps_text
def edit(request: HttpRequest, pk: int, language: str) -> HttpResponse:
    project = own_published(request, pk)
    version = version_or_new(project, language)
    if request.method == "POST":
        return _save(request, project, version)
    form, seen = TextVersionForm(None, project=project, version=version), None
    if typed := typed_texts.recall(request.user, project, language, request.GET.get("text", "")):
        remembered = typed_texts.as_data(typed.data)
        part_editing.fill_in(form, remembered)
        seen = remembered.get("seen")  # of then, so that what was changed since is noticed
    return _page(request, project, version, form, seen)


def _save(request: HttpRequest, project: Project, version: TextVersion) -> HttpResponse:
    form, seen = TextVersionForm(request.POST, project=project, version=version), request.POST.get("seen")
    if not form.is_valid():
        return _page(request, project, version, form, seen)
    said = {"texts": form.texts, "origin": form.cleaned_data["origin"]}
    try:
        text_versions.propose(project, version.language, **said, by=request.user, seen=seen)
    except text_versions.OvertakenError as overtaken:
        form.show_stored(overtaken.version)
        return _page(request, project, overtaken.version, form, None, status=409)
    typed_texts.forget(request.user, project, version.language, request.GET.get("text", ""))
    messages.success(request, _("Gespeichert. Die Moderation liest die Fassung und gibt sie dann frei."))
    if hint := readability.hint_about(form.texts, version.language):
        messages.info(request, hint)
    return redirect("projects:text_versions", project.pk)


def _page(
    request: HttpRequest,
    project: Project,
    version: TextVersion,
    form: TextVersionForm,
    seen: str | None,
    status: int = 200,
) -> HttpResponse:
    context = {"project": project, "version": version, "form": form, "is_overtaken": status == 409}
    context["seen"] = seen or text_versions.token_of(version)
    return render(request, "text_versions/edit.html", context, status=status)


@require_POST
@signed_in
def remove(request: HttpRequest, pk: int, language: str) -> HttpResponse:
    version = get_object_or_404(TextVersion, project=own_published(request, pk), language=language)
    text_versions.remove(version)
    messages.success(request, _("Die Fassung ist gelöscht."))
    return redirect("projects:text_versions", pk)
