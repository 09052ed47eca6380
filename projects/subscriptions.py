"""New projects of a selection by e-mail: asking, confirming, ending, and the letters. Whoever has the letter may act.

A letter and the mark of what it told are one transaction on the locked row, so nothing is told twice however often and
in however many processes `send_due` runs.
"""

import logging
from datetime import date
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from . import facets, subscription_letters
from .emails import absolute
from .filters import ProjectFilter
from .limits import Limit, household
from .models import Letter, Project, Subscription

logger = logging.getLogger(__name__)

ASKED_PER_VISITOR = 10
# Whoever types somebody else's address in again and again fills no mailbox.
ASKED_PER_ADDRESS = 3
SHOWN = 20  # projects in one letter; the list has the rest

_BY_VISITOR = Limit("subscription-visitor", ASKED_PER_VISITOR)
_BY_ADDRESS = Limit("subscription-address", ASKED_PER_ADDRESS)


# --- what a selection is ----------------------------------------------------------------------------------------------


def filter_of(query: str, index: facets.FacetIndex | None = None) -> ProjectFilter:
    return ProjectFilter(QueryDict(query), queryset=Project.objects.published(), index=index)


def words_of(filterset: ProjectFilter) -> str:
    """The selection in one line: „Wohnen, Einheitsgemeinde“."""
    return ", ".join(str(chip.label) for chip in filterset.chips) or _("alle Projekte")


def is_storable(query: str) -> bool:
    return len(query) <= Subscription._meta.get_field("query").max_length


# --- asking, confirming, ending ---------------------------------------------------------------------------------------


def take_turn(email: str, address: str) -> bool:
    """Whether the visitor at this IP address may ask for a letter to this mail address; counts it if so."""
    return _BY_VISITOR.take_turn(household(address)) and _BY_ADDRESS.take_turn(email.casefold())


def ask(email: str, query: str, frequency: str) -> None:
    """Writes to the address, once a day for the same selection: a link that begins, or how things stand.

    What is confirmed already is not changed by somebody who may only have typed the address.
    """
    values = {"frequency": frequency, "asked_at": timezone.now()}
    with transaction.atomic():
        found, is_new = Subscription.objects.select_for_update().get_or_create(
            email=email.lower(), query=query, defaults=values
        )
        if not is_new and found.confirmed_at is None:
            Subscription.objects.filter(pk=found.pk).update(**values)
            found.frequency = frequency
        with override(settings.LANGUAGE_CODE):  # as the whole letter, whatever the page
            words = words_of(filter_of(query))
        subscription_letters.asked(found, words=words, links=links(found))


def find(token: UUID) -> Subscription | None:
    """The subscription that the link belongs to, unless nobody has confirmed it in time."""
    found = Subscription.objects.filter(token=token).first()
    is_late = found and found.confirmed_at is None and found.asked_at < timezone.now() - Subscription.CONFIRM_WITHIN
    return None if is_late else found


def confirm(subscription: Subscription) -> None:
    """Begins with what is published from now on; a second click changes nothing."""
    newest = Project.objects.aggregate(newest=Max("publication_number"))["newest"] or 0
    unconfirmed = Subscription.objects.filter(pk=subscription.pk, confirmed_at__isnull=True)
    unconfirmed.update(confirmed_at=timezone.now(), seen=newest, sent_on=timezone.localdate())


def end(token: UUID) -> None:
    """Deletes the subscription with every letter about it, so that nothing of the address stays."""
    forget(Subscription.objects.filter(token=token))


def forget(subscriptions: QuerySet[Subscription]) -> int:
    """Deletes them and their letters, also those that nobody has sent yet; says how many there were."""
    with transaction.atomic():
        numbers = list(subscriptions.select_for_update().values_list("pk", flat=True))
        for number in numbers:
            Letter.objects.filter(key__startswith=subscription_letters.key_of(number)).delete()
        Subscription.objects.filter(pk__in=numbers).delete()
    return len(numbers)


def links(subscription: Subscription) -> dict[str, str]:
    """Full addresses: `confirm` and `end`."""
    names = {"confirm": "projects:confirm_subscription", "end": "projects:end_subscription"}
    return {key: absolute(reverse(name, args=[subscription.token])) for key, name in names.items()}


# --- sending ----------------------------------------------------------------------------------------------------------


def send_due(today: date) -> int:
    """Puts a letter into the outbox for everybody who has something new to read; returns how many."""
    index, written, last = facets.current(facets.version()), 0, 0
    while True:
        with transaction.atomic():
            due = Subscription.objects.due(today).filter(pk__gt=last)
            subscription = due.select_for_update(skip_locked=True).first()
            if subscription is None:
                return written
            written += _write(subscription, index, today)
        last = subscription.pk


def _write(subscription: Subscription, index: facets.FacetIndex, today: date) -> bool:
    """The letter about what this subscription has not told yet, if there is any; the caller holds the row's lock."""
    filterset = filter_of(subscription.query, index)
    if filterset.messages:  # a value that no longer exists would leave a wider selection than was ordered
        logger.warning("subscription %d no longer understood", subscription.pk)
        return False
    numbers = [number for number in filterset.result.numbers if number > subscription.seen]
    projects = list(
        filterset.queryset.number_in(numbers[-SHOWN:]).select_related("lead__county").order_by("-publication_number")
    )
    if not projects:
        return False
    selection = {"words": words_of(filterset), "query": subscription.query, "total": len(numbers)}
    subscription_letters.new_projects(subscription, projects, selection=selection, links=links(subscription))
    subscription.seen, subscription.sent_on = numbers[-1], today
    subscription.save(update_fields=["seen", "sent_on"])
    return True
