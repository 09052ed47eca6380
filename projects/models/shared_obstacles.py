"""The register of obstacles: what stands in the way of several projects, merged by moderators from their cases."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from municipalities.models import title_slug

from .vocabulary import ObstacleCategory


class ObstacleLevel(models.TextChoices):
    EU = "eu", _("Europäische Union")
    FEDERAL = "federal", _("Bund")
    STATE = "state", _("Land")
    MUNICIPAL = "municipal", _("Kommune")


class ObstacleState(models.TextChoices):
    OPEN = "open", _("offen")
    RAISED = "raised", _("vorgetragen")
    SOLVED = "solved", _("gelöst")


class SharedObstacle(models.Model):
    """One entry of the register; the obstacles of single projects are its cases (`Obstacle.shared`)."""

    title = models.CharField(_("Titel"), max_length=120)
    category = models.ForeignKey(
        ObstacleCategory, models.PROTECT, related_name="shared_obstacles", verbose_name=_("Art der Hürde")
    )
    level = models.CharField(_("Wer sie beseitigen könnte"), max_length=10, choices=ObstacleLevel, blank=True)
    text = models.TextField(_("Worum es geht"))
    demand = models.TextField(_("Was sich ändern müsste"), blank=True)
    state = models.CharField(_("Stand"), max_length=10, choices=ObstacleState, default=ObstacleState.OPEN)
    state_since = models.DateField(_("Stand seit"), null=True, blank=True)
    state_note = models.TextField(
        _("Zum Stand"), blank=True, help_text=_("Wem wurde die Hürde vorgetragen? Wodurch ist sie gelöst?")
    )
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="merged",
        verbose_name=_("Aufgegangen in"),
        help_text=_("Nach dem Zusammenlegen führt die alte Adresse zu diesem Eintrag."),
    )
    created_at = models.DateTimeField(_("Angelegt am"), auto_now_add=True)
    changed_at = models.DateTimeField(_("Geändert am"), auto_now=True)

    class Meta:
        verbose_name = _("Eintrag im Hürden-Register")
        verbose_name_plural = _("Hürden-Register")
        ordering = ["title", "pk"]
        constraints = [
            models.CheckConstraint(
                name="shared_obstacle_choices_known",
                condition=Q(level__in=["", *ObstacleLevel.values], state__in=ObstacleState.values),
                violation_error_message=_("Diese Auswahl gibt es nicht."),
            ),
            models.CheckConstraint(
                name="shared_obstacle_state_dated",
                condition=Q(state=ObstacleState.OPEN) | Q(state_since__isnull=False),
                violation_error_message=_("Seit wann ist die Hürde vorgetragen oder gelöst?"),
            ),
            models.CheckConstraint(
                name="shared_obstacle_says_something",
                condition=~Q(title="") & ~Q(text=""),
                violation_error_message=_("Ein Eintrag hat Titel und Text."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("projects:shared_obstacle", args=[self.pk, self.slug])

    @property
    def slug(self) -> str:
        return title_slug(self.title, "huerde")
