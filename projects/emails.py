"""The letters that the portal writes, one function each; they go into the outbox, in the transaction of their cause.

Called by workflow and by views that have stored what the letter tells. outbox.py sends. No letter names other persons.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_noop as _  # letters are German
from django.utils.translation import override

from municipalities.models import Host, Membership, MembershipState, Municipality, Role, User

from . import submission
from .languages import without_language
from .models import BarrierReport, Letter, Project, Status, StatusChange

if TYPE_CHECKING:
    from .relay import Message

SUBJECT_LENGTH = 200


# --- about projects ---------------------------------------------------------------------------------------------------


def received(change: StatusChange) -> None:
    """To whoever sent a project in: it is here, and what happens next."""
    _tell_submitters(change, _("Eingegangen: %(title)s"), "received")


def returned(change: StatusChange) -> None:
    """The project comes back with a reason, perhaps about single parts."""
    parts = [part.label for part in submission.parts_named(change.parts)]
    _tell_submitters(change, _("Bitte ergänzen: %(title)s"), "returned", parts=parts)


def rejected(change: StatusChange) -> None:
    _tell_submitters(change, _("Nicht aufgenommen: %(title)s"), "rejected")


def published(change: StatusChange) -> None:
    """The project can be seen by everybody now."""
    _tell_submitters(change, _("Veröffentlicht: %(title)s"), "published")


def copy_approved(change: StatusChange) -> None:
    """The working copy, which `change` is about, was taken over into its project."""
    _tell_submitters(change, _("Überarbeitung veröffentlicht: %(title)s"), "copy_approved")


def confirmation_asked(project: Project, *, to: Iterable[User], link: str, cause: str, last_day: date) -> int:
    """„Ist das noch aktuell?“ with the link to the page that needs no login; returns how many letters are new."""
    context = {"project": project, "link": link, "last_day": last_day}
    subject = _("Ist das noch aktuell? %(title)s") % {"title": project.title}
    letters = [(f"confirm:{project.pk}:{cause}:{user.pk}", user.email) for user in to]
    return put(letters, subject, "confirmation_asked", context)


def ended_reported(change: StatusChange) -> None:
    """To the moderators: the municipality says that the project has ended."""
    context = {"project": change.project, "desk": desk_address()}
    subject = _("Läuft nicht mehr: %(title)s") % {"title": change.project.title}
    put(to_people(f"ended:{change.project_id}:{change.pk}", moderators()), subject, "ended_reported", context)


def waiting_reminder(moderator: User, projects: Sequence[Project], *, week: str, days: int, others: int = 0) -> int:
    """To a moderator, at most one a week: what has waited for longer than `days`; `others` is how many no projects."""
    context = {"projects": projects, "others": others, "desk": desk_address(), "days": days}
    subject = _("Warten auf Freigabe: %(count)d") % {"count": len(projects) + others}
    return put([(f"reminder:{moderator.pk}:{week}", moderator.email)], subject, "waiting_reminder", context)


# --- about people -----------------------------------------------------------------------------------------------------


def membership_asked(membership: Membership) -> None:
    """To everybody who may decide: somebody would like to act for a municipality or a host."""
    deciders = Q(is_superuser=True)
    if membership.municipality_id:
        coordinating = Membership.objects.granted().filter(municipality=membership.municipality, role=Role.COORDINATOR)
        deciders |= Q(pk__in=coordinating.values("user"))
    people = User.objects.filter(deciders, is_active=True).exclude(pk=membership.user_id)
    subject = _("Jemand möchte mitarbeiten: %(body)s") % {"body": _body_of(membership)}
    context = {"membership": membership, "account": absolute(reverse("projects:account")), "desk": desk_address()}
    put(to_people(f"membership-asked:{membership.pk}", people), subject, "membership_asked", context)


def membership_decided(membership: Membership) -> None:
    """To whoever asked: granted, declined, or ended later."""
    if membership.state == MembershipState.ASKED:
        return
    subject = {
        MembershipState.GRANTED: _("Sie können mitarbeiten: %(body)s"),
        MembershipState.DECLINED: _("Ihre Anfrage: %(body)s"),
        MembershipState.ENDED: _("Ihre Mitarbeit endet: %(body)s"),
    }[MembershipState(membership.state)] % {"body": _body_of(membership)}
    context = {
        "membership": membership,
        "account": absolute(reverse("projects:account")),
        "projects": absolute(reverse("projects:my_projects")),
    }
    cause = f"membership-{membership.state}:{membership.pk}"
    put(to_people(cause, [membership.user]), subject, "membership_decided", context)


def _body_of(membership: Membership) -> str:
    """A municipality, or the German name of a host."""
    with override(settings.LANGUAGE_CODE):
        return membership.body_name


# --- about barriers ---------------------------------------------------------------------------------------------------


def barrier_reported(report: BarrierReport) -> None:
    """Tells the operator of a barrier."""
    desk = absolute(reverse("admin:projects_barrierreport_change", args=[report.pk]))
    # Nothing that a visitor typed is in the subject.
    subject = _("Barriere gemeldet (Nr. %(number)d)") % {"number": report.pk}
    letters = [(f"barrier:{report.pk}", settings.OPERATOR_EMAIL)]
    put(letters, subject, "barrier_report", {"report": report, "desk": desk}, reply_to=report.reply_to)


# --- between visitors and contacts ------------------------------------------------------------------------------------


def message_relayed(project: Project, message: "Message", *, cause: str) -> None:
    """To the contact: what a visitor writes. The answer goes straight to the visitor."""
    subject = _("Nachricht zu „%(title)s“") % {"title": project.title}
    context = {"project": project, "message": message, "page": absolute(project.get_absolute_url())}
    letters = [(f"{Letter.RELAYED}{cause}", project.contact.email)]
    put(letters, subject, "relayed_message", context, reply_to=message.sender)


def message_copied(project: Project, message: "Message", *, cause: str) -> None:
    """To the visitor: the same words, without the contact's address."""
    subject = _("Kopie Ihrer Nachricht zu „%(title)s“") % {"title": project.title}
    context = {"project": project, "page": absolute(project.get_absolute_url())}
    put_copy(message, subject, "relayed_message_copy", context, cause=cause)


def put_copy(message: "Message", subject: str, template: str, context: Mapping[str, Any], *, cause: str) -> None:
    """Tells whoever wrote how long it is kept, and what to do if it was somebody else."""
    kept = {"message": message, "days": Letter.RELAYED_DAYS, "operator_email": settings.OPERATOR_EMAIL}
    put([(f"{Letter.RELAYED}copy:{cause}", message.sender)], subject, template, {**context, **kept})


# --- who gets letters -------------------------------------------------------------------------------------------------


def people_of(municipality: Municipality) -> list[User]:
    """Active people who act for a municipality, including those of a Samtgemeinde that acts for it."""
    bodies = Q(memberships__municipality=municipality)
    if municipality.parent_id:
        bodies |= Q(memberships__municipality=municipality.parent_id, memberships__includes_members=True)
    granted = bodies & Q(memberships__state=MembershipState.GRANTED)
    return list(User.objects.filter(granted, is_active=True).distinct().order_by("pk"))


def moderators() -> list[User]:
    """Active people who moderate for one of the hosts."""
    granted = Membership.objects.granted().filter(host__in=Host.values, role=Role.MODERATOR)
    return list(User.objects.filter(pk__in=granted.values("user"), is_active=True).order_by("pk"))


def _submitters(project: Project) -> list[User]:
    """Who sent the project in last; whoever has left hands over to the municipality's people."""
    handed_in = project.status_changes.filter(to_status=Status.SUBMITTED, by__isnull=False)
    handed_in = handed_in.exclude(from_status=Status.SUBMITTED)  # the approval of one host leaves it submitted
    sent = handed_in.select_related("by").last()
    if sent is None:
        return []  # compiled by the operator
    return [sent.by] if sent.by.is_active else people_of(project.lead)


# --- into the outbox --------------------------------------------------------------------------------------------------


def _tell_submitters(change: StatusChange, subject: str, template: str, **more: Any) -> None:
    project = change.project
    context = {
        "project": project,
        "change": change,
        "form": absolute(reverse("projects:task_list", args=[project.pk])),
        "page": absolute((project.revises or project).get_absolute_url()),
        "projects": absolute(reverse("projects:my_projects")),
        **more,
    }
    letters = to_people(f"{template}:{project.pk}:{change.pk}", _submitters(project))
    put(letters, subject % {"title": project.title}, template, context)


def to_people(cause: str, people: Iterable[User]) -> list[tuple[str, str]]:
    return [(f"{cause}:{person.pk}", person.email) for person in people]


def put(
    letters: Sequence[tuple[str, str]],
    subject: str,
    template: str,
    context: Mapping[str, Any],
    *,
    reply_to: str = "",
    unsubscribe_url: str = "",
) -> int:
    """One letter for each (key, address); a key that was used before writes nothing. Returns how many are new."""
    letters = [(key, address) for key, address in letters if _is_address(address)]
    with override(settings.LANGUAGE_CODE):
        body = render_to_string(f"emails/{template}.txt", {**context, "site_url": settings.SITE_URL})
    known = set(Letter.objects.filter(key__in=[key for key, _address in letters]).values_list("key", flat=True))
    Letter.objects.bulk_create(
        (
            Letter(
                key=key,
                to=address,
                reply_to=reply_to if _is_address(reply_to) else "",
                subject=_one_line(subject),
                body=_tidy(body),
                unsubscribe_url=unsubscribe_url,
                send_after=timezone.now(),
            )
            for key, address in letters
        ),
        ignore_conflicts=True,  # two at once: the first wins
    )
    return len([key for key, _address in letters if key not in known])


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def _one_line(text: str) -> str:
    """A subject cannot carry a header along: every line end and control character becomes a blank."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(plain.split())[:SUBJECT_LENGTH]


def _tidy(body: str) -> str:
    """Templates leave empty lines behind where a block says nothing."""
    lines: list[str] = []
    for line in body.strip().splitlines():
        if line.strip() or (lines and lines[-1]):
            lines.append(line.rstrip())
    return "\n".join(lines) + "\n"


def absolute(path: str) -> str:
    """The address of a page as letters give it: the German one."""
    return settings.SITE_URL + without_language(path)


def desk_address() -> str:
    return absolute(reverse("admin:index"))
