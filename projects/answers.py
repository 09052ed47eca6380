"""What a project says, part by part, as readers will see it: the rows of the page before sending."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from .models import Project
from .story import STORY_FIELDS
from .submission import FORM_PARTS, Part
from .templatetags.mosaic import cites, euro, note, number, partial, period, story

NOTHING = ("", None)


class Answer(NamedTuple):
    label: str
    value: Any  # text, or safe HTML; empty where nothing is said


def _label(project: Project, name: str) -> str:
    return str(project._meta.get_field(name).verbose_name)


def _lines(values: Any) -> SafeString:
    return format_html_join(SafeString("<br>"), "{}", ((value,) for value in values))


def _choice(project: Project, name: str) -> Answer:
    return Answer(_label(project, name), getattr(project, f"get_{name}_display")() if getattr(project, name) else "")


def _plain(project: Project, *names: str) -> Iterator[Answer]:
    for name in names:
        yield Answer(_label(project, name), getattr(project, name))


def _head(project: Project) -> Iterator[Answer]:
    yield from _plain(project, "title", "summary", "lead")
    yield Answer(_label(project, "further"), _lines(project.further.all()))
    yield from _plain(project, "operator")
    yield _choice(project, "operator_kind")
    yield Answer(_label(project, "partners"), _lines(project.partner_list))


def _classification(project: Project) -> Iterator[Answer]:
    yield Answer(_label(project, "topics"), _lines(project.topics.all()))
    yield Answer(_label(project, "target_groups"), _lines(project.target_groups.all()))
    yield _choice(project, "stage")
    for name in ("started", "ended"):
        day = getattr(project, f"{name}_on")
        yield Answer(_label(project, f"{name}_on"), partial(day, getattr(project, f"{name}_precision")) if day else "")
    yield _choice(project, "reach")


def _story(project: Project) -> Iterator[Answer]:
    for name in STORY_FIELDS:
        yield Answer(_label(project, name), story(getattr(project, name)))


def _effort(project: Project) -> Iterator[Answer]:
    for name in ("cost_one_off", "cost_yearly"):
        value = getattr(project, name)
        text = euro(value) if value is not None else ""
        yield Answer(
            _label(project, name), f"{text} ({_('geschätzt')})" if getattr(project, f"{name}_estimated") else text
        )
    yield from _plain(project, "cost_note")
    for name in ("staff_fte", "volunteers", "volunteer_hours_month"):
        value = getattr(project, name)
        yield Answer(_label(project, name), number(value) if value is not None else "")
    yield from _plain(project, "staff_note", "volunteers_note")
    yield _choice(project, "staffing")
    reached = project.people_reached
    said = f"{number(reached)} {project.get_people_period_display()}" if reached is not None else ""
    yield Answer(_label(project, "people_reached"), said)
    yield from _plain(project, "people_note")


def _money(project: Project) -> Iterator[Answer]:
    if project.has_no_funding:
        yield Answer(_label(project, "has_no_funding"), _("ja"))
    for position, row in enumerate(project.financings.all(), start=1):
        amount = euro(row.amount) + (f" {_('im Jahr')}" if row.amount is not None and row.is_per_year else "")
        said = (
            str(row.source),
            row.get_level_display() if row.get_level_display() != str(row.source) else "",
            str(row.programme or ""),
            ", ".join(filter(None, (row.get_kind_display(), row.get_permanence_display()))),
            f"{amount} ({_('nur beantragt')})" if row.is_requested else amount,
            period(row) if row.starts_on or row.ends_on else "",
            format_html("{}{}", note(row.note), cites(row.cites)),
        )
        yield Answer(_("Geldquelle %(number)d") % {"number": position}, _lines(text for text in said if text))
    if not project.has_no_funding and not project.financings.all():
        yield Answer(_("Geldquellen"), "")


def _evidence(project: Project) -> Iterator[Answer]:
    yield _choice(project, "evidence")
    rows = (
        format_html(
            "{}: {} {} ({}){}{}",
            row.name,
            number(row.value),
            row.unit,
            partial(row.measured_on, row.measured_precision),
            format_html(" {}", note(row.note)) if row.note else "",
            cites(row.cites),
        )
        for row in project.key_figures.all()
    )
    yield Answer(_("Kennzahlen"), _lines(rows))
    sources = (
        format_html("[{}] {}", row.number, ", ".join(filter(None, (row.title, row.publisher, row.published, row.url))))
        for row in project.references.all()
    )
    yield Answer(_("Quellen"), _lines(sources))


def _transfer(project: Project) -> Iterator[Answer]:
    yield Answer(_label(project, "prerequisites"), story(project.prerequisites))
    yield _choice(project, "transfer_effort")
    yield Answer(_label(project, "help_offered"), story(project.help_offered))
    yield Answer(_label(project, "adopted_from"), project.adopted_from or "")


def _obstacles(project: Project) -> Iterator[Answer]:
    for position, row in enumerate(project.obstacles.all(), start=1):
        said = (
            row.category,
            row.get_level_display(),
            row.text,
            row.workaround,
            row.get_state_display(),
            cites(row.cites),
        )
        yield Answer(_("Hürde %(number)d") % {"number": position}, _lines(text for text in said if text))
    if not project.obstacles.all():
        yield Answer(_("Hürden"), "")


def _contact(project: Project) -> Iterator[Answer]:
    contact = project.contact
    if contact is None:
        yield Answer(_label(project, "contact"), "")
        return
    yield from (Answer(str(field.verbose_name), getattr(contact, field.name)) for field in _contact_fields(contact))
    yield Answer(_("Öffentlich sichtbar"), contact.get_public_level_display())


def _contact_fields(contact: Any) -> Iterator[Any]:
    return (contact._meta.get_field(name) for name in ("function", "organisation", "email", "phone", "website"))


_PARTS = {
    "head": _head,
    "classification": _classification,
    "story": _story,
    "effort": _effort,
    "money": _money,
    "evidence": _evidence,
    "transfer": _transfer,
    "obstacles": _obstacles,
    "contact": _contact,
}


def answers(project: Project) -> list[tuple[Part, list[Answer]]]:
    """All parts with what is said in them, empty answers included."""
    return [(part, list(_PARTS[part.name](project))) for part in FORM_PARTS]


def with_everything(projects: Any) -> Any:
    """Projects with all that answers() shows, in a fixed number of queries."""
    return projects.select_related("lead", "contact", "adopted_from").prefetch_related(
        "further",
        "topics",
        "target_groups",
        "financings__source",
        "financings__programme",
        "key_figures",
        "references",
        "obstacles__category",
    )
