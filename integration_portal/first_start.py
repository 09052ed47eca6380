"""What `check --deploy --database default` asks of a machine beyond its settings: the checklist of the first start."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import Error
from django.db.models import Q
from django.utils import timezone

from municipalities.models import Municipality, User
from projects import vitals

from .accounts import lacks_second_factor


@register(Tags.database, deploy=True)
def people_of_the_desk(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Somebody must be there who may decide, and nobody may decide with a password alone (S06)."""
    if not databases:
        return []
    try:
        desk = list(User.objects.filter(Q(is_staff=True) | Q(is_superuser=True), is_active=True).order_by("pk"))
        has_register = Municipality.objects.exists()
    except Error as error:
        reason = (str(error).splitlines() or [""])[0]
        return [Warning(f"The database cannot be asked: {reason}", hint="Run migrate first.", id="portal.W004")]
    found: list[CheckMessage] = []
    if not any(person.is_superuser for person in desk):
        found.append(
            Warning(
                "Nobody is administrator.",
                hint="Register at the portal, then run make_administrator.",
                id="portal.W005",
            )
        )
    # Names only numbers: the output of a check ends up in tickets and chats.
    without = [str(person.pk) for person in desk if lacks_second_factor(person)]
    if without:
        text = f"{len(without)} people of the desk have no second factor (accounts {', '.join(without)})."
        hint = "They are led to its set-up when they sign in; if they never do, take their rights away."
        found.append(Warning(text, hint=hint, id="portal.W006"))
    if not has_register:
        found.append(Warning("The register is empty.", hint="Run import_municipalities.", id="portal.W007"))
    return found


@register(Tags.database, deploy=True)
def backup_age(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    if not databases or not vitals.is_backup_old(timezone.now()):
        return []
    moment = vitals.last_backup()
    text = f"The last backup is of {moment:%Y-%m-%d %H:%M}." if moment else "There has never been a backup."
    hint = f"Run backup and look at its timer; another tool touches {settings.LAST_BACKUP} once it has succeeded."
    return [Warning(text, hint=hint, id="portal.W008")]


@register(Tags.security, deploy=True)
def proxy(**kwargs: Any) -> list[CheckMessage]:
    """Without it every visitor has the proxy's address: one who tries passwords locks everybody out."""
    if settings.ALLAUTH_TRUSTED_PROXY_COUNT or not settings.IS_HTTPS:
        return []
    return [Warning("SITE_URL is https, but PROXY_COUNT is 0.", hint="nginx in front: PROXY_COUNT=1", id="portal.W009")]
