"""What a person does with their own account, and what coordinators do with the people of their municipality."""

from allauth.account.decorators import reauthentication_required
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from municipalities import people as people_rules
from municipalities.clean_fields import clean_line
from municipalities.models import Membership, MembershipState, Municipality
from projects import access, membership
from projects.people_forms import FOUND, AskForm, CloseForm, NameForm, ReasonForm, RightsForm
from projects.search import fold

from .methods import get_or_post


@require_safe
@login_required
def account(request: HttpRequest) -> HttpResponse:
    user = request.user
    own = Membership.objects.filter(user=user).exclude(state=MembershipState.ENDED).select_related("municipality")
    asked = Membership.objects.open().filter(municipality__in=access.coordinated_by(user)).exclude(user=user)
    return render(
        request,
        "people/account.html",
        {
            "memberships": own,
            "can_submit": access.can_submit_for(user),
            "is_coordinator": access.coordinated_by(user).exists(),
            "waiting": asked.filter(state=MembershipState.ASKED).count(),
            "works_at_desk": access.can_moderate(user),
            "factors": factors_of(user),
        },
    )


def factors_of(user) -> dict[str, int]:
    """How many authenticators of each type the person has."""
    types = list(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    return {name: types.count(name) for name in ("totp", "webauthn", "recovery_codes")}


@get_or_post
@login_required
def change_name(request: HttpRequest) -> HttpResponse:
    form = NameForm(request.POST if request.method == "POST" else None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Ihr Name ist gespeichert."))
        return redirect("projects:account")
    return render(request, "people/name.html", {"form": form})


@get_or_post
@login_required
def ask_membership(request: HttpRequest) -> HttpResponse:
    text = clean_line(request.GET.get("q", ""))[:80]
    for_host = "verband" in request.GET
    bodies = None if for_host else bodies_named(text)
    form = AskForm(request.POST if request.method == "POST" else None, bodies=bodies)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            asked = membership.ask(request.user, **form.arguments)
        except people_rules.Refused as refused:
            form.add_error(None, str(refused))
            status = 409
        else:
            messages.success(request, _("Ihre Anfrage für %(body)s ist angekommen.") % {"body": asked.body_name})
            return redirect("projects:account")
    context = {"form": form, "q": text, "for_host": for_host, "bodies": bodies, "found": FOUND}
    return render(request, "people/ask.html", context, status=status)


def bodies_named(text: str) -> list[Municipality]:
    """The first municipalities of this name, key or postal code."""
    if not text:
        return []
    found = Municipality.objects.with_projects_possible().matching(fold(text), text)
    return list(found.select_related("county", "parent")[:FOUND])


@get_or_post
@login_required
def end_own_membership(request: HttpRequest, pk: int) -> HttpResponse:
    own = get_object_or_404(Membership.objects.open().select_related("municipality"), pk=pk, user=request.user)
    if request.method == "POST":
        try:
            membership.end(own, by=request.user)
        except people_rules.Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("Sie handeln nicht mehr für %(body)s.") % {"body": own.body_name})
        return redirect("projects:account")
    return render(request, "people/end_own.html", {"membership": own})


@require_safe
@login_required
def people(request: HttpRequest) -> HttpResponse:
    bodies = access.coordinated_by(request.user)
    if not bodies.exists():
        raise Http404
    found = Membership.objects.open().filter(municipality__in=bodies).select_related("user", "municipality")
    rows = list(found.order_by("municipality__sort_key", "state", "user__last_name", "pk"))
    return render(request, "people/people.html", {"memberships": rows})


@get_or_post
@login_required
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One membership that the visitor may decide about."""
    managed = Membership.objects.open().filter(municipality__in=access.coordinated_by(request.user))
    found = get_object_or_404(managed.exclude(user=request.user).select_related("user", "municipality"), pk=pk)
    may_include = people_rules.may_include_members(request.user)
    decision = request.POST.get("decision") if request.method == "POST" else None
    rights_data = request.POST if decision in GIVING else None
    rights = RightsForm(rights_data, membership=found, may_include=may_include)
    reason = ReasonForm(request.POST if decision in TAKING else None)
    form = rights if decision in GIVING else reason
    if decision in VERBS and form.is_valid() and decided(request, decision, found, form):
        return redirect("projects:people")
    context = {
        "membership": found,
        "rights": rights,
        "reason": reason,
        "form": form,
        "has_official_address": membership.has_official_address(found),
    }
    return render(request, "people/person.html", context, status=409 if form.non_field_errors() else 200)


GIVING, TAKING = ("grant", "change"), ("decline", "end")
VERBS = {
    "grant": membership.grant,
    "change": people_rules.change,
    "decline": membership.decline,
    "end": membership.end,
}


def decided(request: HttpRequest, decision: str, found: Membership, form: RightsForm | ReasonForm) -> bool:
    """Whether the decision was carried out; if not, the form says why."""
    try:
        done = VERBS[decision](found, by=request.user, **form.arguments)
    except people_rules.Refused as refused:
        form.add_error(None, str(refused))
        return False
    words = {"person": done.user, "body": done.body_name, "state": done.get_state_display()}
    messages.success(request, _("%(person)s, %(body)s: %(state)s.") % words)
    return True


@get_or_post
@login_required
@reauthentication_required(allow_get=True)
def close_account(request: HttpRequest) -> HttpResponse:
    form = CloseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            people_rules.deactivate(request.user, by=request.user)
        except people_rules.Refused as refused:
            form.add_error(None, str(refused))
        else:
            logout(request)
            return redirect("account_inactive")
    return render(request, "people/close.html", {"form": form})
