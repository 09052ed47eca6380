"""The language of a page stands in its address: none before German paths, `/en/…`, `/ar/…`, `/uk/…` before the others.

The prefix is a script prefix: below it the same paths answer, and `reverse` puts it before every link of the page.
"""

import re

from django.conf import settings
from django.utils.functional import lazy
from django.utils.translation import get_language, gettext

_OTHERS = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
_PREFIX = re.compile(rf"/({'|'.join(_OTHERS)})/(?!/)")  # what follows is a path; `//host` would be another site
# What programs read, the desk and uploaded files: the same in every language, so they have one address.
_WITHOUT_LANGUAGE = re.compile(r"/(api/v\d|admin/|medien/|livez|readyz|\.well-known/|demo/)|.*\.[a-z]\w+$")
# The pages that readers of Arabic and Ukrainian have; from every other they are led to the English one.
CORE_VIEWS = frozenset(
    f"projects:{name}"
    for name in (
        "home",
        "list",
        "detail",
        "detail_without_slug",
        "municipalities",
        "municipality",
        "municipality_without_slug",
        "topics",
        "topic",
    )
)


def language_of(path: str) -> str:
    """The code of the language whose prefix the path has; German without one."""
    match = _PREFIX.match(path)
    return match[1] if match else settings.LANGUAGE_CODE


def without_language(path: str) -> str:
    """The German path of the same page."""
    code = language_of(path)
    return path if code == settings.LANGUAGE_CODE else path[len(code) + 1 :]


def in_language(path: str, code: str) -> str:
    """A German path in another language."""
    return path if code == settings.LANGUAGE_CODE else f"/{code}{path}"


def has_languages(path: str) -> bool:
    """Whether a German path answers in other languages too."""
    return not _WITHOUT_LANGUAGE.match(path)


def is_german() -> bool:
    return get_language() in (None, settings.LANGUAGE_CODE)


class Told(str):
    """A text of a project in the language of the page, with the German one; every other text of a project is German."""

    original: str

    def __new__(cls, text: str, original: str) -> "Told":
        told = super().__new__(cls, text)
        told.original = original
        return told


def in_english() -> bool:
    return get_language() == "en"


def term(german: str, english: str = "") -> str:
    """The name of an entry of a vocabulary in the language of the page."""
    if is_german():
        return german
    return english if english and in_english() else gettext(german)


# The same for what is kept longer than a request.
lazy_term = lazy(term, str)
