"""The letters to readers who subscribed; subscriptions.py decides when, emails.py puts them into the outbox."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_noop as _  # letters are German

from . import emails
from .models import Letter, Project, Subscription


def key_of(number: int) -> str:
    """How the keys of all letters about one subscription begin."""
    return f"{Letter.SUBSCRIBED}{number}:"


def asked(subscription: Subscription, *, words: str, links: Mapping[str, str]) -> None:
    """The link that begins a subscription; to whoever has confirmed it already, the one that ends it."""
    is_confirmed = subscription.confirmed_at is not None
    template = "subscription_known" if is_confirmed else "subscription_asked"
    subject = (
        _("Sie bekommen diese Projekte schon") if is_confirmed else _("Bitte bestätigen: neue Projekte per E-Mail")
    )
    days = subscription.CONFIRM_WITHIN.days
    context = {"subscription": subscription, "words": words, "links": links, "days": days}
    key = f"{key_of(subscription.pk)}{template}:{timezone.localdate()}"
    emails.put([(key, subscription.email)], subject, template, context)


def new_projects(
    subscription: Subscription, projects: Sequence[Project], *, selection: Mapping[str, Any], links: Mapping[str, str]
) -> None:
    """What is new in a selection (its `words`, `query`, and the `total` of new projects), newest first."""
    page = emails.absolute(reverse("projects:list") + (f"?{selection['query']}" if selection["query"] else ""))
    total = selection["total"]
    said = _("Neu im Mosaik: %(title)s") if total == 1 else _("Neu im Mosaik: %(count)d Projekte")
    subject = said % {"count": total, "title": projects[0].title}
    more = total - len(projects)
    context = {"projects": projects, "selection": selection, "page": page, "links": links, "more": more}
    key = f"{key_of(subscription.pk)}{projects[0].publication_number}"
    emails.put([(key, subscription.email)], subject, "new_projects", context, unsubscribe_url=links["end"])
