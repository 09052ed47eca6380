"""Who may sign in how: the portal's decisions for allauth, and what a template learns about the visitor."""

import time
from io import BytesIO
from typing import Any
from uuid import uuid4

import qrcode
from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from qrcode.image.svg import SvgPathFillImage

from projects.models import Letter

SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": _("Dieses Konto ist gesperrt."),
        "duplicate_email": _("Diese E-Mail-Adresse gehört schon zu Ihrem Konto."),
        "email_password_mismatch": _("E-Mail-Adresse und Passwort passen nicht zusammen. Bitte prüfen Sie beides."),
        "enter_current_password": _("Das ist nicht Ihr bisheriges Passwort."),
        "incorrect_code": _("Dieser Code stimmt nicht oder ist abgelaufen. Bitte nehmen Sie den nächsten."),
        "incorrect_password": _("Das Passwort stimmt nicht."),
        "max_email_addresses": _("Mehr E-Mail-Adressen sind nicht möglich."),
        "rate_limited": _("Das waren viele Versuche in kurzer Zeit. Bitte warten Sie fünf Minuten."),
        "same_as_current": _("Das ist schon Ihre Adresse."),
        "too_many_login_attempts": _("Das waren viele Versuche in kurzer Zeit. Bitte warten Sie fünf Minuten."),
        "unverified_primary_email": _("Bitte bestätigen Sie zuerst Ihre E-Mail-Adresse."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Open unless the operator makes the accounts by hand."""
        return settings.SIGNUP_OPEN

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Into the outbox, like every letter: a mail server that hangs must not hold up a visitor (R07)."""
        letter = self.render_mail(template_prefix, email, {"email": email, "site_url": settings.SITE_URL, **context})
        Letter.objects.create(
            key=f"{Letter.ABOUT_ACCOUNT}{uuid4()}",
            to=email,
            subject=letter.subject,
            body=letter.body,
            send_after=timezone.now(),
        )

    def is_reauthentication_required(self, **kwargs: Any) -> bool:
        """Not within five minutes of signing in with password, code or passkey. A link in a letter is no such proof."""
        latest = time.time() - app_settings.REAUTHENTICATION_TIMEOUT
        records = get_authentication_records(self.request, self.request.user)
        has_just_come = any(one["method"] in ("password", "mfa") and one["at"] > latest for one in records)
        return not has_just_come and super().is_reauthentication_required(**kwargs)

    def send_account_already_exists_mail(self, email: str) -> None:
        """Takes as long as making an account does, so that the time tells nothing either (S09)."""
        make_password(email)
        super().send_account_already_exists_mail(email)


class MFAAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": _("Der zweite Faktor kann nicht entfernt werden."),
        "cannot_generate_recovery_codes": _("Ersatzcodes gibt es erst, wenn ein zweiter Faktor eingerichtet ist."),
        "incorrect_code": AccountAdapter.error_messages["incorrect_code"],
        "unverified_email": AccountAdapter.error_messages["unverified_primary_email"],
    }

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:
        """Free to change; numbered so that two never look alike."""
        return gettext("Passkey %(number)d") % {
            "number": Authenticator.objects.filter(user=user, type=type).count() + 1
        }

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """What the browser shows as the place that the passkey is for."""
        return {**super().get_public_key_credential_rp_entity(), "name": settings.MFA_TOTP_ISSUER}

    def build_totp_svg(self, url: str) -> str:
        """The code as an element of the page: the policy allows no image of any other source, not even `data:`."""
        drawn = BytesIO()
        qrcode.make(url, image_factory=SvgPathFillImage).save(drawn)
        return drawn.getvalue().decode().partition("?>")[2].strip()  # without the XML declaration


def has_session(request: HttpRequest) -> bool:
    """Whether this visitor has a session, without opening it: whoever opens one may no longer be cached."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES


def lacks_second_factor(user: Any) -> bool:
    """Moderators and administrators act for others and must not do so with a password alone (S06)."""
    works_for_others = user.is_authenticated and (user.is_staff or user.is_superuser)
    return works_for_others and not is_mfa_enabled(user, SECOND_FACTORS)


def visitor(request: HttpRequest) -> dict[str, Any]:
    """Context processor: nobody and no messages where there is no session, so that the page carries no Vary: Cookie."""
    session = getattr(request, "session", None)  # None on an error page drawn before sessions are known
    if session is not None and (has_session(request) or session.accessed):
        return {}
    return {"user": AnonymousUser(), "messages": []}
