"""The Förder-Check: which programmes a municipality may use for a topic, by what is documented and nothing else.

Every condition of a programme is met, broken or unknown. All met: it fits. One broken: it does not. Else: perhaps.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from municipalities.models import Municipality

from .labels import Body, Labels
from .models import FundingProgramme, Topic
from .parameters import BodyField, FacetField, QueryForm
from .templatetags.mosaic import number, partial


class Verdict(models.TextChoices):
    FITS = "fits", gettext_lazy("Passt")
    PERHAPS = "perhaps", gettext_lazy("Vielleicht")
    FITS_NOT = "fits_not", gettext_lazy("Passt nicht")


@dataclass(frozen=True)
class Condition:
    """What a programme asks, and whether it is met; None where the sources do not say."""

    is_met: bool | None
    text: str


@dataclass(frozen=True)
class Finding:
    programme: FundingProgramme
    conditions: Sequence[Condition]

    @property
    def verdict(self) -> Verdict:
        met = [condition.is_met for condition in self.conditions]
        if False in met:
            return Verdict.FITS_NOT
        return Verdict.PERHAPS if None in met else Verdict.FITS

    @property
    def reasons(self) -> list[str]:
        """Why it does not fit, or what is missing, or else what fits."""
        decisive = {Verdict.FITS: True, Verdict.PERHAPS: None, Verdict.FITS_NOT: False}[self.verdict]
        return [condition.text for condition in self.conditions if condition.is_met is decisive]


# --- what is asked ----------------------------------------------------------------------------------------------------


class QuestionForm(QueryForm):
    municipality = BodyField()
    topic = FacetField()


class Question:
    """The query string `?municipality=<name or key>&topic=<slug>`, and what the check finds for it."""

    def __init__(self, data: Any, labels: Labels, today: date) -> None:
        self.labels, self.today = labels, today
        self.form = QuestionForm(data, labels)
        chosen: Body | None = self.form.cleaned_data["municipality"]
        self.chosen = labels.todays(chosen) if chosen else None
        self.typed = labels.typed(self.chosen) if self.chosen else data.get("municipality", "").strip()[:160]
        self.topic = next((Topic(slug=slug, label=self.topics[slug]) for slug in self.form.cleaned_data["topic"]), None)

    @property
    def topics(self) -> Mapping[str, Any]:
        return self.labels.choices["topic"]

    @property
    def messages(self) -> list[str]:
        return [message for errors in self.form.errors.values() for message in errors]

    @property
    def query(self) -> str:
        found = {"municipality": self.chosen and self.chosen.key, "topic": self.topic and self.topic.slug}
        return urlencode({name: value for name, value in found.items() if value})

    @cached_property
    def body(self) -> Municipality | None:
        return (
            Municipality.objects.select_related("county").filter(key=self.chosen.key).first() if self.chosen else None
        )

    @cached_property
    def findings(self) -> Mapping[Verdict, list[Finding]]:
        """Empty as long as no municipality is known."""
        return check(FundingProgramme.objects.for_check(), self.body, self.topic, self.today) if self.body else {}


def table(question: Question) -> tuple[list[str], list[list[Any]]]:
    """The findings for a spreadsheet."""
    head = [_("Ergebnis"), _("Förderprogramm"), _("Warum"), _("Wer fördert"), _("Wer Geld beantragen kann")]
    head += [_("Antragsfrist"), _("Zur Antragsfrist"), _("Förderquote in Prozent, höchstens")]
    head += [_("Mindestbetrag in Euro"), _("Höchstbetrag in Euro"), _("Zuletzt geprüft am"), _("Adresse")]
    columns = (
        "provider eligible deadline_on deadline_note quota_percent minimum_amount maximum_amount checked_on".split()
    )
    rows = [
        [str(verdict.label), finding.programme.name, "; ".join(finding.reasons)]
        + [getattr(finding.programme, column) for column in columns]
        + [settings.SITE_URL + finding.programme.get_absolute_url()]
        for verdict, findings in question.findings.items()
        for finding in findings
    ]
    return head, rows


# --- what is found ----------------------------------------------------------------------------------------------------


def check(
    programmes: Iterable[FundingProgramme], body: Municipality, topic: Topic | None, today: date
) -> Mapping[Verdict, list[Finding]]:
    """All programmes, read `for_check()`, by verdict; in each the order that they came in."""
    found: dict[Verdict, list[Finding]] = {verdict: [] for verdict in Verdict}
    for programme in programmes:
        finding = Finding(programme, list(_conditions(programme, body, topic, today)))
        found[finding.verdict].append(finding)
    return found


def _conditions(
    programme: FundingProgramme, body: Municipality, topic: Topic | None, today: date
) -> Iterator[Condition]:
    yield _running(programme)
    if programme.deadline_on and programme.deadline_on < today:
        day = partial(programme.deadline_on)
        yield Condition(None, _("Die Antragsfrist war am %(day)s; eine neue ist nicht belegt") % {"day": day})
    yield _applicant(programme, body)
    if programme.county_keys:
        yield _place(programme, body)
    if programme.smallest_population is not None or programme.largest_population is not None:
        yield _size(programme, body)
    if topic:
        yield _purpose(programme, topic)


def _running(programme: FundingProgramme) -> Condition:
    text = {
        True: _("Das Programm läuft"),
        False: _("Das Programm ist ausgelaufen"),
        None: _("Nicht belegt, ob das Programm noch läuft"),
    }
    return Condition(programme.is_running, text[programme.is_running])


def _applicant(programme: FundingProgramme, body: Municipality) -> Condition:
    if programme.is_open_to_municipalities is None:
        return Condition(None, _("Nicht belegt, ob Kommunen Geld beantragen können"))
    if not programme.is_open_to_municipalities:
        return Condition(False, _("Kommunen können selbst kein Geld beantragen"))
    if body.key in programme.named_keys:
        return Condition(True, _("%(body)s ist namentlich genannt") % {"body": body.display_name})
    if not programme.eligible_kinds:
        return Condition(None, _("Nicht belegt, welche Arten von Kommunen Geld beantragen können"))
    is_met = body.kind in programme.eligible_kinds
    kinds = ", ".join([*programme.kind_labels, *programme.named_names])
    return Condition(is_met, _("Beantragen können: %(kinds)s") % {"kinds": kinds})


def _place(programme: FundingProgramme, body: Municipality) -> Condition:
    county = body.county_or_self
    text = _("Nur für Kommunen hier: %(places)s") % {"places": ", ".join(programme.county_names)}
    return Condition(county.key in programme.county_keys, text)


def _size(programme: FundingProgramme, body: Municipality) -> Condition:
    smallest, largest = programme.smallest_population, programme.largest_population
    if largest is None:
        text = _("Ab %(smallest)s Einwohnern")
    else:
        text = _("Bis %(largest)s Einwohner") if smallest is None else _("%(smallest)s bis %(largest)s Einwohner")
    text %= {"smallest": number(smallest), "largest": number(largest)}
    if body.population is None:
        return Condition(None, text)
    is_met = (smallest is None or body.population >= smallest) and (largest is None or body.population <= largest)
    return Condition(is_met, text)


def _purpose(programme: FundingProgramme, topic: Topic) -> Condition:
    if not programme.topic_slugs:
        return Condition(None, _("Nicht belegt, für welche Handlungsfelder es gedacht ist"))
    text = _("Gedacht für: %(topics)s") % {"topics": ", ".join(programme.topic_labels)}
    return Condition(topic.slug in programme.topic_slugs, text)
