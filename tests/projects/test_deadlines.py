"""Deadlines of programmes as a calendar that others subscribe to (RFC 5545)."""

from datetime import date

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from projects import deadlines
from projects.models import FundingProgramme


def make_programme(**fields) -> FundingProgramme:
    values = {"name": "Programm", "provider": "Land", "level": "state", "description": "…", **fields}
    return FundingProgramme.objects.create(**{"checked_on": date(2026, 11, 22), **values})


def events(text: str) -> list[dict[str, str]]:
    """The events of a calendar, read by hand as RFC 5545 says: unfold, split, take the escapes back."""
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    lines = text.replace("\r\n ", "").split("\r\n")[:-1]
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    assert {"VERSION:2.0", "CALSCALE:GREGORIAN"} < set(lines)
    found: list[dict[str, str]] = []
    for line in lines:
        name, _colon, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            found.append({})
        elif found and name not in ("END",):
            found[-1][name] = unescaped(value)
    return found


def unescaped(value: str) -> str:
    plain, rest = "", iter(value)
    for char in rest:
        if char == "\\":
            following = next(rest)
            assert following in "\\;,n", value
            plain += "\n" if following == "n" else following
        else:
            plain += char
    return plain


@pytest.mark.django_db
def test_calendar_has_an_all_day_event_for_each_known_deadline():
    make_programme(
        slug="wettbewerb",
        name="Wettbewerb; „Größe“, \\ Mut " + "ä" * 90,
        deadline_on=date(2027, 12, 31),
        deadline_note="Erste Zeile\nZweite, Zeile",
    )
    make_programme(slug="ohne")
    make_programme(slug="beendet", deadline_on=date(2027, 1, 1), is_running=False)
    response = Client().get("/foerderung/fristen.ics")
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    [event] = events(response.content.decode())
    assert event["UID"] == "frist-wettbewerb@testserver"
    assert event["DTSTART;VALUE=DATE"] == "20271231"
    assert event["DTEND;VALUE=DATE"] == "20280101"
    assert event["DTSTAMP"] == "20261122T000000Z"
    assert event["SUMMARY"] == "Antragsfrist: Wettbewerb; „Größe“, \\ Mut " + "ä" * 90
    assert event["DESCRIPTION"].startswith("Land\nErste Zeile\nZweite, Zeile\nZuletzt geprüft am 22.11.2026.")
    assert event["URL"] == "http://testserver/foerderung/wettbewerb/"
    assert Client().get("/foerderung/fristen.ics").content == response.content


@hypothesis_settings(derandomize=True, deadline=None, max_examples=100)
@given(name=st.text(alphabet='aä€😀;,\\:\n\r "', max_size=180))
def test_any_name_survives_folding_and_escaping(name):
    programme = FundingProgramme(
        slug="x", name=name, provider="Land", deadline_on=date(2027, 1, 31), checked_on=date(2026, 11, 22)
    )
    [event] = events(deadlines.calendar([programme]))
    assert event["SUMMARY"] == "Antragsfrist: " + name.replace("\r\n", "\n").replace("\r", "\n")


def test_shipped_calendar_is_valid(client, examples):
    found = events(client.get("/foerderung/fristen.ics").content.decode())
    assert {event["UID"] for event in found} == {"frist-gute-nachbarschaft@testserver", "frist-dsee@testserver"}
