"""The letters about versions of a project in other languages; called by text_versions.py only."""

from django.urls import reverse
from django.utils.translation import gettext_noop as _  # letters are German

from .emails import absolute, people_of, put, to_people
from .models import TextVersion


def released(version: TextVersion) -> None:
    """Everybody can read it; to whoever proposed it."""
    _tell(version, _("Sprachfassung veröffentlicht: %(title)s"), "text_version_released")


def rejected(version: TextVersion) -> None:
    _tell(version, _("Sprachfassung bitte ändern: %(title)s"), "text_version_rejected")


def _tell(version: TextVersion, subject: str, template: str) -> None:
    project = version.project
    people = people_of(project.lead)
    to = [version.proposed_by] if version.proposed_by in people else people
    context = {
        "version": version,
        "page": absolute(project.get_absolute_url()),
        "form": absolute(reverse("projects:text_version", args=[project.pk, version.language])),
    }
    cause = f"{template}:{version.pk}:{version.proposed_at:%Y%m%d%H%M%S}"
    put(to_people(cause, to), subject % {"title": project.title}, template, context)
