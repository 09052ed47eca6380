"""What is known of the addresses on the web that the mosaic names: one row an address, written by check_links only."""

from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Outcome(models.TextChoices):
    """What came of asking for an address."""

    OK = "ok", _("erreichbar")
    DENIED = "denied", _("lässt Programme nicht zu")
    NOT_FOUND = "not_found", _("Seite nicht gefunden")
    GONE = "gone", _("Seite entfernt")
    REJECTED = "rejected", _("Anfrage abgelehnt")
    SERVER_ERROR = "server_error", _("Fehler beim Anbieter")
    TIMEOUT = "timeout", _("antwortet nicht")
    NO_HOST = "no_host", _("Rechnername unbekannt")
    TLS = "tls", _("Zertifikat ungültig")
    NO_CONNECTION = "no_connection", _("keine Verbindung")
    LOOP = "loop", _("leitet im Kreis")
    INTERNAL = "internal", _("führt in ein internes Netz")
    UNREADABLE = "unreadable", _("keine Internetadresse")


# Whoever is denied as a program cannot tell whether a person would be, so that is no failure.
NO_FAILURE = (Outcome.OK, Outcome.DENIED)


class LinkCheckQuerySet(models.QuerySet):
    def dead(self):
        """Failed on so many different days that it is not a bad day of the provider's."""
        return self.filter(failures__gte=LinkCheck.DEAD_AFTER)

    def due(self, now: datetime):
        """What was never asked first, then what failed a day ago, then what answered a week ago."""
        failed = Q(failures__gt=0, checked_at__lte=now - LinkCheck.AGAIN_AFTER_FAILURE)
        answered = Q(failures=0, checked_at__lte=now - LinkCheck.AGAIN)
        rows = self.filter(Q(checked_at=None) | failed | answered)
        return rows.order_by(F("checked_at").asc(nulls_first=True), "pk")


class LinkCheck(models.Model):
    """An address as somebody has typed it; `failures` counts days, not attempts."""

    DEAD_AFTER = 3
    # A little less than a day and a week: the timer does not start to the second.
    AGAIN_AFTER_FAILURE = timedelta(hours=20)
    AGAIN = timedelta(days=6, hours=20)

    url = models.URLField(_("Adresse"), max_length=500, unique=True)
    checked_at = models.DateTimeField(_("Zuletzt geprüft"), null=True, blank=True)
    ok_at = models.DateTimeField(_("Zuletzt erreicht"), null=True, blank=True)
    outcome = models.CharField(_("Ergebnis"), max_length=15, choices=Outcome, blank=True)
    status_code = models.PositiveSmallIntegerField(_("Antwort des Servers"), null=True, blank=True)
    redirects = models.PositiveSmallIntegerField(_("Umleitungen"), default=0)
    moved_to = models.URLField(_("Zieht um nach"), max_length=500, blank=True)
    failures = models.PositiveSmallIntegerField(_("Tage mit Fehler, hintereinander"), default=0)
    failing_since = models.DateField(_("Fehler seit"), null=True, blank=True)
    failed_on = models.DateField(_("Zuletzt Fehler am"), null=True, blank=True)
    in_texts = ArrayField(
        models.PositiveIntegerField(), verbose_name=_("In Texten dieser Projekte"), default=list, blank=True
    )

    objects = LinkCheckQuerySet.as_manager()

    class Meta:
        verbose_name = _("Link nach außen")
        verbose_name_plural = _("Links nach außen")
        ordering = ["failing_since", "url"]
        constraints = [
            models.CheckConstraint(
                name="link_outcome_known",
                condition=Q(outcome__in=["", *Outcome.values]),
                violation_error_message=_("Dieses Ergebnis gibt es nicht."),
            ),
            models.CheckConstraint(
                name="link_failures_dated",
                condition=Q(failures=0, failing_since=None, failed_on=None)
                | Q(failures__gt=0, failing_since__isnull=False, failed_on__gte=F("failing_since")),
                violation_error_message=_("Zu Fehlern gehören ihr erster und ihr letzter Tag."),
            ),
        ]

    def __str__(self) -> str:
        return self.url
