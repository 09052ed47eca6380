"""What a moderator may want to look at twice before deciding: heuristics, worded as hints, never a verdict."""

import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from projects import story, submission
from projects.models import Project
from projects.story import STORY_FIELDS
from projects.templatetags.mosaic import euro

TEXT_FIELDS = (
    *("title", "summary", "operator", "partners", *STORY_FIELDS, "editorial_note"),
    *("cost_note", "staff_note", "volunteers_note", "people_note", "prerequisites", "help_offered"),
)
ROW_FIELDS = {"financings": ("note",), "key_figures": ("name", "note"), "obstacles": ("text", "workaround")}
SHORTEST_ALT = 12  # „Ein Gruppenbild“ has 15
TOLERANCE = Decimal("0.02")  # of the cost; rounded sums are no contradiction

_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# From a zero or +49 on, at least seven digits; sums and years have neither.
_PHONE = re.compile(r"(?<![\d.,/])(?:\+49|0049|0(?=[1-9]))(?:[ /()-]{0,3}\d){6,14}(?!\d)")
_TITLED_NAME = re.compile(
    r"\b(?:Frau|Herrn?|Dr\.|Prof\.|Pastorin|Pastor|Pfarrerin|Pfarrer|Familie)"
    r"(?:\s+(?:Dr\.|Prof\.|med\.))*\s+[A-ZÄÖÜ][a-zäöüß]+(?:[ -][A-ZÄÖÜ][a-zäöüß]+)?"
)
_FILE_NAME = re.compile(r"\.(?:jpe?g|png|webp)$|^(?:IMG|DSC|P)[_-]?\d+", re.IGNORECASE)
_NO_DESCRIPTION = re.compile(r"^(?:ein\s+)?(?:bild|foto|photo|grafik|logo)\W*\d*$", re.IGNORECASE)


class Hint(NamedTuple):
    """Where to look (a label of a field or part) and why, in words."""

    where: str
    text: str


def hints(project: Project) -> list[Hint]:
    """All hints, in the order in which a moderator decides: people first, then facts."""
    return [*_personal_data(project), *_pictures(project), *_sums(project), *_end(project), *_sources(project)]


def _label(project: Project, name: str) -> str:
    return str(project._meta.get_field(name).verbose_name)


def _texts(project: Project) -> Iterator[tuple[str, str]]:
    """Every text that readers will see, with the name of its field or row."""
    for name in TEXT_FIELDS:
        yield _label(project, name), getattr(project, name)
    for rows, names in ROW_FIELDS.items():
        for row in getattr(project, rows).all():
            yield from ((str(row._meta.verbose_name), getattr(row, name)) for name in names)
    for picture in project.pictures.all():
        yield str(picture._meta.verbose_name), picture.alt


def _personal_data(project: Project) -> Iterator[Hint]:
    kinds = (
        (_MAIL, _("Steht hier eine E-Mail-Adresse? %(found)s")),
        (_PHONE, _("Ist das eine Telefonnummer? %(found)s")),
        (_TITLED_NAME, _("Wird hier eine Person genannt? %(found)s")),
    )
    for where, text in _texts(project):
        for pattern, question in kinds:
            if found := dict.fromkeys(match.strip() for match in pattern.findall(text)):
                yield Hint(where, question % {"found": ", ".join(f"„{one}“" for one in found)})


def _pictures(project: Project) -> Iterator[Hint]:
    pictures = list(project.pictures.all())
    alts = Counter(picture.alt.casefold() for picture in pictures)
    for number, picture in enumerate(pictures, start=1):
        where = _("Bild %(number)d") % {"number": number}
        if _FILE_NAME.search(picture.alt) or _NO_DESCRIPTION.match(picture.alt):
            yield Hint(where, _("Die Bildbeschreibung „%(alt)s“ sagt nicht, was zu sehen ist.") % {"alt": picture.alt})
        elif len(picture.alt) < SHORTEST_ALT:
            yield Hint(where, _("Die Bildbeschreibung „%(alt)s“ ist sehr kurz.") % {"alt": picture.alt})
        elif alts[picture.alt.casefold()] > 1:
            yield Hint(where, _("Mehrere Bilder haben dieselbe Beschreibung „%(alt)s“.") % {"alt": picture.alt})


def _sums(project: Project) -> Iterator[Hint]:
    where = str(submission.BY_NAME["money"].label)
    rows = list(project.financings.all())
    for row in rows:
        if row.is_requested:
            yield Hint(where, _("%(source)s: nur beantragt, zählt in keiner Summe.") % {"source": row.source})
    if project.has_no_funding and rows:
        yield Hint(where, _("„Kommt ohne Geld aus“ ist angekreuzt, aber es stehen Geldquellen da."))
    granted = [row for row in rows if not row.is_requested]
    if not granted or any(row.amount is None for row in granted):
        return  # not everything is known, so nothing can contradict
    yearly = sum((row.amount for row in granted if row.is_per_year), Decimal())
    once = sum((row.amount for row in granted if not row.is_per_year), Decimal())
    # A sum for the whole period is compared only where the period does not matter.
    if project.cost_yearly is not None and yearly and not once and _differ(yearly, project.cost_yearly):
        yield _unequal(where, _("im Jahr"), yearly, project.cost_yearly)
    if project.cost_one_off is not None and once and not project.cost_yearly and _differ(once, project.cost_one_off):
        yield _unequal(where, _("einmalig"), once, project.cost_one_off)


def _differ(money: Decimal, cost: Decimal) -> bool:
    return abs(money - cost) > cost * TOLERANCE


def _unequal(where: str, when: str, money: Decimal, cost: Decimal) -> Hint:
    text = _("Die Geldquellen ergeben %(when)s %(money)s, die Kosten sind mit %(cost)s angegeben.")
    return Hint(where, text % {"when": when, "money": euro(money), "cost": euro(cost)})


def _end(project: Project) -> Iterator[Hint]:
    """Pages show the cause only of what has ended."""
    if project.end_cause and not project.is_ended:
        text = _("Ein Grund für das Ende ist gewählt, der Projektstand ist aber „%(stage)s“.")
        yield Hint(_label(project, "end_cause"), text % {"stage": project.get_stage_display()})


def _sources(project: Project) -> Iterator[Hint]:
    """Every paragraph of what was compiled needs a source; a citation needs its source in the list."""
    known = {reference.number for reference in project.references.all()}
    for name in STORY_FIELDS:
        text, where = getattr(project, name), _label(project, name)
        if unknown := sorted(story.cited_numbers(text) - known):
            numbers = ", ".join(map(str, unknown))
            yield Hint(where, _("Zitiert wird eine Quelle, die nicht in der Liste steht: %(n)s.") % {"n": numbers})
        if project.is_compiled:
            for paragraph in filter(str.strip, re.split(r"\n\s*\n", text)):
                if not story.cited_numbers(paragraph):
                    beginning = Truncator(story.plain(paragraph)).chars(60)
                    yield Hint(where, _("Absatz ohne Quelle: „%(text)s“") % {"text": beginning})
