"""Where a record stands between draft and archive, and the log of its changes: who, when, from what to what, why."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    """Where the record stands between draft and archive; written by workflow.py only."""

    DRAFT = "draft", _("Entwurf")
    SUBMITTED = "submitted", _("eingereicht")
    RETURNED = "returned", _("zurückgegeben")
    REJECTED = "rejected", _("abgelehnt")
    PUBLISHED = "published", _("veröffentlicht")
    ARCHIVED = "archived", _("archiviert")
    WITHDRAWN = "withdrawn", _("zurückgezogen")
    MERGED = "merged", _("übernommen")


# Only in these the municipality changes the text; in between it lies with the moderators.
EDITABLE = (Status.DRAFT, Status.RETURNED)


class StatusChange(models.Model):
    """One line of the log of status changes; lines are only ever added."""

    project = models.ForeignKey("Project", models.CASCADE, related_name="status_changes", verbose_name=_("Projekt"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Wer")
    )
    at = models.DateTimeField(_("Wann"), auto_now_add=True)
    from_status = models.CharField(_("Von"), max_length=10, choices=Status)
    to_status = models.CharField(_("Nach"), max_length=10, choices=Status)
    note = models.TextField(_("Notiz"), blank=True)
    parts = ArrayField(
        models.CharField(max_length=20),
        verbose_name=_("Teile, um die es geht"),
        default=list,
        blank=True,
        help_text=_("Namen aus submission.py; leer, wenn es um das Ganze geht."),
    )

    class Meta:
        verbose_name = _("Statuswechsel")
        verbose_name_plural = _("Statuswechsel")
        ordering = ["project", "at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="status_change_known",
                condition=Q(from_status__in=Status.values, to_status__in=Status.values),
                violation_error_message=_("Diesen Status gibt es nicht."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.project_id}: {self.get_from_status_display()} → {self.get_to_status_display()}"
