"""Everything stored about one person, by mail address: to hand it out (Art. 15 GDPR) and to delete it (Art. 17).

Log lines, consents and published versions are never changed; what they say about a person ends with the name of the
account they point to. Other people's names and addresses are never handed out.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from municipalities import people
from municipalities.models import Membership, PeopleChange, User

from .models import (
    Adoption,
    Approval,
    BarrierReport,
    Consent,
    Contact,
    Enquiry,
    Interest,
    Letter,
    Project,
    ProjectVersion,
    SheetImport,
    StatusChange,
    Subscription,
    TextVersion,
    TypedText,
)

Section = tuple[str, QuerySet, tuple[str, ...]]  # heading, rows, fields


@dataclass(frozen=True)
class Person:
    """Somebody with an account, or somebody of whom only the mail address is known; addresses in lower case."""

    user: User | None
    addresses: tuple[str, ...]

    @classmethod
    def of(cls, address: str) -> "Person":
        """By any of the addresses of an account."""
        address = address.strip().lower()
        user = User.objects.filter(email=address).first()
        if user is None:
            confirmed = EmailAddress.objects.filter(email__iexact=address, verified=True).select_related("user").first()
            user = confirmed.user if confirmed else None
        if user is None:
            return cls(None, (address,))
        more = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
        return cls(user, tuple(dict.fromkeys([user.email, *(other.lower() for other in more)])))

    def among(self, rows: QuerySet, field: str) -> QuerySet:
        """Those of the rows whose mail address in this field is one of the person's."""
        return rows.alias(lower_address=Lower(field)).filter(lower_address__in=self.addresses)


# --- handing out ------------------------------------------------------------------------------------------------------


def export(address: str) -> dict[str, Any]:
    """German headings with lists of rows, ready for JSON; sections without rows are left out."""
    person = Person.of(address)
    sections = [*_by_address(person), *(_by_account(person.user) if person.user else ())]
    found = {heading: list(_readable(rows, fields)) for heading, rows, fields in sections}
    return {heading: rows for heading, rows in found.items() if rows}


def _by_account(user: User) -> Iterator[Section]:
    by = {"by": user}
    account = ("email", "first_name", "last_name", "date_joined", "last_login", "is_active", "is_staff", "is_superuser")
    membership = (
        *("municipality__display_name", "host", "role", "organisation", "includes_members"),
        *("state", "note", "asked_at", "decided_at"),
    )
    change = ("at", "what", "from_value", "to_value")
    yield _("Konto"), User.objects.filter(pk=user.pk), account
    yield _("E-Mail-Adressen"), EmailAddress.objects.filter(user=user), ("email", "verified", "primary")
    yield _("Zweite Faktoren"), Authenticator.objects.filter(user=user), ("type", "created_at", "last_used_at")
    yield (
        _("Sitzungen"),
        UserSession.objects.filter(user=user),
        ("created_at", "last_seen_at", "ip", "user_agent"),
    )
    yield _("Mitgliedschaften"), Membership.objects.filter(user=user), membership
    yield _("Änderungen an dieser Person"), PeopleChange.objects.filter(person=user), (*change, "note")
    # Without the note, which is about the other person.
    yield _("Entscheidungen über andere"), PeopleChange.objects.filter(**by).exclude(person=user), change
    yield _("Angelegte Projekte"), Project.objects.filter(created_by=user), ("title", "status", "created_at")
    log = ("project__title", "at", "from_status", "to_status", "note")
    yield _("Statuswechsel"), StatusChange.objects.filter(**by), log
    yield _("Freigegebene Fassungen"), ProjectVersion.objects.filter(**by), ("project__title", "number", "published_at")
    approval = ("project__title", "host", "at", "dissent", "is_dissent_public")
    yield _("Freigaben"), Approval.objects.filter(**by), approval
    statement = ("project__title", "municipality__display_name", "state", "what", "changes", "experience", "stated_at")
    yield _("Eingetragene Nachahmungen"), Adoption.objects.filter(stated_by=user), statement
    yield _("Interesse an Nachahmung"), Interest.objects.filter(**by), ("project__title", "at")
    enquiry = ("title", "text", "state", "created_at", "published_at", "expires_on")
    yield _("Gesuche"), Enquiry.objects.filter(created_by=user), enquiry
    version = ("project__title", "language", "proposed", "proposed_origin", "proposed_at")
    yield _("Vorgeschlagene Sprachfassungen"), TextVersion.objects.filter(proposed_by=user), version
    table = ("source", "file_name", "created_at", "applied_at")
    yield _("Eingelesene Tabellen"), SheetImport.objects.filter(**by), table
    yield _("Einwilligungen"), Consent.objects.filter(**by), ("project__title", "at", "wording")
    yield (
        _("Getippte, nicht gespeicherte Texte"),
        TypedText.objects.filter(user=user),
        ("project__title", "part", "data", "saved_at"),
    )
    yield _("Arbeit in der Verwaltung"), LogEntry.objects.filter(user=user), ("action_time", "action_flag")


def _by_address(person: Person) -> Iterator[Section]:
    letters = person.among(Letter.objects.all(), "to")
    account = Q(key__startswith=Letter.ABOUT_ACCOUNT)  # their text lets its bearer in
    subscribed = Q(key__startswith=Letter.SUBSCRIBED)  # theirs lets its bearer end what somebody ordered
    about = ("subject", "created_at", "sent_at")
    yield _("Briefe an diese Adresse"), letters.exclude(account | subscribed), (*about, "body")
    yield _("Briefe zum Konto"), letters.filter(account), about
    yield _("Briefe zu Abonnements"), letters.filter(subscribed), about
    ordered = ("email", "query", "frequency", "asked_at", "confirmed_at", "sent_on")
    yield _("Abonnements"), person.among(Subscription.objects.all(), "email"), ordered
    yield _("Eigene Nachrichten"), person.among(Letter.objects.all(), "reply_to"), (*about, "body")
    report = ("created_at", "page", "text", "name", "reply_to")
    yield _("Meldungen von Barrieren"), person.among(BarrierReport.objects.all(), "reply_to"), report
    contact = ("function", "organisation", "email", "phone", "website", "public_level")
    yield _("Ansprechstellen mit dieser Adresse"), person.among(Contact.objects.all(), "email"), contact


def _readable(rows: QuerySet, fields: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The rows with the fields' German names and the words of choices; `a__b` is called as `a`."""
    fields = tuple(fields)
    columns = [rows.model._meta.get_field(path.partition("__")[0]) for path in fields]
    for values in rows.values_list(*fields):
        yield {
            str(column.verbose_name): str(dict(column.flatchoices).get(value, value)) if column.flatchoices else value
            for column, value in zip(columns, values, strict=True)
        }


# --- deleting ---------------------------------------------------------------------------------------------------------


def erase(address: str, *, dry_run: bool = False) -> dict[str, int]:
    """Deletes or scrubs what is stored about the person; says how many rows of what. `dry_run` takes all back.

    Raises `people.Refused` where nobody would be left to administer the portal.
    """
    with transaction.atomic():
        person = Person.of(address)
        done = _erase_traces_of_address(person)
        if person.user:
            done |= _erase_account(person.user)
        if dry_run:
            transaction.set_rollback(True)
    return {label: count for label, count in done.items() if count}


def contacts_left(address: str) -> QuerySet[Contact]:
    """Contacts that still show the address; projects need them, so somebody has to enter another one."""
    return Person.of(address).among(Contact.objects.all(), "email")


def notes_left(address: str) -> QuerySet[PeopleChange]:
    """Lines of the log of people with words about this person; the database refuses to change them."""
    user = Person.of(address).user
    return PeopleChange.objects.filter(person=user).exclude(note="") if user else PeopleChange.objects.none()


def _erase_traces_of_address(person: Person) -> dict[str, int]:
    letters = person.among(Letter.objects.all(), "to") | person.among(Letter.objects.all(), "reply_to")
    reports = person.among(BarrierReport.objects.all(), "reply_to")
    return {
        _("Abonnements"): _delete(person.among(Subscription.objects.all(), "email")),
        _("Briefe"): _delete(Letter.objects.filter(pk__in=letters.values("pk"))),
        _("Meldungen von Barrieren, jetzt ohne Name und Adresse"): reports.update(name="", reply_to=""),
    }


def _erase_account(user: User) -> dict[str, int]:
    """The account stays as an empty shell, because log lines point to it."""
    sessions = UserSession.objects.filter(user=user)
    done = {
        _("Konto"): 1,
        _("Sitzungen"): sessions.count(),
        _("Mitgliedschaften, beendet"): Membership.objects.open().filter(user=user).count(),
    }
    if user.is_active:
        user = people.deactivate(user, by=None)
    for session in sessions:
        session.end()
    done |= {
        _("Zweite Faktoren"): _delete(Authenticator.objects.filter(user=user)),
        _("Getippte Texte"): _delete(TypedText.objects.filter(user=user)),
        _("Interesse an Nachahmung"): _delete(Interest.objects.filter(by=user)),
        _("Nachahmungen, jetzt ohne Namen"): Adoption.objects.filter(stated_by=user).update(stated_by=None),
        _("E-Mail-Adressen"): _delete(EmailAddress.objects.filter(user=user)),
    }
    Membership.objects.filter(user=user).exclude(note="").update(note="")
    user.email = f"geloeschte-person-{user.pk}@geloescht.invalid"  # RFC 2606: no mail ever gets there
    user.first_name, user.last_name = "", _("gelöschte Person %(number)d") % {"number": user.pk}
    user.last_login = None
    user.set_unusable_password()
    user.save()
    _rename_in_admin_log(user)
    PeopleChange.objects.create(
        person=user, by=None, what=people.What.ACCOUNT, from_value="inactive", to_value="erased"
    )
    return done


def _rename_in_admin_log(user: User) -> None:
    """Django's log of the admin keeps the names of what was edited."""
    rows: list[Model] = [user, *Membership.objects.filter(user=user)]
    for model in (User, Membership):
        numbers = [str(row.pk) for row in rows if isinstance(row, model)]
        entries = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(model), object_id__in=numbers)
        entries.update(object_repr=str(user))


def _delete(rows: QuerySet) -> int:
    return rows.delete()[0]
