"""The letters about Nachahmung, one function each; called by adoptions.py only. No letter names other persons."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_noop as _  # letters are German

from .emails import absolute, people_of, put, to_people
from .models import Adoption, Interest, Project, StatusChange


def announced(adoption: Adoption, link: str) -> None:
    """To the people of the origin, or else to the office that answers for it: somebody took the project over."""
    project = adoption.project
    subject = _("Übernommen: %(title)s") % {"title": project.title}
    context = {"adoption": adoption, "link": link, "page": absolute(project.get_absolute_url())}
    put(_to_origin(f"adoption-announced:{adoption.pk}", project), subject, "adoption_announced", context)


def released(adoption: Adoption) -> None:
    """To whoever stated it: everybody can read it now."""
    _tell_adopters(adoption, _("Nachahmung veröffentlicht: %(title)s"), "adoption_released", _moment(adoption))


def rejected(adoption: Adoption) -> None:
    _tell_adopters(adoption, _("Nachahmung nicht aufgenommen: %(title)s"), "adoption_rejected", _moment(adoption))


def declined(adoption: Adoption) -> None:
    """The people of the origin do not want the link."""
    _tell_adopters(adoption, _("Nicht verknüpft: %(title)s"), "adoption_declined", _moment(adoption))


def source_changed(adoption: Adoption, labels: Sequence[str], *, version: int) -> None:
    """The origin reads differently in substance; `labels` name the fields."""
    cause = f"{adoption.project_id}:{version}"
    _tell_adopters(adoption, _("Ihr Vorbild hat sich geändert: %(title)s"), "adoption_changed", cause, labels=labels)


def source_ended(adoption: Adoption, *, version: int) -> None:
    cause = f"{adoption.project_id}:{version}"
    _tell_adopters(adoption, _("Ihr Vorbild ist zu Ende: %(title)s"), "adoption_ended", cause)


def source_gone(adoption: Adoption, change: StatusChange) -> None:
    """The origin has left the mosaic, perhaps for a reason that is public."""
    subject = _("Ihr Vorbild ist nicht mehr im Mosaik: %(title)s")
    reason = change.project.withdrawal_reason
    _tell_adopters(adoption, subject, "adoption_gone", str(change.pk), reason=reason)


def interest_shown(interest: Interest) -> None:
    """To the people of the origin, once for each municipality."""
    project = interest.project
    subject = _("Interesse an Ihrem Projekt: %(title)s") % {"title": project.title}
    context = {
        "interest": interest,
        "page": absolute(project.get_absolute_url()),
        "list": absolute(reverse("projects:project_adoptions", args=[project.pk])),
    }
    cause = f"interest:{project.pk}:{interest.municipality_id}"
    put(to_people(cause, people_of(project.lead)), subject, "interest_shown", context)


def _to_origin(cause: str, project: Project) -> list[tuple[str, str]]:
    """Where nobody of the municipality has an account, as with projects compiled from sources, its office is told."""
    if people := people_of(project.lead):
        return to_people(cause, people)
    return [(f"{cause}:contact", project.contact.email)] if project.contact else []


def _tell_adopters(adoption: Adoption, subject: str, template: str, cause: str, **more: Any) -> None:
    project = adoption.project
    context = {
        "adoption": adoption,
        "project": project,
        "page": absolute(project.get_absolute_url()),
        "list": absolute(reverse("projects:my_adoptions")),
        **more,
    }
    key = f"{template.replace('_', '-')}:{adoption.pk}:{cause}"
    people = people_of(adoption.municipality)
    if template in ("adoption_released", "adoption_rejected") and adoption.stated_by in people:
        people = [adoption.stated_by]
    put(to_people(key, people), subject % {"title": project.title}, template, context)


def _moment(adoption: Adoption) -> str:
    """Every decision is an event of its own."""
    return str(int(adoption.changed_at.timestamp() * 1_000_000))
