"""Pages of the people who submit for a municipality. Foreign projects do not exist here: 404, whatever the method."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from projects import (
    access,
    adopting,
    answers,
    duplicates,
    links,
    part_editing,
    readability,
    submission,
    typed_texts,
    workflow,
)
from projects.models import Project, TypedText
from projects.models.status import EDITABLE
from projects.part_editing import Outcome, PartPage
from projects.story import STORY_FIELDS
from projects.submission import NEW, Part
from projects.submission_rows import add_row, remove_row
from projects.submission_steps import AdoptForm, ConsentForm, NewProjectForm

from .browse import series
from .methods import get_or_post
from .redirects import follows_merged, moved

View = Callable[..., HttpResponse]


def signed_in(view: View) -> View:
    """Leads to the login. What an ended session still sent to a text page is kept, see typed_texts."""

    @wraps(view)
    def wrapper(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, **kwargs)
        back = request.path
        if request.method == "POST" and getattr(view, "keeps_text", False):
            part = kwargs["part"].name if "part" in kwargs else kwargs.get("language", NEW)
            token = typed_texts.keep_without_owner(kwargs.get("pk"), part, request.POST)
            back = f"{back}?text={token}"
        elif request.method not in ("GET", "HEAD"):
            back = reverse("projects:my_projects")
        return redirect_to_login(back)

    return wrapper


def keeps_text(view: View) -> View:
    view.keeps_text = True  # type: ignore[attr-defined]
    return view


def own_project(request: HttpRequest, pk: int) -> Project:
    """A project of one of the person's municipalities, whatever its status."""
    return get_object_or_404(
        Project.objects.belonging_to(request.user).select_related("lead", "revises", "contact"), pk=pk
    )


@require_safe
@signed_in
def my_projects(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "submission/my_projects.html",
        {"groups": submission.overview(request.user), "can_submit": access.can_submit_for(request.user)},
    )


# The first step


@get_or_post
@signed_in
@keeps_text
def new_project(request: HttpRequest) -> HttpResponse:
    bodies = part_editing.bodies_for(request.user)
    if not access.can_submit_for(request.user):
        return render(request, "submission/no_municipality.html", {})
    if request.method == "POST":
        return _create(request, NewProjectForm(request.POST, bodies=bodies))
    token = request.GET.get("text", "")
    form = NewProjectForm(bodies=bodies, initial=submission.first_values(bodies))
    if typed := typed_texts.recall(request.user, None, NEW, token):
        part_editing.fill_in(form, typed_texts.as_data(typed.data))
    return _first_page(request, form, token=token if typed else "")


def _create(request: HttpRequest, form: NewProjectForm) -> HttpResponse:
    token = request.POST.get("text", "")
    if not form.is_valid():
        return _first_page(request, form, token=token)
    data = form.cleaned_data
    if made := submission.made_with(data["submission_key"], request.user):
        return redirect("projects:task_list", pk=made.pk)
    hint = None if data["similar_seen"] else duplicates.similar_projects(data["title"], data["lead"], request.user)
    if hint:
        return _first_page(request, form, token=token, hint=hint)
    project = submission.create(form.instance, by=request.user, key=data["submission_key"])
    typed_texts.forget(request.user, None, NEW, token)
    messages.success(request, _("Der Entwurf ist angelegt. Er gehört Ihrer Kommune; sonst sieht ihn niemand."))
    return redirect("projects:task_list", pk=project.pk)


def _first_page(request: HttpRequest, form: NewProjectForm, *, token: str = "", hint: Any = None) -> HttpResponse:
    context = {"form": form, "hint": hint, "token": token}
    return render(request, "submission/new_project.html", context)


# The task list


@require_safe
@signed_in
def task_list(request: HttpRequest, pk: int) -> HttpResponse:
    projects = submission.with_rows(Project.objects.belonging_to(request.user))
    project = get_object_or_404(projects.select_related("lead", "revises", "contact"), pk=pk)
    last_return = submission.last_return(project)
    return render(
        request,
        "submission/task_list.html",
        {
            "project": project,
            "progress": submission.progress(project, submission.typed_parts(project, request.user), last_return),
            "last_return": last_return,
            "returned_parts": submission.parts_named(last_return.parts) if last_return else [],
            "is_open": project.status in EDITABLE,
            "can_delete": submission.can_be_deleted(project),
            "can_revise": access.can_revise(request.user, project),
            "dead_links": links.dead_in(project),
        },
    )


@get_or_post
@signed_in
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    project = own_project(request, pk)
    if not submission.can_be_deleted(project):
        raise Http404
    if request.method == "POST":
        submission.delete(project)
        messages.success(request, _("Der Entwurf „%(title)s“ ist gelöscht.") % {"title": project.title})
        return redirect("projects:my_projects")
    return render(request, "submission/delete.html", {"project": project})


@require_POST
@signed_in
def revise(request: HttpRequest, pk: int) -> HttpResponse:
    """Opens the working copy of a published project, or goes on with the open one."""
    project = own_project(request, pk)
    if not access.can_revise(request.user, project):
        raise Http404
    try:
        copy = workflow.open_copy(project, by=request.user)
    except workflow.WorkflowError as refused:  # withdrawn since the page was loaded
        messages.error(request, str(refused))
        return redirect("projects:task_list", pk=project.pk)
    return redirect("projects:task_list", pk=copy.pk)


@require_POST
@signed_in
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """„Stand geprüft“ at any time, not only by the link of the yearly letter."""
    project = own_project(request, pk)
    if not access.can_revise(request.user, project):
        raise Http404
    try:
        workflow.confirm(project, by=request.user)
    except workflow.WorkflowError as problem:  # it left the mosaic at this very moment
        messages.error(request, str(problem))
    else:
        messages.success(request, _("Danke! Das Projekt gilt ab heute als bestätigt."))
    return redirect("projects:task_list", pk=pk)


# One part


@get_or_post
@signed_in
@keeps_text
def part(request: HttpRequest, pk: int, part: Part) -> HttpResponse:
    project = own_project(request, pk)
    if request.method == "POST":
        return _part_sent(request, project, part)
    if project.status not in EDITABLE:
        return redirect("projects:task_list", pk=pk)
    token = request.GET.get("text", "")
    typed = typed_texts.recall(request.user, project, part.name, token)
    page = PartPage(part, project, request.user, typed=typed.data if typed else None)
    return _part_page(request, page, typed=typed, token=token if typed else "")


def _part_sent(request: HttpRequest, project: Project, part: Part) -> HttpResponse:
    if "discard" in request.POST:
        typed_texts.forget(request.user, project, part.name, request.POST.get("text", ""))
        return redirect("projects:part", pk=project.pk, part=part)
    if project.status in EDITABLE and ("add" in request.POST or "remove" in request.POST):
        return _rows_changed(request, project, part)
    try:
        result = part_editing.save_part(part, project.pk, request.user, request.POST)
    except OperationalError:  # a row that is locked for long, a database that is too busy: 503, but nothing is lost
        typed_texts.keep_in_a_hurry(request.user, project, part.name, request.POST)
        raise
    if result.outcome == Outcome.SAVED:
        typed_texts.forget(request.user, project, part.name, request.POST.get("text", ""))
        return _next_page(request, project, part)
    # Outside of the transaction above, so that it is kept whatever became of that.
    typed_texts.keep(request.user, project, part.name, request.POST)
    if result.page is None:
        return _closed(request, project, part)
    status = 409 if result.outcome == Outcome.CONFLICT else 200
    return _part_page(request, result.page, differences=result.differences, status=status)


def _rows_changed(request: HttpRequest, project: Project, part: Part) -> HttpResponse:
    """Adding and removing rows without JavaScript: the same page once more, nothing judged, nothing lost."""
    data = request.POST.copy()
    prefix, _dash, number = data.get("remove", "").rpartition("-")
    focus = add_row(data, data["add"]) if "add" in data else None
    if prefix and number.isascii() and number.isdecimal():
        remove_row(data, prefix, int(number[:4]))
    typed_texts.keep(request.user, project, part.name, data)
    page = PartPage(part, project, request.user, typed=typed_texts.pairs_of(data))
    return _part_page(request, page, focus=(data.get("add") or prefix, focus))


def _next_page(request: HttpRequest, project: Project, part: Part) -> HttpResponseRedirect:
    messages.success(request, _("„%(part)s“ ist gespeichert.") % {"part": part.label})
    if hint := readability.hint_about({name: request.POST.get(name, "") for name in STORY_FIELDS}):
        messages.info(request, hint)
    following = submission.neighbours(part)[1]
    if request.POST.get("save") == "next" and following in submission.FORM_PARTS:
        return redirect("projects:part", pk=project.pk, part=following)
    return redirect("projects:task_list", pk=project.pk)


def _closed(request: HttpRequest, project: Project, part: Part) -> HttpResponse:
    page = part_editing.typed_only(part, project, request.user, request.POST)
    return render(
        request, "submission/closed.html", {"project": project, "part": part, "differences": page}, status=409
    )


def _part_page(
    request: HttpRequest,
    page: PartPage,
    *,
    differences: tuple = (),
    typed: TypedText | None = None,
    token: str = "",
    focus: tuple = ("", None),
    status: int = 200,
) -> HttpResponse:
    previous, following = submission.neighbours(page.part)
    context = {
        "page": page,
        "part": page.part,
        "project": page.project,
        "last_return": submission.last_return(page.project),
        "previous": previous,
        "following": following,
        "differences": differences,
        "typed": typed,
        "token": token or request.POST.get("text", ""),
        "focus_rows": focus[0],
        "focus_row": focus[1],
    }
    return render(request, "submission/part.html", context, status=status)


@require_POST
def remember(request: HttpRequest, pk: int, part: Part) -> HttpResponse:
    """Keeps what stands in the form; called by autosave.js. Answers without a page."""
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    project = own_project(request, pk)
    if project.status not in EDITABLE:
        return HttpResponse(status=409)
    return HttpResponse(status=204 if typed_texts.keep(request.user, project, part.name, request.POST) else 413)


# Checking and sending


@require_safe
@signed_in
def check(request: HttpRequest, pk: int) -> HttpResponse:
    project = own_project(request, pk)
    if project.status not in EDITABLE:
        return redirect("projects:task_list", pk=pk)
    return _check_page(request, project, ConsentForm(initial={"version": project.version}))


def _check_page(request: HttpRequest, project: Project, form: ConsentForm, *, problem: str = "") -> HttpResponse:
    project = answers.with_everything(Project.objects.all()).get(pk=project.pk)
    context = {
        "project": project,
        "answers": answers.answers(project),
        "missing": submission.missing_for_submission(project),
        "readability": readability.hint_about({name: getattr(project, name) for name in STORY_FIELDS}),
        "typed": submission.typed_parts(project, request.user),
        "form": form,
        "problem": problem,
    }
    return render(request, "submission/check.html", context)


@get_or_post
@signed_in
def send(request: HttpRequest, pk: int) -> HttpResponse:
    project = own_project(request, pk)
    if request.method != "POST":
        return redirect("projects:check", pk=pk)
    form = ConsentForm(request.POST)
    if not form.is_valid():
        return _check_page(request, project, form)
    try:
        workflow.submit(project, by=request.user, version=form.cleaned_data["version"], consents=form.wording)
    except workflow.WorkflowError as problem:
        return _check_page(request, project, form, problem=str(problem))
    messages.success(request, _("Vielen Dank! „%(title)s“ ist eingereicht.") % {"title": project.title})
    return redirect("projects:task_list", pk=pk)


@require_safe
@signed_in
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The page that readers will see, for those who may see it already."""
    project = get_object_or_404(Project.objects.for_detail(), pk=pk)
    if not access.can_see(request.user, project):
        raise Http404
    context = {"project": project, "series": series(project), "similar": [], "chain": None, "own": None}
    return render(request, "submission/preview.html", context)


# Taking over


@get_or_post
@signed_in
@follows_merged
def adopt(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    source = get_object_or_404(Project.objects.published().select_related("lead"), pk=pk)
    if slug != source.slug and request.method != "POST":
        return moved(request, reverse("projects:adopt", args=[pk, source.slug]))
    if not access.can_submit_for(request.user):
        return render(request, "submission/no_municipality.html", {})
    bodies = part_editing.bodies_for(request.user)
    data = request.POST if request.method == "POST" else None
    form = AdoptForm(data, bodies=bodies, initial=submission.first_values(bodies))
    if form.is_bound and form.is_valid():
        made = submission.made_with(form.cleaned_data["submission_key"], request.user)
        project = made or adopting.copy_as_template(source, by=request.user, **form.cleaned_data)
        return redirect("projects:task_list", pk=project.pk)
    return render(request, "submission/adopt.html", {"source": source, "form": form})
