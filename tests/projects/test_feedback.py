"""Reporting a barrier: stored whatever the mail server does, for anyone, without a cookie."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from municipalities.models import User
from projects import feedback, outbox
from projects.models import BarrierReport, Letter

URL = "/barriere-melden/"
TEXT = "Die Karte liest mein Vorleseprogramm nicht vor."

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _operator(settings) -> None:
    settings.OPERATOR_EMAIL = "mosaik@example.org"
    settings.OPERATOR_PHONE = "0000 123456"
    cache.clear()


def report(**fields):
    return Client(enforce_csrf_checks=True).post(URL, {"text": TEXT, **fields})


def flat(response) -> str:
    return " ".join(response.content.decode().split())


def test_report_is_stored_and_thanked_for():
    response = report(page="/kommunen/", name="Erika Muster", reply_to="erika@example.org")
    assert response.status_code == 302
    assert response.url == f"{URL}?gesendet=1"
    stored = BarrierReport.objects.get()
    assert (stored.page, stored.text, stored.name, stored.reply_to) == (
        "/kommunen/",
        TEXT,
        "Erika Muster",
        "erika@example.org",
    )
    assert not stored.is_done
    assert "Danke für Ihre Meldung" in flat(Client().get(response.url))


def test_report_without_name_is_as_good():
    assert report().status_code == 302
    assert BarrierReport.objects.get().reply_to == ""


def test_nobody_gets_a_cookie():
    for response in (Client().get(URL), Client().get(f"{URL}?gesendet=1"), report(), report(text="")):
        assert not response.cookies


def test_operator_is_told_by_a_plain_letter():
    report(page="/kommunen/", reply_to="erika@example.org")
    letter = Letter.objects.get()
    assert letter.to == "mosaik@example.org"
    assert letter.reply_to == "erika@example.org"
    assert letter.subject == f"Barriere gemeldet (Nr. {BarrierReport.objects.get().pk})"
    assert TEXT in letter.body
    assert "&" not in letter.body
    assert reverse("admin:projects_barrierreport_change", args=[BarrierReport.objects.get().pk]) in letter.body


def test_letter_shows_what_was_typed_unescaped():
    report(text="„<b>“ & 'so'")
    assert "„<b>“ & 'so'" in Letter.objects.get().body


def test_report_and_letter_are_stored_together():
    report()
    assert Letter.objects.get().sent_at is None
    assert mail.outbox == []


@pytest.mark.check("S21")
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", "%0a", "\u2028"])
def test_headers_cannot_be_injected(line_end):
    report(name=f"Erika{line_end}Bcc: x@example.org", reply_to=f"erika@example.org{line_end}Bcc: x@example.org")
    report(page=f"/{line_end}Bcc: x@example.org", name=f"Erika{line_end}Bcc: x@example.org")
    outbox.send_due()
    assert [letter.recipients() for letter in mail.outbox] == [["mosaik@example.org"]]
    assert "\n" not in BarrierReport.objects.get().name


def test_page_address_is_filled_in_from_the_link():
    assert 'value="/projekte/?topic=housing"' in flat(Client().get(URL, {"seite": "/projekte/?topic=housing"}))


@pytest.mark.parametrize("page", ["\u202e/projekte/", "x" * 100_000, '"><script>', "\ud83d"])
def test_odd_page_address_in_the_link_does_no_harm(page):
    response = Client().get(URL, {"seite": page.encode("utf-8", "replace")})
    assert response.status_code == 200
    assert b"<script>" not in response.content


def test_missing_description_is_explained_and_input_is_kept():
    response = report(text=" \n ", page="/kommunen/", name="Erika Muster")
    html = flat(response)
    assert response.status_code == 200
    assert "<title>Fehler: Barriere melden" in html
    assert '<a href="#id_text">Beschreibung der Barriere: Bitte beschreiben Sie die Barriere.</a>' in html
    assert html.index('class="error-summary"') < html.index("<h1>")
    assert 'value="/kommunen/"' in html
    assert 'value="Erika Muster"' in html
    assert not BarrierReport.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", "x" * 100_000),
        ("page", "x" * 100_000),
        ("name", "x" * 100_000),
        ("reply_to", "x" * 100_000 + "@example.org"),
        ("text", "a\u202eb"),
        ("reply_to", "keine Adresse"),
    ],
)
def test_input_that_cannot_be_stored_is_answered_on_the_form(field, value):
    response = report(**{field: value})
    assert response.status_code == 200
    assert f'href="#id_{field}"' in flat(response)
    assert value[:50] in flat(response)


def test_nul_is_answered_and_never_an_error():
    assert report(text="a\0b").status_code in (200, 400)
    assert not BarrierReport.objects.exists()


def test_trap_asks_again_instead_of_dropping_the_report():
    response = report(homepage="https://spam.example")
    assert "Ein verstecktes Prüffeld war ausgefüllt." in flat(response)
    assert TEXT in flat(response)
    assert "spam.example" not in flat(response)
    assert not BarrierReport.objects.exists()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 302),
        ({"Sec-Fetch-Site": "none"}, 302),
        ({"Origin": "http://testserver"}, 302),
        ({}, 302),
    ],
)
def test_posts_from_other_sites_are_refused(headers, status):
    response = Client(headers=headers).post(URL, {"text": TEXT})
    assert response.status_code == status
    assert BarrierReport.objects.count() == (status == 302)


@pytest.mark.check("S22")
def test_too_many_reports_are_asked_to_wait():
    for _report in range(feedback.REPORTS_PER_VISITOR):
        assert report().status_code == 302
    response = report(name="Erika Muster")
    assert response.status_code == 429
    assert "in einer Stunde noch einmal" in flat(response)
    assert TEXT in flat(response)
    assert BarrierReport.objects.count() == feedback.REPORTS_PER_VISITOR
    assert Client(REMOTE_ADDR="192.0.2.7").post(URL, {"text": TEXT}).status_code == 302


def test_mistakes_take_no_turn():
    for _mistake in range(feedback.REPORTS_PER_VISITOR + 1):
        report(text="")
    assert report().status_code == 302


def test_household_with_ipv6_is_one_visitor():
    for number in range(feedback.REPORTS_PER_VISITOR):
        assert feedback.take_turn(f"2001:db8:1:2::{number}")
    assert not feedback.take_turn("2001:db8:1:2:ffff::1")
    assert feedback.take_turn("2001:db8:1:3::1")


def test_turns_are_counted_without_an_address_too():
    assert [feedback.take_turn("") for _turn in range(6)] == [True] * 5 + [False]


def test_old_reports_are_deleted_done_or_not():
    for days, is_done in ((366, False), (366, True), (364, False)):
        old = BarrierReport.objects.create(text=TEXT, is_done=is_done)
        BarrierReport.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=days))
    call_command("delete_old_data")
    assert BarrierReport.objects.count() == 1


@pytest.mark.parametrize("text", ["", "x" * 5001])
def test_database_refuses_empty_and_endless_reports(text):
    with pytest.raises(IntegrityError), transaction.atomic():
        BarrierReport.objects.create(text=text)


def test_desk_lists_reports_and_takes_no_new_ones(admin_client, admin_user):
    Authenticator.objects.create(user=admin_user, type=Authenticator.Type.TOTP, data={"secret": "JBSWY3DPEHPK3PXP"})
    stored = BarrierReport.objects.create(text=TEXT, page="/kommunen/")
    assert TEXT in flat(admin_client.get(reverse("admin:projects_barrierreport_changelist")))
    assert admin_client.get(reverse("admin:projects_barrierreport_add")).status_code == 403
    change = reverse("admin:projects_barrierreport_change", args=[stored.pk])
    admin_client.post(change, {"is_done": "on", "text": "anders"})
    stored.refresh_from_db()
    assert (stored.is_done, stored.text) == (True, TEXT)


def test_signed_in_people_report_like_everyone_else(client):
    client.force_login(User.objects.create_user("erika@example.org"))
    assert client.post(URL, {"text": TEXT}).status_code == 302
