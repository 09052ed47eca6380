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
    form = TextVersionForm(request.POST if request.method == "POST" else None, project=project, version=version)
    if typed := typed_texts.recall(request.user, project, language, request.GET.get("text", "")):
        part_editing.fill_in(form, typed_texts.as_data(typed.data))
    if form.is_valid():
        typed_texts.forget(request.user, project, language, request.GET.get("text", ""))
        origin = form.cleaned_data["origin"]
        version = text_versions.propose(project, language, texts=form.texts, origin=origin, by=request.user)
        messages.success(request, _("Gespeichert. Die Moderation liest die Fassung und gibt sie dann frei."))
        if hint := readability.hint_about(form.texts, language):
            messages.info(request, hint)
        return redirect("projects:text_versions", pk)
    return render(request, "text_versions/edit.html", {"project": project, "version": version, "form": form})


@require_POST
@signed_in
def remove(request: HttpRequest, pk: int, language: str) -> HttpResponse:
    version = get_object_or_404(TextVersion, project=own_published(request, pk), language=language)
    text_versions.remove(version)
    messages.success(request, _("Die Fassung ist gelöscht."))
    return redirect("projects:text_versions", pk)
