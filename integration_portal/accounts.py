"""Who may sign in how: the portal's decisions for allauth, and what a template learns about the visitor."""

from io import BytesIO
from typing import Any

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from qrcode.image.svg import SvgPathFillImage


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Closed until there is something to do for a new account."""
        return settings.SIGNUP_IS_OPEN


class MFAAdapter(DefaultMFAAdapter):
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
    return user.is_authenticated and user.is_staff and not is_mfa_enabled(user)


def visitor(request: HttpRequest) -> dict[str, Any]:
    """Context processor: nobody and no messages where there is no session, so that the page carries no Vary: Cookie."""
    session = getattr(request, "session", None)  # None on an error page drawn before sessions are known
    if session is not None and (has_session(request) or session.accessed):
        return {}
    return {"user": AnonymousUser(), "messages": []}
