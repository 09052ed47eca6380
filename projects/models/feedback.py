"""What visitors tell the operator: reports of barriers, kept for a limited time."""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

PAGE_LENGTH = 500
TEXT_LENGTH = 5000


class BarrierReportQuerySet(models.QuerySet):
    def expired(self):
        """Reports older than the privacy statement promises to keep them, done or not."""
        return self.filter(created_at__lt=timezone.now() - timedelta(days=BarrierReport.RETENTION_DAYS))


class BarrierReport(models.Model):
    """A barrier that a visitor met on a page of the portal; name and address only where the visitor wants an answer."""

    RETENTION_DAYS = 365

    page = models.CharField(
        _("Adresse der Seite"),
        max_length=PAGE_LENGTH,
        blank=True,
        help_text=_("Wo sind Sie auf die Barriere gestoßen? Zum Beispiel: /projekte/"),
    )
    text = models.TextField(
        _("Beschreibung der Barriere"),
        max_length=TEXT_LENGTH,
        help_text=_(
            "Was wollten Sie tun, und was ging nicht? Hilfreich ist auch, womit Sie die Seite lesen, "
            "zum Beispiel mit einem Vorleseprogramm."
        ),
    )
    name = models.CharField(_("Ihr Name"), max_length=120, blank=True)
    reply_to = models.EmailField(
        _("Ihre E-Mail-Adresse"),
        blank=True,
        help_text=_("Nur wenn Sie eine Antwort möchten. Zum Beispiel: name@example.org"),
    )
    created_at = models.DateTimeField(_("Eingegangen am"), auto_now_add=True, db_index=True)
    is_done = models.BooleanField(_("Erledigt"), default=False)

    objects = BarrierReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("Meldung einer Barriere")
        verbose_name_plural = _("Meldungen von Barrieren")
        ordering = ["is_done", "-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="barrier_report_says_something",
                condition=~Q(text=""),
                violation_error_message=_("Eine Meldung beschreibt die Barriere."),
            ),
            models.CheckConstraint(
                name="barrier_report_text_not_too_long",
                condition=LessThanOrEqual(Length("text"), TEXT_LENGTH),
                violation_error_message=_("Die Beschreibung ist zu lang."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.page or _('ohne Seite')}: {self.text[:60]}"
