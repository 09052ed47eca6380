"""„Ist das noch aktuell?“: whom to ask when, and the signed link that answers without a login.

A link is used up by the answer: it carries the project's version, and every answer raises that.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from . import emails, workflow
from .models import Project

SALT = "projects.confirmation"
VALID = timedelta(days=60)
ASK_AGAIN = timedelta(days=90)
FIRST_CHECK = timedelta(days=365)  # after publication, where no day was set


@dataclass(frozen=True)
class Question:
    """What a link asks: whether the project still is as it was at this version."""

    project: Project
    version: int

    @property
    def is_answered(self) -> bool:
        return self.project.version != self.version


def link(project: Project) -> str:
    """The address of the page that answers; whoever has it may answer."""
    token = signing.dumps([project.pk, project.version], salt=SALT)
    return settings.SITE_URL + reverse("projects:confirm", args=[token])


def read(token: str) -> Question | None:
    """What the link asks, answered or not; None if it is no link of ours, too old, or the project is gone."""
    try:
        pk, version = signing.loads(token, salt=SALT, max_age=VALID)
    except signing.BadSignature:
        return None
    project = Project.objects.published().select_related("lead").filter(pk=pk).first()
    return Question(project, version) if project else None


def answer(question: Question, *, still_true: bool) -> bool:
    """„Ja, stimmt noch“ or „Läuft nicht mehr“; False if somebody has answered in the meantime."""
    with transaction.atomic():
        project = Project.objects.published().select_for_update().filter(pk=question.project.pk).first()
        if project is None or project.version != question.version:
            return False
        (workflow.confirm if still_true else workflow.report_end)(project)
        return True


def due(today: date) -> QuerySet[Project]:
    """Published projects of municipalities whose day has come."""
    unset = Q(next_check_on__isnull=True, published_at__lt=timezone.now() - FIRST_CHECK)
    return Project.objects.published().filter(Q(next_check_on__lte=today) | unset).select_related("lead").order_by("pk")


def ask(project: Project, today: date) -> int:
    """Writes to everybody of the municipality, every ASK_AGAIN while nobody answers; returns how many are new."""
    since = project.next_check_on or timezone.localdate(project.published_at + FIRST_CHECK)
    turn = (today - since) // ASK_AGAIN
    return emails.confirmation_asked(
        project,
        to=emails.people_of(project.lead),
        link=link(project),
        cause=f"{since.isoformat()}:{turn}",
        last_day=today + VALID,
    )
