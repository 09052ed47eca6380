"""Gesuche: every change of one and its effects, one function each; the only writer of `Enquiry.state`.

A Gesuch is public from its release until it expires, 90 days later, or until its municipality ends it. It may be
extended once, in its last days.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from municipalities.models import Municipality, User
from municipalities.people import Refused

from . import enquiry_letters, enquiry_matches
from .models import Enquiry, EnquiryState

LAST_DAYS = timedelta(days=14)  # in which it may be extended
WARNED_BEFORE = timedelta(days=7)
EDITABLE = (EnquiryState.SUBMITTED, EnquiryState.REJECTED)


# --- the municipality that looks for something ------------------------------------------------------------------------


def post(municipality: Municipality, *, by: User, values: Mapping[str, Any]) -> Enquiry:
    """Hands a Gesuch to the moderators. The same words sent twice, one after the other, are one."""
    plain, terms = _parts(values)
    with transaction.atomic():
        # Whoever posts for the municipality at the same moment waits, so that a double click finds the first.
        Municipality.objects.select_for_update(of=("self",), no_key=True).get(pk=municipality.pk)
        same = Enquiry.objects.filter(municipality=municipality, state=EnquiryState.SUBMITTED, **plain).first()
        enquiry = same or Enquiry.objects.create(municipality=municipality, created_by=by, **plain)
        _set_terms(enquiry, terms)
        return enquiry


def change(enquiry: Enquiry, *, by: User, values: Mapping[str, Any]) -> Enquiry:
    """What waits is edited, what was rejected is sent once more; what is public stays as it was released."""
    plain, terms = _parts(values)
    with transaction.atomic():
        enquiry = _lock(enquiry)
        if enquiry.state not in EDITABLE:
            raise Refused(_("Dieses Gesuch ist schon veröffentlicht oder beendet und lässt sich nicht mehr ändern."))
        for name, value in plain.items():
            setattr(enquiry, name, value)
        enquiry.state, enquiry.state_note = EnquiryState.SUBMITTED, ""
        enquiry.save()
        _set_terms(enquiry, terms)
        return enquiry


def extend(enquiry: Enquiry) -> Enquiry:
    """Once more as long as the first time, counted from the day on which it would have ended."""
    with transaction.atomic():
        enquiry = _lock(enquiry)
        if not can_be_extended(enquiry, timezone.localdate()):
            raise Refused(_("Verlängern lässt sich ein Gesuch einmal, in den letzten 14 Tagen."))
        enquiry.expires_on += Enquiry.OPEN_FOR
        enquiry.save()
        return enquiry


def can_be_extended(enquiry: Enquiry, today: date) -> bool:
    if enquiry.state != EnquiryState.PUBLISHED or not today <= enquiry.expires_on <= today + LAST_DAYS:
        return False
    return enquiry.expires_on == first_end(timezone.localdate(enquiry.published_at))


def first_end(published_on: date) -> date:
    """The last day on which a Gesuch that was released on this day is public."""
    return published_on + Enquiry.OPEN_FOR


def ran_out(enquiry: Enquiry) -> bool:
    """Of one that was public once: whether its time was over, and nobody had ended it before."""
    days = (enquiry.expires_on - timezone.localdate(enquiry.published_at)).days
    return days % Enquiry.OPEN_FOR.days == 0 and enquiry.expires_on < timezone.localdate()


def end(enquiry: Enquiry) -> Enquiry:
    """The municipality has found what it looked for, or looks no longer."""
    with transaction.atomic():
        enquiry = _lock(enquiry)
        if enquiry.state == EnquiryState.CLOSED:
            return enquiry
        if enquiry.state == EnquiryState.PUBLISHED:
            # The page says when it ended: today, unless its time was over already.
            enquiry.expires_on = min(enquiry.expires_on, timezone.localdate())
        enquiry.state = EnquiryState.CLOSED
        enquiry.save()
        return enquiry


# --- the desk ---------------------------------------------------------------------------------------------------------


def release(enquiry: Enquiry, *, by: User, seen: str | None = None) -> Enquiry:
    """A moderator lets everybody read it; the letter to the municipality names what the mosaic has already."""
    with transaction.atomic():
        enquiry = _lock(enquiry, seen)
        _waiting(enquiry)
        now = timezone.now()
        enquiry.state, enquiry.state_note, enquiry.published_at = EnquiryState.PUBLISHED, "", now
        enquiry.expires_on = first_end(timezone.localdate(now))
        enquiry.save()
        enquiry_letters.released(enquiry, enquiry_matches.best(enquiry))
        return enquiry


def reject(enquiry: Enquiry, *, by: User, note: str, seen: str | None = None) -> Enquiry:
    with transaction.atomic():
        enquiry = _lock(enquiry, seen)
        _waiting(enquiry)
        if not note.strip():
            raise Refused(_("Bitte geben Sie einen Grund an."))
        enquiry.state, enquiry.state_note = EnquiryState.REJECTED, note.strip()
        enquiry.save()
        enquiry_letters.rejected(enquiry)
        return enquiry


def token_of(enquiry: Enquiry) -> str:
    """What a moderator's form carries, so that a decision about what was edited meanwhile is recognised."""
    return enquiry_letters.digest(enquiry)


# --- every night ------------------------------------------------------------------------------------------------------


def warn_before_end(today: date) -> int:
    """Tells those whose Gesuch ends within a week, once for each end; returns how many letters are new."""
    ending = Enquiry.objects.published(today).filter(expires_on__lte=today + WARNED_BEFORE)
    rows = ending.select_related("municipality", "created_by").order_by("pk")
    return sum(enquiry_letters.ends_soon(enquiry, can_be_extended(enquiry, today)) for enquiry in rows)


def close_expired(today: date) -> int:
    """Marks as ended what is not public any more anyway; returns how many."""
    over = Enquiry.objects.filter(state=EnquiryState.PUBLISHED, expires_on__lt=today)
    return over.update(state=EnquiryState.CLOSED)


# --- the common part --------------------------------------------------------------------------------------------------


def _lock(enquiry: Enquiry, seen: str | None = None) -> Enquiry:
    rows = Enquiry.objects.select_for_update(of=("self",)).select_related("municipality", "created_by")
    found = rows.filter(pk=enquiry.pk).first()
    if found is None or (seen is not None and seen != token_of(found)):
        raise Refused(_("Das Gesuch wurde inzwischen geändert. Bitte prüfen Sie es noch einmal."))
    return found


def _waiting(enquiry: Enquiry) -> None:
    if enquiry.state != EnquiryState.SUBMITTED:
        raise Refused(_("Über dieses Gesuch ist schon entschieden."))


def _parts(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    terms = {name: values[name] for name in ("topics", "target_groups")}
    return {name: values[name] for name in ("title", "text")}, terms


def _set_terms(enquiry: Enquiry, terms: Mapping[str, Any]) -> None:
    for name, chosen in terms.items():
        getattr(enquiry, name).set(chosen)
