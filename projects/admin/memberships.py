"""Who may act for whom, at the desk: administrators decide about requests; every decision is one of membership.py."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from municipalities import people
from municipalities.models import Kind, Membership, MembershipState
from municipalities.people_admin import lines_of_log
from projects import membership
from projects.forms import CleanForm
from projects.people_forms import ReasonForm, RightsForm

from .filters import StateFilter
from .rights import ReadOnlyAdmin, is_administrator

VERBS = {"grant": membership.grant, "change": people.change, "decline": membership.decline, "end": membership.end}
# What may be decided in which state: what gives rights, what takes them.
CHOICES = {MembershipState.ASKED: ("grant", "decline"), MembershipState.GRANTED: ("change", "end")}
LABELS = {"grant": _("Bestätigen"), "change": _("Rolle speichern"), "decline": _("Ablehnen"), "end": _("Beenden")}


class HostRightsForm(CleanForm, forms.Form):
    """Whoever moderates for a host has no choice of roles."""

    arguments: dict[str, Any] = {}


class MembershipStateFilter(StateFilter):
    """Without a choice: open requests."""

    title = _("Stand")
    parameter_name = "state"
    usual = MembershipState.ASKED

    def states(self, model_admin):
        return MembershipState.choices


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    moderators_see = False
    list_display = ["user", "mail", "body_name", "role", "asked_at", "state", "fits"]
    list_filter = [MembershipStateFilter, "role", "host"]
    ordering = ["asked_at", "pk"]
    search_fields = ["user__email", "user__last_name", "municipality__display_name", "organisation"]
    search_help_text = _("Person, Kommune oder Organisation")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("user", "municipality")

    @admin.display(description=_("E-Mail-Adresse"), ordering="user__email")
    def mail(self, row: Membership) -> str:
        return row.user.email

    @admin.display(description=_("Kommune oder Verband"), ordering="municipality__sort_key")
    def body_name(self, row: Membership) -> str:
        return row.body_name

    @admin.display(description=_("Dienstadresse passt"), boolean=True)
    def fits(self, row: Membership) -> bool:
        return membership.has_official_address(row)

    def change_view(self, request: HttpRequest, object_id: str, *args, **kwargs) -> HttpResponse:
        if not is_administrator(request):
            raise PermissionDenied
        return decide(request, self.row_or_404(request, object_id))


def decide(request: HttpRequest, row: Membership) -> HttpResponse:
    """One membership with what may be decided about it now."""
    decision = request.POST.get("decision", "") if request.method == "POST" else ""
    giving, taking = forms_for(row, decision, request)
    form = giving if decision in ("grant", "change") else taking
    if decision in VERBS and form.is_valid() and carried_out(request, row, decision, form):
        return redirect("admin:municipalities_membership_changelist")
    names = CHOICES.get(MembershipState(row.state), ()) if people.may_decide(request.user, row) else ()
    context = {
        **admin.site.each_context(request),
        "title": f"{row.user} – {row.body_name}",
        "opts": Membership._meta,
        "row": row,
        "form": form if decision in VERBS else None,
        "choices": [(name, LABELS[name], offered) for name, offered in zip(names, (giving, taking), strict=False)],
        "is_own": row.user_id == request.user.pk,
        "fits": membership.has_official_address(row),
        "changes": lines_of_log(row.user.people_changes),
        "others": row.user.memberships.exclude(pk=row.pk).select_related("municipality"),
    }
    is_refused = decision in VERBS and bool(form.non_field_errors())
    return render(request, "admin/municipalities/membership/decide.html", context, status=409 if is_refused else 200)


def forms_for(row: Membership, decision: str, request: HttpRequest) -> tuple[Any, ReasonForm]:
    """The form that gives rights and the one that takes them; the one that was sent is bound."""
    sent = request.POST if decision in ("grant", "change") else None
    if row.host:
        giving: Any = HostRightsForm(sent)
    else:
        is_joint = row.municipality.kind == Kind.JOINT_MUNICIPALITY
        giving = RightsForm(sent, membership=row, may_include=is_joint)
    return giving, ReasonForm(request.POST if decision in ("decline", "end") else None)


def carried_out(request: HttpRequest, row: Membership, decision: str, form: Any) -> bool:
    """Whether it was done; if not, the form says why."""
    try:
        done = VERBS[decision](row, by=request.user, **form.arguments)
    except people.Refused as refused:
        form.add_error(None, str(refused))
        return False
    messages.success(request, f"{done.user}, {done.body_name}: {done.get_state_display()}.")
    return True
