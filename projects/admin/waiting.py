"""What statements, Gesuche and versions in other languages share at the desk.

A list of what waits, and a page that releases or rejects one.
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from municipalities.clean_fields import LineField, ParagraphsField
from projects.forms import CleanForm

from .filters import StateFilter
from .rights import ReadOnlyAdmin, is_at_desk


class ReleaseForm(CleanForm, forms.Form):
    """`seen` makes a stale page harmless."""

    seen = LineField(widget=forms.HiddenInput, max_length=64)


class RejectForm(ReleaseForm):
    note = ParagraphsField(
        label=_("Grund"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Die Kommune liest ihn in ihrem Brief und bei ihrem Eintrag."),
        error_messages={"required": _("Bitte geben Sie einen Grund an.")},
    )


class WaitingFilter(StateFilter):
    """Without a choice: what waits."""

    title = _("Stand")
    parameter_name = "state"
    usual = "waiting"

    def states(self, model_admin):
        return [("waiting", _("wartet auf Freigabe")), *model_admin.other_states]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.waiting() if self.value() == self.usual else super().queryset(request, queryset)


class WaitingAdmin(ReadOnlyAdmin):
    """Subclasses name their verbs (release, reject, token_of, Refused in one module) and the template of their page."""

    verbs: Any
    template: str
    other_states: list[tuple[str, Any]] = []
    list_filter = [WaitingFilter]

    def change_view(self, request: HttpRequest, object_id: str, *args, **kwargs) -> HttpResponse:
        """One row with what may be decided about it now."""
        if not is_at_desk(request):
            raise PermissionDenied
        row = self.row_or_404(request, object_id)
        sent = request.POST.get("decision") if request.method == "POST" else None
        forms_by_name = {
            name: form_class(request.POST if sent == name else None)
            for name, form_class in (("release", ReleaseForm), ("reject", RejectForm))
        }
        form = forms_by_name.get(sent)
        if form and form.is_valid() and self.carried_out(request, row, sent, form):
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        # Whatever was sent, the page shows the row as it is now; it may have been withdrawn in the meantime.
        if form and (row := self.get_object(request, object_id)) is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "title": str(row),
            "opts": self.opts,
            "row": row,
            "form": form,
            "reject": forms_by_name["reject"],
            "seen": self.verbs.token_of(row),
            "is_waiting": self.is_waiting(row),
            **self.more(row),
        }
        is_refused = form is not None and bool(form.non_field_errors())
        return render(request, self.template, context, status=409 if is_refused else 200)

    def carried_out(self, request: HttpRequest, row: Model, decision: str, form: forms.Form) -> bool:
        """Whether it was done; if not, the form says why."""
        verb = self.verbs.release if decision == "release" else self.verbs.reject
        try:
            verb(row, by=request.user, **form.cleaned_data)
        except self.verbs.Refused as refused:
            form.add_error(None, str(refused))
            return False
        said = _("„%(row)s“ ist veröffentlicht.") if decision == "release" else _("„%(row)s“ ist abgelehnt.")
        self.log_change(request, row, said % {"row": row})
        messages.success(request, said % {"row": row})
        return True

    def is_waiting(self, row: Model) -> bool:
        raise NotImplementedError

    def more(self, row: Model) -> dict[str, Any]:
        """What else the page shows."""
        return {}
