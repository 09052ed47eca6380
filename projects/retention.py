"""What is deleted when: the promises of the privacy statement, one rule each. `delete_old_data` keeps them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from municipalities.models import User

from . import subscriptions, typed_texts
from .models import BarrierReport, Enquiry, FruitlessSearch, Letter, SheetImport, Subscription

UNCONFIRMED_DAYS = 7  # the link that confirms an address is good for three
# Rows that an account has without anybody having worked with it.
_OF_EVERY_ACCOUNT = {EmailAddress, UserSession}


class Rows(Protocol):
    """What the rules count and delete: a QuerySet, or what looks like one."""

    def count(self) -> int: ...

    def delete(self) -> object: ...


def _delete(rows: Rows) -> None:
    rows.delete()


def _empty(letters: QuerySet[Letter]) -> None:
    letters.update(body="", to="", reply_to="", last_error="")


def _forget(rows: QuerySet[Subscription]) -> None:
    subscriptions.forget(rows)


@dataclass(frozen=True)
class Rule:
    """Rows that are too old, and what happens to them. `rows` contains none of them afterwards."""

    label: str | Promise
    rows: Callable[[], Rows]
    apply: Callable[[Any], None] = _delete


def _ago(days: int):
    return timezone.now() - timedelta(days=days)


def relayed_letters() -> QuerySet[Letter]:
    """Of visitors to contacts; also those that no mail server ever took."""
    return Letter.objects.filter(key__startswith=Letter.RELAYED, created_at__lt=_ago(Letter.RELAYED_DAYS))


def sent_letters() -> QuerySet[Letter]:
    """Text and address go; the row stays, so that no cause writes twice."""
    return Letter.objects.filter(sent_at__lt=_ago(Letter.TEXT_DAYS)).exclude(body="", to="")


def given_up_letters() -> QuerySet[Letter]:
    """Whole, because an emptied one could still be sent again."""
    return Letter.objects.dead().filter(given_up_at__lt=_ago(Letter.TEXT_DAYS))


def subscribed_letters() -> QuerySet[Letter]:
    """To readers who subscribed; what was told stands in the subscription, so that nothing is told twice."""
    return Letter.objects.filter(key__startswith=Letter.SUBSCRIBED, created_at__lt=_ago(Letter.SUBSCRIBED_DAYS))


def ended_sessions() -> QuerySet[Session]:
    return Session.objects.filter(expire_date__lt=timezone.now())


def traces_of_sessions() -> QuerySet[UserSession]:
    """Address and browser of sessions that have ended."""
    open_ones = Session.objects.filter(expire_date__gte=timezone.now())
    return UserSession.objects.filter(~Q(session_key__in=open_ones.values("session_key")))


class ExpiredCache:
    """Counts of attempts and of messages whose time is over. Django removes them only when there are very many."""

    def count(self) -> int:
        return self._run("SELECT count(*) FROM {table} WHERE expires < %s")[0][0]

    def delete(self) -> None:
        self._run("WITH gone AS (DELETE FROM {table} WHERE expires < %s RETURNING 1) SELECT count(*) FROM gone")

    def _run(self, sql: str) -> list[tuple[int]]:
        table = connection.ops.quote_name(str(settings.CACHES["default"]["LOCATION"]))
        with connection.cursor() as cursor:
            cursor.execute(sql.format(table=table), [timezone.now()])
            return cursor.fetchall()


def unconfirmed_accounts() -> QuerySet[User]:
    """Somebody signed up with an address that nobody confirmed: a typing error, or the address of another person.

    Nobody can sign in to them, so nothing should hang on them; if something does, they stay. So do accounts made at the
    desk or by a command, which have no address to confirm before they are used.
    """
    addresses = EmailAddress.objects.filter(user=OuterRef("pk"))
    accounts = User.objects.filter(Exists(addresses), date_joined__lt=_ago(UNCONFIRMED_DAYS), last_login=None)
    accounts = accounts.filter(is_staff=False, is_superuser=False).exclude(Exists(addresses.filter(verified=True)))
    for relation in User._meta.get_fields(include_hidden=True):
        is_reverse = relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one)
        if is_reverse and relation.related_model not in _OF_EVERY_ACCOUNT:
            rows = relation.related_model._default_manager.filter(**{relation.field.name: OuterRef("pk")})
            accounts = accounts.exclude(Exists(rows))
    return accounts


def _forget_accounts(accounts: QuerySet[User]) -> None:
    """With the letters that were sent to the address."""
    with transaction.atomic():
        found = dict(accounts.values_list("pk", "email"))
        Letter.objects.filter(key__startswith=Letter.ABOUT_ACCOUNT, to__in=found.values()).delete()
        User.objects.filter(pk__in=found).delete()


RULES = (
    Rule(_("Getippte Texte"), typed_texts.expired),
    Rule(_("Weitergegebene Nachrichten"), relayed_letters),
    Rule(_("Nicht bestätigte Abonnements"), Subscription.objects.never_confirmed, _forget),
    Rule(_("Briefe zu Abonnements"), subscribed_letters),
    Rule(_("Aufgegebene Briefe"), given_up_letters),
    Rule(_("Texte und Adressen gesendeter Briefe"), sent_letters, _empty),
    Rule(_("Meldungen von Barrieren"), BarrierReport.objects.expired),
    Rule(_("Beendete Gesuche"), Enquiry.objects.long_over),
    Rule(_("Hochgeladene Tabellen, die niemand eingelesen hat"), SheetImport.objects.never_applied),
    Rule(_("Suchen ohne Treffer"), FruitlessSearch.objects.expired),
    Rule(_("Angaben zu beendeten Sitzungen"), traces_of_sessions),
    Rule(_("Beendete Sitzungen"), ended_sessions),
    Rule(_("Konten, deren Adresse nie bestätigt wurde"), unconfirmed_accounts, _forget_accounts),
    Rule(_("Abgelaufene Zählungen"), ExpiredCache),
)
