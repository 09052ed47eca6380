"""Nachahmung: stating what was taken over, showing interest, and what the people of the origin may do about it."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from projects import access, adoptions
from projects.adoption_forms import AdoptionForm, BodyForm, DeclineForm, own_projects
from projects.models import Adoption, AdoptionState, Interest, Project

from .methods import get_or_post
from .open_forms import opened_by_link
from .redirects import follows_merged, moved
from .submission import signed_in


def published_or_404(pk: int) -> Project:
    return get_object_or_404(Project.objects.published().select_related("lead"), pk=pk)


# --- the municipality that takes something over


@get_or_post
@signed_in
@follows_merged
def state(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    project = published_or_404(pk)
    if slug != project.slug and request.method != "POST":
        return moved(request, reverse("projects:state_adoption", args=[pk, project.slug]))
    own = adoptions.own(request.user, project)
    if not access.can_submit_for(request.user):
        return render(request, "submission/no_municipality.html", {})
    bodies = [body for body in own.bodies if body.pk not in own.adopted]
    if not bodies:
        return redirect("projects:my_adoptions")
    data = request.POST if request.method == "POST" else None
    form = AdoptionForm(data, bodies=bodies, projects=own_projects(bodies, project))
    if form.is_bound and form.is_valid():
        try:
            adoptions.state(project, form.body, by=request.user, values=form.values)
        except adoptions.Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Vielen Dank! Die Moderation liest Ihren Eintrag und gibt ihn dann frei."))
            return redirect("projects:my_adoptions")
    return render(request, "adoptions/state.html", {"project": project, "form": form, "adoption": None})


@get_or_post
@signed_in
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """The statement of one's own municipality; of a published one the change waits."""
    rows = Adoption.objects.belonging_to(request.user).select_related("project__lead", "municipality", "copy")
    adoption = get_object_or_404(rows.exclude(state=AdoptionState.DECLINED), pk=pk)
    bodies, data = [adoption.municipality], request.POST if request.method == "POST" else None
    projects = own_projects(bodies, adoption.project)
    form = AdoptionForm(data, bodies=bodies, projects=projects, adoption=adoptions.proposal(adoption) or adoption)
    if form.is_bound and form.is_valid():
        try:
            adoptions.change(adoption, by=request.user, values=form.values)
        except adoptions.Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Gespeichert. Die Moderation liest die Änderung und gibt sie dann frei."))
            return redirect("projects:my_adoptions")
    return render(request, "adoptions/state.html", {"project": adoption.project, "form": form, "adoption": adoption})


@require_POST
@signed_in
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    adoption = get_object_or_404(Adoption.objects.belonging_to(request.user), pk=pk)
    try:
        adoptions.withdraw(adoption)
    except adoptions.Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Der Eintrag ist gelöscht."))
    return redirect("projects:my_adoptions")


@require_safe
@signed_in
def my_adoptions(request: HttpRequest) -> HttpResponse:
    bodies = access.municipalities_of(request.user)
    own = Adoption.objects.filter(municipality__in=bodies)
    interests = Interest.objects.filter(municipality__in=bodies, project__in=Project.objects.published())
    return render(
        request,
        "adoptions/my_adoptions.html",
        {
            "adoptions": own.select_related("project__lead", "municipality").order_by("-changed_at"),
            "interests": interests.select_related("project__lead", "municipality").order_by("-at"),
            "received": Adoption.objects.about_projects_of(request.user)
            .select_related("project", "municipality")
            .order_by("project__title", "pk"),
            "can_submit": access.can_submit_for(request.user),
        },
    )


# --- interest


@require_POST
@signed_in
def interest(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """One click shows or withdraws it; whoever acts for several municipalities is asked for which."""
    project = published_or_404(pk)
    own = adoptions.own(request.user, project)
    withdraws = "withdraw" in request.POST
    bodies = [body for body in own.bodies if (body.pk in own.interested) == withdraws and body.pk not in own.adopted]
    if not bodies:
        raise Http404
    form = BodyForm(request.POST if len(bodies) == 1 or "municipality" in request.POST else None, bodies=bodies)
    if not form.is_valid():
        context = {"project": project, "form": form, "withdraws": withdraws}
        return render(request, "adoptions/interest.html", context)
    if withdraws:
        adoptions.withdraw_interest(project, form.body)
        messages.success(request, _("Das Interesse ist zurückgenommen."))
    else:
        adoptions.show_interest(project, form.body, by=request.user)
        messages.success(request, _("Ihr Interesse ist vermerkt. Die Kommune des Projekts erfährt davon."))
    return redirect("projects:my_adoptions")


# --- the people of the origin


@require_safe
@signed_in
def project_adoptions(request: HttpRequest, pk: int) -> HttpResponse:
    """Who took over this project and who thinks of it, for its own people and for moderators."""
    project = get_object_or_404(Project.objects.select_related("lead"), pk=pk, publication_number__isnull=False)
    if not access.can_see_interests(request.user, project):
        raise Http404
    can_decide = access.belongs_to(request.user, project)
    rows = Adoption.objects.released().filter(project=project).select_related("municipality", "copy")
    return render(
        request,
        "adoptions/project_adoptions.html",
        {
            "project": project,
            "adoptions": [(adoption, adoptions.link(adoption) if can_decide else "") for adoption in rows],
            "interests": project.interests.select_related("municipality"),
        },
    )


@opened_by_link
def link(request: HttpRequest, token: str) -> HttpResponse:
    """The page of the letter to the origin: reading changes nothing, a button declines, nobody signs in."""
    adoption = adoptions.read(token)
    if adoption is None:
        return render(request, "adoptions/link_gone.html", {}, status=410)
    form = DeclineForm(request.POST if request.method == "POST" else None)
    said = carry_out(adoption, request.POST.get("decision"), form) if form.is_valid() else ""
    if said:
        adoption = adoptions.read(token)
    context = {"adoption": adoption, "said": said, "form": form, "here": request.path}
    return render(request, "adoptions/link.html", context)


def carry_out(adoption: Adoption, decision: str | None, form: DeclineForm) -> str:
    """What became of the decision, as a sentence; "" where there was none."""
    try:
        if decision == "link_again":
            adoptions.link_again(adoption)
            return _("Die Verknüpfung ist wieder öffentlich.")
        if decision == "decline":
            adoptions.decline(adoption, **form.cleaned_data)
            return _("Die Verknüpfung ist aufgehoben. Die andere Kommune bekommt eine Nachricht.")
    except adoptions.Refused as refused:
        return str(refused)
    return ""
