"""The letters about Gesuche, one function each; called by enquiries.py and relay.py only."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_noop as _  # letters are German

from municipalities.models import User

from .emails import absolute, people_of, put, put_copy, to_people
from .models import Enquiry, Letter

if TYPE_CHECKING:
    from .enquiry_matches import Fit
    from .relay import Message


def released(enquiry: Enquiry, fits: Sequence["Fit"]) -> None:
    """Everybody can read it; and what the mosaic has on the subject already."""
    found = [(fit, absolute(fit.project.get_absolute_url())) for fit in fits]
    _tell(enquiry, _("Ihr Gesuch ist veröffentlicht: %(title)s"), "enquiry_released", found=found)


def rejected(enquiry: Enquiry) -> None:
    cause = digest(enquiry)  # the same words may be rejected once more, for another reason
    _tell(enquiry, _("Ihr Gesuch: %(title)s"), "enquiry_rejected", cause=cause, reason=enquiry.state_note)


def ends_soon(enquiry: Enquiry, can_extend: bool) -> int:
    """A week before its end."""
    subject = _("Ihr Gesuch endet bald: %(title)s")
    return _tell(enquiry, subject, "enquiry_ends_soon", cause=str(enquiry.expires_on), can_extend=can_extend)


def answered(enquiry: Enquiry, message: "Message", *, cause: str) -> None:
    """To whoever posted it: what somebody writes. The answer goes straight to that person."""
    subject = _("Antwort auf Ihr Gesuch „%(title)s“") % {"title": enquiry.title}
    context = {"enquiry": enquiry, "message": message, "page": absolute(enquiry.get_absolute_url())}
    letters = [(f"{Letter.RELAYED}{cause}:{person.pk}", person.email) for person in recipients(enquiry)]
    put(letters, subject, "enquiry_answered", context, reply_to=message.sender)


def answer_copied(enquiry: Enquiry, message: "Message", *, cause: str) -> None:
    """To whoever answered: the same words, without anybody's address."""
    subject = _("Kopie Ihrer Antwort auf „%(title)s“") % {"title": enquiry.title}
    context = {"enquiry": enquiry, "page": absolute(enquiry.get_absolute_url())}
    put_copy(message, subject, "enquiry_answer_copy", context, cause=cause)


def recipients(enquiry: Enquiry) -> list[User]:
    """Who posted it; whoever has left hands over to the people of the municipality."""
    people = people_of(enquiry.municipality)
    return [enquiry.created_by] if enquiry.created_by in people else people


def digest(enquiry: Enquiry) -> str:
    """Tells one wording of a Gesuch from another."""
    words = "\0".join((enquiry.title, enquiry.text, enquiry.state, enquiry.state_note))
    return salted_hmac("projects.enquiries", words, algorithm="sha256").hexdigest()[:32]


def _tell(enquiry: Enquiry, subject: str, template: str, *, cause: str = "", **more: Any) -> int:
    context = {
        "enquiry": enquiry,
        "page": absolute(enquiry.get_absolute_url()),
        "list": absolute(reverse("projects:my_enquiries")),
        **more,
    }
    key = f"{template.replace('_', '-')}:{enquiry.pk}:{cause}"
    letters = to_people(key, recipients(enquiry))
    return put(letters, subject % {"title": enquiry.title}, template, context)
