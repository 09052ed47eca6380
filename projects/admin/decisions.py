"""Which decisions a project allows now, and what each of them does: calls workflow, once, on what the person saw."""

from collections.abc import Callable
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from municipalities.models import User
from projects import access, workflow
from projects.models import Project, Status

from . import review_forms
from .review_forms import DecisionForm

Text = str | Promise


class Decision(NamedTuple):
    """A button with its form. `done` confirms, with %(title)s; `leaves_queue` leads back to what waits."""

    name: str
    label: Text
    lead: Text
    form_class: type[DecisionForm]
    act: Callable[..., Project]
    done: Text
    leaves_queue: bool = False
    is_drastic: bool = False


APPROVE = Decision(
    "approve",
    _("Veröffentlichen"),
    _("Alle können das Projekt sofort lesen; die Kommune bekommt einen Brief."),
    review_forms.ApproveForm,
    workflow.approve,
    _("„%(title)s“ ist veröffentlicht."),
    leaves_queue=True,
)
SEND_BACK = Decision(
    "send_back",
    _("Zurückgeben"),
    _("Die Kommune bekommt den Grund als Brief und kann das Projekt wieder bearbeiten."),
    review_forms.SendBackForm,
    workflow.send_back,
    _("„%(title)s“ ist zurückgegeben."),
    leaves_queue=True,
)
REJECT = Decision(
    "reject",
    _("Ablehnen"),
    _("Endgültig. Wenn sich etwas verbessern lässt, geben Sie besser zurück."),
    review_forms.RejectForm,
    workflow.reject,
    _("„%(title)s“ ist abgelehnt."),
    leaves_queue=True,
    is_drastic=True,
)
PUBLISH_AGAIN = Decision(
    "publish",
    _("Wieder veröffentlichen"),
    _("Das Projekt kommt mit seiner Nummer und Adresse zurück."),
    review_forms.NoteForm,
    workflow.publish,
    _("„%(title)s“ ist wieder veröffentlicht."),
)
ARCHIVE = Decision(
    "archive",
    _("Archivieren"),
    _("Das Projekt verlässt das Mosaik still; seine Adresse sagt, dass es nicht mehr da ist."),
    review_forms.NoteForm,
    workflow.archive,
    _("„%(title)s“ ist archiviert."),
)
WITHDRAW = Decision(
    "withdraw",
    _("Zurückziehen"),
    _("Das Projekt verlässt das Mosaik mit einem öffentlichen Grund."),
    review_forms.WithdrawForm,
    workflow.withdraw,
    _("„%(title)s“ ist zurückgezogen."),
    is_drastic=True,
)
MARK_DUPLICATE = Decision(
    "mark_duplicate",
    _("Mit anderem Projekt zusammenlegen"),
    _(
        "Das Projekt verlässt das Mosaik, und alle seine Adressen führen zu dem anderen. Nachahmungen und Interesse "
        "gehen dorthin über, Texte und Bilder nicht."
    ),
    review_forms.DuplicateForm,
    workflow.mark_duplicate,
    _("„%(title)s“ ist zusammengelegt und führt jetzt zu dem anderen Projekt."),
    is_drastic=True,
)
BY_STATUS: dict[str, tuple[Decision, ...]] = {
    Status.SUBMITTED: (APPROVE, SEND_BACK, REJECT),
    Status.PUBLISHED: (ARCHIVE, WITHDRAW, MARK_DUPLICATE),
    Status.ARCHIVED: (PUBLISH_AGAIN, WITHDRAW, MARK_DUPLICATE),
    Status.WITHDRAWN: (PUBLISH_AGAIN,),
}


def possible(project: Project, user: User) -> dict[str, Decision]:
    """What this person may decide about the project as it is now, by name, in the order of the page."""
    return {
        decision.name: _approval(project, user) if decision is APPROVE else decision
        for decision in BY_STATUS.get(project.status, ())
        if decision is not APPROVE or can_approve(user)
    }


def can_approve(user: User) -> bool:
    """With two keys only whoever moderates for a host; else everybody at the desk."""
    return not settings.TWO_KEY_APPROVAL or bool(access.host_of(user))


def _approval(project: Project, user: User) -> Decision:
    """The button says what it does: it publishes, or it gives one of two keys."""
    host = access.host_of(user)
    decision = APPROVE._replace(form_class=review_forms.ApproveWithDissentForm) if host else APPROVE
    if project.revises_id:
        decision = decision._replace(
            label=_("Überarbeitung veröffentlichen"),
            lead=_("Der neue Text ersetzt sofort den öffentlichen; die Kommune bekommt einen Brief."),
        )
    if workflow.waits_for(project, besides=host):
        decision = decision._replace(
            label=_("Freigeben"),
            lead=_("Veröffentlicht wird, sobald auch die andere Seite freigegeben hat."),
            done=_("Ihre Freigabe für „%(title)s“ ist eingetragen."),
        )
    return decision


def carry_out(project: Project, decision: Decision, form: DecisionForm, user: User) -> Project:
    """Does what was decided, if the project still is what the person looked at."""
    with transaction.atomic():
        current = workflow.lock_version(project, form.cleaned_data["version"])
        return decision.act(current, by=user, **form.arguments)
