"""The languages of a page: the switch, where else it stands, and which parts of it are in another language."""

from typing import Any

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.template import Context
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, get_language_bidi

from projects.languages import CORE_VIEWS, Told, has_languages, in_language, is_german, without_language

register = template.Library()

CURRENT = SafeString(' aria-current="true"')


register.filter("without_language", without_language)


@register.simple_tag
def page_language() -> str:
    return get_language() or settings.LANGUAGE_CODE


@register.simple_tag
def page_direction() -> SafeString:
    """The attribute for a language that is written from right to left."""
    return SafeString(' dir="rtl"' if get_language_bidi() else "")


@register.simple_tag
def german(text: str = "") -> SafeString:
    """Attributes of an element whose text stays German on a page of another language, unless it is told in that."""
    if is_german() or isinstance(text, Told):
        return SafeString("")
    return SafeString(' lang="de" dir="ltr"' if get_language_bidi() else ' lang="de"')


@register.simple_tag
def version_link(project: Any, version: Any) -> SafeString:
    """To the text of a project in another language, or in Leichte Sprache."""
    if version.language == "simple":
        url = reverse("projects:easy_project", args=[project.pk, project.slug])
        return format_html('<a href="{}">{}</a>', url, version.label)
    url = in_language(without_language(project.get_absolute_url()), version.language)
    code = version.language
    return format_html('<a href="{}" lang="{}" hreflang="{}">{}</a>', url, code, code, version.label)


@register.simple_tag(takes_context=True)
def language_links(context: Context) -> SafeString:
    """The same page in the other languages, with its query; nothing where a page has only one."""
    request: HttpRequest | None = context.get("request")
    if request is None or not has_languages(request.path_info):
        return SafeString("")
    query = request.META.get("QUERY_STRING", "")
    here, rest = get_language(), f"?{query}" if query else ""
    match = request.resolver_match
    languages = offered(match.view_name) if match else settings.LANGUAGES
    path = request.path_info if match else "/"
    return format_html_join(
        "",
        '<li><a href="{}{}" lang="{}" hreflang="{}"{}>{}</a></li>',
        (
            (in_language(path, code), rest if match else "", code, code, CURRENT if code == here else "", name)
            for code, name in languages
        ),
    )


@register.simple_tag
def alternates(path: str, view_name: str) -> SafeString:
    """For search engines: the addresses of a German path in every language."""
    if not has_languages(path):
        return SafeString("")
    found = [(code, in_language(path, code)) for code, _name in offered(view_name)]
    return format_html_join(
        "",
        '<link rel="alternate" hreflang="{}" href="{}{}">',
        ((code, settings.SITE_URL, address) for code, address in [*found, ("x-default", path)]),
    )


def offered(view_name: str) -> list[tuple[str, str]]:
    """Codes and names of the languages that a page has."""
    return [each for each in settings.LANGUAGES if view_name in CORE_VIEWS or each[0] not in settings.CORE_LANGUAGES]
