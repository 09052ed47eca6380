"""The people who act for municipalities and hosts: who may decide about whom; every change has its line in the log.

The only writer of `Membership.state`, of roles and of what follows from them for an account. Writes no letters.
Everywhere `by=None` is the operator at the command line, who may do everything.
"""

from collections.abc import Iterable

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .models import (
    Kind,
    Membership,
    MembershipState,
    Municipality,
    PeopleChange,
    Role,
    User,
)

MOST_OPEN_REQUESTS = 5  # of one person; more are not a clerk's but a mistake or mischief
MODERATORS = "Moderation"  # the group that carries what moderators may see in the admin
MUNICIPAL_ROLES = (Role.MEMBER, Role.COORDINATOR)


class What(models.TextChoices):
    """What a line of the log of people is about."""

    MEMBERSHIP = "membership", _("Mitgliedschaft")
    ROLE = "role", _("Rolle")
    INCLUDES_MEMBERS = "includes_members", _("Auch für die Mitgliedsgemeinden")
    DESK = "desk", _("Zugang zur Verwaltung")
    ADMINISTRATOR = "administrator", _("Administration")
    ACCOUNT = "account", _("Konto")
    SECOND_FACTOR = "second_factor", _("Zweiter Faktor")


class Refused(Exception):  # noqa: N818 - not an error: somebody gets an answer
    """Not possible as things stand; the text is a German sentence for the person who tried."""


# --- who may ----------------------------------------------------------------------------------------------------------


def may_decide(by: User | None, membership: Membership) -> bool:
    """Administrators about everybody, coordinators about the people of their municipality, nobody about themselves."""
    if by is None:
        return True
    if not by.is_active or by.pk == membership.user_id:
        return False
    if by.is_superuser:
        return True
    own = Membership.objects.granted().filter(user=by, role=Role.COORDINATOR, municipality__isnull=False)
    return own.filter(municipality=membership.municipality_id).exists()


def may_include_members(by: User | None) -> bool:
    """Acting for the members of a Samtgemeinde is granted by administrators: the members agreed to it elsewhere."""
    return by is None or (by.is_active and by.is_superuser)


def belongs_to_desk(user: User) -> bool:
    """Whether the person works in the admin: administrators, and moderators of a host."""
    if not user.is_active:
        return False
    return user.is_superuser or Membership.objects.granted().filter(user=user, role=Role.MODERATOR).exists()


# --- memberships ------------------------------------------------------------------------------------------------------


def ask(
    user: User, *, municipality: Municipality | None = None, host: str = "", organisation: str = "", note: str = ""
) -> Membership:
    """The person asks to act for a municipality, or to moderate for a host."""
    with transaction.atomic():
        user = _locked_people(user)[user.pk]
        _check_request(user, municipality, host)
        role = Role.MODERATOR if host else Role.MEMBER
        membership = Membership(
            user=user, municipality=municipality, host=host, role=role, organisation=organisation, note=note
        )
        membership.full_clean()
        membership.save()
        _log(user, user, What.MEMBERSHIP, "", MembershipState.ASKED, membership=membership, note=note)
        return membership


def _check_request(user: User, municipality: Municipality | None, host: str) -> None:
    """What the constraints of the table cannot say, or not in a sentence that helps."""
    open_ones = list(Membership.objects.open().filter(user=user))
    if not user.is_active:
        raise Refused(_("Dieses Konto ist gesperrt."))
    if any(
        one.municipality_id == (municipality.pk if municipality else None) and one.host == host for one in open_ones
    ):
        raise Refused(_("Dafür gibt es schon eine Anfrage oder Mitgliedschaft von Ihnen."))
    if host and any(one.host for one in open_ones):
        raise Refused(_("Moderieren können Sie nur für einen Verband."))
    if municipality and (municipality.closed_on or municipality.kind == Kind.UNINCORPORATED_AREA):
        raise Refused(_("Für diese Kommune können keine Projekte eingereicht werden."))
    if sum(one.state == MembershipState.ASKED for one in open_ones) >= MOST_OPEN_REQUESTS:
        raise Refused(_("Sie haben schon mehrere offene Anfragen. Bitte warten Sie, bis darüber entschieden ist."))


def grant(
    membership: Membership, *, by: User | None, role: str | None = None, includes_members: bool = False, note: str = ""
) -> Membership:
    """Whoever asked may act from now on, in this role; without `role` in the one that was asked for."""
    with transaction.atomic():
        membership = _locked(membership, by, MembershipState.ASKED)
        if not membership.user.is_active:
            raise Refused(_("Das Konto dieser Person ist gesperrt."))
        _set_rights(membership, by, role or membership.role, includes_members)
        _set_state(membership, MembershipState.GRANTED, by, note)
        _keep_desk_in_step(membership.user, by)
        return membership


def decline(membership: Membership, *, by: User | None, note: str = "") -> Membership:
    """The request is answered with no; the person may ask again."""
    with transaction.atomic():
        return _set_state(_locked(membership, by, MembershipState.ASKED), MembershipState.DECLINED, by, note)


def change(membership: Membership, *, by: User | None, role: str, includes_members: bool = False) -> Membership:
    """Another role, or another reach, for somebody who acts already."""
    with transaction.atomic():
        membership = _locked(membership, by, MembershipState.GRANTED)
        _set_rights(membership, by, role, includes_members)
        membership.full_clean()
        membership.save()
        return membership


def end(membership: Membership, *, by: User | None, note: str = "") -> Membership:
    """The membership is over; what was made under it stays with the municipality. People may leave by themselves, and
    take back what they asked for.
    """
    with transaction.atomic():
        own = by is not None and by.pk == membership.user_id
        expected = (MembershipState.ASKED, MembershipState.GRANTED) if own else (MembershipState.GRANTED,)
        membership = _locked(membership, by, *expected, own_allowed=True)
        _set_state(membership, MembershipState.ENDED, by, note)
        _keep_desk_in_step(membership.user, by)
        return membership


def _set_rights(membership: Membership, by: User | None, role: str, includes_members: bool) -> None:
    """Role and reach, each with its line in the log; the caller saves."""
    if membership.municipality_id and role not in MUNICIPAL_ROLES:
        raise Refused(_("Diese Rolle gibt es in einer Kommune nicht."))
    if includes_members and (not membership.municipality or membership.municipality.kind != Kind.JOINT_MUNICIPALITY):
        raise Refused(_("Mitgliedsgemeinden hat nur eine Samtgemeinde."))
    if includes_members != membership.includes_members and not may_include_members(by):
        raise PermissionDenied
    before = membership.role, membership.includes_members
    membership.role, membership.includes_members = role, includes_members
    for what, old, new in zip((What.ROLE, What.INCLUDES_MEMBERS), before, (role, includes_members), strict=True):
        if old != new:
            _log(membership.user, by, what, str(old), str(new), membership=membership)


def _set_state(membership: Membership, state: str, by: User | None, note: str) -> Membership:
    before, membership.state, membership.decided_at = membership.state, state, timezone.now()
    membership.full_clean()
    membership.save()
    _log(membership.user, by, What.MEMBERSHIP, before, state, membership=membership, note=note)
    return membership


# --- accounts ---------------------------------------------------------------------------------------------------------


def deactivate(user: User, *, by: User | None, note: str = "") -> User:
    """The person leaves: no way in any more, every session and membership ends, what they wrote stays."""
    with transaction.atomic():
        user = _locked_account(user, by, own_allowed=True)
        if not user.is_active:
            raise Refused(_("Dieses Konto ist schon gesperrt."))
        if user.is_superuser:
            _set_administrator(user, False, by)
        for membership in Membership.objects.open().filter(user=user).select_related("municipality"):
            membership.user = user
            _set_state(membership, MembershipState.ENDED, by, note)
        user.is_active = False
        user.save(update_fields=["is_active"])
        _log(user, by, What.ACCOUNT, "active", "inactive", note=note)
        _keep_desk_in_step(user, by)
        _end_sessions(user)
        return user


def reactivate(user: User, *, by: User | None, note: str = "") -> User:
    """The person may sign in again; memberships have to be asked for anew."""
    with transaction.atomic():
        user = _locked_account(user, by)
        if user.is_active:
            raise Refused(_("Dieses Konto ist nicht gesperrt."))
        user.is_active = True
        user.save(update_fields=["is_active"])
        _log(user, by, What.ACCOUNT, "inactive", "active", note=note)
        return user


def set_administrator(user: User, is_administrator: bool, *, by: User | None) -> User:
    """Makes somebody an administrator, or ends that."""
    with transaction.atomic():
        user = _locked_account(user, by)
        if not user.is_active:
            raise Refused(_("Das Konto dieser Person ist gesperrt."))
        if user.is_superuser != is_administrator:
            _set_administrator(user, is_administrator, by)
            _keep_desk_in_step(user, by)
        return user


def forget_second_factor(user: User, *, by: User | None, note: str) -> User:
    """For somebody who lost telephone and codes: they sign in with the password and set up anew. Ends all sessions."""
    with transaction.atomic():
        user = _locked_account(user, by)
        Authenticator.objects.filter(user=user).delete()
        _log(user, by, What.SECOND_FACTOR, "set", "forgotten", note=note)
        _end_sessions(user)
        return user


def _set_administrator(user: User, is_administrator: bool, by: User | None) -> None:
    """Saves and logs. Somebody has to be left who can let others in."""
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk)
    if not is_administrator and not others.exists():
        raise Refused(_("Das ist das letzte Konto der Administration. Ernennen Sie zuerst eine andere Person."))
    before, user.is_superuser = user.is_superuser, is_administrator
    user.save(update_fields=["is_superuser"])
    _log(user, by, What.ADMINISTRATOR, str(before), str(is_administrator))


def _end_sessions(user: User) -> None:
    """Now, and not at the next request: a session of a locked account finds nobody anyway."""
    for session in UserSession.objects.filter(user=user):
        session.end()


# --- what follows, and the log ----------------------------------------------------------------------------------------


def _keep_desk_in_step(user: User, by: User | None) -> None:
    """Django's flag and the group of the moderators follow from the memberships; nobody sets them by hand."""
    is_moderator = Membership.objects.granted().filter(user=user, role=Role.MODERATOR).exists()
    if is_moderator:
        user.groups.add(moderators())
    else:
        user.groups.remove(*Group.objects.filter(name=MODERATORS))
    works_there = belongs_to_desk(user)
    if user.is_staff != works_there:
        user.is_staff = works_there
        user.save(update_fields=["is_staff"])
        _log(user, by, What.DESK, str(not works_there), str(works_there))


def moderators() -> Group:
    """The group that sees everything of the portal, but no account, no letter and no secret."""
    group, _created = Group.objects.get_or_create(name=MODERATORS)
    foreign = ("account", "admin", "auth", "contenttypes", "mfa", "sessions", "usersessions")
    hidden = Q(content_type__app_label__in=foreign) | Q(content_type__model__in=("user", "letter"))
    group.permissions.set(Permission.objects.filter(codename__startswith="view_").exclude(hidden))
    return group


def _locked_people(*people: User | None, and_administrators: bool = False) -> dict[int, User]:
    """The accounts as they are now. Whoever changes a membership holds both persons' rows, always in this order, so
    that nobody's rights end while they use them, and two who end each other do not wait for ever.
    """
    wanted = Q(pk__in=[person.pk for person in people if person])
    if and_administrators:
        wanted |= Q(is_superuser=True)
    return {row.pk: row for row in User.objects.select_for_update(no_key=True).filter(wanted).order_by("pk")}


def _locked(membership: Membership, by: User | None, *expected: str, own_allowed: bool = False) -> Membership:
    """The membership as it is now, if `by` may decide about it and it is in one of the expected states."""
    people = _locked_people(membership.user, by)
    locked = Membership.objects.select_for_update(of=("self",)).select_related("municipality").get(pk=membership.pk)
    locked.user = people[locked.user_id]
    actor = people[by.pk] if by else None
    is_own = own_allowed and actor is not None and actor.is_active and actor.pk == locked.user_id
    if not is_own and not may_decide(actor, locked):
        raise PermissionDenied
    if locked.state not in expected:
        raise Refused(
            _("Das geht nicht mehr: Der Stand ist jetzt „%(state)s“.") % {"state": locked.get_state_display()}
        )
    return locked


def _locked_account(user: User, by: User | None, *, own_allowed: bool = False) -> User:
    """The account as it is now, if `by` is an administrator (and somebody else) or, where allowed, the person."""
    people = _locked_people(user, by, and_administrators=True)
    actor = people[by.pk] if by else None
    is_own = actor is not None and actor.pk == user.pk
    if actor and not (actor.is_active and (own_allowed if is_own else actor.is_superuser)):
        raise PermissionDenied
    return people[user.pk]


def _log(
    person: User,
    by: User | None,
    what: What,
    before: str,
    after: str,
    *,
    membership: Membership | None = None,
    note: str = "",
) -> None:
    PeopleChange.objects.create(
        by=by, person=person, membership=membership, what=what, from_value=before, to_value=after, note=note
    )


# --- official mail domains --------------------------------------------------------------------------------------------


def has_official_address(membership: Membership, domains: dict[str, Iterable[str]]) -> bool:
    """Whether the person's mail domain is known as one of this body; a hint for whoever decides, it grants nothing.

    `domains` maps the key of a municipality, or the value of a host, to its mail domains.
    """
    body = membership.municipality.key if membership.municipality else membership.host
    domain = membership.user.email.rpartition("@")[2]
    return any(domain == known or domain.endswith(f".{known}") for known in domains.get(body, ()))
