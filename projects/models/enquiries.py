"""Gesuche: what a municipality looks for, so that others who have it can answer."""

from datetime import date, timedelta

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from municipalities.models import Municipality, title_slug

from .vocabulary import TargetGroup, Topic, label_column


class EnquiryState(models.TextChoices):
    """What has become of it; enquiries.py is its only writer."""

    SUBMITTED = "submitted", _("wartet auf Freigabe")
    PUBLISHED = "published", _("veröffentlicht")
    REJECTED = "rejected", _("abgelehnt")
    CLOSED = "closed", _("beendet")


class EnquiryQuerySet(models.QuerySet):
    def published(self, today: date):
        """What readers see: released, not ended, not expired."""
        return self.filter(state=EnquiryState.PUBLISHED, expires_on__gte=today)

    def waiting(self):
        """What moderators decide about."""
        return self.filter(state=EnquiryState.SUBMITTED)

    def long_over(self):
        """Ended or never accepted a year ago: what is deleted."""
        then = timezone.now() - Enquiry.KEPT_FOR
        never_public = Q(published_at__isnull=True, created_at__lt=then)
        ended = Q(state=EnquiryState.CLOSED, expires_on__lt=timezone.localdate(then))
        return self.filter(never_public & ~Q(state=EnquiryState.SUBMITTED) | ended)

    def for_listing(self):
        """Everything that a list shows, in one query: topics arrive as arrays."""
        topics = self.model.topics.through.objects.filter(enquiry=OuterRef("pk")).order_by("topic")
        return self.select_related("municipality__county").annotate(
            topic_slugs=ArraySubquery(topics.values("topic__slug")),
            topic_labels=ArraySubquery(topics.values(f"topic__{label_column()}")),
        )

    def belonging_to(self, user):
        """Those of the municipalities that this person acts for."""
        return self.filter(municipality__in=Municipality.objects.acted_for_by(user))


class Enquiry(models.Model):
    """One Gesuch. It is answered by a form that relays to the person who posted it, and ends by itself."""

    OPEN_FOR = timedelta(days=90)  # from its publication
    KEPT_FOR = timedelta(days=365)  # after its end

    municipality = models.ForeignKey(
        Municipality, models.PROTECT, related_name="enquiries", verbose_name=_("Kommune, die sucht")
    )
    title = models.CharField(_("Was Sie suchen"), max_length=120)
    text = models.TextField(_("Worum es geht"), max_length=2000)
    topics = models.ManyToManyField(Topic, related_name="enquiries", verbose_name=_("Handlungsfelder"))
    target_groups = models.ManyToManyField(
        TargetGroup, related_name="enquiries", blank=True, verbose_name=_("Zielgruppen")
    )
    state = models.CharField(
        _("Stand"), max_length=10, choices=EnquiryState, default=EnquiryState.SUBMITTED, editable=False
    )
    state_note = models.TextField(_("Grund"), blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, editable=False, related_name="+", verbose_name=_("Angelegt von")
    )
    created_at = models.DateTimeField(_("Angelegt am"), auto_now_add=True)
    published_at = models.DateTimeField(_("Veröffentlicht am"), null=True, blank=True, editable=False)
    expires_on = models.DateField(_("Läuft bis"), null=True, blank=True, editable=False)

    objects = EnquiryQuerySet.as_manager()

    class Meta:
        verbose_name = _("Gesuch")
        verbose_name_plural = _("Gesuche")
        ordering = ["-published_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="enquiry_state_known",
                condition=Q(state__in=EnquiryState.values),
                violation_error_message=_("Diesen Stand gibt es nicht."),
            ),
            models.CheckConstraint(
                name="enquiry_published_dated",
                condition=~Q(state=EnquiryState.PUBLISHED) | Q(published_at__isnull=False, expires_on__isnull=False),
                violation_error_message=_("Ein veröffentlichtes Gesuch hat Datum und Ablauf."),
            ),
            models.CheckConstraint(
                name="enquiry_says_something",
                condition=~Q(title="") & ~Q(text=""),
                violation_error_message=_("Ein Gesuch hat Titel und Text."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("projects:enquiry", args=[self.pk, self.slug])

    @property
    def slug(self) -> str:
        return title_slug(self.title, "gesuch")
