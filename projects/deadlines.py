"""Deadlines as a calendar that others subscribe to (RFC 5545): all-day events under names that stay."""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from .models import FundingProgramme

LONGEST_LINE = 75  # octets


def calendar(programmes: Iterable[FundingProgramme]) -> str:
    """The deadlines of these programmes, each as one event; lines end as the standard wants them."""
    name = _text(_("Integrationsmosaik: Antragsfristen"))
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Integrationsmosaik Niedersachsen//Fristen//DE",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"NAME:{name}",  # RFC 7986
        f"X-WR-CALNAME:{name}",  # what calendars knew before it
        "REFRESH-INTERVAL;VALUE=DURATION:P1D",
    ]
    for programme in programmes:
        lines += _event(programme)
    return "".join(_folded(line) for line in [*lines, "END:VCALENDAR"])


def _event(programme: FundingProgramme) -> list[str]:
    day = programme.deadline_on
    address = settings.SITE_URL + programme.get_absolute_url()
    checked = _("Zuletzt geprüft am %(day)s. Fristen ändern sich: Prüfen Sie beim Geldgeber.") % {
        "day": programme.checked_on.strftime("%d.%m.%Y")
    }
    # When the entry was last read, not when it was asked for: an unchanged calendar stays the same text.
    stamp = datetime.combine(programme.checked_on, time.min, UTC).strftime("%Y%m%dT%H%M%SZ")
    return [
        "BEGIN:VEVENT",
        f"UID:frist-{programme.first_slug}@{urlsplit(settings.SITE_URL).hostname}",
        f"DTSTAMP:{stamp}",
        f"LAST-MODIFIED:{stamp}",
        f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{_text(_('Antragsfrist: %(name)s') % {'name': programme.name})}",
        f"DESCRIPTION:{_text(chr(10).join(filter(None, [programme.provider, programme.deadline_note, checked])))}",
        f"URL:{address}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _text(value: str) -> str:
    """A value of type TEXT (section 3.3.11)."""
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\\n"), ("\r", "\\n"), ("\n", "\\n")):
        value = value.replace(plain, escaped)
    return value


def _folded(line: str) -> str:
    """The line in pieces of at most 75 octets, cut between characters; those after the first begin with a blank."""
    pieces, current = [], b""
    for char in line:
        encoded = char.encode()
        if len(current) + len(encoded) > LONGEST_LINE:
            pieces.append(current)
            current = b" "
        current += encoded
    return b"\r\n".join([*pieces, current]).decode() + "\r\n"
