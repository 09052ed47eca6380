"""The closed lists by which a project is described; those that moderators maintain are in vocabulary.py."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Stage(models.TextChoices):
    PLANNED = "planned", _("geplant")
    PILOT = "pilot", _("Pilot")
    RUNNING = "running", _("laufend")
    PERMANENT = "permanent", _("verstetigt")
    COMPLETED = "completed", _("abgeschlossen")
    DISCONTINUED = "discontinued", _("eingestellt")


ENDED_STAGES = (Stage.COMPLETED, Stage.DISCONTINUED)


class OperatorKind(models.TextChoices):
    MUNICIPALITY = "municipality", _("Kommune")
    ASSOCIATION = "association", _("Verein oder Initiative")
    WELFARE = "welfare", _("Wohlfahrtsverband")
    COOPERATIVE = "cooperative", _("Genossenschaft")
    CHURCH = "church", _("Kirche oder Religionsgemeinschaft")
    COMPANY = "company", _("Unternehmen oder Kammer")
    EDUCATION = "education", _("Bildungseinrichtung")
    OTHER = "other", _("anderer Träger")


class Staffing(models.TextChoices):
    MOSTLY_VOLUNTEERS = "mostly_volunteers", _("überwiegend Ehrenamt")
    MIXED = "mixed", _("Haupt- und Ehrenamt zusammen")
    MOSTLY_STAFF = "mostly_staff", _("überwiegend Hauptamt")


class Reach(models.TextChoices):
    NEIGHBOURHOOD = "neighbourhood", _("Stadtteil, Ortsteil oder Haus")
    MUNICIPALITY = "municipality", _("eine Gemeinde oder Stadt")
    SEVERAL = "several", _("mehrere Gemeinden")
    COUNTY = "county", _("Landkreis, Region oder kreisfreie Stadt")
    STATE = "state", _("ganz Niedersachsen")


class EvidenceLevel(models.TextChoices):
    REPORT = "report", _("Erfahrungsbericht")
    SELF_EVALUATED = "self_evaluated", _("selbst ausgewertet")
    EVALUATED = "evaluated", _("extern evaluiert")
    PROVEN = "proven", _("Wirkung nachgewiesen")


class TransferEffort(models.TextChoices):
    LOW = "low", _("gering")
    MEDIUM = "medium", _("mittel")
    HIGH = "high", _("hoch")


class EndCause(models.TextChoices):
    """Why a project ended, as a closed list; the text beside it tells the rest."""

    GOAL_REACHED = "goal_reached", _("Ziel erreicht")
    CONTINUED_ELSEWHERE = "continued_elsewhere", _("in anderem aufgegangen")
    FUNDING_ENDED = "funding_ended", _("Förderung ausgelaufen")
    NO_DEMAND = "no_demand", _("Bedarf zurückgegangen")
    NO_STAFF = "no_staff", _("Personal fehlte")
    NO_VOLUNTEERS = "no_volunteers", _("Ehrenamtliche fehlten")
    NO_PREMISES = "no_premises", _("Räume fehlten")
    LAW = "law", _("Recht oder Zuständigkeit stand entgegen")
    DECISION = "decision", _("politische Entscheidung")
    OTHER = "other", _("anderer Grund")


class PeoplePeriod(models.TextChoices):
    TOTAL = "total", _("insgesamt")
    YEAR = "year", _("im Jahr")
    MONTH = "month", _("im Monat")
    CURRENT = "current", _("zu einem Zeitpunkt")


class Precision(models.TextChoices):
    YEAR = "year", _("Jahr")
    MONTH = "month", _("Monat")
    DAY = "day", _("Tag")


class Provenance(models.TextChoices):
    MUNICIPALITY = "municipality", _("von der Kommune eingereicht")
    COMPILED = "compiled", _("aus veröffentlichten Quellen zusammengestellt")


class TextLicence(models.TextChoices):
    CC_BY_4_0 = "CC-BY-4.0", "CC BY 4.0"


def with_precision(name: str, date: str, precision: str) -> models.CheckConstraint:
    """A date comes with its precision, and a precision only with a date."""
    return models.CheckConstraint(
        name=name,
        condition=Q(**{f"{date}__isnull": True, precision: ""})
        | Q(**{f"{date}__isnull": False, f"{precision}__in": Precision.values}),
        violation_error_message=_("Zu einem Datum gehört, ob es auf das Jahr, den Monat oder den Tag genau ist."),
    )
