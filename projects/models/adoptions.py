"""Nachahmung: which municipality took over what from which project, and who would like to."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from municipalities.models import Municipality

from .closed_lists import Precision, with_precision
from .parts import citations
from .project import Project


class AdoptionState(models.TextChoices):
    """What has become of a statement; adoptions.py is its only writer."""

    PROPOSED = "proposed", _("wartet auf Freigabe")
    PUBLISHED = "published", _("veröffentlicht")
    REJECTED = "rejected", _("abgelehnt")
    DECLINED = "declined", _("vom Vorbild nicht verknüpft")


class AdoptionQuerySet(models.QuerySet):
    def published(self):
        """What readers see, and what facets, orders and sums count."""
        return self.filter(state=AdoptionState.PUBLISHED)

    def waiting(self):
        """What moderators decide about: new statements, and changes of published ones."""
        return self.filter(Q(state=AdoptionState.PROPOSED) | Q(proposed_change__isnull=False))

    def belonging_to(self, user):
        """Statements of the municipalities that this person acts for."""
        return self.filter(municipality__in=Municipality.objects.acted_for_by(user))

    def released(self):
        """Those that were public once: readers see them unless the people of the origin declined the link."""
        return self.filter(state__in=(AdoptionState.PUBLISHED, AdoptionState.DECLINED))

    def about_projects_of(self, user):
        """Released statements on projects of the municipalities that this person acts for."""
        return self.released().filter(project__lead__in=Municipality.objects.acted_for_by(user))


class Adoption(models.Model):
    """A municipality took the project, or parts of it, over. `stated_by` is empty where published sources say so."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="adoptions", verbose_name=_("Vorbild"))
    municipality = models.ForeignKey(
        "municipalities.Municipality", models.PROTECT, related_name="adoptions", verbose_name=_("Nachahmende Kommune")
    )
    copy = models.ForeignKey(
        Project,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="adopted_through",
        verbose_name=_("Eigenes Projekt"),
    )
    since = models.DateField(_("Seit"), null=True, blank=True)
    since_precision = models.CharField(_("Seit ist genau auf"), max_length=5, choices=Precision, blank=True)
    what = models.TextField(_("Was übernommen wurde"), blank=True)
    changes = models.TextField(_("Was anders gemacht wird"), blank=True)
    experience = models.TextField(_("Wie es läuft"), blank=True)
    cites = citations()
    state = models.CharField(
        _("Stand"), max_length=10, choices=AdoptionState, default=AdoptionState.PROPOSED, editable=False
    )
    state_note = models.TextField(_("Grund"), blank=True, editable=False)
    proposed_change = models.JSONField(
        _("Vorgeschlagene Änderung"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Wartet auf Freigabe; bis dahin bleibt der veröffentlichte Text stehen."),
    )
    stated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("Eingetragen von"),
    )
    stated_at = models.DateTimeField(_("Eingetragen am"), auto_now_add=True)
    changed_at = models.DateTimeField(_("Geändert am"), auto_now=True)

    objects = AdoptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("Nachahmung")
        verbose_name_plural = _("Nachahmungen")
        ordering = ["project", "since", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "municipality"],
                name="adoption_once_a_municipality",
                violation_error_message=_("Diese Kommune steht bei diesem Projekt schon."),
            ),
            with_precision("adoption_since_with_precision", "since", "since_precision"),
            models.CheckConstraint(
                name="adoption_copy_is_another",
                condition=Q(copy__isnull=True) | ~Q(copy=F("project")),
                violation_error_message=_("Ein Projekt kann sich nicht selbst nachahmen."),
            ),
            models.CheckConstraint(
                name="adoption_state_known",
                condition=Q(state__in=AdoptionState.values),
                violation_error_message=_("Diesen Stand gibt es nicht."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.municipality} ← {self.project}"


class Interest(models.Model):
    """A person says that their municipality thinks of taking the project over; readers see only how many."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="interests", verbose_name=_("Projekt"))
    municipality = models.ForeignKey(
        "municipalities.Municipality", models.PROTECT, related_name="+", verbose_name=_("Interessierte Kommune")
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("Wer"))
    at = models.DateTimeField(_("Wann"), auto_now_add=True)

    class Meta:
        verbose_name = _("Interesse an Nachahmung")
        verbose_name_plural = _("Interesse an Nachahmung")
        ordering = ["project", "at", "pk"]
        constraints = [models.UniqueConstraint(fields=["project", "municipality"], name="interest_once_a_municipality")]

    def __str__(self) -> str:
        return f"{self.municipality} → {self.project}"
