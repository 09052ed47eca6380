"""Rows that belong to a project: money, key figures, obstacles, references, pictures."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .closed_lists import Precision, with_precision
from .funding import FundingLevel, FundingProgramme, FundingSource, Permanence
from .labelled import Labelled
from .project import Project
from .shared_obstacles import ObstacleLevel, ObstacleState, SharedObstacle
from .vocabulary import ObstacleCategory


class FinancingKind(models.TextChoices):
    GRANT = "grant", _("Zuschuss")
    EQUITY = "equity", _("Eigenkapital")
    LOAN = "loan", _("Kredit")
    IN_KIND = "in_kind", _("Sachleistung")


SMALLER_WIDTHS = (400, 800)  # of a picture that is wider


def citations() -> ArrayField:
    """Numbers of the project's references that document the row."""
    return ArrayField(models.PositiveSmallIntegerField(), verbose_name=_("Quellen"), default=list, blank=True)


class Financing(Labelled):
    """One source of a project's money. `amount` is euros: a year where `is_per_year`, else for the whole period."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="financings", verbose_name=_("Projekt"))
    position = models.PositiveSmallIntegerField(_("Reihenfolge"), default=0)
    source = models.ForeignKey(
        FundingSource, models.PROTECT, related_name="financings", verbose_name=_("Fördermittelgeber")
    )
    programme = models.ForeignKey(
        FundingProgramme,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="financings",
        verbose_name=_("Förderprogramm"),
    )
    level = models.CharField(_("Ebene"), max_length=20, choices=FundingLevel)
    kind = models.CharField(_("Art"), max_length=10, choices=FinancingKind, blank=True)
    permanence = models.CharField(_("Dauer"), max_length=20, choices=Permanence, blank=True)
    amount = models.DecimalField(_("Betrag in Euro"), max_digits=12, decimal_places=2, null=True, blank=True)
    is_per_year = models.BooleanField(_("Betrag gilt für ein Jahr"), default=False)
    is_requested = models.BooleanField(
        _("Nur beantragt"), default=False, help_text=_("Beantragt, aber nicht bewilligt: zählt in keiner Summe.")
    )
    starts_on = models.DateField(_("Von"), null=True, blank=True)
    ends_on = models.DateField(_("Bis"), null=True, blank=True)
    note = models.CharField(_("Anmerkung"), max_length=400, blank=True)
    cites = citations()

    class Meta:
        verbose_name = _("Finanzierung")
        verbose_name_plural = _("Finanzierung")
        ordering = ["project", "position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="financing_choices_known",
                condition=Q(
                    level__in=FundingLevel.values,
                    kind__in=["", *FinancingKind.values],
                    permanence__in=["", *Permanence.values],
                ),
                violation_error_message=_("Diese Auswahl gibt es nicht."),
            ),
            models.CheckConstraint(
                name="financing_amount_not_negative",
                condition=Q(amount__isnull=True) | Q(amount__gte=0),
                violation_error_message=_("Ein Betrag ist nicht negativ."),
            ),
            models.CheckConstraint(
                name="financing_end_after_start",
                condition=Q(starts_on__isnull=True) | Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                violation_error_message=_("Das Ende liegt vor dem Beginn."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} ({self.get_level_display()})"


class KeyFigure(Labelled):
    """A measured figure with its date and source; rows of the same name and unit form a series."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="key_figures", verbose_name=_("Projekt"))
    position = models.PositiveSmallIntegerField(_("Reihenfolge"), default=0)
    name = models.CharField(_("Was gezählt wird"), max_length=120)
    unit = models.CharField(_("Einheit"), max_length=40, blank=True)
    value = models.DecimalField(_("Wert"), max_digits=14, decimal_places=2)
    measured_on = models.DateField(_("Stand"))
    measured_precision = models.CharField(_("Stand ist genau auf"), max_length=5, choices=Precision)
    note = models.CharField(_("Anmerkung"), max_length=400, blank=True)
    cites = citations()

    class Meta:
        verbose_name = _("Kennzahl")
        verbose_name_plural = _("Kennzahlen")
        ordering = ["project", "position", "measured_on", "pk"]
        constraints = [
            with_precision("key_figure_with_precision", "measured_on", "measured_precision"),
            models.UniqueConstraint(
                fields=["project", "name", "unit", "measured_on"],
                name="key_figure_once_a_date",
                violation_error_message=_("Diese Kennzahl gibt es für diesen Stand schon."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.value} {self.unit}"


class Obstacle(Labelled):
    """What stands in the way, and which level of government could remove it."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="obstacles", verbose_name=_("Projekt"))
    position = models.PositiveSmallIntegerField(_("Reihenfolge"), default=0)
    category = models.ForeignKey(
        ObstacleCategory, models.PROTECT, related_name="obstacles", verbose_name=_("Art der Hürde")
    )
    level = models.CharField(_("Wer sie beseitigen könnte"), max_length=10, choices=ObstacleLevel, blank=True)
    text = models.TextField(_("Hürde"))
    workaround = models.TextField(_("Ausweg"), blank=True)
    state = models.CharField(_("Stand"), max_length=10, choices=ObstacleState, blank=True)
    shared = models.ForeignKey(
        SharedObstacle,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="cases",
        verbose_name=_("Eintrag im Hürden-Register"),
        help_text=_("Von der Moderation gesetzt: Mehrere Projekte stoßen auf dieselbe Hürde."),
    )
    cites = citations()

    class Meta:
        verbose_name = _("Hürde")
        verbose_name_plural = _("Hürden")
        ordering = ["project", "position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="obstacle_choices_known",
                condition=Q(level__in=["", *ObstacleLevel.values], state__in=["", *ObstacleState.values]),
                violation_error_message=_("Diese Auswahl gibt es nicht."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.category}: {self.text[:60]}"


class Reference(models.Model):
    """Where a fact was read. `number` is what `[3]` in a text and `cites` point to, so it never changes."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="references", verbose_name=_("Projekt"))
    number = models.PositiveSmallIntegerField(_("Nummer"))
    url = models.URLField(_("Adresse"), max_length=500, blank=True)
    title = models.CharField(_("Titel"), max_length=250, blank=True)
    publisher = models.CharField(_("Herausgeber"), max_length=160)
    published = models.CharField(
        _("Erschienen"), max_length=10, blank=True, help_text=_("JJJJ, JJJJ-MM oder JJJJ-MM-TT, so genau wie bekannt")
    )

    class Meta:
        verbose_name = _("Quelle")
        verbose_name_plural = _("Quellen")
        ordering = ["project", "number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="reference_number_unique"),
            models.CheckConstraint(
                name="reference_date_readable",
                condition=Q(published="")
                | Q(published__regex=r"^[12][0-9]{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"),
                violation_error_message=_("Schreiben Sie JJJJ, JJJJ-MM oder JJJJ-MM-TT."),
            ),
        ]

    def __str__(self) -> str:
        return f"[{self.number}] {self.title or self.publisher}"


class Picture(models.Model):
    """A picture of a project; it needs a text alternative, a credit and the confirmed rights of all shown.

    `file`, `width` and `height` are those of the largest size; the smaller ones lie beside it (see pictures.py). A file
    is never replaced by another: a new picture is a new row, so its address may be cached.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="pictures", verbose_name=_("Projekt"))
    position = models.PositiveSmallIntegerField(_("Reihenfolge"), default=0)
    file = models.ImageField(_("Datei"), upload_to="projekte/", width_field="width", height_field="height")
    width = models.PositiveIntegerField(_("Breite"), editable=False)
    height = models.PositiveIntegerField(_("Höhe"), editable=False)
    alt = models.CharField(_("Bildbeschreibung"), max_length=300)
    credit = models.CharField(_("Bildnachweis"), max_length=160)
    rights_confirmed = models.BooleanField(_("Rechte und Einwilligungen liegen vor"), default=False)

    class Meta:
        verbose_name = _("Bild")
        verbose_name_plural = _("Bilder")
        ordering = ["project", "position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="picture_described_and_allowed",
                condition=~Q(alt="") & ~Q(credit="") & Q(rights_confirmed=True),
                violation_error_message=_("Ein Bild braucht Beschreibung, Bildnachweis und bestätigte Rechte."),
            )
        ]

    def __str__(self) -> str:
        return self.alt

    @property
    def widths(self) -> list[int]:
        """Widths in which the picture is stored, the smallest first."""
        return [*(width for width in SMALLER_WIDTHS if width < self.width), self.width]

    def name_in(self, width: int) -> str:
        """Name of the file that is `width` pixels wide."""
        return f"{self.file.name.rpartition('-')[0]}-{width}.webp"

    @property
    def file_names(self) -> list[str]:
        return [self.name_in(width) for width in self.widths]

    def address_in(self, width: int) -> str:
        return reverse("projects:picture", args=[self.pk, width])

    @property
    def address(self) -> str:
        """For a browser that does not choose from srcset: the middle size."""
        return self.address_in(self.widths[:2][-1])

    @property
    def thumbnail(self) -> str:
        return self.address_in(self.widths[0])

    @property
    def srcset(self) -> str:
        return ", ".join(f"{self.address_in(width)} {width}w" for width in self.widths)
