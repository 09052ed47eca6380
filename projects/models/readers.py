"""What readers leave behind when they want to: a subscription. And what they looked for in vain, without who."""

import uuid
from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Frequency(models.TextChoices):
    DAILY = "daily", _("täglich, wenn es Neues gibt")
    WEEKLY = "weekly", _("wöchentlich, wenn es Neues gibt")


class SubscriptionQuerySet(models.QuerySet):
    def confirmed(self):
        return self.filter(confirmed_at__isnull=False)

    def due(self, today):
        """Those to whom a letter may go today: daily ones once a day, weekly ones a week after the one before."""
        before = Q(frequency=Frequency.DAILY, sent_on__lt=today)
        before |= Q(frequency=Frequency.WEEKLY, sent_on__lte=today - timedelta(days=7))
        return self.confirmed().filter(Q(sent_on__isnull=True) | before).order_by("pk")

    def never_confirmed(self):
        """Asked for longer ago than the link in the letter lives."""
        return self.filter(confirmed_at__isnull=True, asked_at__lt=timezone.now() - Subscription.CONFIRM_WITHIN)


class Subscription(models.Model):
    """New projects of a selection by e-mail. `token` opens confirming and ending; whoever has the letter has it.

    `seen` is the highest publication number that was told or existed when the subscription began.
    """

    CONFIRM_WITHIN = timedelta(days=3)

    token = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("E-Mail-Adresse"))
    query = models.CharField(_("Auswahl"), max_length=2000, blank=True, help_text=_("Wie in der Adresse der Liste"))
    frequency = models.CharField(_("Wie oft"), max_length=10, choices=Frequency)
    asked_at = models.DateTimeField(_("Bestellt am"), auto_now_add=True)
    confirmed_at = models.DateTimeField(_("Bestätigt am"), null=True, blank=True)
    seen = models.PositiveIntegerField(_("Gesehen bis Nummer"), default=0)
    sent_on = models.DateField(_("Zuletzt geschrieben am"), null=True, blank=True)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("Abonnement")
        verbose_name_plural = _("Abonnements")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["email", "query"], name="subscription_once_a_selection"),
            models.CheckConstraint(
                name="subscription_frequency_known",
                condition=Q(frequency__in=Frequency.values),
                violation_error_message=_("Diese Auswahl gibt es nicht."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email}: {self.query or '–'}"


class FruitlessSearchQuerySet(models.QuerySet):
    def expired(self):
        """Those of days that are longer ago than they are kept."""
        return self.filter(day__lt=timezone.localdate() - FruitlessSearch.KEPT_FOR)


class FruitlessSearch(models.Model):
    """How often a search text found nothing on one day. No person, no address, no time of day."""

    KEPT_FOR = timedelta(days=90)
    SHOWN_FROM = 3  # a text that was looked for less often could point to a person

    words = models.CharField(_("Suchtext"), max_length=60)
    day = models.DateField(_("Tag"))
    times = models.PositiveIntegerField(_("Wie oft"), default=1)

    objects = FruitlessSearchQuerySet.as_manager()

    class Meta:
        verbose_name = _("Suche ohne Treffer")
        verbose_name_plural = _("Suchen ohne Treffer")
        ordering = ["-day", "words"]
        constraints = [models.UniqueConstraint(fields=["day", "words"], name="fruitless_search_once_a_day")]

    def __str__(self) -> str:
        return f"{self.words} ({self.times})"
