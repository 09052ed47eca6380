"""What is deleted when: the promises of the privacy statement, one rule each. `delete_old_data` keeps them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from . import typed_texts
from .models import BarrierReport, Letter


def _delete(rows: QuerySet) -> None:
    rows.delete()


def _empty(letters: QuerySet) -> None:
    letters.update(body="")


@dataclass(frozen=True)
class Rule:
    """Rows that are too old, and what happens to them. `rows` contains none of them afterwards."""

    label: str | Promise
    rows: Callable[[], QuerySet]
    apply: Callable[[QuerySet], None] = _delete


def _ago(days: int):
    return timezone.now() - timedelta(days=days)


def relayed_letters() -> QuerySet[Letter]:
    """Of visitors to contacts; also those that no mail server ever took."""
    return Letter.objects.filter(key__startswith=Letter.RELAYED, created_at__lt=_ago(Letter.RELAYED_DAYS))


def sent_letters() -> QuerySet[Letter]:
    """The row stays, so that no cause writes twice."""
    return Letter.objects.filter(sent_at__lt=_ago(Letter.TEXT_DAYS)).exclude(body="")


def given_up_letters() -> QuerySet[Letter]:
    """Whole, because an emptied one could still be sent again."""
    return Letter.objects.dead().filter(given_up_at__lt=_ago(Letter.TEXT_DAYS))


def ended_sessions() -> QuerySet[Session]:
    return Session.objects.filter(expire_date__lt=timezone.now())


def traces_of_sessions() -> QuerySet[UserSession]:
    """Address and browser of sessions that have ended."""
    open_ones = Session.objects.filter(expire_date__gte=timezone.now())
    return UserSession.objects.filter(~Q(session_key__in=open_ones.values("session_key")))


RULES = (
    Rule(_("Getippte Texte"), typed_texts.expired),
    Rule(_("Weitergegebene Nachrichten"), relayed_letters),
    Rule(_("Aufgegebene Briefe"), given_up_letters),
    Rule(_("Texte gesendeter Briefe"), sent_letters, _empty),
    Rule(_("Meldungen von Barrieren"), BarrierReport.objects.expired),
    Rule(_("Angaben zu beendeten Sitzungen"), traces_of_sessions),
    Rule(_("Beendete Sitzungen"), ended_sessions),
)
