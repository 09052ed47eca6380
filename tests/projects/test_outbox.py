"""Sending from the outbox: servers that refuse, hang or vanish, senders that die, several senders at once (R07)."""

import contextlib
import email
import email.policy
import os
import signal
import smtplib
import socket
import socketserver
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from projects import outbox
from projects.models import Letter
from tests.projects.steps import at_once

ROOT = Path(__file__).resolve().parents[2]


class Mailbox(socketserver.StreamRequestHandler):
    """A mail server of a few lines; `server.mood` says how it answers."""

    def handle(self) -> None:
        mood = self.server.mood
        if mood == "hang":
            self.server.release.wait(30)
            return
        self.say("421 busy" if mood == "busy" else "220 hello")
        while line := self.rfile.readline().decode().strip():
            command = line.split()[0].upper()
            if command == "RCPT" and mood == "refuse":
                self.say("550 nobody here")
            elif command == "DATA":
                self.take_letter()
            elif command == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 fine")

    def take_letter(self) -> None:
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line)
        self.server.letters.append(email.message_from_bytes(b"".join(lines), policy=email.policy.default))
        self.server.came.set()
        if self.server.mood == "slow":
            self.server.release.wait(30)
        self.say("250 taken")

    def say(self, line: str) -> None:
        with contextlib.suppress(OSError):  # the sender may have died
            self.wfile.write(line.encode() + b"\r\n")


class MailServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Mailbox)
        self.mood, self.letters = "kind", []
        self.came, self.release = threading.Event(), threading.Event()

    def handle_error(self, request, client_address) -> None:
        """A sender that was killed is what these tests are about."""


@pytest.fixture
def server(settings):
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_TIMEOUT = 1
        yield server
        server.release.set()
        server.shutdown()


def put(number: int = 1, **fields) -> Letter:
    values = {
        "to": "amt@example.org",
        "subject": "Grüße",
        "body": "Guten Tag,\n\nÄpfel.\n",
        "send_after": timezone.now(),
    }
    return Letter.objects.create(key=f"test:{number}", **(values | fields))


@pytest.mark.django_db
def test_letter_is_sent_once_in_plain_text(server):
    letter = put(reply_to="erika@example.org")
    assert (outbox.send_due(), outbox.send_due()) == (1, 0)
    [message] = server.letters
    assert (message["To"], message["Subject"], message["Reply-To"]) == ("amt@example.org", "Grüße", "erika@example.org")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "text/plain"
    assert "Äpfel." in message.get_content()
    letter.refresh_from_db()
    assert (letter.attempts, letter.last_error, letter.given_up_at) == (1, "", None)
    assert letter.sent_at is not None


@pytest.mark.django_db
def test_later_letters_wait(server):
    put(send_after=timezone.now() + timedelta(hours=1))
    assert outbox.send_due() == 0


@pytest.mark.django_db
def test_refused_letter_does_not_keep_the_others(server):
    server.mood = "refuse"
    letters = [put(number) for number in range(3)]
    assert outbox.send_due() == 0
    for letter in letters:
        letter.refresh_from_db()
        assert letter.attempts == 1
        assert "550" in letter.last_error
        assert letter.send_after > timezone.now() + timedelta(minutes=1)
    server.mood = "kind"
    Letter.objects.update(send_after=timezone.now())
    assert outbox.send_due() == 3


@pytest.mark.check("R07")
@pytest.mark.django_db
@pytest.mark.parametrize("mood", ["hang", "busy"])
def test_server_that_is_away_costs_one_attempt_and_little_time(mood, server):
    server.mood = mood
    for number in range(5):
        put(number)
    started = time.monotonic()
    assert outbox.send_due() == 0
    assert time.monotonic() - started < 10
    assert sorted(Letter.objects.values_list("attempts", flat=True)) == [0, 0, 0, 0, 1]
    server.mood = "kind"
    Letter.objects.update(send_after=timezone.now())
    assert outbox.send_due() == 5


@pytest.mark.check("R07")
@pytest.mark.django_db
def test_no_server_at_all_loses_nothing(settings):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = unused.getsockname()
        letter = put()
        assert outbox.send_due() == 0
    letter.refresh_from_db()
    assert "ConnectionRefusedError" in letter.last_error
    assert letter.given_up_at is None


@pytest.mark.check("R07")
@pytest.mark.django_db
def test_waits_grow_and_end_after_days(server, time_machine):
    time_machine.move_to("2026-11-23 06:00Z", tick=False)
    server.mood = "refuse"
    letter, waits = put(), []
    while not letter.given_up_at:
        outbox.send_due()
        letter.refresh_from_db()
        waits.append(letter.send_after - timezone.now())
        time_machine.move_to(max(letter.send_after, timezone.now()))
    assert letter.attempts == outbox.MOST_ATTEMPTS
    assert waits[:3] == [timedelta(minutes=2), timedelta(minutes=4), timedelta(minutes=8)]
    assert max(waits) == outbox.LONGEST_WAIT
    assert timedelta(days=3) < sum(waits, timedelta()) < timedelta(days=6)
    assert list(Letter.objects.dead()) == [letter]
    server.mood = "kind"
    assert outbox.send_due() == 0
    outbox.send_again(letter)
    assert outbox.send_due() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("fields", [{"subject": "A\nBcc: x@example.org"}, {"to": "a@example.org\nBcc: x@example.org"}])
def test_letter_with_a_smuggled_header_is_never_sent(fields, server):
    letter = put(**fields)
    put(2)
    assert outbox.send_due() == 1
    assert [message["Bcc"] for message in server.letters] == [None]
    letter.refresh_from_db()
    assert letter.given_up_at is not None
    assert letter.last_error.startswith(("BadHeaderError", "ValueError"))


@pytest.mark.check("R07")
@pytest.mark.django_db(transaction=True)
def test_several_senders_send_each_letter_once(server):
    for number in range(12):
        put(number)
    assert sum(at_once(4, outbox.send_due)) == 12
    assert len({message["Message-ID"] for message in server.letters}) == len(server.letters) == 12


@pytest.mark.check("R07")
@pytest.mark.django_db(transaction=True)
def test_letter_in_the_hands_of_another_sender_is_skipped(server):
    server.mood = "slow"
    put()
    first = threading.Thread(target=lambda: (outbox.send_due(), connection.close()))
    first.start()
    assert server.came.wait(10)
    assert outbox.send_due() == 0
    server.release.set()
    first.join()
    assert len(server.letters) == 1


def sender(server: MailServer, *arguments: str) -> subprocess.Popen:
    """`manage.py send_mails` as the operator starts it, on the database of this test."""
    chosen = connection.settings_dict
    url = f"postgresql://{chosen['USER']}@/{chosen['NAME']}?host={chosen['HOST']}"
    host, port = server.server_address
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "integration_portal.settings",
        "DATABASE_URL": url,
        "EMAIL_HOST": host,
        "EMAIL_PORT": str(port),
        "EMAIL_USE_TLS": "0",
    }
    return subprocess.Popen([sys.executable, "manage.py", "send_mails", *arguments], cwd=ROOT, env=environment)


@pytest.mark.check("R07")
@pytest.mark.django_db(transaction=True)
def test_sender_killed_at_the_worst_moment_repeats_one_letter_and_loses_none(server):
    for number in range(3):
        put(number)
    server.mood = "slow"  # has the letter, has not said so
    process = sender(server, "--loop")
    assert server.came.wait(30)
    process.kill()
    process.wait()
    server.mood = "kind"
    server.release.set()
    deadline = time.monotonic() + 20
    while Letter.objects.filter(sent_at__isnull=True).exists() and time.monotonic() < deadline:
        outbox.send_due()  # the lock of the dead goes as soon as the database notices
        time.sleep(0.1)
    assert not Letter.objects.filter(sent_at__isnull=True).exists()
    numbers = [message["Message-ID"] for message in server.letters]
    assert (len(numbers), len(set(numbers))) == (4, 3)


@pytest.mark.django_db(transaction=True)
def test_loop_sends_what_comes_and_ends_when_asked(server):
    process = sender(server, "--loop", "--every", "0.2")
    try:
        put()
        assert server.came.wait(30)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
    assert len(server.letters) == 1


@pytest.mark.django_db
def test_command_sends_once():
    put()
    call_command("send_mails")
    assert [message.subject for message in mail.outbox] == ["Grüße"]


# --- the demo ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_demo_shows_letters_of_the_outbox_and_of_the_accounts(settings):
    settings.DEMO = True
    settings.EMAIL_BACKEND = "projects.outbox.DemoBackend"
    put(subject="Aus dem Mosaik", body="Hier: http://testserver/konto/ <b>")
    mail.send_mail("Adresse bestätigen", "Ihr Code", None, ["neu@example.org"])
    outbox.send_due()
    response = Client().get("/demo/briefe/")
    text = response.content.decode()
    assert "Aus dem Mosaik" in text
    assert "Adresse bestätigen" in text
    assert '<a href="http://testserver/konto/"' in text
    assert "&lt;b&gt;" in text
    assert Letter.objects.filter(sent_at__isnull=False).count() == 2
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_without_demo_there_is_no_such_page():
    put()
    assert Client().get("/demo/briefe/").status_code == 404


def test_demo_is_impossible_under_a_public_address():
    code = "from django.conf import settings; print(settings.DEMO, settings.EMAIL_BACKEND)"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "integration_portal.settings", "DEMO": "1"}
    for address, said in (("http://127.0.0.1:8000", "True projects"), ("https://mosaik.example.net", "False django")):
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**environment, "SITE_URL": address},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.startswith(said)


def test_connection_errors_are_told_from_refusals():
    assert issubclass(smtplib.SMTPServerDisconnected, outbox.SERVER_AWAY)
    assert not issubclass(smtplib.SMTPRecipientsRefused, outbox.SERVER_AWAY)
