"""Messages from visitors to the contact of a project or to whoever posted a Gesuch: who may be written to, how often.

The other side's address stays here; the visitor's goes to the other side alone. Letter.RELAYED says what is kept of it.
"""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from . import emails, enquiry_letters
from .limits import Limit, household
from .models import Enquiry, Project, Status

MESSAGES_PER_VISITOR = 5
# Several visitors together must not fill one office's mailbox, nor copies somebody's whose address they typed.
MESSAGES_PER_CONTACT = 30
MESSAGES_PER_SENDER = 5

_BY_VISITOR = Limit("relay-visitor", MESSAGES_PER_VISITOR)
_BY_CONTACT = Limit("relay-contact", MESSAGES_PER_CONTACT)
_BY_SENDER = Limit("relay-sender", MESSAGES_PER_SENDER)


@dataclass(frozen=True)
class Message:
    """What a visitor writes; `sender` is the mail address that the answer goes to."""

    name: str
    sender: str
    text: str
    wants_copy: bool = False


def is_possible(project: Project) -> bool:
    """Whether there is anybody to write to; the address need not be public for that."""
    return project.status == Status.PUBLISHED and project.contact is not None and bool(project.contact.email)


def take_turn(project: Project, sender: str, address: str) -> bool:
    """Whether one more message may go from the visitor at this IP address, under this mail address, to this contact."""
    return _take_turn(str(project.contact_id), sender, address)


def take_turn_for_enquiry(enquiry: Enquiry, sender: str, address: str) -> bool:
    """The same for an answer to a Gesuch."""
    return _take_turn(f"enquiry:{enquiry.pk}", sender, address)


def _take_turn(recipient: str, sender: str, address: str) -> bool:
    return (
        _BY_VISITOR.take_turn(household(address))
        and _BY_SENDER.take_turn(sender.casefold())
        and _BY_CONTACT.take_turn(recipient)
    )


def send(project: Project, message: Message) -> None:
    """Into the outbox. The same words sent twice on one day are one message: a second click sends nothing."""
    cause = _cause(str(project.pk), message)
    with transaction.atomic():
        emails.message_relayed(project, message, cause=cause)
        if message.wants_copy:
            emails.message_copied(project, message, cause=cause)


def send_answer(enquiry: Enquiry, message: Message) -> None:
    """The same for an answer to a Gesuch."""
    cause = _cause(f"enquiry-{enquiry.pk}", message)
    with transaction.atomic():
        enquiry_letters.answered(enquiry, message, cause=cause)
        if message.wants_copy:
            enquiry_letters.answer_copied(enquiry, message, cause=cause)


def _cause(about: str, message: Message) -> str:
    words = "\0".join((message.sender, message.name, message.text))
    digest = salted_hmac("projects.relay", words, algorithm="sha256").hexdigest()
    return f"{about}:{timezone.localdate()}:{digest}"
