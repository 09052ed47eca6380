"""Where money comes from: funding sources (who gives it) and funding programmes (under which rules)."""

from collections.abc import Iterable

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from municipalities.models import Kind, Municipality, german_sort_key, title_slug

from .vocabulary import Addressed, AddressedQuerySet, Topic, label_column


class FundingLevel(models.TextChoices):
    MUNICIPAL = "municipal", _("Gemeinde oder Stadt")
    COUNTY = "county", _("Landkreis oder Region")
    STATE = "state", _("Land Niedersachsen")
    FEDERAL = "federal", _("Bund")
    EU = "eu", _("Europäische Union")
    FOUNDATION = "foundation", _("Stiftung")
    CHURCH = "church", _("Kirche")
    DONATIONS = "donations", _("Spenden und Mitgliedsbeiträge")
    COOPERATIVE_SHARES = "cooperative_shares", _("Genossenschaftsanteile")
    LOAN = "loan", _("Kredit")
    OWN = "own", _("Eigene Einnahmen und Eigenleistung")
    OTHER = "other", _("Sonstige")


class Permanence(models.TextChoices):
    PERMANENT = "permanent", _("dauerhaft")
    TIME_LIMITED = "time_limited", _("befristet")
    ONE_OFF = "one_off", _("einmalig")


def level_constraint(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        name=name,
        condition=Q(level__in=FundingLevel.values),
        violation_error_message=_("Diese Ebene der Geldgeber gibt es nicht."),
    )


class FundingSource(models.Model):
    """Who gives the money, or the pot that it comes from („Spenden“)."""

    name = models.CharField(_("Name"), max_length=160, unique=True)
    sort_key = german_sort_key("name")
    level = models.CharField(_("Ebene"), max_length=20, choices=FundingLevel)
    website = models.URLField(_("Internetseite"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("Fördermittelgeber")
        verbose_name_plural = _("Fördermittelgeber")
        ordering = ["sort_key", "pk"]
        constraints = [level_constraint("funding_source_level_known")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("projects:funding_source", args=[self.pk, self.slug])

    @property
    def slug(self) -> str:
        return title_slug(self.name, "geldgeber")


class FundingProgrammeQuerySet(AddressedQuerySet):
    def for_check(self):
        """With what the Förder-Check asks and shows, in one query: topics, counties, bodies as arrays."""
        topics = rows_of(self.model, "topics", "fundingprogramme").order_by("topic")
        counties = rows_of(self.model, "counties", "fundingprogramme").order_by("municipality")
        named = rows_of(self.model, "named_bodies", "fundingprogramme").order_by("municipality")
        return self.annotate(
            topic_slugs=ArraySubquery(topics.values("topic__slug")),
            topic_labels=ArraySubquery(topics.values(f"topic__{label_column()}")),
            county_keys=ArraySubquery(counties.values("municipality__key")),
            county_names=ArraySubquery(counties.values("municipality__display_name")),
            named_keys=ArraySubquery(named.values("municipality__key")),
            named_names=ArraySubquery(named.values("municipality__display_name")),
        )

    def with_deadline(self):
        """Those whose deadline is known to the day and that still give money, or may."""
        return self.filter(deadline_on__isnull=False).exclude(is_running=False).order_by("deadline_on", "pk")


def rows_of(model: type[models.Model], field: str, name: str) -> models.QuerySet:
    """Rows of the table between a model and what its field points to, of the outer query's row."""
    return model._meta.get_field(field).remote_field.through.objects.filter(**{name: OuterRef("pk")})


class FundingProgramme(Addressed):
    """A programme with its rules as they were last read; `is_running` is None where that is not documented."""

    slug = models.SlugField(_("Kurzname"), max_length=80, unique=True)
    name = models.CharField(_("Name"), max_length=200)
    sort_key = german_sort_key("name")
    provider = models.CharField(_("Wer fördert"), max_length=200)
    level = models.CharField(_("Ebene"), max_length=20, choices=FundingLevel)
    description = models.TextField(_("Worum es geht"))
    purposes = models.TextField(_("Was gefördert wird"), blank=True, help_text=_("Ein Zweck je Zeile"))
    eligible = models.TextField(_("Wer Geld beantragen kann"), blank=True)
    amounts = models.TextField(_("Wie viel es gibt"), blank=True)
    permanence = models.CharField(_("Dauer des Geldes"), max_length=20, choices=Permanence, blank=True)
    is_running = models.BooleanField(_("Läuft noch"), null=True, blank=True)
    running_note = models.TextField(_("Zum Stand"), blank=True)
    period = models.CharField(_("Laufzeit"), max_length=200, blank=True)
    editorial_note = models.TextField(_("Hinweis zu den Quellen"), blank=True)
    # What the Förder-Check asks; empty or None is „nicht belegt“, never „alle“ or zero.
    is_open_to_municipalities = models.BooleanField(
        _("Kommunen können selbst Geld beantragen"),
        null=True,
        blank=True,
        help_text=_("Nein, wenn belegt ist, wer es kann, und keine Kommunen darunter sind."),
    )
    topics = models.ManyToManyField(
        Topic, related_name="funding_programmes", blank=True, verbose_name=_("Handlungsfelder")
    )
    eligible_kinds = ArrayField(
        models.CharField(max_length=30, choices=Kind),
        verbose_name=_("Arten von Kommunen, die Geld beantragen können"),
        default=list,
        blank=True,
    )
    named_bodies = models.ManyToManyField(
        Municipality,
        related_name="+",
        blank=True,
        verbose_name=_("Kommunen, die außerdem namentlich genannt sind"),
    )
    counties = models.ManyToManyField(
        Municipality,
        related_name="+",
        blank=True,
        verbose_name=_("Nur für Kommunen in diesen Landkreisen, Regionen und kreisfreien Städten"),
        help_text=_("Leer: im ganzen Land."),
    )
    smallest_population = models.PositiveIntegerField(_("Einwohner mindestens"), null=True, blank=True)
    largest_population = models.PositiveIntegerField(_("Einwohner höchstens"), null=True, blank=True)
    deadline_on = models.DateField(_("Antragsfrist"), null=True, blank=True)
    deadline_note = models.CharField(_("Zur Antragsfrist"), max_length=300, blank=True)
    quota_percent = models.DecimalField(
        _("Förderquote in Prozent, höchstens"), max_digits=5, decimal_places=2, null=True, blank=True
    )
    minimum_amount = models.DecimalField(
        _("Mindestbetrag in Euro"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    maximum_amount = models.DecimalField(
        _("Höchstbetrag in Euro"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    checked_on = models.DateField(_("Zuletzt geprüft am"))

    objects = FundingProgrammeQuerySet.as_manager()

    class Meta:
        verbose_name = _("Förderprogramm")
        verbose_name_plural = _("Förderprogramme")
        ordering = ["sort_key", "pk"]
        constraints = [
            level_constraint("funding_programme_level_known"),
            models.CheckConstraint(
                name="funding_programme_permanence_known",
                condition=Q(permanence__in=["", *Permanence.values]),
                violation_error_message=_("Diese Dauer gibt es nicht."),
            ),
            models.CheckConstraint(
                name="funding_programme_kinds_known",
                condition=Q(eligible_kinds__contained_by=Kind.values),
                violation_error_message=_("Diese Art von Kommune gibt es nicht."),
            ),
            models.CheckConstraint(
                name="funding_programme_kinds_where_open",
                condition=Q(eligible_kinds=[]) | Q(is_open_to_municipalities=True),
                violation_error_message=_("Arten von Kommunen gehören nur dazu, wenn Kommunen beantragen können."),
            ),
            models.CheckConstraint(
                name="funding_programme_sizes_in_order",
                condition=Q(smallest_population__isnull=True)
                | Q(largest_population__isnull=True)
                | Q(largest_population__gte=F("smallest_population")),
                violation_error_message=_("Die größte Einwohnerzahl liegt unter der kleinsten."),
            ),
            models.CheckConstraint(
                name="funding_programme_quota_is_a_share",
                condition=Q(quota_percent__isnull=True) | Q(quota_percent__gt=0, quota_percent__lte=100),
                violation_error_message=_("Eine Quote liegt über 0 und höchstens bei 100 Prozent."),
            ),
            models.CheckConstraint(
                name="funding_programme_amounts_in_order",
                condition=(Q(minimum_amount__isnull=True) | Q(minimum_amount__gte=0))
                & (Q(maximum_amount__isnull=True) | Q(maximum_amount__gte=0))
                & (
                    Q(minimum_amount__isnull=True)
                    | Q(maximum_amount__isnull=True)
                    | Q(maximum_amount__gte=F("minimum_amount"))
                ),
                violation_error_message=_("Der Höchstbetrag liegt unter dem Mindestbetrag."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("projects:funding_programme", args=[self.slug])

    @property
    def kind_labels(self) -> list[str]:
        """Kinds of bodies that may apply; all of them are „Kommunen jeder Art“."""
        if len(self.eligible_kinds) >= len(Kind) - 1:  # but areas without a municipality
            return [str(_("Kommunen jeder Art"))]
        return [str(kind.label) for kind in Kind if kind in self.eligible_kinds]

    @property
    def purpose_list(self) -> list[str]:
        return self.purposes.splitlines()


class FundedBy(models.TextChoices):
    """How a project as a whole is financed; derived from its money rows."""

    PERMANENT = "permanent", _("dauerhaft")
    TIME_LIMITED = "time_limited", _("nur befristet oder einmalig")
    MIXED = "mixed", _("gemischt")
    UNFUNDED = "unfunded", _("kommt ohne Geld aus")

    @classmethod
    def of(cls, permanences: Iterable[str], *, has_no_funding: bool = False) -> str:
        """The member for money rows of these permanences ("" is unknown); empty where nothing is known."""
        if has_no_funding:
            return cls.UNFUNDED
        kinds = {permanence for permanence in permanences if permanence}
        if not kinds:
            return ""
        if kinds == {Permanence.PERMANENT}:
            return cls.PERMANENT
        return cls.MIXED if Permanence.PERMANENT in kinds else cls.TIME_LIMITED


class ProgrammeReference(models.Model):
    """Where a statement about a funding programme was read."""

    programme = models.ForeignKey(FundingProgramme, models.CASCADE, related_name="references")
    number = models.PositiveSmallIntegerField(_("Nummer"))
    url = models.URLField(_("Adresse"), max_length=500)
    publisher = models.CharField(_("Herausgeber"), max_length=160)

    class Meta:
        verbose_name = _("Quelle eines Förderprogramms")
        verbose_name_plural = _("Quellen eines Förderprogramms")
        ordering = ["programme", "number"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "number"], name="programme_reference_number_unique")
        ]

    def __str__(self) -> str:
        return f"{self.publisher}: {self.url}"
