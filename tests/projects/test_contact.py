"""Writing to a contact who stays unknown: who may be written to, what arrives, what is kept (S18, S21, S22)."""

import unicodedata
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from zeal import zeal_ignore

from municipalities.models import User
from projects import outbox, relay
from projects.models import Contact, ContactLevel, Letter, Project, Status
from tests.factories import make_project

TEXT = "Guten Tag, wie haben Sie den Treff am Anfang bezahlt?"
SENDER = "erika@example.org"
OFFICE = "integration@stadt.example"
ODD = st.text(alphabet=st.sampled_from("aé\u0301\n\r\t\0\u202e\u2066\u200b\u2028\x85<&\"'@. 😀\x1b"), max_size=60)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_turns_taken():
    cache.clear()
    with zeal_ignore():
        yield


@pytest.fixture
def project() -> Project:
    return project_of(Contact(public_level=ContactLevel.FUNCTION, email=OFFICE))


def project_of(contact: Contact, **fields) -> Project:
    contact.function, contact.organisation = "Büro für Integration", "Stadt Musterstadt"
    contact.save()
    return make_project(**{"status": Status.PUBLISHED, "title": "Café „Welt“ & mehr", "contact": contact, **fields})


def path(project: Project) -> str:
    return f"{project.get_absolute_url()}kontakt/"


def write(project: Project, client: Client | None = None, **fields):
    client = client or Client(enforce_csrf_checks=True)
    return client.post(path(project), {"name": "Erika Muster", "sender": SENDER, "text": TEXT, **fields})


def flat(response) -> str:
    return " ".join(response.content.decode().split())


def test_message_reaches_the_contact_and_is_thanked_for(project):
    response = write(project)
    assert (response.status_code, response.url) == (302, f"{path(project)}?gesendet=1")
    assert "Ihre Nachricht ist unterwegs" in flat(Client().get(response.url))
    letter = Letter.objects.get()
    assert (letter.to, letter.reply_to) == (OFFICE, SENDER)
    assert letter.subject == "Nachricht zu „Café „Welt“ & mehr“"
    for part in (TEXT, "Erika Muster", SENDER, f"http://testserver{project.get_absolute_url()}"):
        assert part in letter.body
    assert "{" not in letter.body
    assert mail.outbox == []


def test_copy_goes_to_the_sender_without_the_contact_s_address(project):
    write(project, wants_copy="on")
    original, copy = Letter.objects.order_by("pk")
    assert (original.to, copy.to, copy.reply_to) == (OFFICE, SENDER, "")
    assert TEXT in copy.body
    assert OFFICE not in copy.body
    assert "{" not in copy.body


@pytest.mark.parametrize("level", ContactLevel.values)
def test_form_shows_as_much_of_the_contact_as_its_level_says_and_never_the_address(level):
    project = project_of(Contact(public_level=level, email=OFFICE))
    for response in (Client().get(path(project)), write(project, text=""), Client().get(f"{path(project)}?gesendet=1")):
        html = flat(response)
        assert OFFICE not in html
        assert not response.cookies
        assert "Cookie" not in response.get("Vary", "")
    assert ("Büro für Integration" in flat(Client().get(path(project)))) == (level != ContactLevel.NONE)


@pytest.mark.parametrize("level", ContactLevel.values)
def test_project_page_leads_to_the_form_and_shows_the_address_only_at_the_highest_level(level):
    project = project_of(Contact(public_level=level, email=OFFICE))
    html = flat(Client().get(project.get_absolute_url()))
    assert f'href="{path(project)}"' in html
    assert (OFFICE in html) == (level == ContactLevel.ALL)


def test_contact_without_mail_address_cannot_be_written_to():
    project = project_of(Contact(public_level=ContactLevel.ALL, phone="05952 1"))
    assert "/kontakt/" not in flat(Client().get(project.get_absolute_url()))
    assert Client().get(path(project)).status_code == 404
    assert write(project).status_code == 404


@pytest.mark.parametrize("status", [Status.DRAFT, Status.SUBMITTED])
def test_contact_of_what_is_not_public_cannot_be_written_to(status):
    project = project_of(Contact(email=OFFICE), status=status)
    assert write(project).status_code == 404
    assert not Letter.objects.exists()


def test_other_title_in_the_address_is_corrected_and_loses_no_message(project):
    old = path(project).replace(project.slug, "frueher")
    assert Client().get(old).url == path(project)
    assert Client().post(old, {"name": "E", "sender": SENDER, "text": TEXT}).status_code == 302
    assert Letter.objects.count() == 1


def test_mistakes_are_explained_and_what_was_typed_stays(project):
    response = write(project, text="Zu kurz", sender="keine Adresse", wants_copy="on")
    html = flat(response)
    assert "<title>Fehler: Nachricht an die Ansprechstelle" in html
    assert '<a href="#id_text">Ihre Nachricht: Bitte schreiben Sie etwas mehr, mindestens 20 Zeichen.</a>' in html
    assert '<a href="#id_sender">' in html
    assert html.index('class="error-summary"') < html.index("<h1>")
    for typed in ("Zu kurz", "keine Adresse", "Erika Muster", "checked"):
        assert typed in html
    assert not Letter.objects.exists()


@pytest.mark.parametrize("field", ["text", "name", "sender"])
def test_endless_input_is_answered_on_the_form(project, field):
    response = write(project, **{field: "x" * 100_000 + "@example.org"})
    assert response.status_code == 200
    assert f'href="#id_{field}"' in flat(response)


@hypothesis_settings(
    derandomize=True, deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=ODD, sender=ODD, text=ODD)
def test_whatever_is_typed_is_answered_and_stored_as_nfc(project, name, sender, text):
    cache.clear()
    for fields in ({"name": name, "sender": sender, "text": text}, {"text": f"{text} {TEXT}", "name": f"E {name}"}):
        assert write(project, **fields).status_code in (200, 302, 400)
    for letter in Letter.objects.all():
        assert unicodedata.is_normalized("NFC", letter.body)
        assert letter.reply_to == SENDER


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "%0a", "\u2028", "\x0b"])
def test_no_header_can_be_brought_along(project, end):
    Project.objects.filter(pk=project.pk).update(title=f"Café{end}Bcc: x@example.org")
    project.refresh_from_db()
    write(project, name=f"Erika{end}Bcc: x@example.org", wants_copy="on")
    write(project, sender=f"{SENDER}{end}Bcc: x@example.org")
    outbox.send_due()
    assert [letter.recipients() for letter in mail.outbox] == [[OFFICE], [SENDER]]
    for letter in mail.outbox:
        assert "Bcc" not in letter.message()
        assert letter.message()["Subject"]


def test_trap_asks_again(project):
    response = write(project, homepage="https://spam.example")
    assert "Ein verstecktes Prüffeld war ausgefüllt." in flat(response)
    assert not Letter.objects.exists()


def test_posts_from_other_sites_are_refused(project):
    assert write(project, Client(headers={"Sec-Fetch-Site": "cross-site"})).status_code == 403
    assert not Letter.objects.exists()


def test_same_message_sent_twice_is_one(project):
    write(project, wants_copy="on")
    assert write(project, wants_copy="on").status_code == 302
    assert Letter.objects.count() == 2


def test_too_many_messages_are_asked_to_wait(project):
    for number in range(relay.MESSAGES_PER_VISITOR):
        assert write(project, text=f"{TEXT} {number}", sender=f"e{number}@example.org").status_code == 302
    response = write(project)
    assert response.status_code == 429
    assert "in einer Stunde noch einmal" in flat(response)
    assert TEXT in flat(response)
    assert Letter.objects.count() == relay.MESSAGES_PER_VISITOR


def test_one_mail_address_gets_few_copies_from_however_many_visitors(project):
    statuses = [
        write(
            project,
            Client(REMOTE_ADDR=f"192.0.2.{number}"),
            text=f"{TEXT} {number}",
            sender="Erika@example.org" if number % 2 else SENDER,
        ).status_code
        for number in range(1, relay.MESSAGES_PER_SENDER + 2)
    ]
    assert statuses == [302] * relay.MESSAGES_PER_SENDER + [429]


def test_one_contact_gets_so_many_messages_from_however_many_visitors(project):
    turns = [
        relay.take_turn(project, f"e{number}@example.org", f"192.0.2.{number}")
        for number in range(relay.MESSAGES_PER_CONTACT + 1)
    ]
    assert turns == [True] * relay.MESSAGES_PER_CONTACT + [False]


def test_nobody_reads_along_and_the_text_goes_when_it_was_sent(project, settings):
    settings.DEMO = False
    write(project, wants_copy="on")
    assert all(letter.is_private for letter in Letter.objects.all())
    outbox.send_due()
    assert [letter.body for letter in Letter.objects.all()] == ["", ""]
    assert TEXT in mail.outbox[0].body


def test_who_wrote_to_whom_is_forgotten_after_the_promised_days(project):
    write(project, wants_copy="on")
    Letter.objects.update(created_at=timezone.now() - timedelta(days=Letter.RELAYED_DAYS - 1))
    call_command("delete_old_data")
    assert Letter.objects.count() == 2
    Letter.objects.update(created_at=timezone.now() - timedelta(days=Letter.RELAYED_DAYS + 1))
    call_command("delete_old_data")
    assert not Letter.objects.exists()
    assert f"Nach {Letter.RELAYED_DAYS} Tagen löscht das Portal" in flat(Client().get(path(project)))


def test_signed_in_people_write_like_everyone_else(project, client):
    client.force_login(User.objects.create_user(SENDER))
    assert write(project, client).status_code == 302
