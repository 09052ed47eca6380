"""What the row of a project has to fulfil; the database refuses the rest, also by raw SQL."""

from functools import reduce
from operator import and_

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .closed_lists import (
    EndCause,
    EvidenceLevel,
    OperatorKind,
    PeoplePeriod,
    Provenance,
    Reach,
    Staffing,
    Stage,
    TextLicence,
    TransferEffort,
    with_precision,
)
from .status import Status


def known(field: str, choices: type[models.TextChoices], *, blank: bool = False) -> models.CheckConstraint:
    """The database accepts only the choices of `field`, and the empty text where `blank`."""
    return models.CheckConstraint(
        name=f"project_{field}_known",
        condition=Q(**{f"{field}__in": [*choices.values, *([""] if blank else [])]}),
        violation_error_message=_("Diese Auswahl gibt es nicht."),
    )


def not_negative(field: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        name=f"project_{field}_not_negative",
        condition=Q(**{f"{field}__isnull": True}) | Q(**{f"{field}__gte": 0}),
        violation_error_message=_("Dieser Wert darf nicht negativ sein."),
    )


CONSTRAINTS: list[models.BaseConstraint] = [
    known("status", Status),
    known("stage", Stage),
    known("provenance", Provenance),
    known("licence", TextLicence),
    known("operator_kind", OperatorKind, blank=True),
    known("staffing", Staffing, blank=True),
    known("reach", Reach, blank=True),
    known("evidence", EvidenceLevel, blank=True),
    known("transfer_effort", TransferEffort, blank=True),
    known("end_cause", EndCause, blank=True),
    not_negative("cost_one_off"),
    not_negative("cost_yearly"),
    not_negative("staff_fte"),
    with_precision("project_start_with_precision", "started_on", "started_precision"),
    with_precision("project_end_with_precision", "ended_on", "ended_precision"),
    models.CheckConstraint(
        name="project_end_after_start",
        condition=Q(started_on__isnull=True) | Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")),
        violation_error_message=_("Das Ende liegt vor dem Beginn."),
    ),
    models.CheckConstraint(
        name="project_people_with_period",
        condition=Q(people_reached__isnull=True, people_period="")
        | Q(people_reached__isnull=False, people_period__in=PeoplePeriod.values),
        violation_error_message=_("Zur Zahl der erreichten Menschen gehört der Zeitraum."),
    ),
    models.CheckConstraint(
        name="project_estimate_of_something",
        condition=(Q(cost_one_off_estimated=False) | Q(cost_one_off__isnull=False))
        & (Q(cost_yearly_estimated=False) | Q(cost_yearly__isnull=False)),
        violation_error_message=_("Geschätzt sein kann nur ein angegebener Betrag."),
    ),
    models.CheckConstraint(
        name="project_published_complete",
        condition=~Q(status=Status.PUBLISHED)
        | (
            Q(published_at__isnull=False, publication_number__isnull=False)
            & ~Q(title="")
            & ~Q(summary="")
            & ~Q(approach="")
        ),
        violation_error_message=_(
            "Ein veröffentlichtes Projekt braucht Datum, Nummer, Titel, Kurzbeschreibung und Vorgehen."
        ),
    ),
    models.CheckConstraint(
        name="project_submitted_dated",
        condition=~Q(status=Status.SUBMITTED) | Q(submitted_at__isnull=False),
        violation_error_message=_("Ein eingereichtes Projekt hat ein Datum der Einreichung."),
    ),
    models.CheckConstraint(
        name="project_withdrawn_with_reason",
        condition=~Q(status=Status.WITHDRAWN) | (Q(withdrawn_at__isnull=False) & ~Q(withdrawal_reason="")),
        violation_error_message=_("Zum Zurückziehen gehören Datum und Grund."),
    ),
    models.CheckConstraint(
        name="project_working_copy_is_never_public",
        condition=Q(revises__isnull=True, status__in=[status for status in Status.values if status != Status.MERGED])
        | Q(
            revises__isnull=False,
            status__in=(Status.DRAFT, Status.SUBMITTED, Status.RETURNED, Status.REJECTED, Status.MERGED),
        ),
        violation_error_message=_("Eine Arbeitskopie wird nicht selbst veröffentlicht, sondern übernommen."),
    ),
    models.UniqueConstraint(
        fields=["revises"],
        condition=Q(status__in=(Status.DRAFT, Status.SUBMITTED, Status.RETURNED)),
        name="project_one_open_working_copy",
        violation_error_message=_("Für dieses Projekt gibt es schon eine offene Arbeitskopie."),
    ),
    models.CheckConstraint(
        name="project_version_positive",
        condition=Q(version__gte=1),
        violation_error_message=_("Fassungen zählen ab 1."),
    ),
]
_CHECKS = [rule for rule in CONSTRAINTS if isinstance(rule, models.CheckConstraint)]
# The same rules for a look at a row before it is written: all checks are one question. No constraint of the database.
AT_ONCE: list[models.BaseConstraint] = [
    models.CheckConstraint(name="project_all_checks", condition=reduce(and_, (rule.condition for rule in _CHECKS))),
    *(rule for rule in CONSTRAINTS if rule not in _CHECKS),
]
