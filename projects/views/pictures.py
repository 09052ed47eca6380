"""Pictures and papers: their page in the submission, and the addresses that their files have."""

from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from municipalities.models import User
from projects import access, pictures, submission, typed_texts
from projects.models import Attachment, Picture, Project, Status
from projects.models.status import EDITABLE
from projects.picture_forms import PaperForm, PaperTextForm, PictureForm, PictureTextForm, add_problem
from projects.submission import Part

from .methods import get_or_post
from .submission import keeps_text, own_project, signed_in

# A file never changes under its address. A day, because a picture may be taken back: no cache shows it longer.
CACHE_PUBLIC = "public, max-age=86400, immutable"
# Whatever a browser makes of the file, it may not run, load or send anything.
SANDBOX = "default-src 'none'; sandbox"

# The page


@get_or_post
@signed_in
@keeps_text
def part_pictures(request: HttpRequest, pk: int, part: Part) -> HttpResponse:
    project = own_project(request, pk)
    if project.status not in EDITABLE:
        if request.method == "POST":
            messages.error(request, pictures.MESSAGES["closed"])
        return redirect("projects:task_list", pk=pk)
    if request.method == "POST":
        change = CHANGES.get(request.POST.get("action", ""))
        if change is None:
            raise Http404
        return change(request, project)
    return _first_page(request, project, part, request.GET.get("text", ""))


def _first_page(request: HttpRequest, project: Project, part: Part, token: str) -> HttpResponse:
    """As stored, with what was typed when the session ended."""
    found = typed_texts.recall(cast(User, request.user), project, part.name, token)
    typed = typed_texts.as_data(found.data) if found else {}
    form = PictureForm(initial={"alt": typed.get("alt", ""), "credit": typed.get("credit", "")})
    paper_form = PaperForm(prefix="paper", initial={"title": typed.get("paper-title", "")})
    return _page(request, project, form=form, paper_form=paper_form, typed=typed, token=token if found else "")


def _page(request: HttpRequest, project: Project, *, failed: Any = None, **forms: Any) -> HttpResponse:
    """`failed` is the form that the error summary is about; `forms` replace those of a fresh page."""
    part = submission.BY_NAME["pictures"]
    typed = forms.get("typed", {})
    rows = _with_forms(project.pictures.all(), PictureTextForm, failed, typed)
    papers = _with_forms(project.attachments.all(), PaperTextForm, failed, typed)
    context = {
        "project": project,
        "part": part,
        "last_return": submission.last_return(project),
        "previous": submission.neighbours(part)[0],
        "failed": failed,
        "form": forms.get("form") or PictureForm(),
        "paper_form": forms.get("paper_form") or PaperForm(prefix="paper"),
        "rows": rows,
        "papers": papers,
        "most": pictures.MOST_PICTURES,
        "is_full": len(rows) >= pictures.MOST_PICTURES,
        "is_paper_full": len(papers) >= pictures.MOST_PAPERS,
        "token": forms.get("token") or request.POST.get("text", ""),
    }
    return render(request, "submission/part_pictures.html", context)


def _with_forms(rows: Any, form_class: Any, failed: Any, typed: Any) -> list[tuple[Any, Any]]:
    """Each row with the form for its words: as refused just now, as `typed` in an ended session, or as stored."""
    pairs = []
    for row in rows:
        prefix = f"{row._meta.model_name}-{row.pk}"
        if type(failed) is form_class and failed.instance == row:
            pairs.append((row, failed))
            continue
        names = {name: f"{prefix}-{name}" for name in form_class.base_fields}
        initial = {name: typed[key] for name, key in names.items() if key in typed}
        pairs.append((row, form_class(instance=row, prefix=prefix, initial=initial)))
    return pairs


def _forget_typed(request: HttpRequest, project: Project) -> None:
    typed_texts.forget(cast(User, request.user), project, "pictures", request.POST.get("text", ""))


def _back(project: Project, anchor: str = "") -> HttpResponse:
    return redirect(reverse("projects:part_pictures", args=[project.pk]) + (f"#{anchor}" if anchor else ""))


# What the page's buttons do


def _add(request: HttpRequest, project: Project) -> HttpResponse:
    form = PictureForm(request.POST, request.FILES)
    if form.is_valid():
        data = form.cleaned_data
        try:
            row = pictures.add_picture(project, data["file"], alt=data["alt"], credit=data["credit"])
        except ValidationError as problem:
            add_problem(form, problem)
        else:
            _forget_typed(request, project)
            messages.success(request, _("Das Bild ist gespeichert."))
            return _back(project, f"bild-{row.pk}")
    return _page(request, project, form=form, failed=form)


def _add_paper(request: HttpRequest, project: Project) -> HttpResponse:
    form = PaperForm(request.POST, request.FILES, prefix="paper")
    if form.is_valid():
        try:
            row = pictures.add_paper(project, form.cleaned_data["file"], title=form.cleaned_data["title"])
        except ValidationError as problem:
            add_problem(form, problem)
        else:
            _forget_typed(request, project)
            messages.success(request, _("Die Anlage ist gespeichert."))
            return _back(project, f"anlage-{row.pk}")
    return _page(request, project, paper_form=form, failed=form)


def _row(request: HttpRequest, project: Project) -> Picture | Attachment:
    """The picture or paper of this project that a button belongs to; 404 for those of other projects."""
    model, _dash, number = request.POST.get("row", "").partition("-")
    models: dict[str, Any] = {"picture": project.pictures, "attachment": project.attachments}
    if model not in models or not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise Http404
    return get_object_or_404(models[model].select_related("project"), pk=int(number))


def _describe(request: HttpRequest, project: Project) -> HttpResponse:
    row = _row(request, project)
    form_class: Any = PictureTextForm if isinstance(row, Picture) else PaperTextForm
    form = form_class(request.POST, instance=row, prefix=request.POST["row"])
    if form.is_valid():
        try:
            pictures.describe(row, **form.cleaned_data)
        except ValidationError as problem:
            add_problem(form, problem)
        else:
            messages.success(request, _("Die Angaben sind gespeichert."))
            return _back(project, _anchor(row))
    return _page(request, project, failed=form)


def _move(step: int) -> Callable[[HttpRequest, Project], HttpResponse]:
    def move(request: HttpRequest, project: Project) -> HttpResponse:
        row = _row(request, project)
        return _done(request, project, lambda: pictures.move(row, step), anchor=_anchor(row))

    return move


def _delete(request: HttpRequest, project: Project) -> HttpResponse:
    row = _row(request, project)
    gone = _("Das Bild ist gelöscht.") if isinstance(row, Picture) else _("Die Anlage ist gelöscht.")
    return _done(request, project, lambda: pictures.delete(row), said=gone)


def _done(
    request: HttpRequest, project: Project, change: Callable[[], None], *, said: str = "", anchor: str = ""
) -> HttpResponse:
    """Back to the page, with what happened; between reading and changing the project may have been sent."""
    try:
        change()
    except ValidationError as problem:
        messages.error(request, problem.messages[0])
    else:
        if said:
            messages.success(request, said)
    return _back(project, anchor)


def _anchor(row: Picture | Attachment) -> str:
    return f"{'bild' if isinstance(row, Picture) else 'anlage'}-{row.pk}"


CHANGES = {
    "add": _add,
    "add_paper": _add_paper,
    "describe": _describe,
    "up": _move(-1),
    "down": _move(1),
    "delete": _delete,
}


# The files


@require_safe
def picture(request: HttpRequest, pk: int, width: int) -> HttpResponseBase:
    row = get_object_or_404(Picture.objects.select_related("project"), pk=pk)
    if width not in row.widths:
        raise Http404
    return _file(request, row, row.name_in(width), "image/webp")


@require_safe
def attachment(request: HttpRequest, pk: int) -> HttpResponseBase:
    row = get_object_or_404(Attachment.objects.select_related("project"), pk=pk)
    response = _file(request, row, row.file.name, "application/pdf")
    if header := content_disposition_header(as_attachment=True, filename=row.download_name):
        response["Content-Disposition"] = header
    return response


def _file(request: HttpRequest, row: Picture | Attachment, name: str, content_type: str) -> HttpResponseBase:
    """A stored file to whoever may see its project; to everybody else it does not exist."""
    is_public = row.project.status == Status.PUBLISHED
    if not is_public and not access.can_see(request.user, row.project):
        raise Http404
    etag = f'"{name.rpartition("/")[2]}"'
    response = get_conditional_response(request, etag=etag) or _sent(name)
    response.headers["ETag"] = etag
    response.headers["Content-Type"] = content_type
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = CACHE_PUBLIC if is_public else "private, no-store"
    return response


def _sent(name: str) -> HttpResponseBase:
    """The file, in pieces; where nginx stands in front it is only told which one."""
    if settings.ACCEL_PREFIX:
        return HttpResponse(headers={"X-Accel-Redirect": f"{settings.ACCEL_PREFIX}{name}"})
    try:
        return FileResponse(default_storage.open(name))
    except FileNotFoundError:
        raise Http404 from None
