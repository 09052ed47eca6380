"""A project told in another language or in Leichte Sprache: what is public, and what waits for the moderators."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .project import Project


class TextLanguage(models.TextChoices):
    SIMPLE = "simple", _("Leichte Sprache")
    ENGLISH = "en", "English"
    ARABIC = "ar", "العربية"
    UKRAINIAN = "uk", "Українська"


class TextOrigin(models.TextChoices):
    HUMAN = "human", _("von Menschen geschrieben")
    CHECKED = "checked", _("maschinell erstellt, von Menschen geprüft")
    MACHINE = "machine", _("maschinell erstellt, nicht geprüft")


class TextVersionQuerySet(models.QuerySet):
    def waiting(self):
        """What a moderator has to read; what was sent back waits for its municipality."""
        return self.filter(proposed_at__isnull=False, return_note="")

    def public(self):
        return self.filter(released_at__isnull=False)


class TextVersion(models.Model):
    """`texts` and `proposed` map fields of a project to texts; text_versions.py is the only writer.

    A digest tells of which German text a version is a version.
    """

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="text_versions", verbose_name=_("Projekt")
    )
    language = models.CharField(_("Sprache"), max_length=10, choices=TextLanguage)
    texts = models.JSONField(_("öffentlicher Text"), default=dict, editable=False)
    origin = models.CharField(_("Herkunft"), max_length=10, choices=TextOrigin, blank=True, editable=False)
    digest = models.CharField(max_length=64, blank=True, editable=False)
    released_at = models.DateTimeField(_("veröffentlicht am"), null=True, editable=False)
    proposed = models.JSONField(_("vorgeschlagener Text"), default=dict, editable=False)
    proposed_origin = models.CharField(max_length=10, choices=TextOrigin, blank=True, editable=False)
    proposed_digest = models.CharField(max_length=64, blank=True, editable=False)
    proposed_at = models.DateTimeField(_("vorgeschlagen am"), null=True, editable=False)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    return_note = models.TextField(_("Grund der Rückgabe"), blank=True, editable=False)

    objects = TextVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("Sprachfassung")
        verbose_name_plural = _("Sprachfassungen")
        ordering = ["proposed_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["project", "language"], name="text_version_once_a_language"),
            models.CheckConstraint(
                condition=Q(language__in=TextLanguage.values),
                name="text_version_language_listed",
                violation_error_message=_("Diese Sprache gibt es hier nicht."),
            ),
            models.CheckConstraint(
                condition=Q(origin="", released_at=None) | Q(origin__in=TextOrigin.values, released_at__isnull=False),
                name="text_version_public_whole",
                violation_error_message=_("Eine öffentliche Fassung braucht Herkunft und Datum."),
            ),
            models.CheckConstraint(
                condition=Q(proposed_origin="", proposed_at=None)
                | Q(proposed_origin__in=TextOrigin.values, proposed_at__isnull=False),
                name="text_version_proposal_whole",
                violation_error_message=_("Ein Vorschlag braucht Herkunft und Datum."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project.title} ({self.get_language_display()})"
