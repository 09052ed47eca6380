"""Template side of submitting: where a part is edited, and what a project that cannot be edited now is waiting for."""

from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from projects.models import Status
from projects.submission import BY_SLUG, Part

register = template.Library()


@register.simple_tag
def part_url(project: Any, part: Part) -> str:
    """Address of the page of a part."""
    if part.slug in BY_SLUG:
        return reverse("projects:part", kwargs={"pk": project.pk, "part": part})
    try:
        return reverse(f"projects:part_{part.name}", kwargs={"pk": project.pk})
    except NoReverseMatch:  # no page for pictures yet
        return ""


@register.simple_tag
def status_notice(project: Any) -> str:
    """What happens with a project that its municipality cannot change now."""
    notices = {
        Status.SUBMITTED: _("Eingereicht. Die Moderation prüft das Projekt und meldet sich per E-Mail."),
        Status.PUBLISHED: _("Veröffentlicht. Geändert wird eine Arbeitskopie; bis zur Freigabe bleibt der Text."),
        Status.ARCHIVED: _("Archiviert. Das Projekt steht nicht mehr im Mosaik."),
        Status.WITHDRAWN: _("Zurückgezogen. Die öffentliche Seite nennt den Grund."),
        Status.REJECTED: _("Abgelehnt. Der Grund steht in der E-Mail an Sie."),
        Status.MERGED: _("Übernommen. Der Text steht jetzt im veröffentlichten Projekt."),
    }
    return notices.get(project.status, "")
