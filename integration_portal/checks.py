"""What `check` warns of: languages that are not compiled; with `--deploy` also placeholders that would go public."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register

from . import catalogues

OPERATOR_TEXTS = (
    "OPERATOR_NAME",
    "OPERATOR_ADDRESS",
    "OPERATOR_REPRESENTATIVE",
    "OPERATOR_EMAIL",
    "OPERATOR_PHONE",
    "CONTENT_RESPONSIBLE",
    "DPO_EMAIL",
)


def _is_placeholder(text: str) -> bool:
    return not text or "[" in text or "example.org" in text


@register(Tags.security, deploy=True)
def operator_texts(**kwargs: Any) -> list[CheckMessage]:
    """Imprint, privacy notice and accessibility statement name the operator; the law asks for it."""
    return [
        Warning(f"{name} is still a placeholder.", hint=f"Set {name} in the environment.", id="portal.W001")
        for name in OPERATOR_TEXTS
        if _is_placeholder(getattr(settings, name))
    ]


@register(Tags.translation)
def compiled_languages(**kwargs: Any) -> list[CheckMessage]:
    """Without it the pages of a language would silently be German."""
    return [
        Warning(f"The catalogue of {language} is not compiled.", hint="manage.py compile_languages", id="portal.W010")
        for language in catalogues.stale()
    ]


@register(Tags.security, deploy=True)
def mail_server(**kwargs: Any) -> list[CheckMessage]:
    if settings.EMAIL_HOST:
        return []
    return [Warning("EMAIL_HOST is not set: letters are written into files.", id="portal.W002")]


@register(Tags.security, deploy=True)
def https(**kwargs: Any) -> list[CheckMessage]:
    if settings.IS_HTTPS:
        return []
    return [Warning("SITE_URL is not https.", hint="Browsers send passwords in the clear over http.", id="portal.W003")]
