"""What a record consists of, one entry a column: the table, the codebook and the import are all made from this list."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from municipalities.models import Kind
from projects.models import (
    EndCause,
    EvidenceLevel,
    Financing,
    FinancingKind,
    FundingLevel,
    KeyFigure,
    Obstacle,
    ObstacleLevel,
    ObstacleState,
    OperatorKind,
    PeoplePeriod,
    Permanence,
    Project,
    Provenance,
    Reach,
    Reference,
    Staffing,
    Stage,
    TextLicence,
    TransferEffort,
)

Type = Literal["text", "number", "yes_no", "date", "choice", "choices", "numbers", "lines", "rows"]
Choices = Mapping[str, str | Promise]


@dataclass(frozen=True)
class Column:
    """One column; `name` is the path in the record („municipality.key“) and the head of the table for programs.

    `vocabulary` names a list that moderators maintain; `columns` are those of the rows in a cell.
    """

    name: str
    label: str | Promise
    type: Type = "text"
    meaning: str | Promise = ""
    choices: Choices = field(default_factory=dict)
    vocabulary: str = ""
    columns: tuple["Column", ...] = ()

    def value(self, record: Mapping[str, Any]) -> Any:
        """The value at the path; None where a part of the path is missing."""
        found: Any = record
        for part in self.name.split("."):
            found = found.get(part) if found is not None else None
        return found

    def choices_in(self, vocabularies: Mapping[str, Choices]) -> Choices:
        return vocabularies[self.vocabulary] if self.vocabulary else self.choices


def _of(model: type[Model], name: str, type: Type = "text", *, path: str = "", **more: Any) -> Column:
    """A column that is called and explained as in its model."""
    described = model._meta.get_field(name)
    meaning = more.pop("meaning", getattr(described, "help_text", ""))
    return Column(path or name, described.verbose_name, type, meaning, **more)


def _texts(names: str) -> Iterable[Column]:
    return (_of(Project, name) for name in names.split())


CITES = Column("cites", _("Quellen"), "numbers", _("Nummern der Quellen des Projekts"))
FINANCING = (
    _of(Financing, "level", "choice", choices=dict(FundingLevel.choices)),
    _of(Financing, "source"),
    Column("programme", _("Förderprogramm"), "text", _("Kurzname des Programms in der Adresse seiner Seite")),
    _of(Financing, "kind", "choice", choices=dict(FinancingKind.choices)),
    _of(Financing, "permanence", "choice", choices=dict(Permanence.choices)),
    _of(Financing, "amount", "number"),
    _of(Financing, "is_per_year", "yes_no"),
    _of(Financing, "is_requested", "yes_no"),
    _of(Financing, "starts_on", "date"),
    _of(Financing, "ends_on", "date"),
    _of(Financing, "note"),
    CITES,
)
KEY_FIGURES = (
    _of(KeyFigure, "name"),
    _of(KeyFigure, "unit"),
    _of(KeyFigure, "value", "number"),
    _of(KeyFigure, "measured_on", "date"),
    _of(KeyFigure, "note"),
    CITES,
)
OBSTACLES = (
    _of(Obstacle, "category", "choice", vocabulary="obstacle"),
    _of(Obstacle, "level", "choice", choices=dict(ObstacleLevel.choices)),
    _of(Obstacle, "text"),
    _of(Obstacle, "workaround"),
    _of(Obstacle, "state", "choice", choices=dict(ObstacleState.choices)),
    CITES,
)
REFERENCES = (
    _of(Reference, "number", "number"),
    _of(Reference, "url"),
    _of(Reference, "title"),
    _of(Reference, "publisher"),
    _of(Reference, "published", "date"),
)
ADOPTIONS = (
    Column("municipality.key", _("Schlüssel der nachahmenden Kommune")),
    Column("municipality.name", _("Nachahmende Kommune")),
    Column("project", _("Eigenes Projekt"), "number", _("Nummer in der Adresse des Projekts")),
    Column("since", _("Seit"), "date"),
    Column("what", _("Was übernommen wurde")),
    Column("changes", _("Was anders gemacht wird")),
    Column("experience", _("Wie es läuft")),
)

COLUMNS: tuple[Column, ...] = (
    Column("id", _("Projektnummer"), "number", _("Die Zahl in der Adresse der Seite; bleibt immer gleich")),
    Column("number", _("Nummer im Mosaik"), "number", _("In der Reihenfolge der ersten Veröffentlichung")),
    Column("url", _("Adresse der Seite")),
    *_texts("title summary"),
    Column("municipality.ars", _("Regionalschlüssel"), "text", _("Zwölf Ziffern, der federführenden Kommune")),
    Column("municipality.ags", _("Amtlicher Gemeindeschlüssel"), "text", _("Acht Ziffern; Samtgemeinden haben keinen")),
    Column("municipality.key", _("Schlüssel der Kommune"), "text", _("Wie in der Adresse ihrer Seite")),
    Column("municipality.name", _("Federführende Kommune")),
    Column("municipality.kind", _("Art der Kommune"), "choice", choices=dict(Kind.choices)),
    Column("county.key", _("Schlüssel des Landkreises")),
    Column("county.name", _("Landkreis, Region oder kreisfreie Stadt")),
    Column(
        "further_municipalities",
        _("Weitere Kommunen"),
        "rows",
        columns=(Column("key", _("Schlüssel")), Column("name", _("Name"))),
    ),
    _of(Project, "operator"),
    _of(Project, "operator_kind", "choice", choices=dict(OperatorKind.choices)),
    Column("partners", _("Partner"), "lines"),
    Column("topics", _("Handlungsfelder"), "choices", vocabulary="topic"),
    Column("target_groups", _("Zielgruppen"), "choices", vocabulary="target_group"),
    Column("status", _("Projektstand"), "choice", choices=dict(Stage.choices)),
    Column("started", _("Beginn"), "date", _("So genau wie bekannt: Jahr, Monat oder Tag")),
    Column("ended", _("Ende"), "date", _("So genau wie bekannt: Jahr, Monat oder Tag")),
    _of(Project, "reach", "choice", choices=dict(Reach.choices)),
    *_texts("initial_situation goals approach steps results lessons"),
    _of(Project, "end_cause", "choice", choices=dict(EndCause.choices)),
    *_texts("end_reason editorial_note"),
    _of(Project, "cost_one_off", "number", meaning=_("Euro")),
    _of(Project, "cost_one_off_estimated", "yes_no"),
    _of(Project, "cost_yearly", "number", meaning=_("Euro")),
    _of(Project, "cost_yearly_estimated", "yes_no"),
    *_texts("cost_note"),
    _of(Project, "staff_fte", "number", meaning=_("Vollzeitstellen")),
    *_texts("staff_note"),
    _of(Project, "volunteers", "number"),
    *_texts("volunteers_note"),
    _of(Project, "volunteer_hours_month", "number"),
    _of(Project, "staffing", "choice", choices=dict(Staffing.choices)),
    _of(Project, "people_reached", "number"),
    _of(Project, "people_period", "choice", choices=dict(PeoplePeriod.choices)),
    *_texts("people_note"),
    _of(Project, "has_no_funding", "yes_no"),
    Column("financings", _("Finanzierung"), "rows", columns=FINANCING),
    _of(Project, "evidence", "choice", choices=dict(EvidenceLevel.choices)),
    Column("key_figures", _("Kennzahlen"), "rows", columns=KEY_FIGURES),
    Column("references", _("Quellen"), "rows", columns=REFERENCES),
    *_texts("prerequisites"),
    _of(Project, "transfer_effort", "choice", choices=dict(TransferEffort.choices)),
    *_texts("help_offered"),
    Column("obstacles", _("Hürden"), "rows", columns=OBSTACLES),
    Column("adopted_from", _("Übernommen von Projekt"), "number"),
    Column("adoptions", _("Nachahmungen"), "rows", columns=ADOPTIONS),
    Column("contact.function", _("Ansprechstelle"), "text", _("Nur, was die Stelle öffentlich zeigt")),
    Column("contact.organisation", _("Organisation der Ansprechstelle")),
    Column("contact.email", _("E-Mail-Adresse der Ansprechstelle")),
    Column("contact.phone", _("Telefon der Ansprechstelle")),
    Column("contact.website", _("Internetseite der Ansprechstelle")),
    _of(Project, "provenance", "choice", choices=dict(Provenance.choices)),
    Column("published_at", _("Veröffentlicht am")),
    Column("confirmed_on", _("Zuletzt bestätigt am"), "date"),
    _of(Project, "version", "number", meaning=_("Steigt mit jeder Änderung")),
    _of(Project, "licence", "choice", choices=dict(TextLicence.choices)),
)
