"""What the facet index keeps: one bitmap of publication numbers a facet value, and the version of the whole index.

The choices here are those facet values that no column of a project holds; they are worked out in facets.py.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Size(models.TextChoices):
    """Inhabitants of the lead municipality; the lower bound belongs to the class."""

    LT_5K = "lt5k", _("unter 5.000 Einwohner")
    TO_10K = "5k-10k", _("5.000 bis unter 10.000")
    TO_20K = "10k-20k", _("10.000 bis unter 20.000")
    TO_50K = "20k-50k", _("20.000 bis unter 50.000")
    TO_100K = "50k-100k", _("50.000 bis unter 100.000")
    GTE_100K = "gte100k", _("100.000 und mehr")


class Cost(models.TextChoices):
    """One-off cost and one year in euros; the lower bound belongs to the class."""

    NONE = "none", _("keine Kosten")
    LT_10K = "lt10k", _("unter 10.000 €")
    TO_25K = "10k-25k", _("10.000 bis unter 25.000 €")
    TO_50K = "25k-50k", _("25.000 bis unter 50.000 €")
    TO_250K = "50k-250k", _("50.000 bis unter 250.000 €")
    TO_1M = "250k-1m", _("250.000 bis unter 1 Million €")
    GTE_1M = "gte1m", _("1 Million € und mehr")
    UNKNOWN = "unknown", _("keine Angabe")


class Adopted(models.TextChoices):
    """A project may offer help as well as be adopted or not."""

    YES = "yes", _("schon übernommen")
    NO = "no", _("noch nicht übernommen")
    HELP_OFFERED = "help_offered", _("Hilfe wird angeboten")


class Recency(models.TextChoices):
    """How long ago a project was last confirmed; depends on the day on which one asks."""

    WITHIN_12 = "within12", _("in den letzten 12 Monaten bestätigt")
    OLDER = "older", _("vor mehr als 12 Monaten bestätigt")
    NEVER = "never", _("noch nie bestätigt")


class FacetValue(models.Model):
    """The published projects that have one value of one facet, as a serialised roaring bitmap.

    A value that no project has any more keeps its row with an empty bitmap; `version` is the one of the index at which
    the row last changed.
    """

    facet = models.CharField(max_length=30)
    value = models.CharField(max_length=40)
    numbers = models.BinaryField()
    version = models.BigIntegerField(db_index=True)

    class Meta:
        verbose_name = _("Facettenwert")
        verbose_name_plural = _("Facettenwerte")
        constraints = [models.UniqueConstraint(fields=["facet", "value"], name="facet_value_unique")]

    def __str__(self) -> str:
        return f"{self.facet}={self.value}"


class IndexVersion(models.Model):
    """The single row whose number every publication raises; workers compare it with what they hold."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    version = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("Stand des Verzeichnisses")
        verbose_name_plural = _("Stand des Verzeichnisses")
        constraints = [models.CheckConstraint(name="index_version_single", condition=models.Q(id=1))]

    def __str__(self) -> str:
        return str(self.version)
