"""Who signed in and out, and by which means, as lines of the log: accounts by number, nothing that was typed (S16)."""

import logging
from typing import Any

from allauth.account.signals import authentication_step_completed
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

from municipalities.models import User

logger = logging.getLogger(__name__)


@receiver(authentication_step_completed)
def log_step(user: User, method: str, **more: Any) -> None:
    """A password or a second factor that was right; alone it signs nobody in who has the other."""
    logger.info("factor accepted", extra={"account": user.pk, "factor": more.get("type") or method})


@receiver(user_logged_in)
def log_sign_in(user: User, **_more: Any) -> None:
    logger.info("signed in", extra={"account": user.pk})


@receiver(user_logged_out)
def log_sign_out(user: User | None, **_more: Any) -> None:
    if user is not None:
        logger.info("signed out", extra={"account": user.pk})


@receiver(user_login_failed)
def log_refusal(**_more: Any) -> None:
    """Without the address that was typed: some people type their password there."""
    logger.warning("password refused")
