"""Sends what lies in the outbox, and tries again where that fails; what letters say is decided in emails.py.

A letter is marked as sent in the transaction that locks it, so several senders share the work and none is sent twice.
The one exception is a sender that dies after the mail server took a letter and before it was marked: that letter goes
out once more, with the same Message-ID.
"""

import logging
import smtplib
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import get_random_string

from .models import Letter

logger = logging.getLogger(__name__)

FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=2), timedelta(hours=12)
MOST_ATTEMPTS = 16  # with the waits above: about four days, as mail servers do among each other
ERROR_LENGTH = 500
# The server is away, not the letter at fault: the others would only wait for the same.
SERVER_AWAY = (smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError, smtplib.SMTPHeloError)


class ServerAway(Exception):  # noqa: N818 - ends a round
    """The mail server did not answer; the rest of the outbox waits for the next round."""


def send_due(most: int = 500) -> int:
    """One round over the letters whose time has come; returns how many were sent."""
    sent = 0
    try:
        for _turn in range(most):
            outcome = _send_next()
            if outcome is None:
                break
            sent += outcome
    except ServerAway:
        logger.warning("mail server away, %d letters sent before", sent)
    return sent


def send_again(letter: Letter) -> None:
    """A letter that was given up gets all its attempts back."""
    fresh = {"given_up_at": None, "attempts": 0, "last_error": "", "send_after": timezone.now()}
    Letter.objects.filter(pk=letter.pk, sent_at__isnull=True).update(**fresh)


def _send_next() -> bool | None:
    """Whether the next letter went out; None where no letter is due that nobody else has in hand."""
    away = False
    with transaction.atomic():
        letter = Letter.objects.due(timezone.now()).select_for_update(skip_locked=True).first()
        if letter is None:
            return None
        letter.attempts += 1
        try:
            _message(letter).send()
        except (OSError, ValueError) as error:  # SMTPException is an OSError, an unwritable header a ValueError
            away = isinstance(error, SERVER_AWAY) or not isinstance(error, smtplib.SMTPException | ValueError)
            _failed(letter, error)
        else:
            letter.sent_at, letter.last_error = timezone.now(), ""
            if letter.is_private and not settings.DEMO:
                letter.body = ""
        letter.save(update_fields=["attempts", "sent_at", "last_error", "send_after", "given_up_at", "body"])
    if away:
        raise ServerAway
    return letter.sent_at is not None


def _failed(letter: Letter, error: Exception) -> None:
    now = timezone.now()
    letter.last_error = f"{type(error).__name__}: {error}"[:ERROR_LENGTH]
    if letter.attempts >= MOST_ATTEMPTS or isinstance(error, ValueError):
        letter.given_up_at = now
        logger.error("letter %d given up: %s", letter.pk, type(error).__name__)
    else:
        letter.send_after = now + min(FIRST_WAIT * 2 ** (letter.attempts - 1), LONGEST_WAIT)
        logger.warning("letter %d not sent, attempt %d: %s", letter.pk, letter.attempts, type(error).__name__)


def _message(letter: Letter) -> EmailMessage:
    host = urlsplit(settings.SITE_URL).hostname
    return EmailMessage(
        subject=letter.subject,
        body=letter.body,
        to=[letter.to],
        reply_to=[letter.reply_to] if letter.reply_to else [],
        headers={
            "Message-ID": f"<letter-{letter.pk}-{int(letter.created_at.timestamp())}@{host}>",
            "Auto-Submitted": "auto-generated",  # RFC 3834: out-of-office replies do not answer
            **_one_click(letter),
        },
    )


def _one_click(letter: Letter) -> dict[str, str]:
    """RFC 8058: the mail program shows a button that ends the subscription with one POST."""
    if not letter.unsubscribe_url:
        return {}
    return {
        "List-Unsubscribe": f"<{letter.unsubscribe_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


class DemoBackend(BaseEmailBackend):
    """„Sends“ to the page /demo/briefe/: letters of the outbox are there already, those of allauth become rows."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        now = timezone.now()
        for message in email_messages:
            if message.extra_headers.get("Auto-Submitted"):
                continue
            for address in message.recipients():
                Letter.objects.create(
                    key=f"demo:{get_random_string(32)}",
                    to=address,
                    subject=" ".join(message.subject.split())[:200],
                    body=message.body,
                    send_after=now,
                    sent_at=now,
                )
        return len(email_messages)
