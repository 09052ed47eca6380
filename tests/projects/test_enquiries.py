"""Gesuche: every verb with its letters, their end after 90 days, what is kept of them."""

from datetime import date, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone
from zeal import zeal_ignore

from municipalities.models import MembershipState
from projects import enquiries, personal_data
from projects.models import Adoption, Enquiry, EnquiryState, Interest, Letter, Status
from tests.factories import make_municipality, make_project, make_topic
from tests.projects.steps import make_member, make_moderator, project_in

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 2, 10, 0, tzinfo=timezone.get_default_timezone())
LAST_DAY = date(2026, 5, 31)  # 90 days later


@pytest.fixture(autouse=True)
def _several_steps_in_one_test():
    with zeal_ignore():
        yield


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def seeker():
    return make_member("suchende", make_municipality(name="Suchhausen"))


def posted(person, **values) -> Enquiry:
    topics = [make_topic("housing")]
    defaults = {"title": "Wer hat Wohnungen?", "text": "Wir suchen Erfahrung.", "topics": topics, "target_groups": []}
    return enquiries.post(person.memberships.get().municipality, by=person, values={**defaults, **values})


def letters(start: str) -> list[Letter]:
    return list(Letter.objects.filter(key__startswith=start).order_by("pk"))


def run_nightly() -> str:
    out = StringIO()
    call_command("close_enquiries", stdout=out)
    return out.getvalue()


def test_released_for_ninety_days_with_what_fits_in_the_letter(clock, seeker):
    fitting = project_in(Status.PUBLISHED, title="Häuser für alle")
    enquiry = enquiries.release(posted(seeker), by=None)
    assert (enquiry.state, enquiry.expires_on) == (EnquiryState.PUBLISHED, LAST_DAY)
    (letter,) = letters("enquiry-released")
    assert letter.to == "suchende@example.org"
    assert "Häuser für alle" in letter.body
    assert fitting.get_absolute_url() in letter.body
    assert list(Enquiry.objects.published(LAST_DAY)) == [enquiry]
    assert not Enquiry.objects.published(LAST_DAY + timedelta(1))


def test_letter_says_when_nothing_fits(seeker):
    enquiries.release(posted(seeker), by=None)
    assert "gibt es im Mosaik noch nicht" in letters("enquiry-released")[0].body


def test_same_words_sent_twice_are_one(seeker):
    assert posted(seeker) == posted(seeker)
    posted(seeker, title="Etwas anderes")
    assert Enquiry.objects.count() == 2


def test_rejected_with_a_reason_and_sent_once_more(seeker):
    enquiry = posted(seeker)
    with pytest.raises(enquiries.Refused, match="Grund"):
        enquiries.reject(enquiry, by=None, note="")
    enquiry = enquiries.reject(enquiry, by=None, note="Bitte genauer.")
    assert "Bitte genauer." in letters("enquiry-rejected")[0].body
    values = {"title": "Neu", "text": "Genauer.", "topics": [make_topic("language")], "target_groups": []}
    enquiry = enquiries.change(enquiry, by=seeker, values=values)
    assert (enquiry.state, enquiry.state_note, enquiry.title) == (EnquiryState.SUBMITTED, "", "Neu")
    assert [topic.slug for topic in enquiry.topics.all()] == ["language"]
    enquiry = enquiries.release(enquiry, by=None)
    for verb in (lambda: enquiries.release(enquiry, by=None), lambda: enquiries.reject(enquiry, by=None, note="x")):
        with pytest.raises(enquiries.Refused, match="schon entschieden"):
            verb()
    with pytest.raises(enquiries.Refused, match="nicht mehr ändern"):
        enquiries.change(enquiry, by=seeker, values=values)


def test_decision_about_what_was_edited_meanwhile_is_refused(seeker):
    enquiry = posted(seeker)
    seen = enquiries.token_of(enquiry)
    values = {"title": "Neu", "text": "Neu", "topics": [make_topic("language")], "target_groups": []}
    enquiries.change(enquiry, by=seeker, values=values)
    with pytest.raises(enquiries.Refused, match="inzwischen geändert"):
        enquiries.release(enquiry, by=None, seen=seen)


def test_a_week_before_its_end_a_letter_then_it_ends_by_itself(clock, seeker):
    enquiry = enquiries.release(posted(seeker), by=None)
    clock.move_to(START + timedelta(82))
    run_nightly()
    assert not letters("enquiry-ends-soon")
    clock.move_to(START + timedelta(83))
    for _twice in range(2):
        run_nightly()
    (letter,) = letters("enquiry-ends-soon")
    assert "verlängern Sie es mit einem Klick" in letter.body
    clock.move_to(START + timedelta(90))
    run_nightly()
    assert Enquiry.objects.get().state == EnquiryState.PUBLISHED
    clock.move_to(START + timedelta(91))
    assert "Beendet: 1" in run_nightly()
    enquiry.refresh_from_db()
    assert enquiry.state == EnquiryState.CLOSED
    assert enquiries.ran_out(enquiry)


def test_extended_once_in_its_last_days(clock, seeker):
    enquiry = enquiries.release(posted(seeker), by=None)
    clock.move_to(START + timedelta(75))
    with pytest.raises(enquiries.Refused):
        enquiries.extend(enquiry)
    clock.move_to(START + timedelta(76))
    enquiry = enquiries.extend(enquiry)
    assert enquiry.expires_on == LAST_DAY + timedelta(90)
    clock.move_to(START + timedelta(175))
    with pytest.raises(enquiries.Refused):
        enquiries.extend(enquiry)
    run_nightly()
    assert "stellen Sie gern ein neues ein" in letters("enquiry-ends-soon")[0].body


def test_ended_by_its_municipality_at_any_time(clock, seeker):
    for state in (EnquiryState.SUBMITTED, EnquiryState.REJECTED):
        enquiry = posted(seeker, title=f"Gesuch {state}")
        Enquiry.objects.filter(pk=enquiry.pk).update(state=state)
        assert enquiries.end(enquiry).state == EnquiryState.CLOSED
    enquiry = enquiries.release(posted(seeker), by=None)
    clock.move_to(START + timedelta(10))
    enquiry = enquiries.end(enquiry)
    assert enquiry.expires_on == timezone.localdate()
    assert enquiries.end(enquiry) == enquiry
    clock.move_to(START + timedelta(20))
    assert not enquiries.ran_out(enquiry)


def test_whoever_has_left_hands_over_to_the_municipality(seeker):
    enquiry = posted(seeker)
    make_member("kollegin", enquiry.municipality)
    seeker.memberships.update(state=MembershipState.ENDED)
    enquiries.release(enquiry, by=None)
    assert [letter.to for letter in letters("enquiry-released")] == ["kollegin@example.org"]


def test_deleted_a_year_after_its_end(clock, seeker):
    ended = enquiries.release(posted(seeker), by=None)
    waiting = posted(seeker, title="Wartet")
    enquiries.reject(posted(seeker, title="Abgelehnt"), by=None, note="Nein")
    clock.move_to(START + timedelta(91))
    run_nightly()
    clock.move_to(START + timedelta(366))
    call_command("delete_old_data", stdout=StringIO())
    assert set(Enquiry.objects.all()) == {ended, waiting}
    clock.move_to(START + timedelta(457))
    call_command("delete_old_data", stdout=StringIO())
    assert set(Enquiry.objects.all()) == {waiting}


def test_personal_data_are_handed_out_and_deleted(seeker):
    posted(seeker)
    project = make_project(status=Status.PUBLISHED)
    body = seeker.memberships.get().municipality
    Adoption.objects.create(project=project, municipality=body, stated_by=seeker, what="Alles")
    Interest.objects.create(project=project, municipality=body, by=seeker)
    found = personal_data.export("suchende@example.org")
    assert found["Gesuche"][0]["Was Sie suchen"] == "Wer hat Wohnungen?"
    assert found["Eingetragene Nachahmungen"][0]["Was übernommen wurde"] == "Alles"
    assert len(found["Interesse an Nachahmung"]) == 1
    personal_data.erase("suchende@example.org")
    assert not Interest.objects.exists()
    assert Adoption.objects.get().stated_by is None
    assert "suchende" not in str(Enquiry.objects.get().created_by)


def test_moderators_are_reminded_of_what_waits_for_a_week(clock, seeker):
    make_moderator()
    posted(seeker)
    clock.move_to(START + timedelta(6))
    call_command("remind_moderators", stdout=StringIO())
    assert not letters("reminder")
    clock.move_to(START + timedelta(8))
    for _twice in range(2):
        call_command("remind_moderators", stdout=StringIO())
    (letter,) = letters("reminder")
    assert "eine Nachahmung oder ein Gesuch wartet seit mehr als 7 Tagen." in letter.body
