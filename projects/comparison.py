"""What of two to four projects can be laid side by side, field by field, and where they differ."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from string import ascii_uppercase
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from . import story
from .models import FundedBy, Project
from .templatetags import mosaic

Label = str | Promise
Cell = list[str]  # lines; none where nothing is known
LETTERS = ascii_uppercase  # what projects are called where there is no room for their titles


@dataclass(frozen=True)
class Field:
    """A line of the comparison. `number` makes cells comparable as amounts; `is_long`: running text."""

    label: Label
    cell: Callable[[Project], Cell]
    number: Callable[[Project], Decimal | float | None] | None = None
    is_long: bool = False


@dataclass(frozen=True)
class Compared:
    """The cell of the project with this letter; `share` is its part of the largest amount in the row, 0 to 100."""

    letter: str
    lines: Cell
    share: int | None = None


@dataclass(frozen=True)
class Row:
    label: Label
    cells: Sequence[Compared]
    is_long: bool

    @property
    def is_known(self) -> bool:
        return any(cell.lines for cell in self.cells)

    @property
    def is_same(self) -> bool:
        """Whether all say the same; the order of what they list says nothing."""
        first, *others = (sorted(cell.lines) for cell in self.cells)
        return all(lines == first for lines in others)

    @property
    def is_different(self) -> bool:
        """Whether all say something, and not the same; where one says nothing, nobody knows."""
        return all(cell.lines for cell in self.cells) and not self.is_same


@dataclass(frozen=True)
class Group:
    label: Label
    rows: Sequence[Row]


# --- what is laid side by side ----------------------------------------------------------------------------------------


def _said(text: str | Promise | None) -> Cell:
    return [str(text)] if text else []


def _lines(text: str) -> Cell:
    return [line.strip() for line in story.plain(text).splitlines() if line.strip()]


def _euro(value: Decimal | None, *, is_estimated: bool = False) -> Cell:
    if value is None:
        return []
    return [mosaic.euro(value) + (f" ({_('geschätzt')})" if is_estimated else "")]


def _number(value: Decimal | int | None, unit: str = "") -> Cell:
    return [] if value is None else [f"{mosaic.number(value)} {unit}".strip()]


def _period(project: Project) -> Cell:
    return [mosaic.duration(project)] if project.started_on or project.ended_on else []


def _people(project: Project) -> Cell:
    return _number(project.people_reached, str(project.get_people_period_display()))


def _money(project: Project) -> Cell:
    """Each source with what is known of it: „Land Niedersachsen: 20.000 € im Jahr, befristet“."""
    found = []
    for row in project.financings.all():
        amount = "" if row.amount is None else mosaic.euro(row.amount)
        parts = [f"{amount} {_('im Jahr')}" if amount and row.is_per_year else amount]
        parts += [str(row.get_permanence_display()), str(_("nur beantragt")) if row.is_requested else ""]
        said = ", ".join(part for part in parts if part)
        found.append(f"{row.source}: {said}" if said else str(row.source))
    return found


def _obstacles(project: Project) -> Cell:
    return list(dict.fromkeys(row.category.name for row in project.obstacles.all()))


def _figures(project: Project) -> Cell:
    """The latest value of each key figure."""
    latest = {}
    for row in sorted(project.key_figures.all(), key=lambda row: row.measured_on):
        latest[row.name, row.unit] = row
    return [
        f"{row.name}: {mosaic.number(row.value)} {row.unit}".strip()
        + f" ({mosaic.partial(row.measured_on, row.measured_precision)})"
        for row in sorted(latest.values(), key=lambda row: row.position)
    ]


def _funded_by(project: Project) -> Cell:
    return _said(FundedBy(project.funded_by).label if project.funded_by else "")


GROUPS: Sequence[tuple[Label, Sequence[Field]]] = (
    (
        _("Wer und wo"),
        (
            Field(_("Kommune"), lambda p: [p.lead.display_name]),
            Field(_("Art der Kommune"), lambda p: _said(p.lead.get_kind_display())),
            Field(_("Einwohner"), lambda p: _number(p.lead.population), lambda p: p.lead.population),
            Field(_("Landkreis oder kreisfreie Stadt"), lambda p: [p.lead.county_or_self.display_name]),
            Field(_("Weitere Kommunen"), lambda p: [body.display_name for body in p.further_bodies]),
            Field(_("Träger"), lambda p: _said(p.operator)),
            Field(_("Art des Trägers"), lambda p: _said(p.get_operator_kind_display())),
            Field(_("Partner"), lambda p: p.partner_list),
        ),
    ),
    (
        _("Worum es geht"),
        (
            Field(_("Kurzbeschreibung"), lambda p: [p.summary], is_long=True),
            Field(_("Handlungsfelder"), lambda p: list(p.topic_labels)),
            Field(_("Zielgruppen"), lambda p: list(p.target_group_labels)),
            Field(_("Projektstand"), lambda p: _said(p.get_stage_display())),
            Field(_("Zeitraum"), _period),
            Field(_("Reichweite"), lambda p: _said(p.get_reach_display())),
        ),
    ),
    (
        _("Aufwand"),
        (
            Field(
                _("Einmalige Kosten"),
                lambda p: _euro(p.cost_one_off, is_estimated=p.cost_one_off_estimated),
                lambda p: p.cost_one_off,
            ),
            Field(
                _("Kosten im Jahr"),
                lambda p: _euro(p.cost_yearly, is_estimated=p.cost_yearly_estimated),
                lambda p: p.cost_yearly,
            ),
            Field(_("Haupt- und Ehrenamt"), lambda p: _said(p.get_staffing_display())),
            Field(_("Bezahlte Stellen (Vollzeit)"), lambda p: _number(p.staff_fte), lambda p: p.staff_fte),
            Field(_("Ehrenamtliche"), lambda p: _number(p.volunteers), lambda p: p.volunteers),
            Field(
                _("Ehrenamtliche Stunden im Monat"),
                lambda p: _number(p.volunteer_hours_month),
                lambda p: p.volunteer_hours_month,
            ),
            Field(_("Erreichte Menschen"), _people),  # periods differ, so no bars
        ),
    ),
    (_("Geld"), (Field(_("Finanzierungsart"), _funded_by), Field(_("Geldquellen"), _money))),
    (
        _("Was dabei herauskam"),
        (
            Field(_("Beleg-Stufe"), lambda p: _said(p.get_evidence_display())),
            Field(_("Kennzahlen, jeweils die neueste"), _figures),
            Field(_("Ergebnisse"), lambda p: _lines(p.results), is_long=True),
            Field(_("Was gelernt wurde"), lambda p: _lines(p.lessons), is_long=True),
            Field(_("Warum es endete"), lambda p: _lines(p.end_reason), is_long=True),
        ),
    ),
    (
        _("Nachmachen"),
        (
            Field(_("Aufwand für Nachahmer"), lambda p: _said(p.get_transfer_effort_display())),
            Field(_("Hürden"), _obstacles),
            Field(_("Voraussetzungen"), lambda p: _lines(p.prerequisites), is_long=True),
            Field(_("Schritte zum Nachmachen"), lambda p: _lines(p.steps), is_long=True),
            Field(_("Angebotene Hilfe"), lambda p: _lines(p.help_offered), is_long=True),
        ),
    ),
    (
        _("Stand der Angaben"),
        (
            Field(_("Zuletzt bestätigt"), lambda p: _said(mosaic.partial(p.confirmed_on) if p.confirmed_on else "")),
            Field(_("Im Mosaik seit"), lambda p: [mosaic.partial(p.published_at)]),
            Field(_("Herkunft"), lambda p: _said(p.get_provenance_display())),
        ),
    ),
)


# --- laying it side by side -------------------------------------------------------------------------------------------


def groups(projects: Sequence[Project], *, only_differences: bool = False) -> list[Group]:
    """The rows about which at least one of the projects, read `for_detail()`, says something."""
    found = []
    for label, fields in GROUPS:
        rows = [row for row in (_row(field, projects) for field in fields) if row.is_known]
        shown = [row for row in rows if not (row.is_same and only_differences)]
        if shown:
            found.append(Group(label, shown))
    return found


def unknown_labels(projects: Sequence[Project]) -> list[Label]:
    """Fields about which none of the projects says anything."""
    return [field.label for field in _fields() if not any(field.cell(project) for project in projects)]


def table(projects: Sequence[Project]) -> tuple[list[str], list[list[Any]]]:
    """One line a field, one column a project; for a spreadsheet."""
    head = [str(_("Angabe")), *(project.title for project in projects)]
    return head, [[str(field.label), *("\n".join(field.cell(p)) or None for p in projects)] for field in _fields()]


def records(projects: Iterable[Project], address: Callable[[Project], str]) -> tuple[list[str], list[list[Any]]]:
    """The same the other way round: one line a project, with its full address."""
    head = [str(_("Projekt")), str(_("Adresse")), *(str(field.label) for field in _fields())]
    return head, [[p.title, address(p), *("\n".join(field.cell(p)) or None for field in _fields())] for p in projects]


def _fields() -> Iterator[Field]:
    for _label, fields in GROUPS:
        yield from fields


def _row(field: Field, projects: Sequence[Project]) -> Row:
    amounts = [field.number(project) if field.number else None for project in projects]
    largest = max((float(amount) for amount in amounts if amount is not None), default=0)
    if not largest or sum(amount is not None for amount in amounts) < 2:  # nothing to compare
        amounts = [None for _project in projects]
    shares = [None if amount is None else round(float(amount) / largest * 100) for amount in amounts]
    each = zip(LETTERS, projects, shares, strict=False)
    cells = [Compared(letter, field.cell(project), share) for letter, project, share in each]
    return Row(field.label, cells, field.is_long)
