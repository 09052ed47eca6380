"""The outbox: letters are rows first, in the transaction of their cause, and are sent from there."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class LetterQuerySet(models.QuerySet):
    def due(self, now):
        """Unsent letters whose time has come, oldest first."""
        return self.filter(sent_at__isnull=True, given_up_at__isnull=True, send_after__lte=now).order_by(
            "send_after", "pk"
        )

    def dead(self):
        """Letters that were given up; somebody has to look."""
        return self.filter(given_up_at__isnull=False, sent_at__isnull=True)


class Letter(models.Model):
    """One mail. `key` makes sure that the same cause writes one letter only."""

    key = models.CharField(_("Anlass"), max_length=200, unique=True)
    to = models.EmailField(_("An"))
    reply_to = models.EmailField(_("Antwort an"), blank=True)
    subject = models.CharField(_("Betreff"), max_length=200)
    body = models.TextField(_("Text"))
    created_at = models.DateTimeField(_("Angelegt am"), auto_now_add=True)
    unsubscribe_url = models.URLField(
        _("Abbestellen"), max_length=300, blank=True, help_text=_("Adresse, die ein Abonnement mit einem Klick beendet")
    )
    send_after = models.DateTimeField(_("Senden ab"))
    attempts = models.PositiveSmallIntegerField(_("Versuche"), default=0)
    last_error = models.TextField(_("Letzter Fehler"), blank=True)
    sent_at = models.DateTimeField(_("Gesendet am"), null=True, blank=True)
    given_up_at = models.DateTimeField(_("Aufgegeben am"), null=True, blank=True)

    objects = LetterQuerySet.as_manager()

    # They begin the key of a letter: with a link that lets its bearer in; of a visitor to the contact of a project; to
    # somebody who subscribed.
    ABOUT_ACCOUNT = "account:"
    RELAYED = "relay:"
    SUBSCRIBED = "subscription:"
    RELAYED_DAYS = 30  # then nothing tells any more who wrote to whom
    SUBSCRIBED_DAYS = 30
    TEXT_DAYS = 90  # of every other letter, from its sending

    class Meta:
        verbose_name = _("Brief")
        verbose_name_plural = _("Briefe")
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["send_after"], condition=Q(sent_at__isnull=True), name="letter_unsent")]

    def __str__(self) -> str:
        return f"{self.subject} → {self.to}"

    @property
    def is_private(self) -> bool:
        """For the eyes of its addressee only: nobody reads it at the desk, and its text goes once it was sent."""
        return self.key.startswith((self.ABOUT_ACCOUNT, self.RELAYED, self.SUBSCRIBED))
