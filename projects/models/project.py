"""The project, the piece of the mosaic."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Case, F, Func, OuterRef, Value, When
from django.db.models.functions import Coalesce, JSONObject
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from municipalities.models import Host, Municipality, title_slug

from .closed_lists import (
    ENDED_STAGES,
    EndCause,
    EvidenceLevel,
    OperatorKind,
    PeoplePeriod,
    Precision,
    Provenance,
    Reach,
    Staffing,
    Stage,
    TextLicence,
    TransferEffort,
)
from .contacts import Contact
from .funding import FundedBy
from .labelled import Labelled
from .project_rules import AT_ONCE, CONSTRAINTS
from .status import EDITABLE, Status
from .vocabulary import TargetGroup, Topic, label_column

NO_COST = Value(0, output_field=models.DecimalField())


class ProjectQuerySet(models.QuerySet):
    def published(self):
        """What every visitor may see in lists, search, counts and exports."""
        return self.filter(status=Status.PUBLISHED)

    def belonging_to(self, user):
        """Projects of the municipalities that this person acts for, in any status, with their working copies."""
        return self.filter(lead__in=Municipality.objects.acted_for_by(user))

    def editable_by(self, user):
        """Those of them whose text may be changed now."""
        return self.belonging_to(user).filter(status__in=EDITABLE)

    def number_in(self, numbers):
        """Projects with these publication numbers, in no particular order."""
        return self.filter(among("publication_number", numbers))

    def for_listing(self):
        """Everything a card shows, in one query: topics and money rows arrive as arrays."""
        money = in_order(self.model, "financings")
        topics = self.model.topics.through.objects.filter(project=OuterRef("pk")).order_by("topic")
        return self.select_related("lead__county").annotate(
            topic_slugs=ArraySubquery(topics.values("topic__slug")),
            topic_labels=ArraySubquery(topics.values(f"topic__{label_column()}")),
            money_permanence=ArraySubquery(money.values("permanence")),
            money_levels=ArraySubquery(money.values("level")),
        )

    def for_detail(self):
        """Everything the page of a project shows, in four queries."""
        groups = self.model.target_groups.through.objects.filter(project=OuterRef("pk")).order_by("targetgroup")
        further = self.model.further.through.objects.filter(project=OuterRef("pk")).order_by("municipality")
        body = JSONObject(key="municipality__key", display_name="municipality__display_name")
        picture = JSONObject(id="id", width="width", height="height", alt="alt", credit="credit")
        paper = JSONObject(id="id", title="title", size="size")
        source = JSONObject(number="number", url="url", title="title", publisher="publisher", published="published")
        sources = rows_of(self.model, "references").order_by("number")
        dissent = rows_of(self.model, "approvals").filter(is_dissent_public=True).order_by("at", "pk")
        return (
            self.for_listing()
            .select_related("contact")
            .annotate(
                target_group_labels=ArraySubquery(groups.values(f"targetgroup__{label_column()}")),
                further_keys=ArraySubquery(further.values(body=body)),
                picture_rows=ArraySubquery(in_order(self.model, "pictures").values(row=picture)),
                source_rows=ArraySubquery(sources.values(row=source)),
                paper_rows=ArraySubquery(in_order(self.model, "attachments").values(row=paper)),
                dissent_rows=ArraySubquery(dissent.values(note=JSONObject(host="host", text="dissent"))),
            )
            .prefetch_related(
                models.Prefetch(
                    "financings", rows_of(self.model, "financings", all_rows=True).select_related("source", "programme")
                ),
                models.Prefetch(
                    "obstacles", rows_of(self.model, "obstacles", all_rows=True).select_related("category", "shared")
                ),
                "key_figures",
            )
        )


def rows_of(model: type[models.Model], name: str, *, all_rows: bool = False) -> models.QuerySet:
    """Rows that belong to the outer query's project (or all of them); their models are defined in parts.py."""
    rows = model._meta.get_field(name).related_model.objects
    return rows.all() if all_rows else rows.filter(project=OuterRef("pk"))


def in_order(model: type[models.Model], name: str) -> models.QuerySet:
    return rows_of(model, name).order_by("position", "pk")


def as_array(numbers: Iterable[int]) -> str:
    """As PostgreSQL writes it."""
    return f"{{{','.join(map(str, numbers))}}}"


def among(column: str, numbers: Iterable[int]) -> Func:
    """Whether the column is one of these; as one parameter, because a thousand take longer than what they ask for."""
    shape = "(%(expressions)s::bigint[]))"
    return Func(
        F(column), Value(as_array(numbers)), template=shape, arg_joiner=" = ANY(", output_field=models.BooleanField()
    )


def slug_of(title: str) -> str:
    """The title as it stands in the address of a project."""
    return title_slug(title, "projekt")


class Project(Labelled):
    """One example project. Empty means *keine Angabe*, never zero.

    `started_on` is the first and `ended_on` the last day of the period that is documented; the precision says how
    much of the date is. Sums are euros; `staff_fte` is full-time equivalents. Story fields are Markdown (paragraphs,
    lists, emphasis, links) in which `[3]` cites the project's reference number 3.
    """

    # Head
    title = models.CharField(_("Titel"), max_length=120)
    summary = models.TextField(_("Kurzbeschreibung"), max_length=600)
    lead = models.ForeignKey(
        Municipality, models.PROTECT, related_name="led_projects", verbose_name=_("Federführende Kommune")
    )
    further = models.ManyToManyField(
        "municipalities.Municipality", related_name="joined_projects", blank=True, verbose_name=_("Weitere Kommunen")
    )
    operator = models.CharField(_("Träger"), max_length=200, blank=True)
    operator_kind = models.CharField(_("Art des Trägers"), max_length=20, choices=OperatorKind, blank=True)
    partners = models.TextField(_("Partner"), blank=True, help_text=_("Ein Partner je Zeile"))
    # Classification
    topics = models.ManyToManyField(Topic, related_name="projects", verbose_name=_("Handlungsfelder"))
    target_groups = models.ManyToManyField(
        TargetGroup, related_name="projects", blank=True, verbose_name=_("Zielgruppen")
    )
    stage = models.CharField(_("Projektstand"), max_length=20, choices=Stage)
    started_on = models.DateField(_("Beginn"), null=True, blank=True)
    started_precision = models.CharField(_("Beginn ist genau auf"), max_length=5, choices=Precision, blank=True)
    ended_on = models.DateField(_("Ende"), null=True, blank=True)
    ended_precision = models.CharField(_("Ende ist genau auf"), max_length=5, choices=Precision, blank=True)
    reach = models.CharField(_("Reichweite"), max_length=20, choices=Reach, blank=True)
    # Story
    initial_situation = models.TextField(_("Ausgangslage"), blank=True)
    goals = models.TextField(_("Ziele"), blank=True)
    approach = models.TextField(_("So funktioniert es"))
    steps = models.TextField(_("Schritte zum Nachmachen"), blank=True)
    results = models.TextField(_("Ergebnisse"), blank=True)
    lessons = models.TextField(_("Was wir gelernt haben"), blank=True)
    end_cause = models.CharField(_("Grund für das Ende"), max_length=20, choices=EndCause, blank=True)
    end_reason = models.TextField(_("Warum es endete"), blank=True)
    editorial_note = models.TextField(_("Hinweis zu den Quellen"), blank=True)
    # Effort
    cost_one_off = models.DecimalField(_("Einmalige Kosten"), max_digits=12, decimal_places=2, null=True, blank=True)
    cost_one_off_estimated = models.BooleanField(_("Einmalige Kosten geschätzt"), default=False)
    cost_yearly = models.DecimalField(_("Kosten im Jahr"), max_digits=12, decimal_places=2, null=True, blank=True)
    cost_yearly_estimated = models.BooleanField(_("Kosten im Jahr geschätzt"), default=False)
    cost_note = models.CharField(_("Zu den Kosten"), max_length=400, blank=True)
    cost_first_year = models.GeneratedField(
        expression=Case(
            When(cost_one_off__isnull=True, cost_yearly__isnull=True, then=Value(None)),
            default=Coalesce("cost_one_off", NO_COST) + Coalesce("cost_yearly", NO_COST),
        ),
        output_field=models.DecimalField(max_digits=13, decimal_places=2, null=True),
        db_persist=True,
        verbose_name=_("Einmalige Kosten und ein Jahr"),
    )
    staff_fte = models.DecimalField(
        _("Bezahlte Stellen (Vollzeit)"), max_digits=6, decimal_places=2, null=True, blank=True
    )
    staff_note = models.CharField(_("Zu den Stellen"), max_length=400, blank=True)
    volunteers = models.PositiveIntegerField(_("Ehrenamtliche"), null=True, blank=True)
    volunteers_note = models.CharField(_("Zu den Ehrenamtlichen"), max_length=400, blank=True)
    volunteer_hours_month = models.PositiveIntegerField(_("Ehrenamtliche Stunden im Monat"), null=True, blank=True)
    staffing = models.CharField(_("Haupt- und Ehrenamt"), max_length=20, choices=Staffing, blank=True)
    people_reached = models.PositiveIntegerField(_("Erreichte Menschen"), null=True, blank=True)
    people_period = models.CharField(_("Erreichte Menschen: Zeitraum"), max_length=10, choices=PeoplePeriod, blank=True)
    people_note = models.CharField(_("Zu den erreichten Menschen"), max_length=400, blank=True)
    has_no_funding = models.BooleanField(
        _("Kommt ohne Geld aus"),
        default=False,
        help_text=_("Nur ankreuzen, wenn das Projekt wirklich kein Geld bekommt."),
    )
    # Evidence and transfer
    evidence = models.CharField(_("Beleg-Stufe"), max_length=20, choices=EvidenceLevel, blank=True)
    prerequisites = models.TextField(_("Voraussetzungen"), blank=True)
    transfer_effort = models.CharField(_("Aufwand für Nachahmer"), max_length=10, choices=TransferEffort, blank=True)
    help_offered = models.TextField(_("Angebotene Hilfe"), blank=True)
    adopted_from = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="copies", verbose_name=_("Übernommen von")
    )
    contact = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="projects", verbose_name=_("Ansprechstelle")
    )
    # Life
    revises = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="working_copies",
        verbose_name=_("Arbeitskopie von"),
        help_text=_(
            "Gesetzt, solange ein veröffentlichtes Projekt überarbeitet wird; die Freigabe übernimmt den Text."
        ),
    )
    duplicate_of = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="duplicates",
        verbose_name=_("Doppelt zu"),
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("Angelegt von"),
    )
    submission_key = models.UUIDField(
        _("Schlüssel des Formulars"),
        null=True,
        blank=True,
        unique=True,
        editable=False,
        help_text=_("Doppelt gesendet zählt einmal."),
    )
    status = models.CharField(_("Status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False)
    provenance = models.CharField(_("Herkunft"), max_length=20, choices=Provenance, default=Provenance.MUNICIPALITY)
    import_key = models.SlugField(
        _("Kennung aus dem Import"), max_length=100, null=True, blank=True, unique=True, editable=False
    )
    import_digest = models.CharField(_("Prüfsumme des Imports"), max_length=64, blank=True, editable=False)
    created_at = models.DateTimeField(_("Angelegt am"), auto_now_add=True)
    changed_at = models.DateTimeField(_("Geändert am"), auto_now=True)
    submitted_at = models.DateTimeField(_("Eingereicht am"), null=True, blank=True, editable=False)
    returned_content = models.JSONField(
        _("Inhalt bei der letzten Rückgabe"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Damit die Moderation sieht, was sich seitdem geändert hat; nach der Entscheidung leer."),
    )
    published_at = models.DateTimeField(_("Veröffentlicht am"), null=True, blank=True, editable=False)
    publication_number = models.PositiveIntegerField(
        _("Nummer im Mosaik"),
        null=True,
        blank=True,
        unique=True,
        editable=False,
        help_text=_("In der Reihenfolge der ersten Veröffentlichung; die Zählung der Facetten beruht darauf."),
    )
    withdrawn_at = models.DateTimeField(_("Zurückgezogen am"), null=True, blank=True, editable=False)
    withdrawal_reason = models.TextField(_("Grund des Zurückziehens"), blank=True, editable=False)
    confirmed_on = models.DateField(_("Zuletzt bestätigt am"), null=True, blank=True)
    next_check_on = models.DateField(_("Nächste Prüfung am"), null=True, blank=True)
    version = models.PositiveIntegerField(_("Fassung"), default=1, validators=[MinValueValidator(1)], editable=False)
    licence = models.CharField(
        _("Lizenz des Textes"), max_length=20, choices=TextLicence, default=TextLicence.CC_BY_4_0
    )

    objects = ProjectQuerySet.as_manager()

    class Meta:
        verbose_name = _("Projekt")
        verbose_name_plural = _("Projekte")
        ordering = ["-publication_number", "-pk"]
        indexes = [models.Index(fields=["status", "-publication_number"], name="project_status_newest")]
        constraints = CONSTRAINTS

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("projects:detail", args=[self.pk, self.slug])

    def validate_constraints(self, exclude=None):
        """Asks the database once for all checks; Django's one question for each, with all columns, finds the words."""
        try:
            for rule in CONSTRAINTS if exclude else AT_ONCE:
                rule.validate(type(self), self, exclude=exclude)
        except ValidationError:
            super().validate_constraints(exclude)

    @property
    def slug(self) -> str:
        """From the German title, in whatever language the page tells the project."""
        return slug_of(getattr(self.title, "original", self.title))

    @property
    def partner_list(self) -> list[str]:
        return self.partners.splitlines()

    @property
    def topic_terms(self) -> list[Topic]:
        """Topics of a project that was read with `for_listing()`; slug and label only."""
        return [
            Topic(slug=slug, label=label, label_en=label)
            for slug, label in zip(self.topic_slugs, self.topic_labels, strict=True)
        ]

    @property
    def further_bodies(self) -> list[Municipality]:
        """Further municipalities of a project that was read with `for_detail()`; key and name only."""
        return [Municipality(**body) for body in self.further_keys]

    @property
    def public_dissent(self) -> list[dict[str, str]]:
        """Signed notes of dissent (host, host_name, text) of a project that was read with `for_detail()`."""
        return [{**note, "host_name": Host(note["host"]).label} for note in self.dissent_rows]

    @property
    def gallery(self) -> list[models.Model]:
        """Pictures of a project that was read with `for_detail()`; what a page shows of them, not their files."""
        return [self._meta.get_field("pictures").related_model(**row) for row in self.picture_rows]

    @property
    def sources(self) -> list[models.Model]:
        """References, likewise."""
        return [self._meta.get_field("references").related_model(**row) for row in self.source_rows]

    @property
    def papers(self) -> list[models.Model]:
        """Attachments, likewise."""
        return [self._meta.get_field("attachments").related_model(**row) for row in self.paper_rows]

    @property
    def changed_on(self) -> datetime:
        """When the public text was last touched; for a project that is published."""
        return max(self.changed_at, self.published_at)

    @property
    def is_ended(self) -> bool:
        return self.stage in ENDED_STAGES

    @property
    def is_compiled(self) -> bool:
        """Put together from published sources; the municipality has not entered it itself."""
        return self.provenance == Provenance.COMPILED

    @cached_property
    def funded_by(self) -> str:
        """FundedBy of the granted money rows whose permanence is known; empty where nothing is known."""
        rows = [] if self.has_no_funding else self.financings.all()
        permanences = [row.permanence for row in rows if not row.is_requested]
        return FundedBy.of(permanences, has_no_funding=self.has_no_funding)
