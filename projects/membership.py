"""Decisions about memberships with the letters they cause, in one transaction; people.py has the decisions themselves.

For views and admin. The functions take what those of `municipalities.people` take.
"""

from typing import Any

from django.conf import settings
from django.db import transaction

from municipalities import people
from municipalities.models import Membership, User

from . import emails


def ask(user: User, **request: Any) -> Membership:
    """Asks for a membership and tells whoever may decide."""
    with transaction.atomic():
        membership = people.ask(user, **request)
        emails.membership_asked(membership)
        return membership


def grant(membership: Membership, *, by: User | None, **rights: Any) -> Membership:
    with transaction.atomic():
        return _decided(people.grant(membership, by=by, **rights))


def decline(membership: Membership, *, by: User | None, note: str = "") -> Membership:
    with transaction.atomic():
        return _decided(people.decline(membership, by=by, note=note))


def end(membership: Membership, *, by: User | None, note: str = "") -> Membership:
    """Ends a membership; whoever ends their own gets no letter about it."""
    with transaction.atomic():
        ended = people.end(membership, by=by, note=note)
        return ended if by == ended.user else _decided(ended)


def _decided(membership: Membership) -> Membership:
    emails.membership_decided(membership)
    return membership


def has_official_address(membership: Membership) -> bool:
    """Whether the mail domain is known to the operator as this body's; shown beside the request, grants nothing."""
    return people.has_official_address(membership, official_domains(settings.OFFICIAL_MAIL_DOMAINS))


def official_domains(text: str) -> dict[str, tuple[str, ...]]:
    """Mail domains by key of a municipality or value of a host, from lines such as `034545407: soegel.de`."""
    lines = (line.partition(":") for line in text.replace(";", "\n").splitlines())
    return {key.strip(): tuple(domains.lower().split()) for key, _colon, domains in lines if key.strip()}
